package relay_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator/internal/relay"
)

var (
	nine  = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	taken = relay.Result{Kind: relay.Taken, Code: "250", Text: "OK"}
	again = relay.Result{Kind: relay.Again, Code: "451", Text: "try later"}
)

func TestATemporaryRefusalIsTriedFourTimes(t *testing.T) {
	h := relay.To("alex@example.com", []string{"ALEX@example.com", "books@example.com"})
	require.Equal(t, []string{"alex@example.com", "books@example.com"}, h.Pending)
	at := nine
	for _, wait := range []time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute} {
		require.Equal(t, relay.Outcome{}, h.End(at, again))
		require.Equal(t, at.Add(wait), h.Next)
		at = h.Next
	}
	require.Equal(t, relay.Outcome{Failure: "relay_failed: 451"}, h.End(at, again))
	require.Zero(t, h.Next)
	require.Len(t, h.Tries, 4)
	require.Equal(t, relay.Try{At: nine, Reply: "451 try later"}, h.Tries[0])
}

func TestTheEndOfAConversation(t *testing.T) {
	for name, test := range map[string]struct {
		result relay.Result
		want   relay.Outcome
		next   bool
	}{
		"taken":   {taken, relay.Outcome{Sent: true}, false},
		"again":   {again, relay.Outcome{}, true},
		"refused": {relay.Result{Kind: relay.Refused, Code: "550"}, relay.Outcome{Failure: "relay_failed: 550"}, false},
		"unknown": {relay.Result{Kind: relay.Unknown}, relay.Outcome{Failure: "relay_interrupted"}, false},
		"unsent":  {relay.Result{Kind: relay.Unsent, Code: "no_connection"}, relay.Outcome{Stopped: true}, false},
	} {
		h := relay.To("alex@example.com", nil)
		require.Equal(t, test.want, h.End(nine, test.result), name)
		require.Equal(t, test.next, !h.Next.IsZero(), name)
	}
}

func TestTheLastTryIsNotRepeated(t *testing.T) {
	h := relay.To("alex@example.com", nil)
	h.Last = true
	require.Equal(t, relay.Outcome{Failure: "relay_failed: 451"}, h.End(nine, again))
}

func TestOnlyRefusedCopiesAreTriedAgain(t *testing.T) {
	h := relay.To("alex@example.com", []string{"a@example.com", "b@example.com", "c@example.com"})
	partly := taken
	partly.Refusals = []relay.Refusal{
		{Email: "a@example.com", Code: "550", Text: "no"}, {Email: "b@example.com", Code: "450", Text: "later"},
	}
	dropped := []relay.Left{{Email: "a@example.com", Reason: "relay_failed: 550"}}
	require.Equal(t, relay.Outcome{Sent: true, Left: dropped}, h.End(nine, partly))
	require.Equal(t, []string{"b@example.com"}, h.Copies())
	require.Equal(t, nine.Add(time.Minute), h.Next)
	mail := h.Mail("hello@example.com", nil)
	require.False(t, mail.Needed)
	require.Equal(t, []string{"b@example.com"}, mail.To)

	refused := relay.Result{Kind: relay.Taken, Refusals: partly.Refusals[1:]}
	require.Equal(t, "b@example.com: 450 later", refused.String(), "there is no reply to an email")

	left := func(reason string) relay.Outcome {
		return relay.Outcome{Left: []relay.Left{{Email: "b@example.com", Reason: reason}}}
	}
	for _, end := range []struct {
		result relay.Result
		want   relay.Outcome
	}{
		{taken, relay.Outcome{}},
		{relay.Result{Kind: relay.Refused, Code: "554"}, left("relay_failed: 554")},
		{relay.Result{Kind: relay.Unknown}, left("relay_interrupted")},
	} {
		next := *h
		require.Equal(t, end.want, next.End(h.Next, end.result))
		require.Zero(t, next.Next)
	}
}
