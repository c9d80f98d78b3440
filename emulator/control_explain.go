package emulator

import (
	"net/http"

	"github.com/segmentflow/segmentflow-go/emulator/internal/tell"

	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// controlExplain is Explain as text.
func (p *plane) controlExplain(r *http.Request) (controlReply, error) {
	reply := controlReply{media: "text/plain; charset=utf-8"}
	err := p.w.Act(r.Context(), world.First, func(tx *world.Tx) error {
		story, err := tell.Explain(tx, r.PathValue("id"))
		reply.text = []byte(story)
		return err
	})
	return reply, err
}
