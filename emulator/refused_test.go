package emulator_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// tester is a TB whose Cleanup functions run at end, and whose log is safe for concurrent use.
type tester struct {
	recorder
	mu    sync.Mutex
	lines []string
	after []func()
	ended bool
}

func (w *tester) Cleanup(do func()) { w.after = append(w.after, do) }

func (w *tester) Logf(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ended {
		panic("the test has ended")
	}
	w.lines = append(w.lines, fmt.Sprintf(format, args...))
}

// end runs the Cleanup functions. From then on nothing may be logged.
func (w *tester) end() {
	for _, do := range w.after {
		do()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ended = true
}

// told starts an emulator for a tester.
func toldShop(t *testing.T, opts ...emulator.Option) (shop, *tester) {
	t.Helper()
	w := &tester{}
	own := []emulator.Option{emulator.WithSeedFile("testdata/acme.yaml"), emulator.WithStartTime(monday)}
	opts = append(own, opts...)
	emu := emulator.Start(w, opts...)
	t.Cleanup(func() { require.NoError(t, emu.Close()) })
	return shop{T: t, emu: emu, client: emu.Client()}, w
}

// unknownFields returns the lines about members of a body that are not known.
func unknownFields(names string) (lines string) {
	for _, name := range names {
		lines += fmt.Sprintf("\n  body /%c: is not a known field", name)
	}
	return lines
}

const keys = "The keys are autumn-sale, order-receipt, password-reset, password-reset-by-event, trail-notes-issue " +
	"and 2 more."

const lost = "5e6d0000-0000-4000-8000-00000000dead"

// refusedCalls are calls that are refused, and what a test is told about them.
var refusedCalls = map[string]struct {
	refuse func(s shop)
	want   []string
}{
	"issues": {
		func(s shop) {
			call(s, s.emu, "POST", "/api/v1/emails",
				`{"templateId": "order-receipt", "to": {"email": "alex"}, "dat": {}}`, "Idempotency-Key", "k")
		},
		[]string{"emulator: sendEmail was refused with 400 invalid_request:\n" +
			"  body /dat: is not a known field\n" +
			"  body /templateId: must be a UUID; emu.ID(\"template\", …) returns the id of what a seed made\n" +
			"  body /to/email: must be an email address without a display name"},
	},
	"more issues than failures show": {
		func(s shop) {
			call(s, s.emu, "POST", "/api/v1/segments/"+lost+"/preview", `{"a":1,"b":1,"c":1,"d":1,"e":1,"f":1,"g":1}`)
		},
		[]string{"emulator: previewSegment was refused with 400 invalid_request:" + unknownFields("abcdefg")},
	},
	"a Template": {
		func(s shop) { _ = s.sendRefused(receipt(lost, 1)) },
		[]string{`emulator: sendEmail was refused with 404 not_found: there is no Template "` + lost + `". ` + keys},
	},
	"a Template by its computed id": {
		func(s shop) { _ = s.sendRefused(receipt(s.emu.SeedID("template", "order-recept"), 1)) },
		[]string{`emulator: sendEmail was refused with 404 not_found: there is no Template "#1". ` +
			`It is SeedID("template", "order-recept"). ` +
			"The nearest keys are order-receipt, password-reset and trial-welcome."},
	},
	"a Journey by its key": {
		func(s shop) {
			_, err := s.client.Journeys.Trigger(s.Context(), "trial-onbording", &segmentflow.TriggerJourneyParams{
				Profile: segmentflow.TriggerProfile{Email: "alex@example.com"},
			})
			_ = refusal(s, err)
		},
		[]string{`emulator: triggerJourney was refused with 404 not_found: there is no Journey "trial-onbording". ` +
			"The nearest keys are trial-onboarding, loyalty-upgrade and password-reset."},
	},
	"an id of another kind": {
		func(s shop) {
			_, err := s.client.Emails.Retrieve(s.Context(), s.receipt())
			_ = refusal(s, err)
		},
		[]string{`emulator: retrieveEmail was refused with 404 not_found: there is no EmailSend "#1". ` +
			"That is the id of a Template: order-receipt."},
	},
	"a path": {
		func(s shop) { call(s, s.emu, "GET", "/api/v1/template/x", "") },
		[]string{"emulator: GET /api/v1/template/x was refused with 404 not_found: no operation has this path; " +
			"the nearest are GET /api/v1/templates/{id} (retrieveTemplate), GET /api/v1/templates (listTemplates) " +
			"and PUT /api/v1/templates/{id} (updateTemplate)"},
	},
	"items of a batch": {
		func(s shop) {
			item := func(key, template, email string) segmentflow.BatchSendItem {
				return segmentflow.BatchSendItem{
					IdempotencyKey: key, TemplateID: template, To: &segmentflow.Recipient{Email: email},
				}
			}
			must(s.client.Emails.BatchSend(s.Context(), &segmentflow.BatchSendParams{Items: []segmentflow.BatchSendItem{
				item("i0", s.receipt(), "alex"), item("i1", s.receipt(), "bruno"), item("i2", lost, "alex@example.com"),
			}}))(s)
		},
		[]string{
			"emulator: batchSendEmails rejected item 0 (key \"i0\") with invalid_request:\n" +
				"  body /to/email: must be an email address without a display name",
			`emulator: batchSendEmails rejected item 2 (key "i2") with not_found: there is no Template "` +
				lost + `". ` + keys,
		},
	},
	"a body that is not JSON": {
		func(s shop) { call(s, s.emu, "POST", "/api/v1/events", "{", "Idempotency-Key", "k") },
		[]string{"emulator: trackEvent was refused with 400 invalid_request:\n" +
			"  body /: is not JSON (line 1, column 2)"},
	},
	"other refusals": {
		func(s shop) {
			call(s, s.emu, "GET", "/api/v1/segments", "", "x-api-key", "sk_test_nobody")
			call(s, s.emu, "DELETE", "/api/v1/segments", "")
			call(s, s.emu, "GET", "/api/v1/integrations", "")
			call(s, s.emu, "GET", "/_emulator/nothing", "")
			call(s, s.emu, "GET", "/_emulator/runs?jurney=x", "")
		},
		nil,
	},
}

func TestATestIsToldAboutRefusedCalls(t *testing.T) {
	for name, c := range refusedCalls {
		t.Run(name, func(t *testing.T) {
			s, w := toldShop(t)
			for range 2 {
				c.refuse(s)
			}
			for i, line := range w.lines {
				if !strings.Contains(line, lost) {
					w.lines[i] = plain(line)
				}
			}
			require.Equal(t, c.want, w.lines)
			require.Empty(t, w.failures)
		})
	}
}

// TestNothingIsToldAfterTheEnd ends a test in several ways.
func TestNothingIsToldAfterTheEnd(t *testing.T) {
	refuse := func(s shop, n int) { call(s, s.emu, "GET", fmt.Sprintf("/api/v1/emails/%s%d", lost[:35], n), "") }

	s, w := toldShop(t)
	refuse(s, 1)
	w.end()
	refuse(s, 2)
	require.Len(t, w.lines, 1)

	s, w = toldShop(t)
	require.NoError(t, s.emu.Close())
	refuse(s, 1)
	call(t, s.emu, "GET", "/api/v9", "")
	require.Empty(t, w.lines)

	s, w = toldShop(t)
	s.track(trial("Pro", "t1"))
	s.emu.Advance(72 * time.Hour)
	path := pathOf(t, s.emu.Outbox().Template("trial-reminder").Only(t).Link("Unsubscribe"))
	w.end()
	require.Equal(t, http.StatusServiceUnavailable, call(t, s.emu, "GET", path, "").status)
	require.Empty(t, w.lines, "the emulator's own log ends too")

	s, w = toldShop(t)
	sub := &tester{}
	s.emu = s.emu.For(sub)
	sub.end()
	refuse(s, 1)
	require.Len(t, w.lines, 1, "the log is that of the test passed to Start")
	require.Error(t, s.emu.Close())
	refuse(s, 2)
	require.Len(t, w.lines, 2)
	s.emu.Reset()
	refuse(s, 2)
	require.Len(t, w.lines, 2, "a text is told once")
	w.end()

	outside, err := emulator.New()
	require.NoError(t, err)
	defer outside.Close()
	require.Equal(t, http.StatusNotFound, call(t, outside, "GET", "/api/v9", "").status)
}

// TestManyCallsAreRefusedWhileTheTestEnds ends the test while calls are under way.
func TestManyCallsAreRefusedWhileTheTestEnds(t *testing.T) {
	s, w := toldShop(t)
	var calls sync.WaitGroup
	for n := range 8 {
		calls.Go(func() {
			for i := range 20 {
				call(t, s.emu, "GET", fmt.Sprintf("/api/v1/emails/5e6d0000-0000-4000-8000-0000000%d%04d", n, i), "")
			}
		})
	}
	w.end()
	calls.Wait()
}

func TestATestIsToldInABubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, w := toldShop(t, emulator.WithLiveClock())
		var calls sync.WaitGroup
		for range 4 {
			calls.Go(func() { _ = s.sendRefused(receipt(lost, 1)) })
		}
		calls.Wait()
		require.Len(t, w.lines, 1)
		w.end()
	})
}

// TestTheReplyKeepsToTheContract compares the reply of a told call with that of another.
func TestTheReplyKeepsToTheContract(t *testing.T) {
	s, _ := toldShop(t)
	outside, err := emulator.New(emulator.WithSeedFile("testdata/acme.yaml"))
	require.NoError(t, err)
	defer outside.Close()
	require.Equal(t, call(t, outside, "GET", "/api/v1/emails/"+lost, "").body,
		call(t, s.emu, "GET", "/api/v1/emails/"+lost, "").body)
}

// TestAnotherOrganizationIsAdvisedWithItsOwnKeys calls with the key of another Organization.
func TestAnotherOrganizationIsAdvisedWithItsOwnKeys(t *testing.T) {
	s, w := toldShop(t)
	s.seedText(`
organizations:
  - organization: {id: 5e6d0000-0000-4000-8000-0000000000b0, name: Other}
    apiKeys: [{key: sk_test_other, label: other, scopes: ["*"]}]
    templates: [{key: theirs, purpose: Transactional, definition: {subject: S, text: t}}]
`)
	call(t, s.emu, "GET", "/api/v1/templates/"+lost, "", "x-api-key", "sk_test_other")
	require.Equal(t, []string{`emulator: retrieveTemplate was refused with 404 not_found: there is no Template "` +
		lost + `". The key is theirs.`}, w.lines)
	require.Equal(t, "other", s.emu.Requests().Only(t).KeyLabel)
}
