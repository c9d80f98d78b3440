// Package ids makes reproducible ids, and packs ids to bytes.
package ids

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"

	"github.com/google/uuid"
)

// Sequence makes the reproducible ids of an in-memory world. They are UUIDs of version 8: a counter comes first, the
// rest is drawn from a seeded generator. So a new id comes last in an index, where adding it costs least.
type Sequence struct {
	source *rand.ChaCha8
	drawn  uint32
}

// New returns the sequence of a seed.
func New(seed uint64) *Sequence {
	var key [32]byte
	for i := range 8 {
		key[i] = byte(seed >> (8 * i))
	}
	return &Sequence{source: rand.NewChaCha8(key)}
}

// Next returns the next id.
func (sequence *Sequence) Next() string {
	sequence.drawn++
	id := uuid.UUID{}
	binary.BigEndian.PutUint64(id[:], uint64(sequence.drawn)<<32|sequence.source.Uint64()>>32)
	binary.BigEndian.PutUint64(id[8:], sequence.source.Uint64())
	id[6] = 0x80 | id[6]&0x0f // the version
	id[8] = 0x80 | id[8]&0x3f // the variant
	return id.String()
}

// State returns how far the sequence has come, for Continue.
func (sequence *Sequence) State() (string, error) {
	raw, err := sequence.source.MarshalBinary()
	return hex.EncodeToString(binary.BigEndian.AppendUint32(raw, sequence.drawn)), err
}

// Continue returns the rest of a sequence.
func Continue(state string) (*Sequence, error) {
	raw, err := hex.DecodeString(state)
	sequence, counter := &Sequence{source: &rand.ChaCha8{}}, len(raw)-4
	if err == nil && counter < 0 {
		err = io.ErrUnexpectedEOF
	}
	if err == nil {
		sequence.drawn = binary.BigEndian.Uint32(raw[counter:])
		err = sequence.source.UnmarshalBinary(raw[:counter])
	}
	if err != nil {
		return nil, fmt.Errorf("the sequence of ids is invalid: %w", err)
	}
	return sequence, nil
}
