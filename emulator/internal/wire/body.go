package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"unicode/utf8"
	"unsafe"

	"github.com/segmentflow/segmentflow-go/emulator/internal/quickjson"
)

func (op *Operation) checkBody(declared *schema, body []byte) (any, []Issue) {
	if len(bytes.TrimSpace(body)) == 0 {
		if op.BodyRequired {
			return nil, []Issue{{InBody, "", CodeRequired, "a JSON body is required"}}
		}
		return nil, nil
	}

	v, issues := decode(body)
	if issues != nil {
		return nil, issues
	}
	if declared == nil {
		return v, checkEmpty(v)
	}
	return v, append(declared.issues(v, InBody), declared.checkSame(v)...)
}

// checkEmpty accepts an empty object where no body is declared, because some clients always send a body.
func checkEmpty(v any) []Issue {
	members, ok := v.(map[string]any)
	if !ok {
		return []Issue{{InBody, "", CodeType, "must be absent or an empty object"}}
	}
	var issues []Issue
	for name := range members {
		issues = append(issues, unknownField([]string{name}))
	}
	return issues
}

// decode reads one JSON value, strictly: valid UTF-8, nothing after the value, no member twice.
func decode(body []byte) (any, []Issue) {
	if !utf8.Valid(body) {
		return nil, []Issue{malformed(body, invalidUTF8(body), "is not UTF-8")}
	}
	text := unsafe.String(unsafe.SliceData(body), len(body)) // nothing changes a body
	if v, ok := quickjson.Decode(text); ok {
		return v, nil
	}
	return slowDecode(body)
}

// slowDecode reads one JSON value of valid UTF-8, and tells what is wrong.
func slowDecode(body []byte) (any, []Issue) {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var v any
	if err := decoder.Decode(&v); err != nil {
		return nil, []Issue{malformed(body, errorOffset(err, body), "is not JSON")}
	}
	if rest := bytes.TrimSpace(body[decoder.InputOffset():]); len(rest) > 0 {
		return nil, []Issue{malformed(body, len(body)-len(rest), "has text after the JSON value")}
	}
	if countMembers(v) != countColons(body) {
		return nil, repeatedMembers(body)
	}
	return v, nil
}

func malformed(body []byte, offset int, what string) Issue {
	before := body[:offset]
	line := 1 + bytes.Count(before, []byte("\n"))
	column := 1 + utf8.RuneCount(before[1+bytes.LastIndexByte(before, '\n'):])
	return Issue{InBody, "", CodeMalformed, fmt.Sprintf("%s (line %d, column %d)", what, line, column)}
}

// invalidUTF8 returns the offset of the first invalid byte.
func invalidUTF8(body []byte) int {
	for i := 0; i < len(body); {
		char, size := utf8.DecodeRune(body[i:])
		if char == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return len(body)
}

// errorOffset returns the offset of the character that is wrong, or the length of a text that ends too early.
func errorOffset(err error, body []byte) int {
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok && syntax.Offset > 0 {
		return min(int(syntax.Offset)-1, len(body))
	}
	return len(body)
}

func countMembers(v any) int {
	n := 0
	switch v := v.(type) {
	case map[string]any:
		n = len(v)
		for _, member := range v {
			n += countMembers(member)
		}
	case []any:
		for _, item := range v {
			n += countMembers(item)
		}
	}
	return n
}

// countColons counts the members of a valid JSON text, repeated ones included. Each has one colon outside of strings.
func countColons(body []byte) int {
	n, quoted := 0, false
	for i := 0; i < len(body); i++ {
		switch body[i] {
		case '"':
			quoted = !quoted
		case '\\':
			i++
		case ':':
			if !quoted {
				n++
			}
		}
	}
	return n
}

// repeatedMembers returns an issue for every member that has the name of an earlier one in its object.
func repeatedMembers(body []byte) []Issue {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var issues []Issue
	scanRepeated(decoder, nil, &issues)
	return issues
}

func scanRepeated(decoder *json.Decoder, path []string, issues *[]Issue) {
	token, err := decoder.Token()
	if err != nil {
		if err != io.EOF {
			*issues = append(*issues, Issue{InBody, pointer(path), CodeMalformed, "is not JSON"})
		}
		return
	}

	switch token {
	case json.Delim('['):
		for i := 0; decoder.More(); i++ {
			scanRepeated(decoder, append(path, strconv.Itoa(i)), issues)
		}
	case json.Delim('{'):
		seen := map[string]bool{}
		for decoder.More() {
			name, _ := decoder.Token()
			member := append(path, fmt.Sprint(name))
			if seen[member[len(path)]] {
				*issues = append(*issues, Issue{InBody, pointer(member), CodeConflict, "is given more than once"})
			}
			seen[member[len(path)]] = true
			scanRepeated(decoder, member, issues)
		}
	default:
		return
	}
	_, _ = decoder.Token()
}
