package emulator_test

import (
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// The older routes below /api/v1/public. The SDK has no methods for them; Client.Do reaches them.

// oldShop is a world with one SubscriptionGroup.
const oldShop = `
organization: {id: 0b6c1c2e-5a0f-4d53-9d52-7c8f7f3f2a10, name: Acme, postalAddress: Lindenstr. 5}
apiKeys:
  - {key: sk_test_nothing, scopes: ["emails:read"], allowSends: true}
  - {key: sk_test_planner, scopes: ["broadcasts:prepare", "broadcasts:send"]}
domains: [{domain: acme.example}, {domain: new.example, status: pending}]
senderProfiles:
  - {key: shop, name: Acme Outdoor, email: shop@acme.example, default: true}
  - {key: beta, email: beta@new.example}
subscriptionGroups: [{key: offers, policy: OptOut}]
templates:
  - {key: sale, name: Sale, purpose: Promotional, language: en, definition: {from: "Acme Outdoor <shop@acme.example>",
     subject: "Sale for ${/profile/name}", html: "<a href='${/system/unsubscribeUrl}'>No more</a> Lindenstr. 5"}}
  - {key: unverified, purpose: Promotional, senderProfile: beta, definition: {subject: Hi,
     html: "<a href='${/system/unsubscribeUrl}'>No more</a>"}}
  - {key: receipt, purpose: Transactional, status: Archived, definition: {subject: Receipt}}
segments: [{key: everyone, definition: true}, {key: nobody, members: []}]
profiles:
  - {email: alex@example.com, externalId: cus_123, properties: {name: Alex}}
  - {email: gone@example.com, subscriptions: {offers: Unsubscribed}}
journeys:
  - {key: welcome, status: Active, entry: {type: api}, start: wait, nodes: [
     {id: wait, type: delay, for: P1D, next: end}, {id: end, type: exit}]}
  - {key: sleeping, status: Draft, entry: {type: api}, start: end, nodes: [{id: end, type: exit}]}
organizations:
  - organization: {id: 00000000-0000-4000-8000-0000000000f0}
    apiKeys: [{key: sk_test_elsewhere, scopes: ["*"]}]
`

func openOldShop(t *testing.T) shop {
	t.Helper()
	emu := emulator.Start(t, emulator.WithSeed(parsed(t, oldShop)), emulator.WithStartTime(monday))
	return shop{T: t, emu: emu, client: emu.Client()}
}

// broadcasts counts the Broadcasts.
func (s shop) broadcasts() int {
	s.Helper()
	return len(every(s, s.client.Broadcasts.All(s.Context(), nil)))
}

func (s shop) preparation(more string) string {
	s.Helper()
	return `{"name":"Spring sale","templateId":"` + s.emu.ID("template", "sale") +
		`","segmentId":"` + s.emu.ID("segment", "everyone") + `"` + more + `}`
}

func TestTheOlderListOfTemplatesHasFewerMembers(t *testing.T) {
	s := openOldShop(t)
	var list []map[string]any
	require.NoError(t, s.client.Do(t.Context(), "GET", "/api/v1/public/templates", nil, &list))
	require.Len(t, list, 3)
	require.NoError(t, s.client.Do(t.Context(), "GET", "/api/v1/public/templates?"+url.Values{
		"status": {"Active"}, "purpose": {"Promotional"}, "pageSize": {"100"}}.Encode(), nil, &list))
	require.Len(t, list, 2)
	sale := list[0]
	if sale["name"] != "Sale" {
		sale = list[1]
	}
	require.Equal(t, map[string]any{
		"id": s.emu.ID("template", "sale"), "organizationId": "0b6c1c2e-5a0f-4d53-9d52-7c8f7f3f2a10",
		"name": "Sale", "type": "Email", "status": "Active", "purpose": "Promotional", "isComplete": true,
		"language": "en", "createdAt": "2026-03-02T09:00:00.000Z", "updatedAt": "2026-03-02T09:00:00.000Z",
	}, sale)
	require.NoError(t, s.client.Do(t.Context(), "GET", "/api/v1/public/templates?pageSize=1", nil, &list))
	require.Len(t, list, 1)

	for query, want := range map[string][]string{
		"pageSize=0":                    {"query /pageSize min"},
		"pageSize=101":                  {"query /pageSize max"},
		"status=Gone&purpose=Fun":       {"query /status enum", "query /purpose enum"},
		"status=Active&status=Archived": {"query /status too_many"},
		"cursor=a":                      {"query /cursor unknown_field"},
	} {
		require.ElementsMatch(t, want, call(t, s.emu, "GET", "/api/v1/public/templates?"+query, "").issues(t), query)
	}
	s.api(403, "GET", "/public/templates", "", "x-api-key", "sk_test_nothing")
	require.Equal(t, "[]", call(t, s.emu, "GET", "/api/v1/public/templates", "", "x-api-key", "sk_test_elsewhere").body)
}

func TestTheOlderTriggerStartsARun(t *testing.T) {
	s := openOldShop(t)
	journey := s.emu.ID("journey", "welcome")
	path := "/public/journeys/" + journey + "/trigger"
	started := s.api(202, "POST", path, `{"recipient":{"userId":"cus_123"},"variables":{"plan":"Pro"}}`,
		"Idempotency-Key", "a")
	require.Equal(t, started["runId"], started["workflowId"])
	require.Equal(t, "queued", started["status"])
	run := s.api(200, "GET", "/public/journeys/runs/"+started["runId"].(string), "")
	require.Equal(t, journey, run["journeyId"])
	require.Equal(t, s.person("alex@example.com"), run["profileId"])

	again := call(t, s.emu, "POST", "/api/v1/public/journeys/welcome/trigger",
		`{"variables":{"plan":"Pro"},"recipient":{"email":"alex@example.com"}}`, "Idempotency-Key", "a")
	require.Equal(t, 202, again.status, again.body)
	require.Equal(t, "true", again.header.Get("idempotent-replayed"), "the resolved Journey and Profile are the same")
	require.Equal(t, started, again.json(t))
	other := s.api(409, "POST", path, `{"recipient":{"userId":"cus_123"}}`, "Idempotency-Key", "a")
	require.Equal(t, "idempotency_key_reuse", other["error"])

	fresh := s.api(202, "POST", path, `{"recipient":{"email":"new@example.com","userId":"cus_9","anonymousId":"a"}}`)
	require.NotEqual(t, started["runId"], fresh["runId"], "the key is optional")
	require.Equal(t, "cus_9", s.emu.Profile("new@example.com").ExternalID)
	require.Len(t, s.emu.Runs("welcome").All(), 2)
}

func TestTheOlderTriggerIsRefused(t *testing.T) {
	s := openOldShop(t)
	path := "/public/journeys/" + s.emu.ID("journey", "welcome") + "/trigger"
	const alexIs = `{"recipient":{"email":"alex@example.com"}}`
	for body, want := range map[string][]string{
		`{}`: {"body /recipient required"},
		`{"recipient":{"email":"a@b.example","externalId":"x"},"profile":{}}`: {
			"body /profile unknown_field", "body /recipient/externalId unknown_field"},
		`{"recipient":{"email":"nobody"},"variables":[]}`: {"body /recipient/email format", "body /variables type"},
	} {
		require.ElementsMatch(t, want, call(t, s.emu, "POST", "/api/v1"+path, body).issues(t), body)
	}
	require.Equal(t, 400, call(t, s.emu, "POST", "/api/v1"+path, `{"recipient":{}}`).status)
	require.Equal(t, "recipient_email_required",
		s.api(422, "POST", path, `{"recipient":{"anonymousId":"a"}}`)["details"].(map[string]any)["reason"])
	require.Equal(t, "invalid_state", s.api(409, "POST", "/public/journeys/sleeping/trigger", alexIs)["error"])
	s.api(404, "POST", "/public/journeys/nothing/trigger", alexIs)
	s.api(404, "POST", path, alexIs, "x-api-key", "sk_test_elsewhere")
	s.api(403, "POST", path, alexIs, "x-api-key", "sk_test_nothing")
	s.api(401, "POST", path, alexIs, "x-api-key", "")
	require.Empty(t, s.emu.Runs("welcome").All())
}

func TestThePathsOfJourneysAreToldApart(t *testing.T) {
	s := openOldShop(t)
	s.seedText(`journeys: [{key: runs, status: Active, entry: {type: api}, start: x, nodes: [{id: x, type: exit}]}]`)
	s.api(202, "POST", "/public/journeys/runs/trigger", `{"recipient":{"email":"alex@example.com"}}`)
	for route, want := range map[string][2]string{
		"GET /public/journeys/runs/trigger":       {"400", ""},
		"PUT /public/journeys/runs/trigger":       {"405", "GET, POST"},
		"DELETE /public/journeys/runs/x":          {"405", "GET"},
		"GET /public/journeys/welcome/trigger":    {"405", "POST"},
		"POST /public/journeys/welcome/else":      {"404", ""},
		"POST /public/journeys/welcome":           {"404", ""},
		"POST /public/journeys/a/b/trigger":       {"404", ""},
		"HEAD /public/journeys/runs/" + unknownID: {"404", ""},
	} {
		method, path, _ := strings.Cut(route, " ")
		reply := call(t, s.emu, method, "/api/v1"+path, "")
		require.Equal(t, want, [2]string{strconv.Itoa(reply.status),
			reply.header.Get("Allow")}, route)
	}
}

func TestThePreparationOfABroadcastMakesADraft(t *testing.T) {
	s := openOldShop(t)
	before := s.broadcasts()
	prepared := s.api(200, "POST", "/public/broadcasts/prepare", s.preparation(""), "Idempotency-Key", "spring")
	id := prepared["preparedSendId"].(string)
	require.Equal(t, map[string]any{
		"preparedSendId": id,
		"audienceCount":  1.0,
		"subjectPreview": "Sale for Alex",
		"senderProfile": map[string]any{
			"id": s.emu.ID("senderProfile", "shop"), "name": "Acme Outdoor", "fromEmail": "shop@acme.example"},
		"expiresAt": "2026-03-02T09:15:00.000Z",
	}, prepared)
	require.Equal(t, prepared, s.api(200, "POST", "/public/broadcasts/prepare", s.preparation(""),
		"Idempotency-Key", "spring"))
	require.Equal(t, before+1, s.broadcasts())

	draft := must(s.client.Broadcasts.Retrieve(t.Context(), id))(t)
	require.Equal(t, segmentflow.BroadcastStatusNotStarted, draft.Status)
	require.Equal(t, "Spring sale", draft.Name)
	require.Equal(t, s.emu.ID("subscriptionGroup", "offers"), *draft.SubscriptionGroupID)
	require.Nil(t, draft.Subject)
	s.emu.Advance(24 * time.Hour)
	require.Empty(t, s.emu.Outbox().All())

	own := s.api(200, "POST", "/public/broadcasts/prepare",
		s.preparation(`,"subjectOverride":"Only today, ${/profile/name}"`))
	require.Equal(t, "Only today, Alex", own["subjectPreview"])
	confirmation := must(s.client.Broadcasts.CreateConfirmation(t.Context(), own["preparedSendId"].(string)))(t)
	require.NoError(t, s.emu.Human().Approve(confirmation.ConfirmationID))
	s.emu.Advance(time.Minute)
	require.Equal(t, "Only today, Alex", s.emu.Outbox().Only(t).Subject)
}

func TestThePreparationOfABroadcastIsRefused(t *testing.T) {
	s := openOldShop(t)
	before := s.broadcasts()
	blockers := func(body string) (codes []string) {
		refused := s.api(422, "POST", "/public/broadcasts/prepare", body)
		require.Equal(t, "preflight_failed", refused["details"].(map[string]any)["reason"])
		for _, blocker := range refused["details"].(map[string]any)["blockers"].([]any) {
			codes = append(codes, blocker.(map[string]any)["code"].(string))
		}
		return codes
	}
	body := func(template, segment string) string {
		return `{"name":"Sale","templateId":"` + template + `","segmentId":"` + segment + `"}`
	}
	sale, everyone := s.emu.ID("template", "sale"), s.emu.ID("segment", "everyone")
	require.Equal(t, []string{"no_recipients"}, blockers(body(sale, s.emu.ID("segment", "nobody"))))
	require.Equal(t, []string{"domain_unverified"}, blockers(body(s.emu.ID("template", "unverified"), everyone)))
	s.seedText("subscriptionGroups: [{key: news, policy: OptIn}]")
	require.Equal(t, []string{"subscription_group_missing"}, blockers(body(sale, everyone)), "there are two")

	s.api(404, "POST", "/public/broadcasts/prepare", body(unknownID, everyone))
	s.api(404, "POST", "/public/broadcasts/prepare", body(sale, unknownID))
	require.Equal(t, []string{"body /name required", "body /segmentId required", "body /templateId required"},
		call(t, s.emu, "POST", "/api/v1/public/broadcasts/prepare", `{}`).issues(t))
	wrong := call(t, s.emu, "POST", "/api/v1/public/broadcasts/prepare", `{"name":"`+strings.Repeat("x", 201)+
		`","templateId":"sale","segmentId":"`+everyone+`","subjectOverride":"`+strings.Repeat("x", 999)+
		`","send":true}`)
	require.ElementsMatch(t, []string{"body /name too_long", "body /templateId format",
		"body /subjectOverride too_long", "body /send unknown_field"}, wrong.issues(t))
	invalid := call(t, s.emu, "POST", "/api/v1/public/broadcasts/prepare", s.preparation(`,"subjectOverride":"${/a~2}"`))
	require.Equal(t, 422, invalid.status)
	require.Equal(t, []string{"body /subjectOverride malformed"}, invalid.issues(t))
	s.api(403, "POST", "/public/broadcasts/prepare", body(sale, everyone), "x-api-key", "sk_test_nothing")
	require.Equal(t, before, s.broadcasts(), "nothing was created")
}

func TestThePreparationNeedsASubscriptionGroup(t *testing.T) {
	s := openShop(t)
	refused := s.api(422, "POST", "/public/broadcasts/prepare", `{"name":"Sale","templateId":"`+
		s.emu.ID("template", "autumn-sale")+`","segmentId":"`+s.emu.ID("segment", "gold")+`"}`)
	require.Contains(t, refused["details"].(map[string]any)["blockers"].([]any)[0], "code")
	require.Equal(t, "subscription_group_missing",
		refused["details"].(map[string]any)["blockers"].([]any)[0].(map[string]any)["code"])
}

func TestTheOlderRoutesSendNothing(t *testing.T) {
	s := openOldShop(t)
	prepared := s.api(200, "POST", "/public/broadcasts/prepare", s.preparation(""),
		"x-api-key", "sk_test_planner")["preparedSendId"].(string)
	before := s.broadcasts()
	refused := func(path, body string, headers ...string) {
		t.Helper()
		reply := s.api(403, "POST", path, body, headers...)
		require.Equal(t, "send_not_allowed", reply["error"])
		require.Equal(t, map[string]any{"reason": "dashboard_confirmation_required"}, reply["details"])
	}
	const send, sendPrepared = "/public/broadcasts", "/public/broadcasts/send-prepared"
	refused(sendPrepared, `{"preparedSendId":"`+prepared+`"}`)
	refused(sendPrepared, `{"preparedSendId":"`+prepared+`"}`, "x-api-key", "sk_test_planner")
	refused(sendPrepared, `{"preparedSendId":"`+unknownID+`"}`)
	refused(send, s.preparation(""))
	refused(send, s.preparation(`,"subjectOverride":"Hi"`))

	for path, body := range map[string]string{
		send:         s.preparation(`,"scheduleAt":"2026-03-03T09:00:00Z"`),
		sendPrepared: `{"preparedSendId":"` + prepared + `","scheduleAt":"2026-03-03T09:00:00Z"}`,
	} {
		require.Equal(t, "not_implemented", s.api(501, "POST", path, body)["error"])
		require.Equal(t, "insufficient_scope", s.api(403, "POST", path, body, "x-api-key", "sk_test_nothing")["error"])
		s.api(401, "POST", path, body, "x-api-key", "sk_unknown_key")
		require.Contains(t, call(t, s.emu, "POST", "/api/v1"+path, `{"scheduleAt":""}`).issues(t),
			"body /scheduleAt too_short", "the schema comes first")
	}

	s.emu.Advance(15*time.Minute - time.Millisecond)
	refused(sendPrepared, `{"preparedSendId":"`+strings.ToUpper(prepared)+`"}`)
	s.emu.Advance(time.Millisecond)
	require.Equal(t, "prepared_send_expired",
		s.api(410, "POST", sendPrepared, `{"preparedSendId":"`+strings.ToUpper(prepared)+`"}`)["error"])
	refused(sendPrepared, `{"preparedSendId":"`+prepared+`"}`, "x-api-key", "sk_test_elsewhere")
	s.emu.Advance(24 * time.Hour)
	require.Equal(t, before, s.broadcasts())
	require.Empty(t, s.emu.Outbox().All())
}

func TestTheJournalBlanksTheVariablesOfTheOlderTrigger(t *testing.T) {
	emu := emulator.Start(t, emulator.WithJournalBodies(), emulator.WithSeed(parsed(t, oldShop)))
	s := shop{T: t, emu: emu, client: emu.Client()}
	s.seedText(`
templates: [{key: code, purpose: Transactional, definition: {subject: "Code", html: "${/data/code}",
  sensitiveTransactionalVariablePaths: [/data/code]}}]
journeys: [{key: reset, status: Active, entry: {type: api}, start: mail, nodes: [
  {id: mail, type: email, template: code, next: end}, {id: end, type: exit}]}]
`)
	for _, ref := range []string{"reset", emu.ID("journey", "reset")} {
		s.api(202, "POST", "/public/journeys/"+ref+"/trigger",
			`{"recipient":{"email":"alex@example.com"},"variables":{"code":"s3cret","plan":"Pro"}}`)
		body := emu.Requests().Operation("triggerPublicJourney").Last().Body
		require.Contains(t, body, `"plan":"Pro"`)
		require.NotContains(t, body, "s3cret")
	}
}
