package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// counted are the Segments whose members are counted.
var counted = []struct{ name, definition string }{
	{"everyone", `true`},
	{"a property", `{"$state": "/profile/n", "gt": 50000}`},
	{"either property", `{"$or": [{"$state": "/profile/tier", "in": ["silver", "gold"]},
		{"$state": "/profile/firstName", "startsWith": "P1"}]}`},
	{"performed within 90 days", `{"performed": {"event": "order.created", "within": "P90D"}}`},
	{"performed twice within 90 days", `{"performed": {"event": "app.*", "within": "P90D", "count": {"gte": 2}}}`},
	{"performed with a filter",
		`{"performed": {"event": "order.created", "filter": {"$state": "/event/total", "gt": 200}}}`},
	{"not performed", `{"performed": {"event": "plan.purchased", "count": {"lt": 1}}}`},
	{"member of another", `{"inSegment": "performed-within-90-days"}`},
	{"two Segments, a property and not performed", `{"$and": [
		{"inSegment": "either-property"}, {"inSegment": "performed-within-90-days"},
		{"$or": [{"$state": "/profile/n", "gt": 100}, {"$state": "/profile/firstName", "startsWith": "A"}]},
		{"performed": {"event": "plan.purchased", "count": {"lt": 1}}}]}`},
}

// firstCounts runs the benchmark that counts each of its Segments as if for the first time.
func (b *bench) firstCounts(ctx context.Context) (result, error) {
	root, err := rootFolder()
	if err != nil {
		return result{}, err
	}
	profiles := 100_000
	test := []string{"-C", root, "test", "-run", "^$", "-bench", "^BenchmarkCount$", "-benchtime", "10x"}
	if b.Profiles < profiles {
		profiles, test = profiles/100, append(test, "-short")
	}
	listing, err := output(ctx, "go", append(test, "./emulator/internal/store")...)
	if err != nil {
		return result{}, err
	}
	counts, err := parseBenchmark(listing)
	if err != nil {
		return result{}, err
	}
	var more strings.Builder
	more.WriteString("\n| Segment | First count in memory |\n|---|---|\n")
	least, most := counts[0].each, counts[0].each
	for _, c := range counts {
		fmt.Fprintf(&more, "| %s | %s |\n", strings.ReplaceAll(c.name, "-", " "), brief(c.each))
		least, most = min(least, c.each), max(most, c.each)
	}
	return result{measured: brief(least) + " to " + brief(most), more: more.String(),
		detail: fmt.Sprintf("%d Profiles, %d UserEvents", profiles, 10*profiles)}, nil
}

// benchmarked is what a benchmark has measured.
type benchmarked struct {
	name string // without that of the benchmark's function
	each time.Duration
}

// benchmarkLine matches a result of go test -bench, which ends with the number of processors if there are several.
var benchmarkLine = regexp.MustCompile(`(?m)^Benchmark[^/\s]+/(\S+?)(?:-\d+)?\s+\d+\s+(\d+) ns/op`)

// parseBenchmark reads the output of go test -bench.
func parseBenchmark(listing string) (all []benchmarked, err error) {
	for _, match := range benchmarkLine.FindAllStringSubmatch(listing, -1) {
		each, err := time.ParseDuration(match[2] + "ns")
		if err != nil {
			return nil, err
		}
		all = append(all, benchmarked{match[1], each})
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("go test has written no results:\n%s", listing)
	}
	return all, nil
}

func segmentKey(name string) string { return strings.ReplaceAll(name, " ", "-") }

// segments counts each Segment after a change. The emulator keeps what it has counted before, so the first count of a
// Segment since the start is shown too. Each Segment has a start of its own, because they share parts.
func (b *bench) segments(ctx context.Context) (result, error) {
	options, err := populous(ctx, filepath.Join(b.dir, "segments.db"), b.Profiles)
	if err != nil {
		return result{}, err
	}
	var more strings.Builder
	more.WriteString("\n| Segment | Members | First count | Count after a change |\n|---|---|---|---|\n")
	var least, most, mostFirst time.Duration
	for i, segment := range counted {
		c, err := b.count(ctx, options, segment.name)
		if err != nil {
			return result{}, err
		}
		fmt.Fprintf(&more, "| %s | %d | %s | %s |\n", segment.name, c.members, brief(c.first), brief(c.used))
		if i == 0 || c.used < least {
			least = c.used
		}
		most, mostFirst = max(most, c.used), max(mostFirst, c.first)
	}
	return result{measured: brief(least) + " to " + brief(most), more: more.String(),
		detail: fmt.Sprintf("%d Profiles; first count %s at most", b.Profiles, brief(mostFirst))}, nil
}

// counting is the processor time of counts of a Segment: of the first since the start, and of those after a change.
type counting struct {
	first, used time.Duration
	members     int
}

// count counts the members of a Segment.
func (b *bench) count(ctx context.Context, options []emulator.Option, name string) (c counting, err error) {
	emu, err := emulator.New(options...)
	if err != nil {
		return c, err
	}
	client, visit := emu.Client(), 0
	c.used, err = cost(b.Worlds, func() (time.Duration, error) {
		visit++
		for _, event := range []string{"order.created", "app.event1"} {
			if _, err := client.Events.Track(ctx, &segmentflow.TrackEventParams{
				Event: event, Profile: segmentflow.ProfileIdentity{Email: "alex@example.com",
					Properties: map[string]any{"visit": visit}},
				Data: map[string]any{"total": 500},
			}); err != nil {
				return 0, err
			}
		}
		begun := cpuTime()
		preview, err := client.Segments.Preview(ctx, emu.ID("segment", segmentKey(name)),
			&segmentflow.PreviewSegmentParams{Limit: 1})
		if err != nil {
			return 0, err
		}
		used := cpuTime() - begun
		if c.members = preview.Count; visit == 1 {
			c.first = used
		}
		return used, nil
	})
	return c, errors.Join(err, emu.Close())
}

// populous makes a world with many Profiles, and ten times as many UserEvents, and returns the options that open it.
// SQL copies them, because the API would take an hour.
func populous(ctx context.Context, file string, profiles int) ([]emulator.Option, error) {
	seed := emulator.Seed{Profiles: []emulator.SeedProfile{{Email: "alex@example.com"}},
		Events: []emulator.SeedEvent{{Event: "order.created", Profile: "alex@example.com"}}}
	for _, segment := range counted {
		seed.Segments = append(seed.Segments, emulator.SeedSegment{Key: segmentKey(segment.name), Name: segment.name,
			Definition: json.RawMessage(segment.definition)})
	}
	options := []emulator.Option{emulator.WithDatabase(file), emulator.WithSeed(seed), emulator.WithStartTime(moment)}
	if err := startAndClose(options...); err != nil {
		return nil, err
	}
	if err := populate(ctx, file, profiles); err != nil {
		return nil, fmt.Errorf("copy Profiles and UserEvents: %w", err)
	}
	return options, nil
}

func populate(ctx context.Context, file string, n int) error {
	db, err := sql.Open("sqlite", file+"?_pragma=cache_size(-400000)&_pragma=synchronous(off)")
	if err != nil {
		return err
	}
	defer db.Close()
	copyID := func(x string) string {
		return "(SELECT printf('%08x-0000-4000-8000-%012x', x, x) FROM (SELECT " + x + " AS x))"
	}
	err = copyRow(ctx, db, "profiles", n, map[string]string{"id": copyID("i"), "external_id": "NULL", "phone": "NULL",
		"email": "'p' || i || '@example.com'", "created_at": "created_at + i",
		"properties": `json_object('firstName', 'P' || i, 'tier', 'gold', 'n', i)`})
	if err != nil {
		return err
	}
	return copyRow(ctx, db, "user_events", 10*n, map[string]string{"seq": "NULL", "id": copyID("i"),
		"event":        "iif(i / 7 % 5 = 0, 'order.created', 'app.event' || (i % 50))",
		"reference_id": "'ref' || (i % 1000)",
		"data":         `json_object('orderId', 'ord_' || i, 'total', i % 500, 'note', 'A note about the order ' || i)`,
		"occurred_at":  "occurred_at - (i % 7776) * 1000000",
		"profile_id":   copyID(fmt.Sprintf("1 + i %% %d", n))})
}

// copyRow copies the first row of a table n times. Some columns get other values, as expressions of i.
func copyRow(ctx context.Context, db *sql.DB, table string, n int, values map[string]string) error {
	list := ""
	if err := db.QueryRowContext(ctx, "SELECT group_concat(name) FROM pragma_table_info(?)", table).
		Scan(&list); err != nil {
		return err
	}
	columns := strings.Split(list, ",")
	exprs := make([]string, len(columns))
	for i, column := range columns {
		exprs[i] = column
		if values[column] != "" {
			exprs[i] = values[column]
		}
	}
	result, err := db.ExecContext(ctx, fmt.Sprintf(`WITH RECURSIVE
		k(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM k WHERE i < %d),
		one AS (SELECT * FROM %s LIMIT 1)
		INSERT INTO %s (%s) SELECT %s FROM k, one`,
		n, table, table, list, strings.Join(exprs, ", ")))
	if err != nil {
		return err
	}
	if made, err := result.RowsAffected(); err != nil || made != int64(n) {
		return fmt.Errorf("%d of %d rows of %s were copied: %w", made, n, table, err)
	}
	return nil
}
