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

// after takes in what an attempt came to and reports whether another one follows, after x.wait.
func (x *exchange) after(ctx context.Context, resp *http.Response, err error) bool {
	x.attempts++
	x.status, x.headers = 0, nil
	if err == nil {
		x.status, x.headers = resp.StatusCode, resp.Header
	}
	x.client.log(ctx, x)
	if ctx.Err() != nil || !x.repeatable(err) {
		return false
	}
	x.wait = backoff(x.attempts)
	if asked, ok := retryAfter(x.headers); ok {
		x.wait = asked
	}
	deadline, limited := ctx.Deadline()
	return x.wait <= maxRetryAfter && (!limited || x.wait < time.Until(deadline))
}

// repeatable reports whether the last attempt may be made again without doing its work twice.
func (x *exchange) repeatable(err error) bool {
	certain := !x.request.write() || x.request.keyed
	if err != nil {
		return neverSent(err) || certain && !hopeless(err)
	}
	switch x.status {
	case http.StatusTooManyRequests:
		return true
	case http.StatusRequestTimeout, http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable,
		http.StatusGatewayTimeout:
		return certain
	case http.StatusConflict:
		var e Error
		return certain && e.decode(x.body) && e.Is(ErrIdempotencyInProgress)
	}
	return false
}

// neverSent reports that there was no connection to send anything on.
func neverSent(err error) bool {
	if errors.Is(err, syscall.ECONNREFUSED) {
		return true
	}
	op, ok := errors.AsType[*net.OpError](err)
	return ok && op.Op == "dial"
}

// hopeless reports a failure that would be the same the next time.
func hopeless(err error) bool {
	_, untrusted := errors.AsType[*tls.CertificateVerificationError](err)
	return untrusted || errors.Is(err, errReplyTooLong)
}

// backoff is the wait after the nth attempt: half of it certain, half of it random, so that clients that failed together
// do not come back together.
func backoff(attempt int) time.Duration {
	half := min(firstWait<<min(attempt-1, 8), longestWait) / 2
	return half + rand.N(half+1)
}

// retryAfter reads Retry-After: seconds, with a fraction or not, or an HTTP date.
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
	return time.Duration(min(seconds, 1e9) * float64(time.Second)), true // more would overflow
}
