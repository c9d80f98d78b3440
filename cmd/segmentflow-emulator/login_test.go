package main_test

import (
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestLoginPrintsANewLink(t *testing.T) {
	s := start(t, nil, "--seed", acme, "--log", "text")
	var links []string
	for range 2 {
		code, stdout, stderr := refused(t, nil, "login", "-url", s.url+"/", "-next", "/dashboard?q=a b")
		require.Zero(t, code, stderr)
		require.Empty(t, stderr)
		require.Regexp(t, `^`+s.url+`/login\?token=[0-9a-f]{32}\n$`, stdout)
		links = append(links, strings.TrimSpace(stdout))
	}
	require.NotEqual(t, links[0], links[1])

	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	for i, client := range []*http.Client{{Jar: jar}, {Jar: jar}, {}} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, links[0], nil)
		require.NoError(t, err)
		response, err := client.Do(request)
		require.NoError(t, err)
		page, err := io.ReadAll(response.Body)
		require.NoError(t, response.Body.Close())
		require.NoError(t, err)
		if i < 2 {
			require.Equal(t, "/dashboard?q=a%20b", response.Request.URL.RequestURI(), string(page))
			require.Contains(t, string(page), "Acme Outdoor")
			continue
		}
		require.Equal(t, 401, response.StatusCode)
		require.Contains(t, string(page), "segmentflow-emulator login -url "+s.url+" -next")
	}
	s.stop()
	for _, link := range links {
		_, token, _ := strings.Cut(link, "token=")
		require.NotContains(t, s.stderr.String(), token)
	}
}

func TestLoginSaysWhyThereIsNoLink(t *testing.T) {
	s := start(t, nil, "--log", "off")
	free, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	nobody := "http://" + free.Addr().String()
	require.NoError(t, free.Close())
	other := httptest.NewServer(http.NotFoundHandler())
	defer other.Close()
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"url": 7}`)
	}))
	defer page.Close()

	for _, c := range []struct {
		code int
		text string
		args []string
	}{
		{1, "nothing listens at " + nobody + "; start segmentflow-emulator", []string{"-url", nobody}},
		{1, "no emulator that can make a link: 404 Not Found", []string{"-url", other.URL}},
		{1, "no emulator that can make a link: 200 OK", []string{"-url", page.URL}},
		{1, "no answer from http://nobody.invalid", []string{"-url", "http://nobody.invalid"}},
		{2, `value "//evil" for flag -next: must be the path of a page`, []string{"-url", s.url, "-next", "//evil"}},
		{2, `invalid value "127.0.0.1:1" for flag -url: must be an address`, []string{"-url", "127.0.0.1:1"}},
		{2, `invalid value "" for flag -url`, []string{"-url", ""}},
		{2, "flag provided but not defined: -link; --help lists the flags", []string{"-link"}},
		{2, `unexpected argument "now"`, []string{"now"}},
	} {
		code, stdout, stderr := refused(t, nil, append([]string{"login"}, c.args...)...)
		require.Equal(t, c.code, code, stderr)
		require.Empty(t, stdout)
		require.True(t, strings.HasPrefix(stderr, "segmentflow-emulator login: "), stderr)
		require.Contains(t, stderr, c.text)
	}

	code, stdout, _ := refused(t, nil, "login", "--help")
	require.Zero(t, code)
	require.Contains(t, stdout, "(default http://127.0.0.1:4010)")
	code, stdout, _ = refused(t, nil, "--help")
	require.Zero(t, code)
	require.Contains(t, stdout, "segmentflow-emulator login --help")
}
