package emulator

import (
	"sync"

	"github.com/segmentflow/segmentflow-go/emulator/internal/gateway"
	"github.com/segmentflow/segmentflow-go/emulator/internal/product"
	"github.com/segmentflow/segmentflow-go/emulator/internal/tell"
)

// refused tells a test about the calls that were refused with 400 or 404: what was wrong with them, and what is near to
// what they did not find. It says the same only once, and nothing after end.
type refused struct {
	logf func(format string, args ...any) // of the test
	told sync.Map                         // what it has said

	mu    sync.RWMutex // held for writing by end, which waits for what is being said
	ended bool
}

func (r *refused) see(entry gateway.Entry) {
	called := calledOf(&entry, 0)
	for _, told := range tell.Refused(&called, operations) {
		r.say(told)
	}
}

func (r *refused) say(told tell.Told) {
	if _, before := r.told.LoadOrStore(told.Kind, true); !before {
		r.log("emulator: %s", told.Text)
	}
}

// log writes to the log of the test. After end it does nothing, because a test that has ended has no log.
func (r *refused) log(format string, args ...any) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if !r.ended {
		r.logf(format, args...)
	}
}

// end makes r say nothing more.
func (r *refused) end() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ended = true
}

// operations returns all operations of the API.
func operations() []tell.Operation {
	var all []tell.Operation
	for _, route := range product.Routes() {
		all = append(all, tell.Operation{ID: route.Operation, Method: route.Method, Path: route.Path})
	}
	return all
}

// operationIDs returns the ids of all operations of the API.
func operationIDs() (ids []string) {
	for _, operation := range operations() {
		ids = append(ids, operation.ID)
	}
	return ids
}

// calledOf converts an entry of the journal to what package tell reads.
func calledOf(entry *gateway.Entry, number int) tell.Call {
	called := tell.Call{
		Number:         number,
		ID:             entry.ID,
		At:             entry.At,
		Method:         entry.Method,
		Path:           entry.Path,
		Operation:      entry.Operation,
		KeyLabel:       entry.Label,
		Status:         entry.Status,
		Code:           entry.Error,
		Refused:        refusedOf(&entry.Grounds),
		IdempotencyKey: entry.IdempotencyKey,
		MadeUp:         entry.MadeUp,
		Replayed:       entry.Replayed,
		Fault:          entry.Fault,
		Body:           entry.Body,
		Reply:          entry.Reply,
		MoreRejected:   entry.RejectedItems - len(entry.Rejected),
	}
	for i := range entry.Rejected {
		item := &entry.Rejected[i]
		called.Rejected = append(called.Rejected, tell.RejectedItem{
			Index: item.Index, Key: item.Key, Code: item.Error, Refused: refusedOf(&item.Grounds),
		})
	}
	return called
}

// refusedOf converts why a call was refused.
func refusedOf(grounds *gateway.Grounds) tell.Grounds {
	shown := tell.Grounds{
		Reason:     grounds.Reason,
		MoreIssues: grounds.More,
		Missing:    grounds.Missing,
		MissingID:  grounds.MissingID,
		Advice:     grounds.Advice,
	}
	for _, issue := range grounds.All {
		shown.Issues = append(shown.Issues, tell.Issue(issue))
	}
	return shown
}
