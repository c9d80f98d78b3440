package control

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/gateway"
	"github.com/segmentflow/segmentflow-go/emulator/internal/tell"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// This file has the routes about runs.

func (p *Plane) runs(r *http.Request) (answer, error) {
	asked, err := pageOf(r, "runs", maxPage)
	if err != nil {
		return answer{}, err
	}
	query := r.URL.Query()
	runs := tell.RunsAsked{Journey: query.Get("journey"), Profile: query.Get("profile"), Status: query.Get("status")}
	if runs.Status != "" && !slices.Contains(tell.RunStatuses, runs.Status) {
		issue := inQuery("status", gateway.CodeEnum, "must be one of "+strings.Join(tell.RunStatuses, ", "))
		return answer{}, gateway.Invalid(issue)
	}
	if version := query.Get("version"); version != "" {
		if runs.Version, err = strconv.Atoi(version); err != nil || runs.Version < 1 {
			return answer{}, gateway.Invalid(inQuery("version", gateway.CodeType, "must be an integer above 0"))
		}
	}
	return answerList(p, r, asked, items[world.Run]{
		read: func(tx *world.Tx, asked page) ([]world.Run, error) {
			filter, err := runs.Filter(tx)
			if err != nil {
				return nil, err
			}
			filter.Span = asked.span
			return tx.RunsWhere(filter, asked.limit+1)
		},
		number: func(run *world.Run) int { return run.Seq },
		after: func(tx *world.Tx, id string) (int, error) {
			run, err := tx.RunWith(id)
			if err != nil {
				return 0, err
			}
			return run.Seq, nil
		},
		show: func(tx *world.Tx, run *world.Run) (any, error) {
			stories, err := tell.Runs(tx, []world.Run{*run})
			if err != nil {
				return nil, err
			}
			return p.Shapes.Run(&stories[0]), nil
		},
	})
}

func (p *Plane) run(r *http.Request) (answer, error) {
	return p.look(r, func(tx *world.Tx) (any, error) {
		story, err := tell.RunOf(tx, r.PathValue("id"))
		if err != nil {
			return nil, err
		}
		return p.Shapes.Run(story), nil
	})
}
