package emulator

import (
	"context"
	"net/http"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/api"
	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
	"github.com/segmentflow/segmentflow-go/emulator/internal/wire"
)

// Newsletters and their Issues. Announced; every route and shape is decided here. An Issue is a carrier like a Broadcast:
// it goes to the Newsletter's subscribers, and what it does not say comes from the Newsletter.

// CreateNewsletter makes a Newsletter.
func (s service) CreateNewsletter(ctx context.Context, _ api.CreateNewsletterRequestObject) (api.CreateNewsletterResponseObject, error) {
	return s.write(ctx, func(tx *Tx) (any, error) { return tx.putNewsletter(&store.Newsletter{}, membersOf(ctx)) })
}

// RetrieveNewsletter shows a Newsletter.
func (s service) RetrieveNewsletter(ctx context.Context, request api.RetrieveNewsletterRequestObject) (api.RetrieveNewsletterResponseObject, error) {
	return s.read(ctx, func(tx *Tx) (any, error) {
		n, err := tx.newsletter(request.Id)
		if err != nil {
			return nil, err
		}
		return wireNewsletter(n), nil
	})
}

// ListNewsletters lists the Organization's Newsletters.
func (s service) ListNewsletters(ctx context.Context, request api.ListNewslettersRequestObject) (api.ListNewslettersResponseObject, error) {
	page, err := pageOf("newsletters", wire.InQuery, request.Params.Cursor, request.Params.Limit)
	if err != nil {
		return nil, err
	}
	return s.read(ctx, func(tx *Tx) (any, error) {
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

// UpdateNewsletter changes a Newsletter, and with it the Issues that have not left.
func (s service) UpdateNewsletter(ctx context.Context, request api.UpdateNewsletterRequestObject) (api.UpdateNewsletterResponseObject, error) {
	return s.write(ctx, func(tx *Tx) (any, error) {
		n, err := tx.newsletter(request.Id)
		if err != nil {
			return nil, err
		}
		return tx.putNewsletter(n, membersOf(ctx))
	})
}

// CreateNewsletterIssue makes a draft.
func (s service) CreateNewsletterIssue(ctx context.Context, request api.CreateNewsletterIssueRequestObject) (api.CreateNewsletterIssueResponseObject, error) {
	return s.changeCarrier(ctx, func(tx *Tx) (*carrier, error) {
		n, err := tx.newsletter(request.Id)
		if err != nil {
			return nil, err
		}
		made := &store.Carrier{Type: CarrierNewsletterIssue, NewsletterID: n.ID}
		if request.Body.Html == nil && request.Body.Text == nil {
			made.TemplateID = n.TemplateID
		}
		return tx.createCarrier(made, membersOf(ctx))
	})
}

// ListNewsletterIssues lists a Newsletter's Issues.
func (s service) ListNewsletterIssues(ctx context.Context, request api.ListNewsletterIssuesRequestObject) (api.ListNewsletterIssuesResponseObject, error) {
	page, err := pageOf("issues", wire.InQuery, request.Params.Cursor, request.Params.Limit)
	if err != nil {
		return nil, err
	}
	return s.read(ctx, func(tx *Tx) (any, error) {
		n, err := tx.newsletter(request.Id)
		if err != nil {
			return nil, err
		}
		found, err := tx.ListCarriers(page, store.CarrierFilter{Type: CarrierNewsletterIssue, NewsletterID: n.ID,
			Statuses: statusesOf(request.Params.Status)})
		if err != nil {
			return nil, err
		}
		reply := api.NewsletterIssuePage{}
		reply.NextCursor, reply.PreviousCursor = cursors("issues", found)
		reply.Issues, err = wireCarriers(s.Emulator, tx, found.Items, wireIssue)
		return reply, err
	})
}

// newsletter finds a Newsletter by id.
func (tx *Tx) newsletter(id string) (*store.Newsletter, error) {
	found, err := tx.Newsletter(strings.ToLower(id))
	if err == nil && found == nil {
		return nil, notFound("Newsletter", id)
	}
	return found, err
}

// putNewsletter saves a new Newsletter, or changes one: null clears, and what is not given stays. Without a sender it takes
// the Organization's default one.
func (tx *Tx) putNewsletter(n *store.Newsletter, members edit) (any, error) {
	c, err := tx.catalog()
	if err != nil {
		return nil, err
	}
	if err := (&carrier{catalog: c}).namesExist(members); err != nil {
		return nil, err
	}
	if id := strings.ToLower(members.text("senderProfileId")); id != "" && (c.senders[id] == nil || c.senders[id].ID != id) {
		return nil, notFound("SenderProfile", id)
	}
	for name, value := range map[string]*string{"subscriptionGroupId": &n.SubscriptionGroupID, "senderProfileId": &n.SenderProfileID, "templateId": &n.TemplateID} {
		if members.has(name) {
			*value = strings.ToLower(members.text(name))
		}
	}
	for name, value := range map[string]*string{"name": &n.Name, "cadence": &n.Cadence} {
		if members.has(name) {
			*value = members.text(name)
		}
	}
	switch {
	case n.SenderProfileID == "" && c.fallback == nil:
		return nil, unacceptable("sender_missing", "The Organization has no default SenderProfile; name one.")
	case n.SenderProfileID == "":
		n.SenderProfileID = c.fallback.ID
	}
	if n.ID == "" {
		n.ID = tx.NewID()
		n.Key = n.ID
	}
	tx.w.forget() // Issues rest on it
	if err := tx.PutNewsletter(*n); err != nil {
		return nil, err
	}
	if n, err = tx.Newsletter(n.ID); err != nil {
		return nil, err
	}
	return wireNewsletter(n), nil
}

func wireNewsletter(n *store.Newsletter) api.Newsletter {
	return api.Newsletter{Id: n.ID, Name: n.Name, SubscriptionGroupId: n.SubscriptionGroupID, SenderProfileId: n.SenderProfileID,
		TemplateId: opted(n.TemplateID), Cadence: opted(n.Cadence), CreatedAt: stamp(n.CreatedAt), UpdatedAt: stamp(n.UpdatedAt)}
}

func (r reply) VisitCreateNewsletterResponse(w http.ResponseWriter) error      { return r.write(w) }
func (r reply) VisitRetrieveNewsletterResponse(w http.ResponseWriter) error    { return r.write(w) }
func (r reply) VisitListNewslettersResponse(w http.ResponseWriter) error       { return r.write(w) }
func (r reply) VisitUpdateNewsletterResponse(w http.ResponseWriter) error      { return r.write(w) }
func (r reply) VisitCreateNewsletterIssueResponse(w http.ResponseWriter) error { return r.write(w) }
func (r reply) VisitListNewsletterIssuesResponse(w http.ResponseWriter) error  { return r.write(w) }
