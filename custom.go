package segmentflow

import (
	"context"
	"encoding/json"
	"io"
	"net/url"
	"reflect"
	"slices"
	"strings"
)

// maxContent is far above the size of any request that the API accepts.
const maxContent = 32 << 20

// content is a body that is sent as it is.
type content struct {
	data []byte
	kind string // the media type
}

// Do calls a route for which this package has no method. The path begins with "/" and may have a query. It is sent as
// it is: escape the values that you put into it.
//
// The body is sent as JSON unless it is nil. A json.RawMessage is sent as it is. So are the bytes of a []byte or an
// io.Reader, as application/octet-stream; WithHeader("Content-Type", …) names another type. Do reads an io.Reader to
// its end before the first attempt, at most 32 MiB, and does not close it.
//
// Do decodes the reply into out unless that is nil. If out is a *[]byte or an io.Writer, it gets the reply as it is,
// whether or not that is JSON; the Accept header is then "*/*" unless WithHeader sets it. A reply has at most 32 MiB.
// If the server refuses the call, its reply is in [Error], and out is unchanged.
//
// Do cannot know what a route does. It therefore retries methods other than GET and HEAD only if the request was
// certainly not processed: after 429, after a refused connection, and if the server says so over HTTP/2. Errors and
// logs call the route "(custom)", because a path may contain values that must not be logged.
func (c *Client) Do(ctx context.Context, method, path string, body, out any, opts ...CallOption) error {
	req := request{op: custom(method), url: path}
	if !isToken(method) {
		req.op = custom("(invalid)")
		req.issues.add("argument", "/method", "malformed", "the method is not a valid HTTP method")
	}
	u, err := url.Parse(path)
	if err != nil || u.Scheme != "" || u.Host != "" || u.Fragment != "" || !strings.HasPrefix(path, "/") {
		req.issues.add("path", "", "malformed", `must begin with "/" and have no scheme, host or fragment`)
	}

	switch to := out.(type) {
	case nil:
	case *[]byte, io.Writer:
		opts = slices.Concat([]CallOption{WithHeader("Accept", "*/*")}, opts)
		req.issues.pointer(to)
	default:
		if reflect.TypeOf(out).Kind() != reflect.Pointer {
			req.issues.add("argument", "/out", "type", "out must be a pointer or an io.Writer")
		}
		req.issues.pointer(to)
	}

	req.setBody(body)
	_, err = c.do(ctx, req, out, opts)
	return err
}

// pointer adds an issue if out is a nil pointer.
func (is *issues) pointer(out any) {
	if v := reflect.ValueOf(out); v.Kind() == reflect.Pointer && v.IsNil() {
		is.add("argument", "/out", "required", "out must not be a nil pointer; a nil out ignores the reply")
	}
}

// setBody sets the body of a call of Do. It reads a reader only if nothing else is wrong with the call so far.
func (req *request) setBody(body any) {
	const octets = "application/octet-stream"
	switch body := body.(type) {
	case json.RawMessage:
		if !json.Valid(body) {
			req.issues.add("body", "", "malformed", "must be valid JSON")
		}
		req.body = content{body, "application/json"}
	case []byte:
		req.body = content{body, octets}
	case io.Reader:
		if v := reflect.ValueOf(body); v.Kind() == reflect.Pointer && v.IsNil() {
			req.issues.add("body", "", "required", "must not be nil")
		}
		if len(req.issues.list) > 0 {
			return
		}
		data, err := io.ReadAll(io.LimitReader(body, maxContent+1))
		switch {
		case err != nil:
			req.issues.add("body", "", "malformed", "the io.Reader of the body returned an error")
			req.issues.cause = err
		case len(data) > maxContent:
			req.issues.add("body", "", "too_long", "must have at most 32 MiB")
		}
		req.body = content{data, octets}
	default:
		req.body = body
	}
}

// hand hands the reply out as it is, if out asks for that, and reports whether it does.
func (x *exchange) hand(out any) (bool, error) {
	switch to := out.(type) {
	case *[]byte:
		*to = x.body
	case io.Writer:
		if _, err := to.Write(x.body); err != nil {
			e := x.error(err)
			e.Message = "the reply could not be written to the io.Writer"
			return true, e
		}
	default:
		return false, nil
	}
	return true, nil
}
