package emulator

import (
	"net/http"
)

// controlRedeem is the human, for programs that are not written in Go.
func (p *plane) controlRedeem(outcome string) func(*http.Request) (controlReply, error) {
	return func(r *http.Request) (controlReply, error) {
		var done *redemption
		err := p.w.view(r.Context(), "", func(tx *Tx) (err error) {
			done, err = tx.redeem(r.PathValue("id"), outcome)
			return err
		})
		return controlReply{value: done}, err
	}
}
