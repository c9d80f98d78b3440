package render

import "slices"

var elements = []element{
	{"Html", box, []prop{{"lang", free}, {"dir", oneOf(directions)}}, (*builder).htmlChildren, (*builder).textChildren},
	{"Head", box, nil, (*builder).htmlChildren, (*builder).textChildren},
	{"Preview", inbox, []prop{{"text", free}}, nothing, nothing},
	{"Body", page, nil, (*builder).htmlBox, (*builder).textChildren},
	{"Container", box, nil, (*builder).htmlContainer, (*builder).textChildren},
	{"Section", box, nil, (*builder).htmlBox, (*builder).textChildren},
	{"Row", row, nil, (*builder).htmlRow, (*builder).textRow},
	{"Column", cell, nil, (*builder).htmlColumn, (*builder).textChildren},
	{"Heading", leaf, []prop{{"text", free}, {"as", oneOf(levels)}}, (*builder).htmlHeading, (*builder).textText},
	{"Text", leaf, []prop{{"text", free}}, (*builder).htmlText, (*builder).textText},
	{"Link", leaf, []prop{{"text", free}, {"href", free}}, (*builder).htmlLink, (*builder).textLink},
	{"Button", leaf, []prop{{"text", free}, {"href", free}}, (*builder).htmlButton, (*builder).textLink},
	{"Image", leaf, []prop{{"src", free}, {"alt", free}, {"width", free}, {"height", free}},
		(*builder).htmlImage, nothing},
	{"Hr", leaf, nil, (*builder).htmlHr, (*builder).textHr},
	{"Markdown", leaf, []prop{{"content", shortMarkdown}}, (*builder).htmlMarkdown, (*builder).textMarkdown},
}

// unknown stands for every type that has no row. It takes all props, so that their values are checked too.
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

// elementOf returns the row of a type.
func elementOf(kind string) *element {
	for i := range elements {
		if elements[i].name == kind {
			return &elements[i]
		}
	}
	return &unknown
}

// check returns the check of a prop, nil if the element takes no such prop.
func (e *element) check(name string) func(text string) string {
	for _, p := range e.props {
		if p.name == name {
			return p.check
		}
	}
	if e == &unknown {
		return free
	}
	return nil
}

// takes lists the names of all props of the element.
func (e *element) takes() string {
	var names []string
	for _, p := range e.props {
		names = append(names, p.name)
	}
	return list(append(names, "style"))
}

func free(string) string { return "" }

func oneOf(words []string) func(string) string {
	return func(text string) string {
		if slices.Contains(words, text) {
			return ""
		}
		return "must be one of " + list(words)
	}
}

func shortMarkdown(text string) string {
	if len(text) > maxMarkdown {
		return "must be at most 64 KiB of Markdown"
	}
	return ""
}

func nothing(*builder, *node) {}
