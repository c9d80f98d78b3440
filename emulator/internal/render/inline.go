package render

import (
	"slices"
	"strings"

	"golang.org/x/net/html"

	"github.com/segmentflow/segmentflow-go/emulator/internal/lazy"
	"github.com/segmentflow/segmentflow-go/emulator/internal/mail"
)

// inline compiles html and text that are kept as given. If there is no text, it is made from the html.
func (t *Template) inline(markup, text *value, hasText bool) {
	t.html = build(func(b *builder) {
		w := inlineWriter{b: b, values: markup.parts, line: 1}
		w.write(withMarks(markup.parts))
		t.dead = w.dead
	})
	made := build(func(b *builder) { b.textOfHTML(markup) })
	t.shown, t.text = made, made
	if hasText {
		t.text = build(func(b *builder) { b.value(text, inText) })
		t.shown = slices.Concat(made, t.text)
	}
}

// DeadLink is a link or an image in inline html whose URL cannot work in email. The URL is shortened.
type DeadLink struct {
	Line      int    `json:"line"`
	Element   string `json:"element"`
	Attribute string `json:"attribute"`
	URL       string `json:"url"`
}

const maxShownURL = 100

// inlineWriter emits an author's HTML as it is. Each binding is escaped for its place.
type inlineWriter struct {
	b       *builder
	values  []*value
	line    int
	comment bool // inside a comment, which only Outlook reads
	dead    []DeadLink
}

func (inline *inlineWriter) write(source string) {
	for kind, raw := range htmlTokens(source) {
		line := inline.line
		switch {
		case kind == html.CommentToken && !inline.comment && strings.HasPrefix(raw, "<!--"):
			inline.b.lit("<!--")
			inline.comment = true
			inline.write(raw[len("<!--"):])
			inline.comment = false
		case kind == html.TextToken, kind == html.DoctypeToken, kind == html.CommentToken:
			inline.print(tagBefore().ReplaceAllString(raw, "&lt;$1"), markup)
		default:
			inline.tag(raw, kind != html.EndTagToken)
		}
		inline.line = line + strings.Count(raw, "\n")
	}
}

// print emits a piece of the source.
func (inline *inlineWriter) print(raw string, m mode) {
	for _, part := range withoutMarks(raw, inline.values).parts {
		if part.kind == literal {
			inline.b.lit(part.text)
		} else {
			inline.b.value(part, m)
		}
	}
}

// tagBefore matches what a value would turn into a tag.
var tagBefore = lazy.Regexp(`<(/?` + markStart + `)`)

func (inline *inlineWriter) tag(raw string, opening bool) {
	name, attributes := readTag(raw)
	seen := map[string]bool{}
	done := 0
	for _, attribute := range attributes {
		given := raw[attribute.start:attribute.end]
		bound := strings.Contains(given, markStart)
		check := urlChecks[attribute.name]
		if !bound && check == nil {
			continue
		}
		v := withoutMarks(attributeText(given), inline.values)
		if opening && !seen[attribute.name] && !inline.comment && carries(name, attribute.name) && dead(v, check) {
			inline.dead = append(inline.dead, DeadLink{inline.line, name, attribute.name, v.source()})
		}
		seen[attribute.name] = true
		if bound {
			inline.print(raw[done:attribute.start], bare)
			inline.attribute(attribute, v, given, strings.HasPrefix(raw[attribute.end:], ">"))
			done = attribute.end
		}
	}
	inline.print(raw[done:], bare)
}

// urlChecks are the attributes with a URL.
var urlChecks = map[string]check{
	"href": mail.LinkURL, "action": mail.LinkURL, "formaction": mail.LinkURL, "cite": mail.LinkURL,
	"src": mail.WebURL, "background": mail.WebURL, "poster": mail.WebURL,
}

// carries reports whether the attribute is a link or an image that readers see.
func carries(element, attribute string) bool {
	switch element {
	case "a", "area":
		return attribute == "href"
	case "img":
		return attribute == "src"
	}
	return attribute == "background"
}

// attribute emits the value of an attribute with bindings. A URL is checked as a whole, unless what the author wrote is
// dead already, which is kept as given.
func (inline *inlineWriter) attribute(written tagAttribute, v *value, given string, last bool) {
	m, check := inURL, urlChecks[written.name]
	switch {
	case check != nil && dead(v, check):
		check = func(s string) (string, bool) { return mail.EscapeURL(s), true }
	case check != nil:
	case written.name == "srcset":
		m, check = inSet, goodSet
	case written.name == "style" && written.quoted && cssURL().MatchString(given):
		m, check = inCSS, func(s string) (string, bool) { return s, true }
	case written.quoted:
		inline.print(given, attribute)
		return
	default:
		inline.print(given, bare)
		return
	}
	otherwise := ""
	if !written.quoted && !last {
		otherwise = `""` // otherwise the next attribute would be the value
	}
	inline.b.guardOps(v, m, check, "", nil, otherwise)
}

// source returns a value as its author wrote it, shortened.
func (v *value) source() string {
	var out strings.Builder
	for _, part := range v.parts {
		if part.kind == literal {
			out.WriteString(part.text)
		} else {
			out.WriteString("${" + part.pointer.String() + "}")
		}
	}
	if runes := []rune(out.String()); len(runes) > maxShownURL {
		return string(runes[:maxShownURL]) + "…"
	}
	return out.String()
}
