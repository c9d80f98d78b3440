package journey_test

import (
	"encoding/json"
	"errors"
	"iter"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/journey"
	zones "github.com/segmentflow/segmentflow-go/emulator/internal/zone"
)

// noon is the current time of every test that does not set another.
var noon = time.Date(2026, time.June, 5, 12, 0, 0, 0, time.UTC)

const (
	ms  = time.Millisecond
	day = 24 * time.Hour
)

func at(t testing.TB, s string) time.Time {
	t.Helper()
	instant, err := time.Parse(time.RFC3339, s)
	require.NoError(t, err)
	return instant
}

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	found := zones.Load(name)
	require.NotNil(t, found)
	return found
}

func file(t testing.TB, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile("testdata/" + name + ".json")
	require.NoError(t, err)
	return raw
}

// head returns a journey that only ends. The string more has further members.
func head(more string) string {
	return doc(join(keyed, more), end)
}

// doc returns a journey with these members and nodes. It starts at the first node,
// unless the members have a start.
func doc(more string, nodes ...string) string {
	if !strings.Contains(more, `"start"`) {
		more = join(more, `"start": `+idOf(nodes[0]))
	}
	return `{"key": "j", ` + join(more, `"nodes": [`+strings.Join(nodes, ", ")+`]`) + `}`
}

func join(members, member string) string {
	if members == "" || member == "" {
		return members + member
	}
	return members + ", " + member
}

func idOf(node string) string {
	var n struct{ ID json.RawMessage }
	if json.Unmarshal([]byte(node), &n) != nil || n.ID == nil {
		return `"a"`
	}
	return string(n.ID)
}

// nodes returns an event journey with these nodes and an exit with id end.
func nodes(list ...string) string {
	return doc(keyed, append(list, end)...)
}

func parse(t testing.TB, document string) *journey.Definition {
	t.Helper()
	d, findings := journey.Parse([]byte(document))
	require.Empty(t, findings, document)
	require.NotNil(t, d)
	return d
}

func state(t testing.TB, document string) cond.State {
	t.Helper()
	v, err := cond.Decode([]byte(document))
	require.NoError(t, err, document)
	object, ok := v.(map[string]any)
	require.True(t, ok, document)
	return object
}

// event decodes an event's data. For "" it returns nil.
func event(t testing.TB, document string) any {
	t.Helper()
	if document == "" {
		return nil
	}
	v, err := cond.Decode([]byte(document))
	require.NoError(t, err, document)
	return v
}

// input returns the input of a run that entered and arrived at noon. The current time
// is noon.
func input(t testing.TB, document string, facts ...cond.Facts) journey.Input {
	t.Helper()
	env := &cond.Env{Now: noon, State: state(t, document)}
	if len(facts) > 0 {
		env.Facts = facts[0]
	}
	return journey.Input{Env: env, RunID: "run-1", ProfileID: "profile-1", Entered: noon, Arrived: noon}
}

// later returns the same input some time later.
func later(in journey.Input, d time.Duration) journey.Input {
	env := *in.Env
	env.Now = env.Now.Add(d)
	in.Env = &env
	return in
}

func arrive(t testing.TB, d *journey.Definition, node string, in journey.Input) journey.Effect {
	t.Helper()
	effect, err := d.Arrive(node, in)
	require.NoError(t, err)
	return withoutWhy(effect)
}

// withoutWhy returns an effect without its explanation, which has its own test.
func withoutWhy(effect journey.Effect) journey.Effect {
	effect.Why = ""
	return effect
}

// text returns an effect's values as JSON, to compare the notation of numbers.
func text(t testing.TB, v any) string {
	t.Helper()
	raw, err := json.Marshal(v)
	require.NoError(t, err)
	return string(raw)
}

func paths(findings []cond.Finding) []string {
	list := []string{}
	for _, f := range findings {
		list = append(list, f.Path)
	}
	return list
}

// shop implements Refs with everything that exists besides the journey.
type shop struct{}

func (shop) Template(ref string) (purpose string, active, senderVerified, ok bool) {
	switch ref {
	case "receipt", "password-reset-by-event":
		return "Transactional", true, true, true
	case "offer", "trial-welcome", "trial-reminder":
		return "Promotional", true, true, true
	case "issue":
		return "Newsletter", true, true, true
	case "old":
		return "Transactional", false, true, true
	case "unverified":
		return "Transactional", true, false, true
	}
	return "", false, false, false
}

func (shop) SubscriptionGroup(ref string) bool { return ref == "offers" }

func (shop) Segment(ref string) (cond.Size, bool) {
	switch ref {
	case "gold":
		return cond.Size{Terms: 1}, true
	case "large":
		return cond.Size{Terms: 600, Depth: 30}, true
	}
	return cond.Size{}, false
}

func (shop) SenderProfile(ref string) (verified, ok bool) {
	return ref == "shop", ref == "shop" || ref == "beta"
}

// person implements Facts for one Profile.
type person struct {
	events []cond.Event
	groups map[string]bool
	err    error
}

var errFacts = errors.New("the facts are unavailable")

func (p *person) ProfileID() string { return "profile-1" }

func (p *person) Events(name string, prefix bool, since time.Time) iter.Seq2[cond.Event, error] {
	var found []cond.Event
	for _, e := range p.events {
		matches := e.Name == name || prefix && strings.HasPrefix(e.Name, name)
		if matches && !e.OccurredAt.Before(since) {
			found = append(found, e)
		}
	}
	slices.Reverse(found)
	slices.SortStableFunc(found, func(a, b cond.Event) int { return b.OccurredAt.Compare(a.OccurredAt) })
	return func(yield func(cond.Event, error) bool) {
		if p.err != nil {
			yield(cond.Event{}, p.err)
			return
		}
		for _, e := range found {
			if !yield(e, nil) {
				return
			}
		}
	}
}

func (p *person) Mail(string, string, time.Time) ([]time.Time, error) { return nil, p.err }

func (p *person) Subscribed(group string) (bool, error) { return p.groups[group], p.err }

func (p *person) Segment(string) (*cond.Cond, bool, error) { return nil, false, p.err }
