package product

import (
	"bytes"
	"context"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/segmentflow/segmentflow-go/emulator/internal/api"
	"github.com/segmentflow/segmentflow-go/emulator/internal/gateway"
	"github.com/segmentflow/segmentflow-go/emulator/internal/wire"
)

// New returns a handler for everything under /api. It finds the route and the method, checked runs the checks, and the
// handlers do the work.
func New(config Config) http.Handler {
	s := &service{Config: config}
	exact := gateway.Exact(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		routes().mux.ServeHTTP(w, req)
	}))
	found := func(w http.ResponseWriter, req *http.Request) {
		if handlers, fixed := routes().fixed[req.URL.EscapedPath()]; fixed {
			handlers.ServeHTTP(w, req)
			return
		}
		exact.ServeHTTP(w, req)
	}
	return config.Journal.Wrap(http.HandlerFunc(found), func(ctx context.Context) context.Context {
		return &callContext{ctx, call{service: s}}
	})
}

// table has the handlers of all paths: mux of each, fixed of those without a parameter, which are found quickly.
type table struct {
	mux   *http.ServeMux
	fixed map[string]methods
}

// routes finds the route and the method of a call.
var routes = sync.OnceValue(func() table {
	inner := http.NewServeMux()
	api.HandlerWithOptions(api.NewStrictHandlerWithOptions(handlers{}, nil, api.StrictHTTPServerOptions{
		RequestErrorHandlerFunc: func(w http.ResponseWriter, _ *http.Request, err error) {
			gateway.WriteProblem(w, gateway.Invalid(wire.DecodeIssue(err)))
		},
		ResponseErrorHandlerFunc: func(w http.ResponseWriter, req *http.Request, err error) {
			callOf(req.Context()).service.fail(w, req, err)
		},
	}), api.StdHTTPServerOptions{BaseRouter: inner})

	mux := http.NewServeMux()
	paths, fixed := map[string]methods{}, map[string]methods{}
	ops := wire.Operations()
	for i := range ops {
		op := &ops[i]
		if paths[op.Path] == nil {
			paths[op.Path] = methods{}
			mux.Handle(patternOf(op), paths[op.Path])
			if !strings.Contains(op.Path, "{") {
				fixed[op.Path] = paths[op.Path]
			}
		}
		next := generated(inner)
		if handle := ofDecoded[op.ID]; handle != nil {
			next = decoded(handle)
		}
		paths[op.Path][op.Method] = http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			callOf(req.Context()).service.checked(w, req, op, next)
		})
	}

	mux.HandleFunc(anyOfJourney, otherMethods(paths))
	for _, route := range notYet {
		mux.HandleFunc(route, notImplemented)
	}
	mux.HandleFunc("/", gateway.NoRoute)
	return table{mux, fixed}
})

// These two paths match journeys/runs/trigger both, so ServeMux takes them only with their methods. Other methods come
// to a path that covers both.
const (
	journeyTrigger = "/api/v1/public/journeys/{id}/trigger"
	journeyRun     = "/api/v1/public/journeys/runs/{runId}"
	anyOfJourney   = "/api/v1/public/journeys/{id}/{rest}"
)

// patternOf returns the pattern of an operation for ServeMux.
func patternOf(op *wire.Operation) string {
	if op.Path == journeyTrigger || op.Path == journeyRun {
		return op.Method + " " + op.Path
	}
	return op.Path
}

// otherMethods answers the calls whose method the two paths do not have.
func otherMethods(paths map[string]methods) http.HandlerFunc {
	return func(w http.ResponseWriter, req *http.Request) {
		allowed := methods{}
		if req.PathValue("id") == "runs" {
			maps.Copy(allowed, paths[journeyRun])
		}
		if req.PathValue("rest") == "trigger" {
			maps.Copy(allowed, paths[journeyTrigger])
		}
		if len(allowed) == 0 {
			gateway.NoRoute(w, req)
			return
		}
		gateway.WrongMethod(w, slices.Collect(maps.Keys(allowed)))
	}
}

// generated passes a call on to the generated server. It decodes the body again, into the type of the operation.
func generated(inner http.Handler) handler {
	return func(w http.ResponseWriter, req *http.Request, body []byte) {
		req.Body = io.NopCloser(bytes.NewReader(body))
		inner.ServeHTTP(w, req)
	}
}

// decoded is a handler that needs no more of the body than its decoded form.
func decoded(handle func(ctx context.Context) (reply, error)) handler {
	return func(w http.ResponseWriter, req *http.Request, _ []byte) {
		answered, err := handle(req.Context())
		if err == nil {
			err = answered.write(w)
		}
		if err != nil {
			callOf(req.Context()).service.fail(w, req, err)
		}
	}
}

// ofDecoded are the handlers of the operations whose calls are many.
var ofDecoded = map[string]func(ctx context.Context) (reply, error){
	"sendEmail":       sendOne,
	"batchSendEmails": sendMany,
	"trackEvent":      trackOne,
	"ingestBatch":     ingestMany,
}

// OperationIDs returns the ids of all operations.
func OperationIDs() []string {
	ops := wire.Operations()
	ids := make([]string, len(ops))
	for i := range ops {
		ids[i] = ops[i].ID
	}
	return ids
}

// notYet are the routes of the product that are not carried out, as patterns of http.ServeMux.
var notYet = []string{
	"/api/v1/integrations", "/api/v1/integrations/",
}

func notImplemented(w http.ResponseWriter, _ *http.Request) {
	gateway.WriteProblem(w, gateway.ErrNotImplemented)
}

// methods are the handlers of one path by method. The mux does not tell the methods apart, because its patterns would
// conflict: "/emails/batch" for all other methods and "GET /emails/{id}" would each be the more specific one.
type methods map[string]http.Handler

func (handlers methods) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	method := req.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	if handler := handlers[method]; handler != nil {
		handler.ServeHTTP(w, req)
		return
	}
	gateway.WrongMethod(w, slices.Collect(maps.Keys(handlers)))
}

// Route is one operation of the API: its id, its method and its path.
type Route struct{ Operation, Method, Path string }

// Routes returns all operations of the API.
func Routes() []Route {
	ops := wire.Operations()
	routes := make([]Route, len(ops))
	for i := range ops {
		routes[i] = Route{ops[i].ID, ops[i].Method, ops[i].Path}
	}
	return routes
}
