package segmentflowotel_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	segmentflow "github.com/segmentflow/segmentflow-go"
	segmentflowotel "github.com/segmentflow/segmentflow-go/otel"
)

// telemetry keeps what a client reports to OpenTelemetry.
type telemetry struct {
	exporter *tracetest.InMemoryExporter
	tracers  *sdktrace.TracerProvider
	reader   *sdkmetric.ManualReader
	meters   *sdkmetric.MeterProvider
}

func newTelemetry() *telemetry {
	tel := &telemetry{exporter: tracetest.NewInMemoryExporter(), reader: sdkmetric.NewManualReader()}
	tel.tracers = sdktrace.NewTracerProvider(sdktrace.WithSyncer(tel.exporter))
	tel.meters = sdkmetric.NewMeterProvider(sdkmetric.WithReader(tel.reader))
	return tel
}

func (tel *telemetry) option() segmentflow.Option {
	return segmentflowotel.Instrument(
		segmentflowotel.WithTracerProvider(tel.tracers),
		segmentflowotel.WithMeterProvider(tel.meters),
		segmentflowotel.WithPropagators(propagation.TraceContext{}),
	)
}

// spans returns all spans as text, a line each, in the order of their start. A child is indented.
func (tel *telemetry) spans() string {
	stubs := tel.exporter.GetSpans()
	slices.SortStableFunc(stubs, func(a, b tracetest.SpanStub) int { return a.StartTime.Compare(b.StartTime) })
	var b strings.Builder
	var write func(parent trace.SpanID, indent string)
	write = func(parent trace.SpanID, indent string) {
		for _, s := range stubs {
			if s.Parent.SpanID() != parent {
				continue
			}
			fmt.Fprintf(&b, "%s%s (%s)%s%s\n", indent, s.Name, s.SpanKind, texts(s.Attributes), status(s))
			write(s.SpanContext.SpanID(), indent+"  ")
		}
	}
	write(trace.SpanID{}, "")
	return b.String()
}

func status(s tracetest.SpanStub) string {
	if s.Status.Code == codes.Unset {
		return ""
	}
	return strings.TrimRight(" "+s.Status.Code.String()+" "+s.Status.Description, " ")
}

// texts returns attributes as text, sorted, without those that each request has.
func texts(attrs []attribute.KeyValue) string {
	set := attribute.NewSet(attrs...)
	var b strings.Builder
	for _, attr := range set.ToSlice() {
		switch attr.Key {
		case "http.request.method", "url.scheme", "server.address", "server.port", "network.protocol.version",
			"segmentflow.request_id":
			continue
		}
		fmt.Fprintf(&b, " %s=%v", attr.Key, attr.Value.String())
	}
	return b.String()
}

// point is one series of a metric.
type point struct {
	count uint64
	sum   float64
}

// metrics returns the series of all metrics, by name and attributes.
func (tel *telemetry) metrics(t testing.TB) map[string]point {
	t.Helper()
	var all metricdata.ResourceMetrics
	require.NoError(t, tel.reader.Collect(t.Context(), &all))
	found := map[string]point{}
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			switch data := m.Data.(type) {
			case metricdata.Histogram[float64]:
				for _, p := range data.DataPoints {
					found[m.Name+texts(p.Attributes.ToSlice())] = point{p.Count, p.Sum}
				}
			case metricdata.Histogram[int64]:
				for _, p := range data.DataPoints {
					found[m.Name+texts(p.Attributes.ToSlice())] = point{p.Count, float64(p.Sum)}
				}
			default:
				t.Errorf("%s is a %T", m.Name, data)
			}
		}
	}
	return found
}

// roundTripper is an http.RoundTripper in one function.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// over returns a client that uses a transport.
func over(t testing.TB, transport roundTripper, opts ...segmentflow.Option) *segmentflow.Client {
	t.Helper()
	own := []segmentflow.Option{segmentflow.WithHTTPClient(&http.Client{Transport: transport})}
	client, err := segmentflow.New(apiKey, append(own, opts...)...)
	require.NoError(t, err)
	return client
}

const apiKey = "sk_live_4f1c9b57" // no span and no metric may show it

func send(ctx context.Context, client *segmentflow.Client, template string) error {
	_, err := client.Emails.Send(ctx, &segmentflow.SendEmailParams{
		TemplateID: template,
		To:         &segmentflow.Recipient{Email: "alex@example.com"},
		Data:       map[string]any{"orderId": "ord_9421"},
	}, segmentflow.WithIdempotencyKey("receipt:ord_9421"))
	return err
}
