package emulator_test

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator"
)

// campaign is a world with n more gold members, and the path of a Broadcast to them.
func campaign(b *testing.B, n int, opts ...emulator.Option) (p benchPress, path string) {
	emu := acme(b, opts...)
	seed := emulator.Seed{}
	for i := range n {
		seed.Profiles = append(seed.Profiles, emulator.SeedProfile{Email: fmt.Sprintf("shopper%d@example.com", i),
			Properties: map[string]any{"tier": "gold", "firstName": fmt.Sprint("Shopper ", i)}})
	}
	require.NoError(b, emu.Seed(seed))
	p = benchPress{b, emu}
	body := fmt.Sprintf(
		`{"name": "Sale", "segmentId": %q, "subscriptionGroupId": %q, "templateId": %q}`,
		emu.ID("segment", "gold"),
		emu.ID("subscriptionGroup", "offers"), emu.ID("template", "autumn-sale"))
	return p, "/api/v1/broadcasts/" + p.post("/api/v1/broadcasts", body)["id"].(string)
}

type benchPress struct {
	*testing.B
	emu *emulator.Emulator
}

func (p benchPress) post(path, body string) map[string]any {
	a := call(p.B, p.emu, "POST", path, body)
	require.Less(p.B, a.status, 300, a.body)
	return a.json(p.B)
}

// BenchmarkBroadcast sends a Broadcast to 100 000 Profiles, in memory and with a database file. The time of the
// snapshot includes the preflight before it and the first batch after it.
func BenchmarkBroadcast(b *testing.B) {
	n := large()
	for name, opts := range map[string]func() []emulator.Option{
		"memory": func() []emulator.Option { return nil },
		"file": func() []emulator.Option {
			return []emulator.Option{emulator.WithDatabase(filepath.Join(b.TempDir(), "world.db"))}
		},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				p, path := campaign(b, n, opts()...)
				timed := func(unit string, per float64, act func()) {
					start := time.Now()
					act()
					b.ReportMetric(time.Since(start).Seconds()*per, unit)
				}
				timed("preview-ms", 1000, func() { p.post(path+"/preview", "") })
				timed("preflight-ms", 1000, func() { p.post(path+"/preflight", "") })
				id := p.post(path+"/confirmation", "")["confirmationId"].(string)
				timed("snapshot-ms", 1000, func() { require.NoError(b, p.emu.Human().Approve(id)) })
				b.StartTimer()
				start := time.Now()
				p.emu.Advance(time.Minute)
				b.ReportMetric(float64(n)/time.Since(start).Seconds(), "mails/s")
				b.StopTimer()
				require.Equal(b, n+1, p.emu.Outbox().Carrier(emulator.CarrierBroadcast).Count())
				timed("results-ms", 1000, func() { call(b, p.emu, "GET", path+"/results", "") })
				b.ReportMetric(float64(resident(b))/1e6, "MB")
				b.StartTimer()
			}
		})
	}
}
