package segmentflow

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"
)

// maxKey is the number of characters that an idempotency key may have.
const maxKey = 255

// request describes one call of a service.
type request struct {
	op     operation // errors and logs show nothing else of the URL
	path   []string  // values for the {names} in the route, in order; an empty value is an issue
	query  url.Values
	body   any    // sent as JSON unless nil; a body that marshals to null, such as nil params, is an issue
	reads  bool   // a POST that changes nothing
	keyed  bool   // a write for which Segmentflow documents an idempotency key
	pass   *pass  // of a batch of a SendAll range; nil for other calls
	madeUp string // a key of the key source that was taken before; "" if none was
	issues issues // found by the service itself

	url     string                  // if set, replaces the route and path
	bodyFor func(key string) []byte // if set, returns the body, which needs the idempotency key
}

func (req *request) write() bool {
	method := req.op.method()
	return !req.reads && method != http.MethodGet && method != http.MethodHead
}

// call makes one call and decodes the reply into a new T. If only a part of a reply was decoded, call returns that part
// and an error, so that nothing is lost that Segmentflow did.
func call[T any](ctx context.Context, c *Client, req request, opts []CallOption) (*T, error) {
	out := new(T)
	if _, err := c.do(ctx, req, out, opts); err != nil {
		if partial(err) {
			return out, err
		}
		return nil, err
	}
	return out, nil
}

// do makes every call of the package: it checks the request, sends it, retries, and decodes the reply into out unless
// that is nil. It returns nil or an *Error.
func (c *Client) do(ctx context.Context, req request, out any, opts []CallOption) (Response, error) {
	x := &exchange{client: c, request: req}
	for _, opt := range opts {
		if opt != nil {
			opt(&x.settings)
		}
	}

	started := time.Now()
	ctx = c.begin(ctx, req.op)
	err := x.run(ctx, out)

	resp := x.response()
	for _, to := range x.settings.responses {
		*to = resp
		to.Header, to.RateLimit = resp.Header.Clone(), rateLimit(x.headers)
	}
	c.ended(ctx, x, started, err)
	return resp, err
}

func (x *exchange) run(ctx context.Context, out any) error {
	req := &x.request
	x.target = req.target()
	x.payload = req.encode()
	x.check(ctx)

	if err := req.issues.err(req.op.label()); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return x.failed(ctx, err)
	}
	if err := x.makeKey(); err != nil {
		return err
	}
	if req.bodyFor != nil {
		x.payload = req.bodyFor(x.key)
	}
	if err := x.through(ctx); err != nil {
		return err
	}

	if x.status < 200 || x.status > 299 {
		return x.refused(nil)
	}
	if raw, err := x.hand(out); raw {
		return err
	}
	if out == nil {
		return nil
	}
	if x.status != http.StatusNoContent {
		if err := decode(x.body, out); err != nil {
			return x.unread(err)
		}
	}
	return x.incomplete(out)
}

// target returns the path and the query of the request.
func (req *request) target() string {
	path := req.url
	if path == "" {
		path = req.expand()
	}
	if len(req.query) > 0 {
		path += "?" + req.query.Encode()
	}
	return path
}

// expand returns the route with values in place of its {names}.
func (req *request) expand() string {
	if !strings.Contains(req.op.route(), "{") {
		return req.op.route()
	}
	var b strings.Builder
	values := req.path
	for rest := req.op.route(); rest != ""; {
		before, after, found := strings.Cut(rest, "{")
		b.WriteString(before)
		if !found {
			break
		}

		name, tail, _ := strings.Cut(after, "}")
		if values[0] == "" {
			req.issues.add("path", "/"+name, "required", "must not be empty")
		}
		b.WriteString(escape(values[0]))
		values, rest = values[1:], tail
	}
	return b.String()
}

// escape returns text as one path segment. It also escapes "." and "..", because servers resolve them as directories.
func escape(segment string) string {
	if segment == "." || segment == ".." {
		return strings.ReplaceAll(segment, ".", "%2E")
	}
	return url.PathEscape(segment)
}

func (req *request) encode() []byte {
	switch body := req.body.(type) {
	case nil:
		return nil
	case content:
		return body.data
	}
	body, err := json.Marshal(req.body)
	switch {
	case err != nil:
		req.issues.unencodable(err)
	case string(body) == "null":
		req.issues.add("body", "", "required", "must not be nil")
	}
	return body
}

func (is *issues) noContext() {
	is.add("argument", "/ctx", "required", "the context is nil; use context.Background()")
}

// withoutContext returns the error of an operation that was given no context.
func withoutContext(op operation) *Error {
	var is issues
	is.noContext()
	return is.err(op.label())
}

// check checks the context and the options of the call.
func (x *exchange) check(ctx context.Context) {
	is := &x.request.issues
	if ctx == nil {
		is.noContext()
	}
	for _, h := range x.settings.headers {
		x.request.checkHeader(h[0], h[1])
	}
	if x.settings.timeout < 0 {
		is.add("argument", "/WithCallTimeout", "min", "must not be negative; 0 sets no limit")
	}
	if retries := x.settings.maxRetries; retries != nil && *retries < 0 {
		is.add("argument", "/WithCallMaxRetries", "min", "must not be negative; 0 disables retries")
	}
	if key := x.settings.key; key != nil && x.request.write() {
		x.key = *key
		is.key("header", "/Idempotency-Key", x.key)
	}
}

// makeKey gives a write that has no key one of the key source. It runs last, so that a call that is not sent takes
// none: the key source may be a sequence.
func (x *exchange) makeKey() *Error {
	if !x.request.write() || x.key != "" {
		return nil
	}
	x.key = x.request.madeUp
	if x.key == "" {
		x.key = x.client.keySource()
	}
	x.request.issues.madeKey(x.key)
	return x.request.issues.err(x.request.op.label())
}

// header returns new headers for an attempt.
func (x *exchange) header(hasBody bool) http.Header {
	header := make(http.Header, 5+len(x.settings.headers))
	values := make([]string, 0, 5) // one allocation for all
	set := func(name, value string) {
		values = append(values, value)
		header[name] = values[len(values)-1 : len(values) : len(values)]
	}
	set("Accept", "application/json")
	set("User-Agent", x.client.userAgent)
	if hasBody {
		kind := "application/json"
		if body, ok := x.request.body.(content); ok {
			kind = body.kind
		}
		set("Content-Type", kind)
	}
	for _, h := range x.settings.headers {
		header.Set(h[0], h[1])
	}
	if x.client.keyInBody {
		return header
	}
	set("X-Api-Key", *x.client.apiKey)
	if x.key != "" {
		set("Idempotency-Key", x.key)
	}
	return header
}

func (req *request) checkHeader(name, value string) {
	switch {
	case !isToken(name):
		req.issues.add("header", "", "malformed", "the name given to WithHeader is not a valid header name")
	case strings.EqualFold(name, "x-api-key") || strings.EqualFold(name, "Idempotency-Key"):
		req.issues.add("header", "/"+name, "conflict", "cannot be set with WithHeader")
	case strings.ContainsFunc(value, control):
		req.issues.add("header", "/"+name, "malformed", "must not contain control characters")
	}
}

// isToken reports whether text is a token of RFC 9110, such as a method or the name of a header.
func isToken(text string) bool {
	const chars = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	return text != "" && strings.Trim(text, chars) == ""
}

// key checks an idempotency key.
func (is *issues) key(in, path, key string) {
	switch length := utf8.RuneCountInString(key); {
	case length == 0:
		is.add(in, path, "too_short", "must not be empty")
	case length > maxKey:
		is.add(in, path, "too_long", "must have at most 255 characters")
	case !utf8.ValidString(key):
		is.add(in, path, "malformed", "must be valid UTF-8")
	case strings.ContainsFunc(key, control):
		is.add(in, path, "malformed", "must not contain control characters")
	}
}

// madeKey checks a key of the key source.
func (is *issues) madeKey(key string) {
	before := len(is.list)
	is.key("header", "/Idempotency-Key", key)
	for index := range is.list[before:] {
		issue := &is.list[before+index]
		issue.Message = "the key from WithKeySource " + issue.Message
	}
}

// randomKey returns "auto_" and a random UUID, version 4. The prefix shows that no caller chose the key.
func randomKey() string {
	var id [16]byte
	_, _ = rand.Read(id[:]) // never returns an error; it crashes the program instead
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80
	return fmt.Sprintf("auto_%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:])
}
