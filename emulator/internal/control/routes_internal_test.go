package control

import (
	"encoding/json"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// described returns the operations of control.yaml, each with the names of its query parameters.
func described(t *testing.T) map[string][]string {
	t.Helper()
	type parameter struct {
		Ref  string `json:"$ref"`
		Name string `json:"name"`
		In   string `json:"in"`
	}
	var document struct {
		Paths      map[string]map[string]json.RawMessage `json:"paths"`
		Components struct {
			Parameters map[string]parameter `json:"parameters"`
		} `json:"components"`
	}
	require.NoError(t, json.Unmarshal(Contract(), &document))
	all := map[string][]string{}
	for at, methods := range document.Paths {
		for method, raw := range methods {
			if method == "parameters" {
				continue
			}
			var operation struct {
				Parameters []parameter `json:"parameters"`
			}
			require.NoError(t, json.Unmarshal(raw, &operation))
			names := []string{}
			for _, used := range operation.Parameters {
				if used.Ref != "" {
					used = document.Components.Parameters[path.Base(used.Ref)]
				}
				if used.In == "query" {
					names = append(names, used.Name)
				}
			}
			slices.Sort(names)
			all[strings.ToUpper(method)+" "+at] = names
		}
	}
	return all
}

func TestEveryRouteIsInTheDescriptionAndTheOtherWayRound(t *testing.T) {
	want := described(t)
	got := map[string][]string{}
	for _, route := range (&Plane{}).routes() {
		for method := range route.methods {
			names := []string{}
			if method == "GET" {
				names = slices.Sorted(slices.Values(route.query))
				names = append([]string{}, names...)
			}
			got[method+" "+route.path] = names
		}
	}
	require.Equal(t, slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(got)))
	require.Equal(t, want, got)
}
