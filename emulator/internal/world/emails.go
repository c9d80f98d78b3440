package world

import (
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/mail"
	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// Email is one email that a caller asks for. Ids are as the caller wrote them, "" if there is none.
type Email struct {
	TemplateID, SenderProfileID, SubscriptionGroupID string

	Who              Identity
	From             mail.Address // zero means the Template's
	Subject, ReplyTo string       // "" means the Template's
	CC, BCC          []store.Mailbox
	TrackClicks      bool
	Data             map[string]any
}

// SendEmail resolves what an email refers to, and accepts it.
func (tx *Tx) SendEmail(asked Email) (*store.EmailSend, error) {
	c, err := tx.catalog()
	if err != nil {
		return nil, err
	}
	spec := sendSpec{
		carrierType: store.CarrierEmail,
		to:          asked.Who.Email,
		from:        asked.From,
		replyTo:     asked.ReplyTo,
		subject:     asked.Subject,
		cc:          asked.CC,
		bcc:         asked.BCC,
		trackClicks: asked.TrackClicks,
		buckets:     map[string]any{"data": asked.Data},
	}
	if err := c.resolve(asked, &spec); err != nil {
		return nil, err
	}
	if err := tx.checkProfileExists(asked.Who); err != nil {
		return nil, err
	}

	compiled, err := tx.snapshot(spec.template.SnapshotID)
	if err != nil {
		return nil, err
	}
	if err := c.checkEmail(&spec, compiled); err != nil {
		return nil, err
	}
	if spec.profile, err = tx.recipientProfile(asked.Who); err != nil {
		return nil, err
	}
	return tx.createSend(&spec)
}

// SendWith returns the EmailSend with an id.
func (tx *Tx) SendWith(id string) (*store.EmailSend, error) {
	send, err := tx.Send(strings.ToLower(id))
	if err == nil && send == nil {
		return nil, NotFound("EmailSend", id)
	}
	return send, err
}

// checkProfileExists returns a 404 if there is no Profile with the profileId that a request names. It comes before
// every rule about what the request means.
func (tx *Tx) checkProfileExists(who Identity) error {
	if who.ProfileID == "" {
		return nil
	}
	p, err := tx.Profile(who.ProfileID)
	if err == nil && p == nil {
		return NotFound("Profile", who.ProfileID)
	}
	return err
}

// recipientProfile finds or creates the Profile that an email is for.
func (tx *Tx) recipientProfile(who Identity) (*store.Profile, error) {
	p, changed, err := tx.resolveProfile(who, nil, store.SourceAPI)
	if err != nil || !changed {
		return p, err
	}
	return p, tx.ProfileChanged(p)
}

// resolve finds the resources that an email names by id. If one does not exist, that is a 404, also if it belongs to
// another Organization.
func (c *catalog) resolve(asked Email, spec *sendSpec) error {
	id := strings.ToLower(asked.TemplateID)
	spec.template = c.template(id)
	if spec.template == nil || spec.template.ID != id {
		return NotFound("Template", asked.TemplateID)
	}
	if id := strings.ToLower(asked.SenderProfileID); id != "" {
		spec.sender = c.sender(id)
		if spec.sender == nil || spec.sender.ID != id {
			return NotFound("SenderProfile", asked.SenderProfileID)
		}
	}
	if id := strings.ToLower(asked.SubscriptionGroupID); id != "" {
		spec.group = c.group(id)
		if spec.group == nil || spec.group.ID != id {
			return NotFound("SubscriptionGroup", asked.SubscriptionGroupID)
		}
	}
	return nil
}
