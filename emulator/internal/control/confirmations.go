package control

import (
	"net/http"

	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

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
