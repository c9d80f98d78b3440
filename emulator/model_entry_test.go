package emulator_test

import "time"

// How the interpreter enrols Profiles: by an event, by the API, or because they became members of a Segment.

// receive handles one UserEvent: it stores the event, the runs of the Profile react, then Journeys may enrol it.
func (w *naiveWorld) receive(p *naivePerson, e naiveEvent) []string {
	e.nth, e.got = len(p.events), w.now
	p.events = append(p.events, e)
	w.changed(p, &e, e.depth)
	var outcomes []string
	for _, j := range w.journeys {
		if j.status != "Active" || j.doc.Entry.Type != "event" || j.doc.Entry.Event != e.name {
			continue
		}
		key, skip := w.admit(j, p, naiveView{w.now, p, e.data, nil, nil})
		if skip != "" {
			outcomes = append(outcomes, j.doc.Key+" skipped "+skip)
			continue
		}
		r := w.enrol(j, p, key)
		r.event = e.data
		r.link(e.depth)
		outcomes = append(outcomes, j.doc.Key+" enrolled")
	}
	return outcomes
}

func (w *naiveWorld) admit(j *naiveJourney, p *naivePerson, v naiveView) (key, skip string) {
	if !v.holds(j.doc.Entry.Filter) {
		return "", "filter_mismatch"
	}
	if j.doc.Entry.Key != "" {
		found, _ := v.look(j.doc.Entry.Key)
		if key = naiveText(found); key == "" {
			return "", "missing_key"
		}
	}
	if !v.holds(j.doc.Audience) {
		return "", "audience_mismatch"
	}
	if skip := w.reentry(j, p, key); skip != "" {
		return "", skip
	}
	if p.suppressed != "" {
		return "", "suppressed"
	}
	return key, ""
}

func (w *naiveWorld) reentry(j *naiveJourney, p *naivePerson, key string) string {
	mode, cooldown := "always", time.Duration(0)
	switch {
	case j.doc.Entry.Key != "":
		mode = "afterExit"
	case j.doc.Entry.Type == "segment":
		mode = "once"
	}
	if r := j.doc.Reentry; r != nil {
		cooldown = modelDurations[r.Cooldown]
		if r.Mode != "" {
			mode = r.Mode
		}
	}
	active, entered, cooling := false, false, false
	for _, r := range w.runs {
		if r.j == j && r.p == p && r.key == key {
			entered = true
			active = active || !r.over()
			cooling = cooling || w.now.Before(r.triggered.Add(cooldown))
		}
	}

	switch {
	case active && mode != "always":
		return "already_active"
	case entered && mode == "once":
		return "already_entered"
	case cooling:
		return "cooldown"
	}
	return ""
}

func (w *naiveWorld) enrol(j *naiveJourney, p *naivePerson, key string) *naiveRun {
	r := &naiveRun{
		w: w, j: j, doc: j.doc, version: len(j.versions), p: p, key: key,
		status: "queued", node: j.doc.Start, triggered: w.now, entered: len(p.events) - 1, steps: map[string]any{},
	}
	w.runs = append(w.runs, r)
	r.task = w.schedule(w.now, r.step)
	return r
}

// becameMember handles a Profile that is now a member of a Journey's Segment.
func (w *naiveWorld) becameMember(j *naiveJourney, p *naivePerson, depth int) {
	if _, skip := w.admit(j, p, naiveView{now: w.now, p: p}); skip != "" {
		return
	}
	r := w.enrol(j, p, "")
	if r.link(depth); depth > 10 {
		r.end("failed", "", "loop_guard")
	}
}

// startListening records the members of a Journey's Segment when the Journey becomes Active. With enrollExisting they
// enter, unless the Journey only resumes.
func (w *naiveWorld) startListening(j *naiveJourney, before string, old *modelDoc) {
	if j.status != "Active" || j.doc.Entry.Type != "segment" {
		return
	}
	entry := j.doc.Entry
	same := old != nil && old.Entry.Segment == entry.Segment
	if before != "Active" || !same {
		j.members = map[*naivePerson]bool{}
		for _, p := range w.people {
			j.members[p] = naiveView{now: w.now, p: p}.holds(w.segments[entry.Segment])
		}
	}
	if !entry.EnrollExisting || (before == "Active" || before == "Paused") && same && old.Entry.EnrollExisting {
		return
	}
	for _, p := range w.people {
		if j.members[p] {
			w.becameMember(j, p, 0)
		}
	}
}

// links returns the number of acts of Journeys that led here, or 0 if the last of them was at least a minute ago.
func (r *naiveRun) links() int {
	if r.w.now.Sub(r.linked) >= time.Minute {
		return 0
	}
	return r.depth
}

func (r *naiveRun) link(depth int) {
	if depth >= r.links() {
		r.depth, r.linked = depth, r.w.now
	}
}

// takes returns the event that ends a wait by a branch: the one that was just received, or one that was received before
// it occurred, while the run waited, and that occurs now.
func (r *naiveRun) takes(b modelTrigger, e *naiveEvent) *naiveEvent {
	n, after := r.at(), r.arrived
	if n.Since == "entry" {
		after = r.entered
	}
	if e != nil && !e.at.After(r.w.now) && (n.Since != "entry" || !e.at.Before(r.triggered)) &&
		r.matches(b, *e, n.MatchKey) {
		return e
	}
	for _, each := range r.p.events {
		if each.nth > after && each.at.After(each.got) && each.at.Equal(r.w.now) && r.matches(b, each, n.MatchKey) {
			return &each
		}
	}
	return nil
}
