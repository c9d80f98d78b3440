package web_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator/internal/web"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// fakeSource is a Source with one confirmation. It records the decisions.
type fakeSource struct {
	c         web.Confirmation
	refusal   string
	broken    error
	decisions []string
}

func (fake *fakeSource) Organization(context.Context) (string, error) {
	return "Acme & Sons", fake.broken
}

func (fake *fakeSource) Confirmations(context.Context) ([]web.Confirmation, error) {
	if !fake.c.Waits() {
		return nil, fake.broken
	}
	return []web.Confirmation{fake.c}, fake.broken
}

func (fake *fakeSource) Confirmation(_ context.Context, id string) (*web.Confirmation, error) {
	if id != fake.c.ID {
		return nil, fake.broken
	}
	c := fake.c
	return &c, fake.broken
}

func (fake *fakeSource) Decide(_ context.Context, id string, approve bool) (string, error) {
	if fake.refusal != "" || fake.broken != nil {
		return fake.refusal, fake.broken
	}
	fake.c.State = web.Rejected
	if approve {
		fake.c.State = web.Approved
	}
	fake.decisions = append(fake.decisions, id+" "+fake.c.State)
	return "", nil
}

func sale() web.Confirmation {
	return web.Confirmation{
		ID:        "c1",
		State:     web.Open,
		Carrier:   "Broadcast",
		Name:      "Autumn <sale>",
		Now:       noon,
		ExpiresAt: noon.Add(15 * time.Minute),

		Subject:   "Autumn sale, Alex",
		Sender:    web.Sender{Name: "Acme", Email: "shop@acme.example", Verified: true},
		ReplyTo:   []string{"help@acme.example"},
		Segment:   "Gold members",
		Group:     web.Group{Name: "Offers", Policy: "OptIn"},
		Total:     12345,
		Eligible:  12000,
		Skipped:   []web.Skip{{"not_opted_in", 300}, {"suppressed_bounce", 45}},
		Warns:     []web.Finding{{"dmarc_missing", "The domain has no DMARC record."}},
		SampleFor: "alex@example.com",
		HTML:      `<h1>Sale</h1><script>alert(1)</script>`,
		Text:      "Sale & <more>",

		MissingInPlace: []string{"/profile/tier in offer text"},
	}
}

// browser is a browser at the dashboard of a fakeSource.
type browser struct {
	*testing.T
	*fakeSource
	dashboard *web.Dashboard
	server    string
	client    *http.Client
}

func open(t *testing.T, c web.Confirmation) browser {
	t.Helper()
	source := &fakeSource{c: c}
	dashboard := web.New(source)
	server := httptest.NewServer(dashboard)
	t.Cleanup(server.Close)
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	return browser{t, source, dashboard, server.URL, &http.Client{Jar: jar}}
}

func (b browser) signIn() browser {
	b.Helper()
	status, page, _ := b.get("/login?token=" + b.dashboard.Token())
	require.Equal(b, 200, status, page)
	return b
}

func (b browser) do(method, path string, form url.Values) (status int, page string, header http.Header) {
	b.Helper()
	request, err := http.NewRequestWithContext(b.Context(), method, b.server+path, strings.NewReader(form.Encode()))
	require.NoError(b, err)
	if form != nil {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	response, err := b.client.Do(request)
	require.NoError(b, err)
	defer response.Body.Close()
	var out strings.Builder
	require.NoError(b, response.Write(&out))
	return response.StatusCode, out.String(), response.Header
}

func (b browser) get(path string) (status int, page string, header http.Header) {
	b.Helper()
	return b.do("GET", path, nil)
}

// csrf returns the CSRF token in the forms of a page.
func (b browser) csrf(path string) string {
	b.Helper()
	_, page, _ := b.get(path)
	found := regexp.MustCompile(`name="csrf" value="([0-9a-f]{32})"`).FindStringSubmatch(page)
	require.NotNil(b, found, page)
	return found[1]
}

const confirmation = "/dashboard/confirmations/c1"

func TestATokenSignsInOnce(t *testing.T) {
	b := open(t, sale())
	for _, path := range []string{"/dashboard", confirmation, confirmation + "/content", "/login", "/login?token=x"} {
		status, page, header := b.get(path)
		require.Equal(t, 401, status, path)
		require.NotContains(t, page, "Autumn", path)
		require.Empty(t, header.Get("Set-Cookie"), path)
	}

	token := b.dashboard.Token()
	status, _, _ := b.do("HEAD", "/login?token="+token, nil)
	require.Equal(t, 405, status, "HEAD does not use up the token")

	b.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	status, _, header := b.get("/login?token=" + token)
	require.Equal(t, []any{303, "/dashboard"}, []any{status, header.Get("Location")})
	cookie, err := http.ParseSetCookie(header.Get("Set-Cookie"))
	require.NoError(t, err)
	require.True(t, cookie.HttpOnly)
	require.Equal(t, http.SameSiteStrictMode, cookie.SameSite)
	require.NotContains(t, cookie.Value, token)

	status, page, _ := b.get("/dashboard")
	require.Equal(t, 200, status)
	require.Contains(t, page, "<h1>Acme &amp; Sons</h1>")
	require.Contains(t, page, `<a href="`+confirmation+`">Autumn &lt;sale&gt;</a>`)
	status, _, _ = b.get("/login?token=" + token)
	require.Equal(t, 303, status, "a browser that is signed in needs no token")

	b.client.Jar = nil
	status, page, _ = b.get("/login?token=" + token)
	require.Equal(t, 401, status, "the token does not sign in another browser")
	require.Contains(t, page, "This link has already been used")
}

func TestTheConfirmationPageShowsWhatWillBeSent(t *testing.T) {
	b := open(t, sale()).signIn()
	status, page, header := b.get(confirmation)
	require.Equal(t, 200, status)
	for _, text := range []string{
		"<strong>12\u202f000</strong> of 12\u202f345 get this email",
		"It expires at 2026-03-02 12:15:00 UTC: 15 min left",
		"Gold members",
		"“Offers”: only those who have subscribed",
		"has never subscribed",
		"<code>not_opted_in</code>",
		"the address bounces",
		"Acme &lt;shop@acme.example&gt;",
		"verified; <strong class=\"warn\">no DMARC</strong>",
		"Autumn sale, Alex",
		"<dd>help@acme.example</dd>",
		"The domain has no DMARC record.",
		"This is how alex@example.com would get it",
		"/profile/tier in offer text",
		"Sale &amp; &lt;more&gt;",
		"<iframe sandbox title=",
		"Approve and send to 12\u202f000 people now",
		">Reject<",
	} {
		require.Contains(t, page, text)
	}
	require.NotContains(t, page, "<script", "the page has no script")
	require.Contains(t, header.Get("Content-Security-Policy"), "default-src 'none'; style-src 'self'")
	require.Equal(t, "no-store", header.Get("Cache-Control"))

	_, css, header := b.get("/dashboard/style.css")
	require.Contains(t, css, "prefers-color-scheme: dark")
	require.Equal(t, "text/css; charset=utf-8", header.Get("Content-Type"))

	_, content, header := b.get(confirmation + "/content")
	require.Contains(t, content, "<h1>Sale</h1><script>", "the email is unchanged")
	policy := header.Get("Content-Security-Policy")
	require.True(t, strings.HasPrefix(policy, "sandbox; default-src 'none'"), "an email is untrusted")
}

func TestAFormNeedsItsToken(t *testing.T) {
	b := open(t, sale()).signIn()
	token := b.csrf(confirmation)
	for _, form := range []url.Values{{}, {"csrf": {""}}, {"csrf": {strings.Repeat("0", 32)}}} {
		status, page, _ := b.do("POST", confirmation+"/approve", form)
		require.Equal(t, 403, status)
		require.Contains(t, page, "did not come from the dashboard")
	}

	status, _, _ := b.do("POST", confirmation+"/approve?csrf="+token, nil)
	require.Equal(t, 403, status, "a token in the URL does not count")
	status, _, _ = b.get(confirmation + "/approve")
	require.Equal(t, 404, status)
	require.Empty(t, b.decisions)

	other := open(t, sale()).signIn()
	other.server = b.server
	status, _, _ = other.do("POST", confirmation+"/approve", url.Values{"csrf": {token}})
	require.Equal(t, 401, status, "the token is valid only in its session")

	status, page, _ := b.do("POST", confirmation+"/approve", url.Values{"csrf": {token}})
	require.Equal(t, 200, status)
	require.Contains(t, page, "<strong>Approved</strong>")
	require.Equal(t, []string{"c1 approved"}, b.decisions)
}

func TestADecidedConfirmationShowsTheDecisionAndNoForm(t *testing.T) {
	for state, text := range map[string]string{
		web.Approved: "<strong>Approved</strong> at 2026-03-02 12:01:00 UTC. The Broadcast is Triggered",
		web.Rejected: "the Broadcast is a draft again",
		web.Expired:  "<strong>Expired</strong> at 2026-03-02 12:15:00 UTC",
		web.Void:     "was changed",
	} {
		c := sale()
		c.State, c.Status, c.DecidedAt = state, "Triggered", noon.Add(time.Minute)
		b := open(t, c).signIn()
		_, page, _ := b.get(confirmation)
		require.Contains(t, page, text)
		require.NotContains(t, page, "<form", state)
		_, page, _ = b.get("/dashboard")
		require.Contains(t, page, "No confirmation is waiting")
	}
}

func TestARejectionIsShownAndRecorded(t *testing.T) {
	b := open(t, sale()).signIn()
	_, page, _ := b.do("POST", confirmation+"/reject", url.Values{"csrf": {b.csrf(confirmation)}})
	require.Contains(t, page, "<strong>Rejected</strong>")
	require.Equal(t, []string{"c1 rejected"}, b.decisions)
}

func TestARefusedDecisionIsExplainedOnThePage(t *testing.T) {
	b := open(t, sale()).signIn()
	token := b.csrf(confirmation)
	b.refusal = "The confirmation has <expired>."
	status, page, _ := b.do("POST", confirmation+"/approve", url.Values{"csrf": {token}})
	require.Equal(t, 409, status)
	require.Contains(t, page, `role="alert">The confirmation has &lt;expired&gt;.`)
	require.Contains(t, page, "Gold members", "the rest of the page is as it is now")
	status, _, _ = b.do("POST", confirmation+"/shred", url.Values{"csrf": {token}})
	require.Equal(t, 404, status)
}

func TestPagesThatDoNotExistSaySo(t *testing.T) {
	b := open(t, sale()).signIn()
	for _, path := range []string{
		"/dashboard/nothing",
		"/dashboard/confirmations/c2",
		"/dashboard/confirmations/c2/content",
		"/dashboard/confirmations/",
	} {
		status, page, _ := b.get(path)
		require.Equal(t, 404, status, path)
		require.Contains(t, page, "There is no such page")
	}

	b.broken = errors.New("the disk is full")
	for _, path := range []string{"/dashboard", confirmation, confirmation + "/content"} {
		status, page, _ := b.get(path)
		require.Equal(t, 500, status, path)
		require.Contains(t, page, "the disk is full", "the reader is the one who runs the emulator")
	}
}

func TestAPageWithoutTablesHasSentencesInstead(t *testing.T) {
	c := sale()
	c.Skipped, c.Warns, c.Segment, c.Group, c.HTML = nil, nil, "", web.Group{}, ""
	c.Eligible = 1
	c.Blocks, c.Sender.Verified = []web.Finding{{"domain_unverified", "The domain is not verified."}}, false
	c.Now = c.ExpiresAt.Add(-30 * time.Second)
	b := open(t, c).signIn()
	_, page, _ := b.get(confirmation)
	for _, text := range []string{
		"No one is skipped",
		"<p>None.</p>",
		"no subscription group",
		"send to 1 person now",
		"not verified",
		"less than a minute left",
		"<details open>",
	} {
		require.Contains(t, page, text)
	}
	require.NotContains(t, page, "<iframe")
}
