package wire

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/lazy"
)

// pattern is a regular expression of the contract. Its constructs mean the same in ECMAScript and in Go, except that Go
// has no look-ahead. A pattern may begin with negative ones, which are then expressions of their own.
type pattern struct {
	text string
	re   *regexp.Regexp
	not  []*regexp.Regexp

	// plain reports whether a text has the usual form of what the pattern is for, so that it certainly matches. A
	// regular expression takes ten times as long. It may be nil.
	plain func(text string) bool
}

// ahead matches a negative look-ahead at the beginning of a pattern.
var ahead = lazy.Regexp(`^\^\(\?!([^()]*)\)`)

func (p *pattern) UnmarshalJSON(raw []byte) error {
	if err := json.Unmarshal(raw, &p.text); err != nil {
		return err
	}
	switch {
	case strings.HasPrefix(p.text, "^([0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[1-8]"):
		p.plain = isPlainUUID
	case strings.Contains(p.text, "]@(["), strings.HasPrefix(p.text, "^([^@]{0,64}@|"):
		p.plain = isPlainEmail
	}
	rest := p.text
	for found := ahead().FindStringSubmatch(rest); found != nil; found = ahead().FindStringSubmatch(rest) {
		not, err := regexp.Compile("^(?:" + found[1] + ")")
		if err != nil {
			return err
		}
		p.not = append(p.not, not)
		rest = "^" + strings.TrimPrefix(rest, found[0])
	}
	var err error
	p.re, err = regexp.Compile(rest)
	return err
}

func (p *pattern) matches(text string) bool {
	if p.plain != nil && p.plain(text) {
		return true
	}
	return p.re.MatchString(text) &&
		!slices.ContainsFunc(p.not, func(not *regexp.Regexp) bool { return not.MatchString(text) })
}

// isPlainUUID reports whether a text is a UUID of version 1 to 8.
func isPlainUUID(text string) bool {
	if len(text) != 36 || text[14] < '1' || text[14] > '8' || !strings.Contains("89abAB", text[19:20]) {
		return false
	}
	for i := range len(text) {
		switch char := text[i]; i {
		case 8, 13, 18, 23:
			if char != '-' {
				return false
			}
		default:
			if !isDigit(char) && (char < 'a' || char > 'f') && (char < 'A' || char > 'F') {
				return false
			}
		}
	}
	return true
}

// isPlainEmail reports whether a text is an email address of letters and digits, with single dots, and hyphens in
// between.
func isPlainEmail(text string) bool {
	local, domain, _ := strings.Cut(text, "@")
	last := domain[strings.LastIndexByte(domain, '.')+1:]
	return len(local) <= 64 && isDotted(local) && len(last) >= 2 && len(last) < len(domain) && isDotted(domain) &&
		strings.IndexFunc(last, func(char rune) bool { return !isLetter(byte(char)) }) < 0
}

// isDotted reports whether a text consists of letters and digits, with single dots and hyphens between them.
func isDotted(text string) bool {
	between := true
	for i := range len(text) {
		switch char := text[i]; {
		case isLetter(char), isDigit(char):
			between = false
		case between, char != '.' && char != '-':
			return false
		default:
			between = true
		}
	}
	return !between
}

func isLetter(char byte) bool { return char|0x20 >= 'a' && char|0x20 <= 'z' }

func isDigit(char byte) bool { return char >= '0' && char <= '9' }
