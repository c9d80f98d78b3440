package tell

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

const leftOutNames = 10 // names in the list of who was left out

// carrier writes the history and the status of a Broadcast or NewsletterIssue, and who gets or got no email.
func (s *story) carrier(id string) (bool, error) {
	found, err := s.tx.CarrierWith("", id)
	if isNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	history, err := s.tx.CarrierHistory(found.Carrier)
	if err != nil {
		return false, err
	}

	noun := world.CarrierNouns[found.Type]
	s.line(0, "%s %s %q, %s", world.Stamp(found.CreatedAt), noun, found.Name, found.ID)
	for _, entry := range history {
		s.line(1, "%s %s", world.Stamp(entry.At), entry.What)
	}
	switch {
	case found.Scheduled():
		s.line(1, "now %s, scheduled for %s", found.Status, world.Stamp(found.ScheduledAt))
	case found.Draft():
		s.line(1, "now %s, a draft", found.Status)
	default:
		s.line(1, "now %s", found.Status)
	}

	if found.Audience != nil {
		return true, s.sent(found)
	}
	return true, s.planned(found)
}

// planned writes who would get the emails of a carrier without a snapshot if it were sent now, and what prevents that.
func (s *story) planned(carrier *world.Carrier) error {
	preflight, err := s.tx.Preflight(carrier)
	if err != nil {
		return err
	}
	for _, blocker := range preflight.Blockers {
		s.line(1, "blocked by %s: %s", blocker.Code, blocker.Message)
	}
	if !carrier.Draft() && !carrier.Scheduled() {
		return nil
	}
	if err := s.confirmations(carrier); err != nil {
		return err
	}

	audience := preflight.Audience
	s.line(1, "of the audience of %d, %d would get it now", audience.Total, audience.Eligible)
	left, err := s.tx.LeftOutNow(carrier, leftOutNames)
	s.leftOut("would be left out", audience.Skipped, namesOf(left))
	return err
}

// confirmations writes the state of the newest confirmation, if the carrier still waits for an answer to it.
func (s *story) confirmations(carrier *world.Carrier) error {
	ids, err := s.tx.ConfirmationsOf(carrier.ID)
	if err != nil || len(ids) == 0 || !carrier.Draft() {
		return err
	}
	newest, err := s.tx.ViewConfirmation(ids[len(ids)-1])
	if err != nil {
		return err
	}
	s.line(1, "confirmation %s is %s", newest.ID, newest.State)
	return nil
}

// sent writes what became of a carrier's recipients, unless all of them got their email.
func (s *story) sent(carrier *world.Carrier) error {
	results, err := s.tx.CarrierSends(carrier)
	if err != nil {
		return err
	}
	if results.Sent != results.Audience {
		s.line(1, "of the audience of %d, %d were eligible: %s", results.Audience, results.Eligible, counts(results))
	}

	left, err := s.tx.LeftOut(carrier.Carrier, leftOutNames)
	if err != nil {
		return err
	}
	s.leftOut("left out at the start", results.Skipped, namesOf(left))

	ended, err := s.tx.SkippedSends(carrier.ID, leftOutNames)
	if err != nil {
		return err
	}
	names, reasons := []string{}, map[string]int{"Failed": results.Failed, "Skipped": results.SkippedAtSend}
	for i := range ended {
		send := &ended[i]
		names = append(names, fmt.Sprintf("%s: %s, %s", send.To, withReason(send.Status, send.FailureMessage), send.ID))
	}
	s.leftOut("left out while it was sent", reasons, names)
	return nil
}

// counts lists how many emails of a carrier are in which state.
func counts(results world.Results) string {
	var parts []string
	for _, part := range []struct {
		name  string
		count int
	}{
		{"sent", results.Sent},
		{"waiting", results.Queued + results.Processing},
		{"skipped", results.SkippedAtSend},
		{"failed", results.Failed},
		{"cancelled", results.Cancelled},
	} {
		if part.count > 0 || part.name == "sent" {
			parts = append(parts, fmt.Sprintf("%d %s", part.count, part.name))
		}
	}
	return strings.Join(parts, ", ")
}

// leftOut writes how many were left out for which reason, and the names of the first of them.
func (s *story) leftOut(heading string, reasons map[string]int, names []string) {
	total, parts := 0, []string{}
	for _, reason := range slices.Sorted(maps.Keys(reasons)) {
		if count := reasons[reason]; count > 0 {
			total += count
			parts = append(parts, fmt.Sprintf("%d %s", count, reason))
		}
	}
	if total == 0 {
		return
	}
	s.line(1, "%s: %s", heading, strings.Join(parts, ", "))
	for _, name := range names {
		s.line(2, "%s", name)
	}
	if total > len(names) {
		s.line(2, "… and %d more", total-len(names))
	}
}

// namesOf returns a line for each Profile that was left out.
func namesOf(left []world.LeftOut) []string {
	names := make([]string, len(left))
	for i, one := range left {
		names[i] = one.Email + ": " + one.Reason
		if one.Email == "" {
			names[i] = "a deleted Profile: " + one.Reason
		}
	}
	return names
}

// confirmation writes the state of a confirmation, and the story of its carrier.
func (s *story) confirmation(id string) (bool, error) {
	found, err := s.tx.ViewConfirmation(id)
	if isNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	s.line(0, "Confirmation %s is %s", found.ID, found.State)
	return s.carrier(found.CarrierID)
}
