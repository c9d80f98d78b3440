package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

func TestTheConfirmationPageShowsWhatWillBeSent(t *testing.T) {
	c := openCampaign(t, nil)
	sale := c.sale(func(p *segmentflow.CreateBroadcastParams) {
		p.Subject, p.ReplyTo = "Sale for ${/profile/tier}", []string{"help@acme.example"}
	})
	page := c.page(c.ask(sale))
	c.has(page,
		"3 of 4 get this email",
		"3 people get this email now, from Acme Outdoor <shop@acme.example>; 1 person is skipped.",
		"nobody can stop them after that",
		"It expires at 2026-03-02 12:15:00 UTC: 15 min left",
		"clock stands still at 2026-03-02 12:00:00 UTC, so it does not expire until",
		"Everybody", "“Offers and sales”: everyone who has not unsubscribed", "has unsubscribed",
		"acme.example: verified; DMARC is set up", "help@acme.example",
		"The first recipients", "alex@example.com", "chiara@example.com",
		"Some bindings have no value for some recipients. /profile/tier has none for 67 % of the recipients",
		"This content has not been sent as a test.",
		"/profile/tier in subject",
		"Approve and send to 3 people now", "Reject",
	)
	require.Contains(t, page, `href="/dashboard/people/`+c.emu.ID("profile", "alex@example.com")+`"`)
	require.Contains(t, page, `href="/dashboard/broadcasts/`+sale+`"`, "the way back to the draft")
	require.Contains(t, page, `href="/dashboard/segments/`+c.emu.ID("segment", "everybody")+`"`)
	require.Equal(t, 2, strings.Count(page, "<iframe sandbox title="), "at both widths")
	require.NotContains(t, page, "data-left")
	require.Len(t, acks(page)["ack"], 2)
}

func TestTheConfirmationPageShowsTheEmailToAChosenRecipient(t *testing.T) {
	c := openCampaign(t, nil)
	path := c.ask(c.sale(nil))
	for who, want := range map[string]string{
		"ALEX@example.com ":                     "This is how alex@example.com would get it",
		"cus_125":                               "This is how chiara@example.com would get it",
		c.emu.ID("profile", "alex@example.com"): "30 % off for gold members",
		"bruno@example.com":                     "is in the audience, but gets nothing: has unsubscribed.",
		"nobody@example.com": "No Profile has the email, id or externalId " +
			"“nobody@example.com”.",
		"<script>":                                  "No Profile has the email, id or externalId “<script>”.",
		c.emu.ID("segment", "everybody"):            "No Profile has",
		strings.Repeat("x", 5000) + "@acme.example": "xx…”.",
	} {
		c.has(c.page(path+"?for="+url.QueryEscape(who)), want)
	}

	page := c.page(path + "?for=cus_123")
	frame := regexpFind(t, `src="([^"]+/content[^"]+)"`, page)
	email := c.browser.ask(http.MethodGet, frame, nil)
	require.Contains(t, email.page, "30 % off for gold members")
	require.Contains(t, email.header.Get("Content-Security-Policy"), "sandbox")
	status, _ := c.get(path + "/content?for=bruno@example.com")
	require.Equal(t, 404, status, "he gets none")
	require.Contains(t, c.page(path+"/content"), "Autumn sale")
}

func TestADraftLoadsImagesOfOtherMachinesOnlyIfAsked(t *testing.T) {
	c := openCampaign(t, nil)
	require.NoError(t, c.emu.Seed(emulator.Seed{Templates: []emulator.SeedTemplate{{
		Key: "remote", Name: "Remote", Purpose: "Promotional", SenderProfile: "shop", Definition: map[string]any{
			"subject": "S",
			"html":    `<img src="https://cdn.example/a.png"><a href="${/system/unsubscribeUrl}">Leave</a>`,
		},
	}}}))
	sale := c.sale(func(p *segmentflow.CreateBroadcastParams) { p.TemplateID = c.emu.ID("template", "remote") })
	for _, path := range []string{broadcasts + "/" + sale, c.ask(sale)} {
		page := c.page(path)
		c.has(page, "Images on other machines are not loaded. Load them")
		answer, _ := c.do(http.MethodGet, attribute(t, page, `as on a desktop" src="`), nil)
		require.NotContains(t, answer.Header.Get("Content-Security-Policy"), "https:;")
		page = c.page(path + "?images=1")
		require.NotContains(t, page, "not loaded")
		answer, _ = c.do(http.MethodGet, attribute(t, page, `as on a desktop" src="`), nil)
		require.Contains(t, answer.Header.Get("Content-Security-Policy"), "img-src data: http: https:;")
	}
}

func TestSomebodyOutsideOfTheAudienceIsRefused(t *testing.T) {
	c := openCampaign(t, nil)
	path := c.ask(c.sale(func(p *segmentflow.CreateBroadcastParams) { p.SegmentID = c.emu.ID("segment", "gold") }))
	c.has(c.page(path+"?for=chiara@example.com"), "“chiara@example.com” is not in the audience.",
		"This is how alex@example.com would get it")
}

func TestApprovalNeedsEachWarningAcknowledged(t *testing.T) {
	c := openCampaign(t, nil)
	sale := c.sale(func(p *segmentflow.CreateBroadcastParams) { p.Subject = "Sale for ${/profile/tier}" })
	path := c.ask(sale)
	all := acks(c.page(path))["ack"]
	for i, missing := range []string{"bindings_missing /profile/tier", "test_not_sent"} {
		status, page := c.post(path+"/approve", url.Values{"ack": {all[1-i], "nonsense"}})
		require.Equal(t, 200, status, "the redirect shows the refusal")
		require.Contains(t, page, `role="alert">Nothing was sent. Acknowledge each warning first: `+missing+`.`)
	}
	require.Equal(t, "NotStarted", c.status(sale))

	_, page := c.post(path+"/approve", url.Values{"ack": all})
	c.has(page, "Approved at 2026-03-02 12:00:00 UTC", "Audience 4 = 3 eligible + 1 unsubscribed",
		"Eligible 3 = 0 queued + 0 processing + 3 sent + 0 failed + 0 skippedAtSend + 0 cancelled")
	require.Contains(t, page, `href="/dashboard/broadcasts/`+sale+`"`)
	require.Equal(t, 3, c.mailsBehind("its emails", page))
	require.NotContains(t, page, `/approve"`)
	require.Equal(t, 3, c.emu.Outbox().Count())
}

func TestAWarningThatAppearsLaterIsNotAcknowledged(t *testing.T) {
	c := openCampaign(t, nil)
	sale := c.sale(func(p *segmentflow.CreateBroadcastParams) { p.Subject = "Sale for ${/profile/firstName}" })
	path := c.ask(sale)
	old := acks(c.page(path))
	require.Len(t, old["ack"], 1)

	require.NoError(t, c.emu.Seed(emulator.Seed{Profiles: []emulator.SeedProfile{{Email: "nameless@example.com"}}}))
	_, page := c.post(path+"/approve", old)
	c.has(page, "Acknowledge each warning first: bindings_missing /profile/firstName.", "Waiting for your decision")
	_, page = c.post(path+"/approve", acks(page))
	c.has(page, "Approved")
}

func TestABlockerThatAppearsLaterPreventsApproval(t *testing.T) {
	c := openCampaign(t, nil)
	sale := c.sale(func(p *segmentflow.CreateBroadcastParams) { p.SegmentID = c.emu.ID("segment", "gold") })
	path := c.ask(sale)
	old := acks(c.page(path))
	alex := emulator.SeedProfile{Email: "alex@example.com", Suppressed: "bounce"}
	require.NoError(t, c.emu.Seed(emulator.Seed{Profiles: []emulator.SeedProfile{alex}}))
	_, page := c.post(path+"/approve", old)
	c.has(page, "Nothing was sent: the preflight has blockers now: all_recipients_suppressed.",
		"It cannot be approved", "Every address of the audience is suppressed. Choose another Segment")
	require.NotContains(t, page, "Approve and send")
	require.Equal(t, "NotStarted", c.status(sale))
	_, page = c.post(path+"/reject", nil)
	c.has(page, "Rejected", "is a draft again", "What now: open the draft")
}

func TestTheFirstDecisionCounts(t *testing.T) {
	c := openCampaign(t, nil)
	sale := c.sale(nil)
	path := c.ask(sale)
	form := acks(c.page(path))
	other := campaign{browser: c.another(), client: c.client}
	other.page(c.link())
	_, page := other.post(path+"/approve", acks(other.page(path)))
	other.has(page, "Approved")
	_, page = c.post(path+"/approve", form)
	c.has(page, "Approved")
	require.NotContains(t, page, "Your answer changed nothing")
	_, page = c.post(path+"/reject", form)
	c.has(page, "Approved", "Your answer changed nothing: the confirmation was approved before.")
	require.Equal(t, 3, c.emu.Outbox().Count())
	require.Equal(t, "Sent", c.status(sale))
}

func TestOnlyAPostDecides(t *testing.T) {
	c := openCampaign(t, nil)
	path := c.ask(c.sale(nil))
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		require.Equal(t, 404, c.browser.ask(method, path+"/approve", nil).status)
	}
	for _, form := range []url.Values{{}, {"csrf": {""}}, {"csrf": {strings.Repeat("0", 32)}}} {
		refused := c.browser.ask(http.MethodPost, path+"/approve", form)
		require.Equal(t, 403, refused.status)
		require.Contains(t, refused.page, "did not come from the dashboard")
	}
	status, _ := c.post(path+"/shred", nil)
	require.Equal(t, 404, status)
	c.has(c.page(path), "Waiting for your decision")
	c.emu.Outbox().None(t)
}

func TestAConfirmationThatIsTooLateSaysWhatNow(t *testing.T) {
	for want, late := range map[string]func(c campaign, sale string){
		"Expired at 2026-03-02 12:15:00 UTC": func(c campaign, _ string) { c.emu.Advance(15 * time.Minute) },
		"What it would have sent was changed: the draft was edited": func(c campaign, sale string) {
			_, err := c.client.Broadcasts.Update(c.Context(), sale, &segmentflow.UpdateBroadcastParams{
				Subject: segmentflow.Value("Another"),
			})
			require.NoError(c, err)
		},
		"the Broadcast is not a draft any more": func(c campaign, sale string) {
			_, err := c.client.Broadcasts.Schedule(c.Context(), sale,
				&segmentflow.ScheduleCarrierParams{ScheduledIn: time.Hour})
			require.NoError(c, err)
		},
	} {
		c := openCampaign(t, nil)
		sale := c.sale(nil)
		path := c.ask(sale)
		form := acks(c.page(path))
		late(c, sale)
		page := c.page(path)
		c.has(page, want, "What now:")
		require.Contains(t, page, `href="/dashboard/broadcasts/`+sale+`"`)
		require.NotContains(t, page, `/approve"`)
		for _, decision := range []string{"approve", "reject"} {
			_, page = c.post(path+"/"+decision, form)
			require.Contains(t, page, `role="alert"`)
		}
		c.emu.Outbox().None(t)
	}
}

func TestTheNextConfirmationIsMadeByTheCallThatThePageNames(t *testing.T) {
	c := openCampaign(t, nil)
	sale := c.sale(nil)
	path := c.ask(sale)
	_, page := c.post(path+"/reject", nil)
	c.has(page, `client.Broadcasts.CreateConfirmation(ctx, "`+sale+`")`)
	c.has(page, "Nothing was sent; the Broadcast is a draft again.")
}

func TestAConfirmationOfARunningClockCountsDown(t *testing.T) {
	c := openCampaign(t, nil, emulator.WithLiveClock())
	page := c.page(c.ask(c.sale(nil)))
	require.Regexp(t, `<time datetime="2026-03-02T12:15:0[^"]+Z" data-left>1[45] min`, page)
	require.NotContains(t, page, "stands still")
}

func TestALargeAudienceIsSentInBatchesThatCanBeCancelled(t *testing.T) {
	people := []emulator.SeedProfile{}
	for i := range 600 {
		people = append(people, emulator.SeedProfile{Email: fmt.Sprintf("shopper%d@example.com", i)})
	}
	c := openCampaign(t, people)
	sale := c.sale(nil)
	path := c.ask(sale)
	page := c.page(path)
	c.has(page, "603 people get this email now", "batches of 500: the first at once, the others when somebody advances",
		"… and 593 more.", "of the first 500 recipients")
	c.post(path+"/approve", acks(page))

	home := "/dashboard/broadcasts/" + sale
	c.has(c.page(home), "being sent", "500 of 603 emails are done.", "The clock stands still", "Results so far")
	_, page = c.post(home+"/cancel", nil)
	c.has(page, "Cancelled. What had been sent stays sent", "cancelled",
		"Eligible 603 = 0 queued + 0 processing + 500 sent + 0 failed + 0 skippedAtSend + 103 cancelled")
	_, page = c.post(home+"/cancel", nil)
	c.has(page, "It is neither scheduled nor being sent.")
}

func TestAConfirmationThatDoesNotExistIsNotFound(t *testing.T) {
	c := openCampaign(t, nil)
	for _, path := range []string{"/dashboard/confirmations/none", "/dashboard/confirmations/none/content"} {
		status, page := c.get(path)
		require.Equal(t, 404, status)
		require.Contains(t, page, "There is no such page")
	}
	status, _ := c.post("/dashboard/confirmations/none/approve", nil)
	require.Equal(t, 404, status)
}
