package render

import "slices"

var elements = []element{
	{"Html", box, []prop{{"lang", anyValue}, {"dir", oneOf(directions)}},
		(*builder).htmlChildren, (*builder).textChildren},
	{"Head", box, nil, (*builder).htmlChildren, (*builder).textChildren},
	{"Preview", inbox, []prop{{"text", anyValue}}, emitNothing, emitNothing},
	{"Body", page, nil, (*builder).htmlBox, (*builder).textChildren},
	{"Container", box, nil, (*builder).htmlContainer, (*builder).textChildren},
	{"Section", box, nil, (*builder).htmlBox, (*builder).textChildren},
	{"Row", row, nil, (*builder).htmlRow, (*builder).textRow},
	{"Column", cell, nil, (*builder).htmlColumn, (*builder).textChildren},
	{"Heading", leaf, []prop{{"text", anyValue}, {"as", oneOf(levels)}}, (*builder).htmlHeading, (*builder).textText},
	{"Text", leaf, []prop{{"text", anyValue}}, (*builder).htmlText, (*builder).textText},
	{"Link", leaf, []prop{{"text", anyValue}, {"href", checkLink}}, (*builder).htmlLink, (*builder).textLink},
	{"Button", leaf, []prop{{"text", anyValue}, {"href", checkLink}}, (*builder).htmlButton, (*builder).textLink},
	{"Image", leaf, []prop{{"src", checkImage}, {"alt", anyValue}, {"width", anyValue}, {"height", anyValue}},
		(*builder).htmlImage, emitNothing},
	{"Hr", leaf, nil, (*builder).htmlHr, (*builder).textHr},
	{"Markdown", leaf, []prop{{"content", checkMarkdown}}, (*builder).htmlMarkdown, (*builder).textMarkdown},
}

// unknown is used for every type that has no row. It accepts all props, so that their values are checked too.
var unknown = element{role: box, props: propsOf(elements)}

var kinds = kindsOf(elements)

func kindsOf(rows []element) string {
	var names []string
	for _, row := range rows {
		names = append(names, row.name)
	}
	slices.Sort(names)
	return list(names)
}

func propsOf(rows []element) []prop {
	var all []prop
	for _, row := range rows {
		all = append(all, row.props...)
	}
	return all
}

// elementOf returns the row of a type, or unknown if there is none.
func elementOf(kind string) *element {
	for i := range elements {
		if elements[i].name == kind {
			return &elements[i]
		}
	}
	return &unknown
}

// check returns the check of a prop, or nil if the element has no such prop.
func (e *element) check(name string) func(*value) string {
	for _, prop := range e.props {
		if prop.name == name {
			return prop.check
		}
	}
	if e == &unknown {
		return anyValue
	}
	return nil
}

// propNames lists the names of all props of the element.
func (e *element) propNames() string {
	var names []string
	for _, prop := range e.props {
		names = append(names, prop.name)
	}
	return list(append(names, "style"))
}

func anyValue(*value) string { return "" }

func oneOf(words []string) func(*value) string {
	return func(v *value) string {
		text, static := v.static()
		return refused("must be one of "+list(words), static && !slices.Contains(words, text))
	}
}

func checkMarkdown(v *value) string {
	if text, _ := v.static(); len(text) > maxMarkdown {
		return "must be at most 64 KiB of Markdown"
	}
	if v.kind != literal && v.kind != join {
		return ""
	}
	_, dead := compileMarkdown(v.literals(), markup)
	switch len(dead) {
	case 0:
		return ""
	case 1:
		return "has a link or image that does not work in email: the one with number " + dead[0]
	default:
		return "has links or images that do not work in email: those with the numbers " + list(dead)
	}
}

func emitNothing(*builder, *node) {}
