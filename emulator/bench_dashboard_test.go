package emulator_test

import (
	"database/sql"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// BenchmarkDashboard opens each page of the dashboard in a world with 100 000 messages, Profiles and runs, and
// 1 000 000 UserEvents. It takes turns with GET /_emulator/health, and reports the processor time of both and the size
// of the page. A path that leads nowhere is left out, except a search for nobody.
func BenchmarkDashboard(b *testing.B) {
	emu, paths := largeWorld(b, large())
	jar, err := cookiejar.New(nil)
	require.NoError(b, err)
	client := &http.Client{Transport: emu.Transport(), Jar: jar}
	get := func(url string) (status, size int) {
		request, err := http.NewRequestWithContext(b.Context(), http.MethodGet, url, nil)
		require.NoError(b, err)
		response, err := client.Do(request)
		require.NoError(b, err)
		defer response.Body.Close()
		page, err := io.ReadAll(response.Body)
		require.NoError(b, err)
		return response.StatusCode, len(page)
	}
	login := emu.LoginURL()
	base, _, _ := strings.Cut(login, "/login")
	status, _ := get(login)
	require.Equal(b, 200, status)

	for _, path := range paths {
		found, _ := get(base + path)
		if found == 404 && !strings.Contains(path, "nobody") {
			continue
		}
		b.Run(path, func(b *testing.B) {
			size := 0
			for b.Loop() {
				status, size = get(base + path)
				require.Equal(b, found, status)
			}
			const rounds, calls = 7, 10 // calls of health, which takes little time
			pages, healths := make([]float64, rounds), make([]float64, rounds)
			for i := range rounds {
				start := cpuTime()
				get(base + path)
				pages[i] = float64(cpuTime()-start) / 1e6
				start = cpuTime()
				for range calls {
					get(base + "/_emulator/health")
				}
				healths[i] = float64(cpuTime()-start) / 1e6 / calls
			}
			slices.Sort(pages)
			slices.Sort(healths)
			b.ReportMetric(pages[rounds/2], "cpu-ms")
			b.ReportMetric(healths[rounds/2], "health-cpu-ms")
			b.ReportMetric(float64(size)/1000, "KB")
		})
	}
}

// largeWorld returns a world with n messages, Profiles and runs and ten times as many UserEvents, and the paths of its
// pages. It makes one of each through the API and lets SQL copy them.
func largeWorld(b *testing.B, n int) (emu *emulator.Emulator, paths []string) {
	file := filepath.Join(b.TempDir(), "world.db")
	quiet := emulator.WithLogger(slog.New(slog.DiscardHandler))
	emu, err := emulator.New(emulator.WithDatabase(file), emulator.WithSeedFile("testdata/acme.yaml"), quiet)
	require.NoError(b, err)
	client := emu.Client()
	_, err = client.Emails.Send(b.Context(), receipt(emu.ID("template", "order-receipt"), 1))
	require.NoError(b, err)
	_, err = client.Events.Track(b.Context(), &segmentflow.TrackEventParams{
		Event:   "trial.started",
		Profile: segmentflow.ProfileIdentity{Email: "alex@example.com"},
		Data:    map[string]any{"plan": "Pro", "trialId": "t1"},
	})
	require.NoError(b, err)
	require.NoError(b, emu.Close())

	world := tables{b, file}
	world.copy("profiles", n, map[string]string{"id": anyID, "external_id": "'cus_' || i || 'x'",
		"email": "'p' || i || '@example.com'", "created_at": "created_at + i"})
	world.copy("user_events", 10*n, map[string]string{"seq": "NULL", "id": anyID,
		"profile_id": fmt.Sprintf(copyID, fmt.Sprintf("1 + i %% %d", n))})
	world.copy("runs", n, map[string]string{"seq": "NULL", "id": anyID, "task": "NULL", "key_value": "'t' || i || 'x'",
		"profile_id": anyID})
	world.copy("email_sends", n, map[string]string{"seq": "seq + i", "outbox": "outbox + i", "key": "NULL",
		"id": fmt.Sprintf(copyID, "i + 500000000"), "message_id": fmt.Sprintf(copyID, "i + 600000000"),
		"profile_id": anyID, "to_email": "'p' || i || '@example.com'", "created_at": "created_at + i"})
	world.copy("messages", n, map[string]string{"send": "send + i"})
	world.copy("facts", n, map[string]string{"seq": "NULL", "send": "send + i", "profile_id": anyID})

	emu = emulator.Start(b, emulator.WithDatabase(file), emulator.WithSeedFile("testdata/acme.yaml"), quiet)
	return emu, pathsOf(b, emu)
}

// copyID makes an id from a number, and anyID from that of the copy.
const (
	copyID = "(SELECT printf('%%08x-0000-4000-8000-%%012x', x, x) FROM (SELECT %s AS x))"
	anyID  = "printf('%08x-0000-4000-8000-%012x', i, i)"
)

type tables struct {
	*testing.B
	file string
}

// copy copies the last row of a table n times. Some columns get other values, as expressions of i.
func (t tables) copy(name string, n int, values map[string]string) {
	db, err := sql.Open("sqlite", t.file)
	require.NoError(t, err)
	defer db.Close()
	list := ""
	require.NoError(t, db.QueryRowContext(t.Context(),
		"SELECT group_concat(name) FROM pragma_table_info(?)", name).Scan(&list))
	columns := strings.Split(list, ",")
	exprs := slices.Clone(columns)
	for i, column := range columns {
		if values[column] != "" {
			exprs[i] = values[column]
		}
	}
	result, err := db.ExecContext(t.Context(), fmt.Sprintf(`WITH RECURSIVE
		k(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM k WHERE i < %d),
		last AS (SELECT * FROM %s ORDER BY 1 DESC LIMIT 1)
		INSERT INTO %s (%s) SELECT %s FROM k, last`,
		n, name, name, strings.Join(columns, ", "), strings.Join(exprs, ", ")))
	require.NoError(t, err)
	made, err := result.RowsAffected()
	require.NoError(t, err)
	require.EqualValues(t, n, made, name)
}

// pathsOf returns the paths of all lists, and of one page for each kind of thing. It asks for a confirmation, so that
// there is one to show.
func pathsOf(b *testing.B, emu *emulator.Emulator) []string {
	client := emu.Client()
	sale, err := client.Broadcasts.Create(b.Context(), &segmentflow.CreateBroadcastParams{
		Name:                "Sale",
		SegmentID:           emu.ID("segment", "gold"),
		TemplateID:          emu.ID("template", "autumn-sale"),
		SubscriptionGroupID: emu.ID("subscriptionGroup", "offers"),
	})
	require.NoError(b, err)
	asked, err := client.Broadcasts.CreateConfirmation(b.Context(), sale.ID)
	require.NoError(b, err)
	mail, alex := emu.Outbox().To("alex@example.com").Last(), emu.ID("profile", "alex@example.com")
	event := emu.Events().Name("trial.started").Profile("alex@example.com").Last()
	requests := emu.Requests().Last()
	return []string{
		"/dashboard", "/dashboard/find?q=alex@example.com", "/dashboard/find?q=nobody@example.com",
		"/dashboard/mail", "/dashboard/mail?q=p777@example.com", "/dashboard/mail?q=nothing+has+this",
		"/dashboard/mail?status=Skipped", "/dashboard/mail/" + mail.SendID, "/dashboard/mail/" + mail.SendID + "/html",
		"/dashboard/people", "/dashboard/people?q=p777@example.com", "/dashboard/people/" + alex,
		"/dashboard/events", "/dashboard/events?event=nothing", "/dashboard/events/" + event.EventID,
		"/dashboard/journeys", "/dashboard/journeys/" + emu.ID("journey", "trial-onboarding"),
		"/dashboard/runs/" + event.Outcomes[0].RunID,
		"/dashboard/segments", "/dashboard/segments/" + emu.ID("segment", "gold"),
		"/dashboard/broadcasts", "/dashboard/broadcasts/" + sale.ID, "/dashboard/confirmations/" + asked.ConfirmationID,
		"/dashboard/newsletters", "/dashboard/newsletters/" + emu.ID("newsletter", "trail-notes"),
		"/dashboard/templates", "/dashboard/templates/" + emu.ID("template", "order-receipt"),
		"/dashboard/requests", "/dashboard/requests/" + requests.ID, "/dashboard/faults", "/dashboard/world",
	}
}
