package emulator_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
)

// BenchmarkBatchSend sends batches of 100 emails. The unit is one of them.
func BenchmarkBatchSend(b *testing.B) {
	emu := acme(b)
	client, template := emu.Client(), emu.ID("template", "order-receipt")
	n := 0
	b.ReportAllocs()
	for b.Loop() {
		items := make([]segmentflow.BatchSendItem, 100)
		for i := range items {
			n++
			params := receipt(template, n)
			items[i] = segmentflow.BatchSendItem{
				IdempotencyKey: fmt.Sprint("receipt:", n),
				TemplateID:     params.TemplateID,
				To:             params.To,
				Data:           params.Data,
			}
		}
		result, err := client.Emails.BatchSend(b.Context(), &segmentflow.BatchSendParams{Items: items})
		require.NoError(b, err)
		require.Equal(b, len(items), result.Accepted)
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(n), "µs/item")
}
