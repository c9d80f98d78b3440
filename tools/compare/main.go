// Command compare prints how the emulator compares with a floor and with peers on this machine, as tables in Markdown.
// The floor is package floor. All numbers are processor time. What is compared takes turns in one run, and the median
// of the ratios counts. docs/performance.md explains the rows.
//
// It runs in its own folder, because it builds commands from the versions in go.mod: make bench-compare.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"time"
)

// bench is what all rows use.
type bench struct {
	sizes
	dir   string            // for files and binaries
	built map[string]string // by command, the path of its binary
	floor func() error      // one call of the floor
}

// sizes say how long things are measured, and how large worlds are.
type sizes struct {
	Rounds   int           // of calls that are repeated
	Worlds   int           // of rounds that take long: many requests, or a world each
	Turn     time.Duration // of repeated calls
	Loopback int           // requests of a turn
	Starts   int           // of a process, in a turn
	People   int           // of a Broadcast, and of a Journey with waiting runs
	Mails    int           // stored, to measure their bytes
	Profiles int           // of the world whose Segments are counted, with ten UserEvents each
}

// The sizes of a run, of -quick, and of the test of this program.
var (
	full  = sizes{21, 9, 100 * time.Millisecond, 4000, 5, 10_000, 10_000, 100_000}
	quick = sizes{5, 3, 40 * time.Millisecond, 1500, 3, 10_000, 10_000, 100_000}
)

type options struct {
	sizes
	rows          *regexp.Regexp
	segments      bool
	growth        bool
	sends, things int // how far growth goes
}

func main() {
	if isChild(os.Args) {
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	o, err := parse(os.Args[1:])
	if err == nil {
		err = run(ctx, o)
	}
	stop()
	switch {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func parse(args []string) (options, error) {
	o := options{sizes: full}
	flags := flag.NewFlagSet("compare", flag.ContinueOnError)
	rows := flags.String("rows", "", "measure only the rows that match the `regexp`")
	isQuick := flags.Bool("quick", false, "measure in few rounds")
	people := flags.Int("people", full.People, "how many `Profiles` a Broadcast and a Journey have")
	profiles := flags.Int("profiles", full.Profiles,
		"how many `Profiles` the world has whose Segments are counted; each has ten UserEvents")
	flags.BoolVar(&o.segments, "segments", false, "also count Segments in a large world")
	flags.BoolVar(&o.growth, "growth", false, "measure how the cost grows, instead of the table")
	flags.IntVar(&o.sends, "sends", 500_000, "with -growth: up to how many `sends`")
	flags.IntVar(&o.things, "things", 10_000, "with -growth: up to how many `Journeys`, Segments and Templates")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if *isQuick {
		o.sizes = quick
	}
	o.People, o.Profiles = *people, *profiles
	var err error
	o.rows, err = regexp.Compile("(?i)" + *rows)
	return o, err
}

func run(ctx context.Context, o options) error {
	dir, err := os.MkdirTemp("", "compare")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	b, closeFloor, err := newBench(ctx, o.sizes, dir)
	if err != nil {
		return err
	}
	defer closeFloor()
	text, err := header(ctx)
	if err != nil {
		return err
	}
	fmt.Print(text)
	if o.growth {
		return b.growth(ctx, o)
	}
	return b.table(ctx, o)
}
