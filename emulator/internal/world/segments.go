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
	g := newSegmentGraph(c, drafts, conds)
	for i := range drafts {
		if conds[i] != nil {
			findings[i] = g.unknown(c, conds[i])
		}
	}
	if faults := g.tooLarge(); len(faults) > 0 {
		g.cycles(drafts, findings)
		if !slices.ContainsFunc(findings, func(f []cond.Finding) bool { return len(f) > 0 }) {
			g.blame(faults, drafts, findings)
		}
	}
	if slices.ContainsFunc(findings, func(f []cond.Finding) bool { return len(f) > 0 }) {
		return findings, nil
	}
	return findings, tx.StoreSegments(drafts)
}

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

// segmentGraph is all Segments of an Organization as they would be.
type segmentGraph struct {
	conds map[string]*cond.Cond // by id; nil for one without references
	ids   map[string]string     // by id and key
	keys  map[string]string     // by id
}

func newSegmentGraph(c *catalog, drafts []SegmentDraft, conds []*cond.Cond) *segmentGraph {
	g := &segmentGraph{map[string]*cond.Cond{}, map[string]string{}, map[string]string{}}
	for _, s := range c.segments {
		g.add(s.Segment, s.cond)
	}
	for i, d := range drafts {
		g.add(d.Segment, conds[i])
	}
	return g
}

func (g *segmentGraph) add(s store.Segment, c *cond.Cond) {
	g.conds[s.ID], g.ids[s.ID], g.ids[s.Key], g.keys[s.ID] = c, s.ID, s.ID, s.Key
}

func (g *segmentGraph) resolve(ref string) string {
	if id := g.ids[ref]; id != "" {
		return id
	}
	return ref
}

// unknown finds the references of a condition that lead nowhere.
func (g *segmentGraph) unknown(c *catalog, condition *cond.Cond) (findings []cond.Finding) {
	look := func(refs []string, noun string, known func(ref string) bool, members ...string) {
		for _, ref := range refs {
			if !known(ref) {
				findings = append(findings, cond.Finding{Path: placeOf(condition.Raw(), ref, members), Message: fmt.Sprintf("there is no %s %q", noun, ref)})
			}
		}
	}
	reads := condition.Reads()
	look(reads.Segments, "Segment", func(ref string) bool { return g.ids[ref] != "" }, "inSegment")
	look(reads.Groups, "SubscriptionGroup", func(ref string) bool { return c.groups[ref] != nil }, "subscribed")
	look(reads.Templates, "Template", func(ref string) bool { return c.templates[ref] != nil }, "received", "templateId")
	return findings
}

// placeOf finds where in a condition a reference stands, below members of these names.
func placeOf(raw any, ref string, members []string) string {
	at, _ := findPlace(raw, ref, members, "")
	return at
}

func findPlace(raw any, ref string, members []string, at string) (string, bool) {
	switch raw := raw.(type) {
	case map[string]any:
		if v, ok := dig(raw, members); ok && v == ref {
			return at + "/" + strings.Join(members, "/"), true
		}
		for _, name := range slices.Sorted(maps.Keys(raw)) {
			if place, ok := findPlace(raw[name], ref, members, Below(at, name)); ok {
				return place, true
			}
		}
	case []any:
		for i, v := range raw {
			if place, ok := findPlace(v, ref, members, Nth(at, i)); ok {
				return place, true
			}
		}
	}
	return "", false
}

func dig(v any, members []string) (any, bool) {
	for _, name := range members {
		object, ok := v.(map[string]any)
		if !ok {
			return nil, false
		}
		v = object[name]
	}
	return v, true
}

// tooLarge returns what is wrong with the Segments that exceed the limits of a condition, by id. One that refers to
// itself is among them.
func (g *segmentGraph) tooLarge() map[string]string {
	size := cond.Sizes(func(ref string) *cond.Cond { return g.conds[g.resolve(ref)] })
	faults := map[string]string{}
	for id := range g.conds {
		if fault := size(id).Fault(); fault != "" {
			faults[id] = fault
		}
	}
	return faults
}

// blame tells drafts that they are too large, or that they make a saved Segment too large that refers to them.
func (g *segmentGraph) blame(faults map[string]string, drafts []SegmentDraft, findings [][]cond.Finding) {
	saved := maps.Clone(faults)
	for i, d := range drafts {
		if fault := faults[d.ID]; fault != "" {
			message := "with the Segments that it refers to, the condition " + fault
			findings[i] = append(findings[i], cond.Finding{Message: message})
		}
		delete(saved, d.ID)
	}
	for _, id := range slices.Sorted(maps.Keys(saved)) {
		reached := g.reach(id, map[string]bool{})
		for i, d := range drafts {
			if reached[d.ID] {
				message := "the Segment " + g.keys[id] + ", which refers to this one, then " + saved[id]
				findings[i] = append(findings[i], cond.Finding{Message: message})
			}
		}
	}
}

// reach adds the ids of a Segment and of those that it refers to, directly or through others.
func (g *segmentGraph) reach(id string, known map[string]bool) map[string]bool {
	if known[id] {
		return known
	}
	known[id] = true
	if c := g.conds[id]; c != nil {
		for _, ref := range c.Reads().Segments {
			g.reach(g.resolve(ref), known)
		}
	}
	return known
}

// cycles tells the first draft of every cycle about it.
func (g *segmentGraph) cycles(drafts []SegmentDraft, findings [][]cond.Finding) {
	for _, cycle := range cond.Cycles(g.conds, g.resolve) {
		i := slices.IndexFunc(drafts, func(d SegmentDraft) bool { return slices.Contains(cycle, d.ID) })
		if i < 0 {
			continue
		}
		start := slices.Index(cycle, drafts[i].ID)
		names := make([]string, 0, len(cycle)+1)
		for n := range len(cycle) + 1 {
			names = append(names, g.keys[cycle[(start+n)%len(cycle)]])
		}
		findings[i] = append(findings[i], cond.Finding{Message: "the Segment refers to itself: " + strings.Join(names, " → ")})
	}
}
