package world

import (
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/mail"
	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// Carriers are Broadcasts and NewsletterIssues: email to an audience. Decided here: both have one lifecycle,
//
//	draft → preflight → (scheduled | confirmed by a person) → snapshot → sending → sent
//
// and differ only in their audience, the source of their content, and a few checks. Nothing in the API sends a carrier
// at once. It is sent at the time it was scheduled for, or when a person approves it.

// CarrierNouns are the names of the carrier types in a 404.
var CarrierNouns = map[string]string{
	store.CarrierBroadcast:       "Broadcast",
	store.CarrierNewsletterIssue: "NewsletterIssue",
}

// Carrier is a stored carrier with the records that it refers to. A record is nil if the carrier refers to none, or if
// it is gone.
type Carrier struct {
	*store.Carrier
	catalog    *catalog
	newsletter *store.Newsletter // of an Issue
	template   *store.Template
	group      *store.SubscriptionGroup
	segment    *segment
	from       mail.Address    // zero means the Template's
	counted    *store.Audience // that was stored in this act, nil before
}

// Template returns the carrier's Template, nil if it has none.
func (carrier *Carrier) Template() *store.Template { return carrier.template }

// Group returns the SubscriptionGroup whose consent decides, nil if there is none.
func (carrier *Carrier) Group() *store.SubscriptionGroup { return carrier.group }

// Newsletter returns the Newsletter of an Issue, nil for a Broadcast.
func (carrier *Carrier) Newsletter() *store.Newsletter { return carrier.newsletter }

// Segment returns the Segment that narrows the audience, nil if there is none.
func (carrier *Carrier) Segment() *store.Segment {
	if carrier.segment == nil {
		return nil
	}
	return &carrier.segment.Segment
}

// Draft reports whether the carrier can still be changed.
func (carrier *Carrier) Draft() bool {
	return carrier.Status == store.CarrierNotStarted && carrier.ScheduledAt.IsZero()
}

// Scheduled reports whether the carrier waits for its time.
func (carrier *Carrier) Scheduled() bool {
	return carrier.Status == store.CarrierNotStarted && !carrier.ScheduledAt.IsZero()
}

// Sending reports whether the carrier is being sent.
func (carrier *Carrier) Sending() bool {
	return carrier.Status == store.CarrierInProgress || carrier.Status == store.CarrierTriggered
}

// open reports whether the content is not frozen yet: the carrier has not started, or its snapshot is still due.
func (carrier *Carrier) open() bool {
	return carrier.StartedAt.IsZero() || carrier.Status == store.CarrierInProgress
}

// CarrierWith returns the carrier of a type with an id. An empty type means either type.
func (tx *Tx) CarrierWith(kind, id string) (*Carrier, error) {
	found, err := tx.Carrier(kind, strings.ToLower(id))
	if err != nil {
		return nil, err
	}
	if found == nil {
		return nil, NotFound(CarrierNouns[kind], id)
	}
	carrier := &Carrier{Carrier: found}
	return carrier, tx.resolveCarrier(carrier)
}

// Carriers returns a page of the Organization's carriers of a type.
func (tx *Tx) Carriers(page Page, which CarrierFilter) (shown Listed[*Carrier], err error) {
	found, err := tx.ListCarriers(page, which)
	if err != nil {
		return shown, err
	}
	shown.Next, shown.Previous = found.Next, found.Previous
	for i := range found.Items {
		carrier := &Carrier{Carrier: &found.Items[i]}
		if err := tx.resolveCarrier(carrier); err != nil {
			return shown, err
		}
		shown.Items = append(shown.Items, carrier)
	}
	return shown, nil
}

// resolveCarrier looks up what a carrier refers to. Until an Issue is sent, its group and its sender are the
// Newsletter's.
func (tx *Tx) resolveCarrier(carrier *Carrier) error {
	c, err := tx.catalog()
	if err != nil {
		return err
	}
	carrier.catalog = c
	if carrier.Type == store.CarrierNewsletterIssue {
		if err := tx.resolveNewsletter(carrier); err != nil {
			return err
		}
	}
	carrier.from, _ = mail.ParseAddress(carrier.From) // checked when it was saved; zero for ""

	if carrier.template = c.template(carrier.TemplateID); carrier.TemplateID == "" {
		carrier.template = nil
	}
	if carrier.group = c.group(carrier.SubscriptionGroupID); carrier.SubscriptionGroupID == "" {
		carrier.group = nil
	}
	if carrier.segment = c.segment(carrier.SegmentID); carrier.SegmentID == "" {
		carrier.segment = nil
	}
	return nil
}

func (tx *Tx) resolveNewsletter(issue *Carrier) (err error) {
	issue.newsletter, err = tx.Newsletter(issue.NewsletterID)
	if err != nil || issue.newsletter == nil || !issue.open() {
		return err
	}
	issue.SubscriptionGroupID, issue.From = issue.newsletter.SubscriptionGroupID, ""
	if from := issue.catalog.sender(issue.newsletter.SenderProfileID); from != nil {
		issue.From = from.Email // without a name: the Template's comes first, then the SenderProfile's
	}
	return nil
}

// draftWith returns a carrier like CarrierWith, and refuses one that is not a draft.
func (tx *Tx) draftWith(kind, id string) (*Carrier, error) {
	carrier, err := tx.CarrierWith(kind, id)
	if err != nil {
		return nil, err
	}
	if !carrier.Draft() {
		return nil, carrier.refuse("Only a draft can be scheduled or confirmed.")
	}
	return carrier, nil
}

// refuse returns the refusal of an act that the carrier's status does not allow.
func (carrier *Carrier) refuse(message string) *Problem {
	return &Problem{CodeInvalidState, message, map[string]any{"status": carrier.Status}}
}

// sender returns the sender of the email: the carrier's own, else the Template's. It returns nil if there is none. own
// is the address that the Template's definition names.
func (carrier *Carrier) sender(own mail.Address) *sender {
	switch {
	case carrier.newsletter != nil && carrier.open():
		return carrier.catalog.sender(carrier.newsletter.SenderProfileID)
	case carrier.from.Email != "":
		return carrier.catalog.sender(strings.ToLower(carrier.from.Email))
	case carrier.template == nil:
		return carrier.catalog.fallback()
	}
	return carrier.catalog.templateSender(carrier.template, own)
}

// CopyCarrier makes a draft with the same content. An Issue gets the next number.
func (tx *Tx) CopyCarrier(kind, id string) (*Carrier, error) {
	carrier, err := tx.CarrierWith(kind, id)
	if err != nil {
		return nil, err
	}
	made := &Carrier{Carrier: &store.Carrier{
		ID:                  tx.NewID(),
		Type:                kind,
		Name:                copyName(carrier.Name),
		Status:              store.CarrierNotStarted,
		SegmentID:           carrier.SegmentID,
		TemplateID:          carrier.TemplateID,
		SubscriptionGroupID: carrier.SubscriptionGroupID,
		Subject:             carrier.Subject,
		From:                carrier.From,
		ReplyTo:             carrier.ReplyTo,
		NewsletterID:        carrier.NewsletterID,
	}}
	if err := made.setNumber(tx, CarrierEdit{}); err != nil {
		return nil, err
	}
	if err := tx.putCarrier(made, "created as a copy of "+carrier.ID); err != nil {
		return nil, err
	}
	return tx.CarrierWith(kind, made.ID)
}

// ArchiveCarrier archives a draft or a finished carrier. A carrier that is archived already stays so.
func (tx *Tx) ArchiveCarrier(kind, id string) (*Carrier, error) {
	carrier, err := tx.CarrierWith(kind, id)
	if err != nil || carrier.Status == store.CarrierArchived {
		return carrier, err
	}
	if carrier.Scheduled() || carrier.Sending() {
		return nil, carrier.refuse("It is scheduled or being sent; cancel it first.")
	}
	carrier.Status = store.CarrierArchived
	return carrier, tx.putCarrier(carrier, "archived")
}
