package emulator

import (
	"net/http"
	"slices"
	"strings"
)

// Handler serves the emulator over HTTP: the API under /api, the control plane under /_emulator, the dashboard, the
// links in mail. It opens no port. It refuses requests unless their Host, and their Origin if there is one, is a
// loopback name or address, emulator.test, a name of WithAllowedHosts or the host of WithPublicURL. A body that
// stops arriving is refused after 30 seconds.
func (e *Emulator) Handler() http.Handler { return e.bounded(e.guarded(e.lazily())) }

// lazily is all routes, which are built at the first request.
func (e *Emulator) lazily() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { e.handler().ServeHTTP(w, r) })
}

func (e *Emulator) routes() http.Handler {
	mux := http.NewServeMux()
	product, control := e.productAPI(), e.controlPlane()
	for _, path := range []string{"/api", "/api/"} {
		mux.Handle(path, product)
	}
	for _, path := range []string{"/_emulator", "/_emulator/"} {
		mux.Handle(path, control)
	}
	mux.HandleFunc(unsubscribePath+"{token}", only(e.linked(unsubscribePath, (*visit).unsubscribeLink), http.MethodGet, http.MethodPost))
	mux.HandleFunc(preferencesPath+"{token}", only(e.linked(preferencesPath, (*visit).preferencesLink), http.MethodGet, http.MethodPost))
	mux.HandleFunc(clickPath+"{token}", only(e.linked(clickPath, (*visit).clickLink), http.MethodGet))
	for _, path := range []string{"/login", "/dashboard", "/dashboard/"} {
		mux.Handle(path, e.dashboard)
	}
	mux.HandleFunc("/", noRoute)
	return mux
}

func noRoute(w http.ResponseWriter, _ *http.Request) {
	writeProblem(w, &problem{code: "not_found", message: "There is no such route."})
}

// only lets some methods through; HEAD goes with GET.
func only(next http.HandlerFunc, methods ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if slices.Contains(methods, r.Method) || r.Method == http.MethodHead && slices.Contains(methods, http.MethodGet) {
			next(w, r)
			return
		}
		wrongMethod(w, methods)
	}
}

func wrongMethod(w http.ResponseWriter, methods []string) {
	allowed := strings.Join(slices.Sorted(slices.Values(methods)), ", ")
	w.Header().Set("Allow", allowed)
	writeProblem(w, &problem{code: "method_not_allowed", message: "This path takes " + allowed + "."})
}
