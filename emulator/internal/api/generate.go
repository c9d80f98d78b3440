// Package api is generated from openapi.yaml: the wire types, the strict server and the contract itself as JSON.
package api

import _ "embed"

//go:generate go tool -modfile=../../../tools/go.mod oapi-codegen -config config.yaml ../../../openapi.yaml
//go:generate go run ./specjson ../../../openapi.yaml openapi.json requests.json
//go:generate cp ../../../openapi.yaml openapi.yaml

var (
	//go:embed openapi.yaml
	source string
	//go:embed openapi.json
	spec string
	//go:embed requests.json
	requests string
)

// Source returns openapi.yaml as it is.
func Source() string { return source }

// Spec returns openapi.yaml as compact JSON. The caller owns the bytes.
func Spec() []byte {
	return []byte(spec)
}

// Requests returns the part of openapi.yaml that requests are checked against, as compact JSON. It is a third of the
// whole, and a program that uses only this part does not contain the rest. The caller owns the bytes.
func Requests() []byte {
	return []byte(requests)
}
