package control

import (
	"net/http"

	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// redeem is the human, for programs that are not written in Go.
func (p *Plane) redeem(outcome string) func(*http.Request) (answer, error) {
	return func(r *http.Request) (answer, error) {
		var done *world.Redemption
		err := p.World.Act(r.Context(), world.First, func(tx *world.Tx) (err error) {
			done, err = tx.Redeem(r.PathValue("id"), outcome)
			return err
		})
		return answer{value: done}, err
	}
}
