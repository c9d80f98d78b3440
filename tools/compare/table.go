package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"

	"github.com/segmentflow/segmentflow-go/tools/compare/floor"
)

// row is a line of the table.
type row struct {
	what, goal string
	measure    func(*bench, context.Context) (result, error)
	slow       bool // only with -segments
}

func rows() []row {
	return []row{
		{what: "Send in process / floor", goal: "≤ 2.2 ×", measure: (*bench).send},
		{what: "BatchSend of 100, per item / floor", goal: "≤ 1.3 ×", measure: (*bench).batchSend},
		{what: "loopback, 8 clients / bare floor server", goal: "≥ 0.5 ×", measure: (*bench).loopbackFloor},
		{what: "loopback, 8 clients / stripe-mock (stateless)", goal: "≥ 1.3 ×", measure: (*bench).loopbackStripe},
		{what: "New + Close / miniredis Run + Set + Close", goal: "≤ 3 ×", measure: (*bench).start},
		{what: "New + Send + read + Close / the same", goal: "≤ 8 ×", measure: (*bench).startAndSend},
		{what: "seeded start (parsed acme.yaml, not the first) / bare New", goal: "≤ 1.3 ×",
			measure: (*bench).seededStart},
		{what: "Track that enrols 5 of 20 / floor", goal: "≤ 5 ×", measure: (*bench).track},
		{what: "Broadcast, a mail / floor", goal: "≤ 0.5 ×", measure: (*bench).broadcast},
		{what: "Advance, a step / floor", goal: "≤ 0.3 ×", measure: (*bench).advance},
		{what: "RSS per stored 2.4 kB mail", goal: "≤ 4 kB", measure: (*bench).mailMemory},
		{what: "file bytes per such mail", goal: "≤ 3 kB", measure: (*bench).mailFile},
		{what: "waiting run, in memory and in a file", goal: "≤ 0.5 kB", measure: (*bench).waiting},
		{what: "segment counts, each the first one, in memory", goal: "≤ 100 ms", measure: (*bench).firstCounts,
			slow: true},
		{what: "segment counts after a change, in a file", goal: "≤ 100 ms", measure: (*bench).segments, slow: true},
		{what: "command: start to ready / bare server", goal: "≤ 2 ×", measure: (*bench).startCommand},
		{what: "stripped binary", goal: "report", measure: (*bench).binary},
	}
}

func newBench(ctx context.Context, s sizes, dir string) (*bench, func(), error) {
	f, err := floor.New(ctx)
	if err != nil {
		return nil, nil, err
	}
	call, err := f.Caller()
	return &bench{sizes: s, dir: dir, built: map[string]string{}, floor: call}, func() { _ = f.Close() }, err
}

// table prints the rows one by one, and the tables that explain them at the end.
func (b *bench) table(ctx context.Context, o options) error {
	fmt.Println("| What | Measured | Goal | Quartiles; processor time of both |\n|---|---|---|---|")
	var more strings.Builder
	for _, r := range rows() {
		if r.slow && !o.segments || !o.rows.MatchString(r.what) {
			continue
		}
		got, err := r.measure(b, ctx)
		if err != nil {
			return fmt.Errorf("%s: %w", r.what, err)
		}
		fmt.Println(r.line(got))
		more.WriteString(got.more)
	}
	fmt.Print(more.String())
	return nil
}

func (r row) line(got result) string {
	return fmt.Sprintf("| %s | %s | %s | %s |", r.what, got.measured, r.goal, got.detail)
}

// vsFloor compares a call that does a number of items with one of the floor.
func (b *bench) vsFloor(items int, call func() error) (result, error) {
	r, err := compare(b.Rounds, repeat(b.Turn, items, call), repeat(b.Turn, 1, b.floor))
	return r.result(), err
}

// header names the machine and the versions.
func header(ctx context.Context) (string, error) {
	peers, err := output(ctx, "go", "list", "-m", "-f", "{{.Path}} {{.Version}}",
		"github.com/alicebob/miniredis/v2", stripeCommand, "modernc.org/sqlite")
	if err != nil {
		return "", err
	}
	commit, err := output(ctx, "git", "describe", "--always", "--dirty")
	if err != nil {
		commit = "unknown"
	}
	return fmt.Sprintf("%s, %d processors, GOMAXPROCS %d, %s, %s/%s, commit %s.\nPeers: %s.\n\n",
		processor(), runtime.NumCPU(), runtime.GOMAXPROCS(0), runtime.Version(), runtime.GOOS, runtime.GOARCH,
		strings.TrimSpace(commit), strings.ReplaceAll(strings.TrimSpace(peers), "\n", ", ")), nil
}

// processor returns the name of the processor.
func processor() string {
	if info, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		if name := regexp.MustCompile(`(?m)^model name\s*: (.*)$`).FindSubmatch(info); name != nil {
			return string(name[1])
		}
	}
	if name, err := exec.Command("sysctl", "-n", "machdep.cpu.brand_string").Output(); err == nil {
		return strings.TrimSpace(string(name))
	}
	return "unknown processor"
}
