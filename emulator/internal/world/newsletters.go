package world

import (
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/carrier"
	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// Newsletters and their Issues. Announced; every route and shape is decided here. An Issue is a carrier like a Broadcast:
// it goes to the Newsletter's subscribers, and what it does not say comes from the Newsletter.

// NewsletterWith finds a Newsletter by id.
func (tx *Tx) NewsletterWith(id string) (*store.Newsletter, error) {
	found, err := tx.Newsletter(strings.ToLower(id))
	if err == nil && found == nil {
		return nil, NotFound("Newsletter", id)
	}
	return found, err
}

// NewsletterEdit is what to change of a Newsletter; nil leaves a member as it is, and "" clears it.
type NewsletterEdit struct {
	Name, Cadence, SubscriptionGroupID, SenderProfileID, TemplateID *string
}

// CreateNewsletter makes a Newsletter.
func (tx *Tx) CreateNewsletter(edit NewsletterEdit) (*store.Newsletter, error) {
	return tx.putNewsletter(&store.Newsletter{}, edit)
}

// UpdateNewsletter changes a Newsletter, and with it the Issues that have not left.
func (tx *Tx) UpdateNewsletter(id string, edit NewsletterEdit) (*store.Newsletter, error) {
	n, err := tx.NewsletterWith(id)
	if err != nil {
		return nil, err
	}
	return tx.putNewsletter(n, edit)
}

// putNewsletter saves a new Newsletter, or changes one. Without a sender it takes the Organization's default one.
func (tx *Tx) putNewsletter(n *store.Newsletter, edit NewsletterEdit) (*store.Newsletter, error) {
	c, err := tx.catalog()
	if err != nil {
		return nil, err
	}
	if err := c.namesExist(CarrierEdit{SubscriptionGroupID: edit.SubscriptionGroupID, TemplateID: edit.TemplateID}); err != nil {
		return nil, err
	}
	if id := strings.ToLower(deref(edit.SenderProfileID)); id != "" && (c.senders[id] == nil || c.senders[id].ID != id) {
		return nil, NotFound("SenderProfile", id)
	}
	assignID(&n.SubscriptionGroupID, edit.SubscriptionGroupID)
	assignID(&n.SenderProfileID, edit.SenderProfileID)
	assignID(&n.TemplateID, edit.TemplateID)
	assign(&n.Name, edit.Name)
	assign(&n.Cadence, edit.Cadence)
	switch {
	case n.SenderProfileID == "" && c.fallback == nil:
		return nil, unacceptable(carrier.SenderMissing.Code, "The Organization has no default SenderProfile; name one.")
	case n.SenderProfileID == "":
		n.SenderProfileID = c.fallback.ID
	}
	if n.ID == "" {
		n.ID = tx.NewID()
		n.Key = n.ID
	}
	tx.Forget() // Issues rest on it
	if err := tx.PutNewsletter(*n); err != nil {
		return nil, err
	}
	return tx.Newsletter(n.ID)
}

// CreateIssue makes a draft of a Newsletter's next Issue. Without content of its own it begins with the Newsletter's Template.
func (tx *Tx) CreateIssue(newsletter string, edit CarrierEdit) (*Carrier, error) {
	n, err := tx.NewsletterWith(newsletter)
	if err != nil {
		return nil, err
	}
	made := &store.Carrier{Type: store.CarrierNewsletterIssue, NewsletterID: n.ID}
	if edit.HTML == nil && edit.Text == nil {
		made.TemplateID = n.TemplateID
	}
	return tx.createCarrier(made, edit)
}
