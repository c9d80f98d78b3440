package segmentflow

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// Call describes a call to its middleware and to [WithCallContext]. It contains nothing of the request but the
// idempotency key.
type Call struct {
	Operation      string // operationId in openapi.yaml, such as "sendEmail"; "(custom)" for Client.Do
	Route          string // route template, such as "/api/v1/emails/{id}"; "(custom)" for Client.Do
	Attempt        int    // counts from 1; 0 if the call has only started
	IdempotencyKey string // the key that is sent; empty for a read, and if the call has only started
}

// callKey is the key of the Call in the context of an attempt.
type callKey struct{}

// attemptContext is the context of an attempt. It has the Call, and room for the URL of its request.
type attemptContext struct {
	context.Context //nolint:containedctx // it is a context
	call            Call
	url             url.URL
}

// Value returns the Call, or what the context of the call has.
func (ctx *attemptContext) Value(key any) any {
	if key == (callKey{}) {
		return ctx.call
	}
	return ctx.Context.Value(key)
}

// CallInfo returns the call that a request belongs to, for middleware: ctx is the context of the request. It returns
// false if the context is not that of an attempt.
func CallInfo(ctx context.Context) (Call, bool) {
	call, ok := ctx.Value(callKey{}).(Call)
	return call, ok
}

// CallEvent describes a call that has ended. It contains nothing of the request.
type CallEvent struct {
	Operation string        // operationId in openapi.yaml, such as "sendEmail"; "(custom)" for Client.Do
	Route     string        // route template, such as "/api/v1/emails/{id}"; "(custom)" for Client.Do
	Method    string        // of the HTTP request
	Status    int           // of the last response; 0 if there is none
	Attempts  int           // requests sent; 0 if a check before sending failed
	Duration  time.Duration // of the whole call, with its waits
	RequestID string        // x-request-id of the last response
	Err       error         // what the call returns: nil or an *Error
}

// WithObserver calls observe once for each call, when it ends: for metrics, traces and logs. That includes each batch
// of SendAll, each page of All, Client.Do, and calls that failed a check before sending or were cancelled. The context
// is that of the call, or what [WithCallContext] made of it.
//
// The call returns after observe has returned. A panic of observe is not recovered. Calls at the same time call observe
// at the same time. If the option is used again, each function is called, in the order of the options.
func WithObserver(observe func(ctx context.Context, event CallEvent)) Option {
	return func(o *options) { o.observers = append(slices.Clip(o.observers), observe) }
}

// WithCallContext replaces the context of each call, for tracers that open a span at the start of a call and close it
// in [WithObserver]. The client calls begin once for each call, before all checks, with the context of the caller. The
// call, its attempts, its waits and its observers use the context that begin returns. Begin must derive it from ctx.
//
// Calls at the same time call begin at the same time. If the option is used again, each function gets the context that
// the one before it has returned.
func WithCallContext(begin func(ctx context.Context, call Call) context.Context) Option {
	return func(o *options) { o.begins = append(slices.Clip(o.begins), begin) }
}

// begin returns the context of a call that starts.
func (c *Client) begin(ctx context.Context, op operation) context.Context {
	if ctx == nil {
		return nil // the call is refused
	}
	for _, begin := range c.begins {
		ctx = begin(ctx, Call{Operation: op.id(), Route: op.route()})
	}
	return ctx
}

// ended tells the observers that a call has ended.
func (c *Client) ended(ctx context.Context, x *exchange, started time.Time, err error) {
	if len(c.observers) == 0 {
		return
	}
	if ctx == nil {
		ctx = context.Background()
	}

	op := x.request.op
	event := CallEvent{
		Operation: op.id(),
		Route:     op.route(),
		Method:    op.method(),
		Status:    x.status,
		Attempts:  x.attempts,
		Duration:  time.Since(started),
		RequestID: x.requestID(),
		Err:       err,
	}
	for _, observe := range c.observers {
		observe(ctx, event)
	}
}

// describe returns the request of one attempt. Its URL is new, so that a middleware's changes do not reach the next
// attempt. Its Pattern is the route template without the method, because middleware that reads it, such as one for
// servers, has the method from the request.
func (x *exchange) describe(ctx context.Context, req *http.Request) *http.Request {
	x.attempt = req
	op := x.request.op
	call := Call{Operation: op.id(), Route: op.route(), Attempt: x.attempts + 1, IdempotencyKey: x.key}
	own := &attemptContext{ctx, call, *req.URL}
	req = req.WithContext(own)
	req.URL = &own.url
	req.Pattern = call.Route
	return req
}
