package emulator

import (
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/mail"
	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// email is one email that a caller asks for. Ids are as the caller wrote them, "" for none.
type email struct {
	templateID, senderProfileID, subscriptionGroupID string

	who              identity
	from             mail.Address // zero for the Template's
	subject, replyTo string       // "" for the Template's
	cc, bcc          []store.Mailbox
	trackClicks      bool
	data             map[string]any
}

// sendEmail resolves what an email names and accepts it.
func (tx *Tx) sendEmail(asked email) (*store.EmailSend, error) {
	c, err := tx.catalog()
	if err != nil {
		return nil, err
	}
	spec := &sendSpec{carrierType: store.CarrierEmail, subject: asked.subject, replyTo: asked.replyTo, from: asked.from, cc: asked.cc, bcc: asked.bcc,
		trackClicks: asked.trackClicks, to: asked.who.email, buckets: map[string]any{"data": asked.data}}
	if err := c.resolve(asked, spec); err != nil {
		return nil, err
	}
	if err := tx.mustExist(asked.who); err != nil {
		return nil, err
	}
	t, err := tx.snapshot(spec.template.SnapshotID)
	if err != nil {
		return nil, err
	}
	if err := c.acceptable(spec, t); err != nil {
		return nil, err
	}
	if spec.profile, err = tx.addressee(asked.who); err != nil {
		return nil, err
	}
	return tx.createSend(*spec)
}

// sendWith finds an EmailSend by id.
func (tx *Tx) sendWith(id string) (*store.EmailSend, error) {
	send, err := tx.Send(strings.ToLower(id))
	if err == nil && send == nil {
		return nil, notFound("EmailSend", id)
	}
	return send, err
}

// mustExist is the 404 of a profileId, which comes before every rule about what the request means.
func (tx *Tx) mustExist(who identity) error {
	if who.profileID == "" {
		return nil
	}
	p, err := tx.Profile(who.profileID)
	if err == nil && p == nil {
		return notFound("Profile", who.profileID)
	}
	return err
}

// addressee finds or creates the Profile that one mail is for.
func (tx *Tx) addressee(who identity) (*store.Profile, error) {
	p, changed, err := tx.resolveProfile(who, nil, "api")
	if err != nil || !changed {
		return p, err
	}
	return p, tx.profileTouched(p, nil)
}

// resolve finds the resources that an email names by id; one that is not there is a 404, whoever owns it.
func (c *catalog) resolve(asked email, spec *sendSpec) error {
	id := strings.ToLower(asked.templateID)
	spec.template = c.templates[id]
	if spec.template == nil || spec.template.ID != id {
		return notFound("Template", asked.templateID)
	}
	if id := strings.ToLower(asked.senderProfileID); id != "" {
		spec.sender = c.senders[id]
		if spec.sender == nil || spec.sender.ID != id {
			return notFound("SenderProfile", asked.senderProfileID)
		}
	}
	if id := strings.ToLower(asked.subscriptionGroupID); id != "" {
		spec.group = c.groups[id]
		if spec.group == nil || spec.group.ID != id {
			return notFound("SubscriptionGroup", asked.subscriptionGroupID)
		}
	}
	return nil
}
