// Command ingest posts what the plug-in of a website posts from a browser: a visitor signs in, looks at a page, and
// chooses a plan. The batch has a write key and needs no API key. Its last event enters a Journey, which sends an
// email. Then the website's own server reports an event with the same write key.
//
// The program runs offline: it needs no account, key or network. Run it with: go run ./examples/ingest
package main

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"net/http"
	"os"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

//go:embed seed.yaml
var seedFile []byte

//go:embed batch.json
var batch []byte

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "ingest:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	seed, err := emulator.ParseSeed(seedFile)
	if err != nil {
		return err
	}
	emu, err := emulator.New(emulator.WithSeed(seed))
	if err != nil {
		return err
	}
	defer emu.Close()

	for _, what := range []string{
		"The plug-in posts its batch",
		"It posts the batch again, because the reply was lost",
	} {
		fmt.Println(what)
		if err := post(ctx, &http.Client{Transport: emu.Transport()}); err != nil {
			return err
		}
	}
	for _, msg := range emu.Outbox().All() {
		fmt.Printf("Email to %s: %s\n", msg.To[0].Email, msg.Subject)
	}

	order, err := emu.Ingest("wk_shop_1").Track(ctx, &segmentflow.IngestTrack{
		MessageID:  "order:ord_9421",
		Event:      "order.created",
		UserID:     "cus_123",
		Properties: map[string]any{"orderId": "ord_9421"},
		Source:     segmentflow.IngestSourceWooCommerce,
	})
	if err != nil {
		return err
	}
	fmt.Printf("The server reports an order: %s\n", order.Status)
	return nil
}

// post posts the batch as a browser does, and prints what became of each item.
func post(ctx context.Context, client *http.Client) error {
	const url = segmentflow.DefaultBaseURL + "/api/v1/ingest/batch"
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(batch))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	reply, err := client.Do(request)
	if err != nil {
		return err
	}
	defer reply.Body.Close()

	var result segmentflow.IngestBatchResult
	if err := json.NewDecoder(reply.Body).Decode(&result); err != nil {
		return err
	}
	for _, item := range result.Results {
		fmt.Printf("  %s: %s %s\n", item.MessageID, item.Status, item.Reason)
	}
	return nil
}
