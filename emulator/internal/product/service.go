// Package product is the product's API under /api: the checks before a handler, the handlers, replies under an idempotency
// key, and every conversion between the world's values and the wire's. It alone uses packages api and wire.
package product

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"maps"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/api"
	"github.com/segmentflow/segmentflow-go/emulator/internal/gateway"
	"github.com/segmentflow/segmentflow-go/emulator/internal/wire"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// service is the receiver of the generated interface: one method per operation, in the file of its noun.
type service struct {
	w      *world.World
	log    *slog.Logger
	keyTTL time.Duration
}

// call is what the checks before a handler found out.
type call struct {
	op     *wire.Operation
	org    string
	apiKey world.APIKey
	key    string // Idempotency-Key, "" when none was sent or none is honoured
	target string // the path, where it names what the call is about
	body   any    // decoded, numbers as json.Number
}

type callKey struct{}

func callOf(ctx context.Context) *call { return ctx.Value(callKey{}).(*call) }

// objectIn is an object in a decoded body, empty when it is not there. It is not to be changed: the key's
// fingerprint is taken of the body.
func objectIn(body any, name string) map[string]any {
	members, _ := body.(map[string]any)
	if object, ok := members[name].(map[string]any); ok {
		return object
	}
	return map[string]any{}
}

// New answers everything under /api: route and method here, the checks in checked, the work in the handlers.
func New(w *world.World, log *slog.Logger, journal *gateway.Journal, keyTTL time.Duration) http.Handler {
	s := service{w, log, keyTTL}
	inner := http.NewServeMux()
	api.HandlerWithOptions(api.NewStrictHandlerWithOptions(s, nil, api.StrictHTTPServerOptions{
		RequestErrorHandlerFunc: func(w http.ResponseWriter, _ *http.Request, err error) {
			gateway.WriteProblem(w, gateway.Invalid(wire.DecodeIssue(err)))
		},
		ResponseErrorHandlerFunc: func(w http.ResponseWriter, r *http.Request, err error) { s.fail(w, r, err) },
	}), api.StdHTTPServerOptions{BaseRouter: inner})

	mux := http.NewServeMux()
	paths := map[string]methods{}
	ops := wire.Operations()
	for i := range ops {
		op := &ops[i]
		if paths[op.Path] == nil {
			paths[op.Path] = methods{}
			mux.Handle(op.Path, paths[op.Path])
		}
		paths[op.Path][op.Method] = s.checked(op, inner)
	}
	for _, prefix := range []string{"/api/v1/assets", "/api/v1/brand-kit", "/api/v1/ingest"} {
		later := func(w http.ResponseWriter, _ *http.Request) { gateway.WriteProblem(w, gateway.ErrNotImplemented) }
		mux.HandleFunc(prefix, later)
		mux.HandleFunc(prefix+"/", later)
	}
	mux.HandleFunc("/", gateway.NoRoute)
	return journal.Wrap(mux)
}

// methods are the operations of one path. They are told apart here and not by patterns with methods: beside those no
// pattern for all other methods can stand, as "/emails/batch" and "GET /emails/{id}" would each be the closer one.
type methods map[string]http.Handler

func (m methods) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	if handler := m[method]; handler != nil {
		handler.ServeHTTP(w, r)
		return
	}
	gateway.WrongMethod(w, slices.Collect(maps.Keys(m)))
}

// checked runs the checks of the contract in their order: size and media type as declared, auth, scope, size as read,
// schema. Nobody's body is read before it is known that they may call the operation.
func (s service) checked(op *wire.Operation, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		gateway.EntryOf(r).Operation = op.ID
		if err := checkDeclared(r, op); err != nil {
			s.fail(w, r, err)
			return
		}
		key, err := s.authorize(op, r)
		if err != nil {
			s.fail(w, r, err)
			return
		}
		body, err := gateway.BodyOf(r, op.MaxBody)
		if err != nil {
			s.fail(w, r, err)
			return
		}
		decoded, issues := op.Check(r, body, r.PathValue)
		if len(issues) > 0 {
			s.fail(w, r, gateway.Invalid(issues...))
			return
		}
		c := &call{op: op, org: key.Org, apiKey: key, body: decoded}
		if strings.Contains(op.Path, "{") {
			c.target = strings.ToLower(r.URL.Path)
		}
		if op.AcceptsKey {
			c.key = r.Header.Get("Idempotency-Key")
			gateway.EntryOf(r).IdempotencyKey = c.key
		}
		r = r.WithContext(context.WithValue(r.Context(), callKey{}, c))
		r.Body = io.NopCloser(bytes.NewReader(body))
		next.ServeHTTP(w, r)
	})
}

// authorize finds the key of a call. It does not wait for the world, so that a call waits for its turn once, when
// its body is there: only then does net/http notice a client that goes away.
func (s service) authorize(op *wire.Operation, r *http.Request) (world.APIKey, error) {
	secret := r.Header.Get("x-api-key")
	if secret == "" {
		return world.APIKey{}, errUnauthorized
	}
	key, known, err := s.w.APIKey(r.Context(), secret)
	switch {
	case err != nil:
		return world.APIKey{}, err
	case !known:
		return world.APIKey{}, errUnauthorized
	}
	return key, permits(key, op)
}

var errUnauthorized = &gateway.Problem{Code: "unauthorized", Message: "The x-api-key header is missing or names no key."}

// permits is the 403 of a key that may not call an operation.
func permits(key world.APIKey, op *wire.Operation) error {
	missing := slices.DeleteFunc(slices.Clone(op.Scopes), func(scope string) bool {
		return slices.Contains(key.Scopes, scope) || slices.Contains(key.Scopes, "*")
	})
	if len(missing) > 0 {
		return &gateway.Problem{Code: "insufficient_scope", Message: "The key lacks a scope.", Details: map[string]any{"required": op.Scopes}}
	}
	if op.AllowSends && !key.AllowSends {
		return &gateway.Problem{Code: "send_not_allowed", Message: "The key does not have allowSends."}
	}
	return nil
}

// fail answers with an error, and logs what the answer must not tell.
func (s service) fail(w http.ResponseWriter, r *http.Request, err error) {
	p := answerOf(err)
	gateway.EntryOf(r).Error = p.Code
	if p.Code == world.CodeInternal {
		s.log.Error("request failed", "operation", gateway.EntryOf(r).Operation, "error", err)
	}
	gateway.WriteProblem(w, p)
}

// checkDeclared holds what a request says of its body against the operation. It reads nothing, unless only a first byte
// can tell whether there is a body.
func checkDeclared(r *http.Request, op *wire.Operation) error {
	if r.ContentLength > op.MaxBody {
		return gateway.TooLarge(op.MaxBody)
	}
	if !op.HasBody {
		return nil
	}
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err == nil && media == "application/json" {
		return nil
	}
	if has, err := gateway.HasBody(r); err != nil || !has {
		return err
	}
	return &gateway.Problem{Code: "unsupported_media_type", Message: "The body must be application/json."}
}
