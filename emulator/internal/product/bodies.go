package product

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/gateway"
	"github.com/segmentflow/segmentflow-go/emulator/internal/render"
	"github.com/segmentflow/segmentflow-go/emulator/internal/wire"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// The journal keeps the body of a call only if it fits its schema, and if all that it must not contain is known: the
// paths that the call redacts, and those that its Templates mark as sensitive. So it keeps no body with a 400, nor one
// with a Template or Journey that does not exist.

// keepBody puts the body of a call into the journal, if it keeps bodies.
func (s *service) keepBody(ctx context.Context, tx *world.Tx) error {
	if !s.Journal.KeepsBodies() {
		return nil
	}
	call := callOf(ctx)
	members, isObject := call.body.(map[string]any)
	if !isObject {
		return nil
	}
	shown, known, err := shownBody(tx, call, members)
	if err != nil || !known {
		return err
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(shown); err != nil {
		return err
	}
	gateway.KeepBody(ctx, strings.TrimSpace(text.String()))
	return nil
}

// shownBody returns the body of a call without the values that must not be kept. It reports whether they are known.
func shownBody(tx *world.Tx, call *call, body map[string]any) (shown map[string]any, known bool, err error) {
	if call.op.WriteKey {
		return withoutWriteKey(body), true, nil
	}
	switch call.op.ID {
	case "sendEmail":
		return shownEmail(tx, body, nil)
	case "batchSendEmails":
		return shownBatch(tx, body)
	case "trackEvent":
		list, _ := body["redactedDataPaths"].([]any)
		paths := make([]string, len(list))
		for i, path := range list {
			paths[i], _ = path.(string)
		}
		return blanked(body, "data", paths), true, nil
	case "triggerJourney", "triggerPublicJourney":
		paths, known, err := tx.SensitiveInJourney(call.journey)
		return blanked(body, "variables", paths), known, err
	}
	return body, true, nil
}

// withoutWriteKey returns a body or an item of ingest without the write key. A plug-in may put the key into an item by
// mistake.
func withoutWriteKey(members map[string]any) map[string]any {
	shown := maps.Clone(members)
	if _, has := shown["writeKey"]; has {
		shown["writeKey"] = "[redacted]"
	}
	items, _ := shown["batch"].([]any)
	items = slices.Clone(items)
	for i, item := range items {
		if item, isObject := item.(map[string]any); isObject {
			items[i] = withoutWriteKey(item)
		}
	}
	if len(items) > 0 {
		shown["batch"] = items
	}
	return shown
}

// shownEmail returns an email to send, or an item of a batch with these defaults.
func shownEmail(tx *world.Tx, email, defaults map[string]any) (shown map[string]any, known bool, err error) {
	template, _ := withDefaults(email, defaults)["templateId"].(string)
	paths, known, err := tx.SensitiveInTemplate(template)
	return blanked(email, "data", paths), known, err
}

func shownBatch(tx *world.Tx, body map[string]any) (shown map[string]any, known bool, err error) {
	items, _ := body["items"].([]any)
	defaults, _ := body["defaults"].(map[string]any)
	kept := make([]any, len(items))
	for i, item := range items {
		members, _ := item.(map[string]any)
		if issues := wire.CheckSchema("BatchItem", any(withDefaults(members, defaults))); len(issues) > 0 {
			return nil, false, nil
		}
		if kept[i], known, err = shownEmail(tx, members, defaults); err != nil || !known {
			return nil, false, err
		}
	}
	shown = maps.Clone(body)
	shown["items"] = kept
	return shown, true, nil
}

// blanked returns a body with the values below one of its members replaced that are at the paths.
func blanked(body map[string]any, member string, paths []string) map[string]any {
	data, has := body[member]
	if !has || len(paths) == 0 {
		return body
	}
	shown := maps.Clone(body)
	shown[member] = render.Blank(data, paths)
	return shown
}
