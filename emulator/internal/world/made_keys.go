package world

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"strconv"
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
}

// start goes on after the keys that have been drawn.
func (made *madeKeys) start(secret []byte, drawn uint64) {
	made.mu.Lock()
	defer made.mu.Unlock()
	made.secret, made.drawn = secret, drawn
}

// count returns how many have been drawn.
func (made *madeKeys) count() uint64 {
	made.mu.Lock()
	defer made.mu.Unlock()
	return made.drawn
}

// next counts and returns the next number, and the secret.
func (made *madeKeys) next() (secret []byte, n uint64) {
	made.mu.Lock()
	defer made.mu.Unlock()
	made.drawn++
	return made.secret, made.drawn
}

// MakeKey makes up an idempotency key: "auto_" and a UUID. A world in memory has a sequence of keys. A world in a file
// draws them at random, because other processes add to the file.
func (w *World) MakeKey() string {
	if !w.config.inMemory() {
		return "auto_" + uuid.New().String()
	}
	secret, n := w.made.next()
	mac := hmac.New(sha256.New, secret)
	_, _ = mac.Write([]byte("idempotency key " + strconv.FormatUint(n, 10)))
	id, err := uuid.NewRandomFromReader(bytes.NewReader(mac.Sum(nil)))
	if err != nil {
		panic("world: " + err.Error()) // the sum is long enough
	}
	return "auto_" + id.String()
}
