package emulator_test

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// floor is the lowest cost of accepting an email over HTTP into SQLite on this machine. It calls a net/http handler in
// process with a receipt as JSON and gets an EmailSend as JSON. In between is one transaction of four EmailSends
// through database/sql. Every statement is prepared once on one pinned connection, also BEGIN and COMMIT.
func floor(b *testing.B) func() {
	db, err := sql.Open("sqlite", ":memory:")
	require.NoError(b, err)
	b.Cleanup(func() { _ = db.Close() })
	conn, err := db.Conn(b.Context())
	require.NoError(b, err)
	_, err = conn.ExecContext(b.Context(),
		`CREATE TABLE sends (id TEXT PRIMARY KEY, status TEXT NOT NULL,
			template_id TEXT NOT NULL, template_snapshot_id TEXT NOT NULL,
			sender_profile_id TEXT NOT NULL, profile_id TEXT NOT NULL,
			from_email TEXT NOT NULL, from_name TEXT, subject TEXT NOT NULL, to_email TEXT NOT NULL,
			created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL) STRICT`)
	require.NoError(b, err)
	prepared := func(query string) func(args ...any) error {
		stmt, err := conn.PrepareContext(b.Context(), query)
		require.NoError(b, err)
		return func(args ...any) error {
			_, err := stmt.ExecContext(b.Context(), args...)
			return err
		}
	}
	begin, commit := prepared("BEGIN IMMEDIATE"), prepared("COMMIT")
	insert := prepared("INSERT INTO sends VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
	name, id := "Acme Outdoor", uuid.NewString()
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var params segmentflow.SendEmailParams
		err := errors.Join(json.NewDecoder(r.Body).Decode(&params), begin())
		send := segmentflow.EmailSend{
			Status:             segmentflow.EmailSendStatusQueued,
			TemplateID:         params.TemplateID,
			TemplateSnapshotID: id,
			SenderProfileID:    id,
			ProfileID:          id,
			From:               segmentflow.Mailbox{Email: "shop@acme.example", Name: &name},
			Subject:            "Your order ord_1",
			To:                 segmentflow.RecipientAddress{Email: params.To.Email},
			CreatedAt:          time.UnixMilli(0),
			UpdatedAt:          time.UnixMilli(0),
		}
		for range 4 {
			send.ID = uuid.NewString()
			err = errors.Join(err, insert(
				send.ID, string(send.Status), send.TemplateID, send.TemplateSnapshotID,
				send.SenderProfileID, send.ProfileID,
				send.From.Email, name, send.Subject, send.To.Email,
				send.CreatedAt.UnixMilli(), send.UpdatedAt.UnixMilli()))
		}
		if err := errors.Join(err, commit(), json.NewEncoder(w).Encode(send)); err != nil {
			b.Error(err)
		}
	})
	raw, err := json.Marshal(receipt(id, 0))
	require.NoError(b, err)
	return func() {
		request := httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(raw))
		handler.ServeHTTP(httptest.NewRecorder(), request)
	}
}

// versus reports how many times longer a call takes than a base call. The two take turns, and the median counts,
// because the speed of a machine changes during a benchmark.
func versus(b *testing.B, unit string, call, base func()) {
	const rounds, calls = 31, 200
	timed := func(call func()) float64 {
		start := time.Now()
		for range calls {
			call()
		}
		return float64(time.Since(start))
	}
	ratios := make([]float64, rounds)
	for i := range ratios {
		ratios[i] = timed(call) / timed(base)
	}
	slices.Sort(ratios)
	b.ReportMetric(ratios[rounds/2], unit)
}

func receipt(template string, n int) *segmentflow.SendEmailParams {
	return &segmentflow.SendEmailParams{
		TemplateID: template,
		To:         &segmentflow.Recipient{Email: "alex@example.com", ExternalID: "cus_123"},
		Data: map[string]any{
			"orderId":     fmt.Sprint("ord_", n),
			"total":       42.5,
			"currency":    "EUR",
			"trackingUrl": "https://example.com/t/1",
			"lines":       []any{map[string]any{"sku": "tent-2", "name": "Tent", "price": "42.50"}},
		},
	}
}

func acme(b testing.TB, opts ...emulator.Option) *emulator.Emulator {
	b.Helper()
	return emulator.Start(b, append([]emulator.Option{emulator.WithSeedFile("testdata/acme.yaml"),
		emulator.WithStartTime(time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC))}, opts...)...)
}

func BenchmarkStartAndClose(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		emu, err := emulator.New()
		require.NoError(b, err)
		require.NoError(b, emu.Close())
	}
	b.StopTimer()
	const instances = 64
	before := resident(b)
	live := make([]*emulator.Emulator, instances)
	for i := range live {
		live[i] = emulator.Start(b)
	}
	b.ReportMetric(float64(resident(b)-before)/instances/1e6, "MB/instance")
	runtime.KeepAlive(live)
}

// resident returns the memory of the process in bytes, including SQLite's, which the Go runtime does not see.
func resident(b *testing.B) int64 {
	runtime.GC()
	debug.FreeOSMemory()
	statm, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		b.Skip("resident memory is read from /proc: ", err)
	}
	var size, pages int64
	_, err = fmt.Sscan(string(statm), &size, &pages)
	require.NoError(b, err)
	return pages * int64(os.Getpagesize())
}

func BenchmarkFloor(b *testing.B) {
	call := floor(b)
	b.ReportAllocs()
	for b.Loop() {
		call()
	}
}

func BenchmarkSend(b *testing.B) {
	emu := acme(b)
	client, template := emu.Client(), emu.ID("template", "order-receipt")
	n := 0
	send := func() {
		n++
		_, err := client.Emails.Send(b.Context(), receipt(template, n))
		require.NoError(b, err)
	}
	b.ReportAllocs()
	for b.Loop() {
		send()
	}
	versus(b, "x-floor", send, floor(b))
	require.Equal(b, n, emu.Outbox().To("alex@example.com").Count())
}

// listening returns an emulator with Journeys that are each entered by a different event.
func listening(b *testing.B, journeys int) *emulator.Emulator {
	seed := emulator.Seed{}
	for i := range journeys {
		raw := fmt.Sprintf(
			`{"key": "j%d", "name": "J", "status": "Active", "entry": {"type": "event", "event": "event.%d"},
			"start": "wait",
			"nodes": [{"id": "wait", "type": "delay", "for": "P3D", "next": "done"},
				{"id": "done", "type": "exit"}]}`, i, i)
		seed.Journeys = append(seed.Journeys, journeyDocument(b, raw))
	}
	return emulator.Start(b, emulator.WithSeed(seed))
}

func BenchmarkTrack(b *testing.B) {
	track := func(emu *emulator.Emulator) func() {
		client := emu.Client()
		n := 0
		return func() {
			n++
			_, err := client.Events.Track(b.Context(), &segmentflow.TrackEventParams{
				Event:   "event.0",
				Profile: segmentflow.ProfileIdentity{Email: fmt.Sprintf("p%d@example.com", n)},
				Data:    map[string]any{"n": n},
			})
			require.NoError(b, err)
		}
	}
	one := track(listening(b, 1))
	for _, journeys := range []int{1, 1000} {
		b.Run(fmt.Sprintf("journeys=%d", journeys), func(b *testing.B) {
			call := track(listening(b, journeys))
			call()
			for b.Loop() {
				call()
			}
			versus(b, "x-one-journey", call, one)
		})
	}
}

// BenchmarkTrackEnrolling tracks an event that enters 20 active Journeys; the filters of five of them match.
func BenchmarkTrackEnrolling(b *testing.B) {
	seed := emulator.Seed{}
	for i := range 20 {
		raw := fmt.Sprintf(`{"key": "j%d", "name": "J", "status": "Active",
			"entry": {"type": "event", "event": "order.created", "filter": {"$state": "/event/tier", "eq": %d}},
			"start": "wait",
			"nodes": [{"id": "wait", "type": "delay", "for": "P3D", "next": "done"},
				{"id": "done", "type": "exit"}]}`, i, i%4)
		seed.Journeys = append(seed.Journeys, journeyDocument(b, raw))
	}
	client := emulator.Start(b, emulator.WithSeed(seed)).Client()
	n := 0
	b.ReportAllocs()
	for b.Loop() {
		n++
		tracked, err := client.Events.Track(b.Context(), &segmentflow.TrackEventParams{
			Event:   "order.created",
			Profile: segmentflow.ProfileIdentity{Email: fmt.Sprintf("p%d@example.com", n)},
			Data:    map[string]any{"tier": n % 4},
		})
		require.NoError(b, err)
		require.Equal(b, 20, tracked.MatchedJourneys)
		require.Equal(b, 5, tracked.EnrolledJourneys)
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "tracks/s")
}

func BenchmarkSendOverLoopback(b *testing.B) {
	const clients = 8
	emu := acme(b)
	url, template := emu.URL(), emu.ID("template", "order-receipt")
	transport := &http.Transport{MaxIdleConnsPerHost: clients}
	b.Cleanup(transport.CloseIdleConnections)
	var n atomic.Int64
	var failures atomic.Int64
	b.ResetTimer()
	var wg sync.WaitGroup
	for range clients {
		wg.Go(func() {
			client, err := segmentflow.New(emu.APIKey(), segmentflow.WithBaseURL(url),
				segmentflow.WithHTTPClient(&http.Client{Transport: transport}))
			if err != nil {
				failures.Add(1)
				return
			}
			for {
				i := n.Add(1)
				if i > int64(b.N) {
					return
				}
				if _, err := client.Emails.Send(b.Context(), receipt(template, int(i))); err != nil {
					failures.Add(1)
				}
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "sends/s")
	require.Zero(b, failures.Load())
	require.Equal(b, b.N, emu.Outbox().Count())
}
