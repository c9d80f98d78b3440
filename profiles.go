package segmentflow

import (
	"context"
	"encoding/json"
	"iter"
	"time"
)

// Documented: listing and retrieving Profiles, and their fields.
// Announced, with routes decided here: deleting one or many Profiles, listing subscriptions.
// Decided here: updating a Profile, setting a subscription.

// ProfilesService manages Profiles. It is [Client].Profiles.
type ProfilesService struct{ client *Client }

// Profile is a person to whom the Organization sends email.
type Profile struct {
	ID                  string                     `json:"id"`
	Email               string                     `json:"email"`      // in lower case
	ExternalID          *string                    `json:"externalId"` // the Profile's id in your own system
	Phone               *string                    `json:"phone"`
	Sources             []ProfileSource            `json:"sources"`
	Properties          map[string]ProfileProperty `json:"properties"` // durable properties, by name
	Segments            []ProfileSegment           `json:"segments"`   // the Segments that it is in now
	DeliverySuppression DeliverySuppression        `json:"deliverySuppression"`
	CreatedAt           time.Time                  `json:"createdAt"`
	UpdatedAt           time.Time                  `json:"updatedAt"`
}

// ProfileProperty is the value of a property and its origin. It is documented that a property has more than a value.
// The names of the fields are decided here.
type ProfileProperty struct {
	Value     json.RawMessage `json:"value,omitzero"` // JSON, so that numbers keep all their digits
	Source    ProfileSource   `json:"source"`
	UpdatedAt time.Time       `json:"updatedAt"`
}

// ProfileSource is the origin of a Profile or a property. The API may return other values than those listed here, and a
// filter may name any value.
type ProfileSource string

// The documented origins of Profiles and properties.
const (
	ProfileSourceFormSubmission ProfileSource = "form_submission"
	ProfileSourceCSVImport      ProfileSource = "csv_import"
	ProfileSourceShopify        ProfileSource = "shopify"
)

// Further origins of Profiles and properties, decided here.
const (
	ProfileSourceAPI         ProfileSource = "api"
	ProfileSourceEvent       ProfileSource = "event"
	ProfileSourceSeed        ProfileSource = "seed"
	ProfileSourceImport      ProfileSource = "import"
	ProfileSourceJourney     ProfileSource = "journey"
	ProfileSourceDashboard   ProfileSource = "dashboard"
	ProfileSourceSDK         ProfileSource = "sdk"
	ProfileSourceWordPress   ProfileSource = "wordpress"
	ProfileSourceWooCommerce ProfileSource = "woocommerce"
)

// ProfileSegment is a Segment that a Profile is in.
type ProfileSegment struct {
	ID   string      `json:"id"`
	Name string      `json:"name"`
	Type SegmentType `json:"type"`
}

// DeliverySuppression reports whether a Profile's address is suppressed, that is, gets no email at all.
type DeliverySuppression struct {
	Suppressed                 bool       `json:"suppressed"`
	Email                      *string    `json:"email"` // the suppressed address
	SuppressedAt               *time.Time `json:"suppressedAt"`
	LatestBounceReason         *string    `json:"latestBounceReason"`
	LatestBounceDiagnosticCode *string    `json:"latestBounceDiagnosticCode"`
}

// SuppressionReason is the reason why an address gets no email (decided here).
type SuppressionReason string

// The reasons for a suppression.
const (
	SuppressionReasonBounce    SuppressionReason = "bounce"
	SuppressionReasonComplaint SuppressionReason = "complaint"
	SuppressionReasonManual    SuppressionReason = "manual"
)

// ProfileFilter selects Profiles. A Profile must match all fields that are set. An empty list that is not nil is sent,
// and the API refuses it. So a filter that was meant to match no Profile cannot match all of them.
type ProfileFilter struct {
	// Search is part of the email, phone number or external id, in upper or lower case.
	Search string `json:"search,omitzero"`
	// SegmentFilter matches the members of any of these Segments, by id.
	SegmentFilter []string `json:"segmentFilter,omitzero"`
	// ProfilePropertyFilter matches the Profiles that have all of these properties.
	ProfilePropertyFilter []ProfilePropertyFilter `json:"profilePropertyFilter,omitzero"`
	// SourceFilter matches the Profiles that came from any of these sources.
	SourceFilter []ProfileSource `json:"sourceFilter,omitzero"`
	// DeliverySuppressionReasonFilter matches the Profiles that are suppressed for any of these reasons.
	DeliverySuppressionReasonFilter []SuppressionReason `json:"deliverySuppressionReasonFilter,omitzero"`
	// ProfileIDs matches only these Profiles.
	ProfileIDs []string `json:"profileIds,omitzero"`
}

// ProfilePropertyFilter is one property and the values that match.
type ProfilePropertyFilter struct {
	ID     string   `json:"id"`     // the property's name
	Values []string `json:"values"` // any of these, as text
}

// matchesAll reports whether the filter matches every Profile.
func (f *ProfileFilter) matchesAll() bool {
	if f == nil {
		return true
	}
	return f.Search == "" &&
		len(f.SegmentFilter) == 0 &&
		len(f.ProfilePropertyFilter) == 0 &&
		len(f.SourceFilter) == 0 &&
		len(f.DeliverySuppressionReasonFilter) == 0 &&
		len(f.ProfileIDs) == 0
}

// ListProfilesParams narrows a list of Profiles. Every field is optional.
type ListProfilesParams struct {
	ProfileFilter

	Cursor string `json:"cursor,omitzero"` // from an earlier page
	Limit  int    `json:"limit,omitzero"`  // Profiles per page: 1 to 100, 50 by default
}

// ProfilePage is one page of Profiles, newest first. NextCursor is nil on the last page, PreviousCursor on the first.
type ProfilePage struct {
	Profiles       []Profile `json:"profiles"`
	ProfileCount   int       `json:"profileCount"` // on all pages
	PreviousCursor *string   `json:"previousCursor"`
	NextCursor     *string   `json:"nextCursor"`
}

func (p *ProfilePage) list() (string, any) { return "profiles", &p.Profiles }

// UpdateProfileParams contains changes to a Profile. A field that is not set stays as it is; [Null] clears it.
type UpdateProfileParams struct {
	// Properties is a map or struct. It is merged into the Profile's properties; null removes a property.
	Properties any              `json:"properties,omitzero"`
	Phone      Nullable[string] `json:"phone,omitzero"`
	ExternalID Nullable[string] `json:"externalId,omitzero"`
}

// BulkDeleteProfilesParams selects the Profiles to delete: by id or by filter, not both.
type BulkDeleteProfilesParams struct {
	ProfileIDs []string       `json:"profileIds,omitzero"` // unknown ids are ignored
	Filter     *ProfileFilter `json:"filter,omitzero"`
}

// valid reports whether the params contain ids or a filter, not both, and not an empty one.
func (params *BulkDeleteProfilesParams) valid() bool {
	if (params.ProfileIDs == nil) == (params.Filter == nil) {
		return false
	}
	return len(params.ProfileIDs) > 0 || !params.Filter.matchesAll()
}

// BulkDeleteResult counts the deleted Profiles.
type BulkDeleteResult struct {
	Deleted int `json:"deleted"`
}

// Subscription is a Profile's subscription to one SubscriptionGroup.
type Subscription struct {
	SubscriptionGroupID string             `json:"subscriptionGroupId"`
	Name                string             `json:"name"` // name of the group
	Policy              SubscriptionPolicy `json:"policy"`
	Status              SubscriptionStatus `json:"status"`
	Explicit            bool               `json:"explicit"` // true if the Profile chose; otherwise the policy decides
	UpdatedAt           *time.Time         `json:"updatedAt"`
}

// SubscriptionPolicy decides about Profiles that have made no choice (documented). The API may return other values than
// those listed here.
type SubscriptionPolicy string

// Under OptIn only subscribed Profiles get email. Under OptOut all Profiles do except unsubscribed ones (decided here).
const (
	SubscriptionPolicyOptIn  SubscriptionPolicy = "OptIn"
	SubscriptionPolicyOptOut SubscriptionPolicy = "OptOut"
)

// SubscriptionStatus reports whether a Profile gets the email of a SubscriptionGroup. The API may return other values
// than those listed here.
type SubscriptionStatus string

// The statuses of a Profile in a SubscriptionGroup.
const (
	SubscriptionStatusSubscribed   SubscriptionStatus = "Subscribed"
	SubscriptionStatusUnsubscribed SubscriptionStatus = "Unsubscribed"
)

// SetSubscriptionParams is the explicit choice of a Profile.
type SetSubscriptionParams struct {
	Status SubscriptionStatus `json:"status"` // required
}

// List returns one page of Profiles (documented, scope profiles:read). It is a POST, but it changes nothing and is
// retried like a read. Params may be nil. Besides the usual errors: ErrNotFound for a Segment in the filter.
func (s *ProfilesService) List(
	ctx context.Context, params *ListProfilesParams, opts ...CallOption,
) (*ProfilePage, error) {
	req := request{op: listProfiles, body: orDefaults(params), reads: true}
	return call[ProfilePage](ctx, s.client, req, opts)
}

// All returns an iterator over all Profiles that List would return, and fetches page by page (documented, scope
// profiles:read). An error is yielded once and ends the iteration.
func (s *ProfilesService) All(
	ctx context.Context, params *ListProfilesParams, opts ...CallOption,
) iter.Seq2[Profile, error] {
	given := orDefaults(params)
	fetch := func(ctx context.Context, cursor string, opts []CallOption) ([]Profile, *string, error) {
		pageParams := given
		pageParams.Cursor = cursor
		page, err := s.List(ctx, &pageParams, opts...)
		if page == nil {
			return nil, nil, err
		}
		return page.Profiles, page.NextCursor, err
	}
	return all(ctx, listProfiles, given.Cursor, opts, fetch)
}

// Retrieve returns a Profile (documented, scope profiles:read). Besides the usual errors: ErrNotFound.
func (s *ProfilesService) Retrieve(ctx context.Context, profileID string, opts ...CallOption) (*Profile, error) {
	req := request{op: retrieveProfile, path: []string{profileID}}
	return call[Profile](ctx, s.client, req, opts)
}

// Update changes a Profile, which may enter or leave Segments because of it (decided here, scope profiles:write).
// Besides the usual errors: ErrNotFound, and ErrIdentityConflict for an ExternalID that belongs to another Profile.
func (s *ProfilesService) Update(
	ctx context.Context, profileID string, params *UpdateProfileParams, opts ...CallOption,
) (*Profile, error) {
	req := request{
		op:   updateProfile,
		path: []string{profileID},
		body: params,
	}
	if params != nil {
		body := *params
		body.Properties = req.issues.object("/properties", params.Properties)
		req.body = body
	}
	return call[Profile](ctx, s.client, req, opts)
}

// Delete deletes a Profile with its data, and ends its runs (announced, scope profiles:write). Besides the usual
// errors: ErrNotFound.
func (s *ProfilesService) Delete(ctx context.Context, profileID string, opts ...CallOption) error {
	req := request{op: deleteProfile, path: []string{profileID}}
	_, err := s.client.do(ctx, req, nil, opts)
	return err
}

// BulkDelete deletes many Profiles as Delete does (announced, scope profiles:write). It sends nothing and returns
// ErrInvalidRequest if params contain both ids and a filter, or none of them, or an empty filter, which would match
// every Profile. Besides the usual errors: ErrNotFound for a Segment in the filter.
func (s *ProfilesService) BulkDelete(
	ctx context.Context, params *BulkDeleteProfilesParams, opts ...CallOption,
) (*BulkDeleteResult, error) {
	req := request{op: bulkDeleteProfiles, body: params}
	// How a server treats invalid params is not documented, and it must not delete all Profiles.
	if params != nil && !params.valid() {
		req.issues.add("body", "", "required", "must contain profileIds or a filter, not both, and not an empty one")
	}
	return call[BulkDeleteResult](ctx, s.client, req, opts)
}

// subscriptionList is the reply to listProfileSubscriptions.
type subscriptionList struct {
	Subscriptions []Subscription `json:"subscriptions"`
}

func (l *subscriptionList) list() (string, any) { return "subscriptions", &l.Subscriptions }

// Subscriptions returns a Profile's subscription to each SubscriptionGroup, ordered by the name of the group
// (announced, scope profiles:read). Besides the usual errors: ErrNotFound.
func (s *ProfilesService) Subscriptions(
	ctx context.Context, profileID string, opts ...CallOption,
) ([]Subscription, error) {
	req := request{
		op:   listProfileSubscriptions,
		path: []string{profileID},
	}
	found, err := call[subscriptionList](ctx, s.client, req, opts)
	if found == nil {
		return nil, err
	}
	return found.Subscriptions, err
}

// SetSubscription records that a Profile subscribes or unsubscribes (decided here, scope profiles:write). Besides the
// usual errors: ErrNotFound for either id.
func (s *ProfilesService) SetSubscription(
	ctx context.Context, profileID, subscriptionGroupID string, params *SetSubscriptionParams, opts ...CallOption,
) (*Subscription, error) {
	req := request{op: setProfileSubscription,
		path: []string{profileID, subscriptionGroupID}, body: params}
	return call[Subscription](ctx, s.client, req, opts)
}
