package render

import (
	"cmp"
	"strconv"
	"strings"

	"golang.org/x/net/html"
)

// htmlList is a list whose items are being read.
type htmlList struct {
	kind   string // what marks its items, in the words of CSS
	number int    // of the next item
	step   int
}

func isList(n *html.Node) bool {
	return n.Data == "ol" || n.Data == "ul" || n.Data == "menu" || n.Data == "dir"
}

// markers has what marks an item: by the attribute type, and by the words of CSS.
var markers = map[string]string{
	"1": "decimal", "a": "lower-alpha", "A": "upper-alpha", "i": "lower-roman", "I": "upper-roman",
	"none": "none", "disc": "disc", "circle": "disc", "square": "disc", "decimal": "decimal",
	"lower-alpha": "lower-alpha", "lower-latin": "lower-alpha", "upper-alpha": "upper-alpha",
	"upper-latin": "upper-alpha", "lower-roman": "lower-roman", "upper-roman": "upper-roman",
}

// markerOf returns what a list or an item says of its marker, or otherwise the given one.
func markerOf(n *html.Node, otherwise string) string {
	kind := cmp.Or(markers[attributeOf(n, "type")], otherwise)
	css := declarationsOf(attributeOf(n, "style"))
	for word := range strings.FieldsSeq(css["list-style"] + " " + css["list-style-type"]) {
		kind = cmp.Or(markers[word], kind)
	}
	return kind
}

func newHTMLList(n *html.Node) *htmlList {
	if n.Data != "ol" {
		return &htmlList{kind: markerOf(n, "disc"), number: 1, step: 1}
	}
	list := &htmlList{kind: markerOf(n, "decimal"), number: 1, step: 1}
	for _, attribute := range n.Attr {
		if attribute.Key != "reversed" {
			continue
		}
		list.number, list.step = 0, -1
		for child := range n.ChildNodes() {
			if child.Data == "li" && child.Type == html.ElementNode {
				list.number++
			}
		}
	}
	list.count(attributeOf(n, "start"))
	return list
}

// count makes a number that an attribute has the next one.
func (list *htmlList) count(attribute string) {
	if n, err := strconv.Atoi(strings.TrimSpace(attribute)); err == nil {
		list.number = n
	}
}

// item writes an item after its marker, and indents its other lines.
func (h *htmlReader) item(n *html.Node, style htmlStyle) {
	list := &htmlList{kind: "disc"}
	if len(h.lists) > 0 {
		list = h.lists[len(h.lists)-1]
	}
	list.count(attributeOf(n, "value"))
	marker := list.marker(markerOf(n, list.kind))
	list.number += list.step

	outer, indent := h.lead, h.indent
	marked := outer + marker
	if h.lead = marked; len(indent) < maxIndent {
		h.indent += strings.Repeat(" ", len(marker))
	}
	h.children(n, style)
	if h.lead != marked || marker == "" {
		outer = indent
	}
	h.lead, h.indent = outer, indent
}

func (list *htmlList) marker(kind string) string {
	number := strconv.Itoa(list.number)
	switch kind {
	case "none":
		return ""
	case "disc":
		return "- "
	case "lower-alpha", "upper-alpha":
		number = cmp.Or(letters(list.number), number)
	case "lower-roman", "upper-roman":
		number = cmp.Or(roman(list.number), number)
	}
	if strings.HasPrefix(kind, "upper-") {
		number = strings.ToUpper(number)
	}
	return number + ". "
}

// letters returns a, b, … z, aa, ab, …, or "" if there is no such number.
func letters(n int) string {
	text := ""
	for ; n > 0; n = (n - 1) / 26 {
		text = string(rune('a'+(n-1)%26)) + text
	}
	return text
}

// roman returns a number from 1 to 3999 as a Roman numeral, and "" for any other.
func roman(n int) string {
	if n > 3999 {
		return ""
	}
	var text strings.Builder
	values := []int{1000, 900, 500, 400, 100, 90, 50, 40, 10, 9, 5, 4, 1}
	for i, numeral := range []string{"m", "cm", "d", "cd", "c", "xc", "l", "xl", "x", "ix", "v", "iv", "i"} {
		for ; n >= values[i]; n -= values[i] {
			text.WriteString(numeral)
		}
	}
	return text.String()
}
