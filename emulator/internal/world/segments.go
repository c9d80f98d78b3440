package world

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// Segments. Decided here: a condition is refused when it is saved if it breaks the grammar, names something that does
// not exist, or refers to itself through other Segments. The refusal lists everything that is wrong with it.

// SegmentWith finds a Segment by its id or key.
func (tx *Tx) SegmentWith(id string) (*store.Segment, error) {
	found, err := tx.segment(id)
	if err != nil {
		return nil, err
	}
	return &found.Segment, nil
}

// PreviewSegment returns the newest members of a Segment, and how many it has now.
func (tx *Tx) PreviewSegment(id string, limit int) (newest []store.Profile, count int, err error) {
	found, err := tx.segment(id)
	if err != nil {
		return nil, 0, err
	}
	c, err := tx.catalog()
	if err != nil {
		return nil, 0, err
	}
	if count, err = tx.CountMembers(found.members(), c); err != nil {
		return nil, 0, err
	}
	filter, err := tx.Where(found.members(), c)
	if err != nil {
		return nil, 0, err
	}
	page, err := tx.ListProfiles(store.Page{Limit: limit}, filter)
	return page.Items, count, err
}

// segment finds a Segment by its id.
func (tx *Tx) segment(id string) (*segment, error) {
	c, err := tx.catalog()
	if err != nil {
		return nil, err
	}
	found := c.segment(strings.ToLower(id))
	if found == nil || !strings.EqualFold(found.ID, id) {
		return nil, NotFound("Segment", id)
	}
	return found, nil
}

// SegmentDraft is a Segment to save: a Dynamic one with its definition, or a Manual one with its members' ids.
type SegmentDraft struct {
	store.Segment
	Members []string
}

// PutSegments saves Segments that may refer to each other. It returns a list of findings per draft, with paths into the
// draft's definition. If there are any findings, nothing is written.
func (tx *Tx) PutSegments(drafts ...SegmentDraft) ([][]cond.Finding, error) {
	c, err := tx.catalog()
	if err != nil {
		return nil, err
	}

	findings := make([][]cond.Finding, len(drafts))
	conds, ids := make([]*cond.Cond, len(drafts)), make([]string, len(drafts))
	for i, draft := range drafts {
		ids[i] = draft.ID
		if draft.Type == store.Dynamic {
			conds[i], findings[i] = cond.ParseJSON(draft.Definition)
		}
	}

	graph, err := c.graphAround(drafts, conds)
	if err != nil {
		return nil, err
	}
	for i := range drafts {
		if conds[i] != nil {
			findings[i] = c.unknownReferences(graph, conds[i])
		}
	}
	graph.CheckSizes(ids, findings)
	if slices.ContainsFunc(findings, func(list []cond.Finding) bool { return len(list) > 0 }) {
		return findings, nil
	}
	return findings, tx.StoreSegments(drafts)
}

// graphAround returns the drafts with the saved Segments that matter to them: those that they refer to, those that
// refer to them, and what these refer to.
func (c *catalog) graphAround(drafts []SegmentDraft, conds []*cond.Cond) (*cond.Graph, error) {
	graph := cond.NewGraph()
	for i, draft := range drafts {
		graph.AddReached(conds[i], c.segmentNamed)
		if c.segment(draft.ID) == nil {
			continue // no Segment refers to a new one
		}
		referring, err := c.referrers()
		if err != nil {
			return nil, err
		}
		for _, from := range referring.Reaching(draft.ID) {
			if id, key, condition := c.segmentNamed(from); id != "" {
				graph.Add(id, key, condition)
				graph.AddReached(condition, c.segmentNamed)
			}
		}
	}
	for i, draft := range drafts {
		graph.Add(draft.ID, draft.Key, conds[i])
	}
	return graph, nil
}

// StoreSegments saves Segments without faults, and makes Journeys react.
func (tx *Tx) StoreSegments(drafts []SegmentDraft) error {
	c, err := tx.catalog()
	if err != nil {
		return err
	}
	edited, err := c.edited(tx, drafts)
	if err != nil {
		return err
	}
	tx.changing()
	for _, draft := range drafts {
		if err := tx.PutSegment(draft.Segment, draft.Members); err != nil {
			return err
		}
	}
	c.forgetSegments(drafts)
	return tx.segmentsEdited(edited)
}

// segmentFilter returns a filter that the current members of a Segment pass.
func (tx *Tx) segmentFilter(s *segment) (store.Filter, error) {
	c, err := tx.catalog()
	if err != nil {
		return store.Filter{}, err
	}
	return tx.Where(s.members(), c)
}

// members returns the condition that a Profile is a member.
func (s *segment) members() cond.Node { return &cond.InSegment{Segment: s.ID} }

// The catalog finds what conditions refer to, both for their evaluation and for SQL.

// FactType implements store.References.
func (c *catalog) FactType(kind string) string { return cmp.Or(mailFacts[kind], kind) }

// TemplateID implements store.References.
func (c *catalog) TemplateID(ref string) string {
	if t := c.template(ref); t != nil {
		return t.ID
	}
	return ref
}

// Zone implements store.References.
func (c *catalog) Zone() *time.Location { return c.zone }

// Group implements store.References.
func (c *catalog) Group(ref string) *store.SubscriptionGroup { return c.group(ref) }

// Segment implements store.References.
func (c *catalog) Segment(ref string) (*store.Segment, *cond.Cond) {
	if s := c.segment(ref); s != nil {
		return &s.Segment, s.cond
	}
	return nil, nil
}

// unknownReferences finds references of a condition to things that do not exist.
func (c *catalog) unknownReferences(graph *cond.Graph, condition *cond.Cond) (findings []cond.Finding) {
	check := func(refs []string, noun string, known func(ref string) bool, members ...string) {
		for _, ref := range refs {
			if !known(ref) {
				findings = append(findings, cond.Finding{
					Path:    condition.PlaceOf(ref, members...),
					Message: fmt.Sprintf("there is no %s %q", noun, ref),
				})
			}
		}
	}
	group := func(ref string) bool { return c.group(ref) != nil }
	template := func(ref string) bool { return c.template(ref) != nil }

	reads := condition.Reads()
	check(reads.Segments, "Segment", graph.Has, "inSegment")
	check(reads.Groups, "SubscriptionGroup", group, "subscribed")
	check(reads.Templates, "Template", template, "received", "templateId")
	return findings
}
