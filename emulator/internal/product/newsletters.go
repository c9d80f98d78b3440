package product

import (
	"context"
	"net/http"

	"github.com/segmentflow/segmentflow-go/emulator/internal/api"
	"github.com/segmentflow/segmentflow-go/emulator/internal/wire"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// CreateNewsletter creates a Newsletter.
func (s handlers) CreateNewsletter(
	ctx context.Context, _ api.CreateNewsletterRequestObject,
) (api.CreateNewsletterResponseObject, error) {
	return s.changeNewsletter(ctx, func(tx *world.Tx) (*world.Newsletter, error) {
		return tx.CreateNewsletter(newsletterEditOf(ctx))
	})
}

// RetrieveNewsletter returns a Newsletter.
func (s handlers) RetrieveNewsletter(
	ctx context.Context, request api.RetrieveNewsletterRequestObject,
) (api.RetrieveNewsletterResponseObject, error) {
	return s.read(ctx, func(tx *world.Tx) (any, error) {
		n, err := tx.NewsletterWith(request.Id)
		if err != nil {
			return nil, err
		}
		return wireNewsletter(n), nil
	})
}

// ListNewsletters lists the Organization's Newsletters.
func (s handlers) ListNewsletters(
	ctx context.Context, request api.ListNewslettersRequestObject,
) (api.ListNewslettersResponseObject, error) {
	page, err := pageOf("newsletters", wire.InQuery, request.Params.Cursor, request.Params.Limit)
	if err != nil {
		return nil, err
	}
	return s.read(ctx, func(tx *world.Tx) (any, error) {
		found, err := tx.ListNewsletters(page)
		if err != nil {
			return nil, err
		}
		reply := api.NewsletterPage{Newsletters: make([]api.Newsletter, len(found.Items))}
		reply.NextCursor, reply.PreviousCursor = cursors("newsletters", found)
		for i := range found.Items {
			reply.Newsletters[i] = wireNewsletter(&found.Items[i])
		}
		return reply, nil
	})
}

// UpdateNewsletter changes a Newsletter, and with it the Issues that have not been sent.
func (s handlers) UpdateNewsletter(
	ctx context.Context, request api.UpdateNewsletterRequestObject,
) (api.UpdateNewsletterResponseObject, error) {
	return s.changeNewsletter(ctx, func(tx *world.Tx) (*world.Newsletter, error) {
		return tx.UpdateNewsletter(request.Id, newsletterEditOf(ctx))
	})
}

// CreateNewsletterIssue creates a draft.
func (s handlers) CreateNewsletterIssue(
	ctx context.Context, request api.CreateNewsletterIssueRequestObject,
) (api.CreateNewsletterIssueResponseObject, error) {
	return s.changeCarrier(ctx, func(tx *world.Tx) (*world.Carrier, error) {
		return tx.CreateIssue(request.Id, carrierEditOf(ctx))
	})
}

// ListNewsletterIssues lists a Newsletter's Issues.
func (s handlers) ListNewsletterIssues(
	ctx context.Context, request api.ListNewsletterIssuesRequestObject,
) (api.ListNewsletterIssuesResponseObject, error) {
	page, err := pageOf("issues", wire.InQuery, request.Params.Cursor, request.Params.Limit)
	if err != nil {
		return nil, err
	}
	return s.read(ctx, func(tx *world.Tx) (any, error) {
		n, err := tx.NewsletterWith(request.Id)
		if err != nil {
			return nil, err
		}
		found, err := tx.Carriers(page, world.CarrierFilter{
			Type:         world.CarrierNewsletterIssue,
			NewsletterID: n.ID,
			Statuses:     statusesOf(request.Params.Status),
		})
		if err != nil {
			return nil, err
		}

		reply := api.NewsletterIssuePage{}
		reply.NextCursor, reply.PreviousCursor = cursors("issues", found)
		reply.Issues, err = wireCarriers(tx, found.Items, wireIssue)
		return reply, err
	})
}

// changeNewsletter carries out an act and returns the changed Newsletter.
func (s handlers) changeNewsletter(
	ctx context.Context, act func(tx *world.Tx) (*world.Newsletter, error),
) (reply, error) {
	return s.write(ctx, func(tx *world.Tx) (any, error) {
		n, err := act(tx)
		if err != nil {
			return nil, err
		}
		return wireNewsletter(n), nil
	})
}

// newsletterEditOf returns the members of a Newsletter that are in the call's body.
func newsletterEditOf(ctx context.Context) world.NewsletterEdit {
	body := membersOf(ctx)
	return world.NewsletterEdit{
		Name:                body.text("name"),
		Cadence:             body.text("cadence"),
		SubscriptionGroupID: body.text("subscriptionGroupId"),
		SenderProfileID:     body.text("senderProfileId"),
		TemplateID:          body.text("templateId"),
	}
}

func wireNewsletter(n *world.Newsletter) api.Newsletter {
	return api.Newsletter{
		Id:                  n.ID,
		Name:                n.Name,
		SubscriptionGroupId: n.SubscriptionGroupID,
		SenderProfileId:     n.SenderProfileID,
		TemplateId:          nullIfEmpty(n.TemplateID),
		Cadence:             nullIfEmpty(n.Cadence),
		CreatedAt:           world.Stamp(n.CreatedAt),
		UpdatedAt:           world.Stamp(n.UpdatedAt),
	}
}

func (r reply) VisitCreateNewsletterResponse(w http.ResponseWriter) error      { return r.write(w) }
func (r reply) VisitRetrieveNewsletterResponse(w http.ResponseWriter) error    { return r.write(w) }
func (r reply) VisitListNewslettersResponse(w http.ResponseWriter) error       { return r.write(w) }
func (r reply) VisitUpdateNewsletterResponse(w http.ResponseWriter) error      { return r.write(w) }
func (r reply) VisitCreateNewsletterIssueResponse(w http.ResponseWriter) error { return r.write(w) }
func (r reply) VisitListNewsletterIssuesResponse(w http.ResponseWriter) error  { return r.write(w) }
