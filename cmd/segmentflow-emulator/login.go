package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"syscall"
	"time"
)

// loginSettings contains the flags of the subcommand login.
type loginSettings struct {
	url, next string

	usage string
}

func parseLogin(args []string) (*loginSettings, error) {
	s := &loginSettings{}
	flags := flag.NewFlagSet("login", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&s.url, "url", "http://127.0.0.1:4010", "ask the emulator at `URL`")
	flags.StringVar(&s.next, "next", "", "after signing in, show the page at `PATH`, such as /dashboard/mail")
	s.usage = "segmentflow-emulator login prints a new link to the dashboard of a running emulator.\n" +
		"The link signs one browser in, once.\n\n" + flagTexts(flags)

	return s, parseAsking(flags, &s.url, args)
}

// login runs the subcommand and returns its exit code: 0, 2 for invalid flags, or 1 if there is no link.
func login(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	s, err := parseLogin(args)
	switch {
	case errors.Is(err, errHelp):
		fmt.Fprint(stdout, s.usage)
		return 0
	case err != nil:
		fmt.Fprintf(stderr, "segmentflow-emulator login: %v\n", err)
		return 2
	}
	link, err := s.link(ctx)
	switch {
	case err == nil:
		fmt.Fprintln(stdout, link)
		return 0
	case errors.Is(err, errSetting):
		fmt.Fprintf(stderr, "segmentflow-emulator login: %v\n", err)
		return 2
	}
	fmt.Fprintf(stderr, "segmentflow-emulator login: %v\n", err)
	return 1
}

// link asks the emulator for a link.
func (s *loginSettings) link(ctx context.Context) (string, error) {
	const patience = 10 * time.Second
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	members := map[string]string{}
	if s.next != "" {
		members["next"] = s.next
	}
	body, err := json.Marshal(members)
	if err != nil {
		return "", err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+"/_emulator/login", bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	request.Header.Set("Content-Type", "application/json")
	reply, err := http.DefaultTransport.RoundTrip(request)
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return "", fmt.Errorf("nothing listens at %s; start segmentflow-emulator, or name its address with -url", s.url)
	case err != nil:
		return "", fmt.Errorf("no answer from %s: %w", s.url, err)
	}
	defer reply.Body.Close()
	return s.read(reply)
}

// read reads the reply of the emulator.
func (s *loginSettings) read(reply *http.Response) (string, error) {
	const longest = 64 << 10
	var answer struct {
		URL, Error, Message string
		Details             struct {
			Issues []struct{ Path, Message string }
		}
	}
	raw, err := io.ReadAll(io.LimitReader(reply.Body, longest))
	if err != nil {
		return "", fmt.Errorf("no answer from %s: %w", s.url, err)
	}
	err = json.Unmarshal(raw, &answer)
	issues := answer.Details.Issues
	switch {
	case err == nil && reply.StatusCode == http.StatusOK && answer.URL != "":
		return answer.URL, nil
	case err == nil && len(issues) == 1 && issues[0].Path == "/next":
		return "", fmt.Errorf("%w %q for flag -next: %s", errSetting, s.next, issues[0].Message)
	case err == nil && answer.Error == "foreign_host":
		return "", fmt.Errorf("%s refuses: %s", s.url, answer.Message)
	}
	return "", fmt.Errorf("what answers at %s is no emulator that can make a link: %s", s.url,
		cmp.Or(answer.Message, reply.Status))
}
