package render

import (
	"slices"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/lazy"
)

// parser collects findings and the places where values may be missing.
type parser struct {
	findings      []cond.Finding
	conditions    []*cond.Cond
	places        []Missing
	index         map[Missing]int
	element, prop string // what is being parsed
}

func (p *parser) report(at, message string) {
	p.findings = append(p.findings, cond.Finding{Path: at, Message: message})
}

func (p *parser) place(path string) int {
	missing := Missing{Path: path, Element: p.element, Prop: p.prop}
	if i, known := p.index[missing]; known {
		return i
	}
	p.index[missing] = len(p.places)
	p.places = append(p.places, missing)
	return p.index[missing]
}

var handler = lazy.Regexp(`^(on|on[A-Z].*|watch)$`)

const noHandlers = "emails run no event handlers; use a Link or a Button with href"

// members reports every member of raw that is not known.
func (p *parser) members(raw map[string]any, at string, known ...string) {
	for name := range raw {
		switch {
		case slices.Contains(known, name):
		case handler().MatchString(name):
			p.report(child(at, name), noHandlers)
		default:
			p.report(child(at, name), "unknown member; the known members are "+list(known))
		}
	}
}

// pointer parses a pointer that must not be empty.
func (p *parser) pointer(raw any, at string) cond.Pointer {
	s, ok := raw.(string)
	if !ok {
		p.report(at, "must be a JSON pointer such as /data/orderId")
		return nil
	}
	pointer, err := cond.ParsePointer(s)
	if err != nil {
		p.report(at, "must be a JSON pointer such as /data/orderId; write a ~ as ~0, and a / inside a name as ~1")
		return nil
	}
	if len(pointer) == 0 {
		p.report(at, "points to the whole state; use a pointer to a value, such as /data/orderId")
	}
	return pointer
}

func (p *parser) condition(raw any, at string) *cond.Cond {
	condition, findings := cond.Parse(raw)
	for _, finding := range findings {
		p.report(at+finding.Path, finding.Message)
	}
	if condition != nil {
		p.conditions = append(p.conditions, condition)
	}
	return condition
}
