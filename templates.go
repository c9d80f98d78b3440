package segmentflow

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"time"
)

// Documented: listing Templates, updating one, the Template's fields. Announced, with routes decided here: creating,
// retrieving, deleting, duplicating, archiving and unarchiving.

// TemplatesService keeps saved email content. It is [Client].Templates.
type TemplatesService struct{ client *Client }

// Template is saved email content.
type Template struct {
	ID                  string           `json:"id"`
	OrganizationID      string           `json:"organizationId"`
	Name                string           `json:"name"`
	Type                string           `json:"type"` // what was given as SubType, else Email (decided here)
	Status              TemplateStatus   `json:"status"`
	Purpose             TemplatePurpose  `json:"purpose"`
	SenderProfileID     *string          `json:"senderProfileId"`
	BrandKitID          *string          `json:"brandKitId"`
	DefaultSegmentID    *string          `json:"defaultSegmentId"`
	Source              string           `json:"source"` // where it came from, such as api or seed
	Language            *string          `json:"language"`
	IsComplete          bool             `json:"isComplete"` // it has a subject, a body and a sender (decided here)
	LastGeneratedAt     *time.Time       `json:"lastGeneratedAt"`
	LastGenerationError *string          `json:"lastGenerationError"`
	WebsiteID           *string          `json:"websiteId"`
	Website             *json.RawMessage `json:"website"`
	CurrentSnapshotID   *string          `json:"currentSnapshotId"`   // the version that the next send uses
	Definition          json.RawMessage  `json:"definition,omitzero"` // as it was saved; lists leave it out
	CreatedAt           time.Time        `json:"createdAt"`
	UpdatedAt           time.Time        `json:"updatedAt"`
}

// TemplateStatus says whether a Template can be used (documented). Values that are not listed here may come.
type TemplateStatus string

// Archiving loses nothing.
const (
	TemplateStatusActive   TemplateStatus = "Active"
	TemplateStatusArchived TemplateStatus = "Archived"
)

// TemplatePurpose says what a Template is for (documented). Values that are not listed here may come.
type TemplatePurpose string

// Only Transactional Templates can be sent with [EmailsService.Send].
const (
	TemplatePurposeGeneral            TemplatePurpose = "General"
	TemplatePurposeNewsletter         TemplatePurpose = "Newsletter"
	TemplatePurposePromotional        TemplatePurpose = "Promotional"
	TemplatePurposeTransactional      TemplatePurpose = "Transactional"
	TemplatePurposeLeadMagnetDelivery TemplatePurpose = "LeadMagnetDelivery"
)

// ListTemplatesParams narrows a list of Templates. All of it is optional.
type ListTemplatesParams struct {
	Status  []TemplateStatus // any of these
	Purpose TemplatePurpose
}

// CreateTemplateParams is a new Template.
type CreateTemplateParams struct {
	Name             string          `json:"name"`                // required, at most 200 characters
	Purpose          TemplatePurpose `json:"purpose,omitzero"`    // General by default (decided here)
	Definition       any             `json:"definition,omitzero"` // a map, struct or json.RawMessage: from, subject, body, …
	SenderProfileID  string          `json:"senderProfileId,omitzero"`
	BrandKitID       string          `json:"brandKitId,omitzero"`
	SubType          string          `json:"subType,omitzero"`
	DefaultSegmentID string          `json:"defaultSegmentId,omitzero"`
	Language         string          `json:"language,omitzero"` // a tag such as en or de-AT
}

// UpdateTemplateParams is what to change of a Template. What is left out stays as it is; Null clears.
type UpdateTemplateParams struct {
	Name             string           `json:"name,omitzero"`
	Definition       any              `json:"definition,omitzero"` // a map, struct or json.RawMessage; replaces the whole definition
	SenderProfileID  Nullable[string] `json:"senderProfileId,omitzero"`
	BrandKitID       Nullable[string] `json:"brandKitId,omitzero"`
	SubType          string           `json:"subType,omitzero"`
	DefaultSegmentID Nullable[string] `json:"defaultSegmentId,omitzero"`
	Language         string           `json:"language,omitzero"`
}

// List gives all Templates without their definitions, newest first and not in pages (documented, scope templates:read).
// Params may be nil.
func (s *TemplatesService) List(ctx context.Context, params *ListTemplatesParams, opts ...CallOption) ([]Template, error) {
	p, query := orDefaults(params), url.Values{}
	for _, status := range p.Status {
		query.Add("status", string(status))
	}
	if p.Purpose != "" {
		query.Set("purpose", string(p.Purpose))
	}
	list, err := call[[]Template](ctx, s.client, request{method: http.MethodGet, route: "/api/v1/templates", query: query}, opts)
	if err != nil {
		return nil, err
	}
	return *list, nil
}

// Create saves a new Template (announced, scope templates:write). Errors beside the usual: ErrNotFound for an id,
// ErrValidationFailed with Details["reason"] template_invalid and every fault of the definition in Error.Issues.
func (s *TemplatesService) Create(ctx context.Context, params *CreateTemplateParams, opts ...CallOption) (*Template, error) {
	r := request{method: http.MethodPost, route: "/api/v1/templates", body: params}
	if params != nil {
		body := *params
		body.Definition = r.issues.object("/definition", params.Definition)
		r.body = body
	}
	return call[Template](ctx, s.client, r, opts)
}

// Retrieve gives a Template with its definition (announced, scope templates:read), or ErrNotFound.
func (s *TemplatesService) Retrieve(ctx context.Context, id string, opts ...CallOption) (*Template, error) {
	return call[Template](ctx, s.client, request{method: http.MethodGet, route: "/api/v1/templates/{id}", path: []string{id}}, opts)
}

// Update changes a Template (documented, scope templates:write). What was accepted before keeps the content it was
// accepted with. Errors beside the usual: ErrNotFound, ErrInvalidState with Details["findings"] for what an Active or Paused
// Journey could not be activated with, ErrValidationFailed with Details["reason"] template_invalid and every fault of the
// definition in Error.Issues.
func (s *TemplatesService) Update(ctx context.Context, id string, params *UpdateTemplateParams, opts ...CallOption) (*Template, error) {
	r := request{method: http.MethodPut, route: "/api/v1/templates/{id}", path: []string{id}, body: params}
	if params != nil {
		body := *params
		body.Definition = r.issues.object("/definition", params.Definition)
		r.body = body
	}
	return call[Template](ctx, s.client, r, opts)
}

// Delete removes a Template (announced, scope templates:write). Errors beside the usual: ErrNotFound, ErrInvalidState for
// one that something still uses.
func (s *TemplatesService) Delete(ctx context.Context, id string, opts ...CallOption) error {
	_, err := s.client.do(ctx, request{method: http.MethodDelete, route: "/api/v1/templates/{id}", path: []string{id}}, nil, opts)
	return err
}

// Duplicate makes a Template with the same content, named "… (copy)" (announced, scope templates:write). ErrNotFound
// beside the usual errors.
func (s *TemplatesService) Duplicate(ctx context.Context, id string, opts ...CallOption) (*Template, error) {
	r := request{method: http.MethodPost, route: "/api/v1/templates/{id}/duplicate", path: []string{id}}
	return call[Template](ctx, s.client, r, opts)
}

// Archive takes a Template out of use and loses nothing (announced, scope templates:write). Errors beside the usual:
// ErrNotFound, ErrInvalidState with Details["findings"] while an Active or Paused Journey uses it.
func (s *TemplatesService) Archive(ctx context.Context, id string, opts ...CallOption) (*Template, error) {
	r := request{method: http.MethodPost, route: "/api/v1/templates/{id}/archive", path: []string{id}}
	return call[Template](ctx, s.client, r, opts)
}

// Unarchive brings an archived Template back (announced, scope templates:write). ErrNotFound beside the usual errors.
func (s *TemplatesService) Unarchive(ctx context.Context, id string, opts ...CallOption) (*Template, error) {
	r := request{method: http.MethodPost, route: "/api/v1/templates/{id}/unarchive", path: []string{id}}
	return call[Template](ctx, s.client, r, opts)
}
