package segmentflow_test

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
)

// variants returns texts like one, with a few pieces replaced, removed or repeated at random.
func variants(random *rand.Rand, text string, count int) []string {
	pieces := []string{
		`null`, `""`, `"a"`, `"Økland"`, `"\u0041"`, "\"\xff\"", `7`, `-1`, `007`, `1e2`, `1234567890123`,
		`true`, `{}`,
		`[]`, `,`, `"id":"x"`, `"ID":"x"`, `"ſtatus":"x"`, `"unknown":tru`,
		`"status":"x"`, `"unknown":1`, `"error":null`, ` `, "\n", "\x01", `}`, `]`,
		`{"email":"c@d.example","name":null}`, `"2026-03-02T09:30:00+01:00"`, `"2026-03-02T09:30Z"`, `"not a time"`,
	}
	separators := strings.FieldsFunc(text, func(char rune) bool { return strings.ContainsRune(`{}[],:`, char) })
	var all []string
	for range count {
		changed := text
		for range 1 + random.IntN(2) {
			old, piece := separators[random.IntN(len(separators))], pieces[random.IntN(len(pieces))]
			switch random.IntN(4) {
			case 0:
				changed = strings.Replace(changed, old, piece, 1)
			case 1:
				changed = strings.Replace(changed, old, old+","+piece, 1)
			case 2:
				at := random.IntN(len(changed) + 1)
				changed = changed[:at] + piece + changed[at:]
			default:
				from := random.IntN(len(changed))
				changed = changed[:from] + changed[min(from+1+random.IntN(8), len(changed)):]
			}
		}
		all = append(all, changed)
	}
	return all
}

func TestTheQuickWayDecodesAsEncodingJSONDoes(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	full := strings.NewReplacer(
		`"replyTo":null`, `"replyTo":{"email":"r@b.example","name":"R"}`, `"messageId":null`, `"messageId":"m"`,
		`"cc":[`, `"cc":[{"email":"e@f.example","name":"E","x":[{"]":"\\"}]},`,
	).Replace(sendOne)
	batch := `{"total":2,"accepted":2,"rejected":0,"items":[
		{"index":0,"idempotencyKey":"a","status":"accepted","send":` + sendOne + `},
		{"index":1,"idempotencyKey":"b","status":"accepted","send":` + full + `}]}`
	for _, text := range []string{sendOne, full} {
		_, quick := segmentflow.DecodeSend([]byte(text))
		require.True(t, quick, text)
	}
	_, quick := segmentflow.DecodeBatch([]byte(batch))
	require.True(t, quick, batch)

	quickly := 0
	for _, text := range append(variants(random, full, 20_000), sendOne, full) {
		got, quick := segmentflow.DecodeSend([]byte(text))
		if !quick {
			require.Zero(t, got)
			continue
		}
		quickly++
		var want segmentflow.EmailSend
		require.NoError(t, json.Unmarshal([]byte(text), &want), "%s", text)
		require.Equal(t, want, got, "%s", text)
	}
	for _, text := range append(variants(random, batch, 10_000), batch) {
		got, quick := segmentflow.DecodeBatch([]byte(text))
		if !quick {
			continue
		}
		quickly++
		want, err := segmentflow.DecodeBatchSlowly([]byte(text))
		require.NoError(t, err, "%s", text)
		require.Equal(t, want, got, "%s", text)
	}
	require.Greater(t, quickly, 1000)
}

// anyValue returns a value such as data may have, some of them unusual.
func anyValue(random *rand.Rand, deep int) any {
	loop := map[string]any{}
	loop["again"] = []any{loop}
	number := func() float64 { return math.Float64frombits(random.Uint64()) }
	leaves := []any{
		nil, true, 7, -3, int64(9), uint8(1), 42.5, 0.0, math.Copysign(0, -1), 1e20, 1e21, 1e-6, 1e-7,
		number(), -number(),
		"", "Tent", "a<b>&\"c\"\\", "Økland", "\xff", "\u2028", "\x7f\t\n", map[string]any(nil), []any(nil),
		json.Number("1.50"), json.RawMessage(` {"a": [1, "<"]}`), []string{"x"}, map[string]string{"b": "<", "a": ""},
		time.Date(2026, 3, 2, 9, 0, 0, 5, time.UTC), struct{ A, b any }{A: 1}, math.Inf(1), json.Number("x"),
		json.RawMessage("{"), func() {}, loop, &loop,
	}
	usual := len(leaves)
	if random.IntN(20) > 0 {
		usual -= 6 // those that do not marshal
	}
	switch kind := random.IntN(4); {
	case deep == 0 || kind < 2:
		return leaves[random.IntN(usual)]
	case kind == 2:
		list := make([]any, random.IntN(4))
		for i := range list {
			list[i] = anyValue(random, deep-1)
		}
		return list
	}
	return anyObject(random, deep-1)
}

func anyObject(random *rand.Rand, deep int) map[string]any {
	names := []string{"sku", "a", "", "B", "<x>", "ø", "a\"b", "~", "\xfe", "\xff"}
	object := map[string]any{}
	for range random.IntN(3 << deep) {
		object[names[random.IntN(len(names))]+strings.Repeat("x", random.IntN(3))] = anyValue(random, deep)
	}
	return object
}

func TestTheQuickWayEncodesAsEncodingJSONDoes(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	text := func() string {
		texts := []string{"", "", "", "a@b.example", "Jo <a@b.example>", "é", "\xff", "\"\\/\b"}
		return texts[random.IntN(len(texts))]
	}
	quickly := 0
	for range 4000 {
		item := segmentflow.BatchSendItem{
			IdempotencyKey: text(), TemplateID: text(), ProfileID: text(), SenderProfileID: text(), From: text(),
			ReplyTo: text(), Subject: text(), SubscriptionGroupID: text(),
			To:       []*segmentflow.Recipient{nil, {}, {Email: text(), ExternalID: text()}}[random.IntN(3)],
			CC:       [][]string{nil, {}, {text(), text()}}[random.IntN(3)],
			BCC:      [][]string{nil, {}, {text()}}[random.IntN(3)],
			Tracking: []*segmentflow.Tracking{nil, {}, {Clicks: true}}[random.IntN(3)],
			Data:     []any{nil, anyObject(random, 3), anyObject(random, 3), anyValue(random, 2)}[random.IntN(4)],
		}
		got, quick := segmentflow.EncodeQuickly(item)
		want, err := json.Marshal(item)
		require.Equal(t, err == nil, quick, "%v", item)
		if quick {
			quickly++
			require.Equal(t, string(want), string(got))
		}
	}
	require.Greater(t, quickly, 1000)
}
