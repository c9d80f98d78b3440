package store

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// grown opens a world from an image, or an empty one, and adds rows to it.
func grown(t *testing.T, image []byte, name string, n int) *DB {
	var db *DB
	var err error
	if image == nil {
		db, err = Open(":memory:")
	} else {
		db, err = OpenImage(image, true)
	}
	require.NoError(t, err)
	tx, err := db.Begin(time.UnixMilli(0), "o", nil)
	require.NoError(t, err)
	for i := range n {
		require.NoError(t, tx.SetMeta(fmt.Sprint(name, i), strings.Repeat(name, 500)))
	}
	require.NoError(t, tx.Commit())
	return db
}

func imageOf(t *testing.T, db *DB) []byte {
	image, err := db.Image()
	require.NoError(t, err)
	require.NoError(t, db.Close())
	return image
}

// connections returns how many connections wait for the next world.
func connections() int {
	idle.mu.Lock()
	defer idle.mu.Unlock()
	return len(idle.list)
}

// A world has the same bytes whether its connection is new or had another world, small or large, before.
func TestAConnectionThatIsUsedAgainLeavesNoTrace(t *testing.T) {
	drain(t)
	fresh := imageOf(t, grown(t, nil, "b", 50))
	for _, before := range []int{0, 1, 50, 2000} {
		drain(t)
		require.NoError(t, grown(t, nil, "a", before).Close())
		require.Equal(t, 1, connections())
		db := grown(t, nil, "b", 50)
		require.Zero(t, connections(), "the connection is used again")
		require.Equal(t, fresh, imageOf(t, db), before)

		db = grown(t, fresh, "c", 1)
		tx, err := db.Begin(time.UnixMilli(0), "o", nil)
		require.NoError(t, err)
		kept := map[string]string{"a0": "", "b49": strings.Repeat("b", 500), "c0": strings.Repeat("c", 500)}
		for name, want := range kept {
			got, err := tx.Meta(name)
			require.NoError(t, err)
			require.Equal(t, want, got)
		}
		require.NoError(t, tx.Rollback())
		require.NoError(t, db.Close())
	}
}

// A connection is not kept if something of it is still in use, or if its file is large.
func TestAConnectionIsNotKeptIfItIsBusyOrLarge(t *testing.T) {
	drain(t)
	db := grown(t, nil, "a", 1)
	_, err := db.Begin(time.UnixMilli(0), "o", nil)
	require.NoError(t, err)
	require.NoError(t, db.Close())
	require.Zero(t, connections())

	require.NoError(t, grown(t, nil, "a", 40_000).Close())
	require.Zero(t, connections())
}

// An image whose schema lies elsewhere has a connection of its own.
func TestAnImageWithAnotherSchemaGetsAConnectionOfItsOwn(t *testing.T) {
	drain(t)
	db := grown(t, nil, "a", 1)
	require.NoError(t, db.script("CREATE TABLE more (a TEXT) STRICT; INSERT INTO more VALUES ('x')"))
	image := imageOf(t, db)
	drain(t)
	require.NoError(t, grown(t, nil, "b", 1).Close())

	db = grown(t, image, "c", 1)
	require.Equal(t, 1, connections())
	found, err := value[string](db, "SELECT a FROM more")
	require.NoError(t, err)
	require.Equal(t, "x", found)
	require.NoError(t, db.Close())
	require.Equal(t, 1, connections())
}

// drain closes the connections that wait.
func drain(t *testing.T) {
	for {
		m := takeIdle(nil, true)
		if m == nil {
			return
		}
		require.NoError(t, (&DB{connection: m.connection, memory: m}).Close())
	}
}
