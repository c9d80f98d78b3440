package emulator_test

import (
	"fmt"
	"slices"
	"time"

	"pgregory.net/rapid"

	"github.com/segmentflow/segmentflow-go/emulator"
)

// What the model check draws: small worlds with few names, so that the acts affect each other.

var (
	modelPeople = []string{
		"ann@example.com", "bob@example.com", "bounced+eve@simulator.test", "unsubscribed+zoe@simulator.test",
	}
	modelSegments = []string{"s0", "s1"}
	modelEvents   = []string{"order.a", "order.b", "ping.x"}
	modelZones    = []any{
		"America/New_York", "Europe/Berlin", "Asia/Tokyo", "Australia/Lord_Howe", "Africa/Cairo", "Asia/Kathmandu",
	}
	modelLocales = slices.Concat(modelZones, []any{"No/Where", "localtime", "asia/tokyo", nil})
	modelStarts  = []time.Time{
		monday, time.Date(2026, 3, 7, 20, 0, 0, 0, time.UTC), time.Date(2026, 10, 31, 20, 0, 0, 0, time.UTC),
		time.Date(2028, 2, 28, 5, 30, 0, 0, time.UTC),
		time.Date(2026, 4, 23, 21, 59, 59, 999e6, time.UTC), // before the clocks change in Cairo
	}
)

// modelGen draws values that depend on the instant of the draw.
type modelGen struct {
	*rapid.T
	now    time.Time
	perRun bool // whether a cohort may be drawn per run; in a file the ids of runs are random
	stored bool // whether it is the condition of a Segment, which reads nothing of a run
}

func pick[V any](g modelGen, label string, from ...V) V {
	return rapid.SampledFrom(from).Draw(g.T, label)
}

// chance takes a multiple of 10 per cent. rapid prefers small numbers; among only ten numbers that matters little.
func (g modelGen) chance(label string, percent int) bool {
	return rapid.IntRange(0, 9).Draw(g.T, label) >= 10-percent/10
}

func (g modelGen) instant() time.Time {
	d := pick(g, "about", 0, -24*time.Hour, -time.Hour, time.Millisecond, time.Hour, 24*time.Hour, 60*time.Hour)
	return g.now.Add(d)
}

func (g modelGen) event() string {
	return pick(g, "event", "order.a", "order.b", "ping.x", "order.*", "*")
}

// condition draws a condition over the whole state. Conditions that are always true, or never, are rare.
func (g modelGen) condition(depth int) any {
	form := rapid.IntRange(0, 14).Draw(g.T, "condition")
	if depth == 0 {
		form %= 11
	}
	if g.stored && (form == 2 || form == 4 || form == 5) {
		form = 0
	}
	switch form {
	case 11:
		return map[string]any{"$not": g.condition(depth - 1)}
	case 12:
		return []any{g.condition(depth - 1), g.condition(depth - 1)}
	case 13:
		return map[string]any{"$or": []any{g.condition(depth - 1), g.condition(depth - 1)}}
	case 14:
		return map[string]any{"$and": []any{g.condition(depth - 1), g.condition(depth - 1)}}
	}
	return g.term(form)
}

// term draws a condition that contains no other one, in one of eleven forms.
func (g modelGen) term(form int) any {
	switch form {
	case 6:
		return map[string]any{
			"$state":                   "/profile/tier",
			pick(g, "op", "eq", "neq"): pick[any](g, "v", "gold", "silver"),
		}
	case 7:
		return map[string]any{
			"$state":                                "/profile/n",
			pick(g, "op", "gt", "gte", "lt", "lte"): pick[any](g, "v", 1.0, "2"),
			"not":                                   g.chance("not", 30),
		}
	case 2:
		return map[string]any{
			"$state": pick(g, "where", "/profile/n", "/event/k", "/data/k", "/profile/at"),
			"exists": g.chance("exists", 50),
		}
	case 3:
		return map[string]any{
			"$state": "/profile/at",
			"within": pick(g, "window", "PT1H", "P1D", "P2D"),
			"not":    g.chance("not", 30),
		}
	case 4:
		op := pick(g, "op", "before", "after")
		value := pick[any](g, "v", modelStamp(g.instant()), g.instant().Format("2006-01-02"),
			g.instant().Format("2006-01-02T15:04"), map[string]any{"$state": "/event/at"})
		return map[string]any{"$state": "/profile/at", op: value}
	case 5:
		return map[string]any{
			"$state": pick(g, "where", "/event/k", "/data/k", "/steps/n1/event/k", "/steps/n2/event/k"),
			"in":     []any{"u", 1.0},
		}
	case 0, 1:
		return g.performed()
	case 8:
		if !g.stored && g.chance("segment", 50) {
			return map[string]any{"inSegment": pick(g, "in", modelSegments...)}
		}
		return pick[any](g, "simple",
			map[string]any{"subscribed": "news"},
			map[string]any{"subscribed": "tips"},
			map[string]any{"$state": "/profile/tier"}, true, false)
	case 9:
		return g.received()
	}
	return map[string]any{"bucket": map[string]any{"percent": 50.0, "salt": pick(g, "salt", "a", "b", "c")}}
}

func (g modelGen) performed() any {
	o := map[string]any{"event": g.event()}
	if g.chance("within", 60) {
		o["within"] = pick(g, "window", "PT10M", "PT1H", "P1D", "P1W")
	}
	if g.chance("filter", 30) {
		o["filter"] = map[string]any{"$state": "/event/k", "eq": pick[any](g, "v", "u", 1.0)}
	}
	if g.chance("count", 50) {
		o["count"] = map[string]any{
			pick(g, "op", "gte", "lte", "eq", "lt", "gt"): float64(rapid.IntRange(0, 2).Draw(g.T, "n")),
		}
	}
	return map[string]any{"performed": o}
}

func (g modelGen) received() any {
	o := map[string]any{"event": pick(g, "fact", "sent", "delivered", "bounced")}
	if g.chance("template", 30) {
		o["templateId"] = pick(g, "template", "note", "offer")
	}
	if g.chance("within", 50) {
		o["within"] = pick(g, "window", "PT10M", "P1D")
	}
	return map[string]any{"received": o}
}

// filter draws a condition, or nil in most cases.
func (g modelGen) filter(percent int) any {
	if !g.chance("filter", percent) {
		return nil
	}
	return pick[any](g, "filter",
		map[string]any{"$state": "/event/k", "eq": "u"},
		map[string]any{"$state": "/event/k", "neq": "v"},
		g.condition(1))
}

// journey draws a Journey that activation accepts. Only one may be entered by an event that Journeys emit, and a
// Journey that emits has no cycles, so that runs do not multiply without end.
func (g modelGen) journey(key, entry string) *modelDoc {
	d := &modelDoc{Key: key, Status: pick(g, "status", "Active", "Active", "Active", "Paused"), Start: "n1"}
	d.Entry = modelEntry{Type: "event", Event: entry, Filter: g.filter(30)}
	root := "/event/k"
	switch entry {
	case "api":
		d.Entry, root = modelEntry{Type: "api", Filter: g.filter(20)}, "/data/k"
	case "segment":
		d.Entry, root = modelEntry{
			Type:           "segment",
			Segment:        pick(g, "segment", modelSegments...),
			EnrollExisting: g.chance("existing", 50),
		}, ""
	}
	if root != "" && g.chance("keyed", 40) {
		d.Entry.Key = root
	}
	if g.chance("audience", 20) {
		d.Audience = g.condition(1)
	}
	if g.chance("reentry", 40) {
		d.Reentry = &modelReentry{
			Mode:     pick(g, "mode", "", "always", "afterExit", "once"),
			Cooldown: pick(g, "cooldown", "", "PT1H", "P2D"),
		}
	}
	d.Settings = map[string]string{}
	for _, s := range [][]string{
		{"onUnsubscribed", "exit", "skip"},
		{"onSendFailure", "exit", "continue"},
		{"onPause", "freeze", "drain"},
		{"exitDuringDelay", "now", "atEnd"},
	} {
		if g.chance(s[0], 50) {
			d.Settings[s[0]] = pick(g, s[0], s[1:]...)
		}
	}

	for i := range rapid.IntRange(0, 2).Draw(g.T, "exit rules") {
		r := g.trigger(fmt.Sprintf("r%d", i), "")
		r.MatchKey = r.Event != "" && d.Entry.Key != "" && g.chance("match key", 50)
		d.ExitOn = append(d.ExitOn, r)
	}
	g.nodes(d)
	return d
}

// trigger draws a trigger that waits for an event or tests a condition.
func (g modelGen) trigger(id, next string) modelTrigger {
	if g.chance("by event", 50) {
		return modelTrigger{ID: id, Event: g.event(), Filter: g.filter(30), Next: next}
	}
	return modelTrigger{ID: id, Condition: g.condition(1), Next: next}
}

func (g modelGen) nodes(d *modelDoc) {
	n, cycles := rapid.IntRange(1, 6).Draw(g.T, "nodes"), g.chance("cycles", 20)
	for i := 1; i <= n; i++ {
		id := fmt.Sprintf("n%d", i)
		onward := func() string {
			return fmt.Sprintf("n%d", rapid.IntRange(i+1, min(n+2, i+3)).Draw(g.T, "next"))
		}
		node := &modelNode{
			ID: id,
			Type: pick(g, "type", "email", "delay", "delay", "waitFor", "waitFor", "branch", "randomCohort",
				"setProperty", "emitEvent"),
			Next: onward(),
		}
		if node.Type == "emitEvent" &&
			(cycles || slices.ContainsFunc(d.Nodes, func(each *modelNode) bool { return each.Type == "emitEvent" })) {
			node.Type = "delay"
		}
		back := ""
		if cycles && i > 1 && g.chance("back", 50) {
			back = fmt.Sprintf("n%d", rapid.IntRange(1, i-1).Draw(g.T, "to"))
		}
		g.node(d, node, onward, back)
		d.Nodes = append(d.Nodes, node)
	}

	d.Nodes = append(d.Nodes,
		&modelNode{ID: fmt.Sprintf("n%d", n+1), Type: "exit"},
		&modelNode{ID: fmt.Sprintf("n%d", n+2), Type: "exit", Reason: "bye"})
	d.prune()
}

// node fills in the fields of a node's type. back is where a cycle through it leads; a day must pass in the cycle.
func (g modelGen) node(d *modelDoc, n *modelNode, onward func() string, back string) {
	long := []string{"PT10M", "PT1H", "P1D", "P2D"}
	if back != "" {
		long = long[2:]
	}
	switch n.Type {
	case "email":
		g.email(n)
	case "delay":
		g.delay(n, long, back)
	case "waitFor":
		n.Next, n.Timeout, n.TimeoutNext = "", pick(g, "timeout", long...), onward()
		if back != "" {
			n.TimeoutNext = back
		}
		n.Since, n.MatchKey = pick(g, "since", "", "arrival", "entry"), d.Entry.Key != "" && g.chance("match key", 40)
		for i := range rapid.IntRange(1, 3).Draw(g.T, "branches") {
			n.Branches = append(n.Branches, g.trigger(fmt.Sprintf("b%d", i), onward()))
		}
	case "branch":
		n.Next, n.Default = "", onward()
		for i := range rapid.IntRange(1, 2).Draw(g.T, "paths") {
			n.Paths = append(n.Paths, modelTrigger{ID: fmt.Sprintf("p%d", i), When: g.condition(2), Next: onward()})
		}
	case "randomCohort":
		share := pick(g, "percent", 0, 30, 50, 100)
		n.Next, n.Arms = "", []modelArm{{"left", share, onward()}, {"right", 100 - share, onward()}}
		if g.perRun {
			n.Sticky = pick(g, "sticky", "", "profile", "run")
		}
	case "setProperty":
		property := pick(g, "set", "tier", "n")
		n.Set = map[string]any{
			property: pick[any](g, "to", "gold", "silver", 2.5, nil, map[string]any{"$state": "/event/k"}),
		}
		if g.chance("date", 20) {
			n.Set["at"] = g.property("at")
		}
	case "emitEvent":
		n.Event, n.Data = "ping.x", map[string]any{
			"k": pick[any](g, "k", "u", "v",
				map[string]any{"$state": "/event/k"},
				map[string]any{"$state": "/profile/n"}),
		}
	}
}

func (g modelGen) email(n *modelNode) {
	n.Template = pick(g, "template", "note", "offer", "maybe")
	if n.Template == "offer" || g.chance("group", 30) {
		n.SubscriptionGroup = pick(g, "group", "news", "tips")
	}
	n.Subject = pick(g, "subject", "", "", "Own ${/profile/n}")
	n.OnUnsubscribed = pick(g, "unsubscribed", "", "exit", "skip")
	n.OnFailure = pick(g, "failure", "", "exit", "continue")
}

func (g modelGen) delay(n *modelNode, long []string, back string) {
	kind := rapid.IntRange(0, 3).Draw(g.T, "kind")
	switch {
	case back != "":
		n.For, n.Next = pick(g, "for", long...), back
	case kind == 1:
		n.UntilLocal = &modelLocal{
			Hour:     pick(g, "hour", 0, 1, 2, 9, 23),
			Minute:   pick(g, "minute", 0, 30),
			Timezone: pick(g, "zone", "", "America/New_York", "Asia/Tokyo"),
		}
		for day := range 7 {
			if g.chance("on day", 30) {
				n.UntilLocal.Days = append(n.UntilLocal.Days, day)
			}
		}
	case kind == 2:
		n.UntilProperty = &modelUntil{
			Path:      pick(g, "path", "/profile/at", "/event/at"),
			Offset:    pick(g, "offset", "", "PT1H", "-PT1H", "P1D"),
			IfMissing: pick(g, "missing", "", "continue", "exit"),
			IfPast:    pick(g, "past", "", "continue", "exit"),

			IfUnreadable: pick(g, "unreadable", "", "continue", "exit"),
		}
	default:
		n.For = pick(g, "for", long...)
	}
}

// segment draws the condition of a Segment.
func (g modelGen) segment() any {
	g.stored = true
	return g.condition(2)
}

// person draws a seed of a Profile.
func (g modelGen) person(email string) *emulator.SeedProfile {
	p := &emulator.SeedProfile{Email: email, Properties: g.properties(), Subscriptions: map[string]string{}}
	for _, group := range []string{"news", "tips"} {
		if g.chance(group, 30) {
			p.Subscriptions[group] = pick(g, group, "Subscribed", "Unsubscribed")
		}
	}
	if g.chance("suppressed", 10) {
		p.Suppressed = "manual"
	}
	return p
}
