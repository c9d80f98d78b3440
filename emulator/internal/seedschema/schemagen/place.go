package main

import (
	"encoding/json"
	"maps"
	"slices"
	"sort"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/journey"
	"github.com/segmentflow/segmentflow-go/emulator/internal/render"
)

// object is a JSON object, such as a schema.
type object = map[string]any

// place is a place in a document, and the reader that the document is for.
type place struct {
	read func(raw []byte) []cond.Finding
	with func(value any) any // returns the document with a value in the place
	at   string              // the JSON pointer to the place

	language string // of the document
}

// The documents of the languages.
var (
	aCondition = place{readCondition, func(v any) any { return v }, "", "condition"}
	aContent   = place{readContent, func(v any) any { return v }, "", "content"}
	aJourney   = place{readJourney, func(v any) any { return v }, "", "journey"}
)

func readCondition(raw []byte) []cond.Finding {
	_, findings := cond.ParseJSON(raw)
	return findings
}

func readContent(raw []byte) []cond.Finding {
	_, findings := render.Parse(raw)
	return findings
}

func readJourney(raw []byte) []cond.Finding {
	_, findings := journey.Parse(raw)
	return findings
}

// member returns the place of a member of an object in the place. The object has others beside it.
func (p place) member(name string, beside object) place {
	with := func(value any) any {
		whole := maps.Clone(beside)
		if whole == nil {
			whole = object{}
		}
		whole[name] = value
		return p.with(whole)
	}
	return place{p.read, with, cond.Below(p.at, name), p.language}
}

// item returns the place of the only item of a list in the place.
func (p place) item() place {
	with := func(value any) any { return p.with([]any{value}) }
	return place{p.read, with, cond.Nth(p.at, 0), p.language}
}

// reports returns the places where the reader finds something if the value is in the place.
func (p place) reports(value any) (at []string) {
	raw, err := json.Marshal(p.with(value))
	if err != nil {
		panic(err) // the values are those of this program
	}
	for _, finding := range p.read(raw) {
		at = append(at, finding.Path)
	}
	return at
}

// refuses reports whether the reader finds something wrong with the value or in it.
func (p place) refuses(value any) bool {
	return slices.ContainsFunc(p.reports(value), func(at string) bool {
		return at == p.at || strings.HasPrefix(at, p.at+"/")
	})
}

// requires returns the names without which an object in the place is reported.
func (p place) requires(whole object, names []string) (required []string) {
	reported := p.reports(whole)
	for _, name := range names {
		if _, given := whole[name]; !given && slices.Contains(reported, cond.Below(p.at, name)) {
			required = append(required, name)
		}
	}
	slices.Sort(required)
	return required
}

// largest returns the largest number below most for which the reader accepts the value that is made of it, and false if
// there is no limit.
func (p place) largest(most int, value func(n int) any) (int, bool) {
	if !p.refuses(value(most)) {
		return 0, false
	}
	return sort.Search(most, func(n int) bool { return p.refuses(value(n + 1)) }), true
}

// kinds returns the kinds of JSON of which the reader accepts a value: any of the objects, or a simple value of each
// other kind.
func (p place) kinds(objects ...any) (kinds []string) {
	for _, kind := range []struct {
		name    string
		samples []any
	}{
		{"null", []any{nil}},
		{"boolean", []any{true}},
		{"string", []any{"x"}},
		{"number", []any{1}},
		{"array", []any{[]any{1}}},
		{"object", objects},
	} {
		if slices.ContainsFunc(kind.samples, func(sample any) bool { return !p.refuses(sample) }) {
			kinds = append(kinds, kind.name)
		}
	}
	return kinds
}
