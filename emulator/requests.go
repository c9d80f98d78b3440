package emulator

import (
	"sync"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/gateway"
	"github.com/segmentflow/segmentflow-go/emulator/internal/tell"
)

// JournalSize is how many calls of the API Requests knows, the newest ones.
const JournalSize = gateway.JournalSize

// Request is one call of the API, with what the emulator answered. It has no duration, so that two runs of a test see
// the same requests.
type Request struct {
	ID        string    // the reply's x-request-id
	At        time.Time // when it got its turn, by the emulator's clock
	Method    string
	Path      string // without the query
	Operation string // the operationId of openapi.yaml, "" if no operation has the path
	KeyLabel  string // the label of the API key, "" if the key is unknown or was not looked at
	Status    int
	Code      string // of the error, "" if there was none
	Reason    string // why, where the details of the error name it, such as sender_unverified
	// Issues are what was wrong with the request, the first 100.
	Issues   []Issue
	Rejected []RejectedItem // items of a batch that were rejected, the first 20
	// IdempotencyKey is the key of the call. MadeUp reports whether the SDK made it up, because the code under test
	// gave none.
	IdempotencyKey string
	MadeUp         bool
	Replayed       bool // the reply is that of an earlier call with the same key
	Fault          int  // the number of the fault that struck the call, 0 for none
	// Body and Reply are the bodies of the call and of its reply, "" without WithJournalBodies.
	Body  string
	Reply string
}

// Issue is one thing that is wrong with a request. Path is a JSON pointer into the body or, for a parameter or a
// header, a slash and its name.
type Issue struct{ In, Path, Code, Message string }

// RejectedItem is an item of a batch that was rejected, while the call itself was accepted.
type RejectedItem struct {
	Index          int
	IdempotencyKey string
	Code           string
	Reason         string
	Issues         []Issue
}

// Requests is a question about the calls of the API, by any client and with any key. Each condition returns a new,
// narrower question. A question can be asked many times, also after Close.
//
//	emu.Requests().Operation("sendEmail").Status(http.StatusTooManyRequests).None(t)
//
// The emulator keeps the newest JournalSize calls. Of older ones it keeps only their number by operation, status and
// code. Count includes them, and All logs how many are missing. They have no Key any more: if one of them may have had
// the Key that is asked for, None and Only fail.
//
// An operation, a code or a status that does not exist is a mistake in the test, and every method that asks fails: Only
// and None fail the t that they get, the others fail the test passed to Start or For, or panic if the emulator was made
// with New. A Key that no call has selects nothing.
type Requests struct {
	e *Emulator
	q tell.Requests
}

// Requests returns a question about all calls of the API.
func (e *Emulator) Requests() Requests { return Requests{e, tell.Requests{Journal: e.calledJournal}} }

// Operation selects calls of the operation with this operationId, such as sendEmail.
func (r Requests) Operation(id string) Requests {
	r.q.Operation = id
	return r
}

// Status selects calls that were answered with this HTTP status.
func (r Requests) Status(status int) Requests {
	r.q.Status = status
	return r
}

// Code selects calls that were answered with this error code, such as validation_failed.
func (r Requests) Code(code string) Requests {
	r.q.Code = code
	return r
}

// Key selects calls with this idempotency key.
func (r Requests) Key(key string) Requests {
	r.q.Key = key
	return r
}

// All returns the calls in the order in which they were answered.
func (r Requests) All() []Request {
	r.e.tb.Helper()
	r.note(r.q.Note())
	return r.ask().found(0)
}

// Last returns the newest call. If there is none, it returns nil.
func (r Requests) Last() *Request {
	r.e.tb.Helper()
	last := r.ask().last()
	if last == nil {
		r.note(r.q.Note())
	}
	return last
}

// Count returns the number of calls.
func (r Requests) Count() int {
	r.e.tb.Helper()
	r.note(r.q.Doubt())
	return r.ask().count()
}

// Only returns the call if there is exactly one. Otherwise it fails t. The failure says which calls there are instead,
// with what was wrong with them.
func (r Requests) Only(t TB) Request {
	requireTest("Only", t)
	t.Helper()
	return r.ask().only(t)
}

// None fails t if there is such a call.
func (r Requests) None(t TB) {
	requireTest("None", t)
	t.Helper()
	r.ask().none(t)
}

// String describes the question as failures show it.
func (r Requests) String() string { return r.q.String() }

// note logs that calls are gone, if they are.
func (r Requests) note(text string) {
	r.e.tb.Helper()
	if text != "" {
		r.e.tb.Logf("emulator: requests: %s", text)
	}
}

func (r Requests) ask() question[tell.Call, Request] {
	r.q.Journal = sync.OnceValue(r.q.Journal) // what is asked once is answered from one moment
	return question[tell.Call, Request]{r.e, "requests", r.q, requestOf, true}
}

// calledJournal returns the journal in the form that questions read.
func (e *Emulator) calledJournal() tell.Journal {
	entries, gone := e.journal.All()
	journal := tell.Journal{Size: JournalSize, Operations: operations(), Codes: gateway.Codes()}
	for i := range entries {
		journal.Calls = append(journal.Calls, calledOf(&entries[len(entries)-1-i], i))
	}
	journal.Gone = func(matches func(operation, code string, status int) bool) (count int) {
		for kind, n := range gone {
			if matches(kind.Operation, kind.Error, kind.Status) {
				count += n
			}
		}
		return count
	}
	return journal
}

func requestOf(called *tell.Call) Request {
	request := Request{
		ID:             called.ID,
		At:             called.At,
		Method:         called.Method,
		Path:           called.Path,
		Operation:      called.Operation,
		KeyLabel:       called.KeyLabel,
		Status:         called.Status,
		Code:           called.Code,
		Reason:         called.Refused.Reason,
		Issues:         issuesOf(called.Refused.Issues),
		IdempotencyKey: called.IdempotencyKey,
		MadeUp:         called.MadeUp,
		Replayed:       called.Replayed,
		Fault:          called.Fault,
		Body:           called.Body,
		Reply:          called.Reply,
	}
	for _, item := range called.Rejected {
		request.Rejected = append(request.Rejected, RejectedItem{
			item.Index, item.Key, item.Code, item.Refused.Reason, issuesOf(item.Refused.Issues),
		})
	}
	return request
}

func issuesOf(issues []tell.Issue) (shown []Issue) {
	for _, issue := range issues {
		shown = append(shown, Issue(issue))
	}
	return shown
}
