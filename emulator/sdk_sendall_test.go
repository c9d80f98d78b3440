package emulator_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// backfill sends n emails, and checks that each was sent once.
func backfill(t *testing.T, emu *emulator.Emulator, n int, opts ...segmentflow.Option) {
	t.Helper()
	template, at := emu.ID("template", "hello"), 0
	items := func(yield func(segmentflow.BatchSendItem) bool) {
		for i := range n {
			if !yield(segmentflow.BatchSendItem{TemplateID: template, IdempotencyKey: fmt.Sprint("k", i),
				To: &segmentflow.Recipient{Email: fmt.Sprintf("p%d@example.com", i)}}) {
				return
			}
		}
	}
	for item, err := range emu.Client(opts...).Emails.SendAll(t.Context(), items, segmentflow.SendAllOptions{}) {
		require.NoError(t, err)
		require.Nil(t, item.Err)
		require.Equal(t, at, item.Index)
		at++
	}
	require.Equal(t, n, at)

	times := map[string]int{}
	for _, msg := range emu.Outbox().All() {
		times[msg.To[0].Email]++
	}
	require.Len(t, times, n)
	for email, sent := range times {
		require.Equal(t, 1, sent, email)
	}
}

func TestARangeOf10000EmailsPassesARateLimit(t *testing.T) {
	for name, opts := range map[string][]segmentflow.Option{
		"of the API":                    nil,
		"of the API, without retries":   {segmentflow.WithMaxRetries(0)},
		"of the API, and of the client": {segmentflow.WithRateLimit(2, time.Second)},
	} {
		t.Run(name, func(t *testing.T) {
			n := 1000
			if opts == nil {
				n = 10_000
			}
			emu := emulator.Start(t, emulator.WithStartTime(monday))
			emu.RateLimit("batchSendEmails", 2, time.Second)
			backfill(t, emu, n, opts...)
			assert.Equal(t, monday, emu.Now(), "no wait has taken time")
		})
	}
}

func TestARangeOfEmailsPassesARateLimitInABubble(t *testing.T) {
	for name, clock := range map[string]emulator.Option{
		"a live clock": emulator.WithLiveClock(), "a running clock": running, "a frozen clock": frozen,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				emu := emulator.Start(t, clock)
				emu.RateLimit("batchSendEmails", 2, time.Second)
				start := time.Now()
				backfill(t, emu, 1000)
				require.GreaterOrEqual(t, time.Since(start), 4*time.Second, "ten batches, two at once and two a second")
				require.Less(t, time.Since(start), 20*time.Second)
			})
		})
	}
}

func TestAClientWithARateLimitOfItsOwnIsNotRefused(t *testing.T) {
	emu := emulator.Start(t, emulator.WithStartTime(monday))
	emu.RateLimit("sendEmail", 5, time.Minute)
	client := emu.Client(segmentflow.WithRateLimit(5, time.Minute))
	for range 30 {
		require.NoError(t, hello(t, emu, client))
	}
	require.Equal(t, 30, emu.Requests().Count())
	require.Equal(t, 30, emu.Outbox().Count())
}
