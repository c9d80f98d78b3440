package web

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/format"
	"github.com/segmentflow/segmentflow-go/emulator/internal/journey"
	"github.com/segmentflow/segmentflow-go/emulator/internal/render"
	"github.com/segmentflow/segmentflow-go/emulator/internal/tell"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// This file has the list of runs, and the page of one.

func runPages() map[string]page {
	return map[string]page{
		"GET /dashboard/runs":            runList,
		"GET /dashboard/runs/{id}":       showRun,
		"GET /dashboard/runs/{id}/state": runState,
	}
}

// runRow is a run in a list.
type runRow struct {
	world.Run
	Journey string // its key
	Email   string // the Profile's, "" if it has been deleted
}

// runsView is a page of the list of runs.
type runsView struct {
	Rows     []runRow
	Statuses []string
	Unknown  string // what the filter names that does not exist
	Cut      bool
	Pager    pager
}

// runList shows the runs that a filter selects, newest first.
func runList(v *visit) error {
	view := runsView{Statuses: slices.Concat([]string{underWay}, tell.RunStatuses)}
	query := v.r.URL.Query()
	before, ok := numberIn(query, "before")
	if !ok {
		return v.badQuery(noSuchPlace)
	}
	err := v.act(func(tx *world.Tx) error {
		filter, unknown, err := runQuery(tx, query)
		if view.Unknown = unknown; err != nil || unknown != "" {
			return err
		}
		found, err := tx.FindRuns(filter, before, rowsOnPage)
		if err != nil {
			return err
		}
		view.Cut, view.Pager = found.Cut, pagesOf(v, numbered(found.Next))
		view.Rows, err = runRows(tx, found.Runs)
		return err
	})
	if err != nil {
		return err
	}
	return v.show(http.StatusOK, "runs.html", "Runs", view)
}

// runQuery reads the filter of the list. unknown says what it names that does not exist.
func runQuery(tx *world.Tx, query url.Values) (filter world.RunQuery, unknown string, err error) {
	filter = world.RunQuery{Node: query.Get("node"), Status: query.Get("status")}
	if filter.Status == underWay {
		filter.Status, filter.UnderWay = "", true
	}
	if filter.Status != "" && !slices.Contains(tell.RunStatuses, filter.Status) {
		return filter, "There is no such status.", nil
	}
	if text := query.Get("version"); text != "" {
		if filter.Version, err = strconv.Atoi(text); err != nil {
			return filter, "A version is a number.", nil
		}
	}
	if ref := query.Get("journey"); ref != "" {
		j, err := tx.Journey(ref)
		if err != nil {
			return filter, "", err
		}
		if j == nil {
			return filter, "There is no such Journey.", nil
		}
		filter.JourneyID = j.ID
	}
	if ref := query.Get("profile"); ref != "" {
		p, err := tell.Person(tx, ref)
		if err != nil {
			return filter, "", err
		}
		if p == nil {
			return filter, "There is no such Profile.", nil
		}
		filter.ProfileID = p.ID
	}
	return filter, "", nil
}

func runRows(tx *world.Tx, runs []world.Run) (rows []runRow, err error) {
	for _, run := range runs {
		row := runRow{Run: run}
		if row.Journey, err = tx.JourneyKey(run.JourneyID); err != nil {
			return nil, err
		}
		p, err := tx.Profile(run.ProfileID)
		if err != nil {
			return nil, err
		}
		if p != nil {
			row.Email = p.Email
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// runView is one run.
type runView struct {
	runRow
	Graph   *journeyView
	Steps   []stepView
	Left    int // how many earlier steps are left out
	Started cause
	Paused  bool
	Awaited []world.Awaited
	State   string // JSON
	Cut     bool
	Sends   []world.EmailSend
	Story   string
}

// cause is what started a run.
type cause struct{ Text, Ref, Link string }

// stepView is a step of a run.
type stepView struct {
	world.RunStep
	Number int
}

const (
	listedSteps = 200
	longestText = 20_000 // bytes of a story or a state in a page
)

// showRun shows one run. The page marks its path in the graph of its version.
func showRun(v *visit) error {
	var view runView
	err := v.act(func(tx *world.Tx) error {
		run, err := tx.RunWith(v.r.PathValue("id"))
		if err != nil {
			return err
		}
		rows, err := runRows(tx, []world.Run{*run})
		if err != nil {
			return err
		}
		view.runRow = rows[0]
		if err := view.read(tx, run); err != nil {
			return err
		}
		return view.readStory(tx, run)
	})
	if err != nil {
		return err
	}
	return v.show(http.StatusOK, "run.html", "A run of "+format.Value(view.Journey), view)
}

// read reads the path of the run, and what it waits for and has sent.
func (view *runView) read(tx *world.Tx, run *world.Run) error {
	steps, err := tx.Steps(run.ID)
	if err != nil {
		return err
	}
	for i, step := range steps {
		view.Steps = append(view.Steps, stepView{step, i + 1})
	}
	view.Left = max(0, len(steps)-listedSteps)
	view.Steps = view.Steps[view.Left:]

	j, err := tx.JourneyWith(run.JourneyID)
	if err != nil {
		return err
	}
	view.Paused = j.Status == world.Paused
	view.Graph = &journeyView{Journey: *j, Shown: run.Version, Run: run.ID}
	if err := view.Graph.readVersion(tx, trailOf(run, steps), -listedNodes); err != nil {
		return err
	}
	if run.CompletedAt.IsZero() {
		if view.Awaited, err = tx.Awaited(run); err != nil {
			return err
		}
	}
	view.Sends, err = tx.SendsOfRun(run.ID, rowsOnPage)
	return err
}

func (view *runView) readStory(tx *world.Tx, run *world.Run) error {
	story, err := tell.Explain(tx, run.ID)
	if err != nil {
		return err
	}
	view.Story = cond.Shorten(story, longestText)
	if view.Started, err = startOf(tx, run, &view.Graph.Journey); err != nil {
		return err
	}
	state, err := stateOf(tx, run)
	view.State, view.Cut = cond.Shorten(state, longestText), len(state) > longestText
	return err
}

// startOf says what started a run, and where its page is.
func startOf(tx *world.Tx, run *world.Run, j *world.Journey) (cause, error) {
	event, err := tx.EntryEvent(run.ID)
	if err != nil {
		return cause{}, err
	}
	if event != "" {
		return cause{"an event", event, "/dashboard/events/" + event}, nil
	}
	d, err := definitionOf(tx, j, run.Version)
	if err != nil || d.Entry.Type != journey.EntrySegment {
		return cause{Text: "a call of the API"}, err
	}
	ref := d.Entry.Segment
	return cause{"the Profile joined the Segment", ref, "/dashboard/segments/" + url.PathEscape(ref)}, nil
}

// stateOf returns what the run carries, as JSON. Values that its Templates mark as sensitive are not in it.
func stateOf(tx *world.Tx, run *world.Run) (string, error) {
	state, err := journey.DecodeRunState(run.State)
	if err != nil {
		return "", err
	}
	paths, err := tx.SensitivePaths(run.JourneyID, run.Version)
	if err != nil {
		return "", err
	}
	if state.Data != nil {
		state.Data = render.Blank(state.Data, paths)
	}
	var text strings.Builder
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	err = encoder.Encode(state.Buckets())
	return strings.TrimSpace(text.String()), err
}

// runState serves all of what the run carries.
func runState(v *visit) error {
	state := ""
	err := v.act(func(tx *world.Tx) error {
		run, err := tx.RunWith(v.r.PathValue("id"))
		if err != nil {
			return err
		}
		state, err = stateOf(tx, run)
		return err
	})
	if err == nil {
		v.document([]byte(state))
	}
	return err
}

// Ends reports whether the run has ended.
func (row runRow) Ends() bool { return !row.CompletedAt.IsZero() }

// Took returns how long the run took, in words.
func (row runRow) Took() string {
	if row.CompletedAt.Sub(row.TriggeredAt) < time.Second {
		return "no time"
	}
	return format.Span(row.CompletedAt.Sub(row.TriggeredAt))
}
