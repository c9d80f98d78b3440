// Package cond is the one condition grammar of the emulator: what template
// visibility, entry filters, branches, waits, exit rules and segments are
// written in. It parses a document, says everything that is wrong with it, and
// evaluates it against a [State] and the [Facts] about one Profile. It is pure:
// time arrives in [Env], facts arrive through an interface, nothing is kept.
//
// # Missing, null and empty
//
// A pointer that leads nowhere reads a missing value. Missing equals nothing,
// not even another missing value: neq and exists: false are true, and every
// other operator is false. A null is a value of its own (eq null is true for it), yet
// exists counts it as absent, since null is how a property is unset. An empty
// string exists and is falsy. The member not inverts the whole comparison, so
// a missing value with gt and not: true is true.
//
// # Values
//
// Equality is typed and deep: 1 is not "1", 1 is 1.0, numbers are compared
// exactly at any size. Ordering takes numbers and numeric strings on either
// side and is false for anything else.
//
// # Time
//
// Instants are compared at millisecond resolution. Windows include both ends;
// what lies after now is outside of them. A [Result] carries the earliest
// instant at which time alone may change it. It may be early, never late.
package cond
