// Package coverage is about which parts of Journeys tests reach. An emulator records what happens and adds it to the
// file of its process. Read merges the files of a directory into a Report, which can be written as a table, as JSON and
// as a page with drawn graphs.
package coverage

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"sync"
)

// Variable is the environment variable with the directory to record in. If it is empty, nothing is recorded.
const Variable = "SEGMENTFLOW_JOURNEY_COVERAGE"

// Version is one version of a Journey. Its digest identifies it: numbers differ from emulator to emulator. Number is
// the one that it has in the emulator at hand.
type Version struct {
	Digest     string
	Number     int
	Definition []byte // the Journey document, which contains the key
}

// NewVersion returns the version with a definition, which is JSON.
func NewVersion(number int, definition []byte) *Version {
	var compact bytes.Buffer
	_ = json.Compact(&compact, definition) // it was valid when it was saved
	return &Version{Digest: digestOf(compact.Bytes()), Number: number, Definition: compact.Bytes()}
}

func digestOf(definition []byte) string {
	sum := sha256.Sum256(definition)
	return hex.EncodeToString(sum[:])
}

// The kinds of places.
const (
	kindRun  = "run"  // a run began
	kindNode = "node" // a run arrived at a node
	kindWay  = "way"  // a run left a node
	kindExit = "exit" // an exit rule ended a run
	kindSkip = "skip" // a Profile did not enter
)

// Place is what was reached in a version. It is one of those that the functions below return, or the zero value: then
// an emulator has the version, and nothing of it was reached.
type Place struct {
	Kind string `json:"kind"`
	Node string `json:"node,omitempty"`
	Name string `json:"name,omitempty"`
	To   string `json:"to,omitempty"`
}

// Run is the place of a run that begins.
func Run() Place { return Place{Kind: kindRun} }

// Node is the place of a run that arrives at a node.
func Node(id string) Place { return Place{Kind: kindNode, Node: id} }

// Way is the place of a run that leaves a node with an outcome, for the next node or for its end, which is "".
func Way(node, outcome, next string) Place {
	return Place{Kind: kindWay, Node: node, Name: outcome, To: next}
}

// Exit is the place of a run that an exit rule ends.
func Exit(rule string) Place { return Place{Kind: kindExit, Name: rule} }

// Skip is the place of a Profile that does not enter for a reason.
func Skip(reason string) Place { return Place{Kind: kindSkip, Name: reason} }

// Mark is one time that a place was reached.
type Mark struct {
	Version *Version
	Place
}

// Recorder counts what one emulator reaches, and adds it to the file of the process. It is safe for concurrent use.
type Recorder struct {
	path string

	mu    sync.Mutex
	found map[string]*counted // by digest
}

// counted is a version with the number of times that its places were reached.
type counted struct {
	*Version
	places map[Place]int
}

// Add counts marks.
func (r *Recorder) Add(marks ...Mark) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, mark := range marks {
		one := r.found[mark.Version.Digest]
		if one == nil {
			one = &counted{mark.Version, map[Place]int{}}
			r.found[mark.Version.Digest] = one
		}
		if mark.Place != (Place{}) {
			one.places[mark.Place]++
		}
	}
}

// take returns what was counted since the last time.
func (r *Recorder) take() map[string]*counted {
	r.mu.Lock()
	defer r.mu.Unlock()
	found := r.found
	r.found = map[string]*counted{}
	return found
}
