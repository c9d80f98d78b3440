package clock_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator/internal/clock"
)

func TestABubbleIsFound(t *testing.T) {
	require.False(t, clock.InBubble())
	synctest.Test(t, func(t *testing.T) {
		require.True(t, clock.InBubble())
		time.Sleep(20 * 365 * 24 * time.Hour)
		require.True(t, clock.InBubble())
		done := make(chan bool)
		go func() { done <- clock.InBubble() }()
		require.True(t, <-done)
	})
	require.False(t, clock.InBubble())
}

func TestAWaitEndsWithTimeOrContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		require.NoError(t, clock.Wait(t.Context(), time.Minute))
		require.Equal(t, time.Minute, time.Since(start))

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.ErrorIs(t, clock.Wait(ctx, time.Hour), context.DeadlineExceeded)
		require.Equal(t, 61*time.Second, time.Since(start))
	})
}
