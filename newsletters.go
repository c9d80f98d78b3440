package segmentflow

import (
	"context"
	"iter"
	"time"
)

// Newsletters and their Issues are announced. Every route and shape is decided here.

// NewslettersService manages Newsletters. It is [Client].Newsletters.
type NewslettersService struct{ client *Client }

// Newsletter is a publication. The subscribers of its SubscriptionGroup are its readers.
type Newsletter struct {
	ID                  string    `json:"id"`
	Name                string    `json:"name"`
	SubscriptionGroupID string    `json:"subscriptionGroupId"`
	SenderProfileID     string    `json:"senderProfileId"`
	TemplateID          *string   `json:"templateId"`
	Cadence             *string   `json:"cadence"`
	CreatedAt           time.Time `json:"createdAt"`
	UpdatedAt           time.Time `json:"updatedAt"`
}

// CreateNewsletterParams describes a new Newsletter.
type CreateNewsletterParams struct {
	Name                string `json:"name"`                     // required, at most 200 characters
	SubscriptionGroupID string `json:"subscriptionGroupId"`      // required; its subscribers are the readers
	SenderProfileID     string `json:"senderProfileId,omitzero"` // sender of the Issues; by default the Organization's
	TemplateID          string `json:"templateId,omitzero"`      // the Template of new Issues
	Cadence             string `json:"cadence,omitzero"`         // how often it appears, as free text
}

// UpdateNewsletterParams contains changes to a Newsletter. A field that is not set stays as it is; [Null] clears it.
type UpdateNewsletterParams struct {
	Name                string           `json:"name,omitzero"`
	SubscriptionGroupID string           `json:"subscriptionGroupId,omitzero"`
	SenderProfileID     string           `json:"senderProfileId,omitzero"`
	TemplateID          Nullable[string] `json:"templateId,omitzero"`
	Cadence             Nullable[string] `json:"cadence,omitzero"`
}

// ListNewslettersParams narrows a list of Newsletters. Every field is optional.
type ListNewslettersParams struct {
	Cursor string `json:"cursor,omitzero"` // from an earlier page
	Limit  int    `json:"limit,omitzero"`  // Newsletters per page: 1 to 100, 50 by default
}

// NewsletterPage is one page of Newsletters, newest first. NextCursor is nil on the last page, PreviousCursor on the
// first.
type NewsletterPage struct {
	Newsletters    []Newsletter `json:"newsletters"`
	NextCursor     *string      `json:"nextCursor"`
	PreviousCursor *string      `json:"previousCursor"`
}

func (p *NewsletterPage) list() (string, any) { return "newsletters", &p.Newsletters }

// Create creates a Newsletter (announced, scope newsletters:write). Besides the usual errors: ErrNotFound for an id in
// params.
func (s *NewslettersService) Create(
	ctx context.Context, params *CreateNewsletterParams, opts ...CallOption,
) (*Newsletter, error) {
	req := request{op: createNewsletter, body: params}
	return call[Newsletter](ctx, s.client, req, opts)
}

// List returns one page of Newsletters (announced, scope newsletters:read). Params may be nil.
func (s *NewslettersService) List(
	ctx context.Context, params *ListNewslettersParams, opts ...CallOption,
) (*NewsletterPage, error) {
	given := orDefaults(params)
	req := request{op: listNewsletters, query: pageQuery(given.Cursor, given.Limit)}
	return call[NewsletterPage](ctx, s.client, req, opts)
}

// All returns an iterator over all Newsletters that List would return, and fetches page by page (announced, scope
// newsletters:read). An error is yielded once and ends the iteration.
func (s *NewslettersService) All(
	ctx context.Context, params *ListNewslettersParams, opts ...CallOption,
) iter.Seq2[Newsletter, error] {
	given := orDefaults(params)
	fetch := func(ctx context.Context, cursor string, opts []CallOption) ([]Newsletter, *string, error) {
		pageParams := given
		pageParams.Cursor = cursor
		page, err := s.List(ctx, &pageParams, opts...)
		if page == nil {
			return nil, nil, err
		}
		return page.Newsletters, page.NextCursor, err
	}
	return all(ctx, listNewsletters, given.Cursor, opts, fetch)
}

// Retrieve returns a Newsletter (announced, scope newsletters:read). Besides the usual errors: ErrNotFound.
func (s *NewslettersService) Retrieve(ctx context.Context, id string, opts ...CallOption) (*Newsletter, error) {
	req := request{op: retrieveNewsletter, path: []string{id}}
	return call[Newsletter](ctx, s.client, req, opts)
}

// Update changes a Newsletter (announced, scope newsletters:write). Existing Issues keep the values that they got from
// it. Besides the usual errors: ErrNotFound, also for an id in params.
func (s *NewslettersService) Update(
	ctx context.Context, id string, params *UpdateNewsletterParams, opts ...CallOption,
) (*Newsletter, error) {
	req := request{op: updateNewsletter, path: []string{id}, body: params}
	return call[Newsletter](ctx, s.client, req, opts)
}

// NewsletterIssuesService prepares the Issues of Newsletters. It is [Client].NewsletterIssues. No method publishes
// immediately: a person does that in the dashboard ([NewsletterIssuesService.CreateConfirmation]).
type NewsletterIssuesService struct{ client *Client }

// NewsletterIssue is one Issue of a Newsletter. It is sent to the Newsletter's subscribers. Its Name equals its Title.
type NewsletterIssue struct {
	Carrier

	NewsletterID string `json:"newsletterId"`
	Number       int    `json:"number"`
	Title        string `json:"title"`
}

// CreateNewsletterIssueParams describes a new Issue. Fields that are not set come from the Newsletter.
type CreateNewsletterIssueParams struct {
	Title  string `json:"title"`           // required, at most 200 characters
	Number int    `json:"number,omitzero"` // unique and ascending within the Newsletter; the next number by default
	// Subject has at most 998 characters. Bindings such as ${/profile/firstName} are resolved.
	Subject    string `json:"subject,omitzero"`
	SegmentID  string `json:"segmentId,omitzero"` // narrows the Newsletter's subscribers
	TemplateID string `json:"templateId,omitzero"`
	HTML       string `json:"html,omitzero"` // not with TemplateID
	Text       string `json:"text,omitzero"` // not with TemplateID
}

// UpdateNewsletterIssueParams contains changes to a draft. A field that is not set stays as it is; [Null] clears it.
type UpdateNewsletterIssueParams struct {
	Title      string           `json:"title,omitzero"`
	Number     int              `json:"number,omitzero"`
	Subject    Nullable[string] `json:"subject,omitzero"`
	SegmentID  Nullable[string] `json:"segmentId,omitzero"`
	TemplateID Nullable[string] `json:"templateId,omitzero"`
	HTML       Nullable[string] `json:"html,omitzero"` // not with a TemplateID
	Text       Nullable[string] `json:"text,omitzero"` // not with a TemplateID
}

// ListNewsletterIssuesParams narrows a list of Issues. Every field is optional.
type ListNewsletterIssuesParams struct {
	Status []BroadcastStatus `json:"status,omitzero"` // any of these
	Cursor string            `json:"cursor,omitzero"` // from an earlier page
	Limit  int               `json:"limit,omitzero"`  // Issues per page: 1 to 100, 50 by default
}

// NewsletterIssuePage is one page of Issues, newest first. NextCursor is nil on the last page, PreviousCursor on the
// first.
type NewsletterIssuePage struct {
	Issues         []NewsletterIssue `json:"issues"`
	NextCursor     *string           `json:"nextCursor"`
	PreviousCursor *string           `json:"previousCursor"`
}

func (p *NewsletterIssuePage) list() (string, any) { return "issues", &p.Issues }

// Create creates a draft of the next Issue (announced, scope newsletters:write). Besides the usual errors: ErrNotFound
// for an id, and ErrValidationFailed with Details["reason"], such as issue_number_taken.
func (s *NewsletterIssuesService) Create(
	ctx context.Context, newsletterID string, params *CreateNewsletterIssueParams, opts ...CallOption,
) (*NewsletterIssue, error) {
	req := request{
		op:   createNewsletterIssue,
		path: []string{newsletterID},
		body: params,
	}
	return call[NewsletterIssue](ctx, s.client, req, opts)
}

// List returns one page of a Newsletter's Issues (announced, scope newsletters:read). Params may be nil. Besides the
// usual errors: ErrNotFound.
func (s *NewsletterIssuesService) List(
	ctx context.Context, newsletterID string, params *ListNewsletterIssuesParams, opts ...CallOption,
) (*NewsletterIssuePage, error) {
	given := orDefaults(params)
	req := request{op: listNewsletterIssues, path: []string{newsletterID},
		query: pageQuery(given.Cursor, given.Limit, given.Status...)}
	return call[NewsletterIssuePage](ctx, s.client, req, opts)
}

// All returns an iterator over all Issues that List would return, and fetches page by page (announced, scope
// newsletters:read). An error is yielded once and ends the iteration.
func (s *NewsletterIssuesService) All(
	ctx context.Context, newsletterID string, params *ListNewsletterIssuesParams, opts ...CallOption,
) iter.Seq2[NewsletterIssue, error] {
	given := orDefaults(params)
	fetch := func(ctx context.Context, cursor string, opts []CallOption) ([]NewsletterIssue, *string, error) {
		pageParams := given
		pageParams.Cursor = cursor
		page, err := s.List(ctx, newsletterID, &pageParams, opts...)
		if page == nil {
			return nil, nil, err
		}
		return page.Issues, page.NextCursor, err
	}
	return all(ctx, listNewsletterIssues, given.Cursor, opts, fetch)
}

// Retrieve returns an Issue (announced, scope newsletters:read). Besides the usual errors: ErrNotFound.
func (s *NewsletterIssuesService) Retrieve(
	ctx context.Context, id string, opts ...CallOption,
) (*NewsletterIssue, error) {
	req := request{op: retrieveNewsletterIssue, path: []string{id}}
	return call[NewsletterIssue](ctx, s.client, req, opts)
}

// Update changes a draft and voids its confirmations (announced, scope newsletters:write). Besides the usual errors:
// ErrNotFound, ErrInvalidState if the Issue is not a draft, and ErrValidationFailed with Details["reason"].
func (s *NewsletterIssuesService) Update(
	ctx context.Context, id string, params *UpdateNewsletterIssueParams, opts ...CallOption,
) (*NewsletterIssue, error) {
	req := request{op: updateNewsletterIssue, path: []string{id}, body: params}
	return call[NewsletterIssue](ctx, s.client, req, opts)
}

// Duplicate creates a draft with the same content, named "… (copy)" (announced, scope newsletters:write). Besides the
// usual errors: ErrNotFound.
func (s *NewsletterIssuesService) Duplicate(
	ctx context.Context, id string, opts ...CallOption,
) (*NewsletterIssue, error) {
	req := request{op: duplicateNewsletterIssue, path: []string{id}}
	return call[NewsletterIssue](ctx, s.client, req, opts)
}

// Preview computes the current audience and renders one email (announced, scope newsletters:prepare). It changes
// nothing and is retried like a read. Params may be nil. Besides the usual errors: ErrNotFound.
func (s *NewsletterIssuesService) Preview(
	ctx context.Context, id string, params *PreviewCarrierParams, opts ...CallOption,
) (*CarrierPreview, error) {
	req := request{
		op:    previewNewsletterIssue,
		path:  []string{id},
		body:  orDefaults(params),
		reads: true,
	}
	return call[CarrierPreview](ctx, s.client, req, opts)
}

// Preflight returns the problems that prevent sending (blockers) and those that deserve a second look (warnings)
// (announced, scope newsletters:prepare). It changes nothing and is retried like a read. Besides the usual errors:
// ErrNotFound.
func (s *NewsletterIssuesService) Preflight(ctx context.Context, id string, opts ...CallOption) (*Preflight, error) {
	req := request{
		op:    preflightNewsletterIssue,
		path:  []string{id},
		reads: true,
	}
	return call[Preflight](ctx, s.client, req, opts)
}

// SendTest sends the email to exactly one recipient (announced, scope newsletters:prepare). A test ignores consent but
// not suppression. Its unsubscribe link does nothing, and it never counts in results. Besides the usual errors:
// ErrNotFound, and ErrValidationFailed with Details["reason"].
func (s *NewsletterIssuesService) SendTest(
	ctx context.Context, id string, params *SendTestParams, opts ...CallOption,
) (*EmailSend, error) {
	req := request{
		op:   testNewsletterIssue,
		path: []string{id},
		body: params,
	}
	return call[EmailSend](ctx, s.client, req, opts)
}

// Schedule sets the time at which a draft is sent in its current form (announced, scope newsletters:send and a key with
// allowSends). The preflight runs now, and again at that time. Before that time, Cancel makes the Issue a draft again;
// so does any edit that changes the content or the audience.
//
// Besides the usual errors: ErrNotFound, ErrSendNotAllowed, ErrInvalidState if the Issue is not a draft, and
// ErrValidationFailed with Details["reason"] schedule_in_past or preflight_failed and Details["blockers"].
func (s *NewsletterIssuesService) Schedule(
	ctx context.Context, id string, params *ScheduleCarrierParams, opts ...CallOption,
) (*NewsletterIssue, error) {
	req := request{op: scheduleNewsletterIssue, path: []string{id}}
	req.body = req.issues.scheduled(params)
	return call[NewsletterIssue](ctx, s.client, req, opts)
}

// Cancel makes a scheduled Issue a draft again and loses nothing (announced, scope newsletters:cancel). If the Issue is
// being sent, Cancel stops it: emails that are not yet sent stay unsent. Besides the usual errors: ErrNotFound, and
// ErrInvalidState for a draft or a finished Issue.
func (s *NewsletterIssuesService) Cancel(ctx context.Context, id string, opts ...CallOption) (*NewsletterIssue, error) {
	req := request{op: cancelNewsletterIssue, path: []string{id}}
	return call[NewsletterIssue](ctx, s.client, req, opts)
}

// Results counts the outcomes of the emails so far (announced, scope newsletters:read). Besides the usual errors:
// ErrNotFound.
func (s *NewsletterIssuesService) Results(ctx context.Context, id string, opts ...CallOption) (*CarrierResults, error) {
	req := request{op: retrieveNewsletterIssueResults, path: []string{id}}
	return call[CarrierResults](ctx, s.client, req, opts)
}

// CreateConfirmation runs the preflight and creates a Confirmation of the Issue for a person (announced, scope
// newsletters:prepare and a key with allowSends). Only a person can send it immediately: direct them to
// ConfirmationURL.
//
// Besides the usual errors: ErrNotFound, ErrSendNotAllowed, ErrInvalidState if the Issue is not a draft, and
// ErrValidationFailed with Details["reason"] preflight_failed and Details["blockers"].
func (s *NewsletterIssuesService) CreateConfirmation(
	ctx context.Context, id string, opts ...CallOption,
) (*Confirmation, error) {
	req := request{op: createNewsletterIssueConfirmation, path: []string{id}}
	return call[Confirmation](ctx, s.client, req, opts)
}

// Archive archives a draft or a finished Issue (announced, scope newsletters:write). Besides the usual errors:
// ErrNotFound, and ErrInvalidState if the Issue is scheduled or being sent.
func (s *NewsletterIssuesService) Archive(
	ctx context.Context, id string, opts ...CallOption,
) (*NewsletterIssue, error) {
	req := request{op: archiveNewsletterIssue, path: []string{id}}
	return call[NewsletterIssue](ctx, s.client, req, opts)
}
