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
		{"/_emulator/openapi.json", nil, methods{"GET": describe}},
		{"/_emulator/seed.schema.json", nil, methods{"GET": seedSchema}},
		{"/_emulator/clock", nil, methods{"GET": p.clock}},
		{"/_emulator/clock/advance", nil, methods{"POST": p.advance}},
		{"/_emulator/login", nil, methods{"POST": p.login}},
		{"/_emulator/idle", waits, methods{"GET": p.idle}},
		{"/_emulator/seed", nil, methods{"POST": p.seed}},
		{"/_emulator/ids", nil, methods{"GET": p.ids}},
		{"/_emulator/reset", nil, methods{"POST": p.reset}},
		{"/_emulator/api-keys", nil, methods{"POST": p.addAPIKey}},

		{"/_emulator/messages", paged("to", "template", "subject", "carrier", "since"), methods{"GET": p.messages}},
		{"/_emulator/messages/{id}", nil, methods{"GET": p.message}},
		{"/_emulator/messages/{id}/html", nil, methods{"GET": p.html}},
		{"/_emulator/messages/{id}/text", nil, methods{"GET": p.text}},
		{"/_emulator/messages/{id}/raw", nil, methods{"GET": p.raw}},
		{"/_emulator/messages/{id}/outcome", nil, methods{"POST": p.outcome}},
		{"/_emulator/scripts", nil, methods{"POST": p.script}},
		{
			"/_emulator/sends",
			paged("to", "template", "carrier", "status", "reason", "since"),
			methods{"GET": p.sends},
		},

		{"/_emulator/runs", paged("journey", "profile", "status", "version", "since"), methods{"GET": p.runs}},
		{"/_emulator/runs/{id}", nil, methods{"GET": p.run}},
		{"/_emulator/events", paged("event", "profile", "referenceId", "since"), methods{"GET": p.events}},
		{"/_emulator/events/{id}", nil, methods{"GET": p.event}},
		{"/_emulator/profiles/{ref}", nil, methods{"GET": p.profile}},
		{"/_emulator/subscription-changes", paged("profile"), methods{"GET": p.subscriptionChanges}},
		{"/_emulator/explain/{id}", nil, methods{"GET": p.explain}}, // of whatever has an id
		{
			"/_emulator/requests",
			paged("operation", "status", "error", "idempotencyKey", "since"),
			methods{"GET": p.requests},
		},

		{"/_emulator/webhooks", paged(), methods{"GET": p.webhooks}},
		{"/_emulator/webhooks/{id}/resend", nil, methods{"POST": p.resendWebhook}},

		{"/_emulator/confirmations", waits, methods{"GET": p.confirmations}},
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

// paged returns the parameters of a list that has pages.
func paged(own ...string) []string { return append(own, "limit", "cursor", "wait") }

// waits are the parameters of what can only be waited for.
var waits = []string{"wait"}

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
	Idle    func(ctx context.Context) error

	Operations func() []string // the ids of the operations of the API
}

// Shapes turn stored values into those that users see: the public values of package emulator, which encode themselves.
type Shapes struct {
	Message, Summary   func(*world.Tx, *world.Mail) (any, error)
	Send               func(*tell.SendStory) any
	Profile            func(*tell.ProfileStory) any
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

// act carries out a request on the first Organization. If what was asked for does not exist, the refusal has advice.
func (p *Plane) act(r *http.Request, do func(tx *world.Tx) error) error {
	return p.World.Act(r.Context(), world.First, func(tx *world.Tx) error { return tell.Help(tx, do(tx)) })
}

// look answers a request about the first Organization within one transaction.
func (p *Plane) look(r *http.Request, get func(tx *world.Tx) (any, error)) (answer, error) {
	var reply answer
	err := p.act(r, func(tx *world.Tx) (err error) {
		reply.value, err = get(tx)
		return err
	})
	return reply, err
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
