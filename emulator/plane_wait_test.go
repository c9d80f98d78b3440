package emulator_test

import (
	"bufio"
	"context"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// waited is what a list answered, and after which time of the bubble.
type waited struct {
	reply map[string]any
	took  time.Duration
}

// wait asks a list that waits, in a goroutine of its own.
func (s shop) wait(path string) <-chan waited {
	s.Helper()
	began, answered := time.Now(), make(chan waited, 1)
	go func() {
		reply := call(s, s.emu, "GET", "/_emulator"+path, "", "x-api-key", "").json(s)
		answered <- waited{reply, time.Since(began)}
	}()
	synctest.Wait()
	require.Empty(s, answered, "%s has nothing to answer with yet", path)
	return answered
}

func inBubbleShop(t *testing.T, test func(s shop)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		emu := emulator.Start(t, emulator.WithSeedFile("testdata/acme.yaml"), emulator.WithStartTime(monday))
		test(shop{T: t, emu: emu, client: emu.Client()})
	})
}

func TestAListWaitsForItsFirstItem(t *testing.T) {
	for path, c := range map[string]struct {
		list string
		act  func(s shop)
	}{
		"/messages?to=Chiara@example.com&wait=1m": {"messages", func(s shop) {
			s.track(trial("Pro", "t1"))
		}},
		"/messages?subject=ord_7&wait=60s": {"messages", func(s shop) { s.send(receipt(s.receipt(), 7)) }},
		"/sends?status=Skipped&wait=PT1M": {"sends", func(s shop) {
			require.NoError(s, s.emu.Seed(emulator.Seed{Profiles: []emulator.SeedProfile{
				{Email: "alex@example.com", Suppressed: "manual"},
			}}))
			s.send(receipt(s.receipt(), 1))
		}},
		"/runs?journey=trial-onboarding&wait=1m": {"runs", func(s shop) { s.track(trial("Pro", "t1")) }},
		"/runs?journey=password-reset&status=completed&wait=1m": {"runs", func(s shop) {
			s.track(&segmentflow.TrackEventParams{Event: "password_reset.requested", Profile: alex})
		}},
		"/events?event=cart.viewed&wait=1m": {"events", func(s shop) {
			s.track(&segmentflow.TrackEventParams{Event: "cart.viewed", Profile: alex})
		}},
		"/requests?operation=listSegments&wait=1m": {"requests", func(s shop) {
			require.Equal(s, 200, call(s, s.emu, "GET", "/api/v1/segments", "").status)
		}},
		"/confirmations?wait=1m": {"confirmations", func(s shop) { s.confirm(s.broadcast(s.autumn())) }},
		"/subscription-changes?profile=new@example.com&wait=1m": {"subscriptionChanges", func(s shop) {
			require.NoError(s, s.emu.Unsubscribe(s.sendOrder("new@example.com", s.offers)))
		}},
	} {
		t.Run(path, func(t *testing.T) {
			inBubbleShop(t, func(s shop) {
				answered := s.wait(path)
				time.Sleep(time.Second) // of the bubble: the time does not end the wait
				c.act(s)
				got := <-answered
				require.Len(s, listIn(s, got.reply, c.list), 1)
				require.Equal(s, time.Second, got.took)
			})
		})
	}
}

func TestAListThatStaysEmptyAnswersWhenTheTimeIsUp(t *testing.T) {
	inBubbleShop(t, func(s shop) {
		s.send(receipt(s.receipt(), 1))
		got := <-s.wait("/messages?to=bruno@example.com&wait=5s")
		require.Equal(s, map[string]any{"messages": []any{}, "nextCursor": nil}, got.reply)
		require.Equal(s, 5*time.Second, got.took)
		require.Len(s, listIn(s, s.get("/messages?wait=5m"), "messages"), 1, "what is there is answered at once")
	})
}

func TestAWaitSeesOnlyWhatComesAfterAMessage(t *testing.T) {
	inBubbleShop(t, func(s shop) {
		s.send(receipt(s.receipt(), 1))
		last := listIn(s, s.get("/messages"), "messages")[0]
		answered := s.wait("/messages?since=" + last["id"].(string) + "&wait=5s")
		s.send(receipt(s.receipt(), 2))
		require.Equal(s, "Your order ord_2", listIn(s, (<-answered).reply, "messages")[0]["subject"])
	})
}

func TestIdleWaitsForCallsThatAreUnderWay(t *testing.T) {
	inBubbleShop(t, func(s shop) {
		require.Equal(s, map[string]any{"idle": true}, s.get("/idle"))
		s.emu.Fail(emulator.Fault{Operation: "sendEmail", Delay: 3 * time.Second})
		go func() { _, _ = s.client.Emails.Send(context.Background(), receipt(s.receipt(), 1)) }()
		synctest.Wait()
		require.Equal(s, map[string]any{"idle": false}, s.get("/idle?wait=1s"))
		require.Empty(s, listIn(s, s.get("/messages"), "messages"))
		got := <-s.wait("/idle?wait=1m")
		require.Equal(s, waited{map[string]any{"idle": true}, 2 * time.Second}, got)
		require.Len(s, listIn(s, s.get("/messages"), "messages"), 1)
	})
}

func TestAWaitEndsWithTheServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		emu := emulator.Start(t)
		listener := pipes{make(chan net.Conn), make(chan struct{})}
		ctx, stop := context.WithCancel(t.Context())
		served := make(chan error, 1)
		go func() { served <- emu.Serve(ctx, listener) }()
		ours, theirs := net.Pipe()
		listener.dialed <- theirs
		_, err := ours.Write([]byte("GET /_emulator/messages?wait=5m HTTP/1.1\r\nHost: localhost\r\n\r\n"))
		require.NoError(t, err)
		synctest.Wait()

		began := time.Now()
		stop()
		reply, err := http.ReadResponse(bufio.NewReader(ours), nil)
		require.NoError(t, err)
		require.Equal(t, 200, reply.StatusCode)
		require.NoError(t, reply.Body.Close())
		require.Zero(t, time.Since(began))
		require.NoError(t, ours.Close())
		require.NoError(t, <-served)
	})
}
