package emulator_test

import (
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// letter returns a Template with a link to the preferences and a link to another site.
func letter(t testing.TB) emulator.SeedTemplate {
	t.Helper()
	seed, err := emulator.ParseSeed([]byte(`templates:
- key: letter
  purpose: Transactional
  senderProfile: shop
  definition:
    subject: A letter
    body:
      root: html
      elements:
        html: {type: Html, props: {}, children: [body]}
        body: {type: Body, props: {}, children: [shop, write, unsubscribe, preferences]}
        shop: {type: Link, props: {text: Shop, href: "https://acme.example/?a=1&b=2"}}
        write: {type: Link, props: {text: Write, href: "mailto:shop@acme.example"}}
        unsubscribe: {type: Link, props: {text: Unsubscribe, href: {$state: /system/unsubscribeUrl}}}
        preferences: {type: Link, props: {text: Preferences, href: {$state: /system/preferencesUrl}}}
`))
	require.NoError(t, err)
	return seed.Templates[0]
}

// letters returns a shop with the Template letter, which is sent to the group offers.
func letters(t *testing.T, opts ...emulator.Option) shop {
	t.Helper()
	s := openShop(t, opts...)
	require.NoError(t, s.emu.Seed(emulator.Seed{Templates: []emulator.SeedTemplate{letter(t)}}))
	return s
}

func (s shop) letter(email string, change ...func(*segmentflow.SendEmailParams)) *emulator.Message {
	s.Helper()
	sendTo(s, s.emu, "letter", email, append(change, s.offers)...)
	return s.emu.Outbox().To(email).Last()
}

// pathOf returns the part of a link that the server sees.
func pathOf(t testing.TB, link string) string {
	t.Helper()
	u, err := url.Parse(link)
	require.NoError(t, err)
	return u.Path
}

const form = "application/x-www-form-urlencoded"

func TestOneClickAcceptsAnyBodyOfAMailProgram(t *testing.T) {
	const multipart = "--x\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--x--\r\n"
	for _, c := range []struct{ name, media, body, source string }{
		{"a form", form, "List-Unsubscribe=One-Click", "one_click"},
		{"a multipart form", "multipart/form-data; boundary=x", multipart, "one_click"},
		{"no content type", "", "List-Unsubscribe=One-Click", "one_click"},
		{"plain text", "text/plain; charset=utf-8", "List-Unsubscribe=One-Click\r\n", "one_click"},
		{"a form said to be JSON", "application/json", "List-Unsubscribe=One-Click", "one_click"},
		{"a broken content type", ";;", "List-Unsubscribe=One-Click", "one_click"},
		{"a form with a charset", form + "; charset=UTF-8", "list-unsubscribe=one-click&x=1", "one_click"},
		{"an escaped form", form, "List%2DUnsubscribe=One%2DClick", "one_click"},
		{"a multipart form without its boundary", "multipart/form-data", multipart, "one_click"},
		{"a multipart form without a content type", "", multipart, "one_click"},
		{"another form", form, "List-Unsubscribe=Two-Clicks", "link"},
		{"the page's button", form, "", "link"},
		{"no body", "", "", "link"},
		{"JSON", "application/json", `{"List-Unsubscribe": "One-Click"}`, "link"},
		{"a broken form", "multipart/form-data", "%%%", "link"},
		{"a body that is too large", form, "x=" + strings.Repeat("x", 1<<20), "link"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := letters(t)
			link := pathOf(t, s.letter("alex@example.com").Link("Unsubscribe"))
			for range 2 {
				a := call(t, s.emu, "POST", link, c.body, "Content-Type", c.media, "x-api-key", "")
				require.Equal(t, 200, a.status, "there is no login and no redirect")
				require.Empty(t, a.header.Get("Set-Cookie"))
				require.Contains(t, a.body, "You are unsubscribed")
			}
			alex := s.emu.Profile("alex@example.com").Subscriptions
			require.Equal(t,
				map[string]string{"offers": "Unsubscribed", "trail-notes": "Subscribed"},
				alex,
				"only that group")
			changes := s.emu.SubscriptionChanges("alex@example.com")
			require.Len(t, changes, 2, "the second call changes nothing")
			require.Equal(t, c.source, changes[1].Source)
			require.Equal(t, []string{"accepted", "delivered", "unsubscribed"}, factNames(s.emu.Outbox().Only(t)))
		})
	}
}

func TestAGETOfALinkChangesNothing(t *testing.T) {
	s := letters(t)
	msg := s.letter("alex@example.com", tracked)
	for _, link := range []string{"Unsubscribe", "Preferences"} {
		for _, method := range []string{"GET", "HEAD"} {
			a := call(t, s.emu, method, pathOf(t, msg.Link(link)), "", "x-api-key", "")
			require.Equal(t, 200, a.status)
			require.Equal(t, "no-store", a.header.Get("Cache-Control"))
			require.Contains(t, a.header.Get("Content-Security-Policy"), "default-src 'none'")
			require.Empty(t, a.header.Get("Set-Cookie"))
		}
	}
	require.Equal(t, 302, call(t, s.emu, "HEAD", pathOf(t, msg.Link("Shop")), "").status)
	require.Len(t, s.emu.SubscriptionChanges("alex@example.com"), 1)
	require.Equal(t, []string{"accepted"}, s.facts(msg))
}

func TestAForgedLinkIsNotFound(t *testing.T) {
	s := letters(t)
	msg := s.letter("alex@example.com", tracked)
	unsubscribe := pathOf(t, msg.Link("Unsubscribe"))
	preferences := pathOf(t, msg.Link("Preferences"))
	click := pathOf(t, msg.Link("Shop"))
	forged := []string{"/u/", "/u/x", "/p/forged", "/c/" + strings.Repeat("A", 86), click[:len(click)-2] + "xx",
		"/p/" + unsubscribe[3:], "/u/" + preferences[3:], "/u/" + click[3:], "/c/" + unsubscribe[3:]}
	for _, link := range forged {
		for _, method := range []string{"GET", "POST"} {
			if a := call(t, s.emu, method, link, "", "x-api-key", ""); a.status != 405 {
				require.Equal(t, 404, a.status, link)
				require.NotContains(t, a.body, "Acme")
				require.Empty(t, a.header.Get("Location"))
			}
		}
	}
	require.Len(t, s.emu.SubscriptionChanges("alex@example.com"), 1)
	other := emulator.Start(t, emulator.WithSeedNumber(2))
	require.Equal(t, 404, call(t, other, "GET", click, "").status, "it is not from this emulator")
	s.emu.Reset()
	require.Equal(t, 404, call(t, s.emu, "POST", unsubscribe, "").status, "its email does not exist any more")
}

func TestThePreferencePageShowsAndChangesTheGroups(t *testing.T) {
	s := letters(t)
	msg := s.letter("alex@example.com")
	link := pathOf(t, msg.Link("Preferences"))
	checked := func(page string) (found []bool) {
		for _, box := range regexp.MustCompile(`<input type="checkbox"[^>]*>`).FindAllString(page, -1) {
			found = append(found, strings.Contains(box, " checked"))
		}
		return found
	}

	page := call(t, s.emu, "GET", link, "", "x-api-key", "").body
	require.Equal(t,
		[]bool{true, true},
		checked(page),
		"the Profile is in an OptOut group by default, and in a group to which it subscribed")
	require.Contains(t, page, "Offers and sales")
	offers, notes := s.emu.ID("subscriptionGroup", "offers"), s.emu.ID("subscriptionGroup", "trail-notes")
	save := func(body string) []bool {
		a := call(t, s.emu, "POST", link, body, "Content-Type", form, "x-api-key", "")
		require.Equal(t, 200, a.status)
		return checked(a.body)
	}
	require.Equal(t, []bool{true, true}, save(""), "a group that the form did not show stays")
	require.Equal(t, []bool{true, true}, save("shown="+offers+"&group="+offers))
	require.Len(t, s.emu.SubscriptionChanges("alex@example.com"), 1, "an unchanged group has no change")
	require.Equal(t, []bool{false, false}, save("shown="+offers+"&shown="+notes))
	require.Equal(t, []bool{false, true}, save("shown="+offers+"&shown="+notes+"&group="+notes))
	var log []string
	for _, c := range s.emu.SubscriptionChanges("alex@example.com") {
		log = append(log, c.Group+" "+c.Status+" "+c.Source)
	}
	require.Equal(t,
		[]string{
			"trail-notes Subscribed seed",
			"offers Unsubscribed link",
			"trail-notes Unsubscribed link",
			"trail-notes Subscribed link",
		},
		log)
	require.Equal(t, "unsubscribed",
		factNames(s.emu.Outbox().Only(t))[2],
		"it unsubscribed from the group of the email")
	require.Equal(t, "unsubscribed", *sendTo(t, s.emu, "letter", "alex@example.com", s.offers).FailureMessage)
}

func TestAnEmailWithoutAGroupHasPreferencesAndNoUnsubscribeLink(t *testing.T) {
	s := letters(t)
	sendTo(t, s.emu, "letter", "chiara@example.com")
	msg := s.emu.Outbox().Only(t)
	require.Empty(t, msg.Link("/u/"))
	for _, header := range []string{"List-Unsubscribe", "List-Unsubscribe-Post", "List-Id"} {
		require.Empty(t, msg.Headers.Get(header), "a receipt needs no consent")
		require.NotEmpty(t, s.letter("alex@example.com").Headers.Get(header))
	}
	page := call(t, s.emu, "GET", pathOf(t, msg.Link("Preferences")), "").body
	require.Contains(t, page, "chiara@example.com")
	require.Equal(t, 1, strings.Count(page, " checked"), "the Profile did not opt in to the OptIn group")
}

func TestTheLinksOfATestSendChangeNothing(t *testing.T) {
	s := letters(t)
	promotion := letter(t)
	promotion.Key, promotion.Purpose = "promotion", "Promotional"
	require.NoError(t, s.emu.Seed(emulator.Seed{Templates: []emulator.SeedTemplate{promotion}}))
	p := press{t, s.emu}
	path := p.draft(object{"templateId": s.emu.ID("template", "promotion")})
	p.do(200, "POST", path+"/test", object{"email": "alex@example.com"})
	msg := s.emu.Outbox().Carrier(emulator.CarrierTest).Only(t)
	require.NoError(t, s.emu.Unsubscribe(msg), "the page opens")
	a := call(t, s.emu, "POST", pathOf(t, msg.Link("Preferences")),
		"shown="+s.emu.ID("subscriptionGroup", "trail-notes"), "Content-Type", form)
	require.Contains(t, a.body, "This email was a test")
	require.Equal(t, 409, s.post("/messages/"+msg.ID+"/outcome", `{"type": "unsubscribed"}`).status)
	require.Equal(t, map[string]string{"trail-notes": "Subscribed"}, s.emu.Profile("alex@example.com").Subscriptions)
	require.Equal(t, []string{"accepted"}, s.facts(msg))
}

func TestClicksAreTrackedOnlyOnRequest(t *testing.T) {
	s := letters(t)
	plain := s.letter("alex@example.com")
	require.Equal(t, "https://acme.example/?a=1&b=2", plain.Link("Shop"), "nothing is rewritten")
	require.NoError(t, s.emu.Click(plain, "Shop"))
	require.Equal(t, "https://acme.example/?a=1&b=2", s.emu.Outbox().Last().Facts[2].URL)

	msg := s.letter("bruno2@example.com", tracked)
	require.True(t, strings.HasPrefix(msg.Link("Shop"), "https://emulator.test/c/"), msg.Link("Shop"))
	require.Equal(t, "mailto:shop@acme.example", msg.Link("Write"))
	require.Contains(t, msg.Link("Unsubscribe"), "/u/", "links about consent are never rewritten")
	require.Contains(t, msg.Link("Preferences"), "/p/")
	require.Contains(t, msg.Text, "https://acme.example/?a=1&b=2", "the text keeps its URLs")
	require.NotContains(t, msg.Text, "/c/")

	a := call(t, s.emu, "GET", pathOf(t, msg.Link("Shop")), "", "x-api-key", "")
	require.Equal(t, []any{302, "https://acme.example/?a=1&b=2"}, []any{a.status, a.header.Get("Location")})
	require.NoError(t, s.emu.Click(msg, "Shop"))
	require.NoError(t, s.emu.Click(msg, msg.Link("Shop")))
	require.Equal(t, []string{"accepted", "delivered", "clicked", "clicked", "clicked"}, s.facts(msg))
	require.Equal(t, "https://acme.example/?a=1&b=2", s.emu.Outbox().Last().Facts[2].URL)
	require.ErrorContains(t, s.emu.Click(msg, "Unsubscribe"), "are not recorded")
	require.ErrorContains(t, s.emu.Click(msg, "Nowhere"), `no web link that contains "Nowhere"`)
	require.ErrorContains(t, s.emu.Click(msg, "mailto:"), "no web link")
	require.Equal(t, 405, call(t, s.emu, "POST", pathOf(t, msg.Link("Shop")), "").status)
}

func TestASimulatedClickFollowsTheFirstLinkToAnotherSite(t *testing.T) {
	s := letters(t)
	msg := s.letter("clicked@simulator.test", tracked)
	s.emu.Script("bruno2@example.com", facts("delivered", "clicked")...)
	bounced := s.letter("alex@example.com", tracked)
	require.NoError(t, s.emu.Bounce(bounced, emulator.BounceHard))
	s.emu.Advance(5e9)
	require.Equal(t, []string{"accepted", "delivered", "opened", "clicked"}, s.facts(msg))
	require.Equal(t, "https://acme.example/?a=1&b=2", s.emu.Outbox().To("clicked@simulator.test").Only(t).Facts[3].URL)
	require.Equal(t, 302,
		call(t, s.emu, "GET", pathOf(t, bounced.Link("Shop")), "").status,
		"it redirects and records no fact")
	require.Equal(t, []string{"accepted", "bounced"}, s.facts(bounced))
}

func TestLinksWorkOverTheNetwork(t *testing.T) {
	s := letters(t)
	require.True(t, strings.HasPrefix(s.emu.URL(), "http://127.0.0.1:"))
	msg := s.letter("alex@example.com", tracked)
	link := strings.Trim(msg.Headers.Get("List-Unsubscribe"), "<>")
	require.True(t, strings.HasPrefix(link, s.emu.URL()+"/u/"))
	require.Contains(t, msg.HTML, html.EscapeString(msg.Link("Shop")))
	request := httptest.NewRequestWithContext(t.Context(), "POST", link,
		strings.NewReader("List-Unsubscribe=One-Click"))
	request.RequestURI = ""
	request.Header.Set("Content-Type", form)
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, 200, response.StatusCode)
	require.Equal(t, "one_click", s.emu.SubscriptionChanges("alex@example.com")[1].Source)
}

func TestSubscriptionChangesAreListedByTheControlPlane(t *testing.T) {
	s := letters(t)
	require.NoError(t, s.emu.Unsubscribe(s.letter("alex@example.com")))
	alex := s.emu.Profile("alex@example.com").ID
	newest := s.get("/subscription-changes?limit=1&profile=" + alex)
	require.Equal(t,
		[]map[string]any{{
			"profileId": alex,
			"group":     "offers",
			"status":    "Unsubscribed",
			"source":    "one_click",
			"at":        "2026-03-02T09:00:00.000Z",
		}},
		listIn(t, newest, "subscriptionChanges"))
	rest := s.get("/subscription-changes?profile=Alex@example.com&cursor=" + newest["nextCursor"].(string))
	require.Equal(t, "seed", listIn(t, rest, "subscriptionChanges")[0]["source"])
	require.Nil(t, rest["nextCursor"])
	require.Len(t, listIn(t, s.get("/subscription-changes"), "subscriptionChanges"), 3, "all Profiles")
	require.Empty(t, listIn(t, s.get("/subscription-changes?profile=nobody@example.com"), "subscriptionChanges"))
	require.Equal(t,
		[]string{"query /cursor format"},
		call(t, s.emu, "GET", "/_emulator/subscription-changes?cursor=x", "").issues(t))
}
