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

// Profiles in the API. Documented: the list with its filters, the Profile's fields. Decided here: a Profile must pass
// all filters, each by one of its values; an unknown Segment is a 404; the source of a property; the subscriptions;
// what deleting means, which profiles_delete.go describes.

// ProfileWith finds a Profile by id.
func (tx *Tx) ProfileWith(id string) (*store.Profile, error) {
	p, err := tx.Profile(strings.ToLower(id))
	if err == nil && p == nil {
		return nil, NotFound("Profile", id)
	}
	return p, err
}

// ProfileQuery filters Profiles. A field that is nil or "" does not filter.
type ProfileQuery struct {
	Search, Named                      string // Named is like Search, but looks at the id and not at the phone
	IDs, Sources, Suppressed, Segments []string
	Properties                         []PropertyValues
	Group, Choice                      string // the status in a SubscriptionGroup, NeverChosen if there is no choice
}

// NeverChosen is the Choice of Profiles that have neither subscribed to a SubscriptionGroup nor unsubscribed from it.
const NeverChosen = "never"

// PropertyValues is a property with the values of which a Profile must have one.
type PropertyValues struct {
	Property string
	Values   []string
}

// FindProfiles returns a page of the Profiles that a query finds, newest first, and the count of all of them.
func (tx *Tx) FindProfiles(
	page store.Page, which ProfileQuery,
) (found store.Listed[store.Profile], count int, err error) {
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

// ScanProfiles is FindProfiles without the count, for any number of Profiles: it reads at most this many.
func (tx *Tx) ScanProfiles(
	page store.Page, most int, which ProfileQuery,
) (found store.Listed[store.Profile], err error) {
	filters, err := tx.profileFilters(which)
	if err != nil {
		return found, err
	}
	return tx.Tx.ScanProfiles(page, most, filters...)
}

// profileFilters turns a query into the store's filters.
func (tx *Tx) profileFilters(which ProfileQuery) (filters []store.Filter, err error) {
	if which.Search != "" {
		filters = append(filters, store.ProfilesLike(which.Search))
	}
	if which.Named != "" {
		filters = append(filters, store.ProfilesNamed(which.Named))
	}
	if which.Group != "" {
		group, err := tx.GroupNamed(which.Group)
		if err != nil || group == nil {
			return nil, cmp.Or(err, error(NotFound("SubscriptionGroup", which.Group)))
		}
		filters = append(filters, store.ProfilesChoosing(group, strings.TrimSuffix(which.Choice, NeverChosen)))
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
	for _, property := range which.Properties {
		filters = append(filters, store.ProfilesWith(property.Property, property.Values))
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

// ProfilesWhere returns the newest Profiles that pass a condition, newest first. A limit below 1 means no limit.
func (tx *Tx) ProfilesWhere(condition *cond.Cond, limit int) ([]store.Profile, error) {
	filter, err := tx.filterOf(condition)
	if err != nil {
		return nil, err
	}
	if limit < 1 {
		if limit, err = tx.CountWhere(condition); err != nil {
			return nil, err
		}
	}
	page, err := tx.ListProfiles(store.Page{Limit: limit}, filter)
	return page.Items, err
}

// PageWhere returns a page of the Profiles that pass a condition, newest first.
func (tx *Tx) PageWhere(condition *cond.Cond, page store.Page) (store.Listed[store.Profile], error) {
	filter, err := tx.filterOf(condition)
	if err != nil {
		return store.Listed[store.Profile]{}, err
	}
	return tx.ListProfiles(page, filter)
}

// CountWhere counts the Profiles that pass a condition.
func (tx *Tx) CountWhere(condition *cond.Cond) (int, error) {
	c, err := tx.catalog()
	if err != nil {
		return 0, err
	}
	return tx.CountMembers(condition.Root(), c)
}

func (tx *Tx) filterOf(condition *cond.Cond) (store.Filter, error) {
	c, err := tx.catalog()
	if err != nil {
		return store.Filter{}, err
	}
	return tx.Where(condition.Root(), c)
}

// ExplainFor explains a condition with what it sees of a Profile.
func (tx *Tx) ExplainFor(p *store.Profile, condition *cond.Cond) (string, error) {
	env, err := tx.env(p, nil)
	if err != nil {
		return "", err
	}
	return condition.Explain(env)
}

func lowered(ids []string) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = strings.ToLower(id)
	}
	return out
}

// ProfileEdit is what to change in a Profile. A field that is nil leaves the Profile's as it is.
type ProfileEdit struct {
	Phone, ExternalID *string // "" removes it
	Properties        json.RawMessage
}

// UpdateProfile edits a Profile. It writes only if the edit changes something.
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
	return tx.ProfileChanged(p)
}

// InSegment reports whether a Profile is in a Segment now.
func (tx *Tx) InSegment(profile, segment string) (bool, error) {
	c, err := tx.catalog()
	if err != nil || c.segment(segment) == nil {
		return false, err
	}
	members, err := tx.membersAmong(c.segment(segment), []string{profile})
	return len(members) > 0, err
}

// membersAmong returns those of the Profiles that are in a Segment now.
func (tx *Tx) membersAmong(s *segment, ids []string) ([]string, error) {
	if s.Type == store.Manual {
		return tx.SegmentMembersAmong(s.ID, ids)
	}
	filter, err := tx.segmentFilter(s)
	if err != nil {
		return nil, err
	}
	return tx.ProfileIDs(store.ProfilesByID(ids), filter)
}

// Subscription is a Profile's status in a SubscriptionGroup: what it chose, or the default of the group's policy.
type Subscription struct {
	Group    store.SubscriptionGroup
	Status   string
	Explicit bool      // the Profile chose it
	At       time.Time // when it did
}

// Subscriptions returns a Profile's subscriptions to all groups, sorted by the groups' names.
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
	for i, group := range groups {
		choice, explicit := choices[group.ID]
		status := choice.Status
		if !explicit {
			status = store.Subscribed
			if group.Policy == store.OptIn {
				status = store.Unsubscribed
			}
		}
		found[i] = Subscription{group, status, explicit, choice.At}
	}
	slices.SortFunc(found, func(a, b Subscription) int {
		return cmp.Or(strings.Compare(a.Group.Name, b.Group.Name), strings.Compare(a.Group.ID, b.Group.ID))
	})
	return found, nil
}

// ChooseGroup records a Profile's choice for a group and returns the Subscription after it.
func (tx *Tx) ChooseGroup(p *store.Profile, group, status string) (*Subscription, error) {
	found, err := tx.Subscriptions(p)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(found, func(one Subscription) bool { return one.Group.ID == strings.ToLower(group) })
	if i < 0 {
		return nil, NotFound("SubscriptionGroup", group)
	}
	if err := tx.Choose(p.ID, found[i].Group.ID, status, store.SourceAPI); err != nil {
		return nil, err
	}
	found, err = tx.Subscriptions(p)
	return &found[i], err
}

// SegmentsOf returns the Segments that each of the Profiles is in now, sorted by the Segments' names.
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
		members, err := tx.membersAmong(c.segment(segments[i].ID), ids)
		if err != nil {
			return nil, err
		}
		for _, id := range members {
			in[id] = append(in[id], &segments[i])
		}
	}
	return in, nil
}
