package emulator_test

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

// browse returns a browser that opens the dashboard in process.
func browse(t testing.TB, emu *emulator.Emulator) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	return &http.Client{Transport: emu.Transport(), Jar: jar}
}

func open(t testing.TB, browser *http.Client, link string) (status int, page string) {
	t.Helper()
	return request(t, browser, http.MethodGet, link, nil)
}

func request(t testing.TB, browser *http.Client, method, link string, fields url.Values) (status int, page string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, link, strings.NewReader(fields.Encode()))
	require.NoError(t, err)
	r.Header.Set("Content-Type", form)
	response, err := browser.Do(r)
	require.NoError(t, err)
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, string(raw)
}

func TestALoginURLOpensTheDashboardInOneBrowser(t *testing.T) {
	s := openShop(t)
	browser, link := browse(t, s.emu), s.emu.LoginURL()
	require.True(t, strings.HasPrefix(link, "https://emulator.test/login?token="))
	status, page := open(t, browser, "https://emulator.test/dashboard")
	require.Equal(t, 401, status, page)
	status, page = open(t, browser, link)
	require.Equal(t, 200, status)
	require.Contains(t, page, "<h1>Acme Outdoor</h1>")
	status, _ = open(t, browse(t, s.emu), link)
	require.Equal(t, 401, status)
	status, _ = open(t, browse(t, s.emu), s.emu.LoginURL())
	require.Equal(t, 200, status, "each call makes a new one")
	status, _ = open(t, browse(t, emulator.Start(t)), s.emu.LoginURL())
	require.Equal(t, 401, status, "it is not from this emulator")
	status, _ = open(t, browser, "https://emulator.test/dashboard/confirmations/none")
	require.Equal(t, 404, status)
	require.NoError(t, s.emu.Close())
	status, _ = open(t, browser, "https://emulator.test/dashboard")
	require.Equal(t, 500, status)
}

func TestTheControlPlaneMakesALinkToTheDashboard(t *testing.T) {
	s := openShop(t)
	for body, title := range map[string]string{
		"": "Acme Outdoor", "{}": "Acme Outdoor", `{"next": ""}`: "Acme Outdoor",
		`{"next": "/dashboard/confirmations/none"}`: "There is no such page",
	} {
		reply := s.post("/login", body)
		require.Equal(t, 200, reply.status, reply.body)
		link, _ := reply.json(t)["url"].(string)
		require.Regexp(t, `^https://emulator.test/login\?token=[0-9a-f]{32}$`, link)
		_, page := open(t, browse(t, s.emu), link)
		require.Contains(t, page, "<h1>"+title+"</h1>")
		status, _ := open(t, browse(t, s.emu), link)
		require.Equal(t, 401, status, "once")
	}
	for body, issue := range map[string]string{
		`{"next": "//evil.example"}`: `"path":"/next","code":"format"`,
		`{"next": "/_emulator"}`:     `"path":"/next","code":"format"`,
		`{"next": 1}`:                `"path":"/next","code":"type"`,
		`{"to": "/dashboard"}`:       `"path":"/to","code":"unknown_field"`,
		`[]`:                         `must be empty or a JSON object`,
	} {
		reply := s.post("/login", body)
		require.Equal(t, 400, reply.status, body)
		require.Contains(t, reply.body, `"error":"invalid_request"`)
		for part := range strings.SplitSeq(issue, ",") {
			require.Contains(t, reply.body, part, body)
		}
	}
	require.Equal(t, 405, call(t, s.emu, "GET", "/_emulator/login", "").status)
}

func TestTheDashboardRefusesForeignHostsAndOrigins(t *testing.T) {
	emu := emulator.Start(t)
	for _, path := range []string{"/dashboard", "/login?token=x", "/dashboard/confirmations/x"} {
		for _, change := range []func(*http.Request){
			func(r *http.Request) { r.Host = "attacker.example" },
			func(r *http.Request) { r.Header.Set("Origin", "null") },
			func(r *http.Request) { r.Header.Set("Origin", "https://attacker.example") },
		} {
			status, body := refusedAs(t, emu, "POST", path, change)
			require.Equal(t, 403, status, path)
			require.Contains(t, body, "foreign_host")
		}
	}
}

// reviewer is a signed-in user who has the confirmation page of a sale open.
type reviewer struct {
	press
	browser *http.Client
	path    string // of the Broadcast
	link    string // of the page
}

func openReview(t *testing.T) reviewer {
	t.Helper()
	r := reviewer{press: openPress(t)}
	require.NoError(t, r.emu.Seed(emulator.Seed{
		Segments: []emulator.SeedSegment{{Key: "everybody", Name: "Everybody", Definition: true}},
	}))
	r.browser, r.path = browse(t, r.emu), r.draft(object{"segmentId": r.emu.ID("segment", "everybody")})
	r.link = r.do(200, "POST", r.path+"/confirmation", nil)["confirmationUrl"].(string)
	status, _ := open(t, r.browser, r.link)
	require.Equal(t, 401, status, "the link needs a session")
	open(t, r.browser, r.emu.LoginURL())
	return r
}

func (r reviewer) page() string {
	r.Helper()
	status, page := open(r, r.browser, r.link)
	require.Equal(r, 200, status)
	return page
}

// decide presses a button of a page that was loaded before, on which all warnings were acknowledged.
func (r reviewer) decide(page, decision string) (status int, after string) {
	r.Helper()
	csrf := regexp.MustCompile(`name="csrf" value="([0-9a-f]+)"`).FindStringSubmatch(page)
	require.NotNil(r, csrf, page)
	form := url.Values{"csrf": {csrf[1]}}
	for _, box := range regexp.MustCompile(`name="ack" value="([^"]+)"`).FindAllStringSubmatch(page, -1) {
		form.Add("ack", box[1])
	}
	return request(r, r.browser, http.MethodPost, r.link+"/"+decision, form)
}

func TestAPersonApprovesOnThePage(t *testing.T) {
	r := openReview(t)
	_, overview := open(t, r.browser, "https://emulator.test/dashboard")
	require.Contains(t, overview, ">Autumn sale</a>")
	page := r.page()
	for _, text := range []string{
		"<strong>3</strong> of 4 get this email",
		"“Offers and sales”: everyone who has not unsubscribed",
		"<code>unsubscribed</code></td><td class=\"number\">1<",
		"Acme Outdoor &lt;shop@acme.example&gt;", "verified; DMARC is set up", "<code>test_not_sent</code>",
		"15 min left", "This is how bounced@simulator.test would get it", "Autumn sale, Dora",
	} {
		require.Contains(t, page, text)
	}

	_, content := open(t, r.browser, r.link+"/content")
	require.Contains(t, content, "20 % off everything")
	require.Zero(t, r.emu.Outbox().Count(), "opening the page sends nothing")

	status, after := r.decide(page, "approve")
	require.Equal(t, 200, status)
	require.Contains(t, after, "<strong>Approved</strong> at 2026-03-02 09:00:00 UTC")
	require.Equal(t, 3, r.emu.Outbox().Carrier(emulator.CarrierBroadcast).Count())
	require.Equal(t, "Sent", r.retrieve(r.path)["status"])
	_, after = r.decide(page, "reject")
	require.Contains(t, after, "<strong>Approved</strong>", "the first decision counts")
	r.decide(page, "approve")
	require.Equal(t, 3, r.emu.Outbox().Count())
	_, overview = open(t, r.browser, "https://emulator.test/dashboard")
	require.Contains(t, overview, "No confirmation is open")
}

func TestAPersonRejectsOnThePage(t *testing.T) {
	r := openReview(t)
	_, after := r.decide(r.page(), "reject")
	require.Contains(t, after, "<strong>Rejected</strong>")
	require.Equal(t, "NotStarted", r.retrieve(r.path)["status"])
	r.emu.Outbox().None(t)
}

func TestTheConfirmationPageShowsThatItIsTooLate(t *testing.T) {
	for text, late := range map[string]func(r reviewer){
		"<strong>Expired</strong>": func(r reviewer) { r.emu.Advance(15 * time.Minute) },
		"What it would have sent was changed": func(r reviewer) {
			r.do(200, "PATCH", r.path, object{"subject": "Another"})
		},
	} {
		r := openReview(t)
		page := r.page()
		late(r)
		require.Contains(t, r.page(), text)
		require.NotContains(t, r.page(), "<form method=\"post\" action=\"/dashboard/confirmations")
		status, after := r.decide(page, "approve")
		require.Equal(t, 200, status, "the redirect shows the refusal")
		require.Contains(t, after, `role="alert"`)
		_, overview := open(t, r.browser, "https://emulator.test/dashboard")
		require.Contains(t, overview, "No confirmation is open")
		r.emu.Outbox().None(t)
	}
}

func TestAResetRemovesTheConfirmations(t *testing.T) {
	r := openReview(t)
	r.emu.Reset()
	status, _ := open(t, r.browser, r.link)
	require.Equal(t, 404, status)
	status, _ = open(t, r.browser, "https://emulator.test/dashboard")
	require.Equal(t, 200, status, "a reset keeps the sessions")
}
