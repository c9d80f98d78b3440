package emulator

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// Handler serves the emulator over HTTP: the API under /api, the control plane under /_emulator, the links in mail. It
// opens no port. Requests to the control plane are refused unless their Host is a loopback one, emulator.test or a name of
// WithAllowedHosts.
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
	mux.HandleFunc("/u/{token}", only(e.unsubscribeLink, http.MethodGet, http.MethodPost))
	mux.HandleFunc("/p/{token}", e.preferencesLink)
	for _, path := range []string{"/login", "/dashboard", "/dashboard/"} {
		mux.Handle(path, e.guarded(http.HandlerFunc(notBuilt)))
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

const notBuiltPage = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Not built</title></head>
<body style="font-family:sans-serif;max-width:32rem;margin:4rem auto;padding:0 1rem">
<h1>Not built</h1><p>The emulator has no pages here. Its control plane answers under <a href="/_emulator/messages">/_emulator</a>.</p>
</body></html>
`

// notBuilt answers for pages that do not exist: a page to browsers, the error envelope to programs.
func notBuilt(w http.ResponseWriter, r *http.Request) {
	if !strings.Contains(r.Header.Get("Accept"), "text/html") {
		writeProblem(w, errNotImplemented)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
	w.WriteHeader(http.StatusNotImplemented)
	_, _ = fmt.Fprint(w, notBuiltPage)
}

// preferencesLink answers /p/{token}. A token that this emulator did not make leads nowhere, like that of /u/{token}.
func (e *Emulator) preferencesLink(w http.ResponseWriter, r *http.Request) {
	if _, _, _, ok := e.openToken("preferences", r.PathValue("token")); !ok {
		http.NotFound(w, r)
		return
	}
	notBuilt(w, r)
}
