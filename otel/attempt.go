package segmentflowotel

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/semconv/v1.43.0/httpconv"
	"go.opentelemetry.io/otel/trace"

	segmentflow "github.com/segmentflow/segmentflow-go"
)

var errNoResponse = errors.New("neither a response nor an error")

// middleware opens a span for each attempt, and puts its context into the headers.
func (in *instruments) middleware(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(req *http.Request) (*http.Response, error) {
		a := in.attempt(req)
		req = req.Clone(a.ctx)
		in.propagators.Inject(a.ctx, propagation.HeaderCarrier(req.Header))

		resp, err := next.RoundTrip(req)
		switch {
		case err != nil:
			a.end(err)
			return resp, err
		case resp == nil:
			a.end(errNoResponse)
			return resp, err
		}

		a.response(resp)
		answer := *resp // another middleware may keep resp
		answer.Body = &body{resp.Body, a.end}
		if resp.Body == nil {
			answer.Body = &body{http.NoBody, a.end}
		}
		return &answer, nil
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// attempt is one attempt in progress.
type attempt struct {
	in      *instruments
	ctx     context.Context
	span    trace.Span
	started time.Time
	method  httpconv.RequestMethodAttr
	host    string
	port    int
	attrs   []attribute.KeyValue // of the span and the metric, besides those above
	status  int
	once    sync.Once
}

func (in *instruments) attempt(req *http.Request) *attempt {
	call, _ := segmentflow.CallInfo(req.Context())
	a := &attempt{in: in, started: time.Now(), host: req.URL.Hostname(), port: portOf(req.URL)}
	a.attrs = []attribute.KeyValue{semconv.URLScheme(req.URL.Scheme)}

	name, own := "HTTP", []attribute.KeyValue(nil)
	if known(req.Method) {
		a.method, name = httpconv.RequestMethodAttr(req.Method), req.Method
	} else {
		a.method = httpconv.RequestMethodOther
		own = append(own, semconv.HTTPRequestMethodOriginal(req.Method))
	}
	if strings.HasPrefix(call.Route, "/") {
		a.attrs = append(a.attrs, semconv.URLTemplate(call.Route))
		name += " " + call.Route
	}
	if call.Attempt > 1 {
		own = append(own, semconv.HTTPRequestResendCount(call.Attempt-1))
	}

	a.ctx, a.span = in.tracer.Start(req.Context(), name,
		trace.WithSpanKind(trace.SpanKindClient),
		trace.WithTimestamp(a.started),
		trace.WithAttributes(slices.Concat(own, a.attrs, []attribute.KeyValue{
			semconv.HTTPRequestMethodKey.String(string(a.method)),
			semconv.ServerAddress(a.host),
			semconv.ServerPort(a.port),
		})...))
	return a
}

// known reports whether the conventions have a method.
func known(method string) bool {
	switch method {
	case http.MethodConnect, http.MethodDelete, http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodPatch,
		http.MethodPost, http.MethodPut, http.MethodTrace, "QUERY":
		return true
	}
	return false
}

// portOf returns the port of a URL, or that of its scheme.
func portOf(u *url.URL) int {
	if port, err := strconv.Atoi(u.Port()); err == nil {
		return port
	}
	if u.Scheme == "http" {
		return 80
	}
	return 443
}

// response notes what is known before the body is read.
func (a *attempt) response(resp *http.Response) {
	a.status = resp.StatusCode
	attrs := []attribute.KeyValue{semconv.HTTPResponseStatusCode(resp.StatusCode)}
	switch {
	case resp.ProtoMajor == 1:
		attrs = append(attrs, semconv.NetworkProtocolVersion(fmt.Sprintf("1.%d", resp.ProtoMinor)))
	case resp.ProtoMajor > 1:
		attrs = append(attrs, semconv.NetworkProtocolVersion(strconv.Itoa(resp.ProtoMajor)))
	}
	a.span.SetAttributes(attrs...)
	a.attrs = append(a.attrs, attrs...)
}

// end closes the span and measures the attempt, once. The error is that of the transport or of the body, if any.
func (a *attempt) end(err error) {
	a.once.Do(func() {
		failure := ""
		switch {
		case err != nil:
			failure = errorType(err)
		case a.status >= http.StatusBadRequest:
			failure = strconv.Itoa(a.status)
		}
		if failure != "" {
			attr := semconv.ErrorTypeKey.String(failure)
			a.attrs = append(a.attrs, attr)
			a.span.SetAttributes(attr)
			a.span.SetStatus(codes.Error, "")
		}
		a.in.request.Record(a.ctx, time.Since(a.started).Seconds(), a.method, a.host, a.port, a.attrs...)
		a.span.End()
	})
}

// body is the body of a response. It ends the attempt when it is read or closed. The client closes every body.
type body struct {
	io.ReadCloser
	end func(error)
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	switch {
	case errors.Is(err, io.EOF):
		b.end(nil)
	case err != nil:
		b.end(err)
	}
	return n, err
}

func (b *body) Close() error {
	err := b.ReadCloser.Close()
	b.end(nil)
	return err
}
