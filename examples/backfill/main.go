// Command backfill sends a thousand receipts from a CSV file with SendAll, under a rate limit. The first run is killed
// in the middle, when the answer to a batch is still on its way. The second run sends the same file from the beginning.
// In the end each receipt has been sent once.
//
// Run it with: go run ./examples/backfill. It runs on an emulator in this process, whatever the environment contains.
package main

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"os"
	"strings"
	"time"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

//go:embed seed.yaml
var seedFile []byte

//go:embed receipts.csv
var receiptsFile []byte

const receipts = 1000

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "backfill:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	seed, err := emulator.ParseSeed(seedFile)
	if err != nil {
		return err
	}
	start := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	emu, err := emulator.New(emulator.WithSeed(seed), emulator.WithStartTime(start))
	if err != nil {
		return err
	}
	defer emu.Close()
	emu.RateLimit("batchSendEmails", 2, time.Second) // SendAll pauses as often as necessary

	fmt.Println("The first run is killed when the API has accepted five batches:")
	killed, kill := context.WithCancel(ctx)
	defer kill()
	err = backfill(killed, emu.Client(losesAnswer(5, kill)), emu.ID("template", "order-receipt"))
	if !errors.Is(err, context.Canceled) {
		return fmt.Errorf("want the first run to be cut off, got %w", err)
	}
	fmt.Printf("Killed. Emails that were sent: %d\n\n", emu.Outbox().Count())

	fmt.Println("The second run reads the same file from the beginning, with the same keys:")
	if err := backfill(ctx, emu.Client(), emu.ID("template", "order-receipt")); err != nil {
		return err
	}
	fmt.Printf("Done. The API refused %d calls because of the rate limit.\n\n", emu.Requests().Status(429).Count())
	return prove(emu)
}

// backfill sends the receipts of the file, and draws how far it is. After an error you can simply call it again.
func backfill(ctx context.Context, client *segmentflow.Client, template string) error {
	var readErr error
	items := readReceipts(bytes.NewReader(receiptsFile), &readErr)
	opts := segmentflow.SendAllOptions{
		Defaults:    &segmentflow.BatchDefaults{TemplateID: template},
		Concurrency: 1, // so that each run of this example prints the same; leave it out
		Progress:    draw,
	}
	defer fmt.Println()
	rejected := 0
	for item, err := range client.Emails.SendAll(ctx, items, opts) {
		if err != nil {
			return fmt.Errorf("at item %d: %w", item.Index, err)
		}
		if item.Err != nil { // the others are sent nevertheless
			rejected++
			fmt.Fprintf(os.Stderr, "\n%s was rejected: %v\n", item.IdempotencyKey, item.Err)
		}
	}
	if rejected > 0 {
		return errors.Join(readErr, fmt.Errorf("%d receipts were rejected", rejected))
	}
	return readErr
}

// readReceipts yields an item for each row. It reads one row at a time, so the file can have any size. If a row cannot
// be read, it ends there and sets *failed.
func readReceipts(file io.Reader, failed *error) iter.Seq[segmentflow.BatchSendItem] {
	return func(yield func(segmentflow.BatchSendItem) bool) {
		rows := csv.NewReader(file)
		rows.FieldsPerRecord = 3
		if _, err := rows.Read(); err != nil { // the names of the columns
			*failed = err
			return
		}
		for {
			row, err := rows.Read()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				*failed = err
				return
			}
			order, email, total := row[0], row[1], row[2]
			if !yield(segmentflow.BatchSendItem{
				IdempotencyKey: "receipt:" + order, // follows from the row, so it is the same in each run
				To:             &segmentflow.Recipient{Email: email},
				Data:           map[string]any{"orderId": order, "total": total},
			}) {
				return
			}
		}
	}
}

func draw(now segmentflow.SendAllProgress) {
	const width = 40
	full := now.Done * width / receipts
	bar := strings.Repeat("#", full) + strings.Repeat(".", width-full)
	fmt.Printf("\r  [%s] %4d of %d", bar, now.Done, receipts)
}

// losesAnswer kills the run when the API has done the work of the nth batch, before its answer arrives.
func losesAnswer(nth int, kill func()) segmentflow.Option {
	return segmentflow.WithMiddleware(func(next http.RoundTripper) http.RoundTripper {
		accepted := 0
		return roundTripper(func(req *http.Request) (*http.Response, error) {
			resp, err := next.RoundTrip(req)
			if err != nil || resp.StatusCode != http.StatusOK {
				return resp, err
			}
			if accepted++; accepted < nth {
				return resp, nil
			}
			kill()
			return nil, errors.Join(req.Context().Err(), resp.Body.Close())
		})
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// prove looks into the outbox: each receipt of the file has been sent, and none twice.
func prove(emu *emulator.Emulator) error {
	sent := map[string]int{}
	for _, msg := range emu.Outbox().All() {
		sent[msg.To[0].Email]++
	}
	once := 0
	for item := range readReceipts(bytes.NewReader(receiptsFile), new(error)) {
		if sent[item.To.Email] == 1 {
			once++
		}
	}
	fmt.Printf("In the outbox: %d emails. Receipts that were sent exactly once: %d of %d\n",
		emu.Outbox().Count(), once, receipts)
	if once != receipts || emu.Outbox().Count() != receipts {
		return errors.New("a receipt is missing, or was sent twice")
	}
	return nil
}
