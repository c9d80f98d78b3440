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
	"net/http"
	"strconv"

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

// answer is a JSON value, or a document of type media if that is set. A nil value is 204. The status of a value is 200,
// or 503 if unavailable is set.
type answer struct {
	unavailable bool

	value any
	media string
	text  []byte
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
