package cond_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/zone"
)

// A kept tally gives the same outcome, at the same instants, as counting all events anew.
func TestKeptTalliesEqualTheFullCount(t *testing.T) {
	kinds := map[string]int{}
	rapid.Check(t, func(t *rapid.T) {
		w := anyWorld(t)
		slices.SortFunc(w.who.events, func(a, b cond.Event) int { return a.OccurredAt.Compare(b.OccurredAt) })
		var conds []*cond.Cond
		for range 6 {
			conds = append(conds, compiled(t, document(t, 3, []string{"s1", "s2"})))
			conds = append(conds, compiled(t, performed(t, 1, []string{"s1", "s2"})))
		}
		kept := cond.Tallies{}
		now := noon.Add(-4 * time.Minute)
		for range rapid.IntRange(1, 15).Draw(t, "steps") {
			switch act := pick(t, "act", "event", "event", "event", "later", "state", "group", "undo"); act {
			case "event":
				event(t, &w, &kept)
			case "later":
				now = now.Add(time.Duration(rapid.IntRange(0, 90_000).Draw(t, "ms")) * ms)
			case "state":
				w.state["data"], w.state["profile"] = bag(t, "v", "w"), bag(t, "a/b", "tags")
			case "group":
				w.who.groups["news"] = !w.who.groups["news"]
				w.who.members["manual"] = !w.who.members["manual"]
			case "undo":
				kept.Undo()
			}
			for i, c := range conds {
				if rapid.Bool().Draw(t, "is asked") {
					require.Equal(t, w.eval(t, c, now), w.evalKept(t, c, now, &kept), "condition %d at %s", i, now)
				}
			}
			if kept.Has(w.who.id) {
				kinds["kept"]++
			}
		}
	})
	require.NotZero(t, kinds["kept"])
}

// event adds an event that is newer than all others, whenever it occurred.
func event(t *rapid.T, w *world, kept *cond.Tallies) {
	added := cond.Event{
		Name:       pick(t, "name", "order.paid", "order.paid", "order", "order."),
		OccurredAt: rapid.SampledFrom(instants()).Draw(t, "at").Truncate(ms), // as they are stored
		Data:       bag(t, "v", "w"),
	}
	raw, err := json.Marshal(added.Data)
	require.NoError(t, err)
	w.who.events = append([]cond.Event{added}, w.who.events...)
	kept.Add(w.who.id, added.Name, added.OccurredAt, raw)
}

func (w world) evalKept(t *rapid.T, c *cond.Cond, now time.Time, kept *cond.Tallies) cond.Result {
	r, err := c.Eval(&cond.Env{Now: now, State: w.state, Facts: w.who, Zone: zone.Load(w.zone), Tallies: kept})
	require.NoError(t, err)
	return r
}

func TestAKeptTallyReadsNoEvents(t *testing.T) {
	who := &person{id: "p", events: did("e", -time.Hour, -2*time.Hour, -3*time.Hour)}
	c := parse(t, `{"performed": {"event": "e", "within": "P1D", "filter": {"$state": "/event/n", "gt": 1},
		"count": {"gte": 2}}}`)
	kept := &cond.Tallies{From: 3}
	test := func(at time.Time) cond.Result {
		r, err := c.Eval(&cond.Env{Now: at, Facts: who, Tallies: kept})
		require.NoError(t, err)
		return r
	}
	require.Equal(t, cond.Result{}, test(noon))
	require.Len(t, who.since, 1)

	kept.Add("p", "e", noon, json.RawMessage(`{"n": 2}`))
	kept.Add("p", "e", noon, json.RawMessage(`{"n": 1}`))
	kept.Add("p", "other", noon, json.RawMessage(`{"n": 2}`))
	require.Equal(t, cond.Result{}, test(noon))
	kept.Add("p", "e", noon.Add(-time.Minute), json.RawMessage(`{"n": 3}`))
	require.Equal(t, cond.Result{True: true, Until: noon.Add(day - time.Minute + ms)}, test(noon))
	require.Equal(t, cond.Result{}, test(noon.Add(day)), "one has left the window")
	require.Len(t, who.since, 1, "nothing was read again")
	test(noon)
	require.Len(t, who.since, 2, "an earlier time needs all events")

	for name, forget := range map[string]func(){
		"forgotten":      func() { kept.Forget("p") },
		"cleared":        kept.Clear,
		"undone":         kept.Undo,
		"too many fresh": func() { addMany(kept) },
	} {
		test(noon)
		before := len(who.since)
		forget()
		test(noon)
		require.Len(t, who.since, before+1, name)
	}
	kept.Settle()
	before := len(who.since)
	kept.Undo()
	test(noon)
	require.Len(t, who.since, before, "what was settled is not undone")
}

func addMany(kept *cond.Tallies) {
	for range 1000 {
		kept.Add("p", "e", noon, json.RawMessage(`{}`))
	}
}

func TestFewEventsAreNotKept(t *testing.T) {
	who := &person{id: "p", events: did("e", -time.Hour, -2*time.Hour)}
	kept := &cond.Tallies{From: 3}
	c := parse(t, `{"performed": {"event": "e", "count": {"gte": 9}}}`)
	for range 2 {
		_, err := c.Eval(&cond.Env{Now: noon, Facts: who, Tallies: kept})
		require.NoError(t, err)
	}
	require.Len(t, who.since, 2)
	require.False(t, kept.Has("p"))
}
