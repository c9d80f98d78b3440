package emulator

import (
	"net/http"

	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// controlExplain is Explain as text.
func (p *plane) controlExplain(r *http.Request) (controlReply, error) {
	reply := controlReply{media: "text/plain; charset=utf-8"}
	err := p.w.Act(r.Context(), "", func(tx *world.Tx) error {
		story, err := explain(tx, r.PathValue("id"))
		reply.text = []byte(story)
		return err
	})
	return reply, err
}
