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

// reply is the answer of a handler. It is encoded once and stored under its idempotency key as it is. The generated
// server writes it through one Visit method per operation.
type reply struct {
	status   int
	body     []byte
	replayed bool
	send     *world.EmailSend // which appendTo encodes; nil if there is a body
}

// appendTo appends the body of a reply.
func (r reply) appendTo(to []byte) []byte {
	if r.send != nil {
		return appendSend(to, r.send)
	}
	return append(to, r.body...)
}

// operationSendEmail is the operation that single sends and the items of batches have their keys in common with.
const operationSendEmail = "sendEmail"

// priorCall is an earlier call with a key, and the EmailSend that it made, if it made one.
type priorCall struct {
	send *world.EmailSend
	world.Reply
}

func (r reply) write(w http.ResponseWriter) error {
	if r.status == http.StatusNoContent {
		w.WriteHeader(r.status)
		return nil
	}
	if r.replayed {
		w.Header().Set("Idempotent-Replayed", "true")
	}
	gateway.WriteRaw(w, r.status, r.body)
	return nil
}

// content returns what identifies a request. Two requests under one idempotency key are the same if their content is
// equal.
type content func(tx *world.Tx) (any, error)

// fixed returns a content that no act changes.
func fixed(value any) content {
	return func(*world.Tx) (any, error) { return value, nil }
}

// write is service.write of the call's service, and likewise for writeAs and read.
func (handlers) write(ctx context.Context, act func(tx *world.Tx) (any, error)) (reply, error) {
	return callOf(ctx).service.write(ctx, act)
}

func (handlers) writeAs(ctx context.Context, same content, act func(tx *world.Tx) (any, error)) (reply, error) {
	return callOf(ctx).service.writeAs(ctx, same, act)
}

func (handlers) read(ctx context.Context, get func(tx *world.Tx) (any, error)) (reply, error) {
	return callOf(ctx).service.read(ctx, get)
}

// write carries out a call that changes the world. It runs what is due. Then it runs the act, in one transaction with
// its idempotency key. Then it runs what became due. The reply shows the state before that last part.
func (s *service) write(ctx context.Context, act func(tx *world.Tx) (any, error)) (reply, error) {
	call := callOf(ctx)
	if call.target == "" {
		return s.writeAs(ctx, fixed(call.body), act)
	}
	return s.writeAs(ctx, fixed([]any{call.target, call.body}), act)
}

// writeAs is write for calls that are not identified by their body. It computes the content before it looks up the key,
// even if the call has no key. It does so again after the act, because a repeated call finds what the first created.
func (s *service) writeAs(ctx context.Context, same content, act func(tx *world.Tx) (any, error)) (reply, error) {
	call := callOf(ctx)
	var answered reply
	err := s.World.Act(ctx, call.org, func(tx *world.Tx) (err error) {
		if err := s.keepBody(ctx, tx); err != nil {
			return err
		}
		answered, err = s.keyed(tx, call.op.ID, call.key, same, call.op.Success, act)
		if answered.send != nil { // it changes when its email is sent
			answered.body = encodeSend(answered.send)
		}
		s.noteAdvice(ctx, tx, err)
		return err
	})
	return answered, err
}

// read answers a call that changes nothing. It first runs what is due.
func (s *service) read(ctx context.Context, get func(tx *world.Tx) (any, error)) (reply, error) {
	call := callOf(ctx)
	var answered reply
	err := s.World.Act(ctx, call.org, func(tx *world.Tx) (err error) {
		if err := s.keepBody(ctx, tx); err != nil {
			return err
		}
		answered, err = answer(tx, call.op.Success, get)
		s.noteAdvice(ctx, tx, err)
		return err
	})
	return answered, err
}

// noteAdvice puts into the journal what is near to the thing that a call did not find.
func (s *service) noteAdvice(ctx context.Context, tx *world.Tx, err error) {
	if advice := s.adviceOn(tx, err); advice != "" {
		gateway.Advise(ctx, advice)
	}
}

// adviceOn returns what is near to the thing that a call did not find, "" if nobody wants to know.
func (s *service) adviceOn(tx *world.Tx, err error) string {
	if err == nil || s.Advise == nil {
		return ""
	}
	return s.Advise(tx, err)
}

// keyed runs an act under an idempotency key. The same request gets the first reply again, and another request is
// refused. Without a key it just runs the act.
func (s *service) keyed(
	tx *world.Tx, operation, key string, same content, status int, act func(tx *world.Tx) (any, error),
) (reply, error) {
	before, err := same(tx)
	if err != nil {
		return reply{}, err
	}
	if key == "" {
		return answer(tx, status, act)
	}

	prior, err := priorReply(tx, operation, key)
	if err != nil {
		return reply{}, err
	}
	if prior != nil && (s.KeyTTL == 0 || tx.Now.Before(prior.At.Add(s.KeyTTL))) {
		return s.replay(tx, prior, before)
	}

	var older *world.EmailSend // whose key has expired
	if prior != nil {
		older = prior.send
	}
	answered, err := answer(tx, status, act)
	if err != nil {
		return reply{}, err
	}
	after, err := same(tx)
	if err != nil {
		return reply{}, err
	}
	fingerprint, err := s.fingerprint(tx, after)
	if err != nil {
		return reply{}, err
	}
	if answered.send != nil {
		return answered, tx.PutCall(answered.send, older, key, fingerprint)
	}
	return answered, tx.PutReply(operation, key, world.Reply{
		Fingerprint: fingerprint,
		Status:      answered.status,
		Body:        string(answered.body),
	})
}

// priorReply returns the reply to an earlier call with a key, nil if there is none. The reply to a send is made from
// the EmailSend.
func priorReply(tx *world.Tx, operation, key string) (*priorCall, error) {
	if operation != operationSendEmail {
		stored, err := tx.Reply(operation, key)
		if err != nil || stored == nil {
			return nil, err
		}
		return &priorCall{Reply: *stored}, nil
	}
	send, err := tx.SendOfCall(key)
	if err != nil || send == nil {
		return nil, err
	}
	return &priorCall{send, world.Reply{
		Fingerprint: send.Fingerprint,
		Status:      http.StatusOK,
		Body:        string(encodeSend(send.Accepted())),
		At:          send.CreatedAt,
	}}, nil
}

// replay returns the stored reply of a key if the request has the same content.
func (s *service) replay(tx *world.Tx, prior *priorCall, same any) (reply, error) {
	fingerprint, err := s.fingerprint(tx, same)
	if err != nil {
		return reply{}, err
	}
	if !hmac.Equal(prior.Fingerprint, fingerprint) {
		return reply{}, &gateway.Problem{
			Code:    "idempotency_key_reuse",
			Message: "The idempotency key was used for another request.",
		}
	}
	return reply{status: prior.Status, body: []byte(prior.Body), replayed: true}, nil
}

// encoded is a result that is JSON already.
type encoded []byte

// answer runs an act and encodes its result as a reply, except an EmailSend.
func answer(tx *world.Tx, status int, act func(tx *world.Tx) (any, error)) (reply, error) {
	v, err := act(tx)
	if err != nil {
		return reply{}, err
	}
	if body, done := v.(encoded); done {
		return reply{status: status, body: body}, nil
	}
	if send, ok := v.(*world.EmailSend); ok {
		return reply{status: status, send: send}, nil
	}
	body, err := json.Marshal(v)
	return reply{status: status, body: body}, err
}

// fingerprint returns a keyed hash of a content's canonical JSON, in which the order of members, white space and the
// spelling of numbers do not count.
func (s *service) fingerprint(tx *world.Tx, v any) ([]byte, error) {
	canonical, err := appendCanonical(s.room[:0], v)
	if err != nil {
		return nil, fmt.Errorf("fingerprint: %w", err)
	}
	s.room = canonical
	return tx.Fingerprint(canonical), nil
}
