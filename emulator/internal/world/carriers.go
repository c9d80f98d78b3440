package world

import (
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/mail"
	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// Carriers are Broadcasts and NewsletterIssues: mail to an audience. Decided here: one lifecycle for both,
//
//	draft → preflight → (scheduled | handed to a human) → snapshot → sending → sent
//
// in which only the audience, where content comes from, and a few checks differ. Nothing of the API lets one leave at
// once: it leaves at the time it was scheduled for, or when a human approves it.

// CarrierNouns are what a 404 calls them.
var CarrierNouns = map[string]string{store.CarrierBroadcast: "Broadcast", store.CarrierNewsletterIssue: "NewsletterIssue"}

// Carrier is a stored one with the things that it names, nil where it names none or they are gone.
type Carrier struct {
	*store.Carrier
	catalog    *catalog
	newsletter *store.Newsletter // of an Issue
	template   *store.Template
	group      *store.SubscriptionGroup
	segment    *segment
	from       mail.Address // zero for the Template's
}

// Draft reports whether it can still be changed.
func (c *Carrier) Draft() bool { return c.Status == store.CarrierNotStarted && c.ScheduledAt.IsZero() }

// Scheduled reports whether it waits for its time.
func (c *Carrier) Scheduled() bool {
	return c.Status == store.CarrierNotStarted && !c.ScheduledAt.IsZero()
}
func (c *Carrier) sending() bool {
	return c.Status == store.CarrierInProgress || c.Status == store.CarrierTriggered
}

// open reports whether the content is not frozen yet: the carrier has not started, or its snapshot is still due.
func (c *Carrier) open() bool { return c.StartedAt.IsZero() || c.Status == store.CarrierInProgress }

// CarrierWith finds a Broadcast or an Issue by id; an empty kind is either.
func (tx *Tx) CarrierWith(kind, id string) (*Carrier, error) {
	found, err := tx.Carrier(kind, strings.ToLower(id))
	if err != nil {
		return nil, err
	}
	if found == nil {
		return nil, NotFound(CarrierNouns[kind], id)
	}
	c := &Carrier{Carrier: found}
	return c, tx.resolveCarrier(c)
}

// Carriers is a page of the Organization's carriers of a type.
func (tx *Tx) Carriers(page Page, which CarrierFilter) (shown Listed[*Carrier], err error) {
	found, err := tx.ListCarriers(page, which)
	if err != nil {
		return shown, err
	}
	shown.Next, shown.Previous = found.Next, found.Previous
	for i := range found.Items {
		c := &Carrier{Carrier: &found.Items[i]}
		if err := tx.resolveCarrier(c); err != nil {
			return shown, err
		}
		shown.Items = append(shown.Items, c)
	}
	return shown, nil
}

// resolveCarrier looks up what a carrier names. Until it leaves, an Issue has its group and its sender from the Newsletter.
func (tx *Tx) resolveCarrier(c *Carrier) (err error) {
	if c.catalog, err = tx.catalog(); err != nil {
		return err
	}
	if c.Type == store.CarrierNewsletterIssue {
		if c.newsletter, err = tx.Newsletter(c.NewsletterID); err != nil {
			return err
		}
		if c.open() && c.newsletter != nil {
			c.SubscriptionGroupID, c.From = c.newsletter.SubscriptionGroupID, ""
			if s := c.catalog.senders[c.newsletter.SenderProfileID]; s != nil {
				c.From = s.Email // its name is the Template's to say, then its own
			}
		}
	}
	c.from, _ = mail.ParseAddress(c.From) // checked when it was saved; "" gives none
	if c.template = c.catalog.templates[c.TemplateID]; c.TemplateID == "" {
		c.template = nil
	}
	if c.group = c.catalog.groups[c.SubscriptionGroupID]; c.SubscriptionGroupID == "" {
		c.group = nil
	}
	if c.segment = c.catalog.segments[c.SegmentID]; c.SegmentID == "" {
		c.segment = nil
	}
	return nil
}

// draftOf is carrier for what only a draft lets happen.
func (tx *Tx) draftOf(kind, id string) (*Carrier, error) {
	c, err := tx.CarrierWith(kind, id)
	if err != nil {
		return nil, err
	}
	if !c.Draft() {
		return nil, c.refuse("Only a draft allows this.")
	}
	return c, nil
}

func (c *Carrier) refuse(message string) *Problem {
	return &Problem{CodeInvalidState, message, map[string]any{"status": c.Status}}
}

// sender is who the mail would be from: the carrier's own, else as the Template says; nil when there is none.
func (c *Carrier) sender(own mail.Address) *sender {
	switch {
	case c.newsletter != nil && c.open():
		return c.catalog.senders[c.newsletter.SenderProfileID]
	case c.from.Email != "":
		return c.catalog.senders[strings.ToLower(c.from.Email)]
	case c.template == nil:
		return c.catalog.fallback
	}
	return c.catalog.templateSender(c.template, own)
}

// CopyCarrier makes a draft with the same content. An Issue gets the next number.
func (tx *Tx) CopyCarrier(kind, id string) (*Carrier, error) {
	c, err := tx.CarrierWith(kind, id)
	if err != nil {
		return nil, err
	}
	twin := &store.Carrier{ID: tx.NewID(), Type: kind, Name: copyName(c.Name), Status: store.CarrierNotStarted, SegmentID: c.SegmentID, TemplateID: c.TemplateID,
		SubscriptionGroupID: c.SubscriptionGroupID, Subject: c.Subject, From: c.From, ReplyTo: c.ReplyTo, NewsletterID: c.NewsletterID}
	if twin.NewsletterID != "" {
		last, err := tx.LastIssue(twin.NewsletterID, 0)
		if err != nil {
			return nil, err
		}
		twin.Number = last + 1
	}
	if err := tx.putCarrier(&Carrier{Carrier: twin}, "created as a copy of "+c.ID); err != nil {
		return nil, err
	}
	return tx.CarrierWith(kind, twin.ID)
}

// ArchiveCarrier puts away a draft or a finished carrier; one that is put away stays so.
func (tx *Tx) ArchiveCarrier(kind, id string) (*Carrier, error) {
	c, err := tx.CarrierWith(kind, id)
	if err != nil || c.Status == store.CarrierArchived {
		return c, err
	}
	if c.Scheduled() || c.sending() {
		return nil, c.refuse("It is about to leave, or leaving; cancel it first.")
	}
	c.Status = store.CarrierArchived
	return c, tx.putCarrier(c, "archived")
}
