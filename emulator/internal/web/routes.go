// Package web serves the dashboard. The server renders the HTML; its files are embedded. Everything works without
// JavaScript.
//
// A one-time token signs a user in to the dashboard. The pages show emails, which are untrusted: an email may not run
// anything, load anything but images, or send anything. It is shown in a sandboxed frame with a content security policy
// of its own.
package web

import (
	"maps"
	"net/http"
	"sync"

	"github.com/segmentflow/segmentflow-go/emulator/internal/gateway"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// New returns a dashboard of a backend. No user is signed in.
func New(backend Backend) *Dashboard {
	d := &Dashboard{
		Backend:  backend,
		sessions: newSessions(),
		guard:    protection(&backend),
	}
	d.mux = sync.OnceValue(d.handlers)
	touch := func() { world.Touch(backend.World) }
	backend.Journal.Watch(func(gateway.Entry) { touch() })
	backend.Faults.Watch(touch)
	backend.Limits.Watch(touch)
	return d
}

// handlers returns the handlers of all pages. They are made at the first request, because few tests show a page.
func (d *Dashboard) handlers() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/login", d.login)
	mux.HandleFunc("POST /dashboard/sign-out", d.signOut)
	mux.HandleFunc("GET /dashboard/static/{name}", staticFile)
	for pattern, show := range routes() {
		mux.HandleFunc(pattern, d.signedIn(show))
	}
	return mux
}

// Mount adds the routes of the dashboard and of its login.
func (d *Dashboard) Mount(mux *http.ServeMux) {
	for _, path := range []string{"/login", "/dashboard", "/dashboard/"} {
		mux.Handle(path, d)
	}
	mux.Handle("GET /{$}", http.RedirectHandler("/dashboard", http.StatusSeeOther))
}

// routes returns the pages of all files.
func routes() map[string]page {
	all := map[string]page{"/": (*visit).missing}
	for _, group := range []map[string]page{
		overviewPages(),
		clockPages(),
		livePages(),
		findPages(),
		confirmationPages(),
		templatePages(),
		brandKitPages(),
		assetPages(),
		broadcastPages(),
		newsletterPages(),
		mailPages(),
		peoplePages(),
		eventPages(),
		requestPages(),
		faultPages(),
		webhookPages(),
		worldPages(),
		journeyPages(),
		runPages(),
		segmentPages(),
	} {
		maps.Copy(all, group)
	}
	return all
}

// ServeHTTP answers /login and everything below /dashboard.
func (d *Dashboard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	// The form of a page that sends no referrer has the origin "null", which would be refused.
	header.Set("Referrer-Policy", "same-origin")
	header.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; script-src 'self'; "+
		"connect-src 'self'; img-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; "+
		"frame-ancestors 'none'")
	if d.guard.Check(r) != nil {
		(&visit{Backend: &d.Backend, w: w, r: r}).answer((*visit).forged)
		return
	}
	d.mux().ServeHTTP(w, r)
}
