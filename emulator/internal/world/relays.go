package world

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"github.com/segmentflow/segmentflow-go/emulator/internal/idle"
	"github.com/segmentflow/segmentflow-go/emulator/internal/outcome"
	"github.com/segmentflow/segmentflow-go/emulator/internal/relay"
	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// Relaying, decided here: handing an email to the SMTP server is a conversation of package relay, outside of the lock.
// Until the email has ended its send is Processing, and a row says how far it has come:
//
//	queued → begun → ended, or waiting for the task relayAgain, which makes it queued
//
// begun is committed before the conversation begins, so that nothing is handed over twice: what a stopped process has
// begun may have been sent.

// startRelay stores a send as Processing, and queues its email for all recipients but simulated ones.
func (tx *Tx) startRelay(send *store.EmailSend, copies []string) error {
	send.Status, send.MessageID = store.SendProcessing, tx.newMessageID(send)
	if err := tx.EndSend(send); err != nil {
		return err
	}
	return tx.queueRelay(send, relay.To(send.To, slices.DeleteFunc(copies, outcome.Simulated)))
}

// queueRelay queues an email for a conversation, which begins after the commit. If the world has no SMTP server any
// more, the email counts as taken.
func (tx *Tx) queueRelay(send *store.EmailSend, h *relay.Handover) error {
	w, org := tx.w, tx.Org
	if w.relay == nil {
		gone := relay.Result{Kind: relay.Taken, Text: "there is no SMTP server any more"}
		return errors.Join(tx.PutRelay(send, store.RelayBegun, h), tx.relayEnds(send.ID, gone))
	}
	tx.AfterCommit(func() error {
		w.relay.Add(org, send.ID)
		return nil
	})
	return tx.PutRelay(send, store.RelayQueued, h)
}

// relayAgain queues an email for its next try.
func (tx *Tx) relayAgain(task store.Task) error {
	row, err := tx.Relay(task.Ref, store.RelayWaiting)
	if err != nil || row == nil {
		return err
	}
	return tx.queueRelay(&row.EmailSend, row.Handover)
}

// takeRelay begins the handover of an email and returns what the server gets, nil if it gets nothing. A conversation
// calls it, without the lock.
func (w *World) takeRelay(job idle.Job) (letter *relay.Mail) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed || !w.relay.IsCurrent(job) {
		return nil
	}
	err := w.actLocked(context.Background(), job.Org, func(tx *Tx) (err error) {
		letter, err = tx.beginRelay(job.Ref)
		return err
	})
	if err == nil {
		return letter
	}
	if isUnavailable(err) {
		lateLocked(w, job.Org, func(tx *Tx) error { return tx.queueAgain(job.Ref) })
		w.armLocked(err)
	}
	w.log.Error("relay: an email could not be read", "send", job.Ref, "error", err)
	return nil
}

// queueAgain queues an email whose conversation could not begin. It writes the row again, so that whoever waits for the
// email gets the error while the database stays unavailable.
func (tx *Tx) queueAgain(id string) error {
	row, err := tx.Relay(id, store.RelayQueued)
	if err != nil || row == nil {
		return err
	}
	return tx.queueRelay(&row.EmailSend, row.Handover)
}

// beginRelay tests consent and suppression once more, and stores that the conversation begins.
func (tx *Tx) beginRelay(id string) (*relay.Mail, error) {
	row, err := tx.Relay(id, store.RelayQueued)
	if err != nil || row == nil {
		return nil, err
	}
	send, h := &row.EmailSend, row.Handover
	if !h.Taken {
		reason, err := tx.skipReason(&row.PendingSend)
		if err == nil && reason != "" {
			err = tx.endRelay(send, h, store.SendSkipped, reason)
		}
		if err != nil || reason != "" {
			return nil, err
		}
	}
	copies := h.Copies()
	kept, err := tx.dropSuppressedCopies(send, copies)
	if err != nil {
		return nil, err
	}
	h.Pending = append(h.Pending[:len(h.Pending)-len(copies)], kept...)

	m, err := tx.Mail(send.MessageID)
	if err != nil {
		return nil, err
	}
	if m == nil || len(h.Pending) == 0 { // the Profile was deleted after its email was taken, or no copy is left
		return nil, tx.PutRelay(send, store.RelayEnded, h)
	}
	if m.SentAt.IsZero() {
		m.SentAt = tx.Now
	}
	raw, err := Raw(m)
	if err != nil {
		tx.w.log.Warn("relay: an email could not be made", "send", send.ID, "error", err)
		return nil, tx.endRelay(send, h, store.SendFailed, FailureRender)
	}
	return h.Mail(send.From.Email, raw), tx.PutRelay(send, store.RelayBegun, h)
}

// endRelay ends a send whose email is not sent.
func (tx *Tx) endRelay(send *store.EmailSend, h *relay.Handover, status, reason string) error {
	return errors.Join(tx.PutRelay(send, store.RelayEnded, h), tx.dropSend(send, status, reason))
}

// recordRelay stores the end of a conversation as a task, and runs it. If the database is unavailable, it is stored
// when there is due work again, so that an email that was sent is not forgotten. A conversation calls it, without the
// lock.
func (w *World) recordRelay(job idle.Job, result relay.Result) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed || !w.relay.IsCurrent(job) {
		return
	}
	lateLocked(w, job.Org, func(tx *Tx) error { return tx.relayEnds(job.Ref, result) })
	_, err := w.runDueLocked(context.Background(), w.nowLocked()) // logged there; the next call gets the same error
	w.armLocked(err)
}

// relayEnds schedules what follows from the end of a conversation.
func (tx *Tx) relayEnds(id string, result relay.Result) error {
	raw, err := json.Marshal(result)
	if err != nil {
		return err
	}
	_, err = tx.AddTask(tx.Now, TaskRelayed, id, string(raw))
	return err
}

// relayed carries out what follows from the end of a conversation: the send ends, or its next try is scheduled.
func (tx *Tx) relayed(task store.Task) error {
	var result relay.Result
	if err := json.Unmarshal([]byte(task.Arg), &result); err != nil {
		return err
	}
	row, err := tx.Relay(task.Ref, store.RelayBegun)
	if err != nil || row == nil {
		return err
	}
	send, h, state := &row.EmailSend, row.Handover, store.RelayEnded
	if !row.Known {
		h.Forget(&result)
	}
	out := h.End(tx.Now, result)
	for _, left := range out.Left {
		if err := tx.DropCopies(send, []store.DroppedCopy{store.DroppedCopy(left)}); err != nil {
			return err
		}
	}
	switch {
	case out.Failure != "":
		return tx.endRelay(send, h, store.SendFailed, out.Failure)
	case out.Sent:
		err = tx.markSent(send)
	case out.Stopped:
		state = store.RelayQueued // a later process begins again
	}
	if !h.Next.IsZero() {
		state = store.RelayWaiting
		_, dueErr := tx.AddTask(h.Next, TaskRelayAgain, send.ID, "")
		err = errors.Join(err, dueErr)
	}
	return errors.Join(err, tx.PutRelay(send, state, h))
}

// resumeQueues goes on with what a stopped process has left.
func (tx *Tx) resumeQueues() error { return errors.Join(tx.resumeRelays(), tx.resumeWebhooks()) }

// resumeRelays goes on with the handovers of a stopped process. What had begun may have been sent, and is not sent
// again.
func (tx *Tx) resumeRelays() error {
	open, err := tx.OpenRelays()
	if err != nil {
		return err
	}
	stopped := relay.Result{Kind: relay.Unknown, Text: "the emulator was stopped"}
	for _, each := range open {
		tx.Org = each.Org
		row, err := tx.Relay(each.ID, each.State)
		if err != nil {
			return err
		}
		if each.State == store.RelayBegun {
			err = tx.relayEnds(each.ID, stopped)
		} else {
			err = tx.queueRelay(&row.EmailSend, row.Handover)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
