package product

import (
	"maps"
	"net/http"
	"slices"

	"github.com/segmentflow/segmentflow-go/emulator/internal/gateway"
	"github.com/segmentflow/segmentflow-go/emulator/internal/wire"
)

// methods are the handlers of one path by method. The mux does not tell the methods apart, because its patterns would
// conflict: "/emails/batch" for all other methods and "GET /emails/{id}" would each be the more specific one.
type methods map[string]http.Handler

func (handlers methods) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	method := req.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	if handler := handlers[method]; handler != nil {
		handler.ServeHTTP(w, req)
		return
	}
	gateway.WrongMethod(w, slices.Collect(maps.Keys(handlers)))
}

// These two paths match journeys/runs/trigger both, so ServeMux takes them only with their methods. Other methods come
// to a path that covers both.
const (
	journeyTrigger = "/api/v1/public/journeys/{id}/trigger"
	journeyRun     = "/api/v1/public/journeys/runs/{runId}"
	anyOfJourney   = "/api/v1/public/journeys/{id}/{rest}"
)

// patternOf returns the pattern of an operation for ServeMux.
func patternOf(op *wire.Operation) string {
	if op.Path == journeyTrigger || op.Path == journeyRun {
		return op.Method + " " + op.Path
	}
	return op.Path
}

// otherMethods answers the calls whose method the two paths do not have.
func otherMethods(paths map[string]methods) http.HandlerFunc {
	return func(w http.ResponseWriter, req *http.Request) {
		allowed := methods{}
		if req.PathValue("id") == "runs" {
			maps.Copy(allowed, paths[journeyRun])
		}
		if req.PathValue("rest") == "trigger" {
			maps.Copy(allowed, paths[journeyTrigger])
		}
		if len(allowed) == 0 {
			gateway.NoRoute(w, req)
			return
		}
		gateway.WrongMethod(w, slices.Collect(maps.Keys(allowed)))
	}
}
