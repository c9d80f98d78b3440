package wire_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator/internal/wire"
)

const receipt = `{"templateId":"8a1c7b0e-52f4-4c1c-9b57-2f5a6f1f0c55",
	"to":{"email":"alex@example.com","externalId":"cus_123"},
	"data":{"orderId":"ord_9421","total":42.5,"lines":[{"sku":"tent-2","name":"Tent","price":"42.50"}]}}`

func BenchmarkCheckSendEmail(b *testing.B) {
	op := operation(b, "sendEmail")
	r := httptest.NewRequest(op.Method, op.Path, strings.NewReader(receipt))
	r.Header.Set("Idempotency-Key", "receipt:ord_9421")
	_, issues := op.Check(r, []byte(receipt), r.PathValue)
	require.Empty(b, issues)
	b.ReportAllocs()
	for b.Loop() {
		op.Check(r, []byte(receipt), r.PathValue)
	}
}

func BenchmarkCheckIngestTrack(b *testing.B) {
	item := map[string]any{
		"type": "track", "messageId": "0191d8f4-7f3a-7c1e-9b57-2f5a6f1f0c55/17", "event": "pricing.seen",
		"email": "alex@example.com", "properties": map[string]any{"path": "/pricing", "title": "What it costs"},
	}
	require.Empty(b, wire.CheckSchema("IngestTrack", item))
	b.ReportAllocs()
	for b.Loop() {
		wire.CheckSchema("IngestTrack", item)
	}
}

func operation(tb testing.TB, id string) *wire.Operation {
	tb.Helper()
	for _, op := range wire.Operations() {
		if op.ID == id {
			return &op
		}
	}
	require.FailNow(tb, "no operation "+id)
	return nil
}
