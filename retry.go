package segmentflow

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	firstWait     = 500 * time.Millisecond
	longestWait   = 8 * time.Second
	maxRetryAfter = 30 * time.Second
)

// after ends an attempt and reports whether another attempt follows after x.wait.
func (x *exchange) after(ctx context.Context, err error) bool {
	x.attempts++
	x.learn()

	again := x.again(ctx, err)
	x.client.log(ctx, x, err, again)
	return again
}

// again decides whether another attempt follows after x.wait.
func (x *exchange) again(ctx context.Context, err error) bool {
	if err != nil && ctx.Err() != nil || !x.repeatable(err) {
		return false
	}
	if x.request.pass != nil && x.status == http.StatusTooManyRequests {
		return false // through begins again
	}
	if x.retries++; x.retries > x.maxRetries() {
		return false
	}

	x.wait = max(x.client.backoff(x.attempts), 0)
	if requested, ok := retryAfter(x.headers); ok {
		x.wait = requested
	}
	deadline, limited := ctx.Deadline()
	x.waiting = x.wait <= maxRetryAfter && (!limited || x.wait < time.Until(deadline))
	return x.waiting
}

func (x *exchange) maxRetries() int {
	if x.settings.maxRetries != nil {
		return *x.settings.maxRetries
	}
	return x.client.maxRetries
}

// pause waits before the next attempt.
func (x *exchange) pause(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := x.client.rest(ctx, x.wait); err != nil {
		return err
	}
	return x.admit(ctx)
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
		return !x.answered && neverSent(err) || certain && !permanent(err)
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

// backoff returns the wait after the nth attempt.
func backoff(attempt int) time.Duration { return spread(firstWait, longestWait, attempt) }

// spread returns the nth of several waits, which double from first to longest. Half of it is random, so that clients
// that failed together do not retry together.
func spread(first, longest time.Duration, n int) time.Duration {
	half := min(first<<min(n-1, 8), longest) / 2
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

// RateLimit is what the API says about the caller's rate limit, in the headers of a response.
type RateLimit struct {
	Limit     int           // calls in one period; 0 if the response does not say
	Remaining int           // calls that are left in this period
	Reset     time.Duration // from the response to the next period; 0 if the response does not say
}

// rateLimit returns the values of RateLimit-Limit, -Remaining and -Reset, or those of X-RateLimit-*. It returns nil if
// they do not tell how many calls are left. A value that cannot be read counts as missing.
func rateLimit(header http.Header) *RateLimit {
	remaining, ok := quota(header, "Remaining")
	if !ok {
		return nil
	}
	limit, _ := quota(header, "Limit")
	return &RateLimit{Limit: int(limit), Remaining: int(remaining), Reset: untilReset(header)}
}

// quota returns the first number in a header of the rate limit that can be read. In "10, 10;w=1", the first number is
// the one that applies.
func quota(header http.Header, name string) (float64, bool) {
	for _, prefix := range [...]string{"Ratelimit-", "X-Ratelimit-"} {
		for _, value := range header[prefix+name] {
			first, _, _ := strings.Cut(value, ",")
			first, _, _ = strings.Cut(first, ";")
			n, err := strconv.ParseFloat(strings.TrimSpace(first), 64)
			if err == nil && n >= 0 && n < 1e15 {
				return n, true
			}
		}
	}
	return 0, false
}

// untilReset returns the time to the reset of the rate limit. A number of seconds over a year cannot be a wait. It is
// then the time itself since 1970, in seconds or milliseconds.
func untilReset(header http.Header) time.Duration {
	const year = 366 * 24 * time.Hour
	seconds, ok := quota(header, "Reset")
	switch {
	case !ok:
		return 0
	case seconds <= year.Seconds():
		return time.Duration(seconds * float64(time.Second))
	case seconds > 1e11:
		seconds /= 1000
	}

	wait := time.Until(time.UnixMilli(int64(seconds * 1000)))
	if wait > year {
		return 0
	}
	return max(wait, 0)
}
