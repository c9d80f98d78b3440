package emulator_test

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator"
)

// benchPage is a page of the dashboard, and the status that it has. The second page of a list is measured too.
type benchPage struct {
	path   string
	status int
	list   bool
}

// pagesOf returns every page of the dashboard, and the searches of its lists. The download of the world is as large as
// the world and no page.
func pagesOf(w *benchWorld) (pages []benchPage) {
	for _, group := range [][]string{
		w.mailPages(), w.peoplePages(), w.eventPages(), w.journeyPages(), w.segmentPages(), w.carrierPages(),
		w.otherPages(),
	} {
		for _, path := range group {
			pages = append(pages, benchPage{path: path, status: http.StatusOK})
		}
	}
	for _, path := range []string{
		"/mail", "/people", "/events", "/journeys", "/runs", "/segments", "/broadcasts", "/newsletters", "/templates",
		"/brand-kits", "/assets", "/requests", "/mail?to=example", "/mail?status=Sent", "/people?q=example",
		"/people?segment=gold",
		"/people?segment=static", "/people?segment=buyers", "/people?segment=often", "/people?segment=mixed",
		"/events?name=order.created", "/events?profile=alex%40example.com",
		"/events?name=order.created&profile=alex%40example.com",
		"/people/" + w.alex, "/people/" + w.alex + "?kind=event",
		"/people/" + w.alex + "?kind=email", "/journeys/" + w.big, "/runs?journey=big", "/runs?status=underway",
		"/segments/" + w.id("segment", "static"), "/segments/" + w.id("segment", "gold"),
		"/segments/" + w.id("segment", "buyers"), "/segments/" + w.id("segment", "often"),
		"/segments/" + w.id("segment", "mixed"), "/segments/" + w.id("segment", "filtered"),
		"/newsletters/" + w.id("newsletter", "trail-notes"),
	} {
		pages = append(pages, benchPage{path: "/dashboard" + path, status: http.StatusOK, list: true})
	}
	for _, path := range []string{
		"/find?q=nobody@example.com", "/find?q=zzzzzzzzzzzz", "/find?q=" + uuid.NewString(),
		"/mail/" + w.word(uuid.NewString(), "none"), "/no-such-page",
		"/webhooks/none",
	} {
		pages = append(pages, benchPage{path: "/dashboard" + path, status: http.StatusNotFound})
	}
	return pages
}

// below returns the paths of pages below another one.
func below(path string, pages ...string) []string {
	for i, page := range pages {
		pages[i] = "/dashboard" + path + page
	}
	return pages
}

func (w *benchWorld) mailPages() []string {
	receipt := w.word(w.emu.Outbox().Template("order-receipt").To("alex@example.com").Last().SendID, "receipt")
	sale := w.word(w.emu.Outbox().Carrier(emulator.CarrierBroadcast).To("p777@example.com").Last().SendID, "sale")
	trial := w.word(w.emu.Outbox().Carrier(emulator.CarrierJourney).To("alex@example.com").Last().SendID, "trial")
	paths := below("/mail", "?to=p777%40example.com", "?to=nothing-has-this", "?subject=nothing-has-this",
		"?status=Skipped", "?status=Failed", "?template=order-receipt", "?template=catalog", "?carrier=broadcast",
		"?carrier=test", "?carrierId="+w.sent, "?carrierId="+w.underWay, "?before=1000",
		"?to=p777&subject=sale&carrier=broadcast&status=Sent")
	for _, id := range []string{receipt, sale, trial, w.catalog} {
		paths = append(paths, below("/mail/"+id, "", "?dark=1&images=1", "/html", "/html?dark=1", "/text", "/raw",
			"/eml", "/why")...)
	}
	return append(paths, below("/mail/"+w.skipped, "", "/why")...)
}

func (w *benchWorld) peoplePages() []string {
	other := w.emu.Outbox().Carrier(emulator.CarrierBroadcast).To("p777@example.com").Last().ProfileID
	paths := below("/people", "?q=p777%40example.com", "?q=p777", "?q=cus_777x", "?q=nothing-has-this",
		"?group=offers&choice=Subscribed", "?group=offers&choice=Unsubscribed", "?group=offers&choice=never",
		"?group=trail-notes&choice=Subscribed", "?suppressed=any", "?suppressed=complaint", "?suppressed=manual",
		"?segment=filtered", "?segment=few", "?q=nothing-has-this&segment=mixed",
		"?segment=buyers&group=offers&choice=Subscribed&suppressed=any")
	for _, id := range []string{w.alex, w.word(other, "p777")} {
		paths = append(paths, below("/people/"+id, "?kind=run", "?kind=segment", "?kind=subscription",
			"?kind=suppression", "/properties", "/delete")...)
	}
	return append(paths, below("/people/", other, "cus_777x", "alex%40example.com")...)
}

func (w *benchWorld) eventPages() []string {
	paths := below("/events", "?name=nothing", "?reference=nothing", "?reference=ref7", "?profile=p777%40example.com",
		"?profile=alex%40example.com&reference=nothing", "?profile=alex%40example.com&reference=ref7",
		"?profile=alex%40example.com&name=nothing", "?name=order.created&reference=nothing", "?before=1000",
		"?profile=alex%40example.com&name=order.created&reference=nothing")
	last := w.emu.Events().Name("trial.started").Profile("alex@example.com").Last()
	for _, id := range []string{w.word(last.EventID, "trial"), w.copied} {
		paths = append(paths, below("/events/"+id, "", "/data")...)
	}
	return paths
}

func (w *benchWorld) journeyPages() []string {
	ended := w.word(w.emu.Runs("trial-onboarding").Status("completed").Last().RunID, "ended")
	waiting := w.word(w.emu.Runs("trial-onboarding").Last().RunID, "waiting")
	standing := w.word(w.emu.Runs("big").Profile("p777@example.com").Last().RunID, "standing")
	paths := below("/journeys/"+w.big, "?version=1", "?before=100", "?run="+standing, "/definition", "/archive")
	paths = append(paths, below("/journeys/"+w.id("journey", "trial-onboarding"), "", "?run="+ended)...)
	paths = append(paths, below("/runs", "?journey=trial-onboarding", "?journey=trial-onboarding&status=failed",
		"?journey=big&node=wait77&status=underway&version=20", "?journey=big&node=nothing", "?status=failed",
		"?profile=alex%40example.com", "?profile=alex%40example.com&status=failed", "?version=1",
		"?journey=big&status=completed", "?before=1000")...)
	for _, id := range []string{ended, waiting, standing} {
		paths = append(paths, below("/runs/"+id, "", "/state")...)
	}
	return paths
}

func (w *benchWorld) segmentPages() (paths []string) {
	for _, key := range []string{"static", "gold", "buyers", "often", "mixed", "filtered"} {
		paths = append(paths, below("/segments/"+w.id("segment", key), "?who=alex%40example.com")...)
	}
	paths = append(paths, below("/segments/"+w.id("segment", "filtered"), "/definition")...)
	return append(paths, below("/segments/"+w.id("segment", "few"), "")...)
}

func (w *benchWorld) carrierPages() []string {
	paths := below("/broadcasts", "?status=sent", "?status=waiting", "?status=failed")
	for _, id := range []string{w.draft, w.asked, w.underWay, w.sent, w.toBuyers} {
		paths = append(paths, below("/broadcasts/"+id, "", "?for=alex%40example.com", "/content",
			"/content?for=alex%40example.com")...)
	}
	for _, id := range []string{w.issueDraft, w.issueSent} {
		paths = append(paths, below("/issues/"+id, "", "/content")...)
	}
	for _, id := range []string{w.open, w.approved, w.approvedSent, w.rejected, w.void} {
		paths = append(paths, below("/confirmations/"+id, "", "/content")...)
	}
	return append(paths, below("/confirmations/"+w.open, "?for=p777%40example.com")...)
}

func (w *benchWorld) otherPages() []string {
	catalog := w.id("template", "catalog")
	unsubscribe := w.emu.Outbox().Carrier(emulator.CarrierBroadcast).To("p777@example.com").Last().
		Headers.Get("List-Unsubscribe")
	link, err := url.Parse(strings.Trim(unsubscribe, "<>"))
	require.NoError(w, err)
	token := link.Path[strings.LastIndex(link.Path, "/")+1:]
	paths := []string{strings.ReplaceAll(link.Path, token, w.word(token, "token"))}
	for _, id := range []string{catalog, w.id("template", "order-receipt")} {
		paths = append(paths, below("/templates/"+id, "", "/html", "/text", "/definition")...)
	}
	calls := w.emu.Requests().Operation("trackEvent")
	big := w.word(calls.Last().ID, "big")
	paths = append(paths, below("/requests/"+big, "", "/body", "/reply")...)
	refused := w.word(w.emu.Requests().Status(404).Last().ID, "refused")
	return append(paths, below("", "", "/", "/find", "/find?q=alex%40example.com", "/find?q="+w.sent, "/find/"+w.alex,
		"/find/"+w.open, "/find?q=gold", "/templates?q=catalog", "/templates?q=nothing", "/templates?status=Archived",
		"/requests/"+refused, "/requests?status=4xx", "/requests?operation=nothing", "/requests?only=faults", "/faults",
		"/brand-kits/"+w.id("brandKit", "thing1"), "/assets/"+w.id("asset", "thing1"), "/webhooks",
		"/world", "/static/style.css", "/static/live.js")...)
}
