package segmentflow

import (
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"
)

const defaultTimeout = 30 * time.Second

// Option sets up a [Client]. Of the same option given twice, the later one wins.
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
}

// WithBaseURL sends calls to another address than [DefaultBaseURL], such as an emulator's. A path in it is kept.
func WithBaseURL(base string) Option { return func(o *options) { o.baseURL = base } }

// WithHTTPClient sends calls through another http.Client, of which the transport, the cookie jar and the timeout are used
// and nothing is changed. Redirects are never followed, whatever it says.
func WithHTTPClient(client *http.Client) Option { return func(o *options) { o.http = client } }

// WithMiddleware wraps the transport. A middleware sees every attempt of every call, with its API key. The first one given
// is the outermost; each use of the option adds to those before.
func WithMiddleware(middleware ...func(http.RoundTripper) http.RoundTripper) Option {
	return func(o *options) { o.middleware = append(o.middleware, middleware...) }
}

// WithLogger logs each attempt at level Debug: method, route template, status (0 when there was no answer), attempt
// (from 1), duration and request id. Nothing of the request's contents is logged.
func WithLogger(logger *slog.Logger) Option { return func(o *options) { o.logger = logger } }

// WithMaxRetries sets how often a call is repeated, 2 by default; 0 turns retries off.
//
// Repeated are calls that got no answer, 408, 429, 500, 502, 503, 504 or 409 idempotency_in_progress. A write is
// repeated so only where Segmentflow documents an idempotency key; any other write only after 429 and when the
// connection was refused. The wait is 0.5 s, then twice as long each time up to 8 s, of which a random half may be taken
// off, or what Retry-After says. When that is more than 30 s, or when the wait would last beyond the context's deadline,
// the answer at hand is returned at once.
func WithMaxRetries(n int) Option { return func(o *options) { o.maxRetries = n } }

// WithTimeout limits each attempt, reading the reply included; the default is 30 s and 0 sets no limit. The context
// limits the whole call. It contradicts an http.Client that has a Timeout of its own.
func WithTimeout(d time.Duration) Option { return func(o *options) { o.timeout = &d } }

// WithUserAgent names the calling program in the User-Agent header, before this package's own name.
func WithUserAgent(name string) Option { return func(o *options) { o.userAgent = name } }

// WithInsecureHTTP lets the API key travel over plain http to other machines, as between containers. Loopback needs no
// leave. The environment variable SEGMENTFLOW_INSECURE_HTTP=1 does the same.
func WithInsecureHTTP() Option { return func(o *options) { o.insecure = true } }

func (o *options) check() error {
	switch {
	case o.http == nil:
		return errors.New("segmentflow: WithHTTPClient(nil)")
	case o.maxRetries < 0:
		return errors.New("segmentflow: WithMaxRetries must not be negative")
	case o.timeout != nil && *o.timeout < 0:
		return errors.New("segmentflow: WithTimeout must not be negative")
	case o.timeout != nil && o.http.Timeout != 0:
		return errors.New("segmentflow: both WithTimeout and the http.Client limit an attempt")
	case strings.ContainsFunc(o.userAgent, control):
		return errors.New("segmentflow: WithUserAgent holds control characters")
	}
	return nil
}

func (o *options) transport() (http.RoundTripper, error) {
	transport := o.http.Transport
	if transport == nil {
		transport = http.DefaultTransport
	}
	for _, wrap := range slices.Backward(o.middleware) {
		if wrap == nil {
			return nil, errors.New("segmentflow: WithMiddleware(nil)")
		}
		if transport = wrap(transport); transport == nil {
			return nil, errors.New("segmentflow: a middleware returned nil")
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

// CallOption sets up one call.
type CallOption func(*callOptions)

type callOptions struct {
	key       *string
	responses []*Response
	headers   [][2]string
}

// WithIdempotencyKey sets the call's Idempotency-Key, 1 to 255 characters: repeating a call with its key replays the first
// reply instead of doing the work again (documented for Emails.Send, Events.Track and Journeys.Trigger, decided here for
// whatever else creates or acts). Without it a random key protects the call's own retries only. Reads send none.
// Emails.BatchSend goes by the keys of its items.
func WithIdempotencyKey(key string) CallOption { return func(o *callOptions) { o.key = &key } }

// WithResponse fills *resp when the call ends, also when it fails.
func WithResponse(resp *Response) CallOption {
	return func(o *callOptions) {
		if resp != nil {
			o.responses = append(o.responses, resp)
		}
	}
}

// WithHeader sets a header of the request. x-api-key and Idempotency-Key are not set this way.
func WithHeader(name, value string) CallOption {
	return func(o *callOptions) { o.headers = append(o.headers, [2]string{name, value}) }
}

// Response is what HTTP tells of a call beside its result.
type Response struct {
	Status         int         // of the last answer, 0 when none came
	Header         http.Header // of the last answer
	RequestID      string      // the last answer's x-request-id
	IdempotencyKey string      // the one sent; empty for a read
	Replayed       bool        // the reply is the stored one of an earlier call with this key
	Attempts       int         // requests sent, 0 when a local check failed
}

func control(r rune) bool { return r < ' ' || r == 0x7f }

func notVisible(r rune) bool { return r <= ' ' || r >= 0x7f }
