package world

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/mail"
	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// How a carrier is sent. Decided here: it is sent in batches. Each batch is one transaction with its emails, their
// facts and how far the carrier has come, so that a process killed at any point sends nothing twice. There is one batch
// every 50 milliseconds of the clock, so that calls can run between them, to read the results or to cancel.

// FanOutSize is how many emails a batch has.
const FanOutSize = 500

const fanOutPace = 50 * time.Millisecond

// launch starts a scheduled carrier at its time. A carrier that has changed since it was scheduled becomes a draft.
func (tx *Tx) launch(task store.Task) error {
	carrier, err := tx.CarrierWith("", task.Ref)
	if err != nil || !carrier.Scheduled() {
		return err
	}
	if bound, err := tx.stillScheduled(carrier); err != nil || !bound {
		return err
	}
	return tx.startCarrier(carrier)
}

// startCarrier starts a carrier: the snapshot of its audience is due.
func (tx *Tx) startCarrier(carrier *Carrier) (err error) {
	carrier.Status, carrier.StartedAt = store.CarrierInProgress, tx.Now
	if carrier.Task, err = tx.AddTask(tx.Now, TaskSnapshotAudience, carrier.ID, ""); err != nil {
		return err
	}
	return tx.putCarrier(carrier, "started")
}

// snapshotAudience freezes content and audience. Blockers that have appeared since the preflight fail the whole
// carrier. Nothing can change between the start and this task, but a process that dies in between may find another seed
// when it starts again.
func (tx *Tx) snapshotAudience(task store.Task) error {
	carrier, err := tx.CarrierWith("", task.Ref)
	if err != nil || carrier.Status != store.CarrierInProgress {
		return err
	}
	if err := tx.storeAudience(carrier); err != nil {
		return err
	}
	preflight, err := tx.Preflight(carrier)
	if err != nil {
		return err
	}
	if bound, err := tx.stillBound(carrier, preflight.parts); err != nil || !bound {
		return errors.Join(err, tx.DropSnapshot(carrier.Carrier))
	}

	carrier.Task, carrier.ContentHash = 0, preflight.Hash
	if !preflight.Ready() {
		tx.w.log.Warn("carrier failed its preflight at the start",
			"carrier", carrier.ID, "blocker", preflight.Blockers[0].Code)
		carrier.Status, carrier.CompletedAt = store.CarrierFailed, tx.Now
		return errors.Join(tx.DropSnapshot(carrier.Carrier),
			tx.putCarrier(carrier, "failed: "+strings.Join(preflight.Codes(), ", ")))
	}

	if err := tx.storeSnapshot(carrier, preflight.content); err != nil {
		return err
	}
	email := preflight.content
	carrier.Status, carrier.Audience, carrier.From = store.CarrierTriggered, &preflight.Audience, email.sender.Email
	if name := carrier.displayName(email); name != "" {
		carrier.From = mail.Address{Name: name, Email: email.sender.Email}.String()
	}
	if carrier.Task, err = tx.AddTask(tx.Now, TaskFanOut, carrier.ID, ""); err != nil {
		return err
	}
	return tx.putCarrier(carrier, fmt.Sprintf("the audience was stored: %d of %d are eligible",
		preflight.Audience.Eligible, preflight.Audience.Total))
}

// storeAudience stores and counts the recipients if it is decided who they are.
func (tx *Tx) storeAudience(carrier *Carrier) error {
	who, ok, err := tx.recipients(carrier)
	if err != nil || !ok {
		return err
	}
	counted, err := tx.TakeSnapshot(carrier.Carrier, who)
	carrier.counted = &counted
	return err
}

// storeSnapshot stores the content, and the email to an empty Profile. The recipients' messages are kept as changes to
// that one.
func (tx *Tx) storeSnapshot(carrier *Carrier, email *content) (err error) {
	if carrier.SnapshotID, err = tx.contentSnapshot(carrier, email); err != nil {
		return err
	}
	base, err := tx.renderSample(carrier, email, &store.Profile{})
	if err != nil {
		return err
	}
	return tx.AddBase(&store.MessageBase{Owner: carrier.ID, HTML: base.Out.HTML, Text: base.Out.Text})
}

// fanOut sends the next batch. If there are no recipients left, the carrier ends once all emails have ended.
func (tx *Tx) fanOut(task store.Task) error {
	carrier, err := tx.CarrierWith("", task.Ref)
	if err != nil || carrier.Status != store.CarrierTriggered {
		return err
	}
	recipients, err := tx.NextRecipients(carrier.Carrier, carrier.consentRule(), FanOutSize)
	if err != nil {
		return err
	}
	if len(recipients) == 0 {
		carrier.Task = 0
		if open, err := tx.IsBeingSent(carrier.ID); open || err != nil {
			return errors.Join(err, tx.Advance(carrier.Carrier))
		}
		carrier.Status, carrier.CompletedAt = store.CarrierSent, tx.Now
		return tx.putCarrier(carrier, "sent")
	}

	batch, err := tx.newFanOutBatch(carrier)
	if err != nil {
		return err
	}
	if err := batch.sendAll(recipients); err != nil {
		return err
	}

	carrier.Position = recipients[len(recipients)-1].Profile.ID
	due := tx.Now.Add(fanOutPace)
	if len(recipients) < FanOutSize {
		due = tx.Now
	}
	if carrier.Task, err = tx.AddTask(due, TaskFanOut, carrier.ID, ""); err != nil {
		return err
	}
	return tx.Advance(carrier.Carrier)
}

// carrierSendEnded ends a carrier that waited only for the end of this email.
func (tx *Tx) carrierSendEnded(send *store.EmailSend) error {
	if open, err := tx.IsBeingSent(send.CarrierID); open || err != nil {
		return err
	}
	carrier, err := tx.CarrierWith("", send.CarrierID)
	if err != nil || carrier.Status != store.CarrierTriggered || carrier.Task != 0 {
		return err
	}
	if carrier.Task, err = tx.AddTask(tx.Now, TaskFanOut, carrier.ID, ""); err != nil {
		return err
	}
	return tx.Advance(carrier.Carrier)
}

// CancelCarrier cancels what has not been sent. A scheduled carrier becomes a draft again and loses nothing. If a
// carrier is being sent, the emails that were sent stay sent, and the others are not sent. The handover of one that is
// under way goes on, but is not tried again.
func (tx *Tx) CancelCarrier(kind, id string) (*Carrier, error) {
	carrier, err := tx.CarrierWith(kind, id)
	if err != nil {
		return nil, err
	}
	switch {
	case carrier.Scheduled():
		return carrier, tx.unschedule(carrier, "cancelled; it is a draft again")
	case !carrier.Sending():
		return nil, carrier.refuse("It is neither scheduled nor being sent.")
	}
	if err := tx.DropTask(carrier.Task); err != nil {
		return nil, err
	}
	if err := tx.CancelRelays(carrier.ID, TaskRelayAgain); err != nil {
		return nil, err
	}
	carrier.Status, carrier.CancelledAt, carrier.Task = store.CarrierArchived, tx.Now, 0
	carrier.Version++
	return carrier, tx.putCarrier(carrier, "cancelled while it was being sent")
}
