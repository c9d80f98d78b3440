package sample_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator/internal/render"
	"github.com/segmentflow/segmentflow-go/emulator/internal/sample"
)

// made returns the state for a Template as JSON.
func made(t *testing.T, template map[string]any, variables map[string]any) string {
	t.Helper()
	raw, err := json.Marshal(template)
	require.NoError(t, err)
	compiled, findings := render.Parse(raw)
	require.Empty(t, findings)
	maker := sample.Maker{
		Now:     time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC),
		Picture: "https://a.example/sample.svg",
	}
	state, err := json.Marshal(maker.State(compiled.Bindings(), variables))
	require.NoError(t, err)
	return string(state)
}

// ofPaths returns the state for a Template whose text prints what is at these paths.
func ofPaths(t *testing.T, variables map[string]any, paths ...string) string {
	t.Helper()
	text := "${" + strings.Join(paths, "} ${") + "}"
	return made(t, map[string]any{"subject": "S", "text": text}, variables)
}

func TestTheSampleFitsTheNames(t *testing.T) {
	for _, c := range []struct{ path, want string }{
		{"/data/customerEmail", `{"data": {"customerEmail": "alex@example.com"}}`},
		{"/data/last_name", `{"data": {"last_name": "Kim"}}`},
		{"/profile/name", `{"profile": {"name": "Alex Kim"}}`},
		{"/data/product/name", `{"data": {"product": {"name": "Example product"}}}`},
		{"/data/dueDate", `{"data": {"dueDate": "2026-03-02"}}`},
		{"/data/createdAt", `{"data": {"createdAt": "2026-03-02T12:00:00.000Z"}}`},
		{"/data/itemCount", `{"data": {"itemCount": 2}}`},
		{"/data/totalAmount", `{"data": {"totalAmount": 49.95}}`},
		{"/data/isGift", `{"data": {"isGift": true}}`},
		{"/data/orderId", `{"data": {"orderId": "1001"}}`},
		{"/data/list/0/city", `{"data": {"list": [{"city": "Berlin"}]}}`},
		{"/data/list/1", `{"data": {"list": [null, "Example 1"]}}`},
		{"/data/years/2026", `{"data": {"years": {"2026": "Example 2026"}}}`},
		{"/event/plan", `{"event": {"plan": "Pro"}}`},
		{"/steps/ask/code", `{"steps": {"ask": {"code": "123456"}}}`},
		{"/data/favouriteTune", `{"data": {"favouriteTune": "Example favourite tune"}}`},
		{"/data/a~1b/--", `{"data": {"a/b": {"--": "Example value"}}}`},
		{"/nowhere/x", `{}`},
		{"/system/unsubscribeUrl", `{}`},
	} {
		require.JSONEq(t, c.want, ofPaths(t, nil, c.path), c.path)
	}
}

func TestTheSampleFitsTheUses(t *testing.T) {
	element := func(kind string, props map[string]any) map[string]any {
		return map[string]any{"type": kind, "props": props}
	}
	at := func(path string) map[string]any { return map[string]any{"$state": path} }
	lines := element("Text", map[string]any{"text": map[string]any{"$item": "price"}})
	lines["repeat"] = map[string]any{"statePath": "/data/lines"}
	body := element("Body", nil)
	body["children"] = []string{"link", "image", "style", "lines"}
	state := made(t, map[string]any{"subject": "S", "body": map[string]any{"root": "body", "elements": map[string]any{
		"body":  body,
		"link":  element("Link", map[string]any{"text": "L", "href": at("/data/trackingUrl")}),
		"image": element("Image", map[string]any{"src": at("/data/logo")}),
		"style": element("Text", map[string]any{"text": "T", "style": at("/data/look")}),
		"lines": lines,
	}}}, nil)
	require.JSONEq(t, `{"data": {
		"trackingUrl": "https://example.com/tracking-url",
		"logo": "https://a.example/sample.svg",
		"look": {"color": "#0b62d6"},
		"lines": [{"price": 49.95}]
	}}`, state)
}

func TestADeclaredVariableIsAnExampleUnlessItNamesItsType(t *testing.T) {
	variables := map[string]any{
		"orderId": "ord_77", "typed": "string", "described": map[string]any{"type": "string"}, "unused": 1,
	}
	state := ofPaths(t, variables, "/data/orderId", "/data/typed", "/data/described")
	require.JSONEq(t, `{"data": {
		"orderId": "ord_77", "typed": "Example typed", "described": "Example described"
	}}`, state)
}
