package emulator

import (
	"cmp"
	"context"
	"net/http"
	"sync"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator/internal/assets"
	"github.com/segmentflow/segmentflow-go/emulator/internal/clock"
	"github.com/segmentflow/segmentflow-go/emulator/internal/control"
	"github.com/segmentflow/segmentflow-go/emulator/internal/gateway"
	"github.com/segmentflow/segmentflow-go/emulator/internal/links"
	"github.com/segmentflow/segmentflow-go/emulator/internal/product"
	"github.com/segmentflow/segmentflow-go/emulator/internal/tell"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// Handler returns a handler that serves the emulator over HTTP: the API under /api, the control plane under /_emulator,
// the dashboard, and the links in emails. It opens no port.
//
// The handler refuses a request unless its Host, and its Origin if there is one, is a loopback name or address,
// emulator.test, a name of WithAllowedHosts or the host of WithPublicURL. WithAllowRemote adds all IP addresses. The
// handler also refuses a body that stops arriving for 30 seconds.
func (e *Emulator) Handler() http.Handler { return e.door().Guard(e.lazyRoutes()) }

// lazyRoutes returns a handler of all routes, which are built at the first request.
func (e *Emulator) lazyRoutes() http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, req *http.Request) {
		e.handler.get(e.routes).ServeHTTP(rw, req)
	})
}

func (e *Emulator) routes() http.Handler {
	// A process that is asked only for its health needs no other.
	api, plane, others := sync.OnceValue(e.api), sync.OnceValue(e.controlPlane), sync.OnceValue(e.otherRoutes)
	uploads := sync.OnceValue(e.uploads)
	return http.HandlerFunc(func(rw http.ResponseWriter, req *http.Request) {
		handler := others
		if gateway.IsCall(req) {
			handler = api
		} else if gateway.IsUpload(req) {
			handler = uploads
		} else if gateway.Below(req, "/_emulator") {
			handler = plane
		}
		handler().ServeHTTP(rw, req)
	})
}

// api returns the handler of the API.
func (e *Emulator) api() http.Handler {
	return e.counted(e.guards.Calls(product.New(product.Config{
		World:   e.world,
		Log:     e.log,
		Journal: e.journal,
		KeyTTL:  e.options.keyTTL,
		Advise:  e.advice(),
		Faults:  e.faults,
		Limits:  e.limits,
		Wait:    clock.Wait,
	})))
}

// uploads returns the handler of upload URLs. Its requests are calls: they are in the journal.
func (e *Emulator) uploads() http.Handler {
	return e.counted(assets.Uploads(e.world, e.journal, e.log))
}

func (e *Emulator) controlPlane() http.Handler {
	return e.journal.Identify(gateway.Exact((&control.Plane{
		World:   e.world,
		Log:     e.log,
		Journal: e.journal,
		Faults:  e.faults,
		Limits:  e.limits,
		Shapes:  publicShapes,
		Reset:   e.world.Reset,
		Restore: e.world.Restore,
		Login:   e.dashboard.Link,
		Idle:    e.Idle,

		Operations: operationIDs,
	}).Handler()))
}

func (e *Emulator) otherRoutes() http.Handler {
	mux := http.NewServeMux()
	links.Mount(mux, e.world, e.log)
	assets.Mount(mux, e.world, e.log)
	e.dashboard.Mount(mux)
	mux.Handle(product.ContractPath, product.Contract())
	mux.Handle(product.ContractJSONPath, product.ContractJSON())
	mux.HandleFunc("/", gateway.NoRoute)
	return e.journal.Identify(gateway.Exact(mux))
}

// advice returns what the API asks about a call that did not find something. It is nil if there is no test to tell.
func (e *Emulator) advice() product.Advise {
	if e.refused.logf == nil {
		return nil
	}
	return func(tx *world.Tx, err error) string { return tell.AdviceOn(tx, err, e.seedKey) }
}

// counted counts the calls that are under way, for Idle, and notes which idempotency keys they have used.
func (e *Emulator) counted(api http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, req *http.Request) {
		defer e.calls.Begin()()
		key := req.Header.Get("Idempotency-Key")
		if key == "" { // no header has the key of an Ingest
			call, _ := segmentflow.CallInfo(req.Context())
			key = call.IdempotencyKey
		}
		defer e.world.MadeKeys().End(key)
		api.ServeHTTP(rw, req)
	})
}

// Idle runs what is due, and waits until no API call is under way, nothing is due, and no email is queued for the SMTP
// server of WithSMTP or being handed to it, and no webhook for the receiver of WithWebhook. It does not move the clock,
// so it does not wait for later tries of an email or a webhook. If the context ends first, Idle returns the context's
// error. If due work cannot run, for example after Close, it returns that error.
//
// In a testing/synctest bubble, Idle blocks durably while calls of the bubble are under way, so they get the bubble's
// time, wherever the emulator was started.
func (e *Emulator) Idle(ctx context.Context) error {
	for {
		if err := e.calls.Wait(ctx); err != nil {
			return err
		}
		if err := e.world.Act(ctx, world.First, func(*world.Tx) error { return nil }); err != nil {
			return cmp.Or(ctx.Err(), err)
		}
		if err := world.Settle(ctx, e.world); err != nil {
			return err
		}
		if !e.due() && !e.calls.Busy() && !world.UnderWay(e.world) {
			return nil
		}
	}
}

// due reports whether anything is due now.
func (e *Emulator) due() bool {
	next := e.world.NextDue()
	return !next.IsZero() && !next.After(e.world.Now())
}

// door returns the check of who may send requests.
func (e *Emulator) door() *gateway.Door {
	return &gateway.Door{
		Hosts:     e.options.hosts,
		Origins:   e.options.origins,
		PublicURL: e.options.publicURL,
		Remote:    e.options.remote,
		BodyTime:  e.options.bodyTime,
		Clock:     clock.MachineTime,
		Journal:   e.journal,
		IsWebsite: func(ctx context.Context, origin string) (is bool) {
			_ = e.world.Look(ctx, func(tx *world.Tx) (err error) { // what cannot be asked is no Website
				is, err = tx.IsWebsite(origin)
				return err
			})
			return is
		},
	}
}

// publicShapes makes the control plane show the same values as the Go methods.
var publicShapes = control.Shapes{
	Message:            func(tx *world.Tx, stored *world.Mail) (any, error) { return messageOf(tx, stored) },
	Summary:            func(tx *world.Tx, stored *world.Mail) (any, error) { return summaryOf(tx, stored) },
	Send:               func(story *tell.SendStory) any { return sendOf(story) },
	Profile:            func(story *tell.ProfileStory) any { return profileOf(story) },
	Fact:               func(stored world.Fact) (any, error) { return factOf(stored) },
	Run:                func(story *tell.RunStory) any { return runOf(story) },
	Event:              func(story *tell.EventStory) any { return eventOf(story) },
	SubscriptionChange: func(story tell.SubscriptionStory) any { return changeOf(story) },
	Webhook:            func(stored *world.Webhook) any { return deliveryOf(stored) },
}
