package store

import (
	"math/rand/v2"

	"github.com/google/uuid"
)

// SeededIDs returns a function that makes the reproducible ids of an in-memory world. They look like version 4 uuids
// and are drawn from a seeded generator.
func SeededIDs(seed uint64) func() string {
	var key [32]byte
	for i := range 8 {
		key[i] = byte(seed >> (8 * i))
	}
	source := rand.NewChaCha8(key)
	return func() string {
		id, err := uuid.NewRandomFromReader(source)
		if err != nil {
			panic("store: " + err.Error()) // ChaCha8 never fails to read
		}
		return id.String()
	}
}
