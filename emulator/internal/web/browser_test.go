package web_test

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// acme is the seed of the tests.
const acme = "../../testdata/acme.yaml"

// browser is a browser at the dashboard of an emulator, without JavaScript. It reaches the emulator in process.
type browser struct {
	*testing.T
	emu    *emulator.Emulator
	client *http.Client
}

const origin = "https://emulator.test"

// open starts an emulator at noon and a browser that is signed in.
func open(t *testing.T, opts ...emulator.Option) browser {
	t.Helper()
	b := signedOut(t, opts...)
	status, page := b.get(strings.TrimPrefix(b.emu.LoginURL(), origin))
	require.Equal(b, 200, status, page)
	return b
}

// signedOut is open without the signing in.
func signedOut(t *testing.T, opts ...emulator.Option) browser {
	t.Helper()
	emu := emulator.Start(t, append([]emulator.Option{emulator.WithStartTime(noon)}, opts...)...)
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	return browser{t, emu, &http.Client{Transport: emu.Transport(), Jar: jar}}
}

// answered is what a reply has besides the page. Request is the one that it answers, after redirects.
type answered struct {
	StatusCode int
	Header     http.Header
	Request    *http.Request
}

// do sends a request. It follows redirects, as a browser does.
func (b browser) do(method, path string, form url.Values) (answer answered, page string) {
	b.Helper()
	request, err := http.NewRequestWithContext(b.Context(), method, origin+path, strings.NewReader(form.Encode()))
	require.NoError(b, err)
	if form != nil {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	response, err := b.client.Do(request)
	require.NoError(b, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(b, err)
	return answered{response.StatusCode, response.Header, response.Request}, string(body)
}

func (b browser) get(path string) (status int, page string) {
	b.Helper()
	response, page := b.do(http.MethodGet, path, nil)
	return response.StatusCode, page
}

// page returns a page that must exist.
func (b browser) page(path string) string {
	b.Helper()
	status, page := b.get(path)
	require.Equal(b, 200, status, page)
	return page
}

// post sends a form with the CSRF token of the pages, and returns the page that it leads to.
func (b browser) post(path string, form url.Values) (status int, page string) {
	b.Helper()
	if form == nil {
		form = url.Values{}
	}
	form.Set("csrf", b.csrf())
	response, page := b.do(http.MethodPost, path, form)
	return response.StatusCode, page
}

// csrf returns the CSRF token of the session, which is in every page.
func (b browser) csrf() string {
	b.Helper()
	found := regexp.MustCompile(`name="csrf" content="([0-9a-f]{32})"`).FindStringSubmatch(b.page("/dashboard"))
	require.NotNil(b, found)
	return found[1]
}

var tags = regexp.MustCompile(`<[^>]*>`)

// contentOf returns what a page has below its header, or all of what is no page.
func contentOf(page string) string {
	if _, content, ok := strings.Cut(page, "<main"); ok {
		return content
	}
	return page
}

// text returns the text of the content of a page in one line.
func text(page string) string {
	page = contentOf(page)
	return strings.Join(strings.Fields(tags.ReplaceAllString(page, " ")), " ")
}
