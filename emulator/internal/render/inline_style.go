package render

import (
	"strings"

	"golang.org/x/net/html"

	"github.com/segmentflow/segmentflow-go/emulator/internal/lazy"
)

// htmlStyle is what matters of an element's style for its text.
type htmlStyle struct {
	pre   bool // white space is kept
	lines bool // line breaks are kept
	tiny  bool // the letters have no size
}

// inside returns the style inside an element, and whether readers do not see it. Only style attributes count. An
// element that Outlook alone hides is seen.
func (style htmlStyle) inside(n *html.Node) (inner htmlStyle, hidden bool) {
	for _, attribute := range n.Attr {
		if attribute.Key == "hidden" {
			return style, true
		}
	}
	if n.Data == "pre" || n.Data == "listing" || n.Data == "xmp" || n.Data == "textarea" {
		style.pre = true
	}
	css := declarationsOf(attributeOf(n, "style"))
	switch space := css["white-space"]; space {
	case "pre", "pre-wrap", "break-spaces":
		style.pre = true
	case "normal", "nowrap", "pre-line":
		style.pre, style.lines = false, space == "pre-line"
	}
	if size := css["font-size"]; size != "" {
		style.tiny = isZero(size)
	}
	clipped := css["overflow"] == "hidden"
	return style, css["display"] == "none" || css["visibility"] == "hidden" ||
		isZero(css["opacity"]) || isZero(css["max-height"]) ||
		clipped && (isZero(css["height"]) || isZero(css["width"]) || isZero(css["max-width"]))
}

var cssComment = lazy.Regexp(`(?s)/\*.*?\*/`)

// declarationsOf parses a style attribute. The names and values are in lower case. An important declaration wins over
// others, and otherwise the last one does.
func declarationsOf(style string) map[string]string {
	css, important := map[string]string{}, map[string]bool{}
	style = cssComment().ReplaceAllString(strings.ToLower(style), "")
	for declaration := range strings.SplitSeq(style, ";") {
		name, value, _ := strings.Cut(declaration, ":")
		value, wins := strings.CutSuffix(strings.TrimSpace(value), "important")
		if wins {
			value = strings.TrimSuffix(strings.TrimSpace(value), "!")
		}
		if name = strings.TrimSpace(name); wins || !important[name] {
			css[name], important[name] = strings.TrimSpace(value), wins
		}
	}
	return css
}

// isZero reports whether a CSS number or length is zero.
func isZero(s string) bool {
	number := strings.TrimRight(s, "%abcdefghijklmnopqrstuvwxyz")
	return number != "" && strings.Trim(number, "0") == strings.Repeat(".", strings.Count(number, ".")) &&
		strings.Count(number, ".") < 2 && number != "."
}
