package product

import (
	"context"
	"net/http"

	"github.com/segmentflow/segmentflow-go/emulator/internal/api"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// The calls on one Issue. They are the same as those on a Broadcast.

// RetrieveNewsletterIssue returns an Issue.
func (s handlers) RetrieveNewsletterIssue(
	ctx context.Context, request api.RetrieveNewsletterIssueRequestObject,
) (api.RetrieveNewsletterIssueResponseObject, error) {
	return s.showCarrier(ctx, world.CarrierNewsletterIssue, request.Id)
}

// UpdateNewsletterIssue changes a draft.
func (s handlers) UpdateNewsletterIssue(
	ctx context.Context, request api.UpdateNewsletterIssueRequestObject,
) (api.UpdateNewsletterIssueResponseObject, error) {
	return s.changeCarrier(ctx, func(tx *world.Tx) (*world.Carrier, error) {
		return tx.EditCarrier(world.CarrierNewsletterIssue, request.Id, carrierEditOf(ctx))
	})
}

// DuplicateNewsletterIssue creates a draft with the same content.
func (s handlers) DuplicateNewsletterIssue(
	ctx context.Context, request api.DuplicateNewsletterIssueRequestObject,
) (api.DuplicateNewsletterIssueResponseObject, error) {
	return s.changeCarrier(ctx, func(tx *world.Tx) (*world.Carrier, error) {
		return tx.CopyCarrier(world.CarrierNewsletterIssue, request.Id)
	})
}

// PreviewNewsletterIssue returns the audience and a sample email.
func (s handlers) PreviewNewsletterIssue(
	ctx context.Context, request api.PreviewNewsletterIssueRequestObject,
) (api.PreviewNewsletterIssueResponseObject, error) {
	return s.showPreview(ctx, world.CarrierNewsletterIssue, request.Id, request.Body)
}

// PreflightNewsletterIssue reports whether an Issue could be sent now.
func (s handlers) PreflightNewsletterIssue(
	ctx context.Context, request api.PreflightNewsletterIssueRequestObject,
) (api.PreflightNewsletterIssueResponseObject, error) {
	return s.showPreflight(ctx, world.CarrierNewsletterIssue, request.Id)
}

// TestNewsletterIssue sends the email to one recipient.
func (s handlers) TestNewsletterIssue(
	ctx context.Context, request api.TestNewsletterIssueRequestObject,
) (api.TestNewsletterIssueResponseObject, error) {
	recipient := recipientOf(request.Body.ProfileId, request.Body.Email)
	return s.sendTest(ctx, world.CarrierNewsletterIssue, request.Id, recipient)
}

// ScheduleNewsletterIssue schedules a draft to be sent at a time.
func (s handlers) ScheduleNewsletterIssue(
	ctx context.Context, request api.ScheduleNewsletterIssueRequestObject,
) (api.ScheduleNewsletterIssueResponseObject, error) {
	return s.changeCarrier(ctx, func(tx *world.Tx) (*world.Carrier, error) {
		return tx.ScheduleCarrier(world.CarrierNewsletterIssue, request.Id, request.Body.ScheduledAt)
	})
}

// CancelNewsletterIssue cancels what has not been sent.
func (s handlers) CancelNewsletterIssue(
	ctx context.Context, request api.CancelNewsletterIssueRequestObject,
) (api.CancelNewsletterIssueResponseObject, error) {
	return s.changeCarrier(ctx, func(tx *world.Tx) (*world.Carrier, error) {
		return tx.CancelCarrier(world.CarrierNewsletterIssue, request.Id)
	})
}

// RetrieveNewsletterIssueResults returns the results of an Issue.
func (s handlers) RetrieveNewsletterIssueResults(
	ctx context.Context, request api.RetrieveNewsletterIssueResultsRequestObject,
) (api.RetrieveNewsletterIssueResultsResponseObject, error) {
	return s.showResults(ctx, world.CarrierNewsletterIssue, request.Id)
}

// CreateNewsletterIssueConfirmation prepares a draft for a person to confirm in the dashboard.
func (s handlers) CreateNewsletterIssueConfirmation(
	ctx context.Context, request api.CreateNewsletterIssueConfirmationRequestObject,
) (api.CreateNewsletterIssueConfirmationResponseObject, error) {
	return s.createConfirmation(ctx, world.CarrierNewsletterIssue, request.Id)
}

// ArchiveNewsletterIssue archives a draft or a finished Issue.
func (s handlers) ArchiveNewsletterIssue(
	ctx context.Context, request api.ArchiveNewsletterIssueRequestObject,
) (api.ArchiveNewsletterIssueResponseObject, error) {
	return s.changeCarrier(ctx, func(tx *world.Tx) (*world.Carrier, error) {
		return tx.ArchiveCarrier(world.CarrierNewsletterIssue, request.Id)
	})
}

func (r reply) VisitRetrieveNewsletterIssueResponse(w http.ResponseWriter) error  { return r.write(w) }
func (r reply) VisitUpdateNewsletterIssueResponse(w http.ResponseWriter) error    { return r.write(w) }
func (r reply) VisitDuplicateNewsletterIssueResponse(w http.ResponseWriter) error { return r.write(w) }
func (r reply) VisitPreviewNewsletterIssueResponse(w http.ResponseWriter) error   { return r.write(w) }
func (r reply) VisitPreflightNewsletterIssueResponse(w http.ResponseWriter) error { return r.write(w) }
func (r reply) VisitTestNewsletterIssueResponse(w http.ResponseWriter) error      { return r.write(w) }
func (r reply) VisitScheduleNewsletterIssueResponse(w http.ResponseWriter) error  { return r.write(w) }
func (r reply) VisitCancelNewsletterIssueResponse(w http.ResponseWriter) error    { return r.write(w) }
func (r reply) VisitRetrieveNewsletterIssueResultsResponse(w http.ResponseWriter) error {
	return r.write(w)
}
func (r reply) VisitCreateNewsletterIssueConfirmationResponse(w http.ResponseWriter) error {
	return r.write(w)
}
func (r reply) VisitArchiveNewsletterIssueResponse(w http.ResponseWriter) error { return r.write(w) }
