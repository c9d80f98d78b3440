package cond_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/zone"
)

// widths are the windows of the random conditions, with their length in whole
// milliseconds.
var widths = map[string]time.Duration{
	"PT0S":       0,
	"PT0.0005S":  0,
	"PT0.001S":   ms,
	"PT1M":       time.Minute,
	"PT2M0.002S": 2*time.Minute + 2*ms,
	"P0DT3M":     3 * time.Minute,
}

// instants returns the times of the random events: some minutes and their
// neighbours, so that edges coincide.
func instants() []time.Time {
	var list []time.Time
	for _, minute := range []time.Duration{-3, -2, -1, 0, 1, 2} {
		for _, by := range []time.Duration{0, ms, 500 * time.Microsecond} {
			list = append(list, noon.Add(minute*time.Minute+by))
		}
	}
	return list
}

// edges returns the instants at which a random condition could change, and their
// neighbours, sorted.
func edges() []time.Time {
	set := map[time.Time]bool{}
	for _, at := range instants() {
		for _, width := range widths {
			for _, by := range []time.Duration{-ms, 0, ms, 2 * ms} {
				set[at.Truncate(ms).Add(width+by)] = true
			}
		}
	}
	return slices.SortedFunc(maps.Keys(set), time.Time.Compare)
}

// local is the zone of all random worlds, as the zone of the Profile or of Env. Its
// clocks do not change near noon.
const local = "America/New_York"

func instantText(t *rapid.T) any {
	at := rapid.SampledFrom(instants()).Draw(t, "instant")
	switch rapid.IntRange(0, 5).Draw(t, "way") {
	case 0:
		return at.Format(time.RFC3339Nano)
	case 1:
		return at.In(time.FixedZone("", -5*3600)).Format("2006-01-02T15:04:05.999999Z07:00")
	case 2:
		return json.Number(fmt.Sprint(at.UnixMilli()))
	case 3:
		return json.Number(fmt.Sprintf("%d.%06d", at.Unix(), at.Nanosecond()/1000))
	case 4:
		return at.In(zone.Load(local)).Format("2006-01-02T15:04:05.999999")
	default:
		return at.In(zone.Load(local)).Format("2006-01-02t15:04:05.999999-0700")
	}
}

var literals = []string{
	`null`, `true`, `false`, `0`, `-0.0`, `1`, `1.0`, `2`, `9007199254740993`, `9007199254740992`, `""`, `"0"`, `"1"`,
	`"1.00"`, `"9007199254740993"`, `"abc"`, `"b"`, `"2026-06-05"`, `"PT1M"`, `"P1M"`, `[]`, `["b", 1, null]`, `[[]]`,
	`{}`, `{"a": 1.0, "b": [2]}`,
	`"20260605"`, `"1780660800"`, `"2026-06-05T08:00"`,
}

func anyValue(t *rapid.T) any {
	if rapid.IntRange(0, 2).Draw(t, "kind") == 0 {
		return instantText(t)
	}
	return value(t, rapid.SampledFrom(literals).Draw(t, "literal"))
}

func pick(t *rapid.T, what string, from ...string) string {
	return rapid.SampledFrom(from).Draw(t, what)
}

func pointer(t *rapid.T) string {
	return pick(t, "pointer", "/data/v", "data/w", "/event/v", "/event/w", "/profile/a~1b", "/profile/tags/0",
		"/profile", "/data/none")
}

// document returns a random condition. It may refer to the segments.
func document(t *rapid.T, depth int, segments []string) any {
	kind := rapid.IntRange(0, 9).Draw(t, "form")
	if depth == 0 {
		kind = rapid.IntRange(4, 9).Draw(t, "leaf")
	}
	switch kind {
	case 0, 1, 2:
		list := []any{}
		for range rapid.IntRange(1, 3).Draw(t, "length") {
			list = append(list, document(t, depth-1, segments))
		}
		return []any{list, map[string]any{"$and": list}, map[string]any{"$or": list}}[kind]
	case 3:
		return map[string]any{"$not": document(t, depth-1, segments)}
	case 4, 5:
		if rapid.Bool().Draw(t, "timed") {
			return map[string]any{
				"$state": pick(t, "timed pointer", "/event/v", "/event/w", "/data/v"),
				"within": width(t),
			}
		}
		return comparison(t)
	case 6, 7:
		return performed(t, depth, segments)
	case 8:
		object := map[string]any{"event": pick(t, "kind", "sent", "opened")}
		optional(t, object, "templateId", func() any { return pick(t, "template", "t1", "welcome") })
		optional(t, object, "within", func() any { return width(t) })
		return map[string]any{"received": object}
	}
	return rest(t, segments)
}

func rest(t *rapid.T, segments []string) any {
	switch rapid.IntRange(0, 3).Draw(t, "rest") {
	case 0:
		return rapid.Bool().Draw(t, "constant")
	case 1:
		return map[string]any{"subscribed": pick(t, "group", "news", "offers")}
	case 2:
		percent := json.Number(pick(t, "percent", "0", "12.5", "50.00", "99.99", "100"))
		return map[string]any{"bucket": map[string]any{"percent": percent, "salt": pick(t, "salt", "a", "b")}}
	}
	return map[string]any{"inSegment": pick(t, "segment", append(segments, "manual", "unknown")...)}
}

func optional(t *rapid.T, object map[string]any, name string, value func() any) {
	if rapid.Bool().Draw(t, name) {
		object[name] = value()
	}
}

func width(t *rapid.T) string {
	return rapid.SampledFrom(slices.Sorted(maps.Keys(widths))).Draw(t, "width")
}

func comparison(t *rapid.T) any {
	object := map[string]any{"$state": pointer(t)}
	optional(t, object, "not", func() any { return rapid.Bool().Draw(t, "inverts") })
	op := pick(t, "operator", "", "eq", "neq", "gt", "gte", "lt", "lte", "in", "contains", "exists", "startsWith",
		"before", "after", "within", "within", "within")
	if op == "" {
		return object
	}
	object[op] = operand(t, op)
	return object
}

func operand(t *rapid.T, op string) any {
	if rapid.IntRange(0, 3).Draw(t, "reference") == 0 {
		return map[string]any{"$state": pointer(t)}
	}
	switch op {
	case "gt", "gte", "lt", "lte":
		return value(t, pick(t, "number", `0`, `"1"`, `1.0`, `9007199254740992`, `"1780660800000"`))
	case "in":
		return []any{anyValue(t), anyValue(t)}
	case "exists":
		return rapid.Bool().Draw(t, "exists")
	case "startsWith":
		return pick(t, "beginning", "", "a", "2026")
	case "before", "after":
		return instantText(t)
	case "within":
		return width(t)
	}
	return anyValue(t)
}

func performed(t *rapid.T, depth int, segments []string) any {
	object := map[string]any{"event": pick(t, "event", "order.paid", "order", "order.*", "*")}
	optional(t, object, "within", func() any { return width(t) })
	if depth > 0 {
		optional(t, object, "filter", func() any { return document(t, depth-1, segments) })
	}
	optional(t, object, "count", func() any {
		n := json.Number(fmt.Sprint(rapid.IntRange(0, 4).Draw(t, "n")))
		return map[string]any{pick(t, "bound", "gte", "lte", "eq", "lt", "gt"): n}
	})
	return map[string]any{"performed": object}
}

func bag(t *rapid.T, names ...string) map[string]any {
	object := map[string]any{}
	for _, name := range names {
		optional(t, object, name, func() any { return anyValue(t) })
	}
	return object
}

func anyWorld(t *rapid.T) world {
	w := world{
		state: map[string]any{"data": bag(t, "v", "w"), "event": bag(t, "v", "w"), "profile": bag(t, "a/b", "tags")},
		who: &person{
			id:      pick(t, "id", "Someone", "someone", "other", "third"),
			groups:  map[string]bool{"news": rapid.Bool().Draw(t, "news")},
			members: map[string]bool{"manual": rapid.Bool().Draw(t, "manual")}, segments: map[string]*cond.Cond{},
		},
		definitions: map[string]any{},
	}
	w.state["profile"].(map[string]any)["tags"] = []any{anyValue(t), "b"}
	w.zone = local
	if timezone := pick(t, "timezone", "", "Local", "Mars/Olympus", "asia/tokyo", local, local); timezone != "" {
		w.state["profile"].(map[string]any)["timezone"] = timezone
		if timezone == local {
			w.zone = "Asia/Kathmandu" // which the Profile's precedes
		}
	}
	for range rapid.IntRange(0, 7).Draw(t, "events") {
		e := cond.Event{
			Name:       pick(t, "name", "order.paid", "order.paid", "order", "order."),
			OccurredAt: rapid.SampledFrom(instants()).Draw(t, "at"),
		}
		if rapid.IntRange(0, 4).Draw(t, "with data") > 0 {
			e.Data = bag(t, "v", "w")
		}
		w.who.events = append(w.who.events, e)
	}
	for range rapid.IntRange(0, 5).Draw(t, "mail") {
		w.who.mail = append(w.who.mail, fact{
			kind: pick(t, "kind", "sent", "opened"),
			id:   pick(t, "id", "t1", "t2"),
			key:  pick(t, "key", "welcome", "digest"),
			at:   rapid.SampledFrom(instants()).Draw(t, "at"),
		})
	}
	for i, name := range []string{"s1", "s2"} {
		w.definitions[name] = document(t, 1, []string{"s1"}[:i])
		w.who.segments[name] = compiled(t, w.definitions[name])
	}
	return w
}

func compiled(t *rapid.T, doc any) *cond.Cond {
	c, findings := cond.Parse(doc)
	require.Empty(t, findings, "%v", doc)
	return c
}

func (w world) eval(t *rapid.T, c *cond.Cond, now time.Time) cond.Result {
	r, err := c.Eval(&cond.Env{Now: now, State: w.state, Facts: w.who, Zone: zone.Load(w.zone)})
	require.NoError(t, err)
	return r
}

func TestEvaluationFollowsTheSpecificationAndUntilIsNeverLate(t *testing.T) {
	timeline := edges()
	rapid.Check(t, func(t *rapid.T) {
		w := anyWorld(t)
		for range 10 {
			doc := document(t, 3, []string{"s1", "s2"})
			c := compiled(t, doc)
			results := make([]cond.Result, len(timeline))
			for i, now := range timeline {
				w.now = now
				results[i] = w.eval(t, c, now)
				require.Equal(t, w.truth(doc), results[i].True, "at %s", now)
				require.Equal(t, results[i], w.eval(t, c, now.Add(999*time.Microsecond)),
					"within one millisecond nothing changes")
			}
			requireNeverLate(t, timeline, results)
			until := results[len(results)-1].Until
			require.True(t, until.IsZero(), "after everything there is nothing to wait for, not even %s", until)
			require.True(t, c.Reads().Time || len(c.Reads().Segments) > 0 || constant(results),
				"a condition that changes with time reads the clock")
		}
	})
}

// requireNeverLate checks Until at each instant: it is later than that instant, and
// not later than the next one with another outcome.
func requireNeverLate(t *rapid.T, timeline []time.Time, results []cond.Result) {
	for i, r := range results {
		require.True(t, r.Until.IsZero() || r.Until.After(timeline[i]), "at %s already %s", timeline[i], r.Until)
		for j := i + 1; j < len(results); j++ {
			if results[j].True != r.True {
				require.False(t, r.Until.IsZero(), "at %s never, but it changes at %s", timeline[i], timeline[j])
				require.False(t, r.Until.After(timeline[j]), "at %s not until %s, but it changes at %s",
					timeline[i], r.Until, timeline[j])
				break
			}
		}
	}
}

func constant(results []cond.Result) bool {
	for _, r := range results {
		if r != results[0] {
			return false
		}
	}
	return true
}

// Unlike noon in June, these times are near changes of the clocks.
func TestLocalTimesFollowTheSpecification(t *testing.T) {
	zones := []string{
		"UTC", "America/New_York", "Europe/Berlin", "Europe/Dublin", "Australia/Lord_Howe", "Africa/Cairo",
		"Africa/Casablanca", "Asia/Kathmandu", "America/Havana", "America/Scoresbysund", "Pacific/Apia",
		"Antarctica/Troll",
	}
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.SampledFrom(zones).Draw(t, "zone")
		in := zone.Load(name)
		month := time.Month(rapid.IntRange(1, 12*50).Draw(t, "month"))
		near := time.Date(1990, month, 15, 0, 0, 0, 0, time.UTC)
		if _, end := near.In(in).ZoneBounds(); !end.IsZero() {
			near = end
		}
		wall := near.In(in).Add(time.Duration(rapid.IntRange(-200, 200).Draw(t, "minutes")) * time.Minute)
		text := wall.Format(pick(t, "layout", "2006-01-02", "2006-01-02T15:04", "2006-01-02T15:04:05.000"))
		if rapid.Bool().Draw(t, "skipped") { // a time that the clocks do not show, if they were put forward
			before := near.Add(-time.Minute).In(in)
			text = before.Add(time.Duration(rapid.IntRange(0, 90).Draw(t, "ahead")) * time.Minute).
				In(time.FixedZone("", offsetOf(before))).Format("2006-01-02T15:04")
		}

		w := world{state: map[string]any{"profile": map[string]any{"timezone": name}}}
		want, ok := w.instant(text)
		require.True(t, ok)
		got, ok := cond.Clock{Zone: func() *time.Location { return in }}.ParseTime(text)
		require.True(t, ok)
		require.Equal(t, want.UTC(), got, "%s in %s", text, name)
	})
}

func offsetOf(at time.Time) int {
	_, seconds := at.Zone()
	return seconds
}
