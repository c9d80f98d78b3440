package segmentflow_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
)

func TestDoCallsRoutesWithoutAMethod(t *testing.T) {
	client, w := answering(t, reply{status: 200, body: `{"assets":["a"]}`}, reply{status: 204})
	var out struct{ Assets []string }
	require.NoError(t, client.Do(t.Context(), "GET", "/api/v1/assets?limit=1", nil, &out))
	assert.Equal(t, []string{"a"}, out.Assets)
	assert.Equal(t, "/api/v1/assets?limit=1", w.requests[0].URL.RequestURI())
	require.NoError(t, client.Do(t.Context(), "DELETE", "/api/v1/assets/a%2Fb", nil, &out), "204 has no body to decode")
	assert.Equal(t, "/api/v1/assets/a%2Fb", w.requests[1].URL.EscapedPath())
	assert.NotEmpty(t, w.requests[1].Header.Get("Idempotency-Key"))
	for _, path := range []string{"", "x", "https://elsewhere.example/", "//elsewhere.example/x", "/x#y", ":%zz"} {
		err := client.Do(t.Context(), "GET", path, nil, nil)
		require.ErrorIs(t, err, segmentflow.ErrInvalidRequest, path)
	}
	assert.Equal(t, 2, w.count())
}

func TestDoSendsBytesAsTheyAre(t *testing.T) {
	const octets = "application/octet-stream"
	asCSV := []segmentflow.CallOption{segmentflow.WithHeader("content-type", "text/csv")}
	for name, c := range map[string]struct {
		body       any
		opts       []segmentflow.CallOption
		want, kind string
	}{
		"a struct":            {struct{ A string }{"<"}, nil, `{"A":"\u003c"}`, "application/json"},
		"raw JSON":            {json.RawMessage(`{"a": "<"}`), nil, `{"a": "<"}`, "application/json"},
		"null":                {json.RawMessage("null"), nil, "null", "application/json"},
		"bytes":               {[]byte("a;b"), nil, "a;b", octets},
		"bytes of a type":     {[]byte("a;b"), asCSV, "a;b", "text/csv"},
		"a reader":            {strings.NewReader("a;b"), nil, "a;b", octets},
		"a reader of a type":  {bytes.NewBufferString("a;b"), asCSV, "a;b", "text/csv"},
		"a reader in parts":   {iotest.OneByteReader(strings.NewReader("a;b")), nil, "a;b", octets},
		"an empty reader":     {strings.NewReader(""), nil, "", ""},
		"no bytes":            {[]byte(nil), nil, "", ""},
		"no bytes of a type":  {[]byte{}, asCSV, "", "text/csv"},
		"a struct of a type":  {struct{}{}, asCSV, "{}", "text/csv"},
		"nothing, but a type": {nil, asCSV, "", "text/csv"},
	} {
		t.Run(name, func(t *testing.T) {
			w := &wire{replies: []reply{problem(429, "rate_limited"), {status: 204}}}
			client := dial(t, w, segmentflow.WithSleep(noSleep))
			require.NoError(t, client.Do(t.Context(), http.MethodPost, "/x", c.body, nil, c.opts...))
			require.Len(t, w.requests, 2)
			for _, sent := range w.requests {
				assert.Equal(t, c.want, sent.body)
				assert.Equal(t, int64(len(c.want)), max(sent.ContentLength, 0))
				assert.Equal(t, c.kind, strings.Join(sent.Header["Content-Type"], " and "))
			}
		})
	}
}

// zeros is an endless reader.
type zeros struct{ read int }

func (z *zeros) Read(p []byte) (int, error) { z.read += len(p); return len(p), nil }

func TestDoRefusesWhatItCannotSendOrFill(t *testing.T) {
	broken, endless := errors.New("the disk is gone"), &zeros{}
	var noFile *os.File
	var noBytes *[]byte
	for name, c := range map[string]struct {
		method, path string
		body, out    any
		want         string
	}{
		"a reader that fails":   {"POST", "/x", iotest.ErrReader(broken), nil, "body malformed: not sent: the"},
		"a reader without end":  {"POST", "/x", endless, nil, "body too_long: not sent: must have at most 32 MiB"},
		"a nil reader":          {"POST", "/x", noFile, nil, "body required: not sent: must not be nil"},
		"a nil pointer":         {"POST", "/x", (*segmentflow.SendEmailParams)(nil), nil, "body required"},
		"broken JSON":           {"POST", "/x", json.RawMessage(`{"a`), nil, "body malformed: not sent: must be"},
		"no JSON":               {"POST", "/x", json.RawMessage(nil), nil, "body malformed"},
		"no method":             {"", "/x", nil, nil, "/method malformed"},
		"an unknown method":     {"GET /x", "/x", nil, nil, "/method malformed"},
		"a value to fill":       {"GET", "/x", nil, struct{}{}, "/out type: not sent: out must be a pointer or"},
		"a nil pointer to fill": {"GET", "/x", nil, (*struct{})(nil), "/out required: not sent: out must not be a nil"},
		"no bytes to fill":      {"GET", "/x", nil, noBytes, "/out required"},
		"no file to fill":       {"GET", "/x", nil, noFile, "/out required"},
	} {
		t.Run(name, func(t *testing.T) {
			client, w := answering(t, ok)
			err := client.Do(t.Context(), c.method, c.path, c.body, c.out)
			require.ErrorIs(t, err, segmentflow.ErrInvalidRequest)
			require.ErrorContains(t, err, c.want)
			assert.NotContains(t, err.Error(), "GET /x")
			assert.Equal(t, name == "a reader that fails", errors.Is(err, broken))
			assert.Zero(t, w.count())
		})
	}
	assert.Less(t, endless.read, 100<<20)

	client, _ := answering(t, ok)
	reader := strings.NewReader("a;b")
	require.Error(t, client.Do(t.Context(), "POST", "x", reader, nil))
	assert.Equal(t, 3, reader.Len(), "a call that is wrong in another way leaves the reader alone")
}

func TestDoHandsOutTheReplyAsItIs(t *testing.T) {
	const table = "id;email\n1;a@acme.example\n"
	var data []byte
	var buffer bytes.Buffer
	var raw json.RawMessage
	client, w := answering(t, reply{status: 200, body: table}, reply{status: 202, body: table},
		reply{status: 200, body: `{"a": 1}`}, reply{status: 204}, problem(404, "not_found"),
		reply{status: 200, body: table})
	do := func(out any, opts ...segmentflow.CallOption) error {
		return client.Do(t.Context(), "GET", "/x", nil, out, opts...)
	}
	require.NoError(t, do(&data))
	assert.Equal(t, table, string(data))
	require.NoError(t, do(&buffer, segmentflow.WithHeader("Accept", "text/csv")))
	assert.Equal(t, table, buffer.String())
	require.NoError(t, do(&raw))
	assert.Equal(t, `{"a": 1}`, string(raw), "it is not formatted anew")
	require.NoError(t, do(&data))
	assert.Empty(t, data)

	data = []byte("before")
	require.ErrorIs(t, do(&data), segmentflow.ErrNotFound)
	assert.Equal(t, "before", string(data))
	err := do(&raw)
	require.ErrorContains(t, err, "the reply is not valid JSON")
	assert.Equal(t, table, string(refused(t, err).Body), "what is not JSON is in the error")

	var accepts []string
	for _, sent := range w.requests {
		accepts = append(accepts, sent.Header.Get("Accept"))
	}
	assert.Equal(t, []string{"*/*", "text/csv", "application/json", "*/*", "*/*", "application/json"}, accepts)
}

// fullDisk is a writer that fails.
type fullDisk struct{ error }

func (d fullDisk) Write([]byte) (int, error) { return 0, d.error }

func TestAReplyThatCannotBeWrittenIsAnError(t *testing.T) {
	full := errors.New("no space is left")
	client, w := answering(t, reply{status: 200, body: "x"})
	var out io.Writer = fullDisk{full}
	err := client.Do(t.Context(), "GET", "/x", nil, out)
	require.ErrorIs(t, err, full)
	e := refused(t, err)
	assert.Equal(t, 200, e.Status)
	assert.Equal(t, "x", string(e.Body))
	assert.Equal(t, 1, w.count())
}
