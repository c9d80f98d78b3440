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

var carriers = define("carriers", (*Carrier).columns, "org")

func (c *Carrier) columns(r *row) {
	r.seq(&c.Seq)
	r.is("id", &c.ID)
	r.is("type", &c.Type)
	r.opt("newsletter_id", &c.NewsletterID)
	r.is("created_at", &c.CreatedAt)
	r.mutable()
	r.is("name", &c.Name)
	r.is("status", &c.Status)
	r.opt("segment_id", &c.SegmentID)
	r.opt("template_id", &c.TemplateID)
	r.opt("subscription_group_id", &c.SubscriptionGroupID)
	r.opt("subject", &c.Subject)
	r.opt("sender", &c.From)
	r.opt("reply_to", &c.ReplyTo)
	r.is("inline", &c.Inline)
	r.opt("number", &c.Number)
	r.is("version", &c.Version)
	r.opt("tested_hash", &c.TestedHash)
	r.opt("task", &c.Task)
	r.opt("snapshot_id", &c.SnapshotID)
	r.opt("content_hash", &c.ContentHash)
	r.opt("audience", &c.Audience)
	r.is("position", &c.Position)
	r.opt("scheduled_at", &c.ScheduledAt)
	r.opt("started_at", &c.StartedAt)
	r.opt("completed_at", &c.CompletedAt)
	r.opt("cancelled_at", &c.CancelledAt)
	r.opt("binding", &c.Binding)
	r.is("updated_at", &c.UpdatedAt)
}

// Carrier finds one of a type by id, nil when there is none; an empty type is any.
func (tx *Tx) Carrier(kind, id string) (*Carrier, error) {
	return carriers.one(tx, "WHERE org = ? AND id = ?2 AND (?3 = '' OR type = ?3)", tx.Org, id, kind)
}

// CarrierOn is the type of a carrier that takes a Template and has not come to its end, "" when there is none.
func (tx *Tx) CarrierOn(template string) (string, error) {
	return value[string](tx.db, "SELECT type FROM carriers WHERE org = ? AND template_id = ? AND status NOT IN ('"+
		CarrierSent+"', '"+CarrierFailed+"', '"+CarrierArchived+"') ORDER BY seq LIMIT 1", tx.Org, template)
}

// CarrierFilter narrows a list of carriers; empty fields but Type do not.
type CarrierFilter struct {
	Type, NewsletterID string
	Statuses           []string
}

// ListCarriers is a page of the Organization's carriers of a type.
func (tx *Tx) ListCarriers(p Page, f CarrierFilter) (Listed[Carrier], error) {
	query := Filter{"WHERE org = ? AND type = ?", []any{tx.Org, f.Type}}
	if f.NewsletterID != "" {
		query = query.and(Filter{"newsletter_id = ?", []any{f.NewsletterID}})
	}
	if len(f.Statuses) > 0 {
		query = query.and(Filter{"status IN (SELECT value FROM json_each(?))", []any{encode(f.Statuses)}})
	}
	return listed(tx, p, carriers.view, func(c *Carrier) Place { return Place{c.CreatedAt, c.ID} }, query)
}

// PutCarrier inserts a carrier without a Seq, or updates one, and stamps it.
func (tx *Tx) PutCarrier(c *Carrier) error {
	c.UpdatedAt = tx.Now
	if c.Seq == 0 {
		c.CreatedAt = tx.Now
		return carriers.insert(tx, c, tx.Org)
	}
	return carriers.update(tx, c, "WHERE seq = ?", c.Seq)
}

// ScheduledCarrier names a carrier that waits for its time, and its Organization.
type ScheduledCarrier struct{ Org, ID string }

// ScheduledCarriers returns the carriers of all Organizations that wait for their time, oldest first.
func (tx *Tx) ScheduledCarriers() ([]ScheduledCarrier, error) {
	read := func(c *ScheduledCarrier, r *row) { *c = ScheduledCarrier{r.str(), r.str()} }
	return view[ScheduledCarrier]{"SELECT org, id FROM carriers ", read}.all(tx,
		"WHERE status = '"+CarrierNotStarted+"' AND scheduled_at IS NOT NULL ORDER BY seq")
}

// CarrierEvent is one thing that happened to a carrier.
type CarrierEvent struct {
	At   time.Time
	What string
}

var carrierHistory = define("carrier_history", (*CarrierEvent).columns, "carrier", "n")

func (e *CarrierEvent) columns(r *row) {
	r.is("at", &e.At)
	r.is("what", &e.What)
}

// AddCarrierEvent appends to the history of a stored carrier. What names no person.
func (tx *Tx) AddCarrierEvent(c *Carrier, what string) error {
	return carrierHistory.insertAll(tx, `SELECT ?1 AS carrier, coalesce(max(n), 0) + 1 AS n, ?2 AS at, ?3 AS what
		FROM carrier_history WHERE carrier = ?1`, c.Seq, tx.Now, what)
}

// CarrierHistory returns what happened to a carrier, oldest first.
func (tx *Tx) CarrierHistory(c *Carrier) ([]CarrierEvent, error) {
	return carrierHistory.all(tx, "WHERE carrier = ? ORDER BY n", c.Seq)
}

// Advance stores how far a carrier that is being sent has come, and its next task.
func (tx *Tx) Advance(c *Carrier) error {
	return tx.exec("UPDATE carriers SET position = ?, task = ?, updated_at = ? WHERE seq = ?", c.Position, c.Task, tx.Now, c.Seq)
}

// SentAlike tells whether another carrier with the same content left at or after since.
func (tx *Tx) SentAlike(c *Carrier, hash string, since time.Time) (bool, error) {
	n, err := value[int64](tx.db, `SELECT count(*) FROM carriers WHERE org = ? AND content_hash = ? AND seq <> ? AND started_at >= ?
		AND status IN ('`+CarrierTriggered+"', '"+CarrierSent+"', '"+CarrierArchived+"')", tx.Org, hash, c.Seq, since)
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

var confirmations = define("confirmations", (*Confirmation).columns, "org")

func (c *Confirmation) columns(r *row) {
	r.is("id", &c.ID)
	r.is("carrier_id", &c.CarrierID)
	r.is("binding", &c.Binding)
	r.opt("result", &c.Result)
	r.is("created_at", &c.CreatedAt)
	r.is("expires_at", &c.ExpiresAt)
}

// PutConfirmation inserts or updates a confirmation.
func (tx *Tx) PutConfirmation(c Confirmation) error {
	return confirmations.replace(tx, &c, tx.Org)
}

// Confirmation finds one by id, nil when there is none.
func (tx *Tx) Confirmation(id string) (*Confirmation, error) {
	return confirmations.one(tx, "WHERE org = ? AND id = ?", tx.Org, id)
}

// OpenConfirmations are the ids of those that nobody has redeemed and whose time has not passed, the first to expire first.
func (tx *Tx) OpenConfirmations() ([]string, error) {
	return tx.texts(`SELECT id FROM confirmations WHERE org = ? AND result IS NULL AND expires_at > ?
		ORDER BY expires_at, id`, tx.Org, tx.Now)
}
