package journey

import (
	"slices"

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
