// Package seedschema is the JSON Schema of seed files. It is generated from the Go types of seeds and from what their
// readers accept.
package seedschema

import _ "embed"

//go:generate go run ./schemagen ../.. ../../../seed.schema.json seed.schema.json

//go:embed seed.schema.json
var schema string

// Schema returns seed.schema.json, which editors complete and check seed files with, as compact JSON. The caller owns
// the bytes.
func Schema() []byte { return []byte(schema) }
