package store

import (
	"database/sql/driver"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"time"

	"modernc.org/sqlite"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/quickjson"
	"github.com/segmentflow/segmentflow-go/emulator/internal/zone"
)

// sqliteDriver opens connections that have the functions that compiled conditions call.
var sqliteDriver = sync.OnceValues(func() (*sqlite.Driver, error) {
	functions := &sqlite.Driver{}
	memo := comparisons{known: map[string]*cond.Compare{}}

	register := func(name string, args int32, fn func(args []driver.Value) (driver.Value, error)) error {
		// Volatile arguments are SQLite's own memory, so no function may keep one.
		scalar := func(_ *sqlite.FunctionContext, args []driver.Value) (driver.Value, error) { return fn(args) }
		return functions.RegisterFunction(name,
			&sqlite.FunctionImpl{NArgs: args, Deterministic: true, VolatileArgs: true, Scalar: scalar})
	}

	return functions, errors.Join(
		register("compare", 3, memo.compare),
		register("compare_dates", 6, memo.compareDates),
		register("bucket", 2, bucket),
		register("has_part", 2, hasPart),
		register("profile_state", 5, profileState),
		register("packed", 1, packedInSQL),
	)
})

// bucket(salt, id) returns the bucket of a Profile.
func bucket(args []driver.Value) (driver.Value, error) {
	r := row{values: args}
	return int64(cond.BucketOf(r.str(), r.str())), nil
}

// profile_state(id, email, external_id, phone, properties) returns all that conditions see of a Profile.
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

// comparisons caches the comparisons that compare was called with, because the same few come with every row.
type comparisons struct {
	mu    sync.RWMutex
	known map[string]*cond.Compare
}

// compare(comparison, document, other) evaluates a comparison. It reads the value and the operand from the two
// documents.
func (memo *comparisons) compare(args []driver.Value) (driver.Value, error) {
	return memo.compareAt(cond.Clock{}, args)
}

// compare_dates(comparison, document, other, now, zone, properties) does the same for values that are dates. They are
// local to the zone among the properties, which are the Profile's. Without one they are local to the other zone.
func (memo *comparisons) compareDates(args []driver.Value) (driver.Value, error) {
	r := row{values: args[3:]}
	now, other, properties := r.at(), r.str(), r.str()
	return memo.compareAt(cond.Clock{Now: now, Zone: func() *time.Location {
		own, _ := valueAt(cond.Pointer{"profile", "timezone"}, properties)
		return cond.ZoneOf(own, zone.Load(other))
	}}, args)
}

func (memo *comparisons) compareAt(clock cond.Clock, args []driver.Value) (driver.Value, error) {
	r := row{values: args}
	source, document, other := r.str(), r.value(), r.value()
	comparison, err := memo.parsed(source)
	if err != nil {
		return nil, err
	}
	x, err := valueAt(comparison.Pointer, document)
	if err != nil {
		return nil, err
	}
	value := comparison.Operand.Literal
	if comparison.Operand.Ref != nil {
		if value, err = valueAt(comparison.Operand.Ref, other); err != nil {
			return nil, err
		}
	}
	return comparison.Op.Test(x, value, clock).True != comparison.Negate, nil
}

func (memo *comparisons) parsed(document string) (*cond.Compare, error) {
	memo.mu.RLock()
	comparison := memo.known[document]
	memo.mu.RUnlock()
	if comparison != nil {
		return comparison, nil
	}

	document = strings.Clone(document)
	parsed, findings := cond.ParseJSON([]byte(document))
	if len(findings) > 0 {
		return nil, errors.New("compare: " + findings[0].Message)
	}
	comparison, ok := parsed.Root().(*cond.Compare)
	if !ok {
		return nil, errors.New("compare: the document is not a comparison")
	}

	memo.mu.Lock()
	defer memo.mu.Unlock()
	if len(memo.known) == 4096 {
		clear(memo.known)
	}
	memo.known[document] = comparison
	return comparison, nil
}

// builtIn returns the column of a name that every Profile has, or "" for the name of a property.
func builtIn(name string) string {
	switch name {
	case "id", "email", "phone":
		return name
	case "externalId":
		return "external_id"
	}
	return ""
}

// valueAt reads the value that a pointer leads to from the column that scope.document names. The column has the text
// of a built-in name, or the JSON object in which the rest of the pointer leads to the value, or NULL if there is no
// value.
func valueAt(pointer cond.Pointer, column driver.Value) (any, error) {
	text, _ := column.(string)
	switch {
	case text == "":
		return cond.Missing{}, nil
	case len(pointer) == 1:
		return cond.Decode([]byte(text))
	case pointer[0] == "profile" && builtIn(pointer[1]) != "":
		if len(pointer) > 2 {
			return cond.Missing{}, nil
		}
		return text, nil
	}

	raw, ok := quickjson.Member(text, pointer[1])
	if !ok {
		return cond.Missing{}, nil
	}
	value, err := decodeValue(raw)
	if err != nil || len(pointer) == 2 {
		return value, err
	}
	found, ok := cond.State{pointer[1]: value}.Lookup(pointer[1:])
	if !ok {
		return cond.Missing{}, nil
	}
	return found, nil
}

// decodeValue is cond.Decode, but faster for scalars, which most properties are.
func decodeValue(raw string) (any, error) {
	raw = strings.TrimRight(raw, " \n\t\r")
	switch {
	case raw == "null":
		return nil, nil
	case raw == "true" || raw == "false":
		return raw == "true", nil
	case raw[0] == '"' && strings.IndexByte(raw, '\\') < 0:
		return raw[1 : len(raw)-1], nil
	case raw[0] == '-' || raw[0] >= '0' && raw[0] <= '9':
		return json.Number(raw), nil
	}
	return cond.Decode([]byte(raw))
}
