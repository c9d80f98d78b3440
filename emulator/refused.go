package emulator

import (
	"strings"
	"sync"

	"github.com/segmentflow/segmentflow-go/emulator/internal/gateway"
	"github.com/segmentflow/segmentflow-go/emulator/internal/product"
	"github.com/segmentflow/segmentflow-go/emulator/internal/tell"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// refused tells a test about the calls that were refused with 400 or 404: what was wrong with them, and what is near to
// what they did not find. It says the same only once, and nothing after end.
type refused struct {
	tb   TB
	told sync.Map // what it has said

	computed sync.Map // the kinds and keys of the ids that SeedID has computed

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
	r.mu.RLock()
	defer r.mu.RUnlock()
	if _, before := r.told.LoadOrStore(told.Kind, true); !before && !r.ended {
		r.tb.Logf("emulator: %s", told.Text)
	}
}

// end makes r say nothing more.
func (r *refused) end() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ended = true
}

// watchRefused begins to tell the test about refused calls, if there is a test.
func (e *Emulator) watchRefused() {
	e.refused.tb = e.tb
	if e.tb != (noTest{}) {
		e.journal.Watch(e.refused.see)
	}
}

// advice returns what the product's API asks about a call that did not find something. It is nil if there is no test to
// tell.
func (e *Emulator) advice() product.Advise {
	if e.refused.tb == (noTest{}) {
		return nil
	}
	return func(tx *world.Tx, err error) string { return tell.AdviceOn(tx, err, e.seedKey) }
}

// seedKey returns the kind and the key from which SeedID computed an id. They are "" if it did not.
func (e *Emulator) seedKey(id string) (kind, key string) {
	if found, ok := e.refused.computed.Load(strings.ToLower(id)); ok {
		pair := found.([2]string)
		return pair[0], pair[1]
	}
	return "", ""
}
