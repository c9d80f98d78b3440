package webhook

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/idle"
)

// answerTime is how long a receiver may take.
const answerTime = 10 * time.Second

// What is read of an answer, so that its connection can be used again, and what is kept of an error.
const (
	maxAnswer = 64 << 10
	maxError  = 200
)

// The headers of a request.
const (
	headerTimestamp = "X-Segmentflow-Timestamp"
	headerSignature = "X-Segmentflow-Signature"
	headerID        = "X-Segmentflow-Webhook-Id"
	headerAttempt   = "X-Segmentflow-Webhook-Attempt"
)

// Post is a hook that is sent now. Attempt counts from 1.
type Post struct {
	ID      string
	Body    []byte
	Attempt int
	At      time.Time
}

// Hooks posts hooks to a receiver. The zero value has no receiver.
type Hooks struct {
	*idle.Queue

	inside *sync.Map // the goroutines of a handler in the process
}

// Open returns the hooks to a receiver. take returns a hook, or nil if it must not be sent any more. ended records what
// came of it.
func Open(
	target *Target, log *slog.Logger, take func(idle.Job) *Post, ended func(idle.Job, Try),
) Hooks {
	hooks := Hooks{inside: &sync.Map{}}
	hooks.Queue = idle.NewQueue(target.atOnce, func(ctx context.Context, job idle.Job) (after func()) {
		post := take(job)
		if post == nil {
			return nil
		}
		try, err := target.send(context.WithValue(ctx, key{}, hooks.inside), post)
		if err != nil && ctx.Err() != nil {
			return nil // the emulator ends, or its world; this was no try
		}
		level := slog.LevelDebug
		if !try.Taken() {
			level = slog.LevelWarn
		}
		log.Log(ctx, level, "webhook: a hook was sent",
			"hook", job.Ref, "attempt", post.Attempt, "status", try.Status, "error", try.Error)
		ended(job, try)
		return func() { hooks.rest(target) }
	})
	return hooks
}

// rest closes the connections of a receiver to which nothing is sent now. An idle connection would keep the time of a
// testing/synctest bubble from passing.
func (hooks Hooks) rest(target *Target) {
	connections, ok := target.transport.(*http.Transport)
	if ok && !hooks.Busy() {
		connections.CloseIdleConnections()
	}
}

// On reports whether there is a receiver.
func (hooks Hooks) On() bool { return hooks.Queue != nil }

// ErrInside is the error of a wait that would wait for its own caller.
var ErrInside = errors.New("the handler of a webhook has called it, and it waits until the handler returns; " +
	"let the handler return first")

// Wait waits until no hook is in the queue or under way. If the context ends first, it returns the context's error. In
// the goroutine of a handler it returns ErrInside.
func (hooks Hooks) Wait(ctx context.Context) error {
	if !hooks.Busy() {
		return nil
	}
	if _, inside := hooks.inside.Load(goroutine()); inside {
		return ErrInside
	}
	return hooks.Queue.Wait(ctx)
}

// key is the key of Hooks.inside in the context of a request.
type key struct{}

// Marked returns a handler of hooks whose goroutines are known to Wait.
func Marked(handler http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if inside, ok := r.Context().Value(key{}).(*sync.Map); ok {
			own := goroutine()
			inside.Store(own, true)
			defer inside.Delete(own)
		}
		handler.ServeHTTP(w, r)
	})
}

// goroutine returns the number of the calling goroutine, which the runtime tells only in the header of a stack trace.
func goroutine() string {
	var stack [64]byte
	header, _ := bytes.CutPrefix(stack[:runtime.Stack(stack[:], false)], []byte("goroutine "))
	number, _, _ := bytes.Cut(header, []byte(" "))
	return string(number)
}

// send sends a hook once. It follows no redirect and uses no proxy.
func (target *Target) send(ctx context.Context, post *Post) (try Try, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, answerTime, errSlow)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, target.url, bytes.NewReader(post.Body))
	if err != nil {
		return Try{Error: short(err)}, err
	}
	if target.inProcess {
		req.GetBody = nil // so that the handler runs in a goroutine of its own, which this one need not wait for
	}
	timestamp := strconv.FormatInt(post.At.Unix(), 10)
	header := req.Header
	header.Set("Content-Type", "application/json")
	header.Set("User-Agent", "segmentflow-emulator")
	header.Set(headerTimestamp, timestamp)
	header.Set(headerSignature, Sign(target.secret, timestamp, req.Method, req.URL.RequestURI(), post.Body))
	header.Set(headerID, post.ID)
	header.Set(headerAttempt, strconv.Itoa(post.Attempt))

	answer, err := target.transport.RoundTrip(req)
	if err != nil {
		if errors.Is(context.Cause(ctx), errSlow) {
			err = errSlow
		}
		return Try{Error: short(err)}, err
	}
	defer answer.Body.Close()
	_, _ = io.CopyN(io.Discard, answer.Body, maxAnswer)
	return Try{Status: answer.StatusCode}, nil
}

var errSlow = errors.New("no answer within " + answerTime.String())

// short returns the first line of an error, at most so long.
func short(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	line = strings.TrimPrefix(line, "emulator: ")
	return strings.ToValidUTF8(line[:min(len(line), maxError)], "")
}
