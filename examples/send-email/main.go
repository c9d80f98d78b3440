// Command send-email sends an order receipt: one EmailSend from one saved Template to one customer. It then repeats the
// call, as after a crash, and no second email is sent.
//
// Run it with: go run ./examples/send-email. It runs on an emulator in this process, whatever the environment contains.
// To send one real email, use -hosted -template ID -to EMAIL, with the key in SEGMENTFLOW_API_KEY.
package main

import (
	"context"
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"time"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

//go:embed seed.yaml
var seedFile []byte

// Order is the data that the Template reads as /data/*.
type Order struct {
	OrderID     string `json:"orderId"`
	Lines       []Line `json:"lines"`
	Total       string `json:"total"`
	Currency    string `json:"currency"`
	TrackingURL string `json:"trackingUrl"`
}

// Line is one purchased item. The prices are text, so that they are printed as the shop shows them.
type Line struct {
	SKU   string `json:"sku"`
	Name  string `json:"name"`
	Price string `json:"price"`
}

func main() {
	hosted := flag.Bool("hosted", false, "send one real email through the hosted API")
	template := flag.String("template", "", "with -hosted: the id of a Transactional Template")
	to := flag.String("to", "", "with -hosted: the address that gets the email")
	flag.Parse()
	if err := run(context.Background(), *hosted, *template, *to); err != nil {
		fmt.Fprintln(os.Stderr, "send-email:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, hosted bool, template, to string) error {
	switch {
	case hosted && (template == "" || to == ""):
		return errors.New("-hosted sends a real email and needs -template ID and -to EMAIL; nothing was sent")
	case hosted:
		client, err := segmentflow.NewFromEnv()
		if err != nil {
			return err
		}
		return sendReceipt(ctx, client, template, to)
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

	if err := sendReceipt(ctx, emu.Client(), emu.ID("template", "order-receipt"), "alex@example.com"); err != nil {
		return err
	}

	msg := emu.Outbox().Last()
	fmt.Printf("\nThe only email in the emulator's outbox, as text:\n\n")
	fmt.Printf("  | Subject: %s\n  |\n", msg.Subject)
	fmt.Println("  | " + strings.ReplaceAll(strings.TrimSpace(msg.Text), "\n", "\n  | "))
	return nil
}

func sendReceipt(ctx context.Context, client *segmentflow.Client, template, to string) error {
	order := Order{
		OrderID: "ord_" + time.Now().UTC().Format("20060102150405"),
		Lines: []Line{
			{SKU: "shoe-42", Name: "Trail shoe", Price: "89.50"},
			{SKU: "sock-m", Name: "Wool socks", Price: "12.00"},
		},
		Total:       "101.50",
		Currency:    "EUR",
		TrackingURL: "https://acme.example/track/9421",
	}
	params := &segmentflow.SendEmailParams{
		TemplateID: template,
		To:         &segmentflow.Recipient{Email: to}, // with ExternalID, the Profile is found by your customer id
		Data:       order,
	}

	// The key names the order, not the attempt. So a repeated call cannot send the receipt twice.
	key := segmentflow.WithIdempotencyKey("receipt:" + order.OrderID)
	send, err := client.Emails.Send(ctx, params, key)
	if err != nil {
		return err
	}
	fmt.Printf("EmailSend %s to %s: %s\n", send.ID, send.To.Email, send.Status)

	var resp segmentflow.Response
	again, err := client.Emails.Send(ctx, params, key, segmentflow.WithResponse(&resp))
	if err != nil {
		return err
	}
	fmt.Printf("The same call again: EmailSend %s, replayed: %v\n", again.ID, resp.Replayed)

	send, err = client.Emails.Retrieve(ctx, send.ID)
	if err != nil {
		return err
	}
	fmt.Printf("Retrieved again: %s\n", send.Status)
	return nil
}
