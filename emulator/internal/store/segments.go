package store

import (
	"encoding/json"
	"slices"
	"time"
)

// Segment is a named condition. If Type is Manual, it is a list of members instead.
type Segment struct {
	ID, Key, Name, Type  string
	Definition           json.RawMessage
	CreatedAt, UpdatedAt time.Time
}

var segments = define("segments", (*Segment).columns, "org")

func (segment *Segment) columns(r *row) {
	r.column("id", &segment.ID)
	r.column("created_at", &segment.CreatedAt)
	r.mutable()
	r.column("key", &segment.Key)
	r.column("name", &segment.Name)
	r.column("type", &segment.Type)
	r.nullable("definition", &segment.Definition)
	r.column("updated_at", &segment.UpdatedAt)
}

var segmentMembers = define("segment_members", (*noColumns).columns, "segment_id", "profile_id")

// Segments returns the Organization's Segments, by key.
func (tx *Tx) Segments() ([]Segment, error) {
	return segments.all(tx, "WHERE org = ? ORDER BY key", tx.Org)
}

// Segment returns the Segment with this key or id, or nil if there is none.
func (tx *Tx) Segment(ref string) (*Segment, error) { return segments.named(tx, ref) }

// ListSegments returns a page of the Organization's Segments.
func (tx *Tx) ListSegments(page Page) (Listed[Segment], error) {
	return listed(tx, page, segments.view(), func(s *Segment) Place { return Place{s.CreatedAt, s.ID} },
		Filter{"WHERE org = ?", []any{tx.Org}})
}

// PutSegment inserts or updates a Segment. It does not touch an equal one. Members replace those of a Manual Segment.
func (tx *Tx) PutSegment(segment Segment, members []string) error {
	members = slices.Compact(slices.Sorted(slices.Values(members)))
	current, err := tx.SegmentMembers(segment.ID)
	if err != nil {
		return err
	}

	segment.CreatedAt, segment.UpdatedAt = tx.Now, tx.Now
	if slices.Equal(current, members) {
		return segments.upsertChanged(tx, &segment, tx.Org)
	}
	if err := segments.upsert(tx, &segment, tx.Org); err != nil {
		return err
	}
	if err := tx.exec("DELETE FROM segment_members WHERE segment_id = ?", segment.ID); err != nil {
		return err
	}

	for _, profile := range members {
		if err := segmentMembers.insert(tx, nil, segment.ID, profile); err != nil {
			return err
		}
	}
	if segment.Type != Manual {
		return nil
	}
	if err := tx.noteChanges(segment.ID, without(current, members), false); err != nil {
		return err
	}
	return tx.noteChanges(segment.ID, without(members, current), true)
}

// without returns the ids of one sorted list that are not in another one.
func without(list, other []string) (rest []string) {
	for _, id := range list {
		if _, found := slices.BinarySearch(other, id); !found {
			rest = append(rest, id)
		}
	}
	return rest
}

// SegmentMembers returns the ids of the Profiles that a Manual Segment lists, in order.
func (tx *Tx) SegmentMembers(segment string) ([]string, error) {
	return tx.texts("SELECT profile_id FROM segment_members WHERE segment_id = ? ORDER BY profile_id", segment)
}

// SegmentMembersAmong returns those of the Profiles that a Manual Segment lists, in order.
func (tx *Tx) SegmentMembersAmong(segment string, ids []string) ([]string, error) {
	return tx.texts(`SELECT profile_id FROM segment_members
		WHERE segment_id = ? AND profile_id IN (SELECT value FROM json_each(?)) ORDER BY profile_id`,
		segment, encodeList(ids))
}

// CountSegmentMembers counts the Profiles that a Manual Segment lists.
func (tx *Tx) CountSegmentMembers(segment string) (int, error) {
	n, err := value[int64](tx.db, "SELECT count(*) FROM segment_members WHERE segment_id = ?", segment)
	return int(n), err
}

// SegmentHas reports whether a Manual Segment lists the Profile.
func (tx *Tx) SegmentHas(segment, profile string) (bool, error) {
	n, err := value[int64](tx.db, "SELECT count(*) FROM segment_members WHERE segment_id = ? AND profile_id = ?",
		segment, profile)
	return n > 0, err
}
