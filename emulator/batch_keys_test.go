package emulator_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// threeReceipts are items of which only the second has a key of its own.
func threeReceipts(s shop) *segmentflow.BatchSendParams {
	items := make([]segmentflow.BatchSendItem, 3)
	for i := range items {
		items[i] = receiptItem(s)
	}
	items[1].IdempotencyKey = "receipt:1"
	return &segmentflow.BatchSendParams{Items: items}
}

func TestABatchWhoseReplyWasLostIsRepeatedByTheKeyInItsError(t *testing.T) {
	for name, opts := range map[string][]segmentflow.CallOption{
		"a made-up key":        nil,
		"a key of the call":    {segmentflow.WithIdempotencyKey("receipts:march")},
		"the longest key":      {segmentflow.WithIdempotencyKey(strings.Repeat("é", 255))},
		"a key with a percent": {segmentflow.WithIdempotencyKey(`<"100 %" & more>`)},
	} {
		t.Run(name, func(t *testing.T) {
			s := openShop(t)
			s.emu.Fail(emulator.Fault{Operation: "batchSendEmails", Times: 3, AfterCommit: true, Drop: true})
			params := threeReceipts(s)
			var resp segmentflow.Response
			_, err := s.client.Emails.BatchSend(t.Context(), params, append(opts, segmentflow.WithResponse(&resp))...)
			lost := refusal(t, err)
			require.Equal(t, 3, lost.Attempts)
			require.Equal(t, resp.IdempotencyKey, lost.IdempotencyKey)
			require.Equal(t, 3, s.emu.Outbox().Count(), "the attempts have sent each item once")

			same := segmentflow.WithIdempotencyKey(lost.IdempotencyKey)
			again := must(s.client.Emails.BatchSend(t.Context(), params, same))(t)
			require.Equal(t, 3, again.Accepted)
			require.Equal(t, 3, s.emu.Outbox().Count(), "the repeated call sends nothing")
		})
	}
}

func TestTheItemsOfABatchGetKeysOfItsKey(t *testing.T) {
	s := openShop(t)
	keys := func(key string, at int) string {
		batch := must(s.client.Emails.BatchSend(t.Context(), threeReceipts(s), segmentflow.WithIdempotencyKey(key)))(t)
		return batch.Items[at].IdempotencyKey
	}
	require.Equal(t, "march/0", keys("march", 0))
	require.Equal(t, "receipt:1", keys("april", 1))
	require.Equal(t, strings.Repeat("x", 253)+"/2", keys(strings.Repeat("x", 253), 2))
	require.Regexp(t, "^sha256:[0-9a-f]{64}/2$", keys(strings.Repeat("x", 254), 2))
	require.NotEqual(t, keys(strings.Repeat("x", 254), 2), keys(strings.Repeat("y", 254), 2))
}

func TestARejectedItemShowsTheKeyThatWasMadeForIt(t *testing.T) {
	s := openShop(t)
	params := &segmentflow.BatchSendParams{Items: make([]segmentflow.BatchSendItem, 2)}
	batch := must(s.client.Emails.BatchSend(t.Context(), params, segmentflow.WithIdempotencyKey("march")))(t)
	for i, item := range batch.Items {
		require.Equal(t, fmt.Sprint("march/", i), item.IdempotencyKey)
		require.Equal(t, item.IdempotencyKey, item.Err.IdempotencyKey)
	}
}

// TestARefusedBatchLeavesNoKeyOpen has batches that are refused before the emulator looks at their items.
func TestARefusedBatchLeavesNoKeyOpen(t *testing.T) {
	s := openShop(t)
	first := receiptKeys(t, s)
	reads := emulator.APIKeySpec{Scopes: []string{"emails:read"}}
	for status, refused := range map[int]func() (*segmentflow.Client, string){
		401: func() (*segmentflow.Client, string) { return s.emu.ClientFor("sk_unknown_key"), "application/json" },
		403: func() (*segmentflow.Client, string) {
			return s.emu.ClientFor(s.emu.NewAPIKey(reads)), "application/json"
		},
		415: func() (*segmentflow.Client, string) { return s.client, "text/plain" },
	} {
		s.emu.Reset()
		client, contentType := refused()
		header := segmentflow.WithHeader("Content-Type", contentType)
		_, err := client.Emails.BatchSend(t.Context(), threeReceipts(s), header)
		require.Equal(t, status, refusal(t, err).Status)
		s.emu.Reset()
		require.Equal(t, first, receiptKeys(t, s), status)
	}
}

func TestTheItemsOfABatchCountAsMadeUpByTheirKeys(t *testing.T) {
	s := openShop(t)
	madeUp := func(opts ...segmentflow.CallOption) any {
		must(s.client.Emails.BatchSend(t.Context(), threeReceipts(s), opts...))(t)
		return listIn(t, s.get("/requests?limit=1"), "requests")[0]["madeUp"]
	}
	require.Equal(t, true, madeUp())
	require.Equal(t, false, madeUp(segmentflow.WithIdempotencyKey("march")))
}
