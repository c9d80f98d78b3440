package store_test

import (
	"bytes"
	"encoding/binary"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// TestEmptyWorld compares the empty world that is part of the program with the one that schema.sql makes. With UPDATE=1
// in the environment, it writes it.
func TestEmptyWorld(t *testing.T) {
	image, schema, err := store.RunSchema()
	require.NoError(t, err)

	packed := pack(image, schema)
	if os.Getenv("UPDATE") == "1" {
		require.NoError(t, os.WriteFile("empty.image", packed, 0o644))
		return
	}
	unpacked, places := store.Unpack(string(packed))
	require.True(t, bytes.Equal(image, unpacked), "packed and unpacked, it is another one")
	require.Equal(t, schema, places)
	require.Equal(t, store.PackedEmpty(), string(packed), "empty.image is old; run make generate")
}

// worthwhile is how many zeros are worth two numbers.
const worthwhile = 4

// pack is the inverse of store.Unpack.
func pack(image []byte, schema []int) []byte {
	packed := binary.AppendUvarint(nil, uint64(len(schema)))
	for _, at := range schema {
		packed = binary.AppendUvarint(packed, uint64(at))
	}
	packed = binary.AppendUvarint(packed, uint64(len(image)))
	for rest := image; len(rest) > 0; {
		zeros := len(rest) - len(bytes.TrimLeft(rest, "\x00"))
		rest = rest[zeros:]
		n := bytes.Index(rest, make([]byte, worthwhile))
		if n < 0 {
			n = len(rest)
		}
		packed = binary.AppendUvarint(packed, uint64(zeros))
		packed = binary.AppendUvarint(packed, uint64(n))
		packed, rest = append(packed, rest[:n]...), rest[n:]
	}
	return packed
}
