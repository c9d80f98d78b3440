package render

import (
	"html"
	"regexp"
	"strings"
	"unicode"
)

// inline compiles html and text that are kept as given. If there is no text, it is made from the html.
func (t *Template) inline(markup, text *value, hasText bool) {
	t.html = build(func(b *builder) { b.inlineHTML(markup) })
	t.text = build(func(b *builder) {
		if hasText {
			b.value(text, plain)
			return
		}
		h := htmlReader{b: b, values: markup.parts}
		h.read(withMarks(markup.parts))
	})
}

// inlineHTML emits an author's HTML. Each binding is escaped for its place.
func (b *builder) inlineHTML(v *value) {
	var at htmlPlace
	for _, part := range v.parts {
		switch {
		case part.kind == literal:
			b.lit(part.text)
			at.pass(part.text)
		case at.url:
			b.guard(part, linkURL, "", "", "")
			at.url = false
		case !at.tag:
			b.value(part, markup)
		case at.quote != 0:
			b.value(part, attribute)
		default:
			b.value(part, bare)
		}
	}
}

// htmlPlace follows HTML just closely enough to know whether a binding is in text, in a quoted attribute, in an
// unquoted one, or at the start of a URL.
type htmlPlace struct {
	tag   bool
	quote byte
	url   bool
}

var urlStart = regexp.MustCompile(`(?i)[\s"'/](href|src|action|formaction|background|poster|cite)\s*=\s*["']?\s*$`)

func (at *htmlPlace) pass(s string) {
	for i := range len(s) {
		switch c := s[i]; {
		case at.quote != 0:
			if c == at.quote {
				at.quote = 0
			}
		case !at.tag:
			at.tag = c == '<' && (i+1 == len(s) || s[i+1] == '/' || isLetter(s[i+1]))
		case c == '>':
			at.tag = false
		case (c == '"' || c == '\'') && strings.HasSuffix(strings.TrimRight(s[:i], " \t\r\n"), "="):
			at.quote = c
		}
	}
	at.url = at.tag && urlStart.MatchString(s)
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

// htmlReader makes the text part from an author's HTML, in the same form as the text part of a tree.
type htmlReader struct {
	b      *builder
	values []*value
	space  bool // a space must come before the next word on the line
	inLine bool
	link   *openLink
}

type openLink struct {
	outer *builder
	href  string
}

var (
	// The content of these is not text for the recipient.
	skippedElements = map[string]bool{"head": true, "script": true, "style": true, "title": true}

	// breaks has the number of line breaks around a block.
	breaks = map[string]int{
		"address": 2, "article": 1, "blockquote": 2, "body": 2, "center": 1, "dd": 1, "div": 1, "dl": 2, "dt": 1,
		"footer": 1, "form": 1, "h1": 2, "h2": 2, "h3": 2, "h4": 2, "h5": 2, "h6": 2, "header": 1, "hr": 2, "li": 1,
		"main": 1, "ol": 2, "p": 2, "pre": 2, "section": 1, "table": 2, "tr": 1, "ul": 2,
	}

	tagName = regexp.MustCompile(`^</?([A-Za-z][A-Za-z0-9]*)`)
	tagEnd  = regexp.MustCompile(`^[^>"']*(?:=\s*"[^"]*"[^>"']*|=\s*'[^']*'[^>"']*)*>`)
	linkTo  = regexp.MustCompile(`(?is)\shref\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+))`)
)

func (h *htmlReader) read(s string) {
	for s != "" {
		i := strings.IndexByte(s, '<')
		switch {
		case i == 0:
			s = h.markup(s)
		case i > 0:
			h.words(s[:i])
			s = s[i:]
		default:
			h.words(s)
			s = ""
		}
	}
	h.endLink()
}

// markup reads what starts at a < and returns what comes after it.
func (h *htmlReader) markup(s string) string {
	if strings.HasPrefix(s, "<!--") {
		_, after, _ := strings.Cut(s[4:], "-->")
		return after
	}

	name := tagName.FindStringSubmatch(s)
	if name == nil && (strings.HasPrefix(s, "<!") || strings.HasPrefix(s, "<?")) {
		_, after, _ := strings.Cut(s, ">")
		return after
	}
	if name == nil {
		h.words("<")
		return s[1:]
	}

	end := len(tagEnd.FindString(s))
	if end == 0 {
		end = strings.IndexByte(s, '>') + 1
	}
	if end == 0 {
		return ""
	}

	kind, closing := strings.ToLower(name[1]), s[1] == '/'
	if skippedElements[kind] && !closing {
		return after(s[end:], "</"+kind)
	}
	h.element(kind, closing, s[:end])
	return s[end:]
}

// after returns what follows the closing tag that starts with prefix, in upper or lower case.
func after(s, prefix string) string {
	for {
		i := strings.Index(s, "</")
		if i < 0 {
			return ""
		}
		if s = s[i:]; len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix) {
			_, rest, _ := strings.Cut(s, ">")
			return rest
		}
		s = s[2:]
	}
}

func (h *htmlReader) element(kind string, closing bool, tag string) {
	if lines := breaks[kind]; lines > 0 {
		h.b.gap(lines)
		h.space, h.inLine = false, false
	}
	switch {
	case kind == "a":
		h.endLink()
		if match := linkTo.FindStringSubmatch(tag); match != nil && !closing {
			h.startLink(html.UnescapeString(match[1] + match[2] + match[3]))
		}
	case kind == "br":
		h.b.lit("\n")
		h.space, h.inLine = false, false
	case kind == "hr":
		h.b.lit(dashes)
		h.b.gap(2)
	case kind == "li" && !closing:
		h.b.lit("- ")
	case (kind == "td" || kind == "th") && !closing && h.inLine:
		h.b.lit(" | ")
		h.space, h.inLine = false, false
	}
}

// words writes text with its white space collapsed.
func (h *htmlReader) words(s string) {
	var out strings.Builder
	for _, char := range html.UnescapeString(s) {
		if unicode.IsSpace(char) {
			h.space = true
			continue
		}
		if h.space && h.inLine {
			out.WriteByte(' ')
		}
		h.space, h.inLine = false, true
		out.WriteRune(char)
	}
	h.b.value(withoutMarks(out.String(), h.values), plain)
}

func (h *htmlReader) startLink(url string) {
	if h.space && h.inLine {
		h.b.lit(" ")
	}
	h.space = false
	h.link = &openLink{outer: h.b, href: url}
	h.b = &builder{}
}

func (h *htmlReader) endLink() {
	if h.link == nil {
		return
	}
	h.b.flush()
	label, link := h.b.ops, h.link
	h.b, h.link = link.outer, nil
	h.b.linkOps(label, build(func(b *builder) { b.value(withoutMarks(link.href, h.values), plain) }))
	h.inLine = true
}
