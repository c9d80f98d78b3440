package mail_test

import (
	"context"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/emersion/go-smtp"
	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator/internal/mail"
)

// delivery is what a server received. It is also the session, and it refuses recipients at refused.example.
type delivery struct {
	from string
	to   []string
	raw  string
	done chan<- delivery
}

func (d *delivery) Mail(from string, _ *smtp.MailOptions) error {
	d.from = from
	return nil
}

func (d *delivery) Rcpt(to string, _ *smtp.RcptOptions) error {
	if mail.Domain(to) == "refused.example" {
		return &smtp.SMTPError{Code: 550, Message: "no such mailbox"}
	}
	d.to = append(d.to, to)
	return nil
}

func (d *delivery) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	d.raw = string(raw)
	d.done <- *d
	return err
}

func (d *delivery) Reset()        {}
func (d *delivery) Logout() error { return nil }

func listen(t *testing.T) net.Listener {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	return listener
}

// serve runs a real SMTP server on loopback.
func serve(t *testing.T) (addr string, delivered <-chan delivery) {
	t.Helper()
	done := make(chan delivery, 1)
	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) {
		return &delivery{done: done}, nil
	}))
	listener := listen(t)
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
	return listener.Addr().String(), done
}

func TestAMessageReachesARealServerUnchanged(t *testing.T) {
	addr, delivered := serve(t)
	m := receipt()
	m.Text = ".\n..\nA line that is a dot ends nothing.\n" + strings.Repeat("x", 3000)
	raw, err := mail.Build(m)
	require.NoError(t, err)

	to := []string{"alex@example.com", "archive@example.com"}
	require.NoError(t, mail.Relay(t.Context(), addr, "hello@example.com", to, raw))
	got := <-delivered
	require.Equal(t, "hello@example.com", got.from)
	require.Equal(t, to, got.to)
	require.Equal(t, string(raw), got.raw)
}

func TestARefusedRecipientStopsTheWholeEmail(t *testing.T) {
	addr, delivered := serve(t)
	err := mail.Relay(t.Context(), addr, "hello@example.com",
		[]string{"alex@example.com", "a@refused.example"}, []byte("Subject: a\r\n\r\n"))
	var refusal *smtp.SMTPError
	require.ErrorAs(t, err, &refusal)
	require.Equal(t, 550, refusal.Code)
	require.Empty(t, delivered)
}

func TestARecipientCannotSmuggleACommand(t *testing.T) {
	addr, delivered := serve(t)
	err := mail.Relay(t.Context(), addr, "hello@example.com",
		[]string{"alex@example.com>\r\nRCPT TO:<spy@example.com"}, nil)
	require.Error(t, err)
	require.Empty(t, delivered)
}

func TestRelayStopsWhenTheContextEnds(t *testing.T) {
	listener := listen(t)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		conn, err := listener.Accept()
		cancel()
		if err == nil {
			_, _ = io.Copy(io.Discard, conn) // sends nothing until the client closes the connection
			_ = conn.Close()
		}
	}()
	err := mail.Relay(ctx, listener.Addr().String(), "hello@example.com", []string{"alex@example.com"}, nil)
	require.ErrorIs(t, err, context.Canceled)
}

func TestAMissingServerIsAnError(t *testing.T) {
	listener := listen(t)
	require.NoError(t, listener.Close())
	err := mail.Relay(t.Context(), listener.Addr().String(), "hello@example.com", []string{"alex@example.com"}, nil)
	require.ErrorContains(t, err, "mail: relay")
}
