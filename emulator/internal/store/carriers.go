package store

import (
	"encoding/json"
	"time"
)

// Carrier is a Broadcast or a NewsletterIssue, depending on Type: what is sent to whom, and how far its sending has
// come.
type Carrier struct {
	Seq                                                 int
	ID, Type, Name, Status                              string
	SegmentID, TemplateID, SubscriptionGroupID, Subject string
	From                                                string // as given, or "" to use the Template's
	ReplyTo                                             []string
	Inline                                              bool // its Template was made from its html and text
	NewsletterID                                        string
	Number                                              int
	Version                                             int    // counts edits
	TestedHash                                          string // the hash of what was last sent as a test
	Task                                                int    // starts its sending; 0 for a draft
	SnapshotID, ContentHash                             string // of what was sent
	Audience                                            *Audience
	Position                                            string // the id of the last recipient that was handled
	ScheduledAt, StartedAt, CompletedAt, CancelledAt    time.Time
	CreatedAt, UpdatedAt                                time.Time
	Binding                                             string // what was scheduled or approved; "" for a draft
	PreparedUntil                                       time.Time
}

// Audience counts the Profiles that a carrier is sent to, and those it skips, by reason.
type Audience struct {
	Total    int            `json:"total"`
	Eligible int            `json:"eligible"`
	Skipped  map[string]int `json:"skipped"`
}

var carriers = define("carriers", (*Carrier).columns, "org")

func (carrier *Carrier) columns(r *row) {
	r.seq(&carrier.Seq)
	r.column("id", &carrier.ID)
	r.column("type", &carrier.Type)
	r.nullable("newsletter_id", &carrier.NewsletterID)
	r.column("created_at", &carrier.CreatedAt)
	r.mutable()
	r.column("name", &carrier.Name)
	r.column("status", &carrier.Status)
	r.nullable("segment_id", &carrier.SegmentID)
	r.nullable("template_id", &carrier.TemplateID)
	r.nullable("subscription_group_id", &carrier.SubscriptionGroupID)
	r.nullable("subject", &carrier.Subject)
	r.nullable("sender", &carrier.From)
	r.nullable("reply_to", &carrier.ReplyTo)
	r.column("inline", &carrier.Inline)
	r.nullable("number", &carrier.Number)
	r.column("version", &carrier.Version)
	r.nullable("tested_hash", &carrier.TestedHash)
	r.nullable("task", &carrier.Task)
	r.nullable("snapshot_id", &carrier.SnapshotID)
	r.nullable("content_hash", &carrier.ContentHash)
	r.nullable("audience", &carrier.Audience)
	r.column("position", &carrier.Position)
	r.nullable("scheduled_at", &carrier.ScheduledAt)
	r.nullable("started_at", &carrier.StartedAt)
	r.nullable("completed_at", &carrier.CompletedAt)
	r.nullable("cancelled_at", &carrier.CancelledAt)
	r.nullable("binding", &carrier.Binding)
	r.nullable("prepared_until", &carrier.PreparedUntil)
	r.column("updated_at", &carrier.UpdatedAt)
}

// Carrier returns the carrier of this type with this id, or nil if there is none. An empty type means any type.
func (tx *Tx) Carrier(kind, id string) (*Carrier, error) {
	return carriers.one(tx, "WHERE org = ? AND id = ?2 AND (?3 = '' OR type = ?3)", tx.Org, id, kind)
}

// CarrierUsing returns the type of a carrier that uses a Template and has not ended, or "" if there is none.
func (tx *Tx) CarrierUsing(template string) (string, error) {
	return value[string](tx.db, "SELECT type FROM carriers WHERE org = ? AND template_id = ? AND status NOT IN ('"+
		CarrierSent+"', '"+CarrierFailed+"', '"+CarrierArchived+"') ORDER BY seq LIMIT 1", tx.Org, template)
}

// CarriersUsing returns the newest carriers that use a Template.
func (tx *Tx) CarriersUsing(template string, limit int) ([]Carrier, error) {
	return carriers.all(tx, "WHERE org = ? AND template_id = ? ORDER BY seq DESC LIMIT ?", tx.Org, template, limit)
}

// CarrierFilter narrows a list of carriers. An empty field does not narrow it, except for Type.
type CarrierFilter struct {
	Type, NewsletterID string
	Statuses           []string
}

// ListCarriers returns a page of the Organization's carriers of a type.
func (tx *Tx) ListCarriers(page Page, filter CarrierFilter) (Listed[Carrier], error) {
	query := Filter{"WHERE org = ? AND type = ?", []any{tx.Org, filter.Type}}

	if filter.NewsletterID != "" {
		query = query.and(Filter{"newsletter_id = ?", []any{filter.NewsletterID}})
	}
	if len(filter.Statuses) > 0 {
		query = query.and(Filter{"status IN (SELECT value FROM json_each(?))", []any{encode(filter.Statuses)}})
	}

	return listed(tx, page, carriers.view(),
		func(carrier *Carrier) Place { return Place{carrier.CreatedAt, carrier.ID} }, query)
}

// PutCarrier inserts a carrier that has no Seq, or updates one that has. It sets the times of creation and update.
func (tx *Tx) PutCarrier(carrier *Carrier) error {
	carrier.UpdatedAt = tx.Now
	if carrier.Seq == 0 {
		carrier.CreatedAt = tx.Now
		return carriers.insert(tx, carrier, tx.Org)
	}
	return carriers.update(tx, carrier, "WHERE seq = ?", carrier.Seq)
}

// ScheduledCarrier names a carrier that waits for its scheduled time, and its Organization.
type ScheduledCarrier struct{ Org, ID string }

// ScheduledCarriers returns the carriers of all Organizations that wait for their scheduled time, oldest first.
func (tx *Tx) ScheduledCarriers() ([]ScheduledCarrier, error) {
	read := func(carrier *ScheduledCarrier, r *row) { *carrier = ScheduledCarrier{r.str(), r.str()} }
	return view[ScheduledCarrier]{"SELECT org, id FROM carriers ", read}.all(tx,
		"WHERE status = '"+CarrierNotStarted+"' AND scheduled_at IS NOT NULL ORDER BY seq")
}

// CarrierEvent is one entry in the history of a carrier.
type CarrierEvent struct {
	At   time.Time
	What string
}

var carrierHistory = define("carrier_history", (*CarrierEvent).columns, "carrier", "n")

func (event *CarrierEvent) columns(r *row) {
	r.column("at", &event.At)
	r.column("what", &event.What)
}

// AddCarrierEvent appends to the history of a stored carrier. The text names no person.
func (tx *Tx) AddCarrierEvent(carrier *Carrier, what string) error {
	_, err := carrierHistory.insertAll(tx, `SELECT ?1 AS carrier, coalesce(max(n), 0) + 1 AS n, ?2 AS at, ?3 AS what
		FROM carrier_history WHERE carrier = ?1`, carrier.Seq, tx.Now, what)
	return err
}

// CarrierHistory returns what happened to a carrier, oldest first.
func (tx *Tx) CarrierHistory(carrier *Carrier) ([]CarrierEvent, error) {
	return carrierHistory.all(tx, "WHERE carrier = ? ORDER BY n", carrier.Seq)
}

// Advance stores the position of a carrier that is being sent, and its next task.
func (tx *Tx) Advance(carrier *Carrier) error {
	return tx.exec("UPDATE carriers SET position = ?, task = ?, updated_at = ? WHERE seq = ?",
		carrier.Position, carrier.Task, tx.Now, carrier.Seq)
}

// SentSameContent reports whether another carrier with the same content was sent at or after since.
func (tx *Tx) SentSameContent(carrier *Carrier, hash string, since time.Time) (bool, error) {
	n, err := value[int64](tx.db,
		`SELECT count(*) FROM carriers WHERE org = ? AND content_hash = ? AND seq <> ? AND started_at >= ?
		AND status IN ('`+CarrierTriggered+"', '"+CarrierSent+"', '"+CarrierArchived+"')",
		tx.Org, hash, carrier.Seq, since)
	return n > 0, err
}

// LastIssue returns the highest number of a Newsletter's Issues, or 0 if there are none. except is the Seq of an Issue
// that does not count.
func (tx *Tx) LastIssue(newsletter string, except int) (int, error) {
	n, err := value[int64](tx.db, "SELECT max(number) FROM carriers WHERE newsletter_id = ? AND seq <> ?",
		newsletter, except)
	return int(n), err
}

// Confirmation asks a person to confirm a carrier. Result is empty until the confirmation is redeemed.
type Confirmation struct {
	ID, CarrierID, Binding string
	Eligible               int // recipients when it was made
	Result                 json.RawMessage
	CreatedAt, ExpiresAt   time.Time
}

var confirmations = define("confirmations", (*Confirmation).columns, "org")

func (confirmation *Confirmation) columns(r *row) {
	r.column("id", &confirmation.ID)
	r.column("carrier_id", &confirmation.CarrierID)
	r.column("binding", &confirmation.Binding)
	r.column("eligible", &confirmation.Eligible)
	r.nullable("result", &confirmation.Result)
	r.column("created_at", &confirmation.CreatedAt)
	r.column("expires_at", &confirmation.ExpiresAt)
}

// PutConfirmation inserts or updates a confirmation.
func (tx *Tx) PutConfirmation(confirmation Confirmation) error {
	return confirmations.replace(tx, &confirmation, tx.Org)
}

// Confirmation returns the confirmation with this id, or nil if there is none.
func (tx *Tx) Confirmation(id string) (*Confirmation, error) {
	return confirmations.one(tx, "WHERE org = ? AND id = ?", tx.Org, id)
}

// LastConfirmation returns the newest confirmation of a carrier, or nil if there is none.
func (tx *Tx) LastConfirmation(carrier string) (*Confirmation, error) {
	return confirmations.one(tx, "WHERE org = ? AND carrier_id = ? ORDER BY created_at DESC, id DESC", tx.Org, carrier)
}

// ConfirmationsOf returns the ids of a carrier's confirmations, oldest first.
func (tx *Tx) ConfirmationsOf(carrier string) ([]string, error) {
	return tx.texts("SELECT id FROM confirmations WHERE org = ? AND carrier_id = ? ORDER BY created_at, id",
		tx.Org, carrier)
}

// OpenConfirmations returns the ids of the confirmations that are neither redeemed nor expired, the first to expire
// first.
func (tx *Tx) OpenConfirmations() ([]string, error) {
	return tx.texts(`SELECT id FROM confirmations WHERE org = ? AND result IS NULL AND expires_at > ?
		ORDER BY expires_at, id`, tx.Org, tx.Now)
}

// CarriersOf returns the newest carriers whose audience is a Segment.
func (tx *Tx) CarriersOf(segment string, limit int) ([]Carrier, error) {
	return carriers.all(tx, "WHERE org = ? AND segment_id = ? ORDER BY seq DESC LIMIT ?", tx.Org, segment, limit)
}
