package emulator

import (
	"log/slog"
	"time"
)

// Option sets up an emulator.
type Option func(*options)

type options struct {
	database   string
	start      time.Time
	live       bool
	seedNumber uint64
	seedFiles  []string
	seeds      []Seed
	reseed     bool
	smtp       string
	publicURL  string
	hosts      []string
	remote     bool
	bodyTime   time.Duration
	keyTTL     time.Duration
	log        *slog.Logger
}

// WithDatabase keeps the world in the SQLite file at path, which is made when it is not there; a later emulator on the
// same file goes on where this one stopped, killed or closed. Default is a database in memory.
//
// One emulator at a time holds the file, by a lock on path.lock; other programs may read it. While another program locks
// it, calls answer 503 unavailable. A file that is not an emulator's, or of another version, is refused and stays as it is.
func WithDatabase(path string) Option { return func(o *options) { o.database = path } }

// WithStartTime starts the clock at t and freezes it: it moves only by Advance and AdvanceTo. Together with
// WithLiveClock it runs from t on. On a file whose world has already passed t, the world's own time wins.
func WithStartTime(t time.Time) Option { return func(o *options) { o.start = t } }

// WithLiveClock lets due work run by itself as time passes. Inside a testing/synctest bubble it follows the bubble's time.
func WithLiveClock() Option { return func(o *options) { o.live = true } }

// WithSeedNumber chooses the sequence of ids and random cohorts of an in-memory world; the default is 1. A world in a
// file draws its ids at random.
func WithSeedNumber(n uint64) Option { return func(o *options) { o.seedNumber = n } }

// WithSeedFile seeds the world from a YAML or JSON file. Without a seed there is a small default world.
//
// A database file gets a seed once. A later start applies only what differs from the seeds applied last: of a Profile
// each property, subscription and identifier that differs, everything else as a whole. What the world no longer allows
// is left out and logged, and so is a Profile that was deleted. A mistake of the seed itself is a *SeedError.
func WithSeedFile(path string) Option {
	return func(o *options) { o.seedFiles = append(o.seedFiles, path) }
}

// WithSeed seeds the world from a value, after the files.
func WithSeed(seed Seed) Option { return func(o *options) { o.seeds = append(o.seeds, seed) } }

// WithReseed applies the seeds to a database file as a whole, also what is equal to what was applied last: it undoes
// what was written to those things since. What then does not fit is an error.
func WithReseed() Option { return func(o *options) { o.reseed = true } }

// WithSMTP relays mail to the SMTP server at addr, host:port; mail to simulated addresses never leaves. A mail whose
// relaying was under way when the process was killed ends Failed (relay_interrupted) rather than being sent twice.
func WithSMTP(addr string) Option { return func(o *options) { o.smtp = addr } }

// WithPublicURL sets the address that links in mail begin with. The default is the emulator's own once it listens, else
// https://emulator.test.
func WithPublicURL(url string) Option { return func(o *options) { o.publicURL = url } }

// WithAllowedHosts lets requests in whose Host or Origin has one of these names, beside loopback, emulator.test and the
// host of WithPublicURL. A container network needs it: the name is the container's there.
func WithAllowedHosts(names ...string) Option {
	return func(o *options) { o.hosts = append(o.hosts, names...) }
}

// WithIdempotencyTTL lets an idempotency key be used anew after d. By default keys live as long as their records.
func WithIdempotencyTTL(d time.Duration) Option { return func(o *options) { o.keyTTL = d } }

// WithLogger logs failures of due work, which no call can answer, and what a start leaves out of its seeds. By default
// an emulator of Start logs to the test, and one of New logs only the latter, to stderr.
func WithLogger(log *slog.Logger) Option { return func(o *options) { o.log = log } }

// WithAllowRemote also lets requests in whose Host is any IP address, for an emulator that listens beyond loopback.
// Names still need WithAllowedHosts: an address in a URL cannot be rebound, a name can.
func WithAllowRemote() Option { return func(o *options) { o.remote = true } }
