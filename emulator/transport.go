package emulator

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator/internal/tell"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// Client returns an SDK client that uses Transport and DefaultAPIKey. Its waits take no time, and its idempotency keys
// are the same in each run; see ClientOptions. The options may change all of this.
func (e *Emulator) Client(opts ...segmentflow.Option) *segmentflow.Client {
	e.tb.Helper()
	return e.client("Client", DefaultAPIKey, opts)
}

// ClientFor is like Client, but uses the given API key.
func (e *Emulator) ClientFor(apiKey string, opts ...segmentflow.Option) *segmentflow.Client {
	e.tb.Helper()
	return e.client("ClientFor", apiKey, opts)
}

func (e *Emulator) client(what, apiKey string, opts []segmentflow.Option) *segmentflow.Client {
	e.tb.Helper()
	client, err := segmentflow.New(apiKey, append(e.ClientOptions(), opts...)...)
	e.must(what, err)
	return client
}

// Ingest is like Client, but returns what the plug-in of a website uses. The seed's websites have the write keys.
func (e *Emulator) Ingest(writeKey string, opts ...segmentflow.Option) *segmentflow.Ingest {
	e.tb.Helper()
	ingest, err := segmentflow.NewIngest(writeKey, append(e.ClientOptions(), opts...)...)
	e.must("Ingest", err)
	return ingest
}

// ClientOptions returns what connects an SDK client to the emulator, for programs that make their client themselves:
//
//	client, err := segmentflow.New(emu.APIKey(), emu.ClientOptions()...)
//
// The options are those of Client: the base URL, Transport, waits that take no time, and idempotency keys that are the
// same in each run. If the address of WithPublicURL is http, WithInsecureHTTP is one of them. Options that follow
// override them: segmentflow.WithBaseURL(emu.URL()) together with segmentflow.WithHTTPClient(http.DefaultClient) sends
// the calls over a socket.
//
// A wait between attempts ends at once and does not move the clock. Its length is credited to the rate limits, so that
// a call that was refused can pass. A wait takes its time if the clock is live, in a testing/synctest bubble, and with
// WithRealWaits.
//
// A waiter of the client, such as Emails.Wait, waits in the same way between two polls. Each of its waits runs what is
// due, as Advance(0) would. If nothing that is due changes what the waiter waits for, it ends with an error that names
// NextDue. So call Advance before it, and not in another goroutine.
//
// The client's own idempotency keys are "auto_" and a UUID. In memory they come from a sequence that the seed number
// chooses, which Reset starts again. On a database file they are random.
func (e *Emulator) ClientOptions() []segmentflow.Option {
	list := []segmentflow.Option{
		segmentflow.WithBaseURL(defaultPublicURL),
		segmentflow.WithHTTPClient(&http.Client{Transport: e.Transport()}),
		segmentflow.WithKeySource(e.world.MadeKeys().Next),
	}
	if strings.HasPrefix(e.options.publicURL, "http:") {
		list = append(list, segmentflow.WithInsecureHTTP()) // for upload URLs, which begin with it
	}
	if e.options.live {
		return list
	}
	return append(list, segmentflow.WithSleep(e.wait))
}

// wait is one wait of a client.
func (e *Emulator) wait(ctx context.Context, d time.Duration) error {
	if err := e.waits.wait(ctx, d); err != nil {
		return err
	}
	if segmentflow.Polls(ctx) > 0 && !e.waits.takeTime() {
		return e.afterPoll(ctx)
	}
	return nil
}

// afterPoll is the wait after a poll of a waiter, which takes no time. It runs what is due, and waits for emails that
// are being handed to an SMTP server, and for webhooks that are being sent. If there is nothing of this, it returns an
// error. The waiter then polls for the last time, and so sees what others have done since its poll.
func (e *Emulator) afterPoll(ctx context.Context) error {
	busy := e.due() || world.UnderWay(e.world)
	nothing := ""
	err := e.world.Act(ctx, world.First, func(tx *world.Tx) (err error) {
		nothing, err = tell.NothingDue(tx)
		return err
	})
	if err == nil {
		err = world.Settle(ctx, e.world)
	}
	switch {
	case err != nil:
		return cmp.Or(ctx.Err(), err)
	case busy:
		return nil
	}
	return errors.New("emulator: " + nothing)
}

// APIKey returns DefaultAPIKey, for programs that configure a client of their own.
func (e *Emulator) APIKey() string { return DefaultAPIKey }

// Transport returns a RoundTripper that carries requests to the emulator within the process, whatever their host is. It
// opens no port and works inside a testing/synctest bubble.
//
// A request waits for other requests no longer than its context lasts. If the context ends while the request waits,
// RoundTrip returns the context's error and nothing has been done. Once the work of a request has begun, it goes on to
// its end.
//
// The path of WithPublicURL is taken off the URLs of uploads and files, as a proxy would.
func (e *Emulator) Transport() http.RoundTripper {
	public, err := url.Parse(e.options.publicURL)
	if err != nil {
		public = &url.URL{} // the option has refused it
	}
	return transport{e.lazyRoutes(), public.Path}
}
