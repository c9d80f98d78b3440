package emulator

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"runtime/debug"
	"strconv"
	"sync"

	"github.com/segmentflow/segmentflow-go/emulator/internal/assets"
)

// This file carries requests to a handler within the process.

type transport struct {
	handler http.Handler
	public  string // the path of WithPublicURL
}

// RoundTrip carries one request.
func (tr transport) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	if err := ctx.Err(); err != nil || req.URL == nil {
		closeBody(req)
		if err == nil {
			err = errors.New("emulator: the request has no URL")
		}
		return nil, err
	}

	c := receive(req)
	if path := assets.WithoutPrefix(c.url.Path, tr.public); path != c.url.Path {
		c.url.Path, c.url.RawPath = path, ""
		c.in.RequestURI = c.url.RequestURI()
	}
	if waitsForOthersOnly(req) {
		return c.response(req, tr.serve(c, func() { closeBody(req) }))
	}

	c.in.Header = req.Header.Clone() // the caller may go on before the handler ends
	done, closeOnce := make(chan error, 1), sync.OnceFunc(func() { closeBody(req) })
	go func() {
		err := errEnded
		defer func() { done <- err }()
		err = tr.serve(c, closeOnce)
	}()
	select {
	case err := <-done:
		return c.response(req, err)
	case <-ctx.Done():
		closeOnce() // the handler may be reading it
		return nil, ctx.Err()
	}
}

// errEnded is the error of a request whose handler has ended its goroutine, such as a Match that fails its test.
var errEnded = errors.New("emulator: the handler ended its goroutine; a function that it called has used FailNow")

// waitsForOthersOnly reports whether the request can wait only for its turn, and never for its body. Its context ends
// such a wait, so it is served on its caller's goroutine: to wake another goroutine takes half as long as the whole
// call.
func waitsForOthersOnly(req *http.Request) bool {
	return req.Body == nil || req.Body == http.NoBody || req.GetBody != nil
}

// serve calls the handler. If the handler panics, serve returns an error. If it aborts its reply, the connection is
// lost, as on a network: the caller gets what was flushed, and otherwise an error.
func (tr transport) serve(c *carried, closing func()) (err error) {
	defer closing()
	defer func() {
		reason := recover()
		if reason == nil {
			return
		}
		abort, ok := reason.(error)
		switch aborted := ok && errors.Is(abort, http.ErrAbortHandler); {
		case aborted && c.flushed:
			c.broken = true
		case aborted:
			err = fmt.Errorf("emulator: the connection was lost: %w", io.ErrUnexpectedEOF)
		default:
			err = fmt.Errorf("emulator: the handler panicked: %v\n%s", reason, debug.Stack())
		}
	}()
	tr.handler.ServeHTTP(&c.recorder, &c.in)
	return nil
}

func closeBody(req *http.Request) {
	if req.Body != nil {
		_ = req.Body.Close()
	}
}

// carried is a request on its way, and the reply.
type carried struct {
	in  http.Request
	url url.URL // of in
	recorder
}

// receive returns a request as a server receives it. It does not change the client's request, whose headers it shares.
func receive(req *http.Request) *carried {
	c := &carried{in: *req, recorder: recorder{header: http.Header{}}, url: url.URL{
		Path: cmp.Or(req.URL.Path, "/"), RawPath: req.URL.RawPath,
		RawQuery: req.URL.RawQuery, ForceQuery: req.URL.ForceQuery,
	}}
	in := &c.in
	in.URL, in.Method, in.Host = &c.url, cmp.Or(req.Method, http.MethodGet), cmp.Or(req.Host, req.URL.Host)
	if in.Header == nil {
		in.Header = http.Header{}
	}
	in.Body = cmp.Or[io.ReadCloser](in.Body, http.NoBody)
	in.Proto, in.ProtoMajor, in.ProtoMinor = "HTTP/1.1", 1, 1
	in.RequestURI, in.RemoteAddr, in.GetBody = c.url.RequestURI(), "127.0.0.1:0", nil
	return c
}

// recorder records a reply. The reply has the headers that were set when the status was written: no handler goes on to
// use the map that it got from Header before.
type recorder struct {
	header, sent http.Header
	status       int
	body         recorded
	flushed      bool // the client has what was written so far
	broken       bool // the connection was lost after that
}

// recorded is the body of a reply.
type recorded struct{ bytes.Buffer }

func (*recorded) Close() error { return nil }

// Header returns the headers to be sent.
func (rec *recorder) Header() http.Header {
	if rec.header == nil {
		rec.header = rec.sent.Clone()
	}
	return rec.header
}

// WriteHeader sends the status, once.
func (rec *recorder) WriteHeader(status int) {
	if rec.status == 0 && status >= http.StatusOK {
		rec.status, rec.sent, rec.header = status, rec.Header(), nil
	}
}

// Write adds to the body.
func (rec *recorder) Write(data []byte) (int, error) {
	rec.WriteHeader(http.StatusOK)
	return rec.body.Write(data)
}

// Flush sends what was written so far.
func (rec *recorder) Flush() {
	rec.WriteHeader(http.StatusOK)
	rec.flushed = true
}

// response returns the recorded reply. If the handler failed, it returns that error. If the context ended while the
// request waited, it returns the context's error.
func (rec *recorder) response(req *http.Request, err error) (*http.Response, error) {
	if err != nil {
		return nil, err
	}
	rec.WriteHeader(http.StatusOK)
	if ended := req.Context().Err(); ended != nil && rec.status >= http.StatusInternalServerError {
		return nil, ended
	}

	if rec.sent.Get("Content-Type") == "" && rec.body.Len() > 0 {
		rec.sent.Set("Content-Type", http.DetectContentType(rec.body.Bytes()))
	}
	response := &http.Response{
		Status:     strconv.Itoa(rec.status) + " " + http.StatusText(rec.status),
		StatusCode: rec.status,
		Proto:      "HTTP/1.1",
		ProtoMajor: 1,
		ProtoMinor: 1,
		Header:     rec.sent,
		Body:       http.NoBody,
		Request:    req,
	}
	if req.Method != http.MethodHead && rec.status != http.StatusNoContent && rec.status != http.StatusNotModified {
		response.Body, response.ContentLength = &rec.body, int64(rec.body.Len())
	}
	if rec.broken {
		response.Body = io.NopCloser(io.MultiReader(&rec.body, lostConnection{}))
		response.ContentLength = declaredLength(rec.sent)
	}
	return response, nil
}

// declaredLength returns the length of a body that its header declares, or -1.
func declaredLength(header http.Header) int64 {
	length, err := strconv.ParseInt(header.Get("Content-Length"), 10, 64)
	if err != nil {
		return -1
	}
	return length
}

// lostConnection is the rest of a body that broke off.
type lostConnection struct{}

func (lostConnection) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
