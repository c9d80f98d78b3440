package web_test

import (
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

const broadcasts = "/dashboard/broadcasts"

func TestABroadcastLeadsFromItsDraftToItsResults(t *testing.T) {
	c := openCampaign(t, nil)
	c.emu.Script("alex@example.com", emulator.PlannedFact{Type: emulator.FactDelivered},
		emulator.PlannedFact{Type: emulator.FactOpened}, emulator.PlannedFact{Type: emulator.FactOpened})
	sale := c.sale(nil)
	home := broadcasts + "/" + sale
	c.has(c.page(home), "draft Broadcast", "Nothing prevents it from being sent.", "3 of 4 get this email",
		"This content has not been sent as a test. Send a test and read it.", "This is how",
		"Nobody has asked for one.",
		"created", "“Review and approve” sends nothing")

	_, page := c.post(home+"/test", url.Values{"to": {"alex@example.com"}})
	c.has(page, "A test was sent to alex@example.com.", "The present content was sent as a test.",
		"There are no warnings.")
	require.Equal(t, 1, c.mailsBehind("Tests of this Broadcast", page))

	_, page = c.post(home+"/review", nil)
	c.has(page, "Nothing has been sent yet.", "Waiting for your decision", "Approve and send to 3 people now")
	path := strings.TrimSuffix(regexpFind(t, `action="(/dashboard/confirmations/[^"]+)/approve"`, page), "/approve")
	c.has(c.page(home), "It waits for a decision.", "open , made now for 3 people; it expires in 15 min")
	_, page = c.post(path+"/approve", acks(page))
	c.has(page, "Approved")

	c.emu.Advance(time.Minute)
	page = c.page(home)
	c.has(page, "sent Broadcast", "Audience 4 = 3 eligible + 1 unsubscribed",
		"Eligible 3 = 0 queued + 0 processing + 3 sent + 0 failed + 0 skippedAtSend + 0 cancelled",
		"In all there were 2 opens and 0 clicks.",
		"approved , made 1 min ago", "was approved", "This is the first one that was sent")
	require.Equal(t, 3, c.mailsBehind("All emails of this Broadcast", page))
	require.Equal(t, 3, strings.Count(page, `role="img"`))
	for fact, n := range map[string]string{"delivered": "2", "bounced": "1", "opened": "1"} {
		require.Contains(t, page, "<code>"+fact+`</code></td><td class="number">`+n+"<")
	}
	require.Contains(t, page, `src="/dashboard/mail/`)
	require.NotContains(t, page, "/review\"", "it was sent")
	for _, act := range []string{"review", "cancel"} {
		_, page = c.post(home+"/"+act, nil)
		require.Contains(t, page, `role="alert"`, act)
	}
}

func TestALongHistoryShowsItsNewestEntries(t *testing.T) {
	c := openCampaign(t, nil)
	sale := c.sale(nil)
	const edits = 120
	for i := range edits {
		_, err := c.client.Broadcasts.Update(t.Context(), sale, &segmentflow.UpdateBroadcastParams{
			Name: segmentflow.Value(fmt.Sprint("Sale ", i)),
		})
		require.NoError(t, err)
	}
	page := c.page(broadcasts + "/" + sale)
	c.has(page, "21 earlier entries are not shown.")
	require.Equal(t, 100, strings.Count(text(page), "edited: "))
}

func TestADraftThatCannotBeSentSaysHowToFixIt(t *testing.T) {
	c := openCampaign(t, nil)
	home := broadcasts + "/" + c.sale(func(p *segmentflow.CreateBroadcastParams) {
		p.From, p.SubscriptionGroupID = "hello@new.acme.example", ""
	})
	page := c.page(home)
	c.has(page, "It cannot be sent until these are solved:", "Verify the domain", "domain_unverified",
		"Set subscriptionGroupId.", "subscription_group_missing", "not verified", "no subscription group")
	_, page = c.post(home+"/review", nil)
	require.Contains(t, page, `role="alert">The preflight has blockers.`)
	c.has(page, "Nobody has asked for one.")
	const main = `class="primary">Review and approve`
	require.NotContains(t, page, main)
	require.Contains(t, c.page(broadcasts+"/"+c.sale(nil)), main)
}

func TestADraftOfNothingIsShown(t *testing.T) {
	c := openCampaign(t, nil)
	home := broadcasts + "/" + c.sale(func(p *segmentflow.CreateBroadcastParams) {
		*p = segmentflow.CreateBroadcastParams{Name: " ", TemplateID: p.TemplateID}
	})
	_, err := c.client.Broadcasts.Update(t.Context(), strings.TrimPrefix(home, broadcasts+"/"),
		&segmentflow.UpdateBroadcastParams{TemplateID: segmentflow.Null[string]()})
	require.NoError(t, err)
	c.has(c.page(home), "Broadcast without a name", "0 of 0 get this email", "template_missing", "segment_missing",
		"Nothing can be shown")
	_, page := c.post(home+"/test", url.Values{"to": {"mira@acme.example"}})
	require.Contains(t, page, `role="alert">There is no Template to send.`)
	_, page = c.post(home+"/test", url.Values{"to": {"not an address"}})
	require.Contains(t, page, `role="alert">No test was sent: the address must be`)
	c.emu.Outbox().None(t)
}

func TestAScheduledBroadcastIsCancelledOnItsPage(t *testing.T) {
	c := openCampaign(t, nil)
	sale := c.sale(nil)
	_, err := c.client.Broadcasts.Schedule(t.Context(), sale,
		&segmentflow.ScheduleCarrierParams{ScheduledIn: 72 * time.Hour})
	require.NoError(t, err)
	c.has(c.page(broadcasts), "Autumn sale scheduled – in 3 days")
	home := broadcasts + "/" + sale
	page := c.page(home)
	c.has(page, "It will be sent at 2026-03-05 12:00:00 UTC.",
		"That is 3 days ahead, but the emulator’s clock stands still")
	require.NotContains(t, page, "/review\"")
	_, page = c.post(home+"/cancel", nil)
	c.has(page, "The schedule was cancelled. It is a draft again.", "cancelled; it is a draft again")
	c.emu.Advance(96 * time.Hour)
	c.emu.Outbox().None(t)
}

func TestTheListOfBroadcastsIsFilteredAndPaged(t *testing.T) {
	c := openCampaign(t, nil)
	c.has(c.page(broadcasts), "There is no Broadcast here.", "client.Broadcasts.Create(ctx")
	for i := range 60 {
		c.sale(func(p *segmentflow.CreateBroadcastParams) { p.Name = "Sale no. " + strconv.Itoa(i) })
	}
	sent := c.sale(nil)
	require.NoError(t, c.emu.Human().Approve(strings.TrimPrefix(c.ask(sent), "/dashboard/confirmations/")))

	names := regexp.MustCompile(`>Sale no. \d+<`)
	first := c.page(broadcasts)
	older := regexpFind(t, `<a href="([^"]+)" rel="next">`, first)
	second := c.page(older)
	seen := append(names.FindAllString(first, -1), names.FindAllString(second, -1)...)
	require.Len(t, seen, 60)
	require.Len(t, unique(seen), 60)
	require.NotContains(t, second, `rel="next"`)
	require.Contains(t, second, ">Newest</a>")

	page := c.page(broadcasts + "?status=sent")
	c.has(page, "Autumn sale sent 3 of 4")
	require.Empty(t, names.FindAllString(page, -1))
	require.Contains(t, page, `<option value="sent" selected>`)
	c.has(c.page(broadcasts+"?status=failed"), "There is no Broadcast here.")
	require.Contains(t, c.page(broadcasts+"?status=waiting"), "status=waiting")

	for _, query := range []string{"?before=x", "?before=" + strings.Repeat("A", 9), "?status=%3Cscript%3E"} {
		status, page := c.get(broadcasts + query)
		require.Equal(t, 400, status, query)
		require.NotContains(t, page, "<script>")
	}
}

func unique(texts []string) map[string]bool {
	set := map[string]bool{}
	for _, one := range texts {
		set[one] = true
	}
	return set
}

func TestHostileNamesStayInert(t *testing.T) {
	hostile := `"><script>alert(1)</script>` + "\u202e\u200b" + strings.Repeat("W", 100)
	names := map[string]any{"firstName": hostile}
	c := openCampaign(t, []emulator.SeedProfile{{Email: "x@example.com", Properties: names}})
	sale := c.sale(func(p *segmentflow.CreateBroadcastParams) {
		p.Name, p.Subject = hostile, hostile+" ${/profile/<b>}"
	})
	for _, path := range []string{broadcasts, broadcasts + "/" + sale, c.ask(sale), "/dashboard"} {
		page := c.page(path)
		require.NotContains(t, page, "<script>alert", path)
		require.NotContains(t, page, "<b>", path)
	}
	path := c.ask(sale)
	_, page := c.post(path+"/approve", acks(c.page(path)))
	c.has(page, "Approved")
}

func TestACarrierIsShownAtThePathOfItsKind(t *testing.T) {
	c := openCampaign(t, nil)
	sale := c.sale(nil)
	page := c.page("/dashboard/issues/" + strings.ToUpper(sale))
	require.Contains(t, page, `action="`+broadcasts+"/"+sale+`/review"`)
	for _, path := range []string{broadcasts + "/none", "/dashboard/issues/none", broadcasts + "/none/content"} {
		status, _ := c.get(path)
		require.Equal(t, 404, status)
	}
	for _, path := range []string{broadcasts + "/none/cancel", broadcasts + "/" + sale + "/send"} {
		status, _ := c.post(path, nil)
		require.Equal(t, 404, status, "nothing sends at once")
	}
}
