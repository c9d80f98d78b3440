package product

import (
	"context"
	"net/http"
	"slices"

	"github.com/segmentflow/segmentflow-go/emulator/internal/api"
	"github.com/segmentflow/segmentflow-go/emulator/internal/wire"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// Broadcasts. Documented: create and retrieve, the statuses, exact stats, and that there is no send-now by API. Announced:
// the rest of the lifecycle, whose routes and shapes are decided here. What happens is in carriers*.go.

// CreateBroadcast makes a draft, or with send and scheduledAt a scheduled Broadcast.
func (s service) CreateBroadcast(ctx context.Context, request api.CreateBroadcastRequestObject) (api.CreateBroadcastResponseObject, error) {
	c := callOf(ctx)
	scheduled := request.Body.Send != nil && *request.Body.Send
	if scheduled {
		if request.Body.ScheduledAt == nil {
			return nil, sendNow()
		}
		ops := wire.Operations()
		schedule := ops[slices.IndexFunc(ops, func(op wire.Operation) bool { return op.ID == "scheduleBroadcast" })]
		if err := permits(c.apiKey, &schedule); err != nil {
			return nil, err
		}
		accepted := *c.op
		accepted.Success = http.StatusAccepted
		c.op = &accepted
	}
	return s.write(ctx, func(tx *world.Tx) (any, error) {
		made, err := tx.CreateBroadcast(carrierEditOf(ctx))
		if err == nil && scheduled {
			made, err = tx.ScheduleCarrier(world.CarrierBroadcast, made.ID, *request.Body.ScheduledAt)
		}
		if err != nil {
			return nil, err
		}
		return api.CreatedId{Id: made.ID}, nil
	})
}

// RetrieveBroadcast shows a Broadcast as it stands now.
func (s service) RetrieveBroadcast(ctx context.Context, request api.RetrieveBroadcastRequestObject) (api.RetrieveBroadcastResponseObject, error) {
	return s.showCarrier(ctx, world.CarrierBroadcast, request.Id)
}

// ListBroadcasts lists the Organization's Broadcasts.
func (s service) ListBroadcasts(ctx context.Context, request api.ListBroadcastsRequestObject) (api.ListBroadcastsResponseObject, error) {
	page, err := pageOf("broadcasts", wire.InQuery, request.Params.Cursor, request.Params.Limit)
	if err != nil {
		return nil, err
	}
	return s.read(ctx, func(tx *world.Tx) (any, error) {
		found, err := tx.Carriers(page, world.CarrierFilter{Type: world.CarrierBroadcast, Statuses: statusesOf(request.Params.Status)})
		if err != nil {
			return nil, err
		}
		reply := api.BroadcastPage{}
		reply.NextCursor, reply.PreviousCursor = cursors("broadcasts", found)
		reply.Broadcasts, err = wireCarriers(tx, found.Items, wireBroadcast)
		return reply, err
	})
}

// UpdateBroadcast changes a draft.
func (s service) UpdateBroadcast(ctx context.Context, request api.UpdateBroadcastRequestObject) (api.UpdateBroadcastResponseObject, error) {
	return s.changeCarrier(ctx, func(tx *world.Tx) (*world.Carrier, error) {
		return tx.EditCarrier(world.CarrierBroadcast, request.Id, carrierEditOf(ctx))
	})
}

// DuplicateBroadcast makes a draft with the same content.
func (s service) DuplicateBroadcast(ctx context.Context, request api.DuplicateBroadcastRequestObject) (api.DuplicateBroadcastResponseObject, error) {
	return s.changeCarrier(ctx, func(tx *world.Tx) (*world.Carrier, error) { return tx.CopyCarrier(world.CarrierBroadcast, request.Id) })
}

// PreviewBroadcast shows the audience and one mail.
func (s service) PreviewBroadcast(ctx context.Context, request api.PreviewBroadcastRequestObject) (api.PreviewBroadcastResponseObject, error) {
	return s.showPreview(ctx, world.CarrierBroadcast, request.Id, request.Body)
}

// PreflightBroadcast says whether a Broadcast could leave now.
func (s service) PreflightBroadcast(ctx context.Context, request api.PreflightBroadcastRequestObject) (api.PreflightBroadcastResponseObject, error) {
	return s.showPreflight(ctx, world.CarrierBroadcast, request.Id)
}

// TestBroadcast sends the mail to one recipient.
func (s service) TestBroadcast(ctx context.Context, request api.TestBroadcastRequestObject) (api.TestBroadcastResponseObject, error) {
	return s.sendTest(ctx, world.CarrierBroadcast, request.Id, recipientOf(request.Body.ProfileId, request.Body.Email))
}

// ScheduleBroadcast lets a draft leave at a time.
func (s service) ScheduleBroadcast(ctx context.Context, request api.ScheduleBroadcastRequestObject) (api.ScheduleBroadcastResponseObject, error) {
	return s.changeCarrier(ctx, func(tx *world.Tx) (*world.Carrier, error) {
		return tx.ScheduleCarrier(world.CarrierBroadcast, request.Id, request.Body.ScheduledAt)
	})
}

// CancelBroadcast takes back what has not left.
func (s service) CancelBroadcast(ctx context.Context, request api.CancelBroadcastRequestObject) (api.CancelBroadcastResponseObject, error) {
	return s.changeCarrier(ctx, func(tx *world.Tx) (*world.Carrier, error) {
		return tx.CancelCarrier(world.CarrierBroadcast, request.Id)
	})
}

// RetrieveBroadcastResults shows what became of a Broadcast.
func (s service) RetrieveBroadcastResults(ctx context.Context, request api.RetrieveBroadcastResultsRequestObject) (api.RetrieveBroadcastResultsResponseObject, error) {
	return s.showResults(ctx, world.CarrierBroadcast, request.Id)
}

// CreateBroadcastConfirmation hands a draft to a human.
func (s service) CreateBroadcastConfirmation(ctx context.Context, request api.CreateBroadcastConfirmationRequestObject) (api.CreateBroadcastConfirmationResponseObject, error) {
	return s.handOver(ctx, world.CarrierBroadcast, request.Id)
}

// ArchiveBroadcast puts away a draft or a finished Broadcast.
func (s service) ArchiveBroadcast(ctx context.Context, request api.ArchiveBroadcastRequestObject) (api.ArchiveBroadcastResponseObject, error) {
	return s.changeCarrier(ctx, func(tx *world.Tx) (*world.Carrier, error) {
		return tx.ArchiveCarrier(world.CarrierBroadcast, request.Id)
	})
}

func (r reply) VisitCreateBroadcastResponse(w http.ResponseWriter) error          { return r.write(w) }
func (r reply) VisitRetrieveBroadcastResponse(w http.ResponseWriter) error        { return r.write(w) }
func (r reply) VisitListBroadcastsResponse(w http.ResponseWriter) error           { return r.write(w) }
func (r reply) VisitUpdateBroadcastResponse(w http.ResponseWriter) error          { return r.write(w) }
func (r reply) VisitDuplicateBroadcastResponse(w http.ResponseWriter) error       { return r.write(w) }
func (r reply) VisitPreviewBroadcastResponse(w http.ResponseWriter) error         { return r.write(w) }
func (r reply) VisitPreflightBroadcastResponse(w http.ResponseWriter) error       { return r.write(w) }
func (r reply) VisitTestBroadcastResponse(w http.ResponseWriter) error            { return r.write(w) }
func (r reply) VisitScheduleBroadcastResponse(w http.ResponseWriter) error        { return r.write(w) }
func (r reply) VisitCancelBroadcastResponse(w http.ResponseWriter) error          { return r.write(w) }
func (r reply) VisitRetrieveBroadcastResultsResponse(w http.ResponseWriter) error { return r.write(w) }
func (r reply) VisitCreateBroadcastConfirmationResponse(w http.ResponseWriter) error {
	return r.write(w)
}
func (r reply) VisitArchiveBroadcastResponse(w http.ResponseWriter) error { return r.write(w) }
