package store_test

import (
	"database/sql"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

func TestTheListOfColumnsOfEachTableAgreesWithTheSchema(t *testing.T) {
	file := filepath.Join(t.TempDir(), "world.db")
	world, err := store.Open(file)
	require.NoError(t, err)
	require.NoError(t, world.Close())
	db, err := sql.Open("sqlite", file)
	require.NoError(t, err)
	defer db.Close()

	defined := []string{}
	for _, table := range store.Tables() {
		defined = append(defined, table.Table)
		about := " FROM pragma_table_info('" + table.Table + "')"
		known := column(t, db, "SELECT name"+about)
		require.Subset(t, known, table.Selected, table.Table)
		require.Subset(t, known, table.Inserted, table.Table)
		for _, listed := range [][]string{table.Selected, table.Inserted} {
			once := slices.Compact(slices.Sorted(slices.Values(listed)))
			require.Len(t, once, len(listed), "%s names a column twice", table.Table)
		}
		// SQLite numbers the rows if the primary key is an INTEGER.
		needed := column(t, db, "SELECT name"+about+` WHERE dflt_value IS NULL
			AND CASE WHEN pk = 0 THEN "notnull" ELSE NOT (type = 'INTEGER' AND (SELECT max(pk)`+about+") = 1) END")
		require.Subset(t, table.Inserted, needed, "the INSERT into %s must name these", table.Table)
	}
	require.ElementsMatch(t, column(t, db, "SELECT name FROM sqlite_master WHERE type = 'table'"), defined,
		"each table of the schema has one list of its columns")
}
