// Package api is generated from openapi.yaml: the wire types, the strict server and the contract itself as JSON.
package api

import _ "embed"

//go:generate go tool -modfile=../../../tools/go.mod oapi-codegen -config config.yaml ../../../openapi.yaml
//go:generate go run ./specjson ../../../openapi.yaml openapi.json

//go:embed openapi.json
var spec string

// Spec returns openapi.yaml as compact JSON, so that nothing needs a YAML parser at run time. The caller owns the
// bytes.
func Spec() []byte {
	return []byte(spec)
}
