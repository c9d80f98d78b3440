package emulator

import (
	"io"

	"github.com/segmentflow/segmentflow-go/emulator/internal/coverage"
)

// Coverage is which parts of Journeys tests have reached. Reached and Total count the parts of all Journeys together.
type Coverage struct {
	Reached  int               `json:"reached"`
	Total    int               `json:"total"`
	Journeys []JourneyCoverage `json:"journeys"`          // sorted by key, version and digest
	Ignored  []string          `json:"ignored,omitempty"` // files in the directory that are no coverage
}

// JourneyCoverage is one version of a Journey that was Active in an emulator, and what was reached in it. Its digest
// identifies it: if two tests define a Journey of the same key in two ways, these are two versions. Version is the
// lowest number that it had in an emulator.
type JourneyCoverage struct {
	Key     string         `json:"key"`
	Version int            `json:"version"`
	Digest  string         `json:"digest"`
	Name    string         `json:"name"`
	Entry   string         `json:"entry"`   // how runs begin, such as "event trial.started"
	Start   string         `json:"start"`   // the node at which they begin
	Runs    int            `json:"runs"`    // how many have begun
	Reached int            `json:"reached"` // how many of the parts that count
	Total   int            `json:"total"`   // how many parts count
	Parts   []CoveragePart `json:"parts"`   // each node is followed by its branches and skips
}

// The kinds of parts.
const (
	CoverageNode     = coverage.PartNode     // a node at which runs arrive
	CoverageBranch   = coverage.PartBranch   // a way on which runs leave a node
	CoverageExitRule = coverage.PartExitRule // a rule that ends runs
	CoverageSkip     = coverage.PartSkip     // a reason for which a Profile does not enter, or gets no email at Node
)

// CoveragePart is a part of a Journey, and how often it was reached.
type CoveragePart struct {
	Kind   string `json:"kind"`
	Node   string `json:"node,omitzero"`   // the id of the node; "" for exit rules and for skips of the entry
	Name   string `json:"name"`            // the type of the node, the branch, the exit rule, or the reason
	Detail string `json:"detail,omitzero"` // what the node does, such as the key of its Template
	To     string `json:"to,omitzero"`     // the next node; "" if the run ends
	Count  int    `json:"count"`
	// Reasons counts the exact reasons of a skip that stands for several, such as suppressed_bounce.
	Reasons map[string]int `json:"reasons,omitempty"`
	// Uncounted marks what no test is expected to reach. It does not count for the percentage.
	Uncounted bool `json:"uncounted,omitzero"`
}

// ReadCoverage reads and merges what emulators have recorded in a directory. An emulator records if the environment
// variable SEGMENTFLOW_JOURNEY_COVERAGE names a directory when the emulator starts, and writes when it closes.
//
//	SEGMENTFLOW_JOURNEY_COVERAGE=coverage go test -count=1 ./...
//
// Emulators take a relative name as below the root of the module. ReadCoverage looks for it below the working directory
// first, and then below the root of the module.
func ReadCoverage(dir string) (Coverage, error) {
	report, err := coverage.Read(dir)
	if err != nil {
		return Coverage{}, err
	}
	total := report.Share()
	return Coverage{
		Reached:  total.Reached,
		Total:    total.All,
		Journeys: convert(report.Journeys, publicCoverage),
		Ignored:  report.Ignored,
	}, nil
}

func publicCoverage(j coverage.Journey) JourneyCoverage {
	share := j.Share()
	return JourneyCoverage{
		Key:     j.Key,
		Version: j.Number,
		Digest:  j.Digest,
		Name:    j.Name,
		Entry:   j.Entry,
		Start:   j.Start,
		Runs:    j.Runs,
		Reached: share.Reached,
		Total:   share.All,
		Parts:   convert(j.Parts, func(part coverage.Part) CoveragePart { return CoveragePart(part) }),
	}
}

func (c Coverage) report() coverage.Report {
	return coverage.Report{Journeys: convert(c.Journeys, JourneyCoverage.internal), Ignored: c.Ignored}
}

func (c JourneyCoverage) internal() coverage.Journey {
	return coverage.Journey{
		Key:    c.Key,
		Name:   c.Name,
		Digest: c.Digest,
		Number: c.Version,
		Runs:   c.Runs,
		Entry:  c.Entry,
		Start:  c.Start,
		Parts:  convert(c.Parts, func(part CoveragePart) coverage.Part { return coverage.Part(part) }),
	}
}

// Percent returns how much of all that counts was reached, from 0 to 100, rounded down to a tenth. Without any Journey
// it is 0.
func (c Coverage) Percent() float64 {
	return coverage.Share{Reached: c.Reached, All: c.Total}.Percent()
}

// Table returns the coverage as text. Below each Journey it lists what was never reached.
func (c Coverage) Table() string { return c.report().Table() }

// WriteHTML writes a page with a graph of each Journey. The page needs no other file.
func (c Coverage) WriteHTML(w io.Writer) error { return c.report().WriteHTML(w) }

// Percent returns how much of the version was reached, as Coverage.Percent does.
func (c JourneyCoverage) Percent() float64 {
	return coverage.Share{Reached: c.Reached, All: c.Total}.Percent()
}

// Missed returns the parts that count and were never reached.
func (c JourneyCoverage) Missed() []CoveragePart {
	return convert(c.internal().Missed(), func(part coverage.Part) CoveragePart { return CoveragePart(part) })
}
