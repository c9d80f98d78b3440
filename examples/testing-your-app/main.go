// Command testing-your-app is a small shop that sends email through Segmentflow, with its tests. The tests in
// shop_test.go call the shop's own handlers and use an emulator: there is no mock and no network, and three days pass
// in a moment.
//
// Read shop.go, then shop_test.go. Run the tests with: go test ./examples/testing-your-app. To run the shop once on an
// emulator: go run ./examples/testing-your-app
package main

import (
	_ "embed"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator"
)

//go:embed seed.yaml
var seedFile []byte

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "testing-your-app:", err)
		os.Exit(1)
	}
}

func run() error {
	seed, err := emulator.ParseSeed(seedFile)
	if err != nil {
		return err
	}
	emu, err := emulator.New(emulator.WithSeed(seed))
	if err != nil {
		return err
	}
	defer emu.Close()

	shop := &Shop{Client: emu.Client(), Receipt: emu.ID("template", "order-receipt")}
	server := httptest.NewServer(shop.Handler())
	defer server.Close()

	for _, call := range []struct{ path, body string }{
		{"/trials", `{"trialId": "t_1", "email": "alex@example.com"}`},
		{"/trials", `{"trialId": "t_2", "email": "bruno@example.com"}`},
		{"/orders", `{"orderId": "ord_9421", "trialId": "t_2", "email": "bruno@example.com", "total": 101.5}`},
		{"/orders", `{"orderId": "ord_9421", "trialId": "t_2", "email": "bruno@example.com", "total": 101.5}`},
	} {
		resp, err := http.Post(server.URL+call.path, "application/json", strings.NewReader(call.body))
		if err != nil {
			return err
		}
		resp.Body.Close()
		fmt.Printf("POST %s %s\n  %s\n", call.path, call.body, resp.Status)
		if resp.StatusCode != http.StatusAccepted {
			return fmt.Errorf("the shop replied %s", resp.Status)
		}
	}

	emu.Advance(72 * time.Hour)
	fmt.Println("\nThree days later. All emails, oldest first:")
	messages := emu.Outbox().All()
	for _, msg := range messages {
		fmt.Printf("  %s: %s\n", msg.To[0].Email, msg.Subject)
	}
	if len(messages) != 2 {
		return fmt.Errorf("want one receipt for Bruno and one reminder for Alex, got %d emails", len(messages))
	}
	fmt.Println("\nBruno ordered twice by mistake. He has one receipt and no reminder. Alex has a reminder.")
	return nil
}
