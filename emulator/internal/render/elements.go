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
	{"Link", leaf, []prop{{"text", anyValue}, {"href", anyValue}}, (*builder).htmlLink, (*builder).textLink},
	{"Button", leaf, []prop{{"text", anyValue}, {"href", anyValue}}, (*builder).htmlButton, (*builder).textLink},
	{"Image", leaf, []prop{{"src", anyValue}, {"alt", anyValue}, {"width", anyValue}, {"height", anyValue}},
		(*builder).htmlImage, emitNothing},
	{"Hr", leaf, nil, (*builder).htmlHr, (*builder).textHr},
	{"Markdown", leaf, []prop{{"content", checkMarkdownSize}}, (*builder).htmlMarkdown, (*builder).textMarkdown},
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
func (e *element) check(name string) func(text string) string {
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

func anyValue(string) string { return "" }

func oneOf(words []string) func(string) string {
	return func(text string) string {
		if slices.Contains(words, text) {
			return ""
		}
		return "must be one of " + list(words)
	}
}

func checkMarkdownSize(text string) string {
	if len(text) > maxMarkdown {
		return "must be at most 64 KiB of Markdown"
	}
	return ""
}

func emitNothing(*builder, *node) {}
