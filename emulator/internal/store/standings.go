package store

import "time"

// SegmentJourneys are the Active Journeys that listen to a Segment, by key.
func (tx *Tx) SegmentJourneys() ([]Journey, error) {
	return journeys.all(tx, "WHERE org = ? AND entry_segment IS NOT NULL AND status = '"+Active+"' ORDER BY key",
		tx.Org)
}

// Standing is what is known of a Profile and a Segment. Edge is when time alone may change it next, zero for never.
type Standing struct {
	Member bool
	Edge   time.Time
}

var standings = define("segment_standings", (*Standing).columns, "segment_id", "profile_id")

func (s *Standing) columns(r *row) {
	r.is("member", &s.Member)
	r.opt("edge", &s.Edge)
}

// Standing looks up what is known of a Profile and a Segment; of one that nothing is known of, it is that it is outside.
func (tx *Tx) Standing(segment, profile string) (Standing, error) {
	s, err := standings.one(tx, "WHERE segment_id = ? AND profile_id = ?", segment, profile)
	if s == nil {
		return Standing{}, err
	}
	return *s, err
}

// PutStanding keeps what is known of a Profile and a Segment; the zero Standing takes no row.
func (tx *Tx) PutStanding(segment, profile string, s Standing) error {
	if s == (Standing{}) {
		return tx.exec("DELETE FROM segment_standings WHERE segment_id = ? AND profile_id = ?", segment, profile)
	}
	return standings.replace(tx, &s, segment, profile)
}

// DropStandings forgets what is known of a Segment.
func (tx *Tx) DropStandings(segment string) error {
	return tx.exec("DELETE FROM segment_standings WHERE segment_id = ?", segment)
}

// NoteMembers brings what is known of a Segment up to the filter that its members pass, and gives those who are new, by id.
// Edges of Profiles that are new or outside are forgotten.
func (tx *Tx) NoteMembers(segment string, members Filter) ([]string, error) {
	passing := "SELECT p.id FROM profiles p WHERE p.org = ? AND p.deleted_at IS NULL AND (" + members.SQL + ")"
	args := append([]any{segment, tx.Org}, members.Args...)
	turned := []string{}
	if err := tx.db.compose(func(r *row) error { turned = append(turned, r.str()); return nil },
		"WITH known AS MATERIALIZED (SELECT profile_id FROM segment_standings WHERE segment_id = ? AND member) "+
			passing+" AND p.id NOT IN (SELECT profile_id FROM known) ORDER BY p.id", args...); err != nil {
		return nil, err
	}
	if err := tx.db.compose(func(*row) error { return nil },
		"DELETE FROM segment_standings WHERE segment_id = ? AND profile_id NOT IN ("+passing+")", args...); err != nil {
		return nil, err
	}
	for _, profile := range turned {
		if err := tx.PutStanding(segment, profile, Standing{Member: true}); err != nil {
			return nil, err
		}
	}
	return turned, nil
}

// KnownMembers are the Profiles known to be in a Segment, by id.
func (tx *Tx) KnownMembers(segment string) ([]string, error) {
	return tx.texts("SELECT profile_id FROM segment_standings WHERE segment_id = ? AND member ORDER BY profile_id",
		segment)
}

// ProfilesAfter are Profiles by id, from the one after an id on, "" for the first; if asked for, only those that have
// events or mail facts.
func (tx *Tx) ProfilesAfter(id string, limit int, active bool) ([]Profile, error) {
	return profiles.all(tx, alive+`AND id > ? AND (NOT ? OR EXISTS (SELECT 1 FROM user_events WHERE profile_id = p.id)
		OR EXISTS (SELECT 1 FROM facts WHERE profile_id = p.id)) ORDER BY id LIMIT ?`, tx.Org, id, active, limit)
}

// SegmentEntry is what a Journey made of a Profile that turned a member of its Segment.
type SegmentEntry struct {
	SegmentID, JourneyID, ProfileID string
	Outcome, Reason, RunID, Why     string
	At                              time.Time
}

var segmentEntries = define("segment_entries", (*SegmentEntry).columns, "org")

func (s *SegmentEntry) columns(r *row) {
	r.is("segment_id", &s.SegmentID)
	r.is("journey_id", &s.JourneyID)
	r.is("profile_id", &s.ProfileID)
	r.is("outcome", &s.Outcome)
	r.opt("reason", &s.Reason)
	r.opt("run_id", &s.RunID)
	r.opt("why", &s.Why)
	r.is("at", &s.At)
}

// AddSegmentEntry records what a Journey made of a Profile that turned a member of its Segment.
func (tx *Tx) AddSegmentEntry(s SegmentEntry) error {
	s.At = tx.Now
	return segmentEntries.insert(tx, &s, tx.Org)
}

// SegmentEntries are those of a Profile, newest first.
func (tx *Tx) SegmentEntries(profile string, limit int) ([]SegmentEntry, error) {
	return segmentEntries.all(tx, "WHERE org = ? AND profile_id = ? ORDER BY seq DESC LIMIT ?", tx.Org, profile, limit)
}
