package store

import (
	"encoding/json"
	"time"
)

// Template is the head of a saved Template; its definition is that of its current snapshot.
type Template struct {
	ID, Key, Name, Purpose, Status, Language, SenderProfileID, SnapshotID string
	CreatedAt, UpdatedAt                                                  time.Time
}

func readTemplate(r row) Template {
	return Template{r.str(0), r.str(1), r.str(2), r.str(3), r.str(4), r.str(5), r.str(6), r.str(7), r.at(8), r.at(9)}
}

const selectTemplate = `SELECT id, key, name, purpose, status, language, sender_profile_id, snapshot_id, created_at, updated_at FROM templates `

// Templates are the Organization's, by key.
func (tx *Tx) Templates() ([]Template, error) {
	return all(tx, readTemplate, selectTemplate+"WHERE org = ? ORDER BY key", tx.Org)
}

// PutTemplate inserts or updates a Template; an equal one stays as it is. A definition other than the current snapshot's
// makes a new snapshot.
func (tx *Tx) PutTemplate(t Template, definition json.RawMessage) error {
	current, err := one(tx, func(r row) [2]string { return [2]string{r.str(0), r.str(1)} },
		"SELECT s.id, s.definition FROM templates t JOIN template_snapshots s ON s.id = t.snapshot_id WHERE t.id = ? AND t.org = ?", t.ID, tx.Org)
	switch {
	case err != nil:
		return err
	case current != nil && current[1] == string(definition):
		t.SnapshotID = current[0]
	default:
		t.SnapshotID = tx.NewID()
		if err := tx.exec("INSERT INTO template_snapshots (id, org, template_id, definition, created_at) VALUES (?, ?, ?, ?, ?)",
			t.SnapshotID, tx.Org, t.ID, definition, tx.Now); err != nil {
			return err
		}
	}
	return tx.exec(`INSERT INTO templates (id, org, key, name, purpose, status, language, sender_profile_id, snapshot_id, created_at, updated_at)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?10)
		ON CONFLICT (id) DO UPDATE SET key = ?3, name = ?4, purpose = ?5, status = ?6, language = ?7, sender_profile_id = ?8,
			snapshot_id = ?9, updated_at = ?10
		WHERE (key, name, purpose, status, language, sender_profile_id, snapshot_id) IS NOT (?3, ?4, ?5, ?6, ?7, ?8, ?9)`,
		t.ID, tx.Org, t.Key, t.Name, t.Purpose, t.Status, opt(t.Language), opt(t.SenderProfileID), t.SnapshotID, tx.Now)
}

// Snapshot is the definition that a snapshot froze.
func (tx *Tx) Snapshot(id string) (json.RawMessage, error) {
	definition, err := value[string](tx.db, "SELECT definition FROM template_snapshots WHERE id = ? AND org = ?", id, tx.Org)
	return json.RawMessage(definition), err
}
