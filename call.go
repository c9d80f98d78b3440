package segmentflow

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"unicode/utf8"
)

// request is what a service says of one call.
type request struct {
	method string
	route  string   // path template; all that errors and logs show
	path   []string // values of the template's {names}, in order; an empty one is an issue
	query  url.Values
	body   any    // sent as JSON unless nil; what marshals to null, as nil params do, is an issue
	reads  bool   // changes nothing although it is a POST
	keyed  bool   // a write whose idempotency key the hosted API documents
	issues issues // what the service itself found wrong

	url string // instead of route and path
}

func (r *request) write() bool {
	return !r.reads && r.method != http.MethodGet && r.method != http.MethodHead
}

// call makes one call and decodes its reply into a new T.
func call[T any](ctx context.Context, c *Client, r request, opts []CallOption) (*T, error) {
	out := new(T)
	if _, err := c.do(ctx, r, out, opts); err != nil {
		return nil, err
	}
	return out, nil
}

// do is the only way to the wire: it checks, sends, retries, and decodes the reply into out unless that is nil. Its error
// is nil or an *Error.
func (c *Client) do(ctx context.Context, r request, out any, opts []CallOption) (Response, error) {
	var o callOptions
	for _, opt := range opts {
		if opt != nil {
			opt(&o)
		}
	}
	x := &exchange{client: c, request: &r}
	err := x.run(ctx, &o, out)
	resp := x.response()
	for _, to := range o.responses {
		*to = resp
		to.Header = resp.Header.Clone()
	}
	return resp, err
}

func (x *exchange) run(ctx context.Context, o *callOptions, out any) error {
	r := x.request
	target := r.target()
	body := r.encode()
	header := x.header(o, body != nil)
	if err := r.issues.err(r.label()); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return x.failed(ctx, err)
	}
	if err := x.send(ctx, target, header, body); err != nil {
		return x.failed(ctx, err)
	}
	if x.status < 200 || x.status > 299 {
		return x.refused()
	}
	if out == nil || x.status == http.StatusNoContent {
		return nil
	}
	if err := json.Unmarshal(x.body, out); err != nil {
		e := x.error(err)
		e.Message = "the reply is not the JSON that was expected"
		return e
	}
	return nil
}

func (r *request) label() string { return r.method + " " + r.route }

// target is path and query of the request.
func (r *request) target() string {
	path, values := r.url, r.path
	if path == "" {
		var b strings.Builder
		for rest := r.route; rest != ""; {
			before, after, found := strings.Cut(rest, "{")
			b.WriteString(before)
			if !found {
				break
			}
			name, tail, _ := strings.Cut(after, "}")
			if values[0] == "" {
				r.issues.add("path", "/"+name, "required", "must not be empty")
			}
			b.WriteString(escape(values[0]))
			values, rest = values[1:], tail
		}
		path = b.String()
	}
	if len(r.query) > 0 {
		path += "?" + r.query.Encode()
	}
	return path
}

// escape makes one path segment of any text. Dots would be taken for a way up the path.
func escape(segment string) string {
	if segment == "." || segment == ".." {
		return strings.ReplaceAll(segment, ".", "%2E")
	}
	return url.PathEscape(segment)
}

func (r *request) encode() []byte {
	if r.body == nil {
		return nil
	}
	body, err := json.Marshal(r.body)
	switch {
	case err != nil:
		r.issues.add("body", "", "malformed", "does not marshal to JSON")
		r.issues.cause = err
	case string(body) == "null":
		r.issues.add("body", "", "required", "must not be nil")
	}
	return body
}

func (x *exchange) header(o *callOptions, hasBody bool) http.Header {
	header := http.Header{"Accept": {"application/json"}, "User-Agent": {x.client.userAgent}}
	if hasBody {
		header.Set("Content-Type", "application/json")
	}
	for _, h := range o.headers {
		x.request.checkHeader(h[0], h[1])
		header.Set(h[0], h[1])
	}
	header.Set("X-Api-Key", *x.client.apiKey)
	if !x.request.write() {
		return header
	}
	x.key = newKey()
	if o.key != nil {
		x.key = *o.key
		x.request.issues.key("header", "/Idempotency-Key", x.key)
	}
	header.Set("Idempotency-Key", x.key)
	return header
}

func (r *request) checkHeader(name, value string) {
	const token = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	switch {
	case name == "" || strings.Trim(name, token) != "":
		r.issues.add("header", "", "malformed", "a name given to WithHeader is none")
	case strings.EqualFold(name, "x-api-key") || strings.EqualFold(name, "Idempotency-Key"):
		r.issues.add("header", "/"+name, "conflict", "is not set with WithHeader")
	case strings.ContainsFunc(value, control):
		r.issues.add("header", "/"+name, "malformed", "must not hold control characters")
	}
}

// key checks an idempotency key.
func (is *issues) key(in, path, key string) {
	switch n := utf8.RuneCountInString(key); {
	case n == 0:
		is.add(in, path, "too_short", "must not be empty")
	case n > 255:
		is.add(in, path, "too_long", "must have at most 255 characters")
	case strings.ContainsFunc(key, control):
		is.add(in, path, "malformed", "must not hold control characters")
	}
}

// newKey is a random UUID, version 4.
func newKey() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails: the program crashes instead
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

func nilMap(v any) bool {
	if v == nil {
		return true
	}
	value := reflect.ValueOf(v)
	return value.Kind() == reflect.Map && value.IsNil()
}
