package segmentflow

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Error is the error of every failed call.
//
// With a Status from 200 to 299 the call was carried out, but a field of the reply is missing or could not be decoded.
// The call then returns what was decoded beside the error, and Message names the field by its JSON pointer. If nothing
// could be decoded, because the reply is not JSON or not of the expected type, it returns nil.
//
// Its text contains the route template, the status, the code, the reason or the scopes that the call needs, up to five
// issues and how many there are besides, the server's message, the request id and the number of attempts. It never
// contains a URL, a body or a value of the request. If the server repeats the API key, the text and the fields have
// "[API key]" in its place; only Body is as it was received.
//
// Its JSON has the API's form, and members for the other fields. It can be read again, but the text then lacks the
// route, and no cause is wrapped.
type Error struct {
	// Status is the HTTP status. It is 0 without a response, for a check before sending, and for a batch item.
	Status         int            `json:"status,omitzero"`
	Code           string         `json:"error,omitzero"`          // an [ErrorCode]; empty if not from the API
	Message        string         `json:"message,omitzero"`        // the server's message for people; may change
	Details        map[string]any `json:"details,omitzero"`        // depends on Code; numbers are json.Number
	Issues         []Issue        `json:"issues,omitzero"`         // for invalid_request and template_invalid
	RequestID      string         `json:"requestId,omitzero"`      // x-request-id of the response
	IdempotencyKey string         `json:"idempotencyKey,omitzero"` // the key that was sent; empty for a read
	RetryAfter     time.Duration  `json:"retryAfter,omitzero"`     // the wait that the server asked for, or 0
	Attempts       int            `json:"attempts,omitzero"`       // requests sent; 0 if a check before failed
	// Body is the response body, JSON or not. It is not part of the text and, because errors are logged, of the JSON.
	Body []byte `json:"-"`

	route      string
	cause      error
	unrepeated bool    // cause ended the wait for another attempt
	partial    bool    // the call succeeded, and has a result beside the error
	apiKey     *string // by pointer, so that a printed Error shows an address; nil if no request was made
}

// Issue is one problem of a request.
type Issue struct {
	In      string `json:"in"`      // body, query, path, header; argument for one that is not sent, such as a context
	Path    string `json:"path"`    // JSON pointer to the present or missing member, such as "/to/email"
	Code    string `json:"code"`    // required, type, format, too_long, unknown_field, conflict, malformed, …
	Message string `json:"message"` // for people
}

// Error describes the failure. It repeats no value of the request.
func (e *Error) Error() string {
	if e.apiKey == nil {
		return e.text()
	}
	return hideKey(e.text(), *e.apiKey)
}

func (e *Error) text() string {
	var b strings.Builder
	b.WriteString("segmentflow")
	if e.route != "" {
		b.WriteString(": " + e.route)
	}
	if head := e.head(); head != "" {
		b.WriteString(": " + head)
	}
	if len(e.Issues) > 0 {
		b.WriteString(": " + e.places())
	}

	switch {
	case e.Message != "":
		b.WriteString(": " + e.Message)
	case e.Status == 0 && e.cause != nil:
		b.WriteString(": " + e.cause.Error())
	}
	if e.unrepeated {
		b.WriteString("; not retried: " + e.cause.Error())
	}

	switch {
	case e.RequestID != "":
		fmt.Fprintf(&b, " (request %s, attempts %d)", e.RequestID, e.Attempts)
	case e.Attempts > 0:
		fmt.Fprintf(&b, " (attempts %d)", e.Attempts)
	}
	return b.String()
}

// head returns status, code, reason and required scopes, as far as they are known.
func (e *Error) head() string {
	var parts []string
	if e.Status != 0 {
		parts = append(parts, fmt.Sprint(e.Status))
	}
	if e.Code != "" {
		parts = append(parts, e.Code)
	} else if text := http.StatusText(e.Status); text != "" {
		parts = append(parts, text)
	}
	if reason := e.Reason(); reason != "" {
		parts = append(parts, "("+string(reason)+")")
	}
	if scopes := e.RequiredScopes(); len(scopes) > 0 {
		parts = append(parts, "(requires "+strings.Trim(fmt.Sprint(scopes), "[]")+")")
	}
	return strings.Join(parts, " ")
}

// places returns the first issues by their places, and the number of the others.
func (e *Error) places() string {
	const most = 5
	shown := e.Issues[:min(most, len(e.Issues))]
	parts := make([]string, len(shown), most+1)
	for index, issue := range shown {
		parts[index] = cmp.Or(issue.Path, issue.In) + " " + issue.Code
	}
	if more := len(e.Issues) - len(shown); more > 0 {
		parts = append(parts, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(parts, "; ")
}

// hide removes the API key from the fields, and makes e remove it from its text.
func (e *Error) hide(key string) {
	e.apiKey = &key
	e.cause = hideKeyOf(e.cause, key)
	for _, text := range []*string{&e.Code, &e.Message, &e.RequestID} {
		*text = hideKey(*text, key)
	}
	for i := range e.Issues {
		issue := &e.Issues[i]
		for _, text := range []*string{&issue.In, &issue.Path, &issue.Code, &issue.Message} {
			*text = hideKey(*text, key)
		}
	}
	hideKeyIn(e.Details, key)
}

// detail returns the text in Details under a name, or "" if there is none.
func (e *Error) detail(name string) string {
	text, _ := e.Details[name].(string)
	return text
}

// Unwrap returns the cause of a failure that the server did not report: an error of the transport, a cancelled context,
// or a reply or parameters that are not valid JSON. If the context ended during the wait for a retry, e has both the
// server's answer and this cause.
func (e *Error) Unwrap() error { return e.cause }

// Is reports whether target is the Err constant of e's code. A response without a code, such as one from a proxy, is
// compared by its status if that is 401, 429 or 503 (decided here).
func (e *Error) Is(target error) bool {
	want, ok := target.(ErrorCode)
	if !ok {
		return false
	}
	if e.Code != "" {
		return e.Code == string(want)
	}
	switch e.Status {
	case http.StatusUnauthorized:
		return want == ErrUnauthorized
	case http.StatusTooManyRequests:
		return want == ErrRateLimited
	case http.StatusServiceUnavailable:
		return want == ErrUnavailable
	}
	return false
}

// decode reads the API's error envelope and reports whether data is one.
func (e *Error) decode(data []byte) bool {
	var envelope struct {
		Error   string          `json:"error"`
		Message string          `json:"message"`
		Details json.RawMessage `json:"details"`
	}
	_ = decode(data, &envelope) // a message of another type must not hide the code
	if envelope.Error == "" {
		return false
	}
	e.Code, e.Message = envelope.Error, envelope.Message

	var details struct {
		Issues []Issue `json:"issues"`
	}
	// Details that are not an object, or issues of another form, must not hide the error itself.
	_ = unmarshalExact(envelope.Details, &e.Details)
	_ = json.Unmarshal(envelope.Details, &details)
	e.Issues = details.Issues
	return true
}

// issues collects the problems of a request before it is sent.
type issues struct {
	list    []Issue
	cause   error
	objects []object // those that are encoded with the request
}

func (is *issues) add(in, path, code, message string) {
	is.list = append(is.list, Issue{In: in, Path: path, Code: code, Message: message})
}

// err returns the error of a request that was not sent, or nil if there are no issues.
func (is *issues) err(route string) *Error {
	if len(is.list) == 0 {
		return nil
	}
	var messages []string // each once, because the text has the places
	for _, issue := range is.list {
		if !slices.Contains(messages, issue.Message) {
			messages = append(messages, issue.Message)
		}
	}
	return &Error{
		Code:    string(ErrInvalidRequest),
		Message: "not sent: " + strings.Join(messages, "; "),
		Issues:  is.list,
		route:   route,
		cause:   is.cause,
	}
}
