package emulator_test

import (
	"database/sql"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// benchWorld is a large world. The fields are ids of what has pages of its own.
type benchWorld struct {
	*testing.B
	emu    *emulator.Emulator
	client *segmentflow.Client
	words  map[string]string // for ids

	alex    string // has as many UserEvents as there are Profiles, and a tenth of the emails
	big     string // a Journey with many nodes, in which each Profile has a run
	copied  string // a UserEvent
	catalog string // an email with much HTML
	skipped string // an EmailSend

	draft, asked, toBuyers, underWay, sent string // Broadcasts
	issueDraft, issueSent                  string

	open, approved, approvedSent, rejected, void string // confirmations
}

// word gives an id a word, by which the benchmark of its page is known.
func (w *benchWorld) word(id, word string) string {
	w.words[id] = word
	return id
}

func (w *benchWorld) id(kind, key string) string { return w.word(w.emu.ID(kind, key), key) }

// largeWorld returns a world with n Profiles, 10 n UserEvents, and more than 3 n emails and n runs. The carriers and
// Journeys really run. SQL copies only the Profiles, their UserEvents, and n emails.
func largeWorld(b *testing.B, n int) *benchWorld {
	file := filepath.Join(b.TempDir(), "world.db")
	options := func() []emulator.Option {
		return []emulator.Option{
			emulator.WithDatabase(file), emulator.WithSeedFile("testdata/acme.yaml"), emulator.WithSeed(manyThings(b)),
			emulator.WithLogger(slog.New(slog.DiscardHandler)), emulator.WithJournalBodies(),
			emulator.WithStartTime(time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)),
		}
	}
	emu, err := emulator.New(options()...)
	require.NoError(b, err)
	first := &benchWorld{B: b, emu: emu, client: emu.Client()}
	_, err = first.client.Emails.Send(b.Context(), receipt(emu.ID("template", "order-receipt"), 1))
	require.NoError(b, err)
	first.tryOut(1)
	emu.Advance(time.Minute)
	require.NoError(b, emu.Close())
	tables{b, file}.fill(n)

	emu = emulator.Start(b, options()...)
	w := &benchWorld{B: b, emu: emu, client: emu.Client(), words: map[string]string{}}
	w.alex, w.copied = w.word(emu.ID("profile", "alex@example.com"), "alex"), w.word(copyOf(n/2), "copied")
	w.enter()
	w.tryOut(n / 100)
	emu.Advance(73 * time.Hour)
	w.tryOut(10)
	w.sendMails()
	w.sendCarriers(n)
	w.call()
	return w
}

// tryOut lets Alex begin trials, which enter a Journey.
func (w *benchWorld) tryOut(times int) {
	for i := range times {
		_, err := w.client.Events.Track(w.Context(), &segmentflow.TrackEventParams{
			Event:       "trial.started",
			Profile:     segmentflow.ProfileIdentity{Email: "alex@example.com"},
			Data:        map[string]any{"plan": "Pro", "trialId": fmt.Sprint(w.emu.Now().Unix(), "-", i)},
			ReferenceID: fmt.Sprint("trial", i),
		})
		require.NoError(w, err)
	}
}

// enter lets every Profile enter a Journey of 200 nodes, the 20th version of it. They stand at 100 delays.
func (w *benchWorld) enter() {
	for version := range 20 {
		status, nodes := "Draft", []string{cohort("start", "cohort%d")}
		for i := range 10 {
			nodes = append(nodes, cohort(fmt.Sprint("cohort", i), fmt.Sprint("wait", i, "%d")))
		}
		for i := range 100 {
			next := "done"
			if i < 88 {
				next = fmt.Sprint("mail", i)
				nodes = append(nodes, fmt.Sprintf(`{"id": %q, "type": "email", "template": "trial-reminder",
					"subscriptionGroup": "offers", "next": "done"}`, next))
			}
			nodes = append(nodes, fmt.Sprintf(`{"id": "wait%d%d", "type": "delay", "for": "P%dD", "next": %q}`,
				i/10, i%10, 30+version, next))
		}
		if version == 19 {
			status = "Active"
		}
		require.NoError(w, w.emu.Seed(emulator.Seed{Journeys: []emulator.SeedJourney{journeyDocument(w, fmt.Sprintf(
			`{"key": "big", "name": "A big Journey", "status": %q, "start": "start",
			"entry": {"type": "segment", "segment": "everyone", "enrollExisting": true},
			"nodes": [%s, {"id": "done", "type": "exit"}]}`, status, strings.Join(nodes, ", ")))}}))
	}
	w.big = w.id("journey", "big")
}

// cohort is a node from which runs go on to ten others.
func cohort(id, next string) string {
	var arms []string
	for i := range 10 {
		arms = append(arms, fmt.Sprintf(`{"id": "a%d", "percent": 10, "next": %q}`, i, fmt.Sprintf(next, i)))
	}
	return fmt.Sprintf(`{"id": %q, "type": "randomCohort", "arms": [%s]}`, id, strings.Join(arms, ", "))
}

// sendMails sends an email with much HTML, and one that is skipped.
func (w *benchWorld) sendMails() {
	send := func(template, to string) string {
		made, err := w.client.Emails.Send(w.Context(), &segmentflow.SendEmailParams{
			TemplateID: w.emu.ID("template", template), To: &segmentflow.Recipient{Email: to}})
		require.NoError(w, err)
		return made.ID
	}
	w.catalog = w.word(send("catalog", "alex@example.com"), "catalog")
	w.skipped = w.word(send("catalog", "left@example.com"), "skipped")
	for range 60 {
		send("catalog", "left@example.com")
	}
}

// sendCarriers sends a Broadcast and an Issue to all Profiles, and another Broadcast to half of them. Others are drafts
// or wait for an answer.
func (w *benchWorld) sendCarriers(n int) {
	human, newsletter := w.emu.Human(), w.emu.ID("newsletter", "trail-notes")
	issue := func(word string) string {
		made, err := w.client.NewsletterIssues.Create(w.Context(), newsletter,
			&segmentflow.CreateNewsletterIssueParams{Title: "Walks"})
		require.NoError(w, err)
		return w.word(made.ID, word)
	}
	for range 60 {
		w.draft, w.issueDraft = w.broadcast("draft", "gold"), issue("draft")
	}
	w.toBuyers = w.broadcast("to-buyers", "buyers")
	w.sent, w.issueSent = w.broadcast("sent", "gold"), issue("sent")
	w.approvedSent = w.ask(w.sent, "approved-and-sent")
	asked, err := w.client.NewsletterIssues.CreateConfirmation(w.Context(), w.issueSent)
	require.NoError(w, err)
	for _, id := range []string{w.approvedSent, asked.ConfirmationID} {
		require.NoError(w, human.Approve(id))
	}
	w.emu.Advance(time.Minute)

	w.rejected = w.ask(w.broadcast("rejected", "gold"), "rejected")
	require.NoError(w, human.Reject(w.rejected))
	void := w.broadcast("void", "gold")
	w.void = w.ask(void, "void")
	_, err = w.client.Broadcasts.Update(w.Context(), void, &segmentflow.UpdateBroadcastParams{
		Subject: segmentflow.Value("Another subject")})
	require.NoError(w, err)
	for range 25 {
		w.asked = w.broadcast("asked", "gold")
		w.open = w.ask(w.asked, "open")
	}
	w.underWay = w.broadcast("under-way", "gold")
	w.approved = w.ask(w.underWay, "approved")
	require.NoError(w, human.Approve(w.approved))
	w.emu.Advance(time.Duration(n/2) * 100 * time.Microsecond) // 500 emails every 50 ms
}

func (w *benchWorld) broadcast(word, segment string) string {
	made, err := w.client.Broadcasts.Create(w.Context(), &segmentflow.CreateBroadcastParams{
		Name:                "Sale " + word,
		SegmentID:           w.emu.ID("segment", segment),
		TemplateID:          w.emu.ID("template", "autumn-sale"),
		SubscriptionGroupID: w.emu.ID("subscriptionGroup", "offers"),
	})
	require.NoError(w, err)
	return w.word(made.ID, word)
}

// ask asks for a confirmation of a Broadcast.
func (w *benchWorld) ask(id, word string) string {
	asked, err := w.client.Broadcasts.CreateConfirmation(w.Context(), id)
	require.NoError(w, err)
	return w.word(asked.ConfirmationID, word)
}

// call fills the journal with calls, and adds faults and rate limits.
func (w *benchWorld) call() {
	for i := range 50 {
		w.emu.Fail(emulator.Fault{Operation: "sendEmail", To: fmt.Sprintf("nobody%d@example.com", i), Status: 503})
	}
	for _, operation := range []string{"sendEmail", "batchSendEmails", "trackEvent"} {
		w.emu.RateLimit(operation, 10_000, time.Hour)
	}
	for i := range 1000 {
		id := w.catalog
		if i%2 == 0 {
			id = w.alex // which is no EmailSend
		}
		_, err := w.client.Emails.Retrieve(w.Context(), id)
		require.Equal(w, i%2 == 0, err != nil)
	}
	lines := slices.Repeat([]any{map[string]any{"sku": "tent-2", "name": "Tent", "price": "42.50"}}, 1000)
	_, err := w.client.Events.Track(w.Context(), &segmentflow.TrackEventParams{Event: "cart.saved",
		Profile: segmentflow.ProfileIdentity{Email: "bruno@example.com"}, Data: map[string]any{"lines": lines}})
	require.NoError(w, err)
}

type tables struct {
	*testing.B
	file string
}

// copyID makes an id from a number, and anyID from that of the copy.
const (
	copyID = "(SELECT printf('%%08x-0000-4000-8000-%%012x', x, x) FROM (SELECT %s AS x))"
	anyID  = "printf('%08x-0000-4000-8000-%012x', i, i)"
)

func copyOf(i int) string { return fmt.Sprintf("%08x-0000-4000-8000-%012x", i, i) }

// fill copies a Profile, its UserEvent and its receipt. A tenth of the UserEvents and emails are still Alex's. Every
// 20th Profile clicks in its emails and another one opens them; every 100th is unsubscribed and another suppressed.
func (t tables) fill(n int) {
	const alex = "(SELECT id FROM profiles WHERE email = 'alex@example.com')"
	const from = "(SELECT seq FROM email_sends WHERE carrier_type = 'email')"
	const address = `CASE i % 20 WHEN 0 THEN 'clicked+' || i || '@simulator.test'
		WHEN 1 THEN 'opened+' || i || '@simulator.test' ELSE 'p' || i || '@example.com' END`
	t.copy("profiles", "id = "+alex, n, map[string]string{"id": anyID, "external_id": "'cus_' || i || 'x'",
		"email": address, "created_at": "created_at + i",
		"properties": `json_object('firstName', iif(i % 50 = 0, NULL, 'P' || i), 'tier', 'gold', 'n', i)`})
	t.copy("subscriptions", "status = 'Subscribed'", n, map[string]string{"profile_id": anyID})
	t.copy("subscriptions", "status = 'Unsubscribed'", n/100, map[string]string{
		"profile_id": fmt.Sprintf(copyID, "i * 100")})
	t.copy("addresses", "suppressed IS NOT NULL", n/100, map[string]string{
		"email": "'p' || (i * 100 - 7) || '@example.com'"})
	t.copy("segment_members", "segment_id = (SELECT id FROM segments WHERE key = 'static')", n,
		map[string]string{"profile_id": anyID})
	t.copy("user_events", "event = 'trial.started'", 10*n, map[string]string{"seq": "NULL", "id": anyID,
		"event": "iif(i / 7 % 5 = 0, 'order.created', 'app.event' || (i % 50))", "reference_id": "'ref' || (i % 1000)",
		"data":        `json_object('orderId', 'ord_' || i, 'total', i % 500, 'note', 'A note about the order ' || i)`,
		"occurred_at": "occurred_at - (i % 7776) * 1000000",
		"profile_id":  fmt.Sprintf("iif(i %% 10 = 0, profile_id, "+copyID+")", fmt.Sprintf("1 + i %% %d", n))})
	t.copy("event_outcomes", "TRUE", n, map[string]string{"event": "event + 10 + i",
		"list": "json_array(json_array(list ->> '$[0][0]', 'filter_mismatch', NULL))"})
	t.copy("email_sends", "seq = "+from, n, map[string]string{"seq": "seq + 10 + i", "outbox": "outbox + 10 + i",
		"key": "NULL", "call_key": "NULL", "id": fmt.Sprintf(copyID, "i + 500000000"), "message_id": "NULL",
		"profile_id": "iif(i % 10 = 0, profile_id, " + anyID + ")",
		"to_email":   "iif(i % 10 = 0, to_email, " + address + ")",
		"created_at": "created_at + i"})
	t.copy("messages", "send = "+from, n, map[string]string{"send": "send + 10 + i"})
}

// copy copies a row of a table n times. Some columns get other values, as expressions of i.
func (t tables) copy(name, row string, n int, values map[string]string) {
	db, err := sql.Open("sqlite", t.file+"?_pragma=cache_size(-400000)&_pragma=synchronous(off)")
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
		one AS (SELECT * FROM %s WHERE %s LIMIT 1)
		INSERT INTO %s (%s) SELECT %s FROM k, one`,
		n, name, row, name, strings.Join(columns, ", "), strings.Join(exprs, ", ")))
	require.NoError(t, err)
	made, err := result.RowsAffected()
	require.NoError(t, err)
	require.EqualValues(t, n, made, name)
}
