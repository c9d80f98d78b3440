package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"syscall"
	"time"
)

// An image from scratch has no curl, so the command itself asks whether the emulator beside it is healthy.

// healthSettings contains the flags of the subcommand health.
type healthSettings struct {
	url   string
	usage string
}

// healthAnswer is the answer of /_emulator/health.
type healthAnswer struct{ Status, Reason, Message string }

func parseHealth(args []string, getenv func(string) string) (*healthSettings, error) {
	s := &healthSettings{}
	flags := flag.NewFlagSet("health", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&s.url, "url", servedURL(getenv(envName("addr"))), "ask the emulator at `URL`")
	s.usage = "segmentflow-emulator health exits with 0 if a running emulator can work, and with 1 if not.\n" +
		"Without --url it asks at the port of " + envName("addr") + ".\n\n" + flagTexts(flags)

	return s, parseAsking(flags, &s.url, args)
}

// servedURL returns where an emulator that listens at an address can be reached from the same machine.
func servedURL(addr string) string {
	host, port, err := net.SplitHostPort(cmp.Or(addr, defaultAddr))
	if err != nil {
		return "http://" + defaultAddr
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, port)
}

// health runs the subcommand and returns its exit code: 0, 2 for invalid flags, or 1 if the emulator cannot work.
func health(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) int {
	s, err := parseHealth(args, getenv)
	switch {
	case errors.Is(err, errHelp):
		fmt.Fprint(stdout, s.usage)
		return 0
	case err != nil:
		fmt.Fprintf(stderr, "segmentflow-emulator health: %v\n", err)
		return 2
	}
	if err := s.ask(ctx); err != nil {
		fmt.Fprintf(stderr, "segmentflow-emulator health: %v\n", err)
		return 1
	}
	fmt.Fprintln(stdout, "ok")
	return 0
}

// ask returns an error if the emulator cannot work.
func (s *healthSettings) ask(ctx context.Context) error {
	const (
		patience = 10 * time.Second
		longest  = 64 << 10
	)
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+"/_emulator/health", http.NoBody)
	if err != nil {
		return err
	}
	reply, err := http.DefaultTransport.RoundTrip(request)
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Errorf("nothing listens at %s; start segmentflow-emulator, or name its address with -url", s.url)
	case err != nil:
		return fmt.Errorf("no answer from %s: %w", s.url, err)
	}
	defer reply.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(reply.Body, longest))
	if err != nil {
		return fmt.Errorf("no answer from %s: %w", s.url, err)
	}

	var answer healthAnswer
	err = json.Unmarshal(raw, &answer)
	if err == nil && reply.StatusCode == http.StatusOK && answer.Status == "ok" {
		return nil
	}
	return fmt.Errorf("%s is not healthy: %s", s.url, cmp.Or(answer.Reason, answer.Message, reply.Status))
}
