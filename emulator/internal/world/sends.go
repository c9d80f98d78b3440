package world

import (
	"encoding/json"
	"maps"
	"strings"

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

// createSend accepts one email: the envelope is frozen and the mail rendered in this transaction, and its delivery
// scheduled. A Template that cannot be rendered leaves no message, which delivery reports as template_render_failed.
func (tx *Tx) createSend(spec sendSpec) (*store.EmailSend, error) {
	c, err := tx.catalog()
	if err != nil {
		return nil, err
	}
	t, err := tx.snapshot(spec.template.SnapshotID)
	if err != nil {
		return nil, err
	}
	from, err := c.envelopeSender(&spec, t)
	if err != nil {
		return nil, err
	}
	replyTo, err := c.replyTo(spec.replyTo, t)
	if err != nil {
		return nil, err
	}
	if spec.to == "" {
		spec.to = spec.profile.Email
	}
	send := &store.EmailSend{ID: tx.NewID(), Key: spec.key, Status: "Queued", TemplateID: spec.template.ID, SnapshotID: spec.template.SnapshotID,
		SenderProfileID: spec.sender.ID, ProfileID: spec.profile.ID, From: from, ReplyTo: replyTo, To: spec.to, CC: spec.cc, BCC: spec.bcc,
		TrackClicks: spec.trackClicks, CarrierType: spec.carrierType, CarrierID: spec.carrierID, CreatedAt: tx.Now, UpdatedAt: tx.Now}
	if spec.group != nil {
		send.SubscriptionGroupID = spec.group.ID
	}
	message, err := tx.renderSend(c, t, &spec, send)
	if err != nil {
		return nil, err
	}
	if err := tx.AddSend(send); err != nil {
		return nil, err
	}
	if message != nil {
		if err := tx.AddMessage(send, message); err != nil {
			return nil, err
		}
	}
	_, err = tx.AddTask(tx.Now, "deliver", send.ID, "")
	return send, err
}

// renderSend renders the mail of a send, and gives its message, nil when it could not be rendered. The subject on the EmailSend leaves out what the
// Template calls sensitive: only the message holds that.
func (tx *Tx) renderSend(c *catalog, t *render.Template, spec *sendSpec, send *store.EmailSend) (*store.Message, error) {
	buckets := map[string]any{"system": tx.systemState(c, t, send)}
	maps.Copy(buckets, spec.buckets)
	env, err := tx.env(spec.profile, buckets)
	if err != nil {
		return nil, err
	}
	out, err := t.Render(env, spec.subject)
	if err != nil {
		tx.w.log.Warn("template did not render", "send", send.ID, "error", err)
		return nil, nil
	}
	send.Subject = out.Subject
	if spec.subject == "" {
		for _, path := range t.SensitivePaths() {
			if !t.SubjectReads(path) {
				continue
			}
			env.State["data"] = render.Blank(env.State["data"], t.SensitivePaths())
			if send.Subject, _, err = t.RenderSubject(env); err != nil {
				return nil, err
			}
			break
		}
	}
	if strings.TrimSpace(out.Subject) == "" {
		return nil, nil
	}
	if send.TrackClicks {
		out.HTML = tx.w.linksLocked().track(c.org.ID, send, out.HTML)
	}
	missing, err := json.Marshal(out.Missing)
	if err != nil {
		return nil, err
	}
	return &store.Message{Subject: out.Subject, HTML: out.HTML, Text: out.Text, Headers: append(tx.consentHeaders(c, send), spec.headers...),
		Missing: missing}, nil
}

// systemState is /system of a send. There is a link to unsubscribe only where there is a group to leave, and links are
// made only when they show.
func (tx *Tx) systemState(c *catalog, t *render.Template, send *store.EmailSend) map[string]any {
	system := map[string]any{
		"organization": map[string]any{"name": c.org.Name},
		"sender":       map[string]any{"name": send.From.Name, "email": send.From.Email},
	}
	if send.SubscriptionGroupID != "" && t.Reads("/system/unsubscribeUrl") {
		system["unsubscribeUrl"] = tx.w.linksLocked().unsubscribe(c.org.ID, send)
	}
	if t.Reads("/system/preferencesUrl") {
		system["preferencesUrl"] = tx.w.linksLocked().preferences(c.org.ID, send)
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
		{"List-Unsubscribe", "<" + tx.w.linksLocked().unsubscribe(c.org.ID, send) + ">"},
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
		return store.Mailbox{}, unacceptable("template_incomplete", "The Template has no sender and the Organization no default one.")
	}
	if !spec.sender.verified {
		return store.Mailbox{}, unacceptable("sender_unverified", "The sender's domain is not verified.")
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
		return nil, unacceptable("reply_to_unverified", "The reply address is not on a verified domain of the Organization.")
	}
	return &store.Mailbox{Email: address.Email, Name: address.Name}, nil
}

// acceptable holds a request for one transactional email against what its Template and sender allow.
func (c *catalog) acceptable(spec *sendSpec, t *render.Template) error {
	subject, body := t.Complete()
	switch {
	case spec.template.Status == "Archived":
		return unacceptable("template_archived", "The Template is archived.")
	case spec.template.Purpose != "Transactional":
		return unacceptable("template_purpose", "Only a Template whose purpose is Transactional can be sent to one Profile.")
	case !body || !subject && spec.subject == "":
		return unacceptable("template_incomplete", "The Template lacks a subject or a body.")
	case spec.from.Email == "":
		return nil
	}
	named := c.senders[strings.ToLower(spec.from.Email)]
	switch {
	case named == nil || !named.verified:
		return unacceptable("sender_unverified", "from is not a SenderProfile on a verified domain.")
	case spec.sender != nil && !strings.EqualFold(spec.sender.Email, named.Email):
		return unacceptable("sender_mismatch", "from and senderProfileId name two different senders.")
	case spec.sender == nil:
		spec.sender = named
	}
	return nil
}
