package emulator_test

import (
	"io"
	"log/slog"
	"net"
	"path/filepath"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator"
)

// mailbox is an SMTP server and its session. It calls take before it accepts each email.
type mailbox struct{ take func() }

func (mailbox) Mail(string, *smtp.MailOptions) error { return nil }
func (mailbox) Rcpt(string, *smtp.RcptOptions) error { return nil }
func (mailbox) Reset()                               {}
func (mailbox) Logout() error                        { return nil }

func (m mailbox) Data(r io.Reader) error {
	_, err := io.Copy(io.Discard, r)
	m.take()
	return err
}

func (m mailbox) serve(t *testing.T) (addr string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return m, nil }))
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
	return listener.Addr().String()
}

func TestAnEmailRelayedWhileTheFileWasLockedIsSentOnce(t *testing.T) {
	file := filepath.Join(t.TempDir(), "world.db")
	other := openElsewhere(t, file)
	execute(t, other, "PRAGMA journal_mode = WAL")
	taken, locked := 0, make(chan struct{})
	server := mailbox{take: func() {
		taken++
		if taken == 1 {
			execute(t, other, "BEGIN IMMEDIATE")
			close(locked)
		}
	}}
	s := openShop(t, emulator.WithDatabase(file), emulator.WithSMTP(server.serve(t)),
		emulator.WithLogger(slog.New(slog.DiscardHandler)))
	send := s.send(receipt(s.receipt(), 1))
	<-locked
	require.Equal(t, 503, call(t, s.emu, "GET", "/api/v1/emails/"+send.ID, "").status)
	execute(t, other, "ROLLBACK")
	idle(t, s.emu)
	require.Equal(t, "Sent", string(s.retrieve(send).Status))
	require.Equal(t, 1, s.emu.Outbox().Count())
	require.Equal(t, 1, taken)
}

func TestIdleFailsIfTheEndOfAConversationCannotBeStored(t *testing.T) {
	file := filepath.Join(t.TempDir(), "world.db")
	other := openElsewhere(t, file)
	execute(t, other, "PRAGMA journal_mode = WAL")
	reached, goOn := make(chan struct{}), make(chan struct{})
	server := mailbox{take: func() {
		close(reached)
		<-goOn
	}}
	s := openShop(t, emulator.WithDatabase(file), emulator.WithSMTP(server.serve(t)),
		emulator.WithLogger(slog.New(slog.DiscardHandler)))
	send := s.send(receipt(s.receipt(), 1))
	<-reached
	idle := make(chan error, 1)
	go func() { idle <- s.emu.Idle(t.Context()) }()
	time.Sleep(50 * time.Millisecond) // it waits for the server
	execute(t, other, "BEGIN IMMEDIATE")
	close(goOn)
	require.Error(t, <-idle)
	execute(t, other, "ROLLBACK")
	require.Equal(t, "Sent", string(s.retrieve(send).Status))
}

func TestAdvanceFailsWhileAnEmailCannotBegin(t *testing.T) {
	file := filepath.Join(t.TempDir(), "world.db")
	other := openElsewhere(t, file)
	execute(t, other, "PRAGMA journal_mode = WAL")
	begin, locked, quits := make(chan struct{}), make(chan struct{}), 0
	p := openPost(t, func(command string) string {
		switch command {
		case "CONNECT":
			<-begin
		case "QUIT": // the ninth email begins after the first conversation has ended
			if quits++; quits == 8 {
				execute(t, other, "BEGIN IMMEDIATE")
				close(locked)
			}
			return silence
		}
		return ""
	})
	s := p.shop(emulator.WithDatabase(file), emulator.WithLogger(slog.New(slog.DiscardHandler)))
	for i := range 9 {
		s.send(receipt(s.receipt(), i))
	}
	close(begin)
	<-locked
	require.Equal(t, 503, (<-s.advance("1h")).status)
	execute(t, other, "ROLLBACK")
	idle(t, s.emu)
	require.Len(t, p.got(), 9)
	require.Equal(t, 9, s.emu.Outbox().Count())
}
