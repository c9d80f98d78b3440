// Package emulator is the whole Segmentflow backend in one process: emails, events, journeys, consent and delivery over
// SQLite, on one clock that a test moves. It needs no account, no network and no mock.
//
//	emu := emulator.Start(t)
//	client := emu.Client()
//	_, err := client.Emails.Send(ctx, &segmentflow.SendEmailParams{
//		TemplateID: emu.ID("template", "hello"),
//		To:         &segmentflow.Recipient{Email: "alex@example.com"},
//	})
//	msg := emu.Outbox().To("alex@example.com").Only(t)
//
// What it does is the contract of openapi.yaml; FIDELITY.md says which rules are documented and which this project
// decided.
package emulator

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/gateway"
	"github.com/segmentflow/segmentflow-go/emulator/internal/web"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// DefaultAPIKey always exists: it belongs to the first Organization and has every scope and allowSends.
const DefaultAPIKey = "sk_test_emulator"

// TB is what Start asks of a test; *testing.T, *testing.B and *testing.F have it.
type TB interface {
	Helper()
	Cleanup(func())
	Fatalf(format string, args ...any)
	Logf(format string, args ...any)
	Name() string
	Failed() bool
}

// Emulator is one world: its own database, clock and ids. It is safe for concurrent use; calls take turns.
type Emulator struct {
	w       *world.World
	options options
	log     *slog.Logger
	tb      TB // of Start, nil otherwise
	journal *gateway.Journal
	socket  socket

	handler   lazy // of all routes
	dashboard *web.Dashboard
}

// Start starts an emulator for one test, which closes it at its end. Whatever cannot be carried out fails the test.
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

// New starts an emulator that its caller closes. An option that cannot be carried out, a seed that does not fit and a
// database that does not open are errors; nothing is left behind then.
func New(opts ...Option) (*Emulator, error) { return newEmulator(nil, opts) }

func newEmulator(tb TB, opts []Option) (*Emulator, error) {
	o := options{database: world.InMemory, seedNumber: 1, bodyTime: gateway.BodyTime}
	for _, opt := range opts {
		opt(&o)
	}
	e := &Emulator{options: o, log: logger(tb, o.log), tb: tb}
	e.journal = gateway.NewJournal(o.database == world.InMemory, func() (time.Time, bool) { return e.w.TryNow() })
	w, err := world.Open(world.Config{Database: o.database, Start: o.start, Live: o.live, SeedNumber: o.seedNumber, SMTP: o.smtp,
		Log: e.log, Populate: e.populate, BaseURL: e.baseURL, Began: gateway.Began, Renewed: e.journal.Clear})
	if err != nil {
		return nil, err
	}
	e.w, e.dashboard = w, web.New(web.WorldSource{World: w})
	e.journal.Clear(w.Now())
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

func (w testWriter) Write(line []byte) (int, error) {
	w.tb.Logf("emulator: %s", line)
	return len(line), nil
}

// Close ends the world of an in-memory database and leaves a file as it is. Calls after it answer 503 unavailable.
func (e *Emulator) Close() error {
	return errors.Join(e.w.Close(), e.socket.close())
}

// APIKeySpec says what a key may do; "*" stands for every scope.
type APIKeySpec struct {
	Scopes     []string
	AllowSends bool
}

// NewAPIKey makes a key in the first Organization and gives its secret.
func (e *Emulator) NewAPIKey(spec APIKeySpec) string {
	secret := ""
	e.act("new API key", func(tx *world.Tx) error {
		secret = "sk_test_" + tx.NewID()
		return tx.AddAPIKey(world.APIKey{Secret: secret, Org: tx.Org, Label: "NewAPIKey", Scopes: spec.Scopes, AllowSends: spec.AllowSends})
	})
	return secret
}

// ID gives the id of the seed's thing of a kind with a key: ID("template", "order-receipt"). Kinds are spelt as in the
// seed, in the singular. What is not seeded has the id that it would get.
func (e *Emulator) ID(kind, key string) string {
	id := ""
	e.act("id", func(tx *world.Tx) (err error) {
		id, err = tx.SeededID(kind, key)
		return err
	})
	return id
}

// must reports what a method without an error result cannot return: it fails the test of Start, else it panics.
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

// act carries out a Go call on the first Organization, as an API call would be: what is due runs first, what becomes due
// runs before it returns.
func (e *Emulator) act(what string, do func(tx *world.Tx) error) {
	if e.tb != nil {
		e.tb.Helper()
	}
	e.must(what, e.w.Act(context.Background(), world.First, do))
}

const defaultPublicURL = "https://emulator.test"

// baseURL is what links in mail begin with.
func (e *Emulator) baseURL() string {
	return cmp.Or(e.options.publicURL, e.socket.address(), defaultPublicURL)
}
