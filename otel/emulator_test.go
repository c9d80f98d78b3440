package segmentflowotel_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// shop is an emulator, its Template and a client.
func shop(t *testing.T, opts ...segmentflow.Option) (*emulator.Emulator, *telemetry, *segmentflow.Client, string) {
	t.Helper()
	emu, tel := emulator.Start(t), newTelemetry()
	return emu, tel, emu.Client(append(opts, tel.option())...), emu.ID("template", "hello")
}

func TestASendIsACallWithOneAttempt(t *testing.T) {
	_, tel, client, hello := shop(t)
	require.NoError(t, send(t.Context(), client, hello))
	assert.Equal(t, ""+
		"segmentflow sendEmail (internal) http.response.status_code=200 "+
		"segmentflow.attempts=1 segmentflow.operation=sendEmail\n"+
		"  POST /api/v1/emails (client) http.response.status_code=200 url.template=/api/v1/emails\n",
		tel.spans())

	points := tel.metrics(t)
	assert.Len(t, points, 3)
	const outcome = " http.response.status_code=200 segmentflow.operation=sendEmail"
	assert.EqualValues(t, 1, points["segmentflow.client.call.duration"+outcome].count)
	assert.Equal(t, point{1, 1}, points["segmentflow.client.call.attempts"+outcome])
	assert.EqualValues(t, 1,
		points["http.client.request.duration http.response.status_code=200 url.template=/api/v1/emails"].count)
}

func TestARetryIsASecondAttempt(t *testing.T) {
	emu, tel, client, hello := shop(t)
	emu.Fail(emulator.Fault{Operation: "sendEmail", Times: 1, Status: 503})
	require.NoError(t, send(t.Context(), client, hello))
	assert.Equal(t, ""+
		"segmentflow sendEmail (internal) http.response.status_code=200 "+
		"segmentflow.attempts=2 segmentflow.operation=sendEmail\n"+
		"  POST /api/v1/emails (client) error.type=503 http.response.status_code=503 "+
		"url.template=/api/v1/emails Error\n"+
		"  POST /api/v1/emails (client) http.request.resend_count=1 http.response.status_code=200 "+
		"url.template=/api/v1/emails\n",
		tel.spans())
	const outcome = " http.response.status_code=200 segmentflow.operation=sendEmail"
	assert.Equal(t, point{1, 2}, tel.metrics(t)["segmentflow.client.call.attempts"+outcome])
}

func TestARateLimitThatLastsFailsTheCall(t *testing.T) {
	emu, tel, client, hello := shop(t)
	emu.Fail(emulator.Fault{Operation: "sendEmail", Status: 429})
	require.ErrorIs(t, send(t.Context(), client, hello), segmentflow.ErrRateLimited)
	const attempt = " http.response.status_code=429 url.template=/api/v1/emails Error\n"
	assert.Equal(t, ""+
		"segmentflow sendEmail (internal) error.type=rate_limited http.response.status_code=429 "+
		"segmentflow.attempts=3 segmentflow.operation=sendEmail Error\n"+
		"  POST /api/v1/emails (client) error.type=429"+attempt+
		"  POST /api/v1/emails (client) error.type=429 http.request.resend_count=1"+attempt+
		"  POST /api/v1/emails (client) error.type=429 http.request.resend_count=2"+attempt,
		tel.spans())
	points := tel.metrics(t)
	const outcome = " error.type=rate_limited http.response.status_code=429 segmentflow.operation=sendEmail"
	assert.Equal(t, point{1, 3}, points["segmentflow.client.call.attempts"+outcome])
	const request = "http.client.request.duration error.type=429 http.response.status_code=429 "
	assert.EqualValues(t, 3, points[request+"url.template=/api/v1/emails"].count)
}

func TestACallThatIsNotSentHasASpan(t *testing.T) {
	_, tel, client, _ := shop(t)
	_, err := client.Emails.Retrieve(t.Context(), "")
	require.ErrorIs(t, err, segmentflow.ErrInvalidRequest)
	const outcome = " error.type=invalid_request segmentflow.operation=retrieveEmail"
	assert.Equal(t, "segmentflow retrieveEmail (internal) error.type=invalid_request segmentflow.attempts=0 "+
		"segmentflow.operation=retrieveEmail Error\n", tel.spans())
	points := tel.metrics(t)
	assert.Equal(t, point{1, 0}, points["segmentflow.client.call.attempts"+outcome])
	assert.EqualValues(t, 1, points["segmentflow.client.call.duration"+outcome].count)
	assert.Len(t, points, 2)
}

func TestACallThatIsCancelledInAWaitHasASpan(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	emu, tel, client, hello := shop(t, segmentflow.WithSleep(func(ctx context.Context, _ time.Duration) error {
		cancel()
		return ctx.Err()
	}))
	emu.Fail(emulator.Fault{Operation: "sendEmail", Status: 503})
	require.ErrorIs(t, send(ctx, client, hello), context.Canceled)
	spans := tel.spans()
	assert.Equal(t, 1, strings.Count(spans, "POST /api/v1/emails (client) error.type=503"))
	assert.Equal(t, 1, strings.Count(spans, "segmentflow sendEmail (internal) error.type=canceled "))
}

func TestALostReplyIsAnErrorOfTheAttempt(t *testing.T) {
	for name, fault := range map[string]emulator.Fault{"no reply": {Drop: true}, "half a reply": {Truncate: true}} {
		t.Run(name, func(t *testing.T) {
			emu, tel, client, hello := shop(t)
			fault.Times = 1
			emu.Fail(fault)
			require.NoError(t, send(t.Context(), client, hello))
			spans := tel.exporter.GetSpans()
			require.Len(t, spans, 3)
			assert.Contains(t, texts(spans[0].Attributes), "error.type=connection_closed")
			assert.NotContains(t, texts(spans[1].Attributes), "error.type")
		})
	}
}

func TestEachBatchOfSendAllIsACall(t *testing.T) {
	_, tel, client, hello := shop(t)
	items := func(yield func(segmentflow.BatchSendItem) bool) {
		for range 250 {
			to := &segmentflow.Recipient{Email: "alex@example.com"}
			if !yield(segmentflow.BatchSendItem{TemplateID: hello, To: to}) {
				return
			}
		}
	}
	for _, err := range client.Emails.SendAll(t.Context(), items, segmentflow.SendAllOptions{}) {
		require.NoError(t, err)
	}
	const attributes = " http.response.status_code=200 segmentflow.operation=batchSendEmails"
	assert.Equal(t, point{3, 3}, tel.metrics(t)["segmentflow.client.call.attempts"+attributes])
	assert.Equal(t, 3, strings.Count(tel.spans(), "segmentflow batchSendEmails (internal)"))
	assert.Equal(t, 3, strings.Count(tel.spans(), "\n  POST /api/v1/emails/batch (client)"))
}

func TestARequestOverASocketCarriesItsSpan(t *testing.T) {
	emu, tel := emulator.Start(t), newTelemetry()
	var header http.Header
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	client := emu.Client(segmentflow.WithBaseURL(emu.URL()),
		segmentflow.WithHTTPClient(&http.Client{Transport: transport}), tel.option(),
		segmentflow.WithMiddleware(func(next http.RoundTripper) http.RoundTripper {
			return roundTripper(func(req *http.Request) (*http.Response, error) {
				header = req.Header
				return next.RoundTrip(req)
			})
		}))

	ctx, parent := tel.tracers.Tracer("shop").Start(t.Context(), "checkout")
	require.NoError(t, send(ctx, client, emu.ID("template", "hello")))
	parent.End()

	spans := tel.exporter.GetSpans()
	require.Len(t, spans, 3)
	attempt, call := spans[0], spans[1]
	assert.Equal(t, call.SpanContext.SpanID(), attempt.Parent.SpanID())
	assert.Equal(t, parent.SpanContext().SpanID(), call.Parent.SpanID())
	assert.Equal(t, parent.SpanContext().TraceID(), attempt.SpanContext.TraceID())
	assert.Equal(t, "00-"+attempt.SpanContext.TraceID().String()+"-"+attempt.SpanContext.SpanID().String()+"-01",
		header.Get("traceparent"))
}
