package world

import (
	"cmp"
	"encoding/json"
	"errors"
	"maps"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/mail"
	"github.com/segmentflow/segmentflow-go/emulator/internal/render"
	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// How drafts are created and changed. Creating a draft is an edit of an empty one. Members that are not given stay as
// they are, and null clears a member. Inline html and text are saved as a Template first. A draft without a subject or
// a sender of its own has the Template's.

// CarrierEdit is a change of a draft. nil leaves a member as it is, and "" clears it.
type CarrierEdit struct {
	Name, SegmentID, SubscriptionGroupID, TopicID, TemplateID, Subject, From *string

	ReplyTo    *ReplyAddresses
	Number     *json.Number // of an Issue
	HTML, Text *string
	Given      []string // the names of all that is given, for the history
}

// ReplyAddresses are the reply addresses of an edit. One reports that the request had a single address and no list.
type ReplyAddresses struct {
	One  bool
	List []string
}

// deref returns what a pointer points to, "" for nil.
func deref(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}

// CreateBroadcast makes a draft.
func (tx *Tx) CreateBroadcast(edit CarrierEdit) (*Carrier, error) {
	return tx.createCarrier(&store.Carrier{Type: store.CarrierBroadcast}, edit)
}

// createCarrier makes a draft.
func (tx *Tx) createCarrier(made *store.Carrier, edit CarrierEdit) (*Carrier, error) {
	made.ID, made.Status = tx.NewID(), store.CarrierNotStarted
	carrier := &Carrier{Carrier: made}
	if err := tx.resolveCarrier(carrier); err != nil {
		return nil, err
	}
	if err := tx.applyEdit(carrier, edit); err != nil {
		return nil, err
	}
	return carrier, tx.AddCarrierEvent(made, "created")
}

// EditCarrier changes a draft. Every edit voids the draft's confirmations.
func (tx *Tx) EditCarrier(kind, id string, edit CarrierEdit) (*Carrier, error) {
	carrier, err := tx.CarrierWith(kind, id)
	if err != nil {
		return nil, err
	}
	if err := carrier.catalog.checkReferences(edit); err != nil {
		return nil, err
	}
	if !carrier.Draft() {
		return nil, carrier.refuse("Only a draft can be changed.")
	}
	if err := tx.applyEdit(carrier, edit); err != nil {
		return nil, err
	}
	given := cmp.Or(strings.Join(edit.Given, ", "), "nothing was given")
	return carrier, tx.AddCarrierEvent(carrier.Carrier, "edited: "+given)
}

func (tx *Tx) applyEdit(carrier *Carrier, edit CarrierEdit) error {
	if err := carrier.catalog.checkReferences(edit); err != nil {
		return err
	}
	if err := carrier.setMembers(tx, edit); err != nil {
		return err
	}
	carrier.Version++
	if err := tx.PutCarrier(carrier.Carrier); err != nil {
		return err
	}
	if err := tx.saveInline(carrier, edit); err != nil {
		return err
	}
	if err := tx.resolveCarrier(carrier); err != nil {
		return err
	}
	return checkSubject(carrier.Subject)
}

// checkReferences returns a 404 if an edit names something by id that does not exist.
func (c *catalog) checkReferences(edit CarrierEdit) error {
	if id := strings.ToLower(deref(edit.SegmentID)); id != "" && (c.segment(id) == nil || c.segment(id).ID != id) {
		return NotFound("Segment", id)
	}
	for _, given := range []*string{edit.SubscriptionGroupID, edit.TopicID} {
		if id := strings.ToLower(deref(given)); id != "" && (c.group(id) == nil || c.group(id).ID != id) {
			return NotFound("SubscriptionGroup", id)
		}
	}
	if id := strings.ToLower(deref(edit.TemplateID)); id != "" && (c.template(id) == nil || c.template(id).ID != id) {
		return NotFound("Template", id)
	}
	return nil
}

func (carrier *Carrier) setMembers(tx *Tx, edit CarrierEdit) error {
	replyTo, err := carrier.checkAddresses(edit)
	if err != nil {
		return err
	}
	assign(&carrier.Name, edit.Name)
	assign(&carrier.Subject, edit.Subject)
	assignID(&carrier.SegmentID, edit.SegmentID)
	assignID(&carrier.SubscriptionGroupID, edit.SubscriptionGroupID)
	assignID(&carrier.SubscriptionGroupID, edit.TopicID)
	if edit.TemplateID != nil {
		carrier.TemplateID, carrier.Inline = strings.ToLower(*edit.TemplateID), false
	}
	assign(&carrier.From, edit.From)
	if edit.ReplyTo != nil {
		carrier.ReplyTo = replyTo
	}
	return carrier.setNumber(tx, edit)
}

const maxIssueNumber = 1<<53 - 1 // the contract's highest integer

// setNumber sets the number of an Issue to the one that the edit asks for. If it asks for none, a new Issue gets the
// next number. Numbers ascend: a new number must be above those of all other Issues.
func (carrier *Carrier) setNumber(tx *Tx, edit CarrierEdit) error {
	if carrier.NewsletterID == "" {
		return nil
	}
	if edit.Number == nil && carrier.Number != 0 {
		return nil
	}
	others, err := tx.LastIssue(carrier.NewsletterID, carrier.Seq)
	if err != nil {
		return err
	}
	if edit.Number == nil {
		if int64(others) >= maxIssueNumber {
			return unacceptable(reasonIssueNumberTaken, "The Newsletter's highest possible number is taken.")
		}
		carrier.Number = others + 1
		return nil
	}
	asked, err := edit.Number.Int64()
	if err == nil && int(asked) != carrier.Number && int(asked) <= others {
		return unacceptable(reasonIssueNumberTaken,
			"The number must be higher than those of all other Issues of the Newsletter.")
	}
	carrier.Number = int(asked)
	return err
}

// checkAddresses checks from and replyTo, and returns the reply addresses. Each invalid address is a finding. A reply
// address must be on a verified domain; the preflight checks the domain of the sender.
func (carrier *Carrier) checkAddresses(edit CarrierEdit) (replyTo []string, err error) {
	var findings []cond.Finding
	read := func(path, text string) mail.Address {
		parsed, err := mail.ParseAddress(text)
		if err != nil {
			findings = append(findings, cond.Finding{Path: path, Message: err.Error()})
		}
		return parsed
	}
	if from := deref(edit.From); from != "" {
		read("/from", from)
	}

	unverified := false
	if edit.ReplyTo != nil {
		for i, text := range edit.ReplyTo.List {
			path := cond.Nth("/replyTo", i)
			if edit.ReplyTo.One {
				path = "/replyTo"
			}
			address := read(path, text)
			unverified = unverified || !carrier.catalog.verified(mail.Domain(address.Email))
			replyTo = append(replyTo, text)
		}
	}

	switch {
	case len(findings) > 0:
		return nil, refused(CodeInvalidRequest, "", map[string]any{"issues": findings})
	case unverified:
		return nil, unacceptable(reasonReplyToUnverified,
			"A reply address is not on a verified domain of the Organization.")
	}
	return replyTo, nil
}

// saveInline saves inline html and text as a Template: as the one that was made for this carrier, if there is one, and
// otherwise as a new one. The half of the carrier's inline content that is not given stays.
func (tx *Tx) saveInline(carrier *Carrier, edit CarrierEdit) error {
	if edit.HTML == nil && edit.Text == nil {
		return nil
	}
	definition, err := tx.inlineDefinition(carrier)
	if err != nil || definition == nil && deref(edit.HTML) == "" && deref(edit.Text) == "" {
		return err // there is nothing to clear
	}
	if definition == nil {
		definition = map[string]any{}
	}
	for name, given := range map[string]*string{"html": edit.HTML, "text": edit.Text} {
		if given != nil {
			definition[name] = *given
		}
	}
	definition["from"], definition["subject"] = carrier.From, carrier.Subject
	maps.DeleteFunc(definition, func(_ string, v any) bool { return v == "" })
	raw, err := json.Marshal(definition)
	if err != nil {
		return err
	}

	t := store.Template{
		ID:      carrier.TemplateID,
		Name:    cmp.Or(carrier.Name, "Broadcast content"),
		Purpose: store.Promotional,
	}
	if carrier.newsletter != nil {
		t.Purpose = store.NewsletterPurpose
	}
	if !carrier.Inline {
		t.ID = tx.NewID()
	}
	t.Key = t.ID
	if err := tx.putTemplate(t, raw); err != nil {
		return inlineRefusal(err)
	}
	carrier.TemplateID, carrier.Inline = t.ID, true
	return tx.PutCarrier(carrier.Carrier)
}

// inlineDefinition returns the definition of the carrier's Template if that has html or text, nil for any other.
func (tx *Tx) inlineDefinition(carrier *Carrier) (map[string]any, error) {
	t := carrier.catalog.template(carrier.TemplateID)
	if carrier.TemplateID == "" || t == nil {
		return nil, nil
	}
	raw, err := tx.Snapshot(t.SnapshotID)
	if err != nil {
		return nil, err
	}
	definition, err := cond.DecodeObject(raw)
	if err != nil || !carrier.Inline && definition["html"] == nil && definition["text"] == nil {
		return nil, err
	}
	return definition, nil
}

// inlineRefusal makes the findings of a Template point into the edit that has its content.
func inlineRefusal(err error) error {
	problem, ok := errors.AsType[*Problem](err)
	if !ok {
		return err
	}
	findings, _ := problem.Details["issues"].([]cond.Finding)
	for i := range findings {
		findings[i].Path = strings.TrimPrefix(findings[i].Path, "/definition")
	}
	return problem
}

// checkSubject refuses a subject that is not a valid template.
func checkSubject(subject string) error {
	findings, err := render.SubjectFindings(subject)
	if err != nil || len(findings) == 0 {
		return err
	}
	refusal := unacceptable(reasonTemplateInvalid, "The subject cannot be rendered.")
	refusal.Details["issues"] = findings
	return refusal
}
