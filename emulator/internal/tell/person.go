package tell

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// This file tells the story of a Profile: what holds now, what happened to it, oldest first, and what it waits for.

// storyLength is how many entries the story of a Profile has at most, the newest.
const storyLength = 60

// chapter is something that happened to a Profile. At the same time, the lower rank comes first.
type chapter struct {
	at   time.Time
	rank int
	tell func(s *story) error
}

// The ranks of chapters: what causes something comes before it.
const (
	rankSeed = iota
	rankEvent
	rankRun
	rankSend
	rankFact
	rankChoice
	rankEnd
)

// profile writes the story of the Profile with this email, id or externalId.
func (s *story) profile(ref string) (bool, error) {
	p, err := s.tx.ProfileByEmail(strings.ToLower(ref))
	if p == nil && err == nil {
		p, err = s.tx.Profile(strings.ToLower(ref))
	}
	if p == nil && err == nil {
		p, err = s.tx.ProfileByExternalID(ref)
	}
	if err != nil || p == nil {
		return false, err
	}
	if err := s.header(p); err != nil {
		return false, err
	}

	var chapters []chapter
	collect := []func(*world.Profile) ([]chapter, error){s.choices, s.entries, s.events, s.runs, s.sends, s.omissions}
	for _, part := range collect {
		found, err := part(p)
		if err != nil {
			return false, err
		}
		slices.Reverse(found)
		chapters = append(chapters, found...)
	}
	slices.SortStableFunc(chapters, func(a, b chapter) int {
		return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.rank, b.rank))
	})
	if older := len(chapters) - storyLength; older > 0 {
		s.line(0, "… earlier entries are left out")
		chapters = chapters[older:]
	}
	for _, one := range chapters {
		if err := one.tell(s); err != nil {
			return false, err
		}
	}
	return true, s.runsOf(p)
}

// header writes who the Profile is, and whether it gets emails now.
func (s *story) header(p *world.Profile) error {
	name := p.Email
	if p.ExternalID != "" {
		name += ", externalId " + p.ExternalID
	}
	s.line(0, "Profile %s, %s", name, p.ID)
	if err := s.suppression(1, p.Email); err != nil {
		return err
	}

	groups, err := s.tx.Subscriptions(p)
	if err != nil {
		return err
	}
	for _, one := range groups {
		if one.Explicit {
			s.line(1, "%s %s since %s", chosen(one.Status), one.Group.Key, world.Stamp(one.At))
		} else {
			s.line(1, "%s %s by its policy %s", chosen(one.Status), one.Group.Key, one.Group.Policy)
		}
	}

	segments, err := s.tx.SegmentsOf([]string{p.ID})
	var keys []string
	for _, segment := range segments[p.ID] {
		keys = append(keys, segment.Key)
	}
	if keys != nil {
		s.line(1, "member of %s", world.JoinNames(keys))
	}
	return err
}

// chosen returns the verb of a choice: "Subscribed to" or "Unsubscribed from".
func chosen(status string) string {
	if status == world.Unsubscribed {
		return status + " from"
	}
	return status + " to"
}

// suppression writes since when and why an address gets no emails, if that is so.
func (s *story) suppression(depth int, email string) error {
	address, err := s.tx.Address(strings.ToLower(email))
	if err != nil || address == nil || address.Suppressed == "" {
		return err
	}
	cause, err := s.suppressedBy(address)
	s.line(depth, "gets no emails since %s: %s%s%s",
		world.Stamp(address.SuppressedAt), world.SkipSuppressed, address.Suppressed, cause)
	return err
}

// suppressedBy names the fact that suppressed an address, "" if no fact did.
func (s *story) suppressedBy(address *world.Address) (string, error) {
	facts := map[string]string{
		world.SuppressedBounce:    world.FactBounced,
		world.SuppressedComplaint: world.FactComplained,
	}
	p, err := s.tx.ProfileByEmail(address.Email)
	if err != nil || p == nil {
		return "", err
	}
	sends, err := s.tx.LastSends(p.ID, storyLength)
	for i := range sends {
		found, failed := s.tx.Facts(&sends[i])
		err = errors.Join(err, failed)
		for _, fact := range found {
			if fact.Type == facts[address.Suppressed] && fact.At.Equal(address.SuppressedAt) {
				return ", by the fact " + fact.Type + " of the EmailSend " + sends[i].ID, err
			}
		}
	}
	return "", err
}

// choices tells of the changes of subscriptions. Like the functions below, it returns the newest first.
func (s *story) choices(p *world.Profile) ([]chapter, error) {
	changes, err := SubscriptionChanges(s.tx, p.ID, 0, storyLength+1)
	var found []chapter
	for _, change := range changes {
		rank := rankChoice
		if change.Change.Source == world.SourceSeed {
			rank = rankSeed
		}
		found = append(found, chapter{change.Change.At, rank, func(s *story) error {
			s.line(0, "%s %s %s by %s",
				world.Stamp(change.Change.At), chosen(change.Change.Status), change.Group, change.Change.Source)
			return nil
		}})
	}
	return found, err
}

func (s *story) entries(p *world.Profile) ([]chapter, error) {
	entries, err := s.tx.SegmentEntries(p.ID, storyLength+1)
	var found []chapter
	for _, entry := range entries {
		found = append(found, chapter{entry.At, rankEvent, func(s *story) error { return s.segmentEntry(entry) }})
	}
	return found, err
}

func (s *story) events(p *world.Profile) ([]chapter, error) {
	events, err := s.tx.LastEvents(p.ID, storyLength+1)
	var found []chapter
	for _, event := range events {
		found = append(found, chapter{event.ReceivedAt, rankEvent, func(s *story) error {
			_, err := s.event(event.ID)
			return err
		}})
	}
	return found, err
}

// runs tells when runs that have ended started, and how they ended.
func (s *story) runs(p *world.Profile) ([]chapter, error) {
	runs, err := s.tx.RunsWhere(world.RunFilter{ProfileID: p.ID}, storyLength+1)
	var found []chapter
	for i := range runs {
		run := &runs[i]
		if run.CompletedAt.IsZero() {
			continue
		}
		key, failed := s.tx.JourneyKey(run.JourneyID)
		err = errors.Join(err, failed)
		name := fmt.Sprintf("run of %s version %d, %s", key, run.Version, run.ID)
		found = append(found,
			chapter{run.CompletedAt, rankEnd, func(s *story) error {
				s.line(0, "%s %s: %s", world.Stamp(run.CompletedAt), name, withReason(run.Status, run.Reason+run.Error))
				s.because(run.Why)
				return nil
			}},
			chapter{run.TriggeredAt, rankRun, func(s *story) error {
				s.line(0, "%s %s: started", world.Stamp(run.TriggeredAt), name)
				return nil
			}})
	}
	return found, err
}

// sends tells of EmailSends, and of what happened to their emails apart from their delivery.
func (s *story) sends(p *world.Profile) ([]chapter, error) {
	sends, err := s.tx.LastSends(p.ID, storyLength+1)
	var found []chapter
	for i := range sends {
		send := &sends[i]
		facts, failed := s.tx.Facts(send)
		err = errors.Join(err, failed)
		for _, fact := range slices.Backward(facts) {
			if fact.Type == world.FactAccepted || fact.Type == world.FactDelivered {
				continue
			}
			found = append(found, chapter{fact.At, rankFact, func(s *story) error {
				s.line(0, "%s %s, of the EmailSend %s", world.Stamp(fact.At), describeFact(fact), send.ID)
				return nil
			}})
		}
		found = append(found, chapter{send.CreatedAt, rankSend, func(s *story) error { return s.sendLine(send) }})
	}
	return found, err
}

// sendLine writes one line about an EmailSend.
func (s *story) sendLine(send *world.EmailSend) error {
	template, err := s.tx.TemplateKey(send.TemplateID)
	if err != nil {
		return err
	}
	carrier := ""
	switch {
	case send.CarrierType == world.CarrierJourney:
		carrier = " by the run " + send.CarrierID
	case send.CarrierID != "":
		carrier = " for " + send.CarrierType + " " + send.CarrierID
	}
	s.line(0, "%s EmailSend of %s%s, %s: %s",
		world.Stamp(send.CreatedAt), template, carrier, send.ID, withReason(send.Status, send.FailureMessage))
	return nil
}

// omissions tells which carriers left the Profile out.
func (s *story) omissions(p *world.Profile) ([]chapter, error) {
	omissions, err := s.tx.OmissionsBefore(p.ID, world.Mark{}, storyLength+1)
	var found []chapter
	for _, one := range omissions {
		found = append(found, chapter{one.At, rankSend, func(s *story) error {
			s.line(0, "%s left out of the %s %q, %s: %s",
				world.Stamp(one.At), world.CarrierNouns[one.CarrierType], one.Name, one.CarrierID, one.Reason)
			return nil
		}})
	}
	return found, err
}

func (s *story) segmentEntry(entry world.SegmentEntry) error {
	key, err := s.tx.JourneyKey(entry.JourneyID)
	if err != nil {
		return err
	}
	s.line(0, "%s became a member of the Segment of %s", world.Stamp(entry.At), key)
	s.line(1, "%s: %s", key, withReason(entry.Outcome, entry.Reason))
	s.because(entry.Why)
	return nil
}

// runsOf writes the stories of the Profile's unfinished runs.
func (s *story) runsOf(p *world.Profile) error {
	runs, err := s.tx.ActiveRuns(p.ID)
	if err != nil {
		return err
	}
	for i := range runs {
		if _, err := s.run(runs[i].ID); err != nil {
			return err
		}
	}
	return nil
}
