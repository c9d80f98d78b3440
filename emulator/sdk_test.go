package emulator_test

import (
	"bytes"
	"fmt"
	"io"
	"iter"
	"net/http"
	"reflect"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/dlclark/regexp2"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator/internal/api"
	"github.com/segmentflow/segmentflow-go/emulator/internal/wire"
	"github.com/segmentflow/segmentflow-go/internal/planecheck"
)

// ledger is a transport between the SDK and the emulator. It checks every reply against openapi.yaml and records which
// method called which operation.
type ledger struct {
	routes   *http.ServeMux
	spec     object
	compiler *jsonschema.Compiler
	called   map[string][]string // the methods of the SDK that each operation answered with success
}

const specURL = "https://contract.test/openapi.json"

func openLedger(t *testing.T) *ledger {
	t.Helper()
	l := &ledger{routes: http.NewServeMux(), compiler: jsonschema.NewCompiler(), called: map[string][]string{}}
	for _, op := range wire.Operations() {
		l.routes.Handle(op.Method+" "+op.Path, operationID(op.ID))
	}
	spec, err := jsonschema.UnmarshalJSON(bytes.NewReader(api.Spec()))
	require.NoError(t, err)
	l.spec = spec.(object)
	for _, schema := range l.spec["components"].(object)["schemas"].(object) {
		planecheck.Close(schema)
	}
	l.compiler.DefaultDraft(jsonschema.Draft2020)
	l.compiler.UseRegexpEngine(func(pattern string) (jsonschema.Regexp, error) {
		re, err := regexp2.Compile(pattern, regexp2.ECMAScript)
		return lookAhead{re}, err
	})
	require.NoError(t, l.compiler.AddResource(specURL, l.spec))
	return l
}

// operationID is an operation in the form of a handler for its route. It writes no response.
type operationID string

func (operationID) ServeHTTP(http.ResponseWriter, *http.Request) {}

// lookAhead is a pattern with look-ahead, which Go's regexp does not have.
type lookAhead struct{ *regexp2.Regexp }

func (l lookAhead) MatchString(s string) bool {
	ok, err := l.Regexp.MatchString(s)
	return ok && err == nil
}

// open returns a shop whose client calls through the ledger.
func (l *ledger) open(t *testing.T) shop {
	t.Helper()
	s := openShop(t)
	s.client = s.emu.Client(l.watching(t))
	return s
}

// watching is the option of a client that calls through the ledger.
func (l *ledger) watching(t *testing.T) segmentflow.Option {
	return segmentflow.WithMiddleware(func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			reply, err := next.RoundTrip(r)
			if err != nil {
				return nil, err
			}
			body, err := io.ReadAll(reply.Body)
			require.NoError(t, err)
			reply.Body = io.NopCloser(bytes.NewReader(body))
			handler, pattern := l.routes.Handler(r)
			id, known := handler.(operationID)
			require.True(t, known, "%s is no operation", r.URL.Path)
			require.NoError(t, l.check(pattern, reply.StatusCode, body))
			if method := sdkMethod(); reply.StatusCode < 300 && !slices.Contains(l.called[string(id)], method) {
				l.called[string(id)] = append(l.called[string(id)], method)
			}
			return reply, nil
		})
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// check returns an error if a reply is not what the contract declares for its status.
func (l *ledger) check(pattern string, status int, body []byte) error {
	method, path, _ := strings.Cut(pattern, " ")
	method = strings.ToLower(method)
	place := fmt.Sprintf("/paths/%s/%s/responses/%d", strings.ReplaceAll(path, "/", "~1"), method, status)
	operation := l.spec["paths"].(object)[path].(object)[method].(object)
	declared, ok := operation["responses"].(object)[strconv.Itoa(status)].(object)
	ref, shared := declared["$ref"].(string)
	switch {
	case !ok:
		return fmt.Errorf("%s does not declare %d: %s", pattern, status, body)
	case shared:
		place = strings.TrimPrefix(ref, "#")
	case declared["content"] == nil && len(body) == 0:
		return nil
	case declared["content"] == nil:
		return fmt.Errorf("%s %d has a body: %s", pattern, status, body)
	}
	schema, err := l.compiler.Compile(specURL + "#" + place + "/content/application~1json/schema")
	if err != nil {
		return err
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err == nil {
		err = schema.Validate(value)
	}
	if err != nil {
		return fmt.Errorf("%s %d: %w: %s", pattern, status, err, body)
	}
	return nil
}

var serviceMethod = regexp.MustCompile(`\(\*([A-Za-z]+Service|Ingest)\)\.[A-Z][A-Za-z]*`)

// sdkMethod returns the innermost exported method of a service on the stack of its caller.
func sdkMethod() string {
	var callers [64]uintptr
	frames := runtime.CallersFrames(callers[:runtime.Callers(2, callers[:])])
	for {
		frame, more := frames.Next()
		if found := serviceMethod.FindString(frame.Function); found != "" {
			return found
		}
		if !more {
			return ""
		}
	}
}

// sdkMethods returns all methods of the services, sorted, except those that repeat another one.
func sdkMethods() []string {
	var names []string
	for _, field := range reflect.VisibleFields(reflect.TypeFor[segmentflow.Client]()) {
		if !field.IsExported() {
			continue
		}
		for method := range field.Type.Methods() {
			compound := []string{"All", "SendAll", "Wait", "WaitRun", "WaitExtraction", "Upload"}
			if !slices.Contains(compound, method.Name) {
				names = append(names, fmt.Sprintf("(*%s).%s", field.Type.Elem().Name(), method.Name))
			}
		}
	}
	for method := range reflect.TypeFor[*segmentflow.Ingest]().Methods() {
		if method.Name != "Page" { // a batch
			names = append(names, "(*Ingest)."+method.Name)
		}
	}
	slices.Sort(names)
	return names
}

// must requires that a call has no error, and returns its result.
func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		require.NoError(t, err)
		return v
	}
}

// refuses requires that a call has this API error, and returns it.
func refuses[T any](_ T, err error) func(t testing.TB, want error) segmentflow.Error {
	return func(t testing.TB, want error) segmentflow.Error {
		t.Helper()
		require.ErrorIs(t, err, want)
		return *refusal(t, err)
	}
}

// every collects the items of a range, and requires that it has no error.
func every[T any](t testing.TB, items iter.Seq2[T, error]) []T {
	t.Helper()
	var found []T
	for item, err := range items {
		require.NoError(t, err)
		found = append(found, item)
	}
	return found
}

func TestEachOperationHasOneMethodAndOneHandlerThatFollowsTheContract(t *testing.T) {
	l := openLedger(t)
	for name, story := range map[string]func(s shop){
		"emails and runs":   sendsAndRuns,
		"profile lists":     listsProfiles,
		"profile updates":   updatesProfiles,
		"profile deletions": deletesProfiles,
		"templates":         editsTemplates,
		"brand kits":        editsBrandKits,
		"assets":            editsAssets,
		"segments":          readsSegments,
		"broadcast drafts":  draftsBroadcasts,
		"broadcasts":        sendsBroadcasts,
		"newsletters":       editsNewsletters,
		"issue drafts":      draftsIssues,
		"issues":            sendsIssues,
	} {
		t.Run(name, func(t *testing.T) { story(l.open(t)) })
	}
	t.Run("ingest", func(t *testing.T) { ingestsVisits(openShop(t), l.watching(t)) })

	var untouched, methods []string
	for _, op := range wire.Operations() {
		callers := l.called[op.ID]
		if op.Older {
			assert.Empty(t, callers, op.ID)
			continue
		}
		if len(callers) == 0 {
			untouched = append(untouched, op.ID)
			continue
		}
		assert.Len(t, callers, 1, op.ID)
		methods = append(methods, callers...)
	}

	slices.Sort(methods)
	require.Empty(t, untouched, "operations that no test here calls with success")
	require.Equal(t, sdkMethods(), methods)
}

func TestTheLedgerChecksEveryReplyAgainstTheContract(t *testing.T) {
	l := openLedger(t)
	for body, good := range map[string]bool{
		`{"deleted": 1}`: true, `{}`: false, `{"deleted": 1, "more": 2}`: false, `{"deleted": null}`: false,
		`{"deleted": -1}`: false, ``: false,
	} {
		require.Equal(t, good, l.check("POST /api/v1/profiles/bulk-delete", 200, []byte(body)) == nil, body)
	}
	const deletion = "DELETE /api/v1/templates/{id}"
	require.NoError(t, l.check(deletion, 204, nil))
	require.Error(t, l.check(deletion, 204, []byte("{}")))
	require.ErrorContains(t, l.check(deletion, 200, []byte("{}")), "does not declare 200")
	require.NoError(t, l.check(deletion, 404, []byte(`{"error": "not_found", "message": "No."}`)))
	require.Error(t, l.check(deletion, 404, []byte(`{"error": "not_found"}`)))
}
