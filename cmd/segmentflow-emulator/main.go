// Command segmentflow-emulator serves the emulator on a port, for browsers and for programs that are not written in Go.
// The API is under /api, the control plane under /_emulator.
//
// When it is ready, it writes its address to stdout as the first line:
//
//	ready url=http://127.0.0.1:4010 api-key=sk_test_emulator dashboard=http://127.0.0.1:4010/login?token=…
//
// With --watch it applies the changes of its seed files whenever they are saved.
//
// It logs to stderr. SIGINT and SIGTERM end it cleanly with exit code 0. The exit code is 2 for invalid flags, and 1
// for any other error.
//
// segmentflow-emulator coverage DIR shows which parts of Journeys the tests have reached whose emulators recorded it in
// DIR. It does not serve anything.
//
// segmentflow-emulator login asks a running emulator for a new link that signs one browser in to the dashboard, and
// writes it to stdout.
//
// segmentflow-emulator health asks a running emulator whether it can work. The exit code is 0 if it can.
//
// segmentflow-emulator --version prints the version and, if the build knows it, the commit. An archive with the command
// is attached to each release, and Containerfile makes an image of it; README.md has the commands.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"runtime/debug"
	"sync"
	"syscall"

	"github.com/segmentflow/segmentflow-go/emulator"
)

// garbage is how much garbage the command collects at once, in percent of what is in use, unless GOGC says otherwise.
// What is in use is little, because the world is in SQLite's memory. So Go's own value would collect too often.
const garbage = 400

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbage)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run runs the command and returns its exit code: 0, 2 for invalid flags, or 1 for any other error.
func run(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) int {
	if len(args) > 0 {
		switch args[0] {
		case "coverage":
			return coverage(args[1:], stdout, stderr)
		case "login":
			return login(ctx, args[1:], stdout, stderr)
		case "health":
			return health(ctx, args[1:], getenv, stdout, stderr)
		}
	}
	s, err := parse(args, getenv)
	switch {
	case errors.Is(err, errHelp):
		fmt.Fprint(stdout, s.usage())
		return 0
	case err != nil:
		fmt.Fprintf(stderr, "segmentflow-emulator: %v\n", err)
		return 2
	case s.version:
		info, _ := debug.ReadBuildInfo()
		fmt.Fprintln(stdout, "segmentflow-emulator", versionText(info))
		return 0
	}

	err = serve(ctx, s, stdout, logger(s.log, stderr))
	switch {
	case err == nil:
		return 0
	case errors.Is(err, emulator.ErrSMTP):
		// The value is not repeated, because it may contain a password.
		fmt.Fprintf(stderr, "segmentflow-emulator: invalid value for flag -smtp: %v\n", err)
		return 2
	case errors.Is(err, emulator.ErrWebhook):
		fmt.Fprintf(stderr, "segmentflow-emulator: invalid value for flag -webhook: %v\n", err)
		return 2
	case errors.Is(err, emulator.ErrOrigin):
		fmt.Fprintf(stderr, "segmentflow-emulator: invalid value for flag -allow-origin: %v\n", err)
		return 2
	case errors.Is(err, errNotLoopback):
		fmt.Fprintf(stderr, "segmentflow-emulator: %v\n", err)
		return 2
	}
	fmt.Fprintf(stderr, "segmentflow-emulator: %v\n", err)
	return 1
}

// serve listens first, so that links in emails start with the actual address. It then serves until ctx ends.
func serve(ctx context.Context, s *settings, stdout io.Writer, log *slog.Logger) error {
	listener, err := s.listen(ctx)
	if err != nil {
		return err
	}
	url := s.url(listener.Addr().(*net.TCPAddr))
	var seeds *watcher
	if s.watch {
		seeds = newWatcher(s.seeds, log)
	}
	emu, err := emulator.New(append(s.options(log), emulator.WithPublicURL(url))...)
	if err != nil {
		return errors.Join(err, listener.Close())
	}

	failed := make(chan error, 1)
	go func() { failed <- emu.Serve(ctx, listener) }()
	watched, stop := context.WithCancel(ctx)
	var watching sync.WaitGroup
	if seeds != nil {
		watching.Go(func() { seeds.run(watched, emu) })
	}
	log.Info("serving", "url", url, "db", s.db, "clock", s.clock)
	fmt.Fprintf(stdout, "ready url=%s api-key=%s dashboard=%s\n", url, emu.APIKey(), emu.LoginURL())

	err = <-failed
	stop()
	watching.Wait()
	err = errors.Join(err, emu.Close())
	log.Info("closed")
	return err
}

func logger(format string, stderr io.Writer) *slog.Logger {
	switch format {
	case "json":
		return slog.New(slog.NewJSONHandler(stderr, nil))
	case "off":
		return slog.New(slog.DiscardHandler)
	}
	return slog.New(slog.NewTextHandler(stderr, nil))
}
