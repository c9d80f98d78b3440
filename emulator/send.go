package emulator

import (
	"cmp"
	"encoding/json"
	"strings"
	"time"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator/internal/gateway"
	"github.com/segmentflow/segmentflow-go/emulator/internal/tell"
)

// Send is an EmailSend and what became of it. A Send does not change: what happens later is in the Send that a later
// question returns.
type Send struct {
	ID        string                      `json:"id"`
	MessageID string                      `json:"messageId"` // that of its Message, "" unless it was sent
	ProfileID string                      `json:"profileId"`
	Template  string                      `json:"template"` // its key
	Carrier   Carrier                     `json:"carrier"`  // what it is for
	From      Address                     `json:"from"`
	To        string                      `json:"to"`
	CC        []Address                   `json:"cc"`
	BCC       []Address                   `json:"bcc"`
	Subject   string                      `json:"subject"` // without the values that its Template marks as sensitive
	Status    segmentflow.EmailSendStatus `json:"status"`
	// Reason is why it was skipped or failed, such as unsubscribed, suppressed_bounce or relay_failed. It is "" if it
	// was not. Its values are those of segmentflow.SkipReason and segmentflow.FailureReason.
	Reason         string `json:"reason"`
	FailureMessage string `json:"failureMessage"` // the Reason, and the code of the SMTP server if it refused the email
	Why            string `json:"why"`            // why it could not be rendered, "" if it could
	// SubscriptionGroup is the key of the group whose consent the email needs, "" if it needs none.
	SubscriptionGroup string `json:"subscriptionGroup"`
	// IdempotencyKey is that of the call, or of the item of a batch, that made it. It is "" for other carriers.
	IdempotencyKey string    `json:"idempotencyKey"`
	CreatedAt      time.Time `json:"createdAt"`
	UpdatedAt      time.Time `json:"updatedAt"`
}

// MarshalJSON encodes the EmailSend as the control plane shows it.
func (s Send) MarshalJSON() ([]byte, error) {
	type plain Send
	return json.Marshal(struct {
		plain
		MessageID         any    `json:"messageId"`
		Reason            any    `json:"reason"`
		FailureMessage    any    `json:"failureMessage"`
		Why               any    `json:"why"`
		SubscriptionGroup any    `json:"subscriptionGroup"`
		IdempotencyKey    any    `json:"idempotencyKey"`
		CreatedAt         string `json:"createdAt"`
		UpdatedAt         string `json:"updatedAt"`
	}{
		plain(s),
		gateway.OrNull(s.MessageID),
		gateway.OrNull(s.Reason),
		gateway.OrNull(s.FailureMessage),
		gateway.OrNull(s.Why),
		gateway.OrNull(s.SubscriptionGroup),
		gateway.OrNull(s.IdempotencyKey),
		gateway.Stamp(s.CreatedAt),
		gateway.Stamp(s.UpdatedAt),
	})
}

func sendOf(story *tell.SendStory) Send {
	send := &story.Send
	reason, _, _ := strings.Cut(send.FailureMessage, ":")
	return Send{
		ID:                send.ID,
		MessageID:         send.MessageID,
		ProfileID:         send.ProfileID,
		Template:          story.Template,
		Carrier:           Carrier{send.CarrierType, cmp.Or(send.CarrierID, send.ID)},
		From:              address(send.From),
		To:                send.To,
		CC:                addresses(send.CC),
		BCC:               addresses(send.BCC),
		Subject:           send.Subject,
		Status:            segmentflow.EmailSendStatus(send.Status),
		Reason:            reason,
		FailureMessage:    send.FailureMessage,
		Why:               send.Why,
		SubscriptionGroup: story.Group,
		IdempotencyKey:    story.Key,
		CreatedAt:         send.CreatedAt,
		UpdatedAt:         send.UpdatedAt,
	}
}
