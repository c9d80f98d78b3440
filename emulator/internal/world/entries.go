package world

import (
	"slices"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/journey"
	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// Segment entry, decided here: a Profile enters when it becomes a member, and rows keep whether it was one before. A
// write tests again only its own Profile, and only Segments that an Active Journey listens to and that read what was
// written. A task tests the Profile again at an instant when time alone may change its membership. A Profile that
// becomes a member while the Journey is paused does not enter.

// change is what a write to a Profile changed.
type change struct {
	all                  bool // anything, so that everything is tested again
	event                *userEvent
	names                []string     // members of /profile
	group, fact, segment string       // a SubscriptionGroup's id, a kind of email fact, a Manual Segment's id
	made                 journey.Made // if a Journey made the write
}

// readSet is what a condition reads, directly or through the Segments that it refers to.
type readSet struct {
	names    map[string]bool // members of /profile; "" stands for all of them
	events   []string        // names and patterns
	groups   map[string]bool // by id
	mail     map[string]bool // kinds of email facts
	segments map[string]bool // by id
	timed    bool            // time alone may change the result
	moments  bool            // and it may do so even for Profiles without events or emails
}

// segmentReads returns what a Segment reads.
func (c *catalog) segmentReads(s *segment) *readSet {
	reads := newReadSet()
	reads.addSegment(c, s)
	return reads
}

func newReadSet() *readSet {
	return &readSet{
		names:    map[string]bool{},
		groups:   map[string]bool{},
		mail:     map[string]bool{},
		segments: map[string]bool{},
	}
}

// addSegment adds a Segment, and what it and the Segments that it refers to read.
func (set *readSet) addSegment(c *catalog, s *segment) {
	if s == nil || set.segments[s.ID] {
		return
	}
	set.segments[s.ID] = true
	if s.cond != nil {
		set.addCondition(c, s.cond)
	}
}

// addCondition adds what a condition and the Segments that it refers to read.
func (set *readSet) addCondition(c *catalog, condition *cond.Cond) {
	reads := condition.Reads()
	for _, pointer := range reads.Pointers {
		switch {
		case len(pointer) == 0, len(pointer) == 1 && pointer[0] == "profile":
			set.names[""] = true
		case pointer[0] == "profile":
			set.names[pointer[1]] = true
		}
	}

	set.events = append(set.events, reads.Events...)
	for _, ref := range reads.Groups {
		if group := c.group(ref); group != nil {
			set.groups[group.ID] = true
		}
	}
	for _, kind := range reads.Mail {
		set.mail[kind] = true
	}
	set.timed, set.moments = set.timed || reads.Time, set.moments || reads.Moments
	for _, ref := range reads.Segments {
		set.addSegment(c, c.segment(ref))
	}
}

// includes reports whether the set has anything that was changed.
func (set *readSet) includes(what *change) bool {
	if what.all || set.groups[what.group] || set.mail[what.fact] || set.segments[what.segment] {
		return true
	}
	if set.names[""] && len(what.names) > 0 {
		return true
	}
	if slices.ContainsFunc(what.names, func(name string) bool { return set.names[name] }) {
		return true
	}
	return what.event != nil && slices.ContainsFunc(set.events, func(pattern string) bool {
		return cond.EventMatches(pattern, what.event.Name)
	})
}

// enterSegments tests again what a write may have changed, and enters the Profile by the Segments that it joined.
func (tx *Tx) enterSegments(p *store.Profile, what change) error {
	joined, err := tx.joinedSegments(p, &what)
	if err != nil || len(joined) == 0 {
		return err
	}
	return tx.enterJourneys(p, joined, what.made)
}

// joinedSegments tests a Profile against the Segments that read what was changed. It returns those of which the Profile
// became a member.
func (tx *Tx) joinedSegments(p *store.Profile, what *change) (joined []*entrySegment, err error) {
	listening, err := tx.listening()
	if err != nil || len(listening.byID) == 0 {
		return nil, err
	}

	what.all = what.all || p.CreatedAt.Equal(tx.Now)
	var env *cond.Env
	for _, entry := range listening.concerned(what) {
		if env == nil {
			if env, err = tx.env(p, nil); err != nil {
				return nil, err
			}
		}
		joins, err := entry.retest(tx, env)
		if err != nil {
			return nil, err
		}
		if joins {
			joined = append(joined, entry)
		}
	}
	return joined, nil
}

// NotePastEvent updates the known members of Segments after an event that is history. If the event makes the Profile a
// member, the Profile does not enter.
func (tx *Tx) NotePastEvent(profile, event string) error {
	listening, err := tx.listening()
	if err != nil || len(listening.byID) == 0 {
		return err
	}
	p, err := tx.Profile(profile)
	if err != nil || p == nil {
		return err
	}
	_, err = tx.joinedSegments(p, &change{event: &userEvent{Name: event}})
	return err
}

// retest tests whether a Profile is a member now and stores the result. It reports whether the Profile has just become
// one. If time alone may change the result, a task tests again at that instant.
func (entry *entrySegment) retest(tx *Tx, env *cond.Env) (joined bool, err error) {
	profile := env.Facts.ProfileID()
	before, err := tx.Membership(entry.ID, profile)
	if err != nil {
		return false, err
	}

	result := cond.Result{}
	if entry.cond == nil {
		result.True, err = tx.SegmentHas(entry.ID, profile)
	} else {
		result, err = entry.cond.Eval(env)
	}
	if err != nil {
		return false, err
	}

	after := store.Membership{Member: result.True, Edge: before.Edge}
	if !before.Edge.After(tx.Now) { // otherwise the task of the earlier edge finds a later one
		after.Edge = result.Until
	} else if !result.Until.IsZero() && result.Until.Before(before.Edge) {
		after.Edge = result.Until
	}
	if after == before {
		return false, nil
	}
	if !after.Edge.IsZero() && !after.Edge.Equal(before.Edge) {
		if _, err := tx.AddTask(after.Edge, TaskSegmentEdge, profile, entry.ID); err != nil {
			return false, err
		}
	}
	if after.Member != before.Member && entry.cond != nil { // an edit of a Manual Segment notes its changes itself
		if err := tx.AddSegmentChange(entry.ID, profile, after.Member); err != nil {
			return false, err
		}
	}
	return after.Member && !before.Member, tx.PutMembership(entry.ID, profile, after)
}

// segmentEdge tests a Profile against a Segment at an instant when time alone may change the result.
func (tx *Tx) segmentEdge(task store.Task) error {
	membership, err := tx.Membership(task.Arg, task.Ref)
	if err != nil || !membership.Edge.Equal(task.Due) {
		return err // an earlier edge has replaced this one
	}
	listening, err := tx.listening()
	if err != nil {
		return err
	}
	entry := listening.byID[task.Arg]
	if entry == nil {
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
	joined, err := entry.retest(tx, env)
	if err != nil || !joined {
		return err
	}
	return tx.enterJourneys(p, []*entrySegment{entry}, journey.Made{})
}

// enterJourneys enters a Profile into the Journeys of the Segments that it joined, in the order of the Journeys' keys.
func (tx *Tx) enterJourneys(p *store.Profile, joined []*entrySegment, by journey.Made) error {
	var journeys []*store.Journey
	for _, entry := range joined {
		journeys = append(journeys, entry.journeys...)
	}
	slices.SortFunc(journeys, func(a, b *store.Journey) int { return strings.Compare(a.Key, b.Key) })
	for _, j := range journeys {
		if err := tx.enterBySegment(j, p, by); err != nil {
			return err
		}
	}
	return nil
}

// enterBySegment enrols a member of a Journey's Segment, or records why not. A run fails if Journeys that react to one
// another led to it too often.
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
		if fault, err = tx.budgetFault(by); err != nil {
			return err
		}
		if err := tx.spend(by); err != nil {
			return err
		}
	}
	if err := tx.AddSegmentEntry(entry); err != nil || fault == "" {
		return err
	}
	return tx.endRun(run, loopGuard("the Profile cannot enter journey %s by its Segment: %s", j.Key, fault))
}

// whyMember explains why a Profile is a member of a Segment.
func (tx *Tx) whyMember(id string, env *cond.Env) (string, error) {
	c, err := tx.catalog()
	if err != nil {
		return "", err
	}
	s := c.segment(id)
	if s == nil {
		return "", nil
	}
	if s.cond == nil {
		return s.Key + " lists the Profile", nil
	}
	text, err := s.cond.Explain(env)
	return s.Key + ": " + text, err
}
