// Package sample makes up a state for a Template from its own bindings, so that its first preview is never empty. The
// values follow from the names: firstName is Alex, and totalAmount is 49.95.
package sample

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/segmentflow/segmentflow-go/emulator/internal/render"
)

// Buckets returns the parts of a state that a user can edit. The emulator fills /system.
func Buckets() []string { return []string{"data", "profile", "event", "steps"} }

// Maker makes up values.
type Maker struct {
	Now     time.Time
	Picture string // the URL of a picture
}

// State returns a state in which every binding has a value. Variables that the Template declares win.
func (m Maker) State(bindings []render.Binding, variables map[string]any) map[string]any {
	state := map[string]any{}
	for i := range bindings {
		b := &bindings[i]
		path := b.Pointer
		if b.List != nil {
			path = slices.Concat(b.List, []string{"0"}, path) // of the first item
		}
		if len(path) > 1 && slices.Contains(Buckets(), path[0]) {
			put(state, path, m.value(b, path))
		}
	}
	data, _ := state["data"].(map[string]any)
	for name, value := range variables {
		if _, used := data[name]; used && !isTypeName(value) {
			data[name] = value
		}
	}
	return asLists(state).(map[string]any)
}

// isTypeName reports whether a declared variable names its type instead of having an example.
func isTypeName(value any) bool {
	text, _ := value.(string)
	_, described := value.(map[string]any)
	return described || slices.Contains([]string{"", "string", "number", "integer", "boolean", "array", "object"}, text)
}

// put puts a value at a path, unless there is one that has parts.
func put(into map[string]any, path []string, value any) {
	for _, step := range path[:len(path)-1] {
		inner, ok := into[step].(map[string]any)
		if !ok {
			inner = map[string]any{}
			into[step] = inner
		}
		into = inner
	}
	last := path[len(path)-1]
	if parts, _ := into[last].(map[string]any); len(parts) == 0 {
		into[last] = value
	}
}

// asLists turns objects whose members are small numbers into lists.
func asLists(value any) any {
	object, ok := value.(map[string]any)
	if !ok {
		return value
	}
	list, most := make([]any, 10), -1
	for name, member := range object {
		object[name] = asLists(member)
		i, err := strconv.Atoi(name)
		if err != nil || i < 0 || i >= len(list) || strconv.Itoa(i) != name {
			most = len(list)
			continue
		}
		list[i], most = object[name], max(most, i)
	}
	if most < 0 || most >= len(list) {
		return object
	}
	return list[:most+1]
}

// value returns a value for a binding.
func (m Maker) value(b *render.Binding, path []string) any {
	path = slices.DeleteFunc(slices.Clone(path), func(step string) bool { return step == "0" })
	name, owner := path[len(path)-1], singular(path[max(0, len(path)-2)])
	switch {
	case b.Use == render.UseList:
		return map[string]any{"0": map[string]any{}}
	case b.Use == render.UseStyle:
		return map[string]any{"color": "#0b62d6"}
	case b.Prop == "src":
		return m.Picture
	case b.Use == render.UseLink:
		return "https://example.com/" + strings.Join(wordsOf(name), "-")
	}
	return m.named(wordsOf(name), owner)
}

// examples are values by a word of the name, the more specific first. %d stands for the date.
var examples = []struct {
	words string
	value any
}{
	{"email mail", "alex@example.com"},
	{"first given", "Alex"},
	{"last family surname", "Kim"},
	{"url link href uri website", "https://example.com/"},
	{"phone mobile tel telephone", "+49 30 5550100"},
	{"percent percentage rate discount", json.Number("20")},
	{"currency", "EUR"},
	{"total amount price sum cost subtotal tax fee balance revenue shipping", json.Number("49.95")},
	{"timezone zone", "Europe/Berlin"},
	{"date until deadline expires expiry since on due birthday", "%d"},
	{"year", json.Number("2026")},
	{"count quantity qty days hours minutes size points seats items", json.Number("2")},
	{"code otp pin token", "123456"},
	{"plan", "Pro"},
	{"tier", "gold"},
	{"status", "active"},
	{"color colour", "#0b62d6"},
	{"language locale lang", "en"},
	{"country", "Germany"},
	{"city", "Berlin"},
	{"street address", "Lindenstr. 5"},
	{"zip postcode postal", "10969"},
	{"company organization", "Acme Outdoor"},
	{"message note description body content comment", "This is an example."},
}

// named returns a value for a name in an object.
func (m Maker) named(words []string, owner string) any {
	last := words[len(words)-1]
	switch {
	case last == "name" && len(words) == 1 && owner == "profile", last == "name" && words[0] == "full":
		return "Alex Kim"
	case (last == "name" || last == "title") && len(words) == 1:
		return "Example " + owner
	case last == "at":
		return m.Now.UTC().Format("2006-01-02T15:04:05.000Z")
	case slices.Contains([]string{"is", "has", "can", "should"}, words[0]):
		return true
	case slices.Contains([]string{"id", "number", "no", "reference", "ref", "sku"}, last):
		return "1001"
	}
	for _, example := range examples {
		for word := range strings.FieldsSeq(example.words) {
			if slices.Contains(words, word) {
				if example.value == "%d" {
					return m.Now.Format(time.DateOnly)
				}
				return example.value
			}
		}
	}
	return "Example " + strings.Join(words, " ")
}

// wordsOf splits a name such as orderId or order_id into words in lower case. There is at least one.
func wordsOf(name string) []string {
	var spaced strings.Builder
	before := ' '
	for _, r := range name {
		if unicode.IsUpper(r) && unicode.IsLower(before) {
			spaced.WriteByte(' ')
		}
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			r = ' '
		}
		spaced.WriteRune(unicode.ToLower(r))
		before = r
	}
	if words := strings.Fields(spaced.String()); len(words) > 0 {
		return words
	}
	return []string{"value"}
}

// singular returns the name of one item of a list.
func singular(list string) string {
	words := wordsOf(list)
	return strings.TrimSuffix(words[len(words)-1], "s")
}
