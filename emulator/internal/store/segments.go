package store

import (
	"encoding/json"
	"slices"
	"time"
)

// Segment is a named condition, or a list of members when Type is Manual.
type Segment struct {
	ID, Key, Name, Type  string
	Definition           json.RawMessage
	CreatedAt, UpdatedAt time.Time
}

var segments = define("segments", (*Segment).columns, "org")

func (s *Segment) columns(r *row) {
	r.is("id", &s.ID)
	r.is("created_at", &s.CreatedAt)
	r.mutable()
	r.is("key", &s.Key)
	r.is("name", &s.Name)
	r.is("type", &s.Type)
	r.opt("definition", &s.Definition)
	r.is("updated_at", &s.UpdatedAt)
}

var segmentMembers = define("segment_members", (*none).columns, "segment_id", "profile_id")

// Segments are the Organization's, by key.
func (tx *Tx) Segments() ([]Segment, error) {
	return segments.all(tx, "WHERE org = ? ORDER BY key", tx.Org)
}

// ListSegments is a page of the Organization's Segments.
func (tx *Tx) ListSegments(p Page) (Listed[Segment], error) {
	return listed(tx, p, segments.view, func(s *Segment) Place { return Place{s.CreatedAt, s.ID} },
		Filter{"WHERE org = ?", []any{tx.Org}})
}

// PutSegment inserts or updates a Segment; an equal one stays as it is. Members replace those of a Manual one.
func (tx *Tx) PutSegment(s Segment, members []string) error {
	members = slices.Compact(slices.Sorted(slices.Values(members)))
	current, err := tx.SegmentMembers(s.ID)
	if err != nil {
		return err
	}
	s.CreatedAt, s.UpdatedAt = tx.Now, tx.Now
	if slices.Equal(current, members) {
		return segments.upsertChanged(tx, &s, tx.Org)
	}
	if err := segments.upsert(tx, &s, tx.Org); err != nil {
		return err
	}
	if err := tx.exec("DELETE FROM segment_members WHERE segment_id = ?", s.ID); err != nil {
		return err
	}
	for _, profile := range members {
		if err := segmentMembers.insert(tx, nil, s.ID, profile); err != nil {
			return err
		}
	}
	return nil
}

// SegmentMembers are the ids of the Profiles that a Manual Segment lists, in order.
func (tx *Tx) SegmentMembers(segment string) ([]string, error) {
	return tx.texts("SELECT profile_id FROM segment_members WHERE segment_id = ? ORDER BY profile_id", segment)
}

// SegmentHas tells whether a Manual Segment lists the Profile.
func (tx *Tx) SegmentHas(segment, profile string) (bool, error) {
	n, err := value[int64](tx.db, "SELECT count(*) FROM segment_members WHERE segment_id = ? AND profile_id = ?", segment, profile)
	return n > 0, err
}
