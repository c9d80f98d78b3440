package emulator_test

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// ending is a TB that ends when the test says so.
type ending struct {
	recorder
	logs     []string
	cleanups []func()
	skipped  bool
	over     bool
}

func (w *ending) Cleanup(do func()) { w.cleanups = append(w.cleanups, do) }
func (w *ending) Skipped() bool     { return w.skipped }

func (w *ending) Logf(format string, args ...any) {
	if w.over {
		panic("log after the test has ended")
	}
	w.logs = append(w.logs, fmt.Sprintf(format, args...))
}

func (w *ending) Errorf(format string, args ...any) { w.Fatalf(format, args...) }

// end ends the test.
func (w *ending) end() {
	for _, do := range slices.Backward(w.cleanups) {
		do()
	}
	w.over = true
}

// openGuarded opens Acme Outdoor with guards for a test that ends when w does.
func openGuarded(t *testing.T, w emulator.TB, opts ...emulator.Option) shop {
	t.Helper()
	emu := emulator.Start(w, append([]emulator.Option{
		emulator.WithSeedFile("testdata/acme.yaml"), emulator.WithStartTime(monday),
	}, opts...)...)
	return shop{T: t, emu: emu, client: emu.Client()}
}

// guarded returns what the guards report at the end of a test.
func guarded(t *testing.T, guards emulator.Guard, test func(s shop)) []string {
	t.Helper()
	w := &ending{}
	s := openGuarded(t, w, emulator.WithGuards(guards))
	test(s)
	require.Empty(t, w.failures, "before the test ends")
	w.end()
	return w.failures
}

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
			s.sendRefused(s.badMail())
		}
		s.emu.Advance(time.Minute)
		_, _ = s.client.Emails.Retrieve(s.Context(), "6b1f0f7e-5a0f-4d53-9d52-7c8f7f3f2a10")
		call(s.T, s.emu, "GET", "/api/v1/nothing", "")
		call(s.T, s.emu, "GET", "/api/v1/assets", "")
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

func TestEachGuardReportsOnlyWhatItLooksFor(t *testing.T) {
	for _, c := range guardCases {
		reports := guarded(t, emulator.GuardAll&^c.guard, func(s shop) {
			s.seedText(extras)
			c.test(s)
		})
		name, _, _ := strings.Cut(c.name, ":")
		for _, text := range reports {
			require.NotContains(t, text, name, c.name)
		}
		require.Empty(t, guarded(t, c.guard, func(s shop) { s.seedText(extras) }))
	}
}

func TestAnnouncedRefusalsAreNotReported(t *testing.T) {
	require.Empty(t, guarded(t, emulator.GuardErrors, func(s shop) {
		s.emu.Expect("validation_failed", "not_found")
		s.emu.For(t).Expect("invalid_request")
		for range 2 {
			s.sendRefused(s.badMail())
		}
		call(t, s.emu, "GET", "/api/v1/nothing", "")
		call(t, s.emu, "POST", "/api/v1/emails", "{")
	}))
	reports := guarded(t, emulator.GuardErrors, func(s shop) {
		s.sendRefused(s.badMail())
		s.emu.Expect("validation_failed")
		s.sendRefused(s.badMail())
	})
	require.Len(t, reports, 1, "what came before is not announced")
	require.NotContains(t, reports[0], "times")
	require.Contains(t, reports[0], "called at helpers_test.go:", "the place is in the test")
}

func TestAnUnknownCodeFailsAtOnce(t *testing.T) {
	for _, guards := range [][]emulator.Option{nil, {emulator.WithGuards(emulator.GuardAll)}} {
		w := &ending{}
		emu := emulator.Start(w, guards...)
		emu.Expect("validation_faild")
		emu.Expect("404")
		emu.Expect()
		require.Len(t, w.failures, 3)
		require.Contains(t, w.failures[0], `emulator: Expect("validation_faild"): there is no error code `+
			`"validation_faild"; there are validation_failed, `)
		require.Contains(t, w.failures[2], "Expect(): it needs the codes of the errors to expect")
		w.end()
	}
}

func TestACallThatNobodyWaitsForIsNoRefusal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		require.Empty(t, guarded(t, emulator.GuardErrors, func(s shop) {
			params := receipt(s.receipt(), 1)
			free := s.emu.Occupy()
			ctx, stop := context.WithTimeout(t.Context(), time.Second)
			defer stop()
			_, err := s.client.Emails.Send(ctx, params, own)
			require.ErrorIs(t, err, context.DeadlineExceeded)
			free()
		}))
	})
}

func TestWhatGuardsFoundOutlivesAReset(t *testing.T) {
	w := &ending{}
	s := openGuarded(t, w, emulator.WithGuards(emulator.GuardAll))
	sendTo(t, s.emu, "password-reset", "alex@example.com", func(p *segmentflow.SendEmailParams) {})
	s.typed("order.created", object{"total": 12})
	s.sendRefused(s.badMail(), own)
	s.send(receipt(s.receipt(), 1), segmentflow.WithIdempotencyKey(made))
	s.track(trial("Pro", "t1"), own)
	s.emu.Reset()
	s.typed("order.created", object{"total": "12"})
	call(t, s.emu, "POST", "/_emulator/reset", "")
	sendTo(t, s.emu, "password-reset", "bruno@example.com")
	w.end()
	require.Len(t, w.failures, 4, w.failures)
	require.Contains(t, w.failures[1], "to alex@example.com (2 times)")
	require.Contains(t, w.failures[2], `"/total" was a number`)
	require.NotContains(t, strings.Join(w.failures, ""), "GuardWaiting", "the run is gone with the Reset")
}

func TestGuardsSeeEmailsOfADeletedProfile(t *testing.T) {
	reports := guarded(t, emulator.GuardMissing, func(s shop) {
		sendTo(t, s.emu, "password-reset", "alex@example.com")
		require.NoError(t, s.client.Profiles.Delete(t.Context(), s.emu.ID("profile", "alex@example.com")))
	})
	require.Contains(t, reports[0], "to alex@example.com")
}

func TestEmailsFromBeforeTheStartDoNotCount(t *testing.T) {
	file := t.TempDir() + "/world.db"
	for range 2 {
		w := &ending{}
		s := openGuarded(t, w, emulator.WithDatabase(file), emulator.WithGuards(emulator.GuardMissing))
		if !hasMail(s) {
			sendTo(t, s.emu, "password-reset", "alex@example.com")
			w.end()
			require.Len(t, w.failures, 1)
			continue
		}
		s.emu.Advance(time.Hour)
		w.end()
		require.Empty(t, w.failures)
	}
}

func hasMail(s shop) bool { return s.emu.Outbox().Count() > 0 }

func TestTheRestOfATestDecidesHowGuardsReport(t *testing.T) {
	start := func(w emulator.TB) { openGuarded(t, w, emulator.WithGuards(emulator.GuardErrors)).sendBad() }

	failed := &ending{}
	start(failed)
	failed.Errorf("the test fails")
	failed.end()
	require.Equal(t, []string{"the test fails"}, failed.failures)
	require.Contains(t, failed.logs[0], "emulator: GuardErrors: ")

	skipped := &ending{skipped: true}
	start(skipped)
	skipped.end()
	require.Empty(t, append(skipped.failures, skipped.logs...))

	plainTB := &onlyTB{}
	start(plainTB)
	plainTB.cleanup()
	require.Len(t, plainTB.failures, 1, "Fatalf is all that it has")
}

// onlyTB has nothing but TB.
type onlyTB struct {
	recorder
	cleanup func()
}

func (w *onlyTB) Cleanup(do func()) { w.cleanup = do }

func (s shop) sendBad() { s.sendRefused(s.badMail()) }

func TestGuardsOutsideOfATestReportInTheErrorOfClose(t *testing.T) {
	emu, err := emulator.New(emulator.WithGuards(emulator.GuardErrors))
	require.NoError(t, err)
	call(t, emu, "GET", "/api/v1/nothing", "")
	require.ErrorContains(t, emu.Close(), "GuardErrors: calls were refused")

	w := &ending{}
	s := openGuarded(t, w, emulator.WithGuards(emulator.GuardErrors, emulator.GuardWaiting))
	s.track(trial("Pro", "t1"))
	require.NoError(t, s.emu.Close())
	require.Equal(t, http.StatusServiceUnavailable, call(t, s.emu, "GET", "/api/v1/templates", "").status)
	w.end()
	require.Len(t, w.failures, 1, "Close is the end for the guards")
	require.Contains(t, w.failures[0], "GuardWaiting")
}

func TestGuardsRefuseWhatIsNoGuard(t *testing.T) {
	_, err := emulator.New(emulator.WithGuards())
	require.ErrorContains(t, err, "WithGuards: name the guards, or pass emulator.GuardAll")
	_, err = emulator.New(emulator.WithGuards(emulator.GuardKeys, 640))
	require.ErrorContains(t, err, "WithGuards: 640 is not a guard")
}

func TestGuardsLookAtAllOrganizationsAndCallsOverASocket(t *testing.T) {
	reports := guarded(t, emulator.GuardAll, func(s shop) {
		s.seedText(`organizations: [{organization: {id: 7a6c1c2e-5a0f-4d53-9d52-7c8f7f3f2a10, name: Other},
			apiKeys: [{key: sk_test_other, scopes: ["*"]}],
			domains: [{domain: other.example, status: verified}],
			senderProfiles: [{key: main, name: Other, email: hi@other.example, default: true}],
			templates: [{key: hole, purpose: Transactional, definition: {subject: "A ${/data/b}", text: hi}}]}]`)
		other, err := segmentflow.New("sk_test_other", segmentflow.WithBaseURL(s.emu.URL()))
		require.NoError(t, err)
		templates := must(other.Templates.List(t.Context(), nil))(t)
		must(other.Emails.Send(t.Context(), &segmentflow.SendEmailParams{TemplateID: templates[0].ID,
			To: &segmentflow.Recipient{Email: "x@example.com"}}, own))(t)
		_, err = other.Emails.Retrieve(t.Context(), s.receipt())
		require.Error(t, err)
	})
	require.Len(t, reports, 2)
	require.NotContains(t, reports[0], "called at", "the call came over a socket")
	require.Contains(t, reports[1], "Template hole: /data/b had nothing to print in its subject, in message ")
}
