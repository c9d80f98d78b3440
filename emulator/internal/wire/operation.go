// Package wire lists the API's operations and checks requests against them. It reads both from openapi.yaml, so every
// rule is written only once: in the contract.
package wire

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/segmentflow/segmentflow-go/emulator/internal/api"
)

// DefaultMaxBody is the size in bytes that a request body may have if the contract does not give another.
const DefaultMaxBody = 1 << 20

// Operation is one operation of the contract.
type Operation struct {
	// ID is the operationId, Tag the SDK file it belongs to.
	ID, Tag string
	// Method and Path are those of the contract. http.ServeMux understands the {names} in Path.
	Method, Path string
	// Availability is documented, announced or proposed.
	Availability string
	// Scopes are the scopes that a key needs, all of them.
	Scopes []string
	// AllowSends reports whether the key also needs the flag of that name.
	AllowSends bool
	// AcceptsKey reports whether the operation uses the Idempotency-Key header, RequiresKey whether it is required.
	AcceptsKey, RequiresKey bool
	// HasBody reports whether a JSON body is declared, BodyRequired whether it is required.
	HasBody, BodyRequired bool
	// MaxBody is the largest allowed body in bytes.
	MaxBody int64
	// Success is the status of a success, Statuses all declared ones, ascending.
	Success  int
	Statuses []int

	params []parameter
	body   *schema
}

// Operations returns all operations, sorted by path and method.
func Operations() []Operation {
	return slices.Clone(load().operations)
}

// contract is the compiled openapi.yaml.
type contract struct {
	operations []Operation
	requests   schemas
}

// load compiles the contract once per process. It panics if openapi.json, which is part of the program, is broken.
var load = sync.OnceValue(func() *contract {
	compiled, err := compile(api.Spec())
	must(err)
	return compiled
})

func compile(spec []byte) (*contract, error) {
	var source specDocument
	if err := json.Unmarshal(spec, &source); err != nil {
		return nil, err
	}
	requests, err := compileRequests(source)
	if err != nil {
		return nil, err
	}

	compiled := &contract{requests: requests}
	for path, methods := range source.Paths {
		for method, declared := range methods {
			op, err := newOperation(path, method, declared, source, requests)
			if err != nil {
				return nil, fmt.Errorf("%s %s: %w", method, path, err)
			}
			compiled.operations = append(compiled.operations, op)
		}
	}
	slices.SortFunc(compiled.operations, func(a, b Operation) int {
		return cmp.Or(strings.Compare(a.Path, b.Path), strings.Compare(a.Method, b.Method))
	})
	return compiled, nil
}

func newOperation(
	path, method string, declared specOperation, source specDocument, requests schemas,
) (Operation, error) {
	op := Operation{
		ID:           declared.ID,
		Method:       strings.ToUpper(method),
		Path:         path,
		Availability: declared.Availability,
		Scopes:       declared.Scope,
		AllowSends:   declared.AllowSends,
		MaxBody:      cmp.Or(declared.MaxBody, DefaultMaxBody),
	}
	if len(declared.Tags) > 0 {
		op.Tag = declared.Tags[0]
	}

	for status := range declared.Responses {
		code, err := strconv.Atoi(status)
		if err != nil {
			return op, err
		}
		op.Statuses = append(op.Statuses, code)
	}
	slices.Sort(op.Statuses)
	if len(op.Statuses) > 0 {
		op.Success = op.Statuses[0]
	}

	if declared.Body != nil {
		op.HasBody, op.BodyRequired = true, declared.Body.Required
		op.body = requests.named[declared.Body.schema()]
	}
	for _, given := range declared.Parameters {
		resolved, schema := source.parameter(op.ID, given)
		op.params = append(op.params, newParameter(resolved, requests.named[schema]))
		if resolved.Name == "Idempotency-Key" {
			op.AcceptsKey, op.RequiresKey = true, resolved.Required
		}
	}
	return op, nil
}
