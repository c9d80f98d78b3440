package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/quickjson"
	"github.com/segmentflow/segmentflow-go/emulator/internal/rawsql"
	"github.com/segmentflow/segmentflow-go/emulator/internal/zone"
)

// defineFunctions defines the functions that compiled conditions call. The texts that they get are SQLite's own memory,
// so none may keep one.
func defineFunctions(conn *rawsql.Conn) error {
	all := &comparisons{known: map[string]*comparison{}}
	for _, function := range []struct {
		name string
		args int
		call func(rawsql.Call)
	}{
		{"compare", 3, all.compare},
		{"compare_dates", 6, all.compareDates},
		{"bucket", 2, bucket},
		{"has_part", 2, hasPart},
		{"profile_state", 5, profileState},
		{"packed", 1, packedInSQL},
	} {
		if err := conn.Define(function.name, function.args, function.call); err != nil {
			return fmt.Errorf("define %s: %w", function.name, err)
		}
	}
	return nil
}

// bucket(salt, id) returns the bucket of a Profile.
func bucket(call rawsql.Call) {
	call.Return(rawsql.Arg{Kind: rawsql.Int, Num: int64(cond.BucketOf(call.Text(0), call.Text(1)))})
}

// has_part(text, part) reports whether a text contains a part, which is in lower case, without regard to case. SQLite's
// own lower knows only the letters of ASCII.
func hasPart(call rawsql.Call) {
	call.ReturnBool(strings.Contains(strings.ToLower(call.Text(0)), call.Text(1)))
}

// profile_state(id, email, external_id, phone, properties) returns all that conditions see of a Profile.
func profileState(call rawsql.Call) {
	p := Profile{ID: call.Text(0), Email: call.Text(1), ExternalID: call.Text(2), Phone: call.Text(3)}
	p.Properties = json.RawMessage(call.Text(4))
	state, err := p.State()
	if err != nil {
		call.Fail(err)
		return
	}
	call.Return(rawsql.Arg{Kind: rawsql.Text, Text: encode(state)})
}

// comparisons has the comparisons that compare was called with, because the same few come with every row.
type comparisons struct {
	known map[string]*comparison
	last  *comparison // that was called
}

// comparison is a comparison, and what its calls have in common.
type comparison struct {
	*cond.Compare
	document string
	equal    string // the JSON of a text that nothing but the same text is equal to, "" if it compares otherwise
	clock    cond.Clock
	call     rawsql.Call    // the current one
	zone     *time.Location // of zoneName
	zoneName string
}

// compare(comparison, document, other) evaluates a comparison. It reads the value and the operand from the two
// documents.
func (all *comparisons) compare(call rawsql.Call) {
	if c := all.find(call); c != nil {
		c.test(call)
	}
}

// compare_dates(comparison, document, other, now, zone, properties) does the same for values that are dates. They are
// local to the zone among the properties, which are the Profile's. Without one they are local to the other zone.
func (all *comparisons) compareDates(call rawsql.Call) {
	if c := all.find(call); c != nil {
		c.call, c.clock.Now = call, time.UnixMilli(call.Num(3)).UTC()
		c.test(call)
	}
}

// localZone returns the zone of dates in the current call.
func (c *comparison) localZone() *time.Location {
	if name := c.call.Text(4); c.zone == nil || c.zoneName != name {
		c.zone, c.zoneName = zone.Load(name), strings.Clone(name)
	}
	own, _ := valueAt(cond.Pointer{"profile", "timezone"}, c.call.Text(5))
	return cond.ZoneOf(own, c.zone)
}

// find returns the comparison of a call, nil if the call fails.
func (all *comparisons) find(call rawsql.Call) *comparison {
	document := call.Text(0)
	if all.last != nil && all.last.document == document { // then there is nothing to hash
		return all.last
	}
	if c := all.known[document]; c != nil {
		all.last = c
		return c
	}
	parsed, findings := cond.ParseJSON([]byte(document))
	if len(findings) > 0 {
		call.Fail(errors.New("compare: " + findings[0].Message))
		return nil
	}
	compare, ok := parsed.Root().(*cond.Compare)
	if !ok {
		call.Fail(errors.New("compare: the document is not a comparison"))
		return nil
	}
	const most = 1024
	if len(all.known) == most {
		clear(all.known)
	}
	c := &comparison{Compare: compare, document: strings.Clone(document)}
	if compare.Op.ReadsDates() {
		c.clock = cond.Clock{Zone: c.localZone, Known: &cond.KnownOperand{}}
	}
	if text, ok := compare.Operand.Literal.(string); ok && compare.Op == cond.OpEq && plain(text) {
		c.equal = `"` + text + `"`
	}
	all.known[c.document] = c
	return c
}

// test returns whether the comparison holds.
func (c *comparison) test(call rawsql.Call) {
	document := call.Text(1)
	if c.equal != "" && isMember(c.Pointer) {
		if x, ok := quickjson.Member(document, c.Pointer[1]); ok && x[0] == '"' && strings.IndexByte(x, '\\') < 0 {
			call.ReturnBool((x == c.equal) != c.Negate)
			return
		}
	}
	x, err := valueAt(c.Pointer, document)
	value := c.Operand.Literal
	if err == nil && c.Operand.Ref != nil {
		value, err = valueAt(c.Operand.Ref, call.Text(2))
	}
	if err != nil {
		call.Fail(err)
		return
	}
	call.ReturnBool(c.Op.Test(x, value, c.clock).True != c.Negate)
}

// plain reports whether JSON has a text between quotes as it is.
func plain(text string) bool { return !strings.ContainsAny(text, "\"\\") }

// isMember reports whether valueAt finds the value as a member of an object, and not inside of one.
func isMember(pointer cond.Pointer) bool {
	return len(pointer) == 2 && (pointer[0] != "profile" || builtIn(pointer[1]) == "")
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
// of a built-in name, or the JSON object in which the rest of the pointer leads to the value, or "" if there is no
// value.
func valueAt(pointer cond.Pointer, text string) (any, error) {
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
	for end := len(raw) - 1; raw[end] <= ' '; end-- { // JSON has no other white space
		raw = raw[:end]
	}
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
	if value, ok := quickjson.Decode(raw); ok {
		return value, nil
	}
	return cond.Decode([]byte(raw))
}
