package emulator

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// reply is what a writing handler answers: encoded once, stored for its key as it is, and written by the generated
// server through one Visit method per operation.
type reply struct {
	status   int
	body     []byte
	replayed bool
}

func (r reply) write(w http.ResponseWriter) error {
	if r.status == http.StatusNoContent {
		w.WriteHeader(r.status)
		return nil
	}
	if r.replayed {
		w.Header().Set("idempotent-replayed", "true")
	}
	writeRaw(w, r.status, r.body)
	return nil
}

// write carries out a call that changes the world: what is due, then the act in one transaction with its idempotency
// key, then what became due. The reply shows the state before that last part.
func (e *Emulator) write(ctx context.Context, act func(tx *Tx) (any, error)) (reply, error) {
	c := callOf(ctx)
	if c.target == "" {
		return e.writeAs(ctx, fixed(c.body), act)
	}
	return e.writeAs(ctx, fixed([]any{c.target, c.body}), act)
}

// writeAs is write for calls whose sameness is not that of their bodies. It asks same before the key is claimed, also
// when there is none, and again after the act: what a first call creates, a repeated one finds.
func (e *Emulator) writeAs(ctx context.Context, same, act func(tx *Tx) (any, error)) (reply, error) {
	c := callOf(ctx)
	var answer reply
	err := e.view(ctx, c.org, func(tx *Tx) (err error) {
		answer, err = e.keyed(tx, c.op.ID, c.key, same, c.op.Success, act)
		return err
	})
	return answer, err
}

// read answers a call that changes nothing, after what is due.
func (e *Emulator) read(ctx context.Context, look func(tx *Tx) (any, error)) (reply, error) {
	c := callOf(ctx)
	var r reply
	err := e.view(ctx, c.org, func(tx *Tx) (err error) {
		r, err = answer(tx, c.op.Success, look)
		return err
	})
	return r, err
}

// fixed is a sameness that no act changes.
func fixed(v any) func(*Tx) (any, error) { return func(*Tx) (any, error) { return v, nil } }

// transact runs what is due, then act and what it made due in one transaction. If the context ends before act begins,
// act is not done. The caller holds the lock.
func (w *world) transact(ctx context.Context, org string, act func(tx *Tx) error) error {
	if err := w.ready(); err != nil {
		return err
	}
	now := w.now()
	if _, err := w.runDue(ctx, now); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return errGaveUp
	}
	tx, err := w.begin(now, org)
	if err != nil {
		return err
	}
	if err := w.carryOut(tx, act); err != nil {
		return err
	}
	return w.drain(ctx)
}

// carryOut carries out an act and what it made due, and commits. An act that does not return, since it panicked or failed
// the test, has not happened.
func (w *world) carryOut(tx *Tx, act func(tx *Tx) error) error {
	returned := false
	defer func() {
		if !returned {
			_ = w.rollback(tx, nil)
		}
	}()
	err := act(tx)
	if err == nil {
		err = tx.holdSchedules()
	}
	if err == nil {
		err = tx.runAlong()
	}
	returned = true
	if err != nil {
		return w.rollback(tx, err)
	}
	return w.commit(tx)
}

// view runs what is due, then act, once it is the call's turn. If the context ends first, nothing is done.
func (w *world) view(ctx context.Context, org string, act func(tx *Tx) error) error {
	if err := w.lock(ctx); err != nil {
		return err
	}
	defer w.mu.Unlock()
	return w.transact(ctx, org, act)
}

// viewFirst is view of the first Organization.
func (w *world) viewFirst(ctx context.Context, act func(tx *Tx) error) error {
	if err := w.lock(ctx); err != nil {
		return err
	}
	defer w.mu.Unlock()
	return w.transact(ctx, w.org, act)
}

// keyed runs an act under an idempotency key: the same request gets the first answer again, another is refused. Without
// a key it just runs.
func (e *Emulator) keyed(tx *Tx, operation, key string, same func(*Tx) (any, error), status int,
	act func(tx *Tx) (any, error)) (reply, error) {
	before, err := same(tx)
	if err != nil {
		return reply{}, err
	}
	if key == "" {
		return answer(tx, status, act)
	}
	prior, err := tx.Reply(operation, key)
	if err != nil {
		return reply{}, err
	}
	if prior != nil && (e.config.KeyTTL == 0 || tx.Now.Before(prior.At.Add(e.config.KeyTTL))) {
		fingerprint, err := e.fingerprint(before)
		if err != nil {
			return reply{}, err
		}
		if !hmac.Equal(prior.Fingerprint, fingerprint) {
			return reply{}, &problem{code: "idempotency_key_reuse", message: "The idempotency key was used for another request."}
		}
		return reply{prior.Status, []byte(prior.Body), true}, nil
	}
	r, err := answer(tx, status, act)
	if err != nil {
		return reply{}, err
	}
	after, err := same(tx)
	if err != nil {
		return reply{}, err
	}
	fingerprint, err := e.fingerprint(after)
	if err != nil {
		return reply{}, err
	}
	return r, tx.PutReply(operation, key, store.Reply{Fingerprint: fingerprint, Status: r.status, Body: string(r.body)})
}

func answer(tx *Tx, status int, act func(tx *Tx) (any, error)) (reply, error) {
	v, err := act(tx)
	if err != nil {
		return reply{}, err
	}
	body, err := json.Marshal(v)
	return reply{status: status, body: body}, err
}

// fingerprint stands for a request without holding any of it in clear: an HMAC over its canonical JSON, in which the
// order of members and white space do not count.
func (w *world) fingerprint(v any) ([]byte, error) {
	canonical, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("fingerprint: %w", err)
	}
	mac := hmac.New(sha256.New, w.secret)
	mac.Write(canonical)
	return mac.Sum(nil), nil
}
