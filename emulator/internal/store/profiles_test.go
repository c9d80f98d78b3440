package store_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite" // the driver

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// tablesWith returns the tables that have a row with this text.
func tablesWith(t *testing.T, file, text string) []string {
	t.Helper()
	db, err := sql.Open("sqlite", file)
	require.NoError(t, err)
	defer db.Close()
	found := []string{}
	for _, table := range column(t, db, "SELECT name FROM sqlite_master WHERE type = 'table'") {
		columns := column(t, db, "SELECT name FROM pragma_table_info('"+table+"')")
		query := "SELECT json_array(hex(\"" + strings.Join(columns, `"), hex("`) + "\")) FROM " + table
		for _, row := range column(t, db, query) {
			if strings.Contains(row, fmt.Sprintf("%X", text)) {
				found = append(found, table)
			}
		}
	}
	return found
}

func column(t *testing.T, db *sql.DB, query string) (values []string) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query)
	require.NoError(t, err, query)
	defer rows.Close()
	for rows.Next() {
		var value string
		require.NoError(t, rows.Scan(&value))
		values = append(values, value)
	}
	require.NoError(t, rows.Err())
	return values
}

// waiting is a seed. Its Journeys are entered by the API and by an event, and runs wait in them.
const waiting = `
journeys:
  - {key: api, status: Active, entry: {type: api}, start: w,
     nodes: [{id: w, type: delay, for: P1D, next: x}, {id: x, type: exit}]}
  - {key: event, status: Active, entry: {type: event, event: came, key: /event/name}, start: w,
     nodes: [{id: w, type: delay, for: P1D, next: x}, {id: x, type: exit}]}
  - {key: done, status: Active, entry: {type: event, event: came}, start: x, nodes: [{id: x, type: exit}]}
`

func TestNoRowContainsDataOfADeletedProfile(t *testing.T) {
	const name = "zaphod"
	file := filepath.Join(t.TempDir(), "world.db")
	seed, err := emulator.ParseSeed([]byte(waiting))
	require.NoError(t, err)
	emu := emulator.Start(t, emulator.WithDatabase(file), emulator.WithSeedFile("../../testdata/acme.yaml"),
		emulator.WithSeed(seed))
	client := emu.Client()

	who := segmentflow.ProfileIdentity{
		Email:      name + "@example.com",
		ExternalID: name,
		Properties: map[string]any{"name": name, name: true},
	}
	data := map[string]any{
		"name":        name,
		"orderId":     name,
		"trackingUrl": "https://example.com/" + name,
		"lines":       []any{},
	}
	event, err := client.Events.Track(t.Context(), &segmentflow.TrackEventParams{
		Event:       "came",
		Profile:     who,
		ReferenceID: name,
		Data:        data,
	})
	require.NoError(t, err)
	require.Equal(t, 2, event.EnrolledJourneys)

	_, err = client.Journeys.Trigger(t.Context(), "api", &segmentflow.TriggerJourneyParams{
		Profile: segmentflow.TriggerProfile{Email: who.Email}, Variables: data})
	require.NoError(t, err)

	for _, to := range []string{who.Email, "clicked@simulator.test"} {
		_, err = client.Emails.Send(t.Context(), &segmentflow.SendEmailParams{
			TemplateID: emu.ID("template", "order-receipt"),
			ProfileID:  event.ProfileID,
			To:         &segmentflow.Recipient{Email: to},
			CC:         []string{name + "@copy.example"},
			Data:       data,
		})
		require.NoError(t, err)
	}

	emu.Advance(10 * time.Second)
	require.NoError(t, emu.Close())
	require.Subset(t, tablesWith(t, file, name),
		[]string{"profiles", "user_events", "runs", "email_sends", "messages", "facts"})

	emu = emulator.Start(t, emulator.WithDatabase(file), emulator.WithStartTime(emu.Now()))
	require.NoError(t, emu.Client().Do(t.Context(), "DELETE", "/api/v1/profiles/"+event.ProfileID, nil, nil))
	require.NoError(t, emu.Close())
	require.Empty(t, tablesWith(t, file, name))
}

func TestAQueuedSendOfADeletedProfileIsSkipped(t *testing.T) {
	file := filepath.Join(t.TempDir(), "world.db")
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	emu := emulator.Start(t, emulator.WithDatabase(file), emulator.WithStartTime(at))
	var sends []*segmentflow.EmailSend
	for _, to := range []string{"alex@example.com", "bruno@example.com"} {
		send, err := emu.Client().Emails.Send(t.Context(), &segmentflow.SendEmailParams{
			TemplateID: emu.ID("template", "hello"), To: &segmentflow.Recipient{Email: to}})
		require.NoError(t, err)
		sends = append(sends, send)
	}
	require.NoError(t, emu.Close())

	// Make the sends due in an hour. In the emulator itself, no send waits while a call arrives.
	execute(t, file, "DELETE FROM tasks", "UPDATE email_sends SET status = 'Queued', message_id = NULL",
		fmt.Sprintf(`INSERT INTO tasks (due, org, kind, ref, arg, cause)
			SELECT %d, org, 'deliver', id, '', '' FROM email_sends`, at.Add(time.Hour).UnixMilli()))

	emu = emulator.Start(t, emulator.WithDatabase(file), emulator.WithStartTime(at))
	client := emu.Client()
	require.NoError(t, client.Do(t.Context(), "DELETE", "/api/v1/profiles/"+sends[0].ProfileID, nil, nil))
	waits, err := client.Emails.Retrieve(t.Context(), sends[0].ID)
	require.NoError(t, err)
	require.Equal(t, segmentflow.EmailSendStatusQueued, waits.Status)

	emu.Advance(time.Hour)
	skipped, err := client.Emails.Retrieve(t.Context(), sends[0].ID)
	require.NoError(t, err)
	require.Equal(t, segmentflow.EmailSendStatusSkipped, skipped.Status)
	require.Equal(t, "profile_deleted", *skipped.FailureMessage)
	left, err := client.Emails.Retrieve(t.Context(), sends[1].ID)
	require.NoError(t, err)
	require.Equal(t, segmentflow.EmailSendStatusSent, left.Status)
}

func TestFactsAboutADeletedProfilesEmailsChangeNoAddress(t *testing.T) {
	file := filepath.Join(t.TempDir(), "world.db")
	emu := emulator.Start(t, emulator.WithDatabase(file),
		emulator.WithStartTime(time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)))
	client := emu.Client()
	for _, local := range []string{"bounced", "soft-bounced", "complained"} {
		send, err := client.Emails.Send(t.Context(), &segmentflow.SendEmailParams{
			TemplateID: emu.ID("template", "hello"), To: &segmentflow.Recipient{Email: local + "@simulator.test"}})
		require.NoError(t, err)
		require.NoError(t, client.Do(t.Context(), "DELETE", "/api/v1/profiles/"+send.ProfileID, nil, nil))
	}
	emu.Advance(time.Minute)
	require.NoError(t, emu.Close())

	db, err := sql.Open("sqlite", file)
	require.NoError(t, err)
	defer db.Close()
	require.Equal(t, []string{"accepted", "bounced", "accepted", "bounced", "accepted", "delivered", "complained"},
		column(t, db, "SELECT type FROM all_facts ORDER BY send, seq"))
	require.Empty(t, column(t, db, "SELECT email FROM addresses"))
}

func execute(t *testing.T, file string, statements ...string) {
	t.Helper()
	db, err := sql.Open("sqlite", file)
	require.NoError(t, err)
	defer db.Close()
	for _, statement := range statements {
		_, err := db.ExecContext(t.Context(), statement)
		require.NoError(t, err, statement)
	}
}
