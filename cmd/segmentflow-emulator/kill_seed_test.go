package main_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

var (
	kills    = flag.Int("kills", 10, "how often TestNothingAcknowledgedIsUndoneByAStart kills the command")
	killSeed = flag.Uint64("kill-seed", 1, "the random source of that test")
)

// person is the visible state of a Profile. The zero value is a deleted Profile.
type person struct {
	There      bool
	A, B       string
	Subscribed segmentflow.SubscriptionStatus
	ExternalID string
}

// letter is the visible state of a Template. The zero value is a deleted Template.
type letter struct {
	There, Archived bool
	Name            string
}

// record is a Profile or a Template that one caller at a time writes to. If the last write had no response, maybe is
// the state that the write would have caused.
type record[T comparable] struct {
	id, key string
	now     T
	maybe   *T
}

// settle sets now to the state in which a record was found. It must be one of the possible states.
func (rec *record[T]) settle(t *testing.T, found T) {
	t.Helper()
	if rec.maybe == nil || found == rec.now {
		require.Equal(t, rec.now, found, rec.key)
	} else {
		require.Equal(t, *rec.maybe, found, "%s, whose last write had no response", rec.key)
	}
	rec.now, rec.maybe = found, nil
}

// restarts is a database file, its seed, and what was acknowledged.
type restarts struct {
	*testing.T
	random  *rand.Rand
	db      string
	file    string
	seed    emulator.Seed
	settled bool // the current seed was applied
	fresh   int  // makes values unique
	ids     *emulator.Emulator

	people  []*record[person]
	letters []*record[letter]
	sends   []string
	events  []string
	mu      sync.Mutex
	counts  map[string]int
}

func newRestarts(t *testing.T) *restarts {
	t.Helper()
	t.Logf("-kills %d -kill-seed %d", *kills, *killSeed)
	dir := t.TempDir()
	r := &restarts{
		T:      t,
		random: rand.New(rand.NewPCG(*killSeed, 0)),
		db:     filepath.Join(dir, "world.db"),
		file:   filepath.Join(dir, "seed.json"),
		ids:    emulator.Start(t),
		counts: map[string]int{},
	}
	r.seed = emulator.Seed{
		Domains:            []emulator.SeedDomain{{Domain: "shop.example"}},
		SenderProfiles:     []emulator.SeedSenderProfile{{Key: "shop", Email: "shop@shop.example", Default: true}},
		SubscriptionGroups: []emulator.SeedSubscriptionGroup{{Key: "club", Policy: "OptOut"}},
		Templates: []emulator.SeedTemplate{
			{Key: "receipt", Purpose: "Transactional", Definition: content("Receipt")},
		},
	}
	for range 9 {
		r.addPerson()
		r.addLetter()
	}
	return r
}

func content(subject string) json.RawMessage {
	return json.RawMessage(fmt.Sprintf(`{"subject": %q, "body": {"root": "h", "elements": {
		"h": {"type": "Html", "props": {}, "children": ["b"]}, "b": {"type": "Body", "props": {}, "children": ["t"]},
		"t": {"type": "Text", "props": {"text": "Hi"}}}}}`, subject))
}

// value returns a text that nothing had before.
func (r *restarts) value(prefix string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fresh++
	return fmt.Sprint(prefix, r.fresh)
}

func (r *restarts) count(what string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.counts[what]++
}

func (r *restarts) addPerson() {
	email := r.value("person") + "@people.example"
	p := person{There: true, A: r.value("seed"), B: r.value("seed"), Subscribed: "Subscribed",
		ExternalID: r.value("seed")}
	r.seed.Profiles = append(r.seed.Profiles, emulator.SeedProfile{Email: email, ExternalID: p.ExternalID,
		Properties: map[string]any{"a": p.A, "b": p.B}, Subscriptions: map[string]string{"club": "Subscribed"}})
	r.people = append(r.people, &record[person]{id: r.ids.SeedID("profile", email), key: email, now: p})
}

func (r *restarts) addLetter() {
	key, name := r.value("letter"), r.value("seed")
	r.seed.Templates = append(r.seed.Templates,
		emulator.SeedTemplate{Key: key, Name: name, Purpose: "General", Definition: content(key)})
	r.letters = append(r.letters,
		&record[letter]{id: r.ids.SeedID("template", key), key: key, now: letter{There: true, Name: name}})
}

// mutate changes the seed, and the expected states that follow from it.
func (r *restarts) mutate() {
	changed := false
	for range 1 + r.random.IntN(3) {
		changed = r.change(r.random.IntN(6)) || changed
	}
	if changed {
		r.count("changed seeds")
		r.settled = false
	}
}

func (r *restarts) change(kind int) bool {
	i, j := r.random.IntN(len(r.people)), r.random.IntN(len(r.letters))
	p, l := r.people[i], r.letters[j]
	seeded := &r.seed.Profiles[i]
	switch {
	case kind == 0:
		r.addPerson()
		r.settled = false // the new Profile does not exist yet
	case kind == 1:
		r.addLetter()
	case kind == 2 && l.maybe == nil:
		name := r.value("seed")
		r.seed.Templates[j+1].Name = name // the first one is the receipt
		l.now.There, l.now.Name = true, name
	case kind == 3 && p.maybe == nil:
		seeded.Properties["a"] = r.value("seed")
		if p.now.There {
			p.now.A = seeded.Properties["a"].(string)
		}
	case kind == 4 && r.settled && p.maybe == nil:
		status := segmentflow.SubscriptionStatusUnsubscribed
		if seeded.Subscriptions["club"] == string(status) {
			status = "Subscribed"
		}
		seeded.Subscriptions["club"] = string(status)
		if p.now.There {
			p.now.Subscribed = status
		}
		r.settled = false // once between two starts
	case kind == 5 && r.settled:
		r.collide(seeded)
		r.settled = false
	default:
		return false
	}
	return true
}

// collide sets the external id of a seeded Profile to that of another Profile, which the emulator refuses.
func (r *restarts) collide(seeded *emulator.SeedProfile) {
	owner := r.people[r.random.IntN(len(r.people))]
	if owner.maybe != nil || !owner.now.There || owner.key == seeded.Email ||
		owner.now.ExternalID == seeded.ExternalID {
		return
	}
	for i := range r.seed.Profiles { // a seed with the same external id twice would be invalid by itself
		if r.seed.Profiles[i].ExternalID == owner.now.ExternalID {
			return
		}
	}
	seeded.ExternalID = owner.now.ExternalID
	r.count("collisions")
}

// killedStart kills the command during its start, or just after.
func (r *restarts) killedStart() {
	r.Helper()
	command := exec.CommandContext(r.Context(), binary, "--addr", "127.0.0.1:0", "--db", r.db, "--seed", r.file)
	command.Env = environment()
	require.NoError(r, command.Start())
	moment := time.Duration(r.random.IntN(100_000)) * time.Microsecond
	timer := time.AfterFunc(moment, func() { _ = command.Process.Kill() })
	_ = command.Wait()
	timer.Stop()
	ended := command.ProcessState.Sys().(syscall.WaitStatus)
	require.Equal(r, syscall.SIGKILL, ended.Signal(), "it did not end by itself")
	r.count("kills of a start")
}

func (r *restarts) write() {
	r.Helper()
	raw, err := json.Marshal(r.seed)
	require.NoError(r, err)
	require.NoError(r, os.WriteFile(r.file, raw, 0o600))
}

func (r *restarts) start() *server {
	r.Helper()
	s := start(r.T, nil, "--db", r.db, "--seed", r.file, "--log", "off")
	r.settled = true
	return s
}

func TestNothingAcknowledgedIsUndoneByAStart(t *testing.T) {
	r := newRestarts(t)
	for n := range *kills {
		if n > 0 && r.random.IntN(2) == 0 {
			r.mutate()
		}
		r.write()
		if r.random.IntN(3) == 0 {
			r.killedStart()
			continue
		}
		s := r.start()
		r.verify(s, 0)
		r.work(s, 5+r.random.IntN(60))
		require.NotZero(t, s.end())

		r.count("kills at work")
	}

	r.write()
	s := r.start()
	r.verify(s, len(r.sends)+len(r.events))
	require.NoError(t, s.command.Process.Signal(syscall.SIGTERM))
	require.Zero(t, s.end())

	var counted []string
	for _, what := range slices.Sorted(maps.Keys(r.counts)) {
		counted = append(counted, fmt.Sprint(r.counts[what], " ", what))
	}
	t.Log(strings.Join(counted, ", "))
}
