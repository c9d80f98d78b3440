package emulator_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator"
)

// pipes is a listener in a synctest bubble. The deadlines of its connections follow the bubble's clock.
type pipes struct {
	dialed chan net.Conn
	closed chan struct{}
}

func (p pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-p.dialed:
		return conn, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p pipes) Addr() net.Addr { return &net.TCPAddr{} }

func (p pipes) Close() error {
	close(p.closed)
	return nil
}

// inBubble serves an emulator in a synctest bubble and opens a connection to it.
func inBubble(t *testing.T, test func(t *testing.T, emu *emulator.Emulator, l line)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		emu := emulator.Start(t)
		listener := pipes{make(chan net.Conn), make(chan struct{})}
		server := &http.Server{Handler: emu.Handler()}
		go func() { _ = server.Serve(listener) }()
		t.Cleanup(func() { _ = server.Close() })
		ours, theirs := net.Pipe()
		listener.dialed <- theirs
		t.Cleanup(func() { _ = ours.Close() })
		test(t, emu, line{t, ours, bufio.NewReader(ours)})
	})
}

func TestAnUnfinishedBodyFailsAfter30Seconds(t *testing.T) {
	for name, drip := range map[string]bool{"nothing arrives": false, "a byte arrives every second": true} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, _ *emulator.Emulator, l line) {
				begun := time.Now()
				l.begin("POST /api/v1/emails", "{", anyKey, asJSON, "Content-Length: 100")
				var dripping sync.WaitGroup
				dripping.Go(func() {
					for drip {
						time.Sleep(time.Second)
						if _, err := l.Write([]byte(" ")); err != nil {
							return
						}
					}
				})
				a := l.answer()
				require.Equal(t, 400, a.status, a.body)
				require.Equal(t, []string{"body  malformed"}, a.issues(t))
				require.Equal(t, 30*time.Second, time.Since(begun))
				require.NoError(t, l.Close())
				dripping.Wait()
			})
		})
	}
}

func TestASlowBodyThatKeepsArrivingIsRead(t *testing.T) {
	inBubble(t, func(t *testing.T, _ *emulator.Emulator, l line) {
		const parts = 128
		begun, part := time.Now(), strings.Repeat(" ", 64<<10-1)
		l.begin("POST /api/v1/emails/batch", "", anyKey, asJSON, "Content-Length: 8388608")
		for range parts {
			_, err := io.WriteString(l, part)
			require.NoError(t, err)
			time.Sleep(time.Second)
		}
		_, err := io.WriteString(l, strings.Repeat(" ", parts-2)+"{}")
		require.NoError(t, err)
		require.Equal(t, []string{"body /items required"}, l.answer().issues(t), "the whole body was read")
		require.Equal(t, parts*time.Second, time.Since(begun))
	})
}

func TestAConnectionOutlivesTheTimeOfItsBodies(t *testing.T) {
	inBubble(t, func(t *testing.T, _ *emulator.Emulator, l line) {
		for _, key := range []string{"a", "b", "c"} {
			body := `{"event": "joined", "profile": {"email": "` + key + `@example.com"}}`
			l.begin("POST /api/v1/events", body, anyKey, asJSON, "Idempotency-Key: "+key, length(body))
			a := l.answer()
			require.Equal(t, 200, a.status, a.body)
			require.Empty(t, a.header.Get("Connection"))
			time.Sleep(time.Hour)
		}
	})
}

func TestACallWithItsWholeBodyWaitsForTheWorldWithoutLimit(t *testing.T) {
	inBubble(t, func(t *testing.T, emu *emulator.Emulator, l line) {
		free := emu.Occupy()
		body := `{"event": "joined", "profile": {"email": "alex@example.com"}}`
		l.begin("POST /api/v1/events", body, anyKey, asJSON, "Idempotency-Key: k", length(body))
		time.Sleep(time.Hour)
		free()
		require.Equal(t, 200, l.answer().status)
	})
}
