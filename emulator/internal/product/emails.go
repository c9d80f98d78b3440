package product

import (
	"context"
	"net/http"
	"strconv"
	"strings"

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
func (handlers) SendEmail(ctx context.Context, _ api.SendEmailRequestObject) (api.SendEmailResponseObject, error) {
	return sendOne(ctx)
}

func sendOne(ctx context.Context) (reply, error) {
	call := callOf(ctx)
	request, _ := call.body.(map[string]any)
	return call.service.write(ctx, func(tx *world.Tx) (any, error) { return sendEmail(tx, request) })
}

// RetrieveEmail returns an EmailSend.
func (s handlers) RetrieveEmail(
	ctx context.Context, request api.RetrieveEmailRequestObject,
) (api.RetrieveEmailResponseObject, error) {
	return s.read(ctx, func(tx *world.Tx) (any, error) {
		send, err := tx.SendWith(request.Id)
		if err != nil {
			return nil, err
		}
		return encodeSend(send), nil
	})
}

func (r reply) VisitSendEmailResponse(w http.ResponseWriter) error       { return r.write(w) }
func (r reply) VisitBatchSendEmailsResponse(w http.ResponseWriter) error { return r.write(w) }
func (r reply) VisitRetrieveEmailResponse(w http.ResponseWriter) error   { return r.write(w) }

// sendEmail accepts one email. request is the decoded request, which fits its schema.
func sendEmail(tx *world.Tx, request map[string]any) (any, error) {
	email, err := emailOf(request)
	if err != nil {
		return nil, err
	}
	return tx.SendEmail(email)
}

// emailOf reads a request. Each invalid address is an issue.
func emailOf(request map[string]any) (world.Email, error) {
	to, _ := request["to"].(map[string]any)
	tracking, _ := request["tracking"].(map[string]any)
	clicks, _ := tracking["clicks"].(bool)
	email := world.Email{
		TemplateID:          textIn(request, "templateId"),
		SenderProfileID:     textIn(request, "senderProfileId"),
		SubscriptionGroupID: textIn(request, "subscriptionGroupId"),
		Who: world.Identity{
			ProfileID:  strings.ToLower(textIn(request, "profileId")),
			Email:      textIn(to, "email"),
			ExternalID: textIn(to, "externalId"),
		},
		Subject:     textIn(request, "subject"),
		ReplyTo:     textIn(request, "replyTo"),
		TrackClicks: clicks,
		Data:        objectIn(request, "data"),
	}

	var addresses addressReader
	if from, given := request["from"].(string); given {
		email.From = addresses.read("/from", from)
	}
	if address, given := request["replyTo"].(string); given {
		addresses.read("/replyTo", address)
	}
	email.CC = addresses.readCopies("/cc", request["cc"])
	email.BCC = addresses.readCopies("/bcc", request["bcc"])

	if issues := addresses.issues; len(issues) > 0 {
		wire.Sort(issues)
		return email, gateway.Invalid(issues...)
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

// readCopies reads one address or a list of addresses.
func (reader *addressReader) readCopies(path string, given any) []world.Mailbox {
	if one, ok := given.(string); ok {
		parsed := reader.read(path, one)
		return []world.Mailbox{{Email: parsed.Email, Name: parsed.Name}}
	}
	var copies []world.Mailbox
	list, _ := given.([]any)
	for i, item := range list {
		address, _ := item.(string)
		parsed := reader.read(path+"/"+strconv.Itoa(i), address)
		copies = append(copies, world.Mailbox{Email: parsed.Email, Name: parsed.Name})
	}
	return copies
}
