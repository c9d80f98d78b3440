package emulator

import (
	"context"

	"github.com/segmentflow/segmentflow-go/emulator/internal/evidence"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// WithEvidence keeps the world of a test that fails, as a file, and logs a command that opens it in the dashboard. The
// clock then stands at the instant at which the test ended, and nothing has run since. A test that passes leaves
// nothing.
//
// The file is in t.ArtifactDir() if t has one that outlives the test, as with go test -artifacts, and otherwise in a new
// directory below os.TempDir(). It is a copy also if the emulator has a database file. It contains the world's secrets,
// such as API keys. What was kept is the test passed to Start or Fork; for an emulator made with New there is none, so
// New refuses the option.
func WithEvidence() Option { return func(opts *options) { opts.evidence = true } }

// keepEvidence keeps the world of a test that has failed.
func (e *Emulator) keepEvidence() {
	if !e.options.evidence {
		return
	}
	e.tb.Helper()
	e.rememberEvidence()
	if e.evidence == nil {
		return
	}
	path, err := evidence.NewFile(e.tb)
	if err == nil {
		err = world.WriteImage(path, e.evidence)
	}
	if err != nil {
		e.tb.Logf("emulator: the world of this test could not be kept: %v", err)
		return
	}
	e.tb.Logf("emulator: this opens the world of the test as it was at %s:\n%s",
		world.Stamp(e.Now()), evidence.Command(path))
}

// rememberEvidence takes the image of the world that is kept if the test fails. It takes it once.
func (e *Emulator) rememberEvidence() {
	if !e.options.evidence || e.tb == (noTest{}) || e.evidence != nil {
		return
	}
	ctx := context.Background()
	err := e.world.Act(ctx, world.First, func(*world.Tx) error { return nil }) // what is due belongs to this instant
	if err == nil {
		e.evidence, err = e.world.Image(ctx)
	}
	if err != nil {
		e.tb.Logf("emulator: the world of this test could not be kept: %v", err)
	}
}
