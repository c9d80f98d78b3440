package emulator

import (
	"errors"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator/internal/gateway"
	"github.com/segmentflow/segmentflow-go/emulator/internal/tell"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// Human is the person who approves or rejects an audience send in the dashboard. No API key can do so in their place.
type Human struct{ e *Emulator }

// Human returns the person who answers confirmations.
func (e *Emulator) Human() Human { return Human{e} }

// Approve approves a confirmation and starts its Broadcast or NewsletterIssue. When Approve returns, the first batch of
// emails has been sent. If the confirmation has expired, or a change has voided it, the error is
// segmentflow.ErrConfirmationExpired. A second answer changes nothing and returns the result of the first one.
func (h Human) Approve(confirmationID string) error {
	return h.answer("Approve", confirmationID, world.ConfirmationApproved)
}

// Reject rejects a confirmation. Its Broadcast or NewsletterIssue is a draft again.
func (h Human) Reject(confirmationID string) error {
	return h.answer("Reject", confirmationID, world.ConfirmationRejected)
}

func (h Human) answer(verb, id, outcome string) error {
	err := h.e.inFirst(func(tx *world.Tx) error {
		_, err := tx.Redeem(id, outcome)
		return err
	})
	refusal, refused := errors.AsType[*world.Problem](err)
	if !refused {
		return err
	}
	message := refusal.Message
	if unknown, ok := errors.AsType[*tell.Unknown](err); ok {
		message = call(verb, id) + ": " + unknown.Error()
	}
	return &segmentflow.Error{
		Status:  gateway.StatusOf(refusal.Code),
		Code:    refusal.Code,
		Message: message,
		Details: refusal.Details,
	}
}
