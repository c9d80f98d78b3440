package journey

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
)

const (
	// linkSpan is the time after which what follows is no link of a chain any more.
	linkSpan = time.Minute
	// chainSpan is how long what a run leads to through other runs is counted together.
	chainSpan = time.Hour
)

// RunState is what a run carries along beside the Profile, which it reads live.
type RunState struct {
	Data  any            `json:"data,omitempty"`  // variables of the trigger
	Event any            `json:"event,omitempty"` // data of the event that entered it
	Steps map[string]any `json:"steps,omitempty"` // {<nodeId>: {"event": data}} of waits that an event ended
	// Depth counts the acts of Journeys that led here, each within a minute of the one before. Linked is when the last one
	// did, in milliseconds since the epoch.
	Depth  int   `json:"depth,omitempty"`
	Linked int64 `json:"linked,omitempty"`
	// Root is the run that began the chain of Journeys which led here, "" for a run that nothing of Journeys' making entered
	// or moved.
	Root string `json:"root,omitempty"`
	// Visits counts the nodes reached at Instant, in milliseconds since the epoch.
	Visits  int   `json:"visits,omitempty"`
	Instant int64 `json:"instant,omitempty"`
	// Ahead is when the event that entered it occurs, in milliseconds since the epoch, where that is after the entry.
	Ahead int64 `json:"ahead,omitempty"`
	// Recheck is when time alone may next make a condition true, in milliseconds since the epoch; a task is due then.
	Recheck int64 `json:"recheck,omitempty"`
}

// Buckets are what its conditions and mail see of it.
func (s RunState) Buckets() map[string]any {
	buckets := map[string]any{}
	if s.Data != nil {
		buckets["data"] = s.Data
	}
	if s.Event != nil {
		buckets["event"] = s.Event
	}
	if s.Steps != nil {
		buckets["steps"] = s.Steps
	}
	return buckets
}

// DecodeRunState reads what was kept of a run.
func DecodeRunState(raw json.RawMessage) (s RunState, err error) {
	if err := json.Unmarshal(raw, &s); err != nil {
		return s, fmt.Errorf("run state: %w", err)
	}
	exact, err := cond.DecodeObject(raw) // numbers keep their digits this way
	if err != nil {
		return s, err
	}
	s.Data, s.Event = exact["data"], exact["event"]
	s.Steps, _ = exact["steps"].(map[string]any)
	return s, nil
}

// Made says how a Journey brought something about; the zero value is for what it did not.
type Made struct {
	Depth int    // acts of Journeys in a row that led to it, each within linkSpan of the one before
	Root  string // the run that began them
	Chain string // names what is counted of the chain: its root and the hour; "" for the act of the root itself
}

// Makes says how the run with an id makes what it brings about now.
func (s *RunState) Makes(run string, now time.Time) Made {
	by := Made{Depth: s.depthAt(now) + 1, Root: s.Root}
	if by.Root == "" {
		by.Root = run
		return by
	}
	by.Chain = fmt.Sprint(by.Root, " ", now.Unix()/int64(chainSpan.Seconds()))
	return by
}

// Link notes how a Journey led to the run, if one did.
func (s *RunState) Link(now time.Time, by Made) {
	if by.Root != "" {
		s.Root = by.Root
	}
	if by.Depth < s.depthAt(now) {
		return
	}
	s.Depth, s.Linked = by.Depth, now.UnixMilli()
	if by.Depth == 0 {
		s.Linked = 0
	}
}

// depthAt returns how many links led to the run, none if the last was too long ago.
func (s *RunState) depthAt(now time.Time) int {
	if now.UnixMilli()-s.Linked >= linkSpan.Milliseconds() {
		return 0
	}
	return s.Depth
}

// Visit counts the nodes that the run reaches at one instant.
func (s *RunState) Visit(now time.Time) {
	if s.Instant != now.UnixMilli() {
		s.Instant, s.Visits = now.UnixMilli(), 0
	}
	s.Visits++
}
