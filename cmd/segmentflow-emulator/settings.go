package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator"
)

// settings contains the flags, or the environment variables for flags that are not set.
type settings struct {
	addr, db, clock, smtp, log string
	webhook, webhookSecret     string
	seeds, hosts, origins      list
	start                      instant
	reseed, watch              bool
	remote, version            bool

	usage func() string
}

// defaultAddr is where the command listens unless --addr says otherwise.
const defaultAddr = "127.0.0.1:4010"

// list is a flag that can be repeated. In an environment variable, its values are separated by commas.
type list []string

func (l *list) String() string { return strings.Join(*l, ",") }

// Set adds a value.
func (l *list) Set(value string) error {
	if value == "" {
		return errors.New("must not be empty")
	}
	*l = append(*l, value)
	return nil
}

// instant is a flag with a date-time.
type instant struct{ time.Time }

func (i *instant) String() string {
	if i.IsZero() {
		return ""
	}
	return i.Format(time.RFC3339Nano)
}

// Set parses an RFC 3339 date-time.
func (i *instant) Set(value string) error {
	t, err := time.Parse(time.RFC3339, value)
	if err != nil {
		return errors.New("must be a date-time such as 2026-03-02T09:00:00Z")
	}
	if t.IsZero() {
		return errors.New("is the zero time; to start now, leave the flag out")
	}
	i.Time = t
	return nil
}

var (
	errHelp        = flag.ErrHelp
	errNotLoopback = errors.New("not a loopback address")
)

// parse reads the flags, and environment variables for the flags that are not set.
func parse(args []string, getenv func(string) string) (*settings, error) {
	s := &settings{}
	flags := flag.NewFlagSet("segmentflow-emulator", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&s.addr, "addr", defaultAddr, "listen on `HOST:PORT`; port 0 picks a free port")
	flags.StringVar(&s.db, "db", ":memory:",
		"keep all data in the SQLite `FILE`, for one process at a time, or in :memory:")
	flags.Var(&s.seeds, "seed",
		"load the YAML or JSON seed `FILE`; a later start on the same --db applies only its changes; repeatable")
	flags.BoolVar(&s.reseed, "reseed", false,
		"apply the whole seed to a database file again, and overwrite later changes")
	flags.BoolVar(&s.watch, "watch", false,
		"apply the changes of the --seed files whenever they are saved; the dashboard shows mistakes with their lines")
	flags.StringVar(&s.clock, "clock", "live",
		"set the clock to `live|manual`: live runs due work as time passes; "+
			"manual moves only in the dashboard or with POST /_emulator/clock/advance, and "+
			"goes on where the world in --db stopped")
	flags.Var(&s.start, "start-time", "start the clock at the `RFC3339` date-time, such as 2026-03-02T09:00:00Z")
	flags.StringVar(&s.smtp, "smtp", "",
		"relay mail to the SMTP `SERVER`: HOST:PORT or smtp://USER:PASSWORD@HOST:PORT?starttls=required")
	flags.StringVar(&s.webhook, "webhook", "",
		"post what happens to email, and the ends of runs, to the `URL`, "+
			"whose host must be localhost or a loopback address")
	flags.StringVar(&s.webhookSecret, "webhook-secret", emulator.DefaultWebhookSecret,
		"sign the requests to --webhook with the `SECRET`")
	flags.StringVar(&s.log, "log", "text", "log to stderr as `text|json|off`")
	flags.BoolVar(&s.remote, "allow-remote", false,
		"listen beyond loopback, and accept any IP address as the Host of a request; "+
			"anyone who can connect can use the control plane")
	flags.Var(&s.hosts, "allow-host",
		"also accept `NAME` as the Host of a request, such as a container's; repeatable")
	flags.Var(&s.origins, "allow-origin",
		"let web pages of the `ORIGIN`, such as http://localhost:5173, call everything and read the answers; "+
			"its host must be a loopback name or address; repeatable")
	flags.BoolVar(&s.version, "version", false, "print the version and the commit")
	s.usage = func() string { return usage(flags) }

	err := flags.Parse(args)
	switch {
	case errors.Is(err, errHelp):
		return s, err
	case err != nil:
		return s, fmt.Errorf("%w; --help lists the flags", err)
	case flags.NArg() > 0:
		return s, fmt.Errorf("unexpected argument %q; the commands are coverage, health and login, which come first, "+
			"and --help lists the flags", flags.Arg(0))
	}
	if err := environment(flags, getenv); err != nil {
		return s, err
	}
	return s, s.check()
}

func envName(flagName string) string {
	return "SEGMENTFLOW_EMULATOR_" + strings.ToUpper(strings.ReplaceAll(flagName, "-", "_"))
}

// environment sets the flags that were not given from environment variables.
func environment(flags *flag.FlagSet, getenv func(string) string) (err error) {
	given := map[string]bool{"version": true} // not a setting
	flags.Visit(func(f *flag.Flag) { given[f.Name] = true })
	flags.VisitAll(func(f *flag.Flag) {
		value := getenv(envName(f.Name))
		if given[f.Name] || value == "" || err != nil {
			return
		}

		values := []string{value}
		if _, isList := f.Value.(*list); isList {
			values = strings.Split(value, ",")
		}
		for _, v := range values {
			if e := flags.Set(f.Name, strings.TrimSpace(v)); e != nil {
				err = fmt.Errorf("invalid value %q for %s: %w", value, envName(f.Name), e)
			}
		}
	})
	return err
}

func usage(flags *flag.FlagSet) string {
	return "segmentflow-emulator serves the Segmentflow emulator.\n" +
		"segmentflow-emulator coverage DIR shows which parts of Journeys tests have reached; " +
		"see segmentflow-emulator coverage --help.\n" +
		"segmentflow-emulator health exits with 0 if a running emulator can work; " +
		"see segmentflow-emulator health --help.\n" +
		"segmentflow-emulator login prints a new link to the dashboard of a running emulator; " +
		"see segmentflow-emulator login --help.\n\n" +
		flagTexts(flags) +
		"\nEach flag can also be set by an environment variable, such as " + envName("start-time") +
		".\nIn the variable of a repeatable flag, separate the values by commas.\n"
}

// flagTexts describes flags.
func flagTexts(flags *flag.FlagSet) string {
	var out strings.Builder
	flags.VisitAll(func(f *flag.Flag) {
		value, text := flag.UnquoteUsage(f)
		fmt.Fprintf(&out, "  --%s\n        %s", strings.TrimSpace(f.Name+" "+value), text)
		if f.DefValue != "" && f.DefValue != "false" {
			fmt.Fprintf(&out, " (default %s)", f.DefValue)
		}
		out.WriteByte('\n')
	})
	return out.String()
}

// check returns an error for settings that no emulator can start with. The emulator itself checks --smtp and --webhook.
func (s *settings) check() error {
	oneOf := func(name, value string, allowed ...string) error {
		if slices.Contains(allowed, value) {
			return nil
		}
		return fmt.Errorf("invalid value %q for flag -%s: must be %s", value, name, strings.Join(allowed, " or "))
	}
	address := func(name, value string) error {
		_, port, err := net.SplitHostPort(value)
		if _, bad := strconv.ParseUint(port, 10, 16); err != nil || bad != nil {
			return fmt.Errorf("invalid value %q for flag -%s: must be HOST:PORT", value, name)
		}
		return nil
	}
	if s.db == "" {
		return errors.New("invalid value \"\" for flag -db: must be :memory: or a file")
	}
	if s.webhookSecret == "" {
		return errors.New("flag -webhook-secret: the secret is empty, so that anybody could sign")
	}
	if s.watch && len(s.seeds) == 0 {
		return errors.New("flag -watch: there is no seed file to watch; name one with --seed FILE")
	}

	err := errors.Join(
		oneOf("clock", s.clock, "live", "manual"),
		oneOf("log", s.log, "text", "json", "off"),
		address("addr", s.addr),
	)
	for _, name := range s.hosts {
		if strings.ContainsAny(name, "/* ") {
			err = errors.Join(err, fmt.Errorf("invalid value %q for flag -allow-host: "+
				"must be a host name, without scheme, path and wildcard", name))
		}
	}
	return err
}

// listen opens the port. It allows only loopback addresses, unless remote is set.
func (s *settings) listen(ctx context.Context) (net.Listener, error) {
	resolved, err := net.ResolveTCPAddr("tcp", s.addr)
	if err != nil {
		return nil, err
	}
	if !s.remote && !resolved.IP.IsLoopback() {
		return nil, fmt.Errorf("%w: %s; anyone who can connect could use the control plane, which needs no key; "+
			"to listen there anyway, add --allow-remote", errNotLoopback, s.addr)
	}
	var config net.ListenConfig
	config.SetMultipathTCP(false) // asking the machine whether it has that would be a percent of the start
	listener, err := config.Listen(ctx, "tcp", resolved.String())
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("%w; choose another port with --addr, such as 127.0.0.1:0 for a free one", err)
	}
	return listener, err
}

// url returns the URL of the emulator. If it listens on all addresses, the host is the first allowed host, or loopback.
func (s *settings) url(at *net.TCPAddr) string {
	host := at.IP.String()
	switch {
	case at.IP.IsUnspecified() && len(s.hosts) > 0:
		host = s.hosts[0]
	case at.IP.IsUnspecified():
		host = "127.0.0.1"
	}
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name // an allowed host may be given with a port
	}
	return "http://" + net.JoinHostPort(host, strconv.Itoa(at.Port))
}

// options returns the settings as options of the emulator.
func (s *settings) options(log *slog.Logger) []emulator.Option {
	options := []emulator.Option{
		emulator.WithDatabase(s.db),
		emulator.WithAllowedHosts(s.hosts...),
		emulator.WithAllowedOrigins(s.origins...),
		emulator.WithJournalBodies(), // the dashboard shows them
	}
	if s.log != "off" {
		// Even without a logger, the emulator writes to stderr which parts of a seed it did not apply.
		options = append(options, emulator.WithLogger(log))
	}
	for _, path := range s.seeds {
		options = append(options, emulator.WithSeedFile(path))
	}
	if s.reseed {
		options = append(options, emulator.WithReseed())
	}

	start := s.start.Time
	switch {
	case s.clock == "live":
		options = append(options, emulator.WithLiveClock())
	case start.IsZero():
		options = append(options, emulator.WithManualClock())
	}
	if !start.IsZero() {
		options = append(options, emulator.WithStartTime(start))
	}
	if s.smtp != "" {
		options = append(options, emulator.WithSMTP(s.smtp))
	}
	if s.webhook != "" {
		options = append(options, emulator.WithWebhook(emulator.Webhook{URL: s.webhook, Secret: s.webhookSecret}))
	}
	if s.remote {
		options = append(options, emulator.WithAllowRemote())
	}
	return options
}
