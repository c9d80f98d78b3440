package emulator

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/clock"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// Image is the whole world of one instant: all data, the time, and how far the sequence of ids has come. It is a SQLite
// database, so sqlite3 and the command segmentflow-emulator --db open it as a file. The journal, faults and options are
// not part of it.
//
// An image contains the world's secrets, such as API keys. Only an emulator with the same schema can read it; the error
// of another one names both schemas.
type Image []byte

// WriteTo writes the image to a new file, which appears with all of its content or not at all. If the file exists,
// WriteTo returns an error and changes nothing.
func (img Image) WriteTo(path string) error {
	return failed(call("Image.WriteTo", path), world.WriteImage(path, img))
}

// ReadImage reads an image from a file: one that WriteTo has written, or the database file of an emulator, also of one
// that runs or was killed. It changes no file.
func ReadImage(path string) (Image, error) {
	image, err := world.ReadImage(path)
	return image, failed(call("ReadImage", path), err)
}

// failed adds the name of a function to its error.
func failed(what string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, world.ErrClosed):
		return fmt.Errorf("emulator: %s: the emulator is closed; call it before Close", what)
	}
	return fmt.Errorf("emulator: %s: %w", what, err)
}

// Snapshot returns an image of this instant. It changes nothing and runs no due work. An email that is being handed to
// an SMTP server is Failed with relay_interrupted where the image is opened; call Idle first to wait for it.
func (e *Emulator) Snapshot() (Image, error) {
	image, err := e.world.Image(context.Background())
	return image, failed("Snapshot", err)
}

// Restore replaces everything, also in a database file, by the world of the image. The clock is at the image's instant,
// and the journal is empty. Reset still goes back to what the emulator was started with. If the image cannot be used,
// Restore returns an error and changes nothing. A killed process leaves the old world in the file, or the new one.
func (e *Emulator) Restore(img Image) error {
	return failed("Restore", e.world.Restore(context.Background(), img))
}

// WithImage starts from the world of an image instead of an empty one. The clock starts at the image's instant, also
// inside a testing/synctest bubble; WithStartTime then only freezes it, whatever its time is. The ids go on as in the
// image, whatever WithSeedNumber says. Seeds are applied on top of the image, as Seed does. Reset goes back to the
// image.
//
// Together with WithDatabase, a new file is filled from the image. A file that has a world continues where it stopped.
// The clock of a file that was made from an image does too: it does not catch up with the machine's time.
func WithImage(img Image) Option {
	return func(opts *options) {
		opts.refuse(len(img) == 0, "WithImage: the image is empty; pass one that Snapshot or ReadImage has returned")
		opts.refuse(opts.image != nil, "WithImage: there is an image already; an emulator starts from one")
		opts.image = img
	}
}

// Fork starts a second emulator from a copy of this one, of this very instant: data, time and ids. Both go on alike
// until something differs, and neither sees what the other does. The copy is in memory and has the same options. Its
// Reset goes back to the instant of the fork. Its journal is empty, and it has no faults. It is closed when t ends.
//
//	t.Run("declined", func(t *testing.T) {
//		emu := emu.Fork(t)
//		…
//	})
func (e *Emulator) Fork(t TB) *Emulator {
	requireTest("Fork", t)
	t.Helper()
	return started(t)(e.fork(t))
}

// TryFork is Fork outside of a test. The caller must call Close.
func (e *Emulator) TryFork() (*Emulator, error) { return e.fork(noTest{}) }

func (e *Emulator) fork(tb TB) (*Emulator, error) {
	image, err := e.world.Image(context.Background())
	if err != nil {
		return nil, failed("Fork", err)
	}
	return open(tb, e.options.from(image))
}

// from returns the options of an emulator that starts from the world that these options have made. They are in it
// already, as far as they are about data.
func (opts options) from(image []byte) options {
	opts.image, opts.known = image, true
	opts.database, opts.seedFiles, opts.seeds, opts.reseed = world.InMemory, nil, nil, false
	return opts
}

// Fixture is a world that is built once and started from as often as tests need it. Its methods may be called from
// several goroutines and testing/synctest bubbles.
type Fixture struct {
	build   func(*Emulator) error
	options []Option
	called  time.Time // when World was called

	once sync.Once
	from options // what to start from the built world with
	err  error
}

// World returns a Fixture. Its world is built when it is first needed: by an emulator with these options and what build
// does with it. If build returns an error, or a method in it fails, every Start fails with that error.
//
//	var world = emulator.World(func(emu *emulator.Emulator) error {
//		_, err := emu.Client().Emails.Send(context.Background(), …)
//		return err
//	}, emulator.WithSeedFile("testdata/acme.yaml"))
//
//	func TestReceipt(t *testing.T) {
//		emu := world.Start(t)
//		…
//	}
//
// While build runs, the clock stands still. Without WithStartTime it stands at the moment when World was called.
func World(build func(emu *Emulator) error, opts ...Option) *Fixture {
	return &Fixture{build: build, options: opts, called: clock.MachineTime()}
}

// Start starts an emulator from the world, for one test, like the function Start. It has the options of World, except
// those about data, and then those that are passed.
func (fixture *Fixture) Start(t TB, opts ...Option) *Emulator {
	requireTest("Start", t)
	t.Helper()
	return started(t)(fixture.open(t, opts))
}

// New is Start outside of a test. The caller must call Close.
func (fixture *Fixture) New(opts ...Option) (*Emulator, error) { return fixture.open(noTest{}, opts) }

func (fixture *Fixture) open(tb TB, list []Option) (*Emulator, error) {
	fixture.once.Do(func() {
		fixture.err = errors.New("the function ended its goroutine; it has no test, so it must return its errors")
		fixture.from, fixture.err = fixture.made()
	})
	if fixture.err != nil {
		return nil, fmt.Errorf("emulator: World: %w", fixture.err)
	}
	opts := fixture.from
	if err := opts.apply(list); err != nil {
		return nil, err
	}
	return open(tb, opts)
}

// made builds the world and returns the options of the emulators that start from it.
func (fixture *Fixture) made() (from options, err error) {
	opts := defaults()
	_ = opts.apply(fixture.options)
	opts.refuse(fixture.build == nil, "the function is nil; use Start with options alone")
	opts.refuse(opts.database != world.InMemory, "a world is built in memory; pass WithDatabase to Start")
	if err := errors.Join(opts.mistakes...); err != nil {
		return from, err
	}
	from = opts
	if opts.start.IsZero() {
		opts.start = fixture.called
	}
	emu, err := open(noTest{}, opts)
	if err != nil {
		return from, err
	}
	defer func() { err = errors.Join(err, emu.Close()) }()

	if err := carryOut(fixture.build, emu); err != nil {
		return from, err
	}
	switch err := emu.Idle(context.Background()); {
	case errors.Is(err, world.ErrClosed):
		return from, errors.New("the function has closed the emulator; World does that")
	case err != nil:
		return from, err
	}
	image, err := emu.Snapshot()
	return from.from(image), err
}

// carryOut returns the error of a function. A panic becomes an error: a method of an emulator without a test panics if
// it fails.
func carryOut(build func(*Emulator) error, emu *Emulator) (err error) {
	defer func() {
		switch reason := recover().(type) {
		case nil:
		case string:
			err = errors.New(strings.TrimPrefix(reason, "emulator: "))
		default:
			err = fmt.Errorf("panic: %v\n%s", reason, debug.Stack())
		}
	}()
	return build(emu)
}
