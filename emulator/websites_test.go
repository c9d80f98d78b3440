package emulator_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator"
)

func TestAPageOfAWebsiteMayCallIngestAndNothingElse(t *testing.T) {
	s := openVisits(t)
	server := httptest.NewServer(s.emu.Handler())
	defer server.Close()
	ask := func(method, path, body string, headers ...string) (int, http.Header) {
		request, err := http.NewRequestWithContext(t.Context(), method, server.URL+path, strings.NewReader(body))
		require.NoError(t, err)
		request.Header.Set("Content-Type", "application/json")
		for i := 0; i < len(headers); i += 2 {
			request.Header.Set(headers[i], headers[i+1])
			if headers[i] == "Host" {
				request.Host = headers[i+1]
			}
		}
		reply, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		require.NoError(t, reply.Body.Close())
		return reply.StatusCode, reply.Header
	}
	status := func(method, path, body string, headers ...string) int {
		code, _ := ask(method, path, body, headers...)
		return code
	}
	const track = `{"writeKey":"wk_shop","messageId":"1","event":"e","userId":"cus_1"}`
	for _, origin := range []string{"https://shop.example", "https://blog.example:8443"} {
		code, header := ask("OPTIONS", "/api/v1/ingest/track", "", "Origin", origin,
			"Access-Control-Request-Method", "POST")
		require.Equal(t, 204, code)
		require.Equal(t, origin, header.Get("Access-Control-Allow-Origin"))
		require.Equal(t, "POST", header.Get("Access-Control-Allow-Methods"))
		require.Equal(t, "content-type", header.Get("Access-Control-Allow-Headers"))
		code, header = ask("POST", "/api/v1/ingest/track", track, "Origin", origin)
		require.Equal(t, 200, code)
		require.Equal(t, origin, header.Get("Access-Control-Allow-Origin"))
		require.Equal(t, 403, status("GET", "/api/v1/templates", "", "Origin", origin))
		require.Equal(t, 403, status("GET", "/_emulator/messages", "", "Origin", origin))
		require.Equal(t, 403, status("POST", "/api/v1/ingest/track", track, "Origin", origin,
			"Host", "evil.example"))
	}
	for _, origin := range []string{
		"http://shop.example", "https://shop.example:444", "https://evil.example",
		"https://shop.example.evil.example", "null",
	} {
		code, header := ask("POST", "/api/v1/ingest/track", track, "Origin", origin)
		require.Equal(t, 403, code, origin)
		require.Empty(t, header.Get("Access-Control-Allow-Origin"))
	}
	_, header := ask("POST", "/api/v1/ingest/track", track)
	require.Empty(t, header.Get("Access-Control-Allow-Origin"))
}

func TestWebsitesOfASeedAreChecked(t *testing.T) {
	const text = `
websites:
  - {key: a, url: "https://a.example", writeKey: same}
  - {key: b, url: "https://b.example", writeKey: same}
  - {key: c, url: shop.example, writeKey: c}
  - {key: d}
  - {writeKey: e}
organizations:
  - organization: {id: 00000000-0000-4000-8000-0000000000f0}
    websites: [{key: a, writeKey: same}]
`
	_, err := emulator.New(emulator.WithSeed(parsed(t, text)))
	require.Error(t, err)
	for _, problem := range []string{
		`/websites/1/writeKey: belongs to the website "a"`, "/websites/2/url: must be an address",
		"/websites/3/writeKey: is required",
		"/websites/4/key: is required",
		"/organizations/0/websites/0/writeKey: belongs to a website of another Organization",
	} {
		require.ErrorContains(t, err, problem)
	}
	require.NotContains(t, err.Error(), "same")

	s := openVisits(t)
	s.seedText(`websites: [{key: shop, name: Shop, url: "https://new.example", writeKey: wk_new}]`)
	s.ingest(401, "track", `{"writeKey":"wk_shop","messageId":"1","event":"e","userId":"cus_1"}`)
	s.ingest(200, "track", `{"writeKey":"wk_new","messageId":"1","event":"e","userId":"cus_1"}`)
}
