package main

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"time"

	segmentflow "github.com/segmentflow/segmentflow-go"
)

// A checkpoint that is too old costs replays, so it is not written after each batch. One that is too new would lose
// receipts, so it is written after what it says is done.
const checkpointEvery = 500

// shardOf returns the shard of a key. It depends on nothing else, so every process comes to the same result.
func shardOf(key string, shards int) int {
	sum := sha256.Sum256([]byte(key))
	return int(binary.BigEndian.Uint64(sum[:]) % uint64(shards))
}

// receipt returns one receipt. It stands for a row of your database.
func (p plan) receipt(n int) segmentflow.BatchSendItem {
	order, address := fmt.Sprintf("ord_%07d", n), fmt.Sprintf("customer%d@example.com", n)
	if n < p.bad {
		address = "nobody"
	}
	return segmentflow.BatchSendItem{
		IdempotencyKey: "receipt:" + order, // names the reason for the email, not who sends it, when or how often
		To:             &segmentflow.Recipient{Email: address},
		Data:           map[string]any{"orderId": order, "total": "19.90"},
	}
}

// receiptsOf yields the receipts of a shard, always in the same order, without the first ones. It stands for a query
// that leaves out what is before the checkpoint.
func (p plan) receiptsOf(shard, without int) iter.Seq[segmentflow.BatchSendItem] {
	return func(yield func(segmentflow.BatchSendItem) bool) {
		place := 0
		for n := range p.receipts {
			item := p.receipt(n)
			if shardOf(item.IdempotencyKey, p.shards) != shard {
				continue
			}
			if place++; place > without && !yield(item) {
				return
			}
		}
	}
}

// report is what a shard prints after each batch, about its process.
type report struct {
	Done    int // receipts of the shard that have a result
	Replays int // results of an earlier process
	Retries int64
}

// pause is the time between two batches of a shard: it has the same part of the budget as every other shard.
func (p plan) pause() time.Duration {
	return time.Duration(p.shards) * time.Second * 100 / time.Duration(p.budget*(100-p.reserve))
}

// send sends all receipts of a shard after its checkpoint. It can be killed and called again at any time.
func send(ctx context.Context, p plan, shard int) error {
	started, retries := time.Now(), atomic.Int64{}
	client, err := segmentflow.NewFromEnv(
		segmentflow.WithRateLimit(1, p.pause()),
		segmentflow.WithObserver(func(_ context.Context, event segmentflow.CallEvent) {
			retries.Add(int64(event.Attempts) - 1)
		}),
	)
	if err != nil {
		return err
	}
	before, err := p.checkpoint(shard)
	if err != nil {
		return err
	}

	now, out := report{Done: before}, json.NewEncoder(os.Stdout)
	opts := segmentflow.SendAllOptions{
		Defaults: &segmentflow.BatchDefaults{TemplateID: p.template},
		// Few calls that wait while the API is slow: it would count them all at once afterwards.
		Concurrency: 2,
		Linger:      -1, // only full batches
	}
	for result, err := range client.Emails.SendAll(ctx, p.receiptsOf(shard, before), opts) {
		if err != nil {
			return fmt.Errorf("shard %d, receipt %d: %w", shard, before+result.Index, err)
		}
		if result.Err != nil {
			if err := p.bury(shard, result); err != nil {
				return err
			}
		} else if result.Send.CreatedAt.Before(started) {
			now.Replays++
		}

		now.Done, now.Retries = before+result.Index+1, retries.Load()
		if now.Done%checkpointEvery == 0 {
			if err := p.setCheckpoint(shard, now.Done); err != nil {
				return err
			}
		}
		if now.Done%100 == 0 {
			if err := out.Encode(now); err != nil {
				return err
			}
		}
	}
	return errors.Join(p.setCheckpoint(shard, now.Done), out.Encode(now))
}

func (p plan) file(shard int, name string) string {
	return filepath.Join(p.state, fmt.Sprintf("%d.%s", shard, name))
}

// checkpoint returns how many receipts of a shard are done, counted from its first.
func (p plan) checkpoint(shard int) (int, error) {
	raw, err := os.ReadFile(p.file(shard, "checkpoint"))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(string(raw))
}

// setCheckpoint replaces the checkpoint at once, so that a kill leaves the old one or the new one.
func (p plan) setCheckpoint(shard, done int) error {
	next := p.file(shard, "next")
	if err := os.WriteFile(next, []byte(strconv.Itoa(done)), 0o600); err != nil {
		return err
	}
	return os.Rename(next, p.file(shard, "checkpoint"))
}

// bury writes down a receipt that the API rejects: a dead letter. After a kill it may be written down again.
func (p plan) bury(shard int, result segmentflow.BatchResultItem) error {
	file, err := os.OpenFile(p.file(shard, "dead"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(file, "%s\t%v\n", result.IdempotencyKey, result.Err)
	return errors.Join(err, file.Close())
}
