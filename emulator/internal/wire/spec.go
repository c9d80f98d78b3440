package wire

import (
	"encoding/json"
	"strings"
)

// The parts of an OpenAPI document from which the operations are made.
type (
	specDocument struct {
		Paths      map[string]map[string]specOperation `json:"paths"`
		Components struct {
			Parameters map[string]specParameter   `json:"parameters"`
			Schemas    map[string]json.RawMessage `json:"schemas"`
		} `json:"components"`
	}

	specOperation struct {
		ID           string                     `json:"operationId"`
		Tags         []string                   `json:"tags"`
		Scope        stringOrList               `json:"x-segmentflow-scope"`
		Availability string                     `json:"x-segmentflow-availability"`
		AllowSends   bool                       `json:"x-segmentflow-allow-sends"`
		SDK          string                     `json:"x-segmentflow-sdk"`
		MaxBody      int64                      `json:"x-segmentflow-max-body"`
		Parameters   []specParameter            `json:"parameters"`
		Body         *specBody                  `json:"requestBody"`
		Responses    map[string]json.RawMessage `json:"responses"`
	}

	specParameter struct {
		Ref      string          `json:"$ref"`
		Name     string          `json:"name"`
		In       string          `json:"in"`
		Required bool            `json:"required"`
		Schema   json.RawMessage `json:"schema"`
	}

	specBody struct {
		Required bool `json:"required"`
		Content  map[string]struct {
			Schema struct {
				Ref string `json:"$ref"`
			} `json:"schema"`
		} `json:"content"`
	}
)

// schema returns the name of the body's schema, which is always a component.
func (body *specBody) schema() string {
	return strings.TrimPrefix(body.Content["application/json"].Schema.Ref, "#/components/schemas/")
}

// parameter returns a parameter with its reference resolved.
func (d *specDocument) parameter(given specParameter) specParameter {
	if name, ok := strings.CutPrefix(given.Ref, "#/components/parameters/"); ok {
		return d.Components.Parameters[name]
	}
	return given
}

// stringOrList is one string or a list of strings in JSON.
type stringOrList []string

func (list *stringOrList) UnmarshalJSON(raw []byte) error {
	var one string
	if json.Unmarshal(raw, &one) == nil {
		*list = stringOrList{one}
		return nil
	}
	return json.Unmarshal(raw, (*[]string)(list))
}
