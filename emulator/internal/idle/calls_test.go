package idle_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator/internal/clock"
	"github.com/segmentflow/segmentflow-go/emulator/internal/idle"
)

func TestACallOfABubbleGetsTheBubblesTime(t *testing.T) {
	calls := idle.NewCalls(clock.InBubble)
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		for range 3 {
			end := calls.Begin()
			go func() {
				defer end()
				time.Sleep(time.Hour)
			}()
			require.NoError(t, calls.Wait(t.Context()))
			require.False(t, calls.Busy())
		}
		require.Equal(t, 3*time.Hour, time.Since(begun))

		defer calls.Begin()()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		require.ErrorIs(t, calls.Wait(ctx), context.DeadlineExceeded)
	})
	require.NoError(t, calls.Wait(t.Context()))
}

// TestABubbleWaitsForCallsFromOutside has a call from outside under way, while calls that need the bubble's time come
// one after the other.
func TestABubbleWaitsForCallsFromOutside(t *testing.T) {
	calls := idle.NewCalls(clock.InBubble)
	end, waits := calls.Begin(), make(chan struct{})
	var outside sync.WaitGroup
	outside.Go(func() {
		<-waits
		end()
		if err := calls.Wait(context.Background()); err != nil {
			t.Error(err)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		ended := make(chan error)
		go func() { ended <- calls.Wait(t.Context()) }()
		for range 3 {
			own := calls.Begin()
			time.Sleep(time.Hour)
			own()
		}
		require.Empty(t, ended)
		close(waits)
		require.NoError(t, <-ended)
		require.False(t, calls.Busy())
	})
	outside.Wait()
}

func TestManyBubblesCallAtOnce(t *testing.T) {
	calls := idle.NewCalls(clock.InBubble)
	t.Cleanup(func() { require.False(t, calls.Busy()) })
	for range 4 {
		t.Run("bubble", func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var all sync.WaitGroup
				for range 8 {
					all.Go(func() {
						for range 50 {
							end := calls.Begin()
							time.Sleep(time.Millisecond)
							end()
						}
					})
					all.Go(func() {
						for range 10 {
							if err := calls.Wait(t.Context()); err != nil {
								t.Error(err)
							}
						}
					})
				}
				all.Wait()
			})
		})
	}
}
