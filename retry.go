package segmentflow

import (
	"context"
	"crypto/tls"
	"errors"
	"math"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"syscall"
	"time"
)

const (
	firstWait     = 500 * time.Millisecond
	longestWait   = 8 * time.Second
	maxRetryAfter = 30 * time.Second
)

// after records the outcome of an attempt and reports whether another attempt follows after x.wait.
func (x *exchange) after(ctx context.Context, resp *http.Response, err error) bool {
	x.attempts++
	x.status, x.headers = 0, nil
	if err == nil {
		x.status, x.headers = resp.StatusCode, resp.Header
	}

	again := x.again(ctx, err)
	x.client.log(ctx, x, err, again)
	return again
}

// again decides whether another attempt follows after x.wait.
func (x *exchange) again(ctx context.Context, err error) bool {
	if ctx.Err() != nil || !x.repeatable(err) {
		return false
	}

	endures := x.request.endure && x.status == http.StatusTooManyRequests && x.client.maxRetries > 0
	if !endures {
		x.retries++
	}
	if x.retries > x.client.maxRetries {
		return false
	}

	x.wait = max(x.client.backoff(x.attempts), 0)
	if requested, ok := retryAfter(x.headers); ok {
		x.wait = requested
	}
	deadline, limited := ctx.Deadline()
	return (endures || x.wait <= maxRetryAfter) && (!limited || x.wait < time.Until(deadline))
}

// pause waits before the next attempt.
func (x *exchange) pause(ctx context.Context) error {
	if err := x.client.sleep(ctx, x.wait); err != nil {
		return err
	}
	return ctx.Err()
}

// sleep waits for d, or until the context ends.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// repeatable reports whether the last attempt can be repeated without doing its work twice.
func (x *exchange) repeatable(err error) bool {
	certain := !x.request.write() || x.request.keyed
	if err != nil {
		return neverSent(err) || certain && !permanent(err)
	}

	switch x.status {
	case http.StatusTooManyRequests:
		return true
	case http.StatusRequestTimeout,
		http.StatusInternalServerError,
		http.StatusBadGateway,
		http.StatusServiceUnavailable,
		http.StatusGatewayTimeout:
		return certain
	case http.StatusConflict:
		var e Error
		return certain && e.decode(x.body) && e.Is(ErrIdempotencyInProgress)
	}
	return false
}

// neverSent reports whether there was no connection to send the request on.
func neverSent(err error) bool {
	if errors.Is(err, syscall.ECONNREFUSED) {
		return true
	}
	op, ok := errors.AsType[*net.OpError](err)
	return ok && op.Op == "dial"
}

// permanent reports whether the next attempt would fail in the same way.
func permanent(err error) bool {
	_, untrusted := errors.AsType[*tls.CertificateVerificationError](err)
	return untrusted || errors.Is(err, errReplyTooLong)
}

// backoff returns the wait after the nth attempt. Half of it is random, so that clients that failed together do not
// retry together.
func backoff(attempt int) time.Duration {
	half := min(firstWait<<min(attempt-1, 8), longestWait) / 2
	return half + rand.N(half+1)
}

// retryAfter returns the value of Retry-After: seconds, possibly with a fraction, or an HTTP date.
func retryAfter(header http.Header) (time.Duration, bool) {
	value := header.Get("Retry-After")
	if value == "" {
		return 0, false
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(time.Until(at), 0), true
	}

	seconds, err := strconv.ParseFloat(value, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) || math.IsNaN(seconds) || seconds < 0 {
		return 0, false
	}
	return time.Duration(min(seconds, 1e9) * float64(time.Second)), true // a larger value would overflow
}
