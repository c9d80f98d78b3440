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

	checks func() checks // compiled at the first call
}

// checks are what a request of an operation is checked against.
type checks struct {
	params []parameter
	body   *schema // nil without one
}

// Operations returns all operations, sorted by path and method.
func Operations() []Operation {
	return slices.Clone(load().operations)
}

// contract is openapi.yaml. A schema is compiled when a request first needs it.
type contract struct {
	operations []Operation
	source     *specDocument
	requests   func() schemas // of all operations, not compiled
	named      sync.Map       // schemas by their names, compiled
}

// load reads the contract once per process. It panics if requests.json, which is part of the program, is broken.
var load = sync.OnceValue(func() *contract {
	c, err := read(api.Requests())
	return sound(c, err)
})

// sound returns v, and panics if there is an error.
func sound[T any](v T, err error) T {
	if err != nil {
		panic(fmt.Sprintf("wire: requests.json: %v", err))
	}
	return v
}

func read(spec []byte) (*contract, error) {
	c := &contract{source: &specDocument{}}
	if err := json.Unmarshal(spec, c.source); err != nil {
		return nil, err
	}
	c.requests = sync.OnceValue(func() schemas { return sound(c.source.all()) })
	for path, methods := range c.source.Paths {
		for method, declared := range methods {
			op, err := newOperation(path, method, declared, c.source)
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

// schema returns a schema that a request reaches by its name, or nil if none does.
func (c *contract) schema(name string) *schema {
	if compiled, ok := c.named.Load(name); ok {
		return compiled.(*schema)
	}
	defs := c.requests().document["$defs"].(map[string]any)
	if _, reached := defs[name]; !reached {
		return nil
	}
	one := definitions{source: c.source.Components.Schemas}
	one.add(name)
	compiled, _ := c.named.LoadOrStore(name, sound(one.compile(name))[name])
	return compiled.(*schema)
}

func newOperation(path, method string, declared specOperation, source *specDocument) (Operation, error) {
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
	}
	for _, given := range declared.Parameters {
		resolved, _ := source.parameter(op.ID, given)
		if resolved.Name == "Idempotency-Key" {
			op.AcceptsKey, op.RequiresKey = true, resolved.Required
		}
	}
	op.checks = sync.OnceValue(func() checks { return sound(source.checks(declared)) })
	return op, nil
}

// checks compiles the schemas of an operation.
func (d *specDocument) checks(declared specOperation) (checks, error) {
	reached := definitions{source: d.Components.Schemas}
	names := d.collect(declared, &reached)
	compiled, err := reached.compile(names...)
	if err != nil {
		return checks{}, err
	}
	var c checks
	if declared.Body != nil {
		c.body = compiled[declared.Body.schema()]
	}
	for _, given := range declared.Parameters {
		resolved, name := d.parameter(declared.ID, given)
		c.params = append(c.params, newParameter(resolved, compiled[name].Schema))
	}
	return c, nil
}
