package emulator

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/clock"
	"github.com/segmentflow/segmentflow-go/emulator/internal/coverage"
	"github.com/segmentflow/segmentflow-go/emulator/internal/evidence"
	"github.com/segmentflow/segmentflow-go/emulator/internal/faults"
	"github.com/segmentflow/segmentflow-go/emulator/internal/gateway"
	"github.com/segmentflow/segmentflow-go/emulator/internal/guard"
	"github.com/segmentflow/segmentflow-go/emulator/internal/idle"
	"github.com/segmentflow/segmentflow-go/emulator/internal/seed"
	"github.com/segmentflow/segmentflow-go/emulator/internal/tell"
	"github.com/segmentflow/segmentflow-go/emulator/internal/web"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// DefaultAPIKey always exists. It belongs to the first Organization and has every scope and allowSends.
const DefaultAPIKey = "sk_test_emulator"

// TB is the part of testing.TB that the emulator uses. *testing.T, *testing.B and *testing.F implement it. If the test
// also has Errorf, Skipped or ArtifactDir, guards and WithEvidence use them.
type TB interface {
	Helper()
	Cleanup(func())
	Fatalf(format string, args ...any)
	Logf(format string, args ...any)
	Name() string
	Failed() bool
}

// Emulator is one emulated backend with its own database, clock and ids. It is safe for concurrent use; calls run one
// at a time. A method that fails the test fails the one that was passed to Start or For. If the emulator was made with
// New, there is no test, and the method panics.
type Emulator struct {
	*core
	tb       TB   // the test that failures are reported to, or noTest
	borrowed bool // made by For
}

// core is what all handles on one emulator share.
type core struct {
	world   *world.World
	options options
	log     *slog.Logger
	journal *gateway.Journal
	refused refused
	socket  socket
	calls   *idle.Calls // calls of the API that are under way
	waits   waits
	faults  *faults.List
	limits  *faults.Limits

	seeds   []seed.Seed // applied last, if some are from files; guarded by the world's lock
	start   seed.Start
	reading atomic.Pointer[seed.Reading] // the newest of RereadSeeds, never nil

	coverage *coverage.Recorder // nil if the variable is not set

	handler   lazyHandler // of all routes
	dashboard *web.Dashboard
	guards    *guard.Set               // nil if there are none
	looked    sync.Once                // by the guards, for the last time
	evidence  []byte                   // the image of a failed test, or of a test that has closed its emulator
	kept      atomic.Pointer[tell.IDs] // nil until Close
	computed  sync.Map                 // the kinds and keys of the ids that SeedID has computed
}

// noTest stands for the test of an emulator that was made with New.
type noTest struct{ TB }

func (noTest) Helper() {}

func (noTest) Logf(string, ...any) {}

func (noTest) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }

// Start starts an emulator for one test. It is closed when the test ends. If an option or a seed cannot be carried out,
// Start fails the test. Subtests and helpers that use the emulator call For. An emulator that was started in a
// testing/synctest bubble works only there: the runtime ends a program that uses it outside.
func Start(t TB, opts ...Option) *Emulator {
	requireTest("Start", t)
	t.Helper()
	return started(t)(newEmulator(t, opts))
}

// started returns a function that hands an emulator to its test. If there is an error, the function fails the test.
func started(t TB) func(*Emulator, error) *Emulator {
	return func(e *Emulator, err error) *Emulator {
		t.Helper()
		if err != nil {
			t.Fatalf("emulator: %s", strings.TrimPrefix(err.Error(), "emulator: "))
			return nil
		}
		t.Cleanup(e.finish)
		return e
	}
}

// New starts an emulator outside of a test. The caller must call Close. New returns an error if an option cannot be
// carried out, a seed does not fit or the database does not open; it then leaves nothing behind.
func New(opts ...Option) (*Emulator, error) { return newEmulator(noTest{}, opts) }

// For returns a handle on the same emulator whose methods fail t. Use it in a subtest, and in a test that uses an
// emulator made with New or shared by several tests: a failure must be reported to the t of the test that runs.
//
//	emu := emulator.Start(t)
//	t.Run("receipt", func(t *testing.T) {
//		emu := emu.For(t)
//		emu.Advance(time.Hour) // fails the subtest
//	})
//
// The handles share everything else: the data, the clock, the ids and the log, which still goes to the test passed to
// Start. The emulator is not closed when t ends, and closing the returned handle is an error.
func (e *Emulator) For(t TB) *Emulator {
	requireTest("For", t)
	return &Emulator{core: e.core, tb: t, borrowed: true}
}

// requireTest panics if there is no test, because then there is nothing to report the mistake to.
func requireTest(function string, t TB) {
	value := reflect.ValueOf(t)
	if t == nil || value.Kind() == reflect.Pointer && value.IsNil() {
		panic("emulator: " + function + " needs the test's t, and it is nil; outside of a test, use New")
	}
}

func newEmulator(tb TB, list []Option) (*Emulator, error) {
	opts := defaults()
	_ = opts.apply(list)
	opts.refuse(opts.evidence && tb == (noTest{}),
		"WithEvidence: there is no test that can fail; use Start, or Snapshot")
	if err := errors.Join(opts.mistakes...); err != nil {
		return nil, err
	}
	return open(tb, opts)
}

// open opens an emulator.
func open(tb TB, opts options) (*Emulator, error) {
	e := &Emulator{tb: tb, core: &core{
		options: opts,
		calls:   idle.NewCalls(clock.InBubble),
		guards:  guard.New(opts.guards),
	}}
	e.log = logger(tb, opts.log, &e.refused)
	e.start = e.startWith(opts)
	now := func() (time.Time, bool) { return e.world.TryNow() }
	e.journal = gateway.NewJournal(opts.database == world.InMemory, now)
	e.faults, e.limits = faults.NewList(knownNames), faults.NewLimits(knownNames)
	e.waits.real, e.waits.frozen, e.waits.limits = opts.realWaits, !opts.start.IsZero(), e.limits
	e.journal.Watch(e.waits.saw)
	if opts.bodies {
		e.journal.KeepBodies()
	}
	if tb != (noTest{}) {
		e.refused.logf = tb.Logf
		e.journal.Watch(e.refused.see)
	}

	var err error
	if e.coverage, err = coverage.Open(os.Getenv(coverage.Variable)); err != nil {
		return nil, err
	}
	opened, err := world.Open(world.Config{
		Database:   opts.database,
		Start:      opts.start,
		Live:       opts.live,
		Held:       opts.manual,
		SeedNumber: opts.seedNumber,
		SMTP:       opts.smtp,
		Webhook:    opts.webhook,
		Log:        e.log,
		Coverage:   e.coverage,
		Image:      opts.image,
		Known:      opts.known,
		Moment:     opts.moment,
		Digest:     e.start.Digest,
		Populate:   e.populate,
		BaseURL:    e.baseURL,
		Began:      gateway.Began,
		Kept:       e.journal.Number,
		Renewed:    e.renewed,
		Watch:      e.guards.Watch(),
	})
	if _, invalid := errors.AsType[*world.ImageError](err); invalid {
		return nil, fmt.Errorf("WithImage: %w", err)
	}
	if err != nil {
		return nil, err
	}

	e.world = opened
	e.dashboard = web.New(e.backend())
	return e, nil
}

// backend returns what the dashboard shows and changes.
func (e *Emulator) backend() web.Backend {
	return web.Backend{
		World:   e.world,
		Log:     e.log,
		Journal: e.journal,
		Faults:  e.faults,
		Limits:  e.limits,
		Seeds:   e.reading.Load,
		Reset:   e.world.Reset,
		Restore: e.world.Restore,

		BaseURL:   e.baseURL,
		PublicURL: e.options.publicURL,
		Hosts:     e.options.hosts,
		Database:  e.options.database,
	}
}

// renewed is called after a Reset or a Restore.
func (e *Emulator) renewed(at time.Time, kept string) {
	e.journal.Clear(at, kept)
	e.faults.Reset()
	e.limits.Reset()
	e.waits.n.Store(0)
	e.guards.Renew()
}

func logger(tb TB, log *slog.Logger, told *refused) *slog.Logger {
	switch {
	case log != nil:
		return log
	case tb == (noTest{}):
		return slog.New(slog.DiscardHandler)
	}
	return slog.New(slog.NewTextHandler(testWriter{told}, &slog.HandlerOptions{Level: slog.LevelWarn}))
}

type testWriter struct{ told *refused }

func (writer testWriter) Write(line []byte) (int, error) {
	writer.told.log("emulator: %s", line)
	return len(line), nil
}

// Close stops the emulator. An in-memory database is gone afterwards; a database file stays as it is. Later API calls
// are answered with 503 unavailable. ID and SeedID still work. Close waits for no SMTP server and no receiver of
// webhooks; Idle does. The next emulator on the file goes on with them. If SEGMENTFLOW_JOURNEY_COVERAGE was set at the
// start, Close adds to the Journey coverage. After New, the error has what guards have found.
func (e *Emulator) Close() error {
	if e.borrowed {
		return errors.New("emulator: For made this handle; close the emulator where it was started")
	}
	e.lastLook()
	e.rememberEvidence()
	var found error
	if e.tb == (noTest{}) {
		found = e.guards.Err()
	}
	return errors.Join(found, e.close())
}

func (e *Emulator) close() error {
	defer e.refused.end()
	e.keepIDs()
	e.faults.Close()
	e.limits.Close()
	return errors.Join(e.world.Close(), e.coverage.Close(), e.socket.close())
}

// finish ends the emulator of a test: the guards report, the evidence is kept, and the emulator is closed.
func (e *Emulator) finish() {
	e.tb.Helper()
	e.lastLook()
	failure := e.guards.Report(e.tb)
	if failure != "" || e.tb.Failed() || evidence.Panics() {
		if e.rememberEvidence(); e.evidence != nil {
			evidence.Keep(e.tb, world.Stamp(e.world.Now()), e.evidence, world.WriteImage)
		}
	}
	if err := e.close(); err != nil {
		e.tb.Logf("emulator: close: %v", err)
	}
	if failure != "" {
		e.tb.Fatalf("%s", failure)
	}
}

// lastCalls is how long the guards wait for calls that are under way when the emulator ends.
const lastCalls = time.Second

// lastLook lets the guards look at the world for the last time. Nothing later counts.
func (e *Emulator) lastLook() {
	if e.guards == nil {
		return
	}
	e.looked.Do(func() {
		ctx, stop := context.WithTimeout(context.Background(), lastCalls)
		defer stop()
		_ = e.calls.Wait(ctx) // a call may be answered and not yet seen
		if err := e.world.Act(context.Background(), world.First, e.guards.End); err != nil {
			e.log.Error("the guards could not look at the end", "error", err)
		}
		e.guards.Close()
	})
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

// APIKeySpec describes what an API key may do. The scope "*" stands for every scope. With AllowSends the key may send a
// Broadcast or NewsletterIssue.
type APIKeySpec struct {
	Scopes     []string
	AllowSends bool
}

// NewAPIKey creates an API key in the first Organization and returns its secret. A scope that does not exist fails the
// test.
func (e *Emulator) NewAPIKey(spec APIKeySpec) string {
	e.tb.Helper()
	secret := ""
	e.act("NewAPIKey", func(tx *world.Tx) error {
		for _, scope := range spec.Scopes {
			if err := tell.CheckScope(scope, seed.Scopes()); err != nil {
				return err
			}
		}
		var err error
		secret, err = tx.NewAPIKey(world.APIKey{
			Label: "NewAPIKey", Scopes: spec.Scopes, AllowSends: spec.AllowSends,
		})
		return err
	})
	return secret
}

// call returns a call as Go writes it, such as ID("template", "hello").
func call(method string, args ...string) string {
	quoted := make([]string, len(args))
	for i, arg := range args {
		quoted[i] = strconv.Quote(arg)
	}
	return method + "(" + strings.Join(quoted, ", ") + ")"
}

// must fails the test if err is not nil, for a method that returns no error. If there is no test, it panics.
func (e *Emulator) must(what string, err error) {
	if err == nil {
		return
	}
	e.tb.Helper()
	e.tb.Fatalf("emulator: %s: %v", what, err)
}

// act carries out a Go call on the first Organization, like an API call: what is due runs before it, and what it makes
// due runs before act returns.
func (e *Emulator) act(what string, do func(tx *world.Tx) error) {
	e.tb.Helper()
	e.must(what, e.inFirst(do))
}

// inFirst is act for methods that return their error. If what was asked for does not exist, the error says what there
// is instead.
func (e *Emulator) inFirst(do func(tx *world.Tx) error) error {
	return e.world.Act(context.Background(), world.First, func(tx *world.Tx) error {
		return tell.Help(tx, do(tx))
	})
}

const defaultPublicURL = "https://emulator.test"

// baseURL returns the address that links in emails begin with.
func (e *Emulator) baseURL() string {
	return cmp.Or(e.options.publicURL, e.socket.address(), defaultPublicURL)
}
