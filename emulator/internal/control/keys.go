package control

import (
	"net/http"
	"strconv"

	"github.com/segmentflow/segmentflow-go/emulator/internal/gateway"
	"github.com/segmentflow/segmentflow-go/emulator/internal/seed"
	"github.com/segmentflow/segmentflow-go/emulator/internal/tell"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// This file has the route about API keys.

// addAPIKey makes an API key and answers with it. Nothing shows its secret again.
func (p *Plane) addAPIKey(r *http.Request) (answer, error) {
	body, err := objectOf(r, `must be a JSON object such as {"scopes": ["emails:send"]}`)
	if err != nil {
		return answer{}, err
	}
	key := world.APIKey{Label: "control plane"}
	var scopes []any
	issues := readMembers(body, "", map[string]reader{
		"label":      text(&key.Label),
		"scopes":     typed(&scopes, "a list"),
		"allowSends": flag(&key.AllowSends),
	})
	if _, given := body["scopes"]; !given {
		issues = append(issues, inBody("/scopes", gateway.CodeRequired, `is required; ["*"] stands for all`))
	}
	key.Scopes = make([]string, len(scopes))
	for i, scope := range scopes {
		issues = append(issues, readScope(scope, "/scopes/"+strconv.Itoa(i), &key.Scopes[i])...)
	}
	if len(issues) > 0 {
		return answer{}, gateway.Invalid(inOrder(issues)...)
	}
	return p.look(r, func(tx *world.Tx) (any, error) {
		secret, err := tx.NewAPIKey(key)
		return map[string]any{
			"key":        secret,
			"label":      key.Label,
			"scopes":     key.Scopes,
			"allowSends": key.AllowSends,
		}, err
	})
}

func readScope(value any, at string, scope *string) []gateway.Issue {
	if code, message := text(scope)(value); code != "" {
		return []gateway.Issue{inBody(at, code, message)}
	}
	if err := tell.CheckScope(*scope, seed.Scopes()); err != nil {
		return []gateway.Issue{inBody(at, gateway.CodeEnum, err.Error())}
	}
	return nil
}
