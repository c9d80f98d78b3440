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

	read []cond.Topic // see topics; nil until it is needed
}

// topics returns what was changed, unless it is anything.
func (what *change) topics() []cond.Topic {
	if what.read != nil {
		return what.read
	}
	topics := []cond.Topic{}
	add := func(kind, name string) {
		topics = append(topics, cond.Topic{Kind: kind, Name: name})
	}
	for _, name := range what.names {
		add(cond.TopicMember, name)
	}
	if len(what.names) > 0 {
		add(cond.TopicMember, "")
	}
	if what.event != nil {
		add(cond.TopicEvent, what.event.Name)
	}
	for _, topic := range []cond.Topic{
		{Kind: cond.TopicGroup, Name: what.group},
		{Kind: cond.TopicMail, Name: what.fact},
		{Kind: cond.TopicSegment, Name: what.segment},
	} {
		if topic.Name != "" {
			topics = append(topics, topic)
		}
	}
	what.read = topics
	return topics
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
	entry := store.SegmentEntry{SegmentID: j.EntrySegment, JourneyID: j.ID, ProfileID: p.ID}
	state := &beginning{}
	state.Link(tx.Now, by)
	env, err := tx.env(p, nil)
	if err != nil {
		return err
	}
	why, err := tx.whyMember(j.EntrySegment, env)
	if err != nil {
		return err
	}

	admission, err := tx.admit(j, &entrant{p: p, env: env})
	if err != nil {
		return err
	}
	entry.Reason, entry.Why = admission.Skip, strings.TrimSuffix(why+"; "+admission.Why, "; ")
	if admission.Skip != "" {
		return tx.AddSegmentEntry(entry, nil)
	}
	run, err := tx.enrol(j, p, admission.Key, 0, state)
	if err != nil {
		return err
	}

	fault := ""
	if by.Depth > 0 {
		if fault, err = tx.budgetFault(by); err != nil {
			return err
		}
		if err := tx.spend(by); err != nil {
			return err
		}
	}
	if err := tx.AddSegmentEntry(entry, run); err != nil || fault == "" {
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
