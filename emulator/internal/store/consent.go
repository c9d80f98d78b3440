package store

import "time"

// Subscription is what a Profile said of a group: Subscribed, Unsubscribed, or "" when it never said anything.
func (tx *Tx) Subscription(profile, group string) (string, error) {
	return value[string](tx.db, "SELECT status FROM subscriptions WHERE profile_id = ? AND group_id = ?", profile, group)
}

// SetSubscription records what a Profile says of a group now, and from where.
func (tx *Tx) SetSubscription(profile, group, status, source string) error {
	change := SubscriptionChange{ProfileID: profile, GroupID: group, Status: status, Source: source, At: tx.Now}
	if err := subscriptionChanges.insert(tx, &change, tx.Org); err != nil {
		return err
	}
	return subscriptions.replace(tx, &Choice{group, status, tx.Now}, profile)
}

// SubscriptionChange is one line of the log of what Profiles said of groups.
type SubscriptionChange struct {
	Seq                                int
	ProfileID, GroupID, Status, Source string
	At                                 time.Time
}

var subscriptionChanges = define("subscription_changes", (*SubscriptionChange).columns, "org")

func (c *SubscriptionChange) columns(r *row) {
	r.seq(&c.Seq)
	r.is("profile_id", &c.ProfileID)
	r.is("group_id", &c.GroupID)
	r.is("status", &c.Status)
	r.is("source", &c.Source)
	r.is("at", &c.At)
}

// SubscriptionChanges lists the log, of one Profile or ("") of all, newest first, from before a Seq or (0) from the end.
// A limit below 1 is none.
func (tx *Tx) SubscriptionChanges(profile string, before, limit int) ([]SubscriptionChange, error) {
	if limit < 1 {
		limit = -1
	}
	return subscriptionChanges.all(tx, `WHERE org = ?1
		AND (?2 = '' OR profile_id = ?2) AND (?3 = 0 OR seq < ?3) ORDER BY seq DESC LIMIT ?4`, tx.Org, profile, before, limit)
}

// Choice is what a Profile said of a group, and when.
type Choice struct {
	Group, Status string
	At            time.Time
}

var subscriptions = define("subscriptions", (*Choice).columns, "profile_id")

func (c *Choice) columns(r *row) {
	r.is("group_id", &c.Group)
	r.is("status", &c.Status)
	r.is("updated_at", &c.At)
}

// Choices are what a Profile said of groups, by group.
func (tx *Tx) Choices(profile string) (map[string]Choice, error) {
	choices := map[string]Choice{}
	list, err := subscriptions.all(tx, "WHERE profile_id = ?", profile)
	for _, c := range list {
		choices[c.Group] = c
	}
	return choices, err
}

// Address is what the Organization knows of one lower-case address. Suppressed is bounce, complaint, manual or "". Bounce
// is what the latest bounce was, hard or soft, and Code its code.
type Address struct {
	Email, Suppressed, Bounce, Code string
	SoftBounces                     int
	SuppressedAt                    time.Time
}

var addresses = define("addresses", (*Address).columns, "org")

func (a *Address) columns(r *row) {
	r.is("email", &a.Email)
	r.opt("suppressed", &a.Suppressed)
	r.opt("bounce", &a.Bounce)
	r.opt("code", &a.Code)
	r.is("soft_bounces", &a.SoftBounces)
	r.opt("suppressed_at", &a.SuppressedAt)
}

// Address finds what is known of an address, nil when nothing is.
func (tx *Tx) Address(email string) (*Address, error) {
	return addresses.one(tx, "WHERE org = ? AND email = ?", tx.Org, email)
}

// PutAddress keeps what is known of an address. The first suppression keeps its time.
func (tx *Tx) PutAddress(a Address) error {
	a.SuppressedAt = time.Time{}
	if a.Suppressed != "" {
		a.SuppressedAt = tx.Now
	}
	return addresses.insertOr(tx, `ON CONFLICT DO UPDATE SET suppressed = excluded.suppressed, bounce = excluded.bounce,
		code = excluded.code, soft_bounces = excluded.soft_bounces,
		suppressed_at = CASE WHEN excluded.suppressed IS NOT NULL
			THEN coalesce(suppressed_at, excluded.suppressed_at) END`,
		&a, tx.Org)
}
