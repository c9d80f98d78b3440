// Package product is the product's API under /api: the checks before a handler, the handlers, replies under an
// idempotency key, and every conversion between the world's values and those on the wire. No other package uses
// packages api and wire.
package product

import (
	"bytes"
	"cmp"
	"context"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/api"
	"github.com/segmentflow/segmentflow-go/emulator/internal/faults"
	"github.com/segmentflow/segmentflow-go/emulator/internal/gateway"
	"github.com/segmentflow/segmentflow-go/emulator/internal/wire"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// Config is what the API works with.
type Config struct {
	World   *world.World
	Log     *slog.Logger
	Journal *gateway.Journal
	KeyTTL  time.Duration // how long an idempotency key lives, 0 for as long as its record
	Advise  Advise        // goes to the journal; may be nil

	Faults *faults.List
	Limits *faults.Limits
	Wait   func(ctx context.Context, d time.Duration) error // waits for the delay of a fault
}

// service is the API of one world.
type service struct {
	Config
	room []byte // for what is written into a hash; only in an act
}

// handlers implements the generated interface: one method per operation, in the file of its noun. It belongs to no
// world, so that the routes are built once per process. The context of a call leads to its service.
type handlers struct{}

// Advise returns what is near to the thing that a call did not find, "" for other errors.
type Advise func(tx *world.Tx, err error) string

// call has what the checks before a handler found out about a request.
type call struct {
	service *service

	op     *wire.Operation
	org    string
	apiKey world.APIKey
	key    string // Idempotency-Key, "" if none was sent or the operation takes none
	target string // the path, if its parameters name what the call is about
	body   any    // decoded, numbers as json.Number

	journey string // the key or id of the Journey that the path names
}

type callKey struct{}

// callContext is a context that has a call.
type callContext struct {
	context.Context //nolint:containedctx // it is a context
	call            call
}

// Value returns the call, or what the context of the request has.
func (ctx *callContext) Value(key any) any {
	if key == (callKey{}) {
		return &ctx.call
	}
	return ctx.Context.Value(key)
}

func callOf(ctx context.Context) *call { return ctx.Value(callKey{}).(*call) }

// objectIn returns an object in a decoded body, or an empty one if there is none. Do not change it: the fingerprint of
// the idempotency key is computed from the body.
func objectIn(body any, name string) map[string]any {
	members, _ := body.(map[string]any)
	if object, ok := members[name].(map[string]any); ok {
		return object
	}
	return map[string]any{}
}

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

// handler does the work of a call that was checked.
type handler func(w http.ResponseWriter, req *http.Request, body []byte)

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
	"/api/v1/ingest", "/api/v1/ingest/",
	"/api/v1/integrations", "/api/v1/integrations/",
}

func notImplemented(w http.ResponseWriter, _ *http.Request) {
	gateway.WriteProblem(w, gateway.ErrNotImplemented)
}

// checked runs the checks of the contract in their order: size and media type as declared, auth, scope, size as read,
// schema. It reads a body only after it has found that the key may call the operation. Rate limits and faults come
// after auth. A fault may read the body ahead.
func (s *service) checked(w http.ResponseWriter, req *http.Request, op *wire.Operation, next handler) {
	entry := gateway.EntryOf(req)
	entry.Operation = op.ID
	if op.AcceptsKey { // also of a call that is refused below
		entry.SetKey(req.Header.Get("Idempotency-Key"))
	}
	if err := checkDeclared(req, op); err != nil {
		s.fail(w, req, err)
		return
	}
	key, err := s.authenticate(req)
	if err != nil {
		s.fail(w, req, err)
		return
	}
	if !s.Faults.Any() && !s.Limits.Any() {
		s.carryOut(w, req, op, key, next)
		return
	}
	s.disturbed(w, req, op, func(w http.ResponseWriter, req *http.Request) { s.carryOut(w, req, op, key, next) })
}

// carryOut runs the checks after auth, and the handler.
func (s *service) carryOut(
	w http.ResponseWriter, req *http.Request, op *wire.Operation, key world.APIKey, next handler,
) {
	if err := checkPermission(key, op); err != nil {
		s.fail(w, req, err)
		return
	}
	body, err := gateway.BodyOf(req, op.MaxBody)
	if err != nil {
		s.fail(w, req, err)
		return
	}
	decoded, issues := op.Check(req, body, req.PathValue)
	if op.ID == "batchSendEmails" {
		defer s.endKeys(decoded)
	}
	if len(issues) > 0 {
		s.fail(w, req, gateway.Invalid(issues...))
		return
	}

	call := callOf(req.Context())
	call.op, call.org, call.apiKey, call.body = op, key.Org, key, decoded
	call.journey = cmp.Or(req.PathValue("journeyKey"), req.PathValue("id"))
	if strings.Contains(op.Path, "{") {
		call.target = strings.ToLower(req.URL.Path)
	}
	if op.AcceptsKey {
		call.key = req.Header.Get("Idempotency-Key")
	}
	next(w, req, body)
}

// authenticate returns the key of a call. It does not wait for the world. So a call waits for its turn once, after its
// body has arrived: net/http notices only then that a client has gone away.
func (s *service) authenticate(req *http.Request) (world.APIKey, error) {
	secret := req.Header.Get("X-Api-Key")
	if secret == "" {
		return world.APIKey{}, errUnauthorized
	}
	key, known, err := s.World.APIKey(req.Context(), secret)
	if err == nil && !known {
		err = errUnauthorized
	}
	entry := gateway.EntryOf(req)
	entry.Org, entry.Label = key.Org, key.Label
	return key, err
}

var errUnauthorized = &gateway.Problem{
	Code:    "unauthorized",
	Message: "The API key in the x-api-key header is missing or unknown.",
}

// checkPermission refuses a key that may not call an operation.
func checkPermission(key world.APIKey, op *wire.Operation) error {
	missing := func(scope string) bool {
		return !slices.Contains(key.Scopes, scope) && !slices.Contains(key.Scopes, "*")
	}
	if slices.ContainsFunc(op.Scopes, missing) {
		return &gateway.Problem{
			Code:    "insufficient_scope",
			Message: "The API key lacks a scope that this operation requires.",
			Details: map[string]any{"required": op.Scopes},
		}
	}
	if op.AllowSends && !key.AllowSends {
		return &gateway.Problem{
			Code:    "send_not_allowed",
			Message: "The API key may not send: it does not have allowSends.",
		}
	}
	return nil
}

// fail answers with an error. It logs an internal error, because the answer does not contain it.
func (s *service) fail(w http.ResponseWriter, req *http.Request, err error) {
	problem := problemOf(err)
	entry := gateway.EntryOf(req)
	advice := entry.Grounds.Advice
	entry.Error, entry.Grounds = problem.Code, groundsOf(problem.Details)
	entry.Grounds.Advice = advice
	if problem.Code == world.CodeInternal {
		s.Log.Error("request failed", "operation", entry.Operation, "error", err)
	}
	gateway.WriteProblem(w, problem)
}

const mediaJSON = "application/json"

// checkDeclared checks the size and the media type that a request declares for its body. It reads nothing, except the
// first byte if nothing else shows whether there is a body.
func checkDeclared(req *http.Request, op *wire.Operation) error {
	if req.ContentLength > op.MaxBody {
		return gateway.TooLarge(op.MaxBody)
	}
	if !op.HasBody {
		return nil
	}
	declared := req.Header.Get("Content-Type")
	if declared == mediaJSON {
		return nil
	}
	if media, _, err := mime.ParseMediaType(declared); err == nil && media == mediaJSON {
		return nil
	}
	if has, err := gateway.HasBody(req); err != nil || !has {
		return err
	}
	return &gateway.Problem{Code: "unsupported_media_type", Message: "The body must be application/json."}
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
