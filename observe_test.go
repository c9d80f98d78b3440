package segmentflow_test

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
)

// observed keeps the events of calls.
type observed struct {
	mu     sync.Mutex
	events []segmentflow.CallEvent
}

func (o *observed) option() segmentflow.Option {
	return segmentflow.WithObserver(func(_ context.Context, event segmentflow.CallEvent) {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.events = append(o.events, event)
	})
}

// only returns the one event.
func (o *observed) only(t testing.TB) segmentflow.CallEvent {
	t.Helper()
	require.Len(t, o.events, 1)
	return o.events[0]
}

// takesNoTime is a sleep that returns at once.
func takesNoTime(context.Context, time.Duration) error { return nil }

// seen is what a middleware knows of one attempt.
type seen struct {
	call    segmentflow.Call
	pattern string
}

// watching is a middleware that notes each attempt.
func watching(attempts *[]seen) segmentflow.Option {
	return segmentflow.WithMiddleware(func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(req *http.Request) (*http.Response, error) {
			call, _ := segmentflow.CallInfo(req.Context())
			*attempts = append(*attempts, seen{call, req.Pattern})
			return next.RoundTrip(req)
		})
	})
}

func TestEachAttemptKnowsItsCall(t *testing.T) {
	for id, op := range readContract(t).operations(t) {
		t.Run(id, func(t *testing.T) {
			var attempts []seen
			w := &wire{replies: []reply{problem(429, "rate_limited"), problem(418, "x")}}
			client := dial(t, w, watching(&attempts), segmentflow.WithSleep(takesNoTime))
			_, err := invoke(t, client, methods[id], minimalParams(op))
			key := refused(t, err).IdempotencyKey
			assert.Equal(t, op.writes(), key != "")

			var want []seen
			for n, r := range w.requests {
				assert.Equal(t, key, r.Header.Get("Idempotency-Key"))
				assert.Equal(t, op.route, r.Pattern)
				call := segmentflow.Call{Operation: id, Route: op.route, Attempt: n + 1, IdempotencyKey: key}
				want = append(want, seen{call, op.route})
			}
			assert.Len(t, want, 2)
			assert.Equal(t, want, attempts)
		})
	}
}

func TestTheAttemptsOfDoKnowNoRoute(t *testing.T) {
	var attempts []seen
	client := dial(t, &wire{replies: []reply{{status: 204}}}, watching(&attempts))
	require.NoError(t, client.Do(t.Context(), "PUT", "/api/v1/assets/secret?token=secret", nil, nil,
		segmentflow.WithIdempotencyKey("k")))
	call := segmentflow.Call{Operation: "(custom)", Route: "(custom)", Attempt: 1, IdempotencyKey: "k"}
	assert.Equal(t, []seen{{call, "(custom)"}}, attempts)

	_, ok := segmentflow.CallInfo(t.Context())
	assert.False(t, ok, "this is the context of no attempt")
}

func TestEachFailedCallIsObservedOnce(t *testing.T) {
	for id, op := range readContract(t).operations(t) {
		t.Run(id, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var calls observed
				w := &wire{replies: []reply{
					problem(429, "rate_limited", "Retry-After: 20", "X-Request-Id: req_1"),
					problem(418, "x", "X-Request-Id: req_2"),
				}}
				_, err := invoke(t, dial(t, w, calls.option()), methods[id], minimalParams(op))
				require.Error(t, err)
				assert.Equal(t, segmentflow.CallEvent{Operation: id, Route: op.route, Method: op.method, Status: 418,
					Attempts: 2, Duration: 20 * time.Second, RequestID: "req_2", Err: err}, calls.only(t))
			})
		})
	}
}

func TestEachSuccessfulCallIsObservedOnce(t *testing.T) {
	for id, op := range readContract(t).operations(t) {
		for status, examples := range op.replies {
			code, err := strconv.Atoi(status)
			require.NoError(t, err)
			if len(examples) == 0 {
				examples = map[string]any{"no body": nil}
			}
			for name, example := range examples {
				var calls observed
				w := &wire{replies: []reply{{status: code, body: asJSON(t, example)}}}
				_, err := invoke(t, dial(t, w, calls.option()), methods[id], minimalParams(op))
				require.NoError(t, err, "%s %s", id, name)

				event := calls.only(t)
				event.Duration = 0
				assert.Equal(t, segmentflow.CallEvent{
					Operation: id, Route: op.route, Method: op.method, Status: code, Attempts: 1,
				}, event)
			}
		}
	}
}

func TestACallThatIsNotSentIsObservedToo(t *testing.T) {
	for id, op := range readContract(t).operations(t) {
		var calls observed
		w := &wire{replies: []reply{{status: 204}}}
		_, err := invokeOn(t, dial(t, w, calls.option()), methods[id], nil, func(int) string { return "" })
		event := calls.only(t)
		assert.Equal(t, id, event.Operation)
		assert.Equal(t, err, event.Err)
		assert.Equal(t, w.count(), event.Attempts)
		assert.Equal(t, op.route, event.Route)
	}

	var calls observed
	client := dial(t, &wire{replies: []reply{ok}}, calls.option())
	errs := []error{
		client.Do(t.Context(), "GET", "no path", nil, nil),
		client.Templates.Delete(t.Context(), sendID, segmentflow.WithIdempotencyKey("")),
		func() error {
			_, err := client.Emails.BatchSend(t.Context(), &segmentflow.BatchSendParams{
				Items: make([]segmentflow.BatchSendItem, 101),
			})
			return err
		}(),
	}
	require.Len(t, calls.events, len(errs))
	for n, err := range errs {
		assert.Equal(t, err, calls.events[n].Err)
		assert.Zero(t, calls.events[n].Attempts)
		assert.Zero(t, calls.events[n].Status)
	}
}

func TestACancelledCallIsObserved(t *testing.T) {
	for name, c := range map[string]struct {
		at                 time.Duration
		attempts, answered int
	}{
		"before it is sent":    {0, 0, 0},
		"during an attempt":    {time.Second, 1, 0},
		"during the next wait": {5 * time.Second, 1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var calls observed
				answered := 0
				client := dial(t, roundTripper(func(req *http.Request) (*http.Response, error) {
					select {
					case <-time.After(2 * time.Second):
						answered++
						resp := answer(503, `{"error":"unavailable"}`)
						resp.Header.Set("Retry-After", "10")
						return resp, nil
					case <-req.Context().Done():
						return nil, req.Context().Err()
					}
				}), calls.option())
				ctx, cancel := context.WithCancel(t.Context())
				if c.at == 0 {
					cancel()
				}
				time.AfterFunc(c.at, cancel)
				_, err := client.Emails.Send(ctx, receipt())
				require.ErrorIs(t, err, context.Canceled)

				event := calls.only(t)
				assert.Equal(t, err, event.Err)
				assert.Equal(t, c.at, event.Duration)
				assert.Equal(t, c.attempts, event.Attempts)
				assert.Equal(t, c.answered, answered)
				assert.Equal(t, refused(t, err).Status, event.Status)
			})
		})
	}
}

func TestEachBatchAndEachPageIsOneCall(t *testing.T) {
	var calls observed
	client := dial(t, &batchServer{}, calls.option())
	for _, err := range client.Emails.SendAll(t.Context(), count(250, new(int)), segmentflow.SendAllOptions{}) {
		require.NoError(t, err)
	}
	require.Len(t, calls.events, 3)
	for _, event := range calls.events {
		assert.Equal(t, "batchSendEmails", event.Operation)
		require.NoError(t, event.Err)
	}

	calls = observed{}
	pages := &wire{replies: []reply{
		{status: 200, body: `{"broadcasts":[],"nextCursor":"b"}`}, {status: 200, body: `{"broadcasts":[]}`},
	}}
	for _, err := range dial(t, pages, calls.option()).Broadcasts.All(t.Context(), nil) {
		require.NoError(t, err)
	}
	require.Len(t, calls.events, 2)
	assert.Equal(t, "listBroadcasts", calls.events[1].Operation)
}

type mark string

func TestObserversAndContextsOfCallsAddUp(t *testing.T) {
	var order []string
	note := func(ctx context.Context, who string) { order = append(order, who+" "+ctx.Value(mark("")).(string)) }
	begin := func(who string) segmentflow.Option {
		return segmentflow.WithCallContext(func(ctx context.Context, call segmentflow.Call) context.Context {
			assert.Equal(t, segmentflow.Call{Operation: "sendEmail", Route: "/api/v1/emails"}, call)
			note(ctx, "begin "+who)
			return context.WithValue(ctx, mark(""), ctx.Value(mark("")).(string)+who)
		})
	}
	observe := func(who string) segmentflow.Option {
		return segmentflow.WithObserver(func(ctx context.Context, event segmentflow.CallEvent) {
			assert.Equal(t, 200, event.Status)
			note(ctx, "end "+who)
		})
	}
	client := dial(t, roundTripper(func(req *http.Request) (*http.Response, error) {
		note(req.Context(), "attempt")
		if len(order) < 4 {
			return nil, errors.New("connection reset by peer")
		}
		return answer(200, sendOne), nil
	}), begin("a"), observe("a"), begin("b"), observe("b"),
		segmentflow.WithSleep(func(ctx context.Context, _ time.Duration) error { note(ctx, "wait"); return nil }))

	ctx := context.WithValue(t.Context(), mark(""), "mine")
	_, err := client.Emails.Send(ctx, receipt())
	require.NoError(t, err)
	assert.Equal(t, []string{"begin a mine", "begin b minea", "attempt mineab", "wait mineab", "attempt mineab",
		"end a mineab", "end b mineab"}, order)
}

func TestAPanicOfAnObserverIsTheCallers(t *testing.T) {
	client := dial(t, &wire{replies: []reply{ok}},
		segmentflow.WithObserver(func(context.Context, segmentflow.CallEvent) { panic("closed") }))
	assert.PanicsWithValue(t, "closed", func() { _, _ = client.Emails.Send(t.Context(), receipt()) })
}

func TestAnEventDoesNotShowAKeyInTheRequestID(t *testing.T) {
	var calls observed
	w := &wire{replies: []reply{problem(404, "not_found", "X-Request-Id: for "+apiKey)}}
	_, err := dial(t, w, calls.option()).Emails.Retrieve(t.Context(), sendID)
	require.Error(t, err)
	assert.Equal(t, "for [API key]", calls.only(t).RequestID)
}

func TestAClientNeedsItsHooks(t *testing.T) {
	for name, opt := range map[string]segmentflow.Option{
		"WithObserver":    segmentflow.WithObserver(nil),
		"WithCallContext": segmentflow.WithCallContext(nil),
	} {
		_, err := segmentflow.New(apiKey, opt)
		require.EqualError(t, err, "segmentflow: the function given to "+name+" is nil; leave out the option")
	}
}

func TestADerivedClientAddsItsObservers(t *testing.T) {
	var base, derived observed
	nothing := segmentflow.WithObserver(func(context.Context, segmentflow.CallEvent) {})
	client := dial(t, &wire{replies: []reply{ok}}, base.option(), nothing, nothing) // a slice with room for one more
	first, err := client.With(derived.option())
	require.NoError(t, err)
	second, err := client.With(nothing)
	require.NoError(t, err)
	for n, c := range []*segmentflow.Client{client, first, second} {
		_, err := c.Emails.Send(t.Context(), receipt())
		require.NoError(t, err)
		assert.Len(t, base.events, n+1)
		assert.Len(t, derived.events, min(n, 1))
	}
}

func TestADerivedClientAddsItsContexts(t *testing.T) {
	var begun []string
	begin := func(name string) segmentflow.Option {
		return segmentflow.WithCallContext(func(ctx context.Context, _ segmentflow.Call) context.Context {
			begun = append(begun, name)
			return ctx
		})
	}
	client := dial(t, &wire{replies: []reply{ok}}, begin("a"), begin("b"), begin("c")) // likewise
	first, err := client.With(begin("first"))
	require.NoError(t, err)
	_, err = client.With(begin("second"))
	require.NoError(t, err)
	_, err = first.Emails.Send(t.Context(), receipt())
	require.NoError(t, err)
	assert.Equal(t, []string{"a", "b", "c", "first"}, begun)
}

func TestACallWithoutAContextIsObserved(t *testing.T) {
	var calls observed
	client := dial(t, &wire{replies: []reply{ok}}, calls.option(),
		segmentflow.WithCallContext(func(context.Context, segmentflow.Call) context.Context { panic("none") }),
		segmentflow.WithObserver(func(ctx context.Context, _ segmentflow.CallEvent) { assert.NotNil(t, ctx) }))
	var none context.Context
	_, err := client.Emails.Send(none, receipt())
	require.ErrorIs(t, err, segmentflow.ErrInvalidRequest)
	assert.Equal(t, err, calls.only(t).Err)
	assert.Zero(t, calls.events[0].Attempts)
}
