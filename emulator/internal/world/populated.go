package world

import (
	"sync"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/clock"
	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// Most tests of a program start with the same seeds. Applying them takes far longer than copying what they have made.
// So the image of a world that was just filled is kept, and the next world that would be filled in the same way is made
// from it. Everything in the two is equal, except for their time.

// filling identifies what Populate writes: equal ones write the same at the same instant.
type filling struct {
	digest, seed uint64
	frozen       time.Time // the time of a clock that does not run
}

// populated is a world that was just filled.
type populated struct {
	filling
	at     time.Time
	image  []byte
	memory memory
}

const (
	// maxAge is how much older than the world the objects of its seeds may be, if its clock runs. The time of a frozen
	// clock, and of one in a testing/synctest bubble, is known to the test, so there they are not older.
	maxAge = 10 * time.Second

	maxPopulated = 8
)

// kept are the worlds that were filled last, the newest first.
var kept struct {
	mu   sync.Mutex
	list []*populated
}

// origin is how a new world is to be filled, and the world that was filled in the same way, if one is kept.
type origin struct {
	filling
	comparable bool // false if Populate must run: what it does cannot be compared, or is not only in the database
	like       *populated
}

// originAt returns the origin of a world that begins at an instant.
func (config *Config) originAt(now time.Time) (from origin) {
	if config.Digest == nil || config.Image != nil || config.Coverage != nil || !config.inMemory() {
		return origin{}
	}
	from.seed, from.frozen = config.SeedNumber, config.Start
	if from.digest, from.comparable = config.Digest(); !from.comparable {
		return from
	}
	allowed := maxAge
	if !from.frozen.IsZero() || clock.InBubble() {
		allowed = 0
	}
	kept.mu.Lock()
	defer kept.mu.Unlock()
	for _, made := range kept.list {
		if age := now.Sub(made.at); made.filling == from.filling && age >= 0 && age <= allowed {
			from.like = made
		}
	}
	return from
}

// open opens the database of a world with this origin.
func (from origin) open() (*store.DB, error) {
	if from.like == nil {
		return store.Open(InMemory)
	}
	return store.OpenImage(from.like.image, true)
}

// populate runs Populate.
func (tx *Tx) populate() (err error) {
	if tx.w.org, err = tx.w.config.Populate(tx); err != nil {
		return err
	}
	return tx.keepPopulated()
}

// IsPopulated reports whether the world is a copy of one that Populate has filled in the same way.
func (tx *Tx) IsPopulated() bool { return tx.w.origin.like != nil }

// keepPopulated keeps the world for others after the commit. Populate has just filled it.
func (tx *Tx) keepPopulated() error {
	w := tx.w
	if !w.origin.comparable || w.origin.like != nil {
		return nil
	}
	made := &populated{filling: w.origin.filling, at: tx.Now, memory: memory{Seed: w.seed}}
	var err error
	if made.memory.Task, err = tx.LastTask(); err != nil {
		return err
	}
	if made.memory.IDs, err = w.ids.State(); err != nil {
		return err
	}
	tx.AfterCommit(func() (err error) {
		if made.image, err = w.db.Image(); err == nil {
			made.keep()
		}
		return err
	})
	return nil
}

// keep keeps a world that was filled in place of an older one that was filled in the same way, or of the oldest.
func (made *populated) keep() {
	kept.mu.Lock()
	defer kept.mu.Unlock()
	list := []*populated{made}
	for _, other := range kept.list {
		if other.filling != made.filling && len(list) < maxPopulated {
			list = append(list, other)
		}
	}
	kept.list = list
}
