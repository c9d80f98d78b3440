package emulator

import (
	"context"
	"errors"
	"net/http"

	segmentflow "github.com/segmentflow/segmentflow-go"
)

// Human is the person in the dashboard who has the last word on an audience send. No API key stands in for one.
type Human struct{ e *Emulator }

// Human gives the person who answers confirmations.
func (e *Emulator) Human() Human { return Human{e} }

// Approve lets the carrier of a confirmation leave; its first mails have left when Approve returns, as far as they fit one
// batch. The error of one that has expired, or was voided by a change, is segmentflow.ErrConfirmationExpired. Answering a
// second time changes nothing and gives the first answer's result.
func (h Human) Approve(confirmationID string) error {
	return h.answer(confirmationID, confirmationApproved)
}

// Reject gives the carrier of a confirmation back to its author as the draft it was.
func (h Human) Reject(confirmationID string) error {
	return h.answer(confirmationID, confirmationRejected)
}

func (h Human) answer(id, outcome string) error {
	err := h.e.viewFirst(context.Background(), func(tx *Tx) error {
		_, err := tx.redeem(id, outcome)
		return err
	})
	p, refused := errors.AsType[*problem](err)
	if !refused {
		return err
	}
	return &segmentflow.Error{Status: statuses[p.code], Code: p.code, Message: p.message, Details: p.details}
}

// controlRedeem is the human, for programs that are not written in Go.
func (e *Emulator) controlRedeem(outcome string) func(*http.Request) (controlReply, error) {
	return func(r *http.Request) (controlReply, error) {
		var done *redemption
		err := e.viewFirst(r.Context(), func(tx *Tx) (err error) {
			done, err = tx.redeem(r.PathValue("id"), outcome)
			return err
		})
		return controlReply{value: done}, err
	}
}
