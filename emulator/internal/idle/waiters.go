package idle

import (
	"bytes"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
)

// Topic is what is new, or what somebody waits for. In the latter an empty Name stands for every name.
type Topic struct{ Kind, Name string }

// Waiters are goroutines that wait for news. As long as there are none, news cost one atomic load.
type Waiters struct {
	count atomic.Int64
	mu    sync.Mutex
	list  []*Waiter
}

// Waiter is one goroutine that waits.
type Waiter struct {
	News   <-chan struct{} // has an element after news; the waiter made it, so that waiting for it blocks durably
	news   chan struct{}
	topics []Topic
	bubble string // in which the waiter runs
}

// Add registers the calling goroutine. A caller registers before it looks whether there is anything to wait for: then
// it misses no news.
func (all *Waiters) Add(topics ...Topic) *Waiter {
	news := make(chan struct{}, 1)
	waiter := &Waiter{News: news, news: news, topics: topics, bubble: bubble()}
	all.mu.Lock()
	defer all.mu.Unlock()
	all.list = append(all.list, waiter)
	all.count.Add(1)
	return waiter
}

// Remove ends what Add began.
func (all *Waiters) Remove(waiter *Waiter) {
	all.mu.Lock()
	defer all.mu.Unlock()
	if i := slices.Index(all.list, waiter); i >= 0 {
		all.list = slices.Delete(all.list, i, i+1)
		all.count.Add(-1)
	}
}

// Any reports whether anybody waits.
func (all *Waiters) Any() bool { return all.count.Load() > 0 }

// Wake wakes everybody who waits for one of the news.
func (all *Waiters) Wake(news ...Topic) {
	all.wake(func(waiter *Waiter) bool { return slices.ContainsFunc(news, waiter.wants) })
}

// WakeAll wakes everybody.
func (all *Waiters) WakeAll() { all.wake(func(*Waiter) bool { return true }) }

func (all *Waiters) wake(concerns func(*Waiter) bool) {
	if !all.Any() {
		return
	}
	own := sync.OnceValue(bubble)
	all.mu.Lock()
	defer all.mu.Unlock()
	for _, waiter := range all.list {
		if concerns(waiter) && (waiter.bubble == "" || waiter.bubble == own()) {
			select {
			case waiter.news <- struct{}{}:
			default: // it has not yet looked at earlier news
			}
		}
	}
}

func (waiter *Waiter) wants(news Topic) bool {
	return slices.ContainsFunc(waiter.topics, func(topic Topic) bool {
		return topic.Kind == news.Kind && (topic.Name == "" || topic.Name == news.Name)
	})
}

// bubble returns the name of the testing/synctest bubble of the calling goroutine, "" outside of bubbles. Only the
// goroutines of a bubble may use its channels: for others the runtime ends the process. It tells nothing about bubbles
// but the header of a stack trace. A new goroutine is in the same bubble and has a short stack, which is read fast.
func bubble() string {
	name := make(chan string)
	go func() {
		var stack [128]byte
		header, _, _ := bytes.Cut(stack[:runtime.Stack(stack[:], false)], []byte("\n"))
		_, rest, _ := bytes.Cut(header, []byte("synctest bubble "))
		name <- string(rest[:max(0, bytes.IndexFunc(rest, func(r rune) bool { return r < '0' || r > '9' }))])
	}()
	return <-name
}
