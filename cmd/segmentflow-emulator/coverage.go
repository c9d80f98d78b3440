package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strconv"

	"github.com/segmentflow/segmentflow-go/emulator"
)

// coverageSettings contains the arguments of the subcommand coverage.
type coverageSettings struct {
	dir        string
	html, json string // files; "" writes none
	min        percentage

	usage string
}

// percentage is a flag with a number from 0 to 100.
type percentage float64

func (p *percentage) String() string { return strconv.FormatFloat(float64(*p), 'f', -1, 64) }

// Set parses a number from 0 to 100.
func (p *percentage) Set(value string) error {
	n, err := strconv.ParseFloat(value, 64)
	if err != nil || !(n >= 0 && n <= 100) {
		return errors.New("must be a number from 0 to 100")
	}
	*p = percentage(n)
	return nil
}

// toStdout is the name of a file that stands for stdout.
const toStdout = "-"

// parseCoverage reads the arguments. The directory may be before, between and after the flags.
func parseCoverage(args []string) (*coverageSettings, error) {
	s := &coverageSettings{}
	flags := flag.NewFlagSet("coverage", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&s.html, "html", "", "write a page with a graph of each Journey to `FILE`")
	flags.StringVar(&s.json, "json", "", "write the coverage as JSON to `FILE`; - is stdout, instead of the table")
	flags.Var(&s.min, "min", "exit with code 1 if less than `PERCENT` of all Journeys together was reached")
	s.usage = coverageUsage(flags)

	for rest := args; ; {
		if err := flags.Parse(rest); err != nil {
			return s, err
		}
		if flags.NArg() == 0 {
			break
		}
		if s.dir != "" {
			return s, fmt.Errorf("unexpected argument %q; coverage reads one directory", flags.Arg(0))
		}
		if s.dir = flags.Arg(0); s.dir == "" {
			return s, errors.New("the name of the directory is empty")
		}
		rest = flags.Args()[1:]
	}
	if s.dir == "" {
		return s, errors.New("the directory is missing; write segmentflow-emulator coverage DIR, " +
			"with the directory that SEGMENTFLOW_JOURNEY_COVERAGE named when the tests ran")
	}
	return s, nil
}

func coverageUsage(flags *flag.FlagSet) string {
	return "segmentflow-emulator coverage DIR shows which parts of Journeys the tests have reached.\n\n" +
		"Record it first. A relative DIR is below the root of the module:\n\n" +
		"  SEGMENTFLOW_JOURNEY_COVERAGE=DIR go test -count=1 ./...\n\n" +
		flagTexts(flags)
}

// coverage runs the subcommand and returns its exit code: 0, 2 for invalid arguments, or 1 if the coverage cannot be
// read or is below the minimum.
func coverage(args []string, stdout, stderr io.Writer) int {
	s, err := parseCoverage(args)
	switch {
	case errors.Is(err, errHelp):
		fmt.Fprint(stdout, s.usage)
		return 0
	case err != nil:
		fmt.Fprintf(stderr, "segmentflow-emulator coverage: %v\n", err)
		return 2
	}
	if err := s.report(stdout, stderr); err != nil {
		fmt.Fprintf(stderr, "segmentflow-emulator coverage: %v\n", err)
		return 1
	}
	return 0
}

func (s *coverageSettings) report(stdout, stderr io.Writer) error {
	read, err := emulator.ReadCoverage(s.dir)
	if err != nil {
		return err
	}
	for _, path := range read.Ignored {
		fmt.Fprintf(stderr, "segmentflow-emulator coverage: left out %s: it is not Journey coverage\n", path)
	}
	if len(read.Journeys) == 0 {
		return fmt.Errorf("%s has no Journeys: no emulator of these tests had one that was Active", s.dir)
	}

	if s.json != toStdout {
		fmt.Fprint(stdout, read.Table())
	}
	asJSON := func(w io.Writer) error {
		encoder := json.NewEncoder(w)
		encoder.SetIndent("", "  ")
		return encoder.Encode(read)
	}
	if err := errors.Join(write(s.html, stdout, read.WriteHTML), write(s.json, stdout, asJSON)); err != nil {
		return err
	}
	if float64(100*read.Reached)/float64(read.Total) < float64(s.min) { // rounds as the minimum was, when it was read
		return fmt.Errorf("the coverage of Journeys is %.1f %%, below the minimum of %s %%",
			read.Percent(), s.min.String())
	}
	return nil
}

// write writes a file with a function. It does nothing if the name is "".
func write(name string, stdout io.Writer, to func(io.Writer) error) error {
	switch name {
	case "":
		return nil
	case toStdout:
		return to(stdout)
	}
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	return errors.Join(to(file), file.Close())
}
