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

// person is what may be seen of somebody; the zero value is somebody who was deleted.
type person struct {
	There      bool
	A, B       string
	Subscribed segmentflow.SubscriptionStatus
	ExternalID string
}

// letter is what may be seen of a Template.
type letter struct {
	There, Archived bool
	Name            string
}

// thing is something of the world that one caller at a time writes to. Maybe is what it is if the last write, which
// had no answer, happened.
type thing[T comparable] struct {
	id, key string
	now     T
	maybe   *T
}

// settle takes over what a thing turned out to be, which must be one of what it can be.
func (th *thing[T]) settle(t *testing.T, found T) {
	t.Helper()
	if th.maybe == nil || found == th.now {
		require.Equal(t, th.now, found, th.key)
	} else {
		require.Equal(t, *th.maybe, found, "%s, whose last write had no answer", th.key)
	}
	th.now, th.maybe = found, nil
}

// restarts is a world in a file, its seed, and what was acknowledged.
type restarts struct {
	*testing.T
	random  *rand.Rand
	db      string
	file    string
	seed    emulator.Seed
	settled bool // the seed as it is was applied
	fresh   int  // makes values that nothing had before
	ids     *emulator.Emulator

	people  []*thing[person]
	letters []*thing[letter]
	sends   []string
	events  []string
	mu      sync.Mutex
	counts  map[string]int
}

func newRestarts(t *testing.T) *restarts {
	t.Helper()
	t.Logf("-kills %d -kill-seed %d", *kills, *killSeed)
	dir := t.TempDir()
	r := &restarts{T: t, random: rand.New(rand.NewPCG(*killSeed, 0)), db: filepath.Join(dir, "world.db"),
		file: filepath.Join(dir, "seed.json"), ids: emulator.Start(t), counts: map[string]int{}}
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

func (r *restarts) value(of string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fresh++
	return fmt.Sprint(of, r.fresh)
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
	r.people = append(r.people, &thing[person]{id: r.ids.ID("profile", email), key: email, now: p})
}

func (r *restarts) addLetter() {
	key, name := r.value("letter"), r.value("seed")
	r.seed.Templates = append(r.seed.Templates,
		emulator.SeedTemplate{Key: key, Name: name, Purpose: "General", Definition: content(key)})
	r.letters = append(r.letters,
		&thing[letter]{id: r.ids.ID("template", key), key: key, now: letter{There: true, Name: name}})
}

// mutate changes the seed, and what is expected where that is what the seed says of it.
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
	told := &r.seed.Profiles[i]
	switch {
	case kind == 0:
		r.addPerson()
		r.settled = false // what she is told to be is not what she is yet
	case kind == 1:
		r.addLetter()
	case kind == 2 && l.maybe == nil:
		name := r.value("seed")
		r.seed.Templates[j+1].Name = name // the first one is the receipt
		l.now.There, l.now.Name = true, name
	case kind == 3 && p.maybe == nil:
		told.Properties["a"] = r.value("seed")
		if p.now.There {
			p.now.A = told.Properties["a"].(string)
		}
	case kind == 4 && r.settled && p.maybe == nil:
		status := segmentflow.SubscriptionStatusUnsubscribed
		if told.Subscriptions["club"] == string(status) {
			status = "Subscribed"
		}
		told.Subscriptions["club"] = string(status)
		if p.now.There {
			p.now.Subscribed = status
		}
		r.settled = false // once between two starts
	case kind == 5 && r.settled:
		r.collide(told)
		r.settled = false
	default:
		return false
	}
	return true
}

// collide gives a person the external id of another one, which the world refuses.
func (r *restarts) collide(told *emulator.SeedProfile) {
	owner := r.people[r.random.IntN(len(r.people))]
	if owner.maybe != nil || !owner.now.There || owner.key == told.Email || owner.now.ExternalID == told.ExternalID {
		return
	}
	for i := range r.seed.Profiles { // a seed that gives it to two would be mistaken in itself
		if r.seed.Profiles[i].ExternalID == owner.now.ExternalID {
			return
		}
	}
	told.ExternalID = owner.now.ExternalID
	r.count("collisions")
}

// killedStart kills the command while it starts, or just after.
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
	var told []string
	for _, what := range slices.Sorted(maps.Keys(r.counts)) {
		told = append(told, fmt.Sprint(r.counts[what], " ", what))
	}
	t.Log(strings.Join(told, ", "))
}
