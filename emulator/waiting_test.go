package emulator_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// worker is code under test that sends from a goroutine of its own, after its handler has answered.
type worker struct {
	client *segmentflow.Client
	jobs   chan string
	done   sync.WaitGroup
}

func startWorker(t *testing.T, client *segmentflow.Client, template string) *worker {
	w := &worker{client: client, jobs: make(chan string, 200)}
	w.done.Go(func() {
		for to := range w.jobs {
			if _, err := w.client.Emails.Send(context.Background(), &segmentflow.SendEmailParams{
				TemplateID: template, To: &segmentflow.Recipient{Email: to},
			}); err != nil {
				t.Error(err)
			}
		}
	})
	t.Cleanup(w.stop)
	return w
}

func (w *worker) stop() {
	close(w.jobs)
	w.done.Wait()
}

func (w *worker) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	w.jobs <- r.FormValue("to")
	rw.WriteHeader(http.StatusAccepted)
}

func TestAnEmailThatAWorkerSendsIsAwaited(t *testing.T) {
	for name, opts := range map[string][]emulator.Option{
		"a running clock": nil,
		"a frozen clock":  {emulator.WithStartTime(monday)},
		"a live clock":    {emulator.WithLiveClock()},
		"a file":          {emulator.WithDatabase(filepath.Join(t.TempDir(), "world.db"))},
	} {
		t.Run(name, func(t *testing.T) {
			emu := emulator.Start(t, opts...)
			w := startWorker(t, emu.Client(), emu.ID("template", "hello"))
			for range 2 {
				recorder := httptest.NewRecorder()
				w.ServeHTTP(recorder, httptest.NewRequest("POST", "/?to=alex@example.com", nil))
				require.Equal(t, http.StatusAccepted, recorder.Code)
				msg := emu.Outbox().To("ALEX@example.com ").Template("hello").Eventually(t)
				require.Equal(t, "Hello", msg.Subject)
			}
			again, err := emu.Outbox().Await(t.Context())
			require.NoError(t, err)
			require.Equal(t, emu.Outbox().All()[0].ID, again.ID, "the first")
		})
	}
}

// ended returns a context that has ended.
func ended(t *testing.T) context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}

func TestAContextThatHasEndedLooksOnce(t *testing.T) {
	s := openShop(t)
	_, err := s.emu.Outbox().Await(ended(t))
	require.ErrorIs(t, err, context.Canceled)
	_, err = s.emu.AwaitRun(ended(t), "trial-onboarding", "chiara@example.com")
	require.ErrorIs(t, err, context.Canceled)
	_, err = s.emu.AwaitEvent(ended(t), "trial.started")
	require.ErrorIs(t, err, context.Canceled)

	tracked := s.track(trial("Pro", "t1"))
	msg, err := s.emu.Outbox().To("chiara@example.com").Await(ended(t))
	require.NoError(t, err)
	require.Contains(t, msg.Subject, "Welcome")
	run, err := s.emu.AwaitRun(ended(t), "trial-onboarding", " CHIARA@example.com")
	require.NoError(t, err)
	require.Equal(t, s.onlyRun("trial-onboarding"), run)
	run, err = s.emu.AwaitRun(ended(t), strings.ToUpper(s.emu.ID("journey", "trial-onboarding")), "")
	require.NoError(t, err)
	require.Equal(t, s.onlyRun("trial-onboarding"), run)
	event, err := s.emu.AwaitEvent(ended(t), "trial.started")
	require.NoError(t, err)
	require.Equal(t, s.emu.Event(tracked.EventID), event)
	event, err = s.emu.AwaitEvent(ended(t), "")
	require.NoError(t, err)
	require.Equal(t, tracked.EventID, event.EventID)
	_, err = s.emu.AwaitEvent(ended(t), "Trial.started")
	require.ErrorIs(t, err, context.Canceled, "case matters")
}

// inBubbles calls test in a synctest bubble: with an emulator that was started there, and with one from outside.
func inBubbles(t *testing.T, test func(s shop), opts ...emulator.Option) {
	t.Run("started inside", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) { test(openShopAsItIs(t, opts...)) })
	})
	t.Run("started outside", func(t *testing.T) {
		outside := openShopAsItIs(t, opts...)
		synctest.Test(t, func(t *testing.T) { test(shop{t, outside.emu.For(t), outside.client}) })
	})
}

func openShopAsItIs(t *testing.T, opts ...emulator.Option) shop {
	emu := emulator.Start(t, append(opts, emulator.WithSeedFile("testdata/acme.yaml"))...)
	return shop{t, emu, emu.Client()}
}

func TestWaitersBlockDurablyInABubble(t *testing.T) {
	for name, opts := range map[string][]emulator.Option{
		"running": nil,
		"frozen":  {emulator.WithStartTime(monday)},
		"live":    {emulator.WithLiveClock()},
	} {
		t.Run(name, func(t *testing.T) {
			inBubbles(t, func(s shop) {
				begun := time.Now()
				go func() {
					time.Sleep(3 * time.Second)
					s.track(trial("Pro", "t1"))
				}()
				var all sync.WaitGroup
				for range 10 {
					all.Go(func() { s.emu.Outbox().To("chiara@example.com").Eventually(s) })
					all.Go(func() {
						if _, err := s.emu.AwaitRun(s.Context(), "trial-onboarding", "chiara@example.com"); err != nil {
							s.Error(err)
						}
					})
					all.Go(func() {
						if _, err := s.emu.AwaitEvent(s.Context(), "trial.started"); err != nil {
							s.Error(err)
						}
					})
				}
				synctest.Wait()
				require.Equal(s, begun, time.Now())
				all.Wait()
				require.Equal(s, 3*time.Second, time.Since(begun))
			}, opts...)
		})
	}
}

func TestPatienceIsTheBubblesTime(t *testing.T) {
	for patience, opts := range map[time.Duration][]emulator.Option{
		5 * time.Second:     nil,
		40 * 24 * time.Hour: {emulator.WithPatience(40 * 24 * time.Hour)},
		time.Millisecond:    {emulator.WithPatience(time.Millisecond), emulator.WithLiveClock()},
	} {
		inBubbles(t, func(s shop) {
			begun := time.Now()
			text := failureOf(s, func(w emulator.TB) { s.emu.Outbox().To("alex@example.com").Eventually(w) })
			require.Equal(s, patience, time.Since(begun))
			require.Contains(s, text, "outbox: no message to alex@example.com; the clock is at ")
			require.True(s, strings.HasSuffix(text,
				fmt.Sprintf("\nEventually waited %v; the option emulator.WithPatience changes that", patience)), text)
		}, opts...)
	}
	for _, d := range []time.Duration{0, -time.Second} {
		_, err := emulator.New(emulator.WithPatience(d))
		require.ErrorContains(t, err, fmt.Sprintf("WithPatience: %v is not positive; pass how long", d))
	}
}

// contextual is a test that has a context.
type contextual struct {
	recorder

	ctx context.Context
}

func (w *contextual) Context() context.Context { return w.ctx }

func TestTheContextOfATestEndsItsWait(t *testing.T) {
	emu := emulator.Start(t)
	w := &contextual{ctx: ended(t)}
	require.Nil(t, emu.Outbox().Eventually(w))
	require.Len(t, w.failures, 1)
	require.Contains(t, w.failures[0], "outbox: no message of any kind")
	require.Contains(t, w.failures[0], "\nthe wait ended: context canceled")
	require.PanicsWithValue(t,
		"emulator: Eventually needs the test's t, and it is nil; outside of a test, use New",
		func() { emu.Outbox().Eventually(nil) })
}

// TestARunningClockRunsWhatBecomesDueWhileSomebodyWaits has nobody else who calls the emulator.
func TestARunningClockRunsWhatBecomesDueWhileSomebodyWaits(t *testing.T) {
	for name, opts := range map[string][]emulator.Option{
		"running": {emulator.WithPatience(96 * time.Hour)},
		"live":    {emulator.WithPatience(96 * time.Hour), emulator.WithLiveClock()},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := openShopAsItIs(t, opts...)
				begun := time.Now()
				go func() {
					time.Sleep(time.Hour)
					s.track(trial("Pro", "t1"))
				}()
				msg := s.emu.Outbox().Template("trial-reminder").Eventually(t)
				require.Equal(t, 73*time.Hour, time.Since(begun))
				require.Equal(t, begun.Add(73*time.Hour).UTC(), msg.At)
			})
		})
	}
}

func TestAdvanceWakesWhoWaits(t *testing.T) {
	for name, opts := range map[string][]emulator.Option{"frozen": {emulator.WithStartTime(monday)}, "running": nil} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := openShopAsItIs(t, opts...)
				s.track(trial("Pro", "t1"))
				begun := time.Now()
				done := make(chan *emulator.Message)
				go func() { done <- s.emu.Outbox().Template("trial-reminder").Eventually(t) }()
				synctest.Wait()
				s.emu.Advance(71 * time.Hour)
				synctest.Wait()
				require.Empty(t, done)
				if name == "running" {
					s.emu.Advance(time.Hour - 2*time.Second)
					require.NotNil(t, <-done)
					require.Equal(t, 2*time.Second, time.Since(begun), "Await knows that the clock has moved")
					return
				}
				s.emu.Advance(time.Hour)
				require.NotNil(t, <-done)
				require.Zero(t, time.Since(begun))
			})
		})
	}
}

func TestAHundredWaitersAtOnce(t *testing.T) {
	emu := emulator.Start(t)
	w := startWorker(t, emu.Client(), emu.ID("template", "hello"))
	var all sync.WaitGroup
	for n := range 100 {
		to := fmt.Sprintf("p%d@example.com", n)
		all.Go(func() {
			msg, err := emu.Outbox().To(to).Await(t.Context())
			if err != nil || msg.To[0].Email != to {
				t.Error(to, msg, err)
			}
		})
		if n%2 == 0 {
			w.jobs <- to
		}
	}
	for n := 1; n < 100; n += 2 {
		w.jobs <- fmt.Sprintf("p%d@example.com", n)
	}
	all.Wait()
}

func TestCloseEndsWaits(t *testing.T) {
	const closed = "The emulator is closed: use it before Close and before its test ends."
	for _, opts := range [][]emulator.Option{nil, {emulator.WithLiveClock()}, {emulator.WithStartTime(monday)}} {
		synctest.Test(t, func(t *testing.T) {
			s := openShopAsItIs(t, opts...)
			errs := make(chan error, 3)
			wait := func() {
				go func() { _, err := s.emu.Outbox().Await(t.Context()); errs <- err }()
				go func() { _, err := s.emu.AwaitRun(t.Context(), "trial-onboarding", "x@example.com"); errs <- err }()
				go func() { _, err := s.emu.AwaitEvent(t.Context(), "x"); errs <- err }()
			}
			wait()
			synctest.Wait()
			s.emu.Reset()
			synctest.Wait()
			require.Empty(t, errs, "they go on after a Reset")
			require.NoError(t, s.emu.Close())
			for range cap(errs) {
				require.ErrorContains(t, <-errs, closed)
			}
			wait()
			for range cap(errs) {
				require.ErrorContains(t, <-errs, closed)
			}
			require.Equal(t, "outbox: unavailable: "+closed, failureOf(t, func(w emulator.TB) {
				s.emu.Outbox().Eventually(w)
			}))
		})
	}
}

func TestAResetMayBringWhatIsAwaited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openShopAsItIs(t, emulator.WithSeed(emulator.Seed{
			Profiles: []emulator.SeedProfile{{Email: "dora@example.com"}},
			Events:   []emulator.SeedEvent{{Key: "s", Event: "seeded", Profile: "dora@example.com"}},
		}))
		event, err := s.emu.AwaitEvent(t.Context(), "seeded")
		require.NoError(t, err)
		id := event.EventID
		done := make(chan error)
		go func() { _, err := s.emu.AwaitEvent(t.Context(), "later"); done <- err }()
		synctest.Wait()
		s.emu.Reset()
		require.NoError(t, s.emu.Seed(emulator.Seed{
			Events: []emulator.SeedEvent{{Key: "l", Event: "later", Profile: "dora@example.com"}}}))
		require.NoError(t, <-done)
		event, err = s.emu.AwaitEvent(t.Context(), "seeded")
		require.NoError(t, err)
		require.Equal(t, id, event.EventID)
	})
}

func TestAMistakeInAWaitIsAnErrorAtOnce(t *testing.T) {
	s := openShop(t)
	_, err := s.emu.Outbox().Template("order-recept").Await(t.Context())
	require.ErrorContains(t, err, `outbox: there is no Template "order-recept"; there are order-receipt, `)
	require.Contains(t, failureOf(t, func(w emulator.TB) { s.emu.Outbox().Carrier("jounrey").Eventually(w) }),
		`outbox: there is no carrier type "jounrey"; there are journey, `)
	_, err = s.emu.AwaitRun(t.Context(), "trial-onbording", "alex@example.com")
	require.ErrorContains(t, err, `emulator: AwaitRun("trial-onbording", "alex@example.com"): `)
	require.ErrorContains(t, err, "The nearest keys are trial-onboarding")
	require.NotErrorIs(t, err, context.Canceled)
}

func TestAnEmailForAServerIsAwaitedUntilTheServerHasIt(t *testing.T) {
	reached, free := make(chan struct{}), make(chan struct{})
	p := openPost(t, func(command string) string {
		if strings.HasPrefix(command, "RCPT") {
			close(reached)
			<-free
		}
		return ""
	})
	s := p.shop()
	s.send(receipt(s.receipt(), 1))
	<-reached
	_, err := s.emu.Outbox().Await(ended(t))
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorContains(t, err, "it is being handed to the SMTP server")
	done := make(chan error)
	go func() { _, err := s.emu.Outbox().Await(t.Context()); done <- err }()
	close(free)
	require.NoError(t, <-done)
	require.Len(t, p.got(), 1)
}

// TestCallsFromOutsideOfABubbleDoNoHarm would end the process if the emulator used the channel or the timer of a bubble
// outside of it.
func TestCallsFromOutsideOfABubbleDoNoHarm(t *testing.T) {
	for _, opts := range [][]emulator.Option{nil, {emulator.WithLiveClock()}} {
		emu := emulator.Start(t, append(opts, emulator.WithPatience(time.Hour))...)
		waits, sent := make(chan struct{}), make(chan struct{})
		var outside sync.WaitGroup
		outside.Go(func() {
			<-waits
			sendTo(t, emu, "hello", "alex@example.com")
			close(sent)
		})
		synctest.Test(t, func(t *testing.T) {
			emu := emu.For(t)
			sendTo(t, emu, "hello", "bruno@example.com") // sets a timer of the bubble if the clock is live
			begun := time.Now()
			ready, got := make(chan struct{}), make(chan *emulator.Message)
			go func() { close(ready); got <- emu.Outbox().To("alex@example.com").Eventually(t) }()
			<-ready
			synctest.Wait()
			close(waits)
			<-sent
			require.NotNil(t, <-got)
			require.LessOrEqual(t, time.Since(begun), time.Hour, "at the latest when its context ends")
		})
		outside.Wait()
		sendTo(t, emu, "hello", "chiara@example.com")
		emu.Reset()
	}
}
