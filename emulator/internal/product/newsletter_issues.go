package product

import (
	"context"
	"net/http"

	"github.com/segmentflow/segmentflow-go/emulator/internal/api"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// The calls on one Issue, which are those on a Broadcast.

// RetrieveNewsletterIssue shows an Issue as it stands now.
func (s service) RetrieveNewsletterIssue(ctx context.Context, request api.RetrieveNewsletterIssueRequestObject) (api.RetrieveNewsletterIssueResponseObject, error) {
	return s.showCarrier(ctx, world.CarrierNewsletterIssue, request.Id)
}

// UpdateNewsletterIssue changes a draft.
func (s service) UpdateNewsletterIssue(ctx context.Context, request api.UpdateNewsletterIssueRequestObject) (api.UpdateNewsletterIssueResponseObject, error) {
	return s.changeCarrier(ctx, func(tx *world.Tx) (*world.Carrier, error) {
		return tx.EditCarrier(world.CarrierNewsletterIssue, request.Id, carrierEditOf(ctx))
	})
}

// DuplicateNewsletterIssue makes a draft with the same content.
func (s service) DuplicateNewsletterIssue(ctx context.Context, request api.DuplicateNewsletterIssueRequestObject) (api.DuplicateNewsletterIssueResponseObject, error) {
	return s.changeCarrier(ctx, func(tx *world.Tx) (*world.Carrier, error) {
		return tx.CopyCarrier(world.CarrierNewsletterIssue, request.Id)
	})
}

// PreviewNewsletterIssue shows the audience and one mail.
func (s service) PreviewNewsletterIssue(ctx context.Context, request api.PreviewNewsletterIssueRequestObject) (api.PreviewNewsletterIssueResponseObject, error) {
	return s.showPreview(ctx, world.CarrierNewsletterIssue, request.Id, request.Body)
}

// PreflightNewsletterIssue says whether an Issue could leave now.
func (s service) PreflightNewsletterIssue(ctx context.Context, request api.PreflightNewsletterIssueRequestObject) (api.PreflightNewsletterIssueResponseObject, error) {
	return s.showPreflight(ctx, world.CarrierNewsletterIssue, request.Id)
}

// TestNewsletterIssue sends the mail to one recipient.
func (s service) TestNewsletterIssue(ctx context.Context, request api.TestNewsletterIssueRequestObject) (api.TestNewsletterIssueResponseObject, error) {
	return s.sendTest(ctx, world.CarrierNewsletterIssue, request.Id, recipientOf(request.Body.ProfileId, request.Body.Email))
}

// ScheduleNewsletterIssue lets a draft leave at a time.
func (s service) ScheduleNewsletterIssue(ctx context.Context, request api.ScheduleNewsletterIssueRequestObject) (api.ScheduleNewsletterIssueResponseObject, error) {
	return s.changeCarrier(ctx, func(tx *world.Tx) (*world.Carrier, error) {
		return tx.ScheduleCarrier(world.CarrierNewsletterIssue, request.Id, request.Body.ScheduledAt)
	})
}

// CancelNewsletterIssue takes back what has not left.
func (s service) CancelNewsletterIssue(ctx context.Context, request api.CancelNewsletterIssueRequestObject) (api.CancelNewsletterIssueResponseObject, error) {
	return s.changeCarrier(ctx, func(tx *world.Tx) (*world.Carrier, error) {
		return tx.CancelCarrier(world.CarrierNewsletterIssue, request.Id)
	})
}

// RetrieveNewsletterIssueResults shows what became of an Issue.
func (s service) RetrieveNewsletterIssueResults(ctx context.Context, request api.RetrieveNewsletterIssueResultsRequestObject) (api.RetrieveNewsletterIssueResultsResponseObject, error) {
	return s.showResults(ctx, world.CarrierNewsletterIssue, request.Id)
}

// CreateNewsletterIssueConfirmation hands a draft to a human.
func (s service) CreateNewsletterIssueConfirmation(ctx context.Context, request api.CreateNewsletterIssueConfirmationRequestObject) (api.CreateNewsletterIssueConfirmationResponseObject, error) {
	return s.handOver(ctx, world.CarrierNewsletterIssue, request.Id)
}

// ArchiveNewsletterIssue puts away a draft or a finished Issue.
func (s service) ArchiveNewsletterIssue(ctx context.Context, request api.ArchiveNewsletterIssueRequestObject) (api.ArchiveNewsletterIssueResponseObject, error) {
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
