package segmentflow

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
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

// exchange is one call in progress, with its attempts and the last response. It makes the attempts, and decides whether
// another one follows.
type exchange struct {
	client   *Client
	request  request
	settings callOptions
	key      string
	target   string // the path and the query
	payload  []byte // the body; empty if there is none
	context  exchangeContext
	sent     retryablehttp.Request

	attempt  *http.Request // the last one, before its headers and middleware
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
func (x *exchange) inTime(ctx context.Context) error {
	if x.settings.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, x.settings.timeout)
		defer cancel()
	}
	if err := x.send(ctx); err != nil {
		return x.failed(ctx, err)
	}
	return nil
}

// send makes the attempts. It returns an error if the last one got no response, or if a wait for another one ended
// early.
func (x *exchange) send(ctx context.Context) error {
	x.context = exchangeContext{ctx, x}
	req, err := http.NewRequestWithContext(&x.context, x.request.op.method(), x.client.baseURL+x.target, nil)
	if err != nil {
		return err
	}
	if len(x.payload) > 0 {
		req.ContentLength, req.GetBody = int64(len(x.payload)), x.newBody
	}

	if err := x.admit(ctx); err != nil {
		return err
	}
	x.sent.Request = req
	resp, err := x.client.retrying.Do(&x.sent)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

func (x *exchange) newBody() (io.ReadCloser, error) {
	return io.NopCloser(bytes.NewReader(x.payload)), nil
}

// exchangeContext leads from the context of an attempt to the call.
type exchangeContext struct {
	context.Context //nolint:containedctx // it is a context
	x               *exchange
}

type exchangeKey struct{}

// Value returns the exchange, or what the context of the call has.
func (ctx *exchangeContext) Value(key any) any {
	if key == (exchangeKey{}) {
		return ctx.x
	}
	return ctx.Context.Value(key)
}

func exchangeOf(ctx context.Context) *exchange { return ctx.Value(exchangeKey{}).(*exchange) }

// attempts is the transport of the http.Client that makes the attempts of all calls. It has no CloseIdleConnections.
// retryablehttp would call it and close connections of the application.
type attempts struct{}

// RoundTrip makes one attempt.
func (attempts) RoundTrip(req *http.Request) (*http.Response, error) {
	return exchangeOf(req.Context()).roundTrip(req)
}

// retries returns what makes the attempts of all calls with an http.Client.
func retries(client http.Client) *retryablehttp.Client {
	client.Transport = attempts{}
	return &retryablehttp.Client{
		HTTPClient: &client,
		RetryMax:   math.MaxInt, // after counts
		RequestLogHook: func(_ retryablehttp.Logger, req *http.Request, _ int) {
			exchangeOf(req.Context()).start(req)
		},
		CheckRetry: func(ctx context.Context, _ *http.Response, err error) (bool, error) {
			return exchangeOf(ctx).after(ctx, err), nil
		},
		Backoff:      func(_, _ time.Duration, _ int, _ *http.Response) time.Duration { return 0 }, // pause waits
		PrepareRetry: func(req *http.Request) error { return exchangeOf(req.Context()).pause(req.Context()) },
		ErrorHandler: retryablehttp.PassthroughErrorHandler,
	}
}

// start begins an attempt. A cookie jar finds no headers, so that it neither copies them nor adds to those of the
// attempt before.
func (x *exchange) start(req *http.Request) {
	if x.attempts > 0 {
		req.Header = http.Header{}
	}
	if req.GetBody != nil {
		req.Body, _ = req.GetBody() // never fails
	}
	x.started, x.waiting = time.Now(), false
	x.answered, x.cause, x.status, x.headers, x.body = false, nil, 0, nil, nil
}

// roundTrip makes one attempt and keeps its response. To http.Client, every response is a success without a body: it
// must handle no redirect, not even to refuse it, because it takes one to an invalid URL for a lost response.
func (x *exchange) roundTrip(req *http.Request) (*http.Response, error) {
	if x.cause = x.try(req); x.cause != nil {
		x.status, x.headers, x.body = 0, nil, nil
		return nil, x.cause
	}
	return &http.Response{StatusCode: http.StatusOK, Header: x.headers, Body: http.NoBody}, nil
}

// try reads the whole response. A response that breaks off therefore counts as none, the time limit covers the
// body, and the last response is kept when no retry follows.
func (x *exchange) try(req *http.Request) error {
	ctx := req.Context()
	if x.client.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, x.client.timeout)
		defer cancel()
	}
	req = x.prepared(x.describe(ctx, req))
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

	x.body, err = readReply(resp)
	return err
}

// readReply reads the body of a response.
func readReply(resp *http.Response) ([]byte, error) {
	const unknown = 512
	size := unknown
	if resp.ContentLength >= 0 && resp.ContentLength <= maxReply {
		size = int(resp.ContentLength) + 1 // instead of growing step by step
	}
	body := make([]byte, 0, size)
	for len(body) <= maxReply {
		body = slices.Grow(body, 1)
		n, err := resp.Body.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		switch {
		case err == io.EOF:
			return body, nil
		case err != nil:
			return nil, fmt.Errorf("read the reply: %w", err)
		}
	}
	return nil, errReplyTooLong
}

// prepared sets the headers of an attempt, and adds the cookies of a jar. The headers are new, so that a middleware's
// changes do not reach the next attempt.
func (x *exchange) prepared(req *http.Request) *http.Request {
	header := x.header(req.ContentLength > 0)
	if cookies := req.Header["Cookie"]; cookies != nil {
		header.Set("Cookie", strings.Join(slices.Concat(header["Cookie"], cookies), "; "))
	}
	req.Header = header
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
		e.RequestID = x.requestID()
		e.RetryAfter, _ = retryAfter(x.headers)
	} else if limited, ok := errors.AsType[*rateLimited](cause); ok {
		e.Code, e.RetryAfter = string(ErrRateLimited), limited.wait
	}
	e.hide(*x.client.apiKey)
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
