package emulator_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
)

func TestTheJournalHasTheNewestCallsWithMaskedKeys(t *testing.T) {
	s := openShop(t)
	require.Empty(t, listIn(t, s.get("/requests"), "requests"))
	var resp segmentflow.Response
	key := segmentflow.WithIdempotencyKey("receipt:1")
	s.send(receipt(s.receipt(), 1), key)
	s.send(receipt(s.receipt(), 1), key, segmentflow.WithResponse(&resp))
	unknown := "00000000-0000-4000-8000-000000000000"
	call(t, s.emu, "GET", "/api/v1/emails/"+unknown+"?secret=1", "", "x-api-key", "sk_live_abcdefghijkl")
	call(t, s.emu, "GET", "/api/v1/no-such", "", "x-api-key", "short")
	call(t, s.emu, "DELETE", "/api/v1/emails", "", "x-api-key", "")

	got := listIn(t, s.get("/requests"), "requests")
	require.Len(t, got, 5)
	require.Equal(t,
		map[string]any{
			"id":             resp.RequestID,
			"at":             "2026-03-02T09:00:00.000Z",
			"method":         "POST",
			"path":           "/api/v1/emails",
			"operation":      "sendEmail",
			"apiKey":         "sk_test_…ator",
			"keyLabel":       "default",
			"idempotencyKey": "receipt:1",
			"madeUp":         false,
			"status":         200.0,
			"error":          nil,
			"reason":         nil,
			"issues":         []any{},
			"rejected":       []any{},
			"replayed":       true,
			"fault":          nil,
		},
		got[3])
	require.Equal(t, "req_00000002", resp.RequestID)
	require.Equal(t, false, got[4]["replayed"])
	require.Equal(t,
		[]any{"sk_live_…ijkl", "unauthorized", 401.0, "/api/v1/emails/" + unknown},
		[]any{got[2]["apiKey"], got[2]["error"], got[2]["status"], got[2]["path"]})
	require.Equal(t, []any{"…", "not_found", nil}, []any{got[1]["apiKey"], got[1]["error"], got[1]["operation"]})
	require.Equal(t, []any{nil, "method_not_allowed"}, []any{got[0]["apiKey"], got[0]["error"]})
	require.Len(t, listIn(t, s.get("/requests?limit=2"), "requests"), 2)
	require.NotContains(t, fmt.Sprint(got), "sk_test_emulator")
	require.NotContains(t, fmt.Sprint(got), "secret")
	require.NotContains(t, fmt.Sprint(got), "alex@example.com")
}

func TestTheJournalIsBounded(t *testing.T) {
	s := openShop(t)
	for range 1010 {
		require.NotEmpty(t, call(t, s.emu, "GET", "/api/v1/no-such", "").header.Get("x-request-id"))
	}
	got := listIn(t, s.get("/requests"), "requests")
	require.Len(t, got, 1000)
	require.Equal(t, []any{"req_00001010", "req_00000011"}, []any{got[0]["id"], got[999]["id"]})
}
