package wire_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator/internal/wire"
)

const (
	id   = "8a1c7b0e-52f4-4c1c-9b57-2f5a6f1f0c55"
	send = `{"templateId":"` + id + `","to":{"email":"alex@example.com"}`
)

// check checks a call with an idempotency key and returns its issues as "in path code".
func check(t *testing.T, operationID, body string) []string {
	t.Helper()
	return short(issues(t, operationID, "", http.Header{"Idempotency-Key": {"k"}}, body))
}

func issues(t *testing.T, operationID, query string, header http.Header, body string) []wire.Issue {
	t.Helper()
	op := operation(t, operationID)
	r := httptest.NewRequest(op.Method, "/?"+query, nil)
	r.Header = header
	_, found := op.Check(r, []byte(body), func(string) string { return id })
	return found
}

func short(issues []wire.Issue) []string {
	var texts []string
	for _, issue := range issues {
		texts = append(texts, fmt.Sprintf("%s %s %s", issue.In, issue.Path, issue.Code))
	}
	return texts
}

func TestFortyMistakesAreFortyIssues(t *testing.T) {
	var names, want []string
	for i := range 40 {
		names = append(names, fmt.Sprintf(`"x%d":%d`, i, i))
		want = append(want, fmt.Sprintf("body /x%d unknown_field", i))
	}
	require.ElementsMatch(t, want, check(t, "sendEmail", send+","+strings.Join(names, ",")+"}"))

	copies := strings.Repeat(`"",`, 39) + `""`
	found := issues(t, "sendEmail", "", http.Header{"Idempotency-Key": {"k"}}, send+`,"cc":[`+copies+`]}`)
	require.Len(t, found, 40)
	require.Equal(t, "/cc/2", found[2].Path)
	require.Equal(t, "/cc/39", found[39].Path)
}

func TestIssuesAreSortedByPlaceAndPointer(t *testing.T) {
	op := operation(t, "triggerJourney")
	r := httptest.NewRequest(op.Method, "/?b=1&a=2", nil)
	body := []byte(`{"profile":{"email":"x","userId":""},"variables":1}`)
	_, found := op.Check(r, body, func(string) string { return strings.Repeat("k", 121) })
	require.Equal(t, []string{
		"path /journeyKey too_long",
		"query /a unknown_field",
		"query /b unknown_field",
		"header /Idempotency-Key required",
		"body /profile/email format",
		"body /profile/userId too_short",
		"body /variables type",
	}, short(found))
}

func TestQueryIssues(t *testing.T) {
	tests := []struct{ name, operation, query, want string }{
		{"known parameters pass", "listBroadcasts", "status=Sent&status=Failed&limit=100&cursor=x", ""},
		{"one value of a list passes", "listTemplates", "status=Archived&purpose=Newsletter", ""},
		{"an unknown parameter", "listBroadcasts", "offset=1", "query /offset unknown_field"},
		{"a limit that is not a number", "listBroadcasts", "limit=ten", "query /limit type"},
		{"a number with a fraction", "listBroadcasts", "limit=1.0", "query /limit type"},
		{"an empty number", "listBroadcasts", "limit=", "query /limit type"},
		{"too small", "listBroadcasts", "limit=0", "query /limit min"},
		{"too large", "listBroadcasts", "limit=9999999999999999999999", "query /limit max"},
		{"a single parameter twice", "listBroadcasts", "limit=1&limit=2", "query /limit too_many"},
		{"one of several values is wrong", "listBroadcasts", "status=Sent&status=Gone", "query /status/1 enum"},
		{"an empty cursor", "listBroadcasts", "cursor=", "query /cursor too_short"},
		{"a broken escape", "listBroadcasts", "limit=%zz", "query  malformed"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			require.Equal(t, test.want, strings.Join(short(issues(t, test.operation, test.query, nil, "")), ", "))
		})
	}
}

func TestHeaderIssues(t *testing.T) {
	tests := []struct {
		name, operation string
		keys            []string
		want            []string
	}{
		{"a key", "cancelBroadcast", []string{"k"}, nil},
		{"an optional key may be left out", "cancelBroadcast", nil, nil},
		{"an operation without keys ignores one", "retrieveEmail", []string{""}, nil},
		{"an empty key", "cancelBroadcast", []string{""}, []string{"header /Idempotency-Key too_short"}},
		{"255 characters", "cancelBroadcast", []string{strings.Repeat("ü", 255)}, nil},
		{
			"256 characters", "cancelBroadcast",
			[]string{strings.Repeat("k", 256)},
			[]string{"header /Idempotency-Key too_long"},
		},
		{"two keys", "cancelBroadcast", []string{"a", "b"}, []string{"header /Idempotency-Key too_many"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			header := http.Header{"Idempotency-Key": test.keys}
			if test.keys == nil {
				header = http.Header{}
			}
			require.Equal(t, test.want, short(issues(t, test.operation, "", header, "")))
		})
	}
}

func TestPathIssues(t *testing.T) {
	op := operation(t, "retrieveEmail")
	_, found := op.Check(httptest.NewRequest(op.Method, "/", nil), nil, func(string) string { return "no-uuid" })
	require.Equal(t, []wire.Issue{{
		In:      wire.InPath,
		Path:    "/id",
		Code:    wire.CodeFormat,
		Message: "must be a UUID",
	}}, found)
}

func TestMessagesDescribeACorrectValue(t *testing.T) {
	tests := []struct{ operation, body, want string }{
		{"sendEmail", `{"templateId":"` + id + `","to":{}}`, "needs one of email, externalId"},
		{"sendEmail", send + `,"cc":7}`, "must be a string or an array"},
		{"sendEmail", send + `,"subject":""}`, "must have at least 1 character"},
		{"sendEmail", "{\"a\":1,\n\"ü\" 1}", "is not JSON (line 2, column 5)"},
		{"sendEmail", `{"a":1`, "is not JSON (line 1, column 7)"},
		{"batchSendEmails", `{"items":[]}`, "must have at least 1 item"},
		{"previewBroadcast", `{"limit":1000}`, "must be at most 100"},
		{"testBroadcast", `{"email":"a@b.example","profileId":"` + id + `"}`, "may have only one of profileId, email"},
		{"createBroadcast", `{"templateId":"` + id + `","html":"<p>"}`, "may not be given together with `templateId`"},
		{"scheduleBroadcast", `{"scheduledAt":"soon"}`, "must be an ISO 8601 date-time or a span such as `in 2 hours`"},
		{"setProfileSubscription", `{"status":"gone"}`, "must be one of Subscribed, Unsubscribed"},
	}
	for _, test := range tests {
		found := issues(t, test.operation, "", http.Header{"Idempotency-Key": {"k"}}, test.body)
		require.Len(t, found, 1, test.body)
		require.Equal(t, test.want, found[0].Message)
	}
}

func TestMessagesNeverRepeatTheRequest(t *testing.T) {
	secret := "s3cr3t"
	body := fmt.Sprintf(`{"templateId":%[1]q,"to":{"email":%[1]q,"externalId":[%[1]q]},"subject":{"a":%[1]q},`+
		`"cc":[{"b":%[1]q}],"tracking":{"clicks":%[1]q}}`, secret)
	header := http.Header{"Idempotency-Key": {strings.Repeat(secret, 100)}}
	found := issues(t, "sendEmail", "limit="+secret, header, body)
	require.Len(t, found, 8)
	for _, issue := range found {
		require.NotContains(t, issue.Message, secret)
	}
}

func TestTheDecodedBodyKeepsItsNumbers(t *testing.T) {
	op := operation(t, "trackEvent")
	r := httptest.NewRequest(op.Method, "/", nil)
	r.Header.Set("Idempotency-Key", "k")
	body := []byte(`{"event":"e","profile":{"externalId":"c"},"data":{"n":12345678901234567890.10}}`)
	decoded, found := op.Check(r, body, r.PathValue)
	require.Empty(t, found)
	require.Equal(t, json.Number("12345678901234567890.10"), decoded.(map[string]any)["data"].(map[string]any)["n"])
}

func TestABatchItemIsCheckedAlone(t *testing.T) {
	found := wire.CheckSchema("BatchItem", map[string]any{"templateId": id, "defaults": json.Number("1")})
	require.Equal(t, []string{
		"body /defaults unknown_field",
		"body /idempotencyKey required",
		"body /to required",
	}, short(found))
	require.Equal(t, []string{"body  type"}, short(wire.CheckSchema("BatchItem", nil)))
	require.Panics(t, func() { wire.CheckSchema("Nothing", nil) })
}

func TestAnIntegerThatGoCannotReadIsATypeIssue(t *testing.T) {
	require.Empty(t, check(t, "previewBroadcast", `{"limit":1e1}`))
	var request struct {
		Limit int `json:"limit"`
	}
	err := json.Unmarshal([]byte(`{"limit":1e1}`), &request)
	require.Equal(t, "/limit", wire.DecodeIssue(err).Path)
	require.Equal(t, wire.CodeType, wire.DecodeIssue(err).Code)
	require.Equal(t, wire.CodeMalformed, wire.DecodeIssue(json.Unmarshal([]byte(`{`), &request)).Code)
}

func FuzzCheck(f *testing.F) {
	f.Add(receipt)
	f.Add(`{"items":[{"idempotencyKey":"k"}],"items":[]}`)
	f.Add("[[[{\"\":1e999999999,\"\":\"\\ud800\"}]]]")
	operations := wire.Operations()
	f.Fuzz(func(t *testing.T, body string) {
		for i := range operations {
			op := &operations[i]
			r := httptest.NewRequest(op.Method, "/", nil)
			_, found := op.Check(r, []byte(body), func(string) string { return body })
			for _, issue := range found {
				require.NotEmpty(t, issue.Message)
			}
		}
	})
}
