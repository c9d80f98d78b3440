package segmentflow_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
)

const (
	apiKey  = "sk_live_4f1c9b57" // no error and no log may show it
	sendID  = "c0a8f3d2-7a64-4a5b-9e0f-2b6d1c3e4f70"
	sendOne = `{"id":"c0a8f3d2-7a64-4a5b-9e0f-2b6d1c3e4f70","status":"Queued",
		"templateId":"8a1c7b0e-52f4-4c1c-9b57-2f5a6f1f0c55","templateSnapshotId":"s",
		"senderProfileId":"p","profileId":"q",
		"from":{"email":"shop@acme.example","name":"Acme Outdoor"},"replyTo":null,"subject":"Your order",
		"to":{"email":"Alex@example.com"},"cc":[{"email":"books@acme.example","name":null}],
		"subscriptionGroupId":null,"messageId":null,"failureMessage":null,
		"createdAt":"2026-03-02T09:30:00.250Z","updatedAt":"2026-03-02T09:30:00.000Z","later":{"unknown":true}}`
)

// roundTripper is an http.RoundTripper in one function.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// reply is one response of a wire: err, or a status with a body and headers, each "name: value".
type reply struct {
	status  int
	body    string
	headers []string
	err     error
}

// sent is one request that reached the wire.
type sent struct {
	*http.Request
	body string
	at   time.Time
}

// wire is the server of a client, in process. It returns its replies in turn, and then the last one forever.
type wire struct {
	mu       sync.Mutex
	replies  []reply
	requests []sent
}

func (w *wire) RoundTrip(req *http.Request) (*http.Response, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var body []byte
	if req.Body != nil {
		body, _ = io.ReadAll(req.Body)
		_ = req.Body.Close()
	}
	w.requests = append(w.requests, sent{req, string(body), time.Now()})

	now := w.replies[0]
	if len(w.replies) > 1 {
		w.replies = w.replies[1:]
	}
	if now.err != nil {
		return nil, now.err
	}

	header := http.Header{}
	for _, h := range now.headers {
		name, value, _ := strings.Cut(h, ": ")
		header.Set(name, value)
	}
	return &http.Response{
		StatusCode: now.status,
		Header:     header,
		Body:       io.NopCloser(strings.NewReader(now.body)),
		Request:    req,
	}, nil
}

// count returns how many requests arrived.
func (w *wire) count() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.requests)
}

// waits returns the times between the requests.
func (w *wire) waits() []time.Duration {
	var waits []time.Duration
	for i := 1; i < len(w.requests); i++ {
		waits = append(waits, w.requests[i].at.Sub(w.requests[i-1].at))
	}
	return waits
}

// dial returns a client that uses a transport.
func dial(t testing.TB, transport http.RoundTripper, opts ...segmentflow.Option) *segmentflow.Client {
	t.Helper()
	own := []segmentflow.Option{segmentflow.WithHTTPClient(&http.Client{Transport: transport})}
	client, err := segmentflow.New(apiKey, append(own, opts...)...)
	require.NoError(t, err)
	return client
}

// answering returns a client, and its server, which returns the replies in turn.
func answering(t testing.TB, replies ...reply) (*segmentflow.Client, *wire) {
	t.Helper()
	w := &wire{replies: replies}
	return dial(t, w), w
}

// refused returns err as the *Error that it must be.
func refused(t testing.TB, err error) *segmentflow.Error {
	t.Helper()
	e, ok := errors.AsType[*segmentflow.Error](err)
	require.True(t, ok, "want an *Error, got %v", err)
	return e
}

func problem(status int, code string, headers ...string) reply {
	return reply{status: status, body: `{"error":"` + code + `","message":"It did not work."}`, headers: headers}
}

func receipt() *segmentflow.SendEmailParams {
	return &segmentflow.SendEmailParams{TemplateID: "8a1c7b0e-52f4-4c1c-9b57-2f5a6f1f0c55",
		To: &segmentflow.Recipient{Email: "alex@example.com"}, Data: map[string]any{"orderId": "ord_9421"}}
}

var (
	ok   = reply{status: 200, body: sendOne}
	idOf = reply{status: 200, body: `{"id":"x","eventId":"x","runId":"x","confirmationId":"x",
		"subscriptionGroupId":"x","status":"x","asOf":"2026-03-02T09:30:00Z","checkedAt":"2026-03-02T09:30:00Z",
		"deleted":0,"broadcasts":[],"newsletters":[],"issues":[],"profiles":[],"segments":[],
		"brandKits":[],"totalSteps":5,"uploadUrl":"https://x.example","key":"x","asset":{"id":"x"},"assets":[],
		"subscriptions":[]}`}
	lost = reply{err: errors.New("connection reset by peer")}
)

// accepted is the reply to a batch of n items that accepts them all.
func accepted(n int) reply {
	items := make([]string, n)
	for index := range items {
		items[index] = fmt.Sprintf(`{"index":%d,"send":{"id":"x"}}`, index)
	}
	return reply{status: 200, body: `{"items":[` + strings.Join(items, ",") + `]}`}
}

// breaksOff is a body whose reading fails.
type breaksOff struct{ io.Reader }

func brokenBody(text string) io.ReadCloser {
	return io.NopCloser(io.MultiReader(bytes.NewBufferString(text), breaksOff{}))
}

func (breaksOff) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
