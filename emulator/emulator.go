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
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/google/uuid"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator/internal/dashboard"
	"github.com/segmentflow/segmentflow-go/emulator/internal/journey"
	"github.com/segmentflow/segmentflow-go/emulator/internal/render"
	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
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
	options options
	log     *slog.Logger
	tb      TB // of Start, nil otherwise
	journal journal
	callers sync.Map // keys, for who does not hold the lock

	handler   func() http.Handler // built at the first request
	dashboard *dashboard.Dashboard

	mu     turn // what follows is read and written under it: there is one writer
	db     *store.DB
	closed bool
	clock  *clock
	last   time.Time      // the instant of the newest act
	next   time.Time      // when the next task is due, zero for never
	after  []func() error // what must wait for the commit
	late   []func() error // what could not be stored, and must be before anything else
	org    string         // the first Organization: that of DefaultAPIKey
	secret []byte
	keyTTL time.Duration
	newID  func() string

	keys        map[string]store.APIKey
	changed     bool // since the last commit something was written that the maps below are read from
	catalogs    map[string]*catalog
	snapshots   map[string]*render.Template
	definitions map[store.JourneyVersion]*journey.Definition

	server   *http.Server
	listener net.Listener
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
	o := options{database: ":memory:", seedNumber: 1, bodyTime: bodyTime}
	for _, opt := range opts {
		opt(&o)
	}
	o.hosts = o.allowedHosts()
	e := &Emulator{options: o, tb: tb, log: logger(tb, o.log), mu: newTurn(), clock: newClock(&o), keyTTL: o.keyTTL,
		keys: map[string]store.APIKey{}}
	e.forget()
	e.handler, e.dashboard = sync.OnceValue(e.routes), dashboard.New(pages{e})
	db, err := store.Open(o.database)
	if err != nil {
		return nil, err
	}
	e.db = db
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := e.open(); err != nil {
		return nil, errors.Join(store.Plain(o.database, err), db.Abandon())
	}
	e.admitCallers()
	e.journal.latest = e.now()
	e.arm(nil)
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
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return nil
	}
	e.closed = true
	e.clock.stop()
	err := e.storeLate()
	if e.server != nil {
		err = errors.Join(err, e.server.Close())
	}
	return errors.Join(err, e.db.Close())
}

// Client is the real SDK client over Transport, with the key DefaultAPIKey unless an option says otherwise.
func (e *Emulator) Client(opts ...segmentflow.Option) *segmentflow.Client {
	return e.ClientFor(DefaultAPIKey, opts...)
}

// ClientFor is Client with another API key.
func (e *Emulator) ClientFor(apiKey string, opts ...segmentflow.Option) *segmentflow.Client {
	own := []segmentflow.Option{segmentflow.WithBaseURL(defaultPublicURL), segmentflow.WithHTTPClient(&http.Client{Transport: e.Transport()})}
	client, err := segmentflow.New(apiKey, append(own, opts...)...)
	e.must("client", err)
	return client
}

// APIKey is DefaultAPIKey, for programs that configure a client of their own.
func (e *Emulator) APIKey() string { return DefaultAPIKey }

// admitCallers lets calls in with the world's keys and no others. The caller holds the lock.
func (e *Emulator) admitCallers() {
	e.callers.Clear()
	for secret, key := range e.keys {
		e.callers.Store(secret, key)
	}
}

// APIKeySpec says what a key may do; "*" stands for every scope.
type APIKeySpec struct {
	Scopes     []string
	AllowSends bool
}

// NewAPIKey makes a key in the first Organization and gives its secret.
func (e *Emulator) NewAPIKey(spec APIKeySpec) string {
	secret := ""
	e.act("new API key", func(tx *store.Tx) error {
		secret = "sk_test_" + tx.NewID()
		return e.putAPIKey(tx, store.APIKey{Secret: secret, Org: tx.Org, Label: "NewAPIKey", Scopes: spec.Scopes, AllowSends: spec.AllowSends})
	})
	return secret
}

// ID gives the id of the seed's thing of a kind with a key: ID("template", "order-receipt"). Kinds are spelt as in the
// seed, in the singular. What is not seeded has the id that it would get.
func (e *Emulator) ID(kind, key string) string {
	id := ""
	e.act("id", func(tx *store.Tx) (err error) {
		id, err = seededID(tx, kind, key)
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
func (e *Emulator) act(what string, do func(tx *store.Tx) error) {
	if e.tb != nil {
		e.tb.Helper()
	}
	e.must(what, e.viewFirst(context.Background(), do))
}

var errClosed = &problem{code: "unavailable", message: "The emulator is closed."}

// ready says whether there is still a world. The caller holds the lock.
func (e *Emulator) ready() error {
	if e.closed {
		return errClosed
	}
	return nil
}

// open makes the world or takes up the one in the file, whose due work goes on. The caller holds the lock.
func (e *Emulator) open() error {
	if err := e.identify(); err != nil {
		return err
	}
	if err := e.reseed(); err != nil {
		return err
	}
	return e.resume()
}

// identify reads or makes the world's secret and its source of ids, and never lets its time go back.
func (e *Emulator) identify() error {
	tx, err := e.db.Begin(e.clock.now(), "", nil)
	if err != nil {
		return err
	}
	if e.newID, err = e.identity(tx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	tx.NewID = e.newID
	return e.commit(tx)
}

func (e *Emulator) identity(tx *store.Tx) (newID func() string, err error) {
	inMemory := e.options.database == ":memory:"
	if inMemory {
		newID = seededIDs(e.options.seedNumber)
	} else {
		newID = func() string { return uuid.New().String() }
	}
	secret, err := tx.Meta("secret")
	if err != nil {
		return nil, err
	}
	if secret == "" {
		secret = hex.EncodeToString([]byte(newID() + newID()))
		if err := tx.SetMeta("secret", secret); err != nil {
			return nil, err
		}
	}
	if e.secret, err = hex.DecodeString(secret); err != nil {
		return nil, fmt.Errorf("the file's secret: %w", err)
	}
	if e.keys, err = tx.APIKeys(); err != nil {
		return nil, err
	}
	newest, err := tx.Meta("now")
	if err != nil || newest == "" {
		return newID, err
	}
	at, err := time.Parse(time.RFC3339Nano, newest)
	if err != nil {
		return nil, fmt.Errorf("the file's time: %w", err)
	}
	if e.clock.now().Before(at) {
		e.clock.set(at)
	}
	tx.Now = e.clock.now()
	return newID, nil
}

// resume runs what fell due while no process had the file. What failed in an earlier process gets another try.
func (e *Emulator) resume() error {
	if e.options.database != ":memory:" {
		if err := errors.Join(e.unpark(), e.endInterruptedRelays()); err != nil {
			return err
		}
	}
	_, err := e.runDue(context.Background(), e.now())
	return err
}

// URL is the emulator's address on the loopback interface; the first call opens the listener.
func (e *Emulator) URL() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.listener == nil {
		e.must("listen", e.listen())
	}
	return "http://" + e.listener.Addr().String()
}

func (e *Emulator) listen() error {
	if err := e.ready(); err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	e.listener = listener
	e.server = &http.Server{Handler: e.Handler(),
		ReadHeaderTimeout: headerTime, IdleTimeout: idleTime, MaxHeaderBytes: maxHeader}
	go func() { _ = e.server.Serve(listener) }()
	return nil
}

// What the emulator's own server grants a connection. Bodies have their own time, which Handler sets.
const (
	headerTime = 10 * time.Second
	idleTime   = 2 * time.Minute
	maxHeader  = 64 << 10 // a click's URL is in its path
)

const defaultPublicURL = "https://emulator.test"

// baseURL is what links in mail begin with. The caller holds the lock.
func (e *Emulator) baseURL() string {
	switch {
	case e.options.publicURL != "":
		return e.options.publicURL
	case e.listener != nil:
		return "http://" + e.listener.Addr().String()
	}
	return defaultPublicURL
}
