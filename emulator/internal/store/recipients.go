package store

import (
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/outcome"
)

// Recipients defines who a carrier is sent to: the Profiles that pass Members. If Subscribers is set, a Profile must
// also get emails of the Group by its policy. A Profile is skipped for the first reason that applies.
type Recipients struct {
	Members     Filter
	Group       string // "" for no group; then consent does not matter
	OptIn       bool   // the Group's policy
	Subscribers bool
}

// skipReason is why the Profile p gets no email now, or NULL if it gets one. It is the SQL form of the rules for
// consent and suppression in package world. Those check one Profile at a time, which is too slow for an audience of a
// hundred thousand.
const skipReason = "CASE WHEN p.id IS NULL OR p.deleted_at IS NOT NULL THEN '" + SkipProfileDeleted + `'
	WHEN p.email >= 'suppress' AND p.email < 'suppresst'
		AND (p.email = 'suppressed@simulator.test' OR p.email GLOB 'suppressed+*@simulator.test'
		OR p.email = 'suppressionlist@simulator.amazonses.com'
		OR p.email GLOB 'suppressionlist+*@simulator.amazonses.com')
		THEN '` + SkipSuppressed + SuppressedManual + `'
	WHEN a.suppressed IS NOT NULL THEN '` + SkipSuppressed + `' || a.suppressed
	WHEN g.status = '` + Unsubscribed + "' THEN '" + SkipUnsubscribed + `'
	WHEN ? AND g.status IS NULL THEN '` + SkipNotOptedIn + "' END"

const joinConsent = ` LEFT JOIN addresses a ON a.org = p.org AND a.email = p.email
	LEFT JOIN subscriptions g ON g.profile_id = p.id AND g.group_id = ? `

// query selects from the audience. The columns may name the Profile p and its skip reason, skip. Each + keeps SQLite
// from using an index by Organization, as in CountProfiles. In the order of the ids an audience is counted in a
// quarter of the time.
func (to Recipients) query(tx *Tx, before, columns, after string) Filter {
	q := Filter{
		before + "SELECT " + columns + " FROM (SELECT p.*, " + skipReason + " AS skip" +
			" FROM profiles p" + joinConsent + "WHERE +p.org = ? AND +p.deleted_at IS NULL",
		[]any{to.OptIn, to.Group, tx.Org},
	}
	q = q.and(to.Members)
	switch {
	case to.Subscribers && to.OptIn:
		q.SQL += " AND coalesce(g.status, '') = '" + Subscribed + "'" // no index by status, which would lose the order
	case to.Subscribers:
		q.SQL += " AND coalesce(g.status, '') <> '" + Unsubscribed + "'"
	}
	q.SQL += ") p " + after
	return q
}

// CountAudience counts the audience as it is now.
func (tx *Tx) CountAudience(to Recipients) (Audience, error) {
	total, skips, err := tx.count(to.query(tx, "", "count(*), group_concat(skip)", ""))
	return audienceOf(total, skips), err
}

func audienceOf(total int, skips string) Audience {
	found := Audience{Total: total, Eligible: total, Skipped: map[string]int{}}
	for reason := range strings.FieldsFuncSeq(skips, func(char rune) bool { return char == ',' }) {
		found.Skipped[reason]++
		found.Eligible--
	}
	return found
}

// FirstEligible returns the first Profiles of the audience, by id, that would get the email now.
func (tx *Tx) FirstEligible(to Recipients, limit int) ([]Profile, error) {
	found := []Profile{}
	q := to.query(tx, "", profiles.sql(columns), "WHERE skip IS NULL ORDER BY p.id LIMIT ?")
	err := tx.db.compose(profiles.view().appendTo(&found), q.SQL, append(q.Args, limit)...)
	return found, err
}

// AudienceSkip reports whether a Profile is in the audience now, and why it would get no email, "" if it would get one.
func (tx *Tx) AudienceSkip(to Recipients, profile string) (skip string, member bool, err error) {
	q := to.query(tx, "", "skip", "WHERE p.id = ?")
	err = tx.db.compose(func(r *row) error { skip, member = r.str(), true; return nil },
		q.SQL, append(q.Args, profile)...)
	return skip, member, err
}

// TakeSnapshot stores the audience of a carrier as it is now, and counts it.
func (tx *Tx) TakeSnapshot(carrier *Carrier, to Recipients) (counted Audience, err error) {
	q := to.query(tx, recipients.sql(insertSelect),
		"? AS carrier, p.id AS profile_id, p.skip", ")")
	err = tx.db.compose(func(*row) error { return nil }, q.SQL, slices.Insert(q.Args, 0, any(carrier.Seq))...)
	if err != nil {
		return counted, err
	}
	err = tx.db.query(func(r *row) error { counted = audienceOf(r.num(), r.str()); return nil },
		"SELECT count(*), group_concat(skip) FROM recipients WHERE carrier = ?", carrier.Seq)
	return counted, err
}

// DropSnapshot deletes the stored audience of a carrier.
func (tx *Tx) DropSnapshot(carrier *Carrier) error {
	return tx.exec("DELETE FROM recipients WHERE carrier = ?", carrier.Seq)
}

// Recipient is one Profile to send to. Skip is why it gets no email now, or "" if it gets one. The Profile has only
// what an email may show, and a deleted one only its id.
type Recipient struct {
	Skip    string
	Profile Profile
}

var recipients = define("recipients r", (*Recipient).columns, "carrier")

func (next *Recipient) columns(r *row) {
	r.column("profile_id", &next.Profile.ID)
	r.nullable("skip", &next.Skip)
}

// nextRecipients reads the stored skip reason, then the reason as it is now, and then the Profile.
var nextRecipients = sync.OnceValue(func() view[Recipient] {
	return view[Recipient]{"SELECT " + recipients.sql(columns) + ", " + skipReason +
		", p.email, p.external_id, p.phone, p.properties FROM recipients r" +
		" LEFT JOIN profiles p ON p.id = r.profile_id" + joinConsent,
		func(next *Recipient, r *row) {
			next.columns(r)
			if next.Skip = r.str(); next.Skip != SkipProfileDeleted {
				p := &next.Profile
				p.Email, p.ExternalID, p.Phone, p.Properties = r.str(), r.str(), r.str(), r.json()
			}
		}}
})

// NextRecipients returns the recipients after the carrier's position that were eligible when its sending started.
// Their consent and suppression are as they are now.
func (tx *Tx) NextRecipients(carrier *Carrier, to Recipients, limit int) ([]Recipient, error) {
	return nextRecipients().all(tx,
		"WHERE r.carrier = ? AND r.profile_id > ? AND r.skip IS NULL ORDER BY r.profile_id LIMIT ?",
		to.OptIn, to.Group, carrier.Seq, carrier.Position, limit)
}

// RecipientSkip reports whether a Profile was in the audience when a carrier's sending started, and why it was skipped
// then, "" if it was not.
func (tx *Tx) RecipientSkip(carrier *Carrier, profile string) (skip string, known bool, err error) {
	err = tx.db.query(func(r *row) error { skip, known = r.str(), true; return nil },
		"SELECT skip FROM recipients WHERE carrier = ? AND profile_id = ?", carrier.Seq, profile)
	return skip, known, err
}

// LeftOut is a Profile of an audience that was not eligible when the sending of its carrier started. Email is "" if the
// Profile has been deleted since.
type LeftOut struct{ ProfileID, Email, Reason string }

// LeftOut returns the first Profiles that a carrier left out when its sending started, by id.
func (tx *Tx) LeftOut(carrier *Carrier, limit int) ([]LeftOut, error) {
	read := func(left *LeftOut, r *row) { *left = LeftOut{r.str(), r.str(), r.str()} }
	return view[LeftOut]{`SELECT r.profile_id, p.email, r.skip FROM recipients r
		LEFT JOIN profiles p ON p.id = r.profile_id AND p.deleted_at IS NULL `, read}.all(tx,
		"WHERE r.carrier = ? AND r.skip IS NOT NULL ORDER BY r.profile_id LIMIT ?", carrier.Seq, limit)
}

// LeftOutOf returns the first Profiles of an audience that would get no email now, by id.
func (tx *Tx) LeftOutOf(to Recipients, limit int) ([]LeftOut, error) {
	found := []LeftOut{}
	q := to.query(tx, "", "p.id, p.email, skip", "WHERE skip IS NOT NULL ORDER BY p.id LIMIT ?")
	err := tx.db.compose(func(r *row) error {
		found = append(found, LeftOut{r.str(), r.str(), r.str()})
		return nil
	}, q.SQL, append(q.Args, limit)...)
	return found, err
}

// Omission is a carrier whose sending left out a Profile.
type Omission struct {
	CarrierType, CarrierID, Name, Reason string
	At                                   time.Time
	Seq                                  int // of the carrier
}

// unscripted selects the EmailSends of a carrier from one number to another that were sent and have no script of their
// own.
const unscripted = `WHERE s.seq BETWEEN ?1 AND ?2 AND s.carrier_id = ?3 AND s.sent_at IS NOT NULL
	AND NOT EXISTS (SELECT 1 FROM scripts c WHERE c.org = s.org AND c.target = s.id) `

// deliverable selects those of the unscripted EmailSends that have neither bounced nor were delivered.
const deliverable = unscripted + "AND s.delivered_at IS NULL AND NOT EXISTS " +
	"(SELECT 1 FROM facts f WHERE f.send = s.seq AND f.type IN ('" +
	outcome.Delivered + "', '" + outcome.Bounced + "')) "

var deliveries = define("deliveries", (*noColumns).columns, "first", "last", "at")

// allPlain asks whether nothing but to be sent has happened to any EmailSend from one number to another, all are of the
// carrier, and there are no scripts.
const allPlain = `SELECT count(*) = ?2 - ?1 + 1 AND NOT EXISTS (SELECT 1 FROM scripts)
	AND NOT EXISTS (SELECT 1 FROM facts WHERE send BETWEEN ?1 AND ?2)
	FROM email_sends WHERE seq BETWEEN ?1 AND ?2 AND carrier_id = ?3 AND sent_at IS NOT NULL AND delivered_at IS NULL`

// DeliverAll records that the emails of a carrier's EmailSends, from one number to another, were delivered. It leaves
// out those that bounced or were already delivered. Deliveries end the streaks of soft bounces of their addresses.
func (tx *Tx) DeliverAll(carrier string, from, to int) error {
	if err := tx.deliverToStreaks(carrier, from, to); err != nil {
		return err
	}
	plain, err := value[int64](tx.db, allPlain, from, to, carrier)
	if err != nil {
		return err
	}
	if plain != 0 {
		if err := deliveries.insert(tx, &noColumns{}, from, to, tx.Now); err != nil {
			return err
		}
		return tx.countFacts(carrier, outcome.Delivered, to-from+1, to-from+1)
	}
	result, err := tx.write(statement{"UPDATE email_sends AS s SET delivered_at = ?4 ", unscripted +
		"AND s.delivered_at IS NULL AND NOT EXISTS (SELECT 1 FROM facts WHERE send = s.seq)"},
		tx.db.bind([]any{from, to, carrier, tx.Now}))
	if err != nil {
		return err
	}
	delivered := result.Changed
	if delivered <= to-from { // some were not sent, or had facts before
		later, err := facts.insertAll(tx, "SELECT s.seq AS send, s.profile_id, s.template_id, '"+outcome.Delivered+
			`' AS type, '{}' AS detail, ?4 AS at FROM email_sends s `+deliverable+"ORDER BY s.seq",
			from, to, carrier, tx.Now)
		if err != nil {
			return err
		}
		delivered += later
	}
	return tx.countFacts(carrier, outcome.Delivered, delivered, delivered)
}

// deliverToStreaks ends the streaks of soft bounces of the addresses to which DeliverAll delivers.
func (tx *Tx) deliverToStreaks(carrier string, from, to int) error {
	streaks, err := value[int64](tx.db,
		"SELECT EXISTS (SELECT 1 FROM addresses WHERE org = ? AND last_words IS NOT NULL)", tx.Org)
	if err != nil || streaks == 0 {
		return err
	}
	return tx.exec(`UPDATE addresses SET last_words = json_insert(last_words, '$[#]',
		(SELECT -s.seq FROM email_sends s `+deliverable+`AND lower(s.to_email) = email))
		WHERE org = ?4 AND last_words IS NOT NULL AND email IN
		(SELECT lower(s.to_email) FROM email_sends s `+deliverable+")", from, to, carrier, tx.Org)
}

// UnscriptedSends returns the EmailSends that DeliverAll is about.
func (tx *Tx) UnscriptedSends(carrier string, from, to int) ([]EmailSend, error) {
	return sends.all(tx, unscripted+"ORDER BY s.seq", from, to, carrier)
}

// unsentOf selects a carrier's EmailSends that were not sent. It has the condition of the index, so that SQLite uses
// the index.
const unsentOf = "s.carrier_id = ? AND s.carrier_type IN ('" + CarrierBroadcast + "', '" + CarrierNewsletterIssue +
	"') AND s.status <> '" + SendSent + "' "

// SendCounts counts a carrier's EmailSends by status. It does not count tests.
func (tx *Tx) SendCounts(carrier string) (map[string]int, error) {
	counts := map[string]int{}
	err := tx.db.query(func(r *row) error { counts[r.str()] = r.num(); return nil },
		"SELECT s.status, count(*) FROM email_sends s WHERE "+unsentOf+"GROUP BY s.status UNION ALL SELECT '"+
			SendSent+"', emails FROM fact_counts WHERE carrier_id = ?1 AND type = '"+outcome.Accepted+"'", carrier)
	return counts, err
}

// FirstSent returns the first email of a carrier that was sent, or nil if there is none.
func (tx *Tx) FirstSent(carrier *Carrier) (*EmailSend, error) {
	return sends.one(tx, `WHERE s.seq = (SELECT e.seq FROM recipients r CROSS JOIN email_sends e
		ON e.profile_id = r.profile_id AND e.carrier_id = ? AND e.carrier_type = ? AND e.status = '`+SendSent+`'
		WHERE r.carrier = ? AND r.skip IS NULL ORDER BY r.profile_id LIMIT 1)`, carrier.ID, carrier.Type, carrier.Seq)
}
