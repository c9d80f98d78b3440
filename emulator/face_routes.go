package emulator

import (
	"net/http"

	"github.com/segmentflow/segmentflow-go/emulator/internal/gateway"
	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// Handler serves the emulator over HTTP: the API under /api, the control plane under /_emulator, the dashboard, the
// links in mail. It opens no port. It refuses requests unless their Host, and their Origin if there is one, is a
// loopback name or address, emulator.test, a name of WithAllowedHosts or the host of WithPublicURL. A body that
// stops arriving is refused after 30 seconds.
func (e *Emulator) Handler() http.Handler { return e.door().Guard(e.lazily()) }

// lazily is all routes, which are built at the first request.
func (e *Emulator) lazily() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { e.handler().ServeHTTP(w, r) })
}

func (e *Emulator) routes() http.Handler {
	mux := http.NewServeMux()
	product := productAPI(e.w, e.log, e.journal, e.options.keyTTL)
	control := (&plane{w: e.w, log: e.log, journal: e.journal, shapes: publicShapes, reset: e.w.reset}).controlPlane()
	for _, path := range []string{"/api", "/api/"} {
		mux.Handle(path, product)
	}
	for _, path := range []string{"/_emulator", "/_emulator/"} {
		mux.Handle(path, control)
	}
	mux.HandleFunc(unsubscribePath+"{token}", gateway.Only(linked(e.w, e.log, unsubscribePath, (*visit).unsubscribeLink), http.MethodGet, http.MethodPost))
	mux.HandleFunc(preferencesPath+"{token}", gateway.Only(linked(e.w, e.log, preferencesPath, (*visit).preferencesLink), http.MethodGet, http.MethodPost))
	mux.HandleFunc(clickPath+"{token}", gateway.Only(linked(e.w, e.log, clickPath, (*visit).clickLink), http.MethodGet))
	for _, path := range []string{"/login", "/dashboard", "/dashboard/"} {
		mux.Handle(path, e.dashboard)
	}
	mux.HandleFunc("/", gateway.NoRoute)
	return mux
}

// door says who may ask.
func (e *Emulator) door() *gateway.Door {
	return &gateway.Door{Hosts: e.options.hosts, PublicURL: e.options.publicURL, Remote: e.options.remote, BodyTime: e.options.bodyTime,
		Clock: machineTime, Journal: e.journal}
}

// publicShapes are what the control plane shows: the same values that Go has.
var publicShapes = shapes{
	message:            func(tx *Tx, m *store.Mail) (any, error) { return messageOf(tx, m) },
	summary:            func(tx *Tx, m *store.Mail) (any, error) { return summaryOf(tx, m) },
	fact:               func(f store.Fact) (any, error) { return factOf(f) },
	run:                func(s *runStory) any { return runOf(s) },
	event:              func(s *eventStory) any { return eventOf(s) },
	subscriptionChange: func(s subscriptionStory) any { return changeOf(s) },
}
