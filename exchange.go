package segmentflow

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

// maxReply is far more than the API answers with; what is longer is not its answer.
const maxReply = 32 << 20

var errReplyTooLong = errors.New("the reply is longer than 32 MiB")

// exchange is one call under way: its attempts, and the last answer. It is the transport of its own attempts and the
// retry policy between them.
type exchange struct {
	client  *Client
	request *request
	key     string

	attempts int
	started  time.Time // of the last attempt
	wait     time.Duration

	status  int // of the last answer, 0 when there was none
	headers http.Header
	body    []byte
}

// send runs the attempts; it fails when the last one got no answer.
func (x *exchange) send(ctx context.Context, target string, header http.Header, body []byte) error {
	var raw any // an untyped nil: an empty []byte would be a body
	if body != nil {
		raw = body
	}
	req, err := retryablehttp.NewRequestWithContext(ctx, x.request.method, x.client.baseURL+target, raw)
	if err != nil {
		return err
	}
	req.Header = header
	// Its transport has no CloseIdleConnections, which retryablehttp would call on connections that are not ours.
	attempt := x.client.http
	attempt.Transport = x
	retrying := retryablehttp.Client{
		HTTPClient:     &attempt,
		RetryMax:       x.client.maxRetries,
		RequestLogHook: func(retryablehttp.Logger, *http.Request, int) { x.started = time.Now() },
		CheckRetry: func(ctx context.Context, resp *http.Response, err error) (bool, error) {
			return x.after(ctx, resp, err), nil
		},
		Backoff:      func(_, _ time.Duration, _ int, _ *http.Response) time.Duration { return x.wait },
		ErrorHandler: retryablehttp.PassthroughErrorHandler,
	}
	resp, err := retrying.Do(req)
	if err != nil {
		x.status, x.headers, x.body = 0, nil, nil
		return err
	}
	return resp.Body.Close()
}

// RoundTrip makes one attempt and reads its whole answer, so that a reply that breaks off counts as none, the time limit
// covers it, and a retry that does not happen cannot lose it.
func (x *exchange) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	if x.client.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, x.client.timeout)
		defer cancel()
	}
	req = req.Clone(ctx) // a middleware that writes into it must not write into the next attempt
	if x.request.write() && !x.request.keyed {
		sendOnce(req)
	}
	resp, err := x.client.transport.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	if resp == nil {
		return nil, errors.New("the transport returned neither an answer nor an error")
	}
	if resp.Body == nil {
		resp.Body = http.NoBody
	}
	defer resp.Body.Close()
	var body bytes.Buffer
	if resp.ContentLength > 0 && resp.ContentLength <= maxReply {
		body.Grow(int(resp.ContentLength) + bytes.MinRead) // or it would grow to that size step by step
	}
	if _, err := body.ReadFrom(io.LimitReader(resp.Body, maxReply+1)); err != nil {
		return nil, fmt.Errorf("read the reply: %w", err)
	}
	if body.Len() > maxReply {
		return nil, errReplyTooLong
	}
	x.body = body.Bytes()
	answer := *resp
	answer.Body = io.NopCloser(bytes.NewReader(x.body))
	return &answer, nil
}

// sendOnce keeps net/http from repeating a write by itself: when a kept connection breaks before the answer, it sends
// again whatever has an Idempotency-Key and a body that is absent or can be rewound.
func sendOnce(req *http.Request) {
	req.GetBody = nil
	if req.Body == nil || req.Body == http.NoBody {
		req.Body = io.NopCloser(strings.NewReader(""))
	}
}

// error is an *Error that says all that is known of the call.
func (x *exchange) error(cause error) *Error {
	e := &Error{Status: x.status, IdempotencyKey: x.key, Attempts: x.attempts, Body: x.body, route: x.request.label(), cause: cause}
	if x.status != 0 {
		e.RequestID = x.headers.Get("X-Request-Id")
		e.RetryAfter, _ = retryAfter(x.headers)
	}
	return e
}

// failed is the error of a call without an answer.
func (x *exchange) failed(ctx context.Context, err error) error {
	// A *url.Error, at whatever depth, repeats the URL.
	for u, ok := errors.AsType[*url.Error](err); ok; u, ok = errors.AsType[*url.Error](err) {
		err = u.Err
	}
	// net/http reports the cause of a cancelled context, if it has one, in place of context.Canceled.
	if over := ctx.Err(); over != nil && !errors.Is(err, over) {
		err = fmt.Errorf("%w: %w", over, err)
	}
	return x.error(err)
}

// refused is the error of a call whose answer is not a success.
func (x *exchange) refused() error {
	e := x.error(nil)
	e.decode(x.body)
	e.Message = strings.ReplaceAll(e.Message, *x.client.apiKey, "[API key]")
	return e
}

func (x *exchange) response() Response {
	return Response{Status: x.status, Header: x.headers, RequestID: x.headers.Get("X-Request-Id"), IdempotencyKey: x.key,
		Replayed: x.headers.Get("Idempotent-Replayed") == "true", Attempts: x.attempts}
}

func logTo(logger *slog.Logger) func(context.Context, *exchange) {
	if logger == nil {
		return func(context.Context, *exchange) {}
	}
	return func(ctx context.Context, x *exchange) {
		logger.LogAttrs(ctx, slog.LevelDebug, "segmentflow call",
			slog.String("method", x.request.method), slog.String("route", x.request.route), slog.Int("status", x.status),
			slog.Int("attempt", x.attempts), slog.Duration("duration", time.Since(x.started)),
			slog.String("request_id", x.headers.Get("X-Request-Id")))
	}
}
