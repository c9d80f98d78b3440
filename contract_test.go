package segmentflow_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// contract is the parsed openapi.yaml.
type contract map[string]any

// operation describes one operation of the contract.
type operation struct {
	id, method, route string
	query             []string                  // names of the query parameters
	scope             string                    // scope that the API key needs
	availability      string                    // documented, announced or proposed
	allowSends        bool                      // whether the API key also needs this flag
	key               string                    // "required", "optional", or "" without Idempotency-Key
	fields            []string                  // members of the request; nil if it takes none
	needsBody         bool                      // whether a request body is required
	requests          map[string]string         // examples as JSON, by name
	replies           map[string]map[string]any // examples, by status and name
}

func readContract(t testing.TB) contract {
	t.Helper()
	raw, err := os.ReadFile("openapi.yaml")
	require.NoError(t, err)
	var c map[string]any
	require.NoError(t, yaml.Unmarshal(raw, &c))
	return c
}

// at returns the value at a path of names. It follows references.
func (c contract) at(from any, path ...string) any {
	m, _ := from.(map[string]any)
	if ref, ok := m["$ref"].(string); ok {
		return c.at(map[string]any(c), append(strings.Split(strings.TrimPrefix(ref, "#/"), "/"), path...)...)
	}
	if len(path) == 0 {
		return from
	}
	return c.at(m[path[0]], path[1:]...)
}

func (c contract) members(from any, path ...string) map[string]any {
	m, _ := c.at(from, path...).(map[string]any)
	return m
}

// examples returns the example values of a media type, by name.
func (c contract) examples(media any) map[string]any {
	values := map[string]any{}
	for name, example := range c.members(media, "content", "application/json", "examples") {
		values[name] = c.at(example, "value")
	}
	return values
}

// operations returns the operations of the contract for which Client has a method, by id. Those of ingest are not
// among them: Ingest has their methods.
func (c contract) operations(t testing.TB) map[string]operation {
	t.Helper()
	found := map[string]operation{}
	for route, item := range c.members(c["paths"]) {
		for method, raw := range c.members(item) {
			security, given := c.at(raw, "security").([]any)
			if c.at(raw, "x-segmentflow-sdk") == "none" || given && len(security) == 0 {
				continue
			}
			op := operation{
				id:      c.at(raw, "operationId").(string),
				method:  strings.ToUpper(method),
				route:   route,
				replies: map[string]map[string]any{},
			}
			op.scope, _ = c.at(raw, "x-segmentflow-scope").(string)
			op.availability, _ = c.at(raw, "x-segmentflow-availability").(string)
			op.allowSends = c.at(raw, "x-segmentflow-allow-sends") == true

			parameters, _ := c.at(raw, "parameters").([]any)
			for _, parameter := range parameters {
				name := c.at(parameter, "name").(string)
				switch {
				case c.at(parameter, "in") == "query":
					op.query = append(op.query, name)
				case name == "Idempotency-Key" && c.at(parameter, "required") == true:
					op.key = "required"
				case name == "Idempotency-Key":
					op.key = "optional"
				}
			}

			body := c.at(raw, "requestBody")
			for field := range c.members(body, "content", "application/json", "schema", "properties") {
				op.fields = append(op.fields, field)
			}
			op.needsBody = c.at(body, "required") == true
			op.requests = map[string]string{}
			for name, value := range c.examples(body) {
				op.requests[name] = asJSON(t, value)
			}

			for status, reply := range c.members(raw, "responses") {
				if strings.HasPrefix(status, "2") {
					op.replies[status] = c.examples(reply)
				}
			}

			require.NotContains(t, found, op.id)

			found[op.id] = op
		}
	}
	require.NotEmpty(t, found)
	return found
}

// older lists the operations for which the SDK has no method.
var older = []string{
	"listPublicTemplates", "triggerPublicJourney", "preparePublicBroadcast", "sendPreparedBroadcast",
	"sendPublicBroadcast", "finalizeAsset",
}

func TestOnlyOlderRoutesHaveNoMethod(t *testing.T) {
	c := readContract(t)
	var marked []string
	for _, item := range c.members(c["paths"]) {
		for _, raw := range c.members(item) {
			if mark := c.at(raw, "x-segmentflow-sdk"); mark != nil {
				require.Equal(t, "none", mark)
				marked = append(marked, c.at(raw, "operationId").(string))
			}
		}
	}
	require.ElementsMatch(t, older, marked)
}

// writes reports whether the operation changes anything. A POST without Idempotency-Key only reads. The batch is an
// exception: its items have keys.
func (op operation) writes() bool {
	return op.method != "GET" && (op.method != "POST" || op.key != "" || op.id == "batchSendEmails")
}

func asJSON(t testing.TB, value any) string {
	t.Helper()
	raw, err := json.Marshal(value)
	require.NoError(t, err)
	return string(raw)
}
