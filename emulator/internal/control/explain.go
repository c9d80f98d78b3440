package control

import (
	"net/http"

	"github.com/segmentflow/segmentflow-go/emulator/internal/tell"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// explain answers with the text that Emulator.Explain returns.
func (p *Plane) explain(r *http.Request) (answer, error) {
	reply := answer{media: "text/plain; charset=utf-8"}
	err := p.act(r, func(tx *world.Tx) error {
		story, err := tell.Explain(tx, r.PathValue("id"))
		reply.text = []byte(story)
		return err
	})
	return reply, err
}
