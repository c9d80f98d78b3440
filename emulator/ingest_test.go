package emulator_test

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// visits are the websites of two Organizations, and a Journey that a visitor's order enters.
const visits = `
domains: [{domain: acme.example}]
senderProfiles: [{key: shop, name: Acme, email: shop@acme.example, default: true}]
websites:
  - {key: shop, name: Acme Shop, url: "https://shop.example", writeKey: wk_shop}
  - {key: blog, url: "https://blog.example:8443/path", writeKey: wk_blog}
  - {key: client, writeKey: wk_client_1}
templates:
  - {key: thanks, purpose: Transactional, definition: {from: shop@acme.example,
     subject: {$template: "Thank you for ${/event/total}"},
     body: {root: r, elements: {r: {type: Text, props: {text: {$template: "${/profile/plan}"}}}}}}}
journeys:
  - key: orders
    status: Active
    entry: {type: event, event: order.created}
    start: mail
    nodes: [{id: mail, type: email, template: thanks, next: end}, {id: end, type: exit}]
profiles:
  - {email: alex@example.com, externalId: cus_1}
  - {email: kim@example.com, externalId: cus_2}
  - {email: gone@example.com, suppressed: complaint}
  - {email: hand@example.com, suppressed: manual}
  - {email: soft@example.com, suppressed: bounce}
organizations:
  - organization: {id: 00000000-0000-4000-8000-0000000000f0}
    websites: [{key: shop, url: "https://other.example", writeKey: wk_other}]
`

func openVisits(t *testing.T, opts ...emulator.Option) shop {
	t.Helper()
	emu := emulator.Start(t, append(opts, emulator.WithSeed(parsed(t, visits)), emulator.WithStartTime(monday))...)
	return shop{T: t, emu: emu, client: emu.Client()}
}

// ingest posts a body to a route of ingest, without an API key.
func (s shop) ingest(status int, route, body string, headers ...string) map[string]any {
	s.Helper()
	reply := call(s, s.emu, "POST", "/api/v1/ingest/"+route, body, append([]string{"x-api-key", ""}, headers...)...)
	require.Equal(s, status, reply.status, reply.body)
	return reply.json(s)
}

// batch posts items, and returns the status and the reason of each.
func (s shop) batch(items ...string) (results []string) {
	s.Helper()
	reply := s.ingest(200, "batch", `{"writeKey":"wk_shop","batch":[`+strings.Join(items, ",")+`]}`)
	counts := map[string]any{"accepted": 0.0, "duplicate": 0.0, "dropped": 0.0, "rejected": 0.0, "failed": 0.0}
	for i, raw := range reply["results"].([]any) {
		result := raw.(map[string]any)
		require.InDelta(s, i, result["index"], 0)
		status, reason := result["status"].(string), result["reason"]
		require.Equal(s, status == "duplicate", result["duplicate"])
		require.Equal(s, status == "failed", result["retryable"])
		require.Equal(s, status == "accepted" || status == "duplicate", result["eventId"] != nil)
		counts[status] = counts[status].(float64) + 1
		results = append(results, strings.TrimSuffix(status+" "+fmt.Sprint(reason), " <nil>"))
	}
	require.Equal(s, true, reply["success"])
	require.Equal(s, counts, reply["summary"])
	return results
}

func TestABatchOfAPluginEntersAJourney(t *testing.T) {
	s := openVisits(t)
	require.Equal(t, []string{"accepted", "accepted", "accepted"}, s.batch(
		`{"type":"identify","messageId":"1","email":"New@example.com","userId":"cus_9","traits":{"plan":"pro"},
			"source":"wordpress"}`,
		`{"type":"page","messageId":"2","userId":"cus_9","name":"Pricing","properties":{"path":"/pricing"}}`,
		`{"type":"track","messageId":"3","event":"order.created","email":"new@example.com",
			"properties":{"total":"40 €"},"timestamp":"2026-03-02T08:30:00+01:00","source":"woocommerce"}`,
	))
	msg := s.emu.Outbox().To("new@example.com").Only(t)
	require.Equal(t, "Thank you for 40 €", msg.Subject)
	require.Contains(t, msg.Text, "pro")

	profile := s.api(200, "GET", "/profiles/"+s.emu.Profile("new@example.com").ID, "")
	require.Equal(t, []any{"wordpress"}, profile["sources"])
	require.Equal(t, "cus_9", profile["externalId"])
	require.Equal(t, "wordpress", profile["properties"].(map[string]any)["plan"].(map[string]any)["source"])
	var names []string
	for _, event := range s.emu.Events().All() {
		data, err := json.Marshal(event.Data)
		require.NoError(t, err)
		names = append(names, event.Event+" "+string(data))
	}
	require.Equal(t, []string{
		`identify {}`, `page_viewed {"name":"Pricing","path":"/pricing"}`, `order.created {"total":"40 €"}`,
	}, names)
}

func TestEachItemOfAPluginHasItsOwnOutcome(t *testing.T) {
	s := openVisits(t)
	track := func(id, more string) string {
		return `{"type":"track","messageId":"` + id + `","event":"e",` + more + `}`
	}
	require.Equal(t, []string{
		"accepted",
		"duplicate duplicate_occurrence",
		"dropped profile_not_found",
		"dropped profile_not_found",
		"dropped profile_not_found",
		"accepted",
		"accepted",
		"rejected identity_conflict",
		"rejected identity_conflict",
		"dropped identity_suppressed",
		"dropped identity_suppressed",
		"dropped identity_suppressed",
		"accepted",
	}, s.batch(
		track("1", `"email":"alex@example.com"`),
		track("1", `"email":"kim@example.com"`),
		track("2", `"email":"nobody@example.com"`),
		track("3", `"userId":"nobody","properties":{"email":"alex@example.com"}`),
		`{"type":"page","messageId":"4","email":"nobody@example.com"}`,
		`{"type":"identify","messageId":"5","email":"nobody@example.com"}`,
		track("2", `"email":"nobody@example.com"`),
		track("6", `"email":"alex@example.com","userId":"cus_2"`),
		`{"type":"identify","messageId":"7","email":"alex@example.com","userId":"cus_7"}`,
		track("8", `"email":"gone@example.com"`),
		track("9", `"email":"HAND@example.com"`),
		`{"type":"identify","messageId":"10","email":"gone@example.com","traits":{"plan":"x"}}`,
		track("11", `"email":"soft@example.com"`),
	))
	require.Len(t, s.emu.Events().All(), 4)
	require.Empty(t, s.emu.Profile("gone@example.com").Properties)
}

func TestAnInvalidItemOfAPluginLeavesItsNeighboursAlone(t *testing.T) {
	s := openVisits(t)
	good := func(id string) string {
		return `{"type":"track","messageId":"` + id + `","event":"e","email":"alex@example.com"}`
	}
	bad := []string{
		`7`, `null`, `[]`, `"x"`, `{}`, `{"type":"track"}`,
		`{"type":"alias","messageId":"m","email":"alex@example.com"}`,
		`{"type":"track","messageId":"m","event":"e"}`,
		`{"type":"track","messageId":"m","email":"alex@example.com"}`,
		`{"type":"track","messageId":"","event":"e","email":"alex@example.com"}`,
		`{"type":"track","messageId":7,"event":"e","email":"alex@example.com"}`,
		`{"type":"track","messageId":"` + strings.Repeat("m", 256) + `","event":"e","email":"alex@example.com"}`,
		`{"type":"track","messageId":"m","event":"e","email":"alex"}`,
		`{"type":"track","messageId":"m","event":"e","email":"alex@example.com","properties":[]}`,
		`{"type":"track","messageId":"m","event":"e","email":"alex@example.com","traits":{}}`,
		`{"type":"track","messageId":"m","event":"e","email":"alex@example.com","timestamp":"2026-03-02T09:30:00"}`,
		`{"type":"track","messageId":"m","event":"e","email":"alex@example.com","timestamp":"2026-02-30T09:30:00Z"}`,
		`{"type":"track","messageId":"m","event":"e","email":"alex@example.com","timestamp":"2027-03-02T09:30:00Z"}`,
		`{"type":"identify","messageId":"m","userId":"cus_1"}`,
		`{"type":"page","messageId":"m","name":"x"}`,
	}
	const refused = "anonymousId organizationId sourceInstanceId identityNamespace profileId occurrenceKey"
	for member := range strings.FieldsSeq(refused) {
		bad = append(bad, `{"type":"track","messageId":"m","event":"e","email":"alex@example.com","`+member+`":"x"}`,
			`{"type":"identify","messageId":"m","email":"alex@example.com","`+member+`":"x"}`)
	}
	items, want := []string{good("first")}, []string{"accepted"}
	for i, item := range bad {
		items, want = append(items, item, good(fmt.Sprint(i))), append(want, "rejected invalid_input", "accepted")
	}
	require.Equal(t, want, s.batch(items...))
	require.Len(t, s.emu.Events().All(), len(bad)+1)

	rejected := s.emu.Requests().Last().Rejected
	require.Len(t, rejected, 20, "the journal has what is wrong with the first ones")
	require.Equal(t, "invalid_input", rejected[0].Code)
	issue := emulator.Issue{In: "body", Path: "/batch/1", Code: "type", Message: "must be an object"}
	require.Equal(t, []emulator.Issue{issue}, rejected[0].Issues)
}

func TestTheEnvelopeOfABatchIsChecked(t *testing.T) {
	s := openVisits(t)
	item := `{"type":"track","messageId":"m","event":"e","email":"alex@example.com"}`
	for body, paths := range map[string][]string{
		`{}`:                                {"/batch required", "/writeKey required"},
		`{"writeKey":"wk_shop","batch":[]}`: {"/batch too_few"},
		`{"writeKey":"wk_shop","batch":[` + strings.Repeat(item+",", 100) + item + `]}`: {"/batch too_many"},
		`{"writeKey":7,"batch":[` + item + `],"more":1,"consent":{"analytics":"no","other":true}}`: {
			"/consent/analytics type", "/consent/other unknown_field", "/more unknown_field", "/writeKey type"},
		`[`:  {" malformed"},
		`[]`: {" type"},
	} {
		var found []string
		for _, issue := range s.ingest(400, "batch", body)["details"].(map[string]any)["issues"].([]any) {
			issue := issue.(map[string]any)
			found = append(found, issue["path"].(string)+" "+issue["code"].(string))
		}
		require.Equal(t, paths, found, body)
	}
	for _, key := range []string{"wk_nobody", "sk_test_emulator", "WK_SHOP"} {
		body := `{"writeKey":"` + key + `","batch":[` + item + `]}`
		require.Equal(t, "unauthorized", s.ingest(401, "batch", body)["error"])
	}
	s.ingest(401, "track", `{"writeKey":"wk_nobody","messageId":"m","event":"e","email":"alex@example.com"}`)
	s.ingest(415, "batch", `{}`, "Content-Type", "text/plain")
	s.ingest(413, "track", `{"writeKey":"`+strings.Repeat("x", 1<<20)+`"}`)
	s.ingest(413, "batch", `{"writeKey":"`+strings.Repeat("x", 8<<20)+`"}`)
	require.Equal(t, 405, call(t, s.emu, "GET", "/api/v1/ingest/batch", "").status)
	require.Equal(t, 404, call(t, s.emu, "POST", "/api/v1/ingest/page", `{}`).status)
	require.Empty(t, s.emu.Events().All())
}

func TestWithoutConsentOnlyAnIdentifyIsRecorded(t *testing.T) {
	s := openVisits(t)
	items := `{"type":"track","messageId":"1","event":"e","userId":"cus_1"},
		{"type":"page","messageId":"2","userId":"cus_1"},
		{"type":"identify","messageId":"3","email":"alex@example.com","traits":{"plan":"pro"}}`
	for i, c := range []struct {
		consent string
		want    map[string]any
	}{
		{`{"analytics":false,"marketing":true}`, map[string]any{"accepted": 1.0, "dropped": 2.0}},
		{`{"marketing":false}`, map[string]any{"accepted": 2.0, "duplicate": 1.0}},
		{`{"analytics":false}`, map[string]any{"dropped": 2.0, "duplicate": 1.0}},
	} {
		reply := s.ingest(200, "batch", `{"writeKey":"wk_shop","batch":[`+items+`],"consent":`+c.consent+`}`)
		require.Subset(t, reply["summary"], c.want, i)
	}
}

func TestASingleItemIsAnsweredWithAStatus(t *testing.T) {
	s := openVisits(t)
	const key = `{"writeKey":"wk_shop",`
	track := `"messageId":"1","event":"order.created","email":"alex@example.com","properties":{"total":1}}`
	first := s.ingest(200, "track", key+track)
	require.Equal(t, map[string]any{
		"messageId": "1", "status": "accepted", "duplicate": false, "retryable": false, "eventId": first["eventId"],
	}, first)
	require.Equal(t, map[string]any{
		"messageId": "1", "status": "duplicate", "duplicate": true, "retryable": false, "eventId": first["eventId"],
		"reason": "duplicate_occurrence",
	}, s.ingest(200, "track", key+`"type":"track",`+track))
	s.emu.Outbox().To("alex@example.com").Only(t)

	dropped := s.ingest(200, "track", key+`"messageId":"2","event":"e","userId":"nobody"}`)
	require.Equal(t, "profile_not_found", dropped["reason"])
	require.NotContains(t, dropped, "eventId")
	consent := s.ingest(200, "track", key+`"messageId":"3","event":"e","userId":"cus_1",
		"consent":{"analytics":false,"marketing":false}}`)
	require.Equal(t, "analytics_consent_revoked", consent["reason"])
	require.Equal(t, "accepted", s.ingest(200, "identify", key+`"messageId":"4","email":"alex@example.com"}`)["status"])

	conflict := s.ingest(409, "identify", key+`"messageId":"5","email":"alex@example.com","userId":"cus_2"}`)
	require.Equal(t, "identity_conflict", conflict["error"])
	for _, body := range []string{
		`"messageId":"6","event":"e"}`,
		`"messageId":"6","event":"e","email":"alex@example.com","timestamp":"2027-01-01T00:00:00Z"}`,
		`"messageId":"6","type":"identify","event":"e","email":"alex@example.com"}`,
		`"messageId":"6","event":"e","email":"alex@example.com","anonymousId":"x"}`,
	} {
		require.Equal(t, "invalid_request", s.ingest(400, "track", key+body)["error"], body)
	}
	require.Len(t, s.emu.Events().All(), 2)
}

func TestAMessageIDIsThatOfOneWebsite(t *testing.T) {
	file := filepath.Join(t.TempDir(), "world.db")
	s := openVisits(t, emulator.WithDatabase(file))
	body := func(key string) string {
		return `{"writeKey":"` + key + `","messageId":"m","email":"ada@example.com"}`
	}
	first := s.ingest(200, "identify", body("wk_shop"))
	require.Equal(t, "accepted", s.ingest(200, "identify", body("wk_blog"))["status"])
	require.Equal(t, "accepted", s.ingest(200, "identify", body("wk_other"))["status"])
	require.NoError(t, s.emu.Close())

	s = openVisits(t, emulator.WithDatabase(file))
	again := s.ingest(200, "identify", body("wk_shop"))
	require.Equal(t, []any{"duplicate", first["eventId"]}, []any{again["status"], again["eventId"]})
	require.Equal(t, "ada@example.com", s.emu.Profile("ada@example.com").Email)
}

func TestAnItemThatFailsIsUndoneAndCanBeSentAgain(t *testing.T) {
	file := filepath.Join(t.TempDir(), "world.db")
	s := openVisits(t, emulator.WithDatabase(file))
	require.NoError(t, s.emu.Close())
	change := func(statements ...string) {
		db, err := sql.Open("sqlite", file)
		require.NoError(t, err)
		for _, statement := range statements {
			_, err = db.Exec(statement)
			require.NoError(t, err)
		}
		require.NoError(t, db.Close())
	}
	change(`CREATE TRIGGER no_event BEFORE INSERT ON user_events WHEN new.event = 'broken'
			BEGIN SELECT RAISE(ABORT, 'x'); END`,
		`CREATE TRIGGER no_run BEFORE INSERT ON event_outcomes BEGIN SELECT RAISE(ABORT, 'x'); END`)

	items := []string{
		`{"type":"track","messageId":"1","event":"fine","userId":"cus_1"}`,
		`{"type":"track","messageId":"2","event":"broken","userId":"cus_1"}`,
		`{"type":"identify","messageId":"3","email":"new@example.com"}`,
		`{"type":"track","messageId":"4","event":"order.created","email":"new@example.com","properties":{"total":2}}`,
		`{"type":"track","messageId":"5","event":"fine","email":"new@example.com"}`,
	}
	s = openVisits(t, emulator.WithDatabase(file), emulator.WithLogger(slog.New(slog.DiscardHandler)))
	require.Equal(t, []string{
		"accepted", "failed event_write_failed", "accepted", "failed journey_enrollment_failed", "accepted",
	}, s.batch(items...))
	require.Len(t, s.emu.Events().All(), 3)
	failed := s.ingest(503, "track", `{"writeKey":"wk_shop","messageId":"6","event":"broken","userId":"cus_1"}`)
	require.Equal(t, "event_write_failed", failed["details"].(map[string]any)["reason"])
	require.NoError(t, s.emu.Close())

	change(`DROP TRIGGER no_event`, `DROP TRIGGER no_run`)
	s = openVisits(t, emulator.WithDatabase(file))
	require.Equal(t, []string{
		"duplicate duplicate_occurrence", "accepted", "duplicate duplicate_occurrence", "accepted",
		"duplicate duplicate_occurrence",
	}, s.batch(items...))
	require.Equal(t, "Thank you for 2", s.emu.Outbox().To("new@example.com").Only(t).Subject)
}

func TestTheClientOfAPluginReachesTheEmulator(t *testing.T) {
	s := openVisits(t)
	ingest := s.emu.Ingest("wk_client_1")
	s.emu.Fail(emulator.Fault{Operation: "ingestBatch", Status: 503, AfterCommit: true, Times: 1})
	batch, err := ingest.Batch(t.Context(), &segmentflow.IngestBatchParams{Items: []segmentflow.IngestItem{
		&segmentflow.IngestIdentify{Email: "alex@example.com", Traits: map[string]any{"plan": "pro"}},
		&segmentflow.IngestTrack{Event: "order.created", UserID: "cus_1", Properties: map[string]any{"total": 3}},
	}})
	require.NoError(t, err)
	require.Equal(t, segmentflow.IngestSummary{Duplicate: 2}, batch.Summary, "the first attempt has done the work")
	require.Equal(t, "Thank you for 3", s.emu.Outbox().To("alex@example.com").Only(t).Subject)

	page, err := ingest.Page(t.Context(), &segmentflow.IngestPage{UserID: "cus_1", Name: "Home"})
	require.NoError(t, err)
	require.Equal(t, segmentflow.IngestStatusAccepted, page.Status)
	event, err := ingest.Track(t.Context(), &segmentflow.IngestTrack{Event: "e", UserID: "nobody"})
	require.NoError(t, err)
	require.Equal(t, segmentflow.IngestReasonProfileNotFound, event.Reason)
	_, err = ingest.Identify(t.Context(), &segmentflow.IngestIdentify{Email: "alex@example.com", UserID: "cus_2"})
	require.ErrorIs(t, err, segmentflow.ErrIdentityConflict)
	_, err = s.emu.Ingest("wk_nobody").Track(t.Context(), &segmentflow.IngestTrack{Event: "e", UserID: "cus_1"})
	require.ErrorIs(t, err, segmentflow.ErrUnauthorized)
}

func ingestsVisits(s shop, watching segmentflow.Option) {
	s.seedText(`websites: [{key: shop, url: "https://shop.example", writeKey: wk_shop}]`)
	ctx, ingest := s.Context(), s.emu.Ingest("wk_shop", watching)
	visitor := &segmentflow.IngestIdentify{Email: "new@example.com", UserID: "cus_9"}
	require.Equal(s, segmentflow.IngestStatusAccepted, must(ingest.Identify(ctx, visitor))(s).Status)
	track := &segmentflow.IngestTrack{MessageID: "m", Event: "seen", UserID: "cus_9"}
	require.False(s, must(ingest.Track(ctx, track))(s).Duplicate)
	require.True(s, must(ingest.Track(ctx, track))(s).Duplicate)
	batch := must(ingest.Batch(ctx, &segmentflow.IngestBatchParams{Items: []segmentflow.IngestItem{
		&segmentflow.IngestTrack{Event: "seen", UserID: "nobody"}, track, &segmentflow.IngestTrack{},
		&segmentflow.IngestIdentify{Email: "new@example.com", UserID: "cus_8"},
		&segmentflow.IngestPage{UserID: "cus_9"},
	}}))(s)
	require.Equal(s, segmentflow.IngestSummary{Accepted: 1, Duplicate: 1, Dropped: 1, Rejected: 2}, batch.Summary)
	require.ErrorContains(s, batch.Err(), "item 2: invalid_input")
}

func TestNoWriteKeyIsInTheJournal(t *testing.T) {
	s := openVisits(t, emulator.WithJournalBodies())
	s.batch(`{"type":"track","messageId":"1","event":"e","userId":"cus_1"}`)
	s.ingest(200, "track", `{"writeKey":"wk_shop","messageId":"2","event":"e","userId":"cus_1"}`)
	for _, request := range s.emu.Requests().All() {
		require.NotContains(t, request.Body, "wk_shop")
		require.Contains(t, request.Body, "cus_1")
		require.Equal(t, "Acme Shop", request.KeyLabel)
	}
}
