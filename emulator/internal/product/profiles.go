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

// ListProfiles lists the Profiles that match all filters, newest first.
func (s handlers) ListProfiles(
	ctx context.Context, request api.ListProfilesRequestObject,
) (api.ListProfilesResponseObject, error) {
	var body api.ListProfilesRequest
	if request.Body != nil {
		body = *request.Body
	}
	page, err := pageOf("profiles", wire.InBody, body.Cursor, body.Limit)
	if err != nil {
		return nil, err
	}
	query := profileQueryOf(api.ProfileFilter{
		Search:                          body.Search,
		SegmentFilter:                   body.SegmentFilter,
		SourceFilter:                    body.SourceFilter,
		ProfilePropertyFilter:           body.ProfilePropertyFilter,
		ProfileIds:                      body.ProfileIds,
		DeliverySuppressionReasonFilter: body.DeliverySuppressionReasonFilter,
	})

	return s.read(ctx, func(tx *world.Tx) (any, error) {
		found, count, err := tx.FindProfiles(page, query)
		if err != nil {
			return nil, err
		}
		reply := api.ProfilePage{ProfileCount: int64(count)}
		reply.NextCursor, reply.PreviousCursor = cursors("profiles", found)
		reply.Profiles, err = wireProfiles(tx, found.Items)
		return reply, err
	})
}

// RetrieveProfile returns a Profile.
func (s handlers) RetrieveProfile(
	ctx context.Context, request api.RetrieveProfileRequestObject,
) (api.RetrieveProfileResponseObject, error) {
	return s.read(ctx, func(tx *world.Tx) (any, error) {
		p, err := tx.ProfileWith(request.ProfileId)
		if err != nil {
			return nil, err
		}
		return wireProfile(tx, p)
	})
}

// UpdateProfile changes the members that are given. The Profile's runs react to it.
func (s handlers) UpdateProfile(
	ctx context.Context, request api.UpdateProfileRequestObject,
) (api.UpdateProfileResponseObject, error) {
	edit := world.ProfileEdit{
		Phone:      given(request.Body.Phone),
		ExternalID: given(request.Body.ExternalId),
		Properties: request.Body.Properties,
	}
	return s.write(ctx, func(tx *world.Tx) (any, error) {
		p, err := tx.ProfileWith(request.ProfileId)
		if err != nil {
			return nil, err
		}
		if err := tx.UpdateProfile(p, edit); err != nil {
			return nil, err
		}
		return wireProfile(tx, p)
	})
}

// DeleteProfile deletes a Profile.
func (s handlers) DeleteProfile(
	ctx context.Context, request api.DeleteProfileRequestObject,
) (api.DeleteProfileResponseObject, error) {
	return s.write(ctx, func(tx *world.Tx) (any, error) {
		p, err := tx.ProfileWith(request.ProfileId)
		if err != nil {
			return nil, err
		}
		return nil, tx.DeleteProfiles([]string{p.ID})
	})
}

// BulkDeleteProfiles deletes Profiles by their ids or by a filter.
func (s handlers) BulkDeleteProfiles(
	ctx context.Context, request api.BulkDeleteProfilesRequestObject,
) (api.BulkDeleteProfilesResponseObject, error) {
	filter := api.ProfileFilter{ProfileIds: request.Body.ProfileIds}
	if request.Body.Filter != nil {
		filter = *request.Body.Filter
	}
	return s.write(ctx, func(tx *world.Tx) (any, error) {
		deleted, err := tx.DeleteFound(profileQueryOf(filter))
		return api.BulkDeleteResult{Deleted: int64(deleted)}, err
	})
}

// ListProfileSubscriptions lists a Profile's subscription to each SubscriptionGroup, sorted by the groups' names.
func (s handlers) ListProfileSubscriptions(
	ctx context.Context, request api.ListProfileSubscriptionsRequestObject,
) (api.ListProfileSubscriptionsResponseObject, error) {
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

// SetProfileSubscription subscribes a Profile to a SubscriptionGroup, or unsubscribes it.
func (s handlers) SetProfileSubscription(
	ctx context.Context, request api.SetProfileSubscriptionRequestObject,
) (api.SetProfileSubscriptionResponseObject, error) {
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

// profileQueryOf returns the query for the filter of a request.
func profileQueryOf(filter api.ProfileFilter) world.ProfileQuery {
	query := world.ProfileQuery{
		Search:     text(filter.Search),
		Sources:    texts(filter.SourceFilter),
		Suppressed: texts(filter.DeliverySuppressionReasonFilter),
		IDs:        texts(filter.ProfileIds),
		Segments:   texts(filter.SegmentFilter),
	}
	if filter.ProfilePropertyFilter != nil {
		for _, property := range *filter.ProfilePropertyFilter {
			query.Properties = append(query.Properties, world.PropertyValues{
				Property: property.Id,
				Values:   property.Values,
			})
		}
	}
	return query
}

func wireSubscription(subscription *world.Subscription) api.Subscription {
	return api.Subscription{
		SubscriptionGroupId: subscription.Group.ID,
		Name:                subscription.Group.Name,
		Policy:              api.SubscriptionPolicy(subscription.Group.Policy),
		Status:              api.SubscriptionStatus(subscription.Status),
		Explicit:            subscription.Explicit,
		UpdatedAt:           nullIfZero(subscription.At),
	}
}

func wireProfile(tx *world.Tx, p *world.Profile) (any, error) {
	shown, err := wireProfiles(tx, []world.Profile{*p})
	if err != nil {
		return nil, err
	}
	return shown[0], nil
}

// wireProfiles returns Profiles as the API shows them. It reads the Segments of all of them at once.
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
		shown[i] = api.Profile{
			Id:         p.ID,
			Email:      p.Email,
			ExternalId: nullIfEmpty(p.ExternalID),
			Phone:      nullIfEmpty(p.Phone),
			Sources:    append([]api.ProfileSource{}, p.Sources...),
			Segments:   wireProfileSegments(segments[p.ID]),
			CreatedAt:  world.Stamp(p.CreatedAt),
			UpdatedAt:  world.Stamp(p.UpdatedAt),
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
	for i, segment := range found {
		shown[i] = api.ProfileSegment{Id: segment.ID, Name: segment.Name, Type: api.SegmentType(segment.Type)}
	}
	return shown
}

// wireProperties returns a Profile's properties, each with its source. Numbers keep their digits.
func wireProperties(p *world.Profile) (map[string]api.ProfileProperty, error) {
	values := map[string]json.RawMessage{}
	if err := json.Unmarshal(p.Properties, &values); err != nil {
		return nil, err
	}
	properties := make(map[string]api.ProfileProperty, len(values))
	lineage := p.Lineage()
	for name, value := range values {
		from := lineage[name]
		properties[name] = api.ProfileProperty{
			Value:     value,
			Source:    from.Source,
			UpdatedAt: world.Stamp(time.UnixMilli(from.UpdatedAt)),
		}
	}
	return properties, nil
}

// deliverySuppression returns whether a Profile's address is suppressed, and its latest bounce.
func deliverySuppression(tx *world.Tx, p *world.Profile) (api.DeliverySuppression, error) {
	address, err := tx.Address(p.Email)
	if address == nil {
		address = &world.Address{}
	}
	shown := api.DeliverySuppression{
		Suppressed:                 address.Suppressed != "",
		Email:                      nullIfEmpty(""),
		SuppressedAt:               nullIfZero(address.SuppressedAt),
		LatestBounceReason:         nullIfEmpty(address.Bounce),
		LatestBounceDiagnosticCode: nullIfEmpty(address.Code),
	}
	if shown.Suppressed {
		shown.Email = nullIfEmpty(address.Email)
	}
	return shown, err
}
