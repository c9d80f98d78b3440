// Package render turns a Template's definition and a state into a mail: the subject, the preheader, an HTML document
// that mail clients show, and a plain-text part built from the same tree.
//
// Everything that can be known without a state is done by Parse: literals are escaped, styles inlined, Markdown
// parsed, pointers split. What is left is a short list of operations which Render runs once for each part.
// Equal input gives equal bytes.
//
// # Bindings
//
// A $template's text, and a plain string in subject or preheader, holds bindings such as ${/profile/firstName}; the
// leading slash is optional. A backslash keeps a binding as it stands: \${/profile/firstName}. Any other string in
// props is literal. An $item's field is a pointer when it has a slash, else names divided by dots; "" and "." are the
// item itself, and in a repeat within a repeat the innermost item. An $index counts from 0.
//
// In inline html and text only ${/…}, slash included, is a binding. There the author's own ${ is frequent.
//
// # Safety
//
// Values are escaped for the place they stand in. A link carries http, https and mailto only, an image http and
// https; any other URL is dropped, the label stays. CSS values that could end their declaration or run code are
// dropped. Markdown knows no raw HTML, and the value of a binding within a $template of Markdown is text, never
// Markdown; a value that is the whole content is Markdown itself.
package render

import (
	"slices"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
)

// Output is one rendered mail. HTML is empty when an inline definition has only text.
type Output struct {
	Subject, Preheader, HTML, Text string
	Missing                        []Missing
}

// Parse compiles a definition. When anything is wrong with it, the Template is nil and the findings list every
// fault, ordered by their pointers, which are relative to the definition.
func Parse(definition []byte) (*Template, []cond.Finding) {
	raw, err := cond.Decode(definition)
	if err != nil {
		return nil, []cond.Finding{{Message: "must be one valid JSON value"}}
	}
	p := &parser{index: map[Missing]int{}}
	t := p.definition(raw)
	if len(p.findings) == 0 {
		t.places, t.conditions = p.places, p.conditions
		return t, nil
	}
	slices.SortStableFunc(p.findings, func(a, b cond.Finding) int { return strings.Compare(a.Path, b.Path) })
	return nil, p.findings
}

// Render renders the Template against what env holds. A subjectOverride that is not empty is taken literally in
// place of the Template's subject. Missing lists every place once, in document order, after the subject's and the
// preheader's. An error comes from a condition's Facts, or says that the mail grew past all measure.
func (t *Template) Render(env *cond.Env, subjectOverride string) (Output, error) {
	r := newRun(t, env)
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

// RenderSubject renders the subject alone.
func (t *Template) RenderSubject(env *cond.Env) (string, []Missing, error) {
	r := newRun(t, env)
	subject := r.capture(t.subject)
	return subject, r.missing, r.err
}
