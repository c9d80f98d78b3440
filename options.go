package segmentflow

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"
)

const defaultTimeout = 30 * time.Second

// Option configures a [Client]. If the same option is given twice, the later one applies, unless its comment says
// something else.
type Option func(*options)

type options struct {
	baseURL    string
	http       *http.Client
	middleware []func(http.RoundTripper) http.RoundTripper
	logger     *slog.Logger
	maxRetries int
	timeout    *time.Duration
	userAgent  string
	insecure   bool
	sleep      func(context.Context, time.Duration) error
	keySource  func() string
	backoff    func(attempt int) time.Duration
	polling    func(poll int) time.Duration
	rate       int
	ratePer    time.Duration
	clock      *timeline
	begins     []func(context.Context, Call) context.Context
	observers  []func(context.Context, CallEvent)

	limiter *limiter          // nil without one, or if an option has set another rate
	shared  *defaultTransport // for an http.Client without a transport
	wrapped http.RoundTripper // the transport with its middleware; nil if an option has changed either
}

// WithBaseURL sends calls to another address than [DefaultBaseURL], such as that of an emulator. A path in it is kept.
func WithBaseURL(base string) Option { return func(o *options) { o.baseURL = base } }

// WithHTTPClient sends calls with the transport, the cookie jar and the timeout of another http.Client, and does not
// change that client. Redirects are never followed, even if its CheckRedirect would.
//
// Without a transport of that client, each attempt uses what http.DefaultTransport is at that time. While that is
// net/http's own, the Client uses a copy of it that keeps a connection for every call at the same time, instead of two.
// Net/http's own is used as it is if its MaxIdleConnsPerHost is set.
func WithHTTPClient(client *http.Client) Option {
	return func(o *options) { o.http, o.wrapped = client, nil }
}

// WithMiddleware wraps the transport. A middleware sees every attempt of every call, including the API key. The first
// middleware is the outermost. If the option is used again, also in [Client.With], the later middleware is inside the
// earlier.
func WithMiddleware(middleware ...func(http.RoundTripper) http.RoundTripper) Option {
	return func(o *options) { o.middleware, o.wrapped = append(o.middleware, middleware...), nil }
}

// WithLogger logs each attempt at level Debug: operation, method, route template, status (0 without a response),
// attempt (from 1), duration and request_id. A failed attempt also has its cause: code, the error code of the reply, or
// error, the error of the transport. An attempt that is followed by a retry has retry_in, the wait before it.
//
// It logs no contents of the request. What an error repeats of them is replaced by "[value]", a URL by "[URL]", and the
// API key by "[API key]".
func WithLogger(logger *slog.Logger) Option { return func(o *options) { o.logger = logger } }

// WithMaxRetries sets how often a call is retried. The default is 2; 0 disables retries.
//
// A call is retried if it got no response, or one with status 408, 429, 500, 502, 503, 504, or 409
// idempotency_in_progress. This applies to reads, and to the writes for which Segmentflow documents an idempotency key.
// Any other write is retried only after 429, after a refused connection, and after a GOAWAY or REFUSED_STREAM by which
// the server says over HTTP/2 that it has not processed the request.
//
// A failure that would occur again, such as a certificate that is not trusted, is not retried.
//
// The wait is 0.5 s, and doubles with each retry up to 8 s; up to half of it is subtracted at random. If the response
// has Retry-After, that is the wait. The call returns the last response at once instead of waiting more than 30 s or
// past the deadline of the context. [WithBackoff] changes the wait, and [WithSleep] how it is spent. Emails.SendAll
// waits longer for a rate limit. [WithCallMaxRetries] sets the number for one call.
//
// If the context ends during a wait, or [WithSleep] returns an error, the call returns an *[Error] that wraps this
// error and has the status, code, body and request id of the last response.
func WithMaxRetries(n int) Option { return func(o *options) { o.maxRetries = n } }

// WithTimeout limits each attempt, including reading the reply. The default is 30 s; 0 sets no limit. The context and
// [WithCallTimeout] limit the whole call. WithTimeout cannot be combined with an http.Client that has a Timeout of its
// own.
func WithTimeout(d time.Duration) Option { return func(o *options) { o.timeout = &d } }

// WithUserAgent puts the name of the calling program into the User-Agent header, before the name of this package.
func WithUserAgent(name string) Option { return func(o *options) { o.userAgent = name } }

// WithInsecureHTTP allows plain http to other machines, such as between containers. The API key is then sent
// unencrypted. Loopback addresses do not need this option. The environment variable SEGMENTFLOW_INSECURE_HTTP=1 does
// the same.
func WithInsecureHTTP() Option { return func(o *options) { o.insecure = true } }

// WithBackoff sets the wait before a retry: backoff returns the wait after the given attempt, which counts from 1. A
// Retry-After of the response still takes precedence, a negative wait is none, and the call still returns the last
// response instead of waiting more than 30 s or past the deadline of the context. Calls at the same time call backoff
// at the same time.
//
// Waiters such as Emails.Wait use backoff too: it then returns the wait after the given poll.
func WithBackoff(backoff func(attempt int) time.Duration) Option {
	return func(o *options) { o.backoff, o.polling = backoff, backoff }
}

// WithSleep replaces the timer of the client's waits, for tests that must not take the time. The client calls sleep
// with the context of the call and the wait, which is never negative: before a retry, and while it waits for a rate
// limit. When sleep returns, the wait is over, however long it took. Sleep should return when the context ends. If it
// returns an error, the call makes no further attempt and returns an *[Error] that wraps it. Waiters such as
// Emails.Wait call sleep between two polls too; [Polls] tells these waits from the others. After an error of sleep, a
// waiter polls for the last time, unless the context has ended.
//
// The client decides whether to wait before it calls sleep: a wait that the machine's time would carry past the
// deadline of the context is not begun, also if sleep would return sooner. Calls at the same time call sleep at the
// same time.
func WithSleep(sleep func(ctx context.Context, d time.Duration) error) Option {
	return func(o *options) { o.sleep = sleep }
}

// WithKeySource replaces the random idempotency keys of the calls that have none of their own. A batch is one call; see
// [EmailsService.BatchSend] for its items. A key has 1 to 255 characters; a call whose key is not valid is not sent.
// Two writes with the same key count as one, so source must never return a key twice. Calls at the same time call
// source at the same time.
func WithKeySource(source func() string) Option { return func(o *options) { o.keySource = source } }

func (o *options) check() error {
	switch {
	case o.http == nil:
		return errors.New("segmentflow: the client given to WithHTTPClient is nil")
	case o.maxRetries < 0:
		return errors.New("segmentflow: WithMaxRetries must not be negative")
	case o.timeout != nil && *o.timeout < 0:
		return errors.New("segmentflow: WithTimeout must not be negative")
	case o.timeout != nil && o.http.Timeout != 0:
		return errors.New("segmentflow: WithTimeout and the Timeout of the http.Client are both set; use only one")
	case strings.ContainsFunc(o.userAgent, control):
		return errors.New("segmentflow: WithUserAgent contains control characters")
	case o.sleep == nil:
		return errors.New("segmentflow: the function given to WithSleep is nil; without the option a timer waits")
	case o.keySource == nil:
		return errors.New("segmentflow: the function given to WithKeySource is nil; without the option keys are random")
	case o.rate < 0 || o.rate > 0 && o.ratePer <= 0:
		return errors.New("segmentflow: WithRateLimit needs a positive number of calls and a positive time, " +
			"such as WithRateLimit(10, time.Second); 0 calls is no limit")
	case o.backoff == nil:
		return errors.New("segmentflow: the function given to WithBackoff is nil; without the option waits double")
	case slices.ContainsFunc(o.begins, func(f func(context.Context, Call) context.Context) bool { return f == nil }):
		return errors.New("segmentflow: the function given to WithCallContext is nil; leave out the option")
	case slices.ContainsFunc(o.observers, func(f func(context.Context, CallEvent)) bool { return f == nil }):
		return errors.New("segmentflow: the function given to WithObserver is nil; leave out the option")
	}
	return nil
}

// plain returns the transport without middleware.
func (o *options) plain() http.RoundTripper {
	if o.http.Transport == nil {
		return o.shared
	}
	return o.http.Transport
}

func (o *options) transport() (http.RoundTripper, error) {
	transport := o.plain()
	for _, wrap := range slices.Backward(o.middleware) {
		if wrap == nil {
			return nil, errors.New("segmentflow: a middleware given to WithMiddleware is nil")
		}
		if transport = wrap(transport); transport == nil {
			return nil, errors.New("segmentflow: a middleware returned nil instead of a transport")
		}
	}
	return transport, nil
}

func (o *options) attemptTimeout() time.Duration {
	switch {
	case o.timeout != nil:
		return *o.timeout
	case o.http.Timeout != 0:
		return 0
	}
	return defaultTimeout
}

func (o *options) agent() string {
	return strings.TrimSpace(o.userAgent + " segmentflow-go/" + version)
}

// CallOption configures one call.
type CallOption func(*callOptions)

type callOptions struct {
	key       *string
	responses []*Response
	headers   [][2]string

	timeout    time.Duration // of the whole call; 0 if there is no limit
	maxRetries *int          // nil for that of the client
}

// WithIdempotencyKey sets the Idempotency-Key of a call: 1 to 255 characters. A repeated call with the same key returns
// the first reply again and does no work (documented for Emails.Send, Events.Track and Journeys.Trigger; decided here
// for all other calls that create or act). Without this option, a random key protects only the call's own retries; it
// begins with "auto_". [WithKeySource] makes other keys.
// Reads send no key.
//
// In a batch the key of each item counts, and the call's key is where the keys of the items without one come from; see
// [EmailsService.BatchSend]. The keys of items and those of Emails.Send are of one kind: a key that one call has used
// for an email cannot name another email.
func WithIdempotencyKey(key string) CallOption {
	return func(settings *callOptions) { settings.key = &key }
}

// WithResponse fills *resp when the call ends, even if the call fails.
func WithResponse(resp *Response) CallOption {
	return func(settings *callOptions) {
		if resp != nil {
			settings.responses = append(settings.responses, resp)
		}
	}
}

// WithCallTimeout limits the whole call: its attempts, and the waits between them. [WithTimeout] still limits each
// attempt. The limit works like a deadline of the context. If it ends an attempt, the error wraps
// context.DeadlineExceeded. A wait that would exceed it does not begin; the call then returns the last response at
// once. 0 sets no limit. In an iterator or in SendAll, the limit applies to each page or batch.
func WithCallTimeout(d time.Duration) CallOption {
	return func(settings *callOptions) { settings.timeout = d }
}

// WithCallMaxRetries sets how often this call is retried, instead of [WithMaxRetries]. 0 disables retries.
func WithCallMaxRetries(n int) CallOption {
	return func(settings *callOptions) { settings.maxRetries = &n }
}

// WithHeader sets a header of the request. It cannot set x-api-key or Idempotency-Key.
func WithHeader(name, value string) CallOption {
	return func(settings *callOptions) { settings.headers = append(settings.headers, [2]string{name, value}) }
}

// Response describes the HTTP response to a call.
type Response struct {
	Status         int         // of the last response; 0 if there is none
	Header         http.Header // of the last response
	RequestID      string      // x-request-id of the last response
	IdempotencyKey string      // the key that was sent; empty for a read
	Replayed       bool        // true if this is the stored reply to an earlier call with the same key
	Attempts       int         // requests sent; 0 if a check before sending failed
	RateLimit      *RateLimit  // from the headers of the last response; nil if they say nothing
}

func control(char rune) bool { return char < ' ' || char == 0x7f }

func notVisible(char rune) bool { return char <= ' ' || char >= 0x7f }
