package render

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/net/html"

	"github.com/segmentflow/segmentflow-go/emulator/internal/mail"
)

// htmlReader makes the text part from an author's HTML, in the same form as the text part of a tree. It reads the tree
// of the HTML parser, in which values are marks.
type htmlReader struct {
	b      *builder
	values []*value
	inLine bool   // something was written on the line
	space  bool   // a space must come before the next word on the line
	cell   bool   // a bar must come before it
	breaks int    // line breaks that must come before it
	lead   string // the start of the next line: the marker of an item, or the indent
	indent string
	lists  []*htmlList // the lists around the current place
}

var (
	// The content of these is not text for the recipient.
	skippedElements = map[string]bool{
		"head": true, "iframe": true, "noembed": true, "noframes": true, "script": true, "style": true,
		"template": true, "title": true,
	}

	// blocks has the number of line breaks around a block.
	blocks = map[string]int{
		"address": 2, "article": 1, "aside": 1, "blockquote": 2, "body": 2, "caption": 1, "center": 1, "dd": 1,
		"details": 1, "dir": 2, "div": 1, "dl": 2, "dt": 1, "fieldset": 1, "figcaption": 1, "figure": 2, "footer": 1,
		"form": 1, "h1": 2, "h2": 2, "h3": 2, "h4": 2, "h5": 2, "h6": 2, "header": 1, "hr": 2, "legend": 1, "li": 1,
		"main": 1, "menu": 2, "nav": 1, "ol": 2, "option": 1, "p": 2, "pre": 2, "section": 1, "summary": 1, "table": 2,
		"tr": 1, "ul": 2,
	}
)

// textOfHTML emits the text part of inline html.
func (b *builder) textOfHTML(markup *value) {
	h := &htmlReader{b: b, values: markup.parts}
	source := withMarks(markup.parts)
	root, err := html.ParseWithOptions(strings.NewReader(source), html.ParseOptionEnableScripting(false))
	if err != nil {
		h.flat(source)
		return
	}
	h.children(root, htmlStyle{})
}

// flat reads HTML that is nested too deeply for the parser. It writes the text alone.
func (h *htmlReader) flat(source string) {
	tokens := html.NewTokenizer(strings.NewReader(source))
	for skipped := false; ; {
		switch tokens.Next() {
		case html.ErrorToken:
			return
		case html.TextToken:
			if !skipped {
				h.words(string(tokens.Text()))
			}
		case html.StartTagToken:
			name, _ := tokens.TagName()
			skipped = skippedElements[string(name)]
		case html.EndTagToken:
			skipped = false
		}
	}
}

func (h *htmlReader) children(n *html.Node, style htmlStyle) {
	for child := range n.ChildNodes() {
		switch {
		case child.Type == html.ElementNode && !skippedElements[child.Data]:
			h.element(child, style)
		case child.Type != html.TextNode || style.tiny:
		case style.pre:
			h.preformatted(child.Data)
		case style.lines:
			for i, line := range strings.Split(child.Data, "\n") {
				if i > 0 {
					h.newline()
				}
				h.words(line)
			}
		default:
			h.words(child.Data)
		}
	}
}

func (h *htmlReader) element(n *html.Node, style htmlStyle) {
	style, hidden := style.inside(n)
	if hidden {
		return
	}
	lines := blocks[n.Data]
	if isList(n) && len(h.lists) > 0 {
		lines = 1
	}

	h.block(lines)
	switch n.Data {
	case "a":
		h.link(n, style)
	case "br":
		h.newline()
	case "hr":
		h.begin()
		h.b.lit(dashes)
	case "li":
		h.item(n, style)
	case "td", "th":
		h.cell = h.inLine
		h.children(n, style)
	default:
		if isList(n) {
			h.lists = append(h.lists, newHTMLList(n))
			defer func() { h.lists = h.lists[:len(h.lists)-1] }()
		}
		h.children(n, style)
	}
	h.block(lines)
}

// block ends a line. There are lines line breaks at least before the next one.
func (h *htmlReader) block(lines int) {
	if lines == 0 {
		return
	}
	h.b.gap(max(lines, min(h.breaks, 2)))
	h.inLine, h.space, h.cell, h.breaks = false, false, false, 0
}

// newline breaks a line within a block. At the start of a line it makes a blank one.
func (h *htmlReader) newline() {
	if h.inLine || h.breaks > 0 {
		h.breaks++
	} else {
		h.b.gap(2)
	}
	h.inLine, h.space, h.cell = false, false, false
}

// begin writes what must come before the next word.
func (h *htmlReader) begin() {
	h.b.lit(strings.Repeat("\n", h.breaks))
	switch {
	case !h.inLine:
		h.b.lit(h.lead)
		h.lead = h.indent
	case h.cell:
		h.b.lit(" | ")
	case h.space:
		h.b.lit(" ")
	}
	h.inLine, h.space, h.cell, h.breaks = true, false, false, 0
}

func (h *htmlReader) print(s string) { h.b.value(withoutMarks(s, h.values), plain) }

// words writes text with its white space collapsed.
func (h *htmlReader) words(s string) {
	for i, word := range strings.FieldsFunc(s, unicode.IsSpace) {
		h.space = h.space || i > 0 || startsWithSpace(s)
		h.begin()
		h.print(word)
	}
	h.space = h.space || endsWithSpace(s)
}

func startsWithSpace(s string) bool { return s != strings.TrimLeftFunc(s, unicode.IsSpace) }

func endsWithSpace(s string) bool { return s != strings.TrimRightFunc(s, unicode.IsSpace) }

// preformatted writes text with its white space.
func (h *htmlReader) preformatted(s string) {
	for i, line := range strings.Split(s, "\n") {
		if i > 0 {
			h.newline()
		}
		if line != "" {
			h.begin()
			h.print(line)
		}
	}
}

// link writes a link with its target. A dead link, an anchor, and a link that readers do not see, are text.
func (h *htmlReader) link(n *html.Node, style htmlStyle) {
	target := withoutMarks(attributeOf(n, "href"), h.values)
	isBlock := slices.ContainsFunc(slices.Collect(n.Descendants()), func(inner *html.Node) bool {
		return blocks[inner.Data] > 0 && inner.Type == html.ElementNode
	})
	if dead(target, mail.LinkURL) {
		h.children(n, style)
		return
	}

	// The label is read on its own. The first space in it belongs before the link.
	label := *h
	label.b, label.lead, label.indent = &builder{}, "", ""
	label.inLine, label.space, label.cell, label.breaks = false, false, false, 0
	label.children(n, style)
	label.b.flush()
	if len(label.b.ops) == 0 && !hasImage(n) {
		return
	}

	if isBlock {
		h.block(1)
	}
	h.space = h.space || startsWithSpace(textOf(n))
	h.begin()
	h.b.linkOps(label.b.ops, build(func(b *builder) { b.value(target, inURL) }))
	h.space = label.space
	if isBlock {
		h.block(1)
	}
}

func hasImage(n *html.Node) bool {
	for inner := range n.Descendants() {
		if inner.Data == "img" && inner.Type == html.ElementNode {
			return true
		}
	}
	return false
}

// textOf returns the first text below a node.
func textOf(n *html.Node) string {
	for inner := range n.Descendants() {
		if inner.Type == html.TextNode {
			return inner.Data
		}
	}
	return ""
}

func attributeOf(n *html.Node, name string) string {
	for _, attribute := range n.Attr {
		if attribute.Key == name {
			return attribute.Val
		}
	}
	return ""
}
