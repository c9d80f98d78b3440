package emulator

import (
	"context"
	"fmt"
	"net/http"
	"time"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator/internal/clock"
	"github.com/segmentflow/segmentflow-go/emulator/internal/gateway"
)

// ClientOptions returns what connects an SDK client to the emulator, for programs that make their client themselves:
//
//	client, err := segmentflow.New(emu.APIKey(), emu.ClientOptions()...)
//
// The options are those of Client: the base URL, Transport, waits that take no time, and idempotency keys that are the
// same in each run. Options that follow override them: segmentflow.WithBaseURL(emu.URL()) together with
// segmentflow.WithHTTPClient(http.DefaultClient) sends the calls over a socket.
//
// A wait between attempts ends at once and does not move the clock. Its length is credited to the rate limits, so that
// a call that was refused can pass. A wait takes its time if the clock is live, in a testing/synctest bubble, and with
// WithRealWaits.
//
// The client's own idempotency keys are "auto_" and a UUID. In memory they come from a sequence that the seed number
// chooses, which Reset starts again. On a database file they are random.
func (e *Emulator) ClientOptions() []segmentflow.Option {
	list := []segmentflow.Option{
		segmentflow.WithBaseURL(defaultPublicURL),
		segmentflow.WithHTTPClient(&http.Client{Transport: e.Transport()}),
		segmentflow.WithKeySource(e.world.MakeKey),
	}
	if e.options.live {
		return list
	}
	return append(list, segmentflow.WithSleep(e.wait))
}

// maxWaits is how many waits in a row the clients may make while no call succeeds. A wait that takes no time would
// otherwise turn a call that waits for ever into an endless loop.
const maxWaits = 10_000

// wait is a wait of a client between two attempts.
func (e *Emulator) wait(ctx context.Context, d time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if e.waits.Add(1) > maxWaits {
		return fmt.Errorf("emulator: the clients have waited %d times and no call has succeeded since; remove the fault "+
			"or the rate limit that refuses them, or end the context of the call", maxWaits)
	}
	if e.options.realWaits || clock.InBubble() {
		return clock.Sleep(ctx, d)
	}
	return nil
}

// sawCall notes that a call has succeeded.
func (e *Emulator) sawCall(entry gateway.Entry) {
	if entry.Status < http.StatusBadRequest {
		e.waits.Store(0)
	}
}
