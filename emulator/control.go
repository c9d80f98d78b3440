package emulator

import (
	"encoding/base64"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/wire"
)

// The control plane: the emulator's Go methods for programs that are not written in Go. It takes no key, so that it
// answers only under loopback and allowed host names. All of it is this project's own, and about the first Organization.
//
// Errors have the API's envelope. A query parameter that a route does not know is an error, since a filter that is spelt
// wrong would show everything. Lists are newest first.

const (
	maxControlBody = 64 << 10
	maxSeedBody    = 64 << 20
	defaultPage    = 100
	maxPage        = 1000
)

// controlRoute is one path. What is not built has no methods.
type controlRoute struct {
	path    string
	query   []string // the parameters of GET
	methods map[string]func(*http.Request) (controlReply, error)
}

// controlReply is a JSON value, or when media is set a document in that type. A nil value is 204. The status of a value is
// 200, or 503 when unavailable is set.
type controlReply struct {
	unavailable bool

	value any
	media string
	text  []byte
}

func (e *Emulator) controlRoutes() []controlRoute {
	type methods = map[string]func(*http.Request) (controlReply, error)
	return []controlRoute{
		{"/_emulator/health", nil, methods{"GET": e.controlHealth}},
		{"/_emulator/clock", nil, methods{"GET": e.controlClock}},
		{"/_emulator/clock/advance", nil, methods{"POST": e.controlAdvance}},
		{"/_emulator/seed", nil, methods{"POST": e.controlSeed}},
		{"/_emulator/reset", nil, methods{"POST": e.controlReset}},
		{"/_emulator/messages", []string{"to", "template", "subject", "limit", "cursor"}, methods{"GET": e.controlMessages}},
		{"/_emulator/messages/{id}", nil, methods{"GET": e.controlMessage}},
		{"/_emulator/messages/{id}/html", nil, methods{"GET": e.controlHTML}},
		{"/_emulator/messages/{id}/text", nil, methods{"GET": e.controlText}},
		{"/_emulator/messages/{id}/raw", nil, methods{"GET": e.controlRaw}},
		{"/_emulator/runs", []string{"journey", "profile", "status", "limit", "cursor"}, methods{"GET": e.controlRuns}},
		{"/_emulator/runs/{id}", nil, methods{"GET": e.controlRun}},
		{"/_emulator/events/{id}", nil, methods{"GET": e.controlEvent}},
		{"/_emulator/explain/{id}", nil, methods{"GET": e.controlExplain}}, // of a send, event, run, carrier or Profile
		{"/_emulator/requests", []string{"limit"}, methods{"GET": e.controlRequests}},
		{"/_emulator/messages/{id}/outcome", nil, methods{"POST": e.controlOutcome}},
		{"/_emulator/subscription-changes", []string{"profile", "limit", "cursor"}, methods{"GET": e.controlSubscriptionChanges}},
		{"/_emulator/faults", nil, methods{"GET": unbuiltControl, "PUT": unbuiltControl, "DELETE": unbuiltControl}},
		{"/_emulator/confirmations/{id}/approve", nil, methods{"POST": e.controlRedeem(confirmationApproved)}},
		{"/_emulator/confirmations/{id}/reject", nil, methods{"POST": e.controlRedeem(confirmationRejected)}},
		{"/_emulator/snapshot", nil, methods{"GET": unbuiltControl, "PUT": unbuiltControl}},
	}
}

func unbuiltControl(*http.Request) (controlReply, error) { return controlReply{}, errNotImplemented }

func (e *Emulator) controlPlane() http.Handler {
	mux := http.NewServeMux()
	for _, route := range e.controlRoutes() {
		methods := slices.Collect(maps.Keys(route.methods))
		mux.HandleFunc(route.path, only(func(w http.ResponseWriter, r *http.Request) {
			reply, err := route.answer(r)
			if err != nil {
				e.controlFail(w, r, err)
				return
			}
			reply.write(w)
		}, methods...))
	}
	mux.HandleFunc("/", noRoute)
	return mux
}

// answer checks the query and carries out a request.
func (c controlRoute) answer(r *http.Request) (controlReply, error) {
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	var issues []wire.Issue
	for name, values := range r.URL.Query() {
		switch {
		case !slices.Contains(c.query, name):
			issues = append(issues, inQuery(name, wire.CodeUnknownField, "is not a parameter of this route"))
		case len(values) > 1:
			issues = append(issues, inQuery(name, wire.CodeTooMany, "is given more than once"))
		}
	}
	if len(issues) > 0 {
		wire.Sort(issues)
		return controlReply{}, invalid(issues)
	}
	return c.methods[method](r)
}

func (reply controlReply) write(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	switch {
	case reply.media != "":
		h.Set("Content-Type", reply.media)
		// Mail is untrusted: it may run nothing, submit nothing and be framed by nobody but the emulator itself. Images are
		// shown, as mail programs do.
		h.Set("Content-Security-Policy", "sandbox; default-src 'none'; img-src data: http: https:; style-src 'unsafe-inline'; "+
			"base-uri 'none'; form-action 'none'; frame-ancestors 'self'")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Content-Length", strconv.Itoa(len(reply.text)))
		_, _ = w.Write(reply.text)
	case reply.value == nil:
		w.WriteHeader(http.StatusNoContent)
	case reply.unavailable:
		h.Set("Retry-After", retryAfter)
		writeJSON(w, http.StatusServiceUnavailable, reply.value)
	default:
		writeJSON(w, http.StatusOK, reply.value)
	}
}

// controlFail answers with an error. Whoever reads it runs the emulator, so that it tells what a reply of the API hides.
func (e *Emulator) controlFail(w http.ResponseWriter, r *http.Request, err error) {
	p := asProblem(err)
	if p.code == "internal_error" {
		e.log.Error("control request failed", "path", r.URL.Path, "error", err)
		p = &problem{code: p.code, message: err.Error()}
	}
	writeProblem(w, p)
}

func inQuery(name, code, message string) wire.Issue {
	return wire.Issue{In: wire.InQuery, Path: "/" + name, Code: code, Message: message}
}

func inBody(path, code, message string) wire.Issue {
	return wire.Issue{In: wire.InBody, Path: path, Code: code, Message: message}
}

// limitOf reads how many things a page may have.
func limitOf(r *http.Request) (int, error) {
	raw := r.URL.Query().Get("limit")
	if raw == "" {
		return defaultPage, nil
	}
	n, err := strconv.Atoi(raw)
	switch {
	case err != nil:
		return 0, invalid([]wire.Issue{inQuery("limit", wire.CodeType, "must be an integer")})
	case n < 1:
		return 0, invalid([]wire.Issue{inQuery("limit", wire.CodeMin, "must be at least 1")})
	case n > maxPage:
		return 0, invalid([]wire.Issue{inQuery("limit", wire.CodeMax, fmt.Sprintf("must be at most %d", maxPage))})
	}
	return n, nil
}

// A cursor names the list that it goes on with, and the last thing of the page before.

func cursorFor(list, last string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(list + " " + last))
}

var errCursor = invalid([]wire.Issue{inQuery("cursor", wire.CodeFormat, "is not a nextCursor of this list")})

// cursorOf gives the last thing of the page before, "" for the first page.
func cursorOf(r *http.Request, list string) (string, error) {
	raw := r.URL.Query().Get("cursor")
	if raw == "" {
		return "", nil
	}
	decoded, err := base64.RawURLEncoding.DecodeString(raw)
	last, ok := strings.CutPrefix(string(decoded), list+" ")
	if err != nil || !ok || last == "" {
		return "", errCursor
	}
	return last, nil
}
