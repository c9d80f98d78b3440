package world

import (
	"context"
	"slices"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/mail"
	"github.com/segmentflow/segmentflow-go/emulator/internal/outcome"
	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// Delivery, decided here: an EmailSend ends Sent, Failed or Skipped. What happens afterwards are facts on its message.
//
// Consent and suppression are tested just before the email is sent, so a send is accepted first and skipped then. What
// becomes of an email that was sent is in outcomes.go.

const relayTimeout = 10 * time.Second

// Why an EmailSend failed.
const (
	failureRender      = "template_render_failed"
	failureRelay       = "relay_failed"
	failureInterrupted = "relay_interrupted" // it is unknown whether the server took the email
)

// deliver ends a Queued send. It skips the send if consent or suppression forbids it, fails it if it could not be
// rendered, and otherwise sends the email.
func (tx *Tx) deliver(task store.Task) error {
	pending, err := tx.PendingSend(task.Ref)
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
		return tx.dropSend(send, store.SendFailed, failureRender)
	}
	if err := tx.dropSuppressedCopies(send); err != nil {
		return err
	}
	if tx.w.config.SMTP != "" && !outcome.Simulated(send.To) {
		return tx.startRelay(send)
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
	if err != nil || c.groups[pending.SubscriptionGroupID] == nil {
		return "", err
	}
	return consentSkip(c.groups[pending.SubscriptionGroupID], pending.Subscription), nil
}

// dropSuppressedCopies leaves the suppressed addresses out of the cc and bcc of an email that is about to be sent. The
// envelope of its EmailSend stays as it was asked for.
func (tx *Tx) dropSuppressedCopies(send *store.EmailSend) error {
	var dropped []store.DroppedCopy
	for _, box := range slices.Concat(send.CC, send.BCC) {
		reason, err := tx.suppression(box.Email)
		if err != nil {
			return err
		}
		if reason != "" {
			dropped = append(dropped, store.DroppedCopy{Email: box.Email, Reason: reason})
		}
	}
	return tx.DropCopies(send, dropped)
}

// dropSend ends a send whose email is not sent. What was rendered for it is deleted.
func (tx *Tx) dropSend(send *store.EmailSend, status, reason string) error {
	send.Status, send.FailureMessage, send.MessageID = status, reason, ""
	if err := tx.DropMessage(send); err != nil {
		return err
	}
	return tx.endSend(send)
}

// markSent ends a send as Sent: its email is in the outbox, and its next fact is scheduled.
func (tx *Tx) markSent(send *store.EmailSend) error {
	send.Status = store.SendSent
	if send.MessageID == "" { // a relayed send has one already
		send.MessageID = tx.NewID()
	}
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

// endSend stores the end of a send, and continues the run that waits for it.
func (tx *Tx) endSend(send *store.EmailSend) error {
	if err := tx.EndSend(send); err != nil {
		return err
	}
	if send.CarrierType != store.CarrierJourney {
		return nil
	}
	return tx.sendEnded(send)
}

// startRelay stores a send as Processing, and hands its email to the SMTP server after the commit. If the process is
// killed after that, it is unknown whether the server took the email, so it is never sent again.
func (tx *Tx) startRelay(send *store.EmailSend) error {
	send.Status, send.MessageID = store.SendProcessing, tx.NewID()
	if err := tx.EndSend(send); err != nil {
		return err
	}
	m, err := tx.Mail(send.MessageID)
	if err != nil {
		return err
	}
	m.SentAt = tx.Now
	org := tx.Org
	tx.w.after = append(tx.w.after, func() error { return tx.w.finishRelayLocked(org, m) })
	return nil
}

func (w *World) finishRelayLocked(org string, m *store.Mail) error {
	raw, err := Raw(m)
	if err == nil {
		ctx, cancel := context.WithTimeout(context.Background(), relayTimeout)
		defer cancel()
		recipients := []string{m.Send.To}
		for _, box := range slices.Concat(Copies(m, m.Send.CC), Copies(m, m.Send.BCC)) {
			if !outcome.Simulated(box.Email) {
				recipients = append(recipients, box.Email)
			}
		}
		err = mail.Relay(ctx, w.config.SMTP, m.Send.From.Email, recipients, raw)
	}
	if err != nil {
		w.log.Error("relay failed", "send", m.Send.ID, "error", err)
	}
	return w.recordRelayLocked(org, m.Send, err == nil)
}

// recordRelayLocked stores what became of an email at the SMTP server. If the database is unavailable, it is stored
// when there is due work again, so that an email that was sent is not forgotten.
func (w *World) recordRelayLocked(org string, send store.EmailSend, sent bool) error {
	kept := send
	tx, err := w.beginLocked(w.last, org)
	if err == nil {
		if sent {
			err = tx.markSent(&send)
		} else {
			err = tx.dropSend(&send, store.SendFailed, failureRelay)
		}
		if err == nil {
			err = tx.commit()
		} else {
			err = tx.rollback(err)
		}
	}
	if isUnavailable(err) {
		w.late = append(w.late, func() error { return w.recordRelayLocked(org, kept, sent) })
	}
	return err
}

// endInterruptedRelaysLocked fails the sends that a stopped process was handing to the SMTP server. Their emails may
// have been sent, so they are not sent again.
func (w *World) endInterruptedRelaysLocked() error {
	return w.eachOrganizationLocked(func(tx *Tx) error {
		sends, err := tx.UnfinishedRelays()
		if err != nil {
			return err
		}
		for i := range sends {
			if err := tx.dropSend(&sends[i], store.SendFailed, failureInterrupted); err != nil {
				return err
			}
		}
		return nil
	})
}

// eachOrganizationLocked acts in every Organization, in one transaction. The caller holds the lock.
func (w *World) eachOrganizationLocked(act func(tx *Tx) error) error {
	tx, err := w.beginLocked(w.nowLocked(), "")
	if err != nil {
		return err
	}
	orgs, err := tx.OrganizationIDs()
	if err != nil {
		return tx.rollback(err)
	}
	for _, org := range orgs {
		tx.Org = org
		if err := act(tx); err != nil {
			return tx.rollback(err)
		}
	}
	return tx.commit()
}
