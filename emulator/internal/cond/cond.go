package cond

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/zone"
)

// Finding is one error in a document. Path is a JSON pointer relative to the
// parsed document; "" is the document itself.
type Finding struct{ Path, Message string }

// Cond is a parsed condition. It is immutable and safe for concurrent use.
type Cond struct {
	raw  any
	root Node
	deps Reads
	size Size
}

// Raw returns the document that was parsed.
func (c *Cond) Raw() any { return c.raw }

// Root returns the parsed tree, for callers that compile it to something else.
func (c *Cond) Root() Node { return c.root }

// Reads returns what the condition depends on. The slices are shared and must
// not be changed.
func (c *Cond) Reads() Reads { return c.deps }

// Env is the data that a condition is evaluated against. Facts may be nil: then
// there are no facts, and the Profile is in no bucket.
type Env struct {
	Now   time.Time
	State State
	Facts Facts
	// Zone is the zone of dates that do not name one, unless the Profile has a zone.
	// If it is nil, the zone is UTC.
	Zone *time.Location
	// Steady promises that none of this changes any more. Segment membership is
	// then evaluated once and reused, which matters for an email of many parts.
	Steady bool
	// Hidden returns the places whose values [Cond.Explain] must not show. It is
	// nil if there are none.
	Hidden func() []Pointer
	// Tallies keeps counts of events from one evaluation to the next. It may be nil.
	Tallies *Tallies

	segments map[string]Result // results by reference; used only if the Env is steady
}

var profileTimezone = Pointer{"profile", "timezone"}

// LocalZone returns the zone of dates that do not name one: the Profile's, else Zone,
// else UTC. A Profile's zone that does not exist is ignored.
func (env *Env) LocalZone() *time.Location {
	own, _ := env.State.Lookup(profileTimezone)
	return ZoneOf(own, env.Zone)
}

// ZoneOf returns the zone that a value of /profile/timezone names, else the other one,
// else UTC.
func ZoneOf(timezone any, other *time.Location) *time.Location {
	name, _ := timezone.(string)
	return cmp.Or(zone.Load(name), other, time.UTC)
}

// clock returns the clock for a comparison. Only some of them need a zone.
func (env *Env) clock(op Op) Clock {
	if !op.ReadsDates() {
		return Clock{Now: env.Now}
	}
	return Clock{Now: env.Now, Zone: env.LocalZone}
}

// Facts returns data about one Profile that is not in the state.
type Facts interface {
	// ProfileID returns the Profile's id, "" if there is no Profile.
	ProfileID() string
	// Events returns the Profile's UserEvents, newest first. Their name is name,
	// or begins with it if prefix is set. They occurred at since or later; the zero
	// time means all. Events in the future may be among them. An error is the last pair.
	Events(name string, prefix bool, since time.Time) iter.Seq2[Event, error]
	// Mail returns the times of the mail facts of a kind, at since or later. They
	// are those of one template (an id or a key), or of all if it is empty.
	Mail(kind, template string, since time.Time) ([]time.Time, error)
	// Subscribed reports whether the group's policy and the Profile's choice allow
	// email.
	Subscribed(group string) (bool, error)
	// Segment returns the segment's condition. For a Manual segment it returns nil
	// and reports whether the Profile is a member.
	Segment(ref string) (c *Cond, member bool, err error)
}

// Event is one UserEvent of the Profile.
type Event struct {
	Name       string
	OccurredAt time.Time
	Data       any
	// Number is the place of the event in the order in which events were received, and
	// ReceivedAt is when that was. Conditions ignore both.
	Number     int
	ReceivedAt time.Time
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

// Reads lists what a condition depends on. Each list is sorted and has no
// duplicates. References are as they were written, ids or keys.
type Reads struct {
	// Pointers lead into the state. A filter reads the counted event's own data
	// below /event; those pointers are not in the list.
	Pointers []Pointer
	// Events are names and patterns; see [EventMatches].
	Events []string
	// Mail holds the kinds of mail facts.
	Mail []string
	// Templates, Groups and Segments are references, ids or keys.
	Templates, Groups, Segments []string
	// Time is set if the outcome depends on the clock. Moments is set if a value in
	// the state is compared with the clock, and not only events and mail facts.
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

// The limits of a condition. The conditions of the Segments that it refers to
// count too. The limits bound the work of one evaluation, and keep the compiled
// condition within the limits of SQL.
const (
	maxTerms = 1000
	maxDepth = 32
)

// Size is the size of a condition. Terms counts everything except lists, $and,
// $or and $not. Depth is the number of conditions around the innermost one.
type Size struct{ Terms, Depth int }

// Fault describes the limit that the size exceeds. It returns "" if there is
// none.
func (size Size) Fault() string {
	switch {
	case size.Terms > maxTerms:
		return fmt.Sprintf("has more than %d terms", maxTerms)
	case size.Depth > maxDepth:
		return fmt.Sprintf("is nested more than %d deep", maxDepth)
	}
	return ""
}
