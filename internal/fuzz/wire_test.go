// Package fuzz_test has the fuzz targets of the SDK. They are apart from its other tests, because the go command
// instruments all that a target's package imports, and those tests import SQLite through the emulator.
package fuzz_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
)

// apiKey must not be in any text. It is in replies where the fuzzer writes keyMark.
const (
	apiKey  = "sk_live_4f1c9b57"
	keyMark = "$KEY"
)

// wire is a server in process that gives its replies in turn, and then the last one forever.
type wire struct {
	replies  []reply
	requests []string // each method and URL, and its body after a space
	waits    []time.Duration
}

type reply struct {
	status int
	body   string
	header http.Header
}

func (w *wire) RoundTrip(req *http.Request) (*http.Response, error) {
	sent := req.Method + " " + req.URL.String()
	if req.Body != nil {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			return nil, err
		}
		sent += " " + string(body)
	}
	now := w.replies[min(len(w.requests), len(w.replies)-1)]
	w.requests = append(w.requests, sent)
	return &http.Response{
		StatusCode: now.status,
		Header:     now.header,
		Body:       io.NopCloser(strings.NewReader(now.body)),
		Request:    req,
	}, nil
}

func (w *wire) client(t *testing.T, opts ...segmentflow.Option) *segmentflow.Client {
	t.Helper()
	client, err := segmentflow.New(apiKey, append([]segmentflow.Option{
		segmentflow.WithHTTPClient(&http.Client{Transport: w}),
		segmentflow.WithSleep(func(_ context.Context, d time.Duration) error {
			w.waits = append(w.waits, d)
			return nil
		}),
	}, opts...)...)
	require.NoError(t, err)
	return client
}

// requireError requires that err is an *Error whose text is safe, and returns it.
func requireError(t *testing.T, err error) *segmentflow.Error {
	t.Helper()
	e, ok := errors.AsType[*segmentflow.Error](err)
	require.True(t, ok, "%T is not an *Error", err)
	require.NotEmpty(t, e.Error())
	require.NotContains(t, e.Error(), apiKey)
	return e
}
