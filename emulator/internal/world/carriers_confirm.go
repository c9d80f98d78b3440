package world

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/mail"
	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// Confirmations hand a draft to a human. Documented: single use, a URL, an expiry. Decided here: it is bound to all that
// goes out and the versions that was made from, so that any edit voids it, and its first answer is its answer for good.

const confirmationLife = 15 * time.Minute // on the emulator's clock

// The states of a confirmation.
const (
	ConfirmationOpen     = "open"
	ConfirmationApproved = "approved"
	ConfirmationRejected = "rejected"
	confirmationExpired  = "expired" // its time has passed
	confirmationVoid     = "void"    // what it was made for has changed
)

// Redemption is what a human's answer led to.
type Redemption struct {
	ConfirmationID string `json:"confirmationId"`
	Outcome        string `json:"outcome"` // approved or rejected
	CarrierType    string `json:"carrierType"`
	CarrierID      string `json:"carrierId"`
	Status         string `json:"status"` // of the carrier then
	RedeemedAt     string `json:"redeemedAt"`
}

// Prepared is a confirmation as its maker gets it.
type Prepared struct {
	ID, URL        string
	ExpiresAt      time.Time
	Eligible       int
	SubjectPreview string
	Sender         confirmationSender
}

// Prepare makes a confirmation of a draft that has no blockers.
func (tx *Tx) Prepare(kind, id string) (*Prepared, error) {
	c, err := tx.draftOf(kind, id)
	if err != nil {
		return nil, err
	}
	p, err := tx.unblocked(c)
	if err != nil {
		return nil, err
	}
	made := store.Confirmation{ID: tx.NewID(), CarrierID: c.ID, CreatedAt: tx.Now, ExpiresAt: tx.Now.Add(confirmationLife)}
	if made.Binding, err = c.binding(p.parts); err != nil {
		return nil, err
	}
	if err := tx.PutConfirmation(made); err != nil {
		return nil, err
	}
	if err := tx.AddCarrierEvent(c.Carrier, "confirmation "+made.ID+" was made, until "+Stamp(made.ExpiresAt)); err != nil {
		return nil, err
	}
	return &Prepared{ID: made.ID, URL: tx.w.config.BaseURL() + "/dashboard/confirmations/" + made.ID, ExpiresAt: made.ExpiresAt,
		Eligible: p.Audience.Eligible, SubjectPreview: p.samples[0].Out.Subject, Sender: c.confirmationSender(p.content)}, nil
}

// confirmationSender is who the mail would come from, the zero value if there is nobody.
func (c *Carrier) confirmationSender(what *content) confirmationSender {
	s := what.sender
	if s == nil {
		return confirmationSender{}
	}
	domain := mail.Domain(s.Email)
	return confirmationSender{s.ID, c.displayName(what), s.Email, domain, s.verified, c.catalog.dmarc[domain]}
}

// ConfirmationView is all that a human sees before the answer.
type ConfirmationView struct {
	ID, State             string // see the states of a confirmation
	ExpiresAt, RedeemedAt time.Time
	Redemption            *Redemption // nil until it is redeemed

	CarrierType, CarrierID, Name, Status string
	Audience                             store.Audience // as it is now; Skipped by reason
	Segment                              string         // its name, "" for none
	Group, Policy                        string         // the SubscriptionGroup whose consent decides
	Sender                               confirmationSender
	ReplyTo                              []string
	Blockers, Warnings                   []PreflightFinding
	Sample                               *Sample // the mail as the first recipient would get it; nil when nothing can be rendered
}

// confirmationSender is who the mail would come from, and whether that is ready.
type confirmationSender struct {
	ID, Name, Email, Domain string
	Verified, DMARC         bool
}

// ViewConfirmation gathers what the page of a confirmation shows.
func (tx *Tx) ViewConfirmation(id string) (*ConfirmationView, error) {
	found, c, p, err := tx.findConfirmation(id)
	if err != nil {
		return nil, err
	}
	view := &ConfirmationView{ID: found.ID, ExpiresAt: found.ExpiresAt, CarrierType: c.Type, CarrierID: c.ID, Name: c.Name, Status: c.Status,
		Audience: p.Audience, ReplyTo: c.ReplyTo, Blockers: p.Blockers, Warnings: p.Warnings}
	if view.State, err = tx.confirmationState(found, c, p); err != nil {
		return nil, err
	}
	if len(found.Result) > 0 {
		view.Redemption = &Redemption{}
		if err := json.Unmarshal(found.Result, view.Redemption); err != nil {
			return nil, err
		}
	}
	if c.segment != nil {
		view.Segment = c.segment.Name
	}
	if c.group != nil {
		view.Group, view.Policy = c.group.Name, c.group.Policy
	}
	if p.content == nil {
		return view, nil
	}
	view.Sender = c.confirmationSender(p.content)
	if first := p.samples[0]; first.err == nil && p.Audience.Eligible > 0 {
		view.Sample = &first
	}
	return view, nil
}

// findConfirmation finds one with its carrier as that would leave now.
func (tx *Tx) findConfirmation(id string) (*store.Confirmation, *Carrier, *Preflight, error) {
	found, err := tx.Confirmation(strings.ToLower(id))
	if err != nil {
		return nil, nil, nil, err
	}
	if found == nil {
		return nil, nil, nil, NotFound("Confirmation", id)
	}
	c, err := tx.CarrierWith("", found.CarrierID)
	if err != nil {
		return nil, nil, nil, err
	}
	p, err := tx.Preflight(c)
	return found, c, p, err
}

// confirmationState says whether a confirmation can still be redeemed, and if not, why.
func (tx *Tx) confirmationState(found *store.Confirmation, c *Carrier, p *Preflight) (string, error) {
	if len(found.Result) > 0 {
		var first Redemption
		err := json.Unmarshal(found.Result, &first)
		return first.Outcome, err
	}
	if !tx.Now.Before(found.ExpiresAt) {
		return confirmationExpired, nil
	}
	binding, err := c.binding(p.parts)
	if err != nil || binding != found.Binding || !c.Draft() {
		return confirmationVoid, err
	}
	return ConfirmationOpen, nil
}

// Redeem is a human's answer. The first one counts: every later one, whatever it says, gets the first one's result.
func (tx *Tx) Redeem(id, outcome string) (*Redemption, error) {
	found, c, p, err := tx.findConfirmation(id)
	if err != nil {
		return nil, err
	}
	state, err := tx.confirmationState(found, c, p)
	if err != nil {
		return nil, err
	}
	switch state {
	case ConfirmationApproved, ConfirmationRejected:
		first := &Redemption{}
		return first, json.Unmarshal(found.Result, first)
	case confirmationExpired:
		return nil, &Problem{Code: CodeExpired, Message: "The confirmation has expired; make a new one."}
	case confirmationVoid:
		return nil, &Problem{Code: CodeExpired, Message: "What the confirmation was made for has changed; make a new one."}
	}
	if err := tx.AddCarrierEvent(c.Carrier, "confirmation "+found.ID+" was "+outcome); err != nil {
		return nil, err
	}
	if outcome == ConfirmationApproved {
		c.Binding = found.Binding
		if err := tx.startCarrier(c); err != nil {
			return nil, err
		}
	}
	done := &Redemption{found.ID, outcome, c.Type, c.ID, c.Status, Stamp(tx.Now)}
	if found.Result, err = json.Marshal(done); err != nil {
		return nil, err
	}
	return done, tx.PutConfirmation(*found)
}
