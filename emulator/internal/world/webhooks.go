package world

import (
	"context"
	"encoding/json"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/idle"
	"github.com/segmentflow/segmentflow-go/emulator/internal/journey"
	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
	"github.com/segmentflow/segmentflow-go/emulator/internal/webhook"
)

// Hooks, decided here: what happens to emails, and the ends of runs, are posted to a receiver by package webhook,
// outside of the lock. A hook is a row that is stored together with what it is about:
//
//	pending → delivered or parked, or waiting for the task webhookAgain, which makes it pending
//
// At most one hook of a Profile is in the queue or waits for its next try. Its later hooks are pending until that one
// is delivered or parked. What a stopped process had under way is still pending, so the next one sends it again.
// Deleting a Profile cancels its open hooks and blanks all of them. Nothing later is posted about it.

// openHooks opens the queue of hooks, if there is a receiver.
func openHooks(w *World) {
	if w.config.Webhook != nil {
		w.hooks = webhook.Open(w.config.Webhook, w.log,
			func(job idle.Job) *webhook.Post { return takeHook(w, job) },
			func(job idle.Job, try webhook.Try) { recordHook(w, job, try) })
	}
}

// hookEmail stores a hook about an email, if there is a receiver. What happened is a fact, or how the email ended. A
// nil detail is an empty one.
func (tx *Tx) hookEmail(send *store.EmailSend, happened string, detail json.RawMessage) error {
	if !tx.w.hooks.On() || send.To == "" {
		return nil
	}
	if detail == nil {
		detail = json.RawMessage("{}")
	}
	carrier := webhook.Carrier{Type: send.CarrierType, ID: send.CarrierID}
	if carrier.ID == "" {
		carrier.ID = send.ID // an EmailSend is its own carrier
	}
	return tx.hook(webhook.EmailType(happened), send.ProfileID, &webhook.Email{
		SendID: send.ID, MessageID: send.MessageID, TemplateID: send.TemplateID, Carrier: carrier, To: send.To,
		Detail: detail,
	})
}

// hookUnsent stores a hook about an email that will not be sent.
func (tx *Tx) hookUnsent(send *store.EmailSend) error {
	if !tx.w.hooks.On() || send.Status == store.SendSent {
		return nil
	}
	detail, err := json.Marshal(map[string]string{"reason": send.FailureMessage})
	if err != nil {
		return err
	}
	return tx.hookEmail(send, send.Status, detail)
}

// hookRun stores a hook about the end of a run.
func (tx *Tx) hookRun(run *store.Run) error {
	if !tx.w.hooks.On() || run.Reason == journey.ReasonProfileDeleted {
		return nil
	}
	key, err := tx.JourneyKey(run.JourneyID)
	if err != nil {
		return err
	}
	return tx.hook(webhook.RunType(run.Status), run.ProfileID, &webhook.Run{
		RunID: run.ID, JourneyID: run.JourneyID, JourneyKey: key, Version: run.Version, Status: run.Status,
		Reason: run.Reason, Error: run.Error,
	})
}

func (tx *Tx) hook(kind, profile string, data any) error {
	hook := store.Webhook{
		ID: tx.NewID(), ProfileID: profile, Type: kind, CreatedAt: tx.Now, State: store.WebhookPending,
	}
	var err error
	if hook.Payload, err = json.Marshal(webhook.Hook{
		ID: hook.ID, Type: kind, CreatedAt: Stamp(tx.Now), OrganizationID: tx.Org, ProfileID: profile, Data: data,
	}); err != nil {
		return err
	}
	waits, err := tx.HasOpenWebhook(profile)
	if err != nil {
		return err
	}
	if !waits {
		tx.queueHook(hook.ID)
	}
	return tx.AddWebhook(&hook)
}

// queueHook sends a pending hook after the commit.
func (tx *Tx) queueHook(id string) {
	if tx.w.hooks.On() {
		tx.hooks = append(tx.hooks, idle.Job{Org: tx.Org, Ref: id})
	}
}

// takeHook returns a hook that is to be sent now, nil if it is not to be sent any more. The queue calls it, without the
// lock.
func takeHook(w *World, job idle.Job) (post *webhook.Post) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed || !w.hooks.IsCurrent(job) {
		return nil
	}
	err := w.lookLocked(job.Org, func(tx *Tx) error {
		hook, err := tx.Webhook(job.Ref)
		if err == nil && hook != nil && hook.State == store.WebhookPending {
			post = &webhook.Post{ID: hook.ID, Body: hook.Payload, Attempt: len(hook.Tries) + 1, At: tx.Now}
		}
		return err
	})
	if err != nil {
		w.log.Error("webhook: a hook could not be read", "hook", job.Ref, "error", err)
		lateLocked(w, job.Org, func(tx *Tx) error { return tx.hookAgain(job.Ref) })
		w.armLocked(err)
		return nil
	}
	return post
}

// hookAgain queues a hook that could not be read. It writes the row again, so that whoever waits for the hook gets the
// error while the database stays unavailable.
func (tx *Tx) hookAgain(id string) error {
	hook, err := tx.Webhook(id)
	if err != nil || hook == nil || hook.State != store.WebhookPending {
		return err
	}
	tx.queueHook(id)
	return tx.SetWebhook(hook)
}

// recordHook stores what came of a try. The queue calls it, without the lock.
func recordHook(w *World, job idle.Job, try webhook.Try) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed || !w.hooks.IsCurrent(job) {
		return
	}
	lateLocked(w, job.Org, func(tx *Tx) error { return tx.hookTried(job.Ref, try) })
	_, err := w.runDueLocked(context.Background(), w.nowLocked()) // logged there; the next call gets the same error
	w.armLocked(err)
}

// hookTried stores what came of a try. If no other try follows, the Profile's next hook is queued.
func (tx *Tx) hookTried(id string, try webhook.Try) error {
	hook, err := tx.Webhook(id)
	if err != nil || hook == nil || hook.State != store.WebhookPending {
		return err
	}
	try.At = tx.Now
	hook.Tries = append(hook.Tries, try)
	wait, again := webhook.NextTry(hook.Tries)
	switch {
	case try.Taken():
		hook.State = store.WebhookDelivered
	case again:
		hook.State, hook.Next = store.WebhookWaiting, tx.Now.Add(wait)
		if _, err := tx.AddTask(hook.Next, TaskWebhookAgain, id, ""); err != nil {
			return err
		}
		return tx.SetWebhook(hook)
	default:
		hook.State = store.WebhookParked
	}
	if err := tx.SetWebhook(hook); err != nil {
		return err
	}
	next, err := tx.NextWebhook(hook.ProfileID)
	if err == nil && next != "" {
		tx.queueHook(next)
	}
	return err
}

// webhookAgain is the next try of a hook.
func (tx *Tx) webhookAgain(task store.Task) error {
	hook, err := tx.Webhook(task.Ref)
	if err != nil || hook == nil || hook.State != store.WebhookWaiting {
		return err
	}
	hook.State, hook.Next = store.WebhookPending, time.Time{}
	tx.queueHook(hook.ID)
	return tx.SetWebhook(hook)
}

// ResendWebhook sends a parked hook again. It gets as many tries as before, after other open hooks of its Profile.
func (tx *Tx) ResendWebhook(id string) error {
	hook, err := tx.Webhook(id)
	switch {
	case err != nil:
		return err
	case hook == nil:
		return NotFound("Webhook", id)
	case !tx.w.hooks.On():
		return &Problem{Code: CodeInvalidState, Message: "The emulator was started without a receiver of webhooks."}
	case hook.State != store.WebhookParked:
		return &Problem{CodeInvalidState, "Only a parked webhook can be sent again; this one is " + hook.State + ".",
			map[string]any{"status": hook.State}}
	}
	waits, err := tx.HasOpenWebhook(hook.ProfileID)
	if err != nil {
		return err
	}
	if !waits {
		tx.queueHook(id)
	}
	hook.State = store.WebhookPending
	return tx.SetWebhook(hook)
}

// resumeWebhooks sends what a stopped process, or one without a receiver, has left.
func (tx *Tx) resumeWebhooks() error {
	if !tx.w.hooks.On() {
		return nil
	}
	open, err := tx.OpenWebhooks()
	for _, each := range open {
		tx.Org = each.Org
		tx.queueHook(each.ID)
	}
	return err
}

// HasReceiver reports whether there is a receiver of webhooks.
func (tx *Tx) HasReceiver() bool { return tx.w.hooks.On() }
