package segmentflow

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// logTo returns a function that logs an attempt, its cause, and whether a retry follows.
func logTo(logger *slog.Logger) func(context.Context, *exchange, error, bool) {
	if logger == nil {
		return func(context.Context, *exchange, error, bool) {}
	}
	return func(ctx context.Context, x *exchange, err error, again bool) {
		if !logger.Enabled(ctx, slog.LevelDebug) {
			return
		}
		attrs := []slog.Attr{slog.String("operation", x.request.op.id())}
		if cause, failed := x.failure(err); failed {
			attrs = append(attrs, cause)
		}
		if again && ctx.Err() == nil { // a context that has ended ends the wait
			attrs = append(attrs, slog.Duration("retry_in", x.wait))
		}
		logger.LogAttrs(ctx, slog.LevelDebug, "segmentflow call", append(attrs,
			slog.String("method", x.request.op.method()),
			slog.String("route", x.request.op.route()),
			slog.Int("status", x.status),
			slog.Int("attempt", x.attempts),
			slog.Duration("duration", time.Since(x.started)),
			slog.String("request_id", x.requestID()),
		)...)
	}
}

// failure returns why an attempt failed. It returns false if there is nothing to say besides the status.
func (x *exchange) failure(err error) (slog.Attr, bool) {
	if err != nil {
		return slog.String("error", x.scrub(withoutURL(err).Error())), true
	}
	var e Error
	if x.status < 300 || !e.decode(x.body) {
		return slog.Attr{}, false
	}
	return slog.String("code", x.scrub(e.Code)), true
}

var anyURL = regexp.MustCompile(`[A-Za-z][A-Za-z0-9+.-]*://[^\s"'<>]*`)

// scrub removes URLs, the API key and the values of the request from a text of others, such as the error of a
// middleware or of a server that repeats what it received. Values of less than four bytes stay, because they are parts
// of words.
func (x *exchange) scrub(text string) string {
	const shortest = 4
	names := map[string]string{}
	add := func(name string, values ...string) {
		for _, value := range values {
			for _, form := range formsOf(value) {
				if len(form) >= shortest {
					names[form] = name
				}
			}
		}
	}
	if req := x.attempt; req != nil {
		add("[value]", valuesOf(req)...)
		for _, list := range x.header(true) {
			add("[value]", list...)
		}
		add("[URL]", req.URL.RequestURI(), req.URL.EscapedPath(), req.URL.Path)
	}
	add("[value]", x.request.path...)
	add("[API key]", *x.client.apiKey)

	longest := slices.SortedFunc(maps.Keys(names), func(a, b string) int {
		return cmp.Or(len(b)-len(a), strings.Compare(a, b))
	})
	pairs := make([]string, 0, 2*len(longest))
	for _, form := range longest { // a replacer takes the first that matches
		pairs = append(pairs, form, names[form])
	}
	return strings.NewReplacer(pairs...).Replace(anyURL.ReplaceAllString(text, "[URL]"))
}

// formsOf returns how a text may write a value: as it is, in a URL, quoted, in JSON, and in JSON that is quoted.
func formsOf(value string) []string {
	quote := func(s string) string {
		quoted := strconv.Quote(s)
		return quoted[1 : len(quoted)-1]
	}
	encoded, _ := json.Marshal(value) // a string never fails
	inJSON := string(encoded[1 : len(encoded)-1])
	return []string{value, url.PathEscape(value), url.QueryEscape(value), quote(value), inJSON, quote(inJSON)}
}

// valuesOf returns the values in the query, the headers and the body of a request.
func valuesOf(req *http.Request) []string {
	var values []string
	for _, fields := range []map[string][]string{req.URL.Query(), req.Header} {
		for _, list := range fields {
			values = append(values, list...)
		}
	}
	if req.GetBody == nil {
		return values
	}
	body, err := req.GetBody()
	if err != nil {
		return values
	}
	defer body.Close()
	data, _ := io.ReadAll(body)

	var tree any
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber() // so that numbers keep their digits
	if decoder.Decode(&tree) != nil {
		return append(values, strings.Fields(string(data))...)
	}
	return leaves(values, tree)
}

// leaves appends the strings and numbers of a JSON value.
func leaves(values []string, tree any) []string {
	switch tree := tree.(type) {
	case string:
		return append(values, tree)
	case json.Number:
		return append(values, tree.String())
	case []any:
		for _, item := range tree {
			values = leaves(values, item)
		}
	case map[string]any:
		for _, item := range tree {
			values = leaves(values, item)
		}
	}
	return values
}
