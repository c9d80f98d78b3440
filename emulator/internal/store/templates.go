package store

import (
	"encoding/json"
	"time"
)

// Template is the head of a saved Template; its definition is that of its current snapshot. SubType is its kind where the
// caller gave one.
type Template struct {
	ID, Key, Name, Purpose, Status, Source, SubType, Language string
	SenderProfileID, BrandKitID, DefaultSegmentID, SnapshotID string
	CreatedAt, UpdatedAt                                      time.Time
}

func readTemplate(r row) Template {
	return Template{r.str(0), r.str(1), r.str(2), r.str(3), r.str(4), r.str(5), r.str(6), r.str(7), r.str(8), r.str(9), r.str(10), r.str(11),
		r.at(12), r.at(13)}
}

const selectTemplate = `SELECT id, key, name, purpose, status, source, sub_type, language, sender_profile_id, brand_kit_id, default_segment_id,
	snapshot_id, created_at, updated_at FROM templates WHERE org = ? `

// Templates are the Organization's, by key.
func (tx *Tx) Templates() ([]Template, error) {
	return all(tx, readTemplate, selectTemplate+"ORDER BY key", tx.Org)
}

// ListTemplates are those in one of the statuses, or (none) in any, and for a purpose, or ("") any, newest first.
func (tx *Tx) ListTemplates(statuses []string, purpose string) ([]Template, error) {
	return all(tx, readTemplate, selectTemplate+`AND (?2 = '' OR purpose = ?2)
		AND (json_array_length(?3) = 0 OR status IN (SELECT value FROM json_each(?3))) ORDER BY created_at DESC, id DESC`,
		tx.Org, purpose, encodeList(statuses))
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
		if t.SnapshotID, err = tx.AddSnapshot(t.ID, definition); err != nil {
			return err
		}
	}
	return tx.exec(`INSERT INTO templates (id, org, key, name, purpose, status, source, sub_type, language, sender_profile_id, brand_kit_id,
			default_segment_id, snapshot_id, created_at, updated_at)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?14)
		ON CONFLICT (id) DO UPDATE SET key = ?3, name = ?4, purpose = ?5, status = ?6, source = ?7, sub_type = ?8, language = ?9,
			sender_profile_id = ?10, brand_kit_id = ?11, default_segment_id = ?12, snapshot_id = ?13, updated_at = ?14
		WHERE (key, name, purpose, status, source, sub_type, language, sender_profile_id, brand_kit_id, default_segment_id, snapshot_id)
			IS NOT (?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)`,
		t.ID, tx.Org, t.Key, t.Name, t.Purpose, t.Status, t.Source, opt(t.SubType), opt(t.Language), opt(t.SenderProfileID), opt(t.BrandKitID),
		opt(t.DefaultSegmentID), t.SnapshotID, tx.Now)
}

// DeleteTemplate deletes a Template. Its snapshots stay for what was accepted with them.
func (tx *Tx) DeleteTemplate(id string) error {
	return tx.exec("DELETE FROM templates WHERE id = ? AND org = ?", id, tx.Org)
}

// AddSnapshot freezes a definition made from a Template's.
func (tx *Tx) AddSnapshot(template string, definition json.RawMessage) (id string, err error) {
	id = tx.NewID()
	return id, tx.exec("INSERT INTO template_snapshots (id, org, template_id, definition, created_at) VALUES (?, ?, ?, ?, ?)",
		id, tx.Org, template, definition, tx.Now)
}

// Snapshot is the definition that a snapshot froze.
func (tx *Tx) Snapshot(id string) (json.RawMessage, error) {
	definition, err := value[string](tx.db, "SELECT definition FROM template_snapshots WHERE id = ? AND org = ?", id, tx.Org)
	return json.RawMessage(definition), err
}
