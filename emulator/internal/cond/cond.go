package cond

import (
	"fmt"
	"slices"
	"time"
)

// Finding is one thing wrong with a document. Path is a JSON pointer relative
// to the parsed document, "" being the document itself.
type Finding struct{ Path, Message string }

// Cond is a parsed condition. It is immutable and safe for concurrent use.
type Cond struct {
	raw  any
	root Node
	deps Reads
	size Size
}

// Raw is the document that was parsed.
func (c *Cond) Raw() any { return c.raw }

// Root is the parsed tree, for callers that compile it to something else.
func (c *Cond) Root() Node { return c.root }

// Reads says what the condition depends on. The slices are shared and must not
// be changed.
func (c *Cond) Reads() Reads { return c.deps }

// Env is what a condition can see. Facts may be nil: then there are none, and
// the Profile is in no bucket.
type Env struct {
	Now   time.Time
	State State
	Facts Facts
	// Steady promises that nothing here changes any more, so that a mail of many
	// parts asks once whether the Profile is in a Segment.
	Steady bool
	// Hidden gives the places whose values [Cond.Explain] must not show; nil for
	// none.
	Hidden func() []Pointer

	segments map[string]Result // what is known of them where the Env is steady
}

// Facts answers what lies outside the state, for the Profile in question.
type Facts interface {
	// ProfileID is the Profile's id, "" when there is no Profile.
	ProfileID() string
	// Events returns the Profile's UserEvents whose name is name, or begins with
	// it when prefix is set, and that occurred at since or later (the zero time
	// means all), newest first. Events still to come may be among them.
	Events(name string, prefix bool, since time.Time) ([]Event, error)
	// Mail returns the times of the mail facts of that kind, at since or later,
	// for one template (an id or a key) or, when it is empty, for any.
	Mail(kind, template string, since time.Time) ([]time.Time, error)
	// Subscribed says whether the group's policy and the Profile's choice allow mail.
	Subscribed(group string) (bool, error)
	// Segment returns the segment's condition, or for a Manual segment nil and
	// whether the Profile is a member.
	Segment(ref string) (c *Cond, member bool, err error)
}

// Event is one UserEvent of the Profile in question.
type Event struct {
	Name       string
	OccurredAt time.Time
	Data       any
}

// Eval evaluates the condition. Errors come from Facts, or from segments that
// refer to each other more than 32 deep.
func (c *Cond) Eval(env *Env) (Result, error) {
	result, err := c.root.eval(env, 0)
	if err != nil {
		return Result{}, fmt.Errorf("evaluate condition: %w", err)
	}
	return result, nil
}

// Reads is what a condition depends on, each list sorted and without
// duplicates. References are as they were written, ids or keys.
type Reads struct {
	// Pointers into the state. What a filter reads below /event is the counted
	// event's own data and is not among them.
	Pointers []Pointer
	// Events are names and patterns; see [EventMatches].
	Events []string
	// Mail holds the kinds of mail facts.
	Mail []string
	// Templates, Groups and Segments are the references to those.
	Templates, Groups, Segments []string
	// Time is set when the outcome depends on the clock, Moments when it does so
	// through a value in the state, and not only through events and mail facts.
	Time, Moments bool
}

func (r *Reads) tidy() {
	slices.SortFunc(r.Pointers, slices.Compare[Pointer])
	r.Pointers = slices.CompactFunc(r.Pointers, slices.Equal[Pointer])
	for _, list := range []*[]string{&r.Events, &r.Mail, &r.Templates, &r.Groups, &r.Segments} {
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
}

// The limits of a condition, the Segments that it refers to counted in. They bound the work of one evaluation, and keep
// what a condition is compiled to within the limits of SQL.
const (
	maxTerms = 1000
	maxDepth = 32
)

// Size says how large a condition is. Terms counts all that is not a list, $and, $or or $not. Depth is how many
// conditions stand around the innermost one.
type Size struct{ Terms, Depth int }

// Fault says which limit the size exceeds, "" if there is none.
func (s Size) Fault() string {
	switch {
	case s.Terms > maxTerms:
		return fmt.Sprintf("has more than %d terms", maxTerms)
	case s.Depth > maxDepth:
		return fmt.Sprintf("nests more than %d deep", maxDepth)
	}
	return ""
}
