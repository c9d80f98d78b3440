package world

import (
	"github.com/google/uuid"

	"github.com/segmentflow/segmentflow-go/emulator/internal/outcome"
	"github.com/segmentflow/segmentflow-go/emulator/internal/relay"
	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// Delivery, decided here: an EmailSend ends Sent, Failed or Skipped. What happens afterwards are facts on its message.
//
// Consent and suppression are tested just before the email is sent, so a send is accepted first and skipped then. What
// becomes of an email that was sent is in outcomes.go.

// Why an EmailSend failed: its email could not be made, or the SMTP server refused it, or it is unknown whether the
// server took it. The server's code follows FailureRelay.
const (
	FailureRender      = "template_render_failed"
	FailureRelay       = relay.Failed
	FailureInterrupted = relay.Interrupted
)

// deliver ends a Queued send. It skips the send if consent or suppression forbids it, fails it if it could not be
// rendered, and otherwise sends the email.
func (tx *Tx) deliver(task store.Task) error {
	known, err := tx.knowsAddresses()
	if err != nil {
		return err
	}
	pending, err := tx.PendingSend(task.Ref, !known)
	if err != nil || pending == nil || pending.Status != store.SendQueued {
		return err
	}
	reason, err := tx.skipReason(pending)
	if err != nil {
		return err
	}
	send := &pending.EmailSend
	if reason != "" {
		return tx.dropSend(send, store.SendSkipped, reason)
	}
	if !pending.Rendered {
		return tx.dropSend(send, store.SendFailed, FailureRender)
	}
	copies, err := tx.dropSuppressedCopies(send, send.Copies())
	if err != nil {
		return err
	}
	if tx.w.relay != nil && !outcome.Simulated(send.To) {
		return tx.startRelay(send, copies)
	}
	return tx.markSent(send)
}

// skipReason returns why a send must be skipped now, "" if it may be sent.
func (tx *Tx) skipReason(pending *store.PendingSend) (string, error) {
	if !pending.Known {
		return store.SkipProfileDeleted, nil
	}
	reason := suppressionSkip(pending.To, pending.Suppressed)
	if reason != "" || pending.SubscriptionGroupID == "" || pending.CarrierType == store.CarrierTest {
		return reason, nil
	}
	c, err := tx.catalog()
	if err != nil || c.group(pending.SubscriptionGroupID) == nil {
		return "", err
	}
	return consentSkip(c.group(pending.SubscriptionGroupID), pending.Subscription), nil
}

// dropSuppressedCopies leaves the suppressed addresses out of the copies of an email that is about to be sent, and
// returns the others. The envelope of its EmailSend stays as it was asked for.
func (tx *Tx) dropSuppressedCopies(send *store.EmailSend, copies []string) (kept []string, err error) {
	var dropped []store.DroppedCopy
	for _, email := range copies {
		reason, err := tx.suppression(email)
		if err != nil {
			return nil, err
		}
		if reason == "" {
			kept = append(kept, email)
			continue
		}
		dropped = append(dropped, store.DroppedCopy{Email: email, Reason: reason})
	}
	return kept, tx.DropCopies(send, dropped)
}

// dropSend ends a send whose email is not sent. What was rendered for it is deleted.
func (tx *Tx) dropSend(send *store.EmailSend, status, reason string) error {
	send.Status, send.FailureMessage, send.MessageID = status, reason, ""
	if err := tx.DropMessage(send); err != nil {
		return err
	}
	if err := tx.hookUnsent(send); err != nil {
		return err
	}
	return tx.endSend(send)
}

// markSent ends a send as Sent: its email is in the outbox, and its next fact is scheduled.
func (tx *Tx) markSent(send *store.EmailSend) error {
	send.Status = store.SendSent
	if send.MessageID == "" { // a relayed send has one already
		send.MessageID = tx.newMessageID(send)
	}
	tx.note(NewsMail, send.To)
	if err := tx.endSend(send); err != nil {
		return err
	}
	if err := tx.addFact(send, outcome.Accepted, nil); err != nil {
		return err
	}
	planned, err := tx.plannedFacts(send)
	if err != nil {
		return err
	}
	return tx.scheduleFacts(send, outcome.Accepted, planned)
}

// newMessageID returns the id of the email of a send that is handed over now. With an SMTP relay it is drawn at random,
// because its Message-ID leaves the world: no email of another run may have the same.
func (tx *Tx) newMessageID(send *store.EmailSend) string {
	if tx.w.relay != nil {
		return uuid.NewString()
	}
	return store.MessageIDOf(send.ID)
}

// endSend stores the end of a send, and continues the run or the carrier that waits for it.
func (tx *Tx) endSend(send *store.EmailSend) error {
	if err := tx.EndSend(send); err != nil {
		return err
	}
	switch send.CarrierType {
	case store.CarrierJourney:
		return tx.sendEnded(send)
	case store.CarrierBroadcast, store.CarrierNewsletterIssue:
		return tx.carrierSendEnded(send)
	}
	return nil
}
