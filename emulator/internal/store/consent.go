package store

import "time"

// Subscription is what a Profile said of a group: Subscribed, Unsubscribed, or "" when it never said anything.
func (tx *Tx) Subscription(profile, group string) (string, error) {
	return value[string](tx.db, "SELECT status FROM subscriptions WHERE profile_id = ? AND group_id = ?", profile, group)
}

// SetSubscription records what a Profile says of a group now, and from where.
func (tx *Tx) SetSubscription(profile, group, status, source string) error {
	if err := tx.exec("INSERT INTO subscription_changes (org, profile_id, group_id, status, source, at) VALUES (?, ?, ?, ?, ?, ?)",
		tx.Org, profile, group, status, source, tx.Now); err != nil {
		return err
	}
	return tx.exec(`INSERT INTO subscriptions (profile_id, group_id, status, updated_at) VALUES (?1, ?2, ?3, ?4)
		ON CONFLICT DO UPDATE SET status = ?3, updated_at = ?4`, profile, group, status, tx.Now)
}

// SubscriptionChange is one line of the log of what Profiles said of groups.
type SubscriptionChange struct {
	Seq                                int
	ProfileID, GroupID, Status, Source string
	At                                 time.Time
}

// SubscriptionChanges lists the log, of one Profile or ("") of all, newest first, from before a Seq or (0) from the end.
// A limit below 1 is none.
func (tx *Tx) SubscriptionChanges(profile string, before, limit int) ([]SubscriptionChange, error) {
	if limit < 1 {
		limit = -1
	}
	return all(tx, func(r row) SubscriptionChange {
		return SubscriptionChange{r.num(0), r.str(1), r.str(2), r.str(3), r.str(4), r.at(5)}
	}, `SELECT seq, profile_id, group_id, status, source, at FROM subscription_changes WHERE org = ?1
		AND (?2 = '' OR profile_id = ?2) AND (?3 = 0 OR seq < ?3) ORDER BY seq DESC LIMIT ?4`, tx.Org, profile, before, limit)
}

// Choice is what a Profile said of a group, and when.
type Choice struct {
	Group, Status string
	At            time.Time
}

// Choices are what a Profile said of groups, by group.
func (tx *Tx) Choices(profile string) (map[string]Choice, error) {
	choices := map[string]Choice{}
	err := tx.db.query(func(r row) error { choices[r.str(0)] = Choice{r.str(0), r.str(1), r.at(2)}; return nil },
		"SELECT group_id, status, updated_at FROM subscriptions WHERE profile_id = ?", profile)
	return choices, err
}

// Address is what the Organization knows of one lower-case address. Suppressed is bounce, complaint, manual or "". Bounce
// is what the latest bounce was, hard or soft, and Code its code.
type Address struct {
	Email, Suppressed, Bounce, Code string
	SoftBounces                     int
	SuppressedAt                    time.Time
}

// Address finds what is known of an address, nil when nothing is.
func (tx *Tx) Address(email string) (*Address, error) {
	return one(tx, func(r row) Address { return Address{r.str(0), r.str(1), r.str(2), r.str(3), r.num(4), r.at(5)} },
		"SELECT email, suppressed, bounce, code, soft_bounces, suppressed_at FROM addresses WHERE org = ? AND email = ?", tx.Org, email)
}

// PutAddress keeps what is known of an address. The first suppression keeps its time.
func (tx *Tx) PutAddress(a Address) error {
	return tx.exec(`INSERT INTO addresses (org, email, suppressed, bounce, code, soft_bounces, suppressed_at)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, CASE WHEN ?3 IS NULL THEN NULL ELSE ?7 END)
		ON CONFLICT DO UPDATE SET suppressed = ?3, bounce = ?4, code = ?5, soft_bounces = ?6,
			suppressed_at = CASE WHEN ?3 IS NULL THEN NULL ELSE coalesce(suppressed_at, ?7) END`,
		tx.Org, a.Email, opt(a.Suppressed), opt(a.Bounce), opt(a.Code), a.SoftBounces, tx.Now)
}
