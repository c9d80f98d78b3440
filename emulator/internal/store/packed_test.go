package store_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

func TestAnIDIsReadAsItWasWritten(t *testing.T) {
	ids := []string{
		"6fa459ea-ee8a-4ca4-894e-db77e160355e", "00000000-0000-0000-0000-000000000000",
		"6FA459EA-EE8A-4CA4-894E-DB77E160355E", "6fa459eaee8a4ca4894edb77e160355e",
		"6fa459ea-ee8a-4ca4-894e-db77e160355", "6fa459ea-ee8a-4ca4-894e-db77e160355g",
		"6fa459ea-ee8a-4ca4-894e+db77e160355e", "-fa459ea-ee8a-4ca4-894e-db77e160355e", "bruno", "",
	}
	world, err := store.Open(filepath.Join(t.TempDir(), "world.db"))
	require.NoError(t, err)
	defer world.Close()
	begin := func(at time.Time, org string) *store.Tx {
		tx, err := world.Begin(at, org, func() string { return "" })
		require.NoError(t, err)
		return tx
	}

	for _, id := range ids {
		tx := begin(noon, id)
		for _, kind := range []string{"kept", "dropped"} {
			_, err := tx.AddTask(noon.Add(time.Hour), kind, id, id)
			require.NoError(t, err)
		}
		require.NoError(t, tx.Commit())
		tx = begin(noon, id)
		require.NoError(t, tx.DropTasks("dropped", id))
		require.NoError(t, tx.Commit())

		tx = begin(noon.Add(time.Hour), "another")
		task, err := tx.TakeTask(tx.Now)
		require.NoError(t, err)
		require.Equal(t, []string{"kept", id, id, id}, []string{task.Kind, task.Org, task.Ref, task.Arg})
		task, err = tx.TakeTask(tx.Now)
		require.NoError(t, err)
		require.Nil(t, task)
		require.NoError(t, tx.Commit())
	}
}
