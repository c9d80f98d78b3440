package emulator

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/world"

	"github.com/segmentflow/segmentflow-go/emulator/internal/gateway"
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

// controlRoute is one path. What is not built answers not_implemented.
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

func (p *plane) controlRoutes() []controlRoute {
	type methods = map[string]func(*http.Request) (controlReply, error)
	return []controlRoute{
		{"/_emulator/health", nil, methods{"GET": p.controlHealth}},
		{"/_emulator/clock", nil, methods{"GET": p.controlClock}},
		{"/_emulator/clock/advance", nil, methods{"POST": p.controlAdvance}},
		{"/_emulator/seed", nil, methods{"POST": p.controlSeed}},
		{"/_emulator/reset", nil, methods{"POST": p.controlReset}},
		{"/_emulator/messages", []string{"to", "template", "subject", "limit", "cursor"}, methods{"GET": p.controlMessages}},
		{"/_emulator/messages/{id}", nil, methods{"GET": p.controlMessage}},
		{"/_emulator/messages/{id}/html", nil, methods{"GET": p.controlHTML}},
		{"/_emulator/messages/{id}/text", nil, methods{"GET": p.controlText}},
		{"/_emulator/messages/{id}/raw", nil, methods{"GET": p.controlRaw}},
		{"/_emulator/runs", []string{"journey", "profile", "status", "limit", "cursor"}, methods{"GET": p.controlRuns}},
		{"/_emulator/runs/{id}", nil, methods{"GET": p.controlRun}},
		{"/_emulator/events/{id}", nil, methods{"GET": p.controlEvent}},
		{"/_emulator/explain/{id}", nil, methods{"GET": p.controlExplain}}, // of a send, event, run, carrier or Profile
		{"/_emulator/requests", []string{"limit"}, methods{"GET": p.controlRequests}},
		{"/_emulator/messages/{id}/outcome", nil, methods{"POST": p.controlOutcome}},
		{"/_emulator/subscription-changes", []string{"profile", "limit", "cursor"}, methods{"GET": p.controlSubscriptionChanges}},
		{"/_emulator/faults", nil, methods{"GET": unbuiltControl, "PUT": unbuiltControl, "DELETE": unbuiltControl}},
		{"/_emulator/confirmations/{id}/approve", nil, methods{"POST": p.controlRedeem(world.ConfirmationApproved)}},
		{"/_emulator/confirmations/{id}/reject", nil, methods{"POST": p.controlRedeem(world.ConfirmationRejected)}},
		{"/_emulator/snapshot", nil, methods{"GET": unbuiltControl, "PUT": unbuiltControl}},
	}
}

func unbuiltControl(*http.Request) (controlReply, error) {
	return controlReply{}, gateway.ErrNotImplemented
}

// plane answers everything under /_emulator.
type plane struct {
	w       *world.World
	log     *slog.Logger
	journal *gateway.Journal
	shapes  shapes
	reset   func(ctx context.Context) error
}

// shapes make of what is stored what users see: the public values of package emulator, which encode themselves.
type shapes struct {
	message, summary   func(*world.Tx, *world.Mail) (any, error)
	fact               func(world.Fact) (any, error)
	run                func(*world.RunStory) any
	event              func(*world.EventStory) any
	subscriptionChange func(world.SubscriptionStory) any
}

func (p *plane) controlPlane() http.Handler {
	mux := http.NewServeMux()
	for _, route := range p.controlRoutes() {
		methods := slices.Collect(maps.Keys(route.methods))
		mux.HandleFunc(route.path, gateway.Only(func(w http.ResponseWriter, r *http.Request) {
			reply, err := route.answer(r)
			if err != nil {
				p.controlFail(w, r, err)
				return
			}
			reply.write(w)
		}, methods...))
	}
	mux.HandleFunc("/", gateway.NoRoute)
	return mux
}

// answer checks the query and carries out a request.
func (c controlRoute) answer(r *http.Request) (controlReply, error) {
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	var issues []gateway.Issue
	for name, values := range r.URL.Query() {
		switch {
		case !slices.Contains(c.query, name):
			issues = append(issues, inQuery(name, gateway.CodeUnknownField, "is not a parameter of this route"))
		case len(values) > 1:
			issues = append(issues, inQuery(name, gateway.CodeTooMany, "is given more than once"))
		}
	}
	if len(issues) > 0 {
		slices.SortFunc(issues, func(a, b gateway.Issue) int { return strings.Compare(a.Path, b.Path) })
		return controlReply{}, gateway.Invalid(issues...)
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
		h.Set("Retry-After", gateway.RetryAfter)
		gateway.WriteJSON(w, http.StatusServiceUnavailable, reply.value)
	default:
		gateway.WriteJSON(w, http.StatusOK, reply.value)
	}
}

// controlFail answers with an error. Whoever reads it runs the emulator, so that it tells what a reply of the API hides.
func (p *plane) controlFail(w http.ResponseWriter, r *http.Request, err error) {
	gateway.WriteProblem(w, p.problemOf(r, err))
}

func (p *plane) problemOf(r *http.Request, err error) *gateway.Problem {
	known := (*gateway.Problem)(world.AsProblem(err))
	if refusal, ok := errors.AsType[*gateway.Problem](err); ok && known.Code != "unavailable" {
		return refusal
	}
	if known.Code != "internal_error" {
		return known
	}
	p.log.Error("control request failed", "path", r.URL.Path, "error", err)
	return &gateway.Problem{Code: known.Code, Message: err.Error()}
}

func inQuery(name, code, message string) gateway.Issue {
	return gateway.Issue{In: gateway.InQuery, Path: "/" + name, Code: code, Message: message}
}

func inBody(path, code, message string) gateway.Issue {
	return gateway.Issue{In: gateway.InBody, Path: path, Code: code, Message: message}
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
		return 0, gateway.Invalid(inQuery("limit", gateway.CodeType, "must be an integer"))
	case n < 1:
		return 0, gateway.Invalid(inQuery("limit", gateway.CodeMin, "must be at least 1"))
	case n > maxPage:
		return 0, gateway.Invalid(inQuery("limit", gateway.CodeMax, fmt.Sprintf("must be at most %d", maxPage)))
	}
	return n, nil
}

var errCursor = gateway.Invalid(inQuery("cursor", gateway.CodeFormat, "is not a nextCursor of this list"))

// cursorOf returns the last thing of the page before, "" for the first page.
func cursorOf(r *http.Request, list string) (string, error) {
	raw := r.URL.Query().Get("cursor")
	if raw == "" {
		return "", nil
	}
	place, ok := gateway.PlaceOf(list, raw)
	if !ok || len(place) != 1 || place[0] == "" {
		return "", errCursor
	}
	return place[0], nil
}
