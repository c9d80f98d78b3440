package journey

import (
	"slices"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
)

// Definition is a parsed journey. It is immutable and safe for concurrent use.
type Definition struct {
	// ID is empty if the document has none. Name is the key if the document has no
	// name.
	ID, Key, Name string
	// Status is Draft, Active, Paused or Archived. It is Draft if the document has
	// none.
	Status   string
	Entry    Entry
	Audience *cond.Cond // nil allows every Profile
	Reentry  Reentry
	ExitOn   []ExitRule
	Settings Settings
	Start    string
	Nodes    []*Node // as declared

	byID    map[string]*Node // the first node with each id
	partial bool             // some nodes could not be read, so that the graph is incomplete
}

// Node returns the node with an id. It returns nil if there is none.
func (d *Definition) Node(id string) *Node { return d.byID[id] }

// Reacts reports whether something that happens to the Profile may move a run. The
// run has reached the node, and waits there if waiting is set.
func (d *Definition) Reacts(node string, waiting bool) bool {
	n := d.byID[node]
	return len(d.ExitOn) > 0 || waiting && n != nil && n.Wait != nil
}

// Listens reports whether an exit rule matches, and whether a branch of the wait at
// a node does. The function match gets the event of the rule or branch, or else its
// condition.
func (d *Definition) Listens(node string, match func(event string, condition *cond.Cond) bool) (exit, wait bool) {
	exit = slices.ContainsFunc(d.ExitOn, func(r ExitRule) bool { return match(r.Event, r.Condition) })
	n := d.byID[node]
	wait = n != nil && n.Wait != nil &&
		slices.ContainsFunc(n.Wait.Branches, func(b WaitBranch) bool { return match(b.Event, b.Condition) })
	return exit, wait
}

// Watches reports whether a condition of an exit rule or of a wait matches.
func (d *Definition) Watches(match func(*cond.Cond) bool) bool {
	for _, r := range d.ExitOn {
		if r.Condition != nil && match(r.Condition) {
			return true
		}
	}

	for _, n := range d.Nodes {
		if n.Wait == nil {
			continue
		}
		for _, b := range n.Wait.Branches {
			if b.Condition != nil && match(b.Condition) {
				return true
			}
		}
	}
	return false
}

// LooksBack reports whether a wait counts events since the entry.
func (d *Definition) LooksBack() bool {
	return slices.ContainsFunc(d.Nodes, func(n *Node) bool { return n.Wait != nil && n.Wait.SinceEntry })
}

// sameKey reports whether an incoming event has the run's key. The entry found the
// key in its event or its data; the incoming event has it at the same place in its
// own data.
func (d *Definition) sameKey(data any, key string) bool {
	found, ok := keyAt(cond.State{rootEvent: data, rootData: data}, d.Entry.Key)
	return ok && found == key
}

// ExitRule ends a run early: when an event arrives, or once a condition is true.
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

// Settings are the settings of the journey. Defaults are filled in.
type Settings struct {
	OnUnsubscribed  string // Exit or Skip
	OnSendFailure   string // Exit or Continue
	OnPause         string // Freeze or Drain
	ExitDuringDelay string // Now or AtEnd
}

// The types of entries.
const (
	EntryEvent   = "event"
	EntryAPI     = "api"
	EntrySegment = "segment"
)

// Entry defines how runs begin. Event belongs to EntryEvent. Segment (an id or a
// key) and EnrollExisting belong to EntrySegment. Filter and Key belong to the other
// two types.
type Entry struct {
	Type, Event    string
	Filter         *cond.Cond   // nil allows everything
	Key            cond.Pointer // nil if runs have no key
	Segment        string
	EnrollExisting bool
}

// The modes of re-entry.
const (
	ReenterAlways    = "always"
	ReenterAfterExit = "afterExit"
	ReenterOnce      = "once"
)

// Reentry defines when a Profile may enter again, with the same key if there is
// one. Defaults are filled in.
type Reentry struct {
	Mode     string
	Cooldown time.Duration
}

// Node is one node. At most one of the pointers is set: the one of its type.
type Node struct {
	ID, Type string
	Next     string // empty for exit, and for the types that name their next nodes elsewhere
	Reason   string // of an exit

	Email  *EmailNode
	Delay  *Delay
	Wait   *Wait
	Branch *Branch
	Cohort *Cohort

	at       string   // JSON pointer in the document
	behavior behavior // nil if the node cannot be read
}

// Edges returns the edges from the node to its next nodes, in declared order.
func (n *Node) Edges() []Edge {
	if n.behavior == nil {
		return nil
	}
	return n.behavior.edges(n)
}

// Edge leads from a node to a next one. Label is the branch, path or arm, "default"
// or "timeout", or empty.
type Edge struct {
	Label, To string

	at      string // JSON pointer to the member that names To
	when    string // when a run takes this edge, for an error message; empty if that is obvious
	instant bool   // a run may take it without time passing
}

// memberNext is the member that names the next node, for the types that have one.
const memberNext = "next"

// onlyNext returns the edges of a node that has one next node.
func (n *Node) onlyNext(instant bool) []Edge {
	return []Edge{{To: n.Next, at: cond.Below(n.at, memberNext), instant: instant}}
}

// behavior is what the nodes of one type do. It has no defaults, so that each type
// decides everything.
type behavior interface {
	// check reports what prevents activation. The edges are checked elsewhere.
	check(c *checker, n *Node)
	// edges returns the edges to the next nodes, in declared order.
	edges(n *Node) []Edge
	// arrive is the step of a run that reaches the node.
	arrive(d *Definition, n *Node, in Input) (Effect, error)
	// fire is the step of a run whose timer fires. It returns false if nodes of this
	// type set no timer.
	fire(n *Node) (Effect, bool)
	// words says in English what the node does.
	words(n *Node) cond.Phrase
}

// EmailNode sends one email per visit. OnUnsubscribed and OnFailure are the node's,
// or the journey's if the node has none.
type EmailNode struct {
	Template, SubscriptionGroup, SenderProfile string
	OnUnsubscribed, OnFailure                  string

	subject *value
}

// Delay is a delay of one of three kinds: Local, Property, or For if both are nil.
type Delay struct {
	For      time.Duration
	Local    *UntilLocal
	Property *UntilProperty
}

// UntilLocal is a wall-clock time. Empty Days mean every day. Zone may be nil.
type UntilLocal struct {
	Hour, Minute int
	Days         []time.Weekday
	Zone         *time.Location
}

// UntilProperty is the instant at Path plus Offset. IfMissing, IfPast and
// IfUnreadable are Continue or Exit.
type UntilProperty struct {
	Path                            cond.Pointer
	Offset                          time.Duration
	IfMissing, IfPast, IfUnreadable string
}

// Wait waits until one of its branches is true or its timeout ends.
type Wait struct {
	Branches    []WaitBranch
	Timeout     time.Duration
	TimeoutNext string
	SinceEntry  bool // events since the beginning of the run count, not only those after arrival
	MatchKey    bool

	timed bool // the document has a timeout
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

// Path is one path of a branch.
type Path struct {
	ID   string
	When *cond.Cond
	Next string
}

// Cohort distributes runs over its arms. If PerRun is set, every run of a Profile
// is assigned anew.
type Cohort struct {
	Arms   []Arm
	PerRun bool
}

// Arm is one arm of a cohort. Share is in hundredths of a per cent.
type Arm struct {
	ID    string
	Share int
	Next  string
}
