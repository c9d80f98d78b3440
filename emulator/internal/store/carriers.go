package store

import (
	"encoding/json"
	"time"
)

// Carrier is a Broadcast or a NewsletterIssue, which Type tells: what goes to whom, and how far it has come.
type Carrier struct {
	Seq                                                 int
	ID, Type, Name, Status                              string
	SegmentID, TemplateID, SubscriptionGroupID, Subject string
	From                                                string // as given, "" for the Template's
	ReplyTo                                             []string
	Inline                                              bool // its Template was made from its own html and text
	NewsletterID                                        string
	Number                                              int
	Version                                             int    // counts edits
	TestedHash                                          string // of what was last sent as a test
	Task                                                int    // lets it leave; 0 for a draft
	SnapshotID, ContentHash                             string // of what left
	Audience                                            *Audience
	Position                                            int // the last recipient whose turn it was
	ScheduledAt, StartedAt, CompletedAt, CancelledAt    time.Time
	CreatedAt, UpdatedAt                                time.Time
	Binding                                             string // to what was scheduled or approved, "" for a draft
}

// Audience is how many Profiles a carrier goes to, and how many it skips for which reason.
type Audience struct {
	Total    int            `json:"total"`
	Eligible int            `json:"eligible"`
	Skipped  map[string]int `json:"skipped"`
}

const selectCarrier = `SELECT seq, id, type, name, status, segment_id, template_id, subscription_group_id, subject, sender, reply_to, inline,
	newsletter_id, number, version, tested_hash, task, snapshot_id, content_hash, audience, position,
	scheduled_at, started_at, completed_at, cancelled_at, created_at, updated_at, binding FROM carriers WHERE org = ? `

func readCarrier(r row) Carrier {
	c := Carrier{Seq: r.num(0), ID: r.str(1), Type: r.str(2), Name: r.str(3), Status: r.str(4), SegmentID: r.str(5), TemplateID: r.str(6),
		SubscriptionGroupID: r.str(7), Subject: r.str(8), From: r.str(9), Inline: r.flag(11), NewsletterID: r.str(12), Number: r.num(13),
		Version: r.num(14), TestedHash: r.str(15), Task: r.num(16), SnapshotID: r.str(17), ContentHash: r.str(18), Position: r.num(20),
		ScheduledAt: r.at(21), StartedAt: r.at(22), CompletedAt: r.at(23), CancelledAt: r.at(24), CreatedAt: r.at(25), UpdatedAt: r.at(26),
		Binding: r.str(27)}
	if replyTo := r.str(10); replyTo != "" {
		c.ReplyTo = decode[[]string](replyTo)
	}
	if audience := r.str(19); audience != "" {
		c.Audience = decode[*Audience](audience)
	}
	return c
}

// Carrier finds one of a type by id, nil when there is none; an empty type is any.
func (tx *Tx) Carrier(kind, id string) (*Carrier, error) {
	return one(tx, readCarrier, selectCarrier+"AND id = ?2 AND (?3 = '' OR type = ?3)", tx.Org, id, kind)
}

// CarrierOn is the type of a carrier that takes a Template and has not come to its end, "" when there is none.
func (tx *Tx) CarrierOn(template string) (string, error) {
	return value[string](tx.db, `SELECT type FROM carriers WHERE org = ? AND template_id = ? AND status NOT IN ('Sent', 'Failed', 'Archived')
		ORDER BY seq LIMIT 1`, tx.Org, template)
}

// CarrierFilter narrows a list of carriers; empty fields but Type do not.
type CarrierFilter struct {
	Type, NewsletterID string
	Statuses           []string
}

// ListCarriers is a page of the Organization's carriers of a type.
func (tx *Tx) ListCarriers(p Page, f CarrierFilter) (Listed[Carrier], error) {
	query := Filter{selectCarrier + "AND type = ?", []any{tx.Org, f.Type}}
	if f.NewsletterID != "" {
		query = query.and(Filter{"newsletter_id = ?", []any{f.NewsletterID}})
	}
	if len(f.Statuses) > 0 {
		query = query.and(Filter{"status IN (SELECT value FROM json_each(?))", []any{encode(f.Statuses)}})
	}
	return listed(tx, p, readCarrier, func(c *Carrier) Place { return Place{c.CreatedAt, c.ID} }, query)
}

// PutCarrier inserts a carrier without a Seq, or updates one, and stamps it.
func (tx *Tx) PutCarrier(c *Carrier) error {
	c.UpdatedAt = tx.Now
	var replyTo, audience any
	if len(c.ReplyTo) > 0 {
		replyTo = encode(c.ReplyTo)
	}
	if c.Audience != nil {
		audience = encode(c.Audience)
	}
	if c.Seq == 0 {
		c.CreatedAt = tx.Now
		result, err := tx.db.exec(`INSERT INTO carriers (id, org, type, name, status, inline, version, position, newsletter_id, created_at, updated_at)
			VALUES (?, ?, ?, '', '', 0, 0, 0, ?, ?, ?)`, c.ID, tx.Org, c.Type, opt(c.NewsletterID), c.CreatedAt, c.UpdatedAt)
		if err != nil {
			return err
		}
		seq, err := result.LastInsertId()
		if err != nil {
			return err
		}
		c.Seq = int(seq)
	}
	return tx.exec(`UPDATE carriers SET name = ?, status = ?, segment_id = ?, template_id = ?, subscription_group_id = ?, subject = ?,
		sender = ?, reply_to = ?, inline = ?, number = ?, version = ?, tested_hash = ?, task = ?, snapshot_id = ?, content_hash = ?,
		audience = ?, position = ?, scheduled_at = ?, started_at = ?, completed_at = ?, cancelled_at = ?, updated_at = ?,
		binding = ? WHERE seq = ?`,
		c.Name, c.Status, opt(c.SegmentID), opt(c.TemplateID), opt(c.SubscriptionGroupID), opt(c.Subject), opt(c.From), replyTo, c.Inline,
		opt(c.Number), c.Version, opt(c.TestedHash), opt(c.Task), opt(c.SnapshotID), opt(c.ContentHash), audience, c.Position,
		optTime(c.ScheduledAt), optTime(c.StartedAt), optTime(c.CompletedAt), optTime(c.CancelledAt), c.UpdatedAt,
		opt(c.Binding), c.Seq)
}

// ScheduledCarrier names a carrier that waits for its time, and its Organization.
type ScheduledCarrier struct{ Org, ID string }

// ScheduledCarriers returns the carriers of all Organizations that wait for their time, oldest first.
func (tx *Tx) ScheduledCarriers() ([]ScheduledCarrier, error) {
	return all(tx, func(r row) ScheduledCarrier { return ScheduledCarrier{r.str(0), r.str(1)} },
		"SELECT org, id FROM carriers WHERE status = 'NotStarted' AND scheduled_at IS NOT NULL ORDER BY seq")
}

// CarrierEvent is one thing that happened to a carrier.
type CarrierEvent struct {
	At   time.Time
	What string
}

// AddCarrierEvent appends to the history of a stored carrier. What names no person.
func (tx *Tx) AddCarrierEvent(c *Carrier, what string) error {
	return tx.exec("INSERT INTO carrier_history (carrier, at, what) VALUES (?, ?, ?)", c.Seq, tx.Now, what)
}

// CarrierHistory returns what happened to a carrier, oldest first.
func (tx *Tx) CarrierHistory(c *Carrier) ([]CarrierEvent, error) {
	return all(tx, func(r row) CarrierEvent { return CarrierEvent{r.at(0), r.str(1)} },
		"SELECT at, what FROM carrier_history WHERE carrier = ? ORDER BY seq", c.Seq)
}

// Advance stores how far a carrier that is being sent has come, and its next task.
func (tx *Tx) Advance(c *Carrier) error {
	return tx.exec("UPDATE carriers SET position = ?, task = ?, updated_at = ? WHERE seq = ?", c.Position, c.Task, tx.Now, c.Seq)
}

// SentAlike tells whether another carrier with the same content left at or after since.
func (tx *Tx) SentAlike(c *Carrier, hash string, since time.Time) (bool, error) {
	n, err := value[int64](tx.db, `SELECT count(*) FROM carriers WHERE org = ? AND content_hash = ? AND seq <> ? AND started_at >= ?
		AND status IN ('Triggered', 'Sent', 'Archived')`, tx.Org, hash, c.Seq, since)
	return n > 0, err
}

// LastIssue is the highest number among a Newsletter's Issues but the one with the seq, 0 when there is none.
func (tx *Tx) LastIssue(newsletter string, but int) (int, error) {
	n, err := value[int64](tx.db, "SELECT max(number) FROM carriers WHERE newsletter_id = ? AND seq <> ?", newsletter, but)
	return int(n), err
}

// Confirmation is a carrier in the hands of a human. Result is empty until it is redeemed.
type Confirmation struct {
	ID, CarrierID, Binding string
	Result                 json.RawMessage
	CreatedAt, ExpiresAt   time.Time
}

// PutConfirmation inserts or updates a confirmation.
func (tx *Tx) PutConfirmation(c Confirmation) error {
	return tx.exec("INSERT OR REPLACE INTO confirmations (id, org, carrier_id, binding, result, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
		c.ID, tx.Org, c.CarrierID, c.Binding, optJSON(c.Result), c.CreatedAt, c.ExpiresAt)
}

// Confirmation finds one by id, nil when there is none.
func (tx *Tx) Confirmation(id string) (*Confirmation, error) {
	return one(tx, func(r row) Confirmation {
		return Confirmation{r.str(0), r.str(1), r.str(2), r.json(3), r.at(4), r.at(5)}
	},
		"SELECT id, carrier_id, binding, result, created_at, expires_at FROM confirmations WHERE org = ? AND id = ?", tx.Org, id)
}

// OpenConfirmations are the ids of those that nobody has redeemed and whose time has not passed, the first to expire first.
func (tx *Tx) OpenConfirmations() ([]string, error) {
	return all(tx, func(r row) string { return r.str(0) },
		"SELECT id FROM confirmations WHERE org = ? AND result IS NULL AND expires_at > ? ORDER BY expires_at, id", tx.Org, tx.Now)
}

func optTime(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t
}
