package cond

import "strings"

// operator is one row of the table: an operator of a comparison.
type operator struct {
	op    Op
	takes literal
	test  func(x, v any, clock Clock) Result
	dates bool   // it reads dates, so the outcome depends on the Profile's zone
	clock bool   // time alone may change the outcome
	words string // in an English sentence, between the value and the operand
}

// operators lists the operators. The first is OpTruthy, which a document cannot
// name.
var operators = []operator{
	{OpTruthy, anything, ignoringTime(func(x, _ any) bool { return Truthy(x) }), false, false,
		"is there, and not false, 0 or an empty text"},
	{OpEq, anything, ignoringTime(Equal), false, false, "is"},
	{OpNeq, anything, ignoringTime(func(x, v any) bool { return !Equal(x, v) }), false, false, "is not"},
	{OpGt, aNumber, ordered(more), false, false, "is greater than"},
	{OpGte, aNumber, ordered(atLeast), false, false, "is at least"},
	{OpLt, aNumber, ordered(less), false, false, "is less than"},
	{OpLte, aNumber, ordered(atMost), false, false, "is at most"},
	{OpIn, aList, ignoringTime(in), false, false, "is one of"},
	{OpContains, anything, ignoringTime(contains), false, false, "contains"},
	{OpExists, aBoolean, ignoringTime(exists), false, false, "exists"},
	{OpStartsWith, aString, ignoringTime(startsWith), false, false, "begins with"},
	{OpBefore, anInstant, dated(less), true, false, "is before"},
	{OpAfter, anInstant, dated(more), true, false, "is after"},
	{OpWithin, aDuration, within, true, true, "is within the last"},
}

// Test compares two values. Either may be [Missing]. Evaluation uses it, and SQL
// calls it for what SQL cannot express.
func (op Op) Test(x, v any, clock Clock) Result {
	if row := operatorOf(op); row != nil {
		return row.test(x, v, clock)
	}
	return Result{}
}

// ReadsDates reports whether the operator reads values as dates. The outcome then
// depends on the zone too.
func (op Op) ReadsDates() bool {
	row := operatorOf(op)
	return row != nil && row.dates
}

// operatorOf returns the row of an operator. It returns nil if there is none.
func operatorOf(op Op) *operator {
	for _, row := range byLetter[letter(op)] {
		if row.op == op {
			return row
		}
	}
	return nil
}

// byLetter has the rows by the first letter of their operators. The lookup must be
// fast, because every evaluation of a comparison needs one.
var byLetter = func() (rows [32][]*operator) {
	for i := range operators {
		at := letter(operators[i].op)
		rows[at] = append(rows[at], &operators[i])
	}
	return rows
}()

func letter(op Op) byte {
	if op == "" {
		return 0
	}
	return op[0] % 32
}

func operatorNames() string {
	var list []string
	for _, row := range operators[1:] {
		list = append(list, string(row.op))
	}
	return strings.Join(list, ", ")
}

// literal describes the literal operands that an operator takes.
type literal struct {
	description string
	accepts     func(v any) bool
}

var (
	anything = literal{"anything", func(any) bool { return true }}
	aNumber  = literal{"a number or a numeric string", func(v any) bool { _, ok := numeric(v); return ok }}
	aList    = literal{"a list with at least one value", func(v any) bool { l, _ := v.([]any); return len(l) > 0 }}
	aBoolean = literal{"true or false", func(v any) bool { _, ok := v.(bool); return ok }}
	aString  = literal{"a string", func(v any) bool { _, ok := v.(string); return ok }}

	anInstant = literal{
		"an ISO date such as \"2026-06-05\" or \"2026-06-05T12:00Z\", or an epoch, a number of seconds or milliseconds",
		func(v any) bool { _, ok := ParseTime(v); return ok },
	}
	aDuration = literal{
		"an ISO 8601 duration in weeks, days, hours, minutes, seconds, such as \"P30D\"",
		func(v any) bool { _, ok := parseWidth(v); return ok },
	}
)

// countOperator is one row of the table: an operator of a count. Its function
// holds takes the order of the number of events and the bound.
type countOperator struct {
	op    Op
	holds func(order int) bool
	words string
}

var countOperators = []countOperator{
	{OpGte, atLeast, "at least"},
	{OpLte, atMost, "at most"},
	{OpEq, exactly, "exactly"},
	{OpLt, less, "fewer than"},
	{OpGt, more, "more than"},
}

func more(order int) bool    { return order > 0 }
func atLeast(order int) bool { return order >= 0 }
func less(order int) bool    { return order < 0 }
func atMost(order int) bool  { return order <= 0 }
func exactly(order int) bool { return order == 0 }
