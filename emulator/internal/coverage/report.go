package coverage

import (
	"fmt"
	"math"
)

// Report is the merged content of the files of a directory.
type Report struct {
	Journeys []Journey // by key, then by number and digest
	Ignored  []string  // what else is in the directory
}

// Journey is one version of a Journey, and what was reached in it.
type Journey struct {
	Key, Name, Digest string
	Number            int
	Runs              int
	Entry             string // how runs begin
	Start             string // the node at which they begin
	Parts             []Part // nodes as declared, each followed by its branches and skips; then the rest
}

// The kinds of parts.
const (
	PartNode     = "node"
	PartBranch   = "branch"
	PartExitRule = "exitRule"
	PartSkip     = "skip"
)

// Part is one thing that can be reached.
type Part struct {
	Kind      string
	Node      string // of a node, a branch, and the skip of an email
	Name      string // the type of a node, the branch, the rule, or the reason
	Detail    string // what a node does, such as its Template
	To        string // the next node; "" ends the run
	Count     int
	Reasons   map[string]int // what exactly was met, if Name stands for several reasons
	Uncounted bool           // not expected, so it does not count for the percentage
}

// Share is how much of what counts was reached.
type Share struct{ Reached, All int }

// Percent returns the share in per cent, rounded down to a tenth, so that only a whole share is 100. Nothing at all is
// 0.
func (s Share) Percent() float64 {
	if s.All == 0 {
		return 0
	}
	return math.Floor(float64(1000*s.Reached)/float64(s.All)) / 10
}

func (s Share) percent() string { return fmt.Sprintf("%.1f %%", s.Percent()) }

// Share returns the share of a version.
func (j Journey) Share() (share Share) {
	for _, part := range j.Parts {
		switch {
		case part.Uncounted:
		case part.Count > 0:
			share.Reached++
			share.All++
		default:
			share.All++
		}
	}
	return share
}

// Share returns the share of all versions together.
func (r Report) Share() (total Share) {
	for _, j := range r.Journeys {
		share := j.Share()
		total.Reached += share.Reached
		total.All += share.All
	}
	return total
}

// Missed returns the parts that count and were never reached.
func (j Journey) Missed() (missed []Part) {
	for _, part := range j.Parts {
		if !part.Uncounted && part.Count == 0 {
			missed = append(missed, part)
		}
	}
	return missed
}

// Title names a version: its key, its number and the beginning of its digest.
func (j Journey) Title() string {
	return fmt.Sprintf("%s v%d (%.7s)", printable(j.Key), j.Number, j.Digest)
}

// Label names a part within its kind.
func (p Part) Label() string {
	name := printable(p.Name) + p.target()
	switch {
	case p.Kind == PartNode:
		return printable(p.Node) + " (" + p.Name + ")"
	case p.Kind == PartSkip && p.Node == "":
		return "entry: " + name
	case p.Node == "":
		return name
	}
	return printable(p.Node) + ": " + name
}

// target says where a branch leads.
func (p Part) target() string {
	switch {
	case p.Kind != PartBranch:
		return ""
	case p.To == "":
		return ", ends the run"
	}
	return " → " + printable(p.To)
}

// kindNames are the kinds in words.
var kindNames = map[string]string{
	PartNode:     "node",
	PartBranch:   "branch",
	PartExitRule: "exit rule",
	PartSkip:     "skip",
}
