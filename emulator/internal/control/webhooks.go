package control

import (
	"net/http"
	"strconv"

	"github.com/segmentflow/segmentflow-go/emulator/internal/gateway"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// webhooks lists what was posted to the receiver of webhooks, and what is still to be.
func (p *Plane) webhooks(r *http.Request) (answer, error) {
	const list = "webhooks"
	limit, err := limitOf(r)
	if err != nil {
		return answer{}, err
	}
	before, err := numberOf(r, list)
	if err != nil {
		return answer{}, err
	}
	return p.look(r, func(tx *world.Tx) (any, error) {
		stored, err := tx.Webhooks(before, limit+1)
		if err != nil {
			return nil, err
		}
		next := ""
		if len(stored) > limit {
			stored = stored[:limit]
			next = gateway.Cursor(list, strconv.Itoa(stored[limit-1].Seq))
		}
		hooks := make([]any, len(stored))
		for i := range stored {
			hooks[i] = p.Shapes.Webhook(&stored[i])
		}
		return map[string]any{list: hooks, "nextCursor": gateway.OrNull(next)}, nil
	})
}

// resendWebhook sends a parked webhook again.
func (p *Plane) resendWebhook(r *http.Request) (answer, error) {
	return answer{}, p.act(r, func(tx *world.Tx) error { return tx.ResendWebhook(r.PathValue("id")) })
}
