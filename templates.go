package segmentflow

import (
	"context"
	"encoding/json"
	"net/url"
	"time"
)

// Documented: listing and updating Templates, and their fields.
// Announced, with routes decided here: create, retrieve, delete, duplicate, archive, unarchive.

// TemplatesService manages Templates. It is [Client].Templates.
type TemplatesService struct{ client *Client }

// Template is the saved content of an email.
type Template struct {
	ID                  string           `json:"id"`
	OrganizationID      string           `json:"organizationId"`
	Name                string           `json:"name"`
	Type                string           `json:"type"` // the SubType, or Email if none was set (decided here)
	Status              TemplateStatus   `json:"status"`
	Purpose             TemplatePurpose  `json:"purpose"`
	SenderProfileID     *string          `json:"senderProfileId"`
	BrandKitID          *string          `json:"brandKitId"`
	DefaultSegmentID    *string          `json:"defaultSegmentId"`
	Source              string           `json:"source"` // origin, such as api or seed
	Language            *string          `json:"language"`
	IsComplete          bool             `json:"isComplete"` // has a subject, a body and a sender (decided here)
	LastGeneratedAt     *time.Time       `json:"lastGeneratedAt"`
	LastGenerationError *string          `json:"lastGenerationError"`
	WebsiteID           *string          `json:"websiteId"`
	Website             *json.RawMessage `json:"website"`
	CurrentSnapshotID   *string          `json:"currentSnapshotId"`   // the version that the next send uses
	Definition          json.RawMessage  `json:"definition,omitzero"` // as it was saved; nil in lists
	CreatedAt           time.Time        `json:"createdAt"`
	UpdatedAt           time.Time        `json:"updatedAt"`
}

// TemplateStatus reports whether a Template can be used (documented). The API may return other values than those listed
// here.
type TemplateStatus string

// An Archived Template keeps its content and can be unarchived.
const (
	TemplateStatusActive   TemplateStatus = "Active"
	TemplateStatusArchived TemplateStatus = "Archived"
)

// TemplatePurpose is the purpose of a Template (documented). The API may return other values than those listed here.
type TemplatePurpose string

// [EmailsService.Send] accepts only Transactional Templates.
const (
	TemplatePurposeGeneral            TemplatePurpose = "General"
	TemplatePurposeNewsletter         TemplatePurpose = "Newsletter"
	TemplatePurposePromotional        TemplatePurpose = "Promotional"
	TemplatePurposeTransactional      TemplatePurpose = "Transactional"
	TemplatePurposeLeadMagnetDelivery TemplatePurpose = "LeadMagnetDelivery"
)

// ListTemplatesParams narrows a list of Templates. Every field is optional.
type ListTemplatesParams struct {
	Status  []TemplateStatus `json:"status,omitzero"` // any of these
	Purpose TemplatePurpose  `json:"purpose,omitzero"`
}

// CreateTemplateParams describes a new Template.
type CreateTemplateParams struct {
	Name    string          `json:"name"`             // required, at most 200 characters
	Purpose TemplatePurpose `json:"purpose,omitzero"` // General by default (decided here)
	// Definition is a map, a struct or a json.RawMessage, with the members from, subject, body, …
	Definition       any    `json:"definition,omitzero"`
	SenderProfileID  string `json:"senderProfileId,omitzero"`
	BrandKitID       string `json:"brandKitId,omitzero"`
	SubType          string `json:"subType,omitzero"`
	DefaultSegmentID string `json:"defaultSegmentId,omitzero"`
	Language         string `json:"language,omitzero"` // a tag such as en or de-AT
}

// UpdateTemplateParams contains changes to a Template. A field that is not set stays as it is; [Null] clears it.
type UpdateTemplateParams struct {
	Name string `json:"name,omitzero"`
	// Definition is a map, a struct or a json.RawMessage. It replaces the whole definition.
	Definition       any              `json:"definition,omitzero"`
	SenderProfileID  Nullable[string] `json:"senderProfileId,omitzero"`
	BrandKitID       Nullable[string] `json:"brandKitId,omitzero"`
	SubType          string           `json:"subType,omitzero"`
	DefaultSegmentID Nullable[string] `json:"defaultSegmentId,omitzero"`
	Language         string           `json:"language,omitzero"`
}

// List returns all Templates without their definitions, newest first and not in pages (documented, scope
// templates:read). Params may be nil.
func (s *TemplatesService) List(
	ctx context.Context, params *ListTemplatesParams, opts ...CallOption,
) ([]Template, error) {
	given, query := orDefaults(params), url.Values{}
	for _, status := range given.Status {
		query.Add("status", string(status))
	}
	if given.Purpose != "" {
		query.Set("purpose", string(given.Purpose))
	}

	req := request{op: listTemplates, query: query}
	list, err := call[[]Template](ctx, s.client, req, opts)
	if list == nil {
		return nil, err
	}
	return *list, err
}

// Create saves a new Template (announced, scope templates:write). Besides the usual errors: ErrNotFound for an id in
// params, and ErrValidationFailed with Details["reason"] template_invalid and every fault of the definition in
// Error.Issues.
func (s *TemplatesService) Create(
	ctx context.Context, params *CreateTemplateParams, opts ...CallOption,
) (*Template, error) {
	req := request{op: createTemplate, body: params}
	if params != nil {
		body := *params
		body.Definition = req.issues.object("/definition", params.Definition)
		req.body = body
	}
	return call[Template](ctx, s.client, req, opts)
}

// Retrieve returns a Template with its definition (announced, scope templates:read). Besides the usual errors:
// ErrNotFound.
func (s *TemplatesService) Retrieve(ctx context.Context, id string, opts ...CallOption) (*Template, error) {
	req := request{op: retrieveTemplate, path: []string{id}}
	return call[Template](ctx, s.client, req, opts)
}

// Update changes a Template (documented, scope templates:write). Emails that were accepted earlier keep the content
// that they were accepted with.
//
// Besides the usual errors: ErrNotFound; ErrInvalidState with Details["findings"] if an Active or Paused Journey could
// not be activated with the change; and ErrValidationFailed with Details["reason"] template_invalid and every fault of
// the definition in Error.Issues.
func (s *TemplatesService) Update(
	ctx context.Context, id string, params *UpdateTemplateParams, opts ...CallOption,
) (*Template, error) {
	req := request{op: updateTemplate, path: []string{id}, body: params}
	if params != nil {
		body := *params
		body.Definition = req.issues.object("/definition", params.Definition)
		req.body = body
	}
	return call[Template](ctx, s.client, req, opts)
}

// Delete deletes a Template (announced, scope templates:write). Besides the usual errors: ErrNotFound, and
// ErrInvalidState if the Template is in use.
func (s *TemplatesService) Delete(ctx context.Context, id string, opts ...CallOption) error {
	req := request{op: deleteTemplate, path: []string{id}}
	_, err := s.client.do(ctx, req, nil, opts)
	return err
}

// Duplicate creates a Template with the same content, named "… (copy)" (announced, scope templates:write). Besides
// the usual errors: ErrNotFound.
func (s *TemplatesService) Duplicate(ctx context.Context, id string, opts ...CallOption) (*Template, error) {
	req := request{op: duplicateTemplate, path: []string{id}}
	return call[Template](ctx, s.client, req, opts)
}

// Archive takes a Template out of use and loses nothing (announced, scope templates:write). Besides the usual errors:
// ErrNotFound, and ErrInvalidState with Details["findings"] while an Active or Paused Journey uses the Template.
func (s *TemplatesService) Archive(ctx context.Context, id string, opts ...CallOption) (*Template, error) {
	req := request{op: archiveTemplate, path: []string{id}}
	return call[Template](ctx, s.client, req, opts)
}

// Unarchive brings an archived Template back (announced, scope templates:write). Besides the usual errors: ErrNotFound.
func (s *TemplatesService) Unarchive(ctx context.Context, id string, opts ...CallOption) (*Template, error) {
	req := request{op: unarchiveTemplate, path: []string{id}}
	return call[Template](ctx, s.client, req, opts)
}
