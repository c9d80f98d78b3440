package faults

import (
	"cmp"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Limit allows N calls of an operation in Per, to each API key or write key. Operation "" stands for all operations
// together.
type Limit struct {
	Operation string
	N         int
	Per       time.Duration
}

// check returns all mistakes of a limit.
func (limit Limit) check(known Known) (mistakes Mistakes) {
	mistakes.name("Operation", "an operation of the API", limit.Operation, known, known.Operations)
	mistakes.add(limit.N < 0, "N", TooSmall, "must not be negative; 0 removes the limit")
	mistakes.add(limit.N != 0 && limit.Per <= 0, "Per", TooSmall, "must be positive, such as a second")
	return mistakes
}

// Limits are the rate limits of an emulator: token buckets on its clock. It is safe for concurrent use.
type Limits struct {
	changes
	known Known
	some  atomic.Bool

	mu     sync.Mutex
	closed bool
	limits []*buckets
}

// buckets are the buckets of one limit, by API key.
type buckets struct {
	Limit
	byKey map[string]*bucket
}

// bucket has what was left at an instant.
type bucket struct {
	tokens float64
	at     time.Time
}

// NewLimits returns no limits.
func NewLimits(known Known) *Limits { return &Limits{known: known} }

// Check returns all mistakes of a limit.
func (limits *Limits) Check(limit Limit) Mistakes { return limit.check(limits.known) }

// Set sets the limit of its operation. All its buckets are full. An N of 0 removes it. If the limit cannot be carried
// out, Set returns Mistakes.
func (limits *Limits) Set(limit Limit) error {
	if mistakes := limits.Check(limit); len(mistakes) > 0 {
		return mistakes
	}
	limits.mu.Lock()
	defer limits.mu.Unlock()
	if limits.closed {
		return ErrClosed
	}
	limits.setLocked(limit)
	return nil
}

// Replace replaces all limits, which must have been checked.
func (limits *Limits) Replace(list []Limit) error {
	limits.mu.Lock()
	defer limits.mu.Unlock()
	if limits.closed {
		return ErrClosed
	}
	limits.clearLocked()
	for _, limit := range list {
		limits.setLocked(limit)
	}
	return nil
}

func (limits *Limits) setLocked(limit Limit) {
	limits.limits = slices.DeleteFunc(limits.limits, func(other *buckets) bool {
		return other.Operation == limit.Operation
	})
	if limit.N > 0 {
		limits.limits = append(limits.limits, &buckets{limit, map[string]*bucket{}})
	}
	slices.SortFunc(limits.limits, func(a, b *buckets) int { return cmp.Compare(a.Operation, b.Operation) })
	limits.some.Store(len(limits.limits) > 0)
	limits.tell()
}

// All returns the limits, sorted by operation.
func (limits *Limits) All() []Limit {
	limits.mu.Lock()
	defer limits.mu.Unlock()
	list := make([]Limit, len(limits.limits))
	for i, own := range limits.limits {
		list[i] = own.Limit
	}
	return list
}

// Reset removes all limits.
func (limits *Limits) Reset() {
	limits.mu.Lock()
	defer limits.mu.Unlock()
	limits.clearLocked()
}

// Close removes all limits and allows no new ones.
func (limits *Limits) Close() {
	limits.mu.Lock()
	defer limits.mu.Unlock()
	limits.clearLocked()
	limits.closed = true
}

func (limits *Limits) clearLocked() {
	limits.limits = nil
	limits.some.Store(false)
	limits.tell()
}

// Credit fills the buckets as if d had passed. It does not move the clock.
func (limits *Limits) Credit(d time.Duration) {
	limits.mu.Lock()
	defer limits.mu.Unlock()
	for _, own := range limits.limits {
		for _, filled := range own.byKey {
			filled.at = filled.at.Add(-max(d, 0))
		}
	}
}

// Grant is what the limits say about a call. Its times are rounded up to seconds.
type Grant struct {
	Limited   bool // a limit covers the call
	Refused   bool
	Limit     int
	Remaining int
	Reset     int // seconds until the bucket is full
	Wait      int // seconds until a call is allowed, 0 if it is now
}

// Any reports whether there is a limit. It takes no lock.
func (limits *Limits) Any() bool { return limits.some.Load() }

// Covers reports whether there is a limit for an operation.
func (limits *Limits) Covers(operation string) bool {
	limits.mu.Lock()
	defer limits.mu.Unlock()
	return slices.ContainsFunc(limits.limits, func(own *buckets) bool { return own.covers(operation) })
}

func (own *buckets) covers(operation string) bool {
	return own.Operation == "" || own.Operation == operation
}

// Take takes a token for a call at a time from each limit that covers it. If one has none left, the call is refused and
// takes nothing. The grant is that of the limit that refuses longest, or else of the one that has the fewest left.
func (limits *Limits) Take(operation, key string, now time.Time) (grant Grant) {
	limits.mu.Lock()
	defer limits.mu.Unlock()

	var covering []*buckets
	refused := false
	for _, own := range limits.limits {
		if own.covers(operation) {
			covering = append(covering, own)
			refused = own.whole(own.fill(key, now)) < 1 || refused
		}
	}
	for _, own := range covering {
		if !refused {
			own.byKey[key].tokens = max(0, own.byKey[key].tokens-1)
		}
		found := own.grant(own.byKey[key], refused)
		if !grant.Limited || found.Wait > grant.Wait || found.Wait == grant.Wait && found.Remaining < grant.Remaining {
			grant = found
		}
	}
	return grant
}

// fill returns the bucket of a key with what has flowed into it. A call that is late does not take time back.
func (own *buckets) fill(key string, now time.Time) *bucket {
	full := float64(own.N)
	filled := own.byKey[key]
	if filled == nil {
		filled = &bucket{full, now}
		own.byKey[key] = filled
	}
	if passed := now.Sub(filled.at); passed > 0 {
		filled.tokens = min(full, filled.tokens+full*float64(passed)/float64(own.Per))
		filled.at = now
	}
	return filled
}

// tiny is less than any part of a token that counts. Without it, three thirds could be less than a whole.
const tiny = 1e-9

// whole returns how many calls are left. Not each large N is a float64.
func (own *buckets) whole(left *bucket) int {
	if left.tokens >= float64(own.N) {
		return own.N
	}
	return int(left.tokens + tiny)
}

func (own *buckets) grant(left *bucket, refused bool) Grant {
	grant := Grant{
		Limited:   true,
		Refused:   refused,
		Limit:     own.N,
		Remaining: own.whole(left),
		Reset:     own.seconds(float64(own.N) - left.tokens),
	}
	if grant.Remaining < own.N {
		grant.Reset = max(1, grant.Reset)
	}
	if refused && grant.Remaining < 1 {
		grant.Wait = max(1, own.seconds(1-left.tokens))
	}
	return grant
}

// seconds returns how long it takes for tokens to flow in.
func (own *buckets) seconds(tokens float64) int {
	return int(math.Ceil(tokens*own.Per.Seconds()/float64(own.N) - tiny))
}
