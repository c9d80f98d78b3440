package emulator

import (
	"net/http"

	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// controlRedeem is the human, for programs that are not written in Go.
func (p *plane) controlRedeem(outcome string) func(*http.Request) (controlReply, error) {
	return func(r *http.Request) (controlReply, error) {
		var done *world.Redemption
		err := p.w.Act(r.Context(), world.First, func(tx *world.Tx) (err error) {
			done, err = tx.Redeem(r.PathValue("id"), outcome)
			return err
		})
		return controlReply{value: done}, err
	}
}
