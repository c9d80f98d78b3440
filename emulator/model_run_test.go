package emulator_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator"
)

// naiveRun is one run of the interpreter. It is before its node, or waits at it: until is when its timer fires.
type naiveRun struct {
	w                           *naiveWorld
	j                           *naiveJourney
	doc                         *modelDoc
	version                     int
	p                           *naivePerson
	key, status, reason, errors string
	node                        string
	until                       time.Time
	mailing                     bool
	rule                        string    // the exit rule that ends it at the end of its delay
	held                        time.Time // when its timer was due while its Journey was paused
	triggered, completed        time.Time
	data, event, steps          map[string]any
	entered, arrived            int // the numbers of the last events received before it entered, or arrived at its wait
	depth                       int
	linked                      time.Time
	path                        []string
	task                        *naiveTask
}

func (r *naiveRun) over() bool      { return !r.completed.IsZero() }
func (r *naiveRun) at() *modelNode  { return r.doc.node(r.node) }
func (r *naiveRun) view() naiveView { return naiveView{r.w.now, r.p, r.event, r.data, r.steps} }

func (r *naiveRun) setting(name, fallback string) string {
	if v := r.doc.Settings[name]; v != "" {
		return v
	}
	return fallback
}

func (r *naiveRun) record(outcome string) {
	r.path = append(r.path, fmt.Sprintf("%s %s %q %s", r.node, r.at().Type, outcome, modelStamp(r.w.now)))
}

func (r *naiveRun) end(status, reason, err string) {
	r.status, r.reason, r.errors, r.completed, r.until, r.held = status, reason, err, r.w.now, time.Time{}, time.Time{}
	r.w.drop(r.task)
}

// goTo puts the run before a node. goOn also schedules the task that makes it arrive there.
func (r *naiveRun) goTo(node string) {
	r.node, r.until, r.rule, r.mailing = node, time.Time{}, "", false
}

func (r *naiveRun) goOn(node string) {
	r.goTo(node)
	r.w.drop(r.task)
	r.task = r.w.schedule(r.w.now, r.step)
}

func (r *naiveRun) frozen() bool {
	return r.j.status == "Paused" &&
		(r.setting("onPause", "freeze") == "freeze" || r.until.IsZero() && r.at().Type == "email")
}

// step continues a run when its task is due.
func (r *naiveRun) step() {
	if r.frozen() {
		r.held = r.w.now
		return
	}
	r.status = "running"
	if r.tryExits(nil) {
		return
	}
	for next := r.move(); next != ""; next = r.arrive() {
		r.goTo(next)
		if r.frozen() {
			r.held = r.w.now
			return
		}
	}
}

// move fires the timer, or arrives at the node. It returns the node to go to at once, if any.
func (r *naiveRun) move() string {
	switch {
	case r.until.IsZero():
		return r.arrive()
	case r.rule != "":
		r.record("elapsed")
		r.end("exited", "exit_rule:"+r.rule, "")
		return ""
	case r.at().Type == "delay":
		r.record("elapsed")
		return r.at().Next
	}
	r.record("timeout")
	return r.at().TimeoutNext
}

func (r *naiveRun) arrive() string {
	n := r.at()
	switch n.Type {
	case "email":
		r.email(n)
	case "delay":
		return r.delay(n)
	case "waitFor":
		return r.wait(n)
	case "branch":
		for _, path := range n.Paths {
			if r.view().holds(path.When) {
				r.record(path.ID)
				return path.Next
			}
		}
		r.record("default")
		return n.Default
	case "randomCohort":
		return r.cohort(n)
	case "setProperty":
		r.record("set")
		set := r.view().object(n.Set)
		r.goOn(n.Next)
		r.p.merge(set)
		r.w.changed(r.p, nil, r.links()+1)
	case "emitEvent":
		if r.links() >= 10 {
			r.record("loop_guard")
			r.end("failed", "", "loop_guard")
			return ""
		}
		r.record("emitted")
		data := r.view().object(n.Data)
		r.goOn(n.Next)
		r.w.receive(r.p, naiveEvent{name: n.Event, data: data, at: r.w.now, depth: r.links() + 1})
	case "exit":
		outcome := n.Reason
		if outcome == "" {
			outcome = "exit"
		}
		r.record(outcome)
		r.end("completed", n.Reason, "")
	}
	return ""
}

func (r *naiveRun) waitUntil(until time.Time) string {
	r.until = until
	r.task = r.w.schedule(until, r.step)
	return ""
}

func (r *naiveRun) delay(n *modelNode) string {
	switch {
	case n.For != "":
		return r.waitUntil(r.w.now.Add(modelDurations[n.For]))
	case n.UntilLocal != nil:
		return r.waitUntil(naiveLocal(r.w.now, n.UntilLocal, r.p.zone(n.UntilLocal.Timezone)))
	}
	u, outcome, then := n.UntilProperty, "missing", n.UntilProperty.IfMissing
	found, _ := r.view().look(u.Path)
	at, ok := r.view().instant(found)
	if at = at.Add(modelDurations[u.Offset]); ok && at.After(r.w.now) {
		return r.waitUntil(at)
	}
	if ok {
		outcome, then = "past", u.IfPast
	} else if found != nil {
		outcome, then = "unreadable", u.IfUnreadable
	}
	r.record(outcome)
	if then == "exit" || outcome == "unreadable" && then == "" {
		r.end("exited", "property_"+outcome, "")
		return ""
	}
	return n.Next
}

// wait begins a wait. If a branch is already true, the wait ends at once.
func (r *naiveRun) wait(n *modelNode) string {
	r.arrived = len(r.p.events) - 1
	for _, b := range n.Branches {
		if b.Event == "" && r.view().holds(b.Condition) {
			r.record(b.ID)
			return b.Next
		}
		if b.Event == "" || n.Since != "entry" {
			continue
		}
		events := slices.Clone(r.p.events)
		slices.SortStableFunc(events, func(a, b naiveEvent) int { return a.at.Compare(b.at) })
		for _, e := range events {
			if e.nth > r.entered && !e.at.Before(r.triggered) && !e.at.After(r.w.now) && r.matches(b, e, n.MatchKey) {
				r.record(b.ID)
				r.steps[n.ID] = map[string]any{"event": e.data}
				return b.Next
			}
		}
	}
	return r.waitUntil(r.w.now.Add(modelDurations[n.Timeout]))
}

// matches reports whether an event matches a rule or a branch.
func (r *naiveRun) matches(t modelTrigger, e naiveEvent, matchKey bool) bool {
	if t.Event == "" || !naiveMatches(t.Event, e.name) {
		return false
	}
	if matchKey {
		field := r.doc.Entry.Key[strings.LastIndex(r.doc.Entry.Key, "/")+1:]
		if key := naiveText(e.data[field]); key == "" || key != r.key {
			return false
		}
	}
	return naiveView{r.w.now, r.p, e.data, r.data, r.steps}.holds(t.Filter)
}

// tryWait lets a wait react to a change. A timer that is due comes first, even if it has not fired yet.
func (r *naiveRun) tryWait(e *naiveEvent) {
	if r.over() || r.until.IsZero() || !r.w.now.Before(r.until) || r.at().Type != "waitFor" {
		return
	}
	for _, b := range r.at().Branches {
		event := r.takes(b, e)
		if event == nil && (b.Event != "" || !r.view().holds(b.Condition)) {
			continue
		}
		r.record(b.ID)
		if event != nil {
			r.link(event.depth)
			r.steps[r.node] = map[string]any{"event": event.data}
			if r.tryExits(nil) {
				return
			}
		}
		r.goOn(b.Next)
		return
	}
}

// tryExits ends the run by the first exit rule that is true. With atEnd it only remembers the rule during a delay.
func (r *naiveRun) tryExits(e *naiveEvent) bool {
	if r.rule != "" {
		return false // this rule ends the run when its timer fires
	}
	for _, rule := range r.doc.ExitOn {
		event := e != nil && r.matches(rule, *e, rule.MatchKey)
		if !event && (rule.Event != "" || !r.view().holds(rule.Condition)) {
			continue
		}
		if r.setting("exitDuringDelay", "now") == "atEnd" && r.w.now.Before(r.until) && r.at().Type == "delay" {
			r.rule = rule.ID
			return false
		}
		r.end("exited", "exit_rule:"+rule.ID, "")
		return true
	}
	return false
}

func (r *naiveRun) cohort(n *modelNode) string {
	drawn := r.w.drawn(r)
	if n.Sticky != "run" {
		who := r.j.doc.Key + " " + n.ID + " " + r.p.email + " " + fmt.Sprint(n.Arms)
		if known := r.w.sticky[who]; known != "" {
			drawn = known
		}
		r.w.sticky[who] = drawn
	}
	for _, arm := range n.Arms {
		if arm.ID == drawn && arm.Percent > 0 {
			r.record(drawn)
			return arm.Next
		}
	}
	r.record("none of the arms")
	return n.Arms[0].Next
}

// modelTemplates are the subjects of the Templates. Each second part is a pointer to a value.
var modelTemplates = map[string][]string{
	"note":  {"Note ", "/profile/tier", " of ", "/event/k"},
	"offer": {"Offer for ", "/profile/tier"},
	"maybe": {"", "/profile/tier"},
}

// email accepts an email now. A task of its own sends or skips it; then the run goes on.
func (r *naiveRun) email(n *modelNode) {
	r.mailing = true
	subject, parts := "", modelTemplates[n.Template]
	if n.Subject != "" {
		parts = []string{"Own ", "/profile/n"}
	}
	for i, part := range parts {
		if i%2 == 1 {
			found, _ := r.view().look(part)
			part = naiveText(found)
		}
		subject += part
	}
	r.w.schedule(r.w.now, func() { r.w.deliver(r, n, subject) })
}

func (w *naiveWorld) deliver(r *naiveRun, n *modelNode, subject string) {
	skipped, onUnsubscribed, onFailure := "", n.OnUnsubscribed, n.OnFailure
	if n.SubscriptionGroup != "" {
		skipped = r.p.consent(n.SubscriptionGroup)
	}
	if r.p.suppressed != "" {
		skipped = "suppressed_" + r.p.suppressed
	}
	if skipped == "" && strings.TrimSpace(subject) != "" {
		w.emails = append(w.emails, fmt.Sprintf("%s %s %q to %s", modelStamp(w.now), n.Template, subject, r.p.email))
	}
	if onUnsubscribed == "" {
		onUnsubscribed = r.setting("onUnsubscribed", "exit")
	}
	if onFailure == "" {
		onFailure = r.setting("onSendFailure", "exit")
	}
	switch {
	case skipped != "":
		reason, _, _ := strings.Cut(strings.Replace(skipped, "not_opted_in", "unsubscribed", 1), "_")
		r.emailDone("skipped: "+skipped, onUnsubscribed == "exit", "exited", reason, "")
	case strings.TrimSpace(subject) == "":
		r.emailDone("failed: template_render_failed", onFailure == "exit", "failed", "", "template_render_failed")
	default:
		r.emailDone("sent", false, "", "", "")
		w.fact(r.p, "sent", n.Template)
		w.schedule(w.now.Add(time.Second), func() { w.simulate(r.p, n) })
	}
}

func (r *naiveRun) emailDone(outcome string, ends bool, status, reason, err string) {
	switch {
	case r.over():
		return
	case ends:
		r.record(outcome)
		r.end(status, reason, err)
	default:
		r.record(outcome)
		r.goOn(r.at().Next)
	}
}

// simulate records what an address does with an email one second after it was sent. Some addresses are simulated ones.
func (w *naiveWorld) simulate(p *naivePerson, n *modelNode) {
	local, _, simulated := strings.Cut(strings.TrimSuffix(p.email, "@simulator.test"), "+")
	if simulated && local == "bounced" {
		w.fact(p, "bounced", n.Template)
		if p.suppressed == "" {
			p.suppressed = "bounce"
		}
		return
	}
	w.fact(p, "delivered", n.Template)
	if simulated && local == "unsubscribed" && n.SubscriptionGroup != "" {
		w.schedule(w.now.Add(time.Second), func() { w.subscribe(p, n.SubscriptionGroup, "Unsubscribed") })
	}
}

func (w *naiveWorld) fact(p *naivePerson, kind, template string) {
	p.mail = append(p.mail, naiveFact{kind, template, w.now})
	w.testAll(p)
}

func (w *naiveWorld) subscribe(p *naivePerson, group, status string) {
	if p.subscriptions[group] != status {
		p.subscriptions[group] = status
		w.testAll(p)
	}
}

// writeProfile applies a seed of a Profile.
func (w *naiveWorld) writeProfile(s emulator.SeedProfile) {
	p := w.person(s.Email)
	p.merge(s.Properties)
	w.testAll(p)
	for _, group := range slices.Sorted(maps.Keys(s.Subscriptions)) {
		w.subscribe(p, group, s.Subscriptions[group])
	}
	if s.Suppressed != "" && p.suppressed == "" {
		p.suppressed = s.Suppressed
	}
}
