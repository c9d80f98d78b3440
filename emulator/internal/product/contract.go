package product

import (
	"io"
	"net/http"

	"github.com/segmentflow/segmentflow-go/emulator/internal/api"
	"github.com/segmentflow/segmentflow-go/emulator/internal/gateway"
)

// The paths under which the API describes itself: openapi.yaml, and the same as JSON, for generators that read no YAML.
const (
	ContractPath     = "/openapi.yaml"
	ContractJSONPath = "/openapi.json"
)

// Contract returns the handler of openapi.yaml.
func Contract() http.Handler { return document("application/yaml", api.Source) }

// ContractJSON returns the handler of openapi.yaml as JSON.
func ContractJSON() http.Handler {
	return document("application/json", func() string { return string(api.Spec()) })
}

func document(mediaType string, text func() string) http.Handler {
	return gateway.Only(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", mediaType)
		_, _ = io.WriteString(w, text())
	}, http.MethodGet)
}
