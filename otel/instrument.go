// Package segmentflowotel makes the calls of a Segmentflow client visible in OpenTelemetry:
//
//	import segmentflowotel "github.com/segmentflow/segmentflow-go/otel"
//
//	client, err := segmentflow.New(apiKey, segmentflowotel.Instrument())
//
// It is a module of its own, so that the client does not depend on OpenTelemetry.
//
// # Spans
//
// A call has a span of the kind INTERNAL, such as "segmentflow sendEmail". It lasts from the first check to the end,
// with all waits, and also exists if the call was not sent. Its attributes are segmentflow.operation,
// segmentflow.attempts, segmentflow.request_id, http.response.status_code and error.type. Batches of SendAll and pages
// of All are calls.
//
// Each attempt is a child of it: a span of the kind CLIENT by the semantic conventions for HTTP, such as
// "POST /api/v1/emails". It lasts until the reply is read. It has http.request.method, url.scheme, url.template,
// server.address, server.port, http.request.resend_count from the second attempt on, network.protocol.version,
// http.response.status_code and error.type. Client.Do has no url.template.
//
// # Metrics
//
//   - http.client.request.duration, in seconds: one value for each attempt, by the semantic conventions, with
//     url.template.
//   - segmentflow.client.call.duration, in seconds: one value for each call, with segmentflow.operation,
//     http.response.status_code if there was a response, and error.type if the call failed. So its count by error.type
//     is how often calls ended how.
//   - segmentflow.client.call.attempts: the attempts of each call, with the same attributes.
//
// For a call, error.type is the first of these that applies: "canceled" or "timeout" if a context or a time limit ended
// the call; the error code, such as "rate_limited"; the status, if the reply has no known code; "connection_refused",
// "connection_reset", "connection_closed", "name_resolution_error" or "server_certificate_invalid"; the Go type of the
// error. For an attempt it is the same, without the error code.
//
// # What is left out
//
// Spans and metrics contain nothing of a request: no URL, body, idempotency key or API key, and no text of an error. So
// url.full is missing, although the conventions require it: it would contain ids, and the query of Client.Do. Use
// url.template with server.address instead.
package segmentflowotel

import (
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/propagation"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/semconv/v1.43.0/httpconv"
	"go.opentelemetry.io/otel/trace"

	segmentflow "github.com/segmentflow/segmentflow-go"
)

const scope = "github.com/segmentflow/segmentflow-go/otel"

// Option configures [Instrument].
type Option func(*config)

type config struct {
	tracers     trace.TracerProvider
	meters      metric.MeterProvider
	propagators propagation.TextMapPropagator
}

// WithTracerProvider sets where spans go. Without it, or if it is nil, that is the global provider.
func WithTracerProvider(provider trace.TracerProvider) Option {
	return func(c *config) {
		if provider != nil {
			c.tracers = provider
		}
	}
}

// WithMeterProvider sets where metrics go. Without it, or if it is nil, that is the global provider.
func WithMeterProvider(provider metric.MeterProvider) Option {
	return func(c *config) {
		if provider != nil {
			c.meters = provider
		}
	}
}

// WithPropagators sets what puts the context of the trace into the headers of a request, such as
// propagation.TraceContext for W3C headers. Without it, or if it is nil, that is the global propagator, which sends no
// header until otel.SetTextMapPropagator is called.
func WithPropagators(propagators propagation.TextMapPropagator) Option {
	return func(c *config) {
		if propagators != nil {
			c.propagators = propagators
		}
	}
}

// Instrument returns an option of segmentflow.New. Middleware given to New after it runs within the span of an attempt,
// and middleware given before it runs outside.
func Instrument(opts ...Option) segmentflow.Option {
	c := config{
		tracers:     otel.GetTracerProvider(),
		meters:      otel.GetMeterProvider(),
		propagators: otel.GetTextMapPropagator(),
	}
	for _, opt := range opts {
		if opt != nil {
			opt(&c)
		}
	}

	in := newInstruments(&c)
	return join(
		segmentflow.WithCallContext(in.begin),
		segmentflow.WithMiddleware(in.middleware),
		segmentflow.WithObserver(in.end),
	)
}

// join returns several options as one. O is a type that this package cannot name.
func join[O any, F ~func(O)](opts ...F) F {
	return func(o O) {
		for _, opt := range opts {
			opt(o)
		}
	}
}

// instruments are the instruments of one option.
type instruments struct {
	tracer       trace.Tracer
	propagators  propagation.TextMapPropagator
	request      httpconv.ClientRequestDuration
	callDuration metric.Float64Histogram
	callAttempts metric.Int64Histogram
}

func newInstruments(c *config) *instruments {
	tracer := c.tracers.Tracer(scope, trace.WithSchemaURL(semconv.SchemaURL))
	meter := c.meters.Meter(scope, metric.WithSchemaURL(semconv.SchemaURL))

	// An instrument that cannot be made records nothing. The handler of the application hears of it.
	request, err := httpconv.NewClientRequestDuration(meter)
	handle(err)
	callDuration, err := meter.Float64Histogram("segmentflow.client.call.duration",
		metric.WithDescription("Duration of Segmentflow calls, with all attempts and waits."),
		metric.WithUnit("s"),
		metric.WithExplicitBucketBoundaries(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60))
	handle(err)
	callAttempts, err := meter.Int64Histogram("segmentflow.client.call.attempts",
		metric.WithDescription("Attempts of Segmentflow calls; 0 if a check before sending failed."),
		metric.WithUnit("{attempt}"),
		metric.WithExplicitBucketBoundaries(0, 1, 2, 3, 5, 10, 20))
	handle(err)
	return &instruments{tracer, c.propagators, request, callDuration, callAttempts}
}

func handle(err error) {
	if err != nil {
		otel.Handle(err)
	}
}
