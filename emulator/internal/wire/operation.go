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
	// Older reports whether it is an older route, for which the SDK has no method.
	Older bool
	// AcceptsKey reports whether the operation uses the Idempotency-Key header, RequiresKey whether it is required.
	AcceptsKey, RequiresKey bool
	// HasBody reports whether a JSON body is declared, BodyRequired whether it is required.
	HasBody, BodyRequired bool
	// MaxBody is the largest allowed body in bytes.
	MaxBody int64
	// Success is the status of a success, Statuses all declared ones, ascending.
	Success  int
	Statuses []int

	checks func() checks // read at the first call
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

// contract is openapi.yaml.
type contract struct {
	operations []Operation
	source     specDocument

	mu      sync.Mutex // guards schemas
	schemas schemas
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
	c := &contract{}
	if err := json.Unmarshal(spec, &c.source); err != nil {
		return nil, err
	}
	c.schemas = schemas{source: c.source.Components.Schemas, made: map[string]*schema{}}
	for path, methods := range c.source.Paths {
		for method, declared := range methods {
			op, err := c.newOperation(path, method, declared)
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
	if _, ok := c.schemas.source[name]; !ok {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return sound(c.schemas.named(name))
}

func (c *contract) newOperation(path, method string, declared specOperation) (Operation, error) {
	op := Operation{
		ID:           declared.ID,
		Method:       strings.ToUpper(method),
		Path:         path,
		Availability: declared.Availability,
		Scopes:       declared.Scope,
		AllowSends:   declared.AllowSends,
		Older:        declared.SDK == "none",
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
		resolved := c.source.parameter(given)
		if resolved.Name == "Idempotency-Key" {
			op.AcceptsKey, op.RequiresKey = true, resolved.Required
		}
	}
	op.checks = sync.OnceValue(func() checks { return sound(c.checks(declared)) })
	return op, nil
}

// checks reads the schemas of an operation.
func (c *contract) checks(declared specOperation) (all checks, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if declared.Body != nil {
		if all.body, err = c.schemas.named(declared.Body.schema()); err != nil {
			return all, err
		}
	}
	for _, given := range declared.Parameters {
		resolved := c.source.parameter(given)
		s := &schema{}
		if err := c.schemas.read(s, resolved.Name, resolved.Schema); err != nil {
			return all, err
		}
		all.params = append(all.params, newParameter(resolved, s))
	}
	return all, nil
}
