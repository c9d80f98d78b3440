package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator"
)

// outcome is what the shards have reported, and what the emulator has in the end.
type outcome struct {
	total          report
	took           time.Duration
	calls, refused int
	memory         string // of this process, if the system tells it
	file           int64  // bytes of the database

	sends, mails            int
	once, dead, lost, twice int // receipts
}

// measure asks for what the work has cost.
func (found *outcome) measure(emu *emulator.Emulator, db string) {
	found.calls = emu.Requests().Operation("batchSendEmails").Count()
	found.refused = emu.Requests().Status(http.StatusTooManyRequests).Count()
	status, _ := os.ReadFile("/proc/self/status") // of Linux; elsewhere it is missing
	for line := range strings.Lines(string(status)) {
		if size, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			found.memory = strings.TrimSpace(size)
		}
	}
	for _, path := range []string{db, db + "-wal"} {
		if info, err := os.Stat(path); err == nil {
			found.file += info.Size()
		}
	}
}

// count asks the emulator about each receipt. It was accepted once, under its key, and sent once. Or it is a dead
// letter, and nothing was sent.
func (found *outcome) count(p plan, emu *emulator.Emulator) error {
	dead, err := deadLetters(p)
	if err != nil {
		return err
	}
	for n := range p.receipts {
		item := p.receipt(n)
		sends := emu.Sends().To(item.To.Email).All()
		switch {
		case len(sends) == 0 && dead[item.IdempotencyKey]:
			found.dead++
		case len(sends) == 0:
			found.lost++
		case len(sends) == 1 && sends[0].IdempotencyKey == item.IdempotencyKey &&
			emu.Outbox().To(item.To.Email).Count() == 1:
			found.once++
		default:
			found.twice++
		}
	}
	found.sends, found.mails = emu.Sends().Count(), emu.Outbox().Count()
	return nil
}

// deadLetters returns the keys of the receipts that the API has rejected.
func deadLetters(p plan) (map[string]bool, error) {
	dead := map[string]bool{}
	for shard := range p.shards {
		raw, err := os.ReadFile(p.file(shard, "dead"))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		for line := range strings.Lines(string(raw)) {
			key, _, _ := strings.Cut(line, "\t")
			dead[key] = true
		}
	}
	return dead, nil
}

func (found *outcome) print(p plan) {
	fmt.Printf("All shards are done after %v: %.0f receipts/s. Receipts with a result: %d of %d\n",
		found.took.Round(time.Millisecond), float64(p.receipts)/found.took.Seconds(), found.total.Done, p.receipts)
	fmt.Printf("Calls: %d, of which 429: %d. Retries that the shards reported: %d. Receipts that were replayed: %d\n",
		found.calls, found.refused, found.total.Retries, found.total.Replays)
	fmt.Printf("Memory of this process, with the emulator: %s; database file: %d MB\n", found.memory, found.file>>20)
	fmt.Printf("EmailSends: %d, emails: %d\n", found.sends, found.mails)
	fmt.Printf("Receipts sent exactly once: %d, dead letters: %d, lost: %d, sent twice: %d\n",
		found.once, found.dead, found.lost, found.twice)
}

// check returns an error if a receipt was lost or sent twice, or if anything else was sent.
func (found *outcome) check(p plan) error {
	if found.once+found.dead != p.receipts || found.sends != found.once || found.mails != found.once {
		return errors.New("a receipt was lost or sent twice")
	}
	return nil
}
