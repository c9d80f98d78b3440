package emulator_test

import (
	"fmt"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

const made = "auto_0b6c1c2e-5a0f-4d53-9d52-7c8f7f3f2a10"

var own = segmentflow.WithIdempotencyKey("mine")

// badMail is refused with validation_failed.
func (s shop) badMail() *segmentflow.SendEmailParams {
	return &segmentflow.SendEmailParams{
		TemplateID: s.emu.ID("template", "autumn-sale"),
		To:         &segmentflow.Recipient{Email: "alex@example.com"},
	}
}

func (s shop) typed(event string, data any) {
	s.Helper()
	s.track(&segmentflow.TrackEventParams{
		Event: event, Profile: segmentflow.ProfileIdentity{Email: "alex@example.com"}, Data: data,
	})
}

// guardCases are tests whose guards report something. TestReports has the texts.
var guardCases = []struct {
	name  string
	guard emulator.Guard
	test  func(s shop)
}{
	{"GuardErrors: refused calls", emulator.GuardErrors, func(s shop) {
		for range 3 {
			_ = s.sendRefused(s.badMail())
		}
		s.emu.Advance(time.Minute)
		_, _ = s.client.Emails.Retrieve(s.Context(), "6b1f0f7e-5a0f-4d53-9d52-7c8f7f3f2a10")
		call(s.T, s.emu, "GET", "/api/v1/nothing", "")
		call(s.T, s.emu, "GET", "/api/v1/integrations", "")
		call(s.T, s.emu, "POST", "/api/v1/emails", "{", "x-api-key", "wrong")
	}},
	{"GuardErrors: rejected items of a batch", emulator.GuardErrors, func(s shop) {
		items := make([]segmentflow.BatchSendItem, 23)
		for i := range items {
			items[i] = segmentflow.BatchSendItem{IdempotencyKey: fmt.Sprint("k", i), TemplateID: s.receipt(),
				To: &segmentflow.Recipient{Email: "no address"}}
		}
		must(s.client.Emails.BatchSend(s.Context(), &segmentflow.BatchSendParams{Items: items}))(s)
	}},
	{"GuardMissing: a receipt, a Journey and a test of a Broadcast", emulator.GuardMissing, func(s shop) {
		sendTo(s.T, s.emu, "password-reset", "alex@example.com")
		sendTo(s.T, s.emu, "password-reset", "bruno@example.com")
		s.event("plan.ending", "new@example.com")
		s.emu.Advance(48 * time.Hour)
		must(s.client.Broadcasts.SendTest(s.Context(), s.broadcast(s.autumn()).ID,
			&segmentflow.SendTestParams{ProfileID: s.emu.Profile("new@example.com").ID}))(s)
	}},
	{"GuardConsent: a group that became OptIn, and a Template that became Promotional", emulator.GuardConsent,
		func(s shop) {
			s.sale()
			s.send(receipt(s.receipt(), 1))
			b := s.broadcast(s.autumn())
			require.NoError(s, s.emu.Human().Approve(s.confirm(b)))
			s.emu.Advance(time.Hour)
			s.seedText("subscriptionGroups: [{key: offers, name: Offers, policy: OptIn}]")
			s.seedText(`templates: [{key: order-receipt, purpose: Promotional,
				definition: {subject: Order, text: hello}}]`)
		}},
	{"GuardShapes: changed types", emulator.GuardShapes, func(s shop) {
		s.typed("order.created", object{"total": 12, "lines": []any{object{"sku": "a"}}, "note": nil, "a/b": true})
		s.typed("order.paid", object{"total": "12"})
		s.emu.Advance(time.Minute)
		s.typed("order.created", object{"total": "12.5", "lines": []any{object{"sku": "a"}, object{"sku": 7}},
			"note": "now", "a/b": []any{}})
	}},
	{"GuardWaiting: runs, a confirmation and a schedule", emulator.GuardWaiting, func(s shop) {
		s.track(trial("Pro", "t1"))
		s.event("trial.started", "alex@example.com", object{"plan": "Pro", "trialId": "t2"})
		s.emu.Advance(time.Minute)
		s.confirm(s.broadcast(s.autumn()))
		s.schedule(s.sale())
	}},
	{"GuardKeys: made-up keys, and none", emulator.GuardKeys, func(s shop) {
		for range 2 {
			s.send(receipt(s.receipt(), 1), segmentflow.WithIdempotencyKey(made))
		}
		s.track(trial("Pro", "t1"), segmentflow.WithIdempotencyKey(made))
		must(s.client.Emails.BatchSend(s.Context(), &segmentflow.BatchSendParams{Items: []segmentflow.BatchSendItem{
			{IdempotencyKey: "mine/0", TemplateID: s.receipt(), To: &segmentflow.Recipient{Email: "a@example.com"}},
			{IdempotencyKey: made + "/1", TemplateID: s.receipt(), To: &segmentflow.Recipient{Email: "b@example.com"}},
		}}))(s)
		call(s.T, s.emu, "POST", "/api/v1/profiles/bulk-delete", `{"profileIds": ["`+s.emu.ID("profile",
			"bruno@example.com")+`"]}`)
	}},
}

var lineNumbers = regexp.MustCompile(`_test\.go:\d+`)

// guardReports returns the texts of the cases.
func guardReports(t *testing.T) (text string) {
	for _, c := range guardCases {
		reports := guarded(t, c.guard, func(s shop) {
			s.seedText(extras)
			c.test(s)
		})
		require.Len(t, reports, 1, c.name)
		text += "== " + c.name + "\n" + plain(lineNumbers.ReplaceAllString(reports[0], "_test.go:0")) + "\n\n"
	}
	return text
}
