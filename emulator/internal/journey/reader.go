package journey

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
)

const (
	longestKey   = 120 // of a journey; the API's path has the same limit
	longestEvent = 255 // events.track has the same limit

	// These bound the cost of activating a Journey and of one step of a run.
	maxNodes = 500
	maxWays  = 100 // paths, arms or branches of a node, and exit rules
)

// parser collects findings. Its methods return a usable value even for a wrong
// document, so that the rest of the document is checked too.
type parser struct{ findings []cond.Finding }

func (p *parser) add(at, format string, args ...any) {
	p.findings = append(p.findings, cond.Finding{Path: at, Message: fmt.Sprintf(format, args...)})
}

// describe returns a value for a message: a string itself, anything else by type.
func describe(raw any) string {
	if s, ok := raw.(string); ok && s != "" {
		return fmt.Sprintf("%.40q", s)
	}
	return cond.KindOf(raw)
}

func (p *parser) pointer(raw any, at string) cond.Pointer {
	s, ok := raw.(string)
	if !ok || strings.Trim(s, "/") == "" {
		p.add(at, "must be a pointer into the state, such as \"/profile/tier\", not %s", describe(raw))
		return nil
	}
	pointer, err := cond.ParsePointer(s)
	if err != nil {
		p.add(at, "%s", err)
	}
	return pointer
}

// object reads an object. A value that is not an object is a finding, and has no
// members.
func (p *parser) object(raw any, at string) (members, bool) {
	object, ok := raw.(map[string]any)
	if !ok {
		p.add(at, "must be an object, not %s", cond.KindOf(raw))
	}
	return members{p, at, object}, ok
}

// members are the members of one object of the document.
type members struct {
	p   *parser
	at  string
	raw map[string]any
}

func (o members) has(name string) bool {
	_, ok := o.raw[name]
	return ok
}

// allow reports every member that is not among the names.
func (o members) allow(names ...string) {
	for _, name := range slices.Sorted(maps.Keys(o.raw)) {
		if !slices.Contains(names, name) {
			o.p.add(cond.Below(o.at, name), "unknown member %.40q; allowed here: %s", name, strings.Join(names, ", "))
		}
	}
}

func (o members) add(name, format string, args ...any) {
	o.p.add(cond.Below(o.at, name), format, args...)
}

// text reads a string that must not be empty. Without the member it returns "".
func (o members) text(name string) string {
	s, _ := o.raw[name].(string)
	if o.has(name) && s == "" {
		o.add(name, "must be a non-empty string, not %s", cond.KindOf(o.raw[name]))
	}
	return s
}

// required reads a string that must be there and must not be empty.
func (o members) required(name, what string) string {
	s, _ := o.raw[name].(string)
	if s == "" {
		given := "missing"
		if o.has(name) {
			given = cond.KindOf(o.raw[name])
		}
		o.add(name, "must be %s; it is %s", what, given)
	}
	return s
}

// oneOf reads one of a few strings. The first is the default.
func (o members) oneOf(name string, allowed ...string) string {
	s, _ := o.raw[name].(string)
	if slices.Contains(allowed, s) {
		return s
	}
	if o.has(name) {
		o.add(name, "must be one of %s, not %s", strings.Join(allowed, ", "), describe(o.raw[name]))
	}
	return allowed[0]
}

func (o members) flag(name string) bool {
	yes, ok := o.raw[name].(bool)
	if o.has(name) && !ok {
		o.add(name, "must be true or false, not %s", cond.KindOf(o.raw[name]))
	}
	return yes
}

// condition reads a condition. Without the member it returns nil.
func (o members) condition(name string) *cond.Cond {
	if !o.has(name) {
		return nil
	}
	condition, findings := cond.Parse(o.raw[name])
	for _, f := range findings {
		o.p.add(cond.Below(o.at, name)+f.Path, "%s", f.Message)
	}
	return condition
}

func (o members) pointer(name string) cond.Pointer {
	return o.p.pointer(o.raw[name], cond.Below(o.at, name))
}

// shortest is the shortest duration, because the clock counts milliseconds.
const shortest = time.Millisecond

// duration reads an ISO duration of at least least. Without the member it returns 0.
func (o members) duration(name string, parse func(string) (time.Duration, error), least time.Duration) time.Duration {
	if !o.has(name) {
		return 0
	}
	s, ok := o.raw[name].(string)
	if !ok {
		o.add(name, "must be an ISO 8601 duration such as \"P3D\" or \"PT30M\", not %s", cond.KindOf(o.raw[name]))
		return 0
	}
	length, err := parse(s)
	switch {
	case err != nil:
		o.add(name, "%s", err)
	case length < least && least > 0, length != 0 && length.Abs() < shortest:
		o.add(name, "must be at least a millisecond, PT0.001S")
	}
	return length
}

func (o members) whole(name string, largest int) int {
	return o.p.whole(o.raw[name], cond.Below(o.at, name), largest)
}

// whole reads a whole number from 0 to largest.
func (p *parser) whole(raw any, at string, largest int) int {
	number, ok := hundredths(raw)
	if !ok || number%100 != 0 || number/100 > largest {
		p.add(at, "must be a whole number from 0 to %d", largest)
		return 0
	}
	return number / 100
}

// hundredths reads a number that is not negative and has at most two decimals. It
// returns the number times 100.
func hundredths(raw any) (int, bool) {
	if cond.KindOf(raw) != "a number" {
		return 0, false
	}
	shortest, _ := cond.Text(raw)
	integer, fraction, _ := strings.Cut(shortest, ".")
	if len(integer) > 9 || len(fraction) > 2 {
		return 0, false
	}
	number, err := strconv.ParseUint(integer+(fraction + "00")[:2], 10, 64)
	return int(number), err == nil
}

// list reads a list with at least one item.
func (o members) list(name string) []any {
	items, _ := o.raw[name].([]any)
	if len(items) == 0 {
		given := cond.KindOf(o.raw[name])
		switch {
		case !o.has(name):
			given = "missing"
		case given == "a list":
			given = "empty"
		}
		o.add(name, "must be a list with at least one item; it is %s", given)
	}
	return items
}

// each reads the objects of a list. An item that is not an object keeps its place,
// so that the others keep theirs. It is reported once, and its members are not.
func (o members) each(name, noun string, read func(item members)) {
	for i, raw := range atMost(o, name, o.list(name), maxWays, noun) {
		item, ok := o.p.object(raw, cond.Nth(cond.Below(o.at, name), i))
		if !ok {
			item.p = &parser{}
		}
		read(item)
	}
}

// atMost reports a list that is too long. It returns the items up to the limit.
func atMost(o members, name string, items []any, most int, noun string) []any {
	if len(items) <= most {
		return items
	}
	o.add(name, "has %d %s; at most %d are allowed", len(items), noun, most)
	return items[:most]
}

// requiredUpTo is required with a limit to the number of characters.
func (o members) requiredUpTo(name, what string, longest int) string {
	s := o.required(name, what)
	if utf8.RuneCountInString(s) > longest {
		o.add(name, "must be no longer than %d characters", longest)
	}
	return s
}

// trigger reads the event or the condition of an exit rule or of a branch of a
// wait. An event may have a filter.
func (p *parser) trigger(o members) (event string, filter, condition *cond.Cond) {
	switch {
	case o.has("event") && o.has("condition"):
		p.add(o.at, "must have an event or a condition, not both; the filter of an event may read the whole state")
	case !o.has("event") && !o.has("condition"):
		p.add(o.at, "must have an event or a condition")
	}
	if o.has("event") {
		event = o.requiredUpTo("event", "the name of an event, exact or with a trailing *", longestEvent)
		if strings.Contains(strings.TrimSuffix(event, "*"), "*") {
			o.add("event", "a * is allowed only at the end, such as \"order.*\", not %s", describe(event))
		}
	}
	filter, condition = o.condition("filter"), o.condition("condition")
	if filter != nil && !o.has("event") {
		o.add("filter", "is allowed only with an event; write its test into the condition")
	}
	return event, filter, condition
}
