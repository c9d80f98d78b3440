package journey

import (
	"slices"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
)

// Definition is a parsed journey. It is immutable and safe for concurrent use.
type Definition struct {
	// ID is empty when the document has none. Name is the key when it has none.
	ID, Key, Name string
	// Status is Draft, Active, Paused or Archived; Draft when the document has none.
	Status   string
	Entry    Entry
	Audience *cond.Cond // nil lets everyone in
	Reentry  Reentry
	ExitOn   []ExitRule
	Settings Settings
	Start    string
	Nodes    []*Node // as declared

	byID    map[string]*Node // the first of each id
	partial bool             // not all of the nodes could be read, so that the graph has holes
}

// Node finds a node by its id, nil when there is none.
func (d *Definition) Node(id string) *Node { return d.byID[id] }

// Reacts reports whether something that happens to the Profile may move a run
// that has come to a node, or already stands there.
func (d *Definition) Reacts(node string, stands bool) bool {
	n := d.byID[node]
	return len(d.ExitOn) > 0 || stands && n != nil && n.Wait != nil
}

// Listens reports whether an exit rule, and whether a branch of the wait at a
// node, is such a one: it has an event, or else a condition.
func (d *Definition) Listens(node string, such func(event string, condition *cond.Cond) bool) (exit, wait bool) {
	exit = slices.ContainsFunc(d.ExitOn, func(r ExitRule) bool { return such(r.Event, r.Condition) })
	n := d.byID[node]
	wait = n != nil && n.Wait != nil &&
		slices.ContainsFunc(n.Wait.Branches, func(b WaitBranch) bool { return such(b.Event, b.Condition) })
	return exit, wait
}

// Watches tells whether a condition of an exit rule or of a wait is such a one.
func (d *Definition) Watches(such func(*cond.Cond) bool) bool {
	for _, r := range d.ExitOn {
		if r.Condition != nil && such(r.Condition) {
			return true
		}
	}
	for _, n := range d.Nodes {
		if n.Wait == nil {
			continue
		}
		for _, b := range n.Wait.Branches {
			if b.Condition != nil && such(b.Condition) {
				return true
			}
		}
	}
	return false
}

// sameKey tells whether an incoming event carries the run's key: where the entry
// found it in its event or its data, the incoming event has it in its own.
func (d *Definition) sameKey(data any, key string) bool {
	found, ok := keyAt(cond.State{rootEvent: data, rootData: data}, d.Entry.Key)
	return ok && found == key
}

// ExitRule ends a run early: when an event arrives, or while a condition is true.
type ExitRule struct {
	ID, Event string
	Filter    *cond.Cond
	MatchKey  bool
	Condition *cond.Cond
}

// The values of the settings.
const (
	Exit     = "exit"
	Skip     = "skip"
	Continue = "continue"
	Freeze   = "freeze"
	Drain    = "drain"
	Now      = "now"
	AtEnd    = "atEnd"
)

// Settings are the journey's own; defaults are filled in.
type Settings struct {
	OnUnsubscribed  string // Exit or Skip
	OnSendFailure   string // Exit or Continue
	OnPause         string // Freeze or Drain
	ExitDuringDelay string // Now or AtEnd
}

// The ways into a journey.
const (
	EntryEvent   = "event"
	EntryAPI     = "api"
	EntrySegment = "segment"
)

// Entry says how runs begin. Event belongs to EntryEvent, Segment (an id or a
// key) and EnrollExisting to EntrySegment, Filter and Key to the other two.
type Entry struct {
	Type, Event    string
	Filter         *cond.Cond   // nil lets everything through
	Key            cond.Pointer // nil when runs have no key
	Segment        string
	EnrollExisting bool
}

// The modes of re-entry.
const (
	ReenterAlways    = "always"
	ReenterAfterExit = "afterExit"
	ReenterOnce      = "once"
)

// Reentry says when a Profile may enter again, with the same key where there is
// one. Defaults are filled in.
type Reentry struct {
	Mode     string
	Cooldown time.Duration
}

// Node is one node. Of the pointers, only its type's is set.
type Node struct {
	ID, Type string
	Next     string // empty for the types that have their own ways on, and for exit
	Reason   string // of an exit

	Email  *EmailNode
	Delay  *Delay
	Wait   *Wait
	Branch *Branch
	Cohort *Cohort

	at       string   // JSON pointer in the document
	behavior behavior // nil if the node cannot be read
}

// Edges are the ways on from the node, in declared order.
func (n *Node) Edges() []Edge {
	if n.behavior == nil {
		return nil
	}
	return n.behavior.edges(n)
}

// Edge is one way on from a node. Label is the branch, path or arm, "default" or
// "timeout", or empty.
type Edge struct {
	Label, To string

	at      string // where the document names To
	when    string // when a run goes this way, to say in an error; empty if nothing need be said
	instant bool   // it may be gone without time passing
}

// memberNext names the node to go on to, for the types that have one way on.
const memberNext = "next"

// onlyNext returns the edges of a node that has one way on.
func (n *Node) onlyNext(instant bool) []Edge {
	return []Edge{{To: n.Next, at: cond.Below(n.at, memberNext), instant: instant}}
}

// behavior is what the nodes of one type do. It has no defaults, so that each type decides everything.
type behavior interface {
	// check reports what stands in the way of activation. The edges have a check of their own.
	check(c *checker, n *Node)
	// edges returns the ways on, in declared order.
	edges(n *Node) []Edge
	// arrive is the step of a run that reaches the node.
	arrive(d *Definition, n *Node, in Input) (Effect, error)
	// fire is the step of a run whose timer has come. It returns false if nodes of this type set no timer.
	fire(n *Node) (Effect, bool)
}

// EmailNode sends one email per visit. OnUnsubscribed and OnFailure are the
// node's own or else the journey's.
type EmailNode struct {
	Template, SubscriptionGroup, SenderProfile string
	OnUnsubscribed, OnFailure                  string

	subject *value
}

// Delay holds one of three: Local, Property, or when both are nil For.
type Delay struct {
	For      time.Duration
	Local    *UntilLocal
	Property *UntilProperty
}

// UntilLocal is a wall-clock time. Days may be empty, for every day; Zone may be
// nil.
type UntilLocal struct {
	Hour, Minute int
	Days         []time.Weekday
	Zone         *time.Location
}

// UntilProperty is the instant at Path moved by Offset. IfMissing and IfPast are
// Continue or Exit.
type UntilProperty struct {
	Path              cond.Pointer
	Offset            time.Duration
	IfMissing, IfPast string
}

// Wait stands until one of its branches is true or its timeout ends.
type Wait struct {
	Branches    []WaitBranch
	Timeout     time.Duration
	TimeoutNext string
	SinceEntry  bool // events since the run began count, not only those after arrival
	MatchKey    bool

	timed bool // a timeout was given
}

// WaitBranch waits for an event or for a condition.
type WaitBranch struct {
	ID, Event string
	Filter    *cond.Cond
	Condition *cond.Cond
	Next      string
}

// Branch takes its first true path.
type Branch struct {
	Paths   []Path
	Default string
}

// Path is one way of a branch.
type Path struct {
	ID   string
	When *cond.Cond
	Next string
}

// Cohort spreads runs over its arms. PerRun draws anew for every run of a
// Profile.
type Cohort struct {
	Arms   []Arm
	PerRun bool
}

// Arm is one way of a cohort; Share is in hundredths of a per cent.
type Arm struct {
	ID    string
	Share int
	Next  string
}
