// Command sharded sends many receipts from several processes, as an application does that has outgrown one. Each
// process is a shard: it sends the receipts whose keys belong to it, within its part of the rate limit, and keeps a
// checkpoint. Some shards are killed in the middle and started again. In the end each receipt has been sent once.
//
// Run it with: go run ./examples/sharded. The shards call an emulator in this process, whatever the environment
// contains. docs/scale.md explains it, and has the numbers of a million receipts.
package main

import (
	"context"
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator"
)

//go:embed seed.yaml
var seedFile []byte

// plan is what all processes must agree about.
type plan struct {
	receipts, bad int
	shards        int
	budget        int // batches a second that the API allows to all shards together
	reserve       int // percent of the budget that they leave, for other callers and for shards that start again
	template      string
	state         string // the folder with the checkpoints; on several machines, a database
}

func main() {
	var p plan
	flag.IntVar(&p.receipts, "receipts", 2000, "how many receipts there are")
	flag.IntVar(&p.bad, "bad", 1, "how many of them have no valid address")
	flag.IntVar(&p.shards, "shards", 4, "how many processes send them")
	flag.IntVar(&p.budget, "budget", 20, "how many batches a second the API allows to all shards together")
	flag.IntVar(&p.reserve, "reserve", 10,
		"how many percent of that they leave; with a negative number they ask for too much")
	kill := flag.Int("kill", 1, "how many shards are killed in the middle")
	db := flag.String("db", "", "keep the emulator's data in this new file; the default is in memory")
	shard := flag.Int("shard", -1, "run only this shard, against the API that the environment names")
	flag.StringVar(&p.template, "template", "", "with -shard: the id of the Template")
	flag.StringVar(&p.state, "state", "", "with -shard: the folder with the checkpoints")
	flag.Parse()

	if err := run(p, *shard, *kill, *db); err != nil {
		fmt.Fprintln(os.Stderr, "sharded:", err)
		os.Exit(1)
	}
}

func run(p plan, shard, kill int, db string) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if p.shards < 1 || shard >= p.shards || p.budget < 1 || p.reserve >= 100 {
		return errors.New("-shards and -budget must be at least 1, -shard below -shards, and -reserve below 100")
	}
	if shard >= 0 {
		return send(ctx, p, shard)
	}
	found, err := simulate(ctx, p, kill, db)
	if err != nil {
		return err
	}
	found.print(p)
	return found.check(p)
}

// simulate runs all shards as processes against one emulator, kills some, and looks at what was sent.
func simulate(ctx context.Context, p plan, kill int, db string) (found outcome, err error) {
	seed, err := emulator.ParseSeed(seedFile)
	if err != nil {
		return found, err
	}
	opts := []emulator.Option{emulator.WithSeed(seed)}
	if db != "" {
		opts = append(opts, emulator.WithDatabase(db))
	}
	emu, err := emulator.New(opts...)
	if err != nil {
		return found, err
	}
	defer func() { err = errors.Join(err, emu.Close()) }()
	emu.RateLimit("batchSendEmails", p.budget, time.Second)

	p.template = emu.ID("template", "order-receipt")
	if p.state, err = os.MkdirTemp("", "sharded"); err != nil {
		return found, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(p.state)) }()

	sizes := p.sizes()
	fmt.Printf("%d receipts in %d shards of %v, %d batches a second\n", p.receipts, p.shards, sizes, p.budget)
	start := time.Now()
	found.total, err = supervise(ctx, p, emu, sizes, kill)
	if err != nil {
		return found, err
	}
	found.took = time.Since(start)
	found.measure(emu, db)
	return found, found.count(p, emu)
}
