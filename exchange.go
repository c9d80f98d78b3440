package segmentflow

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

// maxReply is far above the size of any reply of the API. A longer reply is not from the API.
const maxReply = 32 << 20

var errReplyTooLong = errors.New("the reply is longer than 32 MiB")

// exchange is one call in progress, with its attempts and the last response. It is the transport of its own attempts,
// and the retry policy between them.
type exchange struct {
	client  *Client
	request *request
	key     string

	attempts int
	retries  int       // so far, without those that a rate limit caused if the request endures them
	started  time.Time // start of the last attempt
	wait     time.Duration

	status  int // of the last response; 0 if there is none
	headers http.Header
	body    []byte
}

// send makes the attempts. It returns an error if the last one got no response.
func (x *exchange) send(ctx context.Context, target string, header http.Header, body []byte) error {
	var raw any // stays an untyped nil without a body; retryablehttp would send an empty []byte as a body
	if body != nil {
		raw = body
	}
	req, err := retryablehttp.NewRequestWithContext(ctx, x.request.op.method(), x.client.baseURL+target, raw)
	if err != nil {
		return err
	}
	req.Header = header

	// x has no CloseIdleConnections. retryablehttp would call it and close connections of the application.
	attempt := x.client.http
	attempt.Transport = x

	retrying := retryablehttp.Client{
		HTTPClient:     &attempt,
		RetryMax:       math.MaxInt, // after counts
		RequestLogHook: func(retryablehttp.Logger, *http.Request, int) { x.started = time.Now() },
		CheckRetry: func(ctx context.Context, resp *http.Response, err error) (bool, error) {
			return x.after(ctx, resp, err), nil
		},
		Backoff:      func(_, _ time.Duration, _ int, _ *http.Response) time.Duration { return 0 }, // pause waits
		PrepareRetry: func(*http.Request) error { return x.pause(ctx) },
		ErrorHandler: retryablehttp.PassthroughErrorHandler,
	}

	resp, err := retrying.Do(req)
	if err != nil {
		x.status, x.headers, x.body = 0, nil, nil
		return err
	}
	return resp.Body.Close()
}

// RoundTrip makes one attempt and reads the whole response. A response that breaks off therefore counts as none, the
// time limit covers the body, and the last response is kept when no retry follows.
func (x *exchange) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	if x.client.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, x.client.timeout)
		defer cancel()
	}

	req = req.Clone(ctx) // so that a middleware's changes do not reach the next attempt
	if x.request.write() && !x.request.keyed {
		sendOnce(req)
	}

	resp, err := x.client.transport.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	if resp == nil {
		return nil, errors.New("the transport returned neither a response nor an error")
	}
	if resp.Body == nil {
		resp.Body = http.NoBody
	}
	defer resp.Body.Close()

	var body bytes.Buffer
	if resp.ContentLength > 0 && resp.ContentLength <= maxReply {
		body.Grow(int(resp.ContentLength) + bytes.MinRead) // instead of growing step by step
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

// sendOnce prevents net/http from repeating a write by itself. When a kept-alive connection breaks before the response,
// net/http repeats any request that has an Idempotency-Key and either no body or one that can be rewound.
func sendOnce(req *http.Request) {
	req.GetBody = nil
	if req.Body == nil || req.Body == http.NoBody {
		req.Body = io.NopCloser(strings.NewReader(""))
	}
}

// error returns an *Error with everything that is known about the call.
func (x *exchange) error(cause error) *Error {
	e := &Error{
		Status:         x.status,
		IdempotencyKey: x.key,
		Attempts:       x.attempts,
		Body:           x.body,
		route:          x.request.op.label(),
		cause:          cause,
	}
	if x.status != 0 {
		e.RequestID = x.requestID()
		e.RetryAfter, _ = retryAfter(x.headers)
	}
	e.hide(*x.client.apiKey)
	return e
}

// failed returns the error of a call without a response.
func (x *exchange) failed(ctx context.Context, err error) error {
	// A *url.Error repeats the URL. There may be one within another.
	for urlErr, ok := errors.AsType[*url.Error](err); ok; urlErr, ok = errors.AsType[*url.Error](err) {
		err = urlErr.Err
	}

	// For a cancelled context with a cause, net/http returns the cause instead of context.Canceled.
	if over := ctx.Err(); over != nil && !errors.Is(err, over) {
		err = fmt.Errorf("%w: %w", over, err)
	}
	return x.error(err)
}

// refused returns the error of a call whose response is not a success.
func (x *exchange) refused() error {
	e := x.error(nil)
	e.decode(x.body)
	e.hide(*x.client.apiKey)
	return e
}

// requestID returns the id that the server gave to the call. A server may repeat anything in it.
func (x *exchange) requestID() string {
	return hideKey(x.headers.Get("X-Request-Id"), *x.client.apiKey)
}

func (x *exchange) response() Response {
	return Response{
		Status:         x.status,
		Header:         x.headers,
		RequestID:      x.requestID(),
		IdempotencyKey: x.key,
		Replayed:       x.headers.Get("Idempotent-Replayed") == "true",
		Attempts:       x.attempts,
	}
}

func logTo(logger *slog.Logger) func(context.Context, *exchange) {
	if logger == nil {
		return func(context.Context, *exchange) {}
	}
	return func(ctx context.Context, x *exchange) {
		logger.LogAttrs(ctx, slog.LevelDebug, "segmentflow call",
			slog.String("operation", x.request.op.id()),
			slog.String("method", x.request.op.method()),
			slog.String("route", x.request.op.route()),
			slog.Int("status", x.status),
			slog.Int("attempt", x.attempts),
			slog.Duration("duration", time.Since(x.started)),
			slog.String("request_id", x.requestID()),
		)
	}
}
