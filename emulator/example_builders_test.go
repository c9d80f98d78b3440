package emulator_test

import (
	"context"
	"fmt"
	"time"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
	"github.com/segmentflow/segmentflow-go/emulator/define"
)

// trialSeed has a Journey of a trial, built with package define.
func trialSeed() emulator.Seed {
	mail := func(subject string) define.Content {
		return define.Content{Subject: subject, HTML: "<p>Hi ${/profile/firstName}</p>"}
	}
	return emulator.Seed{
		Domains:        []emulator.SeedDomain{{Domain: "acme.example"}},
		SenderProfiles: []emulator.SeedSenderProfile{{Key: "shop", Email: "shop@acme.example", Default: true}},
		Templates: []emulator.SeedTemplate{
			{Key: "welcome", Purpose: "Transactional", Definition: mail("Welcome, ${/profile/firstName}")},
			{Key: "reminder", Purpose: "Transactional", Definition: mail("Your trial ends soon")},
		},
		Journeys: []emulator.SeedJourney{{
			Key:    "trial",
			Status: "Active",
			Entry:  define.OnEvent{Event: "trial.started", Filter: define.State("/event/plan").In("Pro", "Team")},
			ExitOn: define.ExitRules{{ID: "bought", Event: "plan.purchased"}},
			Start:  "welcome",
			Nodes: define.Nodes{
				define.Email{ID: "welcome", Template: "welcome", Next: "wait"},
				define.Delay{ID: "wait", For: 25 * define.Day, Next: "active"},
				define.Branch{
					ID: "active",
					Paths: []define.Path{{
						ID:   "no",
						When: define.Performed{Event: "app.opened", Within: define.Week, Count: define.FewerThan(3)},
						Next: "reminder",
					}},
					Default: "done",
				},
				define.Email{ID: "reminder", Template: "reminder", Next: "done"},
				define.Exit{ID: "done"},
			},
		}},
	}
}

// startTrial starts the trial of a Profile.
func startTrial(client *segmentflow.Client) error {
	_, err := client.Events.Track(context.Background(), &segmentflow.TrackEventParams{
		Event: "trial.started",
		Profile: segmentflow.ProfileIdentity{
			Email:      "alex@example.com",
			Properties: map[string]any{"firstName": "Alex"},
		},
		Data: map[string]any{"plan": "Pro"},
	})
	return err
}

// A seed in Go, with types for the entry, the conditions and the nodes of a Journey.
func ExampleSeed() {
	emu, err := emulator.New(
		emulator.WithSeed(trialSeed()),
		emulator.WithStartTime(time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)))
	if err != nil {
		panic(err)
	}
	defer emu.Close()

	if err := startTrial(emu.Client()); err != nil {
		panic(err)
	}
	emu.Advance(30 * define.Day)

	for _, msg := range emu.Outbox().All() {
		fmt.Println(msg.At.Format(time.DateOnly), msg.Subject)
	}
	// Output:
	// 2026-03-02 Welcome, Alex
	// 2026-03-27 Your trial ends soon
}

// Mistakes in a seed are reported together, each with its path.
func ExampleSeedError() {
	seed := trialSeed()
	seed.Journeys[0].Nodes = define.Nodes{
		define.Delay{ID: "welcome", For: -3 * define.Day, Next: "gone"},
	}
	_, err := emulator.New(emulator.WithSeed(seed))
	fmt.Println(err)
	// Output:
	// the seed has 2 problems:
	// 	/journeys/0/nodes/0/for: "-P3D" is not a duration: it must not have a sign
	// 	/journeys/0/nodes/0/next: there is no node "gone"
}

// While a Journey is paused, its runs stay where they are. When it is activated again, what became due happens at once.
func ExampleEmulator_Pause() {
	emu, err := emulator.New(emulator.WithSeed(trialSeed()))
	if err != nil {
		panic(err)
	}
	defer emu.Close()
	if err := startTrial(emu.Client()); err != nil {
		panic(err)
	}

	emu.Pause("trial")
	emu.Advance(30 * define.Day)
	fmt.Println("paused:", emu.Outbox().Template("reminder").Count())

	emu.Activate("trial")
	fmt.Println("active:", emu.Outbox().Template("reminder").Count())
	// Output:
	// paused: 0
	// active: 1
}
