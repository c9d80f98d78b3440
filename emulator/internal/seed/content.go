package seed

import (
	"cmp"
	"encoding/json"
	"errors"
	"slices"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// This file applies Templates, Segments and Journeys.

// Valid definitions take the place of wrong ones, so that what refers to them is not reported as a mistake too.
const (
	emptyTemplate = "{}"
	everybody     = "true" // a Segment
)

func (s *seeding) templates(seed *Seed) error {
	for i, t := range seed.Templates {
		at := s.at("templates", i)
		if s.skips("template", at, t.Key) {
			continue
		}
		id, err := s.itemID("template", at, t.Key, t.ID)
		if err != nil {
			return err
		}
		saved, err := s.savedTemplate(id)
		if err != nil {
			return err
		}

		saved.Key, saved.Name = cmp.Or(t.Key, at), cmp.Or(t.Name, t.Key)
		saved.Language, saved.SenderProfileID = t.Language, ""
		saved.Purpose = s.oneOf(at+"/purpose", t.Purpose, Words("templates", "purpose")...)
		if t.Status != "" {
			saved.Status = s.oneOf(at+"/status", t.Status, Words("templates", "status")...)
		}
		if t.SenderProfile != "" {
			saved.SenderProfileID, err = s.ref("senderProfile", at+"/senderProfile", t.SenderProfile)
			if err != nil {
				return err
			}
		}
		if t.BrandKit != "" {
			saved.BrandKitID, err = s.ref("brandKit", at+"/brandKit", t.BrandKit)
			if err != nil {
				return err
			}
		}
		if err := s.saveTemplate(at, saved, t.Definition); err != nil {
			return err
		}
	}
	return nil
}

// savedTemplate returns the stored Template, which has what the seed leaves out. If there is none, it returns a new
// one.
func (s *seeding) savedTemplate(id string) (world.Template, error) {
	saved, err := s.tx.TemplateNamed(id)
	if err != nil || saved == nil {
		return world.Template{ID: id, Source: world.SourceSeed}, err
	}
	return *saved, nil
}

// saveTemplate saves a Template. If it is refused, an empty one is saved in its place.
func (s *seeding) saveTemplate(at string, template world.Template, definition any) error {
	raw := json.RawMessage(emptyTemplate)
	if definition == nil {
		s.report(at+"/definition", "is required")
	} else {
		raw = s.document(at+"/definition", definition, emptyTemplate)
	}
	err := s.tx.SaveTemplate(template, raw)
	refusal, refused := errors.AsType[*world.Problem](err)
	if !refused {
		return err
	}

	findings, _ := refusal.Details["issues"].([]cond.Finding)
	for _, finding := range findings {
		s.report(at+finding.Path, "%s", finding.Message)
	}
	return s.tx.SaveTemplate(template, json.RawMessage(emptyTemplate))
}

func (s *seeding) segments(seed *Seed) error {
	var drafts []world.SegmentDraft
	var places []string
	for i, segment := range seed.Segments {
		at := s.at("segments", i)
		if s.skips("segment", at, segment.Key) {
			continue
		}
		draft, err := s.segment(at, segment)
		if err != nil {
			return err
		}
		drafts, places = append(drafts, draft), append(places, at)
	}

	findings, err := s.tx.PutSegments(drafts...)
	if err != nil || !slices.ContainsFunc(findings, notEmpty) {
		return err
	}
	for i := range findings {
		for _, finding := range findings[i] {
			s.report(places[i]+"/definition"+finding.Path, "%s", finding.Message)
		}
		if notEmpty(findings[i]) {
			drafts[i].Definition = json.RawMessage(everybody)
		}
	}
	return s.tx.StoreSegments(drafts)
}

func (s *seeding) segment(at string, segment Segment) (world.SegmentDraft, error) {
	id, err := s.itemID("segment", at, segment.Key, segment.ID)
	if err != nil {
		return world.SegmentDraft{}, err
	}
	draft := world.SegmentDraft{}
	draft.ID, draft.Key, draft.Type = id, cmp.Or(segment.Key, at), world.Dynamic
	draft.Name = cmp.Or(segment.Name, segment.Key)
	switch {
	case (segment.Definition == nil) == (segment.Members == nil):
		s.report(at+"/definition", "give either a definition or members, not both")
		draft.Definition = json.RawMessage(everybody)
	case segment.Members == nil:
		draft.Definition = s.document(at+"/definition", segment.Definition, everybody)
	default:
		draft.Type = world.Manual
		draft.Members, err = s.members(at+"/members", segment.Members)
	}
	return draft, err
}

func notEmpty[T any](list []T) bool { return len(list) > 0 }

func (s *seeding) members(at string, emails []string) ([]string, error) {
	ids := []string{}
	for i, email := range emails {
		id, err := s.ref("profile", cond.Nth(at, i), email)
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, nil
}

func (s *seeding) journeys(seed *Seed) error {
	for i, j := range seed.Journeys {
		at := s.at("journeys", i)
		if s.skips("journey", at, j.Key) {
			continue
		}
		id, err := s.itemID("journey", at, j.Key, j.ID)
		if err != nil {
			return err
		}

		status := j.Status
		if status != "" {
			status = s.oneOf(at+"/status", status, Words("journeys", "status")...)
		}
		j.Key = cmp.Or(j.Key, at)
		j.Name = cmp.Or(j.Name, j.Key)
		j.ID, j.Status = "", ""
		doc := s.document(at, j, "")
		if len(doc) == 0 {
			s.journeysSeen[id] = true
			continue
		}
		findings, err := s.tx.SaveJourney(id, doc, status)
		if err != nil {
			return err
		}
		s.journeysSeen[id] = notEmpty(findings)
		for _, finding := range findings {
			s.report(at+finding.Path, "%s", finding.Message)
		}
	}
	return nil
}
