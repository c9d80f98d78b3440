package main

import (
	"slices"
	"strings"
)

// form is a kind of text that a pattern describes. A reader is known to want it by what it does with a probe.
type form struct{ name, probe, pattern, message string }

// sentence describes the form. Editors show it with the text that does not match the pattern. There is no keyword for
// such a message that all readers of schemas know.
func (f form) sentence() string { return upper(f.message) + "." }

// The parts of patterns.
const (
	number   = `\d+`
	fraction = `\d+([.,]\d+)?`
	escaped  = `([^~]|~[01])`
)

// isoDuration is the pattern of a duration. Only its last part may have a fraction.
const isoDuration = `P(` + fraction + `W|(` + number + `W)?` + fraction + `D|(` + number + `W)?(` + number + `D)?T(` +
	fraction + `H|(` + number + `H)?` + fraction + `M|(` + number + `H)?(` + number + `M)?` + fraction + `S))`

const (
	isoInstant = `\d{4}-\d{2}-\d{2}([Tt]\d{2}:\d{2}(:\d{2}(\.\d+)?)?([Zz]|[+-]\d{2}(:?\d{2})?)?)?`
	uuid       = `[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[1-8][0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}`
)

// narrow are the forms of which a reader that refuses most texts accepts the probe.
var narrow = []form{
	{"duration", "P1D", `^` + isoDuration + `$`,
		"must be a duration in weeks, days, hours, minutes and seconds, such as P3D or PT30M"},
	{"instant", "2026-06-05", `^` + isoInstant + `$`, "must be a date or date-time such as 2026-03-01T09:00:00Z"},
	{"numeric", "1", `^-?\d+(\.\d+)?([eE][+-]?\d+)?$`, "must be a number"},
	{"dataPointer", "/data/x", `^/?data/` + escaped + `*$`, "must be a pointer below /data, such as /data/resetUrl"},
}

// wide are the forms of which a reader that accepts most texts refuses the probe. The first that fits counts.
var wide = []form{
	{"statePointer", "//", `^/*([^~/]|~[01])` + escaped + `*$`,
		"must be a pointer into the state, such as /profile/tier; write a ~ as ~0, and a / inside a name as ~1"},
	{"pointer", "~", `^` + escaped + `+$`,
		"must be a pointer such as /data/orderId; write a ~ as ~0, and a / inside a name as ~1"},
	{"eventPattern", "a*b", `^[^*]+\*?$|^\*$`, "must be the name of an event, exact or with a trailing *"},
	{"eventName", "a*", `[^*]$`, "must be the exact name of one event"},
}

// The forms of members of seeds. What is left out may also be an empty text.
var (
	signed = form{name: "signedDuration", pattern: `^[+-]?` + isoDuration + `$`,
		message: "must be a duration such as P3D, or -P3D before"}
	seedID    = form{name: "uuid", pattern: `^(` + uuid + `)?$`, message: "must be a UUID"}
	seedEmail = form{name: "emailAddress", pattern: `^[^@\s]+@[^@\s]+\.[^@\s]+$`,
		message: "must be an email address such as alex@example.com"}
	seedTime = form{name: "instantOrDuration", pattern: `^([+-]?` + isoDuration + `|` + isoInstant + `)?$`,
		message: "must be a date or date-time such as 2026-03-01T09:00:00Z, or a duration relative to the start " +
			"such as -P10D"}
	seedColor  = form{name: "color", pattern: `^(#[0-9a-fA-F]{6})?$`, message: "must be a color such as #1b4332"}
	seedDomain = form{name: "domainName", pattern: `^\S+\.\S+$`, message: "must be a domain name such as example.com"}
)

// refer returns a schema that refers to a definition.
func refer(name string) object { return object{"$ref": "#/$defs/" + name} }

// form returns a schema that refers to the definition of a form.
func (g *generator) form(f form) object {
	g.defs[f.name] = object{"type": "string", "pattern": f.pattern}
	return described(refer(f.name), f.sentence())
}

// text returns the schema of a text of a Go type in a place.
func (g *generator) text(kind string, p place) object {
	if p.refuses("x") {
		return g.fixedText(kind, p)
	}
	for _, f := range wide {
		if p.refuses(f.probe) {
			return g.form(f)
		}
	}
	schema := object{"type": "string"}
	if p.refuses("") {
		schema["minLength"] = 1
	}
	if most, limited := p.largest(1000, func(n int) any { return strings.Repeat("x", n) }); limited {
		schema["maxLength"] = most
	}
	return schema
}

// fixedText is text for a place whose reader refuses most texts: it takes a few words, or a narrow form.
func (g *generator) fixedText(kind string, p place) object {
	var words, meanings []string
	for _, w := range g.wordsOf(kind) {
		if p.refuses(w.value) {
			continue
		}
		words = append(words, w.value)
		if w.doc != "" {
			meanings = append(meanings, w.value+": "+w.doc)
		}
	}
	if len(words) > 0 {
		schema := object{"enum": unique(words)}
		if len(meanings) > 0 {
			schema["description"] = strings.Join(meanings, "; ") + "."
		}
		return schema
	}
	if f, found := narrowForm(p); found {
		return g.form(f)
	}
	return object{"type": "string"}
}

// wordsOf returns the words of a Go type, or all if it has none.
func (g *generator) wordsOf(kind string) []word {
	own := slices.DeleteFunc(slices.Clone(g.words), func(w word) bool { return w.kind != kind })
	if len(own) == 0 {
		return g.words
	}
	return own
}

func narrowForm(p place) (form, bool) {
	for _, f := range narrow {
		if !p.refuses(f.probe) {
			return f, true
		}
	}
	return form{}, false
}

// unique returns the items of a list, each once.
func unique[T comparable](list []T) (once []T) {
	seen := map[T]bool{}
	for _, item := range list {
		if !seen[item] {
			once = append(once, item)
		}
		seen[item] = true
	}
	return once
}
