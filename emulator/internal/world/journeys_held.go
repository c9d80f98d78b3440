package world

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/journey"
	"github.com/segmentflow/segmentflow-go/emulator/internal/mail"
	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// What activation demands of a Journey applies as long as it is Active or Paused. An edit of something that the Journey
// uses is refused if the Journey could not be activated after it. Faults that the Journey had before the edit do not
// count.

// journeyFinding is a fault that an edit would cause in a Journey. Path points into the Journey's document.
type journeyFinding struct {
	Journey string `json:"journey"`
	Path    string `json:"path"`
	Message string `json:"message"`
}

// checkJourneys refuses a change of a Template that breaks Journeys. old is the Template from before the change.
func (tx *Tx) checkJourneys(c *catalog, old *store.Template) error {
	was, now := references{tx, c, old}, references{tx: tx, c: c}
	if templateAnswers(was, old.ID) == templateAnswers(now, old.ID) {
		return nil
	}

	journeys, err := tx.liveJourneys()
	if err != nil {
		return err
	}
	keys, findings := []string{}, []journeyFinding{}
	for _, j := range journeys {
		if named, err := tx.names(j.ID, j.Version, old); err != nil {
			return err
		} else if !named {
			continue
		}
		d, err := tx.definition(j.ID, j.Version)
		if err != nil {
			return err
		}
		broken := without(d.Check(now), d.Check(was))
		for _, finding := range broken {
			findings = append(findings, journeyFinding{j.Key, finding.Path, finding.Message})
		}
		if len(broken) > 0 {
			keys = append(keys, j.Key)
		}
	}

	if len(findings) == 0 {
		return nil
	}
	return &Problem{
		Code:    CodeInvalidState,
		Message: "The change would break Journeys that are Active or Paused: " + JoinNames(keys) + ".",
		Details: map[string]any{"status": old.Status, "findings": findings},
	}
}

// templateAnswers returns everything about a Template on which a Journey's activation depends.
func templateAnswers(refs journey.Refs, template string) [4]any {
	purpose, active, verified, ok := refs.Template(template)
	return [4]any{purpose, active, verified, ok}
}

// without returns the findings that are not among the known ones.
func without(findings, known []cond.Finding) []cond.Finding {
	return slices.DeleteFunc(findings, func(finding cond.Finding) bool { return slices.Contains(known, finding) })
}

// culprit names what caused a finding: the sender's domain, the sender, or else the Template at the node. It returns ""
// if it was none of these.
func (refs references) culprit(was before, d *journey.Definition, finding cond.Finding) string {
	email, member := emailAt(d, finding.Path)
	if email == nil {
		return ""
	}

	t, from := refs.c.template(email.Template), refs.c.sender(email.SenderProfile)
	if t != nil && email.SenderProfile == "" {
		from = refs.templateSender(t)
	}
	archived := t != nil && t.Status == store.Archived
	if was.edited && from != nil && !from.verified && (member == "senderProfile" || member == "template" && !archived) {
		domain := mail.Domain(from.Email)
		old, known := was.senders[from.ID]
		switch {
		case was.domains[domain]:
			return "/domain:" + domain
		case !known || old.Email != from.Email || old.Default != from.Default:
			return "/senderProfile:" + strings.ToLower(from.Key)
		}
	}
	if t == nil {
		return ""
	}
	return "/template:" + strings.ToLower(t.Key)
}

// emailAt returns the email node that a finding is about, and the node's member. The node is nil if the finding is
// about something else.
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

// Edits are what an act is about to edit that Journeys depend on: Templates, by their keys, and senders or domains.
type Edits struct {
	Templates []string
	Senders   bool
}

// Before is the state of all Organizations before an act, by their ids, as far as the edits may break Journeys.
type Before map[string]before

type before struct {
	faults map[string][]cond.Finding // of the Active and Paused Journeys that depend on what is edited, by id

	edited  bool // SenderProfiles or domains may be edited; if not, the rest is empty
	senders map[string]store.SenderProfile
	domains map[string]bool // verified ones
}

// Before returns the current state of all Organizations, to be compared after an act.
func (tx *Tx) Before(edits Edits) (Before, error) {
	orgs, err := tx.OrganizationIDs()
	if err != nil {
		return nil, err
	}
	defer func(org string) { tx.Org = org }(tx.Org)
	all := Before{}
	for _, org := range orgs {
		tx.Org = org
		if all[org], err = tx.before(edits); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func (tx *Tx) before(edits Edits) (was before, err error) {
	c, err := tx.catalog()
	if err != nil {
		return was, err
	}
	dependent, err := tx.dependentJourneys(c, edits)
	if err != nil {
		return was, err
	}
	was = before{map[string][]cond.Finding{}, edits.Senders, map[string]store.SenderProfile{}, map[string]bool{}}
	for _, j := range dependent {
		d, err := tx.definition(j.ID, j.Version)
		if err != nil {
			return was, err
		}
		was.faults[j.ID] = d.Check(references{tx: tx, c: c})
	}

	if !edits.Senders {
		return was, nil
	}
	senders, err := tx.SenderProfiles()
	if err != nil {
		return was, err
	}
	for _, sender := range senders {
		was.senders[sender.ID] = sender
	}
	domains, err := tx.Domains()
	for _, domain := range domains {
		was.domains[domain.Domain] = domain.Status == store.Verified
	}
	return was, err
}

// dependentJourneys returns the Active and Paused Journeys that depend on what is edited.
func (tx *Tx) dependentJourneys(c *catalog, edits Edits) ([]store.Journey, error) {
	journeys, err := tx.liveJourneys()
	if err != nil || edits.Senders {
		return journeys, err
	}
	templates := map[string]bool{}
	for _, key := range edits.Templates {
		if t := c.template(key); t != nil {
			templates[t.ID], templates[t.Key] = true, true
		}
	}
	return slices.DeleteFunc(slices.Clone(journeys), func(j store.Journey) bool {
		named, failed := tx.templatesNamed(j.ID, j.Version)
		err = cmp.Or(err, failed)
		return !slices.ContainsFunc(named, func(ref string) bool { return templates[ref] })
	}), err
}

// BrokenJourney is an Active or Paused Journey with the faults that an act has caused in it.
type BrokenJourney struct {
	ID, Key, Status string
	Faults          []JourneyFault
}

// JourneyFault is one fault. Culprit is what caused it, as "/<kind>:<key>", or "".
type JourneyFault struct {
	cond.Finding
	Culprit string
}

// BrokenJourneys returns what an act has broken in the Journeys of the transaction's Organization. For a Journey of
// which whole reports true, every fault counts, not only the new ones.
func (tx *Tx) BrokenJourneys(before Before, whole func(id string) bool) (broken []BrokenJourney, err error) {
	journeys, err := tx.liveJourneys()
	if err != nil || len(journeys) == 0 {
		return nil, err
	}
	c, err := tx.catalog()
	if err != nil {
		return nil, err
	}

	was, known := before[tx.Org]
	was.edited = was.edited || !known
	now := references{tx: tx, c: c}
	for _, j := range journeys {
		if _, depends := was.faults[j.ID]; !depends && !whole(j.ID) {
			continue
		}
		d, err := tx.definition(j.ID, j.Version)
		if err != nil {
			return nil, err
		}
		findings := d.Check(now)
		if !whole(j.ID) {
			findings = without(findings, was.faults[j.ID])
		}
		faults := make([]JourneyFault, len(findings))
		for i, finding := range findings {
			faults[i] = JourneyFault{finding, now.culprit(was, d, finding)}
		}
		broken = append(broken, BrokenJourney{j.ID, j.Key, j.Status, faults})
	}
	return broken, nil
}
