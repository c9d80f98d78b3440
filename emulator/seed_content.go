package emulator

import (
	"encoding/json"
	"errors"
	"slices"

	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
	"github.com/segmentflow/segmentflow-go/emulator/internal/wire"
)

// What a seed says of Templates, Segments and Journeys.

func (s *seeding) templates(seed *Seed) error {
	for i, t := range seed.Templates {
		at := s.at("templates", i)
		id, err := s.thing("template", at, t.Key, t.ID)
		if err != nil {
			return err
		}
		saved, err := s.savedTemplate(id)
		if err != nil {
			return err
		}
		saved.Key, saved.Name, saved.Language, saved.SenderProfileID = orElse(t.Key, at), orElse(t.Name, t.Key), t.Language, ""
		saved.Purpose = s.oneOf(at+"/purpose", t.Purpose, purposes...)
		if t.Status != "" {
			saved.Status = s.oneOf(at+"/status", t.Status, "Active", "Archived")
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
func (s *seeding) savedTemplate(id string) (store.Template, error) {
	c, err := s.e.catalog(s.tx)
	if err != nil || c.templates[id] == nil {
		return store.Template{ID: id, Source: "seed"}, err
	}
	return *c.templates[id], nil
}

// template saves a Template; an empty one stands in for what is refused, so that references to it are not mistakes too.
func (s *seeding) template(at string, t store.Template, definition any) error {
	raw := json.RawMessage("{}")
	if definition == nil {
		s.report(at+"/definition", "is required")
	} else {
		raw = s.document(at+"/definition", definition)
	}
	err := s.e.saveTemplate(s.tx, t, raw)
	refusal, refused := errors.AsType[*problem](err)
	if !refused {
		return err
	}
	issues, _ := refusal.details["issues"].([]wire.Issue)
	for _, issue := range issues {
		s.report(at+issue.Path, "%s", issue.Message)
	}
	return s.e.saveTemplate(s.tx, t, json.RawMessage("{}"))
}

func (s *seeding) segments(seed *Seed) error {
	drafts := make([]segmentDraft, len(seed.Segments))
	for i, each := range seed.Segments {
		at := s.at("segments", i)
		id, err := s.thing("segment", at, each.Key, each.ID)
		if err != nil {
			return err
		}
		d := segmentDraft{Segment: store.Segment{ID: id, Key: orElse(each.Key, at), Name: orElse(each.Name, each.Key), Type: "Dynamic"}}
		switch {
		case (each.Definition == nil) == (each.Members == nil):
			s.report(at+"/definition", "give either a definition or members")
			d.Definition = json.RawMessage("true")
		case each.Members == nil:
			d.Definition = s.document(at+"/definition", each.Definition)
		default:
			d.Type = "Manual"
			if d.members, err = s.members(at+"/members", each.Members); err != nil {
				return err
			}
		}
		drafts[i] = d
	}
	findings, err := s.e.putSegments(s.tx, drafts...)
	if err != nil || !slices.ContainsFunc(findings, hasAny) {
		return err
	}
	for i := range findings {
		for _, f := range findings[i] {
			s.report(s.at("segments", i)+"/definition"+f.Path, "%s", f.Message)
		}
		if hasAny(findings[i]) {
			drafts[i].Definition = json.RawMessage("true") // stands in, as above
		}
	}
	return s.e.storeSegments(s.tx, drafts)
}

func hasAny[T any](list []T) bool { return len(list) > 0 }

func (s *seeding) members(at string, emails []string) ([]string, error) {
	ids := []string{}
	for i, email := range emails {
		id, err := s.ref("profile", nth(at, i), email)
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
		id, err := s.thing("journey", at, j.Key, j.ID)
		if err != nil {
			return err
		}
		status := j.Status
		if status != "" {
			status = s.oneOf(at+"/status", status, "Draft", "Active", "Paused", "Archived")
		}
		j.Key = orElse(j.Key, at)
		j.Name = orElse(j.Name, j.Key)
		j.ID, j.Status = "", ""
		findings, err := s.e.putJourney(s.tx, id, s.document(at, j), status)
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
