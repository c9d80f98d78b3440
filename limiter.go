package segmentflow

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"slices"
	"sync"
	"time"
)

// WithRateLimit limits the calls of a client: n can be sent at once, and n more in each span of time after that. Each
// attempt counts. The other calls wait in the order in which they came. The default, and an n of 0, is no limit.
//
// The limit applies to all operations together. The clients that [Client.With] derives share it, unless they get one of
// their own.
//
// The client also learns from the API's responses, for each operation by itself. After a 429 it sends no call before
// the Retry-After is over. Then it sends half as many in the same time, and more with each other response. If the
// headers RateLimit-Remaining and RateLimit-Reset, or X-RateLimit-…, say how many calls are left, it sends no more
// before the reset.
//
// The end of the context ends a wait. A call that would have to wait past its deadline fails at once, with an *[Error]
// that wraps context.DeadlineExceeded. A call also fails at once if the API has asked for more than 30 s and more than
// per, except in Emails.SendAll. If the last attempt got a response, the error is that of the response. Otherwise it is
// [ErrRateLimited], with Status 0, and has the wait as RetryAfter.
func WithRateLimit(n int, per time.Duration) Option {
	return func(o *options) { o.rate, o.ratePer, o.limiter = n, per, nil }
}

// limiter is the rate limit that a client keeps by itself; see [WithRateLimit]. A nil limiter limits nothing.
//
// There is a line for each operation, in which calls pass in the order in which they came. Only the first call of a
// line waits for time to pass. The others wait for their turn, so that they do not all look again at the same moment.
type limiter struct {
	n   int
	per time.Duration

	mu      sync.Mutex
	pace    bucket // of all calls together
	lines   map[string]*line
	joined  int           // calls so far
	changed chan struct{} // closed when the first call of a line may have to look again; nil if none wants to know
}

// line has the calls of one operation that wait, and what the API has said about the operation.
type line struct {
	queue  []*waiter
	pace   bucket // slower after a 429
	closed time.Time
	quota  quotaLeft
}

// waiter is one call that waits. Calls that came later have higher numbers.
type waiter struct {
	number int
	turn   chan struct{} // closed when the call is the first of its line
}

// quotaLeft is what the headers of the rate limit say. It is not known if reset is zero.
type quotaLeft struct {
	left   int       // calls until reset
	reset  time.Time // of left
	limit  int       // calls from then on; 0 if the API does not say
	window time.Duration
}

// delay is a wait before a call. The API has asked for a part of it.
type delay struct{ total, asked time.Duration }

// rateLimited is the error of a call that cannot be made in time because of a rate limit.
type rateLimited struct {
	wait  time.Duration
	of    string // whose limit it is
	cause error
}

func (e *rateLimited) Error() string {
	return fmt.Sprintf("the rate limit of %s needs a wait of %v", e.of, e.wait.Round(time.Millisecond))
}

func (e *rateLimited) Unwrap() error { return e.cause }

func newLimiter(n int, per time.Duration) *limiter {
	if n == 0 {
		return nil
	}
	return &limiter{n: n, per: per, pace: newBucket(n, per), lines: map[string]*line{}}
}

// admit is called before each attempt. It returns an error if the attempt must not be made.
func (x *exchange) admit(ctx context.Context) error {
	if x.client.limiter != nil {
		if err := x.queue(ctx); err != nil {
			return err
		}
	}
	if !x.request.pass.stays() {
		return errClosed
	}
	return nil
}

// queue waits until the limiter lets an attempt pass. It does not begin a wait that leads past the deadline of the
// context, nor, except for a batch of a SendAll range, one that the API has asked for and that is too long.
func (x *exchange) queue(ctx context.Context) error {
	c, longest := x.client, max(maxRetryAfter, x.client.limiter.per)
	if x.request.pass != nil {
		longest = math.MaxInt64
	}
	own, me, wait := c.limiter.join(x.request.op.id(), c.clock.now())
	defer c.limiter.leave(own, me)
	if err := wait.tooLong(ctx, longest); err != nil {
		return err
	}
	select {
	case <-me.turn:
	case <-ctx.Done():
		return ctx.Err()
	}

	for {
		wait, changed := c.limiter.try(own, me, c.clock.now())
		if changed != nil {
			select {
			case <-changed:
				continue
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		if wait.total == 0 {
			return nil
		}
		if err := wait.tooLong(ctx, longest); err != nil {
			return err
		}
		if err := c.rest(ctx, wait.total); err != nil {
			return err
		}
	}
}

// tooLong returns the error of a call that must not wait for so long.
func (d delay) tooLong(ctx context.Context, longest time.Duration) error {
	if deadline, ok := ctx.Deadline(); ok && d.total > 0 && d.total >= time.Until(deadline) {
		return &rateLimited{d.total, "this client", context.DeadlineExceeded}
	}
	if d.asked > longest {
		return &rateLimited{d.asked, "this client", nil}
	}
	return nil
}

// join puts a call at the end of its line and returns how long it will wait there at least.
func (l *limiter) join(operation string, now time.Time) (*line, *waiter, delay) {
	l.mu.Lock()
	defer l.mu.Unlock()
	own := l.lines[operation]
	if own == nil {
		own = &line{pace: newBucket(l.n, l.per)}
		l.lines[operation] = own
	}

	place := len(own.queue)
	l.joined++
	me := &waiter{number: l.joined, turn: make(chan struct{})}
	own.queue = append(own.queue, me)
	if place == 0 {
		close(me.turn)
	}
	wait := own.until(now, place)
	wait.total = max(wait.total, l.pace.until(now, place))
	return own, me, wait
}

// leave takes a call out of its line.
func (l *limiter) leave(own *line, me *waiter) {
	l.mu.Lock()
	defer l.mu.Unlock()
	place := slices.Index(own.queue, me)
	own.queue = slices.Delete(own.queue, place, place+1)
	if place == 0 && len(own.queue) > 0 {
		close(own.queue[0].turn)
	}
	l.tellLocked()
}

// try lets the first call of a line pass, and then returns no delay. Otherwise it returns how long the call must wait,
// or a channel that is closed when it should try again, because a call that came earlier passes first.
func (l *limiter) try(own *line, me *waiter, now time.Time) (delay, <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if wait := own.until(now, 0); wait.total > 0 {
		return wait, nil
	}

	earlier := 0
	for _, other := range l.lines {
		if len(other.queue) > 0 && other.queue[0].number < me.number && other.until(now, 0).total == 0 {
			earlier++
		}
	}
	if wait := l.pace.until(now, earlier); wait > 0 {
		if earlier == 0 {
			return delay{total: wait}, nil
		}
		if l.changed == nil {
			l.changed = make(chan struct{})
		}
		return delay{}, l.changed
	}

	l.pace.tokens--
	own.pace.tokens--
	own.quota.left--
	return delay{}, nil
}

func (l *limiter) tellLocked() {
	if l.changed != nil {
		close(l.changed)
		l.changed = nil
	}
}

// learn notes what the last response says about the rate limit of its operation.
func (x *exchange) learn() {
	if l := x.client.limiter; l != nil && x.status != 0 {
		l.learn(x.request.op.id(), x.client.clock.now(), x.status, x.headers)
	}
}

func (l *limiter) learn(operation string, now time.Time, status int, header http.Header) {
	l.mu.Lock()
	defer l.mu.Unlock()
	defer l.tellLocked()
	own := l.lines[operation] // admit has made it
	said := rateLimit(header)
	switch {
	case said != nil && said.Reset > 0:
		own.quota.learn(now, *said)
	case status < http.StatusBadRequest:
		own.quota = quotaLeft{}
	}

	if status != http.StatusTooManyRequests {
		own.pace.rate = min(own.pace.rate+l.pace.rate/32, l.pace.rate)
		return
	}
	wait, ok := retryAfter(header)
	if !ok {
		wait = firstWait
	}
	if !now.Before(own.closed) { // not for each of the calls that were under way at once
		own.pace.rate = max(own.pace.rate/2, l.pace.rate/64)
	}
	if end := now.Add(wait); end.After(own.closed) {
		own.closed = end
		own.pace.tokens, own.pace.at = 1, end // so that those who wait do not all pass then
	}
}

// until returns how long a call at a place of the line must wait at least.
func (own *line) until(now time.Time, place int) delay {
	asked := max(own.closed.Sub(now), own.quota.until(now, place), 0)
	return delay{total: max(asked, own.pace.until(now, place)), asked: asked}
}

// learn notes the headers of one response. Responses may come in another order than the API counted their calls, so
// within one window the smallest number of calls that are left applies.
func (q *quotaLeft) learn(now time.Time, said RateLimit) {
	const rounding = time.Second // of the API's times
	reset := now.Add(said.Reset)
	if now.Before(q.reset) && reset.Before(q.reset.Add(rounding)) {
		q.left = min(q.left, said.Remaining)
		if q.reset.After(reset.Add(rounding)) { // until has guessed a later one
			q.reset = reset
		}
		return
	}
	*q = quotaLeft{left: said.Remaining, reset: reset, limit: said.Limit, window: max(said.Reset, q.window)}
}

// until returns how long a call at a place must wait for the next window.
func (q *quotaLeft) until(now time.Time, place int) time.Duration {
	if !now.Before(q.reset) {
		if q.limit == 0 {
			*q = quotaLeft{}
			return 0
		}
		q.left, q.reset = q.limit, now.Add(q.window)
	}
	if place < q.left {
		return 0
	}
	return q.reset.Sub(now)
}

// bucket has a token for each call that can pass at once.
type bucket struct {
	rate   float64 // tokens per second
	most   float64
	tokens float64
	at     time.Time
}

func newBucket(n int, per time.Duration) bucket {
	return bucket{rate: float64(n) / per.Seconds(), most: float64(n), tokens: float64(n)}
}

// until fills the bucket and returns how long it takes until it has a token for a call at a place, from 0.
func (b *bucket) until(now time.Time, place int) time.Duration {
	const tiny = 1e-6 // without it, three thirds could be less than a whole
	if passed := now.Sub(b.at); passed > 0 {
		b.tokens, b.at = min(b.most, b.tokens+b.rate*passed.Seconds()), now
	}
	missing := float64(place+1) - b.tokens
	if missing < tiny {
		return 0
	}
	return max(b.at.Sub(now), 0) + time.Duration(math.Ceil(min(missing/b.rate, 1e9)*1e9))
}

// timeline is the time of a client: that of the machine, and the part of its waits that [WithSleep] left out. So a wait
// is over when its sleep has returned, however long that took.
type timeline struct {
	mu    sync.Mutex
	shown time.Time // at the machine's time at; zero if no wait was shorter than it should be
	at    time.Time
}

func (t *timeline) now() time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.nowLocked(time.Now())
}

func (t *timeline) nowLocked(machine time.Time) time.Time {
	if t.shown.IsZero() {
		return machine
	}
	return t.shown.Add(machine.Sub(t.at))
}

// reach moves the time to end, if it is before.
func (t *timeline) reach(end time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if machine := time.Now(); t.nowLocked(machine).Before(end) {
		t.shown, t.at = end, machine
	}
}

// rest is one wait of the client.
func (c *Client) rest(ctx context.Context, d time.Duration) error {
	end := c.clock.now().Add(d)
	if err := c.sleep(ctx, d); err != nil {
		return err
	}
	c.clock.reach(end)
	return ctx.Err()
}
