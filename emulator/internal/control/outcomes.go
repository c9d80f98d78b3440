package control

import (
	"bytes"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/gateway"
	"github.com/segmentflow/segmentflow-go/emulator/internal/mail"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// script plans what happens to emails from now on, in place of what happens by itself.
func (p *Plane) script(r *http.Request) (answer, error) {
	body, err := objectOf(r, `must be a JSON object such as `+
		`{"target": "alex@example.com", "facts": [{"type": "bounced"}]}`)
	if err != nil {
		return answer{}, err
	}
	target, list := "", []any{}
	issues := readMembers(body, "", map[string]reader{"target": text(&target), "facts": typed(&list, "a list")})
	for _, name := range []string{"target", "facts"} {
		if _, given := body[name]; !given {
			issues = append(issues, inBody("/"+name, gateway.CodeRequired, "is required"))
		}
	}
	facts := make([]world.PlannedFact, len(list))
	for i, value := range list {
		at, fact := "/facts/"+strconv.Itoa(i), &facts[i]
		members, ok := value.(map[string]any)
		if !ok {
			issues = append(issues, inBody(at, gateway.CodeType, "must be an object"))
			continue
		}
		issues = append(issues, readMembers(members, at, map[string]reader{
			"type":  text(&fact.Type),
			"kind":  text(&fact.Kind),
			"url":   text(&fact.URL),
			"after": duration(&fact.After),
		})...)
	}
	if len(issues) > 0 {
		return answer{}, gateway.Invalid(inOrder(issues)...)
	}

	err = p.act(r, func(tx *world.Tx) error { return tx.ScriptMail(target, facts) })
	if wrong, ok := errors.AsType[*world.ScriptError](err); ok {
		at := "/target"
		if wrong.Fact >= 0 {
			at = "/facts/" + strconv.Itoa(wrong.Fact)
		}
		return answer{}, gateway.Invalid(inBody(at, gateway.CodeConflict, wrong.Why))
	}
	return answer{}, err
}

// outcome records the fact about a message that the body names.
func (p *Plane) outcome(r *http.Request) (answer, error) {
	raw, err := gateway.BodyOf(r, maxControlBody)
	if err != nil {
		return answer{}, err
	}
	planned, issue := outcomeBody(raw)
	if issue != nil {
		return answer{}, gateway.Invalid(*issue)
	}
	return p.look(r, func(tx *world.Tx) (any, error) {
		fact, err := tx.ApplyFact(r.PathValue("id"), planned)
		if err != nil {
			return nil, err
		}
		return p.Shapes.Fact(fact)
	})
}

// outcomeBody reads {type, kind?, url?}.
func outcomeBody(raw []byte) (fact world.PlannedFact, issue *gateway.Issue) {
	fail := func(path, code, message string) (world.PlannedFact, *gateway.Issue) {
		found := inBody(path, code, message)
		return world.PlannedFact{}, &found
	}
	body, err := cond.DecodeObject(bytes.TrimSpace(raw))
	if err != nil || body == nil {
		return fail("", gateway.CodeMalformed, `must be a JSON object such as {"type": "bounced", "kind": "hard"}`)
	}

	fields := map[string]*string{"type": &fact.Type, "kind": &fact.Kind, "url": &fact.URL}
	for _, name := range slices.Sorted(maps.Keys(body)) {
		if fields[name] == nil {
			message := "is not a field; the fields are type, kind and url"
			return fail(cond.Below("", name), gateway.CodeUnknownField, message)
		}
		text, ok := body[name].(string)
		if !ok {
			return fail("/"+name, gateway.CodeType, "must be a string")
		}
		*fields[name] = text
	}

	switch {
	case fact.Type == "":
		return fail("/type", gateway.CodeRequired, "is required")
	case !slices.Contains(world.FactTypes(), fact.Type):
		return fail("/type", gateway.CodeEnum, "must be one of "+strings.Join(world.FactTypes(), ", "))
	case fact.Kind != "" && fact.Type != world.FactBounced:
		return fail("/kind", gateway.CodeConflict, "is allowed only for the type bounced")
	case fact.URL != "" && fact.Type != world.FactClicked:
		return fail("/url", gateway.CodeConflict, "is allowed only for the type clicked")
	case fact.Kind != "" && fact.Kind != world.BounceHard && fact.Kind != world.BounceSoft:
		return fail("/kind", gateway.CodeEnum, "must be hard or soft")
	case fact.URL != "" && !mail.Followable(fact.URL):
		return fail("/url", gateway.CodeFormat, "must be an absolute URL with http or https")
	}
	return fact, nil
}
