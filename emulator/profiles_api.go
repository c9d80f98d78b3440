package emulator

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/oapi-codegen/nullable"

	"github.com/segmentflow/segmentflow-go/emulator/internal/api"
	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
	"github.com/segmentflow/segmentflow-go/emulator/internal/wire"
)

// Profiles. Documented: the list with its filters, the Profile's fields. Decided here: filters narrow each other, the values
// of one widen it, and a Segment that is not there is a 404; where a property came from; the subscriptions; what deleting
// means, which is in profiles_delete.go.

// ListProfiles lists the Profiles that pass all filters, newest first.
func (s service) ListProfiles(ctx context.Context, request api.ListProfilesRequestObject) (api.ListProfilesResponseObject, error) {
	var body api.ListProfilesRequest
	if request.Body != nil {
		body = *request.Body
	}
	page, err := pageOf("profiles", wire.InBody, body.Cursor, body.Limit)
	if err != nil {
		return nil, err
	}
	return s.read(ctx, func(tx *Tx) (any, error) {
		filters, err := tx.profileFilters(api.ProfileFilter{Search: body.Search, SegmentFilter: body.SegmentFilter, SourceFilter: body.SourceFilter,
			ProfilePropertyFilter: body.ProfilePropertyFilter, ProfileIds: body.ProfileIds,
			DeliverySuppressionReasonFilter: body.DeliverySuppressionReasonFilter})
		if err != nil {
			return nil, err
		}
		count, err := tx.CountProfiles(filters...)
		if err != nil {
			return nil, err
		}
		found, err := tx.ListProfiles(page, filters...)
		if err != nil {
			return nil, err
		}
		reply := api.ProfilePage{ProfileCount: int64(count)}
		reply.NextCursor, reply.PreviousCursor = cursors("profiles", found)
		reply.Profiles, err = tx.wireProfiles(found.Items)
		return reply, err
	})
}

// RetrieveProfile shows a Profile as it is now.
func (s service) RetrieveProfile(ctx context.Context, request api.RetrieveProfileRequestObject) (api.RetrieveProfileResponseObject, error) {
	return s.read(ctx, func(tx *Tx) (any, error) {
		p, err := tx.profileWith(request.ProfileId)
		if err != nil {
			return nil, err
		}
		return tx.wireProfile(p)
	})
}

// UpdateProfile changes what is given; the Profile's runs react.
func (s service) UpdateProfile(ctx context.Context, request api.UpdateProfileRequestObject) (api.UpdateProfileResponseObject, error) {
	return s.write(ctx, func(tx *Tx) (any, error) {
		p, err := tx.profileWith(request.ProfileId)
		if err != nil {
			return nil, err
		}
		if err := tx.updateProfile(p, request.Body); err != nil {
			return nil, err
		}
		return tx.wireProfile(p)
	})
}

// DeleteProfile deletes a Profile.
func (s service) DeleteProfile(ctx context.Context, request api.DeleteProfileRequestObject) (api.DeleteProfileResponseObject, error) {
	return s.write(ctx, func(tx *Tx) (any, error) {
		p, err := tx.profileWith(request.ProfileId)
		if err != nil {
			return nil, err
		}
		return nil, tx.deleteProfiles([]string{p.ID})
	})
}

// BulkDeleteProfiles deletes Profiles by their ids or by a filter.
func (s service) BulkDeleteProfiles(ctx context.Context, request api.BulkDeleteProfilesRequestObject) (api.BulkDeleteProfilesResponseObject, error) {
	which := api.ProfileFilter{ProfileIds: request.Body.ProfileIds}
	if request.Body.Filter != nil {
		which = *request.Body.Filter
	}
	return s.write(ctx, func(tx *Tx) (any, error) {
		filters, err := tx.profileFilters(which)
		if err != nil {
			return nil, err
		}
		ids, err := tx.ProfileIDs(filters...)
		if err != nil {
			return nil, err
		}
		return api.BulkDeleteResult{Deleted: int64(len(ids))}, tx.deleteProfiles(ids)
	})
}

// ListProfileSubscriptions shows how a Profile stands with each SubscriptionGroup, by the groups' names.
func (s service) ListProfileSubscriptions(ctx context.Context, request api.ListProfileSubscriptionsRequestObject) (api.ListProfileSubscriptionsResponseObject, error) {
	return s.read(ctx, func(tx *Tx) (any, error) {
		p, err := tx.profileWith(request.ProfileId)
		if err != nil {
			return nil, err
		}
		rows, err := tx.subscriptions(p)
		return api.SubscriptionList{Subscriptions: rows}, err
	})
}

// SetProfileSubscription records what a Profile says of a SubscriptionGroup.
func (s service) SetProfileSubscription(ctx context.Context, request api.SetProfileSubscriptionRequestObject) (api.SetProfileSubscriptionResponseObject, error) {
	return s.write(ctx, func(tx *Tx) (any, error) {
		p, err := tx.profileWith(request.ProfileId)
		if err != nil {
			return nil, err
		}
		rows, err := tx.subscriptions(p)
		if err != nil {
			return nil, err
		}
		i := slices.IndexFunc(rows, func(row api.Subscription) bool {
			return row.SubscriptionGroupId == strings.ToLower(request.SubscriptionGroupId)
		})
		if i < 0 {
			return nil, notFound("SubscriptionGroup", request.SubscriptionGroupId)
		}
		if err := tx.setSubscription(p.ID, rows[i].SubscriptionGroupId, string(request.Body.Status), "api"); err != nil {
			return nil, err
		}
		rows, err = tx.subscriptions(p)
		return rows[i], err
	})
}

func (r reply) VisitListProfilesResponse(w http.ResponseWriter) error             { return r.write(w) }
func (r reply) VisitRetrieveProfileResponse(w http.ResponseWriter) error          { return r.write(w) }
func (r reply) VisitUpdateProfileResponse(w http.ResponseWriter) error            { return r.write(w) }
func (r reply) VisitDeleteProfileResponse(w http.ResponseWriter) error            { return r.write(w) }
func (r reply) VisitBulkDeleteProfilesResponse(w http.ResponseWriter) error       { return r.write(w) }
func (r reply) VisitListProfileSubscriptionsResponse(w http.ResponseWriter) error { return r.write(w) }
func (r reply) VisitSetProfileSubscriptionResponse(w http.ResponseWriter) error   { return r.write(w) }

// profileWith finds a Profile by id.
func (tx *Tx) profileWith(id string) (*store.Profile, error) {
	p, err := tx.Profile(strings.ToLower(id))
	if err == nil && p == nil {
		return nil, notFound("Profile", id)
	}
	return p, err
}

// profileFilters are what a request narrows Profiles by.
func (tx *Tx) profileFilters(which api.ProfileFilter) (filters []store.Filter, err error) {
	if which.Search != nil {
		filters = append(filters, store.ProfilesLike(*which.Search))
	}
	if which.ProfileIds != nil {
		filters = append(filters, store.ProfilesByID(lowered(*which.ProfileIds)))
	}
	if which.SourceFilter != nil {
		filters = append(filters, store.ProfilesFrom(texts(which.SourceFilter)))
	}
	if which.DeliverySuppressionReasonFilter != nil {
		filters = append(filters, store.ProfilesSuppressed(texts(which.DeliverySuppressionReasonFilter)))
	}
	if which.ProfilePropertyFilter != nil {
		for _, property := range *which.ProfilePropertyFilter {
			filters = append(filters, store.ProfilesWith(property.Id, property.Values))
		}
	}
	if which.SegmentFilter == nil {
		return filters, nil
	}
	var members []store.Filter
	for _, id := range *which.SegmentFilter {
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

// updateProfile changes a Profile as a request says. Only a change is a write.
func (tx *Tx) updateProfile(p *store.Profile, request *api.UpdateProfileRequest) error {
	changed := assign(&p.Phone, request.Phone)
	if assign(&p.ExternalID, request.ExternalId) {
		owner, err := findBy(p.ExternalID, tx.ProfileByExternalID)
		if err != nil {
			return err
		}
		if owner != nil {
			return conflict("Another Profile has this externalId.")
		}
		changed = true
	}
	set, err := decodeObject(request.Properties)
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

// subscriptions are how a Profile stands with each group: what it said, else what the policy says.
func (tx *Tx) subscriptions(p *store.Profile) ([]api.Subscription, error) {
	groups, err := tx.SubscriptionGroups()
	if err != nil {
		return nil, err
	}
	choices, err := tx.Choices(p.ID)
	if err != nil {
		return nil, err
	}
	rows := make([]api.Subscription, len(groups))
	for i, g := range groups {
		said, explicit := choices[g.ID]
		status := said.Status
		if !explicit {
			status = "Subscribed"
			if g.Policy == "OptIn" {
				status = "Unsubscribed"
			}
		}
		rows[i] = api.Subscription{SubscriptionGroupId: g.ID, Name: g.Name, Policy: api.SubscriptionPolicy(g.Policy),
			Status: api.SubscriptionStatus(status), Explicit: explicit, UpdatedAt: optedTime(said.At)}
	}
	slices.SortFunc(rows, func(a, b api.Subscription) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.SubscriptionGroupId, b.SubscriptionGroupId))
	})
	return rows, nil
}

// optedTime is null for the zero time.
func optedTime(t time.Time) nullable.Nullable[string] {
	if t.IsZero() {
		return opted("")
	}
	return opted(stamp(t))
}

func (tx *Tx) wireProfile(p *store.Profile) (any, error) {
	shown, err := tx.wireProfiles([]store.Profile{*p})
	if err != nil {
		return nil, err
	}
	return shown[0], nil
}

// wireProfiles are Profiles as the API shows them. The Segments are asked once for all of them.
func (tx *Tx) wireProfiles(found []store.Profile) ([]api.Profile, error) {
	ids := make([]string, len(found))
	for i := range found {
		ids[i] = found[i].ID
	}
	segments, err := tx.segmentsOf(ids)
	if err != nil {
		return nil, err
	}
	shown := make([]api.Profile, len(found))
	for i := range found {
		p := &found[i]
		shown[i] = api.Profile{Id: p.ID, Email: p.Email, ExternalId: opted(p.ExternalID), Phone: opted(p.Phone),
			Sources: make([]api.ProfileSource, len(p.Sources)), Segments: segments[p.ID], CreatedAt: stamp(p.CreatedAt), UpdatedAt: stamp(p.UpdatedAt)}
		for j, source := range p.Sources {
			shown[i].Sources[j] = api.ProfileSource(source)
		}
		if shown[i].Properties, err = wireProperties(p); err != nil {
			return nil, err
		}
		if shown[i].DeliverySuppression, err = deliverySuppression(tx, p); err != nil {
			return nil, err
		}
	}
	return shown, nil
}

// segmentsOf are the Segments that Profiles are in now, by the Segments' names.
func (tx *Tx) segmentsOf(ids []string) (map[string][]api.ProfileSegment, error) {
	c, err := tx.catalog()
	if err != nil {
		return nil, err
	}
	segments, err := tx.Segments()
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(segments, func(a, b store.Segment) int { return strings.Compare(a.Name, b.Name) })
	in := map[string][]api.ProfileSegment{}
	for _, id := range ids {
		in[id] = []api.ProfileSegment{}
	}
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
			in[id] = append(in[id], api.ProfileSegment{Id: segments[i].ID, Name: segments[i].Name, Type: api.SegmentType(segments[i].Type)})
		}
	}
	return in, nil
}

// wireProperties are a Profile's properties with where each came from. Numbers keep their digits.
func wireProperties(p *store.Profile) (map[string]api.ProfileProperty, error) {
	values := map[string]json.RawMessage{}
	if err := json.Unmarshal(p.Properties, &values); err != nil {
		return nil, err
	}
	properties := make(map[string]api.ProfileProperty, len(values))
	for name, value := range values {
		from := p.Lineage[name]
		properties[name] = api.ProfileProperty{Value: value, Source: api.ProfileSource(from.Source), UpdatedAt: stamp(time.UnixMilli(from.UpdatedAt))}
	}
	return properties, nil
}

// deliverySuppression is what is known of a Profile's address.
func deliverySuppression(tx *Tx, p *store.Profile) (api.DeliverySuppression, error) {
	address, err := tx.Address(p.Email)
	if address == nil {
		address = &store.Address{}
	}
	shown := api.DeliverySuppression{Suppressed: address.Suppressed != "", Email: opted(""), SuppressedAt: optedTime(address.SuppressedAt),
		LatestBounceReason: opted(address.Bounce), LatestBounceDiagnosticCode: opted(address.Code)}
	if shown.Suppressed {
		shown.Email = opted(address.Email)
	}
	return shown, err
}
