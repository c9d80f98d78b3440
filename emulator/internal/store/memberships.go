package store

import "time"

// SegmentJourneys are the Active Journeys that listen to a Segment, by key.
func (tx *Tx) SegmentJourneys() ([]Journey, error) {
	return journeys.all(tx, "WHERE org = ? AND entry_segment IS NOT NULL AND status = '"+Active+"' ORDER BY key",
		tx.Org)
}

// Membership is what is known of a Profile and a Segment. Edge is when time alone may change it next, zero for never.
type Membership struct {
	Member bool
	Edge   time.Time
}

var memberships = define("segment_memberships", (*Membership).columns, "segment_id", "profile_id")

func (membership *Membership) columns(r *row) {
	r.column("member", &membership.Member)
	r.nullable("edge", &membership.Edge)
}

// Membership looks up what is known of a Profile and a Segment; of one that nothing is known of, it is that it is outside.
func (tx *Tx) Membership(segment, profile string) (Membership, error) {
	membership, err := memberships.one(tx, "WHERE segment_id = ? AND profile_id = ?", segment, profile)
	if membership == nil {
		return Membership{}, err
	}
	return *membership, err
}

// PutMembership keeps what is known of a Profile and a Segment; the zero Membership takes no row.
func (tx *Tx) PutMembership(segment, profile string, membership Membership) error {
	if membership == (Membership{}) {
		return tx.exec("DELETE FROM segment_memberships WHERE segment_id = ? AND profile_id = ?", segment, profile)
	}
	return memberships.replace(tx, &membership, segment, profile)
}

// DropMemberships forgets what is known of a Segment.
func (tx *Tx) DropMemberships(segment string) error {
	return tx.exec("DELETE FROM segment_memberships WHERE segment_id = ?", segment)
}

// UpdateMembers brings what is known of a Segment up to the filter that its members pass, and gives those who are new, by id.
// Edges of Profiles that are new or outside are forgotten.
func (tx *Tx) UpdateMembers(segment string, members Filter) ([]string, error) {
	passing := "SELECT p.id FROM profiles p WHERE p.org = ? AND p.deleted_at IS NULL AND (" + members.SQL + ")"
	args := append([]any{segment, tx.Org}, members.Args...)
	joined := []string{}
	if err := tx.db.compose(func(r *row) error { joined = append(joined, r.str()); return nil },
		"WITH known AS MATERIALIZED (SELECT profile_id FROM segment_memberships WHERE segment_id = ? AND member) "+
			passing+" AND p.id NOT IN (SELECT profile_id FROM known) ORDER BY p.id", args...); err != nil {
		return nil, err
	}
	if err := tx.db.compose(func(*row) error { return nil },
		"DELETE FROM segment_memberships WHERE segment_id = ? AND profile_id NOT IN ("+passing+")", args...); err != nil {
		return nil, err
	}
	for _, profile := range joined {
		if err := tx.PutMembership(segment, profile, Membership{Member: true}); err != nil {
			return nil, err
		}
	}
	return joined, nil
}

// KnownMembers are the Profiles known to be in a Segment, by id.
func (tx *Tx) KnownMembers(segment string) ([]string, error) {
	return tx.texts("SELECT profile_id FROM segment_memberships WHERE segment_id = ? AND member ORDER BY profile_id",
		segment)
}

// ProfilesAfter are Profiles by id, from the one after an id on, "" for the first; if asked for, only those that have
// events or mail facts.
func (tx *Tx) ProfilesAfter(id string, limit int, active bool) ([]Profile, error) {
	return profiles.all(tx, notDeleted+`AND id > ? AND (NOT ? OR EXISTS (SELECT 1 FROM user_events WHERE profile_id = p.id)
		OR EXISTS (SELECT 1 FROM facts WHERE profile_id = p.id)) ORDER BY id LIMIT ?`, tx.Org, id, active, limit)
}

// SegmentEntry is what a Journey made of a Profile that turned a member of its Segment.
type SegmentEntry struct {
	SegmentID, JourneyID, ProfileID string
	Outcome, Reason, RunID, Why     string
	At                              time.Time
}

var segmentEntries = define("segment_entries", (*SegmentEntry).columns, "org")

func (entry *SegmentEntry) columns(r *row) {
	r.column("segment_id", &entry.SegmentID)
	r.column("journey_id", &entry.JourneyID)
	r.column("profile_id", &entry.ProfileID)
	r.column("outcome", &entry.Outcome)
	r.nullable("reason", &entry.Reason)
	r.nullable("run_id", &entry.RunID)
	r.nullable("why", &entry.Why)
	r.column("at", &entry.At)
}

// AddSegmentEntry records what a Journey made of a Profile that turned a member of its Segment.
func (tx *Tx) AddSegmentEntry(entry SegmentEntry) error {
	entry.At = tx.Now
	return segmentEntries.insert(tx, &entry, tx.Org)
}

// SegmentEntries are those of a Profile, newest first.
func (tx *Tx) SegmentEntries(profile string, limit int) ([]SegmentEntry, error) {
	return segmentEntries.all(tx, "WHERE org = ? AND profile_id = ? ORDER BY seq DESC LIMIT ?", tx.Org, profile, limit)
}
