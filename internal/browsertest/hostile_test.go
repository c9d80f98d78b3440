package browsertest_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// hostile runs a script wherever it is not escaped: in the text, in a title, in a field, in an attribute, in a script.
// It also turns the direction of the text around, and has characters that take no place.
const hostile = `x"'></title></textarea></script><script>ran=1;alert(1)</script>` +
	`<img src=data:, onerror=ran=1;alert(1)>` + "{{.CSRF}}\u202e\u2066\u200b\ufeff\u0301"

// hostileLink runs a script where a page makes it a link.
const hostileLink = "javascript:top.ran=1;alert(1)"

// endless has no place where a line could end.
var endless = hostile + strings.Repeat("endless", 1500)

const hostileMail = `<html><head><title>` + hostile + `</title>
<meta http-equiv="refresh" content="0;url=` + hostileLink + `"></head>
<body onload="top.ran=1;alert(1)"><script>top.ran=1;alert(1)</script><svg onload="top.ran=1;alert(1)"></svg>
<img src="data:," alt="" onerror="top.ran=1;alert(1)"><a href="` + hostileLink + `">Win</a>
<form action="/dashboard/advance" method="post"><button>Win</button></form>
<p>Hello ${/profile/firstName}</p><a href="${/system/unsubscribeUrl}">Unsubscribe</a></body></html>`

// hostileSeed has hostile texts wherever a seed may have texts.
func hostileSeed() emulator.Seed {
	data := map[string]any{hostile: hostile, "link": hostileLink, "endless": endless}
	html := map[string]any{"type": "Html", "props": map[string]any{}, "children": []string{"text"}}
	text := map[string]any{"type": "Text", "props": map[string]any{"text": endless}}
	return emulator.Seed{
		Organization: emulator.SeedOrganization{Name: hostile},
		Domains:      []emulator.SeedDomain{{Domain: "acme.example"}},
		SenderProfiles: []emulator.SeedSenderProfile{
			{Key: "shop", Name: "Acme <script>", Email: "shop@acme.example", Default: true},
		},
		SubscriptionGroups: []emulator.SeedSubscriptionGroup{{Key: "offers", Name: hostile, Policy: "OptOut"}},
		Profiles: []emulator.SeedProfile{
			{Email: "alex@example.com", ExternalID: hostile, Properties: data},
			{Email: "chiara@example.com", Properties: data},
		},
		Templates: []emulator.SeedTemplate{{
			Key: "hello", Name: hostile, Purpose: "Transactional",
			Definition: map[string]any{
				"subject": endless[:900], "body": map[string]any{
					"root": "html", "elements": map[string]any{"html": html, "text": text},
				},
			},
		}},
		BrandKits: []emulator.SeedBrandKit{{
			Key: "brand", Name: hostile, WebsiteURL: "https://" + strings.Repeat("a", 2000),
			Logo:  "https://a/" + strings.ReplaceAll(hostile, " ", ""),
			Fonts: []string{strings.Repeat("W", 100), hostile[:60]},
		}},
		Assets: []emulator.SeedAsset{{
			Key: "logo", Filename: hostile + "/../" + endless, ContentType: "image/png", Content: []byte("no picture"),
			Description: hostile, AltText: hostile[:60], Tags: []string{strings.Repeat("W", 50), hostile[:50]},
		}},
		Segments: []emulator.SeedSegment{{
			Key: "all", Name: hostile, Definition: map[string]any{"$state": "/profile/" + hostileLink, "neq": hostile},
		}},
		Journeys: []emulator.SeedJourney{{
			Key: "hello", Name: hostile, Status: "Active", Start: "mail",
			Entry: map[string]any{"type": "event", "event": "greeted", "filter": map[string]any{
				"$state": "/event/link", "eq": hostileLink,
			}},
			Nodes: []map[string]any{
				{"id": "mail", "type": "email", "template": "hello", "next": "wait"},
				{"id": "wait", "type": "delay", "for": "P3D", "next": "done"}, {"id": "done", "type": "exit"},
			},
		}},
		Newsletters: []emulator.SeedNewsletter{
			{Key: "news", Name: hostile, SubscriptionGroup: "offers", SenderProfile: "shop", Cadence: hostile},
		},
		Events: []emulator.SeedEvent{{Event: "greeted", Profile: "alex@example.com", Data: data}},
	}
}

// spoil adds what programs send to the world of the hostile seed. It returns the pages that show all of it.
func (w world) spoil() (paths []string) {
	w.Helper()
	w.track("greeted", "alex@example.com", map[string]any{hostile: endless, "link": hostileLink})
	_, err := w.client.Events.Track(w.Context(), &segmentflow.TrackEventParams{Event: hostile})
	require.Error(w, err)
	made, err := w.client.Broadcasts.Create(w.Context(), &segmentflow.CreateBroadcastParams{
		Name: hostile, From: "shop@acme.example", Subject: hostile, HTML: hostileMail, Text: endless,
		SegmentID: w.emu.ID("segment", "all"), SubscriptionGroupID: w.emu.ID("subscriptionGroup", "offers"),
	})
	require.NoError(w, err)
	confirmation := w.ask(made.ID)
	issue, err := w.client.NewsletterIssues.Create(w.Context(), w.emu.ID("newsletter", "news"),
		&segmentflow.CreateNewsletterIssueParams{Title: hostile, Subject: hostile, HTML: hostileMail})
	require.NoError(w, err)
	w.emu.Fail(emulator.Fault{Operation: "listSegments", Status: http.StatusConflict, Message: endless})
	w.emu.Advance(time.Minute)

	return []string{
		"", "/confirmations/" + confirmation, "/find?q=" + hostileLink, "/mail", "/mail?subject=" + hostileLink,
		"/mail/" + w.emu.Sends().Last().ID, "/people", "/people/" + w.emu.ID("profile", "alex@example.com"),
		"/events", "/events/" + w.emu.Events().Last().EventID,
		"/journeys", "/journeys/" + w.emu.ID("journey", "hello"), "/runs/" + w.emu.Runs("hello").Last().RunID,
		"/segments", "/segments/" + w.emu.ID("segment", "all"), "/broadcasts", "/broadcasts/" + made.ID,
		"/newsletters", "/newsletters/" + w.emu.ID("newsletter", "news"), "/issues/" + issue.ID,
		"/templates", "/templates/" + w.emu.ID("template", "hello"),
		"/brand-kits", "/brand-kits/" + w.emu.ID("brandKit", "brand"),
		"/assets", "/assets/" + w.emu.ID("asset", "logo"),
		"/requests", "/requests/" + w.emu.Requests().Last().ID, "/faults", "/world",
		"/webhooks", "/webhooks/" + w.emu.Webhooks()[0].ID,
	}
}

func TestHostileTextsAreShownAndNeverRun(t *testing.T) {
	if running == nil {
		t.Skip("needs Chromium, and " + noBrowser)
	}
	receiver := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(endless) })
	emu := emulator.Start(t, emulator.WithStartTime(noon), emulator.WithSeed(hostileSeed()),
		emulator.WithWebhook(emulator.Webhook{Handler: receiver}))
	for _, path := range (world{t, emu, emu.Client()}).spoil() {
		t.Run("dashboard"+path, func(t *testing.T) {
			t.Parallel()
			b := tabAt(t, emu)
			b.signIn()
			b.seen.block()
			b.seen.expect(emu.URL()+"/dashboard"+path, http.StatusNotFound) // nothing may be found
			_, err := chromedp.RunResponse(b.ctx, chromedp.Navigate(emu.URL()+"/dashboard"+path))
			require.NoError(t, err)
			b.isFine(desktop, screen{360, "light", "reduce"})
			require.False(t, value[bool](b, `"ran" in window`), "a text ran as a script")
			links := value[[]string](b, `[...document.links].map(a => a.protocol).filter(p => p !== location.protocol)`)
			require.NotContains(t, links, "javascript:")
		})
	}
}
