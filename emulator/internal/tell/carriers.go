package tell

import (
	"errors"

	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// carrier tells what happened to a Broadcast or a NewsletterIssue, and where it stands.
func (s *story) carrier(id string) (bool, error) {
	c, err := s.tx.CarrierWith("", id)
	if p, ok := errors.AsType[*world.Problem](err); ok && p.Code == world.CodeNotFound {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	history, err := s.tx.CarrierHistory(c.Carrier)
	if err != nil {
		return false, err
	}
	s.line(0, "%s %s %q, %s", world.Stamp(c.CreatedAt), world.CarrierNouns[c.Type], c.Name, c.ID)
	for _, each := range history {
		s.line(1, "%s %s", world.Stamp(each.At), each.What)
	}
	switch {
	case c.Scheduled():
		s.line(1, "now %s, scheduled for %s", c.Status, world.Stamp(c.ScheduledAt))
	case c.Draft():
		s.line(1, "now %s, a draft", c.Status)
	default:
		s.line(1, "now %s", c.Status)
	}
	return true, nil
}
