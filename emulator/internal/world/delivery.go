package world

import (
	"context"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/mail"
	"github.com/segmentflow/segmentflow-go/emulator/internal/outcome"
	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// Delivery, decided here: an EmailSend ends Sent, Failed or Skipped; what happens afterwards are facts on its message.
//
// Consent and suppression are looked at just before the mail leaves, so a send is accepted first and skipped then. What
// becomes of mail that has left is in outcomes.go.

const relayTimeout = 10 * time.Second

// Why an EmailSend failed.
const (
	failureRender      = "template_render_failed"
	failureRelay       = "relay_failed"
	failureInterrupted = "relay_interrupted" // nobody knows whether it left
)

// deliver ends a Queued send: Skipped when consent or suppression forbids it, Failed when nothing could be rendered,
// else it leaves.
func (tx *Tx) deliver(task store.Task) error {
	d, err := tx.Departure(task.Ref)
	if err != nil || d == nil || d.Status != store.SendQueued {
		return err
	}
	reason, err := tx.skipReason(d)
	if err != nil {
		return err
	}
	send := &d.EmailSend
	if reason != "" {
		return tx.dropSend(send, store.SendSkipped, reason)
	}
	if !d.Rendered {
		return tx.dropSend(send, store.SendFailed, failureRender)
	}
	if tx.w.config.SMTP != "" && !outcome.Simulated(send.To) {
		return tx.startRelay(send)
	}
	return tx.post(send)
}

// skipReason is why a send must not leave now, "" when it may.
func (tx *Tx) skipReason(d *store.Departure) (string, error) {
	if !d.Known {
		return store.SkipProfileDeleted, nil
	}
	if reason := suppressed(d.To, d.Suppressed); reason != "" || d.SubscriptionGroupID == "" || d.CarrierType == store.CarrierTest {
		return reason, nil
	}
	c, err := tx.catalog()
	if err != nil || c.groups[d.SubscriptionGroupID] == nil {
		return "", err
	}
	return chosen(c.groups[d.SubscriptionGroupID], d.Subscription), nil
}

// dropSend ends a send whose mail does not leave; what was rendered for it is forgotten.
func (tx *Tx) dropSend(send *store.EmailSend, status, reason string) error {
	send.Status, send.FailureMessage, send.MessageID = status, reason, ""
	if err := tx.DropMessage(send); err != nil {
		return err
	}
	return tx.endSend(send)
}

// post lets a mail leave: it is in the outbox, and its next fact is scheduled.
func (tx *Tx) post(send *store.EmailSend) error {
	send.Status = store.SendSent
	if send.MessageID == "" { // a relayed one has it
		send.MessageID = tx.NewID()
	}
	if err := tx.endSend(send); err != nil {
		return err
	}
	if err := tx.addFact(send, outcome.Accepted, nil); err != nil {
		return err
	}
	plan, err := tx.plan(send)
	if err != nil {
		return err
	}
	return tx.foresee(send, outcome.Accepted, plan)
}

func (tx *Tx) endSend(send *store.EmailSend) error {
	if err := tx.EndSend(send); err != nil {
		return err
	}
	if send.CarrierType != store.CarrierJourney {
		return nil
	}
	return tx.sendEnded(send)
}

// startRelay hands a mail to the SMTP server once the send is stored as Processing: a process killed from here on does
// not know whether the server took it, and never sends it again.
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
		for _, copies := range [][]store.Mailbox{m.Send.CC, m.Send.BCC} {
			for _, c := range copies {
				recipients = append(recipients, c.Email)
			}
		}
		err = mail.Relay(ctx, w.config.SMTP, m.Send.From.Email, recipients, raw)
	}
	if err != nil {
		w.log.Error("relay failed", "send", m.Send.ID, "error", err)
	}
	return w.recordRelayLocked(org, m.Send, err == nil)
}

// recordRelayLocked stores what became of a mail at the SMTP server. If the database is unavailable, that waits until there is
// due work again: what has left is not forgotten.
func (w *World) recordRelayLocked(org string, send store.EmailSend, left bool) error {
	kept := send
	tx, err := w.beginLocked(w.last, org)
	if err == nil {
		if left {
			err = tx.post(&send)
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
		w.late = append(w.late, func() error { return w.recordRelayLocked(org, kept, left) })
	}
	return err
}

// endInterruptedRelaysLocked fails the mail that a stopped process had in the hands of the SMTP server: it may have left, so it
// is not sent again.
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
