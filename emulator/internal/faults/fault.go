// Package faults decides which calls fail on purpose, and which exceed a rate limit. It sends no replies and reads no
// clock: package product carries out what it decides, and passes the time.
package faults

import (
	"bytes"
	"cmp"
	"encoding/json"
	"net/http"
	"sync"
	"time"
)

// Fault says which calls fail and how. It has the fields of emulator.Fault, which explains them.
type Fault struct {
	Operation string
	Skip      int
	Times     int
	To        string
	Key       string
	Match     func(*http.Request) bool

	Delay       time.Duration
	Status      int
	Code        string
	Message     string
	Details     map[string]any
	RetryAfter  time.Duration
	Body        string
	ContentType string
	Truncate    bool
	Drop        bool
	AfterCommit bool
}

// Works reports whether the work of a call is done although the fault strikes it.
func (fault *Fault) Works() bool {
	return fault.AfterCommit || !fault.Fakes()
}

// Fakes reports whether the caller gets another reply than the true one, or none.
func (fault *Fault) Fakes() bool { return fault.Status != 0 || fault.Body != "" || fault.Drop }

// ReplyStatus returns the status of the reply with Body.
func (fault *Fault) ReplyStatus() int { return cmp.Or(fault.Status, http.StatusBadGateway) }

// MediaType returns the type of Body. If it is not set, it is what Body looks like.
func (fault *Fault) MediaType() string {
	return cmp.Or(fault.ContentType, http.DetectContentType([]byte(fault.Body)))
}

// Active is a fault that was added. A removed one no longer strikes, but still knows how often it did.
type Active struct {
	Fault
	Number int

	mu      sync.Mutex
	seen    int // calls that it could have struck
	hits    int
	removed bool
}

// Hits returns how often the fault struck.
func (active *Active) Hits() int {
	active.mu.Lock()
	defer active.mu.Unlock()
	return active.hits
}

// Over reports whether the fault will never strike again.
func (active *Active) Over() bool { return active.Times > 0 && active.Hits() >= active.Times }

// Remove ends the fault.
func (active *Active) Remove() {
	active.mu.Lock()
	defer active.mu.Unlock()
	active.removed = true
}

// over reports whether the fault will never strike again.
func (active *Active) over() bool {
	active.mu.Lock()
	defer active.mu.Unlock()
	return active.overLocked()
}

func (active *Active) overLocked() bool {
	return active.removed || active.Times > 0 && active.hits >= active.Times
}

// count counts a call that matches and reports whether the fault strikes it.
func (active *Active) count() bool {
	active.mu.Lock()
	defer active.mu.Unlock()
	if active.overLocked() {
		return false
	}
	if active.seen++; active.seen <= active.Skip {
		return false
	}
	active.hits++
	return true
}

// continues makes the fault go on where an earlier one is.
func (active *Active) continues(earlier *Active) {
	earlier.mu.Lock()
	defer earlier.mu.Unlock()
	active.Number, active.seen, active.hits = earlier.Number, earlier.seen, earlier.hits
	active.Match = earlier.Match
	earlier.removed = true // a call that still has it must not count once more
}

// copyDetails returns the details as they are in JSON, so that later changes by the caller have no effect. It returns
// an error if they do not marshal.
func copyDetails(details map[string]any) (copied map[string]any, err error) {
	if details == nil {
		return nil, nil
	}
	raw, err := json.Marshal(details)
	if err != nil {
		return nil, err
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	err = decoder.Decode(&copied)
	return copied, err
}
