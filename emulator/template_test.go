package emulator_test

import "github.com/segmentflow/segmentflow-go/emulator"

// templateNamed is a Transactional Template with a subject and one line of text.
func templateNamed(key, subject string) emulator.SeedTemplate {
	return emulator.SeedTemplate{Key: key, Name: key, Purpose: "Transactional", Definition: map[string]any{
		"subject": subject,
		"body": map[string]any{"root": "html", "elements": map[string]any{
			"html": map[string]any{"type": "Html", "props": map[string]any{}, "children": []string{"body"}},
			"body": map[string]any{"type": "Body", "props": map[string]any{}, "children": []string{"text"}},
			"text": map[string]any{"type": "Text", "props": map[string]any{"text": "Hello"}},
		}},
	}}
}

func archived(t emulator.SeedTemplate) emulator.SeedTemplate {
	t.Status = "Archived"
	return t
}
