package main_test

import (
	"io"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-smtp"
	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// letterbox is an SMTP server that counts emails by their subject. Until it is let go, it does not say that it has
// taken them.
type letterbox struct {
	mu      sync.Mutex
	taken   map[string]int
	reached chan struct{}
	let     chan struct{}
}

func (*letterbox) Mail(string, *smtp.MailOptions) error { return nil }
func (*letterbox) Rcpt(string, *smtp.RcptOptions) error { return nil }
func (*letterbox) Reset()                               {}
func (*letterbox) Logout() error                        { return nil }

func (box *letterbox) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	_, subject, _ := strings.Cut(string(raw), "Subject: ")
	subject, _, _ = strings.Cut(subject, "\r\n")
	box.mu.Lock()
	box.taken[subject]++
	box.mu.Unlock()
	box.reached <- struct{}{}
	<-box.let
	return nil
}

func TestAProcessThatIsKilledWhileItRelaysSendsNothingTwice(t *testing.T) {
	const orders = 12
	box := &letterbox{taken: map[string]int{}, reached: make(chan struct{}, 10*orders), let: make(chan struct{})}
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	smtpServer := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return box, nil }))
	go func() { _ = smtpServer.Serve(listener) }()
	t.Cleanup(func() { _ = smtpServer.Close() })

	args := []string{"--db", filepath.Join(t.TempDir(), "world.db"), "--seed", acme, "--log", "off",
		"--smtp", "smtp://" + listener.Addr().String()}
	template := emulator.Start(t, emulator.WithSeedFile(acme)).ID("template", "order-receipt")
	s := start(t, nil, args...)
	sends := make([]string, orders)
	for n := range sends {
		params, key := receipt(template, string(rune('a'+n)))
		send, err := s.client().Emails.Send(t.Context(), params, key)
		require.NoError(t, err)
		sends[n] = send.ID
	}
	<-box.reached
	require.NoError(t, s.command.Process.Kill())
	require.NotZero(t, s.end())

	close(box.let)
	s = start(t, nil, args...)
	statuses := map[segmentflow.EmailSendStatus]int{}
	for _, id := range sends {
		send, err := s.client().Emails.Retrieve(t.Context(), id)
		for err == nil && send.Status == segmentflow.EmailSendStatusProcessing {
			send, err = s.client().Emails.Retrieve(t.Context(), id)
		}
		require.NoError(t, err)
		statuses[send.Status]++
		if send.Status == segmentflow.EmailSendStatusFailed {
			require.Equal(t, "relay_interrupted", *send.FailureMessage)
		}
	}
	require.NotZero(t, statuses[segmentflow.EmailSendStatusFailed])
	require.GreaterOrEqual(t, statuses[segmentflow.EmailSendStatusSent], orders-8, "those that had not begun go on")

	box.mu.Lock()
	defer box.mu.Unlock()
	require.GreaterOrEqual(t, len(box.taken), statuses[segmentflow.EmailSendStatusSent])
	for subject, n := range box.taken {
		require.Equal(t, 1, n, subject)
	}
}

func TestAnInvalidSMTPServerIsRefusedWithoutItsPassword(t *testing.T) {
	for _, bad := range []string{"smtp://shop:s3cret@mail.example.com:587", "shop:s3cret@localhost:25"} {
		for _, env := range [][]string{nil, {"SEGMENTFLOW_EMULATOR_SMTP=" + bad}} {
			args := []string{"--addr", "127.0.0.1:0"}
			if env == nil {
				args = append(args, "--smtp", bad)
			}
			code, _, stderr := refused(t, env, args...)
			require.Equal(t, 2, code)
			require.Contains(t, stderr, "flag -smtp: the SMTP server must be HOST:PORT")
			require.NotContains(t, stderr, "s3cret")
		}
	}
}
