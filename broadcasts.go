package segmentflow

import (
	"context"
	"iter"
	"time"
)

// Documented: creating and retrieving a Broadcast.
// Announced, with routes decided here: update, duplicate, preview, preflight, test, schedule, cancel, results, confirm.
// Decided here: listing and archiving.

// BroadcastsService prepares Broadcasts. It is [Client].Broadcasts. No method sends to the audience immediately: a
// person does that in the dashboard ([BroadcastsService.CreateConfirmation]).
type BroadcastsService struct{ client *Client }

// Broadcast is one campaign to one audience, which is computed when the Broadcast is sent.
type Broadcast struct{ Carrier }

// CreateBroadcastParams describes a new Broadcast. Its content is either a saved Template or inline. With a Template,
// the other fields override its sender and subject. Inline content needs From, Subject, and HTML or Text or both.
// Without ScheduledAt and ScheduledIn the Broadcast is a draft. The JSON of the params is the body of the request.
type CreateBroadcastParams struct {
	Name                string `json:"name,omitzero"`                // at most 200 characters
	SegmentID           string `json:"segmentId,omitzero"`           // the audience; optional for a draft
	SubscriptionGroupID string `json:"subscriptionGroupId,omitzero"` // the consent that recipients need
	TopicID             string `json:"topicId,omitzero"`             // another name for SubscriptionGroupID
	TemplateID          string `json:"templateId,omitzero"`

	// From is the address of a SenderProfile on a verified domain, bare or as "Name <address>".
	From string `json:"from,omitzero"`
	// ReplyTo contains addresses on verified domains, bare or as "Name <address>".
	ReplyTo []string `json:"replyTo,omitempty"`
	// Subject has at most 998 characters. Bindings such as ${/profile/firstName} are resolved.
	Subject string `json:"subject,omitzero"`
	HTML    string `json:"html,omitzero"` // not with TemplateID
	Text    string `json:"text,omitzero"` // not with TemplateID; derived from HTML if empty

	// ScheduledAt schedules the Broadcast, with the requirements of [BroadcastsService.Schedule]. The time is sent in
	// UTC.
	ScheduledAt time.Time `json:"-"`
	// ScheduledIn is the alternative to ScheduledAt: whole minutes from the moment the server receives the request.
	ScheduledIn time.Duration `json:"-"`
}

// CreatedBroadcast identifies the new Broadcast.
type CreatedBroadcast struct {
	ID string `json:"id"`
}

// UpdateBroadcastParams contains changes to a draft. A field that is not set stays as it is; [Null] clears it.
type UpdateBroadcastParams struct {
	Name                Nullable[string]   `json:"name,omitzero"`
	SegmentID           Nullable[string]   `json:"segmentId,omitzero"`
	SubscriptionGroupID Nullable[string]   `json:"subscriptionGroupId,omitzero"`
	TopicID             Nullable[string]   `json:"topicId,omitzero"` // another name for SubscriptionGroupID
	TemplateID          Nullable[string]   `json:"templateId,omitzero"`
	From                Nullable[string]   `json:"from,omitzero"`
	ReplyTo             Nullable[[]string] `json:"replyTo,omitzero"`
	Subject             Nullable[string]   `json:"subject,omitzero"`
	HTML                Nullable[string]   `json:"html,omitzero"` // not with a TemplateID
	Text                Nullable[string]   `json:"text,omitzero"` // not with a TemplateID
}

// ListBroadcastsParams narrows a list of Broadcasts. Every field is optional.
type ListBroadcastsParams struct {
	Status []BroadcastStatus `json:"status,omitzero"` // any of these
	Cursor string            `json:"cursor,omitzero"` // from an earlier page
	Limit  int               `json:"limit,omitzero"`  // Broadcasts per page: 1 to 100, 50 by default
}

// BroadcastPage is one page of Broadcasts, newest first. NextCursor is nil on the last page, PreviousCursor on the
// first.
type BroadcastPage struct {
	Broadcasts     []Broadcast `json:"broadcasts"`
	NextCursor     *string     `json:"nextCursor"`
	PreviousCursor *string     `json:"previousCursor"`
}

// flatPage is a BroadcastPage without embedded structs, on which encoding/json would spend a tenth of its time.
type flatPage struct {
	Broadcasts     []Carrier `json:"broadcasts"`
	NextCursor     *string   `json:"nextCursor"`
	PreviousCursor *string   `json:"previousCursor"`
}

func (p *flatPage) list() (string, any) { return "broadcasts", &p.Broadcasts }

func (p *flatPage) public() *BroadcastPage {
	page := &BroadcastPage{NextCursor: p.NextCursor, PreviousCursor: p.PreviousCursor}
	if p.Broadcasts != nil {
		page.Broadcasts = make([]Broadcast, len(p.Broadcasts))
	}
	for index := range p.Broadcasts {
		page.Broadcasts[index].Carrier = p.Broadcasts[index]
	}
	return page
}

// Create creates a draft or, if params contain a time, a scheduled Broadcast (documented, scope broadcasts:create
// decided here). A scheduled Broadcast has the requirements of [BroadcastsService.Schedule].
//
// Besides the usual errors: ErrNotFound for an id in params, ErrSendNotAllowed, and ErrValidationFailed with
// Details["reason"] schedule_in_past or preflight_failed and Details["blockers"].
func (s *BroadcastsService) Create(
	ctx context.Context, params *CreateBroadcastParams, opts ...CallOption,
) (*CreatedBroadcast, error) {
	req := request{op: createBroadcast, body: params}
	if params != nil {
		req.issues.times(params.ScheduledAt, params.ScheduledIn)
		body := *params
		body.ScheduledAt = params.ScheduledAt.UTC()
		req.body = body
	}
	return call[CreatedBroadcast](ctx, s.client, req, opts)
}

// List returns one page of Broadcasts (decided here, scope broadcasts:read). Params may be nil.
func (s *BroadcastsService) List(
	ctx context.Context, params *ListBroadcastsParams, opts ...CallOption,
) (*BroadcastPage, error) {
	given := orDefaults(params)
	req := request{
		op:    listBroadcasts,
		query: pageQuery(given.Cursor, given.Limit, given.Status...),
	}
	page, err := call[flatPage](ctx, s.client, req, opts)
	if page == nil {
		return nil, err
	}
	return page.public(), err
}

// All returns an iterator over all Broadcasts that List would return, and fetches page by page (decided here, scope
// broadcasts:read). An error is yielded once and ends the iteration.
func (s *BroadcastsService) All(
	ctx context.Context, params *ListBroadcastsParams, opts ...CallOption,
) iter.Seq2[Broadcast, error] {
	given := orDefaults(params)
	fetch := func(ctx context.Context, cursor string, opts []CallOption) ([]Broadcast, *string, error) {
		pageParams := given
		pageParams.Cursor = cursor
		page, err := s.List(ctx, &pageParams, opts...)
		if page == nil {
			return nil, nil, err
		}
		return page.Broadcasts, page.NextCursor, err
	}
	return all(ctx, listBroadcasts, given.Cursor, opts, fetch)
}

// Retrieve returns a Broadcast (documented, scope broadcasts:read). Besides the usual errors: ErrNotFound.
func (s *BroadcastsService) Retrieve(ctx context.Context, id string, opts ...CallOption) (*Broadcast, error) {
	req := request{op: retrieveBroadcast, path: []string{id}}
	return call[Broadcast](ctx, s.client, req, opts)
}

// Update changes a draft and voids its confirmations (announced, scope broadcasts:create). Besides the usual errors:
// ErrNotFound, ErrInvalidState if the Broadcast is not a draft, and ErrValidationFailed with Details["reason"].
func (s *BroadcastsService) Update(
	ctx context.Context, id string, params *UpdateBroadcastParams, opts ...CallOption,
) (*Broadcast, error) {
	req := request{op: updateBroadcast, path: []string{id}, body: params}
	return call[Broadcast](ctx, s.client, req, opts)
}

// Duplicate creates a draft with the same content, named "… (copy)" (announced, scope broadcasts:create). Besides the
// usual errors: ErrNotFound.
func (s *BroadcastsService) Duplicate(ctx context.Context, id string, opts ...CallOption) (*Broadcast, error) {
	req := request{op: duplicateBroadcast, path: []string{id}}
	return call[Broadcast](ctx, s.client, req, opts)
}

// Preview computes the current audience and renders one email (announced, scope broadcasts:prepare). It changes nothing
// and is retried like a read. Params may be nil. Besides the usual errors: ErrNotFound.
func (s *BroadcastsService) Preview(
	ctx context.Context, id string, params *PreviewCarrierParams, opts ...CallOption,
) (*CarrierPreview, error) {
	req := request{
		op:    previewBroadcast,
		path:  []string{id},
		body:  orDefaults(params),
		reads: true,
	}
	return call[CarrierPreview](ctx, s.client, req, opts)
}

// Preflight returns the problems that prevent sending (blockers) and those that deserve a second look (warnings)
// (announced, scope broadcasts:prepare). It changes nothing and is retried like a read. Besides the usual errors:
// ErrNotFound.
func (s *BroadcastsService) Preflight(ctx context.Context, id string, opts ...CallOption) (*Preflight, error) {
	req := request{op: preflightBroadcast, path: []string{id}, reads: true}
	return call[Preflight](ctx, s.client, req, opts)
}

// SendTest sends the email to exactly one recipient (announced, scope broadcasts:prepare). A test ignores consent but
// not suppression. Its unsubscribe link does nothing, and it never counts in results. Besides the usual errors:
// ErrNotFound, and ErrValidationFailed with Details["reason"].
func (s *BroadcastsService) SendTest(
	ctx context.Context, id string, params *SendTestParams, opts ...CallOption,
) (*EmailSend, error) {
	req := request{op: testBroadcast, path: []string{id}, body: params}
	return call[EmailSend](ctx, s.client, req, opts)
}

// Schedule sets the time at which a draft is sent in its current form (announced, scope broadcasts:send and a key with
// allowSends). The preflight runs now, and again at that time. Before that time, Cancel makes the Broadcast a draft
// again; so does any edit that changes the content or the audience.
//
// Besides the usual errors: ErrNotFound, ErrSendNotAllowed, ErrInvalidState if the Broadcast is not a draft, and
// ErrValidationFailed with Details["reason"] schedule_in_past or preflight_failed and Details["blockers"].
func (s *BroadcastsService) Schedule(
	ctx context.Context, id string, params *ScheduleCarrierParams, opts ...CallOption,
) (*Broadcast, error) {
	req := request{op: scheduleBroadcast, path: []string{id}}
	req.body = req.issues.scheduled(params)
	return call[Broadcast](ctx, s.client, req, opts)
}

// Cancel makes a scheduled Broadcast a draft again and loses nothing (announced, scope broadcasts:cancel). If the
// Broadcast is being sent, Cancel stops it: emails that are not yet sent stay unsent. Besides the usual errors:
// ErrNotFound, and ErrInvalidState for a draft or a finished Broadcast.
func (s *BroadcastsService) Cancel(ctx context.Context, id string, opts ...CallOption) (*Broadcast, error) {
	req := request{op: cancelBroadcast, path: []string{id}}
	return call[Broadcast](ctx, s.client, req, opts)
}

// Results counts the outcomes of the emails so far (announced, scope broadcasts:read). Besides the usual errors:
// ErrNotFound.
func (s *BroadcastsService) Results(ctx context.Context, id string, opts ...CallOption) (*CarrierResults, error) {
	req := request{op: retrieveBroadcastResults, path: []string{id}}
	return call[CarrierResults](ctx, s.client, req, opts)
}

// CreateConfirmation runs the preflight and creates a Confirmation of the Broadcast for a person (announced, scope
// broadcasts:prepare and a key with allowSends). Only a person can send it immediately: direct them to ConfirmationURL.
//
// Besides the usual errors: ErrNotFound, ErrSendNotAllowed, ErrInvalidState if the Broadcast is not a draft, and
// ErrValidationFailed with Details["reason"] preflight_failed and Details["blockers"].
func (s *BroadcastsService) CreateConfirmation(
	ctx context.Context, id string, opts ...CallOption,
) (*Confirmation, error) {
	req := request{op: createBroadcastConfirmation, path: []string{id}}
	return call[Confirmation](ctx, s.client, req, opts)
}

// Archive archives a draft or a finished Broadcast (decided here, scope broadcasts:create). Besides the usual errors:
// ErrNotFound, and ErrInvalidState if the Broadcast is scheduled or being sent.
func (s *BroadcastsService) Archive(ctx context.Context, id string, opts ...CallOption) (*Broadcast, error) {
	req := request{op: archiveBroadcast, path: []string{id}}
	return call[Broadcast](ctx, s.client, req, opts)
}
