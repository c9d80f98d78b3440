// Package examples_test runs the examples, and the code in the README and the guides.
package examples_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator"
)

const deadProxy = "http://127.0.0.1:9"

// offline returns the environment without Segmentflow's variables, and with a proxy that does not exist, so that no
// request reaches another machine.
func offline(extra ...string) []string {
	var env []string
	for _, v := range os.Environ() {
		name, _, _ := strings.Cut(v, "=")
		if !strings.HasPrefix(name, "SEGMENTFLOW_") && !strings.HasSuffix(strings.ToUpper(name), "_PROXY") {
			env = append(env, v)
		}
	}
	return append(env, append([]string{"HTTP_PROXY=" + deadProxy, "HTTPS_PROXY=" + deadProxy}, extra...)...)
}

// built returns the folder of the examples' programs. One command builds them all, and each runs several times.
func built(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	command := exec.CommandContext(t.Context(), "go", "build", "-ldflags=-s -w", "-o", dir, "./...")
	out, err := command.CombinedOutput()
	require.NoError(t, err, string(out))
	return dir
}

// ran is the outcome of a command.
type ran struct {
	code   int
	stdout string
	stderr string
}

func execute(t *testing.T, env []string, program string, args ...string) ran {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, program, args...)
	var stdout, stderr bytes.Buffer
	command.Env, command.Stdout, command.Stderr = env, &stdout, &stderr
	err := command.Run()
	if _, exited := errors.AsType[*exec.ExitError](err); !exited {
		require.NoError(t, err)
	}
	return ran{command.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

// expected contains the important lines of each example's output.
var expected = map[string][]string{
	"quickstart": {
		"The reply says Queued; a moment later the email is Sent.", "| Subject: Your order ord_9421",
		"Track your parcel (https://acme.example/track/9421)", "It matched 1 Journey and started 1 run",
		"| Subject: Welcome to the Pro trial, Alex", "From 2026-03-02 09:00:00 to 2026-03-05 09:00:00 in ",
		"| Subject: Alex, your trial ends soon", "| Four days of your Pro trial are left.",
	},
	"send-email": {
		"to alex@example.com: Queued",
		"replayed: true",
		"Retrieved again: Sent",
		"| Trail shoe | 89.50",
		"| Wool socks | 12.00",
		"| Total: 101.50 EUR",
	},
	"batch-receipts": {
		"3 items: 2 accepted, 1 rejected",
		"rejected with invalid_request",
		"/items/1/to/email: ",
		"The same batch again: 2 accepted; item 0 is the same send: true",
		"alex@example.com: Your order ord_",
		"bruno@example.com: Your order ord_",
	},
	"backfill": {
		"]  400 of 1000\nKilled. Emails that were sent: 500\n",
		"\r  [########################################] 1000 of 1000\nDone. The API refused 7 calls",
		"In the outbox: 1000 emails. Receipts that were sent exactly once: 1000 of 1000\n",
	},
	"sharded": {
		"2000 receipts in 4 shards of [515 512 481 492], 20 batches a second\nShard 0 was killed.",
		"Receipts with a result: 2000 of 2000\n", "EmailSends: 1999, emails: 1999\n",
		"Receipts sent exactly once: 1999, dead letters: 1, lost: 0, sent twice: 0\n",
	},
	"track-event": {
		"is Queued",
		"Journeys matched: 1, enrolled: 1, skipped: 0",
		"Choose a new password (https://acme.example/reset?token=s3cr3t)",
		"The link: [redacted]",
		"The link was redacted before the event was stored",
	},
	"trigger-journey": {
		"of loyalty-upgrade: queued",
		"Retrieved at once: running",
		"After twelve hours on the emulator's clock: completed",
		"| Subject: Alex, you are gold now",
		"| Your 1200 points made you a gold member.",
	},
	"abandoned-cart": {
		"bought order → thanks sent → done exit → completed",
		"bought timeout → remind sent → done exit → completed",
		"remind skipped: unsubscribed → exited unsubscribed",
		"11:00:00 to bruno@example.com: Bruno, your trail shoe is still here",
	},
	"journey-testing": {
		"alex@example.com     waits until 2026-03-08T13:00:00Z", "2026-03-08T00:00:00Z Good morning, team of Chiara",
		`because team: /event/plan ("Team") eq "Team" → true`, "welcome: skipped, filter_mismatch",
		`audience: /profile/country ("AQ") neq "AQ" → false`, "welcome: skipped, already_active",
	},
	"consent": {
		"List-Unsubscribe-Post: List-Unsubscribe=One-Click",
		"GET of that link: 200 OK; changes to Alex's subscriptions: 0",
		"POST: Alex is Unsubscribed in offers, by one_click",
		"discount to alex@example.com, group offers: Skipped (unsubscribed)",
		"discount to alex@example.com, group product-news: Sent",
		"receipt to alex@example.com, no group: Sent",
		"the address is suppressed: bounce",
		"receipt to bruno@example.com, no group: Skipped (suppressed_bounce)",
	},
	"broadcast-handoff": {
		"Audience of 6: 4 eligible, skipped by reason: map[suppressed_bounce:1 unsubscribed:1]",
		"| Subject: Autumn sale, Alex",
		"ready: false\n     blocker domain_unverified",
		"warning bindings_missing",
		"warning test_not_sent",
		`A test to one recipient, mira@acme.example: "Autumn sale, Mira". Emails in the outbox: 1`,
		"no longer warns that there was no test:\n   ready: true\n     warning bindings_missing",
		"/confirmation: 403 send_not_allowed",
		"/schedule: 403 send_not_allowed",
		"https://emulator.test/dashboard/confirmations/",
		"to 4 recipients, from Acme Outdoor <shop@acme.example>; valid for 15m0s. Emails to Alex so far: 0",
		`The person approves. Email to Alex: "Autumn sale, Alex"`,
		"audience 6 = eligible 4 + skipped 2",
		"eligible 4 = queued 0 + processing 0 + sent 4 + failed 0 + skipped at send 0 + cancelled 0",
		"delivered 3, bounced 1; opened by 1, unsubscribed 1",
	},
	"newsletter-issue": {
		`Issue 1, Short days: "Two walks for short days", NotStarted, will be sent at 2026-03-05T09:00:00Z`,
		"3. Cancel: a draft again, and nothing is lost\n" +
			"   Issue 1, Short days: \"Two walks for short days\", NotStarted, not scheduled",
		`Issue 1, Short days: "Three walks for short days", NotStarted, will be sent at 2026-03-05T09:00:00Z`,
		"Wednesday: Bruno subscribes; emails in the outbox: 0",
		"Thursday: emails in the outbox: 3",
		"| Good morning, Bruno.",
		`Issue 1, Short days: "Three walks for short days", Sent, started at 2026-03-05T09:00:00Z`,
		"4 subscribers, 3 eligible, skipped by reason: map[suppressed_complaint:1]",
		"3 sent, 0 failed, 3 delivered, 0 unsubscribed",
	},
	"ingest": {
		"The plug-in posts its batch\n  visit-7/1: accepted \n  visit-7/2: accepted \n  visit-7/3: accepted \n" +
			"  visit-7/4: dropped profile_not_found\n",
		"  visit-7/3: duplicate duplicate_occurrence\n",
		"Email to alex@example.com: Welcome, Alex\nThe server reports an order: accepted\n",
	},
	"assets": {
		"Uploaded logo.png: image/png, 320 x 120 pixels, \"Acme Outdoor\"",
		"The same call again: the same Asset: true",
		"The email \"Hello from Acme\" to alex@example.com has <img src=\"https://emulator.test/files/",
		"Its URL answers 200 OK: a png of 320 x 120 pixels",
	},
	"faults": {
		"The reply is lost: segmentflow: POST /api/v1/emails: emulator: the connection was lost: unexpected EOF",
		"the fault struck 1 time; emails to Alex: 1",
		"Sent again with the same key: replayed: true; emails to Alex: 1",
		"The reply to a batch breaks off: segmentflow: POST /api/v1/emails/batch: read the reply: unexpected EOF",
		"Sent again: 2 accepted; emails to Bruno: 1, to Chiara: 1",
		"One email a minute: 429 rate_limited, retry after 1m0s; emails to Dora: 1",
		"A minute later: 2 emails to Dora",
		"A proxy answers: segmentflow: POST /api/v1/emails: 502 Bad Gateway",
	},
	"synctest": {
		"The handler has answered 202. Emails so far: 0",
		"A goroutine has sent: Welcome, Alex",
		"The Journey first-month waits for 30 days",
		"Thirty days later: Your first month",
	},
	"fixtures": {
		"Alex's trial is in its third day. Emails so far: 0\n",
		"Alex buys. An hour later, emails: 0\n",
		"Alex does nothing. An hour later, emails: 1\n",
	},
	"offline-dev": {
		"POST /newsletter: You get the next issue of Trail Notes.",
		"welcome: Welcome, Alex\n  order-receipt: Your order ord_1\n" +
			"  order-shipped: Order ord_1 is on its way\n  tips: Alex, how to choose a shoe\n",
		"Alex reads Trail Notes: Subscribed",
	},
	"testing-your-app": {
		"202 Accepted",
		"All emails, oldest first:\n  bruno@example.com: Your order ord_9421\n" +
			"  alex@example.com: Your trial ends soon\n",
		"Alex has a reminder.",
	},
}

// offlineArgs contains the arguments of the examples that would serve until they are stopped. With them they end.
var offlineArgs = map[string][]string{"offline-dev": {"-walk"}}

// hostedArgs contains the arguments that the examples need besides -hosted.
var hostedArgs = map[string][]string{
	"send-email":      {"-template", "TEMPLATE", "-to", "alex@example.com"},
	"batch-receipts":  {"-template", "TEMPLATE", "-to", "alex@example.com"},
	"track-event":     {"-template", "TEMPLATE", "-to", "alex@example.com"},
	"trigger-journey": {"-journey", "loyalty-upgrade", "-to", "alex@example.com"},
}

func TestEveryExampleIsTested(t *testing.T) {
	dirs, err := filepath.Glob("*/main.go")
	require.NoError(t, err)
	require.Len(t, dirs, len(expected))
	for _, dir := range dirs {
		require.Contains(t, expected, filepath.Dir(dir))
	}
}

// hosted starts an emulator in place of the hosted API and counts the calls that reach it.
func hosted(t *testing.T) (emu *emulator.Emulator, env []string, calls *atomic.Int64) {
	t.Helper()
	emu = emulator.Start(t, emulator.WithSeedFile("../emulator/testdata/acme.yaml"))
	calls = new(atomic.Int64)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		emu.Handler().ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return emu, offline("SEGMENTFLOW_API_KEY="+emu.APIKey(), "SEGMENTFLOW_BASE_URL="+server.URL), calls
}

func TestTheExamples(t *testing.T) {
	programs := built(t)
	for example, lines := range expected {
		t.Run(example, func(t *testing.T) {
			t.Parallel()
			runsOffline(t, filepath.Join(programs, example), offlineArgs[example], lines)
			if args := hostedArgs[example]; args != nil {
				needsAllArguments(t, filepath.Join(programs, example), args)
				needsAKey(t, filepath.Join(programs, example), args)
				reachesTheAPI(t, filepath.Join(programs, example), args)
			}
		})
	}
}

// runsOffline runs an example twice: as a newcomer does, and with a key in the environment, which it must not use.
func runsOffline(t *testing.T, program string, args, lines []string) {
	t.Helper()
	got := execute(t, offline(), program, args...)
	require.Zero(t, got.code, got.stderr)
	require.Empty(t, got.stderr)
	for _, line := range lines {
		require.Contains(t, got.stdout, line)
	}
	require.LessOrEqual(t, strings.Count(got.stdout, "\n"), 50, "short enough to read")

	_, env, calls := hosted(t)
	require.Zero(t, execute(t, env, program, args...).code)
	require.Zero(t, calls.Load())
}

func needsAllArguments(t *testing.T, program string, args []string) {
	t.Helper()
	_, env, calls := hosted(t)
	for _, given := range [][]string{
		{"-hosted"},
		{"-hosted", args[0], args[1]},
		{"-hosted", args[2], args[3]},
		args,
	} {
		got := execute(t, env, program, given...)
		require.NotZero(t, got.code, given)
		for _, text := range []string{args[0], "-to", "-hosted", "nothing was "} {
			require.Contains(t, got.stderr, text, given)
		}
		require.Empty(t, got.stdout, given)
	}
	require.Zero(t, calls.Load())
}

func needsAKey(t *testing.T, program string, args []string) {
	t.Helper()
	got := execute(t, offline(), program, append([]string{"-hosted"}, args...)...)
	require.NotZero(t, got.code)
	require.Contains(t, got.stderr, "SEGMENTFLOW_API_KEY")
}

func reachesTheAPI(t *testing.T, program string, args []string) {
	t.Helper()
	emu, env, calls := hosted(t)
	given := []string{"-hosted"}
	for _, arg := range args {
		if arg == "TEMPLATE" {
			arg = emu.ID("template", "order-receipt")
		}
		given = append(given, arg)
	}
	got := execute(t, env, program, given...)
	require.Zero(t, got.code, got.stderr)
	require.GreaterOrEqual(t, calls.Load(), int64(2))
}
