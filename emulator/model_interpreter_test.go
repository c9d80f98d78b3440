package emulator_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// naiveWorld follows the rules of the engine in the simplest way. Everything is a list, and every look-up walks it. The
// future is a list of closures. All runs are tested at every instant at which time alone might change anything.
type naiveWorld struct {
	now      time.Time
	seq      int
	zone     string
	future   []*naiveTask
	people   []*naivePerson
	segments map[string]any  // conditions by key
	journeys []*naiveJourney // by key
	runs     []*naiveRun     // oldest first
	emails   []string
	// drawn returns the arm that the emulator drew at a step of a run: the draw is seeded, not specified. The
	// interpreter knows only that it stays the same (sticky), and which arms there are.
	drawn  func(r *naiveRun) string
	sticky map[string]string
}

type naiveTask struct {
	due time.Time
	seq int
	do  func()
}

type naivePerson struct {
	email, id     string
	properties    map[string]any
	subscriptions map[string]string
	suppressed    string
	events        []naiveEvent // in the order they were received
	mail          []naiveFact
	segments      map[string]any // of the world
	home          string         // the zone of the world
}

// naiveFact is what happened to an email.
type naiveFact struct {
	kind, template string
	at             time.Time
}

type naiveEvent struct {
	name  string
	data  map[string]any
	at    time.Time
	got   time.Time // when it was received
	depth int
	nth   int // the index in the events of the Profile
}

type naiveJourney struct {
	doc      *modelDoc
	versions []*modelDoc
	status   string
	members  map[*naivePerson]bool // of the Segment of an Active Journey, as last tested
}

// naiveGroups are the policies of the SubscriptionGroups.
var naiveGroups = map[string]string{"news": "OptOut", "tips": "OptIn"}

func (p *naivePerson) profile() map[string]any {
	all := map[string]any{"email": p.email}
	maps.Copy(all, p.properties)
	return all
}

// zone returns the zone of the Profile, else that of a node, else that of the Organization.
func (p *naivePerson) zone(node string) *time.Location {
	own, _ := p.properties["timezone"].(string)
	for _, name := range []string{own, node, p.home} {
		if slices.Contains(modelZones, any(name)) || name == "UTC" {
			return naiveKnown(name)
		}
	}
	panic("there is no zone")
}

// naiveKnown returns a zone that is known to exist.
func naiveKnown(name string) *time.Location {
	found, err := time.LoadLocation(name)
	if err != nil {
		panic(err)
	}
	return found
}

// consent returns the reason why email to a group is not allowed, if any.
func (p *naivePerson) consent(group string) string {
	switch choice := p.subscriptions[group]; {
	case choice == "Unsubscribed":
		return "unsubscribed"
	case choice == "" && naiveGroups[group] == "OptIn":
		return "not_opted_in"
	}
	return ""
}

func (p *naivePerson) merge(properties map[string]any) {
	for name, v := range properties {
		if v == nil {
			delete(p.properties, name)
		} else {
			p.properties[name] = v
		}
	}
}

func (w *naiveWorld) person(email string) *naivePerson {
	for _, p := range w.people {
		if p.email == email {
			return p
		}
	}
	p := &naivePerson{
		email:         email,
		properties:    map[string]any{},
		subscriptions: map[string]string{},
		segments:      w.segments,
		home:          w.zone,
	}
	w.people = append(w.people, p)
	return p
}

func (w *naiveWorld) journey(key string) *naiveJourney {
	for _, j := range w.journeys {
		if j.doc.Key == key {
			return j
		}
	}
	return nil
}

// runsOf returns the runs of a Journey, sorted by Profile.
func (w *naiveWorld) runsOf(j *naiveJourney) (runs []*naiveRun) {
	for _, r := range w.runs {
		if r.j == j {
			runs = append(runs, r)
		}
	}
	slices.SortStableFunc(runs, func(a, b *naiveRun) int { return strings.Compare(a.p.email, b.p.email) })
	return runs
}

// schedule schedules a task. Tasks run in the order (due, sequence).
func (w *naiveWorld) schedule(due time.Time, do func()) *naiveTask {
	w.seq++
	t := &naiveTask{due, w.seq, do}
	w.future = append(w.future, t)
	return t
}

func (w *naiveWorld) drop(t *naiveTask) {
	w.future = slices.DeleteFunc(w.future, func(each *naiveTask) bool { return each == t })
}

func (w *naiveWorld) next() *naiveTask {
	var first *naiveTask
	for _, t := range w.future {
		if first == nil || t.due.Before(first.due) || t.due.Equal(first.due) && t.seq < first.seq {
			first = t
		}
	}
	return first
}

// advance moves the clock to an instant and runs every task that is due on the way.
func (w *naiveWorld) advance(to time.Time) {
	for {
		t, edge := w.next(), w.nextChange()
		if t != nil && t.due.After(to) {
			t = nil
		}
		switch {
		case !edge.IsZero() && !edge.After(to) && (t == nil || !edge.After(t.due)):
			w.now = edge
			w.testAll(nil)
		case t != nil:
			w.now = t.due
			w.drop(t)
			t.do()
		default:
			w.now = to
			return
		}
	}
}

// nextChange returns the next instant at which time alone might change a condition: an event or a date comes, or a
// window over one runs out, a millisecond after its inclusive end.
func (w *naiveWorld) nextChange() (first time.Time) {
	for _, p := range w.people {
		var dates []time.Time
		for _, e := range p.events {
			dates = append(dates, e.at)
		}
		for _, f := range p.mail {
			dates = append(dates, f.at)
		}
		for _, v := range p.properties {
			if at, ok := (naiveView{p: p}).instant(v); ok {
				dates = append(dates, at)
			}
		}
		for _, at := range dates {
			instants := []time.Time{at}
			for _, d := range modelDurations {
				instants = append(instants, at.Add(d+time.Millisecond))
			}
			for _, instant := range instants {
				if instant.After(w.now) && (first.IsZero() || instant.Before(first)) {
					first = instant
				}
			}
		}
	}
	return first
}

// testAll tests the runs of a Profile, or of all Profiles, after a change that is not an event.
func (w *naiveWorld) testAll(p *naivePerson) {
	for _, each := range w.people {
		if p == nil || p == each {
			w.changed(each, nil, 0)
		}
	}
}

// changed tests exit rules first, then waits, then Segment entries. depth counts the acts of Journeys that led here.
func (w *naiveWorld) changed(p *naivePerson, e *naiveEvent, depth int) {
	var active []*naiveRun
	for _, r := range w.runs {
		if r.p == p && !r.over() {
			active = append(active, r)
		}
	}
	for _, r := range active {
		r.tryExits(e)
	}
	for _, r := range active {
		r.tryWait(e)
	}
	for _, j := range w.journeys {
		if j.status != "Active" || j.doc.Entry.Type != "segment" {
			continue
		}
		was := j.members[p]
		j.members[p] = naiveView{now: w.now, p: p}.holds(w.segments[j.doc.Entry.Segment])
		if j.members[p] && !was {
			w.becameMember(j, p, depth)
		}
	}
}

// edit saves a Journey. A new definition makes a version; a new status pauses, resumes or archives it.
func (w *naiveWorld) edit(doc *modelDoc) {
	j := w.journey(doc.Key)
	if j == nil {
		j = &naiveJourney{doc: doc}
		w.journeys = append(w.journeys, j)
		slices.SortFunc(w.journeys, func(a, b *naiveJourney) int { return strings.Compare(a.doc.Key, b.doc.Key) })
	}
	if len(j.versions) == 0 || j.versions[len(j.versions)-1].definition() != doc.definition() {
		j.versions = append(j.versions, doc)
	}
	before, old := j.status, j.doc
	j.doc, j.status = doc, doc.Status
	var held []*naiveRun
	for _, r := range w.runs {
		switch {
		case r.j != j || r.over():
		case doc.Status == "Archived":
			r.end("exited", "journey_archived", "")
		case before == "Paused" && doc.Status == "Active" && !r.held.IsZero():
			held = append(held, r)
		}
	}

	slices.SortStableFunc(held, func(a, b *naiveRun) int { return a.held.Compare(b.held) })
	for _, r := range held {
		r.held = time.Time{}
		r.task = w.schedule(w.now, r.step)
	}
	w.startListening(j, before, old)
}

// do carries out one act, and returns the reply to the caller.
func (w *naiveWorld) do(a modelAct) string {
	reply := ""
	switch a.Do {
	case "advance":
		w.advance(*a.At)
	case "journey":
		w.edit(a.Doc)
	case "zone":
		w.zone = a.What
		for _, p := range w.people {
			p.home = w.zone
		}
		w.testAll(nil)
	case "profile":
		w.writeProfile(*a.Profile)
	case "segment":
		w.segments[a.What] = a.Members
		w.testAll(nil)
	case "trigger":
		reply = w.trigger(a)
	case "track":
		p, at := w.person(a.Who), w.now
		if a.At != nil {
			at = *a.At
		}
		p.merge(a.Profile.Properties)
		outcomes := w.receive(p, naiveEvent{name: a.What, data: a.Data, at: at})
		enrolled := 0
		for _, o := range outcomes {
			if strings.HasSuffix(o, " enrolled") {
				enrolled++
			}
		}
		reply = fmt.Sprint(len(outcomes), enrolled, len(outcomes)-enrolled, outcomes)
	}
	w.advance(w.now)
	return reply
}

func (w *naiveWorld) trigger(a modelAct) string {
	j, p := w.journey(a.What), w.person(a.Who)
	switch {
	case j.status != "Active":
		return "invalid_state"
	case j.doc.Entry.Type != "api":
		return "journey_not_api_entry"
	}
	key, skip := w.admit(j, p, naiveView{w.now, p, nil, a.Data, nil})
	if skip != "" {
		return "enrollment_skipped " + skip
	}
	w.enrol(j, p, key).data = a.Data
	return "queued"
}
