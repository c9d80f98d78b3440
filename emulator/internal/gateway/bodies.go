package gateway

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"
)

// A body that comes over a socket has BodyTime to arrive, and one second more for each bodyPace bytes that have
// arrived: it may be slow, but it may not stop. The part of a body that a handler leaves unread has restTime to arrive,
// so that a client that is still writing can see the reply.
const (
	BodyTime = 30 * time.Second // unless a Door has its own
	bodyPace = 64 << 10
	restTime = 500 * time.Millisecond
)

// MaxForm is how many bytes the form of a page may have.
const MaxForm = 64 << 10

// arriving is a request body on its way over a socket, and the writer of the reply to it.
type arriving struct {
	http.ResponseWriter
	body    io.ReadCloser
	http1   bool
	time    time.Duration
	clock   func() time.Time
	start   time.Time // when reading began, zero before
	granted int64     // the seconds that were added
	read    int64     // in bytes
	whole   bool
}

// bounded sets a deadline for request bodies, whatever server the handler is part of. There is no such deadline if the
// server has a ReadTimeout, which is its own deadline, or if the writer cannot set one.
func (d *Door) bounded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		server, _ := r.Context().Value(http.ServerContextKey).(*http.Server)
		if r.Body == nil || r.Body == http.NoBody || server != nil && server.ReadTimeout > 0 {
			next.ServeHTTP(w, r)
			return
		}

		a := &arriving{
			ResponseWriter: w,
			body:           r.Body,
			http1:          r.ProtoMajor == 1,
			time:           d.BodyTime,
			clock:          d.Clock,
		}
		defer a.end()
		own := *r // a copy, because the request belongs to the caller
		own.Body = a
		next.ServeHTTP(a, &own)
	})
}

// Read reads the body. The time runs from the first call, because a handler may have waited for its turn before.
func (a *arriving) Read(buffer []byte) (int, error) {
	if a.start.IsZero() {
		a.start = a.clock()
		a.setDeadline(a.start.Add(a.time))
	}
	n, err := a.body.Read(buffer)
	a.read += int64(n)
	switch seconds := a.read / bodyPace; {
	case errors.Is(err, io.EOF):
		a.whole = true
		a.setDeadline(time.Time{}) // net/http goes on reading the connection, to notice when it closes
	case seconds > a.granted:
		a.granted = seconds
		a.setDeadline(a.start.Add(a.time + time.Duration(seconds)*time.Second))
	}
	return n, err
}

// Close closes the body.
func (a *arriving) Close() error { return a.body.Close() }

// WriteHeader closes the connection after the reply if the body has not arrived. Otherwise net/http would wait for the
// rest of the body before it sends the reply.
func (a *arriving) WriteHeader(status int) {
	if !a.whole && a.http1 && status >= http.StatusOK {
		a.Header().Set("Connection", "close")
	}
	a.ResponseWriter.WriteHeader(status)
}

// Write writes the reply. Its first call sends the header.
func (a *arriving) Write(content []byte) (int, error) {
	if !a.whole && a.http1 && a.Header().Get("Connection") == "" {
		a.WriteHeader(http.StatusOK)
	}
	return a.ResponseWriter.Write(content)
}

// Unwrap returns the wrapped writer, for http.ResponseController.
func (a *arriving) Unwrap() http.ResponseWriter { return a.ResponseWriter }

func (a *arriving) end() {
	if !a.whole {
		a.setDeadline(a.clock().Add(restTime))
	}
}

func (a *arriving) setDeadline(at time.Time) {
	_ = http.NewResponseController(a.ResponseWriter).SetReadDeadline(at) // some writers cannot set one
}

// mostAtOnce is how many bytes of memory a request gets by declaring the length of its body.
const mostAtOnce = 64 << 10

// BodyOf reads the body of a request, at most limit bytes.
func BodyOf(r *http.Request, limit int64) ([]byte, error) {
	if r.Body == nil {
		return nil, nil
	}
	if r.ContentLength > limit {
		return nil, TooLarge(limit)
	}
	raw := make([]byte, 0, max(min(r.ContentLength+1, mostAtOnce), bytes.MinRead)) // instead of growing step by step
	for {
		raw = slices.Grow(raw, 1)
		n, err := r.Body.Read(raw[len(raw):cap(raw)])
		raw = raw[:len(raw)+n]
		switch {
		case int64(len(raw)) > limit:
			return nil, TooLarge(limit)
		case err == io.EOF:
			return raw, nil
		case err != nil:
			return nil, ErrIncomplete
		}
	}
}

// TooLarge refuses a body that has more than limit bytes.
func TooLarge(limit int64) *Problem {
	return &Problem{Code: "payload_too_large", Message: fmt.Sprintf("The body may have at most %d bytes.", limit)}
}

// ErrIncomplete refuses a body that did not arrive completely.
var ErrIncomplete = Invalid(Issue{InBody, "", CodeMalformed, "The body did not arrive completely."})

// HasBody reports whether a request has a body. It may consume the first byte.
func HasBody(r *http.Request) (bool, error) {
	if r.Body == nil || r.Body == http.NoBody || r.ContentLength > 0 {
		return r.ContentLength > 0, nil
	}
	_, err := io.ReadFull(r.Body, make([]byte, 1))
	switch {
	case errors.Is(err, io.EOF):
		return false, nil
	case err != nil:
		return false, ErrIncomplete
	}
	return true, nil
}
