package emulator_test

import (
	"encoding/json"
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/segmentflow/segmentflow-go/emulator"
)

func TestTheAPIDescribesItselfAsYAMLAndAsJSON(t *testing.T) {
	url := emulator.Start(t).URL()
	get := func(path, mediaType string) []byte {
		reply, err := http.Get(url + path)
		require.NoError(t, err)
		defer reply.Body.Close()
		require.Equal(t, http.StatusOK, reply.StatusCode)
		require.Equal(t, mediaType, reply.Header.Get("Content-Type"))
		text, err := io.ReadAll(reply.Body)
		require.NoError(t, err)
		return text
	}
	type description struct {
		OpenAPI string
		Paths   map[string]any
	}
	var fromYAML, fromJSON description
	require.NoError(t, yaml.Unmarshal(get("/openapi.yaml", "application/yaml"), &fromYAML))
	require.NoError(t, json.Unmarshal(get("/openapi.json", "application/json"), &fromJSON))
	require.Equal(t, "3.1.0", fromJSON.OpenAPI)
	require.Equal(t, fromYAML.OpenAPI, fromJSON.OpenAPI)
	require.Len(t, fromJSON.Paths, len(fromYAML.Paths))
}
