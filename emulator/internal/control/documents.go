package control

import (
	_ "embed"
	"net/http"

	"github.com/segmentflow/segmentflow-go/emulator/internal/seedschema"
)

// This file has the documents that describe the control plane.

//go:generate go run ../api/specjson ../../../control.yaml openapi.json

// contract is control.yaml as compact JSON.
//
//go:embed openapi.json
var contract string

// Contract returns control.yaml as compact JSON. The caller owns the bytes.
func Contract() []byte { return []byte(contract) }

// describe answers with the description of the control plane.
func describe(*http.Request) (answer, error) {
	return answer{media: "application/json", text: Contract()}, nil
}

// seedSchema answers with the JSON Schema of seed files.
func seedSchema(*http.Request) (answer, error) {
	return answer{media: "application/json", text: seedschema.Schema()}, nil
}
