package emulator_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// In a test, Start takes the options, and the reports fail the test when it ends.
func ExampleWithGuards() {
	emu, err := emulator.New(
		emulator.WithStartTime(time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)),
		emulator.WithGuards(emulator.GuardErrors),
	)
	if err != nil {
		panic(err)
	}
	_, _ = emu.Client().Emails.Retrieve(context.Background(), "8a1c7b0e-52f4-4c1c-9b57-2f5a6f1f0c55")
	fmt.Println(emu.Close())
	// Output:
	// emulator: GuardErrors: calls were refused, and nothing announced it:
	//   2026-03-02T09:00:00.000Z retrieveEmail 404 not_found, EmailSend, called at example_guards_test.go:22
	//     try: emu.Expect("not_found") before the call, if the test wants this answer
}

// The test wants the answer not_found, so GuardErrors does not report it.
func ExampleEmulator_Expect() {
	emu, err := emulator.New(emulator.WithGuards(emulator.GuardErrors))
	if err != nil {
		panic(err)
	}
	emu.Expect("not_found")
	_, err = emu.Client().Emails.Retrieve(context.Background(), "8a1c7b0e-52f4-4c1c-9b57-2f5a6f1f0c55")
	fmt.Println(errors.Is(err, segmentflow.ErrNotFound), emu.Close())
	// Output: true <nil>
}
