package main

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator"
)

// moment is when the worlds begin.
var moment = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// rootFolder returns the path of the SDK's module.
var rootFolder = sync.OnceValues(func() (string, error) {
	root, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/segmentflow/segmentflow-go").Output()
	return strings.TrimSpace(string(root)), err
})

// acmeFile returns the path of the seed that the worlds are made of.
func acmeFile() (string, error) {
	root, err := rootFolder()
	return filepath.Join(root, "emulator", "testdata", "acme.yaml"), err
}

var acmeSeed = sync.OnceValues(func() (emulator.Seed, error) {
	file, err := acmeFile()
	if err != nil {
		return emulator.Seed{}, err
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		return emulator.Seed{}, err
	}
	return emulator.ParseSeed(raw)
})

// acme starts a world with the shop.
func acme(opts ...emulator.Option) (*emulator.Emulator, error) {
	seed, err := acmeSeed()
	if err != nil {
		return nil, err
	}
	return emulator.New(append([]emulator.Option{
		emulator.WithSeed(seed), emulator.WithStartTime(moment), emulator.WithLogger(slog.New(slog.DiscardHandler)),
	}, opts...)...)
}

// database is the option for a file, or none for a world in memory.
func database(path string) []emulator.Option {
	if path == "" {
		return nil
	}
	return []emulator.Option{emulator.WithDatabase(path)}
}

func journey(format string, args ...any) (j emulator.SeedJourney, err error) {
	raw := fmt.Sprintf(format, args...)
	return j, json.Unmarshal([]byte(raw), &j)
}

// waitingJourney is one in which a run waits some days.
const waitingJourney = `{"key": %q, "name": "J", "status": "Active", "entry": %s, "start": "wait", "nodes": [
	{"id": "wait", "type": "delay", "for": %q, "next": "done"}, {"id": "done", "type": "exit"}]}`

// shoppers are Profiles with a property.
func shoppers(n int) (profiles []emulator.SeedProfile) {
	for i := range n {
		profiles = append(profiles, emulator.SeedProfile{Email: fmt.Sprintf("shopper%d@example.com", i),
			Properties: map[string]any{"tier": "gold", "firstName": fmt.Sprint("Shopper ", i)}})
	}
	return profiles
}
