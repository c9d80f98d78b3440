// Package emulator runs the whole Segmentflow backend in one process: emails, events, journeys, consent and delivery
// over SQLite, on one clock that the test moves. It needs no account, no network and no mock.
//
//	emu := emulator.Start(t)
//	client := emu.Client()
//	_, err := client.Emails.Send(ctx, &segmentflow.SendEmailParams{
//		TemplateID: emu.ID("template", "hello"),
//		To:         &segmentflow.Recipient{Email: "alex@example.com"},
//	})
//	msg := emu.Outbox().To("alex@example.com").Only(t)
//
// The emulator implements the contract in openapi.yaml. FIDELITY.md lists which rules Segmentflow documents and which
// ones this project decided.
package emulator

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/gateway"
	"github.com/segmentflow/segmentflow-go/emulator/internal/idle"
	"github.com/segmentflow/segmentflow-go/emulator/internal/web"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// DefaultAPIKey always exists. It belongs to the first Organization and has every scope and allowSends.
const DefaultAPIKey = "sk_test_emulator"

// TB is the part of testing.TB that the emulator uses. *testing.T, *testing.B and *testing.F implement it.
type TB interface {
	Helper()
	Cleanup(func())
	Fatalf(format string, args ...any)
	Logf(format string, args ...any)
	Name() string
	Failed() bool
}

// Emulator is one emulated backend with its own database, clock and ids. It is safe for concurrent use; calls run one
// at a time.
type Emulator struct {
	world   *world.World
	options options
	log     *slog.Logger
	tb      TB // the test passed to Start, nil otherwise
	journal *gateway.Journal
	socket  socket
	calls   *idle.Counter // calls of the API that are under way

	handler   lazyHandler // of all routes
	dashboard *web.Dashboard
}

// Start starts an emulator for one test. It is closed when the test ends. If an option or a seed cannot be carried out,
// Start fails the test.
func Start(t TB, opts ...Option) *Emulator {
	t.Helper()
	e, err := newEmulator(t, opts)
	if err != nil {
		t.Fatalf("emulator: %v", err)
		return nil
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Logf("emulator: close: %v", err)
		}
	})
	return e
}

// New starts an emulator outside of a test. The caller must call Close. New returns an error if an option cannot be
// carried out, a seed does not fit or the database does not open; it then leaves nothing behind.
func New(opts ...Option) (*Emulator, error) { return newEmulator(nil, opts) }

func newEmulator(tb TB, list []Option) (*Emulator, error) {
	opts := options{database: world.InMemory, seedNumber: 1, bodyTime: gateway.BodyTime}
	for _, opt := range list {
		opt(&opts)
	}
	e := &Emulator{options: opts, log: logger(tb, opts.log), tb: tb, calls: idle.New()}
	now := func() (time.Time, bool) { return e.world.TryNow() }
	e.journal = gateway.NewJournal(opts.database == world.InMemory, now)

	opened, err := world.Open(world.Config{
		Database:   opts.database,
		Start:      opts.start,
		Live:       opts.live,
		SeedNumber: opts.seedNumber,
		SMTP:       opts.smtp,
		Log:        e.log,
		Populate:   e.populate,
		BaseURL:    e.baseURL,
		Began:      gateway.Began,
		Renewed:    e.journal.Clear,
	})
	if err != nil {
		return nil, err
	}

	e.world, e.dashboard = opened, web.New(web.WorldSource{World: opened})
	e.journal.Clear(opened.Now())
	return e, nil
}

func logger(tb TB, log *slog.Logger) *slog.Logger {
	switch {
	case log != nil:
		return log
	case tb != nil:
		return slog.New(slog.NewTextHandler(testWriter{tb}, &slog.HandlerOptions{Level: slog.LevelWarn}))
	}
	return slog.New(slog.DiscardHandler)
}

type testWriter struct{ tb TB }

func (writer testWriter) Write(line []byte) (int, error) {
	writer.tb.Logf("emulator: %s", line)
	return len(line), nil
}

// Close stops the emulator. An in-memory database is gone afterwards; a database file stays as it is. Later API calls
// are answered with 503 unavailable. Close does not wait for an SMTP server: the next emulator on the file hands over
// what this one had not.
func (e *Emulator) Close() error {
	return errors.Join(e.world.Close(), e.socket.close())
}

// APIKeySpec describes what an API key may do. The scope "*" stands for every scope. With AllowSends the key may send a
// Broadcast or NewsletterIssue.
type APIKeySpec struct {
	Scopes     []string
	AllowSends bool
}

// NewAPIKey creates an API key in the first Organization and returns its secret.
func (e *Emulator) NewAPIKey(spec APIKeySpec) string {
	secret := ""
	e.act("new API key", func(tx *world.Tx) error {
		secret = "sk_test_" + tx.NewID()
		return tx.AddAPIKey(world.APIKey{
			Secret:     secret,
			Org:        tx.Org,
			Label:      "NewAPIKey",
			Scopes:     spec.Scopes,
			AllowSends: spec.AllowSends,
		})
	})
	return secret
}

// ID returns the id of the seeded object of this kind with this key, as in ID("template", "order-receipt"). Kinds are
// spelt as in the seed, in the singular. If the key is not seeded, ID returns the id that it would get.
func (e *Emulator) ID(kind, key string) string {
	id := ""
	e.act("id", func(tx *world.Tx) (err error) {
		id, err = tx.SeededID(kind, key)
		return err
	})
	return id
}

// must reports an error of a method that returns none: it fails the test passed to Start, or panics if there is none.
func (e *Emulator) must(what string, err error) {
	if err == nil {
		return
	}
	if e.tb == nil {
		panic(fmt.Sprintf("emulator: %s: %v", what, err))
	}
	e.tb.Helper()
	e.tb.Fatalf("emulator: %s: %v", what, err)
}

// act carries out a Go call on the first Organization, like an API call: what is due runs before it, and what it makes
// due runs before act returns.
func (e *Emulator) act(what string, do func(tx *world.Tx) error) {
	if e.tb != nil {
		e.tb.Helper()
	}
	e.must(what, e.world.Act(context.Background(), world.First, do))
}

const defaultPublicURL = "https://emulator.test"

// baseURL returns the address that links in emails begin with.
func (e *Emulator) baseURL() string {
	return cmp.Or(e.options.publicURL, e.socket.address(), defaultPublicURL)
}
