package web_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator"
)

// leads returns the path to which a search leads, which may be a page that does not exist yet.
func (b browser) leads(name string) string {
	b.Helper()
	response, _ := b.do("GET", "/dashboard/find?q="+url.QueryEscape(name), nil)
	byPath, _ := b.do("GET", "/dashboard/find/"+url.PathEscape(name), nil)
	if !strings.HasPrefix(response.Request.URL.Path, "/dashboard/find") {
		require.Equal(b, response.Request.URL.Path, byPath.Request.URL.Path)
	}
	return response.Request.URL.Path
}

func TestEveryNameLeadsToItsPage(t *testing.T) {
	b := open(t, emulator.WithSeedFile(acme))
	event := b.trial("alex@example.com")
	confirmation := b.confirm("Sale")
	_, err := b.emu.Client().Templates.Retrieve(t.Context(), confirmation)
	require.Error(t, err)
	alex := b.emu.Profile("alex@example.com")
	mail := b.emu.Outbox().Last()
	run := b.emu.Runs("trial-onboarding").All()[0].RunID
	refused := b.emu.Requests().Last()
	id := func(kind, key string) string { return b.emu.ID(kind, key) }
	for name, want := range map[string]string{
		mail.SendID:                            "/dashboard/mail/" + mail.SendID,
		mail.ID:                                "/dashboard/mail/" + mail.SendID,
		run:                                    "/dashboard/runs/" + run,
		strings.ToUpper(run):                   "/dashboard/runs/" + run,
		" " + run + "\n":                       "/dashboard/runs/" + run,
		"run " + run + " has failed":           "/dashboard/runs/" + run,
		event:                                  "/dashboard/events/" + event,
		confirmation:                           "/dashboard/confirmations/" + confirmation,
		alex.ID:                                "/dashboard/people/" + alex.ID,
		"alex@example.com":                     "/dashboard/people/" + alex.ID,
		"Alex@Example.com":                     "/dashboard/people/" + alex.ID,
		alex.ExternalID:                        "/dashboard/people/" + alex.ID,
		"gold":                                 "/dashboard/segments/" + id("segment", "gold"),
		id("segment", "gold"):                  "/dashboard/segments/" + id("segment", "gold"),
		"autumn-sale":                          "/dashboard/templates/" + id("template", "autumn-sale"),
		"trial-onboarding":                     "/dashboard/journeys/" + id("journey", "trial-onboarding"),
		refused.ID:                             "/dashboard/requests/" + refused.ID,
		id("newsletter", "trail-notes"):        "/dashboard/newsletters/" + id("newsletter", "trail-notes"),
		"https://x.test/dashboard/runs/" + run: "/dashboard/runs/" + run,
	} {
		require.Equal(t, want, b.leads(name), name)
	}
}

func TestSendersAndGroupsLeadToTheirRows(t *testing.T) {
	b := open(t, emulator.WithSeedFile(acme))
	for name, id := range map[string]string{
		"support": b.emu.ID("senderProfile", "support"),
		"offers":  b.emu.ID("subscriptionGroup", "offers"),
	} {
		for _, asked := range []string{name, id} {
			response, page := b.do("GET", "/dashboard/find?q="+asked, nil)
			require.Equal(t, "/dashboard/world", response.Request.URL.Path)
			require.Equal(t, id, response.Request.URL.Fragment)
			require.Contains(t, page, `<tr id="`+id+`"><td>`+name+`</td>`)
		}
	}
}

func TestAnAmbiguousNameIsListed(t *testing.T) {
	b := open(t, emulator.WithSeedFile(acme))
	page := b.page("/dashboard/find?q=trail-notes")
	require.Contains(t, page, "/dashboard/newsletters/"+b.emu.ID("newsletter", "trail-notes"))
	require.Contains(t, page, `href="/dashboard/world#`+b.emu.ID("subscriptionGroup", "trail-notes")+`"`)

	b.receipt("alex@example.com", "order-7")
	page = b.page("/dashboard/find?q=order-7")
	require.Contains(t, page, "/dashboard/mail/"+b.emu.Outbox().Last().SendID)
	require.Contains(t, page, "/dashboard/requests/"+b.emu.Requests().Last().ID)
}

func TestADeletedProfileSaysSo(t *testing.T) {
	b := open(t, emulator.WithSeedFile(acme))
	id := b.emu.Profile("alex@example.com").ID
	require.NoError(t, b.emu.Client().Profiles.Delete(t.Context(), id))
	require.Contains(t, text(b.page("/dashboard/find/"+id)), "Profile "+id+" : it has been deleted")
	status, page := b.get("/dashboard/find?q=alex@example.com")
	require.Equal(t, 404, status)
	require.NotContains(t, text(page), "Near to it is: alex")
}

func TestANameOfNothingShowsWhatIsNear(t *testing.T) {
	b := open(t, emulator.WithSeedFile(acme))
	status, page := b.get("/dashboard/find?q=alx@example.com")
	require.Equal(t, 404, status)
	require.Contains(t, page, `href="/dashboard/find?q=alex%40example.com"`)
	for _, name := range []string{hostile, strings.Repeat("ü", 10_000), "a\x00b", "\xff", "%", "' OR 1=1 --",
		"00000000-0000-0000-0000-000000000000"} {
		status, page := b.get("/dashboard/find?q=" + url.QueryEscape(name))
		require.Equal(t, 404, status, name)
		require.NotContains(t, page, "<script>alert")
		require.Less(t, len(page), 60_000)
	}
	require.Contains(t, text(b.page("/dashboard/find?q=")), "The search takes complete names")
	require.Contains(t, text(b.page("/dashboard/find")), "The search takes complete names")
}
