package emulator

import (
	"fmt"
	"net/http"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/faults"
	"github.com/segmentflow/segmentflow-go/emulator/internal/gateway"
	"github.com/segmentflow/segmentflow-go/emulator/internal/product"
	"github.com/segmentflow/segmentflow-go/emulator/internal/tell"
)

// Fault makes API calls fail, or slows them. Its first fields say which calls: all that are set must be true of a call.
// The others say what happens to them. The zero value of a field says nothing.
//
// A fault strikes after the API key was checked and before everything else. So a call that it refuses writes nothing
// and does not use up its idempotency key. If several faults match a call, the first that was added strikes, and the
// call does not count for the others.
type Fault struct {
	// Operation is the operationId of the calls in openapi.yaml, such as "sendEmail" or "trackEvent". "" is any
	// operation. For another name, such as "Emails.Send", the failure of Fail names the nearest.
	Operation string
	// Skip lets so many calls pass before the first strike.
	Skip int
	// Times is how often the fault strikes. 0 is for ever.
	Times int
	// To is a recipient that the body names: in to, cc, bcc, profile, profileId or email, or in any item of a batch.
	// It is an email, or another identifier if the body has that instead. Case does not matter.
	To string
	// Key is the Idempotency-Key of the call, or the key of any item of a batch.
	Key string
	// Match reports whether the fault matches a call. It gets a copy of the request and may read its body. Calls at the
	// same time run it at the same time. It does not run for calls that the other fields exclude.
	Match func(*http.Request) bool

	// Delay lets the caller wait before the call is carried out, or after it with AfterCommit. Other calls go on. The
	// context of the call ends the wait. A fault that has only a Delay changes nothing else. It takes real time, or the
	// time of the testing/synctest bubble.
	Delay time.Duration

	// Status answers with an error of this HTTP status, from 400 to 599, in the API's form. Code is the error code; it
	// defaults to that of the status. RetryAfter becomes the header Retry-After, in seconds.
	Status     int
	Code       string
	Message    string
	Details    map[string]any
	RetryAfter time.Duration

	// Body is an answer that does not come from the API, such as the HTML page of a proxy. It has none of the API's
	// headers. Its Status defaults to 502, its ContentType to what it looks like.
	Body        string
	ContentType string

	// Truncate does the work, sends the first half of the reply, and closes the connection.
	Truncate bool

	// Drop sends no reply. Over a socket the connection is reset. In process the transport returns an error that wraps
	// io.ErrUnexpectedEOF.
	Drop bool

	// AfterCommit does the work first. Without it, Status, Body and Drop replace the work.
	AfterCommit bool
}

// FaultHandle is a fault that was added.
type FaultHandle struct {
	list   *faults.List
	active *faults.Active
}

// Hits returns how often the fault has struck, also after Remove and Close.
func (handle *FaultHandle) Hits() int { return handle.active.Hits() }

// Number returns the number of the fault. Calls that it struck have it in the request journal, and the control plane
// uses it as id. The first fault has the number 1.
func (handle *FaultHandle) Number() int { return handle.active.Number }

// Remove ends the fault.
func (handle *FaultHandle) Remove() { handle.list.Remove(handle.active) }

// Fail makes calls fail on purpose. The fault lasts until it has struck Times times, or until Remove, ClearFaults,
// Reset or Close. Advance does not end it. If the fault says nothing, contradicts itself or names something that does
// not exist, Fail fails the test.
//
//	emu.Fail(emulator.Fault{Operation: "sendEmail", Times: 2, Status: 503, RetryAfter: time.Second})
//	lost := emu.Fail(emulator.Fault{To: "alex@example.com", AfterCommit: true, Drop: true})
func (e *Emulator) Fail(fault Fault) *FaultHandle {
	e.tb.Helper()
	active, err := e.faults.Add(faults.Fault(fault))
	if err != nil {
		e.must("Fail", err)
		active = new(faults.Active) // a test that goes on has a fault that never strikes
	}
	return &FaultHandle{e.faults, active}
}

// ClearFaults removes all faults. Rate limits stay.
func (e *Emulator) ClearFaults() { e.faults.Clear() }

// RateLimit allows n calls of an operation in the time per, to each API key, and refuses others with 429 rate_limited.
// Each key has a bucket of n calls, which fills evenly on the emulator's clock and is full at first. All replies of the
// operation have the headers RateLimit-Limit, RateLimit-Remaining and RateLimit-Reset (seconds until the bucket is
// full), and a refusal has Retry-After.
//
// The operation "" limits all operations together, in addition to limits of their own. Another call for the same
// operation replaces the limit. n 0 removes it, and so does Reset. If n is negative, per is not positive or there is no
// such operation, RateLimit fails the test.
func (e *Emulator) RateLimit(operation string, n int, per time.Duration) {
	e.tb.Helper()
	what := fmt.Sprintf("RateLimit(%q, %d, %s)", operation, n, per)
	e.must(what, e.limits.Set(faults.Limit{Operation: operation, N: n, Per: per}))
}

// knownNames are the names that a fault may use.
var knownNames = faults.Known{Operations: product.OperationIDs, Codes: gateway.Codes, Near: tell.Near}
