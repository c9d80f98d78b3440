// Package world is the emulator's state machine: one database, one clock, one writer. World has the lock, the clock and the
// caches; Tx is one act, and its methods are the verbs of the domain, one file per noun. They take and return plain values.
// Nothing here knows HTTP, YAML, tests, or a language for people.
package world

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

// Config says what kind of world to open.
type Config struct {
	Database   string // the path of a file, or InMemory
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

// First stands for the world's first Organization.
const First = ""

// InMemory is the Database that lives as long as its world does.
const InMemory = ":memory:"

// World is the state machine: one database, one clock, one writer.
type World struct {
	config  Config
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
	store.Tx
	w *World
}

// Open makes the world or takes up the one in the file, whose due work goes on.
func Open(c Config) (*World, error) {
	w := &World{config: c, log: c.Log, mu: newTurn(), clock: newClock(&c), keys: map[string]store.APIKey{}}
	w.forgetLocked()
	var err error
	if w.db, err = store.Open(c.Database); err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, step := range []func() error{w.identifyLocked, w.populateLocked, w.resumeLocked} {
		if err := step(); err != nil {
			return nil, errors.Join(store.Plain(c.Database, err), w.db.Abandon())
		}
	}
	w.publishKeysLocked()
	w.armLocked(nil)
	return w, nil
}

// Close ends the world of an in-memory database and leaves a file as it is. Calls after it find the world unavailable.
func (w *World) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return nil
	}
	w.closed = true
	w.clock.stop()
	return errors.Join(w.storeLateLocked(), w.db.Close())
}

// inMemory reports whether the world ends with the process.
func (w *World) inMemory() bool { return w.config.Database == InMemory }

// populateLocked gives the world its things, in one act.
func (w *World) populateLocked() error {
	tx, err := w.beginLocked(w.nowLocked(), "")
	if err != nil {
		return err
	}
	if w.org, err = w.config.Populate(tx); err != nil {
		return tx.rollback(err)
	}
	return tx.commit()
}

// beginLocked starts an act at an instant for an Organization. It ends in commit or rollback.
func (w *World) beginLocked(at time.Time, org string) (*Tx, error) {
	tx := &Tx{w: w}
	return tx, w.db.BeginIn(&tx.Tx, at, org, w.newID)
}

// ErrClosed refuses what comes after Close.
var ErrClosed = &Problem{Code: CodeUnavailable, Message: "The emulator is closed."}

// readyLocked says whether there is still a world. The caller holds the lock.
func (w *World) readyLocked() error {
	if w.closed {
		return ErrClosed
	}
	return nil
}

// identifyLocked reads or makes the world's secret and its source of ids, and never lets its time go back.
func (w *World) identifyLocked() error {
	tx, err := w.beginLocked(w.clock.now(), "")
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
		newID = store.SeededIDs(tx.w.config.SeedNumber)
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

// resumeLocked runs what fell due while no process had the file. What failed in an earlier process gets another try.
func (w *World) resumeLocked() error {
	if !w.inMemory() {
		if err := errors.Join(w.unparkLocked(), w.endInterruptedRelaysLocked()); err != nil {
			return err
		}
	}
	_, err := w.runDueLocked(context.Background(), w.nowLocked())
	return err
}

// Scratch lets an act happen in an empty world, at an instant. Nothing of it stays.
func Scratch(at time.Time, act func(tx *Tx) error) error {
	c := Config{Database: InMemory, Start: at, Log: slog.New(slog.DiscardHandler)}
	w := &World{config: c, log: c.Log, clock: newClock(&c)}
	w.forgetLocked()
	var err error
	if w.db, err = store.Open(c.Database); err != nil {
		return err
	}
	if err := w.identifyLocked(); err != nil {
		return errors.Join(err, w.db.Close())
	}
	tx, err := w.beginLocked(w.nowLocked(), "")
	if err != nil {
		return errors.Join(err, w.db.Close())
	}
	return errors.Join(act(tx), tx.Rollback(), w.db.Close())
}

// TryNow returns the time, unless somebody has the world.
func (w *World) TryNow() (at time.Time, ok bool) {
	if !w.mu.TryLock() {
		return at, false
	}
	defer w.mu.Unlock()
	return w.nowLocked(), true
}

// Of the world itself: the id of its first Organization, and the instant of its first seeding.
const (
	metaOrganization = "organization"
	metaStart        = "start"
)

// PutWorld remembers the first Organization and the start of a new world.
func (tx *Tx) PutWorld() error {
	if err := tx.SetMeta(metaOrganization, tx.Org); err != nil {
		return err
	}
	return tx.SetMeta(metaStart, Stamp(tx.Now))
}

// FirstOrganization returns the id of the world's first Organization, "" before there is one.
func (tx *Tx) FirstOrganization() (string, error) { return tx.Meta(metaOrganization) }

// Started returns when the world began: now before it has.
func (tx *Tx) Started() (time.Time, error) {
	started, err := tx.Meta(metaStart)
	if at, ok := cond.ParseTime(started); ok {
		return at, err
	}
	return tx.Now, err
}

// IsInMemory reports whether the world ends with the process.
func (tx *Tx) IsInMemory() bool { return tx.w.inMemory() }

// Forget drops what was read of things that are being written. Whoever writes one calls it.
func (tx *Tx) Forget() { tx.w.forgetLocked() }

// AfterCommit lets something wait until the act has happened.
func (tx *Tx) AfterCommit(do func() error) { tx.w.after = append(tx.w.after, do) }

// Try lets a part of an act happen, unless it fails: its writes are undone then, and the act goes on.
func (tx *Tx) Try(part func() error) error {
	err := tx.Nested(part)
	if err != nil {
		tx.w.undoneLocked()
	}
	return err
}
