package emulator_test

import (
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// withCopies is a receipt for Alex with copies to suppressed addresses and to others.
func (s shop) withCopies() *segmentflow.SendEmailParams {
	s.Helper()
	require.NoError(s, s.emu.Seed(emulator.Seed{Profiles: []emulator.SeedProfile{
		{Email: "gone@example.com", Suppressed: "bounce"},
		{Email: "angry@example.com", Suppressed: "complaint"},
	}}))
	p := receipt(s.receipt(), 1)
	p.CC = []string{"Gone <Gone@example.com>", "Books <books@example.com>", "suppressed+1@simulator.test"}
	p.BCC = []string{"angry@example.com", "archive@example.com", "gone@example.com", "opened@simulator.test"}
	return p
}

var droppedCopies = []emulator.DroppedCopy{
	{Email: "Gone@example.com", Reason: "suppressed_bounce"},
	{Email: "suppressed+1@simulator.test", Reason: "suppressed_manual"},
	{Email: "angry@example.com", Reason: "suppressed_complaint"},
}

func TestASuppressedAddressGetsNoCopy(t *testing.T) {
	s := openShop(t)
	send := s.send(s.withCopies())
	require.Len(t, send.CC, 3, "an EmailSend keeps the envelope as it was asked for")
	require.Len(t, s.retrieve(send).CC, 3)

	msg := s.emu.Outbox().Only(t)
	require.Equal(t, droppedCopies, msg.Dropped)
	require.Equal(t, []emulator.Address{{Email: "books@example.com", Name: "Books"}}, msg.CC)
	require.Equal(t, []emulator.Address{{Email: "archive@example.com"}, {Email: "opened@simulator.test"}}, msg.BCC)
	require.Equal(t, `"Books" <books@example.com>`, msg.Headers.Get("Cc"))
	require.NotContains(t, strings.ToLower(string(msg.Raw())), "gone@example.com")
	require.Contains(t, s.emu.Explain(send.ID), "no copy to angry@example.com: suppressed_complaint")

	one := call(t, s.emu, "GET", "/_emulator/messages/"+msg.ID, "", "Host", "localhost").json(t)
	list := call(t, s.emu, "GET", "/_emulator/messages", "", "Host", "localhost").json(t)["messages"].([]any)
	for _, shown := range []any{one, list[0]} {
		require.Equal(t, []any{
			object{"email": "Gone@example.com", "reason": "suppressed_bounce"},
			object{"email": "suppressed+1@simulator.test", "reason": "suppressed_manual"},
			object{"email": "angry@example.com", "reason": "suppressed_complaint"},
		}, shown.(map[string]any)["dropped"])
		require.Len(t, shown.(map[string]any)["cc"], 1)
	}
}

func TestSuppressionOfCopiesIsTestedWhenTheEmailIsSent(t *testing.T) {
	s := openShop(t)
	p := receipt(s.receipt(), 1)
	p.CC = []string{"books@example.com"}
	s.send(p)
	require.Equal(t, []emulator.DroppedCopy{}, s.emu.Outbox().Last().Dropped)

	to := receipt(s.receipt(), 2)
	to.To.Email = "books@example.com"
	s.send(to)
	require.NoError(t, s.emu.Bounce(s.emu.Outbox().To("books@example.com").Only(t), emulator.BounceHard))
	require.Len(t, s.emu.Outbox().To("alex@example.com").Only(t).CC, 1, "what was sent does not change")

	batch, err := s.client.Emails.BatchSend(t.Context(), &segmentflow.BatchSendParams{
		Items: []segmentflow.BatchSendItem{
			{IdempotencyKey: "item", TemplateID: p.TemplateID, To: p.To, CC: p.CC, Data: p.Data},
		},
	})
	require.NoError(t, err)
	require.Equal(t, 1, batch.Accepted)
	msg := s.emu.Outbox().Last()
	require.Equal(t, []emulator.DroppedCopy{{Email: "books@example.com", Reason: "suppressed_bounce"}}, msg.Dropped)
	require.NotContains(t, msg.Headers, "Cc", "a list without addresses is no header")
}

// mailroom is an SMTP server that keeps the recipients and the content of the emails.
type mailroom struct{ to, raw chan string }

func (mailroom) Mail(string, *smtp.MailOptions) error { return nil }
func (room mailroom) Rcpt(to string, _ *smtp.RcptOptions) error {
	room.to <- to
	return nil
}
func (room mailroom) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	room.raw <- string(raw)
	return err
}
func (mailroom) Reset()        {}
func (mailroom) Logout() error { return nil }

func TestARelayedEmailGoesToNoSuppressedAndNoSimulatedCopy(t *testing.T) {
	m := mailroom{make(chan string, 10), make(chan string, 1)}
	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return m, nil }))
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })

	s := openShop(t, emulator.WithSMTP(listener.Addr().String()))
	s.send(s.withCopies())
	idle(t, s.emu)
	require.NotContains(t, strings.ToLower(<-m.raw), "gone@example.com")
	close(m.to)
	var recipients []string
	for to := range m.to {
		recipients = append(recipients, to)
	}
	slices.Sort(recipients)
	require.Equal(t, []string{"alex@example.com", "archive@example.com", "books@example.com"}, recipients)
	require.Equal(t, droppedCopies, s.emu.Outbox().Only(t).Dropped)
}

func TestACopyIsKeptNowhereOnceItsProfileIsDeleted(t *testing.T) {
	s := openShop(t)
	send := s.send(s.withCopies())
	s.emu.Advance(time.Second)
	require.NoError(t, s.client.Profiles.Delete(t.Context(), send.ProfileID))
	require.NotContains(t, s.emu.Explain(send.ID), "no copy")
}
