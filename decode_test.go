package segmentflow_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
)

func TestReplyTimesAreReadInEveryFormOfTheContract(t *testing.T) {
	at := time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC)
	for text, want := range map[string]time.Time{
		"2026-03-02T09:30Z":                        at,
		"2026-03-02t09:30z":                        at,
		"2026-03-02 09:30Z":                        at,
		"2026-03-02T10:30+01:00":                   at,
		"2026-03-01T10:00:00-23:30":                at,
		"2026-03-02T09:30:00z":                     at,
		"2026-03-02T09:30:00.5Z":                   at.Add(500 * time.Millisecond),
		"2026-03-02t09:30:00.1234567890123456789z": at.Add(123_456_789),
		`2026-03-02T09\u003a30Z`:                   at,
		"2024-02-29T09:30Z":                        time.Date(2024, 2, 29, 9, 30, 0, 0, time.UTC),
	} {
		client, _ := answering(t, reply{
			status: 200,
			body:   `{"runId":"r","triggeredAt":"` + text + `","completedAt":"` + text + `","status":"completed"}`,
		})
		run, err := client.Journeys.RetrieveRun(t.Context(), "r")
		require.NoError(t, err, text)
		assert.WithinDuration(t, want, run.TriggeredAt, 0, text)
		assert.WithinDuration(t, want, *run.CompletedAt, 0, text)
		assert.Equal(t, segmentflow.JourneyRunStatusCompleted, run.Status, text)
	}
}

func TestAWrongFieldIsNamedAndTheRestDecoded(t *testing.T) {
	const sent = `{"createdAt":%s,"updatedAt":"2026-03-02T09:30Z","cc":[%s],"from":%s,"id":"s1","later":1}`
	const good = `"2026-03-02T09:30:00Z"`
	for body, want := range map[string]string{
		fmt.Sprintf(sent, `"secret"`, "", "{}"):            "the reply's field /createdAt is not a time",
		fmt.Sprintf(sent, `"2026-02-30T09:30Z"`, "", "{}"): "the reply's field /createdAt is not a time",
		fmt.Sprintf(sent, `""`, "", "{}"):                  "the reply's field /createdAt is not a time",
		fmt.Sprintf(sent, `1772444000`, "", "{}"):          "the reply's field /createdAt is not a time",
		fmt.Sprintf(sent, good, "", `"secret"`):            "the reply's field /from is not an object",
		fmt.Sprintf(sent, good, `{},"secret"`, "{}"):       "the reply's field /cc/1 is not an object",
		fmt.Sprintf(sent, good, `{"name":["secret"]}`, `{"email":false}`): "fields of the reply are wrong: " +
			"/cc/0/name is not a string, /from/email is not a string",
		fmt.Sprintf(sent, `7`, strings.Repeat(`7,`, 6)+`7`, `{}`): "fields of the reply are wrong: " +
			"/createdAt is not a time, /cc/0 is not an object, /cc/1 is not an object, /cc/2 is not an object, " +
			"/cc/3 is not an object, and 3 more",
	} {
		client, w := answering(t, reply{status: 200, body: body, headers: []string{"X-Request-Id: req_1"}})
		send, err := client.Emails.Send(t.Context(), receipt(), segmentflow.WithIdempotencyKey("k"))
		e := refused(t, err)
		assert.Equal(t,
			"segmentflow: POST /api/v1/emails: 200 OK: "+want+"; the rest was decoded (request req_1, attempts 1)",
			err.Error(),
		)
		assert.NotContains(t, fmt.Sprint(err.Error(), e.Unwrap().Error()), "secret")
		assert.Equal(t, 200, e.Status)
		assert.Equal(t, "k", e.IdempotencyKey)
		assert.Equal(t, body, string(e.Body))
		assert.Equal(t, 1, w.count(), "the send is not repeated")

		require.NotNil(t, send)
		assert.Equal(t, "s1", send.ID)
		assert.Equal(t, time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC), send.UpdatedAt)
	}
}

func TestTheCauseOfAWrongFieldIsFound(t *testing.T) {
	for _, number := range []string{"1e99", "1e19", "0.5"} {
		client, _ := answering(t, reply{status: 200, body: `{"deleted":` + number + `}`})
		params := &segmentflow.BulkDeleteProfilesParams{ProfileIDs: []string{"p"}}
		result, err := client.Profiles.BulkDelete(t.Context(), params)
		require.NotNil(t, result)
		require.ErrorContains(t, err, "/deleted is not an integer in range")
		var wrong *json.UnmarshalTypeError
		require.ErrorAs(t, err, &wrong)
		require.NotErrorIs(t, err, segmentflow.ErrInvalidRequest)
	}
}

func TestIntegersAreReadInEveryForm(t *testing.T) {
	client, _ := answering(t, reply{
		status: 200,
		body:   `{"eventId":"e","matchedJourneys":3.0,"enrolledJourneys":2e0,"skippedJourneys":-0}`,
	})
	event, err := client.Events.Track(t.Context(), &segmentflow.TrackEventParams{Event: "e"})
	require.NoError(t, err)
	assert.Equal(t, &segmentflow.TrackedEvent{EventID: "e", MatchedJourneys: 3, EnrolledJourneys: 2}, event)
}

func TestABatchKeepsItsItemsWhenOneIsWrong(t *testing.T) {
	client, _ := answering(t, reply{status: 200, body: `{"total":"three","accepted":2,"rejected":1,"items":[
		{"index":0,"idempotencyKey":"a","send":{"id":"s0","createdAt":"2026-03-02T09:30Z"}},
		{"index":1,"idempotencyKey":"b","send":null,"error":{"error":"validation_failed","message":"No."}},
		{"index":2,"idempotencyKey":"c","send":{"id":"s2","createdAt":"yesterday"}}]}`})
	batch, err := client.Emails.BatchSend(t.Context(), &segmentflow.BatchSendParams{
		Items: make([]segmentflow.BatchSendItem, 3),
	})
	require.ErrorContains(t, err, "/total is not an integer in range, /items/2/send/createdAt is not a time")
	require.NotNil(t, batch)
	require.Len(t, batch.Items, 3)
	assert.Equal(t, "s0", batch.Items[0].Send.ID)
	assert.Equal(t, 2026, batch.Items[0].Send.CreatedAt.Year())
	require.ErrorIs(t, batch.Items[1].Err, segmentflow.ErrValidationFailed)
	assert.Equal(t, "s2", batch.Items[2].Send.ID)
	assert.Equal(t, "c", batch.Items[2].IdempotencyKey)
	assert.Equal(t, 2, batch.Accepted)
}

func TestABatchItemIsRejectedIfItHasNoSend(t *testing.T) {
	client, _ := answering(t, reply{status: 200, body: `{"items":[
		{"index":0,"idempotencyKey":"a","send":{"id":"s0"},"error":{"error":"x"}},
		{"index":1,"idempotencyKey":"b","error":{"error":"validation_failed","message":5,"details":{"reason":"r"}}},
		{"index":2,"idempotencyKey":"c","error":{"error":"x","status":422,"attempts":9,"requestId":"other"}},
		{"index":3,"idempotencyKey":"d","error":"no"},
		{"index":4,"idempotencyKey":"e"},
		{"index":5,"idempotencyKey":"f","error":{"message":"No."}}]}`})
	batch, err := client.Emails.BatchSend(t.Context(), &segmentflow.BatchSendParams{
		Items: make([]segmentflow.BatchSendItem, 6),
	})
	require.ErrorContains(t, err, "200 OK: the reply has neither a send nor an error for item 4 (")
	const item = "segmentflow: POST /api/v1/emails/batch item "
	for index, want := range []string{
		"", "1: validation_failed (r)", "2: x", "3: the item was rejected without a reason",
		"4: the item was rejected without a reason", "5: No.",
	} {
		got := batch.Items[index]
		if want == "" {
			assert.Nil(t, got.Err)
			continue
		}
		assert.Nil(t, got.Send)
		assert.Equal(t, item+want+" (attempts 1)", got.Err.Error())
		assert.Zero(t, got.Err.Status)
		assert.Equal(t, got.IdempotencyKey, got.Err.IdempotencyKey)
	}
}

func TestARefusalKeepsItsCodeWhenAnotherFieldIsWrong(t *testing.T) {
	client, _ := answering(t, reply{status: 404, body: `{"error":"not_found","message":["secret"],"details":7}`})
	_, err := client.Emails.Retrieve(t.Context(), sendID)
	require.ErrorIs(t, err, segmentflow.ErrNotFound)
	assert.NotContains(t, err.Error(), "secret")
}

func TestAllYieldsAnItemWithAWrongFieldBesideTheError(t *testing.T) {
	for name := range lists(t) {
		list := lists(t)[name]
		client, w := answering(t, reply{
			status: 200,
			body:   `{"` + list.plural + `":[{"id":"1"},{"id":"2","createdAt":0},{"id":"3"}],"nextCursor":"q"}`,
		})
		got, err := list.none(client)()
		require.ErrorContains(t, err, "/"+list.plural+"/1/createdAt is not a time", name)
		assert.Equal(t, []string{"1"}, got, "%s: the items before the wrong one", name)
		assert.Equal(t, 1, w.count(), name)
	}

	for body, want := range map[string]string{
		`{"profiles":[{"id":"1"},{"id":"2","createdAt":0},{"id":"3"}],"nextCursor":5}`: "1, 2 and an error",
		`{"profiles":[{"id":"1"},{"id":"2"}],"nextCursor":5}`:                          "1, 2,  and an error",
		`{"profiles":{},"nextCursor":"q"}`:                                             " and an error",
	} {
		client, _ := answering(t, reply{status: 200, body: body})
		var got string
		for profile, err := range client.Profiles.All(t.Context(), nil) {
			got += profile.ID
			if err != nil {
				got += " and an error"
				continue
			}
			got += ", "
		}
		assert.Equal(t, want, got)
	}
}

// spoil returns copies of a JSON value in which one scalar each was replaced by a wrong one, by its JSON pointer.
func spoil(value any, wrong any) map[string]any {
	spoiled := map[string]any{}
	switch value := value.(type) {
	case map[string]any:
		for name, member := range value {
			for pointer, copied := range spoil(member, wrong) {
				all := maps.Clone(value)
				all[name] = copied
				spoiled["/"+name+pointer] = all
			}
		}
	case []any:
		for index, item := range value {
			for pointer, copied := range spoil(item, wrong) {
				all := slices.Clone(value)
				all[index] = copied
				spoiled["/"+strconv.Itoa(index)+pointer] = all
			}
		}
	default:
		spoiled[""] = wrong
	}
	return spoiled
}

func TestEachFieldOfEachReplyMayBeWrongAndTheRestIsDecoded(t *testing.T) {
	named, seen := 0, map[string]bool{}
	for id, op := range readContract(t).operations(t) {
		for _, examples := range op.replies {
			for name, example := range examples {
				same := fmt.Sprint(reflect.TypeOf(methods[id]).Out(0), asJSON(t, example))
				if seen[same] {
					continue
				}
				seen[same] = true
				for pointer, body := range spoil(example, []any{"secret"}) {
					client, _ := answering(t, reply{status: 200, body: asJSON(t, body)})
					got, err := invoke(t, client, methods[id], minimalParams(op))
					require.False(t, reflect.ValueOf(got).IsZero(), "%s %s %s: %v", id, name, pointer, err)
					if err == nil {
						continue // a field of any type
					}
					require.ErrorContains(t, err, "the reply's field "+pointer+" is not ", id)
					assert.NotContains(t, err.Error(), "secret")
					named++

					without := spoil(example, nil)[pointer]
					client, _ = answering(t, reply{status: 200, body: asJSON(t, without)})
					want, err := invoke(t, client, methods[id], minimalParams(op))
					if err != nil {
						require.ErrorContains(t, err, "the reply has ", pointer)
					}
					assert.Equal(t, want, got, "%s %s without %s", id, name, pointer)
				}
			}
		}
	}
	assert.Greater(t, named, len(methods))
}

func TestAHostileReplyIsDecodedInLinearTime(t *testing.T) {
	const deep, wide = 4_000, 1 << 20
	nested := strings.Repeat(`{"a":[`, deep) + `1e999,"` + strings.Repeat("x", wide) + `"` + strings.Repeat("]}", deep)
	many := "[" + strings.Repeat(`{"createdAt":7},`, 5_000) + `{"id":"last"}]`
	client, _ := answering(t, reply{status: 200, body: nested}, reply{status: 200, body: many})

	var anything any
	err := client.Do(t.Context(), "GET", "/", nil, &anything)
	require.ErrorContains(t, err, "/a/0/a/0")
	assert.Less(t, len(err.Error()), 1000)
	require.NotNil(t, anything)

	templates, err := client.Templates.List(t.Context(), nil)
	require.ErrorContains(t, err, "and 4995 more")
	assert.Equal(t, "last", templates[5_000].ID)
}

func TestAWrongFieldMayBeSpelledAsEncodingJSONAccepts(t *testing.T) {
	for _, name := range []string{"SUBJECT", "\\u0073ubject", "ſubject", "\\u017fubject", "ſUBJECT"} {
		client, _ := answering(t, reply{status: 200, body: `{"id":"s1","` + name + `":5}`})
		send, err := client.Emails.Retrieve(t.Context(), sendID)
		require.ErrorContains(t, err, "is not a string; the rest was decoded", name)
		require.NotNil(t, send, name)
		assert.Equal(t, "s1", send.ID)
	}
}

func TestAWrongFieldBesideAnEmbeddedPointerDoesNotPanic(t *testing.T) {
	client, _ := answering(t, reply{status: 200, body: `{"finding":{"code":5},"id":"x","found":{"code":5},"n":"x"}`})
	var out struct {
		Finding struct{ *segmentflow.PreflightFinding }
		Found   *segmentflow.PreflightFinding
		ID      string
		N       int
	}
	err := client.Do(t.Context(), "GET", "/x", nil, &out)
	require.ErrorContains(t, err,
		"/finding is not of the expected type, /found/code is not a string, /n is not an integer in range")
	assert.Equal(t, "x", out.ID)
}

func TestTheNamesOfWrongFieldsAreSafeForLogs(t *testing.T) {
	name := `a/b~c\n` + apiKey + strings.Repeat("x", 300)
	client, _ := answering(t, reply{status: 200, body: `{"` + name + `":"x"}`})
	out := map[string]int{"kept": 1}
	err := client.Do(t.Context(), "GET", "/", nil, &out)
	require.ErrorContains(t, err, "field /a~1b~0c\uFFFD[API key]x")
	assert.Less(t, len(err.Error()), 400)
	assert.Equal(t, 1, out["kept"])
}

// own is a type of the caller's that decodes itself.
type own struct{ text string }

func (o *own) UnmarshalJSON(raw []byte) error {
	if raw[0] != '"' {
		return fmt.Errorf("not ours: %s", raw)
	}
	o.text = string(raw)
	return nil
}

func TestDoDecodesTypesOfTheCallerAsFarAsItCan(t *testing.T) {
	type Base struct {
		When time.Time
		Self *struct{ Name int }
	}
	type tree struct {
		*Base
		Tag   own
		Tags  map[string]*own
		Size  int8 `json:"size,string"`
		Leaf  any
		Inner []tree
		At    [2]time.Time
	}
	client, _ := answering(t, reply{status: 200, body: `{"when":"2026-03-02T09:30Z","SELF":{"name":"x"},"tag":7,
		"tags":{"a":7,"b":"b","c":null},"size":"12","leaf":{"n":1e999,"m":1},"at":["2026-03-02T09:30Z",0],
		"inner":[{"size":"100","when":[]},{"tag":null,"leaf":true}]}`})
	var got tree
	err := client.Do(t.Context(), "GET", "/", nil, &got)
	require.ErrorContains(t, err, "/SELF/name is not an integer in range, /tag is not of the expected type, "+
		"/tags/a is not of the expected type, /leaf/n is not a number in range, /at/1 is not a time, and 2 more")
	assert.NotContains(t, err.Error(), "not ours")
	assert.Equal(t, 2026, got.When.Year())
	assert.Equal(t, map[string]*own{"a": nil, "b": {`"b"`}, "c": nil}, got.Tags)
	assert.EqualValues(t, 12, got.Size)
	assert.Equal(t, map[string]any{"n": nil, "m": 1.0}, got.Leaf)
	assert.Equal(t, 2026, got.At[0].Year())
	require.Len(t, got.Inner, 2)
	assert.Equal(t, true, got.Inner[1].Leaf)

	for _, out := range []any{got, (*segmentflow.ProfilePage)(nil)} {
		err = client.Do(t.Context(), "GET", "/", nil, out)
		require.ErrorContains(t, err, "not sent: out must ")
	}
}
