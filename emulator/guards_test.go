package emulator_test

import (
	"context"
	"fmt"
	"net/http"
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
			_ = s.sendRefused(s.badMail())
		}
		call(t, s.emu, "GET", "/api/v1/nothing", "")
		call(t, s.emu, "POST", "/api/v1/emails", "{")
	}))
	reports := guarded(t, emulator.GuardErrors, func(s shop) {
		_ = s.sendRefused(s.badMail())
		s.emu.Expect("validation_failed")
		_ = s.sendRefused(s.badMail())
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
		require.Equal(t, `emulator: Expect("404"): 404 is a status, not an error code; `+
			"the codes with this status: not_found", w.failures[1])
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
	_ = s.sendRefused(s.badMail(), own)
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

func (s shop) sendBad() { _ = s.sendRefused(s.badMail()) }

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

// TestForksAndBuiltWorldsHaveGuardsOfTheirOwn sees one email before the fork, and one after it.
func TestForksAndBuiltWorldsHaveGuardsOfTheirOwn(t *testing.T) {
	w, fork := &ending{}, &ending{}
	s := openGuarded(t, w, emulator.WithGuards(emulator.GuardMissing))
	sendTo(t, s.emu, "password-reset", "alex@example.com")
	sendTo(t, s.emu.Fork(fork), "password-reset", "bruno@example.com")
	fork.end()
	require.Len(t, fork.failures, 1)
	require.Contains(t, fork.failures[0], "bruno@example.com")
	require.NotContains(t, fork.failures[0], "times")

	image := must(s.emu.Snapshot())(t)
	require.NoError(t, s.emu.Restore(image))
	sendTo(t, s.emu, "password-reset", "chiara@example.com")
	w.end()
	require.Contains(t, w.failures[0], "to alex@example.com (2 times)", "what was found before Restore stays")

	built := &ending{}
	fixture := emulator.World(func(emu *emulator.Emulator) error {
		sendTo(t, emu, "password-reset", "alex@example.com")
		return nil
	}, emulator.WithSeedFile("testdata/acme.yaml"), emulator.WithGuards(emulator.GuardAll), emulator.WithEvidence())
	fixture.Start(built)
	built.end()
	require.Empty(t, built.failures, "nothing of the build counts")
}

func TestAMadeUpKeyIsKnownByItsForm(t *testing.T) {
	for key, found := range map[string]bool{
		made: true, strings.ToUpper(made): false, "auto_" + strings.ToUpper(made[5:]): true, made + "x": false,
		made[5:]: false, "auto_1": false, "my" + made: false,
	} {
		reports := guarded(t, emulator.GuardKeys, func(s shop) {
			s.send(receipt(s.receipt(), 1), segmentflow.WithIdempotencyKey(key))
		})
		require.Equal(t, found, len(reports) == 1, key)
	}
	require.Empty(t, guarded(t, emulator.GuardKeys, func(s shop) {
		_ = s.sendRefused(s.badMail(), segmentflow.WithIdempotencyKey(made))
		call(t, s.emu, "PATCH", "/api/v1/profiles/"+s.emu.ID("profile", "alex@example.com"), `{"properties": {}}`,
			"Idempotency-Key", made)
		call(t, s.emu, "GET", "/api/v1/templates", "", "Idempotency-Key", made)
	}), "a refused write did nothing, and the others take no key")
}

func TestOnlyCallsOfTheAPICountAsRefused(t *testing.T) {
	require.Empty(t, guarded(t, emulator.GuardErrors, func(s shop) {
		require.Equal(t, http.StatusNotFound, call(t, s.emu, "GET", "/_emulator/nothing", "").status)
		require.Error(t, s.emu.Human().Approve("6b1f0f7e-5a0f-4d53-9d52-7c8f7f3f2a10"))
	}))
}
