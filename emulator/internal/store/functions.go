package store

import (
	"database/sql/driver"
	"encoding/json"
	"errors"
	"strings"
	"sync"

	"modernc.org/sqlite"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
)

// sqliteDriver opens connections that know the functions of compiled conditions.
var sqliteDriver = sync.OnceValues(func() (*sqlite.Driver, error) {
	d := &sqlite.Driver{}
	memo := comparisons{known: map[string]*cond.Compare{}}
	register := func(name string, args int32, fn func(args []driver.Value) (driver.Value, error)) error {
		// Volatile arguments are SQLite's own memory: no function may keep one.
		return d.RegisterFunction(name, &sqlite.FunctionImpl{NArgs: args, Deterministic: true, VolatileArgs: true,
			Scalar: func(_ *sqlite.FunctionContext, args []driver.Value) (driver.Value, error) { return fn(args) }})
	}
	return d, errors.Join(register("compare", 4, memo.compare), register("bucket", 2, bucket), register("profile_state", 5, profileState))
})

// bucket(salt, id) is the bucket of a Profile.
func bucket(args []driver.Value) (driver.Value, error) {
	r := row{values: args}
	return int64(cond.BucketOf(r.str(), r.str())), nil
}

// profile_state(id, email, external_id, phone, properties) is all that conditions see of a Profile.
func profileState(args []driver.Value) (driver.Value, error) {
	r := row{values: args}
	p := Profile{ID: r.str(), Email: r.str(), ExternalID: r.str(), Phone: r.str(), Properties: r.json()}
	state, err := p.State()
	if err != nil {
		return nil, err
	}
	raw, err := json.Marshal(state)
	return string(raw), err
}

// comparisons are those that compare was called with lately: the same few come with every row.
type comparisons struct {
	mu    sync.RWMutex
	known map[string]*cond.Compare
}

// compare(comparison, now, document, other) makes a comparison, whose value and operand are read from the two documents.
func (c *comparisons) compare(args []driver.Value) (driver.Value, error) {
	r := row{values: args}
	comparison, now, document, other := r.str(), r.at(), r.value(), r.value()
	n, err := c.parsed(comparison)
	if err != nil {
		return nil, err
	}
	x, err := valueAt(n.Pointer, document)
	if err != nil {
		return nil, err
	}
	v := n.Operand.Literal
	if n.Operand.Ref != nil {
		if v, err = valueAt(n.Operand.Ref, other); err != nil {
			return nil, err
		}
	}
	return n.Op.Test(x, v, now).True != n.Negate, nil
}

func (c *comparisons) parsed(document string) (*cond.Compare, error) {
	c.mu.RLock()
	n := c.known[document]
	c.mu.RUnlock()
	if n != nil {
		return n, nil
	}
	document = strings.Clone(document)
	parsed, findings := cond.ParseJSON([]byte(document))
	if len(findings) > 0 {
		return nil, errors.New("compare: " + findings[0].Message)
	}
	n, ok := parsed.Root().(*cond.Compare)
	if !ok {
		return nil, errors.New("compare: the document is no comparison")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.known) == 4096 {
		clear(c.known)
	}
	c.known[document] = n
	return n, nil
}

// builtIn is the column of a name that every Profile has, "" for the name of a property.
func builtIn(name string) string {
	switch name {
	case "id", "email", "phone":
		return name
	case "externalId":
		return "external_id"
	}
	return ""
}

// valueAt reads what a pointer leads to, from the column that scope.document names: the text of a built-in name, the JSON
// object below which the rest of the pointer leads, or NULL for what is not there.
func valueAt(p cond.Pointer, column driver.Value) (any, error) {
	text, _ := column.(string)
	switch {
	case text == "":
		return cond.Missing{}, nil
	case len(p) == 1:
		return cond.Decode([]byte(text))
	case p[0] == "profile" && builtIn(p[1]) != "":
		if len(p) > 2 {
			return cond.Missing{}, nil
		}
		return text, nil
	}
	raw, ok := member(text, p[1])
	if !ok {
		return cond.Missing{}, nil
	}
	value, err := decodeValue(raw)
	if err != nil || len(p) == 2 {
		return value, err
	}
	found, ok := cond.State{p[1]: value}.Lookup(p[1:])
	if !ok {
		return cond.Missing{}, nil
	}
	return found, nil
}
