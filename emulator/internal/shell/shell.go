// Package shell writes commands that users paste into a shell.
package shell

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/segmentflow/segmentflow-go/emulator/internal/lazy"
)

var plainWord = lazy.Regexp(`^[A-Za-z0-9_./:@%+,=-]+$`)

// Word quotes a text so that a shell reads it as one word, unchanged. A text that a terminal or a page would not
// show as it is, is written with escapes, which bash, zsh and ksh understand.
func Word(text string) string {
	switch {
	case plainWord().MatchString(text):
		return text
	case !strings.ContainsFunc(text, hidden):
		return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
	}
	var out strings.Builder
	out.WriteString("$'")
	for text != "" {
		char, width := utf8.DecodeRuneInString(text)
		switch {
		case char == '\'' || char == '\\':
			out.WriteString(`\` + text[:width])
		case hidden(char):
			for _, b := range []byte(text[:width]) {
				fmt.Fprintf(&out, `\%03o`, b)
			}
		default:
			out.WriteString(text[:width])
		}
		text = text[width:]
	}
	out.WriteString("'")
	return out.String()
}

// hidden reports whether a character is not shown, or may stand for a byte that is not UTF-8.
func hidden(char rune) bool {
	return char != '\n' && (!unicode.IsPrint(char) || char == utf8.RuneError)
}
