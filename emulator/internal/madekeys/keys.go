// Package madekeys makes the idempotency keys of the emulator's own clients.
package madekeys

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"strconv"
	"strings"
	"sync"

	"github.com/google/uuid"
)

// Keys makes idempotency keys up for the emulator's own clients, which draw them before their call has its turn. So
// it has a lock of its own. The nth key follows from the world's secret and n alone: the keys are the same in each run,
// and the ids of what is stored do not depend on how many were drawn. A world in a file draws its keys at random,
// because other processes add to the file. A key in memory begins with n, like the ids of package store, so that it
// comes last in an index.
type Keys struct {
	Random bool // the world is in a file

	mu    sync.Mutex
	mac   hash.Hash // under the world's secret
	room  []byte    // for its input and its output
	drawn uint64
	open  map[string]bool // drawn, and not used by a call that has ended
}

// Start goes on after the keys that have been drawn in a new world. If a call that is under way may still use a key of
// the old world, the sequence does not go back: the new world must not meet that key twice.
func (keys *Keys) Start(secret []byte, drawn uint64) {
	keys.mu.Lock()
	defer keys.mu.Unlock()
	if len(keys.open) > 0 {
		drawn = max(drawn, keys.drawn)
	}
	keys.mac, keys.drawn = hmac.New(sha256.New, secret), drawn
	if keys.open == nil {
		keys.open = map[string]bool{}
	}
}

// Count returns how many have been drawn.
func (keys *Keys) Count() uint64 {
	keys.mu.Lock()
	defer keys.mu.Unlock()
	return keys.drawn
}

// Next returns a key: "auto_" and a UUID.
func (keys *Keys) Next() string {
	if keys.Random {
		return madeUp + uuid.New().String()
	}
	keys.mu.Lock()
	defer keys.mu.Unlock()
	keys.drawn++
	keys.room = strconv.AppendUint(append(keys.room[:0], "idempotency key "...), keys.drawn, 10)
	keys.mac.Reset()
	_, _ = keys.mac.Write(keys.room)
	keys.room = keys.mac.Sum(keys.room[:0])
	id := uuid.UUID(keys.room[:16])
	binary.BigEndian.PutUint32(id[:], uint32(keys.drawn))
	id[6], id[8] = id[6]&0x0f|0x80, id[8]&0x3f|0x80 // version 8
	key := madeUp + id.String()
	keys.open[key] = true
	return key
}

// End notes that a call with an idempotency key has ended.
func (keys *Keys) End(key string) {
	if !strings.HasPrefix(key, madeUp) {
		return
	}
	keys.mu.Lock()
	defer keys.mu.Unlock()
	delete(keys.open, key)
}

// madeUp is how keys begin that a client made up.
const madeUp = "auto_"
