package idle_test

import (
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator/internal/idle"
)

var (
	mail  = idle.Topic{Kind: "mail"}
	alex  = idle.Topic{Kind: "mail", Name: "alex@example.com"}
	bruno = idle.Topic{Kind: "mail", Name: "bruno@example.com"}
	event = idle.Topic{Kind: "event", Name: "alex@example.com"}
)

func TestNewsWakeThoseWhoWaitForThem(t *testing.T) {
	for name, c := range map[string]struct {
		waits, news []idle.Topic
		want        int
	}{
		"the same":               {[]idle.Topic{alex}, []idle.Topic{alex}, 1},
		"another name":           {[]idle.Topic{alex}, []idle.Topic{bruno}, 0},
		"another kind":           {[]idle.Topic{alex}, []idle.Topic{event}, 0},
		"every name":             {[]idle.Topic{mail}, []idle.Topic{bruno}, 1},
		"one of several topics":  {[]idle.Topic{event, mail}, []idle.Topic{bruno}, 1},
		"one of several news":    {[]idle.Topic{alex}, []idle.Topic{bruno, event, alex}, 1},
		"no news":                {[]idle.Topic{alex}, nil, 0},
		"news before it looked":  {[]idle.Topic{mail}, []idle.Topic{alex, bruno}, 1},
		"somebody without topic": {nil, []idle.Topic{alex}, 0},
	} {
		var all idle.Waiters
		require.False(t, all.Any(), name)
		waiter := all.Add(c.waits...)
		require.True(t, all.Any(), name)
		all.Wake(c.news...)
		require.Len(t, waiter.News, c.want, name)
		all.WakeAll()
		require.Len(t, waiter.News, 1, name)
		<-waiter.News
		all.Remove(waiter)
		all.Remove(waiter)
		all.WakeAll()
		require.Empty(t, waiter.News, name)
		require.False(t, all.Any(), name)
	}
}

// TestABubblesWaiterIsWokenFromItsBubbleOnly would end the process if something else woke it.
func TestABubblesWaiterIsWokenFromItsBubbleOnly(t *testing.T) {
	var all idle.Waiters
	outside := all.Add(mail)
	registered, woken, done := make(chan struct{}), make(chan struct{}), sync.WaitGroup{}
	t.Cleanup(done.Wait)
	done.Go(func() {
		<-registered
		all.WakeAll()
		<-outside.News
		close(woken)
	})
	synctest.Test(t, func(t *testing.T) {
		waiter := all.Add(mail)
		defer all.Remove(waiter)
		close(registered)
		<-woken
		require.Empty(t, waiter.News)
		ended := make(chan struct{})
		go func() { defer close(ended); <-waiter.News }()
		synctest.Wait() // returns because it blocks durably
		all.Wake(alex)
		<-ended
	})
	require.Len(t, outside.News, 1, "a bubble may use channels that were made outside")

	first := make(chan struct{})
	next := make(chan struct{})
	done.Go(func() {
		synctest.Test(t, func(*testing.T) {
			waiter := all.Add(mail)
			defer all.Remove(waiter)
			close(first)
			<-next
			if len(waiter.News) > 0 {
				t.Error("woken from another bubble")
			}
		})
	})
	<-first
	synctest.Test(t, func(*testing.T) { all.WakeAll() })
	close(next)
}
