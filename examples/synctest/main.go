// Command synctest is a club that writes to its new members from a goroutine, after its handler has answered, with its
// tests. The tests wait for these emails without polling, and thirty days pass in a moment.
//
// Read club.go, then club_test.go, which uses the bubbles of testing/synctest. Run the tests with:
// go test ./examples/synctest. Bubbles exist in tests only. To run the club once on an emulator, with the time that it
// really takes: go run ./examples/synctest
package main

import (
	"context"
	_ "embed"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator"
)

//go:embed seed.yaml
var seedFile []byte

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "synctest:", err)
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

	club := &Club{Client: emu.Client(), Welcome: emu.ID("template", "welcome"), Grace: 100 * time.Millisecond}
	defer club.Close()
	w := httptest.NewRecorder()
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/join?email=alex@example.com&name=Alex", nil)
	club.ServeHTTP(w, r)
	fmt.Printf("The handler has answered %d. Emails so far: %d\n", w.Code, emu.Outbox().Count())

	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	welcome, err := emu.Outbox().To("alex@example.com").Await(ctx)
	if err != nil {
		return err
	}
	fmt.Printf("A goroutine has sent: %s\n", welcome.Subject)

	run, err := emu.AwaitRun(ctx, "first-month", "alex@example.com")
	if err != nil {
		return err
	}
	fmt.Printf("The Journey %s waits for %.0f days\n", run.Journey, run.Waiting.Until.Sub(run.TriggeredAt).Hours()/24)

	emu.Advance(30 * 24 * time.Hour)
	asked, err := emu.Outbox().Carrier(emulator.CarrierJourney, run.RunID).Await(ctx)
	if err != nil {
		return err
	}
	fmt.Printf("Thirty days later: %s\n", asked.Subject)
	return nil
}
