package emulator

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/api"
	"github.com/segmentflow/segmentflow-go/emulator/internal/gateway"
	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// What the handlers of both carriers have in common.

// carrierEditOf is what a call's body says of a draft.
func carrierEditOf(ctx context.Context) carrierEdit {
	body := membersOf(ctx)
	edit := carrierEdit{name: body.text("name"), segmentID: body.text("segmentId"), subscriptionGroupID: body.text("subscriptionGroupId"),
		topicID: body.text("topicId"), templateID: body.text("templateId"), subject: body.text("subject"), from: body.text("from"),
		html: body.text("html"), text: body.text("text"), given: slices.Sorted(maps.Keys(body))}
	if title := body.text("title"); title != nil {
		edit.name = title
	}
	switch replyTo := body["replyTo"].(type) {
	case string:
		edit.replyTo = &replyAddresses{one: true, list: []string{replyTo}}
	case []any:
		edit.replyTo = &replyAddresses{}
		for _, each := range replyTo {
			s, _ := each.(string)
			edit.replyTo.list = append(edit.replyTo.list, s)
		}
	default:
		if _, given := body["replyTo"]; given {
			edit.replyTo = &replyAddresses{}
		}
	}
	if number, ok := body["number"].(json.Number); ok {
		edit.number = &number
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
	return s.read(ctx, func(tx *Tx) (any, error) {
		c, err := tx.carrier(kind, id)
		if err != nil {
			return nil, err
		}
		return wireCarrier(tx, c)
	})
}

// changeCarrier answers with the carrier as an act left it.
func (s service) changeCarrier(ctx context.Context, act func(tx *Tx) (*carrier, error)) (reply, error) {
	return s.write(ctx, func(tx *Tx) (any, error) {
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
	return s.read(ctx, func(tx *Tx) (any, error) {
		c, err := tx.carrier(kind, id)
		if err != nil {
			return nil, err
		}
		found, err := tx.previewCarrier(c, profile, limit)
		if err != nil {
			return nil, err
		}
		return wirePreview(tx, found), nil
	})
}

func (s service) showPreflight(ctx context.Context, kind, id string) (reply, error) {
	return s.read(ctx, func(tx *Tx) (any, error) {
		c, err := tx.carrier(kind, id)
		if err != nil {
			return nil, err
		}
		p, err := tx.preflight(c)
		if err != nil {
			return nil, err
		}
		return api.Preflight{Ready: p.ready(), CheckedAt: stamp(tx.Now), ContentHash: p.hash, Blockers: wireFindings(p.blockers), Warnings: wireFindings(p.warnings),
			Audience: wireAudience(p.audience)}, nil
	})
}

// sendTest sends the mail to one recipient.
func (s service) sendTest(ctx context.Context, kind, id string, who identity) (reply, error) {
	return s.write(ctx, func(tx *Tx) (any, error) {
		send, err := tx.testCarrier(kind, id, who)
		if err != nil {
			return nil, err
		}
		return wireSend(send), nil
	})
}

// handOver hands a draft to a human.
func (s service) handOver(ctx context.Context, kind, id string) (reply, error) {
	return s.write(ctx, func(tx *Tx) (any, error) {
		p, err := tx.confirm(kind, id)
		if err != nil {
			return nil, err
		}
		return api.Confirmation{ConfirmationId: p.id, ConfirmationUrl: p.url, ExpiresAt: stamp(p.expiresAt), AudienceCount: int64(p.eligible),
			SubjectPreview: p.subjectPreview, SenderProfile: api.ConfirmationSender{Id: p.sender.ID, Name: p.sender.Name, FromEmail: p.sender.Email}}, nil
	})
}

func (s service) showResults(ctx context.Context, kind, id string) (reply, error) {
	return s.read(ctx, func(tx *Tx) (any, error) {
		c, err := tx.carrier(kind, id)
		if err != nil {
			return nil, err
		}
		found, err := tx.carrierResults(c)
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
func wireCarriers[T any](tx *Tx, found []store.Carrier, wired func(*Tx, *carrier) (T, error)) ([]T, error) {
	out := make([]T, len(found))
	for i := range found {
		c := &carrier{Carrier: &found[i]}
		err := tx.resolveCarrier(c)
		if err == nil {
			out[i], err = wired(tx, c)
		}
		if err != nil {
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
func recipientOf(profileID, email *string) identity {
	return identity{profileID: strings.ToLower(text(profileID)), email: text(email)}
}
