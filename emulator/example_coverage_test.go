package emulator_test

import (
	"context"
	"fmt"
	"os"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// upgrade stands for the tests of a program: it triggers one Journey.
func upgrade() {
	emu, err := emulator.New(emulator.WithSeedFile("testdata/acme.yaml"))
	if err != nil {
		panic(err)
	}
	_, err = emu.Client().Journeys.Trigger(context.Background(), "loyalty-upgrade", &segmentflow.TriggerJourneyParams{
		Profile:   segmentflow.TriggerProfile{Email: "chiara@example.com"},
		Variables: map[string]any{"newTier": "gold"},
	})
	if err != nil {
		panic(err)
	}
	if err := emu.Close(); err != nil {
		panic(err)
	}
}

// recordUpgrade records what upgrade reaches. It returns the directory.
func recordUpgrade() string {
	dir, err := os.MkdirTemp("", "coverage")
	if err != nil {
		panic(err)
	}
	os.Setenv("SEGMENTFLOW_JOURNEY_COVERAGE", dir)
	defer os.Unsetenv("SEGMENTFLOW_JOURNEY_COVERAGE")
	upgrade()
	return dir
}

// The tests have triggered one of three Journeys.
func ExampleReadCoverage() {
	dir := recordUpgrade() // or: SEGMENTFLOW_JOURNEY_COVERAGE=dir go test -count=1 ./...
	defer os.RemoveAll(dir)

	coverage, err := emulator.ReadCoverage(dir)
	if err != nil {
		panic(err)
	}
	for _, journey := range coverage.Journeys {
		fmt.Println(journey.Key, journey.Reached, "of", journey.Total)
	}
	fmt.Println(coverage.Percent(), "%")
	// Output:
	// loyalty-upgrade 3 of 4
	// password-reset 0 of 5
	// trial-onboarding 0 of 19
	// 10.7 %
}

// Missed lists what no test has reached. Here no test has started the Journey.
func ExampleJourneyCoverage_Missed() {
	dir := recordUpgrade()
	defer os.RemoveAll(dir)

	coverage, err := emulator.ReadCoverage(dir)
	if err != nil {
		panic(err)
	}
	for _, journey := range coverage.Journeys {
		if journey.Key != "password-reset" {
			continue
		}
		for _, part := range journey.Missed() {
			fmt.Println(part.Kind, part.Node, part.Name)
		}
	}
	// Output:
	// node mail email
	// branch mail sent
	// skip mail suppressed
	// node done exit
	// skip  suppressed
}
