package emulator_test

import (
	"database/sql"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator"
)

// openWithSQL returns a world in a file, and a function that executes SQL on the file without the emulator.
func openWithSQL(t *testing.T, file string) (emu *emulator.Emulator, execute func(statement string)) {
	emu = acme(t, emulator.WithDatabase(file), emulator.WithLogger(slog.New(slog.DiscardHandler)))
	db, err := sql.Open("sqlite", file)
	require.NoError(t, err)
	t.Cleanup(func() { _ = db.Close() })
	return emu, func(statement string) {
		_, err := db.ExecContext(t.Context(), statement)
		require.NoError(t, err)
	}
}

func TestAFailingTaskIsParkedAndBlocksNoOther(t *testing.T) {
	file := t.TempDir() + "/world.db"
	emu, execute := openWithSQL(t, file)
	execute("ALTER TABLE addresses RENAME TO whole")
	execute(`CREATE VIEW addresses AS SELECT * FROM whole UNION ALL
		SELECT id, 'alex@example.com', json('broken'), '', '', '', 0 FROM organizations`)
	template := emu.ID("template", "order-receipt")
	send := func(to string) answer {
		body := `{"templateId": "` + template + `", "to": {"email": "` + to +
			`@example.com"}, "data": {"orderId": "ord_1"}}`
		return call(t, emu, http.MethodPost, "/api/v1/emails", body, "Idempotency-Key", to)
	}
	first := send("alex")
	require.Equal(t, http.StatusOK, first.status, first.body)
	require.Equal(t, http.StatusOK, send("bruno").status)
	require.Equal(t, 0, emu.Outbox().To("alex@example.com").Count())
	require.Equal(t, 1, emu.Outbox().To("bruno@example.com").Count())
	emu.Advance(time.Hour)

	clock := call(t, emu, http.MethodGet, "/_emulator/clock", "").json(t)
	require.Zero(t, clock["due"])
	require.Len(t, clock["parked"], 1)
	parked := clock["parked"].([]any)[0].(object)
	require.Equal(t, "deliver", parked["kind"])
	require.Equal(t, first.json(t)["id"], parked["ref"])
	require.Contains(t, parked["error"], "malformed JSON")
	require.NotEmpty(t, parked["since"])
	text := failureOf(t, func(w emulator.TB) { emu.Outbox().To("alex@example.com").Only(w) })
	require.Contains(t, text,
		"\ntasks that failed inside the emulator:\n  deliver "+first.json(t)["id"].(string)+" at ")

	require.NoError(t, emu.Close())
	emu, execute = openWithSQL(t, file)
	require.Len(t,
		call(t, emu, http.MethodGet, "/_emulator/clock", "").json(t)["parked"], 1,
		"the file opens and the task fails again")
	execute("DROP VIEW addresses")
	execute("ALTER TABLE whole RENAME TO addresses")
	require.NoError(t, emu.Close())
	emu, _ = openWithSQL(t, file)
	require.Empty(t, call(t, emu, http.MethodGet, "/_emulator/clock", "").json(t)["parked"])
	require.Equal(t, 1, emu.Outbox().To("alex@example.com").Count())
	again := send("alex")
	require.Equal(t, "true", again.header.Get("idempotent-replayed"))
	require.Equal(t, "Queued", again.json(t)["status"])
}

func TestATaskOfAnUnknownTypeIsParked(t *testing.T) {
	file := t.TempDir() + "/world.db"
	emu, execute := openWithSQL(t, file)
	execute("INSERT INTO tasks (due, org, kind, ref, arg, cause) SELECT 0, id, 'melt', 'x', '', '' FROM organizations")
	require.NoError(t, emu.Close())
	emu, _ = openWithSQL(t, file)
	parked := call(t, emu, http.MethodGet, "/_emulator/clock", "").json(t)["parked"].([]any)
	require.Equal(t, "melt", parked[0].(object)["kind"])
	require.Equal(t, http.StatusOK, call(t, emu, http.MethodGet, "/api/v1/segments", "").status)
}

func TestAnActThatPanicsHasNoEffect(t *testing.T) {
	emu := acme(t)
	require.Panics(t, func() {
		_ = emu.Seed(emulator.Seed{
			Profiles: []emulator.SeedProfile{{Email: "kim@example.com", Properties: map[string]any{"a": panicking{}}}},
		})
	})
	require.NoError(t, emu.Seed(emulator.Seed{Profiles: []emulator.SeedProfile{{Email: "kim@example.com"}}}))
	require.Empty(t, emu.Profile("kim@example.com").Properties)
}

// panicking panics when it is written as JSON.
type panicking struct{}

func (panicking) MarshalJSON() ([]byte, error) { panic("no JSON") }
