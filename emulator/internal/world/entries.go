package world

import (
	"slices"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/journey"
	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// Segment entry, decided here: a Profile enters when it turns a member, and what it was before is kept in rows. A write
// tests again only its own Profile, and only Segments that an Active Journey listens to and that read what was written; a
// change that time alone brings is a task at that instant. Who turns while the Journey is paused does not enter.

// touch is what a write to a Profile wrote.
type touch struct {
	all                  bool // anything, so that everything is tested again
	event                *userEvent
	names                []string     // members of /profile
	group, fact, segment string       // a SubscriptionGroup's id, a kind of mail fact, a Manual Segment's id
	made                 journey.Made // of a Journey's write
}

// listened is a Segment that Active Journeys listen to.
type listened struct {
	*segment
	journeys []*store.Journey // by key
	names    map[string]bool  // members of /profile that it reads; "" stands for all of them
	events   []string         // names and patterns
	groups   map[string]bool  // by id
	mail     map[string]bool
	segments map[string]bool // by id: itself and those that it refers to
	timed    bool            // time alone may change it
	moments  bool            // and not only for Profiles that have events or mail
}

// listening are the Segments that Active Journeys listen to, by key.
func (tx *Tx) listening() ([]*listened, error) {
	c, err := tx.catalog()
	if err != nil {
		return nil, err
	}
	if c.listening != nil {
		return c.listening, nil
	}
	journeys, err := tx.SegmentJourneys()
	if err != nil {
		return nil, err
	}
	found := map[string]*listened{}
	for i := range journeys {
		s := c.segments[journeys[i].EntrySegment]
		if s == nil {
			continue
		}
		if found[s.ID] == nil {
			found[s.ID] = c.listened(s)
		}
		found[s.ID].journeys = append(found[s.ID].journeys, &journeys[i])
	}
	c.listening = []*listened{}
	for _, l := range found {
		c.listening = append(c.listening, l)
	}
	slices.SortFunc(c.listening, func(a, b *listened) int { return strings.Compare(a.Key, b.Key) })
	return c.listening, nil
}

func (c *catalog) listened(s *segment) *listened {
	l := newListened()
	l.segment = s
	l.reach(c, s)
	return l
}

func newListened() *listened {
	return &listened{names: map[string]bool{}, groups: map[string]bool{}, mail: map[string]bool{}, segments: map[string]bool{}}
}

// reach gathers what a Segment and those that it refers to read.
func (l *listened) reach(c *catalog, s *segment) {
	if s == nil || l.segments[s.ID] {
		return
	}
	l.segments[s.ID] = true
	if s.cond != nil {
		l.gather(c, s.cond)
	}
}

// gather adds what a condition and the Segments that it refers to read.
func (l *listened) gather(c *catalog, condition *cond.Cond) {
	reads := condition.Reads()
	for _, p := range reads.Pointers {
		switch {
		case len(p) == 0, len(p) == 1 && p[0] == "profile":
			l.names[""] = true
		case p[0] == "profile":
			l.names[p[1]] = true
		}
	}
	l.events = append(l.events, reads.Events...)
	for _, ref := range reads.Groups {
		if g := c.groups[ref]; g != nil {
			l.groups[g.ID] = true
		}
	}
	for _, kind := range reads.Mail {
		l.mail[kind] = true
	}
	l.timed, l.moments = l.timed || reads.Time, l.moments || reads.Moments
	for _, ref := range reads.Segments {
		l.reach(c, c.segments[ref])
	}
}

// readsWhat says whether the Segment reads what was written.
func (l *listened) readsWhat(t *touch) bool {
	if t.all || l.groups[t.group] || l.mail[t.fact] || l.segments[t.segment] || l.names[""] && len(t.names) > 0 {
		return true
	}
	if slices.ContainsFunc(t.names, func(name string) bool { return l.names[name] }) {
		return true
	}
	return t.event != nil && slices.ContainsFunc(l.events, func(pattern string) bool { return cond.EventMatches(pattern, t.event.Name) })
}

// enterSegments tests again what the write may have changed, and lets the Profile enter where it turned a member.
func (tx *Tx) enterSegments(p *store.Profile, t touch) error {
	turned, err := tx.turned(p, &t)
	if err != nil || len(turned) == 0 {
		return err
	}
	return tx.enterJourneys(p, turned, t.made)
}

// turned tests a Profile against the Segments that read what was written and gives those that it turned a member of.
func (tx *Tx) turned(p *store.Profile, t *touch) (turned []*listened, err error) {
	listening, err := tx.listening()
	if err != nil || len(listening) == 0 {
		return nil, err
	}
	t.all = t.all || p.CreatedAt.Equal(tx.Now)
	var env *cond.Env
	for _, l := range listening {
		if !l.readsWhat(t) {
			continue
		}
		if env == nil {
			if env, err = tx.env(p, nil); err != nil {
				return nil, err
			}
		}
		in, err := l.retest(tx, env)
		if err != nil {
			return nil, err
		}
		if in {
			turned = append(turned, l)
		}
	}
	return turned, nil
}

// NoteHistory keeps up with an event that is history: a Profile that it turns a member does not enter.
func (tx *Tx) NoteHistory(profile, event string) error {
	listening, err := tx.listening()
	if err != nil || len(listening) == 0 {
		return err
	}
	p, err := tx.Profile(profile)
	if err != nil || p == nil {
		return err
	}
	_, err = tx.turned(p, &touch{event: &userEvent{Name: event}})
	return err
}

// retest looks whether a Profile is a member now, keeps that, and says whether it has just turned one. When time alone
// may change that, a task looks again at that instant.
func (l *listened) retest(tx *Tx, env *cond.Env) (turned bool, err error) {
	profile := env.Facts.ProfileID()
	before, err := tx.Membership(l.ID, profile)
	if err != nil {
		return false, err
	}
	result := cond.Result{}
	if l.cond == nil {
		result.True, err = tx.SegmentHas(l.ID, profile)
	} else {
		result, err = l.cond.Eval(env)
	}
	if err != nil {
		return false, err
	}
	after := store.Membership{Member: result.True, Edge: before.Edge}
	if !before.Edge.After(tx.Now) { // a later edge waits for the task of the earlier one, which finds it
		after.Edge = result.Until
	} else if !result.Until.IsZero() && result.Until.Before(before.Edge) {
		after.Edge = result.Until
	}
	if after == before {
		return false, nil
	}
	if !after.Edge.IsZero() && !after.Edge.Equal(before.Edge) {
		if _, err := tx.AddTask(after.Edge, taskSegmentEdge, profile, l.ID); err != nil {
			return false, err
		}
	}
	return after.Member && !before.Member, tx.PutMembership(l.ID, profile, after)
}

// segmentEdge tests a Profile against a Segment at an instant at which time alone may change the answer.
func (tx *Tx) segmentEdge(task store.Task) error {
	membership, err := tx.Membership(task.Arg, task.Ref)
	if err != nil || !membership.Edge.Equal(task.Due) {
		return err // an earlier one came instead
	}
	listening, err := tx.listening()
	if err != nil {
		return err
	}
	i := slices.IndexFunc(listening, func(l *listened) bool { return l.ID == task.Arg })
	if i < 0 {
		return nil
	}
	p, err := tx.Profile(task.Ref)
	if err != nil || p == nil {
		return err
	}
	env, err := tx.env(p, nil)
	if err != nil {
		return err
	}
	turned, err := listening[i].retest(tx, env)
	if err != nil || !turned {
		return err
	}
	return tx.enterJourneys(p, listening[i:i+1], journey.Made{})
}

// enterJourneys lets a Profile into the Journeys of the Segments that it turned a member of, by the Journeys' keys.
func (tx *Tx) enterJourneys(p *store.Profile, turned []*listened, by journey.Made) error {
	var journeys []*store.Journey
	for _, l := range turned {
		journeys = append(journeys, l.journeys...)
	}
	slices.SortFunc(journeys, func(a, b *store.Journey) int { return strings.Compare(a.Key, b.Key) })
	for _, j := range journeys {
		if err := tx.enterBySegment(j, p, by); err != nil {
			return err
		}
	}
	return nil
}

// enterBySegment enrols a member of a Journey's Segment, or says why not. A run that Journeys of one another's making lead
// to too often fails.
func (tx *Tx) enterBySegment(j *store.Journey, p *store.Profile, by journey.Made) error {
	entry := store.SegmentEntry{SegmentID: j.EntrySegment, JourneyID: j.ID, ProfileID: p.ID, Outcome: store.Skipped}
	state := journey.RunState{}
	state.Link(tx.Now, by)
	env, err := tx.env(p, nil)
	if err != nil {
		return err
	}
	why, err := tx.whyMember(j.EntrySegment, env)
	if err != nil {
		return err
	}
	admission, err := tx.admit(j, p, env)
	if err != nil {
		return err
	}
	entry.Reason, entry.Why = admission.Skip, strings.TrimSuffix(why+"; "+admission.Why, "; ")
	if admission.Skip != "" {
		return tx.AddSegmentEntry(entry)
	}
	run, err := tx.enrol(j, p, admission.Key, state)
	if err != nil {
		return err
	}
	entry.Outcome, entry.RunID = store.Enrolled, run.ID
	fault := ""
	if by.Depth > 0 {
		if fault, err = tx.afford(by); err != nil {
			return err
		}
		if err := tx.spend(by); err != nil {
			return err
		}
	}
	if err := tx.AddSegmentEntry(entry); err != nil || fault == "" {
		return err
	}
	return tx.endRun(run, loopGuard("the Profile may not enter journey %s by its Segment: %s", j.Key, fault))
}

// whyMember says what makes a Profile a member of a Segment.
func (tx *Tx) whyMember(id string, env *cond.Env) (string, error) {
	c, err := tx.catalog()
	if err != nil || c.segments[id] == nil {
		return "", err
	}
	s := c.segments[id]
	if s.cond == nil {
		return s.Key + " lists the Profile", nil
	}
	text, err := s.cond.Explain(env)
	return s.Key + ": " + text, err
}
