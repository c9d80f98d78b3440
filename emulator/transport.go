package emulator

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"runtime/debug"
	"strconv"
	"sync"

	segmentflow "github.com/segmentflow/segmentflow-go"
)

// Client is the real SDK client over Transport, with the key DefaultAPIKey unless an option says otherwise.
func (e *Emulator) Client(opts ...segmentflow.Option) *segmentflow.Client {
	return e.ClientFor(DefaultAPIKey, opts...)
}

// ClientFor is Client with another API key.
func (e *Emulator) ClientFor(apiKey string, opts ...segmentflow.Option) *segmentflow.Client {
	own := []segmentflow.Option{segmentflow.WithBaseURL(defaultPublicURL), segmentflow.WithHTTPClient(&http.Client{Transport: e.Transport()})}
	client, err := segmentflow.New(apiKey, append(own, opts...)...)
	e.must("client", err)
	return client
}

// APIKey is DefaultAPIKey, for programs that configure a client of their own.
func (e *Emulator) APIKey() string { return DefaultAPIKey }

// Transport carries requests to the emulator within the process, whatever host they are for. It opens no port and
// works inside a testing/synctest bubble. A request waits for others no longer than its context lasts; if the
// context ends first, RoundTrip returns its error and nothing has been done. A request whose work has begun goes on
// to its end.
func (e *Emulator) Transport() http.RoundTripper { return transport{e, e.lazily()} }

type transport struct {
	e       *Emulator
	handler http.Handler
}

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
	if t.waitsForOthersOnly(r) {
		return w.response(r, t.carry(w, in, func() { closeBody(r) }))
	}
	done, closeOnce := make(chan error, 1), sync.OnceFunc(func() { closeBody(r) })
	go func() { done <- t.carry(w, in, closeOnce) }()
	select {
	case err := <-done:
		return w.response(r, err)
	case <-ctx.Done():
		closeOnce() // the handler may be reading it
		return nil, ctx.Err()
	}
}

// waitsForOthersOnly reports whether a request can wait for nothing but its turn, which its context ends: its body
// is in memory, and no mail goes to a server. It is answered on its caller's goroutine then; to wake another one
// takes half as long as the whole call.
func (t transport) waitsForOthersOnly(r *http.Request) bool {
	inMemory := r.Body == nil || r.Body == http.NoBody || r.GetBody != nil
	return inMemory && t.e.options.smtp == ""
}

// carry lets the handler answer a request. A handler that panics is an error, and one that aborts its reply a
// connection that was lost, as on a network.
func (t transport) carry(w *recorder, in *http.Request, closing func()) (err error) {
	defer closing()
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
	in := r.WithContext(r.Context())
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

// response is what was recorded, unless the handler failed to answer, or the context ended while the request waited.
func (w *recorder) response(r *http.Request, err error) (*http.Response, error) {
	if err != nil {
		return nil, err
	}
	w.WriteHeader(http.StatusOK)
	if ended := r.Context().Err(); ended != nil && w.status >= http.StatusInternalServerError {
		return nil, ended
	}
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
