package emulator

import (
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/clock"
	"github.com/segmentflow/segmentflow-go/emulator/internal/gateway"
	"github.com/segmentflow/segmentflow-go/emulator/internal/guard"
	"github.com/segmentflow/segmentflow-go/emulator/internal/relay"
	"github.com/segmentflow/segmentflow-go/emulator/internal/webhook"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// Option configures an emulator. A value that an option cannot use is an error of New, and fails the test in Start.
type Option func(*options)

type options struct {
	database   string
	start      time.Time
	live       bool
	realWaits  bool
	manual     bool
	seedNumber uint64
	seedFiles  []string
	seeds      []Seed
	reseed     bool
	image      []byte
	known      bool          // an emulator of this process has made the image
	moment     *world.Moment // of an image of a fork
	smtp       string
	webhook    *webhook.Target
	publicURL  string
	hosts      []string
	origins    []string
	remote     bool
	bodyTime   time.Duration
	keyTTL     time.Duration
	bodies     bool
	patience   time.Duration
	log        *slog.Logger
	guards     guard.Kinds
	evidence   bool
	mistakes   []error
}

// defaults returns the options of an emulator that is started with none.
func defaults() options {
	return options{database: world.InMemory, seedNumber: 1, bodyTime: gateway.BodyTime, patience: defaultPatience}
}

// apply carries out options.
func (opts *options) apply(list []Option) error {
	for i, opt := range list {
		if opt == nil {
			opts.refuse(true, "option %d of %d is nil; leave it out", i+1, len(list))
			continue
		}
		opt(opts)
	}
	opts.refuse(opts.manual && opts.live, "WithManualClock: WithLiveClock makes the clock run; pass one of them")
	if opts.manual && opts.start.IsZero() {
		opts.start = clock.MachineTime()
	}
	return errors.Join(opts.mistakes...)
}

// refuse notes why a value cannot be used, if it is wrong.
func (opts *options) refuse(wrong bool, format string, args ...any) {
	if wrong {
		opts.mistakes = append(opts.mistakes, fmt.Errorf(format, args...))
	}
}

// WithDatabase keeps the emulator's data in the SQLite file at path. The file is created if it does not exist. A later
// emulator on the same file continues where this one stopped, whether it was closed or killed. The default is a
// database in memory.
//
// One emulator at a time can use the file; it locks path.lock. Other programs may read the file. While another
// program locks it, calls are answered with 503 unavailable. A file that was not made by an emulator, or was made by
// another version, is refused and not changed.
func WithDatabase(path string) Option {
	return func(opts *options) {
		opts.refuse(path == "", "WithDatabase: the file name is empty; without this option the database is in memory")
		opts.database = path
	}
}

// WithStartTime starts the clock at this time and freezes it: only Advance and AdvanceTo move it. Together with
// WithLiveClock the clock starts at this time and runs. If a database file has already passed this time, or the world
// was made from an image, the clock starts at the world's time instead. The zero time is an error.
func WithStartTime(start time.Time) Option {
	return func(opts *options) {
		year := start.UTC().Year()
		opts.refuse(start.IsZero(), "WithStartTime: the time is zero; "+
			"pass the time that the clock starts at, or leave the option out to start now")
		opts.refuse(year < 1 || year > 9999, "WithStartTime: the year %d is not between 1 and 9999", year)
		opts.start = start
	}
}

// WithManualClock freezes the clock: only Advance and AdvanceTo move it. A new world starts now, or at the time of
// WithStartTime. A world that exists in a file goes on at the time at which it stopped, whatever other options say, and
// nothing runs before the first call: what is due then waits for it, and tasks that failed are not tried again. The
// option cannot be combined with WithLiveClock.
func WithManualClock() Option { return func(opts *options) { opts.manual = true } }

// WithLiveClock runs due work as time passes, without a call. Inside a testing/synctest bubble the clock follows the
// bubble's time.
func WithLiveClock() Option { return func(opts *options) { opts.live = true } }

// WithRealWaits makes the emulator's clients wait between attempts as long as they would in production. Without it
// their waits take no time, unless the clock is live or the test runs in a testing/synctest bubble; see ClientOptions.
func WithRealWaits() Option { return func(opts *options) { opts.realWaits = true } }

// WithSeedNumber chooses the sequence of ids and random cohorts of an in-memory database. The default is 1. An emulator
// on a database file draws its ids at random.
func WithSeedNumber(n uint64) Option { return func(opts *options) { opts.seedNumber = n } }

// WithSeedFile seeds the emulator from a YAML or JSON file. Without a seed the emulator has one Organization with a
// dashboard user, a verified domain, a SenderProfile and the Template "hello".
//
// A database file is seeded once. A later start applies only what differs from the seeds that were applied last: each
// property, subscription and identifier of a Profile separately, everything else as a whole. It leaves out and logs
// what the data no longer allows, and Profiles that have been deleted. A mistake in the seed itself is a *SeedError.
func WithSeedFile(path string) Option {
	return func(opts *options) {
		opts.refuse(path == "", "WithSeedFile: the path is empty; without this option there is the default data")
		opts.seedFiles = append(opts.seedFiles, path)
	}
}

// WithSeed seeds the emulator from a Go value. It is applied after the seed files.
func WithSeed(seed Seed) Option { return func(opts *options) { opts.seeds = append(opts.seeds, seed) } }

// WithReseed applies the seeds to a database file in full, also what has not changed since they were applied last. It
// overwrites later changes to what they contain. If something then does not fit, the start fails.
func WithReseed() Option { return func(opts *options) { opts.reseed = true } }

// ErrSMTP is wrapped by the error of New if the text passed to WithSMTP does not name an SMTP server in a form that it
// takes. The error does not repeat the text, which may contain a password. New does not connect to the server: that it
// cannot be reached shows in the failureMessage of an EmailSend.
var ErrSMTP = relay.ErrServer

// WithSMTP relays emails to an SMTP server: host:port, or smtp://user:password@host:port?starttls=required. With
// starttls=required the server must offer STARTTLS and have a valid certificate; on a loopback address any certificate
// will do. A password goes only over TLS or to a loopback address. Emails to simulated addresses are never relayed.
// An empty text is an error, and so is one in another form; the latter wraps ErrSMTP.
//
// An EmailSend is Processing until the server has taken its email. No API call waits for the server; Idle, Advance and
// AdvanceTo do. An email that the server refuses with a 4xx, or that could not reach it, is tried again after 1, 5
// and 15 minutes of the emulator's clock. After a 5xx or four tries the EmailSend is Failed, and its
// failureMessage has the code, such as "relay_failed: 550". If only a copy is refused, the others get the email, and
// Message.Dropped lists the copy. No email is handed over twice: if it is unknown whether the server took it, the
// EmailSend is Failed with relay_interrupted. Explain shows what the server said.
func WithSMTP(server string) Option {
	return func(opts *options) {
		opts.refuse(server == "", "WithSMTP: the server is empty; without this option no email is relayed")
		opts.smtp = server
	}
}

// maxPublicURL leaves room for the rest of a link in a header line, which has at most 998 bytes.
const maxPublicURL = 500

// WithPublicURL sets the address that links in emails, upload URLs and the URLs of Assets begin with. The default is
// the emulator's own address once URL has been called, and https://emulator.test before. The address must be an
// absolute http or https URL of at most 500 ASCII characters. It may have a path, but no user, query or fragment.
func WithPublicURL(address string) Option {
	return func(opts *options) {
		at, err := url.Parse(address)
		shown := address
		if err == nil && at.User != nil {
			shown = at.Redacted()
		}
		odd := func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune("<>?#", r) }
		wrong := err != nil || at.Scheme != "http" && at.Scheme != "https" || at.Hostname() == "" ||
			at.User != nil || len(address) > maxPublicURL || strings.ContainsFunc(address, odd)
		opts.refuse(wrong, "WithPublicURL: %.100q is not the start of a link; pass an address of at most %d ASCII "+
			"characters such as https://mail.example.com", shown, maxPublicURL)
		opts.publicURL = strings.TrimRight(address, "/")
	}
}

// WithAllowedHosts accepts requests whose Host or Origin has one of these names. Loopback, emulator.test and the host
// of WithPublicURL are always accepted. A container network needs this option with the name of the container.
func WithAllowedHosts(names ...string) Option {
	return func(opts *options) {
		for _, name := range names {
			opts.refuse(strings.ContainsAny(name, "/* "), "WithAllowedHosts: %q is not a host name; "+
				"pass a name such as emulator.internal, without scheme, path and wildcard", name)
		}
		opts.hosts = append(opts.hosts, names...)
	}
}

// ErrOrigin is wrapped by the error of New if a text passed to WithAllowedOrigins is not the origin of a page on this
// machine.
var ErrOrigin = errors.New("not the origin of a page on this machine")

// WithAllowedOrigins lets web pages of these origins call the emulator and read its answers (CORS), for example a page
// that a development server on this machine serves. An origin is a scheme and a host with its port, such as
// http://localhost:5173. Its host must be a loopback name or address. Without this option no page may read an answer.
func WithAllowedOrigins(origins ...string) Option {
	return func(opts *options) {
		for _, origin := range origins {
			opts.refuse(!gateway.IsLoopbackOrigin(origin), "WithAllowedOrigins: %q: %w; pass one such as "+
				"http://localhost:5173, without a path", origin, ErrOrigin)
			opts.origins = append(opts.origins, strings.ToLower(origin))
		}
	}
}

// WithIdempotencyTTL allows an idempotency key to be used again after d. By default a key lives as long as its
// record.
func WithIdempotencyTTL(d time.Duration) Option {
	return func(opts *options) {
		opts.refuse(d <= 0, "WithIdempotencyTTL: %v is not positive; without this option keys have no end", d)
		opts.keyTTL = d
	}
}

// WithJournalBodies makes Requests keep the bodies of calls and replies. Secret values in them are replaced by
// "[redacted]": the data of an event at its redactedDataPaths, and what a Template, or the Templates of a Journey, mark
// as sensitive. If it is unknown which values are secret, the body of the call is not kept: if its API key or its body
// is not valid, or if its Template or Journey does not exist. When all that is kept has more than 64 MB, the bodies of
// the oldest calls go first.
func WithJournalBodies() Option { return func(opts *options) { opts.bodies = true } }

// defaultPatience is how long Eventually waits.
const defaultPatience = 5 * time.Second

// WithPatience sets how long Outbox.Eventually waits for an email. The default is 5 seconds. In a testing/synctest
// bubble it is the bubble's time.
func WithPatience(d time.Duration) Option {
	return func(opts *options) {
		opts.refuse(d <= 0, "WithPatience: %v is not positive; pass how long Eventually waits, "+
			"or leave the option out to wait %v", d, defaultPatience)
		opts.patience = d
	}
}

// WithLogger logs failures of due work, which no call can return, and what a start leaves out of its seeds. Without
// this option, an emulator made with Start logs both to the test; one made with New logs only the latter, to stderr.
func WithLogger(log *slog.Logger) Option {
	return func(opts *options) {
		opts.refuse(log == nil, "WithLogger: the logger is nil; to log nothing, pass slog.New(slog.DiscardHandler)")
		opts.log = log
	}
}

// WithAllowRemote also accepts requests whose Host is any IP address, for an emulator that listens beyond loopback.
// Names still need WithAllowedHosts, because a name can be rebound to another address and an address in a URL cannot.
func WithAllowRemote() Option { return func(opts *options) { opts.remote = true } }
