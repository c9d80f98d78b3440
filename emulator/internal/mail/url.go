package mail

import (
	"net/url"
	"strings"
	"unicode"

	"github.com/segmentflow/segmentflow-go/emulator/internal/lazy"
)

// The rules for URLs in email are here: which ones work there, and how a value is written into one. A browser and a
// mail program must read the same URL as the emulator. So a URL that only some of them would repair does not work.

// hostLabel is a part of a host name: letters, digits and hyphens of any language. An escape in it may only stand for a
// byte that is not ASCII, because browsers decode it and would then see another host.
const hostLabel = `(?:[\pL\pM\pN\p{So}_-]|%[89A-Fa-f][0-9A-Fa-f])+`

var urlHost = lazy.Regexp(`^(?:\[[0-9A-Fa-f:.]+\]|` + hostLabel + `(?:\.` + hostLabel + `)*\.?)$`)

// LinkURL returns s as the URL of a link, with the characters percent-encoded that a URL may not have. ok is false if
// it does not work in email. A link may have http, https, mailto, tel and sms, or be the #fragment of a place in the
// email.
func LinkURL(s string) (url string, ok bool) {
	s = strings.TrimSpace(s)
	if strings.HasPrefix(s, "#") {
		return urlEscaper.Replace(s), len(s) > 1 && !hasControl(s)
	}
	scheme, rest := cutScheme(s)
	switch scheme {
	case "mailto:":
		s, ok = s[:len(scheme)]+mailAddresses(rest), rest != "" && rest != "?"
	case "sms:":
		ok = rest != "" && rest != "?"
	case "tel:":
		ok = strings.ContainsAny(rest, "0123456789")
	default:
		return WebURL(s)
	}
	return urlEscaper.Replace(s), ok && !hasControl(s)
}

// WebURL is like LinkURL, for http and https only. The source of an image must be one of these.
func WebURL(s string) (url string, ok bool) {
	s = strings.TrimSpace(s)
	scheme, rest := cutScheme(s)
	if scheme != "http:" && scheme != "https:" || hasControl(s) {
		return "", false
	}
	authority, _, ok := cutAuthority(rest)
	return urlEscaper.Replace(s), ok && isHost(withoutPort(authority[strings.LastIndexByte(authority, '@')+1:]))
}

// withoutPort cuts off a port. The last one is 65535.
func withoutPort(authority string) string {
	colon := strings.LastIndexByte(authority, ':')
	if colon < 0 {
		return authority
	}
	port := strings.TrimLeft(authority[colon+1:], "0")
	if strings.Trim(port, "0123456789") != "" || len(port) > 5 || len(port) == 5 && port > "65535" {
		return authority
	}
	return authority[:colon]
}

// isHost reports whether a name is one of a host, also as browsers read it.
func isHost(name string) bool {
	return isPlainHost(name) || urlHost().MatchString(name) && urlHost().MatchString(decoded(name))
}

// isPlainHost reports whether a name has only labels of ASCII letters, digits, hyphens and underscores, as most have.
func isPlainHost(name string) bool {
	start := 0 // of the label
	for i := range len(name) {
		switch c := name[i]; {
		case c == '.' && i > start:
			start = i + 1
		case !isWord(c) && c != '-' && c != '_':
			return false
		}
	}
	return name != ""
}

// decoded returns a name as browsers read it. Among its escapes may be the dots and slashes of other scripts, which are
// no part of a label.
func decoded(name string) string {
	if text, err := url.PathUnescape(name); err == nil {
		return text
	}
	return name
}

// Followable reports whether a URL is an absolute http or https URL.
func Followable(url string) bool {
	_, ok := WebURL(url)
	return ok
}

// cutScheme returns the scheme in lower case, with its colon, and what follows it.
func cutScheme(s string) (scheme, rest string) {
	for i := range len(s) {
		switch c := s[i]; {
		case c == ':' && i > 0:
			return strings.ToLower(s[:i+1]), s[i+1:]
		case !isLetter(c) && (i == 0 || !isDigit(c) && strings.IndexByte("+.-", c) < 0):
			return "", s
		}
	}
	return "", s
}

// cutAuthority returns the part with the host, and what follows it. ok is false if rest has no such part.
func cutAuthority(rest string) (authority, after string, ok bool) {
	rest, ok = strings.CutPrefix(rest, "//")
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		return rest[:end], rest[end:], ok
	}
	return rest, "", ok
}

// mailAddresses restores the @ of bound addresses. EncodeIn has encoded it, because it sees only the text before a
// value, and another address may follow.
func mailAddresses(rest string) string {
	list, query, hasQuery := strings.Cut(rest, "?")
	addresses := strings.Split(list, ",")
	for i, address := range addresses {
		if at := strings.LastIndex(address, "%40"); at > 0 && !strings.Contains(address, "@") {
			addresses[i] = address[:at] + "@" + address[at+3:]
		}
	}
	list = strings.Join(addresses, ",")
	if hasQuery {
		list += "?" + query
	}
	return list
}

func hasControl(s string) bool { return strings.ContainsFunc(s, unicode.IsControl) }

// urlEscaper percent-encodes what a URL may not have, so that it ends neither at a space nor at a quote.
var urlEscaper = strings.NewReplacer(" ", "%20", `"`, "%22", "<", "%3C", ">", "%3E", `\`, "%5C", "^", "%5E", "`", "%60",
	"{", "%7B", "|", "%7C", "}", "%7D")

// EscapeURL percent-encodes the characters that no URL may have, and no others.
func EscapeURL(s string) string { return urlEscaper.Replace(s) }

// EncodeIn returns a value as it is written into a URL after the text before it. A value that begins the URL stays as
// it is. Further inside, all characters are percent-encoded that could end the place of the value: all but letters,
// digits, "-", ".", "_" and "~".
func EncodeIn(before, value string) string {
	before = strings.TrimLeftFunc(before, unicode.IsSpace)
	if before == "" {
		return value
	}
	const plain = "-._~"
	keep := plain
	switch scheme, rest := cutScheme(before); scheme {
	case "mailto:", "tel:", "sms:":
		if !strings.Contains(rest, "?") {
			keep += "+()" // of numbers, and of addresses
		}
	case "http:", "https:":
		authority, after, _ := cutAuthority(rest)
		if after == "" && authority != "" && !strings.ContainsAny(authority[len(authority)-1:], ".@") {
			keep = "-_~" // a dot would continue the name of the host with a domain
		}
	}
	return percentEncode(value, func(_ int, c byte) bool { return isWord(c) || strings.IndexByte(keep, c) >= 0 })
}

// Location returns a URL for a Location header: everything that RFC 3986 does not allow is percent-encoded.
func Location(url string) string {
	fragment := strings.IndexByte(url, '#')
	_, rest := cutScheme(url)
	_, path, _ := cutAuthority(rest)
	return percentEncode(url, func(i int, c byte) bool {
		switch c {
		case '%':
			return i+2 < len(url) && isHex(url[i+1]) && isHex(url[i+2])
		case '#':
			return i == fragment
		case '[', ']':
			return i < len(url)-len(path)
		}
		return isWord(c) || strings.IndexByte("-._~:/?@!$&'()*+,;=", c) >= 0
	})
}

func percentEncode(s string, keep func(i int, c byte) bool) string {
	const digits = "0123456789ABCDEF"
	var out strings.Builder
	for i := range len(s) {
		if c := s[i]; keep(i, c) {
			out.WriteByte(c)
		} else {
			out.Write([]byte{'%', digits[c>>4], digits[c&15]})
		}
	}
	return out.String()
}

func isWord(c byte) bool { return isLetter(c) || isDigit(c) }

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isHex(c byte) bool { return strings.IndexByte("0123456789abcdefABCDEF", c) >= 0 }

var bareURL = lazy.Regexp(`(?i)https?://[^\s<>"\x60]`)

// URLs returns the http and https URLs in plain text. A URL ends before a bracket that it did not open, and without
// the punctuation of the sentence around it.
func URLs(text string) []string {
	var found []string
	for at := bareURL().FindStringIndex(text); at != nil; at = bareURL().FindStringIndex(text) {
		url := text[at[0] : at[0]+endOfURL(text[at[0]:])]
		text = text[at[0]+len(url):]
		if url = strings.TrimRight(url, `.,;:!?'*([{…’”»。，、！？；：`); Followable(url) {
			found = append(found, url)
		}
	}
	return found
}

// endOfURL returns the index of the first character that a URL in plain text cannot have, or of the first closing
// bracket that has no opening one, or the length of s.
func endOfURL(s string) int {
	const opening, closing = "([{（「", ")]}）」"
	var open []int
	for i, char := range s {
		if strings.ContainsRune(" \t\n\f\r<>\"`", char) {
			return i
		}
		if kind := strings.IndexRune(opening, char); kind >= 0 {
			open = append(open, kind)
		}
		if kind := strings.IndexRune(closing, char); kind >= 0 {
			if len(open) == 0 || open[len(open)-1] != kind {
				return i
			}
			open = open[:len(open)-1]
		}
	}
	return len(s)
}
