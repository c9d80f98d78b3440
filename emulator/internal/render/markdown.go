package render

import (
	"bufio"
	"bytes"
	"html"
	"strconv"
	"strings"
	"sync"

	"github.com/yuin/goldmark/ast"
	commonmark "github.com/yuin/goldmark/parser"
	goldmark "github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"

	"github.com/segmentflow/segmentflow-go/emulator/internal/lazy"
	"github.com/segmentflow/segmentflow-go/emulator/internal/mail"
)

const (
	// The parser takes quadratic time on some sources. A longer source is written as plain text.
	maxMarkdown = 64 << 10

	maxIndent = 64 // deeper quotes and lists are not indented further in the text part
)

// commonMarkParser parses CommonMark without raw HTML. A tag is text like any other.
var commonMarkParser = sync.OnceValue(func() commonmark.Parser {
	return commonmark.NewParser(
		commonmark.WithBlockParsers(
			util.Prioritized(commonmark.NewSetextHeadingParser(), 100),
			util.Prioritized(commonmark.NewThematicBreakParser(), 200),
			util.Prioritized(commonmark.NewListParser(), 300),
			util.Prioritized(commonmark.NewListItemParser(), 400),
			util.Prioritized(commonmark.NewCodeBlockParser(), 500),
			util.Prioritized(commonmark.NewATXHeadingParser(), 600),
			util.Prioritized(commonmark.NewFencedCodeBlockParser(), 700),
			util.Prioritized(commonmark.NewBlockquoteParser(), 800),
			util.Prioritized(commonmark.NewParagraphParser(), 1000),
		),
		commonmark.WithInlineParsers(
			util.Prioritized(commonmark.NewCodeSpanParser(), 100),
			util.Prioritized(commonmark.NewLinkParser(), 200),
			util.Prioritized(commonmark.NewAutoLinkParser(), 300),
			util.Prioritized(commonmark.NewEmphasisParser(), 500),
		),
		commonmark.WithParagraphTransformers(commonmark.DefaultParagraphTransformers()...),
	)
})

// markdown emits Markdown as HTML (markup) or as text (plain). Only what the definition contains is Markdown. The
// values of a $template's bindings are text in it. A value that is the whole content is Markdown itself.
func (b *builder) markdown(v *value, m mode) {
	if v == nil {
		return
	}
	switch v.kind {
	case state, item:
		b.add(op{kind: opMarkdown, mode: m, item: v.kind == item, pointer: v.pointer, place: v.place})
	case choice:
		b.choose(v, func(b *builder, v *value) { b.markdown(v, m) })
	case join:
		ops, _ := compileMarkdown(v.parts, m)
		b.add(ops...)
	default:
		ops, _ := compileMarkdown([]*value{v}, m)
		b.add(ops...)
	}
}

// compileMarkdown puts a mark in the place of each part that is not literal, parses the result, and emits the values
// in the places of their marks. It also returns the numbers of the links and images that cannot work in email, in the
// order of the source.
func compileMarkdown(parts []*value, m mode) (ops []op, dead []string) {
	source := withMarks(parts)
	ops = build(func(b *builder) {
		w := &markdownWriter{b: b, mode: m, source: []byte(source), values: parts, gap: 2}
		if len(source) > maxMarkdown {
			w.open("<p>")
			w.print(source, m)
			w.close("</p>\n")
			return
		}
		w.children(commonMarkParser().Parse(text.NewReader(w.source)))
		dead = w.dead
	})
	return ops, dead
}

// The marks are noncharacters of Unicode. Text normally has none, and withMarks removes them from literals.
const markStart, markEnd = "\uFDD0", "\uFDD1"

var (
	unmark = strings.NewReplacer(markStart, "", markEnd, "")
	mark   = lazy.Regexp(markStart + "([0-9]+)" + markEnd)
)

// withMarks joins parts: literals as they are, and a mark with its position for every other part.
func withMarks(parts []*value) string {
	var out strings.Builder
	for i, part := range parts {
		if part.kind == literal {
			out.WriteString(unmark.Replace(part.text))
			continue
		}
		out.WriteString(markStart + strconv.Itoa(i) + markEnd)
	}
	return out.String()
}

// withoutMarks is the inverse of withMarks, for any piece of its result.
func withoutMarks(s string, parts []*value) *value {
	v := &value{kind: join}
	done := 0
	for _, match := range mark().FindAllStringSubmatchIndex(s, -1) {
		v.literal(s[done:match[0]])
		done = match[1]
		if i, err := strconv.Atoi(s[match[2]:match[3]]); err == nil && i < len(parts) {
			v.parts = append(v.parts, parts[i])
		}
	}
	return v.literal(s[done:])
}

// markdownWriter walks a parsed source. It writes tags in HTML only, and gaps, bullets and indents in text only.
type markdownWriter struct {
	b      *builder
	mode   mode
	source []byte
	values []*value
	gap    int    // line breaks between blocks: 1 in a tight list
	lead   string // the start of the next line of text: the bullet or the indent
	indent string
	links  int      // links and images so far
	dead   []string // the numbers of those that cannot work in email
}

// target returns the URL of the next link or image, and notes whether it cannot work.
func (w *markdownWriter) target(destination string, check check) *value {
	v := withoutMarks(destination, w.values)
	w.links++
	if dead(v, check) {
		w.dead = append(w.dead, strconv.Itoa(w.links))
	}
	return v
}

func (w *markdownWriter) print(s string, m mode) { w.b.value(withoutMarks(s, w.values), m) }

func (w *markdownWriter) tag(s string) {
	if w.mode == markup {
		w.b.lit(s)
	}
}

func (w *markdownWriter) open(tag string) {
	w.tag(tag)
	if w.mode == plain {
		w.b.gap(w.gap)
		w.b.lit(w.lead)
		w.lead = w.indent
	}
}

func (w *markdownWriter) close(tag string) {
	w.tag(tag)
	if w.mode == plain {
		w.b.gap(w.gap)
	}
}

// newline breaks a line within a block.
func (w *markdownWriter) newline(tag string) {
	w.tag(tag)
	w.b.lit("\n")
	if w.mode == plain {
		w.b.lit(w.indent)
	}
}

func (w *markdownWriter) children(node ast.Node) {
	for child := node.FirstChild(); child != nil; child = child.NextSibling() {
		if child.Type() == ast.TypeInline {
			w.inline(child)
		} else {
			w.block(child)
		}
	}
}

func (w *markdownWriter) block(node ast.Node) {
	switch node := node.(type) {
	case *ast.Paragraph:
		w.wrap("p", node)
	case *ast.Heading:
		w.wrap("h"+strconv.Itoa(node.Level), node)
	case *ast.TextBlock:
		w.open("")
		w.children(node)
		if node.NextSibling() != nil {
			w.tag("\n")
		}
		w.close("")
	case *ast.Blockquote:
		w.tag("<blockquote>\n")
		w.nested(node, "> ", "> ")
		w.tag("</blockquote>\n")
	case *ast.List:
		w.list(node)
	case *ast.CodeBlock, *ast.FencedCodeBlock:
		w.code(node)
	case *ast.ThematicBreak:
		w.open("<hr />\n")
		if w.mode == plain {
			w.b.lit(dashes)
		}
		w.close("")
	}
}

func (w *markdownWriter) wrap(tag string, node ast.Node) {
	w.open("<" + tag + ">")
	w.children(node)
	w.close("</" + tag + ">\n")
}

// nested writes the blocks of a node after a bullet, and indents them.
func (w *markdownWriter) nested(node ast.Node, bullet, indent string) {
	outer := w.indent
	if len(outer) < maxIndent {
		w.lead, w.indent = w.lead+bullet, outer+indent
	}
	w.children(node)
	w.lead, w.indent = outer, outer
}

func (w *markdownWriter) list(list *ast.List) {
	tag, open := "ul", "<ul>\n"
	if list.IsOrdered() {
		tag, open = "ol", "<ol>\n"
		if list.Start != 1 {
			open = `<ol start="` + strconv.Itoa(list.Start) + "\">\n"
		}
	}

	w.tag(open)
	outer := w.gap
	w.b.textGap(w.mode, outer)
	if list.IsTight {
		w.gap = 1
	}

	number := list.Start
	for child := list.FirstChild(); child != nil; child = child.NextSibling() {
		bullet := "- "
		if list.IsOrdered() {
			bullet = strconv.Itoa(number) + string(list.Marker) + " "
		}
		w.tag("<li>")
		w.nested(child, bullet, strings.Repeat(" ", len(bullet)))
		w.tag("</li>\n")
		number++
	}

	w.gap = outer
	w.b.textGap(w.mode, outer)
	w.tag("</" + tag + ">\n")
}

// textGap requests line breaks in the text part.
func (b *builder) textGap(m mode, lines int) {
	if m == plain {
		b.gap(lines)
	}
}

func (w *markdownWriter) code(node ast.Node) {
	w.open("<pre><code>")
	for i := range node.Lines().Len() {
		if i > 0 {
			w.newline("")
		}
		segment := node.Lines().At(i)
		w.print(strings.TrimRight(string(segment.Value(w.source)), "\r\n"), w.mode)
	}
	w.close("</code></pre>\n")
}

func (w *markdownWriter) inline(node ast.Node) {
	switch node := node.(type) {
	case *ast.Text:
		w.print(w.text(node), w.mode)
		switch {
		case node.HardLineBreak():
			w.newline("<br />")
		case node.SoftLineBreak():
			w.newline("")
		}
	case *ast.Emphasis:
		tag := "em>"
		if node.Level == 2 {
			tag = "strong>"
		}
		w.tag("<" + tag)
		w.children(node)
		w.tag("</" + tag)
	case *ast.CodeSpan:
		w.tag("<code>")
		w.children(node)
		w.tag("</code>")
	case *ast.Link:
		w.link(unescaped(node.Destination), func() { w.children(node) })
	case *ast.AutoLink:
		w.autoLink(node)
	case *ast.Image:
		w.image(node)
	}
}

// text returns the content of a text node with escapes and entities resolved. In a code span they are not resolved,
// and a line break is a space.
func (w *markdownWriter) text(text *ast.Text) string {
	value := text.Value(w.source)
	if _, code := text.Parent().(*ast.CodeSpan); code || text.IsRaw() {
		return strings.ReplaceAll(string(value), "\n", " ")
	}
	return unescaped(value)
}

// unescaped resolves backslash escapes and entities as CommonMark does, with the library's own writer.
func unescaped(source []byte) string {
	if !bytes.ContainsAny(source, `\&`) {
		return string(source)
	}
	var escaped bytes.Buffer
	out := bufio.NewWriterSize(&escaped, len(source))
	goldmark.DefaultWriter.Write(out, source)
	_ = out.Flush()
	return html.UnescapeString(escaped.String())
}

func (w *markdownWriter) link(destination string, label func()) {
	href := w.target(destination, mail.LinkURL)
	if w.mode == plain {
		outer := w.b
		words := build(func(b *builder) { w.b = b; label() })
		w.b = outer
		w.b.linkOps(words, build(func(b *builder) { b.value(href, inURL) }))
		return
	}
	w.b.lit("<a")
	w.b.href(href)
	w.b.lit(">")
	label()
	w.b.lit("</a>")
}

func (w *markdownWriter) autoLink(link *ast.AutoLink) {
	url := string(link.URL(w.source))
	if link.AutoLinkType == ast.AutoLinkEmail {
		url = "mailto:" + strings.TrimPrefix(url, "mailto:")
	}
	w.link(url, func() { w.print(string(link.Label(w.source)), w.mode) })
}

func (w *markdownWriter) image(image *ast.Image) {
	src := w.target(unescaped(image.Destination), mail.WebURL)
	if w.mode == plain {
		return
	}
	after := build(func(b *builder) {
		b.lit(`" alt="`)
		b.value(withoutMarks(w.words(image), w.values), attribute)
		b.lit(`" style="max-width:100%;" />`)
	})
	w.b.guardOps(src, inURL, mail.WebURL, `<img src="`, after, "")
}

// words returns the text below a node without its markup.
func (w *markdownWriter) words(node ast.Node) string {
	var out strings.Builder
	for child := node.FirstChild(); child != nil; child = child.NextSibling() {
		if text, ok := child.(*ast.Text); ok {
			out.WriteString(w.text(text))
			continue
		}
		out.WriteString(w.words(child))
	}
	return out.String()
}
