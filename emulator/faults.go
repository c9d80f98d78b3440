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

// Fault makes API calls fail, or slows them. The fields from Operation to Match say which calls: a call must fit all
// that are set. The others say what happens to these calls: one of Status, Body, Truncate and Drop, or only a Delay. A
// field with its zero value is not set.
//
// A fault strikes after the API key and the rate limits were checked, and before everything else. So a call that it
// refuses writes nothing and does not use up its idempotency key. If several faults fit a call, the first that was
// added strikes, and the call does not count for the others.
type Fault struct {
	// Operation is the operationId of the calls in openapi.yaml, such as "sendEmail" or "trackEvent". "" is any
	// operation. For another name, such as "Emails.Send", the failure of Fail names the nearest.
	Operation string
	// Skip is how many calls that fit pass before the first strike.
	Skip int
	// Times is how often the fault strikes. 0 means that it does not end.
	Times int
	// To is a recipient that the body names: in to, cc, bcc, profile, profileId or email, or in any item of a batch.
	// It is an email, or another identifier if the body has that instead. Case does not matter.
	To string
	// Key is the Idempotency-Key of the call, or the key of any item of a batch.
	Key string
	// Match reports whether the fault fits a call. It gets a copy of the request and may read its body. It is called
	// only for calls that the other fields fit, and may be called by several goroutines at a time.
	Match func(*http.Request) bool

	// Delay makes the caller wait before the work is done or, with AfterCommit, after it. The context of the call ends
	// the wait. Other calls go on. The wait takes real time, or in a testing/synctest bubble its time. A Delay alone
	// changes nothing else.
	Delay time.Duration

	// Status answers with an error of this HTTP status, from 400 to 599, in the API's form. Code is the error code; it
	// defaults to that of the status. RetryAfter becomes the header Retry-After, in seconds.
	Status     int
	Code       string
	Message    string
	Details    map[string]any
	RetryAfter time.Duration

	// Body is a reply that does not come from the API, such as the HTML page of a proxy. It has none of the API's
	// headers. Its Status defaults to 502. Its ContentType defaults to the type that the text looks like.
	Body        string
	ContentType string

	// Truncate does the work, sends the first half of the reply, and closes the connection.
	Truncate bool

	// Drop sends no reply. Over a socket the connection is reset. In process the transport returns an error that wraps
	// io.ErrUnexpectedEOF.
	Drop bool

	// AfterCommit does the work first, so that only the reply suffers. Without it, Status, Body and Drop replace the
	// work.
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
// Reset, Restore or Close. Advance does not end it. If the fault has no effect, has two that exclude each other, or
// names an operation or a code that does not exist, Fail fails the test.
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

// RateLimit lets each API key make n calls of an operation in a time of length per, and refuses others with 429
// rate_limited. Each key has a bucket of n calls. It is full at first, and fills evenly on the emulator's clock. All
// replies of the operation have the headers RateLimit-Limit, RateLimit-Remaining and RateLimit-Reset (seconds until the
// bucket is full). A refusal also has Retry-After.
//
// The operation "" limits all operations together, in addition to limits of their own. A later call of RateLimit for
// the same operation replaces its limit; n 0 removes it, and so do Reset and Restore. If n is negative, per is not
// positive or there is no such operation, RateLimit fails the test.
func (e *Emulator) RateLimit(operation string, n int, per time.Duration) {
	e.tb.Helper()
	what := fmt.Sprintf("RateLimit(%q, %d, %s)", operation, n, per)
	e.must(what, e.limits.Set(faults.Limit{Operation: operation, N: n, Per: per}))
}

// knownNames are the names that a fault may use.
var knownNames = faults.Known{Operations: product.OperationIDs, Codes: gateway.Codes, Near: tell.Near}
