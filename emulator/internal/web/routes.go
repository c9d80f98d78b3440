// Package web serves the pages that people open: the dashboard, and the pages under the links in emails. The server
// renders the HTML; assets are embedded. Everything works without JavaScript.
//
// A one-time token signs a user in to the dashboard. The pages show emails, which are untrusted: an email may not run
// anything, load anything but images, or send anything. It is shown in a sandboxed frame with a content security policy
// of its own.
package web

import (
	"maps"
	"mime"
	"net/http"
	"path"
)

// New returns a dashboard of a backend. No user is signed in.
func New(backend Backend) *Dashboard {
	d := &Dashboard{Backend: backend, sessions: newSessions(), mux: http.NewServeMux()}
	d.mux.HandleFunc("/login", d.login)
	d.mux.HandleFunc("GET /dashboard/assets/{name}", asset)
	for pattern, show := range routes() {
		d.mux.HandleFunc(pattern, d.signedIn(show))
	}
	return d
}

// routes returns the pages of all files.
func routes() map[string]page {
	all := map[string]page{"/": (*visit).missing}
	for _, group := range []map[string]page{
		overviewPages(),
		confirmationPages(),
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
	d.mux.ServeHTTP(w, r)
}

// asset serves the style sheet or a script.
func asset(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	kind := mime.TypeByExtension(path.Ext(name))
	content, err := assets.ReadFile("assets/" + name)
	if err != nil || path.Ext(name) == ".html" {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", kind)
	_, _ = w.Write(content)
}
