package wire

import (
	"regexp"

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
	return lookAhead{re}, nil
}

// lookAhead never times out, because regexp2's timeout needs a goroutine with the machine's clock. The patterns run in
// linear time.
type lookAhead struct{ re *regexp2.Regexp }

func (l lookAhead) MatchString(text string) bool {
	matched, err := l.re.MatchString(text)
	return err == nil && matched
}

func (l lookAhead) String() string {
	return l.re.String()
}
