package product

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/api"
	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/gateway"
	"github.com/segmentflow/segmentflow-go/emulator/internal/wire"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// Broadcasts. Documented: create and retrieve, the statuses, exact stats, and that the API cannot send at once.
// Announced: the rest of the lifecycle. Its routes and shapes are decided here. What the calls do is in carriers*.go of
// package world.

// CreateBroadcast creates a draft, or a scheduled Broadcast if send is true and scheduledAt is given.
func (s handlers) CreateBroadcast(
	ctx context.Context, request api.CreateBroadcastRequestObject,
) (api.CreateBroadcastResponseObject, error) {
	call := callOf(ctx)
	scheduled := request.Body.Send != nil && *request.Body.Send
	if scheduled {
		if request.Body.ScheduledAt == nil {
			return nil, errSendNow()
		}
		ops := wire.Operations()
		schedule := ops[slices.IndexFunc(ops, func(op wire.Operation) bool { return op.ID == "scheduleBroadcast" })]
		if err := checkPermission(call.apiKey, &schedule); err != nil {
			return nil, err
		}
		accepted := *call.op
		accepted.Success = http.StatusAccepted
		call.op = &accepted
	}

	return s.write(ctx, func(tx *world.Tx) (any, error) {
		c, err := tx.CreateBroadcast(carrierEditOf(ctx))
		if err == nil && scheduled {
			c, err = tx.ScheduleCarrier(world.CarrierBroadcast, c.ID, *request.Body.ScheduledAt)
		}
		if err != nil {
			return nil, err
		}
		return api.CreatedId{Id: c.ID}, nil
	})
}

// PreparePublicBroadcast creates a draft that could be sent. It is an older route.
func (s handlers) PreparePublicBroadcast(
	ctx context.Context, _ api.PreparePublicBroadcastRequestObject,
) (api.PreparePublicBroadcastResponseObject, error) {
	edit := carrierEditOf(ctx)
	edit.Subject = membersOf(ctx).text("subjectOverride")
	return s.write(ctx, func(tx *world.Tx) (any, error) {
		prepared, err := tx.PrepareBroadcast(edit)
		if err != nil {
			return nil, atOverride(err)
		}
		return api.PreparedBroadcast{
			PreparedSendId: prepared.ID,
			AudienceCount:  int64(prepared.Eligible),
			SubjectPreview: nullIfEmpty(prepared.SubjectPreview),
			SenderProfile:  wireSender(prepared),
			ExpiresAt:      world.Stamp(prepared.ExpiresAt),
		}, nil
	})
}

// atOverride makes findings about the subject point to subjectOverride.
func atOverride(err error) error {
	if problem, ok := errors.AsType[*world.Problem](err); ok {
		findings, _ := problem.Details["issues"].([]cond.Finding)
		for i := range findings {
			findings[i].Path = strings.Replace(findings[i].Path, "/subject", "/subjectOverride", 1)
		}
	}
	return err
}

// SendPreparedBroadcast refuses to send a draft that was prepared. It is an older route.
func (s handlers) SendPreparedBroadcast(
	ctx context.Context, request api.SendPreparedBroadcastRequestObject,
) (api.SendPreparedBroadcastResponseObject, error) {
	if request.Body.ScheduleAt != nil {
		return nil, gateway.ErrNotImplemented
	}
	return s.read(ctx, func(tx *world.Tx) (any, error) {
		if err := tx.CheckPrepared(request.Body.PreparedSendId); err != nil {
			return nil, err
		}
		return nil, errSendNow()
	})
}

// SendPublicBroadcast refuses to send. It is an older route.
func (handlers) SendPublicBroadcast(
	_ context.Context, request api.SendPublicBroadcastRequestObject,
) (api.SendPublicBroadcastResponseObject, error) {
	if request.Body.ScheduleAt != nil {
		return nil, gateway.ErrNotImplemented
	}
	return nil, errSendNow()
}

// RetrieveBroadcast returns a Broadcast.
func (s handlers) RetrieveBroadcast(
	ctx context.Context, request api.RetrieveBroadcastRequestObject,
) (api.RetrieveBroadcastResponseObject, error) {
	return s.showCarrier(ctx, world.CarrierBroadcast, request.Id)
}

// ListBroadcasts lists the Organization's Broadcasts.
func (s handlers) ListBroadcasts(
	ctx context.Context, request api.ListBroadcastsRequestObject,
) (api.ListBroadcastsResponseObject, error) {
	page, err := pageOf("broadcasts", wire.InQuery, request.Params.Cursor, request.Params.Limit)
	if err != nil {
		return nil, err
	}
	return s.read(ctx, func(tx *world.Tx) (any, error) {
		found, err := tx.Carriers(page, world.CarrierFilter{
			Type:     world.CarrierBroadcast,
			Statuses: statusesOf(request.Params.Status),
		})
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
func (s handlers) UpdateBroadcast(
	ctx context.Context, request api.UpdateBroadcastRequestObject,
) (api.UpdateBroadcastResponseObject, error) {
	return s.changeCarrier(ctx, func(tx *world.Tx) (*world.Carrier, error) {
		return tx.EditCarrier(world.CarrierBroadcast, request.Id, carrierEditOf(ctx))
	})
}

// DuplicateBroadcast creates a draft with the same content.
func (s handlers) DuplicateBroadcast(
	ctx context.Context, request api.DuplicateBroadcastRequestObject,
) (api.DuplicateBroadcastResponseObject, error) {
	return s.changeCarrier(ctx, func(tx *world.Tx) (*world.Carrier, error) {
		return tx.CopyCarrier(world.CarrierBroadcast, request.Id)
	})
}

// PreviewBroadcast returns the audience and a sample email.
func (s handlers) PreviewBroadcast(
	ctx context.Context, request api.PreviewBroadcastRequestObject,
) (api.PreviewBroadcastResponseObject, error) {
	return s.showPreview(ctx, world.CarrierBroadcast, request.Id, request.Body)
}

// PreflightBroadcast reports whether a Broadcast could be sent now.
func (s handlers) PreflightBroadcast(
	ctx context.Context, request api.PreflightBroadcastRequestObject,
) (api.PreflightBroadcastResponseObject, error) {
	return s.showPreflight(ctx, world.CarrierBroadcast, request.Id)
}

// TestBroadcast sends the email to one recipient.
func (s handlers) TestBroadcast(
	ctx context.Context, request api.TestBroadcastRequestObject,
) (api.TestBroadcastResponseObject, error) {
	recipient := recipientOf(request.Body.ProfileId, request.Body.Email)
	return s.sendTest(ctx, world.CarrierBroadcast, request.Id, recipient)
}

// ScheduleBroadcast schedules a draft to be sent at a time.
func (s handlers) ScheduleBroadcast(
	ctx context.Context, request api.ScheduleBroadcastRequestObject,
) (api.ScheduleBroadcastResponseObject, error) {
	return s.changeCarrier(ctx, func(tx *world.Tx) (*world.Carrier, error) {
		return tx.ScheduleCarrier(world.CarrierBroadcast, request.Id, request.Body.ScheduledAt)
	})
}

// CancelBroadcast cancels what has not been sent.
func (s handlers) CancelBroadcast(
	ctx context.Context, request api.CancelBroadcastRequestObject,
) (api.CancelBroadcastResponseObject, error) {
	return s.changeCarrier(ctx, func(tx *world.Tx) (*world.Carrier, error) {
		return tx.CancelCarrier(world.CarrierBroadcast, request.Id)
	})
}

// RetrieveBroadcastResults returns the results of a Broadcast.
func (s handlers) RetrieveBroadcastResults(
	ctx context.Context, request api.RetrieveBroadcastResultsRequestObject,
) (api.RetrieveBroadcastResultsResponseObject, error) {
	return s.showResults(ctx, world.CarrierBroadcast, request.Id)
}

// CreateBroadcastConfirmation prepares a draft for a person to confirm in the dashboard.
func (s handlers) CreateBroadcastConfirmation(
	ctx context.Context, request api.CreateBroadcastConfirmationRequestObject,
) (api.CreateBroadcastConfirmationResponseObject, error) {
	return s.createConfirmation(ctx, world.CarrierBroadcast, request.Id)
}

// ArchiveBroadcast archives a draft or a finished Broadcast.
func (s handlers) ArchiveBroadcast(
	ctx context.Context, request api.ArchiveBroadcastRequestObject,
) (api.ArchiveBroadcastResponseObject, error) {
	return s.changeCarrier(ctx, func(tx *world.Tx) (*world.Carrier, error) {
		return tx.ArchiveCarrier(world.CarrierBroadcast, request.Id)
	})
}

func (r reply) VisitPreparePublicBroadcastResponse(w http.ResponseWriter) error   { return r.write(w) }
func (r reply) VisitSendPreparedBroadcastResponse(w http.ResponseWriter) error    { return r.write(w) }
func (r reply) VisitSendPublicBroadcastResponse(w http.ResponseWriter) error      { return r.write(w) }
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
