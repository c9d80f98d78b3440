package cond_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
)

func TestPerformedMatchesNames(t *testing.T) {
	for name, c := range map[string]struct {
		pattern, event string
		want           bool
	}{
		"the same name":                      {"order.created", "order.created", true},
		"another name":                       {"order.created", "order.paid", false},
		"a longer name":                      {"order", "order.created", false},
		"names are case-sensitive":           {"Order.created", "order.created", false},
		"order.* takes order.created":        {"order.*", "order.created", true},
		"order.* takes order.a.b":            {"order.*", "order.a.b", true},
		"order.* takes order. as well":       {"order.*", "order.", true},
		"order.* does not take order":        {"order.*", "order", false},
		"order.* does not take orders":       {"order.*", "orders", false},
		"order* takes order":                 {"order*", "order", true},
		"order* takes orders":                {"order*", "orders", true},
		"order. does not take order.created": {"order.", "order.created", false},
		"a * alone takes all":                {"*", "anything", true},
		"a dot matches only a dot":           {"order.paid", "order-paid", false},
		"a * in an event is not a pattern":   {"order.created", "order.*", false},
		"other wildcards have no meaning":    {"[a-z]?%_*", "[a-z]?%_", true},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.want, cond.EventMatches(c.pattern, c.event))
			who := &person{events: did(c.event, -time.Hour)}
			require.Equal(t, cond.Result{True: c.want}, evalFor(t, `{"performed": {"event": "`+c.pattern+`"}}`, who))
		})
	}
}

func TestCountsAtTheirEdges(t *testing.T) {
	for op, want := range map[string][3]bool{ // one fewer, as many, one more
		"gte": {false, true, true},
		"gt":  {false, false, true},
		"lte": {true, true, false},
		"lt":  {true, false, false},
		"eq":  {false, true, false},
	} {
		for _, n := range []int{0, 1, 3} {
			doc := fmt.Sprintf(`{"performed": {"event": "e", "count": {"%s": %d}}}`, op, n)
			for i, holds := range want {
				if count := n - 1 + i; count >= 0 {
					who := &person{events: append(did("other", -1), did("e", make([]time.Duration, count)...)...)}
					require.Equal(t, cond.Result{True: holds}, evalFor(t, doc, who), "%s of %d", doc, count)
				}
			}
		}
	}
}

func TestPerformedWithoutAnyEvent(t *testing.T) {
	for doc, want := range map[string]bool{
		`{"performed": {"event": "e"}}`:                                                      false,
		`{"performed": {"event": "e", "count": {"lt": 1}}}`:                                  true,
		`{"performed": {"event": "e", "count": {"eq": 0}}}`:                                  true,
		`{"performed": {"event": "e", "count": {"gte": 0}}}`:                                 true,
		`{"performed": {"event": "e", "count": {"lt": 0}}}`:                                  false,
		`{"performed": {"event": "e", "count": {"lte": 0}}}`:                                 true,
		`{"performed": {"event": "e", "count": {"gt": 0}}}`:                                  false,
		`{"performed": {"event": "e", "within": "P1D", "filter": true, "count": {"lt": 1}}}`: true,
		`{"$not": {"performed": {"event": "e"}}}`:                                            true,
	} {
		require.Equal(t, cond.Result{True: want}, evalFor(t, doc, &person{id: "p"}), doc)
	}
}

func TestPerformedWithinIsInclusiveAtBothEdges(t *testing.T) {
	for name, c := range map[string]struct {
		from time.Duration
		want cond.Result
	}{
		"one millisecond too old":          {-day - ms, cond.Result{}},
		"at the edge, for one millisecond": {-day, cond.Result{True: true, Until: noon.Add(ms)}},
		"now":                              {0, cond.Result{True: true, Until: noon.Add(day + ms)}},
		"in the future":                    {ms, cond.Result{Until: noon.Add(ms)}},
	} {
		t.Run(name, func(t *testing.T) {
			who := &person{events: did("e", c.from)}
			require.Equal(t, c.want, evalFor(t, `{"performed": {"event": "e", "within": "P1D"}}`, who))
			require.Equal(t, []time.Time{noon.Add(-day)}, who.since, "older ones are not requested")
			opposite := cond.Result{True: !c.want.True, Until: c.want.Until}
			require.Equal(t, opposite,
				evalFor(t, `{"performed": {"event": "e", "within": "P1D", "count": {"lt": 1}}}`, who))
		})
	}
}

func TestAFutureEventHasNotBeenPerformed(t *testing.T) {
	who := &person{events: did("e", time.Hour, 2*time.Hour, -1000*day)}
	require.Equal(t, cond.Result{True: true}, evalFor(t, `{"performed": {"event": "e"}}`, who))
	require.Equal(t, cond.Result{Until: noon.Add(time.Hour)},
		evalFor(t, `{"performed": {"event": "e", "count": {"gte": 2}}}`, who))
	require.Equal(t, cond.Result{True: true, Until: noon.Add(time.Hour)},
		evalFor(t, `{"performed": {"event": "e", "count": {"eq": 1}}}`, who))
	require.Equal(t, []time.Time{{}, {}, {}}, who.since, "without a window all are requested")
}

func TestCountsChangeWithTime(t *testing.T) {
	// Two inside the day, one at its edge, one outside, one in the future.
	who := &person{events: did("e", -time.Hour, -2*time.Hour, -day, -2*day, 3*time.Hour)}
	const edge, comes = ms, 3 * time.Hour
	for name, c := range map[string]struct {
		count string
		want  bool
		until time.Duration // from noon; 0 is never
	}{
		"gte 3 ends with the one at the edge":          {`"gte": 3`, true, edge},
		"gte 2 lasts as long as the newest two":        {`"gte": 2`, true, 22*time.Hour + ms},
		"gte 4 begins with the future one":             {`"gte": 4`, false, comes},
		"gt 2 ends with the one at the edge":           {`"gt": 2`, true, edge},
		"gt 3 begins with the future one":              {`"gt": 3`, false, comes},
		"lt 3 begins when the one at the edge leaves":  {`"lt": 3`, false, edge},
		"lt 4 ends with the future one":                {`"lt": 4`, true, comes},
		"lte 2 begins when the one at the edge leaves": {`"lte": 2`, false, edge},
		"lte 3 ends with the future one":               {`"lte": 3`, true, comes},
		"eq 3 ends with the one at the edge":           {`"eq": 3`, true, edge},
		"eq 2 begins when the one at the edge leaves":  {`"eq": 2`, false, edge},
		"eq 4 begins with the future one":              {`"eq": 4`, false, comes},
		"gte 0 is always true":                         {`"gte": 0`, true, 0},
		"lt 0 is never true":                           {`"lt": 0`, false, 0},
	} {
		t.Run(name, func(t *testing.T) {
			want := cond.Result{True: c.want}
			if c.until != 0 {
				want.Until = noon.Add(c.until)
			}
			require.Equal(t, want,
				evalFor(t, `{"performed": {"event": "e", "within": "P1D", "count": {`+c.count+`}}}`, who))
		})
	}
}

func TestAFilterReadsTheCountedEvent(t *testing.T) {
	who := &person{
		events: []cond.Event{
			{
				Name:       "order.paid",
				OccurredAt: noon.Add(-1 * time.Hour),
				Data:       value(t, `{"total": 10, "items": [{"sku": "a"}]}`),
			},
			{Name: "order.paid", OccurredAt: noon.Add(-2 * time.Hour), Data: value(t, `{"total": 99, "items": []}`)},
			{
				Name:       "order.paid",
				OccurredAt: noon.Add(-3 * time.Hour),
				Data:       value(t, `{"total": 50, "at": "2026-06-05T11:30Z"}`),
			},
			{Name: "order.paid", OccurredAt: noon.Add(-4 * time.Hour)},
			{Name: "refund", OccurredAt: noon.Add(-30 * time.Minute), Data: value(t, `{"total": 99}`)},
		},
		groups: map[string]bool{"news": true},
	}
	for name, c := range map[string]struct {
		filter string
		want   int
	}{
		"a comparison":                {`{"$state": "/event/total", "gte": 50}`, 2},
		"a pointer without its slash": {`{"$state": "event/total", "gte": 50}`, 2},
		"a path into the data":        {`{"$state": "/event/items/0/sku", "eq": "a"}`, 1},
		"a value that no event has":   {`{"$state": "/event/none"}`, 0},
		"absence, also of all data":   {`{"$state": "/event/items", "exists": false}`, 2},
		"the rest of the state is readable": {
			`{"$state": "/event/total", "gt": {"$state": "/profile/limit"}}`, 2,
		},
		"an operand from the event": {
			`{"$state": "/profile/limit", "gt": {"$state": "/event/total"}}`, 1,
		},
		"the event that began the run is hidden": {`{"$state": "/event/run"}`, 0},
		"a list is and": {
			`[{"$state": "/event/total", "gt": 20}, {"$state": "/event/total", "lt": 60}]`, 1,
		},
		"a constant":              {`true`, 4},
		"another constant":        {`false`, 0},
		"facts about the Profile": {`{"subscribed": "news"}`, 4},
		"other events": {
			`{"performed": {"event": "refund", "filter": {"$state": "/event/total", "eq": 99}}}`, 4,
		},
		"its own data after looking at others": {
			`[{"performed": {"event": "*", "filter": {"$state": "/event/total", "eq": 99}}},
				{"$state": "/event/total", "eq": 10}]`,
			1,
		},
	} {
		t.Run(name, func(t *testing.T) {
			doc := fmt.Sprintf(`[{"performed": {"event": "order.*", "filter": %s, "count": {"eq": %d}}},
				{"$state": "/event/run"}]`, c.filter, c.want)
			s := state(t, `{"profile": {"limit": 20}, "event": {"run": true, "total": 99}}`)
			require.Equal(t, cond.Result{True: true}, eval(t, doc, &cond.Env{Now: noon, State: s, Facts: who}))
			require.Equal(t, state(t, `{"profile": {"limit": 20}, "event": {"run": true, "total": 99}}`), s,
				"the state is unchanged")
		})
	}
}

func TestAFilterChangesWithTime(t *testing.T) {
	const recent = `"filter": {"$state": "/event/at", "within": "PT1H"}`
	who := &person{
		events: []cond.Event{
			{Name: "e", OccurredAt: noon.Add(-2 * time.Hour), Data: value(t, `{"at": "2026-06-05T11:30Z"}`)},
		},
	}
	fails := cond.Result{True: true, Until: noon.Add(30*time.Minute + ms)}
	require.Equal(t, fails, evalFor(t, `{"performed": {"event": "e", `+recent+`}}`, who), "when the filter fails")
	require.Equal(t, fails, evalFor(t, `{"performed": {"event": "e", "within": "P1D", `+recent+`}}`, who),
		"when the filter fails first")
	leaves := cond.Result{True: true, Until: noon.Add(ms)}
	require.Equal(t, leaves, evalFor(t, `{"performed": {"event": "e", "within": "PT2H", `+recent+`}}`, who),
		"when the event leaves first")

	who.events[0].Data = value(t, `{"at": "2026-06-05T12:10Z"}`)
	passes := cond.Result{Until: noon.Add(10 * time.Minute)}
	require.Equal(t, passes, evalFor(t, `{"performed": {"event": "e", "within": "P1D", `+recent+`}}`, who),
		"when the filter passes")

	// The newest one stays inside longest, but its filter fails first.
	who.events = []cond.Event{
		{Name: "e", OccurredAt: noon.Add(-time.Hour), Data: value(t, `{"at": "2026-06-05T11:05Z"}`)},
		{Name: "e", OccurredAt: noon.Add(-2 * time.Hour), Data: value(t, `{"at": "2026-06-05T11:55Z"}`)},
	}
	first := cond.Result{True: true, Until: noon.Add(5*time.Minute + ms)}
	require.Equal(t, first,
		evalFor(t, `{"performed": {"event": "e", "within": "P1D", "count": {"gte": 2}, `+recent+`}}`, who),
		"when any of them fails")
}
