package wire

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
)

// pattern is a regular expression of the contract. Its constructs mean the same in ECMAScript and in Go, except that Go
// has no look-ahead. A pattern may begin with negative ones, which are then expressions of their own.
type pattern struct {
	text string
	re   *regexp.Regexp
	not  []*regexp.Regexp
}

// ahead matches a negative look-ahead at the beginning of a pattern.
var ahead = regexp.MustCompile(`^\^\(\?!([^()]*)\)`)

func (p *pattern) UnmarshalJSON(raw []byte) error {
	if err := json.Unmarshal(raw, &p.text); err != nil {
		return err
	}
	rest := p.text
	for found := ahead.FindStringSubmatch(rest); found != nil; found = ahead.FindStringSubmatch(rest) {
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
	return p.re.MatchString(text) &&
		!slices.ContainsFunc(p.not, func(not *regexp.Regexp) bool { return not.MatchString(text) })
}
