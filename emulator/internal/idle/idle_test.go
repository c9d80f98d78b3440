package idle_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator/internal/idle"
)

func TestWaitEndsWithTheLastOfThem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		counter := idle.New()
		require.NoError(t, counter.Wait(t.Context()))
		counter.Begin()
		counter.Begin()
		waiters := make(chan error, 3)
		for range cap(waiters) {
			go func() { waiters <- counter.Wait(t.Context()) }()
		}
		counter.End()
		synctest.Wait() // returns because they block durably
		require.Empty(t, waiters)
		require.True(t, counter.Busy())
		counter.End()
		for range cap(waiters) {
			require.NoError(t, <-waiters)
		}
		require.False(t, counter.Busy())
	})
}

func TestTheContextEndsTheWait(t *testing.T) {
	counter := idle.New()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, counter.Wait(ctx), context.Canceled)

	counter.Begin()
	ctx, cancel = context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- counter.Wait(ctx) }()
	cancel()
	require.ErrorIs(t, <-ended, context.Canceled)
}

func TestManyBeginAndEndWhileOthersWait(t *testing.T) {
	counter := idle.New()
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 500 {
				counter.Begin()
				counter.End()
			}
		})
		all.Go(func() {
			for range 500 {
				if err := counter.Wait(context.Background()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	require.False(t, counter.Busy())
}
