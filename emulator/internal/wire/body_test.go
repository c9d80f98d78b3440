package wire_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

type bodyTest struct {
	name, operation, body string
	want                  []string
}

func run(t *testing.T, tests []bodyTest) {
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) { require.Equal(t, test.want, check(t, test.operation, test.body)) })
	}
}

func TestSendRecipientsInBodies(t *testing.T) {
	run(t, []bodyTest{
		{"a valid send", "sendEmail", send + `}`, nil},
		{
			"everything a send may have is allowed", "sendEmail",
			`{"templateId":"` + id + `","profileId":"` + id + `","senderProfileId":"` + id + `",` +
				`"from":"Acme <a@b.example>","replyTo":"a@b.example","subject":"s",` +
				`"subscriptionGroupId":"` + id + `","cc":"a@b.example","bcc":["a@b.example"],` +
				`"data":{"n":12345678901234567890},"tracking":{"clicks":true}}`,
			nil,
		},
		{"a recipient is missing", "sendEmail", `{"templateId":"` + id + `"}`, []string{"body /to required"}},
		{
			"a profileId replaces the recipient", "sendEmail",
			`{"templateId":"` + id + `","profileId":"` + id + `"}`,
			nil,
		},
		{
			"an empty recipient is one issue", "sendEmail",
			`{"templateId":"` + id + `","to":{}}`,
			[]string{"body /to required"},
		},
		{
			"a misspelt recipient", "sendEmail",
			`{"templateId":"` + id + `","to":{"mail":"a@b.example"}}`,
			[]string{"body /to required", "body /to/mail unknown_field"},
		},
		{
			"an address", "sendEmail",
			`{"templateId":"` + id + `","to":{"email":"alex@"}}`,
			[]string{"body /to/email format"},
		},
		{"a uuid", "sendEmail", `{"templateId":"7","to":{"externalId":"7"}}`, []string{"body /templateId format"}},
	})
}

func TestSendFieldsInBodies(t *testing.T) {
	run(t, []bodyTest{
		{
			"a wrong type", "sendEmail",
			send + `,"subject":7,"data":[]}`,
			[]string{"body /data type", "body /subject type"},
		},
		{"null is not a value", "sendEmail", send + `,"subject":null}`, []string{"body /subject type"}},
		{
			"too short and too long", "sendEmail",
			send + `,"subject":"","from":"` + strings.Repeat("x", 321) + `"}`,
			[]string{"body /from too_long", "body /subject too_short"},
		},
		{"characters are counted, not bytes", "sendEmail", send + `,"from":"` + strings.Repeat("ü", 320) + `"}`, nil},
		{
			"too many copies", "sendEmail",
			send + `,"cc":[` + strings.Repeat(`"a@b.example",`, 50) + `"a@b.example"]}`,
			[]string{"body /cc too_many"},
		},
		{"a copy that is neither a string nor a list", "sendEmail", send + `,"cc":7}`, []string{"body /cc type"}},
		{"a copy that is not a string", "sendEmail", send + `,"bcc":["a@b.example",7]}`, []string{"body /bcc/1 type"}},
		{
			"unknown fields", "sendEmail",
			send + `,"html":"<p>","a/b~":1}`,
			[]string{"body /a~1b~0 unknown_field", "body /html unknown_field"},
		},
		{
			"a field in another case is unknown", "sendEmail",
			send + `,"Subject":"s"}`,
			[]string{"body /Subject unknown_field"},
		},
		{"a body that is not an object", "sendEmail", `[]`, []string{"body  type"}},
	})
}

func TestBodiesOfEventsAndTriggers(t *testing.T) {
	run(t, []bodyTest{
		{
			"free-form data is free", "trackEvent",
			`{"event":"e","profile":{"externalId":"c","properties":{"a":{"b":null}}},"data":{"":[1e400]}}`,
			nil,
		},
		{
			"properties do not identify a Profile", "trackEvent",
			`{"event":"e","profile":{"properties":{}}}`,
			[]string{"body /profile required"},
		},
		{
			"a pattern", "trackEvent",
			`{"event":"e","profile":{"externalId":"c"},"redactedDataPaths":["/event/x","/data/x"]}`,
			[]string{"body /redactedDataPaths/1 pattern"},
		},
		{
			"a date-time", "trackEvent",
			`{"event":"e","profile":{"externalId":"c"},"occurredAt":"2026-02-29T10:00Z"}`,
			[]string{"body /occurredAt format"},
		},
		{
			"seconds may be left out, offsets given", "trackEvent",
			`{"event":"e","profile":{"externalId":"c"},"occurredAt":"2024-02-29T10:00+01:00"}`,
			nil,
		},
		{"an anonymous id is an identifier", "triggerJourney", `{"profile":{"anonymousId":"a"}}`, nil},
		{"no identifier at all", "triggerJourney", `{"profile":{}}`, []string{"body /profile required"}},
	})
}

func TestBodiesOfBatchesPreviewsAndProfiles(t *testing.T) {
	run(t, []bodyTest{
		{"a batch without items", "batchSendEmails", `{"items":[]}`, []string{"body /items too_few"}},
		{
			"a batch with too many", "batchSendEmails",
			`{"items":[` + strings.Repeat(`1,`, 100) + `1]}`,
			[]string{"body /items too_many"},
		},
		{"broken items do not break a batch", "batchSendEmails", `{"items":[null,7,{}]}`, nil},
		{
			"defaults cannot have a recipient", "batchSendEmails",
			`{"items":[1],"defaults":{"to":{}}}`,
			[]string{"body /defaults/to unknown_field"},
		},
		{"below the minimum", "previewBroadcast", `{"limit":0}`, []string{"body /limit min"}},
		{"above the maximum", "previewBroadcast", `{"limit":101}`, []string{"body /limit max"}},
		{"an absurd number", "previewBroadcast", `{"limit":1e2000000}`, []string{"body /limit type"}},
		{"an optional body may be absent", "previewBroadcast", " ", nil},
		{"outside the enum", "setProfileSubscription", `{"status":"subscribed"}`, []string{"body /status enum"}},
		{
			"an empty filter would delete every Profile", "bulkDeleteProfiles",
			`{"filter":{}}`,
			[]string{"body /filter too_few"},
		},
	})
}

func TestBodiesOfBroadcasts(t *testing.T) {
	run(t, []bodyTest{
		{"neither of two alternatives", "testBroadcast", `{}`, []string{"body  required"}},
		{
			"both of two alternatives", "testBroadcast",
			`{"email":"a@b.example","profileId":"` + id + `"}`,
			[]string{"body  conflict"},
		},
		{
			"a Template rules out inline content", "createBroadcast",
			`{"templateId":"` + id + `","html":"<p>","text":""}`,
			[]string{"body /html conflict", "body /text conflict"},
		},
		{
			"inline content is incomplete", "createBroadcast",
			`{}`,
			[]string{"body  required", "body /from required", "body /subject required"},
		},
		{
			"a time without send", "createBroadcast",
			`{"templateId":"` + id + `","scheduledAt":"in 1 hour"}`,
			[]string{"body /scheduledAt conflict"},
		},
		{
			"a time with send", "createBroadcast",
			`{"templateId":"` + id + `","scheduledAt":"in 2 weeks","send":true}`,
			nil,
		},
		{
			"a time in an unknown form", "scheduleBroadcast",
			`{"scheduledAt":"tomorrow"}`,
			[]string{"body /scheduledAt pattern"},
		},
		{
			"two names of one member agree", "createBroadcast",
			`{"templateId":"` + id + `","topicId":"` + strings.ToUpper(id) + `","subscriptionGroupId":"` + id + `"}`,
			nil,
		},
		{
			"two names of one member differ", "createBroadcast",
			`{"templateId":"` + id + `","topicId":"00000000-0000-0000-0000-000000000000",` +
				`"subscriptionGroupId":"` + id + `"}`,
			[]string{"body /topicId conflict"},
		},
		{
			"a cleared Template leaves room for inline content", "updateBroadcast",
			`{"templateId":null,"html":"<p>","segmentId":null}`,
			nil,
		},
		{"a body where none is declared", "cancelBroadcast", `{"force":true}`, []string{"body /force unknown_field"}},
		{"an empty object where no body is declared", "cancelBroadcast", `{}`, nil},
		{"a list where no body is declared", "cancelBroadcast", `[]`, []string{"body  type"}},
	})
}

func TestBodiesThatAreNotStrictJSON(t *testing.T) {
	run(t, []bodyTest{
		{"an empty body", "sendEmail", ``, []string{"body  required"}},
		{"a broken body", "sendEmail", `{"a":`, []string{"body  malformed"}},
		{"two bodies", "sendEmail", `{} {}`, []string{"body  malformed"}},
		{"a body that is not UTF-8", "sendEmail", "{\"a\":\"\xff\"}", []string{"body  malformed"}},
		{
			"a member twice", "sendEmail",
			send + `,"data":{"x":[{"a":1,"a":{"b":1,"b":2}}]},"data":{}}`,
			[]string{"body /data conflict", "body /data/x/0/a conflict", "body /data/x/0/a/b conflict"},
		},
		{
			"colons and quotes in text are not members", "sendEmail",
			send + `,"subject":"a:\"b\":\\","data":{"\\\"":":"}}`,
			nil,
		},
	})
}
