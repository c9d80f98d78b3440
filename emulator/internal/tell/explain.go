// Package tell explains what happened, in words for people: why a Profile entered a Journey or not, left it, waits, got a mail
// or not, and why a question to the outbox found nothing. What a decision rested on is kept when it is made, shortened, and
// never with a value that is redacted or that a Template calls sensitive.
package tell

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// explained is how many events and Segment entries of a Profile are told.
const explained = 20

// Explain tells the story of what an id, or a Profile's email, stands for.
func Explain(tx *world.Tx, ref string) (string, error) {
	s := &story{tx: tx}
	ref = strings.ToLower(ref)
	for _, tell := range []func(string) (bool, error){s.send, s.run, s.event, s.carrier, s.profile} {
		if found, err := tell(ref); found || err != nil {
			return s.text.String(), err
		}
	}
	return "", world.NotFound("EmailSend, UserEvent, JourneyRun, Broadcast, NewsletterIssue or Profile", ref)
}

// story is an explanation as it grows.
type story struct {
	tx   *world.Tx
	text strings.Builder
}

func (s *story) line(depth int, format string, args ...any) {
	s.text.WriteString(strings.Repeat("  ", depth))
	fmt.Fprintf(&s.text, format, args...)
	s.text.WriteByte('\n')
}

// because is a line for what a decision rests on, where something is known.
func (s *story) because(why string) {
	if why != "" {
		s.line(2, "because %s", why)
	}
}

func withReason(outcome, reason string) string {
	if reason == "" {
		return outcome
	}
	return outcome + ", " + reason
}

func (s *story) name(profile string) (string, error) {
	p, err := s.tx.Profile(profile)
	if p == nil {
		return "a Profile that is gone", err
	}
	return p.Email, err
}

func (s *story) event(id string) (bool, error) {
	told, err := EventOf(s.tx, id)
	if p, ok := errors.AsType[*world.Problem](err); ok && p.Code == world.CodeNotFound {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	ev := told.Event
	who, err := s.name(ev.ProfileID)
	if err != nil {
		return false, err
	}
	s.line(0, "%s UserEvent %s of %s, %s", world.Stamp(ev.ReceivedAt), ev.Event, who, ev.ID)
	if len(told.Outcomes) == 0 {
		s.line(1, "no Active Journey began with it")
	}
	for _, o := range told.Outcomes {
		s.line(1, "%s: %s", o.Journey, withReason(o.Outcome.Outcome, o.Outcome.Reason))
		s.because(o.Outcome.Why)
	}
	return true, nil
}

func (s *story) run(id string) (bool, error) {
	stored, err := s.tx.Run(id)
	if err != nil || stored == nil {
		return false, err
	}
	stories, err := Runs(s.tx, []world.Run{*stored})
	if err != nil {
		return false, err
	}
	told, run := stories[0], stored
	s.line(0, "%s run of %s version %d for %s, %s", world.Stamp(run.TriggeredAt), told.Journey, run.Version, told.Email, run.ID)
	if err := s.entry(run); err != nil {
		return false, err
	}
	for _, step := range told.Steps {
		s.line(1, "%s %s %s: %s", world.Stamp(step.At), step.Type, step.Node, step.Outcome)
		s.because(step.Why)
	}
	switch {
	case !run.CompletedAt.IsZero():
		s.line(1, "%s %s", world.Stamp(run.CompletedAt), withReason(run.Status, run.Reason+run.Error))
		s.because(run.Why)
	case !run.Held.IsZero():
		s.line(1, "held at %s since %s: the Journey is paused", run.Node, world.Stamp(run.Held))
	case !run.Waiting.IsZero():
		s.line(1, "waits at %s until %s", run.Node, world.Stamp(run.Waiting))
		return true, s.waiting(run)
	default:
		s.line(1, "%s at %s", run.Status, run.Node)
	}
	if run.ExitRule != "" && run.CompletedAt.IsZero() {
		s.line(2, "and then leaves by the exit rule %s", run.ExitRule)
	}
	return true, nil
}

// entry tells what began a run.
func (s *story) entry(run *world.Run) error {
	id, err := s.tx.EntryEvent(run.ProfileID, run.ID)
	if err != nil {
		return err
	}
	if id != "" {
		told, err := EventOf(s.tx, id)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(told.Outcomes, func(o OutcomeStory) bool { return o.Outcome.RunID == run.ID })
		s.line(1, "%s entered by the event %s, %s", world.Stamp(told.Event.ReceivedAt), told.Event.Event, id)
		s.because(told.Outcomes[i].Outcome.Why)
		return nil
	}
	entries, err := s.tx.SegmentEntries(run.ProfileID, -1)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if entry.RunID == run.ID {
			s.line(1, "%s entered as a member of a Segment", world.Stamp(entry.At))
			s.because(entry.Why)
			return nil
		}
	}
	s.line(1, "%s entered by a trigger", world.Stamp(run.TriggeredAt))
	return nil
}

// waiting tells what a waitFor would take now.
func (s *story) waiting(run *world.Run) error {
	awaited, err := s.tx.Awaited(run)
	if err != nil {
		return err
	}
	for _, a := range awaited {
		if a.Event != "" {
			s.line(2, "%s: an event %s", a.Branch, a.Event)
			continue
		}
		s.line(2, "%s: %s", a.Branch, a.Condition)
	}
	return nil
}

func (s *story) send(id string) (bool, error) {
	send, err := s.tx.Send(id)
	if err != nil || send == nil {
		return false, err
	}
	template, err := s.tx.TemplateKey(send.TemplateID)
	if err != nil {
		return false, err
	}
	s.line(0, "%s EmailSend of %s to %s, %s", world.Stamp(send.CreatedAt), template, send.To, send.ID)
	s.line(1, "%s %s", world.Stamp(send.UpdatedAt), withReason(send.Status, send.FailureMessage))
	group, err := s.tx.GroupNamed(send.SubscriptionGroupID)
	if err != nil {
		return false, err
	}
	if group != nil {
		changes, err := s.tx.SubscriptionChanges(send.ProfileID, 0, 0)
		if err != nil {
			return false, err
		}
		s.line(2, "SubscriptionGroup %s is %s", group.Key, group.Policy)
		for _, change := range slices.Backward(changes) {
			if change.GroupID == group.ID && !change.At.After(send.UpdatedAt) {
				s.line(2, "%s %s by %s", world.Stamp(change.At), change.Status, change.Source)
			}
		}
	}
	facts, err := s.tx.Facts(send)
	if err != nil {
		return false, err
	}
	for _, f := range facts {
		detail := string(f.Detail)
		if f.Type == world.FactClicked {
			detail = "{}" // where a link leads may be a secret that only the mail holds
		}
		s.line(1, "%s %s", world.Stamp(f.At), strings.TrimSuffix(f.Type+" "+detail, " {}"))
	}
	if send.CarrierType != world.CarrierJourney {
		s.line(1, "carried by %s", strings.TrimSpace(send.CarrierType+" "+send.CarrierID))
		return true, nil
	}
	_, err = s.run(send.CarrierID)
	return true, err
}

func (s *story) profile(ref string) (bool, error) {
	p, err := s.tx.ProfileByEmail(ref)
	if p == nil && err == nil {
		p, err = s.tx.Profile(ref)
	}
	if err != nil || p == nil {
		return false, err
	}
	s.line(0, "Profile %s, %s; what happened last first", p.Email, p.ID)
	entries, err := s.tx.SegmentEntries(p.ID, explained)
	if err != nil {
		return false, err
	}
	events, err := s.tx.LastEvents(p.ID, explained)
	if err != nil {
		return false, err
	}
	for len(entries) > 0 || len(events) > 0 {
		if len(events) == 0 || len(entries) > 0 && entries[0].At.After(events[0].ReceivedAt) {
			if err := s.segmentEntry(entries[0]); err != nil {
				return false, err
			}
			entries = entries[1:]
			continue
		}
		if _, err := s.event(events[0].ID); err != nil {
			return false, err
		}
		events = events[1:]
	}
	return true, s.runsOf(p)
}

func (s *story) segmentEntry(entry world.SegmentEntry) error {
	key, err := s.tx.JourneyKey(entry.JourneyID)
	if err != nil {
		return err
	}
	s.line(0, "%s turned a member of the Segment of %s", world.Stamp(entry.At), key)
	s.line(1, "%s: %s", key, withReason(entry.Outcome, entry.Reason))
	s.because(entry.Why)
	return nil
}

// runsOf tells where the Profile's unfinished runs stand.
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
