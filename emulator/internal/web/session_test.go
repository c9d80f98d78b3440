package web_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator"
)

func bodyOf(t *testing.T, response *http.Response) string {
	t.Helper()
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return string(raw)
}

const (
	formType = "application/x-www-form-urlencoded"
	aForm    = "/dashboard/sign-out"
)

func TestAPageWhoseReaderHasLeftIsNoError(t *testing.T) {
	var log strings.Builder
	b := open(t, emulator.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
	ctx, leave := context.WithCancel(t.Context())
	leave()
	request := httptest.NewRequestWithContext(ctx, http.MethodGet, origin+"/dashboard/broadcasts", nil)
	for _, cookie := range b.client.Jar.Cookies(request.URL) {
		request.AddCookie(cookie)
	}
	b.emu.Handler().ServeHTTP(httptest.NewRecorder(), request)
	require.NotContains(t, log.String(), "failed")
}

func TestAFormNeedsItsToken(t *testing.T) {
	b := open(t)
	token := b.csrf()
	for _, wrong := range [][]string{nil, {""}, {strings.Repeat("0", 32)}, {token + "0"}, {"", token}} {
		form := url.Values{"csrf": wrong}
		answer := b.ask("POST", aForm, form)
		require.Equal(t, 403, answer.status)
		require.Contains(t, answer.page, "did not come from the dashboard")
	}
	answer := b.ask("POST", aForm+"?csrf="+token, url.Values{})
	require.Equal(t, 403, answer.status, "a token in the URL does not count")
	status, _ := b.get(aForm)
	require.Equal(t, 404, status)

	other := b.another()
	other.get(b.link())
	answer = other.ask("POST", aForm, url.Values{"csrf": {token}})
	require.Equal(t, 403, answer.status, "the token is valid only in its session")
	answer = b.another().ask("POST", aForm, url.Values{"csrf": {token}})
	require.Equal(t, 401, answer.status)
	require.Equal(t, 303, b.send("POST", aForm, "csrf="+token, "Content-Type", formType).status)
}

func TestAFormOfAnotherSiteIsRefused(t *testing.T) {
	b := open(t)
	form := "csrf=" + b.csrf()
	for _, headers := range [][]string{
		{"Sec-Fetch-Site", "cross-site"},
		{"Sec-Fetch-Site", "same-site"},
		{"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"},
		{"Origin", "https://evil.example"},
		{"Origin", "null"},
		{"Origin", "https://emulator.test.evil.example"},
		{"Origin", "https://emulator.test:444"},
	} {
		for _, path := range []string{aForm, "/login"} {
			answer := b.send("POST", path, form, append(headers, "Content-Type", formType)...)
			require.Equal(t, 403, answer.status, "%s %v", path, headers)
			require.Empty(t, answer.cookies)
		}
	}
	require.Equal(t, 200, b.send("GET", "/dashboard", "", "Sec-Fetch-Site", "cross-site").status,
		"a link from another site works")
	for _, headers := range [][]string{
		{"Sec-Fetch-Site", "same-origin", "Origin", "https://emulator.test"},
		{"Sec-Fetch-Site", "none"},
		{"Origin", "https://emulator.test"},
	} {
		own := b.another()
		own.get(b.link())
		own.send("POST", aForm, "csrf="+own.csrf(), append(headers, "Content-Type", formType)...)
		status, _ := own.get("/dashboard")
		require.Equal(t, 401, status, "%v signs out", headers)
	}
}

func TestAProxyMayChangeTheHost(t *testing.T) {
	b := open(t, emulator.WithAllowedHosts("emulator.internal:4010"))
	for _, at := range []string{"http://emulator.internal:4010", "https://emulator.internal:4010"} {
		answer := b.send("POST", aForm, "csrf=x", "Content-Type", formType, "Origin", at)
		require.Contains(t, answer.header.Get("Content-Type"), "text/html")
		own := b.another()
		own.get(b.link())
		form := "csrf=" + own.csrf()
		require.Equal(t, 303, own.send("POST", aForm, form, "Content-Type", formType, "Origin", at).status)
	}
	public := signedOut(t, emulator.WithPublicURL("https://mail.acme.example/emulator"))
	public.get(strings.TrimPrefix(public.emu.LoginURL(), "https://mail.acme.example/emulator"))
	form := "csrf=" + public.csrf()
	answer := public.send("POST", aForm, form, "Content-Type", formType, "Origin", "https://mail.acme.example")
	require.Equal(t, 303, answer.status)
}

func TestAFormThatIsTooLargeIsRefusedInWords(t *testing.T) {
	b := open(t)
	form := url.Values{"csrf": {b.csrf()}, "x": {strings.Repeat("x", 70_000)}}
	answer := b.ask("POST", aForm, form)
	require.Equal(t, 413, answer.status)
	require.Contains(t, answer.page, "It may have at most 65.5 kB")
	b.page("/dashboard")
}

func TestAFormThatCannotBeReadChangesNothing(t *testing.T) {
	b := open(t)
	for _, broken := range []string{"&by=%zz&to=9998-01-01", "&to=9998-01-01&by=a;b"} {
		answer := b.send("POST", "/dashboard/advance", "csrf="+b.csrf()+broken, "Content-Type", formType)
		require.Equal(t, 400, answer.status)
		require.Contains(t, answer.page, "Nothing was changed. The reason: invalid")
	}
	require.Equal(t, noon, b.emu.Now())
}

func TestSessionsSurviveAReset(t *testing.T) {
	b := open(t, emulator.WithSeedFile(acme))
	link := b.link()
	b.emu.Reset()
	require.Contains(t, b.page("/dashboard"), "Acme Outdoor")
	status, _ := b.another().get(link)
	require.Equal(t, 200, status, "and so do links")
}

func TestAPageThatFailsShowsWhy(t *testing.T) {
	b := open(t)
	require.NoError(t, b.emu.Close())
	status, page := b.get("/dashboard")
	require.Equal(t, 500, status)
	require.Contains(t, page, "The emulator is closed")
}

func TestPagesHaveStrictHeaders(t *testing.T) {
	b := open(t)
	answer := b.ask("GET", "/dashboard", nil)
	require.NotContains(t, answer.page, "<script>")
	require.Contains(t, answer.header.Get("Content-Security-Policy"), "default-src 'none'; style-src 'self'")
	require.Equal(t, "no-store", answer.header.Get("Cache-Control"))
	require.Equal(t, "same-origin", answer.header.Get("Referrer-Policy"))
	answer = b.ask("GET", "/dashboard/static/style.css", nil)
	require.Contains(t, answer.page, "prefers-color-scheme: dark")
	require.Equal(t, "text/css; charset=utf-8", answer.header.Get("Content-Type"))
	for _, path := range []string{"layout.html", "none.css", "..", "%2e%2e/routes.go"} {
		status, _ := b.another().get("/dashboard/static/" + path)
		require.NotEqual(t, 200, status, path)
	}
}

func TestALinkOverASocketSignsIn(t *testing.T) {
	b := signedOut(t)
	server := httptest.NewServer(b.emu.Handler())
	defer server.Close()
	b.client.Transport = nil
	ask := func(method, path, body string) (int, string) {
		request, err := http.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
		require.NoError(t, err)
		response, err := b.client.Do(request)
		require.NoError(t, err)
		return response.StatusCode, bodyOf(t, response)
	}
	_, page := ask("GET", server.URL+"/dashboard", "")
	require.Contains(t, page, "curl -X POST "+server.URL+"/_emulator/login<", "the address that the browser came to")
	status, made := ask("POST", server.URL+"/_emulator/login", `{"next": "/dashboard/confirmations/none"}`)
	require.Equal(t, 200, status, made)
	link := strings.TrimSuffix(strings.TrimPrefix(made, `{"url":"`), `"}`)
	require.True(t, strings.HasPrefix(link, server.URL+"/login?token="), link)
	status, page = ask("GET", link, "")
	require.Equal(t, 404, status)
	require.Contains(t, page, "There is no such page")
	status, _ = ask("GET", server.URL+"/dashboard", "")
	require.Equal(t, 200, status)
	_, page = ask("GET", link, "")
	require.Contains(t, page, "There is no such page", "a used link leads there too")
}
