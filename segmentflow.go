// Package segmentflow is a client of the Segmentflow API: emails, events, Journeys, Profiles, Templates, Brand Kits,
// Segments, Broadcasts and Newsletters of one Organization.
//
//	client, err := segmentflow.NewFromEnv() // reads SEGMENTFLOW_API_KEY
//	send, err := client.Emails.Send(ctx, &segmentflow.SendEmailParams{
//		TemplateID: receipt,
//		To:         &segmentflow.Recipient{Email: "alex@example.com", ExternalID: "cus_123"},
//		Data:       order,
//	}, segmentflow.WithIdempotencyKey("receipt:ord_9421"))
//
// # Six jobs
//
//   - Send one email that its recipient expects, such as a receipt: [EmailsService.Send].
//   - Send many independent emails: [EmailsService.BatchSend] for up to 100, [EmailsService.SendAll] for any number,
//     such as a backfill that may crash and run again.
//   - Report what happened, and let Journeys react: [EventsService.Track].
//   - Start one named Journey for one Profile: [JourneysService.Trigger].
//   - Prepare one campaign for an audience: [BroadcastsService].
//   - Publish recurring editorial content: [NewslettersService] and [NewsletterIssuesService].
//
// [ProfilesService], [TemplatesService], [BrandKitsService] and [SegmentsService] manage what these calls refer to.
// [Client.Do] calls a route for which there is no method. No method sends to an audience at once: a person confirms it
// in the dashboard.
//
// # Errors
//
// Every failed call returns an *[Error]. Use errors.Is to compare its code with the Err constants. Every call can
// return [ErrInvalidRequest], [ErrUnauthorized], [ErrInsufficientScope], [ErrRateLimited] or [ErrUnavailable]. These
// are the usual errors; the comment of a method lists the others that it can return.
//
// # Options
//
// [New] takes an [Option], each call a [CallOption], and SendAll [SendAllOptions]. [Client.With] derives a client with
// other options. docs/client.md in the repository lists all options with their defaults.
//
// # Retries
//
// A failed call is retried if a retry cannot do the work twice; see [WithMaxRetries]. Every write carries an
// idempotency key. Choose it with [WithIdempotencyKey], so that the same call from another process is safe too.
// [WithRateLimit] keeps the client itself below a rate limit.
//
// # Waiting
//
// A call returns when its work is accepted. [EmailsService.Wait], [JourneysService.WaitRun], [BroadcastsService.Wait],
// [NewsletterIssuesService.Wait] and [BrandKitsService.WaitExtraction] poll until the outcome is final.
//
// # Observing
//
// [WithResponse] returns the status, the request id and the number of attempts of one call. [WithObserver] calls a
// function after each call, and [WithLogger] logs each attempt. Middleware, which [WithMiddleware] adds, asks
// [CallInfo] which call a request belongs to. The module github.com/segmentflow/segmentflow-go/otel makes spans and
// metrics.
//
// # Testing
//
// Package [github.com/segmentflow/segmentflow-go/emulator] is a backend that runs inside a test. Its client is the one
// of this package, so there is nothing to mock:
//
//	emu := emulator.Start(t)
//	err := shop.New(emu.Client()).Ship(ctx, order)
//	msg := emu.Outbox().To("alex@example.com").Only(t)
//
// # Origin of the operations
//
// The comment of a method names the scope that the API key needs, and the origin of the operation.
// "Documented" means that Segmentflow documents it. "Announced" means that Segmentflow has announced the capability.
// "Decided here" marks what this project decided where the documentation is silent.
package segmentflow

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

// DefaultBaseURL is the address of the hosted service (documented).
const DefaultBaseURL = "https://api.segmentflow.ai"

const version = "0.1.0"

// Client calls the API with one API key. Make one with [New]. A Client is immutable and safe for concurrent use.
type Client struct {
	Emails           *EmailsService
	Events           *EventsService
	Journeys         *JourneysService
	Profiles         *ProfilesService
	Templates        *TemplatesService
	BrandKits        *BrandKitsService
	Assets           *AssetsService
	Segments         *SegmentsService
	Broadcasts       *BroadcastsService
	Newsletters      *NewslettersService
	NewsletterIssues *NewsletterIssuesService

	apiKey     *string // by pointer, so that a printed Client shows an address
	keyInBody  bool    // the key is a write key, and no header has it
	baseURL    string
	userAgent  string
	retrying   *retryablehttp.Client
	transport  http.RoundTripper
	timeout    time.Duration
	maxRetries int
	sleep      func(context.Context, time.Duration) error
	keySource  func() string
	backoff    func(attempt int) time.Duration
	polling    func(poll int) time.Duration
	limiter    *limiter
	clock      *timeline
	begins     []func(context.Context, Call) context.Context
	observers  []func(context.Context, CallEvent)
	log        func(ctx context.Context, x *exchange, err error, again bool)

	options *options // from which With starts
}

// New returns a client that uses the given API key. It sends no request. It returns an error if the key has fewer than
// 8 characters or cannot be sent in a header, if the base URL is not an absolute http or https URL, if the base URL is
// plain http to another machine (see [WithInsecureHTTP]), or if options contradict each other.
func New(apiKey string, opts ...Option) (*Client, error) {
	if err := checkAPIKey(apiKey); err != nil {
		return nil, err
	}
	return build(&apiKey, defaults(), opts)
}

// defaults returns the options of a client that is given none.
func defaults() options {
	return options{
		baseURL:    DefaultBaseURL,
		http:       &http.Client{},
		maxRetries: 2,
		sleep:      sleep,
		keySource:  randomKey,
		backoff:    backoff,
		polling:    pollBackoff,
		insecure:   os.Getenv("SEGMENTFLOW_INSECURE_HTTP") == "1",
		shared:     &defaultTransport{},
		clock:      new(timeline),
	}
}

// With returns another client with the options of c, followed by opts. It has the same API key. It returns the errors
// that [New] would return, such as for options of both that contradict each other. C is unchanged.
//
// Both clients share the transport with its connections. If opts has [WithMiddleware], the middleware of c is called
// again to wrap the new one. With [WithHTTPClient], the new client has its own transport.
func (c *Client) With(opts ...Option) (*Client, error) {
	o := *c.options
	o.middleware = slices.Clip(o.middleware)
	return build(c.apiKey, o, opts)
}

func build(apiKey *string, o options, opts []Option) (*Client, error) {
	for _, opt := range opts {
		if opt != nil {
			opt(&o)
		}
	}
	if err := o.check(); err != nil {
		return nil, err
	}
	base, err := checkBaseURL(o.baseURL, o.insecure)
	if err != nil {
		return nil, err
	}
	if o.wrapped == nil {
		hc := *o.http // a later change of the caller must not reach With
		o.http = &hc
		if o.wrapped, err = o.transport(); err != nil {
			return nil, err
		}
	}

	if o.limiter == nil {
		o.limiter = newLimiter(o.rate, o.ratePer)
	}

	c := &Client{
		apiKey:     apiKey,
		baseURL:    base,
		userAgent:  o.agent(),
		retrying:   retries(*o.http),
		transport:  o.wrapped,
		timeout:    o.attemptTimeout(),
		maxRetries: o.maxRetries,
		sleep:      o.sleep,
		keySource:  o.keySource,
		backoff:    o.backoff,
		polling:    o.polling,
		begins:     o.begins,
		observers:  o.observers,
		log:        logTo(o.logger),
		limiter:    o.limiter,
		clock:      o.clock,
		options:    &o,
	}

	c.Emails = &EmailsService{client: c}
	c.Events = &EventsService{client: c}
	c.Journeys = &JourneysService{client: c}
	c.Profiles = &ProfilesService{client: c}
	c.Templates = &TemplatesService{client: c}
	c.BrandKits = &BrandKitsService{client: c}
	c.Assets = &AssetsService{client: c}
	c.Segments = &SegmentsService{client: c}
	c.Broadcasts = &BroadcastsService{client: c}
	c.Newsletters = &NewslettersService{client: c}
	c.NewsletterIssues = &NewsletterIssuesService{client: c}
	return c, nil
}

// NewFromEnv returns a client for the API key in SEGMENTFLOW_API_KEY. It uses the base URL in SEGMENTFLOW_BASE_URL, if
// that is set and opts have no [WithBaseURL].
func NewFromEnv(opts ...Option) (*Client, error) {
	if base := os.Getenv("SEGMENTFLOW_BASE_URL"); base != "" {
		opts = slices.Concat([]Option{WithBaseURL(base)}, opts)
	}
	apiKey := os.Getenv("SEGMENTFLOW_API_KEY")
	if apiKey == "" {
		return nil, errors.New("segmentflow: SEGMENTFLOW_API_KEY is not set")
	}
	return New(apiKey, opts...)
}

func checkBaseURL(base string, insecure bool) (string, error) {
	u, err := url.Parse(base) // the error repeats the URL, which may contain a password
	switch {
	case err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "":
		return "", errors.New("segmentflow: the base URL is not an absolute http or https URL")
	case u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return "", errors.New("segmentflow: the base URL must not have a user, a query or a fragment")
	case u.Scheme == "http" && !insecure && !loopback(u.Hostname()):
		return "", errors.New("segmentflow: plain http would send the API key unencrypted; " +
			"use https, or allow it with WithInsecureHTTP")
	}
	return strings.TrimRight(u.String(), "/"), nil
}

func loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}
