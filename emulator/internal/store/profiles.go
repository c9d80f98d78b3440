package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
)

// Lineage is the source of a property and the time of its last change, in milliseconds since the epoch.
type Lineage struct {
	Source    string `json:"source"`
	UpdatedAt int64  `json:"updatedAt"`
}

var profiles = define("profiles p", (*Profile).columns, "org")

func (p *Profile) columns(r *row) {
	r.column("id", &p.ID)
	r.column("created_at", &p.CreatedAt)
	r.mutable()
	r.column("email", &p.Email)
	r.nullable("external_id", &p.ExternalID)
	r.nullable("phone", &p.Phone)
	r.column("properties", &p.Properties)
	r.column("lineage", &p.RawLineage)
	r.column("sources", &p.Sources)
	r.column("updated_at", &p.UpdatedAt)
}

// Lineage returns the lineage of each property.
func (p *Profile) Lineage() map[string]Lineage {
	lineage := map[string]Lineage{}
	decode(string(p.RawLineage), &lineage)
	return lineage
}

// SetLineage replaces the lineage of all properties.
func (p *Profile) SetLineage(lineage map[string]Lineage) {
	p.RawLineage = json.RawMessage(encode(lineage))
}

const notDeleted = "WHERE deleted_at IS NULL AND org = ? "

// State returns /profile as conditions and Templates see it: the properties and the built-in names. If both have a
// name, the built-in one wins.
func (p *Profile) State() (map[string]any, error) {
	state := map[string]any{}
	if len(p.Properties) > 0 {
		value, err := cond.Decode(p.Properties)
		object, ok := value.(map[string]any)
		if err != nil || !ok {
			return nil, errors.Join(fmt.Errorf("the properties of Profile %s are not an object", p.ID), err)
		}
		state = object
	}
	for _, builtIn := range [...]struct{ name, value string }{
		{"id", p.ID}, {"email", p.Email}, {"externalId", p.ExternalID}, {"phone", p.Phone},
	} {
		if builtIn.value != "" {
			state[builtIn.name] = builtIn.value
		} else {
			delete(state, builtIn.name)
		}
	}
	return state, nil
}

// Profile returns the Profile with this id, or nil if there is none.
func (tx *Tx) Profile(id string) (*Profile, error) {
	if tx.profile == nil || tx.profile.ID != id || tx.profileOrg != tx.Org {
		p, err := tx.early.profile(tx.Org, id), error(nil)
		if p == nil {
			p, err = profiles.one(tx, notDeleted+"AND id = ?", tx.Org, id)
		}
		if err != nil || p == nil {
			return nil, err
		}
		tx.profile, tx.profileOrg = p, tx.Org
	}
	p := *tx.profile
	p.Sources = slices.Clip(p.Sources) // what the caller appends to it is its own
	return &p, nil
}

// ProfileByEmail returns the Profile with this lower-case email, or nil if there is none.
func (tx *Tx) ProfileByEmail(email string) (*Profile, error) {
	return profiles.one(tx, notDeleted+"AND email = ?", tx.Org, email)
}

// ProfileByExternalID returns the Profile with this external id, which is the caller's own, or nil if there is none.
func (tx *Tx) ProfileByExternalID(id string) (*Profile, error) {
	return profiles.one(tx, notDeleted+"AND external_id = ?", tx.Org, id)
}

// ListProfiles returns a page of the Organization's Profiles that pass all filters.
func (tx *Tx) ListProfiles(page Page, filters ...Filter) (Listed[Profile], error) {
	where := Filter{notDeleted, []any{tx.Org}}
	if few, ok := tx.membersIn(filters); ok {
		where = Filter{"WHERE +deleted_at IS NULL AND +org = ? ", []any{tx.Org}}.and(few)
	}
	return listed(tx, page, profiles.view(), func(p *Profile) Place { return Place{p.CreatedAt, p.ID} },
		where, filters...)
}

// ScanProfiles is ListProfiles without a way back, but it reads at most this many Profiles. If it stops there, Next is
// the place of the last one that it read.
func (tx *Tx) ScanProfiles(page Page, most int, filters ...Filter) (Listed[Profile], error) {
	query := Filter{"SELECT created_at, id FROM profiles p " + notDeleted, []any{tx.Org}}
	if page.From != nil {
		query = query.and(Filter{"(created_at, id) < (?, ?)", []any{page.From.At, page.From.ID}})
	}
	var edges []Place
	err := tx.db.compose(func(r *row) error { edges = append(edges, Place{r.at(), r.str()}); return nil },
		query.SQL+" ORDER BY created_at DESC, id DESC LIMIT 2 OFFSET ?", append(query.Args, most-1)...)
	if err != nil || len(edges) < 2 { // nothing is behind the edge
		found, failed := tx.ListProfiles(page, filters...)
		return found, errors.Join(err, failed)
	}

	edge := edges[0]
	within := Filter{"(created_at, id) >= (?, ?)", []any{edge.At, edge.ID}}
	found, err := tx.ListProfiles(page, append(filters, within)...)
	if found.Next == nil {
		found.Next = &edge
	}
	return found, err
}

// ProfilesBeginning returns the first Profiles whose email begins with this lower-case text, by email.
func (tx *Tx) ProfilesBeginning(text string, limit int) ([]Profile, error) {
	return profiles.all(tx, notDeleted+"AND email >= ?2 AND email < ?2 || char(1114111) ORDER BY email LIMIT ?3",
		tx.Org, text, limit)
}

// ProfileIDs returns the ids of the Organization's Profiles that pass all filters, in order. The + keeps SQLite from
// reading all of them when a filter has their ids.
func (tx *Tx) ProfileIDs(filters ...Filter) ([]string, error) {
	query := Filter{"SELECT id FROM profiles p WHERE deleted_at IS NULL AND +org = ?", []any{tx.Org}}.and(filters...)
	ids := []string{}
	err := tx.db.compose(func(r *row) error { ids = append(ids, r.str()); return nil },
		query.SQL+" ORDER BY id", query.Args...)
	return ids, err
}

// Emails returns the emails of the newest Profiles.
func (tx *Tx) Emails(limit int) ([]string, error) {
	return tx.texts(`SELECT email FROM profiles WHERE org = ? AND deleted_at IS NULL
		ORDER BY created_at DESC, id LIMIT ?`, tx.Org, limit)
}

// stamp returns a time as it is stored.
func stamp(at time.Time) time.Time { return time.UnixMilli(at.UnixMilli()).UTC() }

// PutProfile inserts or updates a Profile and sets its time of update to the transaction's time.
func (tx *Tx) PutProfile(p *Profile) error {
	if p.CreatedAt.IsZero() {
		p.CreatedAt = tx.Now
	}
	p.UpdatedAt = tx.Now
	if len(p.Properties) == 0 {
		p.Properties = json.RawMessage("{}")
	}
	if len(p.RawLineage) == 0 {
		p.RawLineage = json.RawMessage("{}")
	}
	tx.profile = nil
	tx.follow(p.ID)
	tx.early.forget(p.ID)
	if err := profiles.upsert(tx, p, tx.Org); err != nil {
		return err
	}
	saved := *p
	saved.Sources = slices.Clone(p.Sources)
	saved.CreatedAt, saved.UpdatedAt = stamp(p.CreatedAt), stamp(p.UpdatedAt)
	tx.profile, tx.profileOrg = &saved, tx.Org
	return nil
}
