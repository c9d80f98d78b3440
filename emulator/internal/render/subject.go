package render

import (
	"encoding/json"
	"slices"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
)

// WithSubject returns a definition with another subject.
func WithSubject(definition json.RawMessage, subject string) (json.RawMessage, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(definition, &members); err != nil {
		return nil, err
	}
	var err error
	if members["subject"], err = json.Marshal(subject); err != nil {
		return nil, err
	}
	return json.Marshal(members)
}

// SubjectFindings returns what is wrong with a subject.
func SubjectFindings(subject string) ([]cond.Finding, error) {
	raw, err := json.Marshal(map[string]string{"subject": subject})
	if err != nil {
		return nil, err
	}
	_, findings := Parse(raw)
	return slices.DeleteFunc(findings, func(finding cond.Finding) bool { return finding.Path != "/subject" }), nil
}
