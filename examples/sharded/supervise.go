package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"sync"

	"github.com/segmentflow/segmentflow-go/emulator"
)

// sizes returns how many receipts each shard has.
func (p plan) sizes() []int {
	sizes := make([]int, p.shards)
	for n := range p.receipts {
		sizes[shardOf(p.receipt(n).IdempotencyKey, p.shards)]++
	}
	return sizes
}

// supervise runs all shards and returns the sum of their reports. It kills the first ones when a part of their receipts
// is done: of three, one at a quarter, one at the half and one at three quarters.
func supervise(ctx context.Context, p plan, emu *emulator.Emulator, sizes []int, kill int) (total report, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var mu sync.Mutex
	var running sync.WaitGroup
	for shard := range p.shards {
		victim := 0 // is killed when so many receipts are done, if it is not 0
		if shard < kill {
			victim = max(1, sizes[shard]*(shard+1)/(kill+1))
		}
		running.Go(func() {
			sum, failed := keepUp(ctx, p, emu, shard, victim)
			mu.Lock()
			defer mu.Unlock()
			total = report{total.Done + sum.Done, total.Replays + sum.Replays, total.Retries + sum.Retries}
			if failed != nil && err == nil {
				err = failed
				cancel()
			}
		})
	}
	running.Wait()
	return total, err
}

// keepUp runs a shard until it has done everything: a process that was killed is started again.
func keepUp(ctx context.Context, p plan, emu *emulator.Emulator, shard, victim int) (sum report, err error) {
	for {
		last, killed, err := start(ctx, p, emu, shard, victim)
		sum = report{last.Done, sum.Replays + last.Replays, sum.Retries + last.Retries}
		if err == nil || !killed {
			return sum, err
		}
		done, err := p.checkpoint(shard)
		if err != nil {
			return sum, err
		}
		fmt.Printf("Shard %d was killed. It had reported %d receipts, and starts again from %d\n",
			shard, last.Done, done)
		victim = 0
	}
}

// start runs one process of a shard to its end, which may be a kill. It returns the last report.
func start(
	ctx context.Context, p plan, emu *emulator.Emulator, shard, victim int,
) (last report, killed bool, err error) {
	program, err := os.Executable()
	if err != nil {
		return last, false, err
	}
	command := exec.CommandContext(ctx, program, "-shard", strconv.Itoa(shard), "-shards", strconv.Itoa(p.shards),
		"-receipts", strconv.Itoa(p.receipts), "-bad", strconv.Itoa(p.bad), "-budget", strconv.Itoa(p.budget),
		"-reserve", strconv.Itoa(p.reserve), "-template", p.template, "-state", p.state)
	command.Env = append(os.Environ(), "SEGMENTFLOW_BASE_URL="+emu.URL(), "SEGMENTFLOW_API_KEY="+emu.APIKey())
	command.Stderr = os.Stderr
	stdout, err := command.StdoutPipe()
	if err != nil {
		return last, false, err
	}
	if err := command.Start(); err != nil {
		return last, false, err
	}

	reports := json.NewDecoder(stdout)
	for {
		var next report
		if err := reports.Decode(&next); errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return last, killed, command.Wait() // the process has ended
		} else if err != nil {
			return last, killed, errors.Join(err, command.Process.Kill(), command.Wait())
		}
		last = next
		if victim > 0 && last.Done >= victim && !killed {
			killed = command.Process.Kill() == nil // SIGKILL: it can do nothing more
		}
	}
}
