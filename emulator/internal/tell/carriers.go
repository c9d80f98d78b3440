package tell

import (
	"errors"

	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// carrier writes the history and the status of a Broadcast or NewsletterIssue.
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
	return true, nil
}

// isNotFound reports whether the error is the refusal of an unknown id.
func isNotFound(err error) bool {
	refusal, ok := errors.AsType[*world.Problem](err)
	return ok && refusal.Code == world.CodeNotFound
}
