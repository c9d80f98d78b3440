package cond

import "time"

// Node is one node of a parsed condition: one of [*Const], [*And], [*Or],
// [*Not], [*Compare], [*Performed], [*Received], [*Subscribed], [*InSegment]
// and [*Bucket]. Nodes are shared between goroutines and must not be changed.
type Node interface {
	// eval evaluates the node. The depth is the number of Segments around it.
	eval(env *Env, depth int) (Result, error)
	// explain writes how the node comes out, and returns it.
	explain(e *explainer, depth int) (bool, error)
	// reads adds what the node depends on.
	reads(r *Reads, inFilter bool)
	// size returns the node's size, with each Segment in place of its reference.
	size(segment func(ref string) Size) Size
}

// Const is true or false, always.
type Const struct{ Value bool }

// And is true when all of its conditions are; an array is one too. It has at
// least one.
type And struct{ Of []Node }

// Or is true when one of its conditions is. It has at least one.
type Or struct{ Of []Node }

// Not is true when its condition is false.
type Not struct{ Of Node }

// Op names how a comparison is made.
type Op string

// The operators of a comparison. OpTruthy is the absence of one.
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

// Operand is what a value is compared with: a literal, or the value at Ref
// when that is not nil.
type Operand struct {
	Ref     Pointer
	Literal any
}

// Performed counts the Profile's UserEvents whose name is Event, or begins with
// it when Prefix is set, and that have happened by now. Filter may be nil.
// Within counts only when Windowed is set.
type Performed struct {
	Event    string
	Prefix   bool
	Filter   Node
	Windowed bool
	Within   time.Duration
	Count    Count
}

// Count is the bound on a number of events. Op is one of OpGte, OpLte, OpEq,
// OpLt and OpGt.
type Count struct {
	Op Op
	N  int
}

// Received is true when mail to the Profile has that fact. Template, an id or a
// key, is empty for any. Within counts only when Windowed is set.
type Received struct {
	Kind     string
	Template string
	Windowed bool
	Within   time.Duration
}

// Subscribed is true when the subscription group, an id or a key, says yes.
type Subscribed struct{ Group string }

// InSegment is true when the Profile is in the segment, an id or a key, now.
type InSegment struct{ Segment string }

// Bucket is true for a fixed share of Profiles: those whose [BucketOf] is below
// Limit, in hundredths of a per cent.
type Bucket struct {
	Salt  string
	Limit int
}
