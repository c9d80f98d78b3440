package world

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/carrier"
	"github.com/segmentflow/segmentflow-go/emulator/internal/mail"
	"github.com/segmentflow/segmentflow-go/emulator/internal/render"
	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// sendSpec is one email as its carrier wants it: everything is resolved but the sender and what the Template says.
type sendSpec struct {
	carrierType, carrierID string // "email" for emails.send, "journey" and the run's id
	key                    string // names the send of a carrier, so that there is only one
	template               *store.Template
	profile                *store.Profile
	to                     string // as spelt by the caller; the Profile's email otherwise
	sender                 *sender
	from                   mail.Address // of the request, zero otherwise
	replyTo, subject       string
	group                  *store.SubscriptionGroup
	cc, bcc                []store.Mailbox
	trackClicks            bool
	headers                [][2]string    // beside those of consent
	buckets                map[string]any // /data, /event, /steps
}

// envelope is what the mails of one act have in common.
type envelope struct {
	send     store.EmailSend // without what belongs to one recipient
	catalog  *catalog
	template *render.Template
	subject  string      // in place of the Template's, "" for that
	headers  [][2]string // beside those of consent
}

// createSend accepts one email: the envelope is frozen and the mail rendered in this transaction, and its delivery
// scheduled.
func (tx *Tx) createSend(spec *sendSpec) (*store.EmailSend, error) {
	e, err := tx.envelope(spec)
	if err != nil {
		return nil, err
	}
	return tx.queueSend(e, spec.profile, cmp.Or(spec.to, spec.profile.Email), spec.key, spec.buckets)
}

// envelope freezes who a mail is from, where replies go, and what it is made of.
func (tx *Tx) envelope(spec *sendSpec) (*envelope, error) {
	c, err := tx.catalog()
	if err != nil {
		return nil, err
	}
	t, err := tx.snapshot(spec.template.SnapshotID)
	if err != nil {
		return nil, err
	}
	from, err := c.envelopeSender(spec, t)
	if err != nil {
		return nil, err
	}
	replyTo, err := c.replyTo(spec.replyTo, t)
	if err != nil {
		return nil, err
	}
	e := &envelope{catalog: c, template: t, subject: spec.subject, headers: spec.headers, send: store.EmailSend{
		TemplateID: spec.template.ID, SnapshotID: spec.template.SnapshotID, SenderProfileID: spec.sender.ID, From: from, ReplyTo: replyTo,
		CC: spec.cc, BCC: spec.bcc, TrackClicks: spec.trackClicks, CarrierType: spec.carrierType, CarrierID: spec.carrierID,
		CreatedAt: tx.Now, UpdatedAt: tx.Now}}
	if spec.group != nil {
		e.send.SubscriptionGroupID = spec.group.ID
	}
	return e, nil
}

// address makes the envelope's send one to a Profile. The key names the send of a carrier, so that there is only one.
func (e *envelope) address(tx *Tx, p *store.Profile, email, key string) *store.EmailSend {
	e.send.ID, e.send.Key, e.send.ProfileID, e.send.To = tx.NewID(), key, p.ID, email
	return &e.send
}

// queueSend accepts an email to one Profile, and schedules its delivery. It uses the envelope up. A mail that cannot be
// rendered has no message, which delivery reports.
func (tx *Tx) queueSend(e *envelope, p *store.Profile, email, key string, buckets map[string]any) (*store.EmailSend, error) {
	send := e.address(tx, p, email, key)
	send.Status = store.SendQueued
	message, fault, err := tx.renderSend(e, p, send, buckets)
	if err != nil {
		return nil, err
	}
	if fault != nil {
		tx.w.log.Warn("template did not render", "send", send.ID, "error", fault)
	}
	if err := tx.AddSend(send, message); err != nil {
		return nil, err
	}
	_, err = tx.AddTask(tx.Now, taskDeliver, send.ID, "")
	return send, err
}

// renderSend renders the mail of a send. There is no message where there is a fault of the Template, or no subject. The
// subject on the EmailSend leaves out what the Template calls sensitive: only the message holds that.
func (tx *Tx) renderSend(e *envelope, p *store.Profile, send *store.EmailSend, buckets map[string]any) (
	message *store.Message, fault, err error) {
	state := map[string]any{"system": tx.systemState(e.catalog, e.template, send)}
	maps.Copy(state, buckets)
	env, err := tx.env(p, state)
	if err != nil {
		return nil, nil, err
	}
	out, err := e.template.Render(env, e.subject)
	if err != nil {
		return nil, err, nil
	}
	send.Subject = out.Subject
	if sensitive := e.template.SensitivePaths(); e.subject == "" && slices.ContainsFunc(sensitive, e.template.SubjectReads) {
		env.State["data"] = render.Blank(env.State["data"], sensitive)
		if send.Subject, _, err = e.template.RenderSubject(env); err != nil {
			return nil, nil, err
		}
	}
	if strings.TrimSpace(out.Subject) == "" {
		return nil, nil, nil
	}
	if send.TrackClicks {
		out.HTML = tx.w.linksLocked().Track(e.catalog.org.ID, send.ID, out.HTML)
	}
	missing, err := json.Marshal(out.Missing)
	if err != nil {
		return nil, nil, err
	}
	return &store.Message{Subject: out.Subject, HTML: out.HTML, Text: out.Text, Headers: append(tx.consentHeaders(e.catalog, send), e.headers...),
		Missing: missing}, nil, nil
}

// systemState is /system of a send. There is a link to unsubscribe only where there is a group to leave, and links are
// made only when they show.
func (tx *Tx) systemState(c *catalog, t *render.Template, send *store.EmailSend) map[string]any {
	system := map[string]any{
		"organization": map[string]any{"name": c.org.Name},
		"sender":       map[string]any{"name": send.From.Name, "email": send.From.Email},
	}
	if send.SubscriptionGroupID != "" && t.Reads("/system/unsubscribeUrl") {
		system["unsubscribeUrl"] = tx.w.linksLocked().Unsubscribe(c.org.ID, send.ID, send.SubscriptionGroupID)
	}
	if t.Reads("/system/preferencesUrl") {
		system["preferencesUrl"] = tx.w.linksLocked().Preferences(c.org.ID, send.ID, send.ProfileID)
	}
	return system
}

// consentHeaders are what mail to a group carries, after RFC 8058 and RFC 2919; other mail has none of them.
func (tx *Tx) consentHeaders(c *catalog, send *store.EmailSend) [][2]string {
	group := c.groups[send.SubscriptionGroupID]
	if group == nil {
		return nil
	}
	return [][2]string{
		{"List-Unsubscribe", "<" + tx.w.linksLocked().Unsubscribe(c.org.ID, send.ID, send.SubscriptionGroupID) + ">"},
		{"List-Unsubscribe-Post", "List-Unsubscribe=One-Click"},
		{"List-Id", "<" + group.ID + "." + mail.Domain(send.From.Email) + ">"},
	}
}

// envelopeSender decides who a mail is from: the caller's sender, else the Template's, else the one that the definition's
// from matches, else the Organization's default. The name is the caller's, else the definition's where its address is the
// same, else the SenderProfile's.
func (c *catalog) envelopeSender(spec *sendSpec, t *render.Template) (store.Mailbox, error) {
	own, _ := mail.ParseAddress(t.From())
	if spec.sender == nil {
		spec.sender = c.templateSender(spec.template, own)
	}
	if spec.sender == nil {
		return store.Mailbox{}, unacceptable(reasonTemplateIncomplete, "The Template has no sender and the Organization no default one.")
	}
	if !spec.sender.verified {
		return store.Mailbox{}, unacceptable(reasonSenderUnverified, "The sender's domain is not verified.")
	}
	name := spec.sender.Name
	switch {
	case spec.from.Name != "":
		name = spec.from.Name
	case own.Name != "" && strings.EqualFold(own.Email, spec.sender.Email):
		name = own.Name
	}
	return store.Mailbox{Email: spec.sender.Email, Name: name}, nil
}

func (c *catalog) templateSender(t *store.Template, own mail.Address) *sender {
	if s := c.senders[t.SenderProfileID]; t.SenderProfileID != "" && s != nil {
		return s
	}
	if s := c.senders[strings.ToLower(own.Email)]; own.Email != "" && s != nil {
		return s
	}
	return c.fallback
}

// replyTo is the caller's, else the Template's; its domain must be one of the Organization's verified ones.
func (c *catalog) replyTo(asked string, t *render.Template) (*store.Mailbox, error) {
	if asked == "" {
		asked = t.ReplyTo()
	}
	if asked == "" {
		return nil, nil
	}
	address, err := mail.ParseAddress(asked)
	if err != nil || !c.domains[mail.Domain(address.Email)] {
		return nil, unacceptable(reasonReplyToUnverified, "The reply address is not on a verified domain of the Organization.")
	}
	return &store.Mailbox{Email: address.Email, Name: address.Name}, nil
}

// acceptable holds a request for one transactional email against what its Template and sender allow.
func (c *catalog) acceptable(spec *sendSpec, t *render.Template) error {
	subject, body := t.Complete()
	switch {
	case spec.template.Status == store.Archived:
		return unacceptable(carrier.TemplateArchived.Code, "The Template is archived.")
	case spec.template.Purpose != store.Transactional:
		return unacceptable(reasonTemplatePurpose, "Only a Template whose purpose is Transactional can be sent to one Profile.")
	case !body || !subject && spec.subject == "":
		return unacceptable(reasonTemplateIncomplete, "The Template lacks a subject or a body.")
	case spec.from.Email == "":
		return nil
	}
	named := c.senders[strings.ToLower(spec.from.Email)]
	switch {
	case named == nil || !named.verified:
		return unacceptable(reasonSenderUnverified, "from is not a SenderProfile on a verified domain.")
	case spec.sender != nil && !strings.EqualFold(spec.sender.Email, named.Email):
		return unacceptable(reasonSenderMismatch, "from and senderProfileId name two different senders.")
	case spec.sender == nil:
		spec.sender = named
	}
	return nil
}
