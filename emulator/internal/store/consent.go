package store

import (
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/outcome"
)

// Subscription returns what a Profile chose for a group: Subscribed, Unsubscribed, or "" if it never chose.
func (tx *Tx) Subscription(profile, group string) (string, error) {
	return value[string](tx.db, "SELECT status FROM subscriptions WHERE profile_id = ? AND group_id = ?",
		profile, group)
}

// SetSubscription records what a Profile now chooses for a group, and the source of the choice.
func (tx *Tx) SetSubscription(profile, group, status, source string) error {
	change := SubscriptionChange{ProfileID: profile, GroupID: group, Status: status, Source: source, At: tx.Now}
	if err := subscriptionChanges.insert(tx, &change, tx.Org); err != nil {
		return err
	}
	tx.follow(profile)
	return subscriptions.replace(tx, &Choice{group, status, tx.Now}, profile)
}

// SubscriptionChange is one entry of the log of what Profiles chose for groups.
type SubscriptionChange struct {
	Seq                                int
	ProfileID, GroupID, Status, Source string
	At                                 time.Time
}

var subscriptionChanges = define("subscription_changes", (*SubscriptionChange).columns, "org")

func (change *SubscriptionChange) columns(r *row) {
	r.seq(&change.Seq)
	r.column("profile_id", &change.ProfileID)
	r.column("group_id", &change.GroupID)
	r.column("status", &change.Status)
	r.column("source", &change.Source)
	r.column("at", &change.At)
}

// SubscriptionChanges returns the entries of the log, newest first: those of one Profile or, if profile is "", of all.
// If before is not 0, only entries with a lower Seq count. A limit below 1 means no limit.
func (tx *Tx) SubscriptionChanges(profile string, before, limit int) ([]SubscriptionChange, error) {
	if limit < 1 {
		limit = -1
	}
	return subscriptionChanges.all(tx, "WHERE org = ?1 AND "+belongsTo("profile_id", profile)+
		" AND (?3 = 0 OR seq < ?3) ORDER BY seq DESC LIMIT ?4",
		tx.Org, profile, before, limit)
}

// Choice is what a Profile chose for a group, and when.
type Choice struct {
	Group, Status string
	At            time.Time
}

var subscriptions = define("subscriptions", (*Choice).columns, "profile_id")

func (choice *Choice) columns(r *row) {
	r.column("group_id", &choice.Group)
	r.column("status", &choice.Status)
	r.column("updated_at", &choice.At)
}

// Choices returns the choices of a Profile by group.
func (tx *Tx) Choices(profile string) (map[string]Choice, error) {
	choices := map[string]Choice{}
	list, err := subscriptions.all(tx, "WHERE profile_id = ?", profile)
	for _, choice := range list {
		choices[choice.Group] = choice
	}
	return choices, err
}

// Address is what the Organization knows about one lower-case address. Suppressed is bounce, complaint, manual or "".
// Bounce is the kind of the latest bounce, hard or soft, and Code is its code. Streak is nil if no soft bounce matters.
type Address struct {
	Email, Suppressed, Bounce, Code string
	Streak                          outcome.Streak
	SuppressedAt                    time.Time
}

var addresses = define("addresses", (*Address).columns, "org")

func (a *Address) columns(r *row) {
	r.column("email", &a.Email)
	r.nullable("suppressed", &a.Suppressed)
	r.nullable("bounce", &a.Bounce)
	r.nullable("code", &a.Code)
	r.nullable("last_words", &a.Streak)
	r.nullable("suppressed_at", &a.SuppressedAt)
}

// Address returns what is known about an address, or nil if nothing is known.
func (tx *Tx) Address(email string) (*Address, error) {
	return addresses.one(tx, "WHERE org = ? AND email = ?", tx.Org, email)
}

// AnyAddress reports whether anything is known of any address.
func (tx *Tx) AnyAddress() (bool, error) {
	known, err := value[int64](tx.db, "SELECT EXISTS (SELECT 1 FROM addresses)")
	return known != 0, err
}

// PutAddress stores what is known about an address, and logs whether that changes its suppression. While the address
// stays suppressed, it keeps the time of its first suppression.
func (tx *Tx) PutAddress(a Address) error {
	if _, err := suppressionChanges.insertAll(tx, `SELECT ?1 AS org, ?2 AS email, ?3 AS reason, ?4 AS at
		WHERE ?3 IS NOT (SELECT suppressed FROM addresses WHERE org = ?1 AND email = ?2)`,
		tx.Org, a.Email, nullIfZero(a.Suppressed), tx.Now); err != nil {
		return err
	}
	a.SuppressedAt = time.Time{}
	if a.Suppressed != "" {
		a.SuppressedAt = tx.Now
	}
	return addresses.insertOr(tx, `ON CONFLICT DO UPDATE SET suppressed = excluded.suppressed, bounce = excluded.bounce,
		code = excluded.code, last_words = excluded.last_words,
		suppressed_at = CASE WHEN excluded.suppressed IS NOT NULL
			THEN coalesce(suppressed_at, excluded.suppressed_at) END`,
		&a, tx.Org)
}
