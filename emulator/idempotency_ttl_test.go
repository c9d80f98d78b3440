package emulator_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// keyedCall makes one call with the key "k". Calls with equal n are the same request. It returns the id of what the
// call created, so that a replay returns the id of the first call.
type keyedCall func(s shop, n int) (string, error)

func keyedSend(s shop, n int) (string, error) {
	send, err := s.client.Emails.Send(s.Context(), receipt(s.receipt(), n), segmentflow.WithIdempotencyKey("k"))
	if err != nil {
		return "", err
	}
	return send.ID, nil
}

func keyedItem(s shop, n int) (string, error) {
	list := items(s, "k")
	list[0].Data = receipt(s.receipt(), n).Data
	batch, err := s.client.Emails.BatchSend(s.Context(), &segmentflow.BatchSendParams{Items: list})
	if err != nil {
		return "", err
	}
	if err := batch.Err(); err != nil {
		return "", err
	}
	return batch.Items[0].Send.ID, nil
}

func keyedEvent(s shop, n int) (string, error) {
	p := &segmentflow.TrackEventParams{
		Event:   "shelf.opened",
		Profile: segmentflow.ProfileIdentity{Email: "alex@example.com"},
		Data:    map[string]any{"shelf": n},
	}
	event, err := s.client.Events.Track(s.Context(), p, segmentflow.WithIdempotencyKey("k"))
	if err != nil {
		return "", err
	}
	return event.EventID, nil
}

func keyedTrigger(s shop, n int) (string, error) {
	p := &segmentflow.TriggerJourneyParams{
		Profile:   segmentflow.TriggerProfile{Email: "chiara@example.com"},
		Variables: map[string]any{"newTier": []string{"", "silver", "gold", "black"}[n]},
	}
	run, err := s.client.Journeys.Trigger(s.Context(), "loyalty-upgrade", p, segmentflow.WithIdempotencyKey("k"))
	if err != nil {
		return "", err
	}
	return run.RunID, nil
}

// eachKeyedCall runs a test for each kind of call, each in its own world.
func eachKeyedCall(t *testing.T, test func(s shop, call keyedCall), opts ...emulator.Option) {
	t.Helper()
	for name, call := range map[string]keyedCall{
		"send": keyedSend, "batch item": keyedItem, "event": keyedEvent, "trigger": keyedTrigger,
	} {
		t.Run(name, func(t *testing.T) { test(openShop(t, opts...), call) })
	}
}

func (s shop) made(call keyedCall, n int) string {
	s.Helper()
	id, err := call(s, n)
	require.NoError(s, err)
	require.NotEmpty(s, id)
	return id
}

func (s shop) reuseRefused(call keyedCall, n int) {
	s.Helper()
	_, err := call(s, n)
	require.ErrorIs(s, err, segmentflow.ErrIdempotencyKeyReuse)
}

func TestAKeyReplaysUntilItsTTLHasPassed(t *testing.T) {
	const ttl = time.Hour
	eachKeyedCall(t, func(s shop, call keyedCall) {
		first := s.made(call, 1)
		require.Equal(s, first, s.made(call, 1))

		s.emu.Advance(ttl - time.Millisecond)
		require.Equal(s, first, s.made(call, 1), "the key still replays a millisecond before the end")
		s.reuseRefused(call, 2)

		s.emu.Advance(time.Millisecond)
		second := s.made(call, 1)
		require.NotEqual(s, first, second, "the same request is a new call at the end")
		require.Equal(s, second, s.made(call, 1))
	}, emulator.WithIdempotencyTTL(ttl))
}

func TestAKeyWhoseTTLHasPassedAcceptsAnotherRequest(t *testing.T) {
	const ttl = 24 * time.Hour
	for name, wait := range map[string]time.Duration{"at the end": ttl, "long after": 30 * ttl} {
		t.Run(name, func(t *testing.T) {
			eachKeyedCall(t, func(s shop, call keyedCall) {
				first := s.made(call, 1)
				s.emu.Advance(wait)
				second := s.made(call, 2)
				require.NotEqual(s, first, second)

				s.reuseRefused(call, 1)
				s.emu.Advance(ttl - time.Millisecond)
				require.Equal(s, second, s.made(call, 2), "the new call's TTL counts from the new call")
			}, emulator.WithIdempotencyTTL(ttl))
		})
	}
}

func TestAReplayDoesNotExtendTheTTLOfItsKey(t *testing.T) {
	s := openShop(t, emulator.WithIdempotencyTTL(time.Hour))
	first := s.made(keyedSend, 1)
	s.emu.Advance(40 * time.Minute)
	require.Equal(t, first, s.made(keyedSend, 1))
	s.reuseRefused(keyedSend, 2)
	s.emu.Advance(20 * time.Minute)
	require.NotEqual(t, first, s.made(keyedSend, 1))
	require.Equal(t, 2, s.emu.Outbox().Count())
}

func TestWithoutATTLAKeyAlwaysReplays(t *testing.T) {
	eachKeyedCall(t, func(s shop, call keyedCall) {
		first := s.made(call, 1)
		s.emu.Advance(10 * 365 * 24 * time.Hour)
		require.Equal(s, first, s.made(call, 1))
		s.reuseRefused(call, 2)
	})
}

func TestATTLAppliesToTheKeysOfAReopenedFile(t *testing.T) {
	file := emulator.WithDatabase(t.TempDir() + "/world.db")
	s := openShop(t, file, emulator.WithIdempotencyTTL(time.Hour))
	first := s.made(keyedSend, 1)
	s.emu.Advance(time.Hour - time.Millisecond)
	require.NoError(t, s.emu.Close())

	s = openShop(t, file, emulator.WithIdempotencyTTL(time.Hour))
	require.Equal(t, first, s.made(keyedSend, 1))
	s.emu.Advance(time.Millisecond)
	require.NotEqual(t, first, s.made(keyedSend, 1))
}
