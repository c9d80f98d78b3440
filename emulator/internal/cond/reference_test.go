package cond_test

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/zone"
)

// world holds all data that a condition can read. Its methods are a second evaluator,
// which follows the specification literally, at any cost. It shares no code with the
// package: it reads the document itself, never limits events to a window and never
// stops early.
type world struct {
	state map[string]any
	who   *person
	// definitions holds the documents of the person's segments.
	definitions map[string]any
	now         time.Time
	zone        string // of dates, unless the person has one
}

type absent struct{}

func (w world) truth(doc any) bool {
	switch doc := doc.(type) {
	case bool:
		return doc
	case []any:
		return w.count(doc) == len(doc)
	}
	object := doc.(map[string]any)
	for form, v := range object {
		switch form {
		case "$and":
			return w.count(v.([]any)) == len(v.([]any))
		case "$or":
			return w.count(v.([]any)) > 0
		case "$not":
			return !w.truth(v)
		case "$state":
			return w.compare(object) != (object["not"] == true)
		case "performed":
			return w.performed(v.(map[string]any))
		case "received":
			return w.received(v.(map[string]any))
		case "subscribed":
			return w.who.groups[v.(string)]
		case "inSegment":
			if definition, dynamic := w.definitions[v.(string)]; dynamic {
				return w.truth(definition)
			}
			return w.who.members[v.(string)]
		case "bucket":
			return w.bucket(v.(map[string]any))
		}
	}
	panic(fmt.Sprintf("no form: %v", doc))
}

func (w world) count(list []any) int {
	n := 0
	for _, doc := range list {
		if w.truth(doc) {
			n++
		}
	}
	return n
}

func (w world) read(pointer string) any {
	var at any = w.state
	for name := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		name = strings.ReplaceAll(strings.ReplaceAll(name, "~1", "/"), "~0", "~")
		switch v := at.(type) {
		case map[string]any:
			next, ok := v[name]
			if !ok {
				return absent{}
			}
			at = next
		case []any:
			i := slices.Index([]string{"0", "1", "2", "3"}, name)
			if i < 0 || i >= len(v) {
				return absent{}
			}
			at = v[i]
		default:
			return absent{}
		}
	}
	return at
}

func (w world) compare(object map[string]any) bool {
	x := w.read(object["$state"].(string))
	for op, v := range object {
		if op == "$state" || op == "not" {
			continue
		}
		if ref, ok := v.(map[string]any); ok && ref["$state"] != nil {
			v = w.read(ref["$state"].(string))
		}
		return w.test(op, x, v)
	}
	number, isNumber := plainNumber(x)
	falsy := x == absent{} || x == nil || x == false || x == "" || isNumber && number.Sign() == 0
	return !falsy
}

func (w world) test(op string, x, v any) bool {
	a, b := numeric(x), numeric(v)
	ordered := a != nil && b != nil
	s, isString := x.(string)
	part, isPart := v.(string)
	from, isTime := w.instant(x)
	to, isOtherTime := w.instant(v)
	switch op {
	case "eq":
		return same(x, v)
	case "neq":
		return !same(x, v)
	case "gt":
		return ordered && a.Cmp(b) > 0
	case "gte":
		return ordered && a.Cmp(b) >= 0
	case "lt":
		return ordered && a.Cmp(b) < 0
	case "lte":
		return ordered && a.Cmp(b) <= 0
	case "in":
		return has(v, x)
	case "contains":
		return has(x, v) || isString && isPart && strings.Contains(s, part)
	case "exists":
		there := x != absent{} && x != nil
		return v == there
	case "startsWith":
		return isString && isPart && strings.HasPrefix(s, part)
	case "before":
		return isTime && isOtherTime && from.Before(to)
	case "after":
		return isTime && isOtherTime && from.After(to)
	case "within":
		width, known := widths[part]
		return isTime && isPart && known && w.inside(from, width)
	}
	panic("no operator: " + op)
}

func (w world) inside(at time.Time, width time.Duration) bool {
	return !at.Before(w.now.Add(-width)) && !at.After(w.now)
}

func has(list, v any) bool {
	items, _ := list.([]any)
	return slices.ContainsFunc(items, func(item any) bool { return same(item, v) })
}

// same compares by a canonical text: sorted members, numbers as fractions.
func same(a, b any) bool { return a != absent{} && b != absent{} && canonical(a) == canonical(b) }

func canonical(v any) string {
	switch v := v.(type) {
	case []any:
		text := "["
		for _, item := range v {
			text += canonical(item) + ","
		}
		return text + "]"
	case map[string]any:
		text := "{"
		for _, name := range slices.Sorted(maps.Keys(v)) {
			text += fmt.Sprintf("%q:%s,", name, canonical(v[name]))
		}
		return text + "}"
	case string:
		return fmt.Sprintf("%q", v)
	}
	if n, ok := plainNumber(v); ok {
		return n.RatString()
	}
	return fmt.Sprint(v)
}

func plainNumber(v any) (*big.Rat, bool) {
	n, ok := v.(json.Number)
	if !ok {
		return nil, false
	}
	return new(big.Rat).SetString(string(n))
}

var numericString = regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)

func numeric(v any) *big.Rat {
	if s, ok := v.(string); ok && numericString.MatchString(s) {
		v = json.Number(s)
	}
	n, _ := plainNumber(v)
	return n
}

func (w world) instant(v any) (time.Time, bool) {
	if s, ok := v.(string); ok {
		s = strings.ToUpper(s)
		for _, layout := range []string{
			"2006-01-02T15:04Z07:00", "2006-01-02T15:04Z0700", time.RFC3339Nano, "2006-01-02T15:04:05Z0700",
		} {
			if at, err := time.Parse(layout, s); err == nil {
				return at.Truncate(ms), true
			}
		}
		for _, layout := range []string{"2006-01-02", "2006-01-02T15:04", "2006-01-02T15:04:05"} {
			if wall, err := time.Parse(layout, s); err == nil {
				return w.local(wall.Truncate(ms)), true
			}
		}
	}
	n, ok := plainNumber(v)
	if !ok {
		return time.Time{}, false
	}
	if n.Cmp(big.NewRat(1e12, 1)) < 0 {
		n = new(big.Rat).Mul(n, big.NewRat(1000, 1))
	}
	millis := new(big.Int).Div(n.Num(), n.Denom())
	return time.UnixMilli(millis.Int64()), millis.CmpAbs(big.NewInt(8.64e15)) <= 0
}

// localTimes has what local has found.
var localTimes = map[string]time.Time{}

// local looks at every minute for one at which a clock on the wall shows the time. If
// none does, the clock was put forward over it: then it is the time at which the clock
// would have shown it.
func (w world) local(wall time.Time) time.Time {
	in := zone.Load(w.zone)
	if own, ok := w.read("/profile/timezone").(string); ok && zone.Load(own) != nil {
		in = zone.Load(own)
	}
	shown := func(at time.Time) time.Time {
		at = at.In(in)
		return time.Date(at.Year(), at.Month(), at.Day(), at.Hour(), at.Minute(), at.Second(), at.Nanosecond(),
			time.UTC)
	}
	name := fmt.Sprint(wall, in)
	if known, ok := localTimes[name]; ok {
		return known
	}
	behind := wall.Add(-16 * time.Hour)
	for at := behind; at.Before(wall.Add(16 * time.Hour)); at = at.Add(time.Minute) {
		if shown(at).Equal(wall) {
			localTimes[name] = at
			return at
		}
		if shown(at).Before(wall) && !shown(at.Add(time.Minute)).Before(wall.Add(time.Minute)) {
			behind = at
		}
	}
	localTimes[name] = behind.Add(wall.Sub(shown(behind)))
	return localTimes[name]
}

func (w world) performed(object map[string]any) bool {
	n := 0
	for _, e := range w.who.events {
		inner := w
		inner.state = maps.Clone(w.state)
		inner.state["event"] = e.Data
		prefix, isPattern := strings.CutSuffix(object["event"].(string), "*")
		named := e.Name == object["event"] || isPattern && strings.HasPrefix(e.Name, prefix)
		filter, filtered := object["filter"]
		if named && w.happened(e.OccurredAt, object) && (!filtered || inner.truth(filter)) {
			n++
		}
	}
	bounds, ok := object["count"].(map[string]any)
	if !ok {
		return n >= 1
	}
	for op, bound := range bounds {
		return w.test(op, json.Number(fmt.Sprint(n)), bound)
	}
	panic("no bound")
}

func (w world) happened(at time.Time, object map[string]any) bool {
	at = at.Truncate(ms)
	within, windowed := object["within"].(string)
	if windowed {
		return w.inside(at, widths[within])
	}
	return !at.After(w.now)
}

func (w world) received(object map[string]any) bool {
	return slices.ContainsFunc(w.who.mail, func(f fact) bool {
		template, given := object["templateId"]
		matches := !given || template == f.id || template == f.key
		return f.kind == object["event"] && matches && w.happened(f.at, object)
	})
}

func (w world) bucket(object map[string]any) bool {
	sum := sha256.Sum256([]byte(object["salt"].(string) + "\x00" + strings.ToLower(w.who.id)))
	remainder := new(big.Int).Mod(new(big.Int).SetBytes(sum[:8]), big.NewInt(10_000))
	percent, _ := plainNumber(object["percent"])
	return new(big.Rat).SetInt(remainder).Cmp(new(big.Rat).Mul(percent, big.NewRat(100, 1))) < 0
}
