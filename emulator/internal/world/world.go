// Package world is the emulator's state machine: one database, one clock, one writer. World has the lock, the clock
// and the caches. Tx is one act; its methods are the verbs of the domain, one file per noun. They take and return
// plain values. The package uses no HTTP, no YAML and no tests. Package tell writes the explanations for people.
package world

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/clock"
	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/coverage"
	"github.com/segmentflow/segmentflow-go/emulator/internal/idle"
	"github.com/segmentflow/segmentflow-go/emulator/internal/ids"
	"github.com/segmentflow/segmentflow-go/emulator/internal/journey"
	"github.com/segmentflow/segmentflow-go/emulator/internal/madekeys"
	"github.com/segmentflow/segmentflow-go/emulator/internal/relay"
	"github.com/segmentflow/segmentflow-go/emulator/internal/render"
	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
	"github.com/segmentflow/segmentflow-go/emulator/internal/turn"
	"github.com/segmentflow/segmentflow-go/emulator/internal/webhook"
)

// Config are the options of Open.
type Config struct {
	Database   string // the path of a file or InMemory
	Start      time.Time
	Live       bool
	Held       bool // a world that exists stays at its own time, and nothing due runs before the first act
	SeedNumber uint64
	SMTP       string          // the server that emails are relayed to, as relay.Parse takes it; "" relays nothing
	Webhook    *webhook.Target // the receiver of hooks, nil if there is none
	Log        *slog.Logger
	Coverage   *coverage.Recorder // nil records nothing

	// Image is what a new world is made from, nil for nothing. A file that has a world ignores it. If Known is not set,
	// the image is checked page by page. Moment belongs to an image that Fork has returned.
	Image  []byte
	Known  bool
	Moment *Moment

	// Digest returns a number that is the same whenever Populate would write the same into a new world at the same
	// time. ok is false if there is no such number. It may be nil.
	Digest func() (digest uint64, ok bool)

	// Populate fills a new world, and applies the current seeds to a world in a file. It returns the id of the first
	// Organization. It runs in one act, at the start and for every Reset.
	Populate func(tx *Tx) (org string, err error)

	// BaseURL returns the start of the emulator's own links in emails.
	BaseURL func() string

	// Began is called when a call gets its turn, Renewed when the world is new: after Open, Reset and Restore. An image
	// has what Kept returns, and a world made from the image passes it to Renewed. For other worlds kept is "".
	Began   func(ctx context.Context, at time.Time)
	Kept    func() string
	Renewed func(at time.Time, kept string)

	Watch *Watch // nil if nobody watches
}

// inMemory reports whether the world ends with the process.
func (config *Config) inMemory() bool { return config.Database == InMemory }

// First stands for the world's first Organization.
const First = ""

// InMemory is the Database that exists as long as its world.
const InMemory = ":memory:"

// World is the state machine: one database, one clock, one writer.
type World struct {
	config  Config
	log     *slog.Logger
	callers sync.Map // API keys, for readers that do not hold the lock
	made    madekeys.Keys
	relay   *idle.Queue // nil if emails are not relayed
	hooks   webhook.Hooks
	waiters idle.Waiters // calls of Await and of Follow
	version atomic.Uint64

	mu     turn.Turn // guards the fields below: there is one writer
	closed bool
	state
	begun int            // how many worlds Watch was told of
	after []func() error // to run after the commit
	late  []func() error // ends of conversations; they are stored before anything else happens

	bases       map[string]*store.MessageBase // of the emails of a snapshot, by its id
	changed     bool                          // since the last commit, something was written that the maps below cache
	catalogs    map[string]*catalog
	snapshots   map[string]*render.Template
	definitions map[store.JourneyVersion]*journey.Definition
	templatesOf map[store.JourneyVersion][]string          // what the definitions name, by id or key
	covered     map[store.JourneyVersion]*coverage.Version // of the definitions; empty if nothing is recorded
	tallies     cond.Tallies                               // counts of events that conditions go on with
}

// state is what Reset replaces.
type state struct {
	db         *store.DB
	clock      *clock.Clock
	last, next time.Time // the instants of the newest act and of the next due task, which is zero if there is none
	org        string    // the first Organization: that of DefaultAPIKey
	secret     []byte
	mac        hash.Hash // under the secret; nil until it is needed
	keys       map[string]store.APIKey
	newID      func() string
	ids        *ids.Sequence // newID draws from it; nil for a world in a file
	seed       uint64        // of random choices

	fromImage                 bool    // the world was made from an image in this process
	moment                    *Moment // of that image, nil if the image contains it
	origin                    origin  // of a world that was not made from an image
	drawn                     uint64  // idempotency keys that were made up before that image
	kept                      string  // what Config.Kept returned in the image
	watched                   watched
	addressesRead, anyAddress bool // whether something is known of any address, if that was read
}

// Tx is one act: a transaction of the store together with its world. Its methods are the verbs: each does one act of
// the domain, and neither begins nor commits a transaction.
type Tx struct {
	store.Tx
	w       *World
	marks   []coverage.Mark       // to record after the commit
	counts  []store.RunPlaceCount // to store with the commit
	decoded decodedState          // the state of a run that was decoded last
	news    []idle.Topic          // what calls of Await may wait for; not noted while there are none
	hooks   []idle.Job            // to queue after the commit
	failed  error                 // the first error of reading the catalog: the act cannot be committed
}

// Open makes a world, or opens the one in the file and continues its due work.
func Open(config Config) (*World, error) {
	w := &World{
		config: config,
		log:    config.Log,
		mu:     turn.New(),
		made:   madekeys.Keys{Random: !config.inMemory()},
		state:  state{clock: clock.New(config.Start, config.Live), keys: map[string]store.APIKey{}},
	}
	w.forgetLocked()

	if config.SMTP != "" {
		server, err := relay.Parse(config.SMTP)
		if err != nil {
			return nil, err
		}
		w.relay = relay.Open(server, config.Log, w.takeRelay, w.recordRelay)
	}
	openHooks(w)
	var err error
	if config.inMemory() {
		w.origin = config.originAt(w.clock.Now())
		w.db, err = w.origin.openInMemory(config.Image, config.Known)
		w.fromImage, w.moment = config.Image != nil, config.Moment
	} else {
		w.db, err = store.Open(config.Database)
	}
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()

	for _, step := range []func() error{w.setUpLocked, w.resumeLocked} {
		if err := step(); err != nil {
			w.closed = true
			return nil, errors.Join(store.Plain(config.Database, err), w.db.Abandon())
		}
	}

	w.publishKeysLocked()
	w.made.Start(w.secret, w.drawn)
	w.armLocked(nil)
	config.Renewed(w.nowLocked(), w.kept)
	return w, nil
}

// Close ends an in-memory world and leaves a file as it is. It stops the conversations with the SMTP server and with
// the receiver of hooks. Later calls return ErrClosed.
func (w *World) Close() error {
	w.relay.Close() // its goroutines need the lock
	w.hooks.Close()
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return nil
	}
	w.closed = true
	w.clock.Stop()
	w.waiters.WakeAll()
	err := w.storeLateLocked()
	if w.config.Coverage != nil {
		err = errors.Join(err, w.commitLocked(w.last, "", (*Tx).reachJourneys))
	}
	return errors.Join(err, w.db.Close())
}

// setUpLocked fills a new world, and applies the seeds to one that is in a file.
func (w *World) setUpLocked() error {
	unmade := false // the world is to be made from an image, and the file has none
	err := w.identifyLocked(func(tx *Tx) error {
		if org, err := tx.FirstOrganization(); err != nil || org == "" && w.config.Image != nil {
			unmade = true
			return err
		}
		if err := tx.populate(); err != nil || !w.fromImage {
			return err
		}
		return tx.resumeQueues()
	})
	if err != nil || !unmade {
		return err
	}
	return w.remakeLocked(w.config.Image, w.config.Known, w.config.Moment, (*Tx).populate)
}

// beginLocked starts an act at an instant for an Organization. The caller ends it with commit or rollback.
func (w *World) beginLocked(at time.Time, org string) (*Tx, error) {
	tx := &Tx{w: w}
	return tx, w.db.BeginIn(&tx.Tx, at, org, w.newID)
}

// ErrClosed is the error of calls after Close.
var ErrClosed = &Problem{Code: CodeUnavailable, Message: "" +
	"The emulator is closed: use it before Close and before its test ends."}

// readyLocked returns ErrClosed after Close. The caller holds the lock.
func (w *World) readyLocked() error {
	if w.closed {
		return ErrClosed
	}
	return nil
}

// identifyLocked reads or makes the world's secret and its source of ids, and keeps the world's time from going back.
// Then it fills the world in the same act.
func (w *World) identifyLocked(fill func(*Tx) error) error {
	return w.commitLocked(w.clock.Now(), "", func(tx *Tx) error {
		if err := tx.loadIdentity(); err != nil {
			return err
		}
		tx.NewID = w.newID
		return fill(tx)
	})
}

func (tx *Tx) loadIdentity() error {
	w := tx.w
	secret, err := tx.Meta("secret")
	if err != nil {
		return err
	}
	var kept memory
	if secret != "" {
		if kept, err = tx.keptMemory(); err != nil {
			return err
		}
	}
	if err := tx.loadSequence(kept); err != nil {
		return err
	}
	if secret == "" {
		secret = hex.EncodeToString([]byte(w.newID() + w.newID()))
		if err := tx.SetMeta("secret", secret); err != nil {
			return err
		}
	}
	w.mac = nil
	if w.secret, err = hex.DecodeString(secret); err != nil {
		return fmt.Errorf("the secret in the file is invalid: %w", err)
	}

	if w.keys, err = tx.APIKeys(); err != nil {
		return err
	}
	if err := tx.loadWatched(); err != nil {
		return err
	}

	if w.moment != nil {
		w.clock.Set(w.moment.at)
		tx.Now = w.clock.Now()
		return nil
	}
	newest, err := tx.Meta(metaNow)
	if err != nil || newest == "" {
		return err
	}
	at, err := time.Parse(time.RFC3339Nano, newest)
	if err != nil {
		return fmt.Errorf("the time in the file is invalid: %w", err)
	}
	if kept != (memory{}) || w.fromImage || w.config.Held || w.clock.Now().Before(at) {
		w.clock.Set(at)
	}
	tx.Now = w.clock.Now()
	return nil
}

// resumeLocked runs the tasks that fell due while no process had the file open. It tries the tasks that failed in an
// earlier process again.
func (w *World) resumeLocked() error {
	var acts []func(*Tx) error
	if !w.config.inMemory() && !w.config.Held {
		acts = append(acts, (*Tx).unpark)
	}
	if !w.config.inMemory() {
		acts = append(acts, (*Tx).resumeQueues)
	}
	for _, act := range acts {
		if err := w.commitLocked(w.nowLocked(), "", act); err != nil {
			return err
		}
	}
	if w.config.Held {
		return nil
	}
	_, err := w.runDueLocked(context.Background(), w.nowLocked())
	return err
}

// Scratch runs an act in an empty world at an instant. Nothing of it is kept.
func Scratch(at time.Time, act func(tx *Tx) error) error {
	config := Config{Database: InMemory, Start: at, Log: slog.New(slog.DiscardHandler)}
	w := &World{config: config, log: config.Log, state: state{clock: clock.New(config.Start, config.Live)}}
	w.forgetLocked()

	var err error
	if w.db, err = store.Open(config.Database); err != nil {
		return err
	}
	if err := w.identifyLocked(func(*Tx) error { return nil }); err != nil {
		return errors.Join(err, w.db.Close())
	}

	tx, err := w.beginLocked(w.nowLocked(), "")
	if err != nil {
		return errors.Join(err, w.db.Close())
	}
	return errors.Join(act(tx), tx.Rollback(), w.db.Close())
}

// FromImage reports whether this process made the world from an image.
func (tx *Tx) FromImage() bool { return tx.w.fromImage }

// TryNow returns the time. ok is false while another call holds the lock.
func (w *World) TryNow() (at time.Time, ok bool) {
	if !w.mu.TryLock() {
		return at, false
	}
	defer w.mu.Unlock()
	return w.nowLocked(), true
}

// The names under which the store keeps values of the world itself.
const (
	metaOrganization = "organization" // the id of the first Organization
	metaStart        = "start"        // the instant of the first seeding
	metaNow          = "now"          // the time of the newest act
	metaMemory       = "memory"       // what a world has in memory only, in an image
)

// PutWorld stores the first Organization and the start of a new world.
func (tx *Tx) PutWorld() error {
	if err := tx.SetMeta(metaOrganization, tx.Org); err != nil {
		return err
	}
	return tx.SetMeta(metaStart, Stamp(tx.Now))
}

// FirstOrganization returns the id of the world's first Organization, or "" before there is one.
func (tx *Tx) FirstOrganization() (string, error) { return tx.Meta(metaOrganization) }

// Started returns when the world began. Before the first seeding that is now.
func (tx *Tx) Started() (time.Time, error) {
	started, err := tx.Meta(metaStart)
	if at, ok := cond.ParseTime(started); ok {
		return at, err
	}
	return tx.Now, err
}

// IsInMemory reports whether the world ends with the process.
func (tx *Tx) IsInMemory() bool { return tx.w.config.inMemory() }
