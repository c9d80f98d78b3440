package faults

import (
	"errors"
	"slices"
	"sync"
	"sync/atomic"
)

// ErrClosed is the error of adding to a list after Close.
var ErrClosed = errors.New("the emulator is closed: use it before Close and before its test ends")

// List has the faults of an emulator, in the order in which they were added. It is safe for concurrent use.
type List struct {
	changes
	known Known

	mu     sync.Mutex // guards changes of the list
	closed bool
	last   int // the newest number
	active atomic.Pointer[[]*Active]
}

// NewList returns an empty list.
func NewList(known Known) *List { return &List{known: known} }

// Check returns all mistakes of a fault.
func (list *List) Check(fault *Fault) Mistakes { return fault.check(list.known) }

// Names returns the operations and the codes that a fault may use.
func (list *List) Names() (operations, codes []string) {
	return list.known.Operations(), list.known.Codes()
}

// All returns the faults. The caller must not change the slice.
func (list *List) All() []*Active {
	if all := list.active.Load(); all != nil {
		return *all
	}
	return nil
}

// Any reports whether there is a fault. It takes no lock.
func (list *List) Any() bool { return list.active.Load() != nil }

// Find returns the fault with a number, or nil if there is none.
func (list *List) Find(number int) *Active {
	for _, active := range list.All() {
		if active.Number == number {
			return active
		}
	}
	return nil
}

// Add adds a fault. If it cannot be carried out, Add returns Mistakes.
func (list *List) Add(fault Fault) (*Active, error) {
	if mistakes := list.Check(&fault); len(mistakes) > 0 {
		return nil, mistakes
	}
	fault.Details, _ = copyDetails(fault.Details) // Check has tried it
	list.mu.Lock()
	defer list.mu.Unlock()
	if list.closed {
		return nil, ErrClosed
	}
	list.last++
	active := &Active{Fault: fault, Number: list.last}
	list.setLocked(append(slices.Clone(list.All()), active))
	return active, nil
}

// Item is a fault of a new list. If Number is that of a fault in the present list, the item goes on with its number,
// its hits and its Match. Number is 0 for a new fault.
type Item struct {
	Fault
	Number int
}

// Replace replaces all faults, which must have been checked. The numbers must be those of present faults, each once.
func (list *List) Replace(items []Item) ([]*Active, error) {
	list.mu.Lock()
	defer list.mu.Unlock()
	if list.closed {
		return nil, ErrClosed
	}
	next := make([]*Active, len(items))
	for i, item := range items {
		next[i] = &Active{Fault: item.Fault}
		next[i].Details, _ = copyDetails(item.Details)
		if earlier := list.Find(item.Number); earlier != nil {
			next[i].continues(earlier)
			continue
		}
		list.last++
		next[i].Number = list.last
	}
	for _, earlier := range list.All() {
		earlier.Remove()
	}
	list.setLocked(next)
	return next, nil
}

// Remove removes a fault, and does nothing if it is not in the list.
func (list *List) Remove(active *Active) {
	list.mu.Lock()
	defer list.mu.Unlock()
	active.Remove()
	rest := slices.DeleteFunc(slices.Clone(list.All()), func(other *Active) bool { return other == active })
	list.setLocked(rest)
}

// Clear removes all faults.
func (list *List) Clear() {
	list.mu.Lock()
	defer list.mu.Unlock()
	list.clearLocked()
}

// Reset removes all faults, and numbers begin with 1 again.
func (list *List) Reset() {
	list.mu.Lock()
	defer list.mu.Unlock()
	list.clearLocked()
	list.last = 0
}

// Close removes all faults and allows no new ones.
func (list *List) Close() {
	list.mu.Lock()
	defer list.mu.Unlock()
	list.clearLocked()
	list.closed = true
}

func (list *List) clearLocked() {
	for _, active := range list.All() {
		active.Remove()
	}
	list.setLocked(nil)
}

func (list *List) setLocked(next []*Active) {
	defer list.tell()
	if len(next) == 0 {
		list.active.Store(nil)
		return
	}
	list.active.Store(&next)
}
