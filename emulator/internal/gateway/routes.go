package gateway

import (
	"net/http"
	"path"
	"slices"
	"strings"
)

// NoRoute answers that the path is unknown.
func NoRoute(w http.ResponseWriter, _ *http.Request) {
	WriteProblem(w, &Problem{Code: "not_found", Message: "There is no such route."})
}

// IsCall reports whether a request is for the API.
func IsCall(r *http.Request) bool { return Below(r, "/api") }

// IsUpload reports whether a request brings the bytes of a file.
func IsUpload(r *http.Request) bool { return Below(r, "/uploads") }

// Below reports whether a request is for a path or for one below it.
func Below(r *http.Request, path string) bool {
	rest, below := strings.CutPrefix(r.URL.Path, path)
	return below && (rest == "" || rest[0] == '/')
}

// Exact answers 404 if a path has empty or dot segments, or does not begin with a slash. http.ServeMux would redirect
// such a request to another path, or refuse it in its own form instead of the API's.
func Exact(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		given := r.URL.EscapedPath()
		exact := path.Clean(given)
		if strings.HasSuffix(given, "/") && exact != "/" {
			exact += "/"
		}
		if given != exact || !strings.HasPrefix(given, "/") {
			NoRoute(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// Only passes on requests with one of the methods. HEAD is allowed if GET is.
func Only(next http.HandlerFunc, methods ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		head := r.Method == http.MethodHead && slices.Contains(methods, http.MethodGet)
		if head || slices.Contains(methods, r.Method) {
			next(w, r)
			return
		}
		WrongMethod(w, methods)
	}
}

// WrongMethod answers that a path accepts only other methods.
func WrongMethod(w http.ResponseWriter, methods []string) {
	allowed := strings.Join(slices.Sorted(slices.Values(methods)), ", ")
	w.Header().Set("Allow", allowed)
	WriteProblem(w, &Problem{Code: "method_not_allowed", Message: "This path accepts " + allowed + "."})
}
