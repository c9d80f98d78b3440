package render

import (
	"slices"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/lazy"
	"github.com/segmentflow/segmentflow-go/emulator/internal/mail"
)

const (
	// Outlook and old WebKit add gaps to a table by default. No style turns them off.
	layoutTable = `border="0" cellpadding="0" cellspacing="0" role="presentation"`

	head = `<head>
<meta charset="utf-8" />
<meta http-equiv="Content-Type" content="text/html; charset=utf-8" />
<meta name="viewport" content="width=device-width, initial-scale=1" />
<meta name="x-apple-disable-message-reformatting" />
<title>`

	hidden = `<div style="display:none;font-size:1px;line-height:1px;max-height:0;max-width:0;opacity:0;` +
		`overflow:hidden;mso-hide:all;">`

	containerWidth = "600"
	buttonPadding  = "12px 20px"
)

var headingSizes = map[string]string{"h1": "28px", "h2": "24px", "h3": "20px", "h4": "18px", "h5": "16px", "h6": "14px"}

// tree compiles a body for every part of the email.
func (t *Template) tree(root *node) {
	t.preview = build(func(b *builder) { b.preview(root) })
	t.html = build(func(b *builder) { b.document(root) })
	t.text = build(func(b *builder) { b.textNode(root) })
	t.shown = t.text
}

// preview emits the texts for the inbox, wherever they are in the tree.
func (b *builder) preview(n *node) {
	b.element(n, func(b *builder) {
		if n.element.role == inbox {
			b.value(n.props["text"], line)
		}
		for _, child := range n.children {
			b.preview(child)
		}
	})
}

// document emits the frame of the email around the tree. Language and direction are on the html element, for those
// who read the source, and also on a div, because webmail drops everything around the body.
func (b *builder) document(root *node) {
	language := func(b *builder) {
		lang, dir := root.props["lang"], root.props["dir"]
		b.guard(lang, languageTag, ` lang="`, `"`, ` lang="en"`)
		b.guard(dir, direction, ` dir="`, `"`, ` dir="ltr"`)
	}

	b.lit("<!DOCTYPE html>\n<html")
	language(b)
	b.lit(">\n" + head)
	b.add(op{kind: opSubject})
	b.lit("</title>\n</head>\n<body")
	b.style(pageStyle(root), background, declaration{"margin", "0"}, declaration{"padding", "0"})
	b.lit(">\n")

	b.add(op{kind: opPreheader, body: []op{{text: hidden}}, alt: []op{{text: "</div>\n"}}})
	b.lit("<div")
	language(b)
	b.lit(">\n")
	b.htmlNode(root)
	b.lit("</div>\n</body>\n</html>\n")
}

var tag = lazy.Regexp(`^[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*$`)

func languageTag(s string) (string, bool) { return s, tag().MatchString(s) }

var (
	directions = []string{"ltr", "rtl", "auto"}
	levels     = []string{"h1", "h2", "h3", "h4", "h5", "h6"}
)

func direction(s string) (string, bool) { return s, slices.Contains(directions, s) }

func headingTag(s string) (string, bool) { return s, slices.Contains(levels, s) }

var length = lazy.Regexp(`^[0-9]{1,5}%?$`)

// dimension accepts what a width or height attribute may have: whole pixels or a percentage.
func dimension(s string) (string, bool) {
	s = strings.TrimSuffix(strings.TrimSpace(s), "px")
	return s, length().MatchString(s)
}

// pageStyle returns the style of the page. Its background must reach the edges of the window.
func pageStyle(root *node) *value {
	if root.element.role == page {
		return root.style
	}
	for _, child := range root.children {
		if child.element.role == page {
			return child.style
		}
	}
	return nil
}

// htmlNode emits an element and the elements below it. The children of a Row must be cells, so other children are put
// in a cell.
func (b *builder) htmlNode(n *node) {
	b.element(n, func(b *builder) {
		loose := n.inRow() && n.element.role != cell && n.element.role != inbox
		if loose {
			b.lit("<td valign=\"top\">\n")
		}
		n.element.html(b, n)
		if loose {
			b.lit("</td>\n")
		}
	})
}

func (b *builder) htmlChildren(n *node) {
	for _, child := range n.children {
		b.htmlNode(child)
	}
}

func (b *builder) htmlBox(n *node) { b.box(n, "") }

// box emits a table of one cell. The padding is on the cell, because Outlook ignores it on tables.
func (b *builder) box(n *node, attributes string, defaults ...declaration) {
	b.lit(`<table width="100%" ` + attributes + layoutTable)
	b.style(n.style, not(padding), defaults...)
	b.lit("><tr><td")
	b.style(n.style, padding)
	b.lit(">\n")
	b.htmlChildren(n)
	b.lit("</td></tr></table>\n")
}

// htmlContainer emits a centered box inside a table of fixed width. The table is for Outlook, which ignores max-width.
func (b *builder) htmlContainer(n *node) {
	width := containerWidth
	if n.style != nil {
		for _, f := range n.style.fields {
			text, _ := f.value.static()
			if px, ok := dimension(text); ok && f.name == "maxWidth" && !strings.HasSuffix(px, "%") {
				width = px
			}
		}
	}
	b.lit(`<!--[if mso]><table align="center" width="` + width + `" ` + layoutTable + "><tr><td><![endif]-->\n")
	b.box(n, `align="center" `, declaration{"margin", "0 auto"}, declaration{"max-width", containerWidth + "px"})
	b.lit("<!--[if mso]></td></tr></table><![endif]-->\n")
}

func (b *builder) htmlRow(n *node) {
	b.lit(`<table width="100%" ` + layoutTable)
	b.style(n.style, whole)
	b.lit("><tr>\n")
	b.htmlChildren(n)
	b.lit("</tr></table>\n")
}

func (b *builder) htmlColumn(n *node) {
	if !n.inRow() {
		b.box(n, "")
		return
	}
	b.lit(`<td valign="top"`)
	b.style(n.style, whole)
	b.lit(">\n")
	b.htmlChildren(n)
	b.lit("</td>\n")
}

// htmlHeading emits one of six levels. The default size is only set if the level is known at parse time.
func (b *builder) htmlHeading(n *node) {
	defaults := []declaration{{"line-height", "1.3"}, {"margin", "24px 0 12px"}}
	level := n.props["as"]
	if level == nil {
		level = &value{text: "h1"}
	}
	if size, ok := headingSizes[level.text]; ok {
		defaults = append(defaults, declaration{"font-size", size})
	}

	b.guard(level, headingTag, "<", "", "<h1")
	b.style(n.style, whole, defaults...)
	b.lit(">")
	b.value(n.props["text"], markup)
	b.guard(level, headingTag, "</", ">\n", "</h1>\n")
}

func (b *builder) htmlText(n *node) {
	b.lit("<p")
	b.style(n.style, whole, declaration{"font-size", "14px"}, declaration{"line-height", "24px"},
		declaration{"margin", "16px 0"})
	b.lit(">")
	b.value(n.props["text"], markup)
	b.lit("</p>\n")
}

func (b *builder) htmlLink(n *node) {
	b.link(n, whole, declaration{"color", "#0b62d6"}, declaration{"text-decoration", "underline"})
	b.lit("\n")
}

func (b *builder) link(n *node, part part, defaults ...declaration) {
	b.lit("<a")
	b.href(n.props["href"])
	b.style(n.style, part, defaults...)
	b.lit(">")
	b.value(n.props["text"], markup)
	b.lit("</a>")
}

// href emits the attribute of a link.
func (b *builder) href(v *value) {
	b.guardOps(v, inURL, mail.LinkURL, ` href="`, []op{{text: `"`}}, "")
}

// htmlButton emits a link in a table of its own. Outlook shows neither padding nor border on a link. So the cell has
// the frame, and the padding once more under Outlook's own name for it.
func (b *builder) htmlButton(n *node) {
	b.lit(`<table ` + layoutTable)
	b.style(n.style, margin, declaration{"margin", "16px 0"})
	b.lit("><tr><td")
	b.style(n.style, frame, declaration{"background-color", "#111111"}, declaration{"border-radius", "4px"},
		declaration{"mso-padding-alt", n.padding()})
	b.lit(">")
	b.link(n, not(func(name string) bool { return margin(name) || frame(name) }),
		declaration{"color", "#ffffff"}, declaration{"display", "inline-block"}, declaration{"font-size", "14px"},
		declaration{"padding", buttonPadding}, declaration{"text-decoration", "none"})
	b.lit("</td></tr></table>\n")
}

// padding returns the padding of the button if it is known at parse time, and otherwise the default.
func (n *node) padding() string {
	if n.style != nil {
		for _, f := range n.style.fields {
			text, static := f.value.static()
			if value, ok := cssValue("padding")(text); static && ok && f.name == "padding" {
				return value
			}
		}
	}
	return buttonPadding
}

// htmlImage emits nothing if there is no valid source: no picture is better than a broken one.
func (b *builder) htmlImage(n *node) {
	after := build(func(b *builder) {
		b.lit(`" alt="`)
		b.value(n.props["alt"], attribute)
		b.lit(`"`)
		b.guard(n.props["width"], dimension, ` width="`, `"`, "")
		b.guard(n.props["height"], dimension, ` height="`, `"`, "")
		b.style(n.style, whole, declaration{"border", "0"}, declaration{"display", "block"},
			declaration{"max-width", "100%"}, declaration{"outline", "none"})
		b.lit(" />\n")
	})
	b.guardOps(n.props["src"], inURL, mail.WebURL, `<img src="`, after, "")
}

func (b *builder) htmlHr(n *node) {
	b.lit("<hr")
	b.style(n.style, whole, declaration{"border", "none"}, declaration{"border-top", "1px solid #dddddd"},
		declaration{"margin", "16px 0"}, declaration{"width", "100%"})
	b.lit(" />\n")
}

func (b *builder) htmlMarkdown(n *node) {
	b.lit("<div")
	b.style(n.style, whole, declaration{"font-size", "14px"}, declaration{"line-height", "24px"})
	b.lit(">\n")
	b.markdown(n.props["content"], markup)
	b.lit("</div>\n")
}
