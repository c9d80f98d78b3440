package emulator

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/wire"
)

// A body that comes over a socket has bodyTime to arrive, and a second more for each bodyPace bytes that are there:
// slow is allowed, standing still is not. What a reply leaves unread has restTime to arrive, so that a client that
// is still writing gets to see the reply.
const (
	bodyTime = 30 * time.Second
	bodyPace = 64 << 10
	restTime = 500 * time.Millisecond
)

// arriving is a request body on its way over a socket, and the writer of the reply to it.
type arriving struct {
	http.ResponseWriter
	body    io.ReadCloser
	http1   bool
	time    time.Duration
	start   time.Time // of reading, zero before
	granted int64     // the seconds that were added
	read    int64
	whole   bool
}

// bounded gives request bodies a deadline, whatever server the handler is part of. A server with a ReadTimeout has its
// own, and a writer that cannot set one leaves bodies without.
func (e *Emulator) bounded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		server, _ := r.Context().Value(http.ServerContextKey).(*http.Server)
		if r.Body == nil || r.Body == http.NoBody || server != nil && server.ReadTimeout > 0 {
			next.ServeHTTP(w, r)
			return
		}
		a := &arriving{ResponseWriter: w, body: r.Body, http1: r.ProtoMajor == 1, time: e.options.bodyTime}
		defer a.end()
		own := *r // the request is the caller's
		own.Body = a
		next.ServeHTTP(a, &own)
	})
}

// Read reads the body. The time runs from the first call: before, a handler may have waited for its turn.
func (a *arriving) Read(p []byte) (int, error) {
	if a.start.IsZero() {
		a.start = machineTime()
		a.deadline(a.start.Add(a.time))
	}
	n, err := a.body.Read(p)
	a.read += int64(n)
	switch seconds := a.read / bodyPace; {
	case errors.Is(err, io.EOF):
		a.whole = true
		a.deadline(time.Time{}) // the connection goes on, and so does the wait for its end
	case seconds > a.granted:
		a.granted = seconds
		a.deadline(a.start.Add(a.time + time.Duration(seconds)*time.Second))
	}
	return n, err
}

// Close closes the body.
func (a *arriving) Close() error { return a.body.Close() }

// WriteHeader ends the connection with the reply if the body has not arrived. Otherwise net/http would wait for the
// rest before it sends the reply.
func (a *arriving) WriteHeader(status int) {
	if !a.whole && a.http1 && status >= http.StatusOK {
		a.Header().Set("Connection", "close")
	}
	a.ResponseWriter.WriteHeader(status)
}

// Write writes the reply. Its first call sends the header.
func (a *arriving) Write(p []byte) (int, error) {
	if !a.whole && a.http1 && a.Header().Get("Connection") == "" {
		a.WriteHeader(http.StatusOK)
	}
	return a.ResponseWriter.Write(p)
}

// Unwrap lets http.ResponseController reach the writer below.
func (a *arriving) Unwrap() http.ResponseWriter { return a.ResponseWriter }

func (a *arriving) end() {
	if !a.whole {
		a.deadline(machineTime().Add(restTime))
	}
}

func (a *arriving) deadline(at time.Time) {
	_ = http.NewResponseController(a.ResponseWriter).SetReadDeadline(at) // not every writer can
}

// bodyOf reads the body of a request, at most limit bytes.
func bodyOf(r *http.Request, limit int64) ([]byte, error) {
	if r.Body == nil {
		return nil, nil
	}
	if r.ContentLength > limit {
		return nil, tooLarge(limit)
	}
	raw, err := io.ReadAll(io.LimitReader(r.Body, limit+1))
	if err != nil {
		return nil, errNotWhole
	}
	if int64(len(raw)) > limit {
		return nil, tooLarge(limit)
	}
	return raw, nil
}

func tooLarge(limit int64) error {
	return &problem{code: "payload_too_large", message: fmt.Sprintf("The body may have at most %d bytes.", limit)}
}

var errNotWhole = invalid([]wire.Issue{inBody("", wire.CodeMalformed, "The body did not arrive whole.")})

// checkDeclared holds what a request says of its body against the operation. It reads nothing, unless only a first byte
// can tell whether there is a body.
func checkDeclared(r *http.Request, op *wire.Operation) error {
	if r.ContentLength > op.MaxBody {
		return tooLarge(op.MaxBody)
	}
	if !op.HasBody {
		return nil
	}
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err == nil && media == "application/json" {
		return nil
	}
	if has, err := hasBody(r); err != nil || !has {
		return err
	}
	return &problem{code: "unsupported_media_type", message: "The body must be application/json."}
}

// hasBody reports whether a request has a body. It may use up the first byte.
func hasBody(r *http.Request) (bool, error) {
	if r.Body == nil || r.Body == http.NoBody || r.ContentLength > 0 {
		return r.ContentLength > 0, nil
	}
	_, err := io.ReadFull(r.Body, make([]byte, 1))
	switch {
	case errors.Is(err, io.EOF):
		return false, nil
	case err != nil:
		return false, errNotWhole
	}
	return true, nil
}
