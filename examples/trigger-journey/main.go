// Command trigger-journey starts one Journey for one Profile, with variables for that run, and follows the run to its
// end. The run changes the Profile, waits for twelve hours and sends an email.
//
// Run it with: go run ./examples/trigger-journey. It runs on an emulator in this process, whatever the environment
// contains. To start a real run, use -hosted -journey KEY -to EMAIL, with the key in SEGMENTFLOW_API_KEY.
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

func main() {
	hosted := flag.Bool("hosted", false, "start one real run through the hosted API")
	journey := flag.String("journey", "", "with -hosted: the key of an Active Journey with an API entry")
	to := flag.String("to", "", "with -hosted: the address of the Profile that enters it")
	flag.Parse()
	if err := run(context.Background(), *hosted, *journey, *to); err != nil {
		fmt.Fprintln(os.Stderr, "trigger-journey:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, hosted bool, journey, to string) error {
	switch {
	case hosted && (journey == "" || to == ""):
		return errors.New("-hosted starts a real run and needs -journey KEY and -to EMAIL; nothing was started")
	case hosted:
		client, err := segmentflow.NewFromEnv()
		if err != nil {
			return err
		}
		_, err = trigger(ctx, client, journey, segmentflow.TriggerProfile{Email: to})
		return err
	case journey != "" || to != "":
		return errors.New("-journey and -to can be used only with -hosted; nothing was started")
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

	return followRun(ctx, emu)
}

func followRun(ctx context.Context, emu *emulator.Emulator) error {
	client := emu.Client()
	runID, err := trigger(ctx, client, "loyalty-upgrade", segmentflow.TriggerProfile{ExternalID: "cus_123"})
	if err != nil {
		return err
	}

	emu.Advance(12 * time.Hour)
	run, err := client.Journeys.RetrieveRun(ctx, runID)
	if err != nil {
		return err
	}
	if run.Status != segmentflow.JourneyRunStatusCompleted {
		return fmt.Errorf("the run is %s after twelve hours", run.Status)
	}
	fmt.Printf("After twelve hours on the emulator's clock: %s\n\n", run.Status)

	msg := emu.Outbox().To("alex@example.com").Last()
	fmt.Printf("  | Subject: %s\n  |\n", msg.Subject)
	fmt.Println("  | " + strings.ReplaceAll(strings.TrimSpace(msg.Text), "\n", "\n  | "))
	return nil
}

func trigger(
	ctx context.Context, client *segmentflow.Client, journey string, profile segmentflow.TriggerProfile,
) (runID string, err error) {
	started, err := client.Journeys.Trigger(ctx, journey, &segmentflow.TriggerJourneyParams{
		Profile:   profile,
		Variables: map[string]any{"newTier": "gold", "points": 1200},
	})
	switch {
	case errors.Is(err, segmentflow.ErrNotFound):
		return "", fmt.Errorf("there is no Journey %q: %w", journey, err)
	case err != nil:
		return "", err
	}
	fmt.Printf("Run %s of %s: %s\n", started.RunID, journey, started.Status)
	run, err := client.Journeys.RetrieveRun(ctx, started.RunID)
	if err != nil {
		return "", err
	}
	fmt.Printf("Retrieved at once: %s, started at %s\n", run.Status, run.TriggeredAt.Format(time.RFC3339))
	return run.RunID, nil
}
