package world

import (
	"math/rand/v2"

	"github.com/google/uuid"
)

// seededIDs makes the reproducible ids of an in-memory world: version 4 in shape, drawn from a seeded generator.
func seededIDs(seed uint64) func() string {
	var key [32]byte
	for i := range 8 {
		key[i] = byte(seed >> (8 * i))
	}
	source := rand.NewChaCha8(key)
	return func() string {
		id, err := uuid.NewRandomFromReader(source)
		if err != nil {
			panic("emulator: " + err.Error()) // ChaCha8 never fails to read
		}
		return id.String()
	}
}

// ComputedID is the id of a seeded thing that names none: UUIDv5 in the namespace of its Organization.
func ComputedID(org, kind, key string) string {
	namespace, err := uuid.Parse(org)
	if err != nil {
		namespace = uuid.Nil
	}
	return uuid.NewSHA1(namespace, []byte(kind+":"+key)).String()
}

// SeededID finds a thing by kind and key, else computes the id it would get.
func (tx *Tx) SeededID(kind, key string) (string, error) {
	id, err := tx.IDOf(kind, key)
	if err != nil || id != "" {
		return id, err
	}
	return ComputedID(tx.Org, kind, key), nil
}
