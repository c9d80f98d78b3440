package mail

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// wordLimit and nameLimit together keep a header name and an encoded word after it within the 76 of RFC 2047.
	wordLimit = 44
	nameLimit = 30
	// lineLimit is the longest line that RFC 5322 allows, without CRLF.
	lineLimit = 998
)

// encodeText gives text for an unstructured header. What plain ASCII cannot carry unchanged through folding, from the
// first such word to the last, becomes encoded words: what is not printable ASCII, longer than longest, or would be
// taken for an encoded word, and runs of spaces. All else stays readable.
func encodeText(text string, longest int) string {
	fragile := func(word string) bool {
		return word == "" || len(word) > longest || strings.Contains(word, "=?") || !printable(word)
	}
	words := strings.Split(text, " ")
	first := slices.IndexFunc(words, fragile)
	if first < 0 || text == "" {
		return text
	}
	last := first
	for i := first; i < len(words); i++ {
		if fragile(words[i]) {
			last = i
		}
	}
	// A space is kept only between two characters of the same run, so an empty word takes its neighbour along.
	if words[first] == "" && first > 0 {
		first--
	}
	if words[last] == "" && last < len(words)-1 {
		last++
	}
	encoded := encodeWords(strings.Join(words[first:last+1], " "))
	return strings.Join(slices.Concat(words[:first], []string{encoded}, words[last+1:]), " ")
}

func printable(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// encodeWords puts all of text into encoded words of the Q encoding of RFC 2047, none of them cutting a character. The
// standard library's encoder does not touch plain ASCII and makes words too long for the first line of a header.
func encodeWords(text string) string {
	const open, end = "=?utf-8?q?", "?="
	var out strings.Builder
	length := 0
	for _, r := range text {
		piece := quoteRune(r)
		if length+len(piece)+len(end) > wordLimit {
			out.WriteString(end + " ")
			length = 0
		}
		if length == 0 {
			out.WriteString(open)
			length = len(open)
		}
		out.WriteString(piece)
		length += len(piece)
	}
	out.WriteString(end)
	return out.String()
}

// quoteRune uses only what RFC 2047 §5 allows in a display name, its strictest place.
func quoteRune(r rune) string {
	if r == ' ' {
		return "_"
	}
	if r < utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("!*+-/", r)) {
		return string(r)
	}
	var out strings.Builder
	for _, b := range []byte(string(r)) {
		fmt.Fprintf(&out, "=%02X", b)
	}
	return out.String()
}

// oneLine keeps text from starting another header: each control character becomes a space.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text)
}

// Mailboxes gives a list of addresses for a header, names quoted or encoded where they must be.
func Mailboxes(list []Address) string {
	formatted := make([]string, len(list))
	for i, a := range list {
		formatted[i] = mailbox(a)
	}
	return strings.Join(formatted, ", ")
}

func mailbox(a Address) string {
	name := oneLine(a.Name)
	switch {
	case name == "":
		return a.Email
	case encodeText(name, wordLimit) != name:
		return encodeWords(name) + " <" + a.Email + ">"
	default:
		return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(name) + `" <` + a.Email + ">"
	}
}

// checkField refuses what no header can hold. A word is never cut, so that a URL in angle brackets stays whole.
func checkField(name, value string) error {
	if name == "" || len(name) > nameLimit || !printable(name) || strings.ContainsAny(name, " :") {
		return fmt.Errorf("mail: header name %q must be 1 to %d printable ASCII characters without spaces and colons", name, nameLimit)
	}
	for word := range strings.FieldsSeq(value) {
		if len(name)+len(": ")+len(word) > lineLimit {
			return fmt.Errorf("mail: header %s has a word of %d bytes, which does not fit a line of %d", name, len(word), lineLimit)
		}
	}
	return nil
}
