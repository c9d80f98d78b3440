package segmentflow

import (
	"context"
	"iter"
	"net/http"
	"time"
)

// Announced, with every route and shape decided here: Newsletters and their Issues.

// NewslettersService keeps Newsletters. It is [Client].Newsletters.
type NewslettersService struct{ client *Client }

// Newsletter is a publication with one SubscriptionGroup of readers.
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

// CreateNewsletterParams is a new Newsletter.
type CreateNewsletterParams struct {
	Name                string `json:"name"`                     // required, at most 200 characters
	SubscriptionGroupID string `json:"subscriptionGroupId"`      // required; its subscribers are the readers
	SenderProfileID     string `json:"senderProfileId,omitzero"` // of its Issues; the Organization's default by default
	TemplateID          string `json:"templateId,omitzero"`      // what Issues start from
	Cadence             string `json:"cadence,omitzero"`         // how often it appears, in the publisher's words
}

// UpdateNewsletterParams is what to change of a Newsletter. What is left out stays as it is; Null clears.
type UpdateNewsletterParams struct {
	Name                string           `json:"name,omitzero"`
	SubscriptionGroupID string           `json:"subscriptionGroupId,omitzero"`
	SenderProfileID     string           `json:"senderProfileId,omitzero"`
	TemplateID          Nullable[string] `json:"templateId,omitzero"`
	Cadence             Nullable[string] `json:"cadence,omitzero"`
}

// ListNewslettersParams narrows a list of Newsletters. All of it is optional.
type ListNewslettersParams struct {
	Cursor string // of an earlier page
	Limit  int    // size of a page: 1 to 100, 50 by default
}

// NewsletterPage is one page of Newsletters, newest first. A cursor is nil at its end of the list.
type NewsletterPage struct {
	Newsletters    []Newsletter `json:"newsletters"`
	NextCursor     *string      `json:"nextCursor"`
	PreviousCursor *string      `json:"previousCursor"`
}

// Create makes a Newsletter (announced, scope newsletters:write). ErrNotFound, for an id in params, beside the usual
// errors.
func (s *NewslettersService) Create(ctx context.Context, params *CreateNewsletterParams, opts ...CallOption) (*Newsletter, error) {
	return call[Newsletter](ctx, s.client, request{method: http.MethodPost, route: "/api/v1/newsletters", body: params}, opts)
}

// List gives one page of Newsletters (announced, scope newsletters:read). Params may be nil.
func (s *NewslettersService) List(ctx context.Context, params *ListNewslettersParams, opts ...CallOption) (*NewsletterPage, error) {
	p := orDefaults(params)
	r := request{method: http.MethodGet, route: "/api/v1/newsletters", query: pageQuery(p.Cursor, p.Limit)}
	return call[NewsletterPage](ctx, s.client, r, opts)
}

// All ranges over every Newsletter that List gives, page by page (announced, scope newsletters:read). An error is yielded
// once and ends the range.
func (s *NewslettersService) All(ctx context.Context, params *ListNewslettersParams, opts ...CallOption) iter.Seq2[Newsletter, error] {
	p := orDefaults(params)
	return all(ctx, p.Cursor, func(ctx context.Context, cursor string) ([]Newsletter, *string, error) {
		page, err := s.List(ctx, &ListNewslettersParams{Cursor: cursor, Limit: p.Limit}, opts...)
		if err != nil {
			return nil, nil, err
		}
		return page.Newsletters, page.NextCursor, nil
	})
}

// Retrieve gives a Newsletter as it stands now (announced, scope newsletters:read), or ErrNotFound.
func (s *NewslettersService) Retrieve(ctx context.Context, id string, opts ...CallOption) (*Newsletter, error) {
	return call[Newsletter](ctx, s.client, request{method: http.MethodGet, route: "/api/v1/newsletters/{id}", path: []string{id}}, opts)
}

// Update changes a Newsletter (announced, scope newsletters:write). Issues made before keep what they took over.
// ErrNotFound, also for an id in params, beside the usual errors.
func (s *NewslettersService) Update(ctx context.Context, id string, params *UpdateNewsletterParams, opts ...CallOption) (*Newsletter, error) {
	r := request{method: http.MethodPatch, route: "/api/v1/newsletters/{id}", path: []string{id}, body: params}
	return call[Newsletter](ctx, s.client, r, opts)
}

// NewsletterIssuesService prepares the Issues of Newsletters. It is [Client].NewsletterIssues. Nothing here publishes now:
// that last step is a person's, in the dashboard ([NewsletterIssuesService.CreateConfirmation]).
type NewsletterIssuesService struct{ client *Client }

// NewsletterIssue is one Issue of a Newsletter. It goes to the Newsletter's subscribers; its Name is its Title.
type NewsletterIssue struct {
	Carrier

	NewsletterID string `json:"newsletterId"`
	Number       int    `json:"number"`
	Title        string `json:"title"`
}

// CreateNewsletterIssueParams is a new Issue. What is left out comes from the Newsletter.
type CreateNewsletterIssueParams struct {
	Title      string `json:"title"`              // required, at most 200 characters
	Number     int    `json:"number,omitzero"`    // unique and ascending within the Newsletter; the next one by default
	Subject    string `json:"subject,omitzero"`   // at most 998 characters; ${/profile/firstName} and the like are resolved
	SegmentID  string `json:"segmentId,omitzero"` // narrows the Newsletter's subscribers
	TemplateID string `json:"templateId,omitzero"`
	HTML       string `json:"html,omitzero"` // not with TemplateID
	Text       string `json:"text,omitzero"` // not with TemplateID
}

// UpdateNewsletterIssueParams is what to change of a draft. What is left out stays as it is; Null clears.
type UpdateNewsletterIssueParams struct {
	Title      string           `json:"title,omitzero"`
	Number     int              `json:"number,omitzero"`
	Subject    Nullable[string] `json:"subject,omitzero"`
	SegmentID  Nullable[string] `json:"segmentId,omitzero"`
	TemplateID Nullable[string] `json:"templateId,omitzero"`
	HTML       Nullable[string] `json:"html,omitzero"` // not with a TemplateID
	Text       Nullable[string] `json:"text,omitzero"` // not with a TemplateID
}

// ListNewsletterIssuesParams narrows a list of Issues. All of it is optional.
type ListNewsletterIssuesParams struct {
	Status []BroadcastStatus // any of these
	Cursor string            // of an earlier page
	Limit  int               // size of a page: 1 to 100, 50 by default
}

// NewsletterIssuePage is one page of Issues, newest first. A cursor is nil at its end of the list.
type NewsletterIssuePage struct {
	Issues         []NewsletterIssue `json:"issues"`
	NextCursor     *string           `json:"nextCursor"`
	PreviousCursor *string           `json:"previousCursor"`
}

// Create makes a draft of the next Issue (announced, scope newsletters:write). Errors beside the usual: ErrNotFound for an
// id, ErrValidationFailed with Details["reason"], such as issue_number_taken.
func (s *NewsletterIssuesService) Create(ctx context.Context, newsletterID string, params *CreateNewsletterIssueParams, opts ...CallOption) (*NewsletterIssue, error) {
	r := request{method: http.MethodPost, route: "/api/v1/newsletters/{id}/issues", path: []string{newsletterID}, body: params}
	return call[NewsletterIssue](ctx, s.client, r, opts)
}

// List gives one page of a Newsletter's Issues (announced, scope newsletters:read), or ErrNotFound. Params may be nil.
func (s *NewsletterIssuesService) List(ctx context.Context, newsletterID string, params *ListNewsletterIssuesParams, opts ...CallOption) (*NewsletterIssuePage, error) {
	p := orDefaults(params)
	r := request{method: http.MethodGet, route: "/api/v1/newsletters/{id}/issues", path: []string{newsletterID},
		query: pageQuery(p.Cursor, p.Limit, p.Status...)}
	return call[NewsletterIssuePage](ctx, s.client, r, opts)
}

// All ranges over every Issue that List gives, page by page (announced, scope newsletters:read). An error is yielded once
// and ends the range.
func (s *NewsletterIssuesService) All(ctx context.Context, newsletterID string, params *ListNewsletterIssuesParams, opts ...CallOption) iter.Seq2[NewsletterIssue, error] {
	p := orDefaults(params)
	return all(ctx, p.Cursor, func(ctx context.Context, cursor string) ([]NewsletterIssue, *string, error) {
		page, err := s.List(ctx, newsletterID, &ListNewsletterIssuesParams{Status: p.Status, Cursor: cursor, Limit: p.Limit}, opts...)
		if err != nil {
			return nil, nil, err
		}
		return page.Issues, page.NextCursor, nil
	})
}

// Retrieve gives an Issue as it stands now (announced, scope newsletters:read), or ErrNotFound.
func (s *NewsletterIssuesService) Retrieve(ctx context.Context, id string, opts ...CallOption) (*NewsletterIssue, error) {
	return call[NewsletterIssue](ctx, s.client, request{method: http.MethodGet, route: "/api/v1/newsletter-issues/{id}", path: []string{id}}, opts)
}

// Update changes a draft and voids its confirmations (announced, scope newsletters:write). Errors beside the usual:
// ErrNotFound, ErrInvalidState for what is no draft, ErrValidationFailed with Details["reason"].
func (s *NewsletterIssuesService) Update(ctx context.Context, id string, params *UpdateNewsletterIssueParams, opts ...CallOption) (*NewsletterIssue, error) {
	r := request{method: http.MethodPatch, route: "/api/v1/newsletter-issues/{id}", path: []string{id}, body: params}
	return call[NewsletterIssue](ctx, s.client, r, opts)
}

// Duplicate makes a draft with the same content, named "… (copy)" (announced, scope newsletters:write). ErrNotFound beside
// the usual errors.
func (s *NewsletterIssuesService) Duplicate(ctx context.Context, id string, opts ...CallOption) (*NewsletterIssue, error) {
	r := request{method: http.MethodPost, route: "/api/v1/newsletter-issues/{id}/duplicate", path: []string{id}}
	return call[NewsletterIssue](ctx, s.client, r, opts)
}

// Preview computes the audience as it is now and renders one mail (announced, scope newsletters:prepare). It changes
// nothing and is repeated like a read. Params may be nil. ErrNotFound beside the usual errors.
func (s *NewsletterIssuesService) Preview(ctx context.Context, id string, params *PreviewCarrierParams, opts ...CallOption) (*CarrierPreview, error) {
	r := request{method: http.MethodPost, route: "/api/v1/newsletter-issues/{id}/preview", path: []string{id}, body: orDefaults(params), reads: true}
	return call[CarrierPreview](ctx, s.client, r, opts)
}

// Preflight lists what keeps the Issue from leaving, and what is worth a second look (announced, scope
// newsletters:prepare). It changes nothing and is repeated like a read. ErrNotFound beside the usual errors.
func (s *NewsletterIssuesService) Preflight(ctx context.Context, id string, opts ...CallOption) (*Preflight, error) {
	r := request{method: http.MethodPost, route: "/api/v1/newsletter-issues/{id}/preflight", path: []string{id}, reads: true}
	return call[Preflight](ctx, s.client, r, opts)
}

// SendTest sends the mail to exactly one recipient (announced, scope newsletters:prepare). Consent is ignored, suppression
// is not, the unsubscribe link does nothing and results never count it. Errors beside the usual: ErrNotFound,
// ErrValidationFailed with Details["reason"].
func (s *NewsletterIssuesService) SendTest(ctx context.Context, id string, params *SendTestParams, opts ...CallOption) (*EmailSend, error) {
	r := request{method: http.MethodPost, route: "/api/v1/newsletter-issues/{id}/test", path: []string{id}, body: params}
	return call[EmailSend](ctx, s.client, r, opts)
}

// Schedule lets a draft leave at a time, as it is now (announced, scope newsletters:send and a key with allowSends). The
// preflight runs now and again at that time. Until then Cancel makes it a draft again, and so does any edit that changes
// what goes out or to whom. Errors beside the usual: ErrNotFound, ErrSendNotAllowed, ErrInvalidState for what is no draft,
// ErrValidationFailed with Details["reason"] schedule_in_past or preflight_failed and Details["blockers"].
func (s *NewsletterIssuesService) Schedule(ctx context.Context, id string, params *ScheduleCarrierParams, opts ...CallOption) (*NewsletterIssue, error) {
	r := request{method: http.MethodPost, route: "/api/v1/newsletter-issues/{id}/schedule", path: []string{id}}
	r.body = r.issues.scheduled(params)
	return call[NewsletterIssue](ctx, s.client, r, opts)
}

// Cancel makes a scheduled Issue a draft again, which loses nothing, and stops one that is being sent with what has not
// left (announced, scope newsletters:cancel). Errors beside the usual: ErrNotFound, ErrInvalidState for a draft or a
// finished one.
func (s *NewsletterIssuesService) Cancel(ctx context.Context, id string, opts ...CallOption) (*NewsletterIssue, error) {
	r := request{method: http.MethodPost, route: "/api/v1/newsletter-issues/{id}/cancel", path: []string{id}}
	return call[NewsletterIssue](ctx, s.client, r, opts)
}

// Results counts what became of the mail so far (announced, scope newsletters:read). ErrNotFound beside the usual errors.
func (s *NewsletterIssuesService) Results(ctx context.Context, id string, opts ...CallOption) (*CarrierResults, error) {
	return call[CarrierResults](ctx, s.client, request{method: http.MethodGet, route: "/api/v1/newsletter-issues/{id}/results", path: []string{id}}, opts)
}

// CreateConfirmation runs the preflight and hands the Issue to a person, who alone can let it leave now (announced, scope
// newsletters:prepare and a key with allowSends). Send them to ConfirmationURL. Errors beside the usual: ErrNotFound,
// ErrSendNotAllowed, ErrInvalidState for what is no draft, ErrValidationFailed with Details["reason"] preflight_failed and
// Details["blockers"].
func (s *NewsletterIssuesService) CreateConfirmation(ctx context.Context, id string, opts ...CallOption) (*Confirmation, error) {
	r := request{method: http.MethodPost, route: "/api/v1/newsletter-issues/{id}/confirmation", path: []string{id}}
	return call[Confirmation](ctx, s.client, r, opts)
}

// Archive puts away a draft or a finished Issue (announced, scope newsletters:write). Errors beside the usual:
// ErrNotFound, ErrInvalidState for one that is scheduled or being sent.
func (s *NewsletterIssuesService) Archive(ctx context.Context, id string, opts ...CallOption) (*NewsletterIssue, error) {
	r := request{method: http.MethodPost, route: "/api/v1/newsletter-issues/{id}/archive", path: []string{id}}
	return call[NewsletterIssue](ctx, s.client, r, opts)
}
