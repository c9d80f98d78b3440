package render

import "strings"

// mode is what a value is written into. It decides what must be escaped.
type mode uint8

const (
	plain     mode = iota // the text part: line breaks stay
	line                  // a header or preview line: a line break becomes a space
	markup                // text in HTML: a line break becomes <br />
	attribute             // a quoted HTML attribute, or text in HTML that must stay on one line
	bare                  // an HTML attribute that an author's inline html leaves unquoted
)

// appendEscaped appends s escaped for m. It drops control characters, which cannot be shown.
func appendEscaped(dst []byte, s string, m mode) []byte {
	done := 0
	for i := range len(s) {
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

// linkURL returns s as a URL that a link may have: http, https or mailto.
func linkURL(s string) (string, bool) { return cleanURL(s, "http://", "https://", "mailto:") }

// imageURL returns s as a URL that an image may have: http or https.
func imageURL(s string) (string, bool) { return cleanURL(s, "http://", "https://") }

// cleanURL percent-encodes the characters that a URL may not have, so that it ends neither at a space nor at a quote.
// It refuses every scheme except the given ones. It refuses control characters, because browsers skip them and then
// see another URL.
func cleanURL(s string, schemes ...string) (string, bool) {
	s = strings.TrimSpace(s)
	for _, scheme := range schemes {
		if len(s) <= len(scheme) || !strings.EqualFold(s[:len(scheme)], scheme) {
			continue
		}
		if strings.ContainsFunc(s, func(char rune) bool { return char < ' ' || char == 0x7f }) {
			return "", false
		}
		return urlEscaper.Replace(s), true
	}
	return "", false
}

var urlEscaper = strings.NewReplacer(" ", "%20", `"`, "%22", "<", "%3C", ">", "%3E", `\`, "%5C", "^", "%5E", "`", "%60",
	"{", "%7B", "|", "%7C", "}", "%7D")
