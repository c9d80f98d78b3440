package store

import "time"

// SegmentJourneys returns the Active Journeys that listen to a Segment, by key.
func (tx *Tx) SegmentJourneys() ([]Journey, error) {
	return journeys.all(tx, "WHERE org = ? AND entry_segment IS NOT NULL AND status = '"+Active+"' ORDER BY +key",
		tx.Org)
}

// Membership is whether a Profile is known to be a member of a Segment. Edge is the next time at which the passing of
// time alone may change that, or zero if there is none.
type Membership struct {
	Member bool
	Edge   time.Time
}

var memberships = define("segment_memberships", (*Membership).columns, "segment_id", "profile_id")

func (membership *Membership) columns(r *row) {
	r.column("member", &membership.Member)
	r.nullable("edge", &membership.Edge)
}

// Membership returns what is known about a Profile and a Segment. If nothing is known, the Profile is not a member.
func (tx *Tx) Membership(segment, profile string) (Membership, error) {
	membership, err := memberships.one(tx, "WHERE segment_id = ? AND profile_id = ?", segment, profile)
	if membership == nil {
		return Membership{}, err
	}
	return *membership, err
}

// PutMembership stores what is known about a Profile and a Segment. The zero Membership needs no row.
func (tx *Tx) PutMembership(segment, profile string, membership Membership) error {
	if membership == (Membership{}) {
		return tx.exec("DELETE FROM segment_memberships WHERE segment_id = ? AND profile_id = ?", segment, profile)
	}
	return memberships.replace(tx, &membership, segment, profile)
}

// DropMemberships deletes what is known about a Segment.
func (tx *Tx) DropMemberships(segment string) error {
	return tx.exec("DELETE FROM segment_memberships WHERE segment_id = ?", segment)
}

// UpdateMembers brings the known members of a Segment up to date with the filter that its members pass. It returns the
// new members, by id. It deletes the edges of Profiles that are new or not members. If note is set, it notes who has
// entered and left.
func (tx *Tx) UpdateMembers(segment string, members Filter, note bool) ([]string, error) {
	passing := "SELECT p.id FROM profiles p WHERE p.org = ? AND p.deleted_at IS NULL AND (" + members.SQL + ")"
	args := append([]any{segment, tx.Org}, members.Args...)
	joined := []string{}
	if err := tx.db.compose(
		func(r *row) error { joined = append(joined, r.str()); return nil },
		"WITH known AS MATERIALIZED (SELECT profile_id FROM segment_memberships WHERE segment_id = ? AND member) "+
			passing+" AND p.id NOT IN (SELECT profile_id FROM known) ORDER BY p.id",
		args...,
	); err != nil {
		return nil, err
	}

	if note {
		left := []string{}
		if err := tx.db.compose(
			func(r *row) error { left = append(left, r.str()); return nil },
			"SELECT profile_id FROM segment_memberships WHERE segment_id = ? AND member "+
				"AND profile_id NOT IN ("+passing+")",
			args...,
		); err != nil {
			return nil, err
		}
		if err := tx.noteChanges(segment, left, false); err != nil {
			return nil, err
		}
		if err := tx.noteChanges(segment, joined, true); err != nil {
			return nil, err
		}
	}
	if err := tx.db.compose(
		func(*row) error { return nil },
		"DELETE FROM segment_memberships WHERE segment_id = ? AND profile_id NOT IN ("+passing+")",
		args...,
	); err != nil {
		return nil, err
	}

	for _, profile := range joined {
		if err := tx.PutMembership(segment, profile, Membership{Member: true}); err != nil {
			return nil, err
		}
	}
	return joined, nil
}

// KnownMembers returns the ids of the Profiles known to be in a Segment, in order.
func (tx *Tx) KnownMembers(segment string) ([]string, error) {
	return tx.texts("SELECT profile_id FROM segment_memberships WHERE segment_id = ? AND member ORDER BY profile_id",
		segment)
}

// ProfilesAfter returns Profiles in the order of their ids, starting after id, or with the first if id is "". If
// active is set, it returns only those that have events or mail facts.
func (tx *Tx) ProfilesAfter(id string, limit int, active bool) ([]Profile, error) {
	return profiles.all(tx,
		notDeleted+`AND id > ? AND (NOT ?
			OR EXISTS (SELECT 1 FROM user_events WHERE profile_id = p.id)
			OR EXISTS (SELECT 1 FROM all_facts WHERE profile_id = p.id)) ORDER BY id LIMIT ?`,
		tx.Org, id, active, limit)
}

// SegmentEntry is what a Journey did when a Profile became a member of its Segment.
type SegmentEntry struct {
	Seq                             int
	SegmentID, JourneyID, ProfileID string
	Outcome, Reason, RunID, Why     string
	At                              time.Time
}

// entryRow is the row of a SegmentEntry.
type entryRow struct {
	segment, profile, why string
	run                   int
	reason, org, journey  string
	at                    time.Time
}

var segmentEntries = define("segment_entries", (*entryRow).columns)

func (entry *entryRow) columns(r *row) {
	r.ident("segment_id", &entry.segment)
	r.ident("profile_id", &entry.profile)
	r.nullable("why", &entry.why)
	r.nullable("run", &entry.run)
	r.nullable("reason", &entry.reason)
	r.nullableIdent("org", &entry.org)
	r.nullableIdent("journey_id", &entry.journey)
	r.nullable("at", &entry.at)
}

// AddSegmentEntry records what a Journey did when a Profile became a member of its Segment. run is the run that began,
// nil if none did.
func (tx *Tx) AddSegmentEntry(entry SegmentEntry, run *Run) error {
	added := entryRow{segment: entry.SegmentID, profile: entry.ProfileID, why: entry.Why}
	if run != nil {
		added.run = run.Seq
	} else {
		added.reason, added.org, added.journey, added.at = entry.Reason, tx.Org, entry.JourneyID, tx.Now
	}
	return segmentEntries.insert(tx, &added)
}

var entries = view[SegmentEntry]{
	`SELECT e.seq, e.segment_id, coalesce(e.journey_id, r.journey_id), e.profile_id,
		iif(e.run IS NULL, '` + Skipped + "', '" + Enrolled + `'), e.reason, r.id, e.why, coalesce(e.at, r.triggered_at)
		FROM segment_entries e LEFT JOIN runs r ON r.seq = e.run `,
	func(entry *SegmentEntry, r *row) {
		*entry = SegmentEntry{r.num(), r.id(), r.id(), r.id(), r.str(), r.str(), r.id(), r.str(), r.at()}
	},
}

// ofProfile selects the entries of a Profile of an Organization.
const ofProfile = "WHERE e.profile_id = ? AND coalesce(e.org, r.org) = ? "

// SkippedEntries returns the newest entries that Journeys skipped: those of a Profile or, if profile is "", of all.
func (tx *Tx) SkippedEntries(profile string, limit int) ([]SegmentEntry, error) {
	return entries.all(tx, "WHERE e.org = ? AND "+belongsTo("e.profile_id", profile)+
		" AND e.run IS NULL ORDER BY e.seq DESC LIMIT ?3", packed(tx.Org), packed(profile), limit)
}

// SegmentEntries returns the entries of a Profile, newest first.
func (tx *Tx) SegmentEntries(profile string, limit int) ([]SegmentEntry, error) {
	return entries.all(tx, ofProfile+"ORDER BY e.seq DESC LIMIT ?", packed(profile), packed(tx.Org), limit)
}

// SegmentChange is that a Profile entered a Segment or left it.
type SegmentChange struct {
	Seq       int
	ProfileID string
	Entered   bool
	At        time.Time
}

var segmentChanges = define("segment_changes", (*SegmentChange).columns, "segment_id")

func (change *SegmentChange) columns(r *row) {
	r.seq(&change.Seq)
	r.column("profile_id", &change.ProfileID)
	r.column("entered", &change.Entered)
	r.column("at", &change.At)
}

// AddSegmentChange notes that a Profile entered a Segment or left it.
func (tx *Tx) AddSegmentChange(segment, profile string, entered bool) error {
	return segmentChanges.insert(tx, &SegmentChange{ProfileID: profile, Entered: entered, At: tx.Now}, segment)
}

// noteChanges notes that Profiles entered a Segment or left it.
func (tx *Tx) noteChanges(segment string, profiles []string, entered bool) error {
	if len(profiles) == 0 {
		return nil
	}
	return tx.exec(`INSERT INTO segment_changes (segment_id, profile_id, entered, at)
		SELECT ?1, value, ?2, ?3 FROM json_each(?4)`, segment, entered, tx.Now, encodeList(profiles))
}

// SegmentChanges returns the changes of the members of a Segment, newest first. It begins before the Seq given by
// before, or at the newest if before is 0.
func (tx *Tx) SegmentChanges(segment string, before, limit int) ([]SegmentChange, error) {
	return segmentChanges.all(tx, "WHERE segment_id = ? AND (?2 = 0 OR seq < ?2) ORDER BY seq DESC LIMIT ?3",
		segment, before, limit)
}
