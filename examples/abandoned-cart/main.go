// Command abandoned-cart shows a Journey that waits for an event with a timeout. Three people fill a cart, and one of
// them buys. The others are reminded after two hours, except for the one who has unsubscribed from offers.
//
// The program runs offline: it needs no account, key or network. Run it with: go run ./examples/abandoned-cart
package main

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"strings"
	"time"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

//go:embed seed.yaml
var seedFile []byte

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "abandoned-cart:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	seed, err := emulator.ParseSeed(seedFile)
	if err != nil {
		return err
	}
	emu, err := emulator.New(
		emulator.WithSeed(seed),
		emulator.WithStartTime(time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)),
	)
	if err != nil {
		return err
	}
	defer emu.Close()
	client := emu.Client()

	for _, cart := range []struct{ id, email, item string }{
		{"c_1", "alex@example.com", "tent"},
		{"c_2", "bruno@example.com", "trail shoe"},
		{"c_3", "chiara@example.com", "headlamp"},
	} {
		if err := track(ctx, client, "cart.updated", cart.email, map[string]any{
			"cartId": cart.id,
			"item":   cart.item,
		}); err != nil {
			return err
		}
	}
	show(emu, "Three carts are filled")

	emu.Advance(time.Hour)
	if err := track(ctx, client, "order.created", "alex@example.com", map[string]any{
		"cartId":  "c_1",
		"orderId": "ord_9421",
	}); err != nil {
		return err
	}
	show(emu, "An hour later Alex buys")

	emu.Advance(time.Hour)
	show(emu, "Two hours have passed")

	fmt.Println("\nThe outbox:")
	for _, msg := range emu.Outbox().All() {
		fmt.Printf("  %s to %s: %s\n", msg.At.Format(time.TimeOnly), msg.To[0].Email, msg.Subject)
	}
	return nil
}

// track records an event. The idempotency key makes it safe to repeat the call.
func track(ctx context.Context, client *segmentflow.Client, event, email string, data map[string]any) error {
	_, err := client.Events.Track(ctx,
		&segmentflow.TrackEventParams{Event: event, Profile: segmentflow.ProfileIdentity{Email: email}, Data: data},
		segmentflow.WithIdempotencyKey(fmt.Sprint(event, ":", data["cartId"])),
	)
	return err
}

// show prints where each run is.
func show(emu *emulator.Emulator, title string) {
	fmt.Printf("%s, it is %s\n", title, emu.Now().Format(time.TimeOnly))
	for _, run := range emu.Runs("abandoned-cart").All() {
		var path []string
		for _, step := range run.Path {
			path = append(path, step.Node+" "+step.Outcome)
		}
		where := strings.TrimSpace(string(run.Status) + " " + run.Reason)
		if run.Waiting != nil {
			where = fmt.Sprintf("waits at %s until %s", run.Waiting.Node, run.Waiting.Until.Format(time.TimeOnly))
		}
		fmt.Printf("  %-20s %s\n", run.Email, strings.Join(append(path, where), " → "))
	}
}
