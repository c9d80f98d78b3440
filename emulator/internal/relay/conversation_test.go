package relay_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log/slog"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator/internal/idle"
	"github.com/segmentflow/segmentflow-go/emulator/internal/relay"
)

// delivery is what a server received. It is also the session. It refuses recipients at refused.example with a 5xx,
// and at busy.example with a 4xx.
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
	switch {
	case strings.HasSuffix(to, "@refused.example"):
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such mailbox"}
	case strings.HasSuffix(to, "@busy.example"):
		return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.NoEnhancedCode, Message: "try later"}
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
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
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
	server.MaxMessageBytes = 10_000
	listener := listen(t)
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
	return listener.Addr().String(), done
}

// open returns a queue that hands over emails, and the results.
func open(t *testing.T, addr string, mail *relay.Mail) (*idle.Queue, <-chan relay.Result) {
	t.Helper()
	server, err := relay.Parse(addr)
	require.NoError(t, err)
	results := make(chan relay.Result, 20)
	q := relay.Open(server, slog.New(slog.DiscardHandler),
		func(idle.Job) *relay.Mail { return mail }, func(_ idle.Job, r relay.Result) { results <- r })
	t.Cleanup(q.Close)
	return q, results
}

// hand hands over one email.
func hand(t *testing.T, addr string, mail *relay.Mail) relay.Result {
	t.Helper()
	q, results := open(t, addr, mail)
	q.Add("org", "send")
	return <-results
}

const letter = "Subject: a\r\n\r\n.\r\n..\r\nA line that is a dot ends nothing.\r\n"

// letterTo returns an email to one address.
func letterTo(email string) *relay.Mail {
	return &relay.Mail{From: "hello@example.com", To: []string{email}, Raw: []byte(letter)}
}

func TestAMessageReachesARealServerUnchanged(t *testing.T) {
	addr, delivered := serve(t)
	raw := letter + strings.Repeat("x", 990) + "\r\n"
	to := []string{"alex@example.com", "archive@example.com"}
	result := hand(t, addr, &relay.Mail{From: "hello@example.com", To: to, Needed: true, Raw: []byte(raw)})
	require.Equal(t, relay.Taken, result.Kind)
	require.Equal(t, "250", result.Code)
	got := <-delivered
	require.Equal(t, "hello@example.com", got.from)
	require.Equal(t, to, got.to)
	require.Equal(t, raw, got.raw)
}

func TestARefusedCopyDoesNotStopTheEmail(t *testing.T) {
	addr, delivered := serve(t)
	to := []string{"alex@example.com", "a@refused.example", "b@busy.example", "archive@example.com"}
	result := hand(t, addr, &relay.Mail{From: "hello@example.com", To: to, Needed: true, Raw: []byte(letter)})
	require.Equal(t, relay.Taken, result.Kind)
	require.Equal(t, []relay.Refusal{
		{Email: "a@refused.example", Code: "550", Text: "5.1.1 no such mailbox"},
		{Email: "b@busy.example", Code: "451", Text: "try later"},
	}, result.Refusals)
	require.Equal(t, []string{"alex@example.com", "archive@example.com"}, (<-delivered).to)
}

func TestARefusedRecipientStopsTheEmail(t *testing.T) {
	addr, delivered := serve(t)
	for first, want := range map[string]relay.Result{
		"a@refused.example": {Kind: relay.Refused, Code: "550", Text: "5.1.1 no such mailbox"},
		"a@busy.example":    {Kind: relay.Again, Code: "451", Text: "try later"},
	} {
		to := []string{first, "alex@example.com"}
		result := hand(t, addr, &relay.Mail{From: "hello@example.com", To: to, Needed: true, Raw: []byte(letter)})
		require.Equal(t, want, result)
	}
	require.Empty(t, delivered)
}

func TestCopiesThatAreAllRefusedSendNothing(t *testing.T) {
	addr, delivered := serve(t)
	result := hand(t, addr, letterTo("a@refused.example"))
	require.Equal(t, relay.Taken, result.Kind)
	require.Len(t, result.Refusals, 1)
	require.Empty(t, delivered)
}

func TestAMessageThatIsTooLargeIsRefusedForGood(t *testing.T) {
	addr, delivered := serve(t)
	raw := letter + strings.Repeat(strings.Repeat("x", 70)+"\r\n", 200)
	result := hand(t, addr, &relay.Mail{From: "hello@example.com", To: []string{"alex@example.com"}, Raw: []byte(raw)})
	require.Equal(t, relay.Refused, result.Kind)
	require.Equal(t, "552", result.Code)
	require.Empty(t, delivered)
}

func TestARecipientCannotSmuggleACommand(t *testing.T) {
	addr, delivered := serve(t)
	to := []string{"alex@example.com>\r\nRCPT TO:<spy@example.com"}
	result := hand(t, addr, &relay.Mail{From: "hello@example.com", To: to, Needed: true, Raw: []byte(letter)})
	require.Equal(t, relay.Again, result.Kind)
	require.Empty(t, delivered)
}

// accept starts a server that passes each connection to talk.
func accept(t *testing.T, talk func(net.Conn)) (addr string) {
	t.Helper()
	listener := listen(t)
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				talk(conn)
			}()
		}
	}()
	return listener.Addr().String()
}

func TestWhatIsNoConversationIsTriedAgain(t *testing.T) {
	closed := listen(t)
	require.NoError(t, closed.Close())
	for name, addr := range map[string]string{
		"no server":      closed.Addr().String(),
		"hangs up":       accept(t, func(net.Conn) {}),
		"speaks no SMTP": accept(t, func(conn net.Conn) { _, _ = io.WriteString(conn, "HTTP/1.1 400 No\r\n\r\n") }),
	} {
		result := hand(t, addr, letterTo("alex@example.com"))
		require.Equal(t, relay.Again, result.Kind, name)
		require.Equal(t, "no_connection", result.Code, name)
	}
	for greeting, kind := range map[string]string{"421 busy": relay.Again, "554 not you": relay.Refused} {
		addr := accept(t, func(conn net.Conn) { _, _ = io.WriteString(conn, greeting+"\r\n") })
		result := hand(t, addr, letterTo("alex@example.com"))
		require.Equal(t, kind, result.Kind)
		require.Equal(t, greeting, result.Code+" "+result.Text)
	}
}

// silence starts a server that says nothing, and counts its connections.
func silence(t *testing.T) (addr string, called chan struct{}) {
	t.Helper()
	called = make(chan struct{}, 100)
	return accept(t, func(conn net.Conn) {
		called <- struct{}{}
		_, _ = io.Copy(io.Discard, conn)
	}), called
}

func TestCloseStopsConversationsAndForgetsTheRest(t *testing.T) {
	addr, called := silence(t)
	q, results := open(t, addr, &relay.Mail{To: []string{"alex@example.com"}})
	const more = 8
	for range more + 3 {
		q.Add("org", "send")
	}
	for range more {
		<-called
	}
	require.True(t, q.Busy())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, q.Wait(ctx), context.Canceled)

	q.Close()
	require.Empty(t, called, "so many conversations at most, and none after Close")
	require.Len(t, results, more)
	for range more {
		require.Equal(t, relay.Unsent, (<-results).Kind)
	}
	q.Add("org", "late")
	require.NoError(t, q.Wait(t.Context()))
	require.False(t, q.Busy())
}

func TestRenewMakesOldConversationsForeign(t *testing.T) {
	addr, called := silence(t)
	server, err := relay.Parse(addr)
	require.NoError(t, err)
	var q *idle.Queue
	current := make(chan bool, 2)
	q = relay.Open(server, slog.New(slog.DiscardHandler),
		func(idle.Job) *relay.Mail { return &relay.Mail{To: []string{"alex@example.com"}} },
		func(job idle.Job, _ relay.Result) { current <- q.IsCurrent(job) })
	q.Add("org", "old")
	<-called
	q.Renew()
	require.False(t, <-current)
	q.Add("org", "new")
	<-called
	q.Close()
	require.True(t, <-current)
}

// outside returns an address of this machine that is not a loopback one.
func outside(t *testing.T) string {
	t.Helper()
	addrs, err := net.InterfaceAddrs()
	require.NoError(t, err)
	for _, addr := range addrs {
		if found, ok := addr.(*net.IPNet); ok && found.IP.To4() != nil && !found.IP.IsLoopback() {
			return found.IP.String()
		}
	}
	t.Skip("this machine has only loopback addresses")
	return ""
}

func TestBeyondLoopbackTheCertificateMustBeValid(t *testing.T) {
	host := outside(t)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.ParseIP(host)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)

	done := make(chan delivery, 2)
	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) {
		return &delivery{done: done}, nil
	}))
	server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", ":0")
	require.NoError(t, err)
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
	_, port, err := net.SplitHostPort(listener.Addr().String())
	require.NoError(t, err)

	mail := letterTo("alex@example.com")
	result := hand(t, "smtp://shop:s3cret@"+net.JoinHostPort(host, port)+"?starttls=required", mail)
	require.Equal(t, relay.Again, result.Kind)
	require.Equal(t, "starttls", result.Code)
	require.Contains(t, result.Text, "x509")
	require.Empty(t, done)

	result = hand(t, "smtp://127.0.0.1:"+port+"?starttls=required", mail)
	require.Equal(t, relay.Taken, result.Kind, "on loopback any certificate will do")
}
