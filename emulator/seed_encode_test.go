package emulator_test

import (
	"encoding/json"
	"errors"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator"
	"github.com/segmentflow/segmentflow-go/emulator/define"
)

func problemTexts(t *testing.T, err error) (texts []string) {
	t.Helper()
	refused, ok := errors.AsType[*emulator.SeedError](err)
	require.True(t, ok, "want a SeedError, got %v", err)
	for _, problem := range refused.Problems {
		texts = append(texts, problem.String())
	}
	return texts
}

// withNodes is a Journey with these nodes after the first.
func withNodes(nodes ...define.Node) emulator.SeedJourney {
	return emulator.SeedJourney{
		Key:    "j",
		Status: "Active",
		Entry:  define.OnAPI{},
		Start:  "a",
		Nodes:  append(define.Nodes{define.Delay{ID: "a", For: time.Hour, Next: "b"}}, nodes...),
	}
}

// builtMistakes are seeds of Go values with a mistake, by what is reported.
func builtMistakes() map[string]emulator.Seed {
	return map[string]emulator.Seed{
		`/journeys/0/nodes/1/for: "-PT1H" is not a duration: it must not have a sign`: {
			Journeys: []emulator.SeedJourney{withNodes(
				define.Delay{ID: "b", For: -time.Hour, Next: "c"}, define.Exit{ID: "c"})}},
		`/journeys/0/nodes/1/for: must be at least a millisecond, PT0.001S`: {Journeys: []emulator.SeedJourney{
			withNodes(define.Delay{ID: "b", For: time.Duration(0), Next: "c"}, define.Exit{ID: "c"})}},
		`/journeys/0/nodes/2/id: must be a name for the node, unique in the journey; it is missing`: {
			Journeys: []emulator.SeedJourney{withNodes(define.Exit{ID: "b"}, define.Exit{})}},
		`/journeys/0/nodes/1/set/tier/$state: must be a pointer into the state, such as "/profile/tier", ` +
			`not an empty string`: {Journeys: []emulator.SeedJourney{withNodes(
			define.SetProperty{ID: "b", Set: map[string]any{"tier": define.State("")}, Next: "c"},
			define.Exit{ID: "c"})}},
		`/journeys/0/nodes/1: must be an object, not null`: {Journeys: []emulator.SeedJourney{
			withNodes(nil, define.Exit{ID: "b"})}},
		`/journeys/0/audience/$and/0/performed/count/in: unknown member "in"; allowed here: ` +
			"gte, lte, eq, lt, gt\n/journeys/0/audience/$and/0/performed/count: " +
			"a count takes exactly one of gte, lte, eq, lt, gt, " +
			`such as {"gte": 1}; this one has 0`: {Journeys: []emulator.SeedJourney{func() emulator.SeedJourney {
			j := withNodes(define.Exit{ID: "b"})
			j.Audience = define.And{define.Performed{Event: "e", Count: define.Count{Op: define.OpIn, N: 1}}}
			return j
		}()}},
		`/segments/0/definition/$or: the list is empty; write at least one condition, or true or false`: {
			Segments: []emulator.SeedSegment{{Key: "s", Definition: define.Or{}}}},
		`/segments/0/definition: must be a condition: true, false, a list of conditions, or an object with one of ` +
			`$and, $or, $not, $state, performed, received, subscribed, inSegment, bucket; not null`: {
			Segments: []emulator.SeedSegment{{Key: "s", Definition: (*define.Bucket)(nil)}}},
		`/templates/0/definition/body/elements/a/children/0: there is no element with this key`: {
			Templates: []emulator.SeedTemplate{{Key: "t", Purpose: "General", Definition: define.Content{
				Body: define.Tree{Root: "a", Elements: define.Elements{"a": define.Body{Children: []string{"b"}}}}}}}},
	}
}

// TestAMistakeInABuiltSeedHasItsPath seeds mistakes twice: as they are built, and as the plain JSON values.
func TestAMistakeInABuiltSeedHasItsPath(t *testing.T) {
	for want, mistake := range builtMistakes() {
		built := emulator.Start(t).Seed(mistake)
		text := ""
		for i, problem := range problemTexts(t, built) {
			if i > 0 {
				text += "\n"
			}
			text += problem
		}
		require.Equal(t, want, text)

		var plain emulator.Seed
		raw, err := json.Marshal(mistake)
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(raw, &plain))
		if plain.Segments == nil || plain.Segments[0].Definition != nil { // a null is no definition at all
			require.Equal(t, built, emulator.Start(t).Seed(plain))
		}
	}
}

// formless cannot be encoded.
type formless struct{}

func (formless) MarshalJSON() ([]byte, error) { return nil, errors.New("no form today") }

// TestWhatJSONCannotExpressIsReportedWithItsPath has values in plain maps, structs and lists, and in builders.
func TestWhatJSONCannotExpressIsReportedWithItsPath(t *testing.T) {
	const use = "; use a string, a number, a bool, a time.Time, a slice, a map with string keys or a struct"
	const cannot = " cannot be encoded as JSON: "
	circle := map[string]any{}
	circle["self"] = circle
	type embedded struct{ Inner any }
	type named struct {
		embedded
		Outer any `json:"outer,omitempty"`
		none  any
	}
	journey := func(nodes ...define.Node) emulator.Seed {
		return emulator.Seed{Journeys: []emulator.SeedJourney{withNodes(nodes...)}}
	}
	event := func(data any) emulator.Seed {
		return emulator.Seed{
			Profiles: []emulator.SeedProfile{{Email: "alex@example.com"}},
			Events:   []emulator.SeedEvent{{Event: "e", Profile: "alex@example.com", Data: data}},
		}
	}
	for want, mistake := range map[string]emulator.Seed{
		"/journeys/0/nodes/1/arms/1/percent:" + cannot + "NaN is not a number in JSON": journey(define.RandomCohort{
			ID: "b", Arms: []define.Arm{{ID: "x"}, {ID: "y", Percent: math.NaN()}}}),
		"/journeys/0/nodes/1/set/a~1b/$then/0:" + cannot + "its Go type is func()" + use: journey(define.SetProperty{
			ID: "b", Set: map[string]any{"a/b": define.If{Cond: define.Always, Then: []any{func() {}}}}}),
		"/journeys/0/nodes/1/paths/0/when/$and/0/eq:" + cannot + "+Inf is not a number in JSON": journey(define.Branch{
			ID:    "b",
			Paths: []define.Path{{When: define.And{define.State("/profile/x").Eq(math.Inf(1))}}},
		}),
		"/segments/0/definition/bucket/percent:" + cannot + "-Inf is not a number in JSON": {
			Segments: []emulator.SeedSegment{{Key: "s", Definition: define.Bucket{Percent: math.Inf(-1), Salt: "s"}}}},
		"/templates/0/definition/body/elements/a/props/text:" + cannot + "its Go type is chan int" + use: {
			Templates: []emulator.SeedTemplate{{Key: "t", Purpose: "General", Definition: define.Content{
				Body: define.Tree{Root: "a", Elements: define.Elements{"a": &define.Text{Text: make(chan int)}}}}}}},
		"/templates/0/definition/subject:" + cannot + "its Go type is complex128" + use: {
			Templates: []emulator.SeedTemplate{{Key: "t", Purpose: "General",
				Definition: map[string]any{"subject": 1i}}}},
		"/events/0/data/Inner:" + cannot + "NaN is not a number in JSON": event(
			named{embedded: embedded{float32(math.NaN())}, none: 1}),
		"/events/0/data/outer/1:" + cannot + "its Go type is map[bool]int" + use: event(
			&named{Outer: [2]any{1, map[bool]int{true: 1}}}),
		"/events/0/data/self:" + cannot + "it contains itself": event(circle),
		"/journeys/0/nodes/1/data/list/0/self:" + cannot + "it contains itself": journey(define.EmitEvent{
			ID: "b", Data: map[string]any{"list": []any{circle}}}),
		"/events/0/data/x:" + cannot + "a method of emulator_test.formless fails: no form today": event(
			map[string]any{"x": formless{}}),
		"/profiles/0/properties/score:" + cannot + "NaN is not a number in JSON": {Profiles: []emulator.SeedProfile{{
			Email: "alex@example.com", Properties: map[string]any{"score": math.NaN()}}}},
	} {
		require.Equal(t, []string{want}, problemTexts(t, emulator.Start(t).Seed(mistake)))
		_, err := emulator.New(emulator.WithSeed(mistake))
		require.Equal(t, []string{want}, problemTexts(t, err))
	}
}
