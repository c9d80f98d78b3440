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
	"slices"
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
	client   *Client
	request  *request
	settings callOptions
	key      string

	attempts int
	retries  int       // so far; a batch of a range does not count those after 429
	started  time.Time // start of the last attempt
	wait     time.Duration
	waiting  bool // a wait for another attempt has begun, or is about to

	answered bool  // the last attempt got a response, perhaps one that broke off
	cause    error // of the last attempt; nil if it got a whole response
	status   int   // of the last response; 0 if there is none
	headers  http.Header
	body     []byte
}

// inTime makes the attempts in the time that WithCallTimeout sets.
func (x *exchange) inTime(ctx context.Context, target string, body []byte) error {
	if x.settings.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, x.settings.timeout)
		defer cancel()
	}
	if err := x.send(ctx, target, body); err != nil {
		return x.failed(ctx, err)
	}
	return nil
}

// send makes the attempts. It returns an error if the last one got no response, or if a wait for another one ended
// early.
func (x *exchange) send(ctx context.Context, target string, body []byte) error {
	var raw any // stays an untyped nil without a body; retryablehttp would send an empty []byte as a body
	if len(body) > 0 {
		raw = body
	}
	req, err := retryablehttp.NewRequestWithContext(ctx, x.request.op.method(), x.client.baseURL+target, raw)
	if err != nil {
		return err
	}

	// x has no CloseIdleConnections. retryablehttp would call it and close connections of the application.
	attempt := x.client.http
	attempt.Transport = x

	retrying := retryablehttp.Client{
		HTTPClient:     &attempt,
		RetryMax:       math.MaxInt, // after counts
		RequestLogHook: func(_ retryablehttp.Logger, req *http.Request, _ int) { x.start(req) },
		CheckRetry: func(ctx context.Context, _ *http.Response, err error) (bool, error) {
			return x.after(ctx, err), nil
		},
		Backoff:      func(_, _ time.Duration, _ int, _ *http.Response) time.Duration { return 0 }, // pause waits
		PrepareRetry: func(*http.Request) error { return x.pause(ctx) },
		ErrorHandler: retryablehttp.PassthroughErrorHandler,
	}

	if err := x.admit(ctx); err != nil {
		return err
	}
	resp, err := retrying.Do(req)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

// start begins an attempt. A cookie jar finds no headers, so that it neither copies them nor adds to those of the
// attempt before.
func (x *exchange) start(req *http.Request) {
	req.Header = http.Header{}
	x.started, x.waiting = time.Now(), false
	x.answered, x.cause, x.status, x.headers, x.body = false, nil, 0, nil, nil
}

// RoundTrip makes one attempt and keeps its response. To http.Client, every response is a success without a body: it
// must handle no redirect, not even to refuse it, because it takes one to an invalid URL for a lost response.
func (x *exchange) RoundTrip(req *http.Request) (*http.Response, error) {
	if x.cause = x.roundTrip(req); x.cause != nil {
		x.status, x.headers, x.body = 0, nil, nil
		return nil, x.cause
	}
	return &http.Response{StatusCode: http.StatusOK, Header: x.headers, Body: http.NoBody}, nil
}

// roundTrip reads the whole response. A response that breaks off therefore counts as none, the time limit covers the
// body, and the last response is kept when no retry follows.
func (x *exchange) roundTrip(req *http.Request) error {
	ctx := req.Context()
	if x.client.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, x.client.timeout)
		defer cancel()
	}
	req = x.prepared(req.WithContext(ctx))
	if x.request.write() && !x.request.keyed {
		sendOnce(req)
	}

	resp, err := x.client.transport.RoundTrip(req)
	if err != nil {
		return err
	}
	if resp == nil {
		return errors.New("the transport returned neither a response nor an error")
	}
	x.answered, x.status, x.headers = true, resp.StatusCode, resp.Header
	if resp.Body == nil {
		return nil
	}
	defer resp.Body.Close()

	var body bytes.Buffer
	if resp.ContentLength > 0 && resp.ContentLength <= maxReply {
		body.Grow(int(resp.ContentLength) + bytes.MinRead) // instead of growing step by step
	}
	if _, err := body.ReadFrom(io.LimitReader(resp.Body, maxReply+1)); err != nil {
		return fmt.Errorf("read the reply: %w", err)
	}
	if body.Len() > maxReply {
		return errReplyTooLong
	}
	x.body = body.Bytes()
	return nil
}

// prepared sets the headers of an attempt, and adds the cookies of a jar. The headers and the URL are new, so that a
// middleware's changes do not reach the next attempt.
func (x *exchange) prepared(req *http.Request) *http.Request {
	header, target := x.header(req.ContentLength > 0), *req.URL
	if cookies := req.Header["Cookie"]; cookies != nil {
		header.Set("Cookie", strings.Join(slices.Concat(header["Cookie"], cookies), "; "))
	}
	req.Header, req.URL = header, &target
	return req
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
		e.RequestID = x.headers.Get("X-Request-Id")
		e.RetryAfter, _ = retryAfter(x.headers)
	} else if limited, ok := errors.AsType[*rateLimited](cause); ok {
		e.Code, e.RetryAfter = string(ErrRateLimited), limited.wait
	}
	return e
}

// failed returns the error of a call without a response, or of one that did not wait to the end for another attempt.
// In the second case, the error also has what is known of the last attempt.
func (x *exchange) failed(ctx context.Context, err error) error {
	err = withoutURL(err)

	// For a cancelled context with a cause, net/http returns only the cause, and the wait only context.Canceled.
	if over := ctx.Err(); over != nil && !errors.Is(err, over) {
		err = fmt.Errorf("%w: %w", over, err)
	}
	if cause := context.Cause(ctx); cause != nil && !errors.Is(err, cause) {
		err = fmt.Errorf("%w: %w", err, cause)
	}
	switch {
	case x.waiting && x.status != 0:
		e := x.refused(err)
		e.unrepeated = true
		return e
	case x.waiting:
		err = fmt.Errorf("%w; the last attempt: %w", err, withoutURL(x.cause))
	}
	return x.error(err)
}

// withoutURL removes each *url.Error from err, because it repeats the URL. There may be one within another.
func withoutURL(err error) error {
	for urlErr, ok := errors.AsType[*url.Error](err); ok; urlErr, ok = errors.AsType[*url.Error](err) {
		err = urlErr.Err
	}
	return err
}

// refused returns the error of a call whose last response is not a success.
func (x *exchange) refused(cause error) *Error {
	e := x.error(cause)
	e.decode(x.body)
	e.hide(*x.client.apiKey)
	return e
}

func (x *exchange) response() Response {
	return Response{
		Status:         x.status,
		Header:         x.headers,
		RequestID:      x.headers.Get("X-Request-Id"),
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
			slog.String("request_id", x.headers.Get("X-Request-Id")),
		)
	}
}
