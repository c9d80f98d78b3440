package emulator_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator"
)

// line is a connection to an emulator on which a test writes its own requests.
type line struct {
	testing.TB
	net.Conn
	in *bufio.Reader
}

func dial(t testing.TB, url string) line {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(url, "http://"))
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	require.NoError(t, conn.SetReadDeadline(time.Now().Add(20*time.Second)), "no test waits longer")
	return line{t, conn, bufio.NewReader(conn)}
}

// begin writes the head of a request with these header lines, and the first part of its body.
func (l line) begin(head, body string, headers ...string) {
	l.Helper()
	lines := append([]string{head + " HTTP/1.1", "Host: localhost"}, headers...)
	_, err := io.WriteString(l, strings.Join(lines, "\r\n")+"\r\n\r\n"+body)
	require.NoError(l, err)
}

func (l line) answer() answer {
	l.Helper()
	response, err := http.ReadResponse(l.in, nil)
	require.NoError(l, err)
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	require.NoError(l, err)
	if response.Close {
		response.Header.Set("Connection", "close")
	}
	return answer{response.StatusCode, response.Header, string(raw)}
}

// waitClosed waits until the other side has closed the connection.
func (l line) waitClosed() {
	l.Helper()
	_, err := io.Copy(io.Discard, l.in)
	if err != nil {
		require.ErrorContains(l, err, "reset")
	}
}

func length(body string) string { return fmt.Sprint("Content-Length: ", len(body)) }

const (
	anyKey = "x-api-key: " + emulator.DefaultAPIKey
	asJSON = "Content-Type: application/json"
)

// served returns the URLs of two emulators: one on its own server, one mounted in another server.
func served(t testing.TB, opts ...emulator.Option) map[string]string {
	t.Helper()
	mounted := emulator.Start(t, opts...)
	server := httptest.NewServer(mounted.Handler())
	t.Cleanup(server.Close)
	return map[string]string{"its own server": emulator.Start(t, opts...).URL(), "another server": server.URL}
}

func TestTheKeyIsCheckedBeforeTheBodyIsRead(t *testing.T) {
	weak := emulator.Start(t)
	key := "x-api-key: " + weak.NewAPIKey(emulator.APIKeySpec{Scopes: []string{"emails:read"}})
	urls := served(t)
	urls["a key without the scope"] = weak.URL()
	var lines []line
	for name, url := range urls {
		credentials, status := "x-api-key: unknown", 401
		if name == "a key without the scope" {
			credentials, status = key, 403
		}
		for _, body := range []struct{ declared, sent string }{
			{"Content-Length: 100", `{"templateId`},
			{"Content-Length: 1048576", strings.Repeat(" ", 64<<10)},
			{"Content-Length: 10", ""},
			{"Transfer-Encoding: chunked", ""},
			{"Transfer-Encoding: chunked", "5\r\n{\"tem"},
		} {
			l := dial(t, url)
			l.begin("POST /api/v1/emails", body.sent, credentials, asJSON, body.declared)
			a := l.answer()
			require.Equal(t, status, a.status, "%s: %v", name, body)
			require.Equal(t, "close", a.header.Get("Connection"), "otherwise net/http waits for the rest of the body")
			require.NotEmpty(t, a.header.Get("x-request-id"))
			lines = append(lines, l)
		}
	}

	for _, l := range lines {
		l.waitClosed()
	}
}

func TestOtherRefusalsAlsoDoNotWaitForTheBody(t *testing.T) {
	url := emulator.Start(t).URL()
	var lines []line
	for head, want := range map[string]int{
		"POST /api/v1/no-such": 404, "PUT /api/v1/emails": 405, "POST /api/v1/integrations": 501, "POST /": 404,
		"POST /dashboard": 401, "POST /login": 401, "PUT /login": 405, "POST /c/x": 405, "POST /_emulator/no-such": 404,
		"POST /_emulator/health": 405, "POST /_emulator/reset": 204, "POST /_emulator/confirmations/x/approve": 404,
	} {
		l := dial(t, url)
		l.begin(head, "{", asJSON, "Content-Length: 100")
		require.Equal(t, want, l.answer().status, head)
		lines = append(lines, l)
	}
	for _, l := range lines {
		l.waitClosed()
	}
	l := dial(t, url)
	l.begin("POST /api/v1/emails", "{", "Origin: null", asJSON, "Content-Length: 100")
	require.Equal(t, 403, l.answer().status)
}

func TestChecksRunInOneOrderIfSeveralFail(t *testing.T) {
	emu := emulator.Start(t)
	weak := emu.NewAPIKey(emulator.APIKeySpec{Scopes: []string{"emails:read"}})
	large := func() io.Reader { return strings.NewReader(strings.Repeat(" ", 1<<20) + "{}") }
	broken := func() io.Reader { return io.MultiReader(strings.NewReader("{"), failing{}) }
	const send, text, asJSON = "POST /api/v1/emails", "text/plain", "application/json"
	for _, c := range []struct {
		name, call, key, media string
		body                   io.Reader
		length                 int64
		want                   int
	}{
		{"route before everything else", "PUT /api/v1/no-such", "", text, large(), 1 << 30, 404},
		{"method before everything but the route", "PUT /api/v1/emails", "", text, large(), 1 << 30, 405},
		{"declared size before media type and key", send, "", text, failing{}, 1<<20 + 1, 413},
		{"declared size of a batch", "POST /api/v1/emails/batch", "", text, failing{}, 8<<20 + 1, 413},
		{"declared size where no body is declared", "GET /api/v1/emails/x", "", "", failing{}, 1<<20 + 1, 413},
		{"media type before the key", send, "", text, failing{}, 1 << 20, 415},
		{"media type before the key, length unknown", send, "", text, large(), -1, 415},
		{"no media type, length unknown", send, "", "", strings.NewReader("x"), -1, 415},
		{"no body needs no media type", send, "", text, strings.NewReader(""), -1, 401},
		{"no body needs no media type, length 0", send, "", text, http.NoBody, 0, 401},
		{"a body that fails at its first byte", send, "", text, failing{}, -1, 400},
		{"key before the size that was read", send, "", asJSON, large(), -1, 401},
		{"key before a body that fails", send, "", asJSON, broken(), -1, 401},
		{"scope before the size that was read", send, weak, asJSON, large(), -1, 403},
		{"scope before a body that fails", send, weak, asJSON, broken(), 100, 403},
		{"size that was read before the schema", send, emu.APIKey(), asJSON, large(), -1, 413},
		{"a body that fails", send, emu.APIKey(), asJSON, broken(), -1, 400},
		{"schema last", send, emu.APIKey(), asJSON + "; charset=utf-8", strings.NewReader("{}"), -1, 400},
		{"scope before the path's schema", "GET /api/v1/profiles/x", weak, "", http.NoBody, 0, 403},
	} {
		t.Run(c.name, func(t *testing.T) {
			body := &metered{Reader: c.body}
			method, path, _ := strings.Cut(c.call, " ")
			r := httptest.NewRequestWithContext(t.Context(), method, "http://localhost"+path, body)
			r.ContentLength = c.length
			r.Header = http.Header{"X-Api-Key": {c.key}, "Content-Type": {c.media}}
			w := httptest.NewRecorder()
			emu.Handler().ServeHTTP(w, r)
			require.Equal(t, c.want, w.Code, w.Body)
			if w.Code != 413 && c.key != emu.APIKey() {
				require.LessOrEqual(t, body.read, 1, "the body of a refused caller is not read")
			}
		})
	}
}

// failing is a body that ends in an error.
type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

type metered struct {
	io.Reader
	read int
}

func (m *metered) Read(p []byte) (int, error) {
	n, err := m.Reader.Read(p)
	m.read += n
	return n, err
}

func TestUnfinishedBodiesAreDroppedAfterTheBodyTime(t *testing.T) {
	const each = 30
	for name, url := range served(t, emulator.WithBodyTime(50*time.Millisecond)) {
		before := runtime.NumGoroutine()
		var lines []line
		for range each {
			for head, headers := range map[string][]string{
				"POST /api/v1/emails":            {anyKey, asJSON, "Content-Length: 100"},
				"POST /api/v1/emails/batch":      {anyKey, asJSON, "Transfer-Encoding: chunked"},
				"POST /_emulator/seed":           {asJSON, "Content-Length: 60000000"},
				"POST /_emulator/clock/advance":  {asJSON, "Content-Length: 100"},
				"POST /u/x":                      {"Content-Type: " + form, "Content-Length: 100"},
				"POST /p/x":                      {"Content-Type: " + form, "Transfer-Encoding: chunked"},
				"GET /api/v1/emails/" + someUUID: {anyKey, "Content-Length: 100"},
			} {
				l := dial(t, url)
				part := "{"
				if strings.HasPrefix(headers[len(headers)-1], "Transfer") {
					part = "1\r\n{\r\n"
				}
				l.begin(head, part, headers...)
				lines = append(lines, l)
			}
		}
		for _, l := range lines {
			a := l.answer()
			require.Equal(t, 400, a.status, a.body)
			require.Contains(t, a.body, "did not arrive completely", name)
			l.waitClosed()
			require.NoError(t, l.Close())
		}
		gone := func() bool { return runtime.NumGoroutine() <= before+2 }
		require.Eventually(t, gone, 10*time.Second, 10*time.Millisecond, name)
	}
}

const someUUID = "5e6d0000-0000-4000-8000-000000000001"

func TestAnUnfinishedFormChangesNothing(t *testing.T) {
	s := letters(t, emulator.WithBodyTime(50*time.Millisecond))
	url := s.emu.URL()
	msg := s.letter("alex@example.com", tracked)
	before := len(s.emu.SubscriptionChanges("alex@example.com"))
	l := dial(t, url)
	l.begin("POST "+pathOf(t, msg.Link("Unsubscribe")), "List-", "Content-Type: "+form, "Content-Length: 26")
	require.Equal(t, 400, l.answer().status)
	require.Len(t, s.emu.SubscriptionChanges("alex@example.com"), before)
}

func TestAReadTimeoutOfTheServerIsKept(t *testing.T) {
	emu := emulator.Start(t)
	server := httptest.NewUnstartedServer(emu.Handler())
	server.Config.ReadTimeout = 100 * time.Millisecond
	server.Start()
	defer server.Close()
	l := dial(t, server.URL)
	l.begin("POST /api/v1/emails", "{", anyKey, asJSON, "Content-Length: 100")
	require.Equal(t, 400, l.answer().status)
}

func TestABodyTimeAppliesToHTTP2(t *testing.T) {
	emu := emulator.Start(t, emulator.WithBodyTime(50*time.Millisecond))
	server := httptest.NewUnstartedServer(emu.Handler())
	server.EnableHTTP2 = true
	server.StartTLS()
	defer server.Close()
	body, feed := io.Pipe()
	defer feed.Close()
	post := func(key string, body io.Reader) (status int) {
		r, err := http.NewRequestWithContext(t.Context(), "POST", server.URL+"/api/v1/emails", body)
		require.NoError(t, err)
		r.Header = http.Header{"X-Api-Key": {key}, "Content-Type": {"application/json"}}
		response, err := server.Client().Do(r)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		require.Equal(t, 2, response.ProtoMajor)
		return response.StatusCode
	}

	require.Equal(t, 400, post(emu.APIKey(), body))
	other, feedOther := io.Pipe()
	defer feedOther.Close()
	require.Equal(t, 401, post("unknown", other))
	require.Equal(t, 400, post(emu.APIKey(), strings.NewReader("{}")), "the connection stays open")
}

func TestUnfinishedBatchesWithoutAKeyUseNoMemory(t *testing.T) {
	const batches = 40
	url := emulator.Start(t).URL()
	dial(t, url).begin("GET /_emulator/health", "")
	heap := func() int64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}

	part := make([]byte, 8<<20-1)
	before := heap()
	var lines []line
	for range batches {
		l := dial(t, url)
		l.begin("POST /api/v1/emails/batch", "", asJSON, "Content-Length: 8388608")
		go func() { _, _ = l.Write(part) }() // as much as the server reads
		lines = append(lines, l)
	}

	for _, l := range lines {
		require.Equal(t, 401, l.answer().status)
	}
	for _, l := range lines {
		_ = l.Close()
	}
	require.Less(t, heap()-before, int64(batches*128<<10), "each connection has its buffers")
	runtime.KeepAlive(part)
}

func TestACallWhoseClientDisconnectsWhileItWaitsDoesNothing(t *testing.T) {
	emu := emulator.Start(t)
	l := dial(t, emu.URL())
	free := emu.Occupy()
	body := `{"event": "e", "profile": {"email": "alex@example.com"}}`
	l.begin("POST /api/v1/events", body, anyKey, asJSON, "Idempotency-Key: k", length(body))
	require.NoError(t, l.Close())
	requests := func() []any {
		return call(t, emu, "GET", "/_emulator/requests", "").json(t)["requests"].([]any)
	}
	ended := func() bool { return len(requests()) == 1 }
	require.Eventually(t, ended, 10*time.Second, time.Millisecond, "the call ends while the world is busy")
	require.Equal(t, "unavailable", requests()[0].(map[string]any)["error"])
	free()
	require.Zero(t, profilesOf(t, emu))
}

func profilesOf(t testing.TB, emu *emulator.Emulator) int {
	t.Helper()
	list, err := emu.Client().Profiles.List(t.Context(), nil)
	require.NoError(t, err)
	return list.ProfileCount
}
