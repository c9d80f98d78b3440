package product

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/oapi-codegen/nullable"

	"github.com/segmentflow/segmentflow-go/emulator/internal/api"
	"github.com/segmentflow/segmentflow-go/emulator/internal/gateway"
	"github.com/segmentflow/segmentflow-go/emulator/internal/mail"
	"github.com/segmentflow/segmentflow-go/emulator/internal/wire"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// Emails. Documented: one EmailSend from one saved Template for one Profile; the request's fields; the statuses; the
// Idempotency-Key. Decided here: how Sender and Profile are found, the reasons of a 422, the frozen envelope in the reply.
// Raw content, aliases and locales are not taken: such fields are unknown ones.

// SendEmail accepts one email.
func (s service) SendEmail(ctx context.Context, request api.SendEmailRequestObject) (api.SendEmailResponseObject, error) {
	data := objectIn(callOf(ctx).body, "data")
	return s.write(ctx, func(tx *world.Tx) (any, error) { return sendEmail(tx, *request.Body, data) })
}

// RetrieveEmail shows an EmailSend as it stands now.
func (s service) RetrieveEmail(ctx context.Context, request api.RetrieveEmailRequestObject) (api.RetrieveEmailResponseObject, error) {
	return s.read(ctx, func(tx *world.Tx) (any, error) {
		send, err := tx.SendWith(request.Id)
		if err != nil {
			return nil, err
		}
		return wireSend(send), nil
	})
}

func (r reply) VisitSendEmailResponse(w http.ResponseWriter) error       { return r.write(w) }
func (r reply) VisitBatchSendEmailsResponse(w http.ResponseWriter) error { return r.write(w) }
func (r reply) VisitRetrieveEmailResponse(w http.ResponseWriter) error   { return r.write(w) }

// sendEmail accepts one email. data is the request's, decoded.
func sendEmail(tx *world.Tx, request api.SendEmailRequest, data map[string]any) (any, error) {
	email, err := emailOf(request)
	if err != nil {
		return nil, err
	}
	email.Data = data
	send, err := tx.SendEmail(*email)
	if err != nil {
		return nil, err
	}
	return wireSend(send), nil
}

// emailOf reads a request. Every address that is none is an issue.
func emailOf(request api.SendEmailRequest) (*world.Email, error) {
	e := &world.Email{TemplateID: request.TemplateId, SenderProfileID: text(request.SenderProfileId),
		SubscriptionGroupID: text(request.SubscriptionGroupId), Who: world.Identity{ProfileID: strings.ToLower(text(request.ProfileId))},
		Subject: text(request.Subject), ReplyTo: text(request.ReplyTo),
		TrackClicks: request.Tracking != nil && request.Tracking.Clicks != nil && *request.Tracking.Clicks}
	if request.To != nil {
		e.Who.Email, e.Who.ExternalID = text(request.To.Email), text(request.To.ExternalId)
	}
	var issues []wire.Issue
	read := func(path, address string) mail.Address {
		parsed, err := mail.ParseAddress(address)
		if err != nil {
			issues = append(issues, wire.Issue{In: wire.InBody, Path: path, Code: wire.CodeFormat, Message: err.Error()})
		}
		return parsed
	}
	if request.From != nil {
		e.From = read("/from", *request.From)
	}
	if request.ReplyTo != nil {
		read("/replyTo", *request.ReplyTo)
	}
	for _, copies := range []struct {
		path string
		raw  json.RawMessage
		into *[]world.Mailbox
	}{{"/cc", request.Cc, &e.CC}, {"/bcc", request.Bcc, &e.BCC}} {
		list, one := oneOrMany(copies.raw)
		for i, address := range list {
			path := copies.path
			if !one {
				path = fmt.Sprintf("%s/%d", path, i)
			}
			parsed := read(path, address)
			*copies.into = append(*copies.into, world.Mailbox{Email: parsed.Email, Name: parsed.Name})
		}
	}
	if len(issues) > 0 {
		wire.Sort(issues)
		return nil, gateway.Invalid(issues...)
	}
	return e, nil
}

// oneOrMany reads a string or a list of strings; the schema lets nothing else come here.
func oneOrMany(raw json.RawMessage) (list []string, one bool) {
	if len(raw) == 0 {
		return nil, false
	}
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return []string{s}, true
	}
	_ = json.Unmarshal(raw, &list)
	return list, false
}

func wireMailbox(m world.Mailbox) api.Mailbox {
	return api.Mailbox{Email: m.Email, Name: opted(m.Name)}
}

// wireSend is the EmailSend as the API shows it: never with bcc, data or key.
func wireSend(s *world.EmailSend) api.EmailSend {
	out := api.EmailSend{
		Id: s.ID, Status: api.EmailSendStatus(s.Status), TemplateId: s.TemplateID, TemplateSnapshotId: s.SnapshotID,
		SenderProfileId: s.SenderProfileID, ProfileId: s.ProfileID, From: wireMailbox(s.From), Subject: s.Subject,
		To: api.RecipientAddress{Email: s.To}, Cc: make([]api.Mailbox, len(s.CC)), SubscriptionGroupId: opted(s.SubscriptionGroupID),
		MessageId: opted(s.MessageID), FailureMessage: opted(s.FailureMessage), CreatedAt: world.Stamp(s.CreatedAt), UpdatedAt: world.Stamp(s.UpdatedAt),
		ReplyTo: nullable.NewNullNullable[api.NullableMailbox](),
	}
	if s.ReplyTo != nil {
		out.ReplyTo = nullable.NewNullableWithValue(wireMailbox(*s.ReplyTo))
	}
	for i, m := range s.CC {
		out.Cc[i] = wireMailbox(m)
	}
	return out
}
