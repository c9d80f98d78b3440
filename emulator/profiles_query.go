package emulator

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// Profiles by the API. Documented: the list with its filters, the Profile's fields. Decided here: filters narrow each other,
// the values of one widen it, and a Segment that is not there is a 404; where a property came from; the subscriptions; what
// deleting means, which is in profiles_delete.go.

// profileWith finds a Profile by id.
func (tx *Tx) profileWith(id string) (*store.Profile, error) {
	p, err := tx.Profile(strings.ToLower(id))
	if err == nil && p == nil {
		return nil, notFound("Profile", id)
	}
	return p, err
}

// profileQuery narrows Profiles. What is nil or "" does not.
type profileQuery struct {
	search                             string
	ids, sources, suppressed, segments []string
	properties                         []propertyValues
}

// propertyValues are the values of a property, of which one is to be a Profile's.
type propertyValues struct {
	property string
	values   []string
}

// findProfiles returns a page of the Profiles that pass a query, newest first, and counts them all.
func (tx *Tx) findProfiles(page store.Page, which profileQuery) (found store.Listed[store.Profile], count int, err error) {
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
func (tx *Tx) profileFilters(which profileQuery) (filters []store.Filter, err error) {
	if which.search != "" {
		filters = append(filters, store.ProfilesLike(which.search))
	}
	if which.ids != nil {
		filters = append(filters, store.ProfilesByID(lowered(which.ids)))
	}
	if which.sources != nil {
		filters = append(filters, store.ProfilesFrom(which.sources))
	}
	if which.suppressed != nil {
		filters = append(filters, store.ProfilesSuppressed(which.suppressed))
	}
	for _, p := range which.properties {
		filters = append(filters, store.ProfilesWith(p.property, p.values))
	}
	if which.segments == nil {
		return filters, nil
	}
	var members []store.Filter
	for _, id := range which.segments {
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

// profileEdit is what to change of a Profile; nil leaves a member as it is.
type profileEdit struct {
	phone, externalID *string // "" is none
	properties        json.RawMessage
}

// updateProfile changes a Profile as an edit says. Only a change is a write.
func (tx *Tx) updateProfile(p *store.Profile, edit profileEdit) error {
	changed := assign(&p.Phone, edit.phone)
	if assign(&p.ExternalID, edit.externalID) {
		owner, err := findBy(p.ExternalID, tx.ProfileByExternalID)
		if err != nil {
			return err
		}
		if owner != nil {
			return conflict("Another Profile has this externalId.")
		}
		changed = true
	}
	set, err := decodeObject(edit.properties)
	if err != nil {
		return err
	}
	merged, err := mergeProperties(tx.Now, p, set, "api")
	if err != nil || !changed && !merged {
		return err
	}
	if err := tx.saveProfile(p, "api"); err != nil {
		return err
	}
	return tx.profileTouched(p, nil)
}

// subscription is how a Profile stands with a SubscriptionGroup: what it said, else what the policy says.
type subscription struct {
	group    store.SubscriptionGroup
	status   string
	explicit bool      // the Profile said so
	at       time.Time // when it did
}

// subscriptions are how a Profile stands with each group, by the groups' names.
func (tx *Tx) subscriptions(p *store.Profile) ([]subscription, error) {
	groups, err := tx.SubscriptionGroups()
	if err != nil {
		return nil, err
	}
	choices, err := tx.Choices(p.ID)
	if err != nil {
		return nil, err
	}
	found := make([]subscription, len(groups))
	for i, g := range groups {
		said, explicit := choices[g.ID]
		status := said.Status
		if !explicit {
			status = store.Subscribed
			if g.Policy == store.OptIn {
				status = store.Unsubscribed
			}
		}
		found[i] = subscription{g, status, explicit, said.At}
	}
	slices.SortFunc(found, func(a, b subscription) int {
		return cmp.Or(strings.Compare(a.group.Name, b.group.Name), strings.Compare(a.group.ID, b.group.ID))
	})
	return found, nil
}

// chooseSubscription records what a Profile says of a group, and returns how it stands then.
func (tx *Tx) chooseSubscription(p *store.Profile, group, status string) (*subscription, error) {
	found, err := tx.subscriptions(p)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(found, func(s subscription) bool { return s.group.ID == strings.ToLower(group) })
	if i < 0 {
		return nil, notFound("SubscriptionGroup", group)
	}
	if err := tx.setSubscription(p.ID, found[i].group.ID, status, "api"); err != nil {
		return nil, err
	}
	found, err = tx.subscriptions(p)
	return &found[i], err
}

// segmentsOf are the Segments that Profiles are in now, by the Segments' names.
func (tx *Tx) segmentsOf(ids []string) (map[string][]*store.Segment, error) {
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
