package store

import (
	"encoding/json"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/webhook"
)

// Webhook is a hook for the receiver of an emulator. The Payload of a deleted Profile is empty.
type Webhook struct {
	Seq                 int
	ID, ProfileID, Type string
	CreatedAt           time.Time
	Payload             json.RawMessage
	State               string
	Tries               []webhook.Try
	Next                time.Time // when the next try is due
}

var webhooks = define("webhooks", (*Webhook).columns, "org")

func (hook *Webhook) columns(r *row) {
	r.seq(&hook.Seq)
	r.column("id", &hook.ID)
	r.column("profile_id", &hook.ProfileID)
	r.column("type", &hook.Type)
	r.column("created_at", &hook.CreatedAt)
	r.column("payload", &hook.Payload)
	r.mutable()
	r.column("state", &hook.State)
	r.column("tries", &hook.Tries)
	r.nullable("next", &hook.Next)
}

// AddWebhook stores a new hook.
func (tx *Tx) AddWebhook(hook *Webhook) error { return webhooks.insert(tx, hook, tx.Org) }

// SetWebhook stores the state of a hook, its tries and its next one.
func (tx *Tx) SetWebhook(hook *Webhook) error {
	return webhooks.update(tx, hook, "WHERE seq = ?", hook.Seq)
}

// Webhook returns the hook with an id, or nil if there is none.
func (tx *Tx) Webhook(id string) (*Webhook, error) {
	return webhooks.one(tx, "WHERE id = ? AND org = ?", id, tx.Org)
}

// isOpen tests whether a hook is to be sent.
const isOpen = "state IN ('" + WebhookPending + "', '" + WebhookWaiting + "')"

// HasOpenWebhook reports whether any hook of a Profile is to be sent.
func (tx *Tx) HasOpenWebhook(profile string) (bool, error) {
	n, err := value[int64](tx.db, "SELECT EXISTS (SELECT 1 FROM webhooks WHERE profile_id = ? AND "+isOpen+")", profile)
	return n > 0, err
}

// NextWebhook returns the id of the first pending hook of a Profile, "" if there is none.
func (tx *Tx) NextWebhook(profile string) (string, error) {
	return value[string](tx.db, "SELECT id FROM webhooks WHERE profile_id = ? AND state = '"+WebhookPending+
		"' ORDER BY seq LIMIT 1", profile)
}

// OpenWebhook names a hook of any Organization.
type OpenWebhook struct{ Org, ID string }

// OpenWebhooks returns the first open hook of each Profile that has no hook whose next try waits for its time, oldest
// first.
func (tx *Tx) OpenWebhooks() ([]OpenWebhook, error) {
	read := func(open *OpenWebhook, r *row) { *open = OpenWebhook{r.str(), r.str()} }
	return view[OpenWebhook]{"SELECT org, id FROM webhooks ", read}.all(tx, "WHERE seq IN (SELECT min(seq) "+
		"FROM webhooks WHERE "+isOpen+" GROUP BY profile_id HAVING max(state = '"+WebhookWaiting+"') = 0) ORDER BY seq")
}

// Webhooks returns the newest hooks before a Seq, newest first. If before is 0, it begins with the newest.
func (tx *Tx) Webhooks(before, limit int) ([]Webhook, error) {
	where := Filter{"WHERE org = ?", []any{tx.Org}}
	if before > 0 {
		where = where.and(Filter{"seq < ?", []any{before}})
	}
	return webhooks.newest(tx, where, limit)
}
