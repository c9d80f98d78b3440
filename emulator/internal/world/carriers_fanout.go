package world

import (
	"errors"
	"fmt"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/mail"
	"github.com/segmentflow/segmentflow-go/emulator/internal/outcome"
	"github.com/segmentflow/segmentflow-go/emulator/internal/render"
	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// fanOutBatch sends one batch of a carrier's emails. Each email is accepted, tested for consent and suppression, and
// sent, like a single email. But it needs no task of its own for that, and no task for being delivered unless something
// else is planned for it.
type fanOutBatch struct {
	tx       *Tx
	carrier  *Carrier
	envelope *envelope
	mail     envelope // the envelope with the current send
	base     *store.MessageBase
	watched  bool     // an email that is accepted may concern a Journey
	accepted int      // emails
	place    int      // of the last email in the outbox
	ranges   []string // of the sends that will simply be delivered
	first    int      // of the open range, 0 if there is none
	last     int
}

func (tx *Tx) newFanOutBatch(carrier *Carrier) (*fanOutBatch, error) {
	compiled, err := tx.snapshot(carrier.SnapshotID)
	if err != nil {
		return nil, err
	}
	own, _ := mail.ParseAddress(compiled.From())
	from := carrier.sender(own)
	if from == nil {
		return nil, fmt.Errorf("carrier %s: its SenderProfile does not exist any more", carrier.ID)
	}
	e := newEnvelope(carrier.catalog, compiled, store.EmailSend{
		TemplateID:          carrier.TemplateID,
		SnapshotID:          carrier.SnapshotID,
		SenderProfileID:     from.ID,
		SubscriptionGroupID: carrier.SubscriptionGroupID,
		From:                store.Mailbox{Email: from.Email, Name: carrier.from.Name},
		CarrierType:         carrier.Type,
		CarrierID:           carrier.ID,
		CreatedAt:           tx.Now,
		UpdatedAt:           tx.Now,
	})
	if e.send.ReplyTo, e.headers, err = carrier.replyAddresses(compiled); err != nil {
		return nil, err
	}
	batch := &fanOutBatch{tx: tx, carrier: carrier, envelope: e}
	if batch.base, err = tx.Base(carrier.ID); err != nil {
		return nil, err
	}
	if batch.watched, err = tx.watchesMail(&change{fact: outcome.Accepted}); err != nil {
		return nil, err
	}
	batch.place, err = tx.LastPlace()
	return batch, err
}

// replyAddresses returns where replies go: to the carrier's addresses, else to the Template's. An EmailSend shows one
// address. If there are several, a header of its own lists them.
func (carrier *Carrier) replyAddresses(compiled *render.Template) (*store.Mailbox, [][2]string, error) {
	if len(carrier.ReplyTo) < 2 {
		box, err := carrier.catalog.replyTo(strings.Join(carrier.ReplyTo, ""), compiled)
		if _, unverified := errors.AsType[*Problem](err); unverified {
			return nil, nil, nil // its domain was verified when the draft was made
		}
		return box, nil, err
	}
	all := make([]mail.Address, len(carrier.ReplyTo))
	for i, text := range carrier.ReplyTo {
		all[i], _ = mail.ParseAddress(text) // checked when it was saved
	}
	box := &store.Mailbox{Email: all[0].Email, Name: all[0].Name}
	return box, [][2]string{{"Reply-To", mail.Mailboxes(all)}}, nil
}

// sendAll sends the batch. With an SMTP relay, each email is queued and handed over like a single one.
func (batch *fanOutBatch) sendAll(recipients []store.Recipient) error {
	for i := range recipients {
		var err error
		if batch.tx.w.relay != nil && recipients[i].Skip != store.SkipProfileDeleted {
			p := &recipients[i].Profile
			batch.mail = *batch.envelope
			_, err = batch.tx.queueSend(&batch.mail, p, p.Email, "", nil)
		} else {
			err = batch.send(&recipients[i])
		}
		if err != nil {
			return err
		}
	}
	batch.closeRange()
	if err := batch.tx.CountAccepted(batch.carrier.ID, batch.accepted); err != nil || len(batch.ranges) == 0 {
		return err
	}
	due := batch.tx.Now.Add(outcome.Pace)
	_, err := batch.tx.AddTask(due, TaskDeliverBatch, batch.carrier.ID, strings.Join(batch.ranges, ","))
	return err
}

func (batch *fanOutBatch) send(recipient *store.Recipient) error {
	p := &recipient.Profile
	batch.mail = *batch.envelope
	send := batch.mail.address(batch.tx, p, p.Email, "")
	var message *store.Message
	if recipient.Skip != store.SkipProfileDeleted {
		var err error
		if message, _, err = batch.tx.renderSend(&batch.mail, p, send, nil); err != nil {
			return err
		}
	}
	switch {
	case recipient.Skip != "":
		send.Status, send.FailureMessage = store.SendSkipped, recipient.Skip
		return batch.drop(send)
	case message == nil:
		send.Status, send.FailureMessage = store.SendFailed, FailureRender
		return batch.drop(send)
	}

	send.Status, send.MessageID = store.SendSent, store.MessageIDOf(send.ID)
	batch.tx.note(NewsMail, send.To)
	batch.place++
	message.SentAt, message.Seq, message.Base = batch.tx.Now, batch.place, batch.base
	if err := batch.tx.AddSend(send, message); err != nil {
		return err
	}
	batch.accepted++
	if batch.watched {
		if err := batch.tx.reactToMail(send, outcome.Accepted); err != nil {
			return err
		}
	}
	if err := batch.tx.hookEmail(send, outcome.Accepted, nil); err != nil {
		return err
	}
	return batch.scheduleFacts(send)
}

// drop stores a send whose email is not sent.
func (batch *fanOutBatch) drop(send *store.EmailSend) error {
	return errors.Join(batch.tx.hookUnsent(send), batch.tx.AddSend(send, nil))
}

// scheduleFacts schedules the facts of an email that was sent. An email that will simply be delivered, as most are,
// goes into a range with its neighbours.
func (batch *fanOutBatch) scheduleFacts(send *store.EmailSend) error {
	if batch.carrier.catalog.scripted || outcome.Simulated(send.To) {
		batch.closeRange()
		planned, err := batch.tx.plannedFacts(send)
		if err != nil {
			return err
		}
		return batch.tx.scheduleFacts(send, outcome.Accepted, planned)
	}
	if batch.first == 0 {
		batch.first = send.Seq
	}
	batch.last = send.Seq
	return nil
}

// closeRange ends the open range of neighbours.
func (batch *fanOutBatch) closeRange() {
	if batch.first > 0 {
		batch.ranges = append(batch.ranges, fmt.Sprintf("%d-%d", batch.first, batch.last))
	}
	batch.first = 0
}

// deliverBatch records that the emails of a batch were delivered, except those to which something else has happened, or
// for which a test has scripted something else since.
func (tx *Tx) deliverBatch(task store.Task) error {
	watched, err := tx.watchesMail(&change{fact: outcome.Delivered})
	if err != nil {
		return err
	}
	watched = watched || tx.w.hooks.On()
	for each := range strings.SplitSeq(task.Arg, ",") {
		var from, to int
		if _, err := fmt.Sscanf(each, "%d-%d", &from, &to); err != nil {
			return err
		}
		if !watched {
			if err := tx.DeliverAll(task.Ref, from, to); err != nil {
				return err
			}
			continue
		}
		sends, err := tx.UnscriptedSends(task.Ref, from, to)
		if err != nil {
			return err
		}
		for i := range sends {
			err := tx.RecordFact(&sends[i], outcome.Delivered, nil)
			if _, impossible := errors.AsType[*Problem](err); err != nil && !impossible {
				return err
			}
		}
	}
	return nil
}
