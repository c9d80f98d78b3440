package control

import (
	"net/http"

	"github.com/segmentflow/segmentflow-go/emulator/internal/tell"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// This file has the route about EmailSends, whatever became of them.

func (p *Plane) sends(r *http.Request) (answer, error) {
	asked, err := pageOf(r, "sends", defaultPage)
	if err != nil {
		return answer{}, err
	}
	query := r.URL.Query()
	sends := tell.Sends{
		To:       addressOf(query.Get("to")),
		Template: query.Get("template"),
		Status:   query.Get("status"),
		Reason:   query.Get("reason"),
	}
	sends.CarrierType, sends.CarrierID = carrierOf(query.Get("carrier"))
	return answerList(p, r, asked, items[world.EmailSend]{
		read: func(tx *world.Tx, asked page) ([]world.EmailSend, error) {
			filter, err := sends.Filter(tx)
			if err != nil {
				return nil, err
			}
			filter.Span, filter.Limit = asked.span, asked.limit+1
			return tx.SendsWhere(filter)
		},
		number: func(send *world.EmailSend) int { return send.Seq },
		after: func(tx *world.Tx, id string) (int, error) {
			send, err := tx.SendWith(id)
			if err != nil {
				return 0, err
			}
			return send.Seq, nil
		},
		show: func(tx *world.Tx, send *world.EmailSend) (any, error) {
			stories, err := tell.SendStories(tx, []world.EmailSend{*send})
			if err != nil {
				return nil, err
			}
			return p.Shapes.Send(&stories[0]), nil
		},
	})
}
