package emulator

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/journey"
	"github.com/segmentflow/segmentflow-go/emulator/internal/render"
	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// config says what kind of world to open.
type config struct {
	Database   string // the path of a file, or inMemoryDatabase
	Start      time.Time
	Live       bool
	SeedNumber uint64
	SMTP       string // host:port of the server that mail is relayed to, "" for none
	Log        *slog.Logger

	// Populate gives a new world its things, and a world in a file what its seeds say now. It returns the id of the first
	// Organization. It runs in one act, at the start and for every Reset.
	Populate func(tx *Tx) (org string, err error)
	// BaseURL is what links in mail begin with.
	BaseURL func() string
	// Began is told when a call got its turn, and Renewed when Reset has made the world anew.
	Began   func(ctx context.Context, at time.Time)
	Renewed func(at time.Time)
}

// inMemoryDatabase is the Database that lives as long as its world does.
const inMemoryDatabase = ":memory:"

// world is the state machine: one database, one clock, one writer.
type world struct {
	config  config
	log     *slog.Logger
	callers sync.Map // keys, for who does not hold the lock

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
	newID  func() string

	keys        map[string]store.APIKey
	changed     bool // since the last commit something was written that the maps below are read from
	catalogs    map[string]*catalog
	snapshots   map[string]*render.Template
	definitions map[store.JourneyVersion]*journey.Definition
}

// Tx is one act: a transaction of the store, and the world that it is about. Its methods are the verbs: each does one act of
// the domain, and neither begins nor commits.
type Tx struct {
	*store.Tx
	w *world
}

// openWorld makes the world or takes up the one in the file, whose due work goes on.
func openWorld(c config) (*world, error) {
	w := &world{config: c, log: c.Log, mu: newTurn(), clock: newClock(&c), keys: map[string]store.APIKey{}}
	w.forget()
	var err error
	if w.db, err = store.Open(c.Database); err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, step := range []func() error{w.identify, w.populate, w.resume} {
		if err := step(); err != nil {
			return nil, errors.Join(store.Plain(c.Database, err), w.db.Abandon())
		}
	}
	w.admitCallers()
	w.arm(nil)
	return w, nil
}

// Close ends the world of an in-memory database and leaves a file as it is. Calls after it find the world unavailable.
func (w *world) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return nil
	}
	w.closed = true
	w.clock.stop()
	return errors.Join(w.storeLate(), w.db.Close())
}

// inMemory reports whether the world ends with the process.
func (w *world) inMemory() bool { return w.config.Database == inMemoryDatabase }

// populate gives the world its things, in one act.
func (w *world) populate() error {
	tx, err := w.begin(w.now(), "")
	if err != nil {
		return err
	}
	if w.org, err = w.config.Populate(tx); err != nil {
		return tx.rollback(err)
	}
	return tx.commit()
}

// begin starts an act at an instant for an Organization. It ends in commit or rollback.
func (w *world) begin(at time.Time, org string) (*Tx, error) {
	tx, err := w.db.Begin(at, org, w.newID)
	if err != nil {
		return nil, err
	}
	return &Tx{tx, w}, nil
}

var errClosed = &problem{Code: "unavailable", Message: "The emulator is closed."}

// ready says whether there is still a world. The caller holds the lock.
func (w *world) ready() error {
	if w.closed {
		return errClosed
	}
	return nil
}

// identify reads or makes the world's secret and its source of ids, and never lets its time go back.
func (w *world) identify() error {
	tx, err := w.begin(w.clock.now(), "")
	if err != nil {
		return err
	}
	if w.newID, err = tx.identity(); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	tx.NewID = w.newID
	return tx.commit()
}

func (tx *Tx) identity() (newID func() string, err error) {
	if tx.w.inMemory() {
		newID = seededIDs(tx.w.config.SeedNumber)
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
	if tx.w.secret, err = hex.DecodeString(secret); err != nil {
		return nil, fmt.Errorf("the file's secret: %w", err)
	}
	if tx.w.keys, err = tx.APIKeys(); err != nil {
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
	if tx.w.clock.now().Before(at) {
		tx.w.clock.set(at)
	}
	tx.Now = tx.w.clock.now()
	return newID, nil
}

// resume runs what fell due while no process had the file. What failed in an earlier process gets another try.
func (w *world) resume() error {
	if !w.inMemory() {
		if err := errors.Join(w.unpark(), w.endInterruptedRelays()); err != nil {
			return err
		}
	}
	_, err := w.runDue(context.Background(), w.now())
	return err
}

// scratch lets an act happen in an empty world, at an instant. Nothing of it stays.
func scratch(at time.Time, act func(tx *Tx) error) error {
	c := config{Database: inMemoryDatabase, Start: at, Log: slog.New(slog.DiscardHandler)}
	w := &world{config: c, log: c.Log, clock: newClock(&c)}
	w.forget()
	var err error
	if w.db, err = store.Open(c.Database); err != nil {
		return err
	}
	if err := w.identify(); err != nil {
		return errors.Join(err, w.db.Close())
	}
	tx, err := w.begin(w.now(), "")
	if err != nil {
		return errors.Join(err, w.db.Close())
	}
	return errors.Join(act(tx), tx.Rollback(), w.db.Close())
}

// tryNow returns the time, unless somebody has the world.
func (w *world) tryNow() (at time.Time, ok bool) {
	if !w.mu.TryLock() {
		return at, false
	}
	defer w.mu.Unlock()
	return w.now(), true
}

// Of the world itself: the id of its first Organization, and the instant of its first seeding.
const (
	metaOrganization = "organization"
	metaStart        = "start"
)

// putWorld remembers the first Organization and the start of a new world.
func (tx *Tx) putWorld() error {
	if err := tx.SetMeta(metaOrganization, tx.Org); err != nil {
		return err
	}
	return tx.SetMeta(metaStart, stamp(tx.Now))
}

// worldOrigin returns the world's first Organization, "" before there is one, and its start, which is now before there was
// one.
func (tx *Tx) worldOrigin() (organization string, start time.Time, err error) {
	if organization, err = tx.Meta(metaOrganization); err != nil {
		return "", start, err
	}
	started, err := tx.Meta(metaStart)
	if at, ok := cond.ParseTime(started); ok {
		return organization, at, err
	}
	return organization, tx.Now, err
}

// inMemory reports whether the world ends with the process.
func (tx *Tx) inMemory() bool { return tx.w.inMemory() }

// forget drops what was read of things that are being written. Whoever writes one calls it.
func (tx *Tx) forget() { tx.w.forget() }

// afterCommit lets something wait until the act has happened.
func (tx *Tx) afterCommit(do func() error) { tx.w.after = append(tx.w.after, do) }

// try lets a part of an act happen, unless it fails: its writes are undone then, and the act goes on.
func (tx *Tx) try(part func() error) error {
	err := tx.Nested(part)
	if err != nil {
		tx.w.undone()
	}
	return err
}
