package store

import (
	"slices"

	"github.com/segmentflow/segmentflow-go/emulator/internal/outcome"
)

// Recipients says who a carrier goes to: the members of Members, and with Subscribers only those who get mail of the Group
// by its policy. Whoever is skipped is so for the first reason that holds.
type Recipients struct {
	Members     Filter
	Group       string // "" for none: consent is not asked then
	OptIn       bool   // the Group's policy
	Subscribers bool
}

// skipReason is why the Profile p gets no mail now, NULL when it does. It says in SQL what consent and suppression say in
// package world, which no audience of a hundred thousand could be asked one by one.
const skipReason = "CASE WHEN p.id IS NULL OR p.deleted_at IS NOT NULL THEN '" + SkipProfileDeleted + `'
	WHEN p.email >= 'suppress' AND p.email < 'suppresst'
		AND (p.email = 'suppressed@simulator.test' OR p.email GLOB 'suppressed+*@simulator.test'
		OR p.email = 'suppressionlist@simulator.amazonses.com'
		OR p.email GLOB 'suppressionlist+*@simulator.amazonses.com')
		THEN '` + SkipSuppressed + SuppressedManual + `'
	WHEN a.suppressed IS NOT NULL THEN '` + SkipSuppressed + `' || a.suppressed
	WHEN g.status = '` + Unsubscribed + "' THEN '" + SkipUnsubscribed + `'
	WHEN ? AND g.status IS NULL THEN '` + SkipNotOptedIn + "' END"

const knownOf = ` LEFT JOIN addresses a ON a.org = p.org AND a.email = p.email
	LEFT JOIN subscriptions g ON g.profile_id = p.id AND g.group_id = ? `

// query selects from the audience. The columns may name the Profile p and its skip reason, skip. Each + keeps SQLite off the
// indexes by Organization, as in CountProfiles: in the order of their ids an audience is counted in a quarter of the time.
func (r Recipients) query(tx *Tx, before, columns, after string) Filter {
	q := Filter{before + "SELECT " + columns + " FROM (SELECT p.*, " + skipReason + " AS skip FROM profiles p" + knownOf +
		"WHERE +p.org = ? AND +p.deleted_at IS NULL", []any{r.OptIn, r.Group, tx.Org}}
	q = q.and(r.Members)
	switch {
	case r.Subscribers && r.OptIn:
		q.SQL += " AND g.status = '" + Subscribed + "'"
	case r.Subscribers:
		q.SQL += " AND coalesce(g.status, '') <> '" + Unsubscribed + "'"
	}
	q.SQL += ") p " + after
	return q
}

// CountAudience counts the audience as it is now. Most of it is eligible, as a rule: only the rest is told apart by reason,
// since grouping is what takes long.
func (tx *Tx) CountAudience(r Recipients) (Audience, error) {
	found := Audience{Skipped: map[string]int{}}
	q := r.query(tx, "", "count(*), count(*) FILTER (WHERE skip IS NULL)", "")
	err := tx.db.compose(func(r *row) error { found.Total, found.Eligible = r.num(), r.num(); return nil },
		q.SQL, q.Args...)
	if err != nil || found.Total == found.Eligible {
		return found, err
	}
	q = r.query(tx, "", "skip, count(*)", "WHERE skip IS NOT NULL GROUP BY skip")
	err = tx.db.compose(func(r *row) error { found.Skipped[r.str()] = r.num(); return nil }, q.SQL, q.Args...)
	return found, err
}

// FirstEligible are the first of the audience that mail would go to now, by id.
func (tx *Tx) FirstEligible(r Recipients, limit int) ([]Profile, error) {
	found := []Profile{}
	q := r.query(tx, "", profiles.columns, "WHERE skip IS NULL ORDER BY p.id LIMIT ?")
	err := tx.db.compose(profiles.appendTo(&found), q.SQL, append(q.Args, limit)...)
	return found, err
}

// TakeSnapshot stores the audience of a carrier as it is now, by id.
func (tx *Tx) TakeSnapshot(c *Carrier, r Recipients) error {
	q := r.query(tx, recipients.gathers,
		"? AS carrier, row_number() OVER (ORDER BY p.id) AS n, p.id AS profile_id, p.skip", ")")
	return tx.db.compose(func(*row) error { return nil }, q.SQL, slices.Insert(q.Args, 0, any(c.Seq))...)
}

// Recipient is one Profile whose turn has come. Skip is why it gets no mail now, "" when it does; a Profile that is gone
// has only its id.
type Recipient struct {
	N       int
	Skip    string
	Profile Profile
}

var recipients = define("recipients r", (*Recipient).columns, "carrier")

func (next *Recipient) columns(r *row) {
	r.is("n", &next.N)
	r.is("profile_id", &next.Profile.ID)
	r.opt("skip", &next.Skip)
}

// nextRecipients reads the skip reason as it is now after the stored one, and then the Profile.
var nextRecipients = view[Recipient]{"SELECT " + recipients.columns + ", " + skipReason + ", " + profiles.columns +
	" FROM recipients r LEFT JOIN profiles p ON p.id = r.profile_id" + knownOf,
	func(next *Recipient, r *row) {
		next.columns(r)
		if next.Skip = r.str(); next.Skip != SkipProfileDeleted {
			next.Profile.columns(r)
		}
	}}

// NextRecipients are those after the carrier's position who were eligible when it left, with consent and suppression as
// they are now.
func (tx *Tx) NextRecipients(c *Carrier, r Recipients, limit int) ([]Recipient, error) {
	return nextRecipients.all(tx, "WHERE r.carrier = ? AND r.n > ? AND r.skip IS NULL ORDER BY r.n LIMIT ?",
		r.OptIn, r.Group, c.Seq, c.Position, limit)
}

// LastPlace is that of the newest mail in the outbox.
func (tx *Tx) LastPlace() (int, error) {
	n, err := value[int64](tx.db, "SELECT max(outbox) FROM email_sends WHERE outbox IS NOT NULL")
	return int(n), err
}

// onTheirWay are a carrier's EmailSends from one number to another whose mail left, and of which nothing else was scripted.
const onTheirWay = `WHERE s.seq BETWEEN ?1 AND ?2 AND s.carrier_id = ?3 AND s.message_id IS NOT NULL
	AND NOT EXISTS (SELECT 1 FROM scripts c WHERE c.org = s.org AND c.target = s.id) `

// DeliverAll records that the mail of a carrier's EmailSends from one number to another was delivered, but where it
// bounced or that is known: their addresses answer, and their soft bounces in a row end.
func (tx *Tx) DeliverAll(carrier string, from, to int) error {
	err := facts.insertAll(tx, "SELECT s.seq AS send, s.profile_id, s.template_id, '"+outcome.Delivered+`' AS type,
		'{}' AS detail, ?4 AS at FROM email_sends s `+onTheirWay+`AND NOT EXISTS (SELECT 1 FROM facts f
		WHERE f.send = s.seq AND f.type IN ('`+outcome.Delivered+"', '"+outcome.Bounced+"')) ORDER BY s.seq",
		from, to, carrier, tx.Now)
	if err != nil {
		return err
	}
	return tx.exec(`UPDATE addresses SET soft_bounces = 0 WHERE org = ?4 AND soft_bounces > 0
		AND email IN (SELECT lower(s.to_email) FROM email_sends s `+onTheirWay+")", from, to, carrier, tx.Org)
}

// OnTheirWay are the EmailSends that DeliverAll is about.
func (tx *Tx) OnTheirWay(carrier string, from, to int) ([]EmailSend, error) {
	return sends.all(tx, onTheirWay+"ORDER BY s.seq", from, to, carrier)
}

// carried are a carrier's EmailSends, in the words of the index.
const carried = "s.carrier_id = ? AND s.carrier_type IN ('" + CarrierBroadcast + "', '" + CarrierNewsletterIssue + "') "

// SendCounts counts a carrier's EmailSends by status; tests are not among them.
func (tx *Tx) SendCounts(carrier string) (map[string]int, error) {
	counts := map[string]int{}
	err := tx.db.query(func(r *row) error { counts[r.str()] = r.num(); return nil },
		"SELECT s.status, count(*) FROM email_sends s WHERE "+carried+"GROUP BY s.status", carrier)
	return counts, err
}

// Happened is how often something happened to a carrier's mail, and to how many mails.
type Happened struct{ Unique, Total int }

// FactCounts counts what happened to a carrier's mail, by type.
func (tx *Tx) FactCounts(carrier string) (map[string]Happened, error) {
	counts := map[string]Happened{}
	err := tx.db.query(func(r *row) error { counts[r.str()] = Happened{Unique: r.num(), Total: r.num()}; return nil },
		`SELECT f.type, count(DISTINCT f.send), count(*) FROM email_sends s JOIN facts f ON f.send = s.seq
		WHERE `+carried+"GROUP BY f.type", carrier)
	return counts, err
}
