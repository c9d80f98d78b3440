package segmentflowotel_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	segmentflow "github.com/segmentflow/segmentflow-go"
	segmentflowotel "github.com/segmentflow/segmentflow-go/otel"
)

func answer(status int, body string) *http.Response {
	return &http.Response{StatusCode: status, ProtoMajor: 2, Body: io.NopCloser(strings.NewReader(body))}
}

// always returns a transport that always answers the same.
func always(status int, body string) roundTripper {
	return func(*http.Request) (*http.Response, error) { return answer(status, body), nil }
}

func TestAnAttemptHasTheAttributesOfTheConventions(t *testing.T) {
	tel := newTelemetry()
	client := over(t, always(200, "{}"), tel.option(), segmentflow.WithBaseURL("http://localhost:4010/proxy"))
	require.NoError(t, client.Do(t.Context(), "PUT", "/api/v1/assets/secret", nil, nil))
	client = over(t, always(200, `{"id":"s"}`), tel.option())
	require.NoError(t, client.Do(t.Context(), "PURGE", "/x", nil, nil))
	_, err := client.Segments.Retrieve(t.Context(), "s")
	require.NoError(t, err)

	spans := tel.exporter.GetSpans()
	require.Len(t, spans, 6)
	assert.Equal(t, "PUT", spans[0].Name)
	assert.ElementsMatch(t, []attribute.KeyValue{
		attribute.String("http.request.method", "PUT"),
		attribute.String("url.scheme", "http"),
		attribute.String("server.address", "localhost"),
		attribute.Int("server.port", 4010),
		attribute.Int("http.response.status_code", 200),
		attribute.String("network.protocol.version", "2"),
	}, spans[0].Attributes)
	assert.Equal(t, "segmentflow (custom)", spans[1].Name)

	assert.Equal(t, "HTTP", spans[2].Name)
	assert.Contains(t, spans[2].Attributes, attribute.String("http.request.method", "_OTHER"))
	assert.Contains(t, spans[2].Attributes, attribute.String("http.request.method_original", "PURGE"))
	assert.Contains(t, spans[2].Attributes, attribute.Int("server.port", 443))

	assert.Equal(t, "GET /api/v1/segments/{id}", spans[4].Name)
	assert.Contains(t, spans[4].Attributes, attribute.String("url.template", "/api/v1/segments/{id}"))
}

// TestEachErrorCodeIsAnErrorType reads the codes from the client's source.
func TestEachErrorCodeIsAnErrorType(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "../codes.go", nil, 0)
	require.NoError(t, err)
	var codes []string
	ast.Inspect(file, func(node ast.Node) bool {
		spec, ok := node.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if of, ok := spec.Type.(*ast.Ident); ok && of.Name == "ErrorCode" {
			code, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			require.NoError(t, err)
			codes = append(codes, code)
		}
		return true
	})
	require.NotEmpty(t, codes)

	for _, code := range codes {
		assert.Contains(t, outcome(t, always(418, `{"error":"`+code+`"}`)), " error.type="+code+" ")
	}
}

// outcome returns the span of a call that fails.
func outcome(t *testing.T, transport roundTripper) string {
	t.Helper()
	tel := newTelemetry()
	client := over(t, transport, tel.option(), segmentflow.WithMaxRetries(0))
	require.Error(t, send(t.Context(), client, "secret-template"))
	call, _, _ := strings.Cut(tel.spans(), "\n")
	return call
}

func TestAnUnknownErrorHasALowCardinality(t *testing.T) {
	for want, transport := range map[string]roundTripper{
		"418":           always(418, `{"error":"`+apiKey+`"}`),
		"307":           always(307, "go elsewhere"),
		"401":           always(401, "<html>"),
		"invalid_reply": always(200, "<html>"),
	} {
		assert.Contains(t, outcome(t, transport), " error.type="+want+" ")
	}

	for want, err := range map[string]error{
		"timeout":                    fmt.Errorf("dial: %w", context.DeadlineExceeded),
		"canceled":                   context.Canceled,
		"name_resolution_error":      &net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host"}},
		"connection_refused":         &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED},
		"connection_reset":           &net.OpError{Op: "read", Err: syscall.ECONNRESET},
		"connection_closed":          fmt.Errorf("http2: %w", io.ErrUnexpectedEOF),
		"server_certificate_invalid": &tls.CertificateVerificationError{Err: errors.New("unknown authority")},
		"net.InvalidAddrError":       net.InvalidAddrError("secret"),
	} {
		transport := func(*http.Request) (*http.Response, error) { return nil, err }
		assert.Contains(t, outcome(t, transport), " error.type="+want+" ")
	}
	nothing := func(*http.Request) (*http.Response, error) { return nil, nil }
	assert.Contains(t, outcome(t, nothing), " error.type=*errors.errorString ")
}

func TestAReplyThatBreaksOffFailsTheAttempt(t *testing.T) {
	tel := newTelemetry()
	client := over(t, func(*http.Request) (*http.Response, error) {
		resp := answer(200, "")
		resp.Body = io.NopCloser(io.MultiReader(strings.NewReader(`{"id":`), breaksOff{}))
		return resp, nil
	}, tel.option(), segmentflow.WithMaxRetries(0))
	require.Error(t, send(t.Context(), client, "t"))
	assert.Contains(t, tel.spans(),
		"POST /api/v1/emails (client) error.type=connection_closed http.response.status_code=200")

	tel = newTelemetry()
	client = over(t, func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 204}, nil
	}, tel.option())
	require.NoError(t, client.Templates.Delete(t.Context(), "t"))
	assert.Len(t, tel.exporter.GetSpans(), 2, "a response needs no body")
}

// breaksOff is a reader of a connection that has closed.
type breaksOff struct{}

func (breaksOff) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestTheTimesAreThoseOfTheCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tel, attempts := newTelemetry(), 0
		client := over(t, func(*http.Request) (*http.Response, error) {
			time.Sleep(time.Second)
			if attempts++; attempts == 1 {
				resp := answer(503, "")
				resp.Header = http.Header{"Retry-After": {"5"}}
				return resp, nil
			}
			return answer(200, `{"id":"e"}`), nil
		}, tel.option())
		require.NoError(t, send(t.Context(), client, "t"))

		spans := tel.exporter.GetSpans()
		require.Len(t, spans, 3)
		assert.Equal(t, 7*time.Second, spans[2].EndTime.Sub(spans[2].StartTime))
		assert.Equal(t, time.Second, spans[1].EndTime.Sub(spans[1].StartTime))
		points := tel.metrics(t)
		const call = " http.response.status_code=200 segmentflow.operation=sendEmail"
		assert.Equal(t, point{1, 7}, points["segmentflow.client.call.duration"+call])
		const request = " http.response.status_code=200 url.template=/api/v1/emails"
		assert.Equal(t, point{1, 1}, points["http.client.request.duration"+request])
	})
}

func TestNothingOfARequestIsReported(t *testing.T) {
	for name, transport := range map[string]roundTripper{
		"an echo": func(req *http.Request) (*http.Response, error) {
			body, _ := io.ReadAll(req.Body)
			key := req.Header.Get("X-Api-Key")
			resp := answer(422, fmt.Sprintf(`{"error":%q,"message":%q}`, key+req.URL.Path, body))
			resp.Header = http.Header{"X-Request-Id": {key}}
			resp.Status = key
			return resp, nil
		},
		"an error with all": func(req *http.Request) (*http.Response, error) {
			body, _ := io.ReadAll(req.Body)
			return nil, &url.Error{Op: "Post", URL: req.URL.String(), Err: fmt.Errorf("%s %v", body, req.Header)}
		},
	} {
		t.Run(name, func(t *testing.T) {
			tel := newTelemetry()
			client := over(t, transport, tel.option(), segmentflow.WithMaxRetries(0))
			require.Error(t, send(t.Context(), client, "secret-template"))
			require.Error(t, client.Do(t.Context(), "POST", "/secret?to=alex@example.com", "secret-body", nil,
				segmentflow.WithIdempotencyKey("receipt:ord_9421"), segmentflow.WithHeader("X", "secret-header")))
			spans := tel.exporter.GetSpans()
			require.Len(t, spans, 4)
			all := fmt.Sprintf("%+v %+v", spans, tel.metrics(t))
			for _, value := range []string{apiKey, "secret", "alex@example.com", "ord_9421", "segmentflow.ai/"} {
				assert.NotContains(t, all, value)
			}
		})
	}
}

func TestInstrumentsAndOtherSpansCanBeCombined(t *testing.T) {
	first, second := newTelemetry(), newTelemetry()
	client := over(t, always(200, `{"id":"e"}`), first.option(), second.option(),
		segmentflow.WithCallContext(func(ctx context.Context, _ segmentflow.Call) context.Context {
			ctx, _ = sdktrace.NewTracerProvider().Tracer("shop").Start(ctx, "inner") // never ends
			return ctx
		}))
	require.NoError(t, send(t.Context(), client, "t"))
	for _, tel := range []*telemetry{first, second} {
		spans := tel.exporter.GetSpans()
		require.Len(t, spans, 2)
		assert.Equal(t, "segmentflow sendEmail", spans[1].Name)
		assert.Len(t, tel.metrics(t), 3)
	}
}

func TestWithoutProvidersTheGlobalOnesApply(t *testing.T) {
	client := over(t, always(200, `{"id":"e"}`), segmentflowotel.Instrument(nil,
		segmentflowotel.WithTracerProvider(nil),
		segmentflowotel.WithMeterProvider(nil),
		segmentflowotel.WithPropagators(nil)))
	require.NoError(t, send(t.Context(), client, "t"), "they do nothing until they are set")
}
