package segmentflow_test

import (
	"crypto/tls"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
)

func TestANilContextIsAnErrorThatNamesTheFix(t *testing.T) {
	client, w := answering(t, ok)
	check := func(err error) {
		t.Helper()
		require.ErrorIs(t, err, segmentflow.ErrInvalidRequest)
		require.ErrorContains(t, err, "the context is nil; use context.Background()")
		assert.Contains(t, refused(t, err).Issues, segmentflow.Issue{In: "argument", Path: "/ctx", Code: "required",
			Message: "the context is nil; use context.Background()"})
	}
	for id, op := range readContract(t).operations(t) {
		_, err := invokeIn(nil, t, client, methods[id], minimalParams(op), numbered, //nolint:staticcheck // on purpose
			segmentflow.WithCallTimeout(1))
		check(err)
	}
	check(client.Do(nil, "GET", "/x", nil, nil)) //nolint:staticcheck // on purpose

	others := 0
	for of, service := range services(client) {
		for method := range of.Methods() {
			if !slices.Contains(compound, method.Name) {
				continue
			}
			others++
			args := []reflect.Value{service}
			for in := range method.Type.Ins() {
				if in != of && in != reflect.TypeFor[[]segmentflow.CallOption]() {
					args = append(args, reflect.Zero(in))
				}
			}
			results := method.Func.Call(args)
			if len(results) == 2 { // of a waiter
				err, _ := reflect.TypeAssert[error](results[1])
				check(err)
				continue
			}
			times := 0
			for _, err := range results[0].Seq2() {
				times++
				err, _ := reflect.TypeAssert[error](err)
				check(err)
			}
			assert.Equal(t, 1, times, method.Name)
		}
	}
	assert.Equal(t, 14, others)
	assert.Zero(t, w.count())
}

// serveTLS returns a server that logs nothing.
func serveTLS(t *testing.T, config *tls.Config) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.TLS = config
	server.StartTLS()
	t.Cleanup(server.Close)
	return server
}

// greet returns the address of a server that answers the first byte of each connection with text, and closes it.
func greet(t *testing.T, text string) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Read(make([]byte, 1))
			_, _ = io.WriteString(conn, text)
			tcp, _ := conn.(*net.TCPConn)
			_ = tcp.CloseWrite()
			_, _ = io.Copy(io.Discard, conn) // closing it before would reset the connection
			_ = conn.Close()
		}
	}()
	return listener.Addr().String()
}

func TestAFailureThatWouldOccurAgainIsNotRepeated(t *testing.T) {
	plain := listen(t, http.NotFound)
	secure := serveTLS(t, nil)
	strict := serveTLS(t, &tls.Config{ClientAuth: tls.RequireAnyClientCert})
	modern := serveTLS(t, &tls.Config{MinVersion: tls.VersionTLS13})
	trusting := func(of *httptest.Server, change func(*tls.Config)) http.RoundTripper {
		transport := of.Client().Transport.(*http.Transport).Clone()
		change(transport.TLSClientConfig)
		t.Cleanup(transport.CloseIdleConnections)
		return transport
	}
	rewriting := func(change func(*http.Request)) http.RoundTripper {
		return roundTripper(func(req *http.Request) (*http.Response, error) {
			change(req)
			return http.DefaultTransport.RoundTrip(req)
		})
	}
	for name, c := range map[string]struct {
		base      string
		transport http.RoundTripper
		attempts  int
	}{
		"https to a port of plain http":   {"https" + plain[len("http"):], nil, 1},
		"https to a port of mail":         {"https://" + greet(t, "220 mail.example ESMTP\r\n"), nil, 1},
		"https to a port that hangs up":   {"https://" + greet(t, ""), nil, 3},
		"a certificate of unknown origin": {secure.URL, nil, 1},
		"a certificate of another host": {
			secure.URL, trusting(secure, func(c *tls.Config) { c.ServerName = "other.example" }), 1,
		},
		"no certificate of the client": {strict.URL, trusting(strict, func(*tls.Config) {}), 1},
		"an old version of TLS": {
			modern.URL, trusting(modern, func(c *tls.Config) { c.MaxVersion = tls.VersionTLS12 }), 1,
		},
		"no version of TLS": {
			modern.URL, trusting(modern, func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS13, 1 }), 1,
		},
		"http to a port of https": {"http" + secure.URL[len("https"):], nil, 1},
		"http to a port of TLS":   {"http://" + greet(t, "\x15\x03\x01\x00\x02\x02\x0a"), nil, 1},
		"an unknown scheme":       {plain, rewriting(func(r *http.Request) { r.URL.Scheme = "ftp" }), 1},
		"a broken header":         {plain, rewriting(func(r *http.Request) { r.Header.Set("X", "a\nb") }), 1},
		"a missing host":          {plain, rewriting(func(r *http.Request) { r.URL.Host = "" }), 1},
	} {
		t.Run(name, func(t *testing.T) {
			opts := []segmentflow.Option{segmentflow.WithBaseURL(c.base), segmentflow.WithSleep(noSleep)}
			_, err := dial(t, c.transport, opts...).Emails.Send(t.Context(), receipt())
			assert.Equal(t, c.attempts, refused(t, err).Attempts, "%v", err)
		})
	}
}
