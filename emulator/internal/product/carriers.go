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

// The handlers of both carriers share these functions.

// carrierEditOf returns the members of a draft that are in the call's body.
func carrierEditOf(ctx context.Context) world.CarrierEdit {
	body := membersOf(ctx)
	edit := world.CarrierEdit{
		Name:                body.text("name"),
		SegmentID:           body.text("segmentId"),
		SubscriptionGroupID: body.text("subscriptionGroupId"),
		TopicID:             body.text("topicId"),
		TemplateID:          body.text("templateId"),
		Subject:             body.text("subject"),
		From:                body.text("from"),
		ReplyTo:             body.replyTo(),
		HTML:                body.text("html"),
		Text:                body.text("text"),
		Given:               slices.Sorted(maps.Keys(body)),
	}
	if title := body.text("title"); title != nil {
		edit.Name = title
	}
	if number, ok := body["number"].(json.Number); ok {
		edit.Number = &number
	}
	return edit
}

// members are the members of a call's body, which has passed the schema.
type members map[string]any

func membersOf(ctx context.Context) members {
	body, _ := callOf(ctx).body.(map[string]any)
	return body
}

// text returns a member, "" for null, or nil if it is not given.
func (m members) text(name string) *string {
	v, given := m[name]
	if !given {
		return nil
	}
	value, _ := v.(string)
	return &value
}

// replyTo returns the addresses of replyTo, an empty list for null, or nil if it is not given.
func (m members) replyTo() *world.ReplyAddresses {
	v, given := m["replyTo"]
	if !given {
		return nil
	}
	switch replyTo := v.(type) {
	case string:
		return &world.ReplyAddresses{One: true, List: []string{replyTo}}
	case []any:
		addresses := &world.ReplyAddresses{}
		for _, each := range replyTo {
			address, _ := each.(string)
			addresses.List = append(addresses.List, address)
		}
		return addresses
	}
	return &world.ReplyAddresses{}
}

func (s handlers) showCarrier(ctx context.Context, kind, id string) (reply, error) {
	return s.read(ctx, func(tx *world.Tx) (any, error) {
		c, err := tx.CarrierWith(kind, id)
		if err != nil {
			return nil, err
		}
		return wireCarrier(tx, c)
	})
}

// changeCarrier carries out an act and returns the changed carrier.
func (s handlers) changeCarrier(ctx context.Context, act func(tx *world.Tx) (*world.Carrier, error)) (reply, error) {
	return s.write(ctx, func(tx *world.Tx) (any, error) {
		c, err := act(tx)
		if err != nil {
			return nil, err
		}
		return wireCarrier(tx, c)
	})
}

func (s handlers) showPreview(ctx context.Context, kind, id string, body *api.PreviewRequest) (reply, error) {
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
		preview, err := tx.PreviewCarrier(c, profile, limit)
		if err != nil {
			return nil, err
		}
		return wirePreview(tx, preview), nil
	})
}

func (s handlers) showPreflight(ctx context.Context, kind, id string) (reply, error) {
	return s.read(ctx, func(tx *world.Tx) (any, error) {
		c, err := tx.CarrierWith(kind, id)
		if err != nil {
			return nil, err
		}
		preflight, err := tx.Preflight(c)
		if err != nil {
			return nil, err
		}
		return api.Preflight{
			Ready:       preflight.Ready(),
			CheckedAt:   world.Stamp(tx.Now),
			ContentHash: preflight.Hash,
			Blockers:    wireFindings(preflight.Blockers),
			Warnings:    wireFindings(preflight.Warnings),
			Audience:    wireAudience(preflight.Audience),
		}, nil
	})
}

// sendTest sends the carrier's email to one recipient.
func (s handlers) sendTest(ctx context.Context, kind, id string, who world.Identity) (reply, error) {
	return s.write(ctx, func(tx *world.Tx) (any, error) {
		send, err := tx.TestCarrier(kind, id, who)
		if err != nil {
			return nil, err
		}
		return encodeSend(send), nil
	})
}

// createConfirmation prepares a draft for a person to confirm in the dashboard.
func (s handlers) createConfirmation(ctx context.Context, kind, id string) (reply, error) {
	return s.write(ctx, func(tx *world.Tx) (any, error) {
		prepared, err := tx.Prepare(kind, id)
		if err != nil {
			return nil, err
		}
		return api.Confirmation{
			ConfirmationId:  prepared.ID,
			ConfirmationUrl: prepared.URL,
			ExpiresAt:       world.Stamp(prepared.ExpiresAt),
			AudienceCount:   int64(prepared.Eligible),
			SubjectPreview:  prepared.SubjectPreview,
			SenderProfile:   wireSender(prepared),
		}, nil
	})
}

func wireSender(prepared *world.Prepared) api.ConfirmationSender {
	return api.ConfirmationSender{
		Id:        prepared.Sender.ID,
		Name:      prepared.Sender.Name,
		FromEmail: prepared.Sender.Email,
	}
}

func (s handlers) showResults(ctx context.Context, kind, id string) (reply, error) {
	return s.read(ctx, func(tx *world.Tx) (any, error) {
		c, err := tx.CarrierWith(kind, id)
		if err != nil {
			return nil, err
		}
		results, err := tx.CarrierResults(c)
		return api.Results{
			Status: api.CarrierStatus(c.Status),
			Stats:  wireStats(results),
			Detail: wireResults(results),
		}, err
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

// errSendNow refuses to send to an audience at once.
func errSendNow() *gateway.Problem {
	return &gateway.Problem{
		Code: "send_not_allowed",
		Message: "The API cannot send to an audience at once. Schedule the Broadcast with scheduledAt, or create a " +
			"confirmation, which a person approves in the dashboard.",
		Details: map[string]any{"reason": "dashboard_confirmation_required"},
	}
}

// recipientOf returns the recipient of a test.
func recipientOf(profileID, email *string) world.Identity {
	return world.Identity{ProfileID: strings.ToLower(text(profileID)), Email: text(email)}
}
