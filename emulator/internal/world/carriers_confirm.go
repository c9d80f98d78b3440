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
	confirmationVoid     = "void"    // the carrier, or something that it refers to, has changed
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

// Prepared is a new confirmation, as the caller who made it sees it.
type Prepared struct {
	ID, URL        string
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

	return &Prepared{
		ID:             made.ID,
		URL:            tx.w.config.BaseURL() + "/dashboard/confirmations/" + made.ID,
		ExpiresAt:      made.ExpiresAt,
		Eligible:       preflight.Audience.Eligible,
		SubjectPreview: preflight.samples[0].Out.Subject,
		Sender:         carrier.confirmationSender(preflight.content),
	}, nil
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
		DMARC:    carrier.catalog.dmarc[domain],
	}
}

// ConfirmationView is all that a person sees before the answer.
type ConfirmationView struct {
	ID, State             string // see the states of a confirmation
	ExpiresAt, RedeemedAt time.Time
	Redemption            *Redemption // nil until it is redeemed

	CarrierType, CarrierID, Name, Status string
	Audience                             store.Audience // as it is now; Skipped by reason
	Segment                              string         // its name, "" if there is none
	Group, Policy                        string         // the SubscriptionGroup whose consent decides
	Sender                               confirmationSender
	ReplyTo                              []string
	Blockers, Warnings                   []PreflightFinding
	Sample                               *Sample // the first recipient's email; nil if nothing can be rendered
}

// confirmationSender is the sender of the email, with the state of its domain.
type confirmationSender struct {
	ID, Name, Email, Domain string
	Verified, DMARC         bool
}

// ViewConfirmation returns what the page of a confirmation shows.
func (tx *Tx) ViewConfirmation(id string) (*ConfirmationView, error) {
	found, carrier, preflight, err := tx.findConfirmation(id)
	if err != nil {
		return nil, err
	}
	view := &ConfirmationView{
		ID:          found.ID,
		ExpiresAt:   found.ExpiresAt,
		CarrierType: carrier.Type,
		CarrierID:   carrier.ID,
		Name:        carrier.Name,
		Status:      carrier.Status,
		Audience:    preflight.Audience,
		ReplyTo:     carrier.ReplyTo,
		Blockers:    preflight.Blockers,
		Warnings:    preflight.Warnings,
	}
	if view.State, err = tx.confirmationState(found, carrier, preflight.parts); err != nil {
		return nil, err
	}
	if len(found.Result) > 0 {
		view.Redemption = &Redemption{}
		if err := json.Unmarshal(found.Result, view.Redemption); err != nil {
			return nil, err
		}
	}

	if carrier.segment != nil {
		view.Segment = carrier.segment.Name
	}
	if carrier.group != nil {
		view.Group, view.Policy = carrier.group.Name, carrier.group.Policy
	}
	if preflight.content == nil {
		return view, nil
	}
	view.Sender = carrier.confirmationSender(preflight.content)
	if first := preflight.samples[0]; first.err == nil && preflight.Audience.Eligible > 0 {
		view.Sample = &first
	}
	return view, nil
}

// findConfirmation returns a confirmation with its carrier, and the preflight of the carrier as of now.
func (tx *Tx) findConfirmation(id string) (*store.Confirmation, *Carrier, *Preflight, error) {
	found, carrier, err := tx.storedConfirmation(id)
	if err != nil {
		return nil, nil, nil, err
	}
	preflight, err := tx.Preflight(carrier)
	return found, carrier, preflight, err
}

func (tx *Tx) storedConfirmation(id string) (*store.Confirmation, *Carrier, error) {
	found, err := tx.Confirmation(strings.ToLower(id))
	if err != nil {
		return nil, nil, err
	}
	if found == nil {
		return nil, nil, NotFound("Confirmation", id)
	}
	carrier, err := tx.CarrierWith("", found.CarrierID)
	return found, carrier, err
}

// GlanceConfirmation returns a confirmation without anything that depends on its audience, which takes time in a large
// world.
func (tx *Tx) GlanceConfirmation(id string) (*ConfirmationView, error) {
	found, carrier, err := tx.storedConfirmation(id)
	if err != nil {
		return nil, err
	}
	email, err := tx.content(carrier)
	if err != nil {
		return nil, err
	}
	parts, err := carrier.contentParts(email)
	if err != nil {
		return nil, err
	}
	view := &ConfirmationView{
		ID:          found.ID,
		ExpiresAt:   found.ExpiresAt,
		CarrierType: carrier.Type,
		CarrierID:   carrier.ID,
		Name:        carrier.Name,
		Status:      carrier.Status,
	}
	view.State, err = tx.confirmationState(found, carrier, parts)
	return view, err
}

// confirmationState returns the state of a confirmation. Only an open one can be redeemed.
func (tx *Tx) confirmationState(
	found *store.Confirmation, carrier *Carrier, parts carriers.Parts,
) (string, error) {
	if len(found.Result) > 0 {
		var first Redemption
		err := json.Unmarshal(found.Result, &first)
		return first.Outcome, err
	}
	if !tx.Now.Before(found.ExpiresAt) {
		return ConfirmationExpired, nil
	}
	binding, err := carrier.binding(parts)
	if err != nil || binding != found.Binding || !carrier.Draft() {
		return confirmationVoid, err
	}
	return ConfirmationOpen, nil
}

// Redeem records a person's answer. The first answer counts: every later one, whatever it says, gets the result of the
// first.
func (tx *Tx) Redeem(id, outcome string) (*Redemption, error) {
	found, carrier, preflight, err := tx.findConfirmation(id)
	if err != nil {
		return nil, err
	}
	state, err := tx.confirmationState(found, carrier, preflight.parts)
	if err != nil {
		return nil, err
	}
	switch state {
	case ConfirmationApproved, ConfirmationRejected:
		first := &Redemption{}
		return first, json.Unmarshal(found.Result, first)
	case ConfirmationExpired:
		return nil, &Problem{Code: CodeExpired, Message: "The confirmation has expired; make a new one."}
	case confirmationVoid:
		message := "The draft, or something that it refers to, has changed; make a new confirmation."
		return nil, &Problem{Code: CodeExpired, Message: message}
	}

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
