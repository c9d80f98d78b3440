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

// What becomes of an email that was sent. Decided here: facts on its message, in the order that package outcome allows.
//
// What happens without a call is, by precedence: what Script set for the send; what Script set for the address; what a
// simulated address asks for; delivered, a second later.

// FactTypes returns all facts that can happen to an email that was sent, sorted.
func FactTypes() []string { return outcome.Types() }

// Possible returns an error that says why a fact cannot happen to an email that these facts have happened to, nil if it
// can.
func Possible(known []Fact, fact string) error {
	types := make([]string, len(known))
	for i := range known {
		types[i] = known[i].Type
	}
	if conflict := outcome.CheckOrder(types, fact); conflict != nil {
		return conflict
	}
	return nil
}

// ScriptError says why emails cannot be scripted. Fact is the index of the fact that is wrong, or -1 if it is the
// target.
type ScriptError struct {
	Fact int
	Why  string
}

func (wrong *ScriptError) Error() string {
	if wrong.Fact < 0 {
		return wrong.Why
	}
	return fmt.Sprintf("fact %d: %s", wrong.Fact+1, wrong.Why)
}

func wrongTarget(format string, args ...any) *ScriptError {
	return &ScriptError{-1, fmt.Sprintf(format, args...)}
}

// ScriptMail decides what happens to emails from now on. The target is an address, for all emails to it, or the id of
// an EmailSend. If the target or a fact is wrong, the error is a ScriptError.
func (tx *Tx) ScriptMail(target string, facts []PlannedFact) error {
	target = strings.ToLower(strings.TrimSpace(target))
	known := []string{outcome.Accepted}
	var send *store.EmailSend
	if _, err := uuid.Parse(target); err == nil {
		if send, err = tx.Send(target); err != nil {
			return err
		}
		if send == nil || send.Status == store.SendFailed || send.Status == store.SendSkipped {
			return wrongTarget("%s is not the id of an EmailSend that was sent or will be sent; "+
				"that of a Message is its SendID", target)
		}
		if known, err = tx.factTypes(send); err != nil {
			return err
		}
	} else if !mail.ValidEmail(target) {
		return wrongTarget("%q is neither an address nor the id of an EmailSend; pass one such as "+
			"alex@example.com", target)
	}
	raw, err := outcome.Encode(known, facts)
	if wrong, ok := errors.AsType[*outcome.WrongFact](err); ok {
		return &ScriptError{wrong.Index, wrong.Err.Error()}
	}
	if err != nil {
		return err
	}

	c, err := tx.catalog()
	if err != nil {
		return err
	}
	c.scripted = true
	if err := tx.PutScript(target, raw); err != nil || send == nil || send.Status != store.SendSent {
		return err
	}
	if err := tx.DropTasks(TaskOutcome, send.ID); err != nil {
		return err
	}
	return tx.scheduleFacts(send, known[len(known)-1], facts)
}

// outOfOrder returns the refusal of a fact that cannot follow another one.
func outOfOrder(conflict *outcome.OutOfOrder) *Problem {
	return &Problem{CodeInvalidState, conflict.Error() + ".", map[string]any{"status": conflict.Before}}
}

// plannedFacts returns what will happen to an email that is sent now, unless a call changes it.
func (tx *Tx) plannedFacts(send *store.EmailSend) ([]PlannedFact, error) {
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

// scheduleFacts schedules the first of the facts that are still to come. last is the fact before it.
func (tx *Tx) scheduleFacts(send *store.EmailSend, last string, coming []PlannedFact) error {
	if len(coming) == 0 {
		return nil
	}
	raw, err := json.Marshal(coming)
	if err != nil {
		return err
	}
	_, err = tx.AddTask(tx.Now.Add(coming[0].Delay(last)), TaskOutcome, send.ID, string(raw))
	return err
}

// runOutcome applies the next planned fact of a send. It skips a fact that has become impossible since, by a call such
// as Bounce.
func (tx *Tx) runOutcome(task store.Task) error {
	var coming []PlannedFact
	if err := json.Unmarshal([]byte(task.Arg), &coming); err != nil {
		return err
	}
	send, err := tx.Send(task.Ref)
	if err != nil || send == nil {
		return err
	}
	err = tx.applyFact(send, coming[0])
	if _, impossible := errors.AsType[*Problem](err); err != nil && !impossible {
		return err
	}
	return tx.scheduleFacts(send, coming[0].Type, coming[1:])
}

// applyFact records a fact and carries out its consequences. A fact that cannot happen is a problem, and nothing is
// written.
func (tx *Tx) applyFact(send *store.EmailSend, planned PlannedFact) error {
	switch planned.Type {
	case outcome.Bounced:
		return tx.bounce(send, planned.Kind)
	case outcome.Complained:
		return tx.complain(send)
	case outcome.Clicked:
		return tx.click(send, planned.URL)
	case outcome.Unsubscribed:
		if send.SubscriptionGroupID == "" || send.CarrierType == store.CarrierTest {
			return &Problem{Code: CodeInvalidState, Message: "The email has no SubscriptionGroup " +
				"to unsubscribe from, or it is a test, whose links change nothing."}
		}
		return tx.Unsubscribe(send, send.SubscriptionGroupID, store.SourceOneClick)
	}
	return tx.RecordFact(send, planned.Type, nil)
}

// RecordFact records a fact without its consequences. If the fact implies that the email was delivered, it records
// delivered before it.
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
		if err := tx.endSoftBounces(send); err != nil {
			return err
		}
	}
	return tx.addFact(send, fact, detail)
}

func (tx *Tx) factTypes(send *store.EmailSend) ([]string, error) {
	facts, err := tx.Facts(send)
	types := make([]string, len(facts))
	for i, fact := range facts {
		types[i] = fact.Type
	}
	return types, err
}

func (tx *Tx) addFact(send *store.EmailSend, fact string, detail map[string]any) error {
	raw := json.RawMessage("{}")
	if send.To == "" {
		delete(detail, "url") // the Profile is deleted, and a link may identify it
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
	if err := tx.hookEmail(send, fact, raw); err != nil {
		return err
	}
	return tx.reactToMail(send, fact)
}

// bounce records a bounce, a hard one unless the kind is soft.
func (tx *Tx) bounce(send *store.EmailSend, kind string) error {
	code := "4.2.2"
	if kind != outcome.Soft {
		kind, code = outcome.Hard, "5.1.1"
	}
	if err := tx.RecordFact(send, outcome.Bounced, map[string]any{"kind": kind, "code": code}); err != nil {
		return err
	}
	return tx.recordBounce(send, kind, code)
}

// recordBounce keeps the latest bounce of an address. A hard bounce suppresses the address, as do five soft ones in a
// row.
func (tx *Tx) recordBounce(send *store.EmailSend, kind, code string) error {
	address, err := tx.addressRow(send.To)
	if err != nil || address == nil {
		return err
	}
	address.Bounce, address.Code, address.Streak = kind, code, address.Streak.Add(send.Seq, kind == outcome.Soft)
	if address.Suppressed == "" && (kind == outcome.Hard || address.Streak.Suppresses()) {
		address.Suppressed = store.SuppressedBounce
	}
	return tx.PutAddress(*address)
}

// endSoftBounces ends a row of soft bounces, unless the email that was delivered bounces later.
func (tx *Tx) endSoftBounces(send *store.EmailSend) error {
	address, err := tx.addressRow(send.To)
	if err != nil || address == nil || address.Streak == nil {
		return err
	}
	address.Streak = address.Streak.Add(send.Seq, false)
	return tx.PutAddress(*address)
}

// complain suppresses the address, and unsubscribes the Profile from the group that the email went to.
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

// click records a click on a link, by default on the first one in the email. The fact has the URL where the link leads,
// also if the link was rewritten. The default skips the emulator's own pages, because opening them is not a fact.
func (tx *Tx) click(send *store.EmailSend, link string) error {
	if link == "" {
		m, err := tx.Mail(send.MessageID)
		if err != nil || m == nil {
			return err
		}
		for _, found := range mail.LinksIn(m.HTML, m.Text) {
			if link == "" && mail.Followable(found.URL) && !tx.w.linksLocked().Own(found.URL) {
				link = found.URL
			}
		}
	}
	if link == "" {
		return &Problem{Code: CodeInvalidState, Message: "The email has no link to click."}
	}
	return tx.RecordFact(send, outcome.Clicked, map[string]any{"url": tx.w.linksLocked().Original(link)})
}

// ApplyFact makes a fact happen to a message that was sent, and returns the fact as it was recorded.
func (tx *Tx) ApplyFact(message string, planned PlannedFact) (fact store.Fact, err error) {
	m, err := tx.MailWith(message)
	if err != nil {
		return fact, err
	}
	if err := tx.applyFact(&m.Send, planned); err != nil {
		return fact, err
	}
	fact = store.Fact{Type: planned.Type, At: tx.Now} // an unsubscription that the email cannot have
	facts, err := tx.Facts(&m.Send)
	for _, stored := range facts {
		if stored.Type == planned.Type {
			fact = stored
		}
	}
	return fact, err
}

// MailWith returns the message with an id.
func (tx *Tx) MailWith(id string) (*store.Mail, error) {
	m, err := tx.Mail(strings.ToLower(id))
	if err == nil && (m == nil || m.SentAt.IsZero()) {
		return nil, NotFound("Message", id)
	}
	return m, err
}
