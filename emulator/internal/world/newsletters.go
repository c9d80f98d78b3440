package world

import (
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/carriers"
	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// Newsletters and their Issues. They are announced; every route and shape is decided here. An Issue is a carrier like a
// Broadcast. It goes to the Newsletter's subscribers, and what it does not set comes from the Newsletter.

// NewsletterWith returns the Newsletter with an id.
func (tx *Tx) NewsletterWith(id string) (*store.Newsletter, error) {
	found, err := tx.Newsletter(strings.ToLower(id))
	if err == nil && found == nil {
		return nil, NotFound("Newsletter", id)
	}
	return found, err
}

// NewsletterEdit is a change of a Newsletter. nil leaves a member as it is, and "" clears it.
type NewsletterEdit struct {
	Name, Cadence, SubscriptionGroupID, SenderProfileID, TemplateID *string
}

// CreateNewsletter makes a Newsletter.
func (tx *Tx) CreateNewsletter(edit NewsletterEdit) (*store.Newsletter, error) {
	return tx.putNewsletter(&store.Newsletter{}, edit)
}

// UpdateNewsletter changes a Newsletter, and with it the Issues that have not been sent.
func (tx *Tx) UpdateNewsletter(id string, edit NewsletterEdit) (*store.Newsletter, error) {
	newsletter, err := tx.NewsletterWith(id)
	if err != nil {
		return nil, err
	}
	return tx.putNewsletter(newsletter, edit)
}

// putNewsletter saves a new Newsletter, or changes one. Without a sender it takes the Organization's default one.
func (tx *Tx) putNewsletter(newsletter *store.Newsletter, edit NewsletterEdit) (*store.Newsletter, error) {
	c, err := tx.catalog()
	if err != nil {
		return nil, err
	}
	named := CarrierEdit{SubscriptionGroupID: edit.SubscriptionGroupID, TemplateID: edit.TemplateID}
	if err := c.checkReferences(named); err != nil {
		return nil, err
	}
	sender := strings.ToLower(deref(edit.SenderProfileID))
	if sender != "" && (c.sender(sender) == nil || c.sender(sender).ID != sender) {
		return nil, NotFound("SenderProfile", sender)
	}

	assignID(&newsletter.SubscriptionGroupID, edit.SubscriptionGroupID)
	assignID(&newsletter.SenderProfileID, edit.SenderProfileID)
	assignID(&newsletter.TemplateID, edit.TemplateID)
	assign(&newsletter.Name, edit.Name)
	assign(&newsletter.Cadence, edit.Cadence)
	switch {
	case newsletter.SenderProfileID == "" && c.fallback() == nil:
		return nil, unacceptable(carriers.SenderMissing.Code,
			"The Organization has no default SenderProfile; set senderProfileId.")
	case newsletter.SenderProfileID == "":
		newsletter.SenderProfileID = c.fallback().ID
	}
	if newsletter.ID == "" {
		newsletter.ID = tx.NewID()
		newsletter.Key = newsletter.ID
	}

	if err := tx.PutNewsletter(*newsletter); err != nil {
		return nil, err
	}
	return tx.Newsletter(newsletter.ID)
}

// CreateIssue makes a draft of a Newsletter's next Issue. Without content of its own it starts with the Newsletter's
// Template.
func (tx *Tx) CreateIssue(newsletterID string, edit CarrierEdit) (*Carrier, error) {
	newsletter, err := tx.NewsletterWith(newsletterID)
	if err != nil {
		return nil, err
	}
	made := &store.Carrier{Type: store.CarrierNewsletterIssue, NewsletterID: newsletter.ID}
	if edit.HTML == nil && edit.Text == nil {
		made.TemplateID = newsletter.TemplateID
	}
	return tx.createCarrier(made, edit)
}

// Subscribers counts those who get the emails of a Newsletter by their consent, and those of them who get none now.
func (tx *Tx) Subscribers(newsletter *store.Newsletter) (store.Audience, error) {
	issue := &Carrier{Carrier: &store.Carrier{Type: store.CarrierNewsletterIssue, NewsletterID: newsletter.ID}}
	if err := tx.resolveCarrier(issue); err != nil {
		return store.Audience{}, err
	}
	counts, _, err := tx.audience(issue)
	return counts, err
}
