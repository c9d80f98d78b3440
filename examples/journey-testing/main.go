// Command journey-testing shows how to look into a Journey: time zones, a branch, and who did not enter and why.
//
// The program runs offline: it needs no account, key or network. Run it with: go run ./examples/journey-testing
package main

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"time"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

//go:embed seed.yaml
var seedFile []byte

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "journey-testing:", err)
		os.Exit(1)
	}
}

// saturday is the evening before the clocks go forward in New York.
var saturday = time.Date(2026, 3, 7, 20, 0, 0, 0, time.UTC)

func run(ctx context.Context) error {
	seed, err := emulator.ParseSeed(seedFile)
	if err != nil {
		return err
	}
	emu, err := emulator.New(emulator.WithSeed(seed), emulator.WithStartTime(saturday))
	if err != nil {
		return err
	}
	defer emu.Close()

	skipped, err := signUp(ctx, emu)
	if err != nil {
		return err
	}

	fmt.Println("\n1. Nine in the morning is a different time for each of them:")
	for _, run := range emu.Runs("welcome").All() {
		fmt.Printf("   %-20s waits until %s\n", run.Email, run.Waiting.Until.Format(time.RFC3339))
	}

	emu.Advance(24 * time.Hour)
	fmt.Println("\n2. A day later each has an email, from the branch that fits:")
	for _, msg := range emu.Outbox().All() {
		fmt.Printf("   %s %s\n", msg.At.Format(time.RFC3339), msg.Subject)
	}

	fmt.Println("\n3. Why Chiara got her email:")
	fmt.Print(emu.Explain(emu.Outbox().To("chiara@example.com").Last().SendID))
	fmt.Println("\n4. Why the others did not enter:")
	fmt.Print(emu.Explain(skipped...))
	return nil
}

// signUp tracks events. It returns the ids of the events that did not start the Journey.
func signUp(ctx context.Context, emu *emulator.Emulator) (skipped []string, err error) {
	client := emu.Client()
	for _, who := range []struct{ email, plan string }{
		{"alex@example.com", "Pro"}, {"bruno@example.com", "Pro"}, {"chiara@example.com", "Team"},
		{"bruno@example.com", "Free"}, {"dora@example.com", "Pro"}, {"alex@example.com", "Team"},
	} {
		event, err := client.Events.Track(ctx, &segmentflow.TrackEventParams{
			Event:   "signed.up",
			Profile: segmentflow.ProfileIdentity{Email: who.email},
			Data:    map[string]any{"plan": who.plan},
		}, segmentflow.WithIdempotencyKey("signed.up:"+who.email+":"+who.plan))
		if err != nil {
			return nil, err
		}
		fmt.Printf("%s signs up for %s: enrolled %d, skipped %d\n",
			who.email, who.plan, event.EnrolledJourneys, event.SkippedJourneys)
		if event.SkippedJourneys > 0 {
			skipped = append(skipped, event.EventID)
		}
	}
	return skipped, nil
}
