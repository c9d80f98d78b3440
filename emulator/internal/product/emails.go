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
// Idempotency-Key. Decided here: how Sender and Profile are found, the reasons of a 422, the frozen envelope in the
// reply. Raw content, aliases and locales are not accepted: their fields are unknown fields.

// SendEmail accepts one email.
func (s service) SendEmail(
	ctx context.Context, request api.SendEmailRequestObject,
) (api.SendEmailResponseObject, error) {
	data := objectIn(callOf(ctx).body, "data")
	return s.write(ctx, func(tx *world.Tx) (any, error) { return sendEmail(tx, *request.Body, data) })
}

// RetrieveEmail returns an EmailSend.
func (s service) RetrieveEmail(
	ctx context.Context, request api.RetrieveEmailRequestObject,
) (api.RetrieveEmailResponseObject, error) {
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

// sendEmail accepts one email. data is the data of the request, decoded.
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

// emailOf reads a request. Each invalid address is an issue.
func emailOf(request api.SendEmailRequest) (*world.Email, error) {
	email := &world.Email{
		TemplateID:          request.TemplateId,
		SenderProfileID:     text(request.SenderProfileId),
		SubscriptionGroupID: text(request.SubscriptionGroupId),
		Who:                 world.Identity{ProfileID: strings.ToLower(text(request.ProfileId))},
		Subject:             text(request.Subject),
		ReplyTo:             text(request.ReplyTo),
		TrackClicks:         request.Tracking != nil && request.Tracking.Clicks != nil && *request.Tracking.Clicks,
	}
	if request.To != nil {
		email.Who.Email, email.Who.ExternalID = text(request.To.Email), text(request.To.ExternalId)
	}

	var addresses addressReader
	if request.From != nil {
		email.From = addresses.read("/from", *request.From)
	}
	if request.ReplyTo != nil {
		addresses.read("/replyTo", *request.ReplyTo)
	}
	email.CC = addresses.readCopies("/cc", request.Cc)
	email.BCC = addresses.readCopies("/bcc", request.Bcc)

	if issues := addresses.issues; len(issues) > 0 {
		wire.Sort(issues)
		return nil, gateway.Invalid(issues...)
	}
	return email, nil
}

// addressReader parses the addresses of a request and collects an issue for each invalid one.
type addressReader struct{ issues []wire.Issue }

func (reader *addressReader) read(path, address string) mail.Address {
	parsed, err := mail.ParseAddress(address)
	if err != nil {
		reader.issues = append(reader.issues, wire.Issue{
			In:      wire.InBody,
			Path:    path,
			Code:    wire.CodeFormat,
			Message: err.Error(),
		})
	}
	return parsed
}

func (reader *addressReader) readCopies(path string, raw json.RawMessage) []world.Mailbox {
	var copies []world.Mailbox
	list, one := oneOrMany(raw)
	for i, address := range list {
		at := path
		if !one {
			at = fmt.Sprintf("%s/%d", path, i)
		}
		parsed := reader.read(at, address)
		copies = append(copies, world.Mailbox{Email: parsed.Email, Name: parsed.Name})
	}
	return copies
}

// oneOrMany reads a string or a list of strings. The schema allows nothing else.
func oneOrMany(raw json.RawMessage) (list []string, one bool) {
	if len(raw) == 0 {
		return nil, false
	}
	var single string
	if json.Unmarshal(raw, &single) == nil {
		return []string{single}, true
	}
	_ = json.Unmarshal(raw, &list)
	return list, false
}

func wireMailbox(mailbox world.Mailbox) api.Mailbox {
	return api.Mailbox{Email: mailbox.Email, Name: nullIfEmpty(mailbox.Name)}
}

// wireSend returns an EmailSend as the API shows it: never with bcc, data or key.
func wireSend(send *world.EmailSend) api.EmailSend {
	shown := api.EmailSend{
		Id:                  send.ID,
		Status:              api.EmailSendStatus(send.Status),
		TemplateId:          send.TemplateID,
		TemplateSnapshotId:  send.SnapshotID,
		SenderProfileId:     send.SenderProfileID,
		ProfileId:           send.ProfileID,
		From:                wireMailbox(send.From),
		ReplyTo:             nullable.NewNullNullable[api.NullableMailbox](),
		To:                  api.RecipientAddress{Email: send.To},
		Cc:                  make([]api.Mailbox, len(send.CC)),
		Subject:             send.Subject,
		SubscriptionGroupId: nullIfEmpty(send.SubscriptionGroupID),
		MessageId:           nullIfEmpty(send.MessageID),
		FailureMessage:      nullIfEmpty(send.FailureMessage),
		CreatedAt:           world.Stamp(send.CreatedAt),
		UpdatedAt:           world.Stamp(send.UpdatedAt),
	}
	if send.ReplyTo != nil {
		shown.ReplyTo = nullable.NewNullableWithValue(wireMailbox(*send.ReplyTo))
	}
	for i, mailbox := range send.CC {
		shown.Cc[i] = wireMailbox(mailbox)
	}
	return shown
}
