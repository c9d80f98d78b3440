package world

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"strconv"
	"strings"
	"sync"

	"github.com/google/uuid"
)

// madeKeys makes idempotency keys up for the emulator's own clients, which draw them before their call has its turn. So
// it has a lock of its own. The nth key follows from the world's secret and n alone: the keys are the same in each run,
// and the ids of what is stored do not depend on how many were drawn.
type madeKeys struct {
	mu     sync.Mutex
	secret []byte
	drawn  uint64
	open   map[string]bool // drawn, and not used by a call that has ended
}

// start goes on after the keys that have been drawn in a new world. If a call that is under way may still use a key of
// the old world, the sequence does not go back: the new world must not meet that key twice.
func (made *madeKeys) start(secret []byte, drawn uint64) {
	made.mu.Lock()
	defer made.mu.Unlock()
	if len(made.open) > 0 {
		drawn = max(drawn, made.drawn)
	}
	made.secret, made.drawn = secret, drawn
	if made.open == nil {
		made.open = map[string]bool{}
	}
}

// count returns how many have been drawn.
func (made *madeKeys) count() uint64 {
	made.mu.Lock()
	defer made.mu.Unlock()
	return made.drawn
}

// next returns the next key.
func (made *madeKeys) next() string {
	made.mu.Lock()
	defer made.mu.Unlock()
	made.drawn++
	mac := hmac.New(sha256.New, made.secret)
	_, _ = mac.Write([]byte("idempotency key " + strconv.FormatUint(made.drawn, 10)))
	id, err := uuid.NewRandomFromReader(bytes.NewReader(mac.Sum(nil)))
	if err != nil {
		panic("world: " + err.Error()) // the sum is long enough
	}
	key := madeUp + id.String()
	made.open[key] = true
	return key
}

// end notes that a key was used.
func (made *madeKeys) end(key string) {
	made.mu.Lock()
	defer made.mu.Unlock()
	delete(made.open, key)
}

// madeUp is how keys begin that a client made up.
const madeUp = "auto_"

// MakeKey makes up an idempotency key: "auto_" and a UUID. A world in memory has a sequence of keys. A world in a file
// draws them at random, because other processes add to the file.
func (w *World) MakeKey() string {
	if !w.config.inMemory() {
		return madeUp + uuid.New().String()
	}
	return w.made.next()
}

// EndKey notes that a call with an idempotency key has ended.
func (w *World) EndKey(key string) {
	if strings.HasPrefix(key, madeUp) {
		w.made.end(key)
	}
}
