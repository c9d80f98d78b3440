package emulator

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"runtime/debug"
	"strconv"
)

// Transport carries requests to the emulator within the process, whatever host they are for. It opens no port, works
// inside a testing/synctest bubble, and honours the context of a request: one that ends returns at once, and what the
// request set off goes on, as it does on a server whose client went away.
func (e *Emulator) Transport() http.RoundTripper { return transport{e, e.Handler()} }

type transport struct {
	e       *Emulator
	handler http.Handler
}

// inProcessKey marks requests that came through Transport.
type inProcessKey struct{}

// RoundTrip carries one request.
func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx := r.Context()
	if err := ctx.Err(); err != nil || r.URL == nil {
		closeBody(r)
		if err == nil {
			err = errors.New("emulator: the request has no URL")
		}
		return nil, err
	}
	w, in := &recorder{header: http.Header{}}, received(r)
	if t.atOnce(r) {
		return w.response(r, t.carry(w, r, in))
	}
	done := make(chan error, 1)
	go func() { done <- t.carry(w, r, in) }()
	select {
	case err := <-done:
		return w.response(r, err)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// atOnce says that a request has nothing to wait for: its body is in memory, nobody else has the turn, and no mail goes to
// a server. It is answered on its caller's goroutine then; to wake another one takes half as long as the whole call.
func (t transport) atOnce(r *http.Request) bool {
	inMemory := r.Body == nil || r.Body == http.NoBody || r.GetBody != nil
	if !inMemory || t.e.options.smtp != "" || !t.e.mu.TryLock() {
		return false
	}
	t.e.mu.Unlock()
	return true
}

// carry lets the handler answer a request. A handler that panics is an error, and one that aborts its reply a connection
// that was lost, as on a network.
func (t transport) carry(w *recorder, r, in *http.Request) (err error) {
	defer closeBody(r)
	defer func() {
		reason := recover()
		if reason == nil {
			return
		}
		err = fmt.Errorf("emulator: the handler panicked: %v\n%s", reason, debug.Stack())
		if abort, ok := reason.(error); ok && errors.Is(abort, http.ErrAbortHandler) {
			err = fmt.Errorf("emulator: the connection was lost: %w", io.ErrUnexpectedEOF)
		}
	}()
	t.handler.ServeHTTP(w, in)
	return nil
}

func closeBody(r *http.Request) {
	if r.Body != nil {
		_ = r.Body.Close()
	}
}

// received is a request as a server sees it. The client's own is not touched.
func received(r *http.Request) *http.Request {
	in := r.WithContext(context.WithValue(r.Context(), inProcessKey{}, true))
	in.URL = &url.URL{Path: r.URL.Path, RawPath: r.URL.RawPath, RawQuery: r.URL.RawQuery, ForceQuery: r.URL.ForceQuery}
	if in.URL.Path == "" {
		in.URL.Path = "/"
	}
	if in.Method == "" {
		in.Method = http.MethodGet
	}
	if in.Host == "" {
		in.Host = r.URL.Host
	}
	if in.Header = r.Header.Clone(); in.Header == nil {
		in.Header = http.Header{}
	}
	if in.Body == nil {
		in.Body = http.NoBody
	}
	in.Proto, in.ProtoMajor, in.ProtoMinor = "HTTP/1.1", 1, 1
	in.RequestURI, in.RemoteAddr, in.GetBody = in.URL.RequestURI(), "127.0.0.1:0", nil
	return in
}

// recorder keeps a reply. Headers count as they are when the status is written.
type recorder struct {
	header, sent http.Header
	status       int
	body         bytes.Buffer
}

// Header gives the headers to be sent.
func (w *recorder) Header() http.Header { return w.header }

// WriteHeader sends the status, once.
func (w *recorder) WriteHeader(status int) {
	if w.status == 0 && status >= http.StatusOK {
		w.status, w.sent = status, w.header.Clone()
	}
}

// Write adds to the body.
func (w *recorder) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(p)
}

// response is what was recorded, unless the handler failed to answer.
func (w *recorder) response(r *http.Request, err error) (*http.Response, error) {
	if err != nil {
		return nil, err
	}
	w.WriteHeader(http.StatusOK)
	if w.sent.Get("Content-Type") == "" && w.body.Len() > 0 {
		w.sent.Set("Content-Type", http.DetectContentType(w.body.Bytes()))
	}
	response := &http.Response{Status: strconv.Itoa(w.status) + " " + http.StatusText(w.status), StatusCode: w.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: w.sent, Body: http.NoBody, Request: r}
	if r.Method != http.MethodHead && w.status != http.StatusNoContent && w.status != http.StatusNotModified {
		response.Body, response.ContentLength = io.NopCloser(&w.body), int64(w.body.Len())
	}
	return response, nil
}
