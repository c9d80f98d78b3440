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

// check runs a call with its key and gives the issues as "in path code".
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

type bodyTest struct {
	name, operation, body string
	want                  []string
}

func run(t *testing.T, tests []bodyTest) {
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) { require.Equal(t, test.want, check(t, test.operation, test.body)) })
	}
}

func TestBodiesOfMailEventsAndTriggers(t *testing.T) {
	run(t, []bodyTest{
		{"a valid send has none", "sendEmail", send + `}`, nil},
		{"everything a send may hold is allowed", "sendEmail", `{"templateId":"` + id + `","profileId":"` + id + `","senderProfileId":"` + id +
			`","from":"Acme <a@b.example>","replyTo":"a@b.example","subject":"s","subscriptionGroupId":"` + id +
			`","cc":"a@b.example","bcc":["a@b.example"],"data":{"n":12345678901234567890},"tracking":{"clicks":true}}`, nil},
		{"a recipient is missing", "sendEmail", `{"templateId":"` + id + `"}`, []string{"body /to required"}},
		{"a profileId stands for the recipient", "sendEmail", `{"templateId":"` + id + `","profileId":"` + id + `"}`, nil},
		{"an empty recipient is one issue", "sendEmail", `{"templateId":"` + id + `","to":{}}`, []string{"body /to required"}},
		{"a misspelt recipient", "sendEmail", `{"templateId":"` + id + `","to":{"mail":"a@b.example"}}`, []string{"body /to required", "body /to/mail unknown_field"}},
		{"an address", "sendEmail", `{"templateId":"` + id + `","to":{"email":"alex@"}}`, []string{"body /to/email format"}},
		{"a uuid", "sendEmail", `{"templateId":"7","to":{"externalId":"7"}}`, []string{"body /templateId format"}},
		{"a wrong type", "sendEmail", send + `,"subject":7,"data":[]}`, []string{"body /data type", "body /subject type"}},
		{"null is no value", "sendEmail", send + `,"subject":null}`, []string{"body /subject type"}},
		{"too short and too long", "sendEmail", send + `,"subject":"","from":"` + strings.Repeat("x", 321) + `"}`, []string{"body /from too_long", "body /subject too_short"}},
		{"characters are counted, not bytes", "sendEmail", send + `,"from":"` + strings.Repeat("ü", 320) + `"}`, nil},
		{"too many copies", "sendEmail", send + `,"cc":[` + strings.Repeat(`"a@b.example",`, 50) + `"a@b.example"]}`, []string{"body /cc too_many"}},
		{"a copy that is neither text nor list", "sendEmail", send + `,"cc":7}`, []string{"body /cc type"}},
		{"a copy that is no text", "sendEmail", send + `,"bcc":["a@b.example",7]}`, []string{"body /bcc/1 type"}},
		{"unknown fields", "sendEmail", send + `,"html":"<p>","a/b~":1}`, []string{"body /a~1b~0 unknown_field", "body /html unknown_field"}},
		{"another letter case is unknown", "sendEmail", send + `,"Subject":"s"}`, []string{"body /Subject unknown_field"}},
		{"no object", "sendEmail", `[]`, []string{"body  type"}},
		{"free-form data is free", "trackEvent", `{"event":"e","profile":{"externalId":"c","properties":{"a":{"b":null}}},"data":{"":[1e400]}}`, nil},
		{"properties identify nobody", "trackEvent", `{"event":"e","profile":{"properties":{}}}`, []string{"body /profile required"}},
		{"a pattern", "trackEvent", `{"event":"e","profile":{"externalId":"c"},"redactedDataPaths":["/event/x","/data/x"]}`, []string{"body /redactedDataPaths/1 pattern"}},
		{"a date-time", "trackEvent", `{"event":"e","profile":{"externalId":"c"},"occurredAt":"2026-02-29T10:00Z"}`, []string{"body /occurredAt format"}},
		{"seconds may be left out, offsets given", "trackEvent", `{"event":"e","profile":{"externalId":"c"},"occurredAt":"2024-02-29T10:00+01:00"}`, nil},
		{"an anonymous id is an identifier", "triggerJourney", `{"profile":{"anonymousId":"a"}}`, nil},
		{"no identifier at all", "triggerJourney", `{"profile":{}}`, []string{"body /profile required"}},
	})
}

func TestBodiesOfBatchesAndBroadcasts(t *testing.T) {
	run(t, []bodyTest{
		{"a batch without items", "batchSendEmails", `{"items":[]}`, []string{"body /items too_few"}},
		{"a batch with too many", "batchSendEmails", `{"items":[` + strings.Repeat(`1,`, 100) + `1]}`, []string{"body /items too_many"}},
		{"broken items do not break a batch", "batchSendEmails", `{"items":[null,7,{}]}`, nil},
		{"defaults name no recipient", "batchSendEmails", `{"items":[1],"defaults":{"to":{}}}`, []string{"body /defaults/to unknown_field"}},
		{"below the minimum", "previewBroadcast", `{"limit":0}`, []string{"body /limit min"}},
		{"above the maximum", "previewBroadcast", `{"limit":101}`, []string{"body /limit max"}},
		{"an absurd number", "previewBroadcast", `{"limit":1e2000000}`, []string{"body /limit type"}},
		{"an optional body may be absent", "previewBroadcast", " ", nil},
		{"outside the enum", "setProfileSubscription", `{"status":"subscribed"}`, []string{"body /status enum"}},
		{"neither of two alternatives", "testBroadcast", `{}`, []string{"body  required"}},
		{"both of two alternatives", "testBroadcast", `{"email":"a@b.example","profileId":"` + id + `"}`, []string{"body  conflict"}},
		{"an empty filter would delete everybody", "bulkDeleteProfiles", `{"filter":{}}`, []string{"body /filter too_few"}},
		{"a Template rules out inline content", "createBroadcast", `{"templateId":"` + id + `","html":"<p>","text":""}`, []string{"body /html conflict", "body /text conflict"}},
		{"inline content is incomplete", "createBroadcast", `{}`, []string{"body  required", "body /from required", "body /subject required"}},
		{"a time without send", "createBroadcast", `{"templateId":"` + id + `","scheduledAt":"in 1 hour"}`, []string{"body /scheduledAt conflict"}},
		{"a time with send", "createBroadcast", `{"templateId":"` + id + `","scheduledAt":"in 2 weeks","send":true}`, nil},
		{"a time in other words", "scheduleBroadcast", `{"scheduledAt":"tomorrow"}`, []string{"body /scheduledAt pattern"}},
		{"two names of one member agree", "createBroadcast", `{"templateId":"` + id + `","topicId":"` + strings.ToUpper(id) + `","subscriptionGroupId":"` + id + `"}`, nil},
		{"two names of one member differ", "createBroadcast", `{"templateId":"` + id + `","topicId":"00000000-0000-0000-0000-000000000000","subscriptionGroupId":"` + id + `"}`, []string{"body /topicId conflict"}},
		{"a cleared Template leaves room for inline content", "updateBroadcast", `{"templateId":null,"html":"<p>","segmentId":null}`, nil},
		{"a body where none belongs", "cancelBroadcast", `{"force":true}`, []string{"body /force unknown_field"}},
		{"an empty object where no body belongs", "cancelBroadcast", `{}`, nil},
		{"a list where no body belongs", "cancelBroadcast", `[]`, []string{"body  type"}},
	})
}

func TestBodiesThatAreNoGoodJSON(t *testing.T) {
	run(t, []bodyTest{
		{"an empty body", "sendEmail", ``, []string{"body  required"}},
		{"a broken body", "sendEmail", `{"a":`, []string{"body  malformed"}},
		{"two bodies", "sendEmail", `{} {}`, []string{"body  malformed"}},
		{"no UTF-8", "sendEmail", "{\"a\":\"\xff\"}", []string{"body  malformed"}},
		{"a member twice", "sendEmail", send + `,"data":{"x":[{"a":1,"a":{"b":1,"b":2}}]},"data":{}}`, []string{"body /data conflict", "body /data/x/0/a conflict", "body /data/x/0/a/b conflict"}},
		{"colons and quotes in text are no members", "sendEmail", send + `,"subject":"a:\"b\":\\","data":{"\\\"":":"}}`, nil},
	})
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

func TestIssuesComeByPlaceAndPointer(t *testing.T) {
	op := operation(t, "triggerJourney")
	r := httptest.NewRequest(op.Method, "/?b=1&a=2", nil)
	_, found := op.Check(r, []byte(`{"profile":{"email":"x","userId":""},"variables":1}`), func(string) string { return strings.Repeat("k", 121) })
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
		{"no number", "listBroadcasts", "limit=ten", "query /limit type"},
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
		{"an optional key is left out", "cancelBroadcast", nil, nil},
		{"an operation without keys does not mind one", "retrieveEmail", []string{""}, nil},
		{"an empty key", "cancelBroadcast", []string{""}, []string{"header /Idempotency-Key too_short"}},
		{"255 characters", "cancelBroadcast", []string{strings.Repeat("ü", 255)}, nil},
		{"256 characters", "cancelBroadcast", []string{strings.Repeat("k", 256)}, []string{"header /Idempotency-Key too_long"}},
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
	require.Equal(t, []wire.Issue{{In: wire.InPath, Path: "/id", Code: wire.CodeFormat, Message: "must be a UUID"}}, found)
}

func TestMessagesSayWhatWouldBeRight(t *testing.T) {
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
	body := fmt.Sprintf(`{"templateId":%q,"to":{"email":%q,"externalId":[%[1]q]},"subject":{"a":%[1]q},"cc":[{"b":%[1]q}],"tracking":{"clicks":%[1]q}}`, secret, secret)
	found := issues(t, "sendEmail", "limit="+secret, http.Header{"Idempotency-Key": {strings.Repeat(secret, 100)}}, body)
	require.Len(t, found, 8)
	for _, issue := range found {
		require.NotContains(t, issue.Message, secret)
	}
}

func TestTheDecodedBodyKeepsItsNumbers(t *testing.T) {
	op := operation(t, "trackEvent")
	r := httptest.NewRequest(op.Method, "/", nil)
	r.Header.Set("Idempotency-Key", "k")
	decoded, found := op.Check(r, []byte(`{"event":"e","profile":{"externalId":"c"},"data":{"n":12345678901234567890.10}}`), r.PathValue)
	require.Empty(t, found)
	require.Equal(t, json.Number("12345678901234567890.10"), decoded.(map[string]any)["data"].(map[string]any)["n"])
}

func TestABatchItemIsCheckedByItself(t *testing.T) {
	found := wire.CheckSchema("BatchItem", map[string]any{"templateId": id, "defaults": json.Number("1")})
	require.Equal(t, []string{"body /defaults unknown_field", "body /idempotencyKey required", "body /to required"}, short(found))
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
			_, found := op.Check(httptest.NewRequest(op.Method, "/", nil), []byte(body), func(string) string { return body })
			for _, issue := range found {
				require.NotEmpty(t, issue.Message)
			}
		}
	})
}
