package define

// Op is the operator of a Comparison or a Count.
type Op string

// The operators. Their comments say when a comparison is true.
const (
	OpEq         Op = "eq"         // equal, and of the same type: 1 is not "1"
	OpNeq        Op = "neq"        // not equal, or missing
	OpGt         Op = "gt"         // greater; for numbers and numeric strings, like the next three
	OpGte        Op = "gte"        // greater or equal
	OpLt         Op = "lt"         // less
	OpLte        Op = "lte"        // less or equal
	OpIn         Op = "in"         // equal to a member of the list
	OpContains   Op = "contains"   // a string that contains it, or a list with such a member
	OpExists     Op = "exists"     // true: it is there; false: it is missing
	OpStartsWith Op = "startsWith" // a string that begins so
	OpBefore     Op = "before"     // an earlier instant
	OpAfter      Op = "after"      // a later instant
	OpWithin     Op = "within"     // an instant in this last time, up to now
)

// Comparison compares the value at a pointer. The methods of State make most comparisons:
// State("/profile/tier").Eq("gold"). As a literal it can say more: Not inverts it as a whole, and the Value of any
// operator may be a State. Without an Op it is true if the value is there and is not false, 0, "" or null.
type Comparison struct {
	State State
	Op    Op
	Value any // a literal or a State
	Not   bool
}

// MarshalJSON encodes {"$state": …, "eq": …, "not": true}.
func (c Comparison) MarshalJSON() ([]byte, error) {
	form := object{"$state": string(c.State)}
	if c.Op != "" {
		form[string(c.Op)] = c.Value
	}
	if length, ok := c.Value.(Duration); ok && c.Op != "" {
		form[string(c.Op)] = written(length)
	}
	if c.Not {
		form["not"] = true
	}
	return encode(form)
}

func (Comparison) condition() {}

// Eq is true if the value is equal to v and has the same type: 1 is not "1". Here and in the other methods v may be a
// State.
func (s State) Eq(v any) Comparison { return Comparison{State: s, Op: OpEq, Value: v} }

// Neq is true if the value is not equal to v, also if it is missing.
func (s State) Neq(v any) Comparison { return Comparison{State: s, Op: OpNeq, Value: v} }

// Gt is true if the value is greater than v. It compares numbers and numeric strings, as do Gte, Lt and Lte.
func (s State) Gt(v any) Comparison { return Comparison{State: s, Op: OpGt, Value: v} }

// Gte is true if the value is greater than v or equal to it.
func (s State) Gte(v any) Comparison { return Comparison{State: s, Op: OpGte, Value: v} }

// Lt is true if the value is less than v.
func (s State) Lt(v any) Comparison { return Comparison{State: s, Op: OpLt, Value: v} }

// Lte is true if the value is less than v or equal to it.
func (s State) Lte(v any) Comparison { return Comparison{State: s, Op: OpLte, Value: v} }

// In is true if the value is equal to one of these. For a list in the state, write a Comparison with OpIn.
func (s State) In(values ...any) Comparison {
	return Comparison{State: s, Op: OpIn, Value: listOf(values)}
}

// Contains is true if the value is a string that contains v, or a list with the member v.
func (s State) Contains(v any) Comparison { return Comparison{State: s, Op: OpContains, Value: v} }

// Exists is true if there is a value. A null is a value.
func (s State) Exists() Comparison { return Comparison{State: s, Op: OpExists, Value: true} }

// Missing is true if there is no value.
func (s State) Missing() Comparison { return Comparison{State: s, Op: OpExists, Value: false} }

// StartsWith is true if the value is a string that begins with this one.
func (s State) StartsWith(prefix string) Comparison {
	return Comparison{State: s, Op: OpStartsWith, Value: prefix}
}

// Before is true if the value is an instant before v. An instant is a time.Time, an ISO date or date-time, or an epoch,
// a number of seconds or milliseconds. A date, and a date-time without a zone, are local to /profile/timezone,
// otherwise to the Organization's zone.
func (s State) Before(v any) Comparison { return Comparison{State: s, Op: OpBefore, Value: v} }

// After is true if the value is an instant after v. See Before.
func (s State) After(v any) Comparison { return Comparison{State: s, Op: OpAfter, Value: v} }

// Within is true if the value is an instant in the last time of this length, up to now, such as
// State("/profile/seenAt").Within(30*Day). Both bounds belong to it.
func (s State) Within(length Duration) Comparison {
	return Comparison{State: s, Op: OpWithin, Value: length}
}
