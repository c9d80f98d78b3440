package web_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// breaking is a text that breaks pages which do not escape it.
const breaking = `</script><img src=x onerror=alert(1)>"'{{.}}\u202e javascript:alert(1)`

// inert asserts that the content of a page has nothing of the text but its escaped form.
func inert(b browser, page string) {
	b.Helper()
	page = contentOf(page)
	require.NotContains(b, page, "<img src=x")
	require.NotContains(b, page, "</script>")
	require.NotContains(b, page, `href="javascript:`)
}

func people(t *testing.T) browser {
	t.Helper()
	return open(t, emulator.WithSeedFile(acme))
}

// fetch is page with where it was found, and the header.
func (b browser) fetch(path string) (at string, header http.Header, page string) {
	b.Helper()
	response, page := b.do(http.MethodGet, path, nil)
	require.Equal(b, 200, response.StatusCode, page)
	return response.Request.URL.RequestURI(), response.Header, page
}

func person(b browser, email string) string {
	b.Helper()
	return "/dashboard/people/" + b.emu.ID("profile", email)
}

func TestTheListOfPeopleTeachesTheCallThatFillsIt(t *testing.T) {
	b := open(t)
	page := b.page("/dashboard/people")
	require.Contains(t, page, "client.Emails.Send(ctx")
	require.Contains(t, page, "client.Events.Track(ctx")
	require.Contains(t, page, `<h1>People</h1>`)
	b.sendExample(page)
	require.Contains(t, b.page("/dashboard/people"), "alex@example.com</a>")
}

func TestPeopleAreFoundByPartsOfWhatNamesThem(t *testing.T) {
	b := people(t)
	id := b.emu.ID("profile", "bruno@example.com")
	for query, want := range map[string]string{
		"q=RUNO%40ex":                      "bruno",
		"q=us_124":                         "bruno",
		"q=" + id[9:]:                      "bruno",
		"q=" + id:                          "bruno",
		"segment=gold":                     "alex",
		"segment=lapsed":                   "bruno chiara bounced",
		"group=trail-notes":                "alex",
		"group=offers&choice=Unsubscribed": "bruno",
		"group=offers&choice=Subscribed":   "alex chiara bounced",
		"group=offers&choice=never":        "alex chiara bounced",
		"group=trail-notes&choice=never":   "bruno chiara bounced",
		"q=example.com&segment=gold":       "alex",
		"q=nobody":                         "",
		"choice=Unsubscribed&suppressed=":  "alex bruno chiara bounced",
		"suppressed=bounce":                "",
		"q=%25":                            "",
		"q=*":                              "",
	} {
		page := b.page("/dashboard/people?" + query)
		for _, name := range []string{"alex", "bruno", "chiara", "bounced"} {
			listed := strings.Contains(page, ">"+name+"@")
			require.Equal(t, strings.Contains(want, name), listed, "%s: %s", query, name)
		}
	}
}

func TestASearchForWhatDoesNotExistIsRefusedInWords(t *testing.T) {
	b := people(t)
	for query, want := range map[string]string{
		"segment=none":              "There is no such Segment.",
		"group=none":                "There is no such SubscriptionGroup.",
		"group=offers&choice=maybe": "A Profile is Subscribed, Unsubscribed or has never chosen.",
		"suppressed=maybe":          "An address is suppressed for",
		"before=none":               "No page of the list begins",
		"before=cGVvcGxlIDE":        "No page of the list begins",
	} {
		status, page := b.get("/dashboard/people?" + query)
		require.Equal(t, 400, status, query)
		require.Contains(t, text(page), want, query)
	}
}

func TestPeopleAndTheirTimelineArePaged(t *testing.T) {
	b := people(t)
	client := b.emu.Client()
	track := func(email string, n int) {
		_, err := client.Events.Track(t.Context(), &segmentflow.TrackEventParams{
			Event:   "seen",
			Profile: segmentflow.ProfileIdentity{Email: email},
			Data:    map[string]any{"n": n},
		})
		require.NoError(t, err)
	}
	for i := range 60 {
		track("p"+strings.Repeat("x", i)+"@example.com", i)
		track("alex@example.com", i)
	}

	first := b.page("/dashboard/people")
	require.Equal(t, 50, strings.Count(first, `<td><a href="/dashboard/people/`))
	second := b.page(older(b, first))
	require.Equal(t, 14, strings.Count(second, `<td><a href="/dashboard/people/`))
	require.Equal(t, 1, strings.Count(first+second, ">chiara@"))
	require.Contains(t, second, `<a href="/dashboard/people">Newest</a>`)
	require.NotContains(t, second, `rel="next"`)

	seen := map[string]bool{}
	kinds := 0
	for path := person(b, "alex@example.com"); path != ""; {
		page := b.page(path)
		for n := range 60 {
			if strings.Contains(page, `{&#34;n&#34;:`+strconv.Itoa(n)+`}`) {
				require.False(t, seen[strconv.Itoa(n)], "an event is on one page only")
				seen[strconv.Itoa(n)] = true
			}
		}
		kinds += strings.Count(page, "order.created")
		path = ""
		if strings.Contains(page, `rel="next"`) {
			path = older(b, page)
		}
	}
	require.Len(t, seen, 60)
	require.Equal(t, 1, kinds)
}

func TestAPersonIsFoundByEmailAndExternalIDToo(t *testing.T) {
	b := people(t)
	for _, ref := range []string{"alex@example.com", "ALEX@example.com", "cus_123"} {
		at, _, page := b.fetch("/dashboard/people/" + ref + "?kind=event")
		require.Equal(t, person(b, "alex@example.com")+"?kind=event", at)
		require.Contains(t, page, "<h1>alex@example.com</h1>")
	}
	status, _ := b.get("/dashboard/people/nobody")
	require.Equal(t, 404, status)
}

func TestThePageOfAPersonShowsWhatIsKnown(t *testing.T) {
	b := people(t)
	client := b.emu.Client()
	_, err := client.Events.Track(t.Context(), &segmentflow.TrackEventParams{
		Event:   "trial.started",
		Profile: segmentflow.ProfileIdentity{Email: "bruno@example.com", Properties: map[string]any{"plan": "Pro"}},
		Data:    map[string]any{"plan": "Pro", "trialId": "t1"},
	})
	require.NoError(t, err)
	_, err = client.Emails.Send(t.Context(), &segmentflow.SendEmailParams{
		TemplateID: b.emu.ID("template", "order-receipt"),
		To:         &segmentflow.Recipient{Email: "bruno@example.com"},
		Data:       map[string]any{"orderId": "ord_1", "lines": []any{}, "trackingUrl": "https://x.example"},
	})
	require.NoError(t, err)
	b.emu.Advance(time.Hour)

	page := text(b.page(person(b, "bruno@example.com")))
	for _, want := range []string{
		"externalId cus_124",
		"Sources event, seed",
		"Has an account, bought nothing for 90 days",
		`plan &#34;Pro&#34; event 1 h ago`,
		`tier &#34;silver&#34; seed 1 h ago`,
		"Offers and sales OptOut Unsubscribed 1 h ago Subscribe",
		"Trail Notes newsletter OptIn Unsubscribed by the policy, never chosen Subscribe Unsubscribe",
		"Unsubscribed from Offers and sales, by seed",
		"trial-onboarding : the run at wait waits, and goes on in 2 days 23 h",
		"EmailSend Your order ord_1 Sent Template order-receipt · accepted, delivered",
		"UserEvent trial.started",
		"Run of trial-onboarding entered",
		"waits at wait until 2026-03-05 12:00:00 UTC",
		"has unsubscribed",
		"SubscriptionGroup Offers and sales Unsubscribed by seed",
	} {
		require.Contains(t, page, want)
	}
	for kind, want := range map[string]int{
		"email": 2, "event": 2, "run": 1, "segment": 0, "subscription": 1, "suppression": 0, "none": 6,
	} {
		page := b.page(person(b, "bruno@example.com") + "?kind=" + kind)
		_, table, _ := strings.Cut(page, `id="person-timeline"`)
		require.Equal(t, want, strings.Count(table, "<tr>\n<td>"), kind)
	}
}

func TestAPersonAtTheDashboardChangesSubscriptions(t *testing.T) {
	b := people(t)
	path, group := person(b, "chiara@example.com"), b.emu.ID("subscriptionGroup", "trail-notes")
	status, page := b.post(path+"/subscriptions", url.Values{"subscribe": {group}})
	require.Equal(t, 200, status)
	require.Contains(t, page, "The Profile is subscribed.")
	require.Contains(t, text(page), "Trail Notes newsletter OptIn Subscribed now Unsubscribe")
	require.Contains(t, text(page), "SubscriptionGroup Trail Notes newsletter Subscribed by dashboard")

	_, page = b.post(path+"/subscriptions", url.Values{"subscribe": {group}})
	require.Contains(t, page, "The Profile has already chosen that: it is Subscribed.")
	_, page = b.post(path+"/subscriptions", url.Values{"unsubscribe": {group}})
	require.Contains(t, page, "The Profile is unsubscribed.")
	for _, unknown := range []url.Values{nil, {"subscribe": {"trail-notes"}}, {"unsubscribe": {breaking}}} {
		_, page = b.post(path+"/subscriptions", unknown)
		require.Contains(t, page, "There is no such SubscriptionGroup.")
	}
	require.Len(t, b.emu.SubscriptionChanges("chiara@example.com"), 2)
}

func TestASuppressionIsLiftedOnce(t *testing.T) {
	b := people(t)
	path := person(b, "bounced@simulator.test")
	_, err := b.emu.Client().Emails.Send(t.Context(), &segmentflow.SendEmailParams{
		TemplateID: b.emu.ID("template", "password-reset"),
		To:         &segmentflow.Recipient{Email: "bounced@simulator.test"},
		Data:       map[string]any{"resetUrl": "https://x.example"},
	})
	require.NoError(t, err)
	b.emu.Advance(time.Hour)
	page := text(b.page(path))
	require.Contains(t, page, "suppressed: bounce 59 min ago : it gets no emails, for whatever purpose.")
	require.Contains(t, page, "Its latest bounce was hard: 5.1.1 .")
	require.Contains(t, b.page("/dashboard/people?suppressed=any"), ">bounced@simulator.test</a>")

	lift, byHand := url.Values{"do": {"lift"}}, url.Values{"do": {"suppress"}}
	_, page = b.post(path+"/suppression", byHand)
	require.Contains(t, page, "bounced@simulator.test is suppressed already.")
	_, page = b.post(path+"/suppression", lift)
	require.Contains(t, page, "The address gets emails again.")
	require.Contains(t, text(page), "Its latest bounce was hard")
	require.Contains(t, text(page), "Suppression of bounced@simulator.test lifted")
	_, page = b.post(path+"/suppression", lift)
	require.Contains(t, page, "bounced@simulator.test is not suppressed.")
	_, page = b.post(path+"/suppression", byHand)
	require.Contains(t, page, "The address gets no emails any more.")
	_, page = b.post(path+"/suppression", url.Values{"do": {"other"}})
	require.Contains(t, page, "The form must say")

	page = text(b.page(path + "?kind=suppression"))
	require.Contains(t, page, "manual the address is blocked now Suppression of bounced@simulator.test lifted "+
		"the address gets emails again 59 min ago Suppression of bounced@simulator.test bounce")
}

func TestASimulatedAddressStaysSuppressed(t *testing.T) {
	const email = "suppressed@simulator.test"
	b := open(t, emulator.WithSeed(emulator.Seed{Profiles: []emulator.SeedProfile{{Email: email}}}))
	path := person(b, email)
	require.Contains(t, text(b.page(path)), "simulated address that always counts as suppressed")
	_, page := b.post(path+"/suppression", url.Values{"do": {"lift"}})
	require.Contains(t, page, email+" is a simulated address that is always suppressed.")
}

func TestADeletedProfileShowsNothingOfThePerson(t *testing.T) {
	b := people(t)
	path := person(b, "alex@example.com")
	status, page := b.post(path+"/delete", nil)
	require.Equal(t, 200, status)
	require.Contains(t, page, "The Profile is deleted.")
	page = b.page(path)
	require.Contains(t, page, "<h1>This Profile has been deleted</h1>")
	require.NotContains(t, page, "alex")
	require.NotContains(t, page, "cus_123")
	_, page = b.post(path+"/subscriptions", url.Values{"subscribe": {b.emu.ID("subscriptionGroup", "offers")}})
	require.Contains(t, page, "This Profile has been deleted")
	require.NotContains(t, b.page("/dashboard/people"), "alex@")
	id := path[len("/dashboard/people/"):]
	require.Contains(t, text(b.page("/dashboard/events?profile="+id)), "a deleted Profile")
}

func TestDeletingAsksOnceMore(t *testing.T) {
	b := people(t)
	path := person(b, "alex@example.com")
	page := b.page(path + "/delete")
	require.Contains(t, page, "<h1>Delete alex@example.com?</h1>")
	require.Contains(t, text(page), "This cannot be undone.")
	require.Contains(t, b.page(path), "<h1>alex@example.com</h1>")
	response, _ := b.do("POST", path+"/delete", url.Values{})
	require.Equal(t, 403, response.StatusCode)
}

func TestHostileContentOfAProfileIsInert(t *testing.T) {
	long := strings.Repeat("x", 10_000)
	b := people(t)
	_, err := b.emu.Client().Events.Track(t.Context(), &segmentflow.TrackEventParams{
		Event: breaking,
		Profile: segmentflow.ProfileIdentity{Email: "h@example.com", ExternalID: breaking, Properties: map[string]any{
			breaking: breaking, "": map[string]any{"<b>": []any{1.5, nil, breaking}}, long: long,
			"big": json.Number("12345678901234567890.5"),
		}},
		Data:        map[string]any{breaking: breaking, "": long},
		ReferenceID: breaking,
	})
	require.NoError(t, err)
	for _, path := range []string{
		person(b, "h@example.com"), "/dashboard/people", "/dashboard/people?q=" + url.QueryEscape(breaking),
		"/dashboard/people/" + url.PathEscape(breaking), "/dashboard/events?profile=" + url.QueryEscape(breaking),
		person(b, "h@example.com") + "/delete",
	} {
		page := b.page(path)
		inert(b, page)
		require.Less(t, len(page), 30_000, path)
		require.Contains(t, page, "h@example.com", path)
	}
	_, header, page := b.fetch(person(b, "h@example.com") + "/properties")
	require.Equal(t, "application/json", header.Get("Content-Type"))
	require.Contains(t, page, long)
}

// older returns the path of the next page of a list.
func older(b browser, page string) string {
	b.Helper()
	_, rest, found := strings.Cut(page, `</nav>`)
	require.True(b, found)
	head, _, found := strings.Cut(rest, `" rel="next"`)
	require.True(b, found, page)
	return strings.ReplaceAll(head[strings.LastIndex(head, `href="`)+len(`href="`):], "&amp;", "&")
}
