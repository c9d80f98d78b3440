package emulator

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/mail"
	"github.com/segmentflow/segmentflow-go/emulator/internal/render"
	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
	"github.com/segmentflow/segmentflow-go/emulator/internal/wire"
)

// How drafts come about and change. Creating one is changing an empty one. Members that are not given stay as they are,
// null clears. Inline html and text are saved as a Template first; whoever clears the subject or the sender gets the
// Template's.

// edit is the members of a request, as the schema let them through.
type edit map[string]any

func (f edit) has(name string) bool { _, given := f[name]; return given }

// text is "" for null and for what is not given.
func (f edit) text(name string) string { s, _ := f[name].(string); return s }

// createCarrier makes a draft.
func (tx *Tx) createCarrier(made *store.Carrier, members edit) (*carrier, error) {
	made.ID, made.Status = tx.NewID(), notStarted
	c := &carrier{Carrier: made}
	if err := tx.resolveCarrier(c); err != nil {
		return nil, err
	}
	if err := tx.applyEdit(c, members); err != nil {
		return nil, err
	}
	return c, tx.AddCarrierEvent(made, "created")
}

// editCarrier changes a draft. Every edit voids what was prepared of it.
func (tx *Tx) editCarrier(kind, id string, members edit) (*carrier, error) {
	c, err := tx.carrier(kind, id)
	if err != nil {
		return nil, err
	}
	if err := c.namesExist(members); err != nil {
		return nil, err
	}
	if !c.draft() {
		return nil, c.refuse("Only a draft can be changed.")
	}
	if err := tx.applyEdit(c, members); err != nil {
		return nil, err
	}
	return c, tx.AddCarrierEvent(c.Carrier, "edited: "+orElse(strings.Join(sortedKeys(members), ", "), "nothing was given"))
}

func (tx *Tx) applyEdit(c *carrier, members edit) error {
	if err := c.namesExist(members); err != nil {
		return err
	}
	if err := c.setMembers(tx, members); err != nil {
		return err
	}
	c.Version++
	if err := tx.PutCarrier(c.Carrier); err != nil {
		return err
	}
	if err := tx.saveInline(c, members); err != nil {
		return err
	}
	if err := tx.resolveCarrier(c); err != nil {
		return err
	}
	return subjectParses(c.Subject)
}

// namesExist is the 404 of what a request names by id.
func (c *carrier) namesExist(members edit) error {
	if id := strings.ToLower(members.text("segmentId")); id != "" && (c.catalog.segments[id] == nil || c.catalog.segments[id].ID != id) {
		return notFound("Segment", id)
	}
	for _, name := range []string{"subscriptionGroupId", "topicId"} {
		if id := strings.ToLower(members.text(name)); id != "" && (c.catalog.groups[id] == nil || c.catalog.groups[id].ID != id) {
			return notFound("SubscriptionGroup", id)
		}
	}
	if id := strings.ToLower(members.text("templateId")); id != "" && (c.catalog.templates[id] == nil || c.catalog.templates[id].ID != id) {
		return notFound("Template", id)
	}
	return nil
}

func (c *carrier) setMembers(tx *Tx, members edit) error {
	from, replyTo, err := c.addresses(members)
	if err != nil {
		return err
	}
	for name, value := range map[string]*string{"name": &c.Name, "title": &c.Name, "subject": &c.Subject} {
		if members.has(name) {
			*value = members.text(name)
		}
	}
	for name, value := range map[string]*string{"segmentId": &c.SegmentID, "subscriptionGroupId": &c.SubscriptionGroupID, "topicId": &c.SubscriptionGroupID} {
		if members.has(name) {
			*value = strings.ToLower(members.text(name))
		}
	}
	if members.has("templateId") {
		c.TemplateID, c.Inline = strings.ToLower(members.text("templateId")), false
	}
	if members.has("from") {
		c.From = from
	}
	if members.has("replyTo") {
		c.ReplyTo = replyTo
	}
	return c.setNumber(tx, members)
}

// setNumber gives an Issue the number it asks for, or a new one the next. Numbers ascend: each is above those of all other
// Issues when it is given.
func (c *carrier) setNumber(tx *Tx, members edit) error {
	if c.NewsletterID == "" {
		return nil
	}
	others, err := tx.LastIssue(c.NewsletterID, c.Seq)
	if err != nil {
		return err
	}
	asked, given := members["number"].(json.Number)
	if !given {
		if c.Number == 0 {
			c.Number = others + 1
		}
		return nil
	}
	n, err := asked.Int64()
	if err == nil && int(n) != c.Number && int(n) <= others {
		return unacceptable("issue_number_taken", "The number is taken, or the Newsletter is past it: numbers are unique and ascend.")
	}
	c.Number = int(n)
	return err
}

// addresses reads from and replyTo. What is no address is an issue; a reply address must be on a verified domain, while
// the sender is the preflight's to judge.
func (c *carrier) addresses(members edit) (from string, replyTo []string, err error) {
	var issues []wire.Issue
	read := func(path, s string) mail.Address {
		parsed, err := mail.ParseAddress(s)
		if err != nil {
			issues = append(issues, wire.Issue{In: wire.InBody, Path: path, Code: wire.CodeFormat, Message: err.Error()})
		}
		return parsed
	}
	if from = members.text("from"); from != "" {
		read("/from", from)
	}
	unverified := false
	switch given := members["replyTo"].(type) {
	case string:
		unverified = !c.catalog.domains[mail.Domain(read("/replyTo", given).Email)]
		replyTo = []string{given}
	case []any:
		for i, each := range given {
			s, _ := each.(string)
			unverified = !c.catalog.domains[mail.Domain(read(nth("/replyTo", i), s).Email)] || unverified
			replyTo = append(replyTo, s)
		}
	}
	switch {
	case len(issues) > 0:
		return "", nil, invalid(issues)
	case unverified:
		return "", nil, unacceptable("reply_to_unverified", "A reply address is not on a verified domain of the Organization.")
	}
	return from, replyTo, nil
}

// saveInline saves html and text as a Template: the carrier's own where it has one, else a new one that keeps the other
// half of the inline content that the carrier had.
func (tx *Tx) saveInline(c *carrier, members edit) error {
	if !members.has("html") && !members.has("text") {
		return nil
	}
	definition, err := tx.inlineDefinition(c)
	if err != nil || definition == nil && members.text("html") == "" && members.text("text") == "" {
		return err // there is nothing to clear
	}
	if definition == nil {
		definition = map[string]any{}
	}
	for _, name := range []string{"html", "text"} {
		if members.has(name) {
			definition[name] = members.text(name)
		}
	}
	definition["from"], definition["subject"] = c.From, c.Subject
	maps.DeleteFunc(definition, func(_ string, v any) bool { return v == "" })
	raw, err := json.Marshal(definition)
	if err != nil {
		return err
	}
	t := store.Template{ID: c.TemplateID, Name: c.Name, Purpose: "Promotional"}
	if c.newsletter != nil {
		t.Purpose = "Newsletter"
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
func (tx *Tx) inlineDefinition(c *carrier) (map[string]any, error) {
	t := c.catalog.templates[c.TemplateID]
	if c.TemplateID == "" || t == nil {
		return nil, nil
	}
	raw, err := tx.Snapshot(t.SnapshotID)
	if err != nil {
		return nil, err
	}
	definition, err := decodeObject(raw)
	if err != nil || !c.Inline && definition["html"] == nil && definition["text"] == nil {
		return nil, err
	}
	return definition, nil
}

// inlineRefusal lets the issues of a Template point into the request that gave its content.
func inlineRefusal(err error) error {
	p, refused := errors.AsType[*problem](err)
	if !refused {
		return err
	}
	issues, _ := p.details["issues"].([]wire.Issue)
	for i := range issues {
		issues[i].Path = strings.TrimPrefix(issues[i].Path, "/definition")
	}
	return p
}

// subjectParses refuses a subject that is no template.
func subjectParses(subject string) error {
	raw, err := json.Marshal(map[string]string{"subject": subject})
	if err != nil {
		return err
	}
	if _, findings := render.Parse(raw); len(findings) > 0 {
		refusal := unacceptable("template_invalid", "The subject cannot be rendered.")
		refusal.details["issues"] = findingIssues("", slices.DeleteFunc(findings, func(f cond.Finding) bool { return f.Path != "/subject" }))
		return refusal
	}
	return nil
}
