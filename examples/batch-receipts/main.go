// Command batch-receipts sends three receipts in one call. One has an invalid address. The other two are accepted, and
// the result contains the outcome of each item. Sending the batch again returns the accepted sends again.
//
// Run it with: go run ./examples/batch-receipts. It runs on an emulator in this process, whatever the environment
// contains. To send two real emails, use -hosted -template ID -to EMAIL, with the key in SEGMENTFLOW_API_KEY.
package main

import (
	"context"
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"os"
	"time"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

//go:embed seed.yaml
var seedFile []byte

func main() {
	hosted := flag.Bool("hosted", false, "send two real emails through the hosted API")
	template := flag.String("template", "", "with -hosted: the id of a Transactional Template")
	to := flag.String("to", "", "with -hosted: the address that gets the emails")
	flag.Parse()
	if err := run(context.Background(), *hosted, *template, *to); err != nil {
		fmt.Fprintln(os.Stderr, "batch-receipts:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, hosted bool, template, to string) error {
	switch {
	case hosted && (template == "" || to == ""):
		return errors.New("-hosted sends real emails and needs -template ID and -to EMAIL; nothing was sent")
	case hosted:
		client, err := segmentflow.NewFromEnv()
		if err != nil {
			return err
		}
		return sendReceipts(ctx, client, template, to, to)
	case template != "" || to != "":
		return errors.New("-template and -to can be used only with -hosted; nothing was sent")
	}

	seed, err := emulator.ParseSeed(seedFile)
	if err != nil {
		return err
	}
	emu, err := emulator.New(emulator.WithSeed(seed))
	if err != nil {
		return err
	}
	defer emu.Close()

	template = emu.ID("template", "order-receipt")
	if err := sendReceipts(ctx, emu.Client(), template, "alex@example.com", "bruno@example.com"); err != nil {
		return err
	}
	fmt.Printf("\nIn the emulator's outbox, after both calls:\n")
	for _, msg := range emu.Outbox().All() {
		fmt.Printf("  %s: %s\n", msg.To[0].Email, msg.Subject)
	}
	return nil
}

func sendReceipts(ctx context.Context, client *segmentflow.Client, template, first, second string) error {
	day := time.Now().UTC().Format("20060102150405")
	params := &segmentflow.BatchSendParams{
		Defaults: &segmentflow.BatchDefaults{TemplateID: template}, // for every item without a Template of its own
		Items: []segmentflow.BatchSendItem{
			receipt(day, 1, first, 101.5),
			receipt(day, 2, "not an address", 35),
			receipt(day, 3, second, 12),
		},
	}
	batch, err := client.Emails.BatchSend(ctx, params)
	if err != nil {
		return err // the whole call failed; rejected items are not an error of the call
	}

	fmt.Printf("%d items: %d accepted, %d rejected\n", batch.Total, batch.Accepted, batch.Rejected)
	for _, item := range batch.Items {
		if item.Err == nil {
			fmt.Printf("  %d %s: %s\n", item.Index, item.IdempotencyKey, item.Send.Status)
			continue
		}
		fmt.Printf("  %d %s: rejected with %s\n", item.Index, item.IdempotencyKey, item.Err.Code)
		for _, issue := range item.Err.Issues {
			fmt.Printf("      %s: %s\n", issue.Path, issue.Message)
		}
	}
	if batch.Rejected != 1 || !errors.Is(batch.Err(), segmentflow.ErrInvalidRequest) {
		return fmt.Errorf("want only the invalid address to be rejected, got %w", batch.Err())
	}

	again, err := client.Emails.BatchSend(ctx, params)
	if err != nil {
		return err
	}
	replayed := again.Items[0].Send != nil && again.Items[0].Send.ID == batch.Items[0].Send.ID
	fmt.Printf("The same batch again: %d accepted; item 0 is the same send: %v\n", again.Accepted, replayed)
	return nil
}

func receipt(day string, n int, to string, total float64) segmentflow.BatchSendItem {
	orderID := fmt.Sprintf("ord_%s_%d", day, n)
	return segmentflow.BatchSendItem{
		IdempotencyKey: "receipt:" + orderID, // each item has a key of its own
		To:             &segmentflow.Recipient{Email: to},
		Data:           map[string]any{"orderId": orderID, "total": total},
	}
}
