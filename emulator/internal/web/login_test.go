package web_test

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator"
)

// another returns another browser at the same emulator, which is not signed in.
func (b browser) another() browser {
	b.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(b, err)
	return browser{b.T, b.emu, &http.Client{Transport: b.emu.Transport(), Jar: jar}}
}

func (b browser) link() string {
	b.Helper()
	return strings.TrimPrefix(b.emu.LoginURL(), origin)
}

// cookies returns the cookies that a reply sets, by what follows the random part of their names.
func cookies(t *testing.T, answer reply) map[string]*http.Cookie {
	t.Helper()
	set := map[string]*http.Cookie{}
	for _, cookie := range answer.cookies {
		require.True(t, strings.HasPrefix(cookie.Name, "segmentflow_"), cookie.Name)
		set[cookie.Name[len("segmentflow_01234567"):]] = cookie
	}
	return set
}

const confirmationPage = "/dashboard/confirmations/00000000-0000-4000-8000-000000000001"

func TestATokenSignsInOnce(t *testing.T) {
	b := signedOut(t, emulator.WithSeedFile(acme))
	for _, path := range []string{"/dashboard", confirmationPage, "/dashboard/nothing", "/login", "/login?token=x"} {
		answer := b.ask("GET", path, nil)
		require.Equal(t, 401, answer.status, path)
		require.NotContains(t, answer.page, "Acme", path)
		require.NotContains(t, cookies(t, answer), "", "no session")
	}

	link := b.link()
	answer := b.ask("HEAD", link, nil)
	require.Equal(t, 405, answer.status, "HEAD does not use up the token")
	require.Equal(t, "GET, POST", answer.header.Get("Allow"))

	other := b.another()
	answer = other.ask("GET", link, nil)
	require.Equal(t, []any{303, "/dashboard"}, []any{answer.status, answer.header.Get("Location")})
	require.Equal(t, "no-store", answer.header.Get("Cache-Control"))
	cookie := cookies(t, answer)[""]
	require.Equal(t, []any{true, http.SameSiteLaxMode, "/", false},
		[]any{cookie.HttpOnly, cookie.SameSite, cookie.Path, cookie.Secure})
	require.NotContains(t, link, cookie.Value)
	require.Contains(t, other.page("/dashboard"), "<h1>Acme Outdoor</h1>")

	answer = other.ask("GET", link, nil)
	require.Equal(t, 303, answer.status, "a browser that is signed in needs no token")
	answer = b.ask("GET", link, nil)
	require.Equal(t, 401, answer.status, "the token does not sign in another browser")
	require.Contains(t, answer.page, "This link has already been used")
}

func TestOfTwoBrowsersAtOnceOneIsSignedIn(t *testing.T) {
	b := signedOut(t)
	link, statuses := b.link(), make([]int, 8)
	var all sync.WaitGroup
	for i := range statuses {
		other := b.another()
		all.Go(func() {
			answer := other.ask("GET", link, nil)
			statuses[i] = answer.status
		})
	}
	all.Wait()
	signedIn := 0
	for _, status := range statuses {
		if status == 303 {
			signedIn++
		}
	}
	require.Equal(t, 1, signedIn, statuses)
}

func TestThePageThatWasAskedForComesAfterSigningIn(t *testing.T) {
	const wanted = "/dashboard/nothing?a=1&b=%2F"
	b := signedOut(t)
	answer := b.ask("GET", wanted, nil)
	require.Contains(t, answer.page, "Signing in leads to <code>/dashboard/nothing?a=1&amp;b=%2F</code>")
	cookie := cookies(t, answer)["_next"]
	require.Equal(t, []any{true, http.SameSiteLaxMode, "/"}, []any{cookie.HttpOnly, cookie.SameSite, cookie.Path})
	require.Less(t, cookie.MaxAge, 3600)
	require.Positive(t, cookie.MaxAge)

	answer = b.ask("GET", b.link(), nil)
	require.Equal(t, wanted, answer.header.Get("Location"))
	require.Negative(t, cookies(t, answer)["_next"].MaxAge, "it is forgotten")
	answer = b.ask("GET", b.link(), nil)
	require.Equal(t, "/dashboard", answer.header.Get("Location"))

	answer = b.ask("GET", "/login?token=used&next=%2Fdashboard%2Fmail", nil)
	require.Equal(t, "/dashboard/mail", answer.header.Get("Location"), "it is signed in already")
	other := b.another()
	other.ask("GET", "/login?token=used&next=%2Fdashboard%2Fmail", nil)
	answer = other.ask("GET", other.link(), nil)
	require.Equal(t, "/dashboard/mail", answer.header.Get("Location"), "a used link still says where to")
}

func TestOnlyPagesAreRemembered(t *testing.T) {
	b := signedOut(t)
	for _, kind := range []string{"iframe", "empty", "image"} {
		answer := b.send("GET", "/dashboard/mail", "", "Sec-Fetch-Dest", kind)
		require.Equal(t, 401, answer.status)
		require.Empty(t, answer.cookies, kind)
	}
	require.Empty(t, b.send("HEAD", "/dashboard/mail", "").cookies)
	require.Empty(t, b.send("POST", "/dashboard/mail", "").cookies)
	require.Empty(t, b.send("GET", "/dashboard/"+strings.Repeat("x", 4000), "").cookies, "too long for a cookie")
	require.Len(t, b.send("GET", "/dashboard/mail", "", "Sec-Fetch-Dest", "document").cookies, 1)
}

// reply is an answer that was read.
type reply struct {
	status  int
	header  http.Header
	cookies []*http.Cookie
	page    string
}

// ask sends a form, or nothing, and returns the answer.
func (b browser) ask(method, path string, form url.Values) reply {
	b.Helper()
	body := form.Encode()
	if form == nil {
		return b.send(method, path, body)
	}
	return b.send(method, path, body, "Content-Type", formType)
}

// send sends a request with headers and returns the answer without following redirects.
func (b browser) send(method, path, body string, headers ...string) reply {
	b.Helper()
	request, err := http.NewRequestWithContext(b.Context(), method, origin+path, strings.NewReader(body))
	require.NoError(b, err)
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	client := *b.client
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	response, err := client.Do(request)
	require.NoError(b, err)
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	require.NoError(b, err)
	return reply{response.StatusCode, response.Header, response.Cookies(), string(raw)}
}

func TestSigningInNeverLeadsElsewhere(t *testing.T) {
	b := signedOut(t)
	for _, next := range []string{
		"//evil.example", "///evil.example", `/\evil.example`, `\\evil.example`, "https://evil.example",
		"https:evil.example", "javascript:alert(1)", "evil.example", "/", "/login", "/login?token=x", "/dashboardx",
		"/dashboard/../login", "/dashboard/%2e%2e/login", "/dashboard/..%2flogin", "/dashboard/./x",
		"/dashboard//evil.example", "/dashboard/%2f%2fevil.example", "/dashboard/%5cevil", `/dashboard\evil`,
		"/dashboard/x\r\nSet-Cookie: a=b", "/dashboard/%0d%0aSet-Cookie:%20a=b", "/dashboard/\x00", "/dashboard/%00",
		"/dashboard@evil.example", "/dashboard:80/x", "/%2fdashboard", "%2fdashboard", "/%64ashboard", "/Dashboard",
		" /dashboard/mail", "\t//evil.example", "/dashboard/%zz", "", "/u/token",
	} {
		answer := b.ask("GET", b.link()+"&next="+url.QueryEscape(next), nil)
		require.Equal(t, []any{303, "/dashboard"}, []any{answer.status, answer.header.Get("Location")}, next)
		require.Len(t, answer.header.Values("Set-Cookie"), 2, "the session, and the end of next")

		other := b.another()
		cookie := strings.TrimSuffix(cookies(t, answer)["_next"].Name, "=") + "=" + url.QueryEscape(next)
		answer = other.send("GET", b.link(), "", "Cookie", cookie)
		require.Equal(t, "/dashboard", answer.header.Get("Location"), "a cookie %s", cookie)
	}
	for _, next := range []string{
		"/dashboard", "/dashboard/", "/dashboard/mail", "/dashboard/mail?to=a%40b&x=//y", "/dashboard/templates/a%2Fb",
		"/dashboard/people/%C3%A9", "/dashboard?q=https://x",
	} {
		answer := b.ask("GET", b.link()+"&next="+url.QueryEscape(next), nil)
		require.Equal(t, next, answer.header.Get("Location"))
	}
}

func TestALinkOrATokenCanBePasted(t *testing.T) {
	b := signedOut(t)
	token := func() string { return strings.TrimPrefix(b.link(), "/login?token=") }
	used := token()
	for _, c := range []struct {
		text, location string
		status         int
	}{
		{used, "/dashboard", 303},
		{" " + b.emu.LoginURL() + "\n", "/dashboard", 303},
		{"ready url=x api-key=y dashboard=" + b.emu.LoginURL(), "/dashboard", 303},
		{"http://127.0.0.1:1/login?token=" + token() + "&next=%2Fdashboard%2Fmail", "/dashboard/mail", 303},
		{"http://127.0.0.1:1/login?token=" + token() + "&next=%2F%2Fevil.example", "/dashboard", 303},
		{used, "", 401}, {"", "", 401}, {"x?", "", 401}, {"?token=", "", 401},
	} {
		answer := b.another().ask("POST", "/login", url.Values{"link": {c.text}})
		require.Equal(t, []any{c.status, c.location}, []any{answer.status, answer.header.Get("Location")},
			"%q %s", c.text, answer.page)
	}
	answer := b.another().ask("POST", "/login?token="+token(), url.Values{})
	require.Equal(t, 401, answer.status, "a form has its token in the body")
}

func TestTheSignInPageNamesTheWaysToALink(t *testing.T) {
	b := signedOut(t, emulator.WithPublicURL("https://mail.acme.example"))
	_, page := b.get("/dashboard/people/o'hara")
	for _, words := range []string{
		"login -url https://mail.acme.example -next &#39;/dashboard/people/o&#39;\\&#39;&#39;hara&#39;<",
		"curl -X POST https://mail.acme.example/_emulator/login --data-raw",
		"<code>emu.LoginURL()</code>",
		`<label for="pasted">Link or token</label>`,
	} {
		require.Contains(t, page, words)
	}
	_, page = b.another().get("/login")
	require.Contains(t, page, "login -url https://mail.acme.example<")
	require.Contains(t, page, "You are not signed in.")
}

func TestACookieOfAnHTTPSAddressIsSecure(t *testing.T) {
	const public = "https://mail.acme.example"
	b := signedOut(t, emulator.WithPublicURL(public))
	for _, path := range []string{"/dashboard/mail", strings.TrimPrefix(b.emu.LoginURL(), public)} {
		answer := b.ask("GET", path, nil)
		require.NotEmpty(t, answer.cookies)
		for _, cookie := range answer.cookies {
			require.True(t, cookie.Secure, cookie)
		}
	}
}

func TestSigningOutEndsTheSession(t *testing.T) {
	b := open(t)
	stale := b.csrf()
	require.Equal(t, 403, b.send("POST", "/dashboard/sign-out", "").status)
	require.Contains(t, b.page("/dashboard"), ">Sign out<")
	status, page := b.post("/dashboard/sign-out", nil)
	require.Equal(t, 401, status)
	require.Contains(t, page, "You are not signed in.")
	status, _ = b.get("/dashboard")
	require.Equal(t, 401, status)
	answer := b.ask("POST", "/dashboard/sign-out", url.Values{"csrf": {stale}})
	require.Equal(t, 401, answer.status)
}
