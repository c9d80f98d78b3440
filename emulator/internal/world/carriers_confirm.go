package world

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/carriers"
	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/mail"
	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// A confirmation asks a person whether a draft may be sent. Documented: single use, a URL, an expiry. Decided here: it
// is bound to everything that is sent and to the versions that this is made from, so any edit voids it. Its first
// answer cannot be changed.

const confirmationLife = 15 * time.Minute // on the emulator's clock

// The states of a confirmation.
const (
	ConfirmationOpen     = "open"
	ConfirmationApproved = "approved"
	ConfirmationRejected = "rejected"
	ConfirmationExpired  = "expired" // its time has passed
	ConfirmationVoid     = "void"    // the carrier, or something that it refers to, has changed
)

// Redemption is the result of a person's answer.
type Redemption struct {
	ConfirmationID string `json:"confirmationId"`
	Outcome        string `json:"outcome"` // approved or rejected
	CarrierType    string `json:"carrierType"`
	CarrierID      string `json:"carrierId"`
	Status         string `json:"status"` // of the carrier after the answer
	RedeemedAt     string `json:"redeemedAt"`
}

// Prepared is a new confirmation, or a draft that was prepared, as the caller who made it sees it.
type Prepared struct {
	ID, URL        string // a draft has no URL
	ExpiresAt      time.Time
	Eligible       int
	SubjectPreview string
	Sender         confirmationSender
}

// Prepare makes a confirmation of a draft that has no blockers.
func (tx *Tx) Prepare(kind, id string) (*Prepared, error) {
	carrier, err := tx.draftWith(kind, id)
	if err != nil {
		return nil, err
	}
	preflight, err := tx.readyPreflight(carrier)
	if err != nil {
		return nil, err
	}

	made := store.Confirmation{
		ID:        tx.NewID(),
		CarrierID: carrier.ID,
		Eligible:  preflight.Audience.Eligible,
		CreatedAt: tx.Now,
		ExpiresAt: cond.NotAfterLast(tx.Now.Add(confirmationLife)),
	}
	if made.Binding, err = carrier.binding(preflight.parts); err != nil {
		return nil, err
	}
	if err := tx.PutConfirmation(made); err != nil {
		return nil, err
	}
	what := "confirmation " + made.ID + " was made; it expires at " + Stamp(made.ExpiresAt)
	if err := tx.AddCarrierEvent(carrier.Carrier, what); err != nil {
		return nil, err
	}

	return preflight.prepared(made.ID, tx.ConfirmationURL(made.ID), made.ExpiresAt), nil
}

// ConfirmationURL returns the address of the page where a person answers a confirmation.
func (tx *Tx) ConfirmationURL(id string) string {
	return tx.w.config.BaseURL() + "/dashboard/confirmations/" + id
}

func (preflight *Preflight) prepared(id, url string, expires time.Time) *Prepared {
	return &Prepared{
		ID:             id,
		URL:            url,
		ExpiresAt:      expires,
		Eligible:       preflight.Audience.Eligible,
		SubjectPreview: preflight.samples[0].Out.Subject,
		Sender:         preflight.Sender,
	}
}

// PrepareBroadcast makes a draft that has no blockers, and no confirmation of it. The draft has the Organization's
// SubscriptionGroup if there is only one.
func (tx *Tx) PrepareBroadcast(edit CarrierEdit) (*Prepared, error) {
	groups, err := tx.SubscriptionGroups()
	if err != nil {
		return nil, err
	}
	if len(groups) == 1 {
		edit.SubscriptionGroupID = &groups[0].ID
	}
	carrier, err := tx.CreateBroadcast(edit)
	if err != nil {
		return nil, err
	}
	preflight, err := tx.readyPreflight(carrier)
	if err != nil {
		return nil, err
	}
	carrier.PreparedUntil = cond.NotAfterLast(tx.Now.Add(confirmationLife))
	if err := tx.PutCarrier(carrier.Carrier); err != nil {
		return nil, err
	}
	what := "prepared; it expires at " + Stamp(carrier.PreparedUntil)
	return preflight.prepared(carrier.ID, "", carrier.PreparedUntil), tx.AddCarrierEvent(carrier.Carrier, what)
}

// CheckPrepared refuses the id of a draft that was prepared too long ago.
func (tx *Tx) CheckPrepared(id string) error {
	found, err := tx.Carrier(store.CarrierBroadcast, strings.ToLower(id))
	if err != nil || found == nil || found.PreparedUntil.IsZero() || tx.Now.Before(found.PreparedUntil) {
		return err
	}
	return &Problem{Code: CodeExpired, Message: "The prepared send has expired; prepare a new one."}
}

// confirmationSender returns the sender of the email, the zero value if there is none.
func (carrier *Carrier) confirmationSender(email *content) confirmationSender {
	from := email.sender
	if from == nil {
		return confirmationSender{}
	}
	domain := mail.Domain(from.Email)
	return confirmationSender{
		ID:       from.ID,
		Name:     carrier.displayName(email),
		Email:    from.Email,
		Domain:   domain,
		Verified: from.verified,
		DMARC:    carrier.catalog.dmarc(domain),
	}
}

// ConfirmationView is a confirmation with its carrier.
type ConfirmationView struct {
	store.Confirmation
	Carrier    *Carrier
	State      string      // see the states of a confirmation
	Changed    string      // what has changed since it was made, in words; "" if nothing has
	Redemption *Redemption // nil until it is redeemed
}

// confirmationSender is the sender of the email, with the state of its domain.
type confirmationSender struct {
	ID, Name, Email, Domain string
	Verified, DMARC         bool
}

// ViewConfirmation returns a confirmation with its state. Only an open one can be redeemed.
func (tx *Tx) ViewConfirmation(id string) (*ConfirmationView, error) {
	found, err := tx.Confirmation(strings.ToLower(id))
	if err != nil {
		return nil, err
	}
	if found == nil {
		return nil, NotFound("Confirmation", id)
	}
	view := &ConfirmationView{Confirmation: *found, State: ConfirmationOpen}
	if view.Carrier, err = tx.CarrierWith("", found.CarrierID); err != nil {
		return nil, err
	}
	if len(found.Result) > 0 {
		view.Redemption = &Redemption{}
		err := json.Unmarshal(found.Result, view.Redemption)
		view.State = view.Redemption.Outcome
		return view, err
	}

	parts, err := tx.partsNow(view.Carrier)
	if err != nil {
		return nil, err
	}
	now, err := view.Carrier.binding(parts)
	if err != nil {
		return nil, err
	}
	view.Changed, err = carriers.Changes(found.Binding, now)
	switch {
	case !tx.Now.Before(found.ExpiresAt):
		view.State = ConfirmationExpired
	case view.Changed != "" || !view.Carrier.Draft():
		view.State = ConfirmationVoid
	}
	return view, err
}

// Unanswered returns the confirmations that a person can still answer. The one that expires first comes first.
func (tx *Tx) Unanswered() (open []*ConfirmationView, err error) {
	ids, err := tx.OpenConfirmations()
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		view, err := tx.ViewConfirmation(id)
		if err != nil {
			return nil, err
		}
		if view.State == ConfirmationOpen {
			open = append(open, view)
		}
	}
	return open, nil
}

// Redeem records a person's answer. The first answer counts: every later one, whatever it says, gets the result of the
// first.
func (tx *Tx) Redeem(id, outcome string) (*Redemption, error) {
	view, err := tx.ViewConfirmation(id)
	if err != nil {
		return nil, err
	}
	switch view.State {
	case ConfirmationApproved, ConfirmationRejected:
		return view.Redemption, nil
	case ConfirmationExpired:
		return nil, &Problem{Code: CodeExpired, Message: "The confirmation has expired; make a new one."}
	case ConfirmationVoid:
		message := "The draft, or something that it refers to, has changed; make a new confirmation."
		return nil, &Problem{Code: CodeExpired, Message: message}
	}

	found, carrier := &view.Confirmation, view.Carrier
	if err := tx.AddCarrierEvent(carrier.Carrier, "confirmation "+found.ID+" was "+outcome); err != nil {
		return nil, err
	}
	if outcome == ConfirmationApproved {
		carrier.Binding = found.Binding
		if err := tx.startCarrier(carrier); err != nil {
			return nil, err
		}
	}

	done := &Redemption{found.ID, outcome, carrier.Type, carrier.ID, carrier.Status, Stamp(tx.Now)}
	if found.Result, err = json.Marshal(done); err != nil {
		return nil, err
	}
	return done, tx.PutConfirmation(*found)
}
