package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/segmentflow/segmentflow-go/tools/compare/floor"
)

// sendPoint is what a send costs in a world that has some already.
type sendPoint struct {
	Sends     int
	Send      time.Duration
	Ratio     float64
	RSS, File float64
}

// growth prints how the cost of calls grows with what a world has.
func (b *bench) growth(ctx context.Context, o options) error {
	fmt.Println("| World | Sends in it | A send | / floor | RSS | File |\n|---|---|---|---|---|---|")
	for _, file := range []string{"", filepath.Join(b.dir, "sends.db")} {
		points, err := askChild[[]sendPoint](ctx, asked{What: "sends", N: o.sends, File: file, Sizes: b.sizes})
		if err != nil {
			return err
		}
		if file != "" {
			file += ".sized"
		}
		// The floor needs memory too, and what is timed is sent, so sizes are those of another process and world.
		sized, err := askChild[[]sendPoint](ctx, asked{What: "sends", N: o.sends, File: file})
		if err != nil {
			return err
		}
		for i, p := range points {
			world, bytes := "in memory", "none"
			if file != "" {
				world, bytes = "in a file", size(sized[i].File)
			}
			fmt.Printf("| %s | %d | %s | %s | %s | %s |\n",
				world, p.Sends, brief(p.Send), times(p.Ratio), size(sized[i].RSS), bytes)
		}
	}
	return b.catalogs(ctx, o.things)
}

// sendGrowth sends into one world, and measures its size now and then, and the time of a send if there are Rounds.
func sendGrowth(ctx context.Context, a asked) (points []sendPoint, err error) {
	f, err := floor.New(ctx)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	base, err := f.Caller()
	if err != nil {
		return nil, err
	}
	emu, err := acme(database(a.File)...)
	if err != nil {
		return nil, err
	}
	sent, one := 0, sender(ctx, emu)
	send := func() error {
		sent++
		return one()
	}
	for _, n := range []int{1_000, 10_000, 100_000, 500_000} {
		if n > a.N {
			break
		}
		for sent < n {
			if err := send(); err != nil {
				return nil, errors.Join(err, emu.Close())
			}
		}
		p := sendPoint{Sends: n}
		if p.RSS, err = resident(ctx); err != nil {
			return nil, errors.Join(err, emu.Close())
		}
		if a.File != "" {
			p.File, err = fileBytes(a.File)
		}
		if err == nil && a.Sizes.Rounds > 0 {
			var r ratio
			r, err = compare(a.Sizes.Rounds, repeat(a.Sizes.Turn, 1, send), repeat(a.Sizes.Turn, 1, base))
			p.Send, p.Ratio = r.call, r.median
		}
		if err != nil {
			return nil, errors.Join(err, emu.Close())
		}
		points = append(points, p)
	}
	return points, emu.Close()
}
