package mail

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// With wordLimit and nameLimit, a header name and an encoded word after it fit in the 76 characters of RFC 2047.
	wordLimit = 44
	nameLimit = 30
	// lineLimit is the length of the longest line that RFC 5322 allows, without CRLF.
	lineLimit = 998
)

// encodeText returns text for an unstructured header. It encodes the words from the first to the last fragile one, and
// leaves the others readable. A word is fragile if folding plain ASCII could change it: it is not printable ASCII, it
// is longer than longest, it looks like an encoded word, or it is part of a run of spaces.
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

	// A space only survives between two characters of the same run, so the neighbor of an empty word is encoded too.
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

// encodeWords writes all of text as encoded words in the Q encoding of RFC 2047. It never splits a character. The
// standard library's encoder does not encode plain ASCII, and its words are too long for the first line of a header.
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

// quoteRune uses only the characters that RFC 2047 §5 allows in a display name, which has the strictest rules.
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

// oneLine turns each control character into a space, so that text cannot start another header.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text)
}

// Mailboxes returns a list of addresses for a header. It quotes or encodes names where needed.
func Mailboxes(list []Address) string {
	formatted := make([]string, len(list))
	for i, a := range list {
		formatted[i] = mailbox(a)
	}
	return strings.Join(formatted, ", ")
}

var quoted = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

func mailbox(a Address) string {
	name := oneLine(a.Name)
	switch {
	case name == "":
		return a.Email
	case encodeText(name, wordLimit) != name:
		return encodeWords(name) + " <" + a.Email + ">"
	default:
		return `"` + quoted.Replace(name) + `" <` + a.Email + ">"
	}
}

// checkField refuses a name or a value that no header can have. A word is never split, so a URL in angle brackets
// stays whole.
func checkField(name, value string) error {
	if name == "" || len(name) > nameLimit || !printable(name) || strings.ContainsAny(name, " :") {
		return fmt.Errorf("mail: header name %q must be 1 to %d printable ASCII characters without spaces and colons",
			name, nameLimit)
	}
	for word := range strings.FieldsSeq(value) {
		if len(name)+len(": ")+len(word) > lineLimit {
			return fmt.Errorf("mail: header %s has a word of %d bytes, which does not fit in a line of %d bytes",
				name, len(word), lineLimit)
		}
	}
	return nil
}
