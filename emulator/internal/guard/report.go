package guard

import (
	"errors"
	"strings"
)

// Test is what is needed of a test.
type Test interface {
	Helper()
	Failed() bool
	Logf(format string, args ...any)
}

// Report reports to a test what the guards have found. A test without Errorf can only fail with Fatalf, which must come
// last: for such a test, Report returns the text. A test that has failed already gets it in its log, and one that was
// skipped does not get it.
func (set *Set) Report(test Test) (failure string) {
	test.Helper()
	reports := set.Reports()
	skips, _ := test.(interface{ Skipped() bool })
	if len(reports) == 0 || skips != nil && skips.Skipped() {
		return ""
	}
	report := test.Logf
	if !test.Failed() {
		fails, ok := test.(interface {
			Errorf(format string, args ...any)
		})
		if !ok {
			return strings.Join(reports, "\n")
		}
		report = fails.Errorf
	}
	for _, each := range reports {
		report("%s", each)
	}
	return ""
}

// Err returns what the guards have found as an error.
func (set *Set) Err() error {
	var found []error
	for _, each := range set.Reports() {
		found = append(found, errors.New(each))
	}
	return errors.Join(found...)
}
