package wire

import (
	"regexp"
	"slices"

	"github.com/dlclark/regexp2"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// compilePattern uses Go's own engine if it can, because it is several times faster, and otherwise one with look-ahead.
// The contract's patterns use only constructs that mean the same in both and in ECMAScript.
func compilePattern(pattern string) (jsonschema.Regexp, error) {
	if re, err := regexp.Compile(pattern); err == nil {
		return re, nil
	}
	re, err := regexp2.Compile(pattern, regexp2.ECMAScript)
	if err != nil {
		return nil, err
	}
	return lookAhead{re, apart(pattern)}, nil
}

// lookAhead never times out, because regexp2's timeout needs a goroutine with the machine's clock. The patterns run in
// linear time.
type lookAhead struct {
	re    *regexp2.Regexp
	quick *parts
}

// MatchString reports whether the text matches. If the parts do, so does the whole.
func (l lookAhead) MatchString(text string) bool {
	if l.quick.match(text) {
		return true
	}
	matched, err := l.re.MatchString(text)
	return err == nil && matched
}

// parts are a pattern that begins with negative look-aheads, for Go's own engine.
type parts struct {
	not  []*regexp.Regexp
	rest *regexp.Regexp
}

// ahead matches a negative look-ahead at the beginning of a pattern.
var ahead = regexp.MustCompile(`^\^\(\?!([^()]*)\)`)

// apart returns the parts of a pattern, or nil if it cannot be taken apart.
func apart(pattern string) *parts {
	var p parts
	for {
		found := ahead.FindStringSubmatch(pattern)
		if found == nil {
			break
		}
		not, err := regexp.Compile("^(?:" + found[1] + ")")
		if err != nil {
			return nil
		}
		p.not = append(p.not, not)
		pattern = "^" + pattern[len(found[0]):]
	}
	rest, err := regexp.Compile(pattern)
	if err != nil {
		return nil
	}
	p.rest = rest
	return &p
}

func (p *parts) match(text string) bool {
	if p == nil || !p.rest.MatchString(text) {
		return false
	}
	return !slices.ContainsFunc(p.not, func(not *regexp.Regexp) bool { return not.MatchString(text) })
}

func (l lookAhead) String() string {
	return l.re.String()
}
