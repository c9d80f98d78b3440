// Package planecheck checks what the control plane answers against control.yaml. Tests use it.
package planecheck

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"
)

// Prefix begins the paths of the control plane.
const Prefix = "/_emulator/"

const location = "https://contract.test/control.json"

type object = map[string]any

// Plane is the description of the control plane.
type Plane struct {
	paths    object
	mu       sync.Mutex // of the compiler and of the operations
	compiler *jsonschema.Compiler
	answered map[string]bool // the operationIds that were answered with success
}

// Load reads control.yaml. Schemas of objects with named members then refuse all others, so that a member that the
// description forgets is found.
func Load(path string) (*Plane, error) {
	source, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var document any
	if err := yaml.Unmarshal(source, &document); err != nil {
		return nil, err
	}
	raw, err := json.Marshal(document) // the numbers of JSON are those that the schemas compare
	if err != nil {
		return nil, err
	}
	if document, err = jsonschema.UnmarshalJSON(bytes.NewReader(raw)); err != nil {
		return nil, err
	}
	spec := document.(object)
	for _, schema := range spec["components"].(object)["schemas"].(object) {
		Close(schema)
	}
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft2020)
	if err := compiler.AddResource(location, spec); err != nil {
		return nil, err
	}
	return &Plane{paths: spec["paths"].(object), compiler: compiler, answered: map[string]bool{}}, nil
}

// Close makes a schema refuse members that it does not name.
func Close(v any) {
	schema, ok := v.(object)
	if !ok {
		return
	}
	properties, ok := schema["properties"].(object)
	if _, declared := schema["additionalProperties"]; ok && !declared {
		schema["additionalProperties"] = false
	}
	for _, property := range properties {
		Close(property)
	}
	Close(schema["items"])
	Close(schema["additionalProperties"])
}

// Operations returns the operationId of each operation, by its method and path, such as "GET /_emulator/health".
func (p *Plane) Operations() map[string]string {
	all := map[string]string{}
	for path, methods := range p.paths {
		for method, declared := range methods.(object) {
			if method != "parameters" {
				all[strings.ToUpper(method)+" "+path] = declared.(object)["operationId"].(string)
			}
		}
	}
	return all
}

// Answered reports whether an operation was answered with success.
func (p *Plane) Answered(operationID string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.answered[operationID]
}

// Check returns an error if a reply is not what control.yaml declares. A path or a method that it does not have must be
// answered with an error.
func (p *Plane) Check(method string, at *url.URL, reply *http.Response, body []byte) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if method == http.MethodHead {
		method = http.MethodGet
		body = nil
	}
	place, found := p.find(at.EscapedPath())
	operation, _ := found[strings.ToLower(method)].(object)
	what := fmt.Sprintf("%s %s answered %d", method, at.EscapedPath(), reply.StatusCode)
	if operation == nil {
		if reply.StatusCode < http.StatusBadRequest && method != http.MethodOptions {
			return fmt.Errorf("%s, and control.yaml has no such operation", what)
		}
		return nil
	}

	status := strconv.Itoa(reply.StatusCode)
	place += "/" + strings.ToLower(method) + "/responses/" + status
	declared, ok := operation["responses"].(object)[status].(object)
	if !ok {
		return fmt.Errorf("%s, which control.yaml does not declare: %.200s", what, body)
	}
	if ref, shared := declared["$ref"].(string); shared {
		place = strings.TrimPrefix(ref, "#")
		declared = object{"content": object{"application/json": object{}}}
	}
	if err := p.checkBody(place, declared, reply.Header.Get("Content-Type"), body); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	if reply.StatusCode < http.StatusBadRequest {
		p.answered[operation["operationId"].(string)] = true
	}
	return nil
}

// checkBody checks the body of a reply whose declaration is at a place.
func (p *Plane) checkBody(place string, declared object, contentType string, body []byte) error {
	content, _ := declared["content"].(object)
	if content == nil {
		if len(body) > 0 {
			return fmt.Errorf("it has a body: %.200s", body)
		}
		return nil
	}
	media, _, err := mime.ParseMediaType(contentType)
	if err != nil || content[media] == nil {
		return fmt.Errorf("the type is %q, which control.yaml does not declare", contentType)
	}
	if media != "application/json" || len(body) == 0 {
		return nil
	}
	schema, err := p.compiler.Compile(location + "#" + place + "/content/application~1json/schema")
	if err != nil {
		return err
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		return err
	}
	return schema.Validate(value)
}

// find returns the path in control.yaml that a path of a request matches, as a JSON pointer to it, and its operations.
func (p *Plane) find(path string) (pointer string, operations object) {
	segments := strings.Split(path, "/")
	for declared, methods := range p.paths {
		if matches(strings.Split(declared, "/"), segments) {
			return "/paths/" + url.PathEscape(strings.ReplaceAll(declared, "/", "~1")), methods.(object)
		}
	}
	return "", nil
}

func matches(declared, segments []string) bool {
	if len(declared) != len(segments) {
		return false
	}
	for i, escaped := range segments {
		segment, err := url.PathUnescape(escaped)
		if err != nil {
			return false
		}
		if declared[i] != segment && (!strings.HasPrefix(declared[i], "{") || segment == "") {
			return false
		}
	}
	return true
}

// Watch returns a transport that checks every reply of the control plane, and passes on what is wrong.
func (p *Plane) Watch(next http.RoundTripper, wrong func(error)) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		reply, err := next.RoundTrip(r)
		if err != nil || !strings.HasPrefix(r.URL.Path, Prefix) {
			return reply, err
		}
		body, err := io.ReadAll(reply.Body)
		_ = reply.Body.Close()
		reply.Body = io.NopCloser(bytes.NewReader(body))
		if err != nil {
			reply.Body = io.NopCloser(io.MultiReader(bytes.NewReader(body), failing{err}))
			return reply, nil
		}
		if err := p.Check(r.Method, r.URL, reply, body); err != nil {
			wrong(err)
		}
		return reply, nil
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// failing is a body that ends with an error.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }
