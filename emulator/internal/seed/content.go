package seed

import (
	"cmp"
	"encoding/json"
	"errors"
	"slices"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// What a seed says of Templates, Segments and Journeys.

func (s *seeding) templates(seed *Seed) error {
	for i, t := range seed.Templates {
		at := s.at("templates", i)
		if s.passes("template", at, t.Key) {
			continue
		}
		id, err := s.thing("template", at, t.Key, t.ID)
		if err != nil {
			return err
		}
		saved, err := s.savedTemplate(id)
		if err != nil {
			return err
		}
		saved.Key, saved.Name, saved.Language, saved.SenderProfileID = cmp.Or(t.Key, at), cmp.Or(t.Name, t.Key), t.Language, ""
		saved.Purpose = s.oneOf(at+"/purpose", t.Purpose, world.Purposes...)
		if t.Status != "" {
			saved.Status = s.oneOf(at+"/status", t.Status, world.Active, world.Archived)
		}
		if t.SenderProfile != "" {
			if saved.SenderProfileID, err = s.ref("senderProfile", at+"/senderProfile", t.SenderProfile); err != nil {
				return err
			}
		}
		if err := s.template(at, saved, t.Definition); err != nil {
			return err
		}
	}
	return nil
}

// savedTemplate is a Template as it is, with what a seed does not tell, or a new one.
func (s *seeding) savedTemplate(id string) (world.Template, error) {
	saved, err := s.tx.TemplateNamed(id)
	if err != nil || saved == nil {
		return world.Template{ID: id, Source: world.SourceSeed}, err
	}
	return *saved, nil
}

// template saves a Template; an empty one stands in for what is refused, so that references to it are not mistakes too.
func (s *seeding) template(at string, t world.Template, definition any) error {
	raw := json.RawMessage("{}")
	if definition == nil {
		s.report(at+"/definition", "is required")
	} else {
		raw = s.document(at+"/definition", definition)
	}
	err := s.tx.SaveTemplate(t, raw)
	refusal, refused := errors.AsType[*world.Problem](err)
	if !refused {
		return err
	}
	findings, _ := refusal.Details["issues"].([]cond.Finding)
	for _, f := range findings {
		s.report(at+f.Path, "%s", f.Message)
	}
	return s.tx.SaveTemplate(t, json.RawMessage("{}"))
}

func (s *seeding) segments(seed *Seed) error {
	var drafts []world.SegmentDraft
	var places []string
	for i, each := range seed.Segments {
		at := s.at("segments", i)
		if s.passes("segment", at, each.Key) {
			continue
		}
		d, err := s.segment(at, each)
		if err != nil {
			return err
		}
		drafts, places = append(drafts, d), append(places, at)
	}
	findings, err := s.tx.PutSegments(drafts...)
	if err != nil || !slices.ContainsFunc(findings, hasAny) {
		return err
	}
	for i := range findings {
		for _, f := range findings[i] {
			s.report(places[i]+"/definition"+f.Path, "%s", f.Message)
		}
		if hasAny(findings[i]) {
			drafts[i].Definition = json.RawMessage("true") // stands in, as above
		}
	}
	return s.tx.StoreSegments(drafts)
}

func (s *seeding) segment(at string, seed Segment) (world.SegmentDraft, error) {
	id, err := s.thing("segment", at, seed.Key, seed.ID)
	if err != nil {
		return world.SegmentDraft{}, err
	}
	d := world.SegmentDraft{}
	d.ID, d.Key, d.Name, d.Type = id, cmp.Or(seed.Key, at), cmp.Or(seed.Name, seed.Key), world.Dynamic
	switch {
	case (seed.Definition == nil) == (seed.Members == nil):
		s.report(at+"/definition", "give either a definition or members")
		d.Definition = json.RawMessage("true")
	case seed.Members == nil:
		d.Definition = s.document(at+"/definition", seed.Definition)
	default:
		d.Type = world.Manual
		d.Members, err = s.members(at+"/members", seed.Members)
	}
	return d, err
}

func hasAny[T any](list []T) bool { return len(list) > 0 }

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
		if s.passes("journey", at, j.Key) {
			continue
		}
		id, err := s.thing("journey", at, j.Key, j.ID)
		if err != nil {
			return err
		}
		status := j.Status
		if status != "" {
			status = s.oneOf(at+"/status", status, world.Draft, world.Active, world.Paused, world.Archived)
		}
		j.Key = cmp.Or(j.Key, at)
		j.Name = cmp.Or(j.Name, j.Key)
		j.ID, j.Status = "", ""
		findings, err := s.tx.SaveJourney(id, s.document(at, j), status)
		if err != nil {
			return err
		}
		s.journeysSeen[id] = hasAny(findings)
		for _, f := range findings {
			s.report(at+f.Path, "%s", f.Message)
		}
	}
	return nil
}
