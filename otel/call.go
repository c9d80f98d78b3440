package segmentflowotel

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"slices"
	"strconv"
	"syscall"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	segmentflow "github.com/segmentflow/segmentflow-go"
)

const (
	operationKey = attribute.Key("segmentflow.operation")
	attemptsKey  = attribute.Key("segmentflow.attempts")
	requestIDKey = attribute.Key("segmentflow.request_id")
)

// begin opens the span of a call. It stays in the context under a key of these instruments, because other options may
// open spans within it.
func (in *instruments) begin(ctx context.Context, call segmentflow.Call) context.Context {
	ctx, span := in.tracer.Start(ctx, "segmentflow "+call.Operation,
		trace.WithAttributes(operationKey.String(call.Operation)))
	return context.WithValue(ctx, in, span)
}

// end closes the span of a call, and measures the call.
func (in *instruments) end(ctx context.Context, event segmentflow.CallEvent) {
	attrs := []attribute.KeyValue{operationKey.String(event.Operation)}
	if event.Status != 0 {
		attrs = append(attrs, semconv.HTTPResponseStatusCode(event.Status))
	}
	if event.Err != nil {
		attrs = append(attrs, semconv.ErrorTypeKey.String(callErrorType(event.Err)))
	}
	set := metric.WithAttributeSet(attribute.NewSet(attrs...))
	in.callDuration.Record(ctx, event.Duration.Seconds(), set)
	in.callAttempts.Record(ctx, int64(event.Attempts), set)

	span, ok := ctx.Value(in).(trace.Span)
	if !ok {
		return
	}
	span.SetAttributes(append(attrs, attemptsKey.Int(event.Attempts))...)
	if event.RequestID != "" {
		span.SetAttributes(requestIDKey.String(event.RequestID))
	}
	if event.Err != nil {
		span.SetStatus(codes.Error, "")
	}
	span.End()
}

// apiCodes are the error codes that can be an attribute. Others may come from anyone, and be anything.
func apiCodes() []error {
	return []error{
		segmentflow.ErrInvalidRequest,
		segmentflow.ErrUnauthorized,
		segmentflow.ErrInsufficientScope,
		segmentflow.ErrSendNotAllowed,
		segmentflow.ErrNotFound,
		segmentflow.ErrMethodNotAllowed,
		segmentflow.ErrIdempotencyKeyReuse,
		segmentflow.ErrIdempotencyInProgress,
		segmentflow.ErrConcurrentRedeem,
		segmentflow.ErrIdentityConflict,
		segmentflow.ErrInvalidState,
		segmentflow.ErrConfirmationExpired,
		segmentflow.ErrPayloadTooLarge,
		segmentflow.ErrUnsupportedMediaType,
		segmentflow.ErrValidationFailed,
		segmentflow.ErrRateLimited,
		segmentflow.ErrInternal,
		segmentflow.ErrNotImplemented,
		segmentflow.ErrUnavailable,
	}
}

// callErrorType classifies the error of a call. A cancelled call can have the status of an earlier attempt.
func callErrorType(err error) string {
	if ended := contextErrorType(err); ended != "" {
		return ended
	}
	e, ok := errors.AsType[*segmentflow.Error](err)
	switch {
	case !ok:
		return errorType(err)
	case e.Code != "" && slices.ContainsFunc(apiCodes(), func(code error) bool { return errors.Is(e, code) }):
		return e.Code
	case e.Status != 0 && (e.Status < 200 || e.Status > 299):
		return strconv.Itoa(e.Status)
	case e.Status != 0:
		return "invalid_reply"
	}
	return errorType(e.Unwrap())
}

// errorType classifies an error of a transport.
func errorType(err error) string {
	if ended := contextErrorType(err); ended != "" {
		return ended
	}
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return "name_resolution_error"
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return "server_certificate_invalid"
	}
	for _, known := range []struct {
		err  error
		name string
	}{
		{syscall.ECONNREFUSED, "connection_refused"},
		{syscall.ECONNRESET, "connection_reset"},
		{io.EOF, "connection_closed"},
		{io.ErrUnexpectedEOF, "connection_closed"},
	} {
		if errors.Is(err, known.err) {
			return known.name
		}
	}
	return semconv.ErrorType(err).Value.AsString()
}

// contextErrorType returns "" unless a context or another time limit has ended.
func contextErrorType(err error) string {
	if errors.Is(err, context.Canceled) {
		return "canceled"
	}
	limit, ok := errors.AsType[net.Error](err)
	if errors.Is(err, context.DeadlineExceeded) || ok && limit.Timeout() {
		return "timeout"
	}
	return ""
}
