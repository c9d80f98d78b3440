package product_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator/internal/api"
	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/product"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// texts need every kind of escape.
var texts = []string{"a", "\"\\/", "<b>&amp;</b>", "Mira Økland 🏕", "a\nline\ttab\x01", "\u2028"}

// encodedAgain decodes JSON into the generated type, strictly, and encodes it as encoding/json does.
func encodedAgain[T any](t *testing.T, raw []byte) string {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	var v T
	require.NoError(t, decoder.Decode(&v), "%s", raw)
	again, err := json.Marshal(v)
	require.NoError(t, err)
	return string(again)
}

func TestEncodedSendsAreThoseOfTheGeneratedTypes(t *testing.T) {
	at := time.Date(2026, 3, 2, 10, 30, 0, 120e6, time.FixedZone("", 3600))
	for _, text := range texts {
		full := &world.EmailSend{
			ID: "1", Status: "Sent", TemplateID: "2", SnapshotID: "3", SenderProfileID: "4", ProfileID: "5",
			From: world.Mailbox{Email: "a@b.example", Name: text}, ReplyTo: &world.Mailbox{Email: text}, To: text,
			CC: []world.Mailbox{{Email: text, Name: text}, {Email: "c@d.example"}}, Subject: text,
			SubscriptionGroupID: "6", MessageID: "7", FailureMessage: text, CreatedAt: at, UpdatedAt: at,
		}
		for _, send := range []*world.EmailSend{full, {Subject: text}} {
			raw := product.EncodeSend(send)
			require.Equal(t, encodedAgain[api.EmailSend](t, raw), string(raw))
			item := product.AcceptedItem(7, text, raw)
			require.Equal(t, encodedAgain[api.AcceptedBatchItem](t, item), string(item))
		}
	}
	var send api.EmailSend
	require.NoError(t, json.Unmarshal(product.EncodeSend(&world.EmailSend{
		From: world.Mailbox{Email: "a@b.example"}, Subject: "s", To: "t@b.example", CreatedAt: at,
	}), &send))
	require.Equal(t, "a@b.example", send.From.Email)
	require.Equal(t, "s", send.Subject)
	require.Equal(t, "t@b.example", send.To.Email)
	require.Equal(t, "2026-03-02T09:30:00.120Z", send.CreatedAt)
	require.True(t, send.ReplyTo.IsNull())
}

// Idempotency keys in a file have the hash of the JSON that encoding/json makes.
func TestCanonicalJSONIsThatOfEncodingJSON(t *testing.T) {
	object := map[string]any{
		"list": []any{
			nil, true, json.Number("1.50"), json.Number("1e3"), json.Number("1e999999999"), []any{}, []any(nil),
		},
		"none": map[string]any(nil), "empty": map[string]any{}, "long": map[string]any{},
	}
	numbers := []json.Number{"0", "-0", "10", "0.1", "-1E-7", "8.0"}
	for i, text := range texts {
		object[text] = text
		object["long"].(map[string]any)[text+"b"] = numbers[i]
	}
	for i := range 40 {
		object["long"].(map[string]any)[string(rune('a'+i))] = "x"
	}
	for _, v := range []any{object, []any{"/api/v1/x", object}, "text", nil, true} {
		want, err := json.Marshal(cond.Comparable(v))
		require.NoError(t, err)
		got, err := product.Canonical(v)
		require.NoError(t, err)
		require.Equal(t, string(want), string(got))
	}

	object[""] = "a member without a name"
	for _, member := range []string{"list", "long", "not there"} {
		rest := maps.Clone(object)
		delete(rest, member)
		want, err := json.Marshal(cond.Comparable(rest))
		require.NoError(t, err)
		got, err := product.Canonical(product.Without(member, object))
		require.NoError(t, err)
		require.Equal(t, string(want), string(got))
	}
}
