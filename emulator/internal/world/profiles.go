package world

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// Which Profile a call is about: one rule for send, track and trigger, decided here.
//
// A profileId decides. Without one, externalId is looked up first, then email; emails are compared case-insensitively.
// If the two find different Profiles, that is a conflict, and so is a second externalId for a Profile that has one. A
// Profile found by email takes the externalId if it has none. A Profile found by externalId keeps its email. If no
// Profile is found, one is created, which needs an email.

// Identity has the identifiers by which a call names a Profile.
type Identity struct{ ProfileID, Email, ExternalID string }

// FindProfile finds the Profile of an identity without writing. It returns nil if there is none.
func (tx *Tx) FindProfile(id Identity) (*store.Profile, error) {
	byExternalID, err := findBy(id.ExternalID, tx.ProfileByExternalID)
	if err != nil {
		return nil, err
	}

	if id.ProfileID != "" {
		p, err := tx.Profile(id.ProfileID)
		switch {
		case err != nil:
			return nil, err
		case p == nil:
			return nil, NotFound("Profile", id.ProfileID)
		case byExternalID != nil && byExternalID.ID != p.ID,
			id.ExternalID != "" && p.ExternalID != "" && p.ExternalID != id.ExternalID:
			return nil, conflict("profileId and externalId belong to different Profiles.")
		}
		return p, nil
	}

	email := strings.ToLower(id.Email)
	if byExternalID != nil && byExternalID.Email == email {
		return byExternalID, nil
	}
	byEmail, err := findBy(email, tx.ProfileByEmail)
	switch {
	case err != nil:
		return nil, err
	case byExternalID != nil && byEmail != nil && byExternalID.ID != byEmail.ID:
		return nil, conflict("externalId and email belong to different Profiles.")
	case byExternalID != nil:
		return byExternalID, nil
	case byEmail != nil && id.ExternalID != "" && byEmail.ExternalID != "":
		return nil, conflict("The Profile with this email has another externalId.")
	}
	return byEmail, nil
}

func findBy(key string, find func(string) (*store.Profile, error)) (*store.Profile, error) {
	if key == "" {
		return nil, nil
	}
	return find(key)
}

// resolveProfile finds or creates the Profile of an identity and merges durable properties into it. If it reports a
// change, the caller must make the Profile's runs react to it, after everything else that the call writes.
func (tx *Tx) resolveProfile(
	id Identity, properties json.RawMessage, source string,
) (p *store.Profile, changed bool, err error) {
	p, err = tx.FindProfile(id)
	if err != nil {
		return nil, false, err
	}
	changed = p == nil
	if p == nil {
		if id.Email == "" {
			return nil, false, unacceptable(ReasonEmailRequired,
				"No Profile has these identifiers. To create one, give an email.")
		}
		p = &store.Profile{ID: tx.NewID(), Email: strings.ToLower(id.Email)}
	}
	if id.ExternalID != "" && p.ExternalID == "" {
		p.ExternalID, changed = id.ExternalID, true
	}

	set, err := cond.DecodeObject(properties)
	if err != nil {
		return nil, false, err
	}
	merged, err := tx.MergeProperties(p, set, source)
	changed = changed || merged
	if err != nil || !changed {
		return p, false, err
	}
	return p, true, tx.SaveProfile(p, source)
}

// writtenNames returns the members of /profile that a call with these properties may have changed.
func writtenNames(properties json.RawMessage) ([]string, error) {
	set, err := cond.DecodeObject(properties)
	return append(slices.Collect(maps.Keys(set)), "externalId"), err
}

// SaveProfile stores a changed Profile.
func (tx *Tx) SaveProfile(p *store.Profile, source string) error {
	if !slices.Contains(p.Sources, source) {
		p.Sources = append(p.Sources, source)
		slices.Sort(p.Sources)
	}
	return tx.PutProfile(p)
}

// MergeProperties sets top-level properties and removes those whose new value is null. It reports whether that changed
// anything.
func (tx *Tx) MergeProperties(p *store.Profile, set map[string]any, source string) (bool, error) {
	if len(set) == 0 {
		return false, nil
	}
	properties, err := cond.DecodeObject(p.Properties)
	if err != nil {
		return false, err
	}

	changed, lineage := false, p.Lineage()
	for _, name := range slices.Sorted(maps.Keys(set)) {
		old, had := properties[name]
		switch value := set[name]; {
		case value == nil && had:
			delete(properties, name)
			delete(lineage, name)
		case value == nil || had && cond.Equal(old, value):
			continue
		default:
			properties[name] = value
			lineage[name] = store.Lineage{Source: source, UpdatedAt: tx.Now.UnixMilli()}
		}
		changed = true
	}
	if changed {
		p.SetLineage(lineage)
		p.Properties, err = json.Marshal(properties)
	}
	return changed, err
}

// LocalZone returns the zone of dates about a Profile. If there is no such Profile, it is UTC.
func (tx *Tx) LocalZone(profile string) (*time.Location, error) {
	p, err := tx.Profile(profile)
	if err != nil || p == nil {
		return time.UTC, err
	}
	env, err := tx.env(p, nil)
	if err != nil {
		return time.UTC, err
	}
	return env.LocalZone(), nil
}

// env returns what a condition or a Template can read: the Profile, and the buckets of its send or run.
func (tx *Tx) env(p *store.Profile, buckets map[string]any) (*cond.Env, error) {
	profile, err := p.State()
	if err != nil {
		return nil, err
	}
	c, err := tx.catalog()
	if err != nil {
		return nil, err
	}
	made := &struct {
		cond.Env
		facts
	}{facts: facts{tx, p}}
	state := cond.State{"profile": profile}
	maps.Copy(state, buckets)
	made.Env = cond.Env{Now: tx.Now, State: state, Facts: &made.facts, Zone: c.zone, Tallies: &tx.w.tallies}
	return &made.Env, nil
}
