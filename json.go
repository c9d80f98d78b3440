package segmentflow

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
	"strings"
)

// The types of this package can be stored as JSON and read again. The JSON of params is the body of the request as far
// as that is possible. This file has the types for which encoding/json alone would lose something.

// UnmarshalJSON reads params as encoding/json does, but a number in Data that a float64 cannot hold is a json.Number.
func (params *SendEmailParams) UnmarshalJSON(data []byte) error {
	type fields SendEmailParams
	return unmarshalData(data, (*fields)(params), &params.Data)
}

// UnmarshalJSON reads an item as encoding/json does, but a number in Data that a float64 cannot hold is a json.Number.
func (item *BatchSendItem) UnmarshalJSON(data []byte) error {
	type fields BatchSendItem
	return unmarshalData(data, (*fields)(item), &item.Data)
}

// UnmarshalJSON reads params as encoding/json does, but a number in Data that a float64 cannot hold is a json.Number.
func (params *TrackEventParams) UnmarshalJSON(data []byte) error {
	type fields TrackEventParams
	return unmarshalData(data, (*fields)(params), &params.Data)
}

// UnmarshalJSON reads an identity as encoding/json does, but a number in Properties that a float64 cannot hold is a
// json.Number.
func (identity *ProfileIdentity) UnmarshalJSON(data []byte) error {
	type fields ProfileIdentity
	return unmarshalData(data, (*fields)(identity), &identity.Properties)
}

// UnmarshalJSON reads a profile as encoding/json does, but a number in Properties that a float64 cannot hold is a
// json.Number.
func (profile *TriggerProfile) UnmarshalJSON(data []byte) error {
	type fields TriggerProfile
	return unmarshalData(data, (*fields)(profile), &profile.Properties)
}

// UnmarshalJSON reads params as encoding/json does, but a number in Variables that a float64 cannot hold is a
// json.Number.
func (params *TriggerJourneyParams) UnmarshalJSON(data []byte) error {
	type fields TriggerJourneyParams
	return unmarshalData(data, (*fields)(params), &params.Variables)
}

// UnmarshalJSON reads an item as encoding/json does, but a number in Traits that a float64 cannot hold is a
// json.Number.
func (v *IngestIdentify) UnmarshalJSON(data []byte) error {
	type fields IngestIdentify
	return unmarshalData(data, (*fields)(v), &v.Traits)
}

// UnmarshalJSON reads an item as encoding/json does, but a number in Properties that a float64 cannot hold is a
// json.Number.
func (e *IngestTrack) UnmarshalJSON(data []byte) error {
	type fields IngestTrack
	return unmarshalData(data, (*fields)(e), &e.Properties)
}

// UnmarshalJSON reads an item as encoding/json does, but a number in Properties that a float64 cannot hold is a
// json.Number.
func (p *IngestPage) UnmarshalJSON(data []byte) error {
	type fields IngestPage
	return unmarshalData(data, (*fields)(p), &p.Properties)
}

// UnmarshalJSON reads params as encoding/json does, but a number in Properties that a float64 cannot hold is a
// json.Number.
func (params *UpdateProfileParams) UnmarshalJSON(data []byte) error {
	type fields UpdateProfileParams
	return unmarshalData(data, (*fields)(params), &params.Properties)
}

// UnmarshalJSON reads params as encoding/json does, but a number in Definition that a float64 cannot hold is a
// json.Number.
func (params *CreateTemplateParams) UnmarshalJSON(data []byte) error {
	type fields CreateTemplateParams
	return unmarshalData(data, (*fields)(params), &params.Definition)
}

// UnmarshalJSON reads params as encoding/json does, but a number in Definition that a float64 cannot hold is a
// json.Number.
func (params *UpdateTemplateParams) UnmarshalJSON(data []byte) error {
	type fields UpdateTemplateParams
	return unmarshalData(data, (*fields)(params), &params.Definition)
}

// unmarshalData reads data into out, and replaces the json.Numbers in the field of out that field points to.
func unmarshalData(data []byte, out any, field *any) error {
	if err := unmarshalExact(data, out); err != nil {
		return err
	}
	*field = floats(*field)
	return nil
}

// unmarshalExact decodes JSON. In values of type any, a number becomes a json.Number instead of a float64, which cannot
// hold all digits.
func unmarshalExact(data []byte, out any) error {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	return decoder.Decode(out)
}

// floats returns v with a float64 for each json.Number that is exactly that. It changes the maps and slices in place.
func floats(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for name, member := range v {
			v[name] = floats(member)
		}
	case []any:
		for index, item := range v {
			v[index] = floats(item)
		}
	case json.Number:
		if float, ok := exactFloat(string(v)); ok {
			return float
		}
	}
	return v
}

// exactFloat returns a JSON number as a float64, and whether that keeps all its digits.
func exactFloat(text string) (float64, bool) {
	float, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return 0, false
	}
	if same, err := json.Marshal(float); err == nil && string(same) == text {
		return float, true
	}
	mantissa, _, _ := strings.Cut(strings.ToLower(text), "e")
	digits := strings.Trim(strings.Replace(mantissa, ".", "", 1), "-0")
	const most = 15 // a float64 holds every number with that many digits, unless it is extremely small
	return float, digits == "" || len(digits) <= most && math.Abs(float) > 1e-300
}

// UnmarshalJSON reads an error that was stored as JSON, and the API's own form of it. Numbers in Details are
// json.Number, which keeps their digits.
func (e *Error) UnmarshalJSON(data []byte) error {
	type fields Error
	var read fields
	if err := unmarshalExact(data, &read); err != nil {
		return err
	}
	*e = Error(read)
	if e.Issues == nil {
		var envelope Error
		envelope.decode(data)
		e.Issues = envelope.Issues
	}
	return nil
}

// UnmarshalJSON decodes a finding. It keeps the digits of the numbers in Details.
func (f *PreflightFinding) UnmarshalJSON(data []byte) error {
	type plain PreflightFinding
	return unmarshalExact(data, (*plain)(f))
}

// batchItemJSON is the API's form of a BatchResultItem. A rejected item has no send.
type batchItemJSON struct {
	Index          int             `json:"index"`
	IdempotencyKey string          `json:"idempotencyKey"`
	Send           *EmailSend      `json:"send,omitzero"`
	Error          json.RawMessage `json:"error,omitzero"`
}

// MarshalJSON returns the item in the API's form.
func (i BatchResultItem) MarshalJSON() ([]byte, error) {
	item := batchItemJSON{Index: i.Index, IdempotencyKey: i.IdempotencyKey, Send: i.Send}
	if i.Err != nil {
		raw, err := json.Marshal(i.Err)
		if err != nil {
			return nil, err
		}
		item.Error = raw
	}
	return json.Marshal(item)
}

// UnmarshalJSON reads an item in the API's form.
func (i *BatchResultItem) UnmarshalJSON(data []byte) error {
	var item batchItemJSON
	if err := json.Unmarshal(data, &item); err != nil {
		return err
	}
	*i = item.result()
	return nil
}

// result returns the item in its public form.
func (item *batchItemJSON) result() BatchResultItem {
	result := BatchResultItem{Index: item.Index, IdempotencyKey: item.IdempotencyKey, Send: item.Send}
	if len(item.Error) > 0 && string(item.Error) != "null" {
		result.Err = new(Error)
		if json.Unmarshal(item.Error, result.Err) != nil {
			result.Err.decode(item.Error) // the parts that matter most
		}
	}
	return result
}
