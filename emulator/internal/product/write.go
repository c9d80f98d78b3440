package product

import (
	"context"
	"crypto/hmac"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/segmentflow/segmentflow-go/emulator/internal/gateway"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
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
	gateway.WriteRaw(w, r.status, r.body)
	return nil
}

// write carries out a call that changes the world: what is due, then the act in one transaction with its idempotency
// key, then what became due. The reply shows the state before that last part.
func (s service) write(ctx context.Context, act func(tx *world.Tx) (any, error)) (reply, error) {
	c := callOf(ctx)
	if c.target == "" {
		return s.writeAs(ctx, fixed(c.body), act)
	}
	return s.writeAs(ctx, fixed([]any{c.target, c.body}), act)
}

// writeAs is write for calls whose sameness is not that of their bodies. It asks same before the key is claimed, also
// when there is none, and again after the act: what a first call creates, a repeated one finds.
func (s service) writeAs(ctx context.Context, same, act func(tx *world.Tx) (any, error)) (reply, error) {
	c := callOf(ctx)
	var answer reply
	err := s.w.Act(ctx, c.org, func(tx *world.Tx) (err error) {
		answer, err = s.keyed(tx, c.op.ID, c.key, same, c.op.Success, act)
		return err
	})
	return answer, err
}

// read answers a call that changes nothing, after what is due.
func (s service) read(ctx context.Context, look func(tx *world.Tx) (any, error)) (reply, error) {
	c := callOf(ctx)
	var r reply
	err := s.w.Act(ctx, c.org, func(tx *world.Tx) (err error) {
		r, err = answer(tx, c.op.Success, look)
		return err
	})
	return r, err
}

// fixed is a sameness that no act changes.
func fixed(v any) func(*world.Tx) (any, error) { return func(*world.Tx) (any, error) { return v, nil } }

// keyed runs an act under an idempotency key: the same request gets the first answer again, another is refused. Without
// a key it just runs.
func (s service) keyed(tx *world.Tx, operation, key string, same func(*world.Tx) (any, error), status int,
	act func(tx *world.Tx) (any, error)) (reply, error) {
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
	if prior != nil && (s.keyTTL == 0 || tx.Now.Before(prior.At.Add(s.keyTTL))) {
		fingerprint, err := fingerprint(tx, before)
		if err != nil {
			return reply{}, err
		}
		if !hmac.Equal(prior.Fingerprint, fingerprint) {
			return reply{}, &gateway.Problem{Code: "idempotency_key_reuse", Message: "The idempotency key was used for another request."}
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
	fingerprint, err := fingerprint(tx, after)
	if err != nil {
		return reply{}, err
	}
	return r, tx.PutReply(operation, key, world.Reply{Fingerprint: fingerprint, Status: r.status, Body: string(r.body)})
}

func answer(tx *world.Tx, status int, act func(tx *world.Tx) (any, error)) (reply, error) {
	v, err := act(tx)
	if err != nil {
		return reply{}, err
	}
	body, err := json.Marshal(v)
	return reply{status: status, body: body}, err
}

// fingerprint stands for a request: for its canonical JSON, in which the order of members and white space do not count.
func fingerprint(tx *world.Tx, v any) ([]byte, error) {
	canonical, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("fingerprint: %w", err)
	}
	return tx.Fingerprint(canonical), nil
}
