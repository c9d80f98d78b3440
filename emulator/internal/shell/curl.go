package shell

import (
	"net/http"
	"strings"
)

// MaxBody is how many bytes of a body a command may have. The command with a longer one reads it from the file
// body.json.
const MaxBody = 16 << 10

// Call is a call of the API. Path is escaped.
type Call struct {
	Method, Address, Path string
	Key                   bool // it has an API key, which the command takes from the environment
	IdempotencyKey, Body  string
}

// Curl returns a command that makes a call.
func Curl(call Call) string {
	words := []string{"curl"}
	switch call.Method {
	case http.MethodGet:
	case http.MethodHead:
		words = append(words, "--head")
	default:
		words = append(words, "-X "+Word(call.Method))
	}
	if strings.Contains(call.Path, "/.") {
		words = append(words, "--path-as-is")
	}
	words = append(words, Word(call.Address+call.Path))
	if call.Key {
		words = append(words, `-H "x-api-key: $SEGMENTFLOW_API_KEY"`)
	}
	if call.IdempotencyKey != "" {
		words = append(words, "-H "+Word("idempotency-key: "+call.IdempotencyKey))
	}
	if call.Body != "" {
		words = append(words, "-H 'content-type: application/json'", data(call.Body))
	}
	return strings.Join(words, " \\\n  ")
}

func data(body string) string {
	if len(body) > MaxBody {
		return "--data-binary @body.json"
	}
	return "--data-raw " + Word(body)
}
