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

func readSegment(r row) Segment {
	return Segment{r.str(0), r.str(1), r.str(2), r.str(3), r.json(4), r.at(5), r.at(6)}
}

const selectSegment = "SELECT id, key, name, type, definition, created_at, updated_at FROM segments WHERE org = ? "

// Segments are the Organization's, by key.
func (tx *Tx) Segments() ([]Segment, error) {
	return all(tx, readSegment, selectSegment+"ORDER BY key", tx.Org)
}

// ListSegments is a page of the Organization's Segments.
func (tx *Tx) ListSegments(p Page) (Listed[Segment], error) {
	return listed(tx, p, readSegment, func(s *Segment) Place { return Place{s.CreatedAt, s.ID} }, Filter{selectSegment, []any{tx.Org}})
}

// PutSegment inserts or updates a Segment; an equal one stays as it is. Members replace those of a Manual one.
func (tx *Tx) PutSegment(s Segment, members []string) error {
	members = slices.Compact(slices.Sorted(slices.Values(members)))
	current, err := tx.SegmentMembers(s.ID)
	if err != nil {
		return err
	}
	moved := !slices.Equal(current, members)
	if err := tx.exec(`INSERT INTO segments (id, org, key, name, type, definition, created_at, updated_at)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7)
		ON CONFLICT (id) DO UPDATE SET key = ?3, name = ?4, type = ?5, definition = ?6, updated_at = ?7
		WHERE ?8 OR (key, name, type, definition) IS NOT (?3, ?4, ?5, ?6)`,
		s.ID, tx.Org, s.Key, s.Name, s.Type, optJSON(s.Definition), tx.Now, moved); err != nil || !moved {
		return err
	}
	if err := tx.exec("DELETE FROM segment_members WHERE segment_id = ?", s.ID); err != nil {
		return err
	}
	for _, profile := range members {
		if err := tx.exec("INSERT INTO segment_members (segment_id, profile_id) VALUES (?, ?)", s.ID, profile); err != nil {
			return err
		}
	}
	return nil
}

// SegmentMembers are the ids of the Profiles that a Manual Segment lists, in order.
func (tx *Tx) SegmentMembers(segment string) ([]string, error) {
	return all(tx, func(r row) string { return r.str(0) },
		"SELECT profile_id FROM segment_members WHERE segment_id = ? ORDER BY profile_id", segment)
}

// SegmentHas tells whether a Manual Segment lists the Profile.
func (tx *Tx) SegmentHas(segment, profile string) (bool, error) {
	n, err := value[int64](tx.db, "SELECT count(*) FROM segment_members WHERE segment_id = ? AND profile_id = ?", segment, profile)
	return n > 0, err
}
