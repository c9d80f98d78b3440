package emulator

import (
	"bytes"
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

// Image is the whole world of one instant: all data, the time, and the state of the sequence of ids. It is a SQLite
// database: as a file, sqlite3 and the command segmentflow-emulator --db open it. The journal, faults and options are
// not part of it.
//
// An image contains the world's secrets, such as API keys. It fits only emulators with the same schema; another one
// returns an error that names both schemas.
type Image []byte

// WriteTo writes the image to a new file, which appears with all of its content or not at all. If the file exists,
// WriteTo returns an error and changes nothing.
func (img Image) WriteTo(path string) error {
	return failed(call("Image.WriteTo", path), world.WriteImage(path, img))
}

// ReadImage reads an image from a file that WriteTo has written, or from the database file of an emulator. That
// emulator may be running or may have been killed. ReadImage changes no file.
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
// an SMTP server is Failed with relay_interrupted where the image is opened, and a webhook that is being sent is sent
// there once more; call Idle first to wait for both.
func (e *Emulator) Snapshot() (Image, error) {
	image, err := e.world.Image(context.Background())
	return bytes.Clone(image), failed("Snapshot", err) // forks share the image
}

// Restore replaces everything, also in a database file, by the world of the image. The clock is then at the image's
// instant, the journal is empty, and faults and rate limits are gone. Reset still goes back to what the emulator was
// started with. If the image cannot be used, Restore returns an error and changes nothing. If the process is killed
// meanwhile, the file has either the old world or the new one.
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

// Fork starts a second emulator with a copy of this one's world: its data, its time and its sequence of ids at this
// instant, after it has run what is due. Neither sees what happens in the other, and the same calls get the same ids.
// The copy is in memory and has the same options, an empty journal and no faults. Its Reset goes back to the instant of
// the fork. It is closed when t ends.
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
	image, moment, err := world.Fork(context.Background(), e.world)
	if err != nil {
		return nil, failed("Fork", err)
	}
	opts := e.options.from(image)
	opts.moment = moment
	return open(tb, opts)
}

// from returns the options of an emulator that starts from the world that these options have made. They are in it
// already, as far as they are about data.
func (opts options) from(image []byte) options {
	opts.image, opts.known, opts.moment = image, true, nil
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

// World returns a Fixture. Its world is built when the first test needs it: an emulator starts with these options, and
// build fills it. If build returns an error, or a method in it fails, every Start fails with that error.
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

// Start starts an emulator with a copy of the world, for one test, like the function Start. It has the options passed
// to World, and then those passed to Start. The seeds of World are in the copy already.
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
	opts.guards, opts.evidence = 0, false // they are for the tests that start from it
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
