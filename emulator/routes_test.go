package emulator_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator"
)

func TestDocumentedRoutesThatAreNotCarriedOutSaySo(t *testing.T) {
	emu := emulator.Start(t)
	for route := range strings.Lines(`
		GET /integrations/connect/status
		POST /integrations/connect/status
		POST /integrations/connect/disconnect
		DELETE /integrations/connect/disconnect
		GET /integrations/
	`) {
		method, path, found := strings.Cut(strings.TrimSpace(route), " ")
		if !found {
			continue
		}
		for _, key := range []string{emu.APIKey(), ""} {
			reply := call(t, emu, method, "/api/v1"+path, "", "x-api-key", key)
			require.Equal(t, 501, reply.status, route)
			require.Equal(t, "not_implemented", reply.json(t)["error"], route)
			require.NotEmpty(t, reply.header.Get("x-request-id"), route)
		}
	}
	require.Empty(t, emu.Outbox().All())
}

func TestRoutesBesideThoseThatAreNotCarriedOutAreAsBefore(t *testing.T) {
	emu := emulator.Start(t)
	const unknown = "/8a1c7b0e-52f4-4c1c-9b57-2f5a6f1f0c55"
	for route, want := range map[string]int{
		"GET /public/broadcasts" + unknown:       404,
		"DELETE /public/broadcasts" + unknown:    405,
		"GET /public/broadcasts/prepare":         405,
		"PUT /public/broadcasts/send-prepared":   405,
		"GET /public/broadcasts":                 405,
		"OPTIONS /public/templates":              405,
		"PUT /brand-kit":                         405,
		"GET /brand-kit" + unknown + "/extract":  405,
		"GET /public/anything/else":              404,
		"PUT /public":                            404,
		"GET /brand-kit" + unknown + "/else":     404,
		"GET /brand-kits":                        404,
		"GET /public/journeys/runs" + unknown:    404,
		"POST /public/journeys/runs" + unknown:   405,
		"GET /publicity":                         404,
		"GET /assets-of-others":                  404,
		"POST /broadcasts" + unknown + "/send":   404,
		"GET /journeys/trial-onboarding/trigger": 405,
	} {
		method, path, _ := strings.Cut(route, " ")
		require.Equal(t, want, call(t, emu, method, "/api/v1"+path, "").status, route)
	}
}
