package emulator_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator"
)

// plane calls the control plane with another method than GET.
func (s shop) plane(method, path, body string) answer {
	s.Helper()
	return call(s, s.emu, method, "/_emulator"+path, body, "x-api-key", "")
}

func (s shop) done(method, path, body string) map[string]any {
	s.Helper()
	a := s.plane(method, path, body)
	require.Equal(s, 200, a.status, a.body)
	return a.json(s)
}

func TestTheControlPlaneAddsAndRemovesFaults(t *testing.T) {
	s := openShop(t)
	require.JSONEq(t, `{"faults": []}`, call(t, s.emu, "GET", "/_emulator/faults", "").body)
	all := `{"operation": "sendEmail", "skip": 1, "times": 3, "to": "alex@example.com", "key": "k1",
		"delay": "PT0.002S", "status": 429, "code": "rate_limited", "message": "m", "details": {"a": [1, 2.50]},
		"retryAfter": "1m", "afterCommit": true}`
	added := s.done("POST", "/faults", all)
	require.Equal(t, object{"id": 1.0, "operation": "sendEmail", "skip": 1.0, "times": 3.0, "to": "alex@example.com",
		"key": "k1", "delay": "2ms", "status": 429.0, "code": "rate_limited", "message": "m",
		"details": object{"a": []any{1.0, 2.5}}, "retryAfter": "1m0s", "afterCommit": true, "hits": 0.0}, added)
	require.Equal(t, object{"id": 2.0, "body": "<html>", "contentType": "text/html", "hits": 0.0},
		s.done("POST", "/faults", `{"body": "<html>", "contentType": "text/html"}`))
	require.Equal(t, object{"id": 3.0, "drop": true, "hits": 0.0}, s.done("POST", "/faults", `{"drop": true}`))
	require.Equal(t, object{"id": 4.0, "truncate": true, "hits": 0.0}, s.done("POST", "/faults", `{"truncate": true}`))

	require.Equal(t, 204, s.plane("DELETE", "/faults/3", "").status)
	require.Equal(t, 502, call(t, s.emu, "GET", "/api/v1/templates", "").status)
	require.Contains(t, call(t, s.emu, "GET", "/_emulator/faults/2", "").body, `"hits":1`)
	require.Equal(t, added, listIn(t, s.get("/faults"), "faults")[0])
	require.Len(t, listIn(t, s.get("/faults"), "faults"), 3)
	for _, id := range []string{"3", "0", "-1", "x", "9999999999999999999"} {
		a := s.plane("DELETE", "/faults/"+id, "")
		require.Equal(t, "not_found", a.json(t)["error"], id)
		require.Equal(t, 404, s.plane("GET", "/faults/"+id, "").status, id)
	}

	require.Equal(t, 204, s.plane("DELETE", "/faults", "").status)
	require.Empty(t, listIn(t, s.get("/faults"), "faults"))
	require.Contains(t, s.plane("POST", "/faults", `{"drop": true}`).body, `"id":5`, "no id is used twice")
	require.Equal(t, 6, s.emu.Fail(emulator.Fault{Status: 500}).Number(), "Go and HTTP share the list")
}

func TestPutReplacesAllFaultsOrNone(t *testing.T) {
	s := openShop(t)
	old := s.emu.Fail(emulator.Fault{Operation: "listTemplates", Times: 2, Status: 503})
	gone := s.emu.Fail(emulator.Fault{Status: 500})
	require.Equal(t, 503, call(t, s.emu, "GET", "/api/v1/templates", "").status)
	before := call(t, s.emu, "GET", "/_emulator/faults", "").body
	require.JSONEq(t, before, s.plane("PUT", "/faults", before).body, "what GET shows can be put back")

	bad := s.plane("PUT", "/faults", `{"faults": [
		{"drop": true}, {"status": 500, "drop": true}, {"id": 9, "drop": true}, 7, {"id": 1, "drop": true},
		{"id": 1, "drop": true}, {"drop": true, "match": "x"}]}`)
	require.Equal(t, []string{
		"body /faults/1/drop conflict", "body /faults/2/id conflict", "body /faults/3 type",
		"body /faults/5/id conflict", "body /faults/6/match unknown_field",
	}, bad.issues(t))
	require.JSONEq(t, before, call(t, s.emu, "GET", "/_emulator/faults", "").body)

	after := listIn(t, s.done("PUT", "/faults", `{"faults": [
		{"operation": "listSegments", "drop": true}, {"id": 1, "operation": "listTemplates", "times": 2, "status": 504}
	]}`), "faults")
	require.Equal(t, []any{3.0, 1.0, 1.0}, []any{after[0]["id"], after[1]["id"], after[1]["hits"]})
	require.Equal(t, 504, call(t, s.emu, "GET", "/api/v1/templates", "").status, "its second strike")
	require.Equal(t, 200, call(t, s.emu, "GET", "/api/v1/templates", "").status)
	require.Equal(t, []int{1, 0}, []int{old.Hits(), gone.Hits()}, "handles show what became of their own fault")

	require.Equal(t, []string{"body /faults required"}, s.plane("PUT", "/faults", `{}`).issues(t))
	require.Empty(t, listIn(t, s.done("PUT", "/faults", `{"faults": []}`), "faults"))
}

func TestTheControlPlaneRefusesWrongFaults(t *testing.T) {
	s := openShop(t)
	for body, want := range map[string][]string{
		``:                           {"body  malformed"},
		`[]`:                         {"body  malformed"},
		`{"operation": "sendEmail"}`: {"body  required"},
		`{"status": 500, "times": -1, "skip": -1}`:           {"body /skip min", "body /times min"},
		`{"status": 500, "times": 1.5}`:                      {"body /times type"},
		`{"status": "500"}`:                                  {"body /status type"},
		`{"status": 200}`:                                    {"body /status min"},
		`{"status": 600}`:                                    {"body /status max"},
		`{"drop": "yes"}`:                                    {"body /drop type"},
		`{"drop": true, "delay": 5}`:                         {"body /delay type"},
		`{"drop": true, "delay": "5"}`:                       {"body /delay format"},
		`{"delay": "-1s", "drop": true}`:                     {"body /delay min"},
		`{"status": 500, "details": []}`:                     {"body /details type"},
		`{"status": 500, "operation": "sendMail"}`:           {"body /operation enum"},
		`{"status": 500, "code": "nope"}`:                    {"body /code enum"},
		`{"status": 500, "id": 1, "hits": 2}`:                {"body /hits unknown_field", "body /id unknown_field"},
		`{"body": "x", "contentType": "a\nb"}`:               {"body /contentType malformed"},
		`{"drop": true, "truncate": true, "Match": "false"}`: {"body /Match unknown_field"},
	} {
		a := s.plane("POST", "/faults", body)
		require.Equal(t, 400, a.status, body)
		require.Equal(t, want, a.issues(t), body)
	}
	require.Contains(t, s.plane("POST", "/faults", `{"status": 500, "operation": "sendMail"}`).body,
		"is not an operation of the API; the nearest are sendEmail, ")
	require.Empty(t, listIn(t, s.get("/faults"), "faults"))
	require.Equal(t, 405, s.plane("PATCH", "/faults", "").status)
	require.Equal(t, 405, s.plane("POST", "/rate-limits", "").status)
}

func TestTheControlPlaneSetsRateLimits(t *testing.T) {
	s := openShop(t)
	s.emu.RateLimit("listSegments", 1, time.Second)
	put := s.done("PUT", "/rate-limits", `{"limits": [
		{"operation": "sendEmail", "n": 0, "per": "1s"}, {"operation": "listTemplates", "n": 1, "per": "PT1M"},
		{"n": 5, "per": "1h"}]}`)
	require.Equal(t, []map[string]any{
		{"operation": "", "n": 5.0, "per": "1h0m0s"}, {"operation": "listTemplates", "n": 1.0, "per": "1m0s"},
	}, listIn(t, put, "limits"))
	require.Equal(t, put, s.get("/rate-limits"))
	require.Equal(t, "200 [1] [0] [60]", limited(t, s.emu, "GET", "/templates"))
	require.Equal(t, "429 [1] [0] [60] [60]", limited(t, s.emu, "GET", "/templates"))

	bad := s.plane("PUT", "/rate-limits", `{"limits": [
		{"operation": "sendEmails", "n": 1, "per": "1s"}, {"n": -1, "per": "1s"}, {"operation": "sendEmail", "n": 1},
		{"per": "1s"}, {"operation": "sendEmail", "n": 1, "per": "1s", "key": "x"}, 1]}`)
	require.Equal(t, []string{
		"body /limits/0/operation enum", "body /limits/1/n min", "body /limits/2/per min", "body /limits/3/n required",
		"body /limits/3/operation conflict", "body /limits/4/key unknown_field", "body /limits/4/operation conflict",
		"body /limits/5 type",
	}, bad.issues(t))
	require.Equal(t, []string{"body /limits required"}, s.plane("PUT", "/rate-limits", `{}`).issues(t))
	require.Equal(t, []string{"body /limits type"}, s.plane("PUT", "/rate-limits", `{"limits": {}}`).issues(t))
	require.Equal(t, put, s.get("/rate-limits"))
	require.Empty(t, listIn(t, s.done("PUT", "/rate-limits", `{"limits": []}`), "limits"))
}

func TestTheControlPlaneOfAClosedEmulatorAddsNothing(t *testing.T) {
	emu, err := emulator.New()
	require.NoError(t, err)
	require.NoError(t, emu.Close())
	s := shop{T: t, emu: emu}
	require.Equal(t, 503, s.plane("POST", "/faults", `{"drop": true}`).status)
	require.Equal(t, 503, s.plane("PUT", "/faults", `{"faults": []}`).status)
	require.Equal(t, 503, s.plane("PUT", "/rate-limits", `{"limits": []}`).status)
	require.Empty(t, listIn(t, s.get("/faults"), "faults"))
}
