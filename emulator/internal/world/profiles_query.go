package world

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// Profiles by the API. Documented: the list with its filters, the Profile's fields. Decided here: filters narrow each other,
// the values of one widen it, and a Segment that is not there is a 404; where a property came from; the subscriptions; what
// deleting means, which is in profiles_delete.go.

// ProfileWith finds a Profile by id.
func (tx *Tx) ProfileWith(id string) (*store.Profile, error) {
	p, err := tx.Profile(strings.ToLower(id))
	if err == nil && p == nil {
		return nil, NotFound("Profile", id)
	}
	return p, err
}

// ProfileQuery narrows Profiles. What is nil or "" does not.
type ProfileQuery struct {
	Search                             string
	IDs, Sources, Suppressed, Segments []string
	Properties                         []PropertyValues
}

// PropertyValues are the values of a property, of which one is to be a Profile's.
type PropertyValues struct {
	Property string
	Values   []string
}

// FindProfiles returns a page of the Profiles that pass a query, newest first, and counts them all.
func (tx *Tx) FindProfiles(page store.Page, which ProfileQuery) (found store.Listed[store.Profile], count int, err error) {
	filters, err := tx.profileFilters(which)
	if err != nil {
		return found, 0, err
	}
	if count, err = tx.CountProfiles(filters...); err != nil {
		return found, 0, err
	}
	found, err = tx.ListProfiles(page, filters...)
	return found, count, err
}

// profileFilters are what a query narrows Profiles by.
func (tx *Tx) profileFilters(which ProfileQuery) (filters []store.Filter, err error) {
	if which.Search != "" {
		filters = append(filters, store.ProfilesLike(which.Search))
	}
	if which.IDs != nil {
		filters = append(filters, store.ProfilesByID(lowered(which.IDs)))
	}
	if which.Sources != nil {
		filters = append(filters, store.ProfilesFrom(which.Sources))
	}
	if which.Suppressed != nil {
		filters = append(filters, store.ProfilesSuppressed(which.Suppressed))
	}
	for _, p := range which.Properties {
		filters = append(filters, store.ProfilesWith(p.Property, p.Values))
	}
	if which.Segments == nil {
		return filters, nil
	}
	var members []store.Filter
	for _, id := range which.Segments {
		found, err := tx.segment(id)
		if err != nil {
			return nil, err
		}
		filter, err := tx.segmentFilter(found)
		if err != nil {
			return nil, err
		}
		members = append(members, filter)
	}
	return append(filters, store.AnyOf(members)), nil
}

func lowered(ids []string) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = strings.ToLower(id)
	}
	return out
}

// ProfileEdit is what to change of a Profile; nil leaves a member as it is.
type ProfileEdit struct {
	Phone, ExternalID *string // "" is none
	Properties        json.RawMessage
}

// UpdateProfile changes a Profile as an edit says. Only a change is a write.
func (tx *Tx) UpdateProfile(p *store.Profile, edit ProfileEdit) error {
	changed := assign(&p.Phone, edit.Phone)
	if assign(&p.ExternalID, edit.ExternalID) {
		owner, err := findBy(p.ExternalID, tx.ProfileByExternalID)
		if err != nil {
			return err
		}
		if owner != nil {
			return conflict("Another Profile has this externalId.")
		}
		changed = true
	}
	set, err := cond.DecodeObject(edit.Properties)
	if err != nil {
		return err
	}
	merged, err := tx.MergeProperties(p, set, store.SourceAPI)
	if err != nil || !changed && !merged {
		return err
	}
	if err := tx.SaveProfile(p, store.SourceAPI); err != nil {
		return err
	}
	return tx.ProfileTouched(p)
}

// Subscription is how a Profile stands with a SubscriptionGroup: what it said, else what the policy says.
type Subscription struct {
	Group    store.SubscriptionGroup
	Status   string
	Explicit bool      // the Profile said so
	At       time.Time // when it did
}

// Subscriptions are how a Profile stands with each group, by the groups' names.
func (tx *Tx) Subscriptions(p *store.Profile) ([]Subscription, error) {
	groups, err := tx.SubscriptionGroups()
	if err != nil {
		return nil, err
	}
	choices, err := tx.Choices(p.ID)
	if err != nil {
		return nil, err
	}
	found := make([]Subscription, len(groups))
	for i, g := range groups {
		said, explicit := choices[g.ID]
		status := said.Status
		if !explicit {
			status = store.Subscribed
			if g.Policy == store.OptIn {
				status = store.Unsubscribed
			}
		}
		found[i] = Subscription{g, status, explicit, said.At}
	}
	slices.SortFunc(found, func(a, b Subscription) int {
		return cmp.Or(strings.Compare(a.Group.Name, b.Group.Name), strings.Compare(a.Group.ID, b.Group.ID))
	})
	return found, nil
}

// ChooseGroup records what a Profile says of a group, and returns how it stands then.
func (tx *Tx) ChooseGroup(p *store.Profile, group, status string) (*Subscription, error) {
	found, err := tx.Subscriptions(p)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(found, func(s Subscription) bool { return s.Group.ID == strings.ToLower(group) })
	if i < 0 {
		return nil, NotFound("SubscriptionGroup", group)
	}
	if err := tx.Choose(p.ID, found[i].Group.ID, status, store.SourceAPI); err != nil {
		return nil, err
	}
	found, err = tx.Subscriptions(p)
	return &found[i], err
}

// SegmentsOf are the Segments that Profiles are in now, by the Segments' names.
func (tx *Tx) SegmentsOf(ids []string) (map[string][]*store.Segment, error) {
	c, err := tx.catalog()
	if err != nil {
		return nil, err
	}
	segments, err := tx.Segments()
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(segments, func(a, b store.Segment) int { return strings.Compare(a.Name, b.Name) })
	in := map[string][]*store.Segment{}
	if len(ids) == 0 {
		return in, nil
	}
	for i := range segments {
		filter, err := tx.segmentFilter(c.segments[segments[i].ID])
		if err != nil {
			return nil, err
		}
		members, err := tx.ProfileIDs(store.ProfilesByID(ids), filter)
		if err != nil {
			return nil, err
		}
		for _, id := range members {
			in[id] = append(in[id], &segments[i])
		}
	}
	return in, nil
}
