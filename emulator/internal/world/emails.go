package world

import (
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/mail"
	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// Email is one email that a caller asks for. Ids are as the caller wrote them, "" for none.
type Email struct {
	TemplateID, SenderProfileID, SubscriptionGroupID string

	Who              Identity
	From             mail.Address // zero for the Template's
	Subject, ReplyTo string       // "" for the Template's
	CC, BCC          []store.Mailbox
	TrackClicks      bool
	Data             map[string]any
}

// SendEmail resolves what an email names and accepts it.
func (tx *Tx) SendEmail(asked Email) (*store.EmailSend, error) {
	c, err := tx.catalog()
	if err != nil {
		return nil, err
	}
	spec := sendSpec{carrierType: store.CarrierEmail, subject: asked.Subject, replyTo: asked.ReplyTo, from: asked.From, cc: asked.CC, bcc: asked.BCC,
		trackClicks: asked.TrackClicks, to: asked.Who.Email, buckets: map[string]any{"data": asked.Data}}
	if err := c.resolve(asked, &spec); err != nil {
		return nil, err
	}
	if err := tx.mustExist(asked.Who); err != nil {
		return nil, err
	}
	t, err := tx.snapshot(spec.template.SnapshotID)
	if err != nil {
		return nil, err
	}
	if err := c.acceptable(&spec, t); err != nil {
		return nil, err
	}
	if spec.profile, err = tx.addressee(asked.Who); err != nil {
		return nil, err
	}
	return tx.createSend(&spec)
}

// SendWith finds an EmailSend by id.
func (tx *Tx) SendWith(id string) (*store.EmailSend, error) {
	send, err := tx.Send(strings.ToLower(id))
	if err == nil && send == nil {
		return nil, NotFound("EmailSend", id)
	}
	return send, err
}

// mustExist is the 404 of a profileId, which comes before every rule about what the request means.
func (tx *Tx) mustExist(who Identity) error {
	if who.ProfileID == "" {
		return nil
	}
	p, err := tx.Profile(who.ProfileID)
	if err == nil && p == nil {
		return NotFound("Profile", who.ProfileID)
	}
	return err
}

// addressee finds or creates the Profile that one mail is for.
func (tx *Tx) addressee(who Identity) (*store.Profile, error) {
	p, changed, err := tx.resolveProfile(who, nil, store.SourceAPI)
	if err != nil || !changed {
		return p, err
	}
	return p, tx.ProfileChanged(p)
}

// resolve finds the resources that an email names by id; one that is not there is a 404, whoever owns it.
func (c *catalog) resolve(asked Email, spec *sendSpec) error {
	id := strings.ToLower(asked.TemplateID)
	spec.template = c.templates[id]
	if spec.template == nil || spec.template.ID != id {
		return NotFound("Template", asked.TemplateID)
	}
	if id := strings.ToLower(asked.SenderProfileID); id != "" {
		spec.sender = c.senders[id]
		if spec.sender == nil || spec.sender.ID != id {
			return NotFound("SenderProfile", asked.SenderProfileID)
		}
	}
	if id := strings.ToLower(asked.SubscriptionGroupID); id != "" {
		spec.group = c.groups[id]
		if spec.group == nil || spec.group.ID != id {
			return NotFound("SubscriptionGroup", asked.SubscriptionGroupID)
		}
	}
	return nil
}
