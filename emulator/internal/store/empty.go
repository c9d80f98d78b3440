package store

import (
	"bytes"
	_ "embed" // the empty world
	"encoding/binary"
	"sync"
)

// emptyWorld is the image of a world without content, which is what schema.sql makes.
type emptyWorld struct {
	image  []byte
	schema []int // the pages that have the schema, by their places
}

// empty is part of the program, because to load it takes a tenth of the time that running the schema takes.
var empty = sync.OnceValue(func() *emptyWorld { return unpack(packedEmpty) })

//go:generate env UPDATE=1 go test -count 1 -run ^TestEmptyWorld$ .
//go:embed empty.image
var packedEmpty string

// unpack returns a world that was packed: how many pages have the schema, and their places; then the size of the image,
// and in turns how many zeros follow, how many other bytes follow, and these bytes. Nearly all of the image is zeros.
func unpack(packed string) *emptyWorld {
	rest := []byte(packed)
	number := func() int {
		n, size := binary.Uvarint(rest)
		rest = rest[size:]
		return int(n)
	}
	world := &emptyWorld{schema: make([]int, number())}
	for i := range world.schema {
		world.schema[i] = number()
	}
	world.image = make([]byte, number())
	for at := 0; len(rest) > 0; {
		at += number()
		n := number()
		at += copy(world.image[at:], rest[:n])
		rest = rest[n:]
	}
	return world
}

// sharesSchema reports whether the schema of an image is that of an empty world and lies at the same places. Then the
// statements that were prepared for one fit the other. Nothing but a change of the schema changes its pages.
func (world *emptyWorld) sharesSchema(image []byte) bool {
	if len(image) < len(world.image) ||
		!bytes.Equal(image[headerSchema:headerSchemaEnd], world.image[headerSchema:headerSchemaEnd]) {
		return false
	}
	for _, at := range world.schema {
		from := max(at, headerSize)
		if !bytes.Equal(image[from:at+pageSize], world.image[from:at+pageSize]) {
			return false
		}
	}
	return true
}
