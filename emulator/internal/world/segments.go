package world

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// Segments. Decided here: a condition that breaks its grammar, names what is not there, or refers to itself through other
// Segments is refused when it is saved, with everything that is wrong with it.

// SegmentWith finds a Segment by id or key.
func (tx *Tx) SegmentWith(id string) (*store.Segment, error) {
	found, err := tx.segment(id)
	if err != nil {
		return nil, err
	}
	return &found.Segment, nil
}

// PreviewSegment counts who is in a Segment now, and returns the newest of them.
func (tx *Tx) PreviewSegment(id string, limit int) (newest []store.Profile, count int, err error) {
	found, err := tx.segment(id)
	if err != nil {
		return nil, 0, err
	}
	filter, err := tx.segmentFilter(found)
	if err != nil {
		return nil, 0, err
	}
	if count, err = tx.CountProfiles(filter); err != nil {
		return nil, 0, err
	}
	page, err := tx.ListProfiles(store.Page{Limit: limit}, filter)
	return page.Items, count, err
}

// segment finds a Segment by id.
func (tx *Tx) segment(id string) (*segment, error) {
	c, err := tx.catalog()
	if err != nil {
		return nil, err
	}
	found := c.segments[strings.ToLower(id)]
	if found == nil {
		return nil, NotFound("Segment", id)
	}
	return found, nil
}

// SegmentDraft is a Segment to be saved: a Dynamic one with its definition, or a Manual one with its members' ids.
type SegmentDraft struct {
	store.Segment
	Members []string
}

// PutSegments saves Segments that may refer to each other. The findings, one list per draft, point into its definition;
// nothing is written when there are any.
func (tx *Tx) PutSegments(drafts ...SegmentDraft) ([][]cond.Finding, error) {
	c, err := tx.catalog()
	if err != nil {
		return nil, err
	}
	findings := make([][]cond.Finding, len(drafts))
	conds := make([]*cond.Cond, len(drafts))
	for i, d := range drafts {
		if d.Type == store.Dynamic {
			conds[i], findings[i] = cond.ParseJSON(d.Definition)
		}
	}
	g := cond.NewGraph()
	for _, s := range c.segments {
		g.Add(s.ID, s.Key, s.cond)
	}
	for i, d := range drafts {
		g.Add(d.ID, d.Key, conds[i])
	}
	for i := range drafts {
		if conds[i] != nil {
			findings[i] = c.unknown(g, conds[i])
		}
	}
	if faults := g.TooLarge(); len(faults) > 0 {
		findCycles(g, drafts, findings)
		if !slices.ContainsFunc(findings, func(f []cond.Finding) bool { return len(f) > 0 }) {
			blame(g, faults, drafts, findings)
		}
	}
	if slices.ContainsFunc(findings, func(f []cond.Finding) bool { return len(f) > 0 }) {
		return findings, nil
	}
	return findings, tx.StoreSegments(drafts)
}

// StoreSegments saves Segments with which nothing is wrong, and lets Journeys see it.
func (tx *Tx) StoreSegments(drafts []SegmentDraft) error {
	c, err := tx.catalog()
	if err != nil {
		return err
	}
	edited, err := c.edited(tx, drafts)
	if err != nil {
		return err
	}
	tx.Forget()
	for _, d := range drafts {
		if err := tx.PutSegment(d.Segment, d.Members); err != nil {
			return err
		}
	}
	return tx.segmentsEdited(edited)
}

// segmentFilter is the members of a Segment as they are now.
func (tx *Tx) segmentFilter(s *segment) (store.Filter, error) {
	c, err := tx.catalog()
	if err != nil {
		return store.Filter{}, err
	}
	return tx.Where(&cond.InSegment{Segment: s.ID}, c)
}

// The catalog finds what conditions refer to, for evaluation and for SQL.

// FactType implements store.References.
func (c *catalog) FactType(kind string) string { return cmp.Or(mailFacts[kind], kind) }

// TemplateID implements store.References.
func (c *catalog) TemplateID(ref string) string {
	if t := c.templates[ref]; t != nil {
		return t.ID
	}
	return ref
}

// Group implements store.References.
func (c *catalog) Group(ref string) *store.SubscriptionGroup { return c.groups[ref] }

// Segment implements store.References.
func (c *catalog) Segment(ref string) (*store.Segment, *cond.Cond) {
	if s := c.segments[ref]; s != nil {
		return &s.Segment, s.cond
	}
	return nil, nil
}

// unknown finds the references of a condition that lead nowhere.
func (c *catalog) unknown(g *cond.Graph, condition *cond.Cond) (findings []cond.Finding) {
	look := func(refs []string, noun string, known func(ref string) bool, members ...string) {
		for _, ref := range refs {
			if !known(ref) {
				findings = append(findings, cond.Finding{Path: condition.PlaceOf(ref, members...), Message: fmt.Sprintf("there is no %s %q", noun, ref)})
			}
		}
	}
	reads := condition.Reads()
	look(reads.Segments, "Segment", g.Has, "inSegment")
	look(reads.Groups, "SubscriptionGroup", func(ref string) bool { return c.groups[ref] != nil }, "subscribed")
	look(reads.Templates, "Template", func(ref string) bool { return c.templates[ref] != nil }, "received", "templateId")
	return findings
}

// blame tells drafts that they are too large, or that they make a saved Segment too large that refers to them.
func blame(g *cond.Graph, faults map[string]string, drafts []SegmentDraft, findings [][]cond.Finding) {
	saved := maps.Clone(faults)
	for i, d := range drafts {
		if fault := faults[d.ID]; fault != "" {
			message := "with the Segments that it refers to, the condition " + fault
			findings[i] = append(findings[i], cond.Finding{Message: message})
		}
		delete(saved, d.ID)
	}
	for _, id := range slices.Sorted(maps.Keys(saved)) {
		reached := g.Reach(id)
		for i, d := range drafts {
			if reached[d.ID] {
				message := "the Segment " + g.Key(id) + ", which refers to this one, then " + saved[id]
				findings[i] = append(findings[i], cond.Finding{Message: message})
			}
		}
	}
}

// findCycles tells the first draft of every cycle about it.
func findCycles(g *cond.Graph, drafts []SegmentDraft, findings [][]cond.Finding) {
	for _, cycle := range g.Cycles() {
		i := slices.IndexFunc(drafts, func(d SegmentDraft) bool { return slices.Contains(cycle, d.ID) })
		if i < 0 {
			continue
		}
		start := slices.Index(cycle, drafts[i].ID)
		names := make([]string, 0, len(cycle)+1)
		for n := range len(cycle) + 1 {
			names = append(names, g.Key(cycle[(start+n)%len(cycle)]))
		}
		findings[i] = append(findings[i], cond.Finding{Message: "the Segment refers to itself: " + strings.Join(names, " → ")})
	}
}
