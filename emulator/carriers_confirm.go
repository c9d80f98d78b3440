package emulator

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
	confirmationOpen     = "open"
	confirmationApproved = "approved"
	confirmationRejected = "rejected"
	confirmationExpired  = "expired" // its time has passed
	confirmationVoid     = "void"    // what it was made for has changed
)

// redemption is what a human's answer led to.
type redemption struct {
	ConfirmationID string `json:"confirmationId"`
	Outcome        string `json:"outcome"` // approved or rejected
	CarrierType    string `json:"carrierType"`
	CarrierID      string `json:"carrierId"`
	Status         string `json:"status"` // of the carrier then
	RedeemedAt     string `json:"redeemedAt"`
}

// prepared is a confirmation as its maker gets it.
type prepared struct {
	id, url        string
	expiresAt      time.Time
	eligible       int
	subjectPreview string
	sender         confirmationSender
}

// confirm makes a confirmation of a draft that has no blockers.
func (tx *Tx) confirm(kind, id string) (*prepared, error) {
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
	if err := tx.AddCarrierEvent(c.Carrier, "confirmation "+made.ID+" was made, until "+stamp(made.ExpiresAt)); err != nil {
		return nil, err
	}
	return &prepared{id: made.ID, url: tx.w.config.BaseURL() + "/dashboard/confirmations/" + made.ID, expiresAt: made.ExpiresAt,
		eligible: p.audience.Eligible, subjectPreview: p.samples[0].out.Subject, sender: c.confirmationSender(p.content)}, nil
}

// confirmationSender is who the mail would come from, the zero value if there is nobody.
func (c *carrier) confirmationSender(what *content) confirmationSender {
	s := what.sender
	if s == nil {
		return confirmationSender{}
	}
	domain := mail.Domain(s.Email)
	return confirmationSender{s.ID, c.displayName(what), s.Email, domain, s.verified, c.catalog.dmarc[domain]}
}

// confirmationView is all that a human sees before the answer.
type confirmationView struct {
	ID, State             string // see the states of a confirmation
	ExpiresAt, RedeemedAt time.Time
	Redemption            *redemption // nil until it is redeemed

	CarrierType, CarrierID, Name, Status string
	Audience                             store.Audience // as it is now; Skipped by reason
	Segment                              string         // its name, "" for none
	Group, Policy                        string         // the SubscriptionGroup whose consent decides
	Sender                               confirmationSender
	ReplyTo                              []string
	Blockers, Warnings                   []preflightFinding
	Sample                               *sample // the mail as the first recipient would get it; nil when nothing can be rendered
}

// confirmationSender is who the mail would come from, and whether that is ready.
type confirmationSender struct {
	ID, Name, Email, Domain string
	Verified, DMARC         bool
}

// viewConfirmation gathers what the page of a confirmation shows.
func (tx *Tx) viewConfirmation(id string) (*confirmationView, error) {
	found, c, p, err := tx.findConfirmation(id)
	if err != nil {
		return nil, err
	}
	view := &confirmationView{ID: found.ID, ExpiresAt: found.ExpiresAt, CarrierType: c.Type, CarrierID: c.ID, Name: c.Name, Status: c.Status,
		Audience: p.audience, ReplyTo: c.ReplyTo, Blockers: p.blockers, Warnings: p.warnings}
	if view.State, err = tx.confirmationState(found, c, p); err != nil {
		return nil, err
	}
	if len(found.Result) > 0 {
		view.Redemption = &redemption{}
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
	if first := p.samples[0]; first.err == nil && p.audience.Eligible > 0 {
		view.Sample = &first
	}
	return view, nil
}

// findConfirmation finds one with its carrier as that would leave now.
func (tx *Tx) findConfirmation(id string) (*store.Confirmation, *carrier, *preflight, error) {
	found, err := tx.Confirmation(strings.ToLower(id))
	if err != nil {
		return nil, nil, nil, err
	}
	if found == nil {
		return nil, nil, nil, notFound("Confirmation", id)
	}
	c, err := tx.carrier("", found.CarrierID)
	if err != nil {
		return nil, nil, nil, err
	}
	p, err := tx.preflight(c)
	return found, c, p, err
}

// confirmationState says whether a confirmation can still be redeemed, and if not, why.
func (tx *Tx) confirmationState(found *store.Confirmation, c *carrier, p *preflight) (string, error) {
	if len(found.Result) > 0 {
		var first redemption
		err := json.Unmarshal(found.Result, &first)
		return first.Outcome, err
	}
	if !tx.Now.Before(found.ExpiresAt) {
		return confirmationExpired, nil
	}
	binding, err := c.binding(p.parts)
	if err != nil || binding != found.Binding || !c.draft() {
		return confirmationVoid, err
	}
	return confirmationOpen, nil
}

// redeem is a human's answer. The first one counts: every later one, whatever it says, gets the first one's result.
func (tx *Tx) redeem(id, outcome string) (*redemption, error) {
	found, c, p, err := tx.findConfirmation(id)
	if err != nil {
		return nil, err
	}
	state, err := tx.confirmationState(found, c, p)
	if err != nil {
		return nil, err
	}
	switch state {
	case confirmationApproved, confirmationRejected:
		first := &redemption{}
		return first, json.Unmarshal(found.Result, first)
	case confirmationExpired:
		return nil, &problem{Code: "prepared_send_expired", Message: "The confirmation has expired; make a new one."}
	case confirmationVoid:
		return nil, &problem{Code: "prepared_send_expired", Message: "What the confirmation was made for has changed; make a new one."}
	}
	if err := tx.AddCarrierEvent(c.Carrier, "confirmation "+found.ID+" was "+outcome); err != nil {
		return nil, err
	}
	if outcome == confirmationApproved {
		c.Binding = found.Binding
		if err := tx.startCarrier(c); err != nil {
			return nil, err
		}
	}
	done := &redemption{found.ID, outcome, c.Type, c.ID, c.Status, stamp(tx.Now)}
	if found.Result, err = json.Marshal(done); err != nil {
		return nil, err
	}
	return done, tx.PutConfirmation(*found)
}
