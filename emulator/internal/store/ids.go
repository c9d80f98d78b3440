package store

import (
	"encoding/hex"
	"fmt"
	"math/rand/v2"

	"github.com/google/uuid"
)

// Sequence makes the reproducible ids of an in-memory world. They look like version 4 uuids and are drawn from a seeded
// generator.
type Sequence struct{ source *rand.ChaCha8 }

// NewSequence returns the sequence of a seed.
func NewSequence(seed uint64) *Sequence {
	var key [32]byte
	for i := range 8 {
		key[i] = byte(seed >> (8 * i))
	}
	return &Sequence{rand.NewChaCha8(key)}
}

// Next returns the next id.
func (ids *Sequence) Next() string {
	id, err := uuid.NewRandomFromReader(ids.source)
	if err != nil {
		panic("store: " + err.Error()) // ChaCha8 never fails to read
	}
	return id.String()
}

// State returns how far the sequence has come, for ContinueSequence.
func (ids *Sequence) State() (string, error) {
	raw, err := ids.source.MarshalBinary()
	return hex.EncodeToString(raw), err
}

// ContinueSequence returns the rest of a sequence.
func ContinueSequence(state string) (*Sequence, error) {
	raw, err := hex.DecodeString(state)
	ids := &Sequence{&rand.ChaCha8{}}
	if err == nil {
		err = ids.source.UnmarshalBinary(raw)
	}
	if err != nil {
		return nil, fmt.Errorf("the sequence of ids is invalid: %w", err)
	}
	return ids, nil
}
