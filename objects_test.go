package segmentflow_test

import (
	"encoding/json"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
)

type purchase struct {
	ID string `json:"id"`
}

// itself marshals itself to any JSON.
type itself string

func (i itself) MarshalJSON() ([]byte, error) { return []byte(i), nil }

// byPointer marshals itself only by its pointer.
type byPointer struct{ ID string }

func (*byPointer) MarshalJSON() ([]byte, error) { return []byte(`{"by":"pointer"}`), nil }

// bag is a map with a marshaler.
type bag map[string]any

func (b bag) MarshalJSON() ([]byte, error) { return fmt.Appendf(nil, `{"size":%d}`, len(b)), nil }

// loop is a pointer that may lead to itself.
type loop *loop

// objects are all ways by which a value gets into a request as a JSON object: each sends one, and returns the path of
// the value, and the error.
var objects = map[string]func(*testing.T, *segmentflow.Client, any) (string, error){
	"send": func(t *testing.T, c *segmentflow.Client, v any) (string, error) {
		_, err := c.Emails.Send(t.Context(), &segmentflow.SendEmailParams{Data: v})
		return "/data", err
	},
	"batch": func(t *testing.T, c *segmentflow.Client, v any) (string, error) {
		_, err := c.Emails.BatchSend(t.Context(), &segmentflow.BatchSendParams{
			Items: []segmentflow.BatchSendItem{{IdempotencyKey: "k", Data: v}}})
		return "/items/0/data", err
	},
	"track": func(t *testing.T, c *segmentflow.Client, v any) (string, error) {
		_, err := c.Events.Track(t.Context(), &segmentflow.TrackEventParams{Data: v})
		return "/data", err
	},
	"track properties": func(t *testing.T, c *segmentflow.Client, v any) (string, error) {
		_, err := c.Events.Track(t.Context(), &segmentflow.TrackEventParams{
			Profile: segmentflow.ProfileIdentity{Properties: v}})
		return "/profile/properties", err
	},
	"trigger": func(t *testing.T, c *segmentflow.Client, v any) (string, error) {
		_, err := c.Journeys.Trigger(t.Context(), "j", &segmentflow.TriggerJourneyParams{Variables: v})
		return "/variables", err
	},
	"trigger properties": func(t *testing.T, c *segmentflow.Client, v any) (string, error) {
		_, err := c.Journeys.Trigger(t.Context(), "j", &segmentflow.TriggerJourneyParams{
			Profile: segmentflow.ProfileIdentity{Properties: v}})
		return "/profile/properties", err
	},
}

// whole is a reply that fits all operations of objects.
var whole = reply{status: 200, body: `{"id":"x","eventId":"x","runId":"x","total":1,"accepted":1,"rejected":0,
	"items":[{"index":0,"idempotencyKey":"k","send":{"id":"x"}}]}`}

func TestDataMustBeAnObject(t *testing.T) {
	var circle loop
	circle = &circle
	for operation, send := range objects {
		client, w := answering(t, whole)
		for _, data := range []any{
			"{}", 1, true, []any{}, []byte("{}"), []string(nil), time.Time{},
			json.RawMessage("{"), json.RawMessage(""), json.RawMessage("[]"), itself("7"), itself("{"),
			make(chan int), map[string]any{"n": math.NaN()}, &map[string]any{"n": func() {}}, struct{ C chan int }{},
			circle,
		} {
			path, err := send(t, client, data)
			require.ErrorIs(t, err, segmentflow.ErrInvalidRequest, "%s %T", operation, data)
			require.Len(t, refused(t, err).Issues, 1, "%s %T", operation, data)
			assert.Equal(t, path, refused(t, err).Issues[0].Path, "%s %T", operation, data)
		}
		unsupported := &json.UnsupportedTypeError{}
		_, err := send(t, client, make(chan int))
		require.ErrorAs(t, err, &unsupported, "the cause can be unwrapped")
		assert.Zero(t, w.count())
	}
}

func TestANilOfAnyKindOmitsAnObject(t *testing.T) {
	var none map[string]any
	var empty any
	var pointer *purchase
	for operation, send := range objects {
		client, w := answering(t, whole)
		_, err := send(t, client, nil)
		require.NoError(t, err)
		want := w.requests[0].body
		for _, data := range []any{
			none, &none, pointer, &pointer, &empty, (*map[string]any)(nil), bag(nil), (*byPointer)(nil),
			json.RawMessage(nil), json.RawMessage("null"), itself("null"), segmentflow.Null[purchase](),
		} {
			_, err := send(t, client, data)
			require.NoError(t, err, "%s %T", operation, data)
			assert.JSONEq(t, want, w.requests[w.count()-1].body, "%s %T", operation, data)
		}
	}
}

func TestDataIsSentAsItMarshals(t *testing.T) {
	var inside any = &purchase{"7"}
	for operation, send := range objects {
		client, w := answering(t, whole)
		for _, data := range []any{
			purchase{"7"}, &purchase{"7"}, &inside, map[string]any{}, map[int]string{7: "x"}, bag{},
			json.RawMessage(" {\n}"),
			itself(` {"a": "<"}`), byPointer{"7"}, &byPointer{"7"}, segmentflow.Value(purchase{"7"}),
			map[string]string{"a": "<&>"},
		} {
			_, err := send(t, client, data)
			require.NoError(t, err, "%s %T", operation, data)
			want, err := json.Marshal(data)
			require.NoError(t, err)
			assert.Contains(t, w.requests[w.count()-1].body, `":`+string(want), "%s %T", operation, data)
		}
	}
}
