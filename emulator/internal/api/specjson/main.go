// Command specjson writes an OpenAPI document in YAML as compact JSON with sorted keys. If a third file is named, it
// writes once more only what requests are checked against: specjson IN.yaml OUT.json [REQUESTS.json].
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"

	"go.yaml.in/yaml/v3"
)

func main() {
	if len(os.Args) != 3 && len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: specjson IN.yaml OUT.json [REQUESTS.json]")
		os.Exit(2)
	}
	if err := convert(os.Args[1], os.Args[2], os.Args[3:]); err != nil {
		fmt.Fprintln(os.Stderr, "specjson:", err)
		os.Exit(1)
	}
}

func convert(in, out string, requests []string) error {
	source, err := os.ReadFile(in)
	if err != nil {
		return err
	}
	var document map[string]any
	if err := yaml.Unmarshal(source, &document); err != nil {
		return fmt.Errorf("%s: %w", in, err)
	}
	if err := write(out, document); err != nil || len(requests) == 0 {
		return err
	}
	return write(requests[0], requestsOf(document))
}

func write(out string, document any) error {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(document); err != nil {
		return fmt.Errorf("%s: %w", out, err)
	}
	return os.WriteFile(out, buf.Bytes(), 0o644)
}
