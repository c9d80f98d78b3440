package segmentflow

import (
	"context"
	"iter"
	"net/http"
	"time"
)

// Documented: creating a Broadcast, retrieving one. Announced, with routes decided here: updating, duplicating, previewing,
// preflight, test, schedule, cancelling, results, the confirmation. Decided here altogether: listing and archiving.

// BroadcastsService prepares campaigns, each to one computed audience. It is [Client].Broadcasts. Nothing here sends to
// the audience now: that last step is a person's, in the dashboard ([BroadcastsService.CreateConfirmation]).
type BroadcastsService struct{ client *Client }

// Broadcast is one campaign to one computed audience.
type Broadcast struct{ Carrier }

// CreateBroadcastParams is a new Broadcast. Content is either a saved Template, whose sender and subject the other fields
// override, or inline: From, Subject and at least one of HTML and Text. Without ScheduledAt and ScheduledIn it is a draft.
type CreateBroadcastParams struct {
	Name                string   `json:"name,omitzero"`                // at most 200 characters
	SegmentID           string   `json:"segmentId,omitzero"`           // the audience; a draft may do without
	SubscriptionGroupID string   `json:"subscriptionGroupId,omitzero"` // whose consent decides
	TopicID             string   `json:"topicId,omitzero"`             // another name of SubscriptionGroupID
	TemplateID          string   `json:"templateId,omitzero"`
	From                string   `json:"from,omitzero"`     // bare or "Name <address>": a SenderProfile on a verified domain
	ReplyTo             []string `json:"replyTo,omitempty"` // bare or "Name <address>", on verified domains
	Subject             string   `json:"subject,omitzero"`  // at most 998 characters; ${/profile/firstName} and the like are resolved
	HTML                string   `json:"html,omitzero"`     // not with TemplateID
	Text                string   `json:"text,omitzero"`     // not with TemplateID; derived from HTML when empty

	ScheduledAt time.Time     `json:"-"` // schedules the Broadcast, which needs what Schedule needs; sent in UTC
	ScheduledIn time.Duration `json:"-"` // instead of ScheduledAt, from the receipt of the request; whole minutes
}

// broadcastBody is CreateBroadcastParams on the wire. Send goes with a time and only with one: alone it would ask for an
// immediate send.
type broadcastBody struct {
	CreateBroadcastParams

	Send        bool `json:"send,omitzero"`
	ScheduledAt any  `json:"scheduledAt,omitzero"`
}

// CreatedBroadcast names the Broadcast that was created.
type CreatedBroadcast struct {
	ID string `json:"id"`
}

// UpdateBroadcastParams is what to change of a draft. What is left out stays as it is; Null clears.
type UpdateBroadcastParams struct {
	Name                Nullable[string]   `json:"name,omitzero"`
	SegmentID           Nullable[string]   `json:"segmentId,omitzero"`
	SubscriptionGroupID Nullable[string]   `json:"subscriptionGroupId,omitzero"`
	TopicID             Nullable[string]   `json:"topicId,omitzero"` // another name of SubscriptionGroupID
	TemplateID          Nullable[string]   `json:"templateId,omitzero"`
	From                Nullable[string]   `json:"from,omitzero"`
	ReplyTo             Nullable[[]string] `json:"replyTo,omitzero"`
	Subject             Nullable[string]   `json:"subject,omitzero"`
	HTML                Nullable[string]   `json:"html,omitzero"` // not with a TemplateID
	Text                Nullable[string]   `json:"text,omitzero"` // not with a TemplateID
}

// ListBroadcastsParams narrows a list of Broadcasts. All of it is optional.
type ListBroadcastsParams struct {
	Status []BroadcastStatus // any of these
	Cursor string            // of an earlier page
	Limit  int               // size of a page: 1 to 100, 50 by default
}

// BroadcastPage is one page of Broadcasts, newest first. A cursor is nil at its end of the list.
type BroadcastPage struct {
	Broadcasts     []Broadcast `json:"broadcasts"`
	NextCursor     *string     `json:"nextCursor"`
	PreviousCursor *string     `json:"previousCursor"`
}

// Create makes a draft or, with a time, a scheduled Broadcast (documented, scope broadcasts:create decided here). A
// scheduled one needs what [BroadcastsService.Schedule] needs. Errors beside the usual: ErrNotFound for an id,
// ErrSendNotAllowed, ErrValidationFailed with Details["reason"] schedule_in_past or preflight_failed and
// Details["blockers"].
func (s *BroadcastsService) Create(ctx context.Context, params *CreateBroadcastParams, opts ...CallOption) (*CreatedBroadcast, error) {
	r := request{method: http.MethodPost, route: "/api/v1/broadcasts", body: params}
	if params != nil {
		at := r.issues.scheduledAt(params.ScheduledAt, params.ScheduledIn)
		r.body = broadcastBody{CreateBroadcastParams: *params, Send: at != nil, ScheduledAt: at}
	}
	return call[CreatedBroadcast](ctx, s.client, r, opts)
}

// List gives one page of Broadcasts (decided here, scope broadcasts:read). Params may be nil.
func (s *BroadcastsService) List(ctx context.Context, params *ListBroadcastsParams, opts ...CallOption) (*BroadcastPage, error) {
	p := orDefaults(params)
	r := request{method: http.MethodGet, route: "/api/v1/broadcasts", query: pageQuery(p.Cursor, p.Limit, p.Status...)}
	return call[BroadcastPage](ctx, s.client, r, opts)
}

// All ranges over every Broadcast that List gives, page by page (decided here, scope broadcasts:read). An error is yielded
// once and ends the range.
func (s *BroadcastsService) All(ctx context.Context, params *ListBroadcastsParams, opts ...CallOption) iter.Seq2[Broadcast, error] {
	p := orDefaults(params)
	return all(ctx, p.Cursor, func(ctx context.Context, cursor string) ([]Broadcast, *string, error) {
		page, err := s.List(ctx, &ListBroadcastsParams{Status: p.Status, Cursor: cursor, Limit: p.Limit}, opts...)
		if err != nil {
			return nil, nil, err
		}
		return page.Broadcasts, page.NextCursor, nil
	})
}

// Retrieve gives a Broadcast as it stands now (documented, scope broadcasts:read), or ErrNotFound.
func (s *BroadcastsService) Retrieve(ctx context.Context, id string, opts ...CallOption) (*Broadcast, error) {
	return call[Broadcast](ctx, s.client, request{method: http.MethodGet, route: "/api/v1/public/broadcasts/{id}", path: []string{id}}, opts)
}

// Update changes a draft and voids its confirmations (announced, scope broadcasts:create). Errors beside the usual:
// ErrNotFound, ErrInvalidState for what is no draft, ErrValidationFailed with Details["reason"].
func (s *BroadcastsService) Update(ctx context.Context, id string, params *UpdateBroadcastParams, opts ...CallOption) (*Broadcast, error) {
	r := request{method: http.MethodPatch, route: "/api/v1/broadcasts/{id}", path: []string{id}, body: params}
	return call[Broadcast](ctx, s.client, r, opts)
}

// Duplicate makes a draft with the same content, named "… (copy)" (announced, scope broadcasts:create). ErrNotFound beside
// the usual errors.
func (s *BroadcastsService) Duplicate(ctx context.Context, id string, opts ...CallOption) (*Broadcast, error) {
	r := request{method: http.MethodPost, route: "/api/v1/broadcasts/{id}/duplicate", path: []string{id}}
	return call[Broadcast](ctx, s.client, r, opts)
}

// Preview computes the audience as it is now and renders one mail (announced, scope broadcasts:prepare). It changes
// nothing and is repeated like a read. Params may be nil. ErrNotFound beside the usual errors.
func (s *BroadcastsService) Preview(ctx context.Context, id string, params *PreviewCarrierParams, opts ...CallOption) (*CarrierPreview, error) {
	r := request{method: http.MethodPost, route: "/api/v1/broadcasts/{id}/preview", path: []string{id}, body: orDefaults(params), reads: true}
	return call[CarrierPreview](ctx, s.client, r, opts)
}

// Preflight lists what keeps the Broadcast from leaving, and what is worth a second look (announced, scope
// broadcasts:prepare). It changes nothing and is repeated like a read. ErrNotFound beside the usual errors.
func (s *BroadcastsService) Preflight(ctx context.Context, id string, opts ...CallOption) (*Preflight, error) {
	r := request{method: http.MethodPost, route: "/api/v1/broadcasts/{id}/preflight", path: []string{id}, reads: true}
	return call[Preflight](ctx, s.client, r, opts)
}

// SendTest sends the mail to exactly one recipient (announced, scope broadcasts:prepare). Consent is ignored, suppression
// is not, the unsubscribe link does nothing and results never count it. Errors beside the usual: ErrNotFound,
// ErrValidationFailed with Details["reason"].
func (s *BroadcastsService) SendTest(ctx context.Context, id string, params *SendTestParams, opts ...CallOption) (*EmailSend, error) {
	r := request{method: http.MethodPost, route: "/api/v1/broadcasts/{id}/test", path: []string{id}, body: params}
	return call[EmailSend](ctx, s.client, r, opts)
}

// Schedule lets a draft leave at a time, as it is now (announced, scope broadcasts:send and a key with allowSends). The
// preflight runs now and again at that time. Until then Cancel makes it a draft again, and so does any edit that changes
// what goes out or to whom. Errors beside the usual: ErrNotFound, ErrSendNotAllowed, ErrInvalidState for what is no draft,
// ErrValidationFailed with Details["reason"] schedule_in_past or preflight_failed and Details["blockers"].
func (s *BroadcastsService) Schedule(ctx context.Context, id string, params *ScheduleCarrierParams, opts ...CallOption) (*Broadcast, error) {
	r := request{method: http.MethodPost, route: "/api/v1/broadcasts/{id}/schedule", path: []string{id}}
	r.body = r.issues.scheduled(params)
	return call[Broadcast](ctx, s.client, r, opts)
}

// Cancel makes a scheduled Broadcast a draft again, which loses nothing, and stops one that is being sent with what has
// not left (announced, scope broadcasts:cancel). Errors beside the usual: ErrNotFound, ErrInvalidState for a draft or a
// finished one.
func (s *BroadcastsService) Cancel(ctx context.Context, id string, opts ...CallOption) (*Broadcast, error) {
	r := request{method: http.MethodPost, route: "/api/v1/broadcasts/{id}/cancel", path: []string{id}}
	return call[Broadcast](ctx, s.client, r, opts)
}

// Results counts what became of the mail so far (announced, scope broadcasts:read). ErrNotFound beside the usual errors.
func (s *BroadcastsService) Results(ctx context.Context, id string, opts ...CallOption) (*CarrierResults, error) {
	return call[CarrierResults](ctx, s.client, request{method: http.MethodGet, route: "/api/v1/broadcasts/{id}/results", path: []string{id}}, opts)
}

// CreateConfirmation runs the preflight and hands the Broadcast to a person, who alone can let it leave now (announced,
// scope broadcasts:prepare and a key with allowSends). Send them to ConfirmationURL. Errors beside the usual: ErrNotFound,
// ErrSendNotAllowed, ErrInvalidState for what is no draft, ErrValidationFailed with Details["reason"] preflight_failed and
// Details["blockers"].
func (s *BroadcastsService) CreateConfirmation(ctx context.Context, id string, opts ...CallOption) (*Confirmation, error) {
	r := request{method: http.MethodPost, route: "/api/v1/broadcasts/{id}/confirmation", path: []string{id}}
	return call[Confirmation](ctx, s.client, r, opts)
}

// Archive puts away a draft or a finished Broadcast (decided here, scope broadcasts:create). Errors beside the usual:
// ErrNotFound, ErrInvalidState for one that is scheduled or being sent.
func (s *BroadcastsService) Archive(ctx context.Context, id string, opts ...CallOption) (*Broadcast, error) {
	r := request{method: http.MethodPost, route: "/api/v1/broadcasts/{id}/archive", path: []string{id}}
	return call[Broadcast](ctx, s.client, r, opts)
}
