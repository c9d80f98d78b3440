// Package control is the control plane under /_emulator: the emulator's Go methods for programs that are not written in
// Go. It needs no key, and therefore answers only under loopback and allowed host names. All of it is this project's
// own. It shows and changes the first Organization.
//
// Errors have the API's envelope. A query parameter that a route does not know is an error, because a misspelt filter
// would show everything. Lists are newest first.
package control

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
	"sync"

	"github.com/segmentflow/segmentflow-go/emulator/internal/faults"
	"github.com/segmentflow/segmentflow-go/emulator/internal/gateway"
	"github.com/segmentflow/segmentflow-go/emulator/internal/tell"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

const (
	maxControlBody = 64 << 10
	maxSeedBody    = 64 << 20
	maxImageBody   = 1 << 30
	defaultPage    = 100
	maxPage        = 1000
)

// route is one path. The methods that are not built answer not_implemented.
type route struct {
	path    string
	query   []string // the parameters of GET
	methods map[string]func(*http.Request) (answer, error)
}

// answer is a JSON value, or a document of type media if that is set. A nil value is 204. The status of a value is 200,
// or 503 if unavailable is set.
type answer struct {
	unavailable bool

	value any
	media string
	text  []byte
}

func (p *Plane) healthRoute() route {
	return route{"/_emulator/health", nil, map[string]func(*http.Request) (answer, error){"GET": p.health}}
}

func (p *Plane) routes() []route {
	type methods = map[string]func(*http.Request) (answer, error)
	return []route{
		p.healthRoute(),
		{"/_emulator/clock", nil, methods{"GET": p.clock}},
		{"/_emulator/clock/advance", nil, methods{"POST": p.advance}},
		{"/_emulator/login", nil, methods{"POST": p.login}},
		{"/_emulator/seed", nil, methods{"POST": p.seed}},
		{"/_emulator/reset", nil, methods{"POST": p.reset}},

		{"/_emulator/messages", []string{"to", "template", "subject", "limit", "cursor"}, methods{"GET": p.messages}},
		{"/_emulator/messages/{id}", nil, methods{"GET": p.message}},
		{"/_emulator/messages/{id}/html", nil, methods{"GET": p.html}},
		{"/_emulator/messages/{id}/text", nil, methods{"GET": p.text}},
		{"/_emulator/messages/{id}/raw", nil, methods{"GET": p.raw}},
		{"/_emulator/messages/{id}/outcome", nil, methods{"POST": p.outcome}},

		{"/_emulator/runs", []string{"journey", "profile", "status", "limit", "cursor"}, methods{"GET": p.runs}},
		{"/_emulator/runs/{id}", nil, methods{"GET": p.run}},
		{"/_emulator/events/{id}", nil, methods{"GET": p.event}},
		{"/_emulator/explain/{id}", nil, methods{"GET": p.explain}}, // of whatever has an id
		{"/_emulator/requests", []string{"limit"}, methods{"GET": p.requests}},
		{
			"/_emulator/subscription-changes",
			[]string{"profile", "limit", "cursor"},
			methods{"GET": p.subscriptionChanges},
		},

		{"/_emulator/webhooks", []string{"limit", "cursor"}, methods{"GET": p.webhooks}},
		{"/_emulator/webhooks/{id}/resend", nil, methods{"POST": p.resendWebhook}},

		{"/_emulator/confirmations/{id}/approve", nil, methods{"POST": p.redeem(world.ConfirmationApproved)}},
		{"/_emulator/confirmations/{id}/reject", nil, methods{"POST": p.redeem(world.ConfirmationRejected)}},

		{"/_emulator/faults", nil, methods{
			"GET": p.faults, "POST": p.addFault, "PUT": p.replaceFaults, "DELETE": p.clearFaults,
		}},
		{"/_emulator/faults/{id}", nil, methods{"GET": p.fault, "DELETE": p.removeFault}},
		{"/_emulator/rate-limits", nil, methods{"GET": p.rateLimits, "PUT": p.replaceRateLimits}},
		{"/_emulator/snapshot", nil, methods{"GET": p.snapshot, "PUT": p.restore}},
	}
}

// Plane answers everything under /_emulator.
type Plane struct {
	World   *world.World
	Log     *slog.Logger
	Journal *gateway.Journal
	Faults  *faults.List
	Limits  *faults.Limits
	Shapes  Shapes
	Reset   func(ctx context.Context) error
	Restore func(ctx context.Context, image []byte) error
	Login   func(r *http.Request, next string) (link string, ok bool)
}

// Shapes turn stored values into those that users see: the public values of package emulator, which encode themselves.
type Shapes struct {
	Message, Summary   func(*world.Tx, *world.Mail) (any, error)
	Fact               func(world.Fact) (any, error)
	Run                func(*tell.RunStory) any
	Event              func(*tell.EventStory) any
	SubscriptionChange func(tell.SubscriptionStory) any
	Webhook            func(*world.Webhook) any
}

// Handler returns the handler of all routes. A process that is asked only for its health builds no others.
func (p *Plane) Handler() http.Handler {
	health := p.healthRoute()
	isHealthy, all := p.serve(health), sync.OnceValue(p.all)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == health.path && r.URL.RawPath == "" { // no character of it is escaped
			isHealthy(w, r)
			return
		}
		all().ServeHTTP(w, r)
	})
}

func (p *Plane) all() http.Handler {
	mux := http.NewServeMux()
	for _, route := range p.routes() {
		mux.HandleFunc(route.path, p.serve(route))
	}
	mux.HandleFunc("/", gateway.NoRoute)
	return mux
}

// serve returns the handler of a route.
func (p *Plane) serve(route route) http.HandlerFunc {
	return gateway.Only(func(w http.ResponseWriter, r *http.Request) {
		reply, err := route.carryOut(r)
		if err != nil {
			p.fail(w, r, err)
			return
		}
		reply.write(w)
	}, slices.Collect(maps.Keys(route.methods))...)
}

// carryOut checks the query of a request and carries it out.
func (route route) carryOut(r *http.Request) (answer, error) {
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	var issues []gateway.Issue
	for name, values := range r.URL.Query() {
		switch {
		case !slices.Contains(route.query, name):
			issues = append(issues, inQuery(name, gateway.CodeUnknownField, "is not a parameter of this route"))
		case len(values) > 1:
			issues = append(issues, inQuery(name, gateway.CodeTooMany, "may be given only once"))
		}
	}
	if len(issues) > 0 {
		slices.SortFunc(issues, func(a, b gateway.Issue) int { return strings.Compare(a.Path, b.Path) })
		return answer{}, gateway.Invalid(issues...)
	}
	return route.methods[method](r)
}

func (reply answer) write(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	switch {
	case reply.media != "":
		h.Set("Content-Type", reply.media)
		// Mail is untrusted. It may run nothing and submit nothing, and only the emulator itself may frame it. Images
		// are shown, as in mail programs.
		h.Set("Content-Security-Policy", "sandbox; default-src 'none'; img-src data: http: https:; "+
			"style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'")
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

// fail answers with an error. Its reader runs the emulator, so the answer contains what a reply of the API hides.
func (p *Plane) fail(w http.ResponseWriter, r *http.Request, err error) {
	gateway.WriteProblem(w, p.problemOf(r, err))
}

func (p *Plane) problemOf(r *http.Request, err error) *gateway.Problem {
	problem := (*gateway.Problem)(world.AsProblem(err))
	if refusal, ok := errors.AsType[*gateway.Problem](err); ok && problem.Code != world.CodeUnavailable {
		return refusal
	}
	if problem.Code != world.CodeInternal {
		return problem
	}
	p.Log.Error("control request failed", "path", r.URL.Path, "error", err)
	return &gateway.Problem{Code: problem.Code, Message: err.Error()}
}

func inQuery(name, code, message string) gateway.Issue {
	return gateway.Issue{In: gateway.InQuery, Path: "/" + name, Code: code, Message: message}
}

func inBody(path, code, message string) gateway.Issue {
	return gateway.Issue{In: gateway.InBody, Path: path, Code: code, Message: message}
}

// limitOf returns how many items a page may have.
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

var errCursor = gateway.Invalid(inQuery("cursor", gateway.CodeFormat, "must be a nextCursor of this list"))

// cursorOf returns the last item of the previous page, or "" for the first page.
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
