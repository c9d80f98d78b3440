package render

import (
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/lazy"
)

// declaration is one default of an element's style, with the CSS name.
type declaration struct{ name, value string }

var (
	camelCase = lazy.Regexp(`^-{0,2}[A-Za-z][A-Za-z0-9]*(-[A-Za-z0-9]+)*$`)
	upperCase = lazy.Regexp(`[A-Z]`)
	number    = lazy.Regexp(`^-?[0-9]*\.?[0-9]+$`)
	// What a value must not contain: the start of another declaration, rule, tag, comment or escape, or CSS that runs
	// code.
	unsafeCSS = lazy.Regexp(`(?i)[;{}<>\\@\x00-\x1f\x7f]|/\*|expression\s*\(|(java|vb)script:`)
)

// cssName turns a camelCase property into its CSS name, including vendor prefixes.
func cssName(name string) (string, bool) {
	if !camelCase().MatchString(name) {
		return "", false
	}
	css := strings.ToLower(upperCase().ReplaceAllString(name, "-$0"))
	if strings.HasPrefix(css, "ms-") {
		css = "-" + css
	}
	return css, css != "behavior" && css != "-moz-binding"
}

// cssValue returns the check for the values of a property. A value must not end the declaration or run code. URLs must
// be http or https. A plain number is a length in pixels, except for a property where a number alone has a meaning.
func cssValue(name string) func(string) (string, bool) {
	return func(s string) (string, bool) {
		s = strings.TrimSuffix(strings.TrimSpace(s), ";")
		if s == "" || unsafeCSS().MatchString(s) || !balanced(s) || !goodStyle(s) {
			return "", false
		}
		if number().MatchString(s) && s != "0" && !unitless[name] {
			s += "px"
		}
		return s, true
	}
}

// balanced refuses values with an open quote or bracket, which would swallow the declarations after them.
func balanced(s string) bool {
	var quote rune
	depth := 0
	for _, char := range s {
		switch {
		case quote != 0:
			if char == quote {
				quote = 0
			}
		case char == '"' || char == '\'':
			quote = char
		case char == '(' || char == '[':
			depth++
		case char == ')' || char == ']':
			if depth--; depth < 0 {
				return false
			}
		}
	}
	return quote == 0 && depth == 0
}

var unitless = map[string]bool{
	"column-count": true, "columns": true, "flex": true, "flex-grow": true, "flex-shrink": true, "font-weight": true,
	"line-height": true, "opacity": true, "order": true, "orphans": true, "tab-size": true, "widows": true,
	"z-index": true, "zoom": true,
}

// A part selects the declarations of an element's style that one of its HTML tags gets.
type part func(name string) bool

func whole(string) bool { return true }

func background(name string) bool { return strings.HasPrefix(name, "background") }

func padding(name string) bool { return strings.HasPrefix(name, "padding") }

func margin(name string) bool { return strings.HasPrefix(name, "margin") }

// frame selects what paints the box of a button.
func frame(name string) bool { return background(name) || strings.HasPrefix(name, "border") }

func not(part part) part { return func(name string) bool { return !part(name) } }

// style emits a style attribute with the declarations of v that belong to the part. Before them come the defaults that
// none of them is sure to replace. If there is nothing to declare, style emits nothing.
func (b *builder) style(v *value, part part, defaults ...declaration) {
	ops := build(func(b *builder) {
		for _, d := range defaults {
			if !part(d.name) || !v.declares(d.name) {
				b.lit(d.name + ":")
				b.value(&value{text: d.value}, attribute)
				b.lit(";")
			}
		}
		b.declarations(v, part)
	})
	if len(ops) > 0 {
		b.lit(` style="`)
		b.add(ops...)
		b.lit(`"`)
	}
}

// declares reports whether v is sure to replace a default. A value that may be missing at render time does not. Then
// the default comes before it, so that the value wins if it is there.
func (v *value) declares(name string) bool {
	if v == nil || v.kind != object {
		return false
	}
	for _, f := range v.fields {
		css, _ := cssName(f.name)
		if s, static := f.value.static(); static && css == name {
			_, ok := cssValue(css)(s)
			return ok
		}
	}
	return false
}

func (b *builder) declarations(v *value, part part) {
	if v == nil {
		return
	}
	switch v.kind {
	case object:
		for _, f := range v.fields {
			if css, ok := cssName(f.name); ok && part(css) {
				b.guardOps(f.value, inCSS, cssValue(css), css+":", []op{{text: ";"}}, "")
			}
		}
	case choice:
		b.choose(v, func(b *builder, v *value) { b.declarations(v, part) })
	case state, item:
		b.add(op{
			kind: opStyle, item: v.kind == item, pointer: v.pointer, place: v.place,
			check: func(name string) (string, bool) {
				css, ok := cssName(name)
				return css, ok && part(css)
			},
		})
	}
}
