package store_test

import (
	"errors"
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// sendAs adds an EmailSend of a call with a key, unless there is one, and notes its id.
func sendAs(t *rapid.T, tx *store.Tx, key string, known map[string]string) {
	found, err := tx.SendOfCall(key)
	require.NoError(t, err)
	if id := known[key]; id != "" {
		require.NotNil(t, found, key)
		require.Equal(t, id, found.ID)
		return
	}
	require.Nil(t, found, key)
	send := &store.EmailSend{ID: tx.NewID()}
	require.NoError(t, tx.AddSend(send, nil))
	require.NoError(t, tx.PutCall(send, nil, key, []byte{1}))
	known[key] = send.ID
}

// TestTheSendOfACallIsFoundInAnyOrderOfKeys sends with keys that grow or do not, in transactions and parts of them that
// may fail, and in a world that is opened again.
func TestTheSendOfACallIsFoundInAnyOrderOfKeys(t *testing.T) {
	empty := imageOf(t, &world{})
	rapid.Check(t, func(t *rapid.T) {
		image, known, n := empty, map[string]string{}, 0
		for range rapid.IntRange(1, 3).Draw(t, "starts") {
			db, err := store.OpenImage(image, false)
			require.NoError(t, err)
			for range rapid.IntRange(1, 4).Draw(t, "transactions") {
				tx, err := db.Begin(time.UnixMilli(0), "org", func() string { n++; return fmt.Sprint("id-", n) })
				require.NoError(t, err)
				inside := maps.Clone(known)
				for _, key := range rapid.SliceOfN(rapid.StringMatching("[a-c]{1,2}"), 0, 4).Draw(t, "keys") {
					part, failure := maps.Clone(inside), error(nil)
					if rapid.Bool().Draw(t, "fails") {
						failure = errors.New("the part failed")
					}
					err := tx.Nested(func() error { sendAs(t, tx, key, part); return failure })
					require.ErrorIs(t, err, failure)
					if failure == nil {
						inside = part
					}
				}
				if rapid.Bool().Draw(t, "rolls back") {
					require.NoError(t, tx.Rollback())
					continue
				}
				require.NoError(t, tx.Commit())
				known = inside
			}
			image, err = db.Image()
			require.NoError(t, err)
			require.NoError(t, db.Close())
		}
	})
}
