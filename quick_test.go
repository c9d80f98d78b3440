package segmentflow_test

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"

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
