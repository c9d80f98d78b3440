package emulator_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

func joined(n int) *segmentflow.TrackEventParams {
	profile := segmentflow.ProfileIdentity{Email: fmt.Sprintf("p%d@example.com", n)}
	return &segmentflow.TrackEventParams{Event: "joined", Profile: profile}
}

// waitingRequests returns one request for each route that waits for the world.
func waitingRequests(link string) map[string]string {
	return map[string]string{
		"POST /api/v1/events":                    `{"event": "joined", "profile": {"email": "late@example.com"}}`,
		"GET /api/v1/profiles/" + someUUID:       "",
		"POST /_emulator/seed":                   `{"profiles": [{"email": "late@example.com"}]}`,
		"POST /_emulator/reset":                  "",
		"GET /_emulator/health":                  "",
		"GET /_emulator/clock":                   "",
		"POST /_emulator/clock/advance":          `{"duration": "1h"}`,
		"GET /_emulator/messages":                "",
		"GET /_emulator/messages/x/html":         "",
		"POST /_emulator/messages/x/outcome":     `{"type": "opened"}`,
		"GET /_emulator/runs":                    "",
		"GET /_emulator/explain/x":               "",
		"POST /_emulator/confirmations/x/reject": "",
		"GET " + link:                            "",
		"POST " + link:                           "",
	}
}

func TestACallsDeadlineEndsItsWait(t *testing.T) {
	s := letters(t)
	link := strings.Trim(s.letter("alex@example.com").Headers.Get("List-Unsubscribe"), "<>")
	browser := browse(t, s.emu)
	open(t, browser, s.emu.LoginURL())
	before, profiles, changes := s.emu.Now(), profilesOf(t, s.emu), s.emu.SubscriptionChanges("alex@example.com")
	free := s.emu.Occupy()
	defer free() // a test that fails must not wait

	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := s.client.Events.Track(ctx, joined(1))
	require.ErrorIs(t, err, context.DeadlineExceeded)
	for door, body := range waitingRequests(pathOf(t, link)) {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Millisecond)
		method, path, _ := strings.Cut(door, " ")
		r, err := http.NewRequestWithContext(ctx, method, "https://emulator.test"+path, bytes.NewReader([]byte(body)))
		require.NoError(t, err)
		r.Header = http.Header{"X-Api-Key": {s.emu.APIKey()}, "Idempotency-Key": {"k"}}
		r.Header.Set("Content-Type", "application/json")
		response, err := s.emu.Transport().RoundTrip(r)
		if response != nil {
			response.Body.Close()
		}
		require.ErrorIs(t, err, context.DeadlineExceeded, door)
		cancel()
	}

	for _, path := range []string{"/dashboard", "/dashboard/confirmations/x"} {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Millisecond)
		r, err := http.NewRequestWithContext(ctx, "GET", "https://emulator.test"+path, nil)
		require.NoError(t, err)
		response, err := browser.Do(r)
		if response != nil {
			response.Body.Close()
		}
		require.ErrorIs(t, err, context.DeadlineExceeded, path)
		cancel()
	}

	free()
	require.Equal(t, before, s.emu.Now())
	require.Equal(t, profiles, profilesOf(t, s.emu), "the calls did nothing")
	require.Equal(t, changes, s.emu.SubscriptionChanges("alex@example.com"))
}

func TestACanceledCallDoesNothing(t *testing.T) {
	emu := emulator.Start(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := emu.Client().Events.Track(ctx, joined(1))
	require.ErrorIs(t, err, context.Canceled)
	require.Zero(t, profilesOf(t, emu))
	require.Len(t,
		listIn(t, shop{T: t, emu: emu}.get("/requests"), "requests"), 1,
		"only the call that lists the Profiles")
}

// A call that returns an error must have done nothing, and a call that returns no error must have been done.
func TestCallsWithShortDeadlinesAreDoneExactlyIfTheySucceed(t *testing.T) {
	const clients, calls = 16, 40
	emu := emulator.Start(t)
	var done, ended, next atomic.Int64
	var wg sync.WaitGroup
	for range clients {
		wg.Go(func() {
			client := emu.Client(segmentflow.WithMaxRetries(0))
			for range calls {
				n := int(next.Add(1))
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(n%7)*200*time.Microsecond)
				_, err := client.Events.Track(ctx, joined(n))
				cancel()
				switch {
				case err == nil:
					done.Add(1)
				case errors.Is(err, context.DeadlineExceeded):
					ended.Add(1)
				default:
					t.Error(err)
				}
			}
		})
	}

	wg.Wait()
	require.EqualValues(t, clients*calls, done.Load()+ended.Load())
	require.EqualValues(t, done.Load(), profilesOf(t, emu))
}

func TestACallsDeadlineEndsItsWaitInABubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		emu := emulator.Start(t, emulator.WithLiveClock())
		free := emu.Occupy()
		defer free() // a test that fails must not wait
		begun := time.Now()
		var wg sync.WaitGroup
		for n := range 20 {
			wg.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
				defer cancel()
				_, err := emu.Client().Events.Track(ctx, joined(n))
				if !errors.Is(err, context.DeadlineExceeded) {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		require.Equal(t, 50*time.Millisecond, time.Since(begun), "on the clock of the bubble")
		free()
		require.Zero(t, profilesOf(t, emu))
		wg.Go(func() {
			_, err := emu.Client().Events.Track(t.Context(), joined(1))
			if err != nil {
				t.Error(err)
			}
		})
		wg.Wait()
		require.Equal(t, 1, profilesOf(t, emu))
	})
}

func TestAnEmulatorMadeOutsideABubbleWorksInside(t *testing.T) {
	emu := emulator.Start(t)
	synctest.Test(t, func(t *testing.T) {
		_, err := emu.Client().Events.Track(t.Context(), joined(1))
		require.NoError(t, err)
	})
	require.Equal(t, 1, profilesOf(t, emu))
}

func TestAnUnfinishedBodyEndsWithItsContext(t *testing.T) {
	emu := emulator.Start(t)
	body, feed := io.Pipe()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, "POST", "http://x/_emulator/seed", body)
	require.NoError(t, err)
	response, err := emu.Transport().RoundTrip(r)
	if response != nil {
		response.Body.Close()
	}
	require.ErrorIs(t, err, context.DeadlineExceeded)
	_, err = feed.Write([]byte("{"))
	require.ErrorIs(t, err, io.ErrClosedPipe)
}

// expiring is a context that ends after its Err method was called a number of times.
type expiring struct {
	context.Context
	asked, enough int
}

func (b *expiring) Err() error {
	if b.asked++; b.asked > b.enough {
		return context.Canceled
	}
	return nil
}

func TestACallsContextEndsItsWaitForWhatIsDue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		emu := emulator.Start(t)
		s := shop{T: t, emu: emu, client: emu.Client()}
		profiles := profilesOf(t, s.emu)
		var journeys []emulator.SeedJourney
		for i := range 300 {
			journeys = append(journeys, emits(fmt.Sprint("j", i), "go", "gone", 1, "PT1S"))
		}
		seedJourneys(t, s.emu, journeys...)
		for i := range 5 {
			s.trackEvent(fmt.Sprintf("p%d@example.com", i), "go")
		}
		time.Sleep(2 * time.Second) // on the clock of the bubble: 1500 runs are due now
		gone := func() (n int) {
			for _, r := range s.emu.Runs("j7").All() {
				if r.Status == segmentflow.JourneyRunStatusCompleted {
					n++
				}
			}
			return n
		}
		ctx := &expiring{Context: t.Context(), enough: 8}
		r, err := http.NewRequestWithContext(ctx, "POST", "https://emulator.test/api/v1/events",
			strings.NewReader(`{"event": "joined", "profile": {"email": "late@example.com"}}`))
		require.NoError(t, err)
		r.Header = http.Header{
			"X-Api-Key":       {s.emu.APIKey()},
			"Idempotency-Key": {"k"},
			"Content-Type":    {"application/json"},
		}
		response, err := s.emu.Transport().RoundTrip(r)
		if response != nil {
			response.Body.Close()
		}
		require.ErrorIs(t, err, context.Canceled)
		require.Greater(t, ctx.asked, ctx.enough)
		require.Equal(t, 5, gone(), "the next call runs what is still due")
		require.Empty(t, s.emu.Runs("j7").All()[0].Error)
		require.Equal(t, profiles+5, profilesOf(t, s.emu), "the call did nothing")
	})
}
