package segmentflow

import (
	"context"
	"errors"
	"hash/fnv"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"time"
)

// gate is the one place through which all batches of a SendAll range are sent. A 429 closes it for all of them, and
// lets fewer be under way at once afterwards: half as many, and one more each time that so many have succeeded.
type gate struct {
	client *Client
	most   int

	mu        sync.Mutex
	limit     int // of running
	running   int
	succeeded int // since limit changed
	closings  int
	closed    bool
	until     time.Time // when closed
	err       error     // why the gate stays closed; nil if it does not
	waiting   []*pass   // in the order of the range
}

// pass is the way of one batch through the gate of its range.
type pass struct {
	gate  *gate
	first int           // index of the batch's first item
	turn  chan struct{} // closed when the batch is no longer waiting
	err   error         // of the gate, when turn was closed
	in    bool          // the batch has been let through
	seen  int           // closings at that time
	keeps bool          // the batch opens the gate again, because its 429 has closed it
}

// errClosed is the error of an attempt that was not begun because the gate had closed since the last one.
var errClosed = errors.New("the range waits for a rate limit")

func newGate(c *Client, most int) *gate { return &gate{client: c, most: most, limit: most} }

// free reports whether another batch could be sent at once.
func (g *gate) free() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return !g.closed && g.running < g.limit && len(g.waiting) == 0
}

// through makes the attempts of a call. Those of a batch of a range wait for the gate, and begin again after each 429.
// Options that limit the call limit only what happens between two waits at the gate.
func (x *exchange) through(ctx context.Context) error {
	p := x.request.pass
	if p == nil {
		return x.inTime(ctx)
	}
	for {
		x.waiting = x.attempts > 0
		if err := p.enter(ctx); err != nil {
			return x.failed(ctx, err)
		}
		err := x.inTime(ctx)
		switch {
		case errors.Is(err, errClosed):
			p.leave(false)
		case err != nil || x.status != http.StatusTooManyRequests:
			p.leave(err == nil && x.status < http.StatusMultipleChoices)
			return err
		default:
			wait, _ := retryAfter(x.headers)
			if wait == 0 { // a date may be over by the clock of this machine; nothing else limits the attempts
				wait = max(x.client.backoff(x.attempts), 0)
			}
			if !p.refused(ctx, wait, x.key) {
				return nil // the 429 is the result
			}
		}
	}
}

// enter waits until the batch may be sent.
func (p *pass) enter(ctx context.Context) error {
	g := p.gate
	g.mu.Lock()
	if err := p.keepLocked(ctx); err != nil {
		g.mu.Unlock()
		return err
	}
	p.turn = make(chan struct{})
	place, _ := slices.BinarySearchFunc(g.waiting, p, func(a, b *pass) int { return a.first - b.first })
	g.waiting = slices.Insert(g.waiting, place, p)
	g.wakeLocked()
	g.mu.Unlock()

	select {
	case <-p.turn:
		return p.err
	case <-ctx.Done():
		p.leave(false)
		return ctx.Err()
	}
}

// wakeLocked lets as many batches through as possible, or ends their waiting if the gate stays closed.
func (g *gate) wakeLocked() {
	for len(g.waiting) > 0 && (g.err != nil || !g.closed && g.running < g.limit) {
		p := g.waiting[0]
		g.waiting = slices.Delete(g.waiting, 0, 1)
		if p.err = g.err; p.err == nil {
			p.in, p.seen = true, g.closings
			g.running++
		}
		close(p.turn)
	}
}

// leave ends what enter has begun. It may be called again.
func (p *pass) leave(succeeded bool) {
	g := p.gate
	g.mu.Lock()
	defer g.mu.Unlock()
	p.leaveLocked()
	if p.keeps && g.err == nil { // a panic of the client's sleep has ended the batch
		p.keeps, g.closed = false, false
	}
	if succeeded && p.seen == g.closings { // not if it was under way before
		g.succeeded++
	}
	if g.succeeded >= g.limit && g.limit < g.most {
		g.limit, g.succeeded = g.limit+1, 0
	}
	g.wakeLocked()
}

func (p *pass) leaveLocked() {
	g := p.gate
	g.waiting = slices.DeleteFunc(g.waiting, func(other *pass) bool { return other == p })
	if p.in {
		p.in = false
		g.running--
	}
}

// stays reports whether the batch, which was let through, may make another attempt.
func (p *pass) stays() bool {
	if p == nil {
		return true
	}
	p.gate.mu.Lock()
	defer p.gate.mu.Unlock()
	return !p.gate.closed
}

// refused closes the gate for a time, because of a 429. It reports whether the batch waits for it. It does not if the
// deadline of the context comes first.
func (p *pass) refused(ctx context.Context, wait time.Duration, key string) bool {
	g := p.gate
	g.mu.Lock()
	defer g.mu.Unlock()
	p.leaveLocked()
	if p.seen == g.closings { // otherwise the batch was under way with one whose 429 has been counted
		g.closings++
		g.limit, g.succeeded = max(g.limit/2, 1), 0
	}
	if !g.closed {
		g.closed, p.keeps = true, true
	}

	deadline, limited := ctx.Deadline()
	if limited && wait >= time.Until(deadline) {
		g.err = &rateLimited{wait, "the API", context.DeadlineExceeded}
		g.wakeLocked()
		return false
	}
	if more := jitter(wait, key, g.closings); !limited || wait+more < time.Until(deadline) {
		wait += more
	}
	if end := g.client.clock.now().Add(wait); end.After(g.until) {
		g.until = end
	}
	return true
}

// jitter returns up to a tenth of a wait, so that processes that the API has refused together do not come back
// together. It depends on the key, and so differs between ranges; but in a test with fixed keys it is always the same.
func jitter(wait time.Duration, key string, closings int) time.Duration {
	hash := fnv.New64a()
	_, _ = hash.Write([]byte(key))
	return time.Duration(rand.New(rand.NewPCG(hash.Sum64(), uint64(closings))).Int64N(int64(wait/10) + 1))
}

// keepLocked waits until the gate may open, and opens it, if the batch is the one that does so. It unlocks the gate
// while it waits.
func (p *pass) keepLocked(ctx context.Context) error {
	g := p.gate
	for p.keeps {
		wait := g.until.Sub(g.client.clock.now())
		if wait <= 0 {
			p.keeps, g.closed = false, false
			break
		}

		g.mu.Unlock()
		err := g.client.rest(ctx, wait)
		g.mu.Lock()
		if err != nil {
			g.err = err
			g.wakeLocked()
			return err
		}
	}
	return nil
}
