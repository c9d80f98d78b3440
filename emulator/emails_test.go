package emulator_test

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

func TestASendIsQueuedThenSentThenDelivered(t *testing.T) {
	s := openShop(t)
	send := s.send(receipt(s.receipt(), 9421))
	require.Equal(t, segmentflow.EmailSendStatusQueued, send.Status)
	require.Equal(t, "Your order ord_9421", send.Subject)
	require.Equal(t, monday, send.CreatedAt)
	require.Nil(t, send.MessageID)

	sent := s.retrieve(send)
	require.Equal(t, segmentflow.EmailSendStatusSent, sent.Status)
	require.NotNil(t, sent.MessageID)

	msg := s.emu.Outbox().To("alex@example.com").Only(t)
	require.Equal(t, "Your order ord_9421", msg.Subject)
	require.Contains(t, msg.Text, "Tent")
	require.Contains(t, msg.Text, "As a gold member you ship for free.")
	require.Empty(t, msg.Missing)
	s.emu.Advance(time.Second)
	msg = s.emu.Outbox().To("alex@example.com").Only(t)
	require.Equal(t, []string{"accepted", "delivered"}, factNames(msg))
}

func factNames(msg *emulator.Message) []string {
	var names []string
	for _, fact := range msg.Facts {
		names = append(names, fact.Type)
	}
	return names
}

func TestTheSameKeyReplaysAndAnotherRequestIsRefused(t *testing.T) {
	s := openShop(t)
	key := segmentflow.WithIdempotencyKey("receipt:ord_1")
	first := s.send(receipt(s.receipt(), 1), key)
	var resp segmentflow.Response
	again := s.send(receipt(s.receipt(), 1), key, segmentflow.WithResponse(&resp))
	require.Equal(t, first, again, "the replay is the original reply, although the email was sent since")
	require.True(t, resp.Replayed)
	refused := s.sendRefused(receipt(s.receipt(), 2), key)
	require.ErrorIs(t, refused, segmentflow.ErrIdempotencyKeyReuse)
	require.Equal(t, 409, refused.Status)
	require.Equal(t, 1, s.emu.Outbox().Count())
}

func TestAHundredParallelSendsWithOneKeyMakeOneEmail(t *testing.T) {
	s := openShop(t)
	ids := make([]string, 100)
	var wg sync.WaitGroup
	for i := range ids {
		wg.Go(func() {
			send, err := s.client.Emails.Send(t.Context(),
				receipt(s.receipt(), 1),
				segmentflow.WithIdempotencyKey("one"))
			if err == nil {
				ids[i] = send.ID
			}
		})
	}
	wg.Wait()
	for _, id := range ids {
		require.NotEmpty(t, id)
		require.Equal(t, ids[0], id)
	}
	require.Equal(t, 1, s.emu.Outbox().Count())
}

func TestARefusedRequestDoesNotUseUpItsKey(t *testing.T) {
	s := openShop(t)
	key := segmentflow.WithIdempotencyKey("k")
	refused := s.sendRefused(
		&segmentflow.SendEmailParams{TemplateID: s.receipt(), To: &segmentflow.Recipient{ExternalID: "nobody"}},
		key)
	require.Equal(t, "recipient_email_required", reason(refused))
	s.send(receipt(s.receipt(), 1), key)
}

func TestATemplateEditedAfterASendWasAcceptedChangesNothing(t *testing.T) {
	s := openShop(t)
	send := s.send(receipt(s.receipt(), 1))
	edited := emulator.Seed{
		Templates: []emulator.SeedTemplate{templateNamed("order-receipt", "Edited ${/data/orderId}")},
	}
	require.NoError(t, s.emu.Seed(edited))
	require.Equal(t, "Your order ord_1", s.emu.Outbox().Last().Subject)
	second := s.send(receipt(s.receipt(), 2))
	require.Equal(t, "Edited ord_2", second.Subject)
	require.NotEqual(t, send.TemplateSnapshotID, second.TemplateSnapshotID)
}

func TestTheEnvelopeIsKeptAsRequested(t *testing.T) {
	s := openShop(t)
	p := receipt(s.receipt(), 1)
	p.From, p.ReplyTo, p.Subject = "The Shop <shop@acme.example>", "Help <help@acme.example>", "Hi ${/data/orderId}"
	p.CC, p.BCC = []string{"Books <books@example.com>"}, []string{"archive@example.com"}
	p.To = &segmentflow.Recipient{Email: "Alex@Example.com"}
	send := s.send(p)
	require.Equal(t, "Alex@Example.com", send.To.Email, "the envelope keeps the spelling")
	require.Equal(t, "Hi ${/data/orderId}", send.Subject, "an override is literal")
	require.Equal(t, "The Shop", *send.From.Name)
	require.Equal(t, "help@acme.example", send.ReplyTo.Email)
	require.Equal(t, "books@example.com", send.CC[0].Email)
	msg := s.emu.Outbox().To("alex@example.com").Only(t)
	require.Equal(t, "archive@example.com", msg.BCC[0].Email)
	require.NotContains(t, string(msg.Raw()), "archive@example.com")
	require.Equal(t, 1, s.emu.Outbox().Count(), "copies are only in the envelope")
}

func TestSensitiveValuesAreOnlyInTheSentEmail(t *testing.T) {
	s := openShop(t)
	p := &segmentflow.SendEmailParams{TemplateID: s.emu.ID("template", "password-reset"),
		To:   &segmentflow.Recipient{Email: "alex@example.com"},
		Data: map[string]any{"resetUrl": "https://example.com/reset/s3cr3t"}}
	s.send(p)
	require.Contains(t, s.emu.Outbox().Last().HTML, "s3cr3t")
	require.NotContains(t, call(t, s.emu, "GET", "/_emulator/requests", "").body, "s3cr3t")
}

func TestTheRecipientOfASend(t *testing.T) {
	s := openShop(t)
	alex := s.send(receipt(s.receipt(), 1)).ProfileID
	other := func(to segmentflow.Recipient) *segmentflow.SendEmailParams {
		p := receipt(s.receipt(), 1)
		p.To = &to
		return p
	}
	require.Equal(t, alex,
		s.send(other(segmentflow.Recipient{Email: "ALEX@example.com"})).ProfileID, "email ignores case")
	elsewhere := s.send(other(segmentflow.Recipient{Email: "alex@work.example", ExternalID: "cus_123"}))
	require.Equal(t, alex, elsewhere.ProfileID, "externalId comes first")
	require.Equal(t, "alex@work.example", elsewhere.To.Email, "the email goes to the address of the call")
	require.Equal(t, "alex@example.com", s.emu.Profile("alex@example.com").Email, "the Profile keeps its email")

	byID := other(segmentflow.Recipient{})
	byID.To, byID.ProfileID = nil, alex
	require.Equal(t, "alex@example.com", s.send(byID).To.Email)
	byID.To = &segmentflow.Recipient{ExternalID: "cus_124"}
	require.ErrorIs(t, s.sendRefused(byID), segmentflow.ErrIdentityConflict)
	require.ErrorIs(t,
		s.sendRefused(other(segmentflow.Recipient{Email: "bruno@example.com", ExternalID: "cus_123"})),
		segmentflow.ErrIdentityConflict)
	require.ErrorIs(t,
		s.sendRefused(other(segmentflow.Recipient{Email: "alex@example.com", ExternalID: "cus_new"})),
		segmentflow.ErrIdentityConflict)

	created := s.send(other(segmentflow.Recipient{Email: "New@Example.com", ExternalID: "cus_900"}))
	require.Equal(t, "new@example.com", s.emu.Profile("new@example.com").Email)
	require.Equal(t, created.ProfileID, s.send(other(segmentflow.Recipient{ExternalID: "cus_900"})).ProfileID)
}

func TestEveryReasonOfA422(t *testing.T) {
	s := openShop(t)
	require.NoError(t, s.emu.Seed(emulator.Seed{Templates: []emulator.SeedTemplate{
		archived(templateNamed("old", "Old")), templateNamed("no-subject", "")}}))
	beta := s.emu.ID("senderProfile", "beta")
	for _, c := range []struct {
		reason string
		change func(*segmentflow.SendEmailParams)
	}{
		{"template_archived", func(p *segmentflow.SendEmailParams) { p.TemplateID = s.emu.ID("template", "old") }},
		{"template_purpose",
			func(p *segmentflow.SendEmailParams) { p.TemplateID = s.emu.ID("template", "autumn-sale") }},
		{"template_incomplete",
			func(p *segmentflow.SendEmailParams) { p.TemplateID = s.emu.ID("template", "no-subject") }},
		{"sender_unverified", func(p *segmentflow.SendEmailParams) { p.From = "stranger@acme.example" }},
		{"sender_unverified", func(p *segmentflow.SendEmailParams) { p.SenderProfileID = beta }},
		{"sender_unverified", func(p *segmentflow.SendEmailParams) { p.From = "hello@new.acme.example" }},
		{"sender_mismatch", func(p *segmentflow.SendEmailParams) {
			p.From, p.SenderProfileID = "shop@acme.example", s.emu.ID("senderProfile", "support")
		}},
		{"reply_to_unverified", func(p *segmentflow.SendEmailParams) { p.ReplyTo = "me@new.acme.example" }},
		{"reply_to_unverified", func(p *segmentflow.SendEmailParams) { p.ReplyTo = "me@sub.acme.example" }},
		{"recipient_email_required",
			func(p *segmentflow.SendEmailParams) { p.To = &segmentflow.Recipient{ExternalID: "cus_none"} }},
	} {
		t.Run(c.reason, func(t *testing.T) {
			p := receipt(s.receipt(), 1)
			c.change(p)
			_, err := s.client.Emails.Send(t.Context(), p)
			refused := refusal(t, err)
			require.Equal(t, 422, refused.Status)
			require.ErrorIs(t, refused, segmentflow.ErrValidationFailed)
			require.Equal(t, c.reason, reason(refused))
		})
	}

	s.emu.Outbox().None(t)
}

func TestUnknownReferencesAreNotFound(t *testing.T) {
	s := openShop(t)
	const unknown = "11111111-1111-4111-8111-111111111111"
	for resource, change := range map[string]func(*segmentflow.SendEmailParams){
		"Template":          func(p *segmentflow.SendEmailParams) { p.TemplateID = unknown },
		"SenderProfile":     func(p *segmentflow.SendEmailParams) { p.SenderProfileID = unknown },
		"SubscriptionGroup": func(p *segmentflow.SendEmailParams) { p.SubscriptionGroupID = unknown },
		"Profile":           func(p *segmentflow.SendEmailParams) { p.To, p.ProfileID = nil, unknown },
	} {
		p := receipt(s.receipt(), 1)
		change(p)
		refused := s.sendRefused(p)
		require.ErrorIs(t, refused, segmentflow.ErrNotFound)
		require.Equal(t, map[string]any{"resource": resource, "id": unknown}, refused.Details)
	}
	_, err := s.client.Emails.Retrieve(t.Context(), unknown)
	require.ErrorIs(t, err, segmentflow.ErrNotFound)
}

func TestConsentAndSuppressionSkipASendWithTheirReason(t *testing.T) {
	s := openShop(t)
	to := func(email, group string) *segmentflow.SendEmailParams {
		p := receipt(s.receipt(), 1)
		p.To = &segmentflow.Recipient{Email: email}
		if group != "" {
			p.SubscriptionGroupID = s.emu.ID("subscriptionGroup", group)
		}
		return p
	}

	for _, c := range []struct{ name, email, group, why string }{
		{"an unsubscribed Profile gets no email of that group", "bruno@example.com", "offers", "unsubscribed"},
		{"a Profile that never subscribed gets no email", "bruno@example.com", "trail-notes", "not_opted_in"},
		{"a suppressed address gets no email", "suppressed@simulator.test", "", "suppressed_manual"},
	} {
		send := s.retrieve(s.send(to(c.email, c.group)))
		require.Equal(t, segmentflow.EmailSendStatusSkipped, send.Status, c.name)
		require.Equal(t, c.why, *send.FailureMessage, c.name)
	}

	for _, c := range []struct{ name, email, group string }{
		{"without a group consent does not matter", "bruno@example.com", ""},
		{"an OptOut group sends to every Profile", "chiara@example.com", "offers"},
		{"an OptIn group sends to a subscribed Profile", "alex@example.com", "trail-notes"},
	} {
		require.Equal(t, segmentflow.EmailSendStatusSent, s.retrieve(s.send(to(c.email, c.group))).Status, c.name)
	}
}

func TestAHardBounceSuppressesTheAddress(t *testing.T) {
	s := openShop(t)
	p := receipt(s.receipt(), 1)
	p.To = &segmentflow.Recipient{Email: "bounced+label@simulator.test"}
	first := s.send(p)
	s.emu.Advance(time.Second)
	require.Equal(t, segmentflow.EmailSendStatusSent, s.retrieve(first).Status)
	require.Equal(t, []string{"accepted", "bounced"}, factNames(s.emu.Outbox().Last()))
	second := s.retrieve(s.send(p))
	require.Equal(t, "suppressed_bounce", *second.FailureMessage)
}

func TestAnEmptySubjectFailsTheSend(t *testing.T) {
	s := openShop(t)
	require.NoError(t, s.emu.Seed(emulator.Seed{
		Templates: []emulator.SeedTemplate{templateNamed("blank", "${/data/nothing}")},
	}))
	send := s.retrieve(s.send(&segmentflow.SendEmailParams{
		TemplateID: s.emu.ID("template", "blank"),
		To:         &segmentflow.Recipient{Email: "alex@example.com"},
	}))
	require.Equal(t, segmentflow.EmailSendStatusFailed, send.Status)
	require.Equal(t, "template_render_failed", *send.FailureMessage)
}

func TestAKeyMaySendOnlyWithItsScope(t *testing.T) {
	s := openShop(t)
	mailer := s.emu.ClientFor("sk_test_acme_mailer")
	_, err := mailer.Emails.Send(t.Context(), receipt(s.receipt(), 1))
	require.NoError(t, err)
	reader := s.emu.ClientFor(s.emu.NewAPIKey(emulator.APIKeySpec{Scopes: []string{"emails:read"}}))
	_, err = reader.Emails.Send(t.Context(), receipt(s.receipt(), 1))
	require.ErrorIs(t, err, segmentflow.ErrInsufficientScope)
	require.Equal(t, []any{"emails:write"}, refusal(t, err).Details["required"])
	_, err = s.emu.ClientFor("sk_unknown").Emails.Send(t.Context(), receipt(s.receipt(), 1))
	require.ErrorIs(t, err, segmentflow.ErrUnauthorized)
}
