package segmentflow

import (
	"context"
	"encoding/json"
	"iter"
	"net/http"
	"time"
)

// Documented: listing Profiles, retrieving one, their fields. Announced, with routes decided here: deleting one or many,
// listing subscriptions. Decided here altogether: updating a Profile, setting a subscription.

// ProfilesService looks after the people an Organization writes to. It is [Client].Profiles.
type ProfilesService struct{ client *Client }

// Profile is a person whom the Organization writes to.
type Profile struct {
	ID                  string                     `json:"id"`
	Email               string                     `json:"email"`      // in lower case
	ExternalID          *string                    `json:"externalId"` // the Profile's id in the caller's own system
	Phone               *string                    `json:"phone"`
	Sources             []ProfileSource            `json:"sources"`
	Properties          map[string]ProfileProperty `json:"properties"` // durable ones, by name
	Segments            []ProfileSegment           `json:"segments"`   // those it is in now
	DeliverySuppression DeliverySuppression        `json:"deliverySuppression"`
	CreatedAt           time.Time                  `json:"createdAt"`
	UpdatedAt           time.Time                  `json:"updatedAt"`
}

// ProfileProperty is a property's value and where it came from. That there is more than a value is documented; its names
// are decided here.
type ProfileProperty struct {
	Value     json.RawMessage `json:"value"` // as JSON, so that numbers keep their digits
	Source    ProfileSource   `json:"source"`
	UpdatedAt time.Time       `json:"updatedAt"`
}

// ProfileSource says where a Profile or a property came from (decided here). Values that are not listed here may come.
type ProfileSource string

// Where Profiles and properties come from.
const (
	ProfileSourceAPI       ProfileSource = "api"
	ProfileSourceEvent     ProfileSource = "event"
	ProfileSourceSeed      ProfileSource = "seed"
	ProfileSourceImport    ProfileSource = "import"
	ProfileSourceJourney   ProfileSource = "journey"
	ProfileSourceDashboard ProfileSource = "dashboard"
)

// ProfileSegment is a Segment that a Profile is in.
type ProfileSegment struct {
	ID   string      `json:"id"`
	Name string      `json:"name"`
	Type SegmentType `json:"type"`
}

// DeliverySuppression says whether a Profile's address gets no mail at all.
type DeliverySuppression struct {
	Suppressed                 bool       `json:"suppressed"`
	Email                      *string    `json:"email"` // the suppressed address
	SuppressedAt               *time.Time `json:"suppressedAt"`
	LatestBounceReason         *string    `json:"latestBounceReason"`
	LatestBounceDiagnosticCode *string    `json:"latestBounceDiagnosticCode"`
}

// SuppressionReason says why an address gets no mail (decided here).
type SuppressionReason string

// Why addresses are suppressed.
const (
	SuppressionReasonBounce    SuppressionReason = "bounce"
	SuppressionReasonComplaint SuppressionReason = "complaint"
	SuppressionReasonManual    SuppressionReason = "manual"
)

// ProfileFilter says which Profiles; its fields narrow each other. An empty list that is not nil is sent, and refused,
// so that a filter that was meant to match nobody does not match everybody.
type ProfileFilter struct {
	Search                          string                  `json:"search,omitzero"`                // part of the email, phone number or external id, in any case
	SegmentFilter                   []string                `json:"segmentFilter,omitzero"`         // members of any of these Segments, by id
	ProfilePropertyFilter           []ProfilePropertyFilter `json:"profilePropertyFilter,omitzero"` // who have all of these properties
	SourceFilter                    []ProfileSource         `json:"sourceFilter,omitzero"`          // who came from any of these
	DeliverySuppressionReasonFilter []SuppressionReason     `json:"deliverySuppressionReasonFilter,omitzero"`
	ProfileIDs                      []string                `json:"profileIds,omitzero"` // only these
}

// ProfilePropertyFilter is one property and the values it may have.
type ProfilePropertyFilter struct {
	ID     string   `json:"id"`     // the property's name
	Values []string `json:"values"` // any of these, as text
}

// all reports that the filter keeps nobody out.
func (f *ProfileFilter) all() bool {
	return f == nil || f.Search == "" && len(f.SegmentFilter)+len(f.ProfilePropertyFilter)+len(f.SourceFilter)+
		len(f.DeliverySuppressionReasonFilter)+len(f.ProfileIDs) == 0
}

// ListProfilesParams narrows a list of Profiles. All of it is optional.
type ListProfilesParams struct {
	ProfileFilter

	Cursor string `json:"cursor,omitzero"` // of an earlier page
	Limit  int    `json:"limit,omitzero"`  // size of a page: 1 to 100, 50 by default
}

// ProfilePage is one page of Profiles, newest first. A cursor is nil at its end of the list.
type ProfilePage struct {
	Profiles       []Profile `json:"profiles"`
	ProfileCount   int       `json:"profileCount"` // on all pages
	PreviousCursor *string   `json:"previousCursor"`
	NextCursor     *string   `json:"nextCursor"`
}

// UpdateProfileParams is what to change of a Profile. What is left out stays as it is; Null clears.
type UpdateProfileParams struct {
	Properties any              `json:"properties,omitzero"` // a map or struct, merged into the Profile's; null removes one
	Phone      Nullable[string] `json:"phone,omitzero"`
	ExternalID Nullable[string] `json:"externalId,omitzero"`
}

// BulkDeleteProfilesParams says which Profiles to delete: by id or by filter, not both.
type BulkDeleteProfilesParams struct {
	ProfileIDs []string       `json:"profileIds,omitzero"` // ids that name no Profile are passed over
	Filter     *ProfileFilter `json:"filter,omitzero"`
}

// BulkDeleteResult counts the Profiles that were deleted.
type BulkDeleteResult struct {
	Deleted int `json:"deleted"`
}

// Subscription is a Profile's standing in one SubscriptionGroup.
type Subscription struct {
	SubscriptionGroupID string             `json:"subscriptionGroupId"`
	Name                string             `json:"name"` // of the group
	Policy              SubscriptionPolicy `json:"policy"`
	Status              SubscriptionStatus `json:"status"`
	Explicit            bool               `json:"explicit"` // the Profile said so; else the policy decides
	UpdatedAt           *time.Time         `json:"updatedAt"`
}

// SubscriptionPolicy says who gets a SubscriptionGroup's mail (documented). Values that are not listed here may come.
type SubscriptionPolicy string

// Under OptIn those who subscribed get mail, under OptOut all but those who unsubscribed (decided here).
const (
	SubscriptionPolicyOptIn  SubscriptionPolicy = "OptIn"
	SubscriptionPolicyOptOut SubscriptionPolicy = "OptOut"
)

// SubscriptionStatus says whether a group's mail goes to a Profile. Values that are not listed here may come.
type SubscriptionStatus string

// What a Profile can be to a SubscriptionGroup.
const (
	SubscriptionStatusSubscribed   SubscriptionStatus = "Subscribed"
	SubscriptionStatusUnsubscribed SubscriptionStatus = "Unsubscribed"
)

// SetSubscriptionParams is a Profile's explicit will.
type SetSubscriptionParams struct {
	Status SubscriptionStatus `json:"status"` // required
}

// List gives one page of Profiles (documented, scope profiles:read). It is a POST, but changes nothing and is repeated
// like a read. Params may be nil. ErrNotFound, for a Segment of the filter, beside the usual errors.
func (s *ProfilesService) List(ctx context.Context, params *ListProfilesParams, opts ...CallOption) (*ProfilePage, error) {
	r := request{method: http.MethodPost, route: "/api/v1/profiles", body: orDefaults(params), reads: true}
	return call[ProfilePage](ctx, s.client, r, opts)
}

// All ranges over every Profile that List gives, page by page (documented, scope profiles:read). An error is yielded once
// and ends the range.
func (s *ProfilesService) All(ctx context.Context, params *ListProfilesParams, opts ...CallOption) iter.Seq2[Profile, error] {
	p := orDefaults(params)
	return all(ctx, p.Cursor, func(ctx context.Context, cursor string) ([]Profile, *string, error) {
		page, err := s.List(ctx, &ListProfilesParams{ProfileFilter: p.ProfileFilter, Cursor: cursor, Limit: p.Limit}, opts...)
		if err != nil {
			return nil, nil, err
		}
		return page.Profiles, page.NextCursor, nil
	})
}

// Retrieve gives a Profile as it stands now (documented, scope profiles:read), or ErrNotFound.
func (s *ProfilesService) Retrieve(ctx context.Context, profileID string, opts ...CallOption) (*Profile, error) {
	r := request{method: http.MethodGet, route: "/api/v1/profiles/{profileId}", path: []string{profileID}}
	return call[Profile](ctx, s.client, r, opts)
}

// Update changes a Profile, which may move it in and out of Segments (decided here, scope profiles:write). Errors beside
// the usual: ErrNotFound, ErrIdentityConflict for an ExternalID that another Profile has.
func (s *ProfilesService) Update(ctx context.Context, profileID string, params *UpdateProfileParams, opts ...CallOption) (*Profile, error) {
	r := request{method: http.MethodPatch, route: "/api/v1/profiles/{profileId}", path: []string{profileID}, body: params}
	if params != nil {
		body := *params
		body.Properties = r.issues.object("/properties", params.Properties)
		r.body = body
	}
	return call[Profile](ctx, s.client, r, opts)
}

// Delete removes a Profile and its data and ends its runs (announced, scope profiles:write), or gives ErrNotFound.
func (s *ProfilesService) Delete(ctx context.Context, profileID string, opts ...CallOption) error {
	r := request{method: http.MethodDelete, route: "/api/v1/profiles/{profileId}", path: []string{profileID}}
	_, err := s.client.do(ctx, r, nil, opts)
	return err
}

// BulkDelete removes many Profiles as Delete does (announced, scope profiles:write). Params that name nobody, or everybody
// by an empty filter, or both ids and a filter, are ErrInvalidRequest, and nothing is sent. ErrNotFound, for a Segment of
// the filter, beside the usual errors.
func (s *ProfilesService) BulkDelete(ctx context.Context, params *BulkDeleteProfilesParams, opts ...CallOption) (*BulkDeleteResult, error) {
	r := request{method: http.MethodPost, route: "/api/v1/profiles/bulk-delete", body: params}
	// What a server makes of such params is not documented, and it must not be "everybody".
	if params != nil && ((params.ProfileIDs == nil) == (params.Filter == nil) || len(params.ProfileIDs) == 0 && params.Filter.all()) {
		r.issues.add("body", "", "required", "must name either profileIds or a filter, and not an empty one")
	}
	return call[BulkDeleteResult](ctx, s.client, r, opts)
}

// Subscriptions gives a Profile's standing in each SubscriptionGroup, by the group's name (announced, scope profiles:read),
// or ErrNotFound.
func (s *ProfilesService) Subscriptions(ctx context.Context, profileID string, opts ...CallOption) ([]Subscription, error) {
	type list struct {
		Subscriptions []Subscription `json:"subscriptions"`
	}
	r := request{method: http.MethodGet, route: "/api/v1/profiles/{profileId}/subscriptions", path: []string{profileID}}
	found, err := call[list](ctx, s.client, r, opts)
	if err != nil {
		return nil, err
	}
	return found.Subscriptions, nil
}

// SetSubscription records that a Profile subscribes or unsubscribes (decided here, scope profiles:write). ErrNotFound, for
// either id, beside the usual errors.
func (s *ProfilesService) SetSubscription(ctx context.Context, profileID, subscriptionGroupID string, params *SetSubscriptionParams, opts ...CallOption) (*Subscription, error) {
	r := request{method: http.MethodPut, route: "/api/v1/profiles/{profileId}/subscriptions/{subscriptionGroupId}",
		path: []string{profileID, subscriptionGroupID}, body: params}
	return call[Subscription](ctx, s.client, r, opts)
}
