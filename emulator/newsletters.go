package emulator

import (
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// Newsletters and their Issues. Announced; every route and shape is decided here. An Issue is a carrier like a Broadcast:
// it goes to the Newsletter's subscribers, and what it does not say comes from the Newsletter.

// newsletter finds a Newsletter by id.
func (tx *Tx) newsletter(id string) (*store.Newsletter, error) {
	found, err := tx.Newsletter(strings.ToLower(id))
	if err == nil && found == nil {
		return nil, notFound("Newsletter", id)
	}
	return found, err
}

// newsletterEdit is what to change of a Newsletter; nil leaves a member as it is, and "" clears it.
type newsletterEdit struct {
	name, cadence, subscriptionGroupID, senderProfileID, templateID *string
}

// createNewsletter makes a Newsletter.
func (tx *Tx) createNewsletter(edit newsletterEdit) (*store.Newsletter, error) {
	return tx.putNewsletter(&store.Newsletter{}, edit)
}

// updateNewsletter changes a Newsletter, and with it the Issues that have not left.
func (tx *Tx) updateNewsletter(id string, edit newsletterEdit) (*store.Newsletter, error) {
	n, err := tx.newsletter(id)
	if err != nil {
		return nil, err
	}
	return tx.putNewsletter(n, edit)
}

// putNewsletter saves a new Newsletter, or changes one. Without a sender it takes the Organization's default one.
func (tx *Tx) putNewsletter(n *store.Newsletter, edit newsletterEdit) (*store.Newsletter, error) {
	c, err := tx.catalog()
	if err != nil {
		return nil, err
	}
	if err := c.namesExist(carrierEdit{subscriptionGroupID: edit.subscriptionGroupID, templateID: edit.templateID}); err != nil {
		return nil, err
	}
	if id := strings.ToLower(deref(edit.senderProfileID)); id != "" && (c.senders[id] == nil || c.senders[id].ID != id) {
		return nil, notFound("SenderProfile", id)
	}
	assignID(&n.SubscriptionGroupID, edit.subscriptionGroupID)
	assignID(&n.SenderProfileID, edit.senderProfileID)
	assignID(&n.TemplateID, edit.templateID)
	assign(&n.Name, edit.name)
	assign(&n.Cadence, edit.cadence)
	switch {
	case n.SenderProfileID == "" && c.fallback == nil:
		return nil, unacceptable("sender_missing", "The Organization has no default SenderProfile; name one.")
	case n.SenderProfileID == "":
		n.SenderProfileID = c.fallback.ID
	}
	if n.ID == "" {
		n.ID = tx.NewID()
		n.Key = n.ID
	}
	tx.forget() // Issues rest on it
	if err := tx.PutNewsletter(*n); err != nil {
		return nil, err
	}
	return tx.Newsletter(n.ID)
}

// createIssue makes a draft of a Newsletter's next Issue. Without content of its own it begins with the Newsletter's Template.
func (tx *Tx) createIssue(newsletter string, edit carrierEdit) (*carrier, error) {
	n, err := tx.newsletter(newsletter)
	if err != nil {
		return nil, err
	}
	made := &store.Carrier{Type: store.CarrierNewsletterIssue, NewsletterID: n.ID}
	if edit.html == nil && edit.text == nil {
		made.TemplateID = n.TemplateID
	}
	return tx.createCarrier(made, edit)
}
