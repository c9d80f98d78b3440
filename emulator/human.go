package emulator

import (
	"context"
	"errors"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator/internal/gateway"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// Human is the person in the dashboard who has the last word on an audience send. No API key stands in for one.
type Human struct{ e *Emulator }

// Human gives the person who answers confirmations.
func (e *Emulator) Human() Human { return Human{e} }

// Approve lets the carrier of a confirmation leave; its first mails have left when Approve returns, as far as they fit one
// batch. The error of one that has expired, or was voided by a change, is segmentflow.ErrConfirmationExpired. Answering a
// second time changes nothing and gives the first answer's result.
func (h Human) Approve(confirmationID string) error {
	return h.answer(confirmationID, world.ConfirmationApproved)
}

// Reject gives the carrier of a confirmation back to its author as the draft it was.
func (h Human) Reject(confirmationID string) error {
	return h.answer(confirmationID, world.ConfirmationRejected)
}

func (h Human) answer(id, outcome string) error {
	err := h.e.w.Act(context.Background(), world.First, func(tx *world.Tx) error {
		_, err := tx.Redeem(id, outcome)
		return err
	})
	p, refused := errors.AsType[*world.Problem](err)
	if !refused {
		return err
	}
	return &segmentflow.Error{Status: gateway.StatusOf(p.Code), Code: p.Code, Message: p.Message, Details: p.Details}
}
