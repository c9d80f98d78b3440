package emulator

import (
	"cmp"
	"encoding/json"
	"net/http"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/gateway"
	"github.com/segmentflow/segmentflow-go/emulator/internal/webhook"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// DefaultWebhookSecret is the secret that webhooks are signed with if Webhook has none.
const DefaultWebhookSecret = "whsec_test_emulator"

// Webhook is the receiver of webhooks: either a URL or a Handler.
type Webhook struct {
	// URL is an absolute http or https URL on this machine: its host is localhost or a loopback address.
	URL string
	// Handler receives webhooks within the process, as POST / and one after the other.
	Handler http.Handler
	// Secret signs the webhooks. The default is DefaultWebhookSecret.
	Secret string
}

// ErrWebhook is wrapped by the error of New if the URL of a Webhook does not lead to this machine, or is none.
var ErrWebhook = webhook.ErrURL

// WithWebhook posts what happens to emails, and the ends of runs, to a receiver. Without it nothing is posted, and what
// has happened then is not posted later. Webhooks are this project's own: Segmentflow documents none. Each is a POST
// with JSON, which segmentflow.ParseWebhook checks and reads. docs/webhooks.md lists their types.
//
// The receiver takes a webhook by answering with a status from 200 to 299 within 10 seconds. Otherwise it is tried
// again on the emulator's clock: 1 minute later, then 5 minutes later, then 30 minutes later. After four tries it is
// parked. Webhooks about one Profile are in order: a later one waits until the one before it was taken or is parked.
// Those about different Profiles do not wait for each other. A webhook may come twice, for example if the emulator was
// stopped before it had read the answer; its id stays the same.
//
// No API call waits for the receiver, which may call the emulator; Idle, Advance and AdvanceTo do. So a Handler cannot
// call those three: they refuse it at once.
func WithWebhook(hook Webhook) Option {
	return func(opts *options) {
		secret := cmp.Or(hook.Secret, DefaultWebhookSecret)
		if hook.Handler != nil {
			opts.refuse(hook.URL != "", "WithWebhook: there are both a URL and a Handler; pass one of them")
			opts.webhook = webhook.Within(transport{handler: webhook.Marked(hook.Handler)}, secret)
			return
		}
		target, err := webhook.At(hook.URL, secret)
		opts.refuse(hook.URL == "", "WithWebhook: there is neither a URL nor a Handler; "+
			"without this option nothing is posted")
		opts.refuse(hook.URL != "" && err != nil, "%w", err)
		opts.webhook = target
	}
}

// WebhookState is how far a webhook has come.
type WebhookState string

// The states of a webhook.
const (
	WebhookPending   WebhookState = "pending"   // to be sent, after the earlier ones of its Profile
	WebhookWaiting   WebhookState = "waiting"   // for the time of its next try
	WebhookDelivered WebhookState = "delivered" // taken by the receiver
	WebhookParked    WebhookState = "parked"    // not taken in any of its tries
	WebhookCancelled WebhookState = "cancelled" // not sent, because its Profile was deleted
)

// WebhookDelivery is a webhook and what came of it.
type WebhookDelivery struct {
	ID        string           `json:"id"`
	Type      string           `json:"type"`
	ProfileID string           `json:"profileId"`
	CreatedAt time.Time        `json:"createdAt"`
	State     WebhookState     `json:"state"`
	Attempts  []WebhookAttempt `json:"attempts"`
	NextAt    time.Time        `json:"nextAt"`  // when the next try is due; zero unless the webhook is waiting
	Payload   json.RawMessage  `json:"payload"` // what is posted; nil once the Profile is deleted
}

// WebhookAttempt is one try of a webhook.
type WebhookAttempt struct {
	At     time.Time `json:"at"`
	Status int       `json:"status"` // of the answer, 0 if there was none
	Error  string    `json:"error"`  // why there was no answer
}

// MarshalJSON encodes the webhook as the control plane shows it.
func (delivery WebhookDelivery) MarshalJSON() ([]byte, error) {
	type plain WebhookDelivery
	return json.Marshal(struct {
		plain
		CreatedAt any `json:"createdAt"`
		NextAt    any `json:"nextAt"`
	}{plain(delivery), gateway.OrNullTime(delivery.CreatedAt), gateway.OrNullTime(delivery.NextAt)})
}

// MarshalJSON encodes the try as the control plane shows it.
func (attempt WebhookAttempt) MarshalJSON() ([]byte, error) {
	type plain WebhookAttempt
	return json.Marshal(struct {
		plain
		At     any `json:"at"`
		Status any `json:"status"`
		Error  any `json:"error"`
	}{plain(attempt), gateway.OrNullTime(attempt.At), gateway.OrNull(attempt.Status),
		gateway.OrNull(attempt.Error)})
}

// deliveryOf converts a webhook to the public type.
func deliveryOf(stored *world.Webhook) WebhookDelivery {
	delivery := WebhookDelivery{
		ID:        stored.ID,
		Type:      stored.Type,
		ProfileID: stored.ProfileID,
		CreatedAt: stored.CreatedAt,
		State:     WebhookState(stored.State),
		Attempts:  []WebhookAttempt{},
		NextAt:    stored.Next,
		Payload:   stored.Payload,
	}
	for _, try := range stored.Tries {
		delivery.Attempts = append(delivery.Attempts, WebhookAttempt(try))
	}
	return delivery
}
