package world

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/mail"
	"github.com/segmentflow/segmentflow-go/emulator/internal/render"
	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// Templates. Documented: the Template's fields, its purposes, its snapshot, the list and the update. Decided here: a
// definition that could not be rendered is refused with everything that is wrong with it, saving what is already there
// changes nothing, a Template without a definition has an empty one, and one that is in use cannot be deleted. Nothing is
// generated, so that lastGeneratedAt and its like are always null; brand kits do not exist yet, so that their ids are kept
// as given.

// Purposes are what a Template is for.
var Purposes = []string{store.Transactional, store.Promotional, store.NewsletterPurpose, store.General, store.LeadMagnetDelivery}

// maxName is how many characters the name of a Template or a carrier has at most.
const maxName = 200

// TemplateWith finds a Template by id and gives a copy that may be changed.
func (tx *Tx) TemplateWith(id string) (*store.Template, error) {
	c, err := tx.catalog()
	if err != nil {
		return nil, err
	}
	found := c.templates[strings.ToLower(id)]
	if found == nil || found.ID != strings.ToLower(id) {
		return nil, NotFound("Template", id)
	}
	t := *found
	return &t, nil
}

// TemplateEdit is what to change of a Template; nil leaves a member as it is.
type TemplateEdit struct {
	Name, SubType, Language                       *string
	SenderProfileID, BrandKitID, DefaultSegmentID *string // "" is none
	Definition                                    json.RawMessage
}

// CreateTemplate saves a new Template.
func (tx *Tx) CreateTemplate(purpose string, edit TemplateEdit) (*store.Template, error) {
	id := tx.NewID()
	return tx.editTemplate(&store.Template{ID: id, Key: id, Purpose: cmp.Or(purpose, store.General)}, edit)
}

// UpdateTemplate changes a Template. Another definition is a new snapshot; what was accepted keeps the one it has.
func (tx *Tx) UpdateTemplate(id string, edit TemplateEdit) (*store.Template, error) {
	t, err := tx.TemplateWith(id)
	if err != nil {
		return nil, err
	}
	return tx.editTemplate(t, edit)
}

// editTemplate saves a Template, new or not, with an edit.
func (tx *Tx) editTemplate(t *store.Template, edit TemplateEdit) (*store.Template, error) {
	assign(&t.Name, edit.Name)
	assign(&t.SubType, edit.SubType)
	assign(&t.Language, edit.Language)
	assignID(&t.SenderProfileID, edit.SenderProfileID)
	assignID(&t.BrandKitID, edit.BrandKitID)
	assignID(&t.DefaultSegmentID, edit.DefaultSegmentID)
	if err := tx.templateNames(edit); err != nil {
		return nil, err
	}
	definition, err := tx.definitionFor(t, edit.Definition)
	if err != nil {
		return nil, err
	}
	if err := tx.putTemplate(*t, definition); err != nil {
		return nil, err
	}
	return tx.TemplateWith(t.ID)
}

// templateNames is the 404 of what an edit names.
func (tx *Tx) templateNames(edit TemplateEdit) error {
	c, err := tx.catalog()
	if err != nil {
		return err
	}
	var senderID, segmentID string
	assignID(&senderID, edit.SenderProfileID)
	assignID(&segmentID, edit.DefaultSegmentID)
	if s := c.senders[senderID]; senderID != "" && (s == nil || s.ID != senderID) {
		return NotFound("SenderProfile", senderID)
	}
	if s := c.segments[segmentID]; segmentID != "" && (s == nil || s.ID != segmentID) {
		return NotFound("Segment", segmentID)
	}
	return nil
}

// definitionFor is the definition that a request gives, else the one that the Template has, else an empty one.
func (tx *Tx) definitionFor(t *store.Template, given json.RawMessage) (json.RawMessage, error) {
	switch {
	case given != nil:
		return cond.Canonical(given)
	case t.SnapshotID != "":
		return tx.Snapshot(t.SnapshotID)
	}
	return json.RawMessage("{}"), nil
}

// putTemplate saves a Template, unless an Active or Paused Journey could not do with it.
func (tx *Tx) putTemplate(t store.Template, definition json.RawMessage) error {
	before, err := tx.catalog()
	if err != nil {
		return err
	}
	if err := tx.SaveTemplate(t, definition); err != nil {
		return err
	}
	return tx.holdJourneys(before, t.ID)
}

// SaveTemplate saves a Template: another definition is another snapshot. One without a status or a source is an Active one
// of the API. It does not ask the Journeys that use the Template.
func (tx *Tx) SaveTemplate(t store.Template, definition json.RawMessage) error {
	if _, findings := render.Parse(definition); len(findings) > 0 {
		refusal := unacceptable(reasonTemplateInvalid, "The definition cannot be rendered.")
		refusal.Details["issues"] = findingsBelow("/definition", findings)
		return refusal
	}
	t.Status, t.Source = cmp.Or(t.Status, store.Active), cmp.Or(t.Source, store.SourceAPI)
	tx.Forget()
	return tx.PutTemplate(t, definition)
}

// SetTemplateStatus takes a Template out of use, or brings it back.
func (tx *Tx) SetTemplateStatus(id, status string) (*store.Template, error) {
	t, err := tx.TemplateWith(id)
	if err != nil {
		return nil, err
	}
	t.Status = status
	return tx.editTemplate(t, TemplateEdit{})
}

// RemoveTemplate deletes a Template that nothing uses.
func (tx *Tx) RemoveTemplate(id string) error {
	t, err := tx.TemplateWith(id)
	if err != nil {
		return err
	}
	user, err := tx.templateUser(t)
	if err != nil {
		return err
	}
	if user != "" {
		return refused(CodeInvalidState, "A "+user+" still uses the Template.", map[string]any{"status": t.Status})
	}
	tx.Forget()
	return tx.DeleteTemplate(t.ID)
}

// CopyTemplate makes an Active Template with the same content.
func (tx *Tx) CopyTemplate(id string) (*store.Template, error) {
	t, err := tx.TemplateWith(id)
	if err != nil {
		return nil, err
	}
	definition, err := tx.Snapshot(t.SnapshotID)
	if err != nil {
		return nil, err
	}
	t.ID = tx.NewID()
	t.Key, t.Name, t.Status, t.Source = t.ID, copyName(t.Name), store.Active, store.SourceAPI
	if err := tx.putTemplate(*t, definition); err != nil {
		return nil, err
	}
	return tx.TemplateWith(t.ID)
}

// IsComplete reports whether a Template has all that a mail needs: subject, body and sender.
func (tx *Tx) IsComplete(t *store.Template) (bool, error) {
	c, err := tx.catalog()
	if err != nil {
		return false, err
	}
	snapshot, err := tx.snapshot(t.SnapshotID)
	if err != nil {
		return false, err
	}
	subject, body := snapshot.Complete()
	from, _ := mail.ParseAddress(snapshot.From())
	return subject && body && c.templateSender(t, from) != nil, nil
}

// copyName is the name of a copy, cut where it would be too long.
func copyName(name string) string {
	const mark = " (copy)"
	if over := utf8.RuneCountInString(name) + len(mark) - maxName; over > 0 {
		runes := []rune(name)
		name = string(runes[:len(runes)-over])
	}
	return name + mark
}

// assign takes over what is given, and reports whether that changed anything.
func assign(into *string, given *string) (changed bool) {
	if given == nil {
		return false
	}
	changed = *into != *given
	*into = *given
	return changed
}

// assignID is assign for ids, which are kept in lower case.
func assignID(into *string, given *string) {
	if assign(into, given) {
		*into = strings.ToLower(*into)
	}
}

// templateUser is what still uses a Template, "" when nothing does: a Journey in a version that runs are on or may still
// take, a Segment, a Newsletter, or a carrier that has not come to its end. Accepted sends do not count, they have their snapshot.
func (tx *Tx) templateUser(t *store.Template) (string, error) {
	c, err := tx.catalog()
	if err != nil {
		return "", err
	}
	versions, err := tx.JourneyVersionsInUse()
	if err != nil {
		return "", err
	}
	for _, v := range versions {
		d, err := tx.definition(v.ID, v.Version)
		if err != nil {
			return "", err
		}
		m := mentions{references{tx, c}, map[string]bool{}}
		d.Check(m)
		if m.templates[t.ID] || m.templates[t.Key] {
			return "Journey", nil
		}
	}
	for _, s := range c.segments {
		if s.cond != nil && slices.ContainsFunc(s.cond.Reads().Templates, func(ref string) bool { return ref == t.ID || ref == t.Key }) {
			return "Segment", nil
		}
	}
	if n, err := tx.CountNewslettersUsing(t.ID); n > 0 || err != nil {
		return "Newsletter", err
	}
	switch kind, err := tx.CarrierUsing(t.ID); kind {
	case store.CarrierBroadcast:
		return "Broadcast", err
	case store.CarrierNewsletterIssue:
		return "NewsletterIssue", err
	default:
		return "", err
	}
}

// mentions are references that note which Templates a Journey names, wherever it does.
type mentions struct {
	references
	templates map[string]bool
}

func (m mentions) Template(ref string) (purpose string, active, senderVerified, ok bool) {
	m.templates[ref] = true
	return m.references.Template(ref)
}
