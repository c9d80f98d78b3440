package emulator_test

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator"
)

// refusedAs returns the code with which Handler refuses a request that comes from a network.
func refusedAs(
	t testing.TB, emu *emulator.Emulator, method, path string, change func(*http.Request),
) (status int, body string) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, "http://127.0.0.1:4010"+path, nil)
	change(r)
	w := httptest.NewRecorder()
	emu.Handler().ServeHTTP(w, r)
	checkPlane(t, r, w.Result(), w.Body.Bytes())
	return w.Code, w.Body.String()
}

func TestEveryPathRefusesForeignHostsAndOrigins(t *testing.T) {
	emu := emulator.Start(t, emulator.WithAllowedHosts("Dev.Example", "box.example:8080", ""),
		emulator.WithPublicURL("https://Mail.Example:8443/m"))
	remote := emulator.Start(t, emulator.WithAllowRemote())
	host := func(host string) func(*http.Request) { return func(r *http.Request) { r.Host = host } }
	origin := func(origins ...string) func(*http.Request) {
		return func(r *http.Request) { r.Header["Origin"] = origins }
	}
	both := func(host, origin string) func(*http.Request) {
		return func(r *http.Request) {
			r.Host = host
			r.Header.Set("Origin", origin)
		}
	}

	for _, c := range []hostCase{
		{"loopback", emu, host("127.0.0.1:4010"), true},
		{"another loopback address", emu, host("127.8.8.8"), true},
		{"loopback in IPv6", emu, host("[::1]:4010"), true},
		{"loopback in IPv6 without a port", emu, host("[::1]"), true},
		{"loopback in IPv6 that maps IPv4", emu, host("[::ffff:127.0.0.1]:4010"), true},
		{"localhost", emu, host("LOCALHOST:4010"), true},
		{"localhost with the root's dot", emu, host("localhost.:4010"), true},
		{"below localhost", emu, host("mail.localhost"), true},
		{"the name of links", emu, host("emulator.test"), true},
		{"an allowed name", emu, host("dev.example:4010"), true},
		{"an allowed name in capitals with a dot", emu, host("DEV.EXAMPLE."), true},
		{"an allowed name with its port", emu, host("box.example"), true},
		{"the host of the public URL", emu, host("mail.example"), true},
		{"a rebound name", emu, host("attacker.example:4010"), false},
		{"a rebound name that begins like loopback", emu, host("127.0.0.1.attacker.example"), false},
		{"a name that ends like localhost", emu, host("notlocalhost"), false},
		{"a name below an allowed one", emu, host("evil.dev.example"), false},
		{"no name", emu, host(""), false},
		{"only a port", emu, host(":4010"), false},
		{"an address elsewhere", emu, host("192.0.2.7:4010"), false},
		{"an IPv6 address elsewhere", emu, host("[2001:db8::7]:4010"), false},
		{"an address elsewhere, remote allowed", remote, host("192.0.2.7:4010"), true},
		{"an IPv6 address elsewhere, remote allowed", remote, host("[2001:db8::7]:4010"), true},
		{"a name, remote allowed", remote, host("attacker.example"), false},
		{"no name, remote allowed", remote, host(""), false},
		{"the emulator's own page", emu, origin("http://127.0.0.1:4010"), true},
		{"a page of the public URL", emu, origin("https://mail.example:8443"), true},
		{"a page elsewhere", emu, origin("https://attacker.example"), false},
		{"a page elsewhere that names loopback as its user", emu, origin("https://localhost@attacker.example"), false},
		{"a sandboxed page", emu, origin("null"), false},
		{"an empty origin", emu, origin(""), false},
		{"two origins, one of them elsewhere", emu, origin("http://localhost", "https://attacker.example"), false},
		{"two origins in one header", emu, origin("http://localhost, https://attacker.example"), false},
		{"two origins, both allowed", emu, origin("http://localhost", "https://dev.example"), true},
		{"a page of the address itself, remote allowed", remote, both("192.0.2.7:4010", "http://192.0.2.7:4010"), true},
		{"a page of another address, remote allowed", remote, both("127.0.0.1:4010", "http://192.0.2.9"), false},
	} {
		c.check(t)
	}
}

// hostCase is a Host and an Origin that are sent to every path.
type hostCase struct {
	name    string
	emu     *emulator.Emulator
	change  func(*http.Request)
	allowed bool
}

func (c hostCase) check(t *testing.T) {
	for path, status := range map[string]int{ // without a key and without a session
		"/_emulator/health": 200, "/dashboard": 401, "/login": 401, "/api/v1/profiles/x": 401, "/api/v1/no-such": 404,
		"/api": 404, "/u/forged": 404, "/p/forged": 404, "/c/forged": 404, "/": 303, "//api/../_emulator/health": 404,
	} {
		for _, method := range []string{"GET", "POST"} {
			got, body := refusedAs(t, c.emu, method, path, c.change)
			switch {
			case !c.allowed:
				require.Equal(t, 403, got, "%s: %s %s", c.name, method, path)
				require.Contains(t, body, `"error":"foreign_host"`)
				require.Contains(t, body, "--allow-host NAME")
				require.Contains(t, body, "emulator.WithAllowedHosts")
				require.NotContains(t, body, "attacker", "a message repeats nothing of the request")
			case method == "GET":
				require.Equal(t, status, got, "%s: %s %s", c.name, method, path)
			}
		}
	}
}

func TestACallRefusedForItsHostHasARequestIDAndAJournalEntry(t *testing.T) {
	emu := acme(t)
	foreign := func(path string) *httptest.ResponseRecorder {
		body := strings.NewReader("{}")
		r := httptest.NewRequestWithContext(t.Context(), "POST", "http://attacker.example"+path, body)
		r.Header.Set("x-api-key", emu.APIKey())
		w := httptest.NewRecorder()
		emu.Handler().ServeHTTP(w, r)
		return w
	}
	require.Equal(t, "req_00000001", foreign("/api/v1/emails").Header().Get("x-request-id"))
	require.Regexp(t, "^req_other_", foreign("/_emulator/reset").Header().Get("x-request-id"))
	entries := listIn(t, shop{T: t, emu: emu}.get("/requests"), "requests")
	require.Len(t, entries, 1)
	require.Equal(t, []any{"/api/v1/emails", 403.0, "foreign_host", nil, "2026-03-02T09:00:00.000Z"},
		[]any{entries[0]["path"], entries[0]["status"], entries[0]["error"], entries[0]["operation"], entries[0]["at"]})
}

func TestTheHostIsCheckedInHTTP2(t *testing.T) {
	emu := emulator.Start(t)
	server := httptest.NewUnstartedServer(emu.Handler())
	server.EnableHTTP2 = true
	server.StartTLS()
	defer server.Close()
	for host, want := range map[string]int{"": 200, "LOCALHOST.:1": 200, "attacker.example": 403} {
		r, err := http.NewRequestWithContext(t.Context(), "GET", server.URL+"/_emulator/health", nil)
		require.NoError(t, err)
		r.Host = host
		response, err := server.Client().Do(r)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		require.Equal(t, 2, response.ProtoMajor)
		require.Equal(t, want, response.StatusCode, host)
	}
}

// sendRaw sends text over a new connection and returns what the other side sends until it closes.
func sendRaw(t testing.TB, url, text string) string {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(url, "http://"))
	require.NoError(t, err)
	defer conn.Close()
	_, err = io.WriteString(conn, text)
	require.NoError(t, err)
	reply, err := io.ReadAll(conn)
	require.NoError(t, err)
	return string(reply)
}

func TestTheHostOfTheRequestLineCountsAndAMissingHostIsRefused(t *testing.T) {
	url := emulator.Start(t).URL()
	for head, want := range map[string]string{
		"GET http://attacker.example/_emulator/health HTTP/1.1\r\nHost: localhost":           "403 ",
		"GET http://localhost/_emulator/health HTTP/1.1\r\nHost: attacker.example":           "200 ",
		"GET /_emulator/health HTTP/1.0":                                                     "403 ",
		"GET /_emulator/health HTTP/1.1":                                                     "400 ",
		"GET /_emulator/health HTTP/1.1\r\nHost: localhost\r\nHost: attacker.example":        "400 ",
		"GET /_emulator/health HTTP/1.1\r\nHost: localhost\r\nOrigin: http://a.example":      "403 ",
		"GET /_emulator/health HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost:3000": "200 ",
	} {
		reply := sendRaw(t, url, head+"\r\nConnection: close\r\n\r\n")
		require.Contains(t, strings.SplitN(reply, "\r\n", 2)[0], want, head)
	}
}

// A browser sends "Origin: null" with a form when the page of the form sends no referrer.
func TestTheFormsOfLinksCanBePosted(t *testing.T) {
	s := letters(t)
	msg := s.letter("alex@example.com", tracked)
	policy := func(link string) string {
		return call(t, s.emu, "GET", pathOf(t, link), "").header.Get("Referrer-Policy")
	}
	require.Equal(t, "same-origin", policy(msg.Link("Unsubscribe")))
	require.Equal(t, "same-origin", policy(msg.Link("Preferences")))
	require.Equal(t, "no-referrer", policy(msg.Link("Shop")))
}

// askFrom sends a request from a page of an origin.
func askFrom(
	t testing.TB, emu *emulator.Emulator, method, path, origin string, headers ...string,
) *httptest.ResponseRecorder {
	t.Helper()
	request := httptest.NewRequestWithContext(t.Context(), method, "http://127.0.0.1:4010"+path, nil)
	request.Header.Set("Origin", origin)
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	recorder := httptest.NewRecorder()
	emu.Handler().ServeHTTP(recorder, request)
	checkPlane(t, request, recorder.Result(), recorder.Body.Bytes())
	return recorder
}

func TestPagesOfAllowedOriginsReadTheAnswers(t *testing.T) {
	const page = "http://localhost:5173"
	emu := emulator.Start(t, emulator.WithAllowedOrigins(page, "https://[::1]:8443", "http://App.localhost"))
	for _, path := range []string{"/api/v1/segments", "/_emulator/messages", "/openapi.yaml"} {
		asked := askFrom(t, emu, "OPTIONS", path, page, "Access-Control-Request-Method", "POST",
			"Access-Control-Request-Headers", "x-api-key, idempotency-key, content-type")
		require.Equal(t, 204, asked.Code, path)
		require.Equal(t, page, asked.Header().Get("Access-Control-Allow-Origin"))
		require.Equal(t, "*", asked.Header().Get("Access-Control-Allow-Headers"))
		require.Contains(t, asked.Header().Get("Access-Control-Allow-Methods"), "PATCH")
		require.Empty(t, asked.Header().Get("Access-Control-Allow-Credentials"))

		read := askFrom(t, emu, "GET", path, page, "x-api-key", emu.APIKey())
		require.Equal(t, 200, read.Code, path)
		require.Equal(t, page, read.Header().Get("Access-Control-Allow-Origin"))
		require.Equal(t, "*", read.Header().Get("Access-Control-Expose-Headers"))
		require.Equal(t, "Origin", read.Header().Get("Vary"))
	}
	for _, origin := range []string{"https://[::1]:8443", "http://app.localhost"} {
		reply := askFrom(t, emu, "GET", "/_emulator/ids", origin)
		require.Equal(t, origin, reply.Header().Get("Access-Control-Allow-Origin"))
	}

	for _, other := range []string{"http://localhost:5174", "https://localhost:5173", "http://127.0.0.1:5173", "null"} {
		for _, method := range []string{"GET", "OPTIONS"} {
			reply := askFrom(t, emu, method, "/_emulator/messages", other)
			require.Empty(t, reply.Header().Get("Access-Control-Allow-Origin"), other)
		}
	}
	closed := emulator.Start(t)
	require.Empty(t, askFrom(t, closed, "GET", "/_emulator/ids", page).Header().Get("Access-Control-Allow-Origin"))
	require.Equal(t, 403, askFrom(t, emu, "GET", "/_emulator/ids", "http://shop.example").Code)
}

func TestOnlyLoopbackOriginsCanBeAllowed(t *testing.T) {
	for _, origin := range []string{
		"", "*", "null", "localhost:5173", "http://shop.example", "http://localhost:5173/", "http://localhost:5173/app",
		"ftp://localhost", "http://me@localhost", "http://localhost:", "http://192.0.2.7:3000",
		"http://localhost.example",
	} {
		_, err := emulator.New(emulator.WithAllowedOrigins(origin))
		require.ErrorIs(t, err, emulator.ErrOrigin, origin)
		require.ErrorContains(t, err, "pass one such as http://localhost:5173")
	}
}
