package emulator

import (
	"bytes"
	"context"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/api"
	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
	"github.com/segmentflow/segmentflow-go/emulator/internal/wire"
)

// service is the receiver of the generated interface: one method per operation, in the file of its noun.
type service struct{ *Emulator }

// call is what the checks before a handler found out.
type call struct {
	op     *wire.Operation
	org    string
	apiKey store.APIKey
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

// productAPI answers everything under /api: route and method here, the checks in checked, the work in the handlers.
func (e *Emulator) productAPI() http.Handler {
	inner := http.NewServeMux()
	api.HandlerWithOptions(api.NewStrictHandlerWithOptions(service{Emulator: e}, nil, api.StrictHTTPServerOptions{
		RequestErrorHandlerFunc: func(w http.ResponseWriter, _ *http.Request, err error) {
			writeProblem(w, invalid([]wire.Issue{wire.DecodeIssue(err)}))
		},
		ResponseErrorHandlerFunc: func(w http.ResponseWriter, r *http.Request, err error) { e.fail(w, r, err) },
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
		paths[op.Path][op.Method] = e.checked(op, inner)
	}
	for _, prefix := range []string{"/api/v1/assets", "/api/v1/brand-kit", "/api/v1/ingest"} {
		later := func(w http.ResponseWriter, _ *http.Request) { writeProblem(w, errNotImplemented) }
		mux.HandleFunc(prefix, later)
		mux.HandleFunc(prefix+"/", later)
	}
	mux.HandleFunc("/", noRoute)
	return e.journaled(mux)
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
	wrongMethod(w, slices.Collect(maps.Keys(m)))
}

// checked runs the checks of the contract in their order: size and media type as declared, auth, scope, size as read,
// schema. Nobody's body is read before it is known that they may call the operation.
func (e *Emulator) checked(op *wire.Operation, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		entryOf(r).Operation = op.ID
		if err := checkDeclared(r, op); err != nil {
			e.fail(w, r, err)
			return
		}
		key, err := e.authorize(op, r)
		if err != nil {
			e.fail(w, r, err)
			return
		}
		body, err := bodyOf(r, op.MaxBody)
		if err != nil {
			e.fail(w, r, err)
			return
		}
		decoded, issues := op.Check(r, body, r.PathValue)
		if len(issues) > 0 {
			e.fail(w, r, invalid(issues))
			return
		}
		c := &call{op: op, org: key.Org, apiKey: key, body: decoded}
		if strings.Contains(op.Path, "{") {
			c.target = strings.ToLower(r.URL.Path)
		}
		if op.AcceptsKey {
			c.key = r.Header.Get("Idempotency-Key")
			entryOf(r).IdempotencyKey = c.key
		}
		r = r.WithContext(context.WithValue(r.Context(), callKey{}, c))
		r.Body = io.NopCloser(bytes.NewReader(body))
		next.ServeHTTP(w, r)
	})
}

// authorize finds the key of a call. It does not wait for the world, so that a call waits for its turn once, when
// its body is there: only then does net/http notice a client that goes away. Only a key that is not found waits,
// because it may be one that is being made.
func (e *Emulator) authorize(op *wire.Operation, r *http.Request) (store.APIKey, error) {
	secret := r.Header.Get("x-api-key")
	if secret == "" {
		return store.APIKey{}, errUnauthorized
	}
	if caller, ok := e.callers.Load(secret); ok {
		key := caller.(store.APIKey)
		return key, permits(key, op)
	}
	if err := e.lock(r.Context()); err != nil {
		return store.APIKey{}, err
	}
	defer e.mu.Unlock()
	key, known := e.keys[secret]
	if !known {
		return key, errUnauthorized
	}
	return key, permits(key, op)
}

var errUnauthorized = &problem{code: "unauthorized", message: "The x-api-key header is missing or names no key."}

// permits is the 403 of a key that may not call an operation.
func permits(key store.APIKey, op *wire.Operation) error {
	missing := slices.DeleteFunc(slices.Clone(op.Scopes), func(scope string) bool {
		return slices.Contains(key.Scopes, scope) || slices.Contains(key.Scopes, "*")
	})
	if len(missing) > 0 {
		return &problem{"insufficient_scope", "The key lacks a scope.", map[string]any{"required": op.Scopes}}
	}
	if op.AllowSends && !key.AllowSends {
		return &problem{code: "send_not_allowed", message: "The key does not have allowSends."}
	}
	return nil
}

// fail answers with an error, and logs what the answer must not tell.
func (e *Emulator) fail(w http.ResponseWriter, r *http.Request, err error) {
	p := answerOf(err)
	entryOf(r).Error = p.code
	if p.code == "internal_error" {
		e.log.Error("request failed", "operation", entryOf(r).Operation, "error", err)
	}
	writeProblem(w, p)
}
