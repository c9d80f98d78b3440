package segmentflow_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
)

// idMembers are the members of replies that are an id, by their names in Go.
var idMembers = map[string]string{"ID": "id", "EventID": "eventId", "RunID": "runId",
	"ConfirmationID": "confirmationId", "SubscriptionGroupID": "subscriptionGroupId"}

// idOperations returns the operations whose replies have an id, and the member that it is in.
func idOperations(t *testing.T) map[string]string {
	found := map[string]string{}
	for id := range readContract(t).operations(t) {
		out := reflect.TypeOf(methods[id]).Out(0)
		if out.Kind() != reflect.Pointer || out.Elem().Kind() != reflect.Struct {
			continue
		}
		first := reflect.VisibleFields(out.Elem())[0]
		if first.Anonymous { // a Carrier
			first = reflect.VisibleFields(out.Elem())[1]
		}
		if member, ok := idMembers[first.Name]; ok && out == reflect.TypeFor[*segmentflow.Asset]() {
			found[id] = "asset/" + member
		} else if ok {
			found[id] = member
		}
	}
	return found
}

func TestASuccessWithoutItsIDIsAnErrorBesideWhatWasDecoded(t *testing.T) {
	contract := readContract(t).operations(t)
	all := idOperations(t)
	assert.Len(t, all, 43)
	for id, member := range all {
		for _, c := range []struct {
			reply reply
			want  string
		}{
			{reply{status: 200, body: `{}`}, "200 OK: the reply has no /" + member},
			{reply{status: 200, body: ` null `}, "200 OK: the reply has no /" + member},
			{reply{status: 201, body: `{"` + member + `":"","status":"s"}`}, "201 Created: the reply has no /"},
			{reply{status: 200, body: `{"` + member + `":null}`}, "the reply has no /" + member},
			{reply{status: 204}, "204 No Content: the reply is empty"},
		} {
			client, w := answering(t, c.reply)
			got, err := invoke(t, client, methods[id], minimalParams(contract[id]))
			e := refused(t, err)
			require.ErrorContains(t, err, c.want, id)
			assert.Equal(t, c.reply.status, e.Status)
			assert.Equal(t, c.reply.body, string(e.Body))
			assert.Equal(t, 1, w.count(), "it is not repeated")
			require.False(t, reflect.ValueOf(got).IsNil(), id)
			status := reflect.ValueOf(got).Elem().FieldByName("Status")
			if status.IsValid() && strings.Contains(c.reply.body, "status") {
				assert.Equal(t, "s", status.String(), id)
			}
		}
		client, _ := answering(t, reply{status: 200})
		_, err := invoke(t, client, methods[id], minimalParams(contract[id]))
		require.ErrorContains(t, err, "200 OK: the reply is empty", id)
	}
}

func TestAReplyWithNothingInItIsAnError(t *testing.T) {
	with := 0
	for id, op := range readContract(t).operations(t) {
		if reflect.TypeOf(methods[id]).NumOut() < 2 { // it returns an error only
			continue
		}
		with++
		for _, body := range []string{"{}", "null"} {
			client, w := answering(t, reply{status: 200, body: body})
			_, err := invoke(t, client, methods[id], minimalParams(op))
			require.ErrorContains(t, err, "200 OK: ", id)
			assert.Equal(t, 1, w.count(), "it is not repeated")
		}
	}
	assert.Equal(t, 64, with)
}

func TestAPageHasTheListOfTheReply(t *testing.T) {
	space := strings.Repeat(" ", 5000)
	for body, want := range map[string][]segmentflow.Profile{
		`{"profiles":[{"id":"a"}]` + space + "}": {{ID: "a"}},
		`{"profiles":[]` + space + "}":           {},
		`{"profiles":null` + space + "}":         nil,
	} {
		client, _ := answering(t, reply{status: 200, body: body})
		page, err := client.Profiles.List(t.Context(), nil)
		require.NoError(t, err)
		assert.Equal(t, want, page.Profiles)
		broadcasts, err := client.Broadcasts.List(t.Context(), nil)
		require.ErrorContains(t, err, "the reply has no /broadcasts")
		assert.Nil(t, broadcasts.Broadcasts)
	}
}

func TestAReplyWithoutItsListIsAnError(t *testing.T) {
	lists := map[string]func(*segmentflow.Client) error{
		"/broadcasts": func(client *segmentflow.Client) error {
			_, err := client.Broadcasts.List(t.Context(), nil)
			return err
		},
		"/newsletters": func(client *segmentflow.Client) error {
			_, err := client.Newsletters.List(t.Context(), nil)
			return err
		},
		"/issues": func(client *segmentflow.Client) error {
			_, err := client.NewsletterIssues.List(t.Context(), "n", nil)
			return err
		},
		"/segments": func(client *segmentflow.Client) error {
			_, err := client.Segments.List(t.Context(), nil)
			return err
		},
		"/subscriptions": func(client *segmentflow.Client) error {
			_, err := client.Profiles.Subscriptions(t.Context(), "p")
			return err
		},
		"list": func(client *segmentflow.Client) error {
			_, err := client.Templates.List(t.Context(), nil)
			return err
		},
		"/profiles": func(client *segmentflow.Client) error {
			for _, err := range client.Profiles.All(t.Context(), nil) {
				return err
			}
			return nil
		},
	}
	for name, list := range lists {
		for _, answer := range []reply{{status: 200, body: "null"}, {status: 200, body: "{}"}, {status: 204}} {
			client, w := answering(t, answer)
			err := list(client)
			switch {
			case answer.status == 204:
				require.ErrorContains(t, err, "the reply is empty", name)
			case name == "list" && answer.body == "{}":
				require.ErrorContains(t, err, "the reply is not a list", name)
			default:
				require.ErrorContains(t, err, "the reply has no "+name)
			}
			assert.Equal(t, 1, w.count(), "what a repeated call returns would be the same")
		}
	}
}

func TestAReplyToABatchMustAnswerEachItemOnce(t *testing.T) {
	const a, b = `{"index":0,"send":{"id":"a"}}`, `{"index":1,"error":{"error":"not_found","message":"No."}}`
	for body, want := range map[string]string{
		`{"items":[` + a + `,` + b + `]}`:                                     "",
		`{"items":[` + b + `,` + a + `],"total":2,"accepted":1,"rejected":1}`: "",

		`{}`:   "no result for items 0, 1",
		`null`: "no result for items 0, 1",

		`{"items":null,"total":2}`:        "no result for items 0, 1; total 2 instead of 0",
		`{"items":[` + a + `]}`:           "no result for item 1",
		`{"items":[` + a + `,` + a + `]}`: "no result for item 1; more than one result for item 0",
		`{"items":[` + b + `,null]}`:      "neither a send nor an error for item 0",

		`{"items":[` + a + `,` + b + `,{"index":2,"send":{"id":"c"}},{"index":-1,"error":{}}]}`: "" +
			"a result for items 2, -1, which was not sent",
		`{"items":[` + a + `,{"index":1,"status":"accepted"}]}`: "" +
			"neither a send nor an error for item 1",
		`{"items":[` + a + `,{"index":1,"send":null,"error":null}]}`: "" +
			"neither a send nor an error for item 1",
		`{"items":[` + b + `,{"index":0,"send":{}}]}`: "a send without id for item 0",
		`{"items":[` + a + `,` + b + `],"total":3,"accepted":2,"rejected":1}`: "" +
			"total 3 instead of 2, accepted 2 instead of 1",
		`{"items":[` + a + `,` + b + `],"rejected":0}`: "rejected 0 instead of 1",
	} {
		client, w := answering(t, reply{status: 200, body: body, headers: []string{"X-Request-Id: req_1"}})
		batch, err := client.Emails.BatchSend(t.Context(), &segmentflow.BatchSendParams{
			Items: []segmentflow.BatchSendItem{item(0), {}},
		}, segmentflow.WithIdempotencyKey("k"))
		require.NotNil(t, batch, body)
		for _, item := range batch.Items {
			assert.Equal(t, item.Send == nil, item.Err != nil, body)
		}
		if want == "" {
			require.NoError(t, err)
			counts := []int{batch.Total, batch.Accepted, batch.Rejected}
			assert.Equal(t, []int{2, 1, 1}, counts, "also if the reply does not have them")
			continue
		}
		e := refused(t, err)
		require.ErrorContains(t, err, "POST /api/v1/emails/batch: 200 OK: the reply has "+want, body)
		assert.Equal(t, []any{"k", "req_1", body}, []any{e.IdempotencyKey, e.RequestID, string(e.Body)})
		assert.Equal(t, 1, w.count())
	}
}

func TestABatchThatWasNotAnsweredIsAnError(t *testing.T) {
	for _, c := range []reply{{status: 204}, {status: 200}, {status: 200, body: "<html>"}} {
		client, _ := answering(t, c)
		_, err := client.Emails.BatchSend(t.Context(), &segmentflow.BatchSendParams{
			Items: []segmentflow.BatchSendItem{item(0)},
		})
		assert.Equal(t, c.status, refused(t, err).Status)
	}
}

func TestALongListOfMissingResultsIsCut(t *testing.T) {
	client, _ := answering(t, accepted(3))
	batch, err := client.Emails.BatchSend(t.Context(), &segmentflow.BatchSendParams{
		Items: make([]segmentflow.BatchSendItem, 100),
	})
	require.ErrorContains(t, err, "the reply has no result for items 3, 4, 5, 6, 7 and 92 more (")
	require.Len(t, batch.Items, 3)
	key := refused(t, err).IdempotencyKey
	for index, item := range batch.Items {
		assert.Equal(t, fmt.Sprint(key, "/", index), item.IdempotencyKey, "the key that was sent")
	}
}
