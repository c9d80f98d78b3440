package emulator

import (
	"net/http"
	"slices"
	"strings"
)

// Handler serves the emulator over HTTP: the API under /api, the control plane under /_emulator, the dashboard, the links
// in mail. It opens no port. Requests to the control plane and the dashboard are refused unless their Host is a loopback
// one, emulator.test or a name of WithAllowedHosts.
func (e *Emulator) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { e.handler().ServeHTTP(w, r) })
}

// routes is built at the first request.
func (e *Emulator) routes() http.Handler {
	mux := http.NewServeMux()
	product, control := e.productAPI(), e.guarded(e.controlPlane())
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
		mux.Handle(path, e.guarded(e.dashboard))
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
