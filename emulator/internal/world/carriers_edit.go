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

// How drafts come about and change. Creating one is changing an empty one. Members that are not given stay as they are,
// null clears. Inline html and text are saved as a Template first; whoever clears the subject or the sender gets the
// Template's.

// CarrierEdit is what to change of a draft; nil leaves a member as it is, and "" clears it.
type CarrierEdit struct {
	Name, SegmentID, SubscriptionGroupID, TopicID, TemplateID, Subject, From *string

	ReplyTo    *ReplyAddresses
	Number     *json.Number // of an Issue
	HTML, Text *string
	Given      []string // the names of all that is given, for the history
}

// ReplyAddresses are a list, or one that stands by itself.
type ReplyAddresses struct {
	One  bool
	List []string
}

// deref is "" for nil.
func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// CreateBroadcast makes a draft.
func (tx *Tx) CreateBroadcast(edit CarrierEdit) (*Carrier, error) {
	return tx.createCarrier(&store.Carrier{Type: store.CarrierBroadcast}, edit)
}

// createCarrier makes a draft.
func (tx *Tx) createCarrier(made *store.Carrier, edit CarrierEdit) (*Carrier, error) {
	made.ID, made.Status = tx.NewID(), store.CarrierNotStarted
	c := &Carrier{Carrier: made}
	if err := tx.resolveCarrier(c); err != nil {
		return nil, err
	}
	if err := tx.applyEdit(c, edit); err != nil {
		return nil, err
	}
	return c, tx.AddCarrierEvent(made, "created")
}

// EditCarrier changes a draft. Every edit voids what was prepared of it.
func (tx *Tx) EditCarrier(kind, id string, edit CarrierEdit) (*Carrier, error) {
	c, err := tx.CarrierWith(kind, id)
	if err != nil {
		return nil, err
	}
	if err := c.catalog.namesExist(edit); err != nil {
		return nil, err
	}
	if !c.Draft() {
		return nil, c.refuse("Only a draft can be changed.")
	}
	if err := tx.applyEdit(c, edit); err != nil {
		return nil, err
	}
	return c, tx.AddCarrierEvent(c.Carrier, "edited: "+cmp.Or(strings.Join(edit.Given, ", "), "nothing was given"))
}

func (tx *Tx) applyEdit(c *Carrier, edit CarrierEdit) error {
	if err := c.catalog.namesExist(edit); err != nil {
		return err
	}
	if err := c.setMembers(tx, edit); err != nil {
		return err
	}
	c.Version++
	if err := tx.PutCarrier(c.Carrier); err != nil {
		return err
	}
	if err := tx.saveInline(c, edit); err != nil {
		return err
	}
	if err := tx.resolveCarrier(c); err != nil {
		return err
	}
	return subjectParses(c.Subject)
}

// namesExist is the 404 of what an edit names by id.
func (c *catalog) namesExist(edit CarrierEdit) error {
	if id := strings.ToLower(deref(edit.SegmentID)); id != "" && (c.segments[id] == nil || c.segments[id].ID != id) {
		return NotFound("Segment", id)
	}
	for _, given := range []*string{edit.SubscriptionGroupID, edit.TopicID} {
		if id := strings.ToLower(deref(given)); id != "" && (c.groups[id] == nil || c.groups[id].ID != id) {
			return NotFound("SubscriptionGroup", id)
		}
	}
	if id := strings.ToLower(deref(edit.TemplateID)); id != "" && (c.templates[id] == nil || c.templates[id].ID != id) {
		return NotFound("Template", id)
	}
	return nil
}

func (c *Carrier) setMembers(tx *Tx, edit CarrierEdit) error {
	replyTo, err := c.addresses(edit)
	if err != nil {
		return err
	}
	assign(&c.Name, edit.Name)
	assign(&c.Subject, edit.Subject)
	assignID(&c.SegmentID, edit.SegmentID)
	assignID(&c.SubscriptionGroupID, edit.SubscriptionGroupID)
	assignID(&c.SubscriptionGroupID, edit.TopicID)
	if edit.TemplateID != nil {
		c.TemplateID, c.Inline = strings.ToLower(*edit.TemplateID), false
	}
	assign(&c.From, edit.From)
	if edit.ReplyTo != nil {
		c.ReplyTo = replyTo
	}
	return c.setNumber(tx, edit)
}

// setNumber gives an Issue the number it asks for, or a new one the next. Numbers ascend: each is above those of all other
// Issues when it is given.
func (c *Carrier) setNumber(tx *Tx, edit CarrierEdit) error {
	if c.NewsletterID == "" {
		return nil
	}
	others, err := tx.LastIssue(c.NewsletterID, c.Seq)
	if err != nil {
		return err
	}
	if edit.Number == nil {
		if c.Number == 0 {
			c.Number = others + 1
		}
		return nil
	}
	n, err := edit.Number.Int64()
	if err == nil && int(n) != c.Number && int(n) <= others {
		return unacceptable(reasonIssueNumberTaken, "The number is taken, or the Newsletter is past it: numbers are unique and ascend.")
	}
	c.Number = int(n)
	return err
}

// addresses holds from and replyTo against what an address is, and returns the latter. What is no address is a finding; a
// reply address must be on a verified domain, while the sender is the preflight's to judge.
func (c *Carrier) addresses(edit CarrierEdit) (replyTo []string, err error) {
	var findings []cond.Finding
	read := func(path, s string) mail.Address {
		parsed, err := mail.ParseAddress(s)
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
		for i, s := range edit.ReplyTo.List {
			path := cond.Nth("/replyTo", i)
			if edit.ReplyTo.One {
				path = "/replyTo"
			}
			unverified = !c.catalog.domains[mail.Domain(read(path, s).Email)] || unverified
			replyTo = append(replyTo, s)
		}
	}
	switch {
	case len(findings) > 0:
		return nil, refused(CodeInvalidRequest, "", map[string]any{"issues": findings})
	case unverified:
		return nil, unacceptable(reasonReplyToUnverified, "A reply address is not on a verified domain of the Organization.")
	}
	return replyTo, nil
}

// saveInline saves html and text as a Template: the carrier's own where it has one, else a new one that keeps the other
// half of the inline content that the carrier had.
func (tx *Tx) saveInline(c *Carrier, edit CarrierEdit) error {
	if edit.HTML == nil && edit.Text == nil {
		return nil
	}
	definition, err := tx.inlineDefinition(c)
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
	definition["from"], definition["subject"] = c.From, c.Subject
	maps.DeleteFunc(definition, func(_ string, v any) bool { return v == "" })
	raw, err := json.Marshal(definition)
	if err != nil {
		return err
	}
	t := store.Template{ID: c.TemplateID, Name: c.Name, Purpose: store.Promotional}
	if c.newsletter != nil {
		t.Purpose = store.NewsletterPurpose
	}
	if !c.Inline {
		t.ID = tx.NewID()
	}
	t.Key = t.ID
	if t.Name == "" {
		t.Name = "Broadcast content"
	}
	if err := tx.putTemplate(t, raw); err != nil {
		return inlineRefusal(err)
	}
	c.TemplateID, c.Inline = t.ID, true
	return tx.PutCarrier(c.Carrier)
}

// inlineDefinition is the definition of the carrier's Template when that has html or text; nil for any other.
func (tx *Tx) inlineDefinition(c *Carrier) (map[string]any, error) {
	t := c.catalog.templates[c.TemplateID]
	if c.TemplateID == "" || t == nil {
		return nil, nil
	}
	raw, err := tx.Snapshot(t.SnapshotID)
	if err != nil {
		return nil, err
	}
	definition, err := cond.DecodeObject(raw)
	if err != nil || !c.Inline && definition["html"] == nil && definition["text"] == nil {
		return nil, err
	}
	return definition, nil
}

// inlineRefusal lets the findings of a Template point into the edit that gave its content.
func inlineRefusal(err error) error {
	p, refused := errors.AsType[*Problem](err)
	if !refused {
		return err
	}
	findings, _ := p.Details["issues"].([]cond.Finding)
	for i := range findings {
		findings[i].Path = strings.TrimPrefix(findings[i].Path, "/definition")
	}
	return p
}

// subjectParses refuses a subject that is no template.
func subjectParses(subject string) error {
	findings, err := render.SubjectFindings(subject)
	if err != nil || len(findings) == 0 {
		return err
	}
	refusal := unacceptable(reasonTemplateInvalid, "The subject cannot be rendered.")
	refusal.Details["issues"] = findings
	return refusal
}
