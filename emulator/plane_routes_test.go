package emulator_test

import (
	"net/url"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

func TestTheControlPlaneListsAllIDs(t *testing.T) {
	s := openShop(t)
	ids := s.get("/ids")["ids"].(map[string]any)
	for _, thing := range [][2]string{
		{"template", "order-receipt"}, {"journey", "trial-onboarding"}, {"segment", "gold"},
		{"profile", "alex@example.com"}, {"subscriptionGroup", "offers"}, {"domain", "acme.example"},
	} {
		require.Equal(t, s.emu.ID(thing[0], thing[1]), ids[thing[0]+":"+thing[1]], thing)
	}
}

func TestTheEmulatorDescribesItself(t *testing.T) {
	s := openShop(t)
	contract := call(t, s.emu, "GET", "/openapi.yaml", "", "x-api-key", "")
	source, err := os.ReadFile("../openapi.yaml")
	require.NoError(t, err)
	require.Equal(t, string(source), contract.body)
	require.Equal(t, "application/yaml", contract.header.Get("Content-Type"))
	require.Equal(t, 405, call(t, s.emu, "POST", "/openapi.yaml", "").status)

	var written map[string]any
	require.NoError(t, yaml.Unmarshal(source, &written))
	contract = call(t, s.emu, "GET", "/openapi.json", "", "x-api-key", "")
	require.Equal(t, "application/json", contract.header.Get("Content-Type"))
	require.Equal(t, written["info"], contract.json(t)["info"])
	require.Len(t, contract.json(t)["paths"], len(written["paths"].(map[string]any)))

	source, err = os.ReadFile("../control.yaml")
	require.NoError(t, err)
	clear(written)
	require.NoError(t, yaml.Unmarshal(source, &written))
	served := s.get("/openapi.json")
	require.Equal(t, written["info"], served["info"])
	require.Len(t, served["paths"], len(written["paths"].(map[string]any)))
	require.Contains(t, s.get("/seed.schema.json")["$schema"], "json-schema.org")
}

func TestAProfileIsFoundByEachOfItsNames(t *testing.T) {
	s := openShop(t)
	require.NoError(t, s.emu.Seed(emulator.Seed{Profiles: []emulator.SeedProfile{{
		Email: "dora@example.com", ExternalID: "cus/7", Properties: map[string]any{"tier": "gold"},
		Subscriptions: map[string]string{"offers": "Unsubscribed"}, Suppressed: "manual",
	}}}))
	id := s.emu.ID("profile", "dora@example.com")
	want := map[string]any{
		"id": id, "email": "dora@example.com", "externalId": "cus/7", "phone": nil,
		"properties": map[string]any{
			"tier": map[string]any{"value": "gold", "source": "seed", "updatedAt": "2026-03-02T09:00:00.000Z"},
		},
		"subscriptions": map[string]any{"offers": "Unsubscribed"}, "suppressed": "manual",
		"createdAt": "2026-03-02T09:00:00.000Z", "updatedAt": "2026-03-02T09:00:00.000Z",
	}
	for _, name := range []string{id, "Dora@Example.com", "cus/7"} {
		require.Equal(t, want, s.get("/profiles/"+url.PathEscape(name)), name)
	}
	unknown := call(t, s.emu, "GET", "/_emulator/profiles/dara@example.com", "")
	require.Equal(t, 404, unknown.status)
	require.Contains(t, unknown.body, "dora@example.com", "the nearest")
}

func TestAnAPIKeyOfTheControlPlaneHasItsScopes(t *testing.T) {
	s := openShop(t)
	made := s.done("POST", "/api-keys", `{"label": "reader", "scopes": ["templates:read"], "allowSends": true}`)
	require.Equal(t, []any{"reader", []any{"templates:read"}, true},
		[]any{made["label"], made["scopes"], made["allowSends"]})
	key := made["key"].(string)
	require.Equal(t, 200, call(t, s.emu, "GET", "/api/v1/templates", "", "x-api-key", key).status)
	require.Equal(t, 403, call(t, s.emu, "GET", "/api/v1/segments", "", "x-api-key", key).status)
	require.Equal(t, "reader", listIn(t, s.get("/requests?status=403"), "requests")[0]["keyLabel"])
	require.Equal(t, "control plane", s.done("POST", "/api-keys", `{"scopes": ["*"]}`)["label"])
	s.emu.Reset()
	require.Equal(t, 401, call(t, s.emu, "GET", "/api/v1/templates", "", "x-api-key", key).status)

	for body, want := range map[string][]string{
		``:                                {"body  malformed"},
		`{}`:                              {"body /scopes required"},
		`{"scopes": "*"}`:                 {"body /scopes type"},
		`{"scopes": [1, "emials:write"]}`: {"body /scopes/0 type", "body /scopes/1 enum"},
		`{"scopes": [], "label": 1, "allowSends": "yes", "secret": "x"}`: {
			"body /allowSends type", "body /label type", "body /secret unknown_field",
		},
	} {
		require.Equal(t, want, s.plane("POST", "/api-keys", body).issues(t), body)
	}
}

func TestScriptsOfTheControlPlanePlanFacts(t *testing.T) {
	s := openShop(t)
	require.Equal(t, 204, s.plane("POST", "/scripts", `{"target": "Alex@Example.com", "facts": [
		{"type": "delivered", "after": "PT2S"}, {"type": "opened", "after": "10m"}, {"type": "clicked"}]}`).status)
	msg := s.sendOrder("alex@example.com")
	s.emu.Advance(11 * time.Minute)
	require.Equal(t, []string{"accepted", "delivered", "opened", "clicked"}, s.facts(msg))
	require.Equal(t, 204, s.plane("POST", "/scripts", `{"target": "bruno@example.com", "facts": []}`).status)
	msg = s.sendOrder("bruno@example.com")
	s.emu.Advance(time.Hour)
	require.Equal(t, []string{"accepted"}, s.facts(msg))

	unknown := "00000000-0000-4000-8000-000000000000"
	for body, want := range map[string][]string{
		`[]`:                              {"body  malformed"},
		`{}`:                              {"body /facts required", "body /target required"},
		`{"target": 1, "facts": {}}`:      {"body /facts type", "body /target type"},
		`{"target": "alex", "facts": []}`: {"body /target conflict"},
		`{"target": "` + unknown + `", "facts": []}`:                   {"body /target conflict"},
		`{"target": "a@example.com", "facts": ["opened"]}`:             {"body /facts/0 type"},
		`{"target": "a@example.com", "facts": [{"type": "exploded"}]}`: {"body /facts/0 conflict"},
		`{"target": "a@example.com", "facts": [{"type": "bounced"}, {"type": "opened"}]}`: {
			"body /facts/1 conflict",
		},
		`{"target": "a@example.com", "facts": [{"type": "opened", "after": "soon", "x": 1}]}`: {
			"body /facts/0/after format", "body /facts/0/x unknown_field",
		},
	} {
		require.Equal(t, want, s.plane("POST", "/scripts", body).issues(t), body)
	}
}

func TestTheControlPlaneListsOpenConfirmations(t *testing.T) {
	s := openShop(t)
	b := s.broadcast(s.autumn())
	id := s.confirm(b)
	listed := listIn(t, s.get("/confirmations"), "confirmations")
	require.Len(t, listed, 1)
	one := listed[0]
	require.Equal(t, []any{id, "broadcast", b.ID}, []any{one["id"], one["carrierType"], one["carrierId"]})
	require.Contains(t, one["url"], "/dashboard/confirmations/"+id)
	require.Positive(t, one["recipients"])
	require.Equal(t, 200, s.post("/confirmations/"+id+"/approve", "").status)
	require.Empty(t, listIn(t, s.get("/confirmations"), "confirmations"))
	require.Len(t, listIn(t, s.get("/messages?carrier="+b.ID), "messages"), int(one["recipients"].(float64)))

	id = s.confirm(s.broadcast(s.autumn()))
	s.emu.Advance(24 * time.Hour)
	require.Empty(t, listIn(t, s.get("/confirmations"), "confirmations"), "%s has expired", id)
}

func TestMessagesAndSendsAreFilteredByCarrier(t *testing.T) {
	s := openShop(t)
	send := s.send(receipt(s.receipt(), 1))
	s.track(trial("Pro", "t1"))
	run := s.onlyRun("trial-onboarding").RunID
	for carrier, want := range map[string]string{
		"email": "order-receipt", send.ID: "order-receipt", "journey": "trial-welcome", run: "trial-welcome",
	} {
		for _, list := range []string{"messages", "sends"} {
			found := listIn(t, s.get("/"+list+"?carrier="+carrier), list)
			require.Len(t, found, 1, carrier)
			require.Equal(t, want, found[0]["template"], carrier)
		}
	}
	require.Empty(t, listIn(t, s.get("/messages?carrier=broadcast"), "messages"))
	for _, carrier := range []string{"brodcast", "00000000-0000-4000-8000-000000000000"} {
		a := call(t, s.emu, "GET", "/_emulator/messages?carrier="+carrier, "")
		require.Equal(t, 404, a.status, carrier)
		require.NotEmpty(t, a.json(t)["details"].(map[string]any)["near"], carrier)
	}
}

func TestListsBeginSinceAnInstantOrAnItem(t *testing.T) {
	s := openShop(t)
	s.send(receipt(s.receipt(), 1))
	s.track(trial("Pro", "t1"))
	s.emu.Advance(time.Hour)
	s.send(receipt(s.receipt(), 2))
	s.track(trial("Pro", "t2"))
	for list, id := range map[string]string{
		"messages": "id", "sends": "id", "runs": "runId", "events": "eventId", "requests": "id",
	} {
		all := listIn(t, s.get("/"+list), list)
		newest := all[0]
		later := listIn(t, s.get("/"+list+"?since=2026-03-02T10:00:00Z"), list)
		require.NotEmpty(t, later, list)
		require.Less(t, len(later), len(all), list)
		require.Equal(t, later, listIn(t, s.get("/"+list+"?since=2026-03-02T11:00:00%2B01:00"), list), list)
		after := listIn(t, s.get("/"+list+"?since="+all[len(later)][id].(string)), list)
		require.Equal(t, later, after, list)
		require.Empty(t, listIn(t, s.get("/"+list+"?since="+newest[id].(string)), list), list)
		require.Equal(t, 404, call(t, s.emu, "GET", "/_emulator/"+list+"?since=no-such", "").status, list)
		for _, wrong := range []string{"since=2026-03-02T11:00:00+01:00", "since=09:00"} {
			a := call(t, s.emu, "GET", "/_emulator/"+list+"?"+wrong, "")
			require.Equal(t, []string{"query /since format"}, a.issues(t), list)
		}
	}
}

func TestSendsSayWhyTheyWereSkipped(t *testing.T) {
	s := openShop(t)
	require.NoError(t, s.emu.Seed(emulator.Seed{Profiles: []emulator.SeedProfile{
		{Email: "alex@example.com", Suppressed: "bounce"},
	}}))
	s.send(receipt(s.receipt(), 1), segmentflow.WithIdempotencyKey("receipt:1"))
	for _, query := range []string{
		"", "?to=Alex@example.com&status=Skipped&reason=suppressed_bounce&template=order-receipt",
	} {
		found := listIn(t, s.get("/sends"+query), "sends")
		require.Len(t, found, 1, query)
		require.Equal(t, []any{"Skipped", "suppressed_bounce", "receipt:1", nil},
			[]any{found[0]["status"], found[0]["reason"], found[0]["idempotencyKey"], found[0]["messageId"]})
	}
	for _, query := range []string{"status=skipped", "reason=unsubscribd", "template=order-receit"} {
		require.Equal(t, 404, call(t, s.emu, "GET", "/_emulator/sends?"+query, "").status, query)
	}
}

func TestTheJournalHasIssuesFaultsAndFilters(t *testing.T) {
	s := openShop(t)
	fault := s.emu.Fail(emulator.Fault{Operation: "listSegments", Status: 503})
	require.Equal(t, 503, call(t, s.emu, "GET", "/api/v1/segments", "").status)
	require.Equal(t, 400, call(t, s.emu, "POST", "/api/v1/emails",
		`{"templateId": "`+s.receipt()+`", "to": {"email": "alex"}}`, "Idempotency-Key", "receipt:1").status)
	s.send(receipt(s.receipt(), 2), segmentflow.WithIdempotencyKey("receipt:2"))
	_, err := s.client.Emails.BatchSend(t.Context(), &segmentflow.BatchSendParams{Items: []segmentflow.BatchSendItem{
		{IdempotencyKey: "item:1", TemplateID: s.receipt(), To: &segmentflow.Recipient{Email: "bruno"}},
	}})
	require.NoError(t, err)

	only := func(query string) map[string]any {
		found := listIn(t, s.get("/requests?"+query), "requests")
		require.Len(t, found, 1, query)
		return found[0]
	}
	struck := only("operation=listSegments")
	require.Equal(t, []any{503.0, float64(fault.Number()), "unavailable"},
		[]any{struck["status"], struck["fault"], struck["error"]})
	for _, query := range []string{"status=400", "error=invalid_request", "idempotencyKey=receipt:1"} {
		issue := listIn(t, only(query), "issues")[0]
		require.Equal(t, []any{"body", "/to/email", "format"}, []any{issue["in"], issue["path"], issue["code"]})
	}
	require.Equal(t, "receipt:2", only("operation=sendEmail&status=200")["idempotencyKey"])
	item := listIn(t, only("operation=batchSendEmails"), "rejected")[0]
	require.Equal(t, []any{0.0, "item:1", "invalid_request"},
		[]any{item["index"], item["idempotencyKey"], item["error"]})
	require.Equal(t, "/to/email", listIn(t, item, "issues")[0]["path"])

	first := s.get("/requests?limit=3")
	require.Len(t, listIn(t, first, "requests"), 3)
	rest := s.get("/requests?limit=3&cursor=" + first["nextCursor"].(string))
	require.Equal(t, []any{"listSegments", nil}, []any{listIn(t, rest, "requests")[0]["operation"], rest["nextCursor"]})

	a := call(t, s.emu, "GET", "/_emulator/requests?operation=sendMail", "")
	require.Equal(t, []string{"query /operation enum"}, a.issues(t))
	require.Contains(t, a.body, "sendEmail")
	for _, query := range []string{"status=ok", "status=99"} {
		a := call(t, s.emu, "GET", "/_emulator/requests?"+query, "")
		require.Equal(t, []string{"query /status type"}, a.issues(t), query)
	}
}

func TestListsOfTheControlPlaneRefuseWrongWaits(t *testing.T) {
	s := openShop(t)
	lists := []string{"messages", "sends", "runs", "events", "requests", "webhooks", "confirmations", "idle"}
	for wait, want := range map[string]string{"soon": "format", "-1s": "min", "6m": "max", "5": "format"} {
		for _, list := range lists {
			a := call(t, s.emu, "GET", "/_emulator/"+list+"?wait="+wait, "")
			require.Equal(t, []string{"query /wait " + want}, a.issues(t), "%s %s", list, wait)
		}
	}
	a := call(t, s.emu, "GET", "/_emulator/runs?version=0", "")
	require.Equal(t, []string{"query /version type"}, a.issues(t))
	require.Equal(t, 404, call(t, s.emu, "GET", "/_emulator/runs?journey=trial-onboarding&version=9", "").status)
}

func TestAMessageHasItsLinksAndCode(t *testing.T) {
	s := openShop(t)
	s.seedText(`
templates:
  - key: sign-in
    name: Sign in
    purpose: Transactional
    definition:
      subject: Sign in
      body:
        root: all
        elements:
          all: {type: Container, children: [code, link]}
          code: {type: Text, props: {text: "483920"}}
          link: {type: Button, props: {text: Sign in, href: "https://acme.example/sign-in?t=1"}}
`)
	sendTo(t, s.emu, "sign-in", "alex@example.com")
	m := listIn(t, s.get("/messages"), "messages")[0]
	require.Equal(t, "483920", m["code"])
	require.Equal(t, []any{map[string]any{"text": "Sign in", "url": "https://acme.example/sign-in?t=1"}}, m["links"])
	one := s.get("/messages/" + m["id"].(string))
	require.Equal(t, []any{m["code"], m["links"]}, []any{one["code"], one["links"]})
}
