package emulator

import (
	"net/http"

	"github.com/segmentflow/segmentflow-go/emulator/internal/control"
	"github.com/segmentflow/segmentflow-go/emulator/internal/gateway"
	"github.com/segmentflow/segmentflow-go/emulator/internal/product"
	"github.com/segmentflow/segmentflow-go/emulator/internal/tell"
	"github.com/segmentflow/segmentflow-go/emulator/internal/web"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// Handler serves the emulator over HTTP: the API under /api, the control plane under /_emulator, the dashboard, the
// links in mail. It opens no port. It refuses requests unless their Host, and their Origin if there is one, is a
// loopback name or address, emulator.test, a name of WithAllowedHosts or the host of WithPublicURL. A body that
// stops arriving is refused after 30 seconds.
func (e *Emulator) Handler() http.Handler { return e.door().Guard(e.lazily()) }

// lazily is all routes, which are built at the first request.
func (e *Emulator) lazily() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { e.handler.of(e.routes).ServeHTTP(w, r) })
}

// URL is the emulator's address on the loopback interface; the first call opens the listener.
func (e *Emulator) URL() string {
	address, err := e.socket.listen(e.Handler)
	e.must("listen", err)
	return address
}

func (e *Emulator) routes() http.Handler {
	mux := http.NewServeMux()
	product := product.New(e.w, e.log, e.journal, e.options.keyTTL)
	control := (&control.Plane{World: e.w, Log: e.log, Journal: e.journal, Shapes: publicShapes, Reset: e.w.Reset}).Handler()
	for _, path := range []string{"/api", "/api/"} {
		mux.Handle(path, product)
	}
	for _, path := range []string{"/_emulator", "/_emulator/"} {
		mux.Handle(path, control)
	}
	web.Mount(mux, e.w, e.log, e.dashboard)
	mux.HandleFunc("/", gateway.NoRoute)
	return mux
}

// door says who may ask.
func (e *Emulator) door() *gateway.Door {
	return &gateway.Door{Hosts: e.options.hosts, PublicURL: e.options.publicURL, Remote: e.options.remote, BodyTime: e.options.bodyTime,
		Clock: world.MachineTime, Journal: e.journal}
}

// publicShapes are what the control plane shows: the same values that Go has.
var publicShapes = control.Shapes{
	Message:            func(tx *world.Tx, m *world.Mail) (any, error) { return messageOf(tx, m) },
	Summary:            func(tx *world.Tx, m *world.Mail) (any, error) { return summaryOf(tx, m) },
	Fact:               func(f world.Fact) (any, error) { return factOf(f) },
	Run:                func(s *tell.RunStory) any { return runOf(s) },
	Event:              func(s *tell.EventStory) any { return eventOf(s) },
	SubscriptionChange: func(s tell.SubscriptionStory) any { return changeOf(s) },
}
