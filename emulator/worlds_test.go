package emulator_test

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

func snapshot(t testing.TB, emu *emulator.Emulator) emulator.Image {
	t.Helper()
	img, err := emu.Snapshot()
	require.NoError(t, err)
	return img
}

// sameWorld compares images without printing them.
func sameWorld(t testing.TB, want, got emulator.Image, why string) {
	t.Helper()
	require.True(t, bytes.Equal(want, got), "%s: images of %d and %d bytes differ", why, len(want), len(got))
}

// shopOf is Acme Outdoor in a world that exists.
func shopOf(t *testing.T, emu *emulator.Emulator) shop {
	return shop{T: t, emu: emu, client: emu.Client()}
}

func (s shop) to(email string) *segmentflow.SendEmailParams {
	params := receipt(s.receipt(), 1)
	params.To = &segmentflow.Recipient{Email: email}
	return params
}

func (s shop) tries(email string) {
	s.Helper()
	s.track(&segmentflow.TrackEventParams{
		Event:   "trial.started",
		Profile: segmentflow.ProfileIdentity{Email: email},
		Data:    map[string]any{"plan": "Pro", "trialId": email},
	}, segmentflow.WithIdempotencyKey("trial-"+email))
}

// mail sends a receipt to an address.
func (s shop) mail(email string) *segmentflow.EmailSend {
	s.Helper()
	return s.send(s.to(email), segmentflow.WithIdempotencyKey("receipt-"+email))
}

// lived does what leaves all kinds of things in a world.
func (s shop) lived() {
	s.Helper()
	s.mail("alex@example.com")
	s.tries("alex@example.com")
	s.emu.NewAPIKey(emulator.APIKeySpec{Scopes: []string{"*"}})
	require.Equal(s, 400, s.sendRefused(s.to("not an address")).Status)
	s.emu.Advance(20 * time.Minute)
}

// goOn does the same in each world that it is called for, and returns all that a caller sees, and the image afterwards.
func (s shop) goOn() (seen []string, after emulator.Image) {
	s.Helper()
	send := s.mail("sam@example.com")
	refused := s.sendRefused(s.to("not an address"), segmentflow.WithIdempotencyKey("refused"))
	s.tries("sam@example.com")
	s.emu.Advance(72 * time.Hour)
	key := s.emu.NewAPIKey(emulator.APIKeySpec{Scopes: []string{"*"}})
	seen = []string{send.ID, refused.RequestID, key, s.emu.Now().String()}
	for _, m := range s.emu.Outbox().All() {
		seen = append(seen, m.ID, m.Subject)
	}
	return seen, snapshot(s, s.emu)
}

func TestWorldsOfAnImageGoOnAlike(t *testing.T) {
	s := openShop(t, emulator.WithSeedNumber(7))
	s.lived()
	fork, again := shopOf(t, s.emu.Fork(t)), shopOf(t, s.emu.For(t).Fork(t))
	image := snapshot(t, s.emu)
	started := shopOf(t, emulator.Start(t, emulator.WithImage(image), emulator.WithStartTime(monday)))
	sameWorld(t, image, snapshot(t, s.emu), "to look changes nothing")

	want, after := s.goOn()
	for name, other := range map[string]shop{"fork": fork, "fork of a handle": again, "WithImage": started} {
		got, its := other.goOn()
		require.Equal(t, want, got, name)
		sameWorld(t, after, its, name)

		other.emu.Reset()
		sameWorld(t, image, snapshot(t, other.emu), name+": Reset goes back to the image")
		got, its = other.goOn()
		require.Equal(t, want, got, name)
		sameWorld(t, after, its, name)
	}

	require.NoError(t, s.emu.Restore(image))
	sameWorld(t, image, snapshot(t, s.emu), "Restore")
	got, its := s.goOn()
	require.Equal(t, want, got)
	sameWorld(t, after, its, "after Restore")
}

func TestResetAfterRestoreGoesBackToTheStart(t *testing.T) {
	s := openShop(t)
	first := snapshot(t, s.emu)
	s.lived()
	lived := snapshot(t, s.emu)
	require.NoError(t, s.emu.Restore(lived))
	require.Equal(t, 2, s.emu.Outbox().To("alex@example.com").Count())
	s.emu.Reset()
	sameWorld(t, first, snapshot(t, s.emu), "Reset")
}

func TestAForkHasItsOwnFuture(t *testing.T) {
	s := openShop(t)
	s.lived()
	var fork *emulator.Emulator
	t.Run("subtest", func(t *testing.T) {
		fork = s.emu.Fork(t)
		shopOf(t, fork).mail("kim@example.com")
		fork.Advance(time.Hour)
		require.Equal(t, 1, fork.Outbox().To("kim@example.com").Count())
	})
	require.Zero(t, s.emu.Outbox().To("kim@example.com").Count())
	require.Equal(t, monday.Add(20*time.Minute), s.emu.Now())
	_, err := fork.Snapshot()
	require.ErrorContains(t, err, "closed", "a fork is closed with its test")

	require.NoError(t, s.emu.Close())
	_, err = s.emu.TryFork()
	require.ErrorContains(t, err, "emulator: Fork: the emulator is closed; call it before Close")
	require.ErrorContains(t, s.emu.Restore(emulator.Image("x")), "Restore")
	require.Panics(t, func() { s.emu.Fork(nil) })
}

// TestTheJournalOfAWorldFromAnImageIsEmpty also tests that a call made before Restore is not in the journal after it.
func TestTheJournalOfAWorldFromAnImageIsEmpty(t *testing.T) {
	s := openShop(t)
	s.lived()
	requests := func(emu *emulator.Emulator) []any {
		return call(t, emu, "GET", "/_emulator/requests", "").json(t)["requests"].([]any)
	}
	require.NotEmpty(t, requests(s.emu))
	require.Empty(t, requests(s.emu.Fork(t)))
	require.NoError(t, s.emu.Restore(snapshot(t, s.emu)))
	require.Empty(t, requests(s.emu))
}

func TestTheClockStartsAtTheInstantOfTheImage(t *testing.T) {
	s := openShop(t)
	s.emu.Advance(time.Hour)
	image, instant := snapshot(t, s.emu), monday.Add(time.Hour)
	for name, c := range map[string]struct {
		mode    string
		options []emulator.Option
	}{
		"running":        {"running", nil},
		"frozen":         {"manual", []emulator.Option{emulator.WithStartTime(monday)}},
		"frozen, later":  {"manual", []emulator.Option{emulator.WithStartTime(monday.AddDate(1, 0, 0))}},
		"live":           {"live", []emulator.Option{emulator.WithLiveClock()}},
		"live, at start": {"live", []emulator.Option{emulator.WithLiveClock(), emulator.WithStartTime(monday)}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { // its time begins in 2000
				emu := emulator.Start(t, append(c.options, emulator.WithImage(image))...)
				require.Equal(t, instant, emu.Now())
				mode := call(t, emu, "GET", "/_emulator/clock", "").json(t)["mode"]
				require.Equal(t, c.mode, mode)

				time.Sleep(time.Minute)
				moved := instant
				if mode != "manual" {
					moved = instant.Add(time.Minute)
				}
				require.Equal(t, moved, emu.Now())
				require.Equal(t, moved, emu.Fork(t).Now())
				require.NoError(t, emu.Restore(image))
				require.Equal(t, instant, emu.Now(), "Restore")
				time.Sleep(time.Minute)
				emu.Reset()
				require.Equal(t, instant, emu.Now(), "Reset")
			})
		})
	}
}

func TestALiveClockRunsWhatTheImageHasLeft(t *testing.T) {
	s := openShop(t)
	s.tries("sam@example.com")
	image, due := snapshot(t, s.emu), len(s.emu.Outbox().All())
	synctest.Test(t, func(t *testing.T) {
		emu := emulator.Start(t, emulator.WithLiveClock())
		require.NoError(t, emu.Restore(image))
		for name, emu := range map[string]*emulator.Emulator{
			"image": emulator.Start(t, emulator.WithLiveClock(), emulator.WithImage(image)),
			"fork":  emu.Fork(t),
			"old":   emu,
		} {
			time.Sleep(72*time.Hour + time.Second)
			synctest.Wait()
			require.Greater(t, emu.Outbox().Count(), due, name)
		}
	})
}

func TestSeedsAreAppliedOnTopOfAnImage(t *testing.T) {
	s := openShop(t)
	s.lived()
	image := snapshot(t, s.emu)
	seed := emulator.Seed{Profiles: []emulator.SeedProfile{{Email: "extra@example.com"}}}
	for name, options := range map[string][]emulator.Option{
		"memory": nil,
		"file":   {emulator.WithDatabase(filepath.Join(t.TempDir(), "world.db"))},
	} {
		t.Run(name, func(t *testing.T) {
			emu := emulator.Start(t, append(options, emulator.WithImage(image), emulator.WithSeed(seed))...)
			for range 2 {
				require.NotEmpty(t, emu.ID("profile", "extra@example.com"))
				require.Equal(t, 2, emu.Outbox().Count())
				shopOf(t, emu).mail("kim@example.com")
				emu.Reset()
			}
			require.NotEmpty(t, emu.Fork(t).ID("profile", "extra@example.com"))
		})
	}
	bad := emulator.Seed{Profiles: []emulator.SeedProfile{{Email: "no address"}}}
	_, err := emulator.New(emulator.WithImage(image), emulator.WithSeed(bad))
	require.ErrorContains(t, err, "/profiles/0/email: must be an email address")
}

func TestAForkHasTheOptions(t *testing.T) {
	s := openShop(t, emulator.WithPublicURL("https://mail.acme.example"), emulator.WithIdempotencyTTL(time.Hour),
		emulator.WithAllowedHosts("shop.internal"))
	fork := shopOf(t, s.emu.Fork(t).Fork(t))
	fork.tries("alex@example.com")
	require.Contains(t, fork.emu.Outbox().Only(t).HTML, "https://mail.acme.example/")
	first := fork.mail("kim@example.com")
	fork.emu.Advance(2 * time.Hour)
	require.NotEqual(t, first.ID, fork.mail("kim@example.com").ID, "the key is free again")
	require.Equal(t, monday.Add(2*time.Hour), fork.emu.Now(), "the clock stands still")
}

func TestRestoreUnderLoad(t *testing.T) {
	s := openShop(t, emulator.WithLiveClock())
	s.mail("alex@example.com")
	image := snapshot(t, s.emu)
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for n := range 10 {
				_, err := s.client.Emails.Send(context.Background(), s.to(fmt.Sprintf("p%d-%d@example.com", i, n)))
				if err != nil {
					t.Error(err)
				}
			}
		})
		wg.Go(func() {
			for range 5 {
				if err := s.emu.Restore(image); err != nil {
					t.Error(err)
				}
				if fork, err := s.emu.TryFork(); err != nil || fork.Close() != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	require.NoError(t, s.emu.Restore(image))
	require.Equal(t, "alex@example.com", s.emu.Outbox().Only(t).To[0].Email)
}

func TestRestoreRemovesFaultsAndRateLimits(t *testing.T) {
	emu := emulator.Start(t)
	img := snapshot(t, emu)
	for range 2 {
		down := emu.Fail(emulator.Fault{Status: 503})
		require.Equal(t, 1, down.Number())
		emu.RateLimit("", 1, time.Hour)

		require.NoError(t, emu.Restore(img))
		for range 2 {
			_, err := emu.Client().Templates.Retrieve(t.Context(), emu.ID("template", "hello"))
			require.NoError(t, err)
		}
		require.Zero(t, emu.Requests().Code("rate_limited").Count())
		require.Zero(t, down.Hits())
	}
}
