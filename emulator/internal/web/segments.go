package web

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/format"
	"github.com/segmentflow/segmentflow-go/emulator/internal/tell"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// This file has the list of Segments, and the page of one.

func segmentPages() map[string]page {
	return map[string]page{
		"GET /dashboard/segments":                 segmentList,
		"GET /dashboard/segments/{id}":            showSegment,
		"GET /dashboard/segments/{id}/definition": segmentDefinition,
	}
}

// segmentRow is a Segment in the list.
type segmentRow struct {
	world.Segment
	Words   string
	Members int // of a Manual one
	Noted   bool
}

// segmentList shows the Segments by key. It counts the members of Manual ones only: to count the others takes a test of
// every Profile. Its pages begin after a key.
func segmentList(v *visit) error {
	rows, next := []segmentRow{}, ""
	err := v.act(func(tx *world.Tx) error {
		all, err := tx.Segments()
		if err != nil {
			return err
		}
		all, next = pageAfterKey(v.r.URL.Query(), all, func(s world.Segment) string { return s.Key })
		for _, s := range all {
			row := segmentRow{Segment: s, Words: cond.Shorten(segmentWords(&s).String(), 300)}
			if row.Members, err = tx.CountSegmentMembers(s.ID); err != nil {
				return err
			}
			if row.Noted, err = noted(tx, &s); err != nil {
				return err
			}
			rows = append(rows, row)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return v.show(http.StatusOK, "segments.html", "Segments", struct {
		Rows  []segmentRow
		Pager pager
	}{rows, pagesInOrder(v, next)})
}

// segmentWords says who is in a Segment.
func segmentWords(s *world.Segment) cond.Phrase {
	if s.Type == world.Manual {
		return cond.Phrase{Text: "the Profiles that it lists"}
	}
	condition, findings := cond.ParseJSON(s.Definition)
	if len(findings) > 0 {
		return cond.Phrase{Text: "its condition cannot be read"}
	}
	return condition.Words()
}

// noted reports whether it is noted who enters and leaves a Segment. Of a Dynamic one that is so while an Active
// Journey listens to it: the others are computed when they are read.
func noted(tx *world.Tx, s *world.Segment) (bool, error) {
	journeys, err := tx.SegmentJourneys()
	listens := func(j world.Journey) bool { return j.EntrySegment == s.ID }
	return s.Type == world.Manual || slices.ContainsFunc(journeys, listens), err
}

// segmentView is one Segment.
type segmentView struct {
	world.Segment
	Words    cond.Phrase
	JSON     string
	Cut      bool // there is more of the JSON
	Count    int
	Members  []world.Profile
	Pager    pager
	Noted    bool
	Changes  []changeRow
	Earlier  string // the path of the earlier changes, "" if there are none
	Uses     []use
	MoreUses bool
	Who      *membership
	Unknown  string
}

// changeRow is that a Profile entered or left.
type changeRow struct {
	world.SegmentChange
	Email string
}

// membership is whether a Profile is a member, and why.
type membership struct {
	Profile world.Profile
	Member  bool
	Why     string
}

// showSegment shows a Segment with its members.
func showSegment(v *visit) error {
	var view segmentView
	moved := ""
	err := v.act(func(tx *world.Tx) error {
		s, err := segmentNamed(tx, v.r.PathValue("id"))
		if err != nil {
			return err
		}
		if v.r.PathValue("id") != s.ID {
			moved = "/dashboard/segments/" + s.ID
			return nil
		}
		left := longestPhrases
		view.Segment, view.Words = *s, cutPhrase(segmentWords(s), &left)
		for _, read := range []func(*visit, *world.Tx) error{
			view.readMembers, view.readChanges, view.readUses, view.test,
		} {
			if err := read(v, tx); err != nil {
				return err
			}
		}
		return nil
	})
	switch {
	case err != nil:
		return err
	case moved != "":
		return v.moved(moved)
	}
	view.JSON, view.Cut = shortJSON(view.Definition)
	return v.show(http.StatusOK, "segment.html", format.Value(cmp.Or(view.Name, view.Key)), view)
}

// segmentNamed finds a Segment by id or key.
func segmentNamed(tx *world.Tx, ref string) (*world.Segment, error) {
	id, err := idOf(tx, "segment", ref)
	if err != nil {
		return nil, err
	}
	return tx.SegmentWith(id)
}

// shortJSON returns the beginning of a document with line breaks.
func shortJSON(raw []byte) (text string, cut bool) {
	var out bytes.Buffer
	if json.Indent(&out, raw, "", "  ") != nil {
		return "", false
	}
	return cond.Shorten(out.String(), longestText), out.Len() > longestText
}

// readMembers reads a page of the members. It counts them unless the page has all.
func (view *segmentView) readMembers(v *visit, tx *world.Tx) error {
	page, ok := placeIn(v.r.URL.Query(), "members")
	if !ok {
		view.Unknown = "There is no such place in the list of members. This is its beginning."
	}
	in, err := inSegment(view.ID)
	if err != nil {
		return err
	}
	found, err := tx.PageWhere(in, page)
	if err != nil {
		return err
	}
	view.Members, view.Count = found.Items, len(found.Items)
	view.Pager = pagesOf(v, cursorOf("members", found.Next))
	if found.Next == nil && page.From == nil {
		return nil
	}
	if view.Type == world.Manual {
		view.Count, err = tx.CountSegmentMembers(view.ID)
		return err
	}
	view.Count, err = tx.CountWhere(in)
	return err
}

// inSegment returns the condition that a Profile is in a Segment.
func inSegment(id string) (*cond.Cond, error) {
	condition, findings := cond.ParseJSON([]byte(`{"inSegment": ` + strconv.Quote(id) + `}`))
	if len(findings) > 0 {
		return nil, errors.New(findings[0].Message)
	}
	return condition, nil
}

const listedChanges = 20

// readChanges reads who lately entered and left, if that is noted.
func (view *segmentView) readChanges(v *visit, tx *world.Tx) (err error) {
	if view.Noted, err = noted(tx, &view.Segment); err != nil {
		return err
	}
	query := v.r.URL.Query()
	before, ok := numberIn(query, "changes")
	if !ok {
		view.Unknown, before = "There is no such place in the list of changes. This is its beginning.", 0
	}
	changes, err := tx.SegmentChanges(view.ID, before, listedChanges+1)
	if err != nil {
		return err
	}
	if len(changes) > listedChanges {
		changes = changes[:listedChanges]
		query.Set("changes", strconv.Itoa(changes[listedChanges-1].Seq))
		view.Earlier = "?" + query.Encode() + "#changes"
	}
	for _, change := range changes {
		row := changeRow{SegmentChange: change}
		p, err := tx.Profile(change.ProfileID)
		if err != nil {
			return err
		}
		if p != nil {
			row.Email = p.Email
		}
		view.Changes = append(view.Changes, row)
	}
	return nil
}

const listedUses = 50

// readUses lists what uses the Segment: Journeys, carriers and other Segments.
func (view *segmentView) readUses(_ *visit, tx *world.Tx) error {
	found, err := tell.UsesOfSegment(tx, &view.Segment, listedUses)
	view.MoreUses = len(found) > 2*listedUses
	view.Uses = usesOf(found[:min(len(found), 2*listedUses)])
	return err
}

// test says whether the Profile of the form is a member, and why.
func (view *segmentView) test(v *visit, tx *world.Tx) error {
	who := v.r.URL.Query().Get("who")
	if who == "" {
		return nil
	}
	p, err := tell.Person(tx, who)
	if err != nil {
		return err
	}
	if p == nil {
		view.Unknown = "There is no Profile with this email, id or externalId."
		return nil
	}
	view.Who = &membership{Profile: *p}
	if view.Who.Member, err = tx.InSegment(p.ID, view.ID); err != nil {
		return err
	}
	if view.Type == world.Manual {
		view.Who.Why = "The Segment does not list it."
		if view.Who.Member {
			view.Who.Why = "The Segment lists it."
		}
		return nil
	}
	condition, findings := cond.ParseJSON(view.Definition)
	if len(findings) > 0 {
		return errors.New(findings[0].Message)
	}
	view.Who.Why, err = tx.ExplainFor(p, condition)
	return err
}

// segmentDefinition serves the condition of a Segment.
func segmentDefinition(v *visit) error {
	var s *world.Segment
	err := v.act(func(tx *world.Tx) (err error) {
		s, err = segmentNamed(tx, v.r.PathValue("id"))
		if err == nil && s.Type == world.Manual {
			err = world.NotFound("definition", s.Key)
		}
		return err
	})
	if err == nil {
		v.document(s.Definition)
	}
	return err
}
