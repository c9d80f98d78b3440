// Package segmentflow is the client of the Segmentflow API, for one Organization: emails, events, journeys, profiles,
// templates, segments, broadcasts and newsletters.
//
//	client, err := segmentflow.New(os.Getenv("SEGMENTFLOW_API_KEY"))
//	send, err := client.Emails.Send(ctx, &segmentflow.SendEmailParams{
//		TemplateID: receipt,
//		To:         &segmentflow.Recipient{Email: "alex@example.com", ExternalID: "cus_123"},
//		Data:       order,
//	}, segmentflow.WithIdempotencyKey("receipt:ord_9421"))
//
// Every call that fails returns an *[Error], whose code the Err constants match with errors.Is. Calls are retried where
// that cannot do a thing twice; see [WithMaxRetries].
//
// The comments say of each operation whether Segmentflow documents it, and call what this project decided where the
// documentation is silent "decided here".
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
)

// DefaultBaseURL is where the hosted service answers (documented).
const DefaultBaseURL = "https://api.segmentflow.ai"

const version = "0.1.0"

// Client speaks for one API key. Make it with [New]; it is immutable and safe for concurrent use.
type Client struct {
	Emails           *EmailsService
	Events           *EventsService
	Journeys         *JourneysService
	Profiles         *ProfilesService
	Templates        *TemplatesService
	Segments         *SegmentsService
	Broadcasts       *BroadcastsService
	Newsletters      *NewslettersService
	NewsletterIssues *NewsletterIssuesService

	apiKey     *string // by pointer, so that a printed Client shows an address
	baseURL    string
	userAgent  string
	http       http.Client // without its transport
	transport  http.RoundTripper
	timeout    time.Duration
	maxRetries int
	log        func(context.Context, *exchange)
}

// New makes a client for an API key. An empty key, a key that no header can carry, a base URL that is not an absolute
// http or https URL, plain http to another machine (see [WithInsecureHTTP]) and options that contradict each other are
// errors; no request is sent.
func New(apiKey string, opts ...Option) (*Client, error) {
	o := options{baseURL: DefaultBaseURL, http: &http.Client{}, maxRetries: 2, insecure: os.Getenv("SEGMENTFLOW_INSECURE_HTTP") == "1"}
	for _, opt := range opts {
		if opt != nil {
			opt(&o)
		}
	}
	if apiKey == "" {
		return nil, errors.New("segmentflow: the API key is empty")
	}
	if strings.ContainsFunc(apiKey, notVisible) {
		return nil, errors.New("segmentflow: the API key holds white space or control characters")
	}
	if err := o.check(); err != nil {
		return nil, err
	}
	base, err := checkBaseURL(o.baseURL, o.insecure)
	if err != nil {
		return nil, err
	}
	transport, err := o.transport()
	if err != nil {
		return nil, err
	}
	c := &Client{apiKey: &apiKey, baseURL: base, userAgent: o.agent(), http: *o.http, transport: transport,
		timeout: o.attemptTimeout(), maxRetries: o.maxRetries, log: logTo(o.logger)}
	c.http.CheckRedirect = keepRedirect
	c.Emails = &EmailsService{client: c}
	c.Events = &EventsService{client: c}
	c.Journeys = &JourneysService{client: c}
	c.Profiles = &ProfilesService{client: c}
	c.Templates = &TemplatesService{client: c}
	c.Segments = &SegmentsService{client: c}
	c.Broadcasts = &BroadcastsService{client: c}
	c.Newsletters = &NewslettersService{client: c}
	c.NewsletterIssues = &NewsletterIssuesService{client: c}
	return c, nil
}

// NewFromEnv makes a client from SEGMENTFLOW_API_KEY and, when it is set, SEGMENTFLOW_BASE_URL. Options win over both.
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

// Do calls a route that this package does not know. Path begins with "/", may have a query and is taken as it is: escape
// what you put into it. Body, if not nil, is sent as JSON; the reply is decoded into out, if not nil.
//
// As nothing is known of the route, anything but GET and HEAD is repeated only after 429 and after a connection that was
// refused. Errors and logs name the route "(custom)", for a path may hold what no log should.
func (c *Client) Do(ctx context.Context, method, path string, body, out any, opts ...CallOption) error {
	r := request{method: method, route: "(custom)", url: path, body: body}
	if u, err := url.Parse(path); err != nil || u.Scheme != "" || u.Host != "" || !strings.HasPrefix(path, "/") || u.Fragment != "" {
		r.issues.add("path", "", "malformed", `the path must begin with "/" and be without scheme, host and fragment`)
	}
	_, err := c.do(ctx, r, out, opts)
	return err
}

// keepRedirect returns a redirect as the answer: net/http would carry the API key to whatever host it names, and turn
// most writes into reads.
func keepRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

func checkBaseURL(base string, insecure bool) (string, error) {
	u, err := url.Parse(base) // its error repeats the URL, which may hold a password
	switch {
	case err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "":
		return "", errors.New("segmentflow: the base URL is not an absolute http or https URL")
	case u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return "", errors.New("segmentflow: the base URL must be without user, query and fragment")
	case u.Scheme == "http" && !insecure && !loopback(u.Hostname()):
		return "", errors.New("segmentflow: plain http would show the API key to the network; use https, or allow it with WithInsecureHTTP")
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
