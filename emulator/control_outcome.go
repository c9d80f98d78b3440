package emulator

import (
	"bytes"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/gateway"
	"github.com/segmentflow/segmentflow-go/emulator/internal/mail"
)

// controlOutcome lets happen to a message what the body names.
func (p *plane) controlOutcome(r *http.Request) (controlReply, error) {
	raw, err := gateway.BodyOf(r, maxControlBody)
	if err != nil {
		return controlReply{}, err
	}
	f, issue := outcomeBody(raw)
	if issue != nil {
		return controlReply{}, gateway.Invalid(*issue)
	}
	return p.look(r, func(tx *Tx) (any, error) {
		fact, err := tx.happenNow(r.PathValue("id"), f)
		if err != nil {
			return nil, err
		}
		return p.shapes.fact(fact)
	})
}

// outcomeBody reads {type, kind?, url?}.
func outcomeBody(raw []byte) (f plannedFact, issue *gateway.Issue) {
	fail := func(path, code, message string) (plannedFact, *gateway.Issue) {
		found := inBody(path, code, message)
		return plannedFact{}, &found
	}
	body, err := decodeObject(bytes.TrimSpace(raw))
	if err != nil || body == nil {
		return fail("", gateway.CodeMalformed, `must be a JSON object such as {"type": "bounced", "kind": "hard"}`)
	}
	fields := map[string]*string{"type": &f.Type, "kind": &f.Kind, "url": &f.URL}
	for _, name := range slices.Sorted(maps.Keys(body)) {
		if fields[name] == nil {
			return fail(below("", name), gateway.CodeUnknownField, "is not a field; there are type, kind and url")
		}
		text, ok := body[name].(string)
		if !ok {
			return fail("/"+name, gateway.CodeType, "must be a string")
		}
		*fields[name] = text
	}
	switch {
	case f.Type == "":
		return fail("/type", gateway.CodeRequired, "is required")
	case barred[f.Type] == nil:
		return fail("/type", gateway.CodeEnum, "must be one of "+strings.Join(slices.Sorted(maps.Keys(barred)), ", "))
	case f.Kind != "" && f.Type != "bounced":
		return fail("/kind", gateway.CodeConflict, "belongs to bounced")
	case f.URL != "" && f.Type != "clicked":
		return fail("/url", gateway.CodeConflict, "belongs to clicked")
	case f.Kind != "" && f.Kind != bounceHard && f.Kind != bounceSoft:
		return fail("/kind", gateway.CodeEnum, "must be hard or soft")
	case f.URL != "" && !mail.Followable(f.URL):
		return fail("/url", gateway.CodeFormat, "must be an absolute URL with http or https")
	}
	return f, nil
}
