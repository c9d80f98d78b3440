package product

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"

	"github.com/oapi-codegen/nullable"

	"github.com/segmentflow/segmentflow-go/emulator/internal/api"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// ListTemplates lists the Templates, newest first, without their definitions.
func (s handlers) ListTemplates(
	ctx context.Context, request api.ListTemplatesRequestObject,
) (api.ListTemplatesResponseObject, error) {
	return s.read(ctx, func(tx *world.Tx) (any, error) {
		found, err := tx.ListTemplates(texts(request.Params.Status), text(request.Params.Purpose))
		if err != nil {
			return nil, err
		}
		list := make([]api.Template, len(found))
		for i := range found {
			if list[i], err = wireTemplate(tx, &found[i]); err != nil {
				return nil, err
			}
		}
		return list, nil
	})
}

// ListPublicTemplates lists the newest Templates with fewer members. It is an older route.
func (s handlers) ListPublicTemplates(
	ctx context.Context, request api.ListPublicTemplatesRequestObject,
) (api.ListPublicTemplatesResponseObject, error) {
	statuses, limit := []string{}, 50
	if status := text(request.Params.Status); status != "" {
		statuses = append(statuses, status)
	}
	if request.Params.PageSize != nil {
		limit = *request.Params.PageSize
	}
	return s.read(ctx, func(tx *world.Tx) (any, error) {
		found, err := tx.ListTemplates(statuses, text(request.Params.Purpose))
		if err != nil {
			return nil, err
		}
		list := make([]api.PublicTemplate, min(limit, len(found)))
		for i := range list {
			t, err := wireTemplate(tx, &found[i])
			if err != nil {
				return nil, err
			}
			list[i] = api.PublicTemplate{
				Id:             t.Id,
				OrganizationId: t.OrganizationId,
				Name:           t.Name,
				Type:           t.Type,
				Status:         t.Status,
				Purpose:        t.Purpose,
				IsComplete:     t.IsComplete,
				Language:       t.Language,
				CreatedAt:      t.CreatedAt,
				UpdatedAt:      t.UpdatedAt,
			}
		}
		return list, nil
	})
}

// CreateTemplate saves a new Template.
func (s handlers) CreateTemplate(
	ctx context.Context, request api.CreateTemplateRequestObject,
) (api.CreateTemplateResponseObject, error) {
	body := request.Body
	edit := world.TemplateEdit{
		Name:             &body.Name,
		SubType:          body.SubType,
		Language:         body.Language,
		Definition:       body.Definition,
		SenderProfileID:  given(body.SenderProfileId),
		BrandKitID:       given(body.BrandKitId),
		DefaultSegmentID: given(body.DefaultSegmentId),
	}
	return s.changeTemplate(ctx, func(tx *world.Tx) (*world.Template, error) {
		return tx.CreateTemplate(text(body.Purpose), edit)
	})
}

// RetrieveTemplate returns a Template with its definition.
func (s handlers) RetrieveTemplate(
	ctx context.Context, request api.RetrieveTemplateRequestObject,
) (api.RetrieveTemplateResponseObject, error) {
	return s.read(ctx, func(tx *world.Tx) (any, error) {
		t, err := tx.TemplateWith(request.Id)
		if err != nil {
			return nil, err
		}
		return showTemplate(tx, t)
	})
}

// UpdateTemplate changes the members that are given. A changed definition makes a new snapshot; emails that were
// accepted before keep the old one.
func (s handlers) UpdateTemplate(
	ctx context.Context, request api.UpdateTemplateRequestObject,
) (api.UpdateTemplateResponseObject, error) {
	body := request.Body
	edit := world.TemplateEdit{
		Name:             body.Name,
		SubType:          body.SubType,
		Language:         body.Language,
		Definition:       body.Definition,
		SenderProfileID:  given(body.SenderProfileId),
		BrandKitID:       given(body.BrandKitId),
		DefaultSegmentID: given(body.DefaultSegmentId),
	}
	return s.changeTemplate(ctx, func(tx *world.Tx) (*world.Template, error) {
		return tx.UpdateTemplate(request.Id, edit)
	})
}

// DeleteTemplate deletes a Template that nothing uses.
func (s handlers) DeleteTemplate(
	ctx context.Context, request api.DeleteTemplateRequestObject,
) (api.DeleteTemplateResponseObject, error) {
	return s.write(ctx, func(tx *world.Tx) (any, error) { return nil, tx.RemoveTemplate(request.Id) })
}

// DuplicateTemplate creates an Active Template with the same content.
func (s handlers) DuplicateTemplate(
	ctx context.Context, request api.DuplicateTemplateRequestObject,
) (api.DuplicateTemplateResponseObject, error) {
	return s.changeTemplate(ctx, func(tx *world.Tx) (*world.Template, error) {
		return tx.CopyTemplate(request.Id)
	})
}

// ArchiveTemplate takes a Template out of use and deletes nothing.
func (s handlers) ArchiveTemplate(
	ctx context.Context, request api.ArchiveTemplateRequestObject,
) (api.ArchiveTemplateResponseObject, error) {
	return s.changeTemplate(ctx, func(tx *world.Tx) (*world.Template, error) {
		return tx.SetTemplateStatus(request.Id, world.Archived)
	})
}

// UnarchiveTemplate makes an archived Template Active again.
func (s handlers) UnarchiveTemplate(
	ctx context.Context, request api.UnarchiveTemplateRequestObject,
) (api.UnarchiveTemplateResponseObject, error) {
	return s.changeTemplate(ctx, func(tx *world.Tx) (*world.Template, error) {
		return tx.SetTemplateStatus(request.Id, world.Active)
	})
}

// changeTemplate carries out an act and returns the changed Template.
func (s handlers) changeTemplate(ctx context.Context, act func(tx *world.Tx) (*world.Template, error)) (reply, error) {
	return s.write(ctx, func(tx *world.Tx) (any, error) {
		t, err := act(tx)
		if err != nil {
			return nil, err
		}
		return showTemplate(tx, t)
	})
}

func (r reply) VisitListTemplatesResponse(w http.ResponseWriter) error       { return r.write(w) }
func (r reply) VisitListPublicTemplatesResponse(w http.ResponseWriter) error { return r.write(w) }
func (r reply) VisitCreateTemplateResponse(w http.ResponseWriter) error      { return r.write(w) }
func (r reply) VisitRetrieveTemplateResponse(w http.ResponseWriter) error    { return r.write(w) }
func (r reply) VisitUpdateTemplateResponse(w http.ResponseWriter) error      { return r.write(w) }
func (r reply) VisitDeleteTemplateResponse(w http.ResponseWriter) error      { return r.write(w) }
func (r reply) VisitDuplicateTemplateResponse(w http.ResponseWriter) error   { return r.write(w) }
func (r reply) VisitArchiveTemplateResponse(w http.ResponseWriter) error     { return r.write(w) }
func (r reply) VisitUnarchiveTemplateResponse(w http.ResponseWriter) error   { return r.write(w) }

// showTemplate returns a Template with its definition.
func showTemplate(tx *world.Tx, t *world.Template) (api.Template, error) {
	shown, err := wireTemplate(tx, t)
	if err != nil {
		return shown, err
	}
	shown.Definition, err = tx.Snapshot(t.SnapshotID)
	return shown, err
}

// wireTemplate returns a Template as lists show it, without its definition.
func wireTemplate(tx *world.Tx, t *world.Template) (api.Template, error) {
	complete, err := tx.IsComplete(t)
	return api.Template{
		Id:                  t.ID,
		OrganizationId:      tx.Org,
		Name:                t.Name,
		Type:                cmp.Or(t.SubType, "Email"),
		Status:              api.TemplateStatus(t.Status),
		Purpose:             api.TemplatePurpose(t.Purpose),
		Source:              t.Source,
		Language:            nullIfEmpty(t.Language),
		SenderProfileId:     nullIfEmpty(t.SenderProfileID),
		BrandKitId:          nullIfEmpty(t.BrandKitID),
		DefaultSegmentId:    nullIfEmpty(t.DefaultSegmentID),
		CurrentSnapshotId:   nullIfEmpty(t.SnapshotID),
		IsComplete:          complete,
		LastGeneratedAt:     nullIfEmpty(""),
		LastGenerationError: nullIfEmpty(""),
		WebsiteId:           nullIfEmpty(""),
		Website:             nullable.NewNullNullable[json.RawMessage](),
		CreatedAt:           world.Stamp(t.CreatedAt),
		UpdatedAt:           world.Stamp(t.UpdatedAt),
	}, err
}
