package emulator_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// A package's world is built once. Every test starts from it.
func ExampleWorld() {
	var world = emulator.World(func(emu *emulator.Emulator) error {
		_, err := emu.Client().Emails.Send(context.Background(), &segmentflow.SendEmailParams{
			TemplateID: emu.ID("template", "hello"),
			To:         &segmentflow.Recipient{Email: "alex@example.com"},
		})
		return err
	})

	for range 2 {
		emu, err := world.New() // in a test: world.Start(t)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(emu.Outbox().Count())
		emu.Close()
	}
	// Output:
	// 1
	// 1
}

// A fork has its own future.
func ExampleEmulator_TryFork() {
	emu, err := emulator.New(emulator.WithStartTime(time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)))
	if err != nil {
		log.Fatal(err)
	}
	defer emu.Close()
	fork, err := emu.TryFork() // in a test: emu.Fork(t)
	if err != nil {
		log.Fatal(err)
	}
	defer fork.Close()

	fork.Advance(72 * time.Hour)
	fmt.Println(emu.Now().Format(time.DateOnly), fork.Now().Format(time.DateOnly))
	// Output: 2026-03-02 2026-03-05
}

// An image is a database file. The command opens it with segmentflow-emulator --db world.db.
func ExampleImage_WriteTo() {
	emu, err := emulator.New()
	if err != nil {
		log.Fatal(err)
	}
	defer emu.Close()
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)

	img, err := emu.Snapshot()
	if err != nil {
		log.Fatal(err)
	}
	path := filepath.Join(dir, "world.db")
	fmt.Println(img.WriteTo(path))
	again, err := emulator.ReadImage(path)
	fmt.Println(string(again[:15]), err)
	// Output:
	// <nil>
	// SQLite format 3 <nil>
}
