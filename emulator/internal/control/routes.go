package control

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/segmentflow/segmentflow-go/emulator/internal/gateway"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// This file has the routes, and what every request passes.

// route is one path. The methods that are not built answer not_implemented.
type route struct {
	path    string
	query   []string // the parameters of GET
	methods map[string]func(*http.Request) (answer, error)
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
