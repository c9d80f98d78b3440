package journey

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"
)

const (
	// linkSpan is the time after which an act is no longer a link of the chain.
	linkSpan = time.Minute
	// chainSpan is the period for which everything that a run causes through other
	// runs is counted together.
	chainSpan = time.Hour
)

// RunState is the stored data of a run. The Profile is not part of it; the run reads
// that live.
type RunState struct {
	Data  any            `json:"data,omitempty"`  // variables of the trigger
	Event any            `json:"event,omitempty"` // data of the event that entered the run
	Steps map[string]any `json:"steps,omitempty"` // {<nodeId>: {"event": data}} of waits that an event ended
	Progress
}

// Progress is the part of a run's state that is comparable.
type Progress struct {
	// Depth counts the acts of Journeys that led here, each within a minute of the
	// one before. Linked is the time of the last one, in milliseconds since the epoch.
	Depth  int   `json:"depth,omitempty"`
	Linked int64 `json:"linked,omitempty"`
	// Root is the run that began the chain of Journeys which led here. It is "" if no
	// act of a Journey entered or moved the run.
	Root string `json:"root,omitempty"`
	// Visits counts the nodes reached at Instant, in milliseconds since the epoch.
	Visits  int   `json:"visits,omitempty"`
	Instant int64 `json:"instant,omitempty"`
	// Received is the number of the last event that was received before the entry.
	Received int `json:"received,omitempty"`
	// Ahead is that of [Input], for the wait at which the run is.
	Ahead int `json:"ahead,omitempty"`
	// Recheck is when time alone may next make a condition true, in milliseconds
	// since the epoch. A task is due then.
	Recheck int64 `json:"recheck,omitempty"`
}

// Buckets returns the part of the state that conditions and emails of the run can
// read.
func (run RunState) Buckets() map[string]any {
	buckets := map[string]any{}
	if run.Data != nil {
		buckets["data"] = run.Data
	}
	if run.Event != nil {
		buckets["event"] = run.Event
	}
	if run.Steps != nil {
		buckets["steps"] = run.Steps
	}
	return buckets
}

// DecodeRunState decodes the stored data of a run.
func DecodeRunState(raw json.RawMessage) (run RunState, err error) {
	if string(raw) == "{}" { // of many runs that a Segment began
		return run, nil
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber() // numbers keep their digits this way
	if err := decoder.Decode(&run); err != nil {
		return run, fmt.Errorf("run state: %w", err)
	}
	return run, nil
}

// Made describes how a Journey caused something. The zero value means that none did.
type Made struct {
	Depth int    // acts of Journeys in a row that led to it, each within linkSpan of the one before
	Root  string // the run that began them
	Chain string // the name of the chain's counter: its root and the hour; "" for an act of the root itself
}

// Makes describes what the run with an id causes now.
func (run *RunState) Makes(runID string, now time.Time) Made {
	by := Made{Depth: run.depthAt(now) + 1, Root: run.Root}
	if by.Root == "" {
		by.Root = runID
		return by
	}
	by.Chain = fmt.Sprint(by.Root, " ", now.Unix()/int64(chainSpan.Seconds()))
	return by
}

// Link records how a Journey led to the run, if one did.
func (run *RunState) Link(now time.Time, by Made) {
	if by.Root != "" {
		run.Root = by.Root
	}
	if by.Depth < run.depthAt(now) {
		return
	}
	run.Depth, run.Linked = by.Depth, now.UnixMilli()
	if by.Depth == 0 {
		run.Linked = 0
	}
}

// depthAt returns how many links led to the run. It is 0 if the last one is too old.
func (run *RunState) depthAt(now time.Time) int {
	if now.UnixMilli()-run.Linked >= linkSpan.Milliseconds() {
		return 0
	}
	return run.Depth
}

// Visit counts the nodes that the run reaches at one instant.
func (run *RunState) Visit(now time.Time) {
	if run.Instant != now.UnixMilli() {
		run.Instant, run.Visits = now.UnixMilli(), 0
	}
	run.Visits++
}
