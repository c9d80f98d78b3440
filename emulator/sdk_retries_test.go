package emulator_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// This file tests how the SDK repeats calls of real operations. Each test runs in a bubble, where waits take no time.

func inShopBubble(t *testing.T, test func(s shop)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { test(openShop(t)) })
}

func TestTheClientRepeatsWhatCannotHappenTwice(t *testing.T) {
	calls := map[string]func(s shop) error{
		"a read": func(s shop) error {
			_, err := s.client.Templates.Retrieve(s.Context(), s.receipt())
			return err
		},
		"a write with a documented key": func(s shop) error {
			_, err := s.client.Emails.Send(s.Context(), receipt(s.receipt(), 1))
			return err
		},
		"a write without one": func(s shop) error {
			_, err := s.client.Templates.Duplicate(s.Context(), s.receipt())
			return err
		},
	}
	for _, c := range []struct {
		fault                  emulator.Fault
		read, keyed, otherwise int
	}{
		{emulator.Fault{Drop: true}, 3, 3, 1},
		{emulator.Fault{Drop: true, AfterCommit: true}, 3, 3, 1},
		{emulator.Fault{Truncate: true}, 3, 3, 1},
		{emulator.Fault{Status: 429}, 3, 3, 3},
		{emulator.Fault{Status: 409, Code: "idempotency_in_progress"}, 3, 3, 1},
		{emulator.Fault{Status: 409, Code: "idempotency_key_reuse"}, 1, 1, 1},
		{emulator.Fault{Status: 409, Code: "concurrent_redeem"}, 1, 1, 1},
		{emulator.Fault{Status: 408}, 3, 3, 1},
		{emulator.Fault{Status: 500}, 3, 3, 1},
		{emulator.Fault{Status: 501}, 1, 1, 1},
		{emulator.Fault{Body: "<html>"}, 3, 3, 1},
		{emulator.Fault{Body: "<html>", Status: 200}, 1, 1, 1},
		{emulator.Fault{Status: 503}, 3, 3, 1},
		{emulator.Fault{Status: 504}, 3, 3, 1},
		{emulator.Fault{Status: 400}, 1, 1, 1},
		{emulator.Fault{Status: 422}, 1, 1, 1},
	} {
		for kind, want := range map[string]int{
			"a read":                        c.read,
			"a write with a documented key": c.keyed,
			"a write without one":           c.otherwise,
		} {
			t.Run(fmt.Sprintf("%s after %+v", kind, c.fault), func(t *testing.T) {
				inShopBubble(t, func(s shop) {
					struck := s.emu.Fail(c.fault)
					err := refusal(s, calls[kind](s))
					assert.Equal(s, want, struck.Hits())
					assert.Equal(s, want, err.Attempts)
					assert.LessOrEqual(s, s.emu.Outbox().Count(), 1)
				})
			})
		}
	}
}

func TestALostReplyIsRequestedAgainAndSendsOnce(t *testing.T) {
	for name, lost := range map[string]emulator.Fault{
		"dropped":            {AfterCommit: true, Drop: true},
		"cut in half":        {Truncate: true},
		"lost at a proxy":    {AfterCommit: true, Body: "<html>Gateway timeout", Status: 504},
		"later than allowed": {AfterCommit: true, Delay: time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			inShopBubble(t, func(s shop) {
				lost.Times = 1
				s.emu.Fail(lost)
				s.emu.Fail(emulator.Fault{Times: 1, Status: 409, Code: "idempotency_in_progress"})
				var reply segmentflow.Response
				send := s.send(receipt(s.receipt(), 1), segmentflow.WithResponse(&reply))
				require.Equal(s, 3, reply.Attempts)
				require.True(s, reply.Replayed)
				require.Equal(s, send.ID, s.emu.Outbox().Only(s).SendID)
				for _, entry := range listIn(s, s.get("/requests"), "requests") {
					require.Equal(s, reply.IdempotencyKey, entry["idempotencyKey"])
				}
			})
		})
	}
}

func TestALostReplyOfABatchSendsEachItemOnce(t *testing.T) {
	inShopBubble(t, func(s shop) {
		lost := s.emu.Fail(emulator.Fault{To: "bruno@example.com", Times: 2, AfterCommit: true, Drop: true})
		p := &segmentflow.BatchSendParams{Defaults: &segmentflow.BatchDefaults{TemplateID: s.receipt()}}
		for _, email := range []string{"alex@example.com", "bruno@example.com", "not an address"} {
			p.Items = append(p.Items, segmentflow.BatchSendItem{
				To: &segmentflow.Recipient{Email: email}, Data: object{"orderId": "o", "total": 1}})
		}
		batch, err := s.client.Emails.BatchSend(s.Context(), p)
		require.NoError(s, err)
		require.Equal(s, 2, lost.Hits())
		require.Equal(s, []int{2, 1}, []int{batch.Accepted, batch.Rejected})
		require.Equal(s, 2, s.emu.Outbox().Count())
		for i, msg := range s.emu.Outbox().All() {
			require.Equal(s, batch.Items[i].Send.ID, msg.SendID)
		}
	})
}

func TestSendAllMeetsFaultsAndLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		emu := emulator.Start(t, emulator.WithLiveClock())
		emu.RateLimit("batchSendEmails", 1, 10*time.Second)
		emu.Fail(emulator.Fault{Operation: "batchSendEmails", Times: 2, AfterCommit: true, Drop: true})
		template, n, start := emu.ID("template", "hello"), 0, time.Now()
		var items iter.Seq[segmentflow.BatchSendItem] = func(yield func(segmentflow.BatchSendItem) bool) {
			for i := range 250 {
				if !yield(segmentflow.BatchSendItem{TemplateID: template, IdempotencyKey: fmt.Sprint("k", i),
					To: &segmentflow.Recipient{Email: fmt.Sprintf("p%d@example.com", i)}}) {
					return
				}
			}
		}
		client, opts := emu.Client(segmentflow.WithMaxRetries(9)), segmentflow.SendAllOptions{Concurrency: 1}
		for result, err := range client.Emails.SendAll(t.Context(), items, opts) {
			require.NoError(t, err)
			require.Nil(t, result.Err)
			n++
		}
		require.Equal(t, []int{250, 250}, []int{n, emu.Outbox().Count()})
		took := time.Since(start)
		require.True(t, took >= 40*time.Second && took < 50*time.Second, "%v: five calls, one each 10 s", took)
	})
}

func TestTheNumberOfRetriesIsAnOption(t *testing.T) {
	for retries := range 5 {
		inShopBubble(t, func(s shop) {
			struck := s.emu.Fail(emulator.Fault{Status: 503})
			s.client = s.emu.Client(segmentflow.WithMaxRetries(retries))
			require.ErrorIs(s, s.sendRefused(receipt(s.receipt(), 1)), segmentflow.ErrUnavailable)
			require.Equal(s, retries+1, struck.Hits())
		})
	}
}

func TestTheClientWaitsAsLongAsItIsAsked(t *testing.T) {
	for _, after := range []time.Duration{time.Millisecond, 1250 * time.Millisecond, 30 * time.Second} {
		inShopBubble(t, func(s shop) {
			s.emu.Fail(emulator.Fault{Times: 2, Status: 429, RetryAfter: after})
			start := time.Now()
			s.send(receipt(s.receipt(), 1))
			require.Equal(s, 2*after, time.Since(start))
		})
	}
	inShopBubble(t, func(s shop) {
		s.emu.Fail(emulator.Fault{Times: 1, Status: 429, RetryAfter: 31 * time.Second})
		start := time.Now()
		require.Equal(s, 31*time.Second, s.sendRefused(receipt(s.receipt(), 1)).RetryAfter)
		require.Zero(s, time.Since(start))
	})
}

func TestAnAttemptThatHangsIsRepeated(t *testing.T) {
	inShopBubble(t, func(s shop) {
		s.emu.Fail(emulator.Fault{Times: 1, Delay: time.Hour})
		s.client = s.emu.Client(segmentflow.WithTimeout(2 * time.Second))
		start := time.Now()
		s.send(receipt(s.receipt(), 1))
		require.Less(s, time.Since(start), 3*time.Second)
	})
	inShopBubble(t, func(s shop) {
		s.emu.Fail(emulator.Fault{Delay: time.Hour})
		start := time.Now()
		require.ErrorIs(s, s.sendRefused(receipt(s.receipt(), 1)), context.DeadlineExceeded)
		require.InDelta(s, 90*time.Second, time.Since(start), float64(3*time.Second), "three times the default of 30 s")
	})
}

func TestAWaitThatCannotEndInTimeDoesNotBegin(t *testing.T) {
	inShopBubble(t, func(s shop) {
		struck := s.emu.Fail(emulator.Fault{Status: 429, RetryAfter: 5 * time.Second})
		ctx, cancel := context.WithTimeout(s.Context(), 5*time.Second)
		defer cancel()
		start := time.Now()
		_, err := s.client.Emails.Send(ctx, receipt(s.receipt(), 1))
		require.ErrorIs(s, err, segmentflow.ErrRateLimited, "the last response is returned")
		require.Equal(s, "req_00000001", refusal(s, err).RequestID)
		require.Zero(s, time.Since(start))
		require.Equal(s, 1, struck.Hits())
	})
}

func TestCancellingTheContextEndsAWait(t *testing.T) {
	inShopBubble(t, func(s shop) {
		struck := s.emu.Fail(emulator.Fault{Status: 429, RetryAfter: 20 * time.Second})
		ctx, cancel := context.WithCancelCause(s.Context())
		time.AfterFunc(time.Second, func() { cancel(errors.New("the shop is closed")) })
		start := time.Now()
		_, err := s.client.Emails.Send(ctx, receipt(s.receipt(), 1))
		require.ErrorIs(s, err, context.Canceled)
		require.Equal(s, time.Second, time.Since(start))
		require.Equal(s, 1, struck.Hits())
	})
}

func TestTheLastAnswerIsReturnedWhole(t *testing.T) {
	inShopBubble(t, func(s shop) {
		s.emu.Fail(emulator.Fault{Times: 1, Status: 500})
		s.emu.Fail(emulator.Fault{Times: 1, Truncate: true})
		s.emu.Fail(emulator.Fault{Status: 503, Message: "Back at noon.", Details: object{"until": "12:00"}})
		err := s.sendRefused(receipt(s.receipt(), 1))
		require.Equal(s, []any{503, 3, "Back at noon."}, []any{err.Status, err.Attempts, err.Message})
		require.Equal(s, object{"until": "12:00"}, err.Details)
		require.Contains(s, string(err.Body), "Back at noon.")
	})
	inShopBubble(t, func(s shop) {
		s.emu.Fail(emulator.Fault{Times: 1, Status: 503, Message: "Back at noon."})
		s.emu.Fail(emulator.Fault{Drop: true})
		err := s.sendRefused(receipt(s.receipt(), 1))
		require.ErrorIs(s, err, io.ErrUnexpectedEOF)
		require.Equal(s, []any{0, "", ""}, []any{err.Status, err.Message, string(err.Body)})
	})
}
