package world

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/segmentflow/segmentflow-go/emulator/internal/mail"
	"github.com/segmentflow/segmentflow-go/emulator/internal/outcome"
	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// What becomes of mail that has left, decided here: facts on its message, in the order that package outcome allows.
//
// What happens by itself is, strongest first: what Script said of the send, then of the address; what a simulated address
// asks for; delivered, a second later.

const softBounces = 5 // in a row suppress an address

// FactTypes are all that can happen to a mail that has left, sorted.
func FactTypes() []string { return outcome.Types() }

// ScriptMail decides what happens to mail from now on: to all mail to an address, or to the one of an EmailSend, named by its
// id.
func (tx *Tx) ScriptMail(target string, facts []PlannedFact) error {
	target = strings.ToLower(strings.TrimSpace(target))
	known := []string{outcome.Accepted}
	var send *store.EmailSend
	if _, err := uuid.Parse(target); err == nil {
		if send, err = tx.Send(target); err != nil {
			return err
		}
		if send == nil || send.Status == store.SendFailed || send.Status == store.SendSkipped {
			return fmt.Errorf("%s is no EmailSend whose mail leaves", target)
		}
		if known, err = tx.factTypes(send); err != nil {
			return err
		}
	} else if !mail.ValidEmail(target) {
		return fmt.Errorf("%q is neither an address nor the id of an EmailSend", target)
	}
	raw, err := outcome.Encode(known, facts)
	if err != nil {
		return err
	}
	tx.Forget() // it knows whether there are scripts
	if err := tx.PutScript(target, raw); err != nil || send == nil || send.Status != store.SendSent {
		return err
	}
	if err := tx.DropTasks(taskOutcome, send.ID); err != nil {
		return err
	}
	return tx.foresee(send, known[len(known)-1], facts)
}

// outOfOrder is the refusal of a fact that cannot follow another one.
func outOfOrder(o *outcome.OutOfOrder) *Problem {
	return &Problem{CodeInvalidState, o.Error() + ".", map[string]any{"status": o.Before}}
}

// plan is what will happen by itself to a mail that leaves.
func (tx *Tx) plan(send *store.EmailSend) ([]PlannedFact, error) {
	address := strings.ToLower(send.To)
	c, err := tx.catalog()
	if err != nil {
		return nil, err
	}
	if c.scripted {
		raw, err := tx.Script(send.ID, address)
		if err != nil {
			return nil, err
		}
		if raw != nil {
			var facts []PlannedFact
			err := json.Unmarshal(raw, &facts)
			return facts, err
		}
	}
	return outcome.Of(address), nil
}

// foresee schedules the first of the facts that are still to come.
func (tx *Tx) foresee(send *store.EmailSend, last string, coming []PlannedFact) error {
	if len(coming) == 0 {
		return nil
	}
	raw, err := json.Marshal(coming)
	if err != nil {
		return err
	}
	_, err = tx.AddTask(tx.Now.Add(coming[0].Delay(last)), taskOutcome, send.ID, string(raw))
	return err
}

// outcome lets the next fact of a plan happen. What Bounce and its like have made impossible since is left out.
func (tx *Tx) outcome(task store.Task) error {
	var coming []PlannedFact
	if err := json.Unmarshal([]byte(task.Arg), &coming); err != nil {
		return err
	}
	send, err := tx.Send(task.Ref)
	if err != nil || send == nil {
		return err
	}
	err = tx.happen(send, coming[0])
	if _, impossible := errors.AsType[*Problem](err); err != nil && !impossible {
		return err
	}
	return tx.foresee(send, coming[0].Type, coming[1:])
}

// happen records a fact with what it brings about. What cannot have happened is a problem, and nothing is written.
func (tx *Tx) happen(send *store.EmailSend, f PlannedFact) error {
	switch f.Type {
	case outcome.Bounced:
		return tx.bounce(send, f.Kind)
	case outcome.Complained:
		return tx.complain(send)
	case outcome.Clicked:
		return tx.click(send, f.URL)
	case outcome.Unsubscribed:
		if send.SubscriptionGroupID == "" || send.CarrierType == store.CarrierTest {
			return &Problem{Code: CodeInvalidState, Message: "The mail has no SubscriptionGroup to leave, or is a test, whose links change nothing."}
		}
		return tx.Unsubscribe(send, send.SubscriptionGroupID, store.SourceOneClick)
	}
	return tx.RecordFact(send, f.Type, nil)
}

// RecordFact records a fact alone, and before it delivered where that goes without saying.
func (tx *Tx) RecordFact(send *store.EmailSend, fact string, detail map[string]any) error {
	known, err := tx.factTypes(send)
	if err != nil {
		return err
	}
	if conflict := outcome.CheckOrder(known, fact); conflict != nil {
		return outOfOrder(conflict)
	}
	if outcome.ImpliesDelivered(fact) && !slices.Contains(known, outcome.Delivered) {
		if err := tx.RecordFact(send, outcome.Delivered, nil); err != nil {
			return err
		}
	}
	if fact == outcome.Delivered {
		if err := tx.addressAnswers(send.To); err != nil {
			return err
		}
	}
	return tx.addFact(send, fact, detail)
}

func (tx *Tx) factTypes(send *store.EmailSend) ([]string, error) {
	facts, err := tx.Facts(send)
	types := make([]string, len(facts))
	for i, f := range facts {
		types[i] = f.Type
	}
	return types, err
}

func (tx *Tx) addFact(send *store.EmailSend, fact string, detail map[string]any) error {
	raw := json.RawMessage("{}")
	if send.To == "" {
		delete(detail, "url") // the Profile is deleted, and a link may say whose it was
	}
	if detail != nil {
		var err error
		if raw, err = json.Marshal(detail); err != nil {
			return err
		}
	}
	if err := tx.AddFact(send, store.Fact{Type: fact, Detail: raw, At: tx.Now}); err != nil {
		return err
	}
	return tx.mailTouched(send, fact)
}

// bounce is hard or soft.
func (tx *Tx) bounce(send *store.EmailSend, kind string) error {
	code := "4.2.2"
	if kind != outcome.Soft {
		kind, code = outcome.Hard, "5.1.1"
	}
	if err := tx.RecordFact(send, outcome.Bounced, map[string]any{"kind": kind, "code": code}); err != nil {
		return err
	}
	return tx.addressBounces(send.To, kind, code)
}

// addressBounces keeps the latest bounce of an address. A hard one suppresses it, as do five soft ones in a row.
func (tx *Tx) addressBounces(email, kind, code string) error {
	address, err := tx.addressOf(email)
	if err != nil || address == nil {
		return err
	}
	address.Bounce, address.Code = kind, code
	if kind == outcome.Soft {
		address.SoftBounces++
	}
	if address.Suppressed == "" && (kind == outcome.Hard || address.SoftBounces >= softBounces) {
		address.Suppressed = store.SuppressedBounce
	}
	return tx.PutAddress(*address)
}

// addressAnswers lets the count of soft bounces in a row begin anew.
func (tx *Tx) addressAnswers(email string) error {
	address, err := tx.addressOf(email)
	if err != nil || address == nil || address.SoftBounces == 0 {
		return err
	}
	address.SoftBounces = 0
	return tx.PutAddress(*address)
}

// complain suppresses the address and takes the Profile out of the group that the mail went to.
func (tx *Tx) complain(send *store.EmailSend) error {
	if err := tx.RecordFact(send, outcome.Complained, nil); err != nil {
		return err
	}
	if err := tx.Suppress(send.To, store.SuppressedComplaint); err != nil {
		return err
	}
	if send.SubscriptionGroupID == "" {
		return nil
	}
	return tx.Choose(send.ProfileID, send.SubscriptionGroupID, store.Unsubscribed, store.SourceComplaint)
}

// click records a click on a link, by default the first one in the mail. What the fact holds is where the link leads,
// also when it was rewritten. The emulator's own pages are no target: nobody sees who looks at them.
func (tx *Tx) click(send *store.EmailSend, link string) error {
	if link == "" {
		m, err := tx.Mail(send.MessageID)
		if err != nil || m == nil {
			return err
		}
		for _, found := range mail.Links(m.HTML) {
			if link == "" && mail.Followable(found.URL) && !tx.w.linksLocked().Own(found.URL) {
				link = found.URL
			}
		}
	}
	if link == "" {
		return &Problem{Code: CodeInvalidState, Message: "The mail has no link to click on."}
	}
	return tx.RecordFact(send, outcome.Clicked, map[string]any{"url": tx.w.linksLocked().Original(link)})
}

// Happen lets a fact happen to a message that has left, and returns it as it was recorded.
func (tx *Tx) Happen(message string, f PlannedFact) (fact store.Fact, err error) {
	m, err := tx.MailWith(message)
	if err != nil {
		return fact, err
	}
	if err := tx.happen(&m.Send, f); err != nil {
		return fact, err
	}
	facts, err := tx.Facts(&m.Send)
	for _, stored := range facts {
		if stored.Type == f.Type {
			fact = stored
		}
	}
	return fact, err
}

// MailWith finds a message by id.
func (tx *Tx) MailWith(id string) (*store.Mail, error) {
	m, err := tx.Mail(strings.ToLower(id))
	if err == nil && (m == nil || m.SentAt.IsZero()) {
		return nil, NotFound("Message", id)
	}
	return m, err
}
