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
	longestKey   = 120 // of a journey, as the API's path has it
	longestEvent = 255 // as events.track takes it

	// These bound what activating a Journey and one step of a run may cost.
	maxNodes = 500
	maxWays  = 100 // paths or arms or branches of a node, and exit rules
)

// parser collects findings. Its methods return something usable even when it is
// wrong, so that the rest of the document is checked too.
type parser struct{ findings []cond.Finding }

func (p *parser) add(at, format string, args ...any) {
	p.findings = append(p.findings, cond.Finding{Path: at, Message: fmt.Sprintf(format, args...)})
}

// shown is a value as a message has it: a string itself, anything else by type.
func shown(v any) string {
	if s, ok := v.(string); ok && s != "" {
		return fmt.Sprintf("%.40q", s)
	}
	return cond.KindOf(v)
}

func (p *parser) pointer(raw any, at string) cond.Pointer {
	s, ok := raw.(string)
	if !ok || strings.Trim(s, "/") == "" {
		p.add(at, "must be a pointer into the state, such as \"/profile/tier\", not %s", shown(raw))
		return nil
	}
	pointer, err := cond.ParsePointer(s)
	if err != nil {
		p.add(at, "%s", err)
	}
	return pointer
}

// object reads an object; one that is none has no members, but is not silent.
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

// known reports every member that is not among the names.
func (o members) known(names ...string) {
	for _, name := range slices.Sorted(maps.Keys(o.raw)) {
		if !slices.Contains(names, name) {
			o.p.add(cond.Below(o.at, name), "unknown member %.40q; known here: %s", name, strings.Join(names, ", "))
		}
	}
}

func (o members) add(name, format string, args ...any) {
	o.p.add(cond.Below(o.at, name), format, args...)
}

// text reads a string that is not empty. Without the member it is "".
func (o members) text(name string) string {
	s, _ := o.raw[name].(string)
	if o.has(name) && s == "" {
		o.add(name, "must be a string that is not empty, not %s", cond.KindOf(o.raw[name]))
	}
	return s
}

// need is text that has to be there.
func (o members) need(name, what string) string {
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

// oneOf reads one of a few words, of which the first is the default.
func (o members) oneOf(name string, words ...string) string {
	s, _ := o.raw[name].(string)
	if slices.Contains(words, s) {
		return s
	}
	if o.has(name) {
		o.add(name, "must be one of %s, not %s", strings.Join(words, ", "), shown(o.raw[name]))
	}
	return words[0]
}

func (o members) flag(name string) bool {
	b, ok := o.raw[name].(bool)
	if o.has(name) && !ok {
		o.add(name, "must be true or false, not %s", cond.KindOf(o.raw[name]))
	}
	return b
}

// condition reads a condition, nil without the member.
func (o members) condition(name string) *cond.Cond {
	if !o.has(name) {
		return nil
	}
	c, findings := cond.Parse(o.raw[name])
	for _, f := range findings {
		o.p.add(cond.Below(o.at, name)+f.Path, "%s", f.Message)
	}
	return c
}

func (o members) pointer(name string) cond.Pointer {
	return o.p.pointer(o.raw[name], cond.Below(o.at, name))
}

// shortest is the least that a duration may be: the clock counts milliseconds.
const shortest = time.Millisecond

// duration reads an ISO duration, 0 without the member. The least one is inclusive.
func (o members) duration(name string, parse func(string) (time.Duration, error), least time.Duration) time.Duration {
	if !o.has(name) {
		return 0
	}
	s, ok := o.raw[name].(string)
	if !ok {
		o.add(name, "must be an ISO 8601 duration such as \"P3D\" or \"PT30M\", not %s", cond.KindOf(o.raw[name]))
		return 0
	}
	d, err := parse(s)
	switch {
	case err != nil:
		o.add(name, "%s", err)
	case d < least && least > 0, d != 0 && d.Abs() < shortest:
		o.add(name, "must be at least a millisecond, PT0.001S")
	}
	return d
}

func (o members) whole(name string, largest int) int {
	return o.p.whole(o.raw[name], cond.Below(o.at, name), largest)
}

// whole reads a whole number from 0 to largest.
func (p *parser) whole(raw any, at string, largest int) int {
	n, ok := hundredths(raw)
	if !ok || n%100 != 0 || n/100 > largest {
		p.add(at, "must be a whole number from 0 to %d", largest)
		return 0
	}
	return n / 100
}

// hundredths reads a number that is not negative and has at most two decimals.
func hundredths(raw any) (int, bool) {
	if cond.KindOf(raw) != "a number" {
		return 0, false
	}
	shortest, _ := cond.Text(raw)
	integer, fraction, _ := strings.Cut(shortest, ".")
	if len(integer) > 9 || len(fraction) > 2 {
		return 0, false
	}
	n, err := strconv.ParseUint(integer+(fraction + "00")[:2], 10, 64)
	return int(n), err == nil
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

// each reads the objects of a list. What is no object keeps its place, so that
// the others keep theirs; beyond that nothing is said of it.
func (o members) each(name, noun string, read func(item members)) {
	for i, raw := range within(o, name, o.list(name), maxWays, noun) {
		item, ok := o.p.object(raw, cond.Nth(cond.Below(o.at, name), i))
		if !ok {
			item.p = &parser{}
		}
		read(item)
	}
}

// within reports a list that is too long and leaves out what is beyond.
func within(o members, name string, items []any, most int, noun string) []any {
	if len(items) <= most {
		return items
	}
	o.add(name, "has %d %s; at most %d are allowed", len(items), noun, most)
	return items[:most]
}

func (o members) short(name, what string, longest int) string {
	s := o.need(name, what)
	if utf8.RuneCountInString(s) > longest {
		o.add(name, "must be no longer than %d characters", longest)
	}
	return s
}

// trigger reads what exit rules and the branches of a wait listen to: an event,
// perhaps filtered, or a condition.
func (p *parser) trigger(o members) (event string, filter, condition *cond.Cond) {
	switch {
	case o.has("event") && o.has("condition"):
		p.add(o.at, "listens to an event or tests a condition, not both; a filter may read the whole state")
	case !o.has("event") && !o.has("condition"):
		p.add(o.at, "must have an event or a condition")
	}
	if o.has("event") {
		event = o.short("event", "the name of an event, exact or with a trailing *", longestEvent)
		if strings.Contains(strings.TrimSuffix(event, "*"), "*") {
			o.add("event", "the * stands at the end only, such as \"order.*\"; not %s", shown(event))
		}
	}
	filter, condition = o.condition("filter"), o.condition("condition")
	if filter != nil && !o.has("event") {
		o.add("filter", "tests an incoming event; write it into the condition")
	}
	return event, filter, condition
}
