// Package lazy delays work at the start of a process until something needs it.
package lazy

import (
	"regexp"
	"sync"
)

// Regexp returns a function that compiles a regular expression at its first call. Most processes need few of those that
// the packages have, and compiling all of them would be a part of every start.
func Regexp(pattern string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(pattern) })
}
