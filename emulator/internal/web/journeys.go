package web

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/coverage"
	"github.com/segmentflow/segmentflow-go/emulator/internal/format"
	"github.com/segmentflow/segmentflow-go/emulator/internal/graph"
	"github.com/segmentflow/segmentflow-go/emulator/internal/journey"
	"github.com/segmentflow/segmentflow-go/emulator/internal/tell"
	"github.com/segmentflow/segmentflow-go/emulator/internal/walk"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// This file has the list of Journeys, and the page of one.

func journeyPages() map[string]page {
	return map[string]page{
		"GET /dashboard/journeys":                 journeyList,
		"GET /dashboard/journeys/{id}":            showJourney,
		"GET /dashboard/journeys/{id}/definition": journeyDefinition,
		"GET /dashboard/journeys/{id}/archive":    askArchive,
		"POST /dashboard/journeys/{id}/status":    changeJourney,
	}
}

// journeyRow is a Journey in the list.
type journeyRow struct {
	world.Journey
	world.RunTotals
	Entry string
}

// journeyList shows the Journeys by key. Its pages begin after a key.
func journeyList(v *visit) error {
	rows, next := []journeyRow{}, ""
	err := v.act(func(tx *world.Tx) error {
		all, err := tx.Journeys()
		if err != nil {
			return err
		}
		all, next = pageAfterKey(v.r.URL.Query(), all, func(j world.Journey) string { return j.Key })
		for _, j := range all {
			entry, err := entryWords(tx, &j)
			if err != nil {
				return err
			}
			reached, err := tx.Reached(j.ID, 0)
			if err != nil {
				return err
			}
			rows = append(rows, journeyRow{j, reached.RunTotals, entry})
		}
		return nil
	})
	if err != nil {
		return err
	}
	return v.show(http.StatusOK, "journeys.html", "Journeys", struct {
		Rows    []journeyRow
		Pager   pager
		Example string
	}{rows, pagesInOrder(v, next), exampleJourney})
}

// entryWords says what starts runs of a Journey.
func entryWords(tx *world.Tx, j *world.Journey) (string, error) {
	entry := journey.Entry{Type: j.EntryType, Event: j.EntryEvent}
	var err error
	if j.EntrySegment != "" {
		_, entry.Segment, err = tx.KeyOf("segment", j.EntrySegment)
	}
	return entry.Words(), err
}

// definitionOf returns the definition of a version of a Journey.
func definitionOf(tx *world.Tx, j *world.Journey, version int) (*journey.Definition, error) {
	raw, err := tx.JourneyVersion(j.ID, version)
	if err != nil {
		return nil, err
	}
	d := journey.Load(raw)
	if d == nil {
		return nil, world.NotFound("version of the Journey", strconv.Itoa(version))
	}
	return d, nil
}

// journeyView is one version of a Journey.
type journeyView struct {
	world.Journey
	Shown    int // the version
	Total    world.RunTotals
	Entry    []cond.Phrase
	Segment  string // the id or key of the Segment by which Profiles enter the version
	Nodes    []nodeView
	places   map[string]string // of all nodes, by id
	Rules    []ruleView
	Versions []versionView
	Share    coverage.Share
	Missed   []string // what no run of the version has reached
	More     int      // how much else
	Drawing  *graph.Drawing
	Run      string // the id of the run whose path is marked
	Event    string // with which Profiles enter the version
	Next     []journeyStatus
	nextNode string // the place of the next page of the list of nodes, "" if there is none
	Pager    pager  // of the list of nodes
}

// ruleView is an exit rule, and how many runs it has ended.
type ruleView struct {
	Words cond.Phrase
	Count int
}

// versionView is a version in the list of them.
type versionView struct {
	Number, Nodes, Added, Removed, Changed int
	world.RunTotals
}

// journeyStatus is a status that a Journey can be given.
type journeyStatus struct{ Status, Button, Says string }

// journeyStatuses are what a Journey of each status can become by a button at once.
var journeyStatuses = map[string][]journeyStatus{
	world.Draft:  {{world.Active, "Activate", "Activated."}},
	world.Active: {{world.Paused, "Pause", "Paused."}},
	world.Paused: {{world.Active, "Resume", "Resumed. What became due while it was paused has been done."}},
}

// journeyNamed returns the Journey that the path names, by id or key. moved is set if the path has its key: the page
// then has another address.
func journeyNamed(v *visit, tx *world.Tx) (j *world.Journey, moved bool, err error) {
	j, err = tx.JourneyWith(v.r.PathValue("id"))
	return j, err == nil && v.r.PathValue("id") != j.ID, err
}

func journeyPath(id string) string { return "/dashboard/journeys/" + url.PathEscape(id) }

// showJourney shows a version of a Journey: the current one, or that of the query or of the run in it.
func showJourney(v *visit) error {
	var view *journeyView
	moved := ""
	err := v.act(func(tx *world.Tx) error {
		j, elsewhere, err := journeyNamed(v, tx)
		if err != nil {
			return err
		}
		if elsewhere {
			moved = journeyPath(j.ID)
			return nil
		}
		view, err = readJourney(v, tx, j)
		return err
	})
	switch {
	case err != nil:
		return err
	case moved != "":
		return v.moved(moved)
	}
	return v.show(http.StatusOK, "journey.html", format.Value(cmp.Or(view.Name, view.Key)), view)
}

func readJourney(v *visit, tx *world.Tx, j *world.Journey) (*journeyView, error) {
	query := v.r.URL.Query()
	view := &journeyView{Journey: *j, Shown: j.Version, Next: journeyStatuses[j.Status]}
	var mark *walk.Trail
	if id := query.Get("run"); id != "" {
		run, err := tx.RunWith(id)
		if err != nil {
			return nil, err
		}
		if run.JourneyID != j.ID {
			return nil, world.NotFound("run of the Journey", id)
		}
		steps, err := tx.Steps(run.ID)
		if err != nil {
			return nil, err
		}
		view.Shown, view.Run, mark = run.Version, run.ID, trailOf(run, steps)
	} else if asked := query.Get("version"); asked != "" {
		var err error
		if view.Shown, err = strconv.Atoi(asked); err != nil || view.Shown < 1 || view.Shown > j.Version {
			return nil, world.NotFound("version of the Journey", asked)
		}
	}

	if err := view.readVersion(tx, mark, firstNode(query.Get("before"))); err != nil {
		return nil, err
	}
	view.Pager = pagesInOrder(v, view.nextNode)
	return view, view.readVersions(tx)
}

// readVersion reads what the shown version says and what its runs have reached. The list of its nodes begins at first;
// if that is negative, the page has no list.
func (view *journeyView) readVersion(tx *world.Tx, mark *walk.Trail, first int) error {
	raw, err := tx.JourneyVersion(view.ID, view.Shown)
	if err != nil {
		return err
	}
	d, err := definitionOf(tx, &view.Journey, view.Shown)
	if err != nil {
		return err
	}
	reached, err := tx.Reached(view.ID, view.Shown)
	if err != nil {
		return err
	}

	view.Segment, view.Event = d.Entry.Segment, d.Entry.Event
	found := coverage.Reached(coverage.NewVersion(view.Shown, raw), reached.Places)
	found.Parts = slices.DeleteFunc(found.Parts, func(part coverage.Part) bool { // no run has such a skip
		return part.Kind == coverage.PartSkip && part.Node == ""
	})
	found.Runs = reached.Begun()
	left := longestPhrases / 3 // for what is no node
	for _, phrase := range d.Words() {
		view.Entry = append(view.Entry, cutPhrase(phrase, &left))
	}
	view.Share = found.Share()
	view.Missed, view.More = missedOf(found)
	for i, rule := range d.ExitOn {
		words := cutPhrase(rule.Words(), &left)
		view.Rules = append(view.Rules, ruleView{words, countOf(found, coverage.PartExitRule, i)})
	}
	nodes := walk.Nodes(d, found, reached.Here, mark)
	view.link(nodes, first)
	view.Drawing = walk.Draw(found, nodes, mark)
	view.Nodes, view.nextNode = nodesFrom(nodes, first)

	total, err := tx.Reached(view.ID, 0)
	view.Total = total.RunTotals
	return err
}

// countOf returns how often the nth part of a kind was reached.
func countOf(found *coverage.Journey, kind string, n int) int {
	for _, part := range found.Parts {
		if part.Kind != kind {
			continue
		}
		if n == 0 {
			return part.Count
		}
		n--
	}
	return 0
}

// missedOf lists what was never reached, and counts the rest if it is much.
func missedOf(found *coverage.Journey) (labels []string, more int) {
	const most = 40
	missed := found.Missed()
	for _, part := range missed[:min(len(missed), most)] {
		labels = append(labels, part.Kind+" "+part.Label())
	}
	return labels, len(missed) - len(labels)
}

const listedVersions = 20

// readVersions lists the newest versions, and what changed from one to the next.
func (view *journeyView) readVersions(tx *world.Tx) error {
	var newer *versionView
	var nodes map[string]string // of the newer version
	for number := view.Version; number > 0 && len(view.Versions) <= listedVersions; number-- {
		raw, err := tx.JourneyVersion(view.ID, number)
		if err != nil {
			return err
		}
		own := nodeTexts(raw)
		if newer != nil {
			newer.compare(own, nodes)
		}
		if len(view.Versions) == listedVersions {
			return nil
		}
		reached, err := tx.Reached(view.ID, number)
		if err != nil {
			return err
		}
		one := versionView{Number: number, Nodes: len(own), RunTotals: reached.RunTotals}
		view.Versions = append(view.Versions, one)
		newer, nodes = &view.Versions[len(view.Versions)-1], own
	}
	return nil
}

// compare counts how the nodes of a version differ from those before it.
func (one *versionView) compare(before, now map[string]string) {
	for id, text := range now {
		old, known := before[id]
		switch {
		case !known:
			one.Added++
		case old != text:
			one.Changed++
		}
	}
	for id := range before {
		if _, kept := now[id]; !kept {
			one.Removed++
		}
	}
}

// journeyDefinition serves the document of a version.
func journeyDefinition(v *visit) error {
	var raw []byte
	err := v.act(func(tx *world.Tx) error {
		j, _, err := journeyNamed(v, tx)
		if err != nil {
			return err
		}
		version, err := strconv.Atoi(cmp.Or(v.r.URL.Query().Get("version"), strconv.Itoa(j.Version)))
		if err == nil {
			raw, err = tx.JourneyVersion(j.ID, version)
		}
		if err != nil || len(raw) == 0 {
			return world.NotFound("version of the Journey", v.r.URL.Query().Get("version"))
		}
		return nil
	})
	if err != nil {
		return err
	}
	v.document(raw)
	return nil
}

// askArchive asks before a Journey is archived, which cannot be undone.
func askArchive(v *visit) error {
	var view journeyView
	err := v.act(func(tx *world.Tx) error {
		j, _, err := journeyNamed(v, tx)
		if err != nil {
			return err
		}
		reached, err := tx.Reached(j.ID, 0)
		view = journeyView{Journey: *j, Total: reached.RunTotals}
		return err
	})
	if err != nil {
		return err
	}
	return v.show(http.StatusOK, "archive.html", "Archive "+format.Value(cmp.Or(view.Name, view.Key))+"?", view)
}

// changeJourney activates, pauses, resumes or archives a Journey.
func changeJourney(v *visit) error {
	var j *world.Journey
	var refused error
	says, status := "Archived. Its runs have ended.", v.r.PostFormValue("status")
	known := status == world.Active || status == world.Paused || status == world.Archived
	err := v.act(func(tx *world.Tx) (err error) {
		if j, _, err = journeyNamed(v, tx); err != nil || !known {
			return err
		}
		if j.Status == status {
			says = "The Journey was " + status + " already."
		}
		for _, next := range journeyStatuses[j.Status] {
			if next.Status == status {
				says = next.Says
			}
		}
		refused = tell.ChangeJourney(tx, j.ID, status)
		return refused
	})
	switch {
	case refused != nil:
		return v.refuse(journeyPath(j.ID), sentence(refused.Error()))
	case err != nil:
		return err
	case !known:
		return v.refuse(journeyPath(j.ID), "The Journey was not changed: it can become Active, Paused or Archived.")
	}
	return v.done(journeyPath(j.ID), says)
}
