// Package cond is the condition grammar of the emulator. Template visibility,
// entry filters, branches, waits, exit rules and segments are all written in it.
// The package parses a document, reports everything that is wrong with it, and
// evaluates it against a [State] and the [Facts] about one Profile. It is pure:
// the time comes from [Env], facts come through an interface, and nothing is
// stored.
//
// # Missing, null and empty
//
// A pointer to a place that does not exist reads a missing value. Missing equals
// nothing, not even another missing value: neq and exists: false are true, and
// every other operator is false. A null is a value of its own (eq null is true
// for it). But exists treats it as absent, because null is how a property is
// unset. An empty string exists and is falsy. The member not inverts the whole
// comparison, so a missing value with gt and not: true is true.
//
// # Values
//
// Equality is typed and deep: 1 does not equal "1", and 1 equals 1.0. Numbers are
// compared exactly at any size. Ordering takes numbers and numeric strings on
// either side and is false for anything else.
//
// # Time
//
// Instants are compared at millisecond resolution. A date is its midnight. Dates and
// date-times without a zone are local to the Profile's zone. A window includes both of
// its ends. Instants after now are outside of it. A [Result] carries the earliest
// instant at which time alone may change it. That instant may be too early, but
// never too late.
package cond
