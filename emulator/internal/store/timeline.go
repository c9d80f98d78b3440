package store

import (
	"math"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/outcome"
)

// This file reads what happened to one Profile, kind by kind, newest first. Each list goes on before a Mark, so that a
// page of it costs the same however long it is.

// Mark is a place in a list of what happened to a Profile: when it happened, and its number among all rows of its kind.
// The zero Mark is before the newest. The lists whose order is that of their numbers read only Seq.
type Mark struct {
	At  time.Time
	Seq int
}

func (m Mark) seq() int {
	if m.Seq == 0 {
		return math.MaxInt
	}
	return m.Seq
}

func (m Mark) at() any {
	if m.Seq == 0 {
		return int64(math.MaxInt64)
	}
	return m.At
}

// SendsBefore returns EmailSends of a Profile.
func (tx *Tx) SendsBefore(profile string, before Mark, limit int) ([]EmailSend, error) {
	return sends.all(tx, "WHERE s.org = ? AND s.profile_id = ? AND s.seq < ? ORDER BY s.seq DESC LIMIT ?",
		tx.Org, profile, before.seq(), limit)
}

// EventsBefore returns UserEvents of a Profile. A Profile may have very many, so their numbers are read from the index
// first.
func (tx *Tx) EventsBefore(profile string, before Mark, limit int) ([]UserEvent, error) {
	return userEvents.all(tx, `WHERE org = ? AND seq IN (SELECT seq FROM user_events WHERE profile_id = ? AND seq < ?
		ORDER BY seq DESC LIMIT ?) ORDER BY seq DESC`, tx.Org, profile, before.seq(), limit)
}

// ProfileFact is a fact about an email of a Profile.
type ProfileFact struct {
	Fact
	Seq             int
	SendID, Subject string
}

var profileFacts = view[ProfileFact]{
	"SELECT f.type, f.detail, f.at, f.seq, s.id, s.subject FROM facts f JOIN email_sends s ON s.seq = f.send ",
	func(fact *ProfileFact, r *row) {
		fact.columns(r)
		fact.Seq, fact.SendID, fact.Subject = r.num(), r.str(), r.str()
	},
}

// FactsBefore returns what happened to the emails of a Profile, apart from their delivery.
func (tx *Tx) FactsBefore(profile string, before Mark, limit int) ([]ProfileFact, error) {
	return profileFacts.all(tx, "WHERE f.seq IN (SELECT seq FROM facts WHERE profile_id = ? AND type NOT IN ('"+
		outcome.Accepted+"', '"+outcome.Delivered+"') AND seq < ? ORDER BY seq DESC LIMIT ?) ORDER BY f.seq DESC",
		profile, before.seq(), limit)
}

// RunsBefore returns runs of a Profile.
func (tx *Tx) RunsBefore(profile string, before Mark, limit int) ([]Run, error) {
	return runs.all(tx, `WHERE org = ? AND seq IN (SELECT seq FROM runs WHERE profile_id = ? AND seq < ?
		ORDER BY seq DESC LIMIT ?) ORDER BY seq DESC`, packed(tx.Org), packed(profile), before.seq(), limit)
}

// RunsEndedBefore returns runs of a Profile that have ended, the one that ended last first.
func (tx *Tx) RunsEndedBefore(profile string, before Mark, limit int) ([]Run, error) {
	return runs.all(tx, `WHERE org = ? AND profile_id = ? AND (completed_at, seq) < (?, ?)
		ORDER BY completed_at DESC, seq DESC LIMIT ?`,
		packed(tx.Org), packed(profile), before.at(), before.seq(), limit)
}

// RunsOpen returns the newest unfinished runs of a Profile.
func (tx *Tx) RunsOpen(profile string, limit int) ([]Run, error) {
	return runs.all(tx, "WHERE org = ? AND profile_id = ? AND "+unfinished+"ORDER BY seq DESC LIMIT ?",
		packed(tx.Org), packed(profile), limit)
}

// EntriesBefore returns what Journeys did when a Profile became a member of their Segments.
func (tx *Tx) EntriesBefore(profile string, before Mark, limit int) ([]SegmentEntry, error) {
	return entries.all(tx, ofProfile+"AND e.seq < ? ORDER BY e.seq DESC LIMIT ?",
		packed(profile), packed(tx.Org), before.seq(), limit)
}

// OmissionsBefore returns carriers that left out a Profile when their sending started, newest first.
func (tx *Tx) OmissionsBefore(profile string, before Mark, limit int) ([]Omission, error) {
	read := func(o *Omission, r *row) { *o = Omission{r.str(), r.str(), r.str(), r.str(), r.at(), r.num()} }
	return view[Omission]{`SELECT c.type, c.id, c.name, r.skip, c.started_at, c.seq
		FROM recipients r JOIN carriers c ON c.seq = r.carrier `, read}.all(tx, `WHERE c.org = ? AND r.profile_id = ?
		AND r.skip IS NOT NULL AND (c.started_at, c.seq) < (?, ?) ORDER BY c.started_at DESC, c.seq DESC LIMIT ?`,
		tx.Org, profile, before.at(), before.seq(), limit)
}

// SuppressionChange is one entry of the log of an address: from then on it was suppressed for this reason, or, if the
// reason is "", no longer.
type SuppressionChange struct {
	Seq           int
	Email, Reason string
	At            time.Time
}

var suppressionChanges = define("suppression_changes", (*SuppressionChange).columns, "org")

func (change *SuppressionChange) columns(r *row) {
	r.seq(&change.Seq)
	r.column("email", &change.Email)
	r.nullable("reason", &change.Reason)
	r.column("at", &change.At)
}

// SuppressionsBefore returns the log of a lower-case address, newest first.
func (tx *Tx) SuppressionsBefore(email string, before Mark, limit int) ([]SuppressionChange, error) {
	return suppressionChanges.all(tx, "WHERE org = ? AND email = ? AND seq < ? ORDER BY seq DESC LIMIT ?",
		tx.Org, email, before.seq(), limit)
}

// RunMove is a step that a run took at a wait, or its end by an exit rule. Node is "" for an end.
type RunMove struct{ RunID, JourneyID, Node, Outcome, Why string }

// MovesAt returns how runs of a Profile moved on at an instant because of an event, as their reasons say.
func (tx *Tx) MovesAt(profile string, at time.Time, limit int) ([]RunMove, error) {
	read := func(move *RunMove, r *row) {
		*move = RunMove{r.id(), r.id(), r.str(), r.str(), r.str()}
		if move.Node == "" {
			move.Outcome = statusOf(move.Outcome)
		}
	}
	return view[RunMove]{`SELECT r.id, r.journey_id, s.node, s.outcome, s.why
		FROM runs r CROSS JOIN run_steps s ON s.run = r.seq
		WHERE r.profile_id = ?1 AND r.org = ?2 AND s.at = ?3 AND s.why GLOB 'an event *' `, read}.all(tx,
		`UNION ALL SELECT id, journey_id, '', coalesce(reason, status), why FROM runs
		WHERE profile_id = ?1 AND org = ?2 AND completed_at = ?3 AND why GLOB 'an event *' LIMIT ?4`,
		packed(profile), packed(tx.Org), at, limit)
}
