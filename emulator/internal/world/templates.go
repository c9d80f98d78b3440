package world

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/mail"
	"github.com/segmentflow/segmentflow-go/emulator/internal/render"
	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// Templates. Documented: the Template's fields, its purposes, its snapshot, the list and the update. Decided here: a
// definition that cannot be rendered is refused with everything that is wrong with it; saving an equal definition
// changes nothing; a Template without a definition has an empty one; a Template that is in use cannot be deleted.
// Nothing is generated, so lastGeneratedAt and similar fields are always null.

// Purposes are the purposes that a Template can have.
var Purposes = []string{
	store.Transactional,
	store.Promotional,
	store.NewsletterPurpose,
	store.General,
	store.LeadMagnetDelivery,
}

// maxName is how many characters the name of a Template or a carrier has at most.
const maxName = 200

// TemplateWith finds a Template by its id and returns a copy that may be changed.
func (tx *Tx) TemplateWith(id string) (*store.Template, error) {
	c, err := tx.catalog()
	if err != nil {
		return nil, err
	}
	found := c.template(strings.ToLower(id))
	if found == nil || found.ID != strings.ToLower(id) {
		return nil, NotFound("Template", id)
	}
	t := *found
	return &t, nil
}

// TemplateEdit is what to change in a Template. A field that is nil leaves the Template's as it is.
type TemplateEdit struct {
	Name, SubType, Language                       *string
	SenderProfileID, BrandKitID, DefaultSegmentID *string // "" removes it
	Definition                                    json.RawMessage
}

// CreateTemplate saves a new Template.
func (tx *Tx) CreateTemplate(purpose string, edit TemplateEdit) (*store.Template, error) {
	id := tx.NewID()
	return tx.editTemplate(&store.Template{ID: id, Key: id, Purpose: cmp.Or(purpose, store.General)}, edit)
}

// UpdateTemplate edits a Template. A different definition makes a new snapshot. Sends that were accepted before keep
// the snapshot that they have.
func (tx *Tx) UpdateTemplate(id string, edit TemplateEdit) (*store.Template, error) {
	t, err := tx.TemplateWith(id)
	if err != nil {
		return nil, err
	}
	return tx.editTemplate(t, edit)
}

// editTemplate applies an edit to a new or an existing Template and saves it.
func (tx *Tx) editTemplate(t *store.Template, edit TemplateEdit) (*store.Template, error) {
	assign(&t.Name, edit.Name)
	assign(&t.SubType, edit.SubType)
	assign(&t.Language, edit.Language)
	assignID(&t.SenderProfileID, edit.SenderProfileID)
	assignID(&t.BrandKitID, edit.BrandKitID)
	assignID(&t.DefaultSegmentID, edit.DefaultSegmentID)
	if err := tx.checkEditReferences(edit); err != nil {
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

// checkEditReferences refuses an edit that names a SenderProfile, a Brand Kit or a Segment that does not exist.
func (tx *Tx) checkEditReferences(edit TemplateEdit) error {
	c, err := tx.catalog()
	if err != nil {
		return err
	}
	var senderID, segmentID string
	assignID(&senderID, edit.SenderProfileID)
	assignID(&segmentID, edit.DefaultSegmentID)
	if from := c.sender(senderID); senderID != "" && (from == nil || from.ID != senderID) {
		return NotFound("SenderProfile", senderID)
	}
	if id := deref(edit.BrandKitID); id != "" {
		if _, err := tx.BrandKitWith(id); err != nil {
			return err
		}
	}
	if s := c.segment(segmentID); segmentID != "" && (s == nil || s.ID != segmentID) {
		return NotFound("Segment", segmentID)
	}
	return nil
}

// definitionFor returns the definition in the request, or the one that the Template has, or an empty one.
func (tx *Tx) definitionFor(t *store.Template, given json.RawMessage) (json.RawMessage, error) {
	switch {
	case given != nil:
		return cond.Canonical(given)
	case t.SnapshotID != "":
		return tx.Snapshot(t.SnapshotID)
	}
	return json.RawMessage("{}"), nil
}

// putTemplate saves a Template. It refuses a change that breaks an Active or Paused Journey.
func (tx *Tx) putTemplate(t store.Template, definition json.RawMessage) error {
	c, err := tx.catalog()
	if err != nil {
		return err
	}
	before := c.template(t.ID)
	if err := tx.SaveTemplate(t, definition); err != nil || before == nil {
		return err // if the Template is new, no working Journey uses it
	}
	return tx.checkJourneys(c, before)
}

// SaveTemplate saves a Template. A different definition makes a new snapshot. An empty status becomes Active, an empty
// source the API. It does not check the Journeys that use the Template.
func (tx *Tx) SaveTemplate(t store.Template, definition json.RawMessage) error {
	_, findings := render.Parse(definition)
	if findings = append(findings, longAddresses(definition)...); len(findings) > 0 {
		refusal := unacceptable(reasonTemplateInvalid, "The definition cannot be rendered.")
		refusal.Details["issues"] = findingsBelow("/definition", findings)
		return refusal
	}
	t.Status, t.Source = cmp.Or(t.Status, store.Active), cmp.Or(t.Source, store.SourceAPI)
	return tx.PutTemplate(t, definition)
}

// longAddresses reports the addresses of a definition that no email can have.
func longAddresses(definition json.RawMessage) (findings []cond.Finding) {
	doc, _ := cond.DecodeObject(definition)
	for _, name := range []string{"from", "replyTo"} {
		if text, _ := doc[name].(string); mail.TooLong(text) {
			findings = append(findings, cond.Finding{Path: "/" + name, Message: mail.ErrLong.Error()})
		}
	}
	return findings
}

// SetTemplateStatus archives a Template or makes it Active again.
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
	tx.forgetTemplate(*t)
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

// TemplatePreview is an email that a Template makes from a made-up state.
type TemplatePreview struct {
	Compiled *render.Template
	Out      render.Output
	Failed   error // why there is no Out
	From     store.Mailbox
	NotFrom  error // why the Template cannot be sent from there
}

// PreviewTemplate renders a Template with a state outside of any send, with links that do nothing. The Profile decides
// what conditions read of events, emails and consent. The state may replace everything else.
func (tx *Tx) PreviewTemplate(
	t *store.Template, p *store.Profile, state map[string]any,
) (preview TemplatePreview, err error) {
	if preview.Compiled, err = tx.snapshot(t.SnapshotID); err != nil {
		return preview, err
	}
	c, err := tx.catalog()
	if err != nil {
		return preview, err
	}
	if preview.From, preview.NotFrom, err = tx.TemplateSender(t); err != nil {
		return preview, err
	}
	env, err := tx.env(p, map[string]any{"system": map[string]any{
		"organization":   map[string]any{"name": c.org.Name},
		"sender":         map[string]any{"name": preview.From.Name, "email": preview.From.Email},
		"unsubscribeUrl": tx.w.config.BaseURL() + "/u/test",
		"preferencesUrl": tx.w.config.BaseURL() + "/p/test",
	}})
	if err != nil {
		return preview, err
	}
	maps.Copy(env.State, state)
	preview.Out, preview.Failed = preview.Compiled.Render(env, "")
	return preview, nil
}

// IsComplete reports whether a Template has everything that an email needs: subject, body and sender.
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

// copyName returns the name of a copy, shortened if it would be too long.
func copyName(name string) string {
	const mark = " (copy)"
	if over := utf8.RuneCountInString(name) + len(mark) - maxName; over > 0 {
		runes := []rune(name)
		name = string(runes[:len(runes)-over])
	}
	return name + mark
}

// assign sets a value if one is given, and reports whether that changed it.
func assign(into *string, given *string) (changed bool) {
	if given == nil {
		return false
	}
	changed = *into != *given
	*into = *given
	return changed
}

// assignID does the same as assign for an id, which is kept in lower case.
func assignID(into *string, given *string) {
	if assign(into, given) {
		*into = strings.ToLower(*into)
	}
}

// templateUser returns the kind of thing that still uses a Template, or "" if nothing does. That is a Journey in a
// version that runs are on or may still enter, a Segment, a Newsletter, or a carrier that has not ended. Accepted sends
// do not count, because they have their snapshot.
func (tx *Tx) templateUser(t *store.Template) (string, error) {
	c, err := tx.catalog()
	if err != nil {
		return "", err
	}
	versions, err := tx.JourneyVersionsInUse()
	if err != nil {
		return "", err
	}
	for _, version := range versions {
		named, err := tx.names(version.ID, version.Version, t)
		if named || err != nil {
			return "Journey", err
		}
	}

	segments, err := c.allSegments()
	if err != nil {
		return "", err
	}
	for _, s := range segments {
		if s.cond == nil {
			continue
		}
		named := s.cond.Reads().Templates
		if slices.Contains(named, t.ID) || slices.Contains(named, t.Key) {
			return "Segment", nil
		}
	}
	if count, err := tx.CountNewslettersUsing(t.ID); count > 0 || err != nil {
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

// TemplateSender returns who the emails of a Template are from if nothing else is asked for, and why none can be sent
// from there.
func (tx *Tx) TemplateSender(t *store.Template) (from store.Mailbox, refused, err error) {
	compiled, err := tx.snapshot(t.SnapshotID)
	if err != nil {
		return from, nil, err
	}
	c, err := tx.catalog()
	if err != nil {
		return from, nil, err
	}
	spec := sendSpec{template: t}
	if from, refused = c.envelopeSender(&spec, compiled); refused != nil && spec.sender != nil {
		from = store.Mailbox{Email: spec.sender.Email, Name: spec.sender.Name}
	}
	return from, refused, nil
}

// JourneysUsing returns the Journeys that use a Template in their current version, by key.
func (tx *Tx) JourneysUsing(t *store.Template) (using []store.Journey, err error) {
	all, err := tx.Journeys()
	if err != nil {
		return nil, err
	}
	for i := range all {
		named, err := tx.names(all[i].ID, all[i].Version, t)
		if err != nil {
			return nil, err
		}
		if named {
			using = append(using, all[i])
		}
	}
	return using, nil
}

// SensitiveInTemplate returns the paths below /data that a Template marks as sensitive, and reports whether there is
// such a Template.
func (tx *Tx) SensitiveInTemplate(id string) (paths []string, known bool, err error) {
	c, err := tx.catalog()
	if err != nil {
		return nil, false, err
	}
	t := c.template(strings.ToLower(id))
	if t == nil || !strings.EqualFold(t.ID, id) {
		return nil, false, nil
	}
	snapshot, err := tx.snapshot(t.SnapshotID)
	if err != nil {
		return nil, false, err
	}
	return snapshot.SensitivePaths(), true, nil
}
