package emulator_test

import (
	"context"
	"io"
	"math"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// gate is a middleware that answers the first calls by itself, so many times, with 503 and Retry-After.
func gate(times int, after string) segmentflow.Option {
	return segmentflow.WithMiddleware(func(next http.RoundTripper) http.RoundTripper {
		return carry(func(req *http.Request) (*http.Response, error) {
			if times--; times < 0 {
				return next.RoundTrip(req)
			}
			return &http.Response{
				StatusCode: http.StatusServiceUnavailable,
				Header:     http.Header{"Retry-After": {after}},
				Body:       io.NopCloser(strings.NewReader("")),
			}, nil
		})
	})
}

// carry is an http.RoundTripper in one function.
type carry func(*http.Request) (*http.Response, error)

func (f carry) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// hello sends the default Template.
func hello(t testing.TB, emu *emulator.Emulator, client *segmentflow.Client, opts ...segmentflow.CallOption) error {
	t.Helper()
	_, err := client.Emails.Send(t.Context(), &segmentflow.SendEmailParams{
		TemplateID: emu.ID("template", "hello"),
		To:         &segmentflow.Recipient{Email: "alex@example.com"},
	}, opts...)
	return err
}

func TestAWaitOfAClientTakesNoTimeAndDoesNotMoveTheClock(t *testing.T) {
	for name, opts := range map[string][]emulator.Option{
		"a running clock": nil,
		"a frozen clock":  {emulator.WithStartTime(monday)},
		"a file":          {emulator.WithDatabase(t.TempDir() + "/world.db")},
	} {
		t.Run(name, func(t *testing.T) {
			emu := emulator.Start(t, opts...)
			at := emu.Now()
			own, err := segmentflow.New(emu.APIKey(), append(emu.ClientOptions(), gate(2, "20"))...)
			require.NoError(t, err)
			for _, client := range []*segmentflow.Client{
				emu.Client(gate(2, "20")), emu.ClientFor(emu.APIKey(), gate(2, "20")), own,
				emu.For(t).Client(gate(2, "20")),
				emu.Client(segmentflow.WithBaseURL(emu.URL()), segmentflow.WithHTTPClient(http.DefaultClient),
					gate(2, "20")),
			} {
				require.NoError(t, hello(t, emu, client))
			}
			require.Less(t, emu.Now().Sub(at), 20*time.Second)
			require.Equal(t, 5, emu.Outbox().Count())
		})
	}
}

func TestAWaitOfAClientTakesTheTimeOfABubble(t *testing.T) {
	shared, err := emulator.New()
	require.NoError(t, err)
	defer shared.Close()
	for name, opts := range map[string][]emulator.Option{
		"a running clock": nil,
		"a frozen clock":  {emulator.WithStartTime(monday)},
		"a live clock":    {emulator.WithLiveClock()},
		"real waits":      {emulator.WithRealWaits()},
		"one of outside":  {nil},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				emu := shared
				if name != "one of outside" {
					emu = emulator.Start(t, opts...)
				}
				start, client := time.Now(), emu.Client(gate(2, "20"))
				require.NoError(t, hello(t, emu, client))
				require.Equal(t, 40*time.Second, time.Since(start))
			})
		})
	}
}

func TestAWaitOfAClientIsRealIfAskedForOrIfTheClockIsLive(t *testing.T) {
	for _, opt := range []emulator.Option{emulator.WithRealWaits(), emulator.WithLiveClock()} {
		emu := emulator.Start(t, opt)
		start := time.Now()
		require.NoError(t, hello(t, emu, emu.Client(gate(1, "0.02"))))
		require.GreaterOrEqual(t, time.Since(start), 20*time.Millisecond)
	}
}

func TestTheEndOfTheContextEndsAWait(t *testing.T) {
	emu := emulator.Start(t)
	ctx, cancel := context.WithCancel(t.Context())
	client := emu.Client(gate(1, "20"),
		segmentflow.WithBackoff(func(int) time.Duration { cancel(); return time.Second }))
	_, err := client.Emails.Retrieve(ctx, "c0a8f3d2-7a64-4a5b-9e0f-2b6d1c3e4f70")
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, 1, refusal(t, err).Attempts)
}

func TestAClientThatWaitsForEverIsToldWhy(t *testing.T) {
	emu := emulator.Start(t)
	items := func(yield func(segmentflow.BatchSendItem) bool) { yield(segmentflow.BatchSendItem{}) }
	refusing := emu.Fail(emulator.Fault{Operation: "batchSendEmails", Status: 429, RetryAfter: time.Hour})
	for range 2 {
		for _, err := range emu.Client().Emails.SendAll(t.Context(), items, segmentflow.SendAllOptions{}) {
			require.ErrorContains(t, err, "the clients have waited 10000 times and no call has succeeded since; "+
				"remove the fault or the rate limit that refuses them")
		}
	}

	require.Equal(t, 10_001, refusing.Hits()-1, "the second range was refused once, and did not wait")
	require.NoError(t, hello(t, emu, emu.Client()))
	emu.Fail(emulator.Fault{Times: 2, Status: 503})
	require.NoError(t, hello(t, emu, emu.Client()), "a success starts the count again")
}

func TestAResetStartsTheCountOfWaitsAgain(t *testing.T) {
	emu := emulator.Start(t)
	items := func(yield func(segmentflow.BatchSendItem) bool) { yield(segmentflow.BatchSendItem{}) }
	emu.Fail(emulator.Fault{Status: 429, RetryAfter: time.Hour})
	for _, err := range emu.Client().Emails.SendAll(t.Context(), items, segmentflow.SendAllOptions{}) {
		require.Error(t, err)
	}
	emu.Reset()
	emu.Fail(emulator.Fault{Times: 1, Status: 503})
	require.NoError(t, hello(t, emu, emu.Client()))
}

func TestVeryLongWaitsFillTheBuckets(t *testing.T) {
	s := openShop(t)
	s.emu.RateLimit("listTemplates", 1, time.Second)
	require.Equal(t, "200 [1] [0] [1]", limited(t, s.emu, "GET", "/templates"))
	s.emu.Fail(emulator.Fault{Operation: "batchSendEmails", Times: 15, Status: 429, RetryAfter: math.MaxInt64})
	sendAll(t, s, 1, 1, segmentflow.BatchSendItem{})
	require.Equal(t, "200 [1] [0] [1]", limited(t, s.emu, "GET", "/templates"))
}

// The clocks of the tests that are about both.
var frozen, running = emulator.WithStartTime(monday), emulator.WithSeedNumber(1)

// shopWith is openShop with another clock.
func shopWith(t *testing.T, clock emulator.Option) shop {
	t.Helper()
	emu := emulator.Start(t, emulator.WithSeedFile("testdata/acme.yaml"), clock)
	return shop{T: t, emu: emu, client: emu.Client()}
}

// sendAll sends n items and returns their keys.
func sendAll(t *testing.T, s shop, n, concurrency int, item segmentflow.BatchSendItem) (keys []string) {
	t.Helper()
	items := func(yield func(segmentflow.BatchSendItem) bool) {
		for range n {
			if !yield(item) {
				return
			}
		}
	}
	opts := segmentflow.SendAllOptions{Concurrency: concurrency}
	for result, err := range s.client.Emails.SendAll(t.Context(), items, opts) {
		require.NoError(t, err)
		require.Equal(t, item.To == nil, result.Err != nil, result.Err)
		keys = append(keys, result.IdempotencyKey)
	}
	return keys
}

// receiptItem is the receipt as an item of a batch.
func receiptItem(s shop) segmentflow.BatchSendItem {
	p := receipt(s.receipt(), 1)
	return segmentflow.BatchSendItem{TemplateID: p.TemplateID, To: p.To, Data: p.Data}
}

func TestAllEmailsOfARangeUnderARateLimitAreSent(t *testing.T) {
	s := openShop(t)
	s.emu.RateLimit("batchSendEmails", 2, time.Second)
	require.Len(t, sendAll(t, s, 500, 0, receiptItem(s)), 500)
	require.Equal(t, 500, s.emu.Outbox().Count())
}

func TestARangeUnderARateLimitEndsWithoutTime(t *testing.T) {
	for name, c := range map[string]struct {
		n, concurrency int
		per            time.Duration
		clock          emulator.Option
	}{
		"two a second":      {2, 0, time.Second, frozen},
		"one a second":      {1, 0, time.Second, frozen},
		"one batch at once": {2, 1, time.Second, frozen},
		"one an hour":       {1, 5, time.Hour, frozen},
		"a running clock":   {2, 0, time.Hour, running},
	} {
		t.Run(name, func(t *testing.T) {
			s := shopWith(t, c.clock)
			s.emu.RateLimit("batchSendEmails", c.n, c.per)
			at := s.emu.Now()
			require.Len(t, sendAll(t, s, 500, c.concurrency, segmentflow.BatchSendItem{}), 500)
			require.Less(t, s.emu.Now().Sub(at), time.Minute)
		})
	}
}

func TestARangeUnderARateLimitTakesTheTimeOfABubble(t *testing.T) {
	for name, clock := range map[string]emulator.Option{"a frozen clock": frozen, "a running clock": running} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := shopWith(t, clock)
				s.emu.RateLimit("batchSendEmails", 1, time.Minute)
				start := time.Now()
				require.Len(t, sendAll(t, s, 300, 1, segmentflow.BatchSendItem{}), 300)
				require.GreaterOrEqual(t, time.Since(start), 2*time.Minute)
				require.LessOrEqual(t, time.Since(start), 2*time.Minute+12*time.Second, "up to a tenth longer")
			})
		})
	}
}

func TestACallUnderARateLimitPasses(t *testing.T) {
	s := openShop(t)
	s.emu.RateLimit("sendEmail", 2, time.Second)
	for i := range 10 {
		s.send(receipt(s.receipt(), i))
	}
	require.Equal(t, 10, s.emu.Outbox().Count())

	s.emu.RateLimit("sendEmail", 1, time.Minute)
	s.send(receipt(s.receipt(), 10))
	refused := s.sendRefused(receipt(s.receipt(), 11))
	require.Equal(t, time.Minute, refused.RetryAfter, "longer than a call waits")
	require.Equal(t, 1, refused.Attempts)
}

func TestOptionsOfTheCallerOverrideThoseOfTheEmulator(t *testing.T) {
	emu := emulator.Start(t)
	var waits []time.Duration
	var resp segmentflow.Response
	client := emu.Client(gate(1, "20"),
		segmentflow.WithSleep(func(_ context.Context, d time.Duration) error { waits = append(waits, d); return nil }),
		segmentflow.WithKeySource(func() string { return "mine" }))
	require.NoError(t, hello(t, emu, client, segmentflow.WithResponse(&resp)))
	require.Equal(t, []time.Duration{20 * time.Second}, waits)
	require.Equal(t, "mine", resp.IdempotencyKey)
}

func TestAClosedEmulatorRefusesAtOnce(t *testing.T) {
	emu, err := emulator.New(emulator.WithStartTime(monday))
	require.NoError(t, err)
	client := emu.Client()
	require.NoError(t, emu.Close())
	err = hello(t, emu, client)
	require.ErrorIs(t, err, segmentflow.ErrUnavailable)
	require.Equal(t, 3, refusal(t, err).Attempts)
}
