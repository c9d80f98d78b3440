package control

import (
	"net/http"

	"github.com/segmentflow/segmentflow-go/emulator/internal/gateway"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// confirmation is a confirmation that waits for a person.
type confirmation struct {
	ID          string `json:"id"`
	URL         string `json:"url"`
	CarrierType string `json:"carrierType"`
	CarrierID   string `json:"carrierId"`
	Name        any    `json:"name"`
	Recipients  int    `json:"recipients"` // when it was made
	CreatedAt   string `json:"createdAt"`
	ExpiresAt   string `json:"expiresAt"`
}

// confirmations lists the confirmations that can still be approved. The one that expires first comes first.
func (p *Plane) confirmations(r *http.Request) (reply answer, err error) {
	wait, err := waitOf(r.URL.Query().Get("wait"))
	if err != nil {
		return answer{}, err
	}
	err = p.lookUntil(r, wait, func(tx *world.Tx) (bool, error) {
		open, err := tx.Unanswered()
		if err != nil {
			return false, err
		}
		shown := make([]confirmation, len(open))
		for i, view := range open {
			shown[i] = confirmation{
				ID:          view.ID,
				URL:         tx.ConfirmationURL(view.ID),
				CarrierType: view.Carrier.Type,
				CarrierID:   view.CarrierID,
				Name:        gateway.OrNull(view.Carrier.Name),
				Recipients:  view.Eligible,
				CreatedAt:   gateway.Stamp(view.CreatedAt),
				ExpiresAt:   gateway.Stamp(view.ExpiresAt),
			}
		}
		reply.value = map[string]any{"confirmations": shown}
		return len(shown) > 0, nil
	})
	return reply, err
}

// redeem answers a confirmation as a person in the dashboard would.
func (p *Plane) redeem(outcome string) func(*http.Request) (answer, error) {
	return func(r *http.Request) (answer, error) {
		var redemption *world.Redemption
		err := p.act(r, func(tx *world.Tx) (err error) {
			redemption, err = tx.Redeem(r.PathValue("id"), outcome)
			return err
		})
		return answer{value: redemption}, err
	}
}
