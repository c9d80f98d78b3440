package control

import (
	"net/http"

	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// This file has the routes about webhooks.

// webhooks lists what was posted to the receiver of webhooks, and what is still to be.
func (p *Plane) webhooks(r *http.Request) (answer, error) {
	asked, err := pageOf(r, "webhooks", defaultPage)
	if err != nil {
		return answer{}, err
	}
	return answerList(p, r, asked, items[world.Webhook]{
		read: func(tx *world.Tx, asked page) ([]world.Webhook, error) {
			return tx.Webhooks(asked.span.Before, asked.limit+1)
		},
		number: func(hook *world.Webhook) int { return hook.Seq },
		show:   func(_ *world.Tx, hook *world.Webhook) (any, error) { return p.Shapes.Webhook(hook), nil },
	})
}

// resendWebhook sends a parked webhook again.
func (p *Plane) resendWebhook(r *http.Request) (answer, error) {
	return answer{}, p.act(r, func(tx *world.Tx) error { return tx.ResendWebhook(r.PathValue("id")) })
}
