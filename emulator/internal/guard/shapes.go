package guard

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/tell"
)

// shapes are the JSON types that the properties of events had, by the event and the property. All elements of an array
// are one property.
type shapes map[string]map[string][]shape

// shape is a JSON type that a property had: where in the first call, and which call that was.
type shape struct{ kind, pointer, call string }

// see adds the properties of an event, and returns those whose type has changed. call names the call.
func (known shapes) see(event string, data any, call string) (changed []tell.Noticed) {
	if known[event] == nil {
		known[event] = map[string][]shape{}
	}
	found := map[string][]shape{}
	collect(found, data, "", "", call)
	before := known[event]
	for _, property := range slices.Sorted(maps.Keys(found)) {
		first := len(before[property]) == 0
		for _, now := range found[property] {
			if slices.ContainsFunc(before[property], func(past shape) bool { return past.kind == now.kind }) {
				continue
			}
			if !first {
				changed = append(changed, now.after(before[property][0], event))
			}
			before[property] = append(before[property], now)
		}
	}
	return changed
}

// after describes a type that differs from one before.
func (now shape) after(past shape, event string) tell.Noticed {
	return tell.Noticed{
		What: fmt.Sprintf("event %s: Property %q was %s at %s, %s at %s", event, now.pointer,
			typeAt(past, now.pointer), past.call, article(now.kind), now.call),
		Advice: []string{"try: one JSON type for it in every call; conditions and Templates tell types apart"},
	}
}

// typeAt describes a type, and its place if that is another element of the array.
func typeAt(past shape, pointer string) string {
	if past.pointer == pointer {
		return article(past.kind)
	}
	return article(past.kind) + " in " + past.pointer
}

func article(kind string) string {
	if kind == "object" || kind == "array" {
		return "an " + kind
	}
	return "a " + kind
}

// collect collects the types below a value. null has no type. The property is the pointer with "~" for each index,
// which is no name.
func collect(found map[string][]shape, value any, property, pointer, call string) {
	kind := ""
	switch value := value.(type) {
	case map[string]any:
		kind = "object"
		for _, name := range slices.Sorted(maps.Keys(value)) {
			step := "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
			collect(found, value[name], property+step, pointer+step, call)
		}
	case []any:
		kind = "array"
		for i, element := range value {
			collect(found, element, property+"/~", pointer+"/"+strconv.Itoa(i), call)
		}
	case string:
		kind = "string"
	case bool:
		kind = "boolean"
	case json.Number:
		kind = "number"
	}
	if kind == "" || slices.ContainsFunc(found[property], func(other shape) bool { return other.kind == kind }) {
		return
	}
	found[property] = append(found[property], shape{kind, pointer, call})
}
