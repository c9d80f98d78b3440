package emulator_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator"
)

func TestInlineContentIsSavedAsAPromotionalTemplate(t *testing.T) {
	p := openPress(t)
	path := p.draft(inline(object{"text": "Hi ${/profile/firstName}", "subject": "Hello ${/profile/firstName}"}))
	got := p.retrieve(path)
	require.NotNil(t, got["templateId"])
	require.NoError(t, p.emu.Human().Approve(p.confirm(path)))
	msg := p.emu.Outbox().Template(got["templateId"].(string)).Only(t)
	require.Equal(t, []string{"Hello Alex", "Hi Alex"}, []string{msg.Subject, msg.Text})
	require.Contains(t, msg.HTML, "https://emulator.test/u/")
}

func TestEditingChangesInlineContentPieceByPiece(t *testing.T) {
	p := openPress(t)
	path := p.draft(inline(object{"text": "old"}))
	before := p.retrieve(path)
	after := p.do(200, "PATCH", path, object{"text": "new", "subject": "${/profile/firstName}!"})
	require.Equal(t, before["templateId"], after["templateId"])
	sample := p.do(200, "POST", path+"/preview", nil)["sample"].(object)
	require.Equal(t, []any{"Alex!", "new"}, []any{sample["subject"], sample["text"]})
	require.Contains(t, sample["html"], "Acme Outdoor GmbH")

	twin := "/api/v1/broadcasts/" + p.do(200, "POST", path+"/duplicate", nil)["id"].(string)
	p.do(200, "PATCH", twin, object{"text": "other"})
	require.Equal(t, "new",
		p.do(200, "POST", path+"/preview", nil)["sample"].(object)["text"], "a copy has its own content")
	require.Equal(t, "other", p.do(200, "POST", twin+"/preview", nil)["sample"].(object)["text"])
}

func TestNullClearsAFieldAndAMissingFieldStays(t *testing.T) {
	p := openPress(t)
	path := p.draft(object{"subject": "Hello", "from": "Shop <shop@acme.example>", "replyTo": "support@acme.example"})
	got := p.retrieve(path)
	require.Equal(t,
		[]any{"Hello", "Shop <shop@acme.example>", []any{"support@acme.example"}},
		[]any{got["subject"], got["from"], got["replyTo"]})
	got = p.do(200, "PATCH", path, object{"subject": nil, "from": nil, "replyTo": nil, "segmentId": nil, "name": nil})
	require.Equal(t,
		[]any{nil, nil, []any{}, nil, ""},
		[]any{got["subject"], got["from"], got["replyTo"], got["segmentId"], got["name"]})
	require.Equal(t, p.emu.ID("template", "autumn-sale"), got["templateId"])
	require.Equal(t, "Autumn sale, Alex",
		p.do(200, "POST", path+"/preview",
			object{"profileId": p.emu.ID("profile", "alex@example.com")})["sample"].(object)["subject"])
}

func TestABroadcastIsRefusedWithItsReason(t *testing.T) {
	p := openPress(t)
	nobody := "8a1c7b0e-52f4-4c1c-9b57-2f5a6f1f0c55"
	for _, bad := range []struct {
		changes object
		status  int
		reason  string
	}{
		{object{"segmentId": nobody}, 404, "not_found"},
		{object{"templateId": nobody}, 404, "not_found"},
		{object{"subscriptionGroupId": nobody}, 404, "not_found"},
		{object{"topicId": nobody}, 400, "invalid_request"},
		{object{"html": "<p>Both</p>"}, 400, "invalid_request"},
		{object{"scheduledAt": "in 1 hour"}, 400, "invalid_request"},
		{object{"from": "not an address"}, 400, "invalid_request"},
		{object{"replyTo": []string{"support@acme.example", "x@elsewhere.example"}}, 422, "reply_to_unverified"},
		{object{"subject": "${/a~2}"}, 422, "template_invalid"},
		{object{"send": true, "scheduledAt": "2026-03-02T09:00:59.999Z"}, 422, "schedule_in_past"},
		{object{"send": true, "scheduledAt": "in 1 hour", "segmentId": nil}, 422, "preflight_failed"},
	} {
		require.Equal(t, bad.reason,
			p.refused(bad.status, "POST", "/api/v1/broadcasts", p.sale(bad.changes)), "%v", bad.changes)
	}
	require.Empty(t, p.do(200, "GET", "/api/v1/broadcasts", nil)["broadcasts"], "a refused call creates nothing")
	require.Equal(t, "not_found", p.refused(404, "GET", "/api/v1/public/broadcasts/"+nobody, nil))
	require.Equal(t, "not_found",
		p.refused(404, "GET",
			"/api/v1/public/broadcasts/"+p.issue(object{"title": "No"})[len("/api/v1/newsletter-issues/"):],
			nil))
}

func TestARelativeTimeCountsFromTheCall(t *testing.T) {
	for span, at := range map[string]string{
		"in 1 minute":            "2026-03-02T09:01",
		"in 90 minutes":          "2026-03-02T10:30",
		"in 2 hours":             "2026-03-02T11:00",
		"in 1 day":               "2026-03-03T09:00",
		"in 2 weeks":             "2026-03-16T09:00",
		"2026-03-02T12:00+02:00": "2026-03-02T10:00",
	} {
		p := openPress(t)
		id := p.do(202, "POST", "/api/v1/broadcasts",
			p.sale(object{"send": true, "scheduledAt": span}), "Idempotency-Key", "one")["id"].(string)
		require.Equal(t, id,
			p.do(202, "POST", "/api/v1/broadcasts",
				p.sale(object{"send": true, "scheduledAt": span}), "Idempotency-Key", "one")["id"])
		require.Equal(t, at+":00.000Z", p.retrieve("/api/v1/broadcasts/" + id)["scheduledAt"])
	}
}

func TestBroadcastsAreListedDuplicatedAndArchived(t *testing.T) {
	p := openPress(t)
	first := p.draft(object{"name": strings.Repeat("n", 200)})
	p.emu.Advance(time.Second)
	twin := p.do(200, "POST", first+"/duplicate", nil)
	require.Equal(t, strings.Repeat("n", 193)+" (copy)", twin["name"])
	require.Equal(t, "Archived", p.do(200, "POST", first+"/archive", nil)["status"])
	require.Equal(t, "Archived", p.do(200, "POST", first+"/archive", nil)["status"])
	require.Equal(t, "invalid_state", p.refused(409, "PATCH", first, object{"name": "No"}))
	require.Equal(t, "NotStarted", p.do(200, "POST", first+"/duplicate", nil)["status"])

	page := p.do(200, "GET", "/api/v1/broadcasts?status=NotStarted&limit=1", nil)
	next := p.do(200, "GET", "/api/v1/broadcasts?status=NotStarted&limit=1&cursor="+page["nextCursor"].(string), nil)
	require.Nil(t, next["nextCursor"])
	back := p.do(200, "GET",
		"/api/v1/broadcasts?status=NotStarted&limit=1&cursor="+next["previousCursor"].(string), nil)
	require.Equal(t, page["broadcasts"], back["broadcasts"])
	require.Len(t, p.do(200, "GET", "/api/v1/broadcasts?status=Archived&status=Sent", nil)["broadcasts"], 1)
	require.Equal(t, "invalid_request", p.refused(400, "GET", "/api/v1/broadcasts?cursor=x", nil))
}

func TestANewsletterIsCreatedUpdatedAndListed(t *testing.T) {
	p := openPress(t)
	made := p.do(200, "POST", "/api/v1/newsletters",
		p.withIDs(object{"name": "Offers", "subscriptionGroupId": "offers"}))
	require.Equal(t, p.emu.ID("senderProfile", "shop"), made["senderProfileId"])
	path := "/api/v1/newsletters/" + made["id"].(string)
	changed := p.do(200, "PATCH", path, p.withIDs(object{"templateId": "trail-notes-issue", "cadence": "weekly"}))
	require.Equal(t, changed, p.do(200, "GET", path, nil))
	require.Nil(t, p.do(200, "PATCH", path, object{"cadence": nil})["cadence"])
	require.Len(t, p.do(200, "GET", "/api/v1/newsletters", nil)["newsletters"], 2)
	nobody := "8a1c7b0e-52f4-4c1c-9b57-2f5a6f1f0c55"
	require.Equal(t, "not_found", p.refused(404, "PATCH", path, object{"senderProfileId": nobody}))
	require.Equal(t, "not_found",
		p.refused(404, "POST", "/api/v1/newsletters/"+nobody+"/issues", object{"title": "No"}))
}

func TestIssueNumbersAreUniqueAndAscend(t *testing.T) {
	p := openPress(t)
	first := p.issue(object{"title": "One"})
	p.issue(object{"title": "Seven", "number": 7})
	for _, taken := range []int{1, 5, 7} {
		require.Equal(t, "issue_number_taken",
			p.refused(422, "POST", p.letters(), object{"title": "No", "number": taken}))
	}
	require.Equal(t, "issue_number_taken", p.refused(422, "PATCH", first, object{"number": 7}))
	require.InDelta(t, 1, p.do(200, "PATCH", first, object{"number": 1, "title": "First"})["number"], 0)
	twin := p.do(200, "POST", first+"/duplicate", nil)
	require.Equal(t, []any{8.0, "First (copy)"}, []any{twin["number"], twin["title"]})
	require.Len(t, p.do(200, "GET", p.letters(), nil)["issues"], 3)
}

func TestTheAudienceOfAnIssueIsItsGroupNarrowedByItsSegment(t *testing.T) {
	p := openPress(t)
	require.NoError(t, p.emu.Seed(emulator.Seed{Profiles: []emulator.SeedProfile{
		{Email: "nina@example.com", Subscriptions: map[string]string{"trail-notes": "Subscribed"}}}}))
	path := p.issue(object{"title": "All", "subject": "For ${/profile/firstName}"})
	require.Equal(t,
		object{"total": 2.0, "eligible": 2.0, "skipped": object{}},
		p.do(200, "POST", path+"/preview", nil)["audience"])
	got := p.do(200, "PATCH", path, p.withIDs(object{"segmentId": "gold"}))
	require.Equal(t,
		[]any{"shop@acme.example", p.emu.ID("subscriptionGroup", "trail-notes")},
		[]any{got["from"], got["subscriptionGroupId"]})
	require.Equal(t, true, p.do(200, "POST", path+"/preflight", nil)["ready"])
	p.do(202, "POST", path+"/schedule", object{"scheduledAt": "in 1 hour"})
	p.do(200, "POST", path+"/cancel", nil)
	p.do(202, "POST", path+"/schedule", object{"scheduledAt": "in 2 hours"})
	p.emu.Advance(3 * time.Hour)
	msg := p.emu.Outbox().Carrier(emulator.CarrierNewsletterIssue, path[len("/api/v1/newsletter-issues/"):]).Only(t)
	require.Equal(t, []string{"For Alex", "alex@example.com"}, []string{msg.Subject, msg.To[0].Email})
	require.InDelta(t, 1, p.results(path)["delivered"], 0)
}

func TestAnInlineIssueGetsANewsletterTemplate(t *testing.T) {
	p := openPress(t)
	path := p.issue(object{"title": "Inline", "subject": "Hello", "html": inline(nil)["html"]})
	require.NotEqual(t, p.emu.ID("template", "trail-notes-issue"), p.retrieve(path)["templateId"])
	require.Equal(t, true, p.do(200, "POST", path+"/preflight", nil)["ready"])
}
