package cond

import "time"

// Node is one node of a parsed condition: one of [*Const], [*And], [*Or],
// [*Not], [*Compare], [*Performed], [*Received], [*Subscribed], [*InSegment]
// and [*Bucket]. Nodes are shared between goroutines and must not be changed.
type Node interface {
	// eval evaluates the node. The depth is the number of Segments around it.
	eval(env *Env, depth int) (Result, error)
	// explain writes the node and its outcome, and returns the outcome.
	explain(e *explainer, depth int) (bool, error)
	// words says in English what the node asks for.
	words() Phrase
	// reads adds to r what the node depends on.
	reads(r *Reads, inFilter bool)
	// size returns the node's size. A reference to a Segment has that Segment's
	// size.
	size(segment func(ref string) Size) Size
}

// Const is always true or always false.
type Const struct{ Value bool }

// And is true if all of its conditions are. An array of conditions is an And too.
// It has at least one condition.
type And struct{ Of []Node }

// Or is true if one of its conditions is. It has at least one condition.
type Or struct{ Of []Node }

// Not is true if its condition is false.
type Not struct{ Of Node }

// Op is the operator of a comparison.
type Op string

// The operators of a comparison. OpTruthy is a comparison without an operator.
const (
	OpTruthy     Op = ""
	OpEq         Op = "eq"
	OpNeq        Op = "neq"
	OpGt         Op = "gt"
	OpGte        Op = "gte"
	OpLt         Op = "lt"
	OpLte        Op = "lte"
	OpIn         Op = "in"
	OpContains   Op = "contains"
	OpExists     Op = "exists"
	OpStartsWith Op = "startsWith"
	OpBefore     Op = "before"
	OpAfter      Op = "after"
	OpWithin     Op = "within"
)

// Compare tests the value at a pointer. Negate inverts the outcome as a whole.
type Compare struct {
	Pointer Pointer
	Op      Op
	Operand Operand
	Negate  bool
}

// Operand is what a value is compared with: the value at Ref, or Literal if Ref
// is nil.
type Operand struct {
	Ref     Pointer
	Literal any
}

// Performed counts the Profile's UserEvents that occurred up to now. Their name is
// Event, or begins with it if Prefix is set. Filter may be nil. Within is used
// only if Windowed is set.
type Performed struct {
	Event    string
	Prefix   bool
	Filter   Node
	Windowed bool
	Within   time.Duration
	Count    Count
}

// Count is the bound for a number of events. Op is one of OpGte, OpLte, OpEq, OpLt
// and OpGt.
type Count struct {
	Op Op
	N  int
}

// Received is true if an email to the Profile has a fact of this kind. Template is
// an id or a key, or empty for any. Within is used only if Windowed is set.
type Received struct {
	Kind     string
	Template string
	Windowed bool
	Within   time.Duration
}

// Subscribed is true if the subscription group, an id or a key, allows email to
// the Profile.
type Subscribed struct{ Group string }

// InSegment is true if the Profile is in the segment, an id or a key, now.
type InSegment struct{ Segment string }

// Bucket is true for a fixed share of Profiles: those whose [BucketOf] is below
// Limit. Limit is in hundredths of a per cent.
type Bucket struct {
	Salt  string
	Limit int
}
