package emulator

import "errors"

// carrier tells what happened to a Broadcast or a NewsletterIssue, and where it stands.
func (s *story) carrier(id string) (bool, error) {
	c, err := s.tx.carrier("", id)
	if p, ok := errors.AsType[*problem](err); ok && p.Code == "not_found" {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	history, err := s.tx.CarrierHistory(c.Carrier)
	if err != nil {
		return false, err
	}
	s.line(0, "%s %s %q, %s", stamp(c.CreatedAt), carrierNouns[c.Type], c.Name, c.ID)
	for _, each := range history {
		s.line(1, "%s %s", stamp(each.At), each.What)
	}
	switch {
	case c.scheduled():
		s.line(1, "now %s, scheduled for %s", c.Status, stamp(c.ScheduledAt))
	case c.draft():
		s.line(1, "now %s, a draft", c.Status)
	default:
		s.line(1, "now %s", c.Status)
	}
	return true, nil
}
