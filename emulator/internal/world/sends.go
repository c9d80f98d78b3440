package world

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/carriers"
	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/mail"
	"github.com/segmentflow/segmentflow-go/emulator/internal/render"
	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// sendSpec is one email as its carrier asks for it. Everything is resolved, except the sender and what the Template
// decides.
type sendSpec struct {
	carrierType, carrierID string // "email" for emails.send, "journey" and the run's id
	key                    string // names the send of a run, so that there is only one
	template               *store.Template
	profile                *store.Profile
	to                     string // as the caller spelt it; "" means the Profile's email
	sender                 *sender
	from                   mail.Address // of the request, otherwise zero
	replyTo, subject       string
	group                  *store.SubscriptionGroup
	cc, bcc                []store.Mailbox
	trackClicks            bool
	headers                [][2]string    // in addition to those of consent
	buckets                map[string]any // /data, /event, /steps
}

// envelope is the common part of the emails of one act.
type envelope struct {
	send     store.EmailSend // without what belongs to one recipient
	catalog  *catalog
	template *render.Template
	uses     *templateUse
	subject  string         // replaces the Template's if it is not ""
	headers  [][2]string    // in addition to those of consent
	listID   string         // of the group, "" if there is none
	system   map[string]any // /system
}

// templateUse is what the emails of a Template have in common.
type templateUse struct {
	own                   mail.Address // the sender in the definition
	unsubscribes, prefers bool         // it shows the link
	blanks                bool         // its subject prints something sensitive

	from   store.Mailbox  // of the latest email
	system map[string]any // /system of emails from it, without the links; nobody changes it
}

// use returns what the emails of a Template have in common.
func (c *catalog) use(t *render.Template) *templateUse {
	known := c.uses[t]
	if known == nil {
		known = &templateUse{
			unsubscribes: t.Reads("/system/unsubscribeUrl"),
			prefers:      t.Reads("/system/preferencesUrl"),
			blanks:       slices.ContainsFunc(t.SensitivePaths(), t.SubjectReads),
		}
		known.own, _ = mail.ParseAddress(t.From())
		c.uses[t] = known
	}
	return known
}

// newEnvelope returns the envelope of a send that lacks what belongs to one recipient.
func newEnvelope(c *catalog, compiled *render.Template, send store.EmailSend) *envelope {
	e := &envelope{send: send, catalog: c, template: compiled, uses: c.use(compiled)}
	if e.uses.system == nil || e.uses.from != send.From {
		e.uses.from, e.uses.system = send.From, map[string]any{
			"organization": map[string]any{"name": c.org.Name},
			"sender":       map[string]any{"name": send.From.Name, "email": send.From.Email},
		}
	}
	e.system = e.uses.system
	if e.uses.unsubscribes || e.uses.prefers {
		e.system = maps.Clone(e.system)
	}
	if group := c.group(send.SubscriptionGroupID); group != nil {
		e.listID = "<" + group.ID + "." + mail.Domain(send.From.Email) + ">"
	}
	return e
}

// createSend accepts one email. It freezes the envelope, renders the email in this transaction, and schedules its
// delivery.
func (tx *Tx) createSend(spec *sendSpec) (*store.EmailSend, error) {
	e, err := tx.envelope(spec)
	if err != nil {
		return nil, err
	}
	return tx.queueSend(e, spec.profile, cmp.Or(spec.to, spec.profile.Email), spec.key, spec.buckets)
}

// envelope freezes the sender of an email, where replies go, and what it is made from.
func (tx *Tx) envelope(spec *sendSpec) (*envelope, error) {
	c, err := tx.catalog()
	if err != nil {
		return nil, err
	}
	compiled, err := tx.snapshot(spec.template.SnapshotID)
	if err != nil {
		return nil, err
	}
	from, err := c.envelopeSender(spec, compiled)
	if err != nil {
		return nil, err
	}
	replyTo, err := c.replyTo(spec.replyTo, compiled)
	if err != nil {
		return nil, err
	}

	send := store.EmailSend{
		TemplateID:      spec.template.ID,
		SnapshotID:      spec.template.SnapshotID,
		SenderProfileID: spec.sender.ID,
		From:            from,
		ReplyTo:         replyTo,
		CC:              spec.cc,
		BCC:             spec.bcc,
		TrackClicks:     spec.trackClicks,
		CarrierType:     spec.carrierType,
		CarrierID:       spec.carrierID,
		CreatedAt:       tx.Now,
		UpdatedAt:       tx.Now,
	}
	if spec.group != nil {
		send.SubscriptionGroupID = spec.group.ID
	}
	e := newEnvelope(c, compiled, send)
	e.subject, e.headers = spec.subject, spec.headers
	return e, nil
}

// address addresses the envelope's send to a Profile. The key names the send of a run, so that there is only
// one.
func (e *envelope) address(tx *Tx, p *store.Profile, email, key string) *store.EmailSend {
	e.send.ID, e.send.Key, e.send.ProfileID, e.send.To = tx.NewID(), key, p.ID, email
	return &e.send
}

// queueSend accepts an email to one Profile, and schedules its delivery. It changes the envelope, which cannot be used
// again. An email that cannot be rendered has no message; its delivery fails.
func (tx *Tx) queueSend(
	e *envelope, p *store.Profile, email, key string, buckets map[string]any,
) (*store.EmailSend, error) {
	send := e.address(tx, p, email, key)
	send.Status = store.SendQueued
	message, fault, err := tx.renderSend(e, p, send, buckets)
	if err != nil {
		return nil, err
	}
	if fault != nil {
		tx.w.log.Warn("template did not render", "send", send.ID, "error", fault)
	}
	if message != nil {
		if message.Base, err = tx.base(e); err != nil {
			return nil, err
		}
	}
	if err := tx.AddSend(send, message); err != nil {
		return nil, err
	}
	_, err = tx.AddTask(tx.Now, TaskDeliver, send.ID, "")
	return send, err
}

// maxWhy is how many bytes the reason why an email was not rendered may have.
const maxWhy = 300

// renderSend renders the email of a send. There is no message if the Template has a fault, or if there is no subject;
// Why on the EmailSend says which. The subject on the EmailSend leaves out what the Template marks as sensitive: only
// the message has that.
func (tx *Tx) renderSend(
	e *envelope, p *store.Profile, send *store.EmailSend, buckets map[string]any,
) (message *store.Message, fault, err error) {
	unsubscribe := tx.unsubscribeURL(e.catalog, send)
	env, err := tx.env(p, buckets)
	if err != nil {
		return nil, nil, err
	}
	env.State["system"] = tx.systemState(e, send, unsubscribe)
	out, err := e.template.Render(env, e.subject)
	if err != nil {
		send.Why = cond.Shorten("the Template cannot be rendered: "+err.Error(), maxWhy)
		return nil, err, nil
	}

	send.Subject = out.Subject
	if e.subject == "" && e.uses.blanks {
		env.State["data"] = render.Blank(env.State["data"], e.template.SensitivePaths())
		if send.Subject, _, err = e.template.RenderSubject(env); err != nil {
			return nil, nil, err
		}
	}
	if strings.TrimSpace(out.Subject) == "" {
		send.Why = cond.Shorten(out.WhyNoSubject(), maxWhy)
		return nil, nil, nil
	}

	if send.TrackClicks {
		out.HTML = tx.w.linksLocked().Track(e.catalog.org.ID, send.ID, out.HTML)
	}
	missing := json.RawMessage("[]") // as of most emails
	if len(out.Missing) > 0 {
		if missing, err = json.Marshal(out.Missing); err != nil {
			return nil, nil, err
		}
	}
	return &store.Message{
		Subject: out.Subject,
		HTML:    out.HTML,
		Text:    out.Text,
		Headers: append(e.consentHeaders(unsubscribe), e.headers...),
		Missing: missing,
	}, nil, nil
}

// unsubscribeURL returns the link that unsubscribes from the group of a send, "" if it has none.
func (tx *Tx) unsubscribeURL(c *catalog, send *store.EmailSend) string {
	if send.SubscriptionGroupID == "" {
		return ""
	}
	return tx.w.linksLocked().Unsubscribe(c.org.ID, send.ID, send.SubscriptionGroupID)
}

// systemState returns /system of a send, until the envelope has another. There is a link to unsubscribe only if there
// is a group to unsubscribe from, and links are there only if the Template shows them.
func (tx *Tx) systemState(e *envelope, send *store.EmailSend, unsubscribe string) map[string]any {
	if send.SubscriptionGroupID != "" && e.uses.unsubscribes {
		e.system["unsubscribeUrl"] = unsubscribe
	}
	if e.uses.prefers {
		e.system["preferencesUrl"] = tx.w.linksLocked().Preferences(e.catalog.org.ID, send.ID, send.ProfileID)
	}
	return e.system
}

// consentHeaders returns the headers of RFC 8058 and RFC 2919, which an email to a group has. Other emails have none.
func (e *envelope) consentHeaders(unsubscribe string) [][2]string {
	if e.listID == "" {
		return nil
	}
	return [][2]string{
		{"List-Unsubscribe", "<" + unsubscribe + ">"},
		{"List-Unsubscribe-Post", "List-Unsubscribe=One-Click"},
		{"List-Id", e.listID},
	}
}

// envelopeSender decides who an email is from: the caller's sender, else the Template's, else the one whose address is
// the definition's from, else the Organization's default. The name is the caller's, else the definition's if its
// address is the same, else the SenderProfile's.
func (c *catalog) envelopeSender(spec *sendSpec, compiled *render.Template) (store.Mailbox, error) {
	own := c.use(compiled).own
	if spec.sender == nil {
		spec.sender = c.templateSender(spec.template, own)
	}
	if spec.sender == nil {
		return store.Mailbox{}, unacceptable(reasonTemplateIncomplete,
			"The Template has no sender, and the Organization has no default SenderProfile.")
	}
	if !spec.sender.verified {
		return store.Mailbox{}, unacceptable(ReasonSenderUnverified, "The sender's domain is not verified.")
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

// templateSender returns the sender of a Template, nil if there is none. own is the address in its definition.
func (c *catalog) templateSender(t *store.Template, own mail.Address) *sender {
	if from := c.sender(t.SenderProfileID); t.SenderProfileID != "" && from != nil {
		return from
	}
	if from := c.sender(strings.ToLower(own.Email)); own.Email != "" && from != nil {
		return from
	}
	return c.fallback()
}

// replyTo returns the reply address that the caller asks for, else the Template's. Its domain must be a verified one of
// the Organization.
func (c *catalog) replyTo(asked string, compiled *render.Template) (*store.Mailbox, error) {
	if asked == "" {
		asked = compiled.ReplyTo()
	}
	if asked == "" {
		return nil, nil
	}
	address, err := mail.ParseAddress(asked)
	if err != nil || !c.verified(mail.Domain(address.Email)) {
		return nil, unacceptable(reasonReplyToUnverified,
			"The reply address is not on a verified domain of the Organization.")
	}
	return &store.Mailbox{Email: address.Email, Name: address.Name}, nil
}

// checkEmail refuses a request for one transactional email that its Template or its sender does not allow.
func (c *catalog) checkEmail(spec *sendSpec, compiled *render.Template) error {
	subject, body := compiled.Complete()
	switch {
	case spec.template.Status == store.Archived:
		return unacceptable(carriers.TemplateArchived.Code, "The Template is archived.")
	case spec.template.Purpose != store.Transactional:
		return unacceptable(reasonTemplatePurpose,
			"Only a Template whose purpose is Transactional can be sent to one Profile.")
	case !body || !subject && spec.subject == "":
		return unacceptable(reasonTemplateIncomplete, "The Template has no subject, or no body.")
	case spec.from.Email == "":
		return nil
	}

	named := c.sender(strings.ToLower(spec.from.Email))
	switch {
	case named == nil || !named.verified:
		return unacceptable(ReasonSenderUnverified, "from is not the address of a SenderProfile on a verified domain.")
	case spec.sender != nil && !strings.EqualFold(spec.sender.Email, named.Email):
		return unacceptable(reasonSenderMismatch, "from and senderProfileId name two different senders.")
	case spec.sender == nil:
		spec.sender = named
	}
	return nil
}
