package wire_test

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator/internal/api"
	"github.com/segmentflow/segmentflow-go/emulator/internal/wire"
)

// bodies returns the examples of all request bodies, decoded.
func bodies(t *testing.T) []any {
	var spec struct {
		Paths map[string]map[string]struct {
			RequestBody struct {
				Content map[string]struct {
					Examples map[string]struct{ Value json.RawMessage }
				}
			}
		}
	}
	require.NoError(t, json.Unmarshal(api.Spec(), &spec))
	var found []any
	for _, methods := range spec.Paths {
		for _, op := range methods {
			for _, example := range op.RequestBody.Content["application/json"].Examples {
				v, ok := wire.QuickDecode(string(example.Value))
				require.True(t, ok, "%s", example.Value)
				found = append(found, v)
			}
		}
	}
	return found
}

// within returns a value and all values in it.
func within(v any) []any {
	all := []any{v}
	switch v := v.(type) {
	case map[string]any:
		for _, member := range v {
			all = append(all, within(member)...)
		}
	case []any:
		for _, item := range v {
			all = append(all, within(item)...)
		}
	}
	return all
}

// The quick check and the validator must always agree: on the examples of all bodies, on their parts, and on both with
// random changes.
func TestTheQuickCheckAgreesWithTheValidator(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	values := []any{
		nil, true, false, "", "a", strings.Repeat("ü", 300), id, "alex@example.com", "a..b@example.com", "in 2 hours",
		"2026-03-02T09:30:00Z", json.Number("0"), json.Number("1.0"), json.Number("1.5"), json.Number("-3e2"),
		json.Number("99999999999999999999"), []any{}, map[string]any{},
	}
	for _, body := range bodies(t) {
		values = append(values, within(body)...)
	}
	names, pool := wire.RequestSchemas(), slices.Clone(values)
	right := 0
	for round := range 12 {
		for _, v := range values {
			for range min(round, 3) { // none in the first round
				v = changed(random, v, pool)
			}
			for _, name := range names {
				fits := wire.Fits(name, v)
				require.Equal(t, wire.Validates(name, v), fits, "%s: %v", name, v)
				if fits {
					right++
				}
			}
		}
	}
	require.Greater(t, right, len(names))
}

// changed returns a copy of a value with one random change.
func changed(random *rand.Rand, v any, pool []any) any {
	other := pool[random.IntN(len(pool))]
	switch v := v.(type) {
	case map[string]any:
		return changedObject(random, v, other, pool)
	case []any:
		list := slices.Clone(v)
		switch n := len(list); {
		case n == 0 || random.IntN(4) == 0:
			return slices.Concat(list, []any{other}, list)
		case random.IntN(4) == 0:
			return list[1:]
		default:
			at := random.IntN(n)
			list[at] = changed(random, list[at], pool)
			return list
		}
	case string:
		return []any{v + "x", "", strings.Repeat(v, 1+400/(len(v)+1)), strings.ToUpper(v), other}[random.IntN(5)]
	}
	return other
}

func changedObject(random *rand.Rand, v map[string]any, other any, pool []any) any {
	object := map[string]any{}
	names := make([]string, 0, len(v))
	for name, member := range v {
		object[name] = member
		names = append(names, name)
	}
	slices.Sort(names)
	if len(names) == 0 || random.IntN(8) == 0 {
		object["email"] = other
		return object
	}
	switch name := names[random.IntN(len(names))]; random.IntN(4) {
	case 0:
		delete(object, name)
	case 1:
		object[name] = other
	default:
		object[name] = changed(random, object[name], pool)
	}
	return object
}

func FuzzQuickDecode(f *testing.F) {
	for _, text := range []string{
		receipt, `{"a":1,"a":2}`, `[1,-0,0.5,1e+9,-1.5E-3,01,1.,.5,+1,1e,--1]`, `"\ud800 \u00e9 \n"`, "\"a\x01b\"",
		` { "a" : [ true , false , null ] } `, `{"a":}`, `[1,]`, `{,}`, `"a`, `"a\`, `tru`, `nul`, `{"\u0061":1,"a":2}`,
		strings.Repeat("[", 120) + strings.Repeat("]", 120), ``, ` `, `1 2`, "\ufeff1", `"\x"`, `[[],{}]`, `{"a":1}x`,
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if !utf8.ValidString(text) {
			t.Skip("only valid UTF-8 is decoded")
		}
		text = strings.TrimRightFunc(text, unicode.IsSpace) // the slow way accepts more white space at the end
		want, right := wire.SlowDecode(text)
		v, ok := wire.QuickDecode(text)
		if !ok && right {
			require.Greater(t, strings.Count(text, "[")+strings.Count(text, "{"), 90, "only deep texts are left")
			return
		}
		require.Equal(t, right, ok)
		if ok {
			require.Equal(t, want, v)
		}
	})
}
