package emulator_test

import (
	"database/sql"
	"log/slog"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator"
)

// breaking is a world in a file, in which no EmailSend can be changed while it is broken.
func breaking(t *testing.T) (emu *emulator.Emulator, execute func(statement string)) {
	file := t.TempDir() + "/world.db"
	emu = acme(t, emulator.WithDatabase(file), emulator.WithLogger(slog.New(slog.DiscardHandler)))
	db, err := sql.Open("sqlite", file)
	require.NoError(t, err)
	t.Cleanup(func() { _ = db.Close() })
	return emu, func(statement string) {
		_, err := db.ExecContext(t.Context(), statement)
		require.NoError(t, err)
	}
}

func TestAnActStandsThoughWhatItMadeDueFails(t *testing.T) {
	emu, execute := breaking(t)
	execute("CREATE TRIGGER broken BEFORE UPDATE ON email_sends BEGIN SELECT RAISE(ABORT, 'broken'); END")
	template := emu.ID("template", "order-receipt")
	body := `{"templateId": "` + template + `", "to": {"email": "alex@example.com"}, "data": {"orderId": "ord_1"}}`
	first := call(t, emu, http.MethodPost, "/api/v1/emails", body, "Idempotency-Key", "k")
	require.Equal(t, http.StatusInternalServerError, first.status)
	due, ok := emu.NextDue()
	require.True(t, ok)
	require.Equal(t, emu.Now(), due)

	execute("DROP TRIGGER broken")
	again := call(t, emu, http.MethodPost, "/api/v1/emails", body, "Idempotency-Key", "k")
	require.Equal(t, "true", again.header.Get("idempotent-replayed"))
	require.Equal(t, "Queued", again.json(t)["status"])
	require.Equal(t, 1, emu.Outbox().To("alex@example.com").Count())
}
