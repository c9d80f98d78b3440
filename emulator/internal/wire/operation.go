// Package wire says what the API's operations are and whether a request fits them. Both are read from openapi.yaml, so a
// rule is written once: in the contract.
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

// DefaultMaxBody is the size in bytes that a request body may have where the contract says nothing else.
const DefaultMaxBody = 1 << 20

// Operation is one operation of the contract.
type Operation struct {
	// ID is the operationId, Tag the SDK file it belongs to.
	ID, Tag string
	// Method and Path are as in the contract; Path's {names} are those of http.ServeMux.
	Method, Path string
	// Availability is documented, announced or proposed.
	Availability string
	// Scopes are those a key needs, all of them.
	Scopes []string
	// AllowSends says that the key also needs the flag of that name.
	AllowSends bool
	// AcceptsKey says that an Idempotency-Key header is honoured, RequiresKey that it must be there.
	AcceptsKey, RequiresKey bool
	// HasBody says that a JSON body is declared, BodyRequired that it may not be absent.
	HasBody, BodyRequired bool
	// MaxBody is the largest body in bytes.
	MaxBody int64
	// Success is the status of a success, Statuses all that are declared, ascending.
	Success  int
	Statuses []int

	params []parameter
	body   *schema
}

// Operations lists all operations, sorted by path and method.
func Operations() []Operation {
	return slices.Clone(load().operations)
}

// contract is the compiled openapi.yaml.
type contract struct {
	operations []Operation
	requests   schemas
}

// load compiles the contract once per process. It panics when openapi.json, which is part of the program, is broken.
var load = sync.OnceValue(func() *contract {
	c, err := compile(api.Spec())
	if err != nil {
		panic(fmt.Sprintf("wire: openapi.json: %v", err))
	}
	return c
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
	c := &contract{requests: requests}
	for path, methods := range source.Paths {
		for method, declared := range methods {
			op, err := newOperation(path, method, declared, source, requests)
			if err != nil {
				return nil, fmt.Errorf("%s %s: %w", method, path, err)
			}
			c.operations = append(c.operations, op)
		}
	}
	slices.SortFunc(c.operations, func(a, b Operation) int {
		return cmp.Or(strings.Compare(a.Path, b.Path), strings.Compare(a.Method, b.Method))
	})
	return c, nil
}

func newOperation(path, method string, declared specOperation, source specDocument, requests schemas) (Operation, error) {
	op := Operation{
		ID: declared.ID, Method: strings.ToUpper(method), Path: path,
		Availability: declared.Availability, Scopes: declared.Scope, AllowSends: declared.AllowSends,
		MaxBody: cmp.Or(declared.MaxBody, DefaultMaxBody),
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
		op.body = requests.compiled[declared.Body.schema()]
	}
	for _, p := range declared.Parameters {
		p, schema := source.parameter(op.ID, p)
		op.params = append(op.params, newParameter(p, requests.compiled[schema].Schema))
		if p.Name == "Idempotency-Key" {
			op.AcceptsKey, op.RequiresKey = true, p.Required
		}
	}
	return op, nil
}
