package emulator_test

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator"
)

// The Journey document that the generator writes and the interpreter reads. Conditions are plain JSON values.

type modelDoc struct {
	Key      string            `json:"key"`
	Status   string            `json:"status"`
	Entry    modelEntry        `json:"entry"`
	Audience any               `json:"audience,omitempty"`
	Reentry  *modelReentry     `json:"reentry,omitempty"`
	ExitOn   []modelTrigger    `json:"exitOn,omitempty"`
	Settings map[string]string `json:"settings,omitempty"`
	Start    string            `json:"start"`
	Nodes    []*modelNode      `json:"nodes"`
}

type modelEntry struct {
	Type   string `json:"type"`
	Event  string `json:"event,omitempty"`
	Filter any    `json:"filter,omitempty"`
	Key    string `json:"key,omitempty"`

	Segment        string `json:"segment,omitempty"`
	EnrollExisting bool   `json:"enrollExisting,omitempty"`
}

type modelReentry struct {
	Mode     string `json:"mode,omitempty"`
	Cooldown string `json:"cooldown,omitempty"`
}

// modelTrigger is an exit rule, a branch of a wait, or a path of a branch.
type modelTrigger struct {
	ID        string `json:"id"`
	Event     string `json:"event,omitempty"`
	Filter    any    `json:"filter,omitempty"`
	MatchKey  bool   `json:"matchKey,omitempty"`
	Condition any    `json:"condition,omitempty"`
	When      any    `json:"when,omitempty"`
	Next      string `json:"next,omitempty"`
}

type modelArm struct {
	ID      string `json:"id"`
	Percent int    `json:"percent"`
	Next    string `json:"next"`
}

type modelLocal struct {
	Hour     int    `json:"hour"`
	Minute   int    `json:"minute"`
	Days     []int  `json:"days,omitempty"`
	Timezone string `json:"timezone,omitempty"`
}

type modelUntil struct {
	Path      string `json:"path"`
	Offset    string `json:"offset,omitempty"`
	IfMissing string `json:"ifMissing,omitempty"`
	IfPast    string `json:"ifPast,omitempty"`

	IfUnreadable string `json:"ifUnreadable,omitempty"`
}

type modelNode struct {
	ID                string         `json:"id"`
	Type              string         `json:"type"`
	Next              string         `json:"next,omitempty"`
	Template          string         `json:"template,omitempty"`
	SubscriptionGroup string         `json:"subscriptionGroup,omitempty"`
	Subject           string         `json:"subject,omitempty"`
	OnUnsubscribed    string         `json:"onUnsubscribed,omitempty"`
	OnFailure         string         `json:"onFailure,omitempty"`
	For               string         `json:"for,omitempty"`
	UntilLocal        *modelLocal    `json:"untilLocal,omitempty"`
	UntilProperty     *modelUntil    `json:"untilProperty,omitempty"`
	Branches          []modelTrigger `json:"branches,omitempty"`
	Timeout           string         `json:"timeout,omitempty"`
	TimeoutNext       string         `json:"timeoutNext,omitempty"`
	Since             string         `json:"since,omitempty"`
	MatchKey          bool           `json:"matchKey,omitempty"`
	Paths             []modelTrigger `json:"paths,omitempty"`
	Default           string         `json:"default,omitempty"`
	Arms              []modelArm     `json:"arms,omitempty"`
	Sticky            string         `json:"sticky,omitempty"`
	Set               map[string]any `json:"set,omitempty"`
	Event             string         `json:"event,omitempty"`
	Data              map[string]any `json:"data,omitempty"`
	Reason            string         `json:"reason,omitempty"`
}

// edges returns all edges that leave a node.
func (n *modelNode) edges() []*string {
	to := []*string{&n.Next, &n.TimeoutNext, &n.Default}
	for i := range n.Branches {
		to = append(to, &n.Branches[i].Next)
	}
	for i := range n.Paths {
		to = append(to, &n.Paths[i].Next)
	}
	for i := range n.Arms {
		to = append(to, &n.Arms[i].Next)
	}
	return to
}

func (d *modelDoc) node(id string) *modelNode {
	for _, n := range d.Nodes {
		if n.ID == id {
			return n
		}
	}
	return nil
}

// prune removes the nodes that no edge leads to. Activation would refuse them.
func (d *modelDoc) prune() {
	reached := map[string]bool{}
	queue := []string{d.Start}
	for ; len(queue) > 0; queue = queue[1:] {
		if queue[0] == "" || reached[queue[0]] {
			continue
		}
		reached[queue[0]] = true
		for _, to := range d.node(queue[0]).edges() {
			queue = append(queue, *to)
		}
	}
	var kept []*modelNode
	for _, n := range d.Nodes {
		if reached[n.ID] {
			kept = append(kept, n)
		}
	}
	d.Nodes = kept
}

// definition returns the document without its status, since a new status makes no new version.
func (d *modelDoc) definition() string {
	plain := *d
	plain.Status = ""
	return modelJSON(plain)
}

func (d *modelDoc) seed() emulator.SeedJourney {
	var j emulator.SeedJourney
	if err := json.Unmarshal([]byte(modelJSON(d)), &j); err != nil {
		panic(err)
	}
	return j
}

func modelJSON(v any) string {
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		panic(err)
	}
	return strings.TrimSpace(b.String())
}

// modelDurations are all durations that the documents use. With them the interpreter needs no parser.
var modelDurations = map[string]time.Duration{
	"PT10M": 10 * time.Minute, "PT1H": time.Hour, "-PT1H": -time.Hour, "P1D": 24 * time.Hour,
	"P2D": 48 * time.Hour, "P1W": 7 * 24 * time.Hour,
}

// modelAct is one thing that a test does to a world.
type modelAct struct {
	Do      string                `json:"do"` // track, trigger, advance, journey, profile, segment, zone
	Who     string                `json:"who,omitempty"`
	What    string                `json:"what,omitempty"` // the event, the key of the Journey or Segment, or the zone
	Data    map[string]any        `json:"data,omitempty"`
	At      *time.Time            `json:"at,omitempty"` // occurredAt, or the instant to advance to
	Profile *emulator.SeedProfile `json:"profile,omitempty"`
	Doc     *modelDoc             `json:"journey,omitempty"`
	Members any                   `json:"members,omitempty"` // the condition of a Segment
}

// GoString returns the act as JSON, as a failure shows it.
func (a modelAct) GoString() string { return modelJSON(a) }
