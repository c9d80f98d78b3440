package world

import (
	"crypto/hmac"
	"crypto/sha256"
	"hash"
	"strconv"
	"strings"
	"sync"

	"github.com/google/uuid"
)

// MadeKeys makes idempotency keys up for the emulator's own clients, which draw them before their call has its turn. So
// it has a lock of its own. The nth key follows from the world's secret and n alone: the keys are the same in each run,
// and the ids of what is stored do not depend on how many were drawn. A world in a file draws its keys at random,
// because other processes add to the file.
type MadeKeys struct {
	random bool // the world is in a file

	mu    sync.Mutex
	mac   hash.Hash // under the world's secret
	room  []byte    // for its input and its output
	drawn uint64
	open  map[string]bool // drawn, and not used by a call that has ended
}

// start goes on after the keys that have been drawn in a new world. If a call that is under way may still use a key of
// the old world, the sequence does not go back: the new world must not meet that key twice.
func (made *MadeKeys) start(secret []byte, drawn uint64) {
	made.mu.Lock()
	defer made.mu.Unlock()
	if len(made.open) > 0 {
		drawn = max(drawn, made.drawn)
	}
	made.mac, made.drawn = hmac.New(sha256.New, secret), drawn
	if made.open == nil {
		made.open = map[string]bool{}
	}
}

// count returns how many have been drawn.
func (made *MadeKeys) count() uint64 {
	made.mu.Lock()
	defer made.mu.Unlock()
	return made.drawn
}

// Next returns a key: "auto_" and a UUID.
func (made *MadeKeys) Next() string {
	if made.random {
		return madeUp + uuid.New().String()
	}
	made.mu.Lock()
	defer made.mu.Unlock()
	made.drawn++
	made.room = strconv.AppendUint(append(made.room[:0], "idempotency key "...), made.drawn, 10)
	made.mac.Reset()
	_, _ = made.mac.Write(made.room)
	made.room = made.mac.Sum(made.room[:0])
	id := uuid.UUID(made.room[:16])
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80 // version 4
	key := madeUp + id.String()
	made.open[key] = true
	return key
}

// End notes that a call with an idempotency key has ended.
func (made *MadeKeys) End(key string) {
	if !strings.HasPrefix(key, madeUp) {
		return
	}
	made.mu.Lock()
	defer made.mu.Unlock()
	delete(made.open, key)
}

// madeUp is how keys begin that a client made up.
const madeUp = "auto_"

// MadeKeys returns the keys that clients of the world make up.
func (w *World) MadeKeys() *MadeKeys { return &w.made }
