package wire_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"math/rand/v2"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator/internal/wire"
)

// odd are values that some schemas accept and others refuse.
var odd = []any{
	nil, true, false, "", "a", "alex@example.com", ".a@example.com", "a..b@example.com", "a@b.example\n", id,
	"in 1 hour", "2026-03-02T09:30Z", "/event/a", "/data/a", strings.Repeat("ä", 300), strings.Repeat("a", 1100),
	"form_submission", json.Number("0"), json.Number("-1"), json.Number("1.0"), json.Number("1.5"), json.Number("1e2"),
	json.Number("1e30"), []any{}, []any{"a"}, []any{json.Number("1"), nil}, slices.Repeat([]any{"a"}, 101),
	object{}, object{"email": "a@b.example"}, object{"externalId": "a", "x": nil},
}

// changed returns a value with random changes: members and items that are gone, others or odd.
func changed(r *rand.Rand, v any, names []string) any {
	if r.IntN(12) == 0 {
		return odd[r.IntN(len(odd))]
	}
	switch v := v.(type) {
	case object:
		other := object{}
		for _, name := range slices.Sorted(maps.Keys(v)) {
			if r.IntN(8) > 0 {
				other[name] = changed(r, v[name], names)
			}
		}
		if r.IntN(3) == 0 {
			other[names[r.IntN(len(names))]] = odd[r.IntN(len(odd))]
		}
		return other
	case []any:
		other := []any{}
		for _, item := range v {
			other = append(other, changed(r, item, names))
		}
		return other
	}
	return v
}

// TestBodiesAreCheckedAsJSONSchemaSays changes the examples at random and compares with another implementation.
func TestBodiesAreCheckedAsJSONSchemaSays(t *testing.T) {
	c := readContract(t)
	var names []string
	everySchema(at(c.root, "components", "schemas"), "", func(_ string, schema object) {
		properties, _ := schema["properties"].(object)
		names = slices.AppendSeq(names, maps.Keys(properties))
	})
	slices.Sort(names)
	names = slices.Compact(names)

	right, wrong := 0, 0
	for pointer, declared := range c.operations {
		examples, _ := at(declared, "requestBody", "content", "application/json", "examples").(object)
		if examples == nil {
			continue
		}
		op := operation(t, declared["operationId"].(string))
		schema := c.schema(t, pointer+"/requestBody/content/application~1json/schema")
		r := rand.New(rand.NewPCG(1, 2))
		for _, name := range slices.Sorted(maps.Keys(examples)) {
			for range 200 {
				raw, err := json.Marshal(changed(r, c.resolve(examples[name])["value"], names))
				require.NoError(t, err)
				v, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
				require.NoError(t, err)
				issues := bodyIssues(op, raw)
				require.Equal(t, schema.Validate(v) == nil, len(issues) == 0, "%s %s %v", op.ID, raw, issues)
				if len(issues) == 0 {
					right++
				} else {
					wrong++
				}
			}
		}
	}
	require.Greater(t, right, 500)
	require.Greater(t, wrong, 500)
}

// bodyIssues returns what is wrong with a body, without the rule that JSON Schema does not have.
func bodyIssues(op *wire.Operation, raw []byte) []wire.Issue {
	_, issues := op.Check(httptest.NewRequest(op.Method, "/", nil), raw, func(string) string { return "" })
	return slices.DeleteFunc(issues, func(issue wire.Issue) bool {
		return issue.In != wire.InBody || strings.HasPrefix(issue.Message, "must equal")
	})
}

func TestTheSchemasOfEveryOperationCanBeRead(t *testing.T) {
	for _, op := range wire.Operations() {
		require.NotPanics(t, func() { bodyIssues(&op, nil) }, op.ID)
	}
}
