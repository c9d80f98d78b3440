package store

import (
	"bytes"
	_ "embed" // the empty world
	"encoding/binary"
	"sync"
)

// emptyWorld is a world without content, which is what schema.sql makes.
type emptyWorld struct {
	schema []int // the pages that have the schema, by their places
	size   int
	packed string // its bytes
}

// empty is part of the program, because to unpack it takes a tenth of the time that running the schema takes.
var empty = sync.OnceValue(func() *emptyWorld { return unpack(packedEmpty) })

// emptyImage is the image of the empty world. Few processes need one that does not lie in a database.
var emptyImage = sync.OnceValue(func() []byte {
	image := make([]byte, empty().size)
	empty().write(image)
	return image
})

//go:generate env UPDATE=1 go test -count 1 -run ^TestEmptyWorld$ .
//go:embed empty.image
var packedEmpty string

// unpack returns a world that was packed: how many pages have the schema, and their places; then the size of the image,
// and in turns how many zeros follow, how many other bytes follow, and these bytes. Nearly all of the image is zeros.
func unpack(packed string) *emptyWorld {
	world := &emptyWorld{schema: make([]int, cutNumber(&packed))}
	for i := range world.schema {
		world.schema[i] = cutNumber(&packed)
	}
	world.size = cutNumber(&packed)
	world.packed = packed
	return world
}

// cutNumber cuts a number off the front of a packed text.
func cutNumber(packed *string) int {
	n, size := binary.Uvarint([]byte((*packed)[:min(len(*packed), binary.MaxVarintLen64)]))
	*packed = (*packed)[size:]
	return int(n)
}

// write writes the image over the front of a file.
func (world *emptyWorld) write(file []byte) {
	file = file[:world.size]
	for rest := world.packed; rest != ""; {
		zeros := cutNumber(&rest)
		clear(file[:zeros])
		file = file[zeros:]
		n := cutNumber(&rest)
		file = file[copy(file, rest[:n]):]
		rest = rest[n:]
	}
	clear(file)
}

// sharesSchema reports whether the schema of an image is that of an empty world and lies at the same places. Then the
// statements that were prepared for one fit the other. Nothing but a change of the schema changes its pages.
func sharesSchema(image []byte) bool {
	own := emptyImage()
	if len(image) < len(own) || !bytes.Equal(image[headerSchema:headerSchemaEnd], own[headerSchema:headerSchemaEnd]) {
		return false
	}
	for _, at := range empty().schema {
		from := max(at, headerSize)
		if !bytes.Equal(image[from:at+pageSize], own[from:at+pageSize]) {
			return false
		}
	}
	return true
}
