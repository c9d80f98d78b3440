package product

import (
	"io"
	"net/http"

	"github.com/segmentflow/segmentflow-go/emulator/internal/api"
	"github.com/segmentflow/segmentflow-go/emulator/internal/gateway"
)

// ContractPath is the path under which the API describes itself.
const ContractPath = "/openapi.yaml"

// Contract returns the handler of openapi.yaml.
func Contract() http.Handler {
	return gateway.Only(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/yaml")
		_, _ = io.WriteString(w, api.Source())
	}, http.MethodGet)
}
