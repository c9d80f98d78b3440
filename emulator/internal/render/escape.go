package render

// mode is what a value is written into. It decides what must be escaped.
type mode uint8

const (
	plain     mode = iota // the text part: line breaks stay
	line                  // a header or preview line: a line break becomes a space
	markup                // text in HTML: a line break becomes <br />
	attribute             // a quoted HTML attribute, or text in HTML that must stay on one line
	bare                  // an HTML attribute that an author's inline html leaves unquoted
	inURL                 // a URL, which is checked as a whole
	inCSS                 // a CSS value, which is checked as a whole; it may have URLs
	inSet                 // the URLs of a srcset, which is checked as a whole
	inText                // an author's text part, which may have URLs
)

// appendEscaped appends s escaped for m. It drops control characters, which cannot be shown.
func appendEscaped(dst []byte, s string, m mode) []byte {
	switch m {
	case inURL, inCSS, inSet:
		return append(dst, s...)
	case inText:
		m = plain
	}
	done := 0
	for i := range len(s) {
		if c := s[i]; c >= '(' && c <= ';' || c > '>' && c < 0x7f && c != '`' {
			continue // as most are, in every mode
		}
		instead, special := escape(s[i], m)
		if !special {
			continue
		}
		dst = append(dst, s[done:i]...)
		dst = append(dst, instead...)
		done = i + 1
	}
	return append(dst, s[done:]...)
}

func escape(c byte, m mode) (instead string, special bool) {
	switch {
	case c > '>' && c < 0x7f && c != '`', c > 0x7f:
		return "", false
	case c == '\n' || c == '\t':
		return space(c, m)
	case c < ' ', c == 0x7f:
		return "", true
	case m < markup:
		return "", false
	}
	switch c {
	case '&':
		return "&amp;", true
	case '<':
		return "&lt;", true
	case '>':
		return "&gt;", true
	case '"':
		return "&#34;", true
	case '\'':
		return "&#39;", true
	case ' ':
		return "&#32;", m == bare
	case '=':
		return "&#61;", m == bare
	case '`':
		return "&#96;", m == bare
	}
	return "", false
}

// space returns what a line break or a tab becomes.
func space(c byte, m mode) (instead string, special bool) {
	switch m {
	case line:
		return " ", true
	case markup:
		return "<br />\n", c == '\n'
	case attribute:
		return " ", c == '\n'
	case bare:
		return "&#32;", true
	default:
		return "", false
	}
}
