package segmentflow_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
)

// logged returns a client that logs to a buffer.
func logged(
	t *testing.T, transport http.RoundTripper, opts ...segmentflow.Option,
) (*segmentflow.Client, *bytes.Buffer) {
	t.Helper()
	out := new(bytes.Buffer)
	logger := slog.New(slog.NewJSONHandler(out, &slog.HandlerOptions{Level: slog.LevelDebug}))
	own := []segmentflow.Option{segmentflow.WithLogger(logger), segmentflow.WithSleep(takesNoTime)}
	return dial(t, transport, append(own, opts...)...), out
}

// attempts returns the lines of a log, as "status: code error retry_in".
func attempts(t *testing.T, log *bytes.Buffer) []string {
	t.Helper()
	var lines []string
	for line := range strings.Lines(log.String()) {
		var entry map[string]any
		require.NoError(t, json.Unmarshal([]byte(line), &entry))
		text := fmt.Sprint(entry["status"])
		for _, name := range []string{"code", "error", "retry_in"} {
			if value, ok := entry[name]; ok {
				text += fmt.Sprintf(" %s=%v", name, value)
			}
		}
		lines = append(lines, text)
	}
	return lines
}

func TestTheLogSaysWhyAnAttemptFailedAndWhatFollows(t *testing.T) {
	limited := problem(429, "rate_limited", "Retry-After: 2")
	for name, c := range map[string]struct {
		replies []reply
		want    []string
	}{
		"success": {[]reply{ok}, []string{"200"}},
		"a limit, then an outage": {[]reply{limited, problem(503, "unavailable", "Retry-After: 0"), ok}, []string{
			"429 code=rate_limited retry_in=2e+09", "503 code=unavailable retry_in=0", "200"}},
		"no connection": {[]reply{lost, limited, lost}, []string{"0 error=connection reset by peer retry_in=5e+08",
			"429 code=rate_limited retry_in=2e+09", "0 error=connection reset by peer"}},
		"a refusal":   {[]reply{problem(422, "validation_failed")}, []string{"422 code=validation_failed"}},
		"a proxy":     {[]reply{{status: 404, body: "<html>"}}, []string{"404"}},
		"a long wait": {[]reply{problem(429, "rate_limited", "Retry-After: 31")}, []string{"429 code=rate_limited"}},
	} {
		t.Run(name, func(t *testing.T) {
			client, log := logged(t, &wire{replies: c.replies}, segmentflow.WithBackoff(halfASecond))
			_, _ = client.Emails.Send(t.Context(), receipt())
			assert.Equal(t, c.want, attempts(t, log))
		})
	}
}

func TestTheLogSaysThatACallWasCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	client, log := logged(t, roundTripper(func(req *http.Request) (*http.Response, error) {
		cancel()
		return nil, req.Context().Err()
	}))
	_, err := client.Emails.Send(ctx, receipt())
	require.ErrorIs(t, err, context.Canceled)
	assert.Equal(t, []string{"0 error=context canceled"}, attempts(t, log))

	ctx, cancel = context.WithCancel(t.Context())
	client, log = logged(t, roundTripper(func(*http.Request) (*http.Response, error) {
		cancel()
		return answer(503, `{"error":"unavailable"}`), nil
	}))
	_, err = client.Emails.Send(ctx, receipt())
	require.Error(t, err)
	assert.Equal(t, []string{"503 code=unavailable"}, attempts(t, log), "no retry follows")
}

// TestNoErrorBringsTheRequestIntoTheLog has transports that put all they know into their error.
func TestNoErrorBringsTheRequestIntoTheLog(t *testing.T) {
	params := func() *segmentflow.SendEmailParams {
		p := receipt()
		p.Data = map[string]any{"note": "line one\nline \"two\"", "total": 1234.5, "tags": []string{"secret-tag"}}
		return p
	}
	for name, fail := range map[string]func(req *http.Request, body string) error{
		"the URL": func(req *http.Request, _ string) error { return fmt.Errorf("cannot reach %s", req.URL) },
		"a *url.Error in another": func(req *http.Request, _ string) error {
			return fmt.Errorf("proxy: %w", &url.Error{Op: "Post", URL: req.URL.String(), Err: errors.New("refused")})
		},
		"the path": func(req *http.Request, _ string) error { return errors.New("no " + req.URL.RequestURI()) },
		"another URL": func(req *http.Request, _ string) error {
			return errors.New("proxy http://user:pw@proxy.example/x?to=" + req.URL.Host + " is down")
		},
		"the headers":     func(req *http.Request, _ string) error { return fmt.Errorf("bad headers %v", req.Header) },
		"the quoted body": func(_ *http.Request, body string) error { return fmt.Errorf("bad body %q", body) },
		"the body":        func(_ *http.Request, body string) error { return errors.New("bad body " + body) },
		"decoded values": func(_ *http.Request, body string) error {
			var tree any
			_ = json.Unmarshal([]byte(body), &tree)
			return fmt.Errorf("bad values %v and %#v", tree, tree)
		},
	} {
		t.Run(name, func(t *testing.T) {
			client, log := logged(t, roundTripper(func(req *http.Request) (*http.Response, error) {
				body, _ := io.ReadAll(req.Body)
				return nil, fail(req, string(body))
			}))
			_, err := client.Emails.Send(t.Context(), params(), segmentflow.WithIdempotencyKey("receipt:ord_9421"),
				segmentflow.WithHeader("X-Tenant", "secret tenant"))
			require.Error(t, err)
			err = client.Do(t.Context(), "PUT", "/api/v1/assets/secret%20asset?token=s3cret", params(), nil)
			require.Error(t, err)
			_, err = client.Profiles.Update(t.Context(), "secret/id",
				&segmentflow.UpdateProfileParams{Properties: map[string]any{"a": "secret-tag"}})
			require.Error(t, err)

			assert.NotEmpty(t, attempts(t, log))
			for _, value := range []string{apiKey, "receipt:ord_9421", "alex@example.com", "8a1c7b0e", "line one",
				"two", "1234.5", "secret", "s3cret", "assets", "api.segmentflow.ai/", "proxy.example", "user:pw"} {
				assert.NotContains(t, log.String(), value)
			}
		})
	}
}

func TestNoReplyBringsTheRequestIntoTheLog(t *testing.T) {
	client, log := logged(t, roundTripper(func(req *http.Request) (*http.Response, error) {
		resp := answer(404, `{"error":"`+apiKey+` of secret-id"}`)
		resp.Status = "404 " + apiKey
		resp.Header.Set("X-Request-Id", "for "+apiKey)
		return resp, nil
	}))
	_, err := client.Emails.Retrieve(t.Context(), "secret-id")
	require.Error(t, err)
	assert.Equal(t, []string{"404 code=[API key] of [value]"}, attempts(t, log))
	assert.Contains(t, log.String(), `"request_id":"for [API key]"`)
	assert.NotContains(t, log.String(), apiKey)
}

func TestALoggerAboveDebugLogsNothing(t *testing.T) {
	var out bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&out, nil))
	client := dial(t, &wire{replies: []reply{problem(404, "not_found")}}, segmentflow.WithLogger(logger))
	_, err := client.Emails.Retrieve(t.Context(), sendID)
	require.Error(t, err)
	assert.Empty(t, out.String())
}

func halfASecond(int) time.Duration { return 500 * time.Millisecond }
