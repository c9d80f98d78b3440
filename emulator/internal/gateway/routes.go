package gateway

import (
	"net/http"
	"slices"
	"strings"
)

// NoRoute answers that the path is unknown.
func NoRoute(w http.ResponseWriter, _ *http.Request) {
	WriteProblem(w, &Problem{Code: "not_found", Message: "There is no such route."})
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
