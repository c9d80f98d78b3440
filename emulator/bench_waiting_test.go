package emulator_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// hourly is a Journey that sends an email every hour.
const hourly = `
templates:
  - {key: chime, purpose: Transactional, definition: {subject: "Hello ${/profile/email}", text: An hour has passed.}}
journeys:
  - key: hourly
    status: Active
    entry: {type: event, event: joined}
    start: wait
    nodes: [{id: wait, type: delay, for: PT1H, next: mail}, {id: mail, type: email, template: chime, next: wait}]
`

// BenchmarkABubble lets 30 days pass in a synctest bubble, with a live clock and a Journey that sends an email every
// hour. A step is a node that a run leaves, so an hour with its email has two. Once nobody waits, once somebody waits
// for each email.
func BenchmarkABubble(b *testing.B) {
	const days = 30
	for name, pass := range map[string]func(*testing.T, *emulator.Emulator){
		"asleep": func(*testing.T, *emulator.Emulator) { time.Sleep(days*24*time.Hour + time.Minute) },
		"waiting": func(t *testing.T, emu *emulator.Emulator) {
			_, err := emu.AwaitEvent(t.Context(), "over")
			require.NoError(t, err)
		},
	} {
		b.Run(name, func(b *testing.B) {
			steps, used := 0, time.Duration(0)
			month := func(t *testing.T) {
				seed, err := emulator.ParseSeed([]byte(hourly))
				require.NoError(t, err)
				emu := emulator.Start(t, emulator.WithLiveClock(), emulator.WithSeedFile("testdata/acme.yaml"),
					emulator.WithSeed(seed))
				track := func(event string) {
					_, err := emu.Client().Events.Track(t.Context(), &segmentflow.TrackEventParams{
						Event: event, Profile: segmentflow.ProfileIdentity{Email: "alex@example.com"},
					})
					require.NoError(t, err)
				}
				begun := cpuTime()
				track("joined")
				go func() {
					time.Sleep(days * 24 * time.Hour)
					track("over")
				}()
				pass(t, emu)
				used += cpuTime() - begun
				require.InDelta(t, days*24, emu.Outbox().Count(), 1)
				steps += len(emu.Runs("hourly").All()[0].Path)
			}
			for b.Loop() {
				ok := testing.RunTests(func(string, string) (bool, error) { return true, nil }, []testing.InternalTest{{
					Name: b.Name(), F: func(t *testing.T) { synctest.Test(t, month) }}})
				require.True(b, ok)
			}
			b.ReportMetric(float64(used)/float64(steps)/1e6, "cpu-ms/step")
		})
	}
}
