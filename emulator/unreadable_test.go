package emulator_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator"
)

// raw writes bytes to a new connection and returns the reply to each of the requests in it.
func raw(t *testing.T, url, sent string, methods ...string) []answer {
	t.Helper()
	l := dial(t, url)
	_, err := io.WriteString(l, sent)
	require.NoError(t, err)

	var replies []answer
	for _, method := range methods {
		response, err := http.ReadResponse(l.in, &http.Request{Method: method})
		require.NoError(t, err, "%.80q", sent)
		body, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		if response.Close {
			response.Header.Set("Connection", "close")
			rest, _ := io.ReadAll(l.in)
			require.Empty(t, rest, "nothing follows the last reply")
		}
		replies = append(replies, answer{response.StatusCode, response.Header, string(body)})
	}
	return replies
}

// hasForm requires that a refusal has the form of the API.
func (a answer) hasForm(t *testing.T, code string) {
	t.Helper()
	require.Equal(t, "application/json", a.header.Get("Content-Type"), a.body)
	require.NotEmpty(t, a.header.Get("x-request-id"), a.body)
	_, err := http.ParseTime(a.header.Get("Date"))
	require.NoError(t, err)
	envelope := a.json(t)
	require.Equal(t, code, envelope["error"])
	require.NotEmpty(t, envelope["message"])
	require.NotContains(t, a.body, "nonsense", "a message repeats nothing of the request")
}

const host = "Host: localhost\r\n"

func TestARequestThatNoHandlerCanReadIsRefusedInTheFormOfTheAPI(t *testing.T) {
	url := emulator.Start(t).URL()
	const closed, invalid = "\r\n\r\n", "invalid_request"
	for sent, want := range map[string]struct {
		status int
		code   string
	}{
		"nonsense" + closed:                                                       {400, invalid},
		"GET /nonsense" + closed:                                                  {400, invalid},
		"GET nonsense HTTP/1.1\r\n" + host + "\r\n":                               {400, invalid},
		"G@T / HTTP/1.1\r\n" + host + "\r\n":                                      {400, invalid},
		"GET /api/v1/segments HTTP/1.1\r\n\r\n":                                   {400, invalid},
		"GET / HTTP/1.1\r\n" + host + host + "\r\n":                               {400, invalid},
		"GET / HTTP/1.1\r\nHost: non sense\r\n\r\n":                               {400, invalid},
		"GET /%zz HTTP/1.1\r\n" + host + "\r\n":                                   {400, invalid},
		"GET / HTTP/1.1\r\n" + host + "nonsense\r\n\r\n":                          {400, invalid},
		"GET / HTTP/1.1\r\n" + host + "non sense: x\r\n\r\n":                      {400, invalid},
		"GET / HTTP/1.1\r\n" + host + "X: non\x00sense\r\n\r\n":                   {400, invalid},
		"POST / HTTP/1.1\r\n" + host + "Content-Length: x\r\n\r\n":                {400, invalid},
		"POST / HTTP/1.1\r\n" + host + "Content-Length: -1\r\n\r\n":               {400, invalid},
		"GET / HTTP/3.0\r\n" + host + "\r\n":                                      {505, invalid},
		"GET / HTTP/1.1\r\n" + host + "Expect: nonsense\r\n\r\n":                  {417, invalid},
		"POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: gzip" + closed:         {501, "not_implemented"},
		"GET / HTTP/1.1\r\n" + host + "X: " + strings.Repeat("x", 1<<17) + closed: {431, invalid},
	} {
		reply := raw(t, url, sent, "GET")[0]
		require.Equal(t, want.status, reply.status, "%.80q", sent)
		require.Equal(t, "close", reply.header.Get("Connection"))
		reply.hasForm(t, want.code)
	}
}

func TestOnlyTheUnreadableRequestOfAConnectionEndsIt(t *testing.T) {
	url := emulator.Start(t).URL()
	const good, bad = "GET /_emulator/health HTTP/1.1\r\n" + host + "\r\n", "GET / HTTP/1.1\r\n\r\n"
	replies := raw(t, url, good+good+bad+good, "GET", "GET", "GET")
	require.Equal(t, []int{200, 200, 400}, []int{replies[0].status, replies[1].status, replies[2].status})
	require.Contains(t, replies[1].body, `"status":"ok"`)
	replies[2].hasForm(t, "invalid_request")

	ids := map[string]bool{}
	for _, reply := range replies {
		ids[reply.header.Get("x-request-id")] = true
	}
	require.Len(t, ids, 3)
}

func TestARefusedHeadHasNoBody(t *testing.T) {
	url := emulator.Start(t).URL()
	for sent, status := range map[string]int{
		"HEAD / HTTP/1.1\r\n\r\n":                                  400,
		"HEAD / HTTP/1.1\r\n" + host + "Expect: x\r\n\r\n":         417,
		"HEAD /api/v1/no-such HTTP/1.1\r\n" + host + "\r\n":        404,
		"HEAD /no-such HTTP/1.1\r\n" + host + "\r\n":               404,
		"HEAD /api/v1/integrations/x HTTP/1.1\r\n" + host + "\r\n": 501,
	} {
		l := dial(t, url)
		_, err := io.WriteString(l, strings.Replace(sent, "\r\n", "\r\nConnection: close\r\n", 1))
		require.NoError(t, err)
		whole, err := io.ReadAll(l)
		require.NoError(t, err)
		head, body, _ := strings.Cut(string(whole), "\r\n\r\n")
		require.Empty(t, body, sent)
		in := bufio.NewReader(strings.NewReader(head + "\r\n\r\n"))
		reply, err := http.ReadResponse(in, &http.Request{Method: "HEAD"})
		require.NoError(t, err)
		require.NoError(t, reply.Body.Close())
		require.Equal(t, status, reply.StatusCode, sent)
		require.Equal(t, "application/json", reply.Header.Get("Content-Type"))
		require.NotEmpty(t, reply.Header.Get("x-request-id"))
		require.NotZero(t, reply.ContentLength)
	}
}

func TestOddRequestsThatHandlersGetHaveTheFormOfTheAPI(t *testing.T) {
	emu := emulator.Start(t)
	url := emu.URL()
	chunked := host + "x-api-key: " + emu.APIKey() + "\r\nContent-Type: application/json\r\n" +
		"Transfer-Encoding: chunked\r\n\r\n"
	for sent, want := range map[string]struct {
		status int
		code   string
	}{
		"OPTIONS * HTTP/1.1\r\n" + host + "\r\n":                        {404, "not_found"},
		"GET * HTTP/1.1\r\n" + host + "\r\n":                            {404, "not_found"},
		"CONNECT localhost:80 HTTP/1.1\r\n" + host + "\r\n":             {404, "not_found"},
		"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n":                              {403, "foreign_host"},
		"GET http://localhost HTTP/1.1\r\n" + host + "\r\n":             {404, "not_found"},
		"GET /api//v1/emails HTTP/1.1\r\n" + host + "\r\n":              {404, "not_found"},
		"GET /api/v1/../v1/segments HTTP/1.1\r\n" + host + "\r\n":       {404, "not_found"},
		"GET //_emulator/health HTTP/1.1\r\n" + host + "\r\n":           {404, "not_found"},
		"GET /_emulator/./health HTTP/1.1\r\n" + host + "\r\n":          {404, "not_found"},
		"GET /_emulator/health/ HTTP/1.1\r\n" + host + "\r\n":           {404, "not_found"},
		"GET / HTTP/1.0\r\n\r\n":                                        {403, "foreign_host"},
		"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n":                  {403, "foreign_host"},
		"GET /api/v1/segments HTTP/1.1\r\nHost: evil.example\r\n\r\n":   {403, "foreign_host"},
		"BREW /api/v1/emails HTTP/1.1\r\n" + host + "\r\n":              {405, "method_not_allowed"},
		"BREW /_emulator/health HTTP/1.1\r\n" + host + "\r\n":           {405, "method_not_allowed"},
		"BREW /u/x HTTP/1.1\r\n" + host + "\r\n":                        {405, "method_not_allowed"},
		"BREW /login HTTP/1.1\r\n" + host + "\r\n":                      {405, "method_not_allowed"},
		"GET /u/forged HTTP/1.1\r\n" + host + "\r\n":                    {404, "not_found"},
		"POST /api/v1/profiles HTTP/1.1\r\n" + chunked + "zz\r\n{}\r\n": {400, "invalid_request"},
		"POST /api/v1/profiles HTTP/1.1\r\n" + chunked + "2\r\n{}x\r\n": {400, "invalid_request"},
		"POST /_emulator/seed HTTP/1.1\r\n" + chunked + "zz\r\n{}\r\n":  {400, "invalid_request"},
	} {
		reply := raw(t, url, sent, "GET")[0]
		require.Equal(t, want.status, reply.status, "%.80q: %s", sent, reply.body)
		reply.hasForm(t, want.code)
	}
}

func TestLookingDoesNotChangeTheIDsOfCalls(t *testing.T) {
	emu := emulator.Start(t)
	require.Equal(t, "req_other_00000001", call(t, emu, "GET", "/_emulator/clock", "").header.Get("x-request-id"))
	require.Equal(t, "req_00000001", call(t, emu, "GET", "/api/v1/segments", "").header.Get("x-request-id"))
	for path := range strings.FieldsSeq("/ /login /dashboard /dashboard/style.css /u/x // /_emulator//health") {
		require.Regexp(t, "^req_other_", call(t, emu, "GET", path, "").header.Get("x-request-id"), path)
	}
}

func TestServeServesAListenerUntilItsContextEnds(t *testing.T) {
	emu := emulator.Start(t)
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- emu.Serve(ctx, listener) }()

	silent, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", listener.Addr().String())
	require.NoError(t, err)
	defer silent.Close()
	raw(t, "http://"+listener.Addr().String(), "nonsense\r\n\r\n", "GET")[0].hasForm(t, "invalid_request")
	began := time.Now()
	stop()
	require.NoError(t, <-ended)
	require.Less(t, time.Since(began), 3*time.Second, "a connection without a request, as browsers open, is no reason")
	_, err = (&net.Dialer{}).DialContext(t.Context(), "tcp", listener.Addr().String())
	require.Error(t, err)
	require.Error(t, emu.Serve(t.Context(), listener), "the listener is closed")
}
