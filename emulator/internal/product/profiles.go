package product

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/api"
	"github.com/segmentflow/segmentflow-go/emulator/internal/wire"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

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
	which := profileQueryOf(api.ProfileFilter{Search: body.Search, SegmentFilter: body.SegmentFilter, SourceFilter: body.SourceFilter,
		ProfilePropertyFilter: body.ProfilePropertyFilter, ProfileIds: body.ProfileIds,
		DeliverySuppressionReasonFilter: body.DeliverySuppressionReasonFilter})
	return s.read(ctx, func(tx *world.Tx) (any, error) {
		found, count, err := tx.FindProfiles(page, which)
		if err != nil {
			return nil, err
		}
		reply := api.ProfilePage{ProfileCount: int64(count)}
		reply.NextCursor, reply.PreviousCursor = cursors("profiles", found)
		reply.Profiles, err = wireProfiles(tx, found.Items)
		return reply, err
	})
}

// RetrieveProfile shows a Profile as it is now.
func (s service) RetrieveProfile(ctx context.Context, request api.RetrieveProfileRequestObject) (api.RetrieveProfileResponseObject, error) {
	return s.read(ctx, func(tx *world.Tx) (any, error) {
		p, err := tx.ProfileWith(request.ProfileId)
		if err != nil {
			return nil, err
		}
		return wireProfile(tx, p)
	})
}

// UpdateProfile changes what is given; the Profile's runs react.
func (s service) UpdateProfile(ctx context.Context, request api.UpdateProfileRequestObject) (api.UpdateProfileResponseObject, error) {
	return s.write(ctx, func(tx *world.Tx) (any, error) {
		p, err := tx.ProfileWith(request.ProfileId)
		if err != nil {
			return nil, err
		}
		if err := tx.UpdateProfile(p, world.ProfileEdit{Phone: given(request.Body.Phone), ExternalID: given(request.Body.ExternalId),
			Properties: request.Body.Properties}); err != nil {
			return nil, err
		}
		return wireProfile(tx, p)
	})
}

// DeleteProfile deletes a Profile.
func (s service) DeleteProfile(ctx context.Context, request api.DeleteProfileRequestObject) (api.DeleteProfileResponseObject, error) {
	return s.write(ctx, func(tx *world.Tx) (any, error) {
		p, err := tx.ProfileWith(request.ProfileId)
		if err != nil {
			return nil, err
		}
		return nil, tx.DeleteProfiles([]string{p.ID})
	})
}

// BulkDeleteProfiles deletes Profiles by their ids or by a filter.
func (s service) BulkDeleteProfiles(ctx context.Context, request api.BulkDeleteProfilesRequestObject) (api.BulkDeleteProfilesResponseObject, error) {
	which := api.ProfileFilter{ProfileIds: request.Body.ProfileIds}
	if request.Body.Filter != nil {
		which = *request.Body.Filter
	}
	return s.write(ctx, func(tx *world.Tx) (any, error) {
		deleted, err := tx.DeleteFound(profileQueryOf(which))
		return api.BulkDeleteResult{Deleted: int64(deleted)}, err
	})
}

// ListProfileSubscriptions shows how a Profile stands with each SubscriptionGroup, by the groups' names.
func (s service) ListProfileSubscriptions(ctx context.Context, request api.ListProfileSubscriptionsRequestObject) (api.ListProfileSubscriptionsResponseObject, error) {
	return s.read(ctx, func(tx *world.Tx) (any, error) {
		p, err := tx.ProfileWith(request.ProfileId)
		if err != nil {
			return nil, err
		}
		found, err := tx.Subscriptions(p)
		rows := make([]api.Subscription, len(found))
		for i := range found {
			rows[i] = wireSubscription(&found[i])
		}
		return api.SubscriptionList{Subscriptions: rows}, err
	})
}

// SetProfileSubscription records what a Profile says of a SubscriptionGroup.
func (s service) SetProfileSubscription(ctx context.Context, request api.SetProfileSubscriptionRequestObject) (api.SetProfileSubscriptionResponseObject, error) {
	return s.write(ctx, func(tx *world.Tx) (any, error) {
		p, err := tx.ProfileWith(request.ProfileId)
		if err != nil {
			return nil, err
		}
		found, err := tx.ChooseGroup(p, request.SubscriptionGroupId, string(request.Body.Status))
		if err != nil {
			return nil, err
		}
		return wireSubscription(found), nil
	})
}

func (r reply) VisitListProfilesResponse(w http.ResponseWriter) error             { return r.write(w) }
func (r reply) VisitRetrieveProfileResponse(w http.ResponseWriter) error          { return r.write(w) }
func (r reply) VisitUpdateProfileResponse(w http.ResponseWriter) error            { return r.write(w) }
func (r reply) VisitDeleteProfileResponse(w http.ResponseWriter) error            { return r.write(w) }
func (r reply) VisitBulkDeleteProfilesResponse(w http.ResponseWriter) error       { return r.write(w) }
func (r reply) VisitListProfileSubscriptionsResponse(w http.ResponseWriter) error { return r.write(w) }
func (r reply) VisitSetProfileSubscriptionResponse(w http.ResponseWriter) error   { return r.write(w) }

// profileQueryOf is what a request narrows Profiles by.
func profileQueryOf(which api.ProfileFilter) world.ProfileQuery {
	q := world.ProfileQuery{Search: text(which.Search), Sources: texts(which.SourceFilter), Suppressed: texts(which.DeliverySuppressionReasonFilter),
		IDs: texts(which.ProfileIds), Segments: texts(which.SegmentFilter)}
	if which.ProfilePropertyFilter != nil {
		for _, property := range *which.ProfilePropertyFilter {
			q.Properties = append(q.Properties, world.PropertyValues{Property: property.Id, Values: property.Values})
		}
	}
	return q
}

func wireSubscription(s *world.Subscription) api.Subscription {
	return api.Subscription{SubscriptionGroupId: s.Group.ID, Name: s.Group.Name, Policy: api.SubscriptionPolicy(s.Group.Policy),
		Status: api.SubscriptionStatus(s.Status), Explicit: s.Explicit, UpdatedAt: optedTime(s.At)}
}

func wireProfile(tx *world.Tx, p *world.Profile) (any, error) {
	shown, err := wireProfiles(tx, []world.Profile{*p})
	if err != nil {
		return nil, err
	}
	return shown[0], nil
}

// wireProfiles are Profiles as the API shows them. The Segments are asked once for all of them.
func wireProfiles(tx *world.Tx, found []world.Profile) ([]api.Profile, error) {
	ids := make([]string, len(found))
	for i := range found {
		ids[i] = found[i].ID
	}
	segments, err := tx.SegmentsOf(ids)
	if err != nil {
		return nil, err
	}
	shown := make([]api.Profile, len(found))
	for i := range found {
		p := &found[i]
		shown[i] = api.Profile{Id: p.ID, Email: p.Email, ExternalId: opted(p.ExternalID), Phone: opted(p.Phone),
			Sources: make([]api.ProfileSource, len(p.Sources)), Segments: wireProfileSegments(segments[p.ID]), CreatedAt: world.Stamp(p.CreatedAt), UpdatedAt: world.Stamp(p.UpdatedAt)}
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

func wireProfileSegments(found []*world.Segment) []api.ProfileSegment {
	shown := make([]api.ProfileSegment, len(found))
	for i, s := range found {
		shown[i] = api.ProfileSegment{Id: s.ID, Name: s.Name, Type: api.SegmentType(s.Type)}
	}
	return shown
}

// wireProperties are a Profile's properties with where each came from. Numbers keep their digits.
func wireProperties(p *world.Profile) (map[string]api.ProfileProperty, error) {
	values := map[string]json.RawMessage{}
	if err := json.Unmarshal(p.Properties, &values); err != nil {
		return nil, err
	}
	properties := make(map[string]api.ProfileProperty, len(values))
	for name, value := range values {
		from := p.Lineage[name]
		properties[name] = api.ProfileProperty{Value: value, Source: api.ProfileSource(from.Source), UpdatedAt: world.Stamp(time.UnixMilli(from.UpdatedAt))}
	}
	return properties, nil
}

// deliverySuppression is what is known of a Profile's address.
func deliverySuppression(tx *world.Tx, p *world.Profile) (api.DeliverySuppression, error) {
	address, err := tx.Address(p.Email)
	if address == nil {
		address = &world.Address{}
	}
	shown := api.DeliverySuppression{Suppressed: address.Suppressed != "", Email: opted(""), SuppressedAt: optedTime(address.SuppressedAt),
		LatestBounceReason: opted(address.Bounce), LatestBounceDiagnosticCode: opted(address.Code)}
	if shown.Suppressed {
		shown.Email = opted(address.Email)
	}
	return shown, err
}
