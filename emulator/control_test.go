package emulator_test

import (
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// get reads from the control plane, which needs no API key.
func (s shop) get(path string) map[string]any {
	s.Helper()
	a := call(s, s.emu, "GET", "/_emulator"+path, "", "x-api-key", "")
	require.Equal(s, 200, a.status, a.body)
	return a.json(s)
}

func (s shop) post(path, body string, headers ...string) answer {
	s.Helper()
	return call(s, s.emu, "POST", "/_emulator"+path, body, append([]string{"x-api-key", ""}, headers...)...)
}

// listIn returns the members of a list in a reply.
func listIn(t testing.TB, reply map[string]any, list string) []map[string]any {
	t.Helper()
	items, ok := reply[list].([]any)
	require.True(t, ok, "the reply has no list %s: %v", list, reply)
	found := make([]map[string]any, len(items))
	for i, item := range items {
		found[i] = item.(map[string]any)
	}
	return found
}

func TestAnEscapedPathMeansWhatItDoesForOtherRoutes(t *testing.T) {
	url := emulator.Start(t).URL()
	for path, want := range map[string]int{
		"/_emulator/health": 200, "/_emulator/he%61lth": 200, "/_emulator/cl%6Fck": 200, "/%5Femulator/health": 200,
		"/_emulator%2Fhealth": 404, "/_emulator%2Fclock": 404, "/_emulator/health/": 404, "/_emulator/health%20": 404,
	} {
		reply, err := http.Get(url + path)
		require.NoError(t, err)
		require.NoError(t, reply.Body.Close())
		require.Equal(t, want, reply.StatusCode, path)
	}
}

func TestTheControlPlaneMovesTheClock(t *testing.T) {
	s := openShop(t)
	require.Equal(t, map[string]any{"status": "ok", "now": "2026-03-02T09:00:00.000Z"}, s.get("/health"))
	require.Equal(t,
		map[string]any{
			"now":     "2026-03-02T09:00:00.000Z",
			"mode":    "manual",
			"nextDue": nil,
			"due":     0.0,
			"parked":  []any{},
		},
		s.get("/clock"))
	s.track(trial("Pro", "t1"))
	require.Equal(t, "2026-03-02T09:00:01.000Z", s.get("/clock")["nextDue"], "the email will be delivered next")
	moved := s.post("/clock/advance", `{"duration": "72h"}`)
	require.Equal(t, 200, moved.status, moved.body)
	require.Equal(t, "2026-03-05T09:00:00.000Z", moved.json(t)["now"])
	require.Greater(t, moved.json(t)["ran"], 2.0)
	s.emu.Outbox().Template("trial-reminder").Only(t)
	require.Equal(t, "2026-03-06T10:30:00.000Z", s.post("/clock/advance", `{"duration": "P1DT1H30M"}`).json(t)["now"])
	require.Equal(t, "2026-03-07T00:00:00.000Z",
		s.post("/clock/advance", `{"to": "2026-03-07T01:00:00+01:00"}`).json(t)["now"])
	require.Equal(t,
		map[string]any{"now": "2026-03-07T00:00:00.000Z", "ran": 0.0},
		s.post("/clock/advance", `{"duration": "0s"}`).json(t))
}

func TestTheClockReportsItsMode(t *testing.T) {
	for mode, opts := range map[string][]emulator.Option{
		"manual":  {emulator.WithStartTime(monday)},
		"live":    {emulator.WithLiveClock(), emulator.WithStartTime(monday)},
		"running": {},
	} {
		s := shop{T: t, emu: emulator.Start(t, opts...)}
		require.Equal(t, mode, s.get("/clock")["mode"])
	}
}

func TestARequestCannotMoveTheClockBack(t *testing.T) {
	s := openShop(t)
	for body, issue := range map[string]string{
		``:                               "body /duration required",
		`{}`:                             "body /duration required",
		`[]`:                             "body  malformed",
		`null`:                           "body  malformed",
		`{"duration": `:                  "body  malformed",
		`{"duration": 72}`:               "body /duration type",
		`{"duration": "soon"}`:           "body /duration format",
		`{"duration": "P1M"}`:            "body /duration format",
		`{"duration": "-1h"}`:            "body /duration min",
		`{"to": "2026-03-02T08:59:59Z"}`: "body /to min",
		`{"to": "2026-03-03"}`:           "body /to format",
		`{"to": "9999-12-31T23:59:59Z", "duration": "1h"}`: "body  conflict",
		`{"hours": "3"}`: "body /hours unknown_field",
	} {
		a := s.post("/clock/advance", body)
		require.Equal(t, 400, a.status, body)
		require.Equal(t, "invalid_request", a.json(t)["error"])
		require.Equal(t, []string{issue}, a.issues(t), body)
	}

	require.Equal(t, monday, s.emu.Now())
	require.Equal(t, 200, s.post("/clock/advance", `{"to": "9999-12-31T00:00:00Z"}`).status)
	require.Equal(t, []string{"body /duration max"}, s.post("/clock/advance", `{"duration": "48h"}`).issues(t))
}

func TestMessagesAreListedNewestFirstInPages(t *testing.T) {
	s := openShop(t)
	for n := range 5 {
		s.send(receipt(s.receipt(), n))
	}
	sendTo(t, s.emu, "password-reset", "bruno@example.com")
	subjects := func(query string) (found []string, next any) {
		reply := s.get("/messages?" + query)
		for _, m := range listIn(t, reply, "messages") {
			found = append(found, m["subject"].(string))
		}
		return found, reply["nextCursor"]
	}

	page, next := subjects("to=Alex@Example.com&limit=2")
	require.Equal(t, []string{"Your order ord_4", "Your order ord_3"}, page)
	s.send(receipt(s.receipt(), 9)) // a new message does not shift the pages
	page, next = subjects("to=alex@example.com&limit=2&cursor=" + next.(string))
	require.Equal(t, []string{"Your order ord_2", "Your order ord_1"}, page)
	page, next = subjects("to=alex@example.com&limit=2&cursor=" + next.(string))
	require.Equal(t, []string{"Your order ord_0"}, page)
	require.Nil(t, next)
	for query, n := range map[string]int{
		"":                        7,
		"template=password-reset": 1,
		"template=" + s.receipt(): 6,
		"subject=ord_3":           1,
		"to=nobody@example.com":   0,
	} {
		page, _ := subjects(query)
		require.Len(t, page, n, query)
	}
	unknown := call(t, s.emu, "GET", "/_emulator/messages?template=order-recept", "")
	require.Equal(t, 404, unknown.status)
	near := unknown.json(t)["details"].(map[string]any)["near"].([]any)
	require.Equal(t, "order-receipt", near[0], "a misspelt Template is no empty list")

	require.Equal(t, []any{}, s.get("/messages?to=nobody@example.com")["messages"])
}

func TestAMessageOfTheControlPlaneEqualsTheOneOfGo(t *testing.T) {
	s := openShop(t)
	p := receipt(s.receipt(), 1)
	p.CC = []string{"Books <books@example.com>"}
	s.send(p)
	s.emu.Advance(time.Second)
	msg := s.emu.Outbox().Only(t)
	listed := listIn(t, s.get("/messages"), "messages")[0]
	require.Equal(t, map[string]any{
		"id": msg.ID, "sendId": msg.SendID, "profileId": msg.ProfileID, "template": "order-receipt",
		"carrier": map[string]any{"type": "email", "id": msg.SendID},
		"from":    map[string]any{"email": "shop@acme.example", "name": "Acme Outdoor"},
		"to":      []any{map[string]any{"email": "alex@example.com", "name": ""}},
		"cc":      []any{map[string]any{"email": "books@example.com", "name": "Books"}}, "bcc": []any{},
		"subject": "Your order ord_1", "at": "2026-03-02T09:00:00.000Z", "missing": []any{}, "dropped": []any{},
		"facts": []any{
			map[string]any{"type": "accepted", "at": "2026-03-02T09:00:00.000Z"},
			map[string]any{"type": "delivered", "at": "2026-03-02T09:00:01.000Z"},
		},
		"links": []any{
			map[string]any{"text": "Track your parcel", "url": "https://example.com/t/1"},
			map[string]any{"text": "support", "url": "mailto:support@acme.example"},
		},
		"code": nil,
	}, listed)
	one := s.get("/messages/" + msg.ID)
	require.Contains(t, one["headers"], "Message-Id")
	delete(one, "headers")
	require.Equal(t, listed, one)

	part := func(name string) answer {
		return call(t, s.emu, "GET", "/_emulator/messages/"+msg.ID+"/"+name, "", "x-api-key", "")
	}
	require.Equal(t, msg.Text, part("text").body)
	require.Equal(t, string(msg.Raw()), part("raw").body)
	require.Equal(t, "message/rfc822", part("raw").header.Get("Content-Type"))
	page := part("html")
	require.Equal(t, msg.HTML, page.body)
	require.Equal(t, "text/html; charset=utf-8", page.header.Get("Content-Type"))
	require.Contains(t,
		page.header.Get("Content-Security-Policy"), "sandbox; default-src 'none'",
		"the content of an email is untrusted")
	require.Equal(t, "nosniff", page.header.Get("X-Content-Type-Options"))
}

func TestMissingBindingsAreShown(t *testing.T) {
	s := openShop(t)
	s.send(&segmentflow.SendEmailParams{TemplateID: s.receipt(), To: &segmentflow.Recipient{Email: "alex@example.com"}})
	missing := listIn(t, listIn(t, s.get("/messages"), "messages")[0], "missing")
	require.Contains(t, missing, map[string]any{"path": "/data/orderId", "element": "", "prop": "subject"})
	require.Len(t, missing, len(s.emu.Outbox().Only(t).Missing))
}

func TestRunsAndEventsAreListedByTheControlPlane(t *testing.T) {
	s := openShop(t)
	event := s.track(trial("Pro", "t1"))
	s.track(trial("Pro", "t2"))
	s.track(&segmentflow.TrackEventParams{Event: "password_reset.requested", Profile: alex})
	chiara := s.emu.Profile("chiara@example.com").ID
	for query, n := range map[string]int{
		"":                          3,
		"?journey=trial-onboarding": 2,
		"?journey=" + s.emu.ID("journey", "trial-onboarding"): 2,
		"?profile=Chiara@example.com":                         2,
		"?profile=" + chiara:                                  2,
		"?profile=nobody@example.com":                         0,
		"?status=completed":                                   1,
		"?journey=trial-onboarding&profile=alex@example.com":  0,
		"?status=running&profile=" + chiara:                   2,
	} {
		require.Len(t, listIn(t, s.get("/runs"+query), "runs"), n, query)
	}

	unknown := call(t, s.emu, "GET", "/_emulator/runs?journey=trial-onbording", "")
	require.Equal(t, 404, unknown.status, "a misspelt Journey is no empty list")
	require.Equal(t, "trial-onboarding", unknown.json(t)["details"].(map[string]any)["near"].([]any)[0])

	first := s.get("/runs?limit=2")
	require.Equal(t, "password-reset", listIn(t, first, "runs")[0]["journey"], "newest first")
	rest := s.get("/runs?limit=2&cursor=" + first["nextCursor"].(string))
	require.Len(t, listIn(t, rest, "runs"), 1)
	require.Nil(t, rest["nextCursor"])

	run := listIn(t, rest, "runs")[0]
	require.Equal(t, run, s.get("/runs/"+run["runId"].(string)))
	require.Equal(t, map[string]any{"node": "wait", "until": "2026-03-05T09:00:00.000Z"}, run["waiting"])
	require.Equal(t, "welcome", listIn(t, run, "path")[0]["node"])
	stored := s.get("/events/" + event.EventID)
	require.Equal(t, "trial.started", stored["event"])
	require.Equal(t, run["runId"], listIn(t, stored, "outcomes")[0]["runId"])
}

func TestASeedIsPostedAsYAMLOrJSON(t *testing.T) {
	s := openShop(t)
	yaml := "segments:\n- {key: silver, name: Silver, definition: {$state: /profile/tier, eq: silver}}\n" +
		"profiles:\n- email: New@Example.com\n"
	a := s.post("/seed", yaml, "Content-Type", "application/yaml")
	require.Equal(t, 200, a.status, a.body)
	require.Equal(t,
		map[string]any{
			"segment:silver":          s.emu.ID("segment", "silver"),
			"profile:new@example.com": s.emu.ID("profile", "new@example.com"),
		},
		a.json(t)["ids"])
	require.Equal(t, 200, s.post("/seed", `{"users": [{"key": "x", "email": "x@example.com"}]}`).status)
	require.Equal(t, 200,
		s.post("/seed", yaml, "Content-Type", "application/x-www-form-urlencoded").status,
		"as curl sends a file")

	wrong := s.post("/seed", "segmnts: []\nprofiles:\n- phone: '1'\n", "Content-Type", "text/yaml; charset=utf-8")
	require.Equal(t, 400, wrong.status)
	require.Contains(t, wrong.issues(t), "body /segmnts malformed")
	require.Contains(t, wrong.body, "line 1: ")
	require.Equal(t, []string{"body  malformed"}, s.post("/seed", yaml).issues(t), "YAML with the media type of JSON")
	dangling := s.post("/seed", `{"segments": [{"key": "a", "definition": {"inSegment": "no-such"}}]}`)
	require.Equal(t, []string{"body /segments/0/definition/inSegment malformed"}, dangling.issues(t))
	require.Equal(t, 415, s.post("/seed", yaml, "Content-Type", "multipart/form-data; boundary=x").status)
	require.Equal(t, 413, s.post("/seed", strings.Repeat("#", 64<<20+1), "Content-Type", "text/yaml").status)
}

func TestResetRestoresTheSeed(t *testing.T) {
	for name, opts := range map[string][]emulator.Option{
		"memory": nil,
		"file":   {emulator.WithDatabase(t.TempDir() + "/world.db")},
	} {
		t.Run(name, func(t *testing.T) {
			s := openShop(t, opts...)
			first := s.send(receipt(s.receipt(), 1), segmentflow.WithIdempotencyKey("k"))
			s.track(trial("Pro", "t1"))
			s.post("/seed", "profiles: [{email: new@example.com}]", "Content-Type", "application/yaml")
			extra := s.emu.NewAPIKey(emulator.APIKeySpec{Scopes: []string{"*"}})
			s.emu.Advance(24 * time.Hour)

			require.Equal(t, 204, s.post("/reset", "").status)
			require.Equal(t, monday, s.emu.Now())
			_, due := s.emu.NextDue()
			require.False(t, due)
			s.emu.Outbox().None(t)
			require.Empty(t, s.emu.Runs("trial-onboarding").All())
			require.Empty(t, listIn(t, s.get("/requests"), "requests"))
			require.Equal(t, 404, call(t, s.emu, "GET", "/api/v1/emails/"+first.ID, "").status)
			require.Equal(t, 401, call(t, s.emu, "GET", "/api/v1/emails/"+first.ID, "", "x-api-key", extra).status)
			require.Equal(t, "Alex", s.emu.Profile("alex@example.com").Properties["firstName"].Value)

			again := s.send(receipt(s.receipt(), 1), segmentflow.WithIdempotencyKey("k"))
			if name == "memory" {
				require.Equal(t, first, again, "a world in memory has the same ids after a reset")
			}
			require.Equal(t, 1, s.emu.Outbox().Count())
		})
	}
}

func TestAResetThatCannotSeedLeavesTheWorldAsItIs(t *testing.T) {
	raw, err := os.ReadFile("testdata/acme.yaml")
	require.NoError(t, err)
	path := t.TempDir() + "/seed.yaml"
	require.NoError(t, os.WriteFile(path, raw, 0o600))
	emu := emulator.Start(t, emulator.WithSeedFile(path), emulator.WithStartTime(monday))
	s := shop{t, emu, emu.Client()}
	s.send(receipt(s.receipt(), 1))
	emu.Advance(time.Hour)
	require.NoError(t, os.WriteFile(path, []byte("profiles: [{phone: '1'}]"), 0o600))
	a := s.post("/reset", "")
	require.Equal(t, 500, a.status)
	require.Contains(t, a.json(t)["message"], "the seed has", "the control plane shows the reason")
	require.Equal(t, monday.Add(time.Hour), emu.Now())
	s.send(receipt(s.receipt(), 2))
	require.Equal(t, 2, emu.Outbox().Count())
}

func TestControlRoutesRefuseUnknownFieldsAndValues(t *testing.T) {
	s := openShop(t)
	unknown := "00000000-0000-4000-8000-000000000000"
	for _, c := range []struct {
		method, path string
		status       int
		code         string
	}{
		{"GET", "/_emulator", 404, "not_found"},
		{"GET", "/_emulator/", 404, "not_found"},
		{"GET", "/_emulator/nothing", 404, "not_found"},
		{"GET", "/_emulator/messages/" + unknown, 404, "not_found"},
		{"GET", "/_emulator/messages/" + unknown + "/html", 404, "not_found"},
		{"GET", "/_emulator/messages/" + unknown + "/raw", 404, "not_found"},
		{"GET", "/_emulator/runs/" + unknown, 404, "not_found"},
		{"GET", "/_emulator/events/" + unknown, 404, "not_found"},
		{"DELETE", "/_emulator/messages", 405, "method_not_allowed"},
		{"GET", "/_emulator/reset", 405, "method_not_allowed"},
		{"POST", "/_emulator/messages/" + unknown + "/outcome", 400, "invalid_request"},
		{"GET", "/_emulator/faults/1", 404, "not_found"},
		{"POST", "/_emulator/confirmations/" + unknown + "/approve", 404, "not_found"},
		{"PUT", "/_emulator/snapshot", 400, "invalid_request"},
		{"DELETE", "/_emulator/snapshot", 405, "method_not_allowed"},
		{"POST", "/", 404, "not_found"},
		{"GET", "/elsewhere", 404, "not_found"},
		{"GET", "/_emulator/messages?limit=0", 400, "invalid_request"},
		{"GET", "/_emulator/runs?cursor=bm90aGluZw", 400, "invalid_request"},
	} {
		a := call(t, s.emu, c.method, c.path, "")
		require.Equal(t, c.status, a.status, c)
		require.Equal(t, c.code, a.json(t)["error"], c)
		if c.status == 405 {
			require.NotEmpty(t, a.header.Get("Allow"), c)
		}
	}

	cursor := s.get("/messages?limit=1")["nextCursor"]
	require.Nil(t, cursor)
	for query, issue := range map[string]string{
		"messages?templte=x":  "query /templte unknown_field",
		"messages?limit=1001": "query /limit max",
		"messages?limit=ten":  "query /limit type",
		"messages?to=a&to=b":  "query /to too_many",
		"messages?cursor=x":   "query /cursor format",
		"runs?status=done":    "query /status enum",
		"health?x=1":          "query /x unknown_field",
	} {
		require.Equal(t, []string{issue}, call(t, s.emu, "GET", "/_emulator/"+query, "").issues(t), query)
	}
}

func TestHeadIsGetWithoutABody(t *testing.T) {
	s := openShop(t)
	a := call(t, s.emu, "HEAD", "/_emulator/health", "")
	require.Equal(t, http.StatusOK, a.status)
	require.Empty(t, a.body)
}

func TestAClosedEmulatorAnswersUnavailable(t *testing.T) {
	s := openShop(t)
	require.NoError(t, s.emu.Close())
	for _, path := range []string{"health", "clock", "messages", "runs", "events/x"} {
		require.Equal(t, 503, call(t, s.emu, "GET", "/_emulator/"+path, "").status, path)
	}
	require.Equal(t, 503, s.post("/reset", "").status)
	require.Equal(t, 503, s.post("/clock/advance", `{"duration": "1h"}`).status)
}
