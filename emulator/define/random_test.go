package define_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/segmentflow/segmentflow-go/emulator/define"
	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
)

// The tests of this file build random values. Whatever is built with sensible values, the parsers and the schema
// of seeds accept.

func pointer(t *rapid.T) string {
	return rapid.SampledFrom([]string{"/profile/tier", "/event/a~1b", "/data/lines/0", "/steps/wait/event/x"}).
		Draw(t, "pointer")
}

func name(t *rapid.T) string {
	return rapid.SampledFrom([]string{"a", "b<&>", "ü", "order.created"}).Draw(t, "name")
}

func length(t *rapid.T) define.Duration {
	if rapid.Bool().Draw(t, "text") {
		return define.ISO(rapid.SampledFrom([]string{"P1W", "PT0.5S", "P1DT12H"}).Draw(t, "iso"))
	}
	return time.Duration(rapid.Int64Range(int64(time.Millisecond), int64(1000*define.Week)).Draw(t, "length"))
}

func scalar(t *rapid.T) any {
	return rapid.SampledFrom([]any{nil, true, 0, -1.5, "", "gold", define.State("/profile/tier")}).Draw(t, "scalar")
}

// sometimes returns the condition of make, or no condition.
func sometimes(t *rapid.T, deep int) define.Condition {
	if rapid.Bool().Draw(t, "given") {
		return condition(t, deep)
	}
	return nil
}

func conditions(t *rapid.T, deep int) []define.Condition {
	list := make([]define.Condition, rapid.IntRange(1, 3).Draw(t, "conditions"))
	for i := range list {
		list[i] = condition(t, deep)
	}
	return list
}

func condition(t *rapid.T, deep int) define.Condition {
	kind := rapid.IntRange(0, 13).Draw(t, "form")
	if deep == 0 {
		kind += 4
	}
	switch kind {
	case 0:
		return define.And(conditions(t, deep-1))
	case 1:
		return define.Or(conditions(t, deep-1))
	case 2:
		return define.Conditions(conditions(t, deep-1))
	case 3:
		return define.Not(condition(t, deep-1))
	case 4:
		return define.Constant(rapid.Bool().Draw(t, "constant"))
	case 5:
		return define.State(pointer(t))
	case 6:
		return define.Performed{Event: name(t), Filter: sometimes(t, 0), Within: length(t), Count: define.AtMost(2)}
	case 7:
		return define.Received{Event: define.Opened, Template: name(t), Within: length(t)}
	case 8:
		return define.Subscribed(name(t))
	case 9:
		return define.InSegment(name(t))
	case 10:
		percent := rapid.IntRange(0, 10_000).Draw(t, "percent")
		return define.Bucket{Percent: float64(percent) / 100, Salt: name(t)}
	}
	return comparison(t)
}

func comparison(t *rapid.T) define.Condition {
	at := define.State(pointer(t))
	list := []define.Comparison{
		at.Eq(scalar(t)), at.Neq(scalar(t)), at.In(scalarOf(t)), at.Contains(scalar(t)), at.Gt(1), at.Lte("2"),
		at.Exists(), at.Missing(), at.StartsWith(name(t)), at.Within(length(t)), at.After(time.Unix(1, 0)),
		at.Before(at),
	}
	c := rapid.SampledFrom(list).Draw(t, "comparison")
	c.Not = rapid.Bool().Draw(t, "not")
	return c
}

// scalarOf is a literal, because a member of a list cannot be a State.
func scalarOf(t *rapid.T) any { return rapid.SampledFrom([]any{nil, 1, "gold"}).Draw(t, "literal") }

func value(t *rapid.T) any {
	switch rapid.IntRange(0, 3).Draw(t, "value") {
	case 0:
		return define.State(pointer(t))
	case 1:
		return define.Template("Hi ${" + pointer(t) + "} \\${")
	case 2:
		return define.If{Cond: condition(t, 1), Then: scalar(t), Else: scalar(t)}
	}
	return scalar(t)
}

func node(t *rapid.T, id string) define.Node {
	next := name(t)
	switch rapid.IntRange(0, 8).Draw(t, "node") {
	case 0:
		return define.Email{ID: id, Template: name(t), Subject: define.State(pointer(t)), Next: next}
	case 1:
		return define.Delay{ID: id, For: length(t), Next: next}
	case 2:
		hour, minute := rapid.IntRange(0, 23).Draw(t, "hour"), rapid.IntRange(0, 59).Draw(t, "minute")
		return define.Delay{ID: id, Until: define.UntilLocal{Hour: hour, Minute: minute}, Next: next}
	case 3:
		return &define.Delay{ID: id, Until: &define.UntilProperty{Path: pointer(t), Offset: -define.Day}, Next: next}
	case 4:
		return define.WaitFor{ID: id, Timeout: length(t), TimeoutNext: next, Branches: []define.WaitBranch{
			{ID: "a", Event: name(t), Filter: sometimes(t, 1), Next: next},
			{ID: "b", Condition: condition(t, 2), Next: next},
		}}
	case 5:
		return define.Branch{ID: id, Paths: []define.Path{{ID: "a", When: condition(t, 3), Next: next}}, Default: next}
	case 6:
		arms := []define.Arm{{ID: "a", Next: next}, {ID: "b", Percent: 100, Next: next}}
		return define.RandomCohort{ID: id, Arms: arms}
	case 7:
		return define.SetProperty{ID: id, Set: map[string]any{name(t): value(t)}, Next: next}
	}
	return define.EmitEvent{ID: id, Event: name(t), Data: map[string]any{name(t): value(t)}, Next: next}
}

func element(t *rapid.T) define.Element {
	visible, style := sometimes(t, 2), define.CSS{"padding": "24px", "color": value(t)}
	switch rapid.IntRange(0, 4).Draw(t, "element") {
	case 0:
		return define.Text{Text: value(t), Visible: visible, Style: style}
	case 1:
		repeat := define.Repeat{StatePath: pointer(t)}
		return define.Heading{Text: define.Item(name(t)), Visible: visible, Repeat: repeat}
	case 2:
		return define.Link{Text: define.Index{}, Href: define.State(pointer(t)), Style: define.Item("style")}
	case 3:
		return &define.Image{Src: define.State(pointer(t)), Width: value(t), Visible: visible}
	}
	return define.Button{Text: value(t), Style: define.If{Cond: condition(t, 1), Then: style}}
}

func requireAccepted(t *rapid.T, l language, v any) {
	raw, err := json.Marshal(v)
	require.NoError(t, err)
	require.Empty(t, l.read(raw), "%s", raw)
	require.NoError(t, l.schemaError(t, v), "%s", raw)
}

func TestTheParsersAndTheSchemaAcceptWhatIsBuilt(t *testing.T) {
	conditions, journeys, contents := conditionLanguage(t), journeyLanguage(t), contentLanguage(t)
	rapid.Check(t, func(t *rapid.T) {
		requireAccepted(t, conditions, condition(t, 4))

		nodes := define.Nodes{define.Exit{ID: "end"}}
		for i := range rapid.IntRange(1, 5).Draw(t, "nodes") {
			nodes = append(nodes, node(t, fmt.Sprint("n", i)))
		}
		requireAccepted(t, journeys, map[string]any{
			"key": "k", "entry": define.OnEvent{Event: name(t), Filter: sometimes(t, 2), Key: pointer(t)},
			"audience": condition(t, 1), "reentry": define.Reentry{Cooldown: length(t)},
			"exitOn": define.ExitRules{{ID: "x", Condition: condition(t, 2)}}, "start": "n0", "nodes": nodes,
		})

		root, elements := define.Body{}, define.Elements{}
		for i := range rapid.IntRange(1, 5).Draw(t, "elements") {
			key := fmt.Sprint("e", i)
			root.Children, elements[key] = append(root.Children, key), element(t)
		}
		elements["root"] = root
		requireAccepted(t, contents, define.Content{Subject: "${" + pointer(t) + "}",
			Body: define.Tree{Root: "root", Elements: elements}})
	})
}

func TestADurationIsWrittenInISO(t *testing.T) {
	within := func(d define.Duration) string {
		form := decoded(t, define.State("/profile/at").Within(d)).(map[string]any)
		return form["within"].(string)
	}
	for want, d := range map[string]define.Duration{
		"PT0S":                          time.Duration(0),
		"P3D":                           72 * time.Hour,
		"P7D":                           define.Week,
		"P1DT12H":                       36 * time.Hour,
		"PT1H30M":                       90 * time.Minute,
		"PT59M59.999S":                  time.Hour - time.Millisecond,
		"PT1.5S":                        1500 * time.Millisecond,
		"PT0.000000001S":                time.Nanosecond,
		"PT10S":                         10 * time.Second,
		"-P7D":                          -7 * define.Day,
		"-PT0.001S":                     -time.Millisecond,
		"P106751DT23H47M16.854775807S":  time.Duration(1<<63 - 1),
		"-P106751DT23H47M16.854775808S": time.Duration(-1 << 63),
		"P1W":                           define.ISO("P1W"),
		"soon":                          define.ISO("soon"),
	} {
		require.Equal(t, want, within(d))
	}
	rapid.Check(t, func(t *rapid.T) {
		d := time.Duration(rapid.Int64Range(-1<<62, 1<<62).Draw(t, "duration"))
		read, err := cond.ParseSignedDuration(within(d))
		require.NoError(t, err)
		require.Equal(t, d, read)
	})
}
