package world

import (
	"slices"
	"strconv"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/journey"
	"github.com/segmentflow/segmentflow-go/emulator/internal/mail"
	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// What activation demands of a Journey also holds while it is Active or Paused: an edit of what it uses is refused if
// the Journey could not be activated with it any more. Faults that a Journey had before the edit do not count.

// journeyFinding is a fault that an edit would bring into a Journey. Path points into the Journey's document.
type journeyFinding struct {
	Journey string `json:"journey"`
	Path    string `json:"path"`
	Message string `json:"message"`
}

// holdJourneys refuses a change of a Template that breaks Journeys. before is the catalog from before the change.
func (tx *Tx) holdJourneys(before *catalog, template string) error {
	old := before.templates[template]
	if old == nil {
		return nil // nothing that works can use what was not there
	}
	c, err := tx.catalog()
	if err != nil {
		return err
	}
	was, now := references{tx, before}, references{tx, c}
	if answers(was, template) == answers(now, template) {
		return nil
	}
	journeys, err := tx.LiveJourneys()
	if err != nil {
		return err
	}
	keys, findings := []string{}, []journeyFinding{}
	for _, j := range journeys {
		d, err := tx.definition(j.ID, j.Version)
		if err != nil {
			return err
		}
		broken := without(d.Check(now), d.Check(was))
		for _, f := range broken {
			findings = append(findings, journeyFinding{j.Key, f.Path, f.Message})
		}
		if len(broken) > 0 {
			keys = append(keys, j.Key)
		}
	}
	if len(findings) == 0 {
		return nil
	}
	return &Problem{CodeInvalidState, "The change would break Journeys that are Active or Paused: " + JoinNames(keys) + ".",
		map[string]any{"status": old.Status, "findings": findings}}
}

// answers are all that a Journey's activation is told of a Template.
func answers(r journey.Refs, template string) [4]any {
	purpose, active, verified, ok := r.Template(template)
	return [4]any{purpose, active, verified, ok}
}

// without returns the findings that are not among the known ones.
func without(findings, known []cond.Finding) []cond.Finding {
	return slices.DeleteFunc(findings, func(f cond.Finding) bool { return slices.Contains(known, f) })
}

// culprit names what brought a finding about: the sender's domain, the sender, or else the Template at the node; "" for
// nothing of these.
func (r references) culprit(was references, d *journey.Definition, f cond.Finding) string {
	email, member := emailAt(d, f.Path)
	if email == nil {
		return ""
	}
	t, s := r.c.templates[email.Template], r.c.senders[email.SenderProfile]
	if t != nil && email.SenderProfile == "" {
		s = r.templateSender(t)
	}
	archived := t != nil && t.Status == store.Archived
	if s != nil && !s.verified && (member == "senderProfile" || member == "template" && !archived) {
		domain, old := mail.Domain(s.Email), was.c.senders[s.ID]
		switch {
		case was.c.domains[domain]:
			return "/domain:" + domain
		case old == nil || old.Email != s.Email || old.Default != s.Default:
			return "/senderProfile:" + strings.ToLower(s.Key)
		}
	}
	if t == nil {
		return ""
	}
	return "/template:" + strings.ToLower(t.Key)
}

// emailAt is the email node that a finding is about, and the member of it; nil if it is about something else.
func emailAt(d *journey.Definition, path string) (*journey.EmailNode, string) {
	parts := strings.Split(path, "/")
	if len(parts) != 4 || parts[1] != "nodes" {
		return nil, ""
	}
	i, err := strconv.Atoi(parts[2])
	if err != nil || i >= len(d.Nodes) {
		return nil, ""
	}
	return d.Nodes[i].Email, parts[3]
}

// Before is how all Organizations were before an act.
type Before map[string]*catalog

// Before returns how all Organizations are now.
func (tx *Tx) Before() (Before, error) {
	orgs, err := tx.OrganizationIDs()
	if err != nil {
		return nil, err
	}
	defer func(org string) { tx.Org = org }(tx.Org)
	b := Before{}
	for _, org := range orgs {
		tx.Org = org
		if b[org], err = tx.catalog(); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// BrokenJourney is an Active or Paused Journey with the faults that an act has brought into it.
type BrokenJourney struct {
	ID, Key, Status string
	Faults          []JourneyFault
}

// JourneyFault is one fault. Culprit is what brought it about, as "/<kind>:<key>", or "".
type JourneyFault struct {
	cond.Finding
	Culprit string
}

// BrokenJourneys returns what an act has broken in the Journeys of the transaction's Organization. Of those that are whole,
// every fault counts, not only the new ones.
func (tx *Tx) BrokenJourneys(b Before, whole func(id string) bool) (broken []BrokenJourney, err error) {
	journeys, err := tx.LiveJourneys()
	if err != nil || len(journeys) == 0 {
		return nil, err
	}
	c, err := tx.catalog()
	if err != nil {
		return nil, err
	}
	old := b[tx.Org]
	if old == nil {
		old = &catalog{} // a new Organization
	}
	was, now := references{tx, old}, references{tx, c}
	for _, j := range journeys {
		d, err := tx.definition(j.ID, j.Version)
		if err != nil {
			return nil, err
		}
		findings := d.Check(now)
		if !whole(j.ID) {
			findings = without(findings, d.Check(was))
		}
		faults := make([]JourneyFault, len(findings))
		for i, f := range findings {
			faults[i] = JourneyFault{f, now.culprit(was, d, f)}
		}
		broken = append(broken, BrokenJourney{j.ID, j.Key, j.Status, faults})
	}
	return broken, nil
}
