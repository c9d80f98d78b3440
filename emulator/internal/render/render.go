// Package render turns a Template's definition and a state into an email: the subject, the preheader, an HTML document
// that email clients show, and a plain-text part made from the same tree.
//
// Parse does all the work that needs no state: it escapes literals, inlines styles, parses Markdown and splits
// pointers. The result is a short list of operations that Render runs once for each part. Equal input makes equal
// bytes.
//
// # Bindings
//
// A $template's text, and a plain string in subject or preheader, has bindings such as ${/profile/firstName}. The
// leading slash is optional. With a backslash, \${/profile/firstName} is literal text. Any other string in props is
// literal. An $item's field is a pointer if it has a slash, otherwise names separated by dots. "" and "." are the item
// itself. In a repeat inside a repeat, the item is the innermost one. An $index counts from 0.
//
// In inline html and text only ${/…}, with the slash, is a binding, because authors often use ${ for other things
// there.
//
// # Safety
//
// Values are escaped for their place. In a URL they are percent-encoded, unless they begin it. Package mail decides
// which URLs work in email. Parse refuses those in the definition that do not. If a binding makes one, the URL is
// dropped, the label stays, and the binding counts as missing. Inline html keeps its URLs, and DeadLinks lists those
// that do not work. CSS values that could end their declaration or run code are dropped. Markdown has no raw HTML, and
// the value of a binding in a $template of Markdown is text, never Markdown. A value that is the whole content is
// Markdown itself.
package render

import (
	"slices"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
)

// Output is one rendered email. HTML is empty if an inline definition has only text.
type Output struct {
	Subject, Preheader, HTML, Text string
	Missing                        []Missing
}

// Parse compiles a definition. If anything is wrong with it, the Template is nil and the findings list every fault,
// sorted by their pointers. The pointers are relative to the definition.
func Parse(definition []byte) (*Template, []cond.Finding) {
	raw, err := cond.Decode(definition)
	if err != nil {
		return nil, []cond.Finding{{Message: "must be one valid JSON value"}}
	}
	p := &parser{index: map[Missing]int{}}
	t := p.definition(raw)
	if len(p.findings) == 0 {
		t.places, t.conditions = p.places, p.conditions
		t.listReads()
		return t, nil
	}
	slices.SortStableFunc(p.findings, func(a, b cond.Finding) int { return strings.Compare(a.Path, b.Path) })
	return nil, p.findings
}

// Render renders the Template with the state of env. If subjectOverride is not empty, it is used literally instead of
// the Template's subject. Missing lists every place once: those of the subject, then those of the preheader, then the
// others in document order. An error comes from a condition's Facts, or means that the email is too large.
func (t *Template) Render(env *cond.Env, subjectOverride string) (Output, error) {
	r := newRun(t, env)
	defer r.end()
	r.subject = string(appendEscaped(nil, subjectOverride, line))
	if subjectOverride == "" {
		r.subject = r.capture(t.subject)
	}
	if r.preheader = r.capture(t.preview); r.preheader == "" {
		r.preheader = r.capture(t.preheader)
	}

	html := r.capture(t.html)
	text := r.capture(t.text)
	if r.err != nil {
		return Output{}, r.err
	}
	return Output{Subject: r.subject, Preheader: r.preheader, HTML: html, Text: text, Missing: r.missing}, nil
}

// WhyNoSubject explains why a rendered email has no subject. It names the bindings of the subject that had nothing to
// print, and never a value.
func (out *Output) WhyNoSubject() string {
	var paths []string
	for _, missing := range out.Missing {
		if missing.Element == "" && missing.Prop == "subject" {
			paths = append(paths, missing.Path)
		}
	}
	if len(paths) == 0 {
		return "the subject is empty"
	}
	return "the subject is empty: there is nothing to print at " + strings.Join(paths, ", ")
}

// RenderSubject renders only the subject.
func (t *Template) RenderSubject(env *cond.Env) (string, []Missing, error) {
	r := newRun(t, env)
	defer r.end()
	subject := r.capture(t.subject)
	return subject, r.missing, r.err
}
