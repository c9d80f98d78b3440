package emulator

import (
	"context"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/clock"
	"github.com/segmentflow/segmentflow-go/emulator/internal/faults"
	"github.com/segmentflow/segmentflow-go/emulator/internal/gateway"
)

// maxWaits is how many waits in a row the clients may make while no call succeeds. A wait that takes no time would
// otherwise turn a call that waits for ever into an endless loop.
const maxWaits = 10_000

// waits are the waits of the clients: between two attempts, and between two polls of a waiter.
type waits struct {
	real   bool // they take their time
	frozen bool // the clock that the limits are on stands still
	limits *faults.Limits
	n      atomic.Int64 // so many since a call succeeded
}

// takeTime reports whether waits take their time.
func (w *waits) takeTime() bool { return w.real || clock.InBubble() }

// wait is one wait. The rate limits cannot see it on their clock, unless it takes its time and the clock runs.
func (w *waits) wait(ctx context.Context, d time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if w.n.Add(1) > maxWaits {
		return fmt.Errorf("emulator: the clients have waited %d times and no call has succeeded since; "+
			"remove the fault or the rate limit that refuses them, or end the context of the call", maxWaits)
	}
	takesTime := w.takeTime()
	if takesTime {
		if err := clock.Wait(ctx, d); err != nil {
			return err
		}
	}
	if !takesTime || w.frozen {
		w.limits.Credit(d)
	}
	return nil
}

// saw notes that a call has succeeded.
func (w *waits) saw(entry gateway.Entry) {
	if entry.Status >= http.StatusOK && entry.Status < http.StatusBadRequest {
		w.n.Store(0)
	}
}
