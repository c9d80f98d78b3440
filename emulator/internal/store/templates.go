package store

import (
	"encoding/json"
	"time"
)

// Template is a saved Template without its definition, which is in its current snapshot. SubType is its kind, if the
// caller set one.
type Template struct {
	ID, Key, Name, Purpose, Status, Source, SubType, Language string
	SenderProfileID, BrandKitID, DefaultSegmentID, SnapshotID string
	CreatedAt, UpdatedAt                                      time.Time
}

var templates = define("templates", (*Template).columns, "org")

func (template *Template) columns(r *row) {
	r.column("id", &template.ID)
	r.column("created_at", &template.CreatedAt)
	r.mutable()
	r.column("key", &template.Key)
	r.column("name", &template.Name)
	r.column("purpose", &template.Purpose)
	r.column("status", &template.Status)
	r.column("source", &template.Source)
	r.nullable("sub_type", &template.SubType)
	r.nullable("language", &template.Language)
	r.nullable("sender_profile_id", &template.SenderProfileID)
	r.nullable("brand_kit_id", &template.BrandKitID)
	r.nullable("default_segment_id", &template.DefaultSegmentID)
	r.column("snapshot_id", &template.SnapshotID)
	r.column("updated_at", &template.UpdatedAt)
}

var snapshots = define("template_snapshots", (*noColumns).columns,
	"id", "org", "template_id", "definition", "created_at")

// Template returns the Template with this key or id, or nil if there is none.
func (tx *Tx) Template(ref string) (*Template, error) { return templates.named(tx, ref) }

// ListTemplates returns the Templates with one of the statuses and with the purpose, newest first. No statuses means
// any status, and "" means any purpose.
func (tx *Tx) ListTemplates(statuses []string, purpose string) ([]Template, error) {
	return templates.all(tx, `WHERE org = ? AND (?2 = '' OR purpose = ?2)
		AND (json_array_length(?3) = 0 OR status IN (SELECT value FROM json_each(?3)))
		ORDER BY created_at DESC, id DESC`,
		tx.Org, purpose, encodeList(statuses))
}

// TemplatesAfter returns the Templates whose keys are after a key, by key. A status and a text that is part of the key
// or the name narrow the list if they are not "".
func (tx *Tx) TemplatesAfter(key, status, text string, limit int) ([]Template, error) {
	return templates.all(tx, `WHERE org = ?1 AND key > ?2 AND (?3 = '' OR status = ?3)
		AND (?4 = '' OR instr(lower(key || char(10) || name), lower(?4)) > 0) ORDER BY key LIMIT ?5`,
		tx.Org, key, status, text, limit)
}

// PutTemplate inserts or updates a Template. It does not touch an equal one. If the definition differs from the
// current snapshot's, it adds a snapshot.
func (tx *Tx) PutTemplate(template Template, definition json.RawMessage) error {
	template.CreatedAt, template.UpdatedAt = tx.Now, tx.Now
	known, err := value[int64](tx.db, "SELECT 1 FROM templates WHERE id = ?", template.ID)
	if err == nil && known == 0 { // as in most starts, in which the statements below would all be prepared for one row
		if template.SnapshotID, err = tx.AddSnapshot(template.ID, definition); err == nil {
			err = templates.insert(tx, &template, tx.Org)
		}
		return err
	}

	var current, same string
	if err == nil {
		err = tx.db.query(func(r *row) error { current, same = r.str(), r.str(); return nil },
			`SELECT s.id, s.definition FROM templates t JOIN template_snapshots s ON s.id = t.snapshot_id
			WHERE t.id = ? AND t.org = ?`, template.ID, tx.Org)
	}
	switch {
	case err != nil:
		return err
	case current != "" && same == string(definition):
		template.SnapshotID = current
	default:
		if template.SnapshotID, err = tx.AddSnapshot(template.ID, definition); err != nil {
			return err
		}
	}
	return templates.upsertChanged(tx, &template, tx.Org)
}

// DeleteTemplate deletes a Template. Its snapshots stay, because what was accepted with them still uses them.
func (tx *Tx) DeleteTemplate(id string) error {
	return tx.exec("DELETE FROM templates WHERE id = ? AND org = ?", id, tx.Org)
}

// AddSnapshot stores a definition that was made from a Template's. It never changes after that.
func (tx *Tx) AddSnapshot(template string, definition json.RawMessage) (id string, err error) {
	id = tx.NewID()
	return id, snapshots.insert(tx, nil, id, tx.Org, template, definition, tx.Now)
}

// Snapshot returns the definition of a snapshot.
func (tx *Tx) Snapshot(id string) (json.RawMessage, error) {
	definition, err := value[string](tx.db, "SELECT definition FROM template_snapshots WHERE id = ? AND org = ?",
		id, tx.Org)
	return json.RawMessage(definition), err
}
