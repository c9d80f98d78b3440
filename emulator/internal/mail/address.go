package mail

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/segmentflow/segmentflow-go/emulator/internal/lazy"
)

// Address is a mailbox with an optional display name.
type Address struct {
	Name  string
	Email string
}

// An address and its local part have at most as many characters as an SMTP server accepts (RFC 5321). So a header line
// has room for it.
const (
	maxAddress = 320
	maxLocal   = 64
)

// ErrLong is the error of an address that is too long.
var ErrLong = fmt.Errorf("must have an address of at most %d characters, at most %d of them before the @",
	maxAddress, maxLocal)

var (
	errText     = errors.New("must be UTF-8 text without line breaks or other control characters")
	errEmail    = errors.New("must contain a plain email address such as hello@example.com")
	errShape    = errors.New("must be a bare address or Name <address>")
	errQuoted   = errors.New("must close the quoted name before <address>, with \\\" for a quote inside it")
	errUnquoted = errors.New("must put a name that has any of ()<>[]:;@\\,\" in double quotes; " +
		"comments, groups and lists are not accepted")
)

var emailPattern = lazy.Regexp(
	`^[A-Za-z0-9_'+\-.]*[A-Za-z0-9_+\-]@(?:[A-Za-z0-9][A-Za-z0-9\-]*\.)+[A-Za-z]{2,}$`)

// ValidEmail reports whether s is an email address by the API's documented pattern, and not too long.
func ValidEmail(s string) bool { return matches(s) && !long(s) }

func long(email string) bool {
	return len(email) > maxAddress || strings.IndexByte(email, '@') > maxLocal
}

func matches(s string) bool {
	// The documented pattern checks these two with look-ahead, which Go's regexp lacks.
	if strings.HasPrefix(s, ".") || strings.Contains(s, "..") {
		return false
	}
	return emailPattern().MatchString(s)
}

// ParseAddress reads a bare address or Name <address>. The name is plain or in double quotes. The spelling of the
// email stays as it is. Comments, groups, lists and anything that could start another header line are refused. No
// error repeats s.
func ParseAddress(s string) (Address, error) {
	if !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl) {
		return Address{}, errText
	}
	s = strings.Trim(s, " ")
	if !strings.HasSuffix(s, ">") {
		if strings.ContainsAny(s, `<"`) {
			return Address{}, errShape
		}
		return address("", s)
	}
	open := strings.LastIndexByte(s, '<')
	if open < 0 {
		return Address{}, errShape
	}
	name, err := displayName(strings.Trim(s[:open], " "))
	if err != nil {
		return Address{}, err
	}
	return address(name, s[open+1:len(s)-1])
}

// TooLong reports whether s is an address, bare or named, that is too long.
func TooLong(s string) bool {
	_, err := ParseAddress(s)
	return errors.Is(err, ErrLong)
}

func address(name, email string) (Address, error) {
	switch {
	case !matches(email):
		return Address{}, errEmail
	case long(email):
		return Address{}, ErrLong
	}
	return Address{Name: name, Email: email}, nil
}

func displayName(s string) (string, error) {
	if strings.HasPrefix(s, `"`) {
		return unquote(s[1:])
	}
	if strings.ContainsAny(s, `()<>[]:;@\,"`) {
		return "", errUnquoted
	}
	return s, nil
}

// unquote reads the rest of a quoted string. Its closing quote must be the last character.
func unquote(s string) (string, error) {
	var name strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '"' && i == len(s)-1:
			return name.String(), nil
		case s[i] == '"':
			return "", errQuoted
		case s[i] == '\\' && i+1 < len(s):
			i++
		}
		name.WriteByte(s[i])
	}
	return "", errQuoted
}

// Domain returns the part of an email address after the @, in lower case.
func Domain(email string) string {
	return strings.ToLower(email[strings.LastIndexByte(email, '@')+1:])
}

// String returns the address in a form that ParseAddress reads.
func (a Address) String() string {
	switch {
	case a.Name == "":
		return a.Email
	case strings.ContainsAny(a.Name, `()<>[]:;@\,"`), strings.Trim(a.Name, " ") != a.Name:
		return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(a.Name) + `" <` + a.Email + ">"
	}
	return a.Name + " <" + a.Email + ">"
}
