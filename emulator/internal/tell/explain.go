// Package tell explains in words what happened: why a Profile entered a Journey or did not, left it or waits in it, why
// it got an email or did not, and why a query over the outbox found nothing.
//
// The grounds of a decision are stored when it is made. They are shortened, and they never contain a value that is
// redacted or that a Template marks as sensitive.
package tell

import (
	"fmt"
	"slices"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// explained names what Explain tells of.
const explained = "EmailSend, UserEvent, JourneyRun, Broadcast, NewsletterIssue or Profile"

// Explain returns the story of the object with this id, or of the Profile with this email or externalId.
func Explain(tx *world.Tx, ref string) (string, error) {
	s := &story{tx: tx}
	id := strings.ToLower(ref)
	for _, write := range []func(string) (bool, error){
		s.send, s.message, s.run, s.event, s.carrier, s.confirmation,
	} {
		if found, err := write(id); found || err != nil {
			return s.text.String(), err
		}
	}
	if found, err := s.profile(ref); found || err != nil {
		return s.text.String(), err
	}
	return "", world.NotFound(explained, ref)
}

// story collects the text of an explanation. Its methods that return a bool report whether there is such an object.
type story struct {
	tx   *world.Tx
	text strings.Builder
}

func (s *story) line(depth int, format string, args ...any) {
	s.text.WriteString(strings.Repeat("  ", depth))
	fmt.Fprintf(&s.text, format, args...)
	s.text.WriteByte('\n')
}

// because writes a line with the grounds of a decision, if they are known.
func (s *story) because(why string) {
	if why != "" {
		s.line(2, "because %s", why)
	}
}

func (s *story) event(id string) (bool, error) {
	found, err := EventOf(s.tx, id)
	if isNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	event := found.Event
	email, err := emailOf(s.tx, event.ProfileID)
	if err != nil {
		return false, err
	}

	s.line(0, "%s UserEvent %s of %s, %s", world.Stamp(event.ReceivedAt), event.Event, email, event.ID)
	switch {
	case IsSeeded(&event):
		s.line(1, "history from a seed, for which no Journey is evaluated")
	case len(found.Outcomes) == 0:
		s.line(1, "no Journey that starts with this event was Active")
	}
	for _, outcome := range found.Outcomes {
		s.line(1, "%s: %s", outcome.Journey, withReason(outcome.Outcome.Outcome, outcome.Outcome.Reason))
		s.because(outcome.Outcome.Why)
	}
	return true, nil
}

func (s *story) run(id string) (bool, error) {
	run, err := s.tx.Run(id)
	if err != nil || run == nil {
		return false, err
	}
	stories, err := Runs(s.tx, []world.Run{*run})
	if err != nil {
		return false, err
	}
	found := stories[0]

	s.line(0, "%s run of %s version %d for %s, %s",
		world.Stamp(run.TriggeredAt), found.Journey, run.Version, found.Email, run.ID)
	if err := s.entry(run); err != nil {
		return false, err
	}
	for _, step := range found.Steps {
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
		s.line(2, "then exits by the exit rule %s", run.ExitRule)
	}
	return true, nil
}

// entry writes what started a run.
func (s *story) entry(run *world.Run) error {
	id, err := s.tx.EntryEvent(run.ID)
	if err != nil {
		return err
	}
	if id != "" {
		found, err := EventOf(s.tx, id)
		if err != nil {
			return err
		}
		startedRun := func(outcome OutcomeStory) bool { return outcome.Outcome.RunID == run.ID }
		i := slices.IndexFunc(found.Outcomes, startedRun)
		s.line(1, "%s entered by the event %s, %s", world.Stamp(found.Event.ReceivedAt), found.Event.Event, id)
		s.because(found.Outcomes[i].Outcome.Why)
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

// waiting writes what a run at a waitFor node waits for.
func (s *story) waiting(run *world.Run) error {
	awaited, err := s.tx.Awaited(run)
	if err != nil {
		return err
	}
	for _, branch := range awaited {
		if branch.Event != "" {
			s.line(2, "%s: an event %s", branch.Branch, branch.Event)
			continue
		}
		s.line(2, "%s: %s", branch.Branch, branch.Condition)
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
	if strings.HasPrefix(send.FailureMessage, world.SkipSuppressed) {
		if err := s.suppression(2, send.To); err != nil {
			return false, err
		}
	}
	if err := s.consent(send); err != nil {
		return false, err
	}

	facts, err := s.tx.Facts(send)
	if err != nil {
		return false, err
	}
	if err := s.handover(send); err != nil {
		return false, err
	}
	if err := s.dropped(send); err != nil {
		return false, err
	}
	for _, fact := range facts {
		s.line(1, "%s %s", world.Stamp(fact.At), describeFact(fact))
	}
	if send.CarrierType != world.CarrierJourney {
		s.line(1, "sent for %s", strings.TrimSpace(send.CarrierType+" "+send.CarrierID))
		return true, nil
	}
	_, err = s.run(send.CarrierID)
	return true, err
}

// handover writes what the SMTP server said about an email.
func (s *story) handover(send *world.EmailSend) error {
	handover, err := s.tx.Handover(send)
	if err != nil || handover == nil {
		return err
	}
	for i, try := range handover.Tries {
		s.line(2, "%s try %d at the SMTP server: %s", world.Stamp(try.At), i+1, try.Reply)
	}
	if !handover.Next.IsZero() {
		s.line(2, "the next try is due at %s", world.Stamp(handover.Next))
	}
	return nil
}

// dropped writes which copies of an email were left out.
func (s *story) dropped(send *world.EmailSend) error {
	m, err := s.tx.Mail(send.MessageID)
	if err != nil || m == nil {
		return err
	}
	for _, dropped := range m.Dropped {
		s.line(2, "no copy to %s: %s", dropped.Email, dropped.Reason)
	}
	return nil
}

// describeFact returns the type of a fact and its details.
func describeFact(fact world.Fact) string {
	detail := string(fact.Detail)
	if fact.Type == world.FactClicked {
		detail = "{}" // the target of a link may be a secret that only the email contains
	}
	return strings.TrimSuffix(fact.Type+" "+detail, " {}")
}

// message writes the story of the EmailSend of the message with this id.
func (s *story) message(id string) (bool, error) {
	mail, err := s.tx.Mail(id)
	if err != nil || mail == nil {
		return false, err
	}
	return s.send(mail.SendID)
}

// consent writes the policy of the email's SubscriptionGroup, and the Profile's choices up to the last change of the
// EmailSend.
func (s *story) consent(send *world.EmailSend) error {
	group, err := s.tx.GroupNamed(send.SubscriptionGroupID)
	if err != nil || group == nil {
		return err
	}
	changes, err := s.tx.SubscriptionChanges(send.ProfileID, 0, 0)
	if err != nil {
		return err
	}

	s.line(2, "SubscriptionGroup %s is %s", group.Key, group.Policy)
	for _, change := range slices.Backward(changes) {
		if change.GroupID == group.ID && !change.At.After(send.UpdatedAt) {
			s.line(2, "%s %s by %s", world.Stamp(change.At), change.Status, change.Source)
		}
	}
	return nil
}
