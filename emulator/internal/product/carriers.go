package product

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/api"
	"github.com/segmentflow/segmentflow-go/emulator/internal/gateway"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// What the handlers of both carriers have in common.

// carrierEditOf is what a call's body says of a draft.
func carrierEditOf(ctx context.Context) world.CarrierEdit {
	body := membersOf(ctx)
	edit := world.CarrierEdit{Name: body.text("name"), SegmentID: body.text("segmentId"), SubscriptionGroupID: body.text("subscriptionGroupId"),
		TopicID: body.text("topicId"), TemplateID: body.text("templateId"), Subject: body.text("subject"), From: body.text("from"),
		HTML: body.text("html"), Text: body.text("text"), Given: slices.Sorted(maps.Keys(body))}
	if title := body.text("title"); title != nil {
		edit.Name = title
	}
	switch replyTo := body["replyTo"].(type) {
	case string:
		edit.ReplyTo = &world.ReplyAddresses{One: true, List: []string{replyTo}}
	case []any:
		edit.ReplyTo = &world.ReplyAddresses{}
		for _, each := range replyTo {
			s, _ := each.(string)
			edit.ReplyTo.List = append(edit.ReplyTo.List, s)
		}
	default:
		if _, given := body["replyTo"]; given {
			edit.ReplyTo = &world.ReplyAddresses{}
		}
	}
	if number, ok := body["number"].(json.Number); ok {
		edit.Number = &number
	}
	return edit
}

// members are those of a call's body, as the schema let them through.
type members map[string]any

func membersOf(ctx context.Context) members {
	body, _ := callOf(ctx).body.(map[string]any)
	return body
}

// text is a member, "" for null, or nil if it is not given.
func (m members) text(name string) *string {
	v, given := m[name]
	if !given {
		return nil
	}
	s, _ := v.(string)
	return &s
}

func (s service) showCarrier(ctx context.Context, kind, id string) (reply, error) {
	return s.read(ctx, func(tx *world.Tx) (any, error) {
		c, err := tx.CarrierWith(kind, id)
		if err != nil {
			return nil, err
		}
		return wireCarrier(tx, c)
	})
}

// changeCarrier answers with the carrier as an act left it.
func (s service) changeCarrier(ctx context.Context, act func(tx *world.Tx) (*world.Carrier, error)) (reply, error) {
	return s.write(ctx, func(tx *world.Tx) (any, error) {
		c, err := act(tx)
		if err != nil {
			return nil, err
		}
		return wireCarrier(tx, c)
	})
}

func (s service) showPreview(ctx context.Context, kind, id string, body *api.PreviewRequest) (reply, error) {
	profile, limit := "", 10
	if body != nil {
		profile = text(body.ProfileId)
	}
	if body != nil && body.Limit != nil {
		limit = *body.Limit
	}
	return s.read(ctx, func(tx *world.Tx) (any, error) {
		c, err := tx.CarrierWith(kind, id)
		if err != nil {
			return nil, err
		}
		found, err := tx.PreviewCarrier(c, profile, limit)
		if err != nil {
			return nil, err
		}
		return wirePreview(tx, found), nil
	})
}

func (s service) showPreflight(ctx context.Context, kind, id string) (reply, error) {
	return s.read(ctx, func(tx *world.Tx) (any, error) {
		c, err := tx.CarrierWith(kind, id)
		if err != nil {
			return nil, err
		}
		p, err := tx.Preflight(c)
		if err != nil {
			return nil, err
		}
		return api.Preflight{Ready: p.Ready(), CheckedAt: world.Stamp(tx.Now), ContentHash: p.Hash, Blockers: wireFindings(p.Blockers), Warnings: wireFindings(p.Warnings),
			Audience: wireAudience(p.Audience)}, nil
	})
}

// sendTest sends the mail to one recipient.
func (s service) sendTest(ctx context.Context, kind, id string, who world.Identity) (reply, error) {
	return s.write(ctx, func(tx *world.Tx) (any, error) {
		send, err := tx.TestCarrier(kind, id, who)
		if err != nil {
			return nil, err
		}
		return wireSend(send), nil
	})
}

// handOver hands a draft to a human.
func (s service) handOver(ctx context.Context, kind, id string) (reply, error) {
	return s.write(ctx, func(tx *world.Tx) (any, error) {
		p, err := tx.Prepare(kind, id)
		if err != nil {
			return nil, err
		}
		return api.Confirmation{ConfirmationId: p.ID, ConfirmationUrl: p.URL, ExpiresAt: world.Stamp(p.ExpiresAt), AudienceCount: int64(p.Eligible),
			SubjectPreview: p.SubjectPreview, SenderProfile: api.ConfirmationSender{Id: p.Sender.ID, Name: p.Sender.Name, FromEmail: p.Sender.Email}}, nil
	})
}

func (s service) showResults(ctx context.Context, kind, id string) (reply, error) {
	return s.read(ctx, func(tx *world.Tx) (any, error) {
		c, err := tx.CarrierWith(kind, id)
		if err != nil {
			return nil, err
		}
		found, err := tx.CarrierResults(c)
		return api.Results{Status: api.CarrierStatus(c.Status), Stats: wireStats(found), Detail: wireResults(found)}, err
	})
}

func statusesOf(asked *[]api.CarrierStatus) []string {
	var statuses []string
	if asked != nil {
		for _, status := range *asked {
			statuses = append(statuses, string(status))
		}
	}
	return statuses
}

// wireCarriers are the carriers of a page as the API shows them.
func wireCarriers[T any](tx *world.Tx, found []*world.Carrier, wired func(*world.Tx, *world.Carrier) (T, error)) ([]T, error) {
	out := make([]T, len(found))
	for i, c := range found {
		var err error
		if out[i], err = wired(tx, c); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// sendNow is the answer to whoever asks for an immediate audience send.
func sendNow() *gateway.Problem {
	return &gateway.Problem{Code: "send_not_allowed", Message: "Only a human in the dashboard sends at once: create a confirmation, or give scheduledAt.",
		Details: map[string]any{"reason": "dashboard_confirmation_required"}}
}

// recipientOf names the recipient of a test.
func recipientOf(profileID, email *string) world.Identity {
	return world.Identity{ProfileID: strings.ToLower(text(profileID)), Email: text(email)}
}
