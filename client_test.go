package segmentflow_test

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
)

func listen(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

func TestNewRefusesInvalidArguments(t *testing.T) {
	wrapNil := func(http.RoundTripper) http.RoundTripper { return nil }
	for name, c := range map[string]struct {
		key  string
		opts []segmentflow.Option
	}{
		"an empty key":              {"", nil},
		"a key with a line break":   {"sk_1\n", nil},
		"a base URL without scheme": {"k", []segmentflow.Option{segmentflow.WithBaseURL("api.segmentflow.ai")}},
		"an unknown scheme": {
			"k",
			[]segmentflow.Option{segmentflow.WithBaseURL("ftp://api.segmentflow.ai")},
		},
		"a base URL without host": {"k", []segmentflow.Option{segmentflow.WithBaseURL("https://")}},
		"a base URL with a query": {"k", []segmentflow.Option{segmentflow.WithBaseURL("https://a.example?x=1")}},
		"a base URL with a password": {
			"k",
			[]segmentflow.Option{segmentflow.WithBaseURL("https://u:p4ss@a.example")},
		},
		"an invalid URL": {
			"k",
			[]segmentflow.Option{segmentflow.WithBaseURL("https://u:p4ss@a.example:port")},
		},
		"plain http to another machine": {"k", []segmentflow.Option{segmentflow.WithBaseURL("http://emulator:4010")}},
		"no http.Client":                {"k", []segmentflow.Option{segmentflow.WithHTTPClient(nil)}},
		"no middleware":                 {"k", []segmentflow.Option{segmentflow.WithMiddleware(nil)}},
		"a middleware without result":   {"k", []segmentflow.Option{segmentflow.WithMiddleware(wrapNil)}},
		"negative retries":              {"k", []segmentflow.Option{segmentflow.WithMaxRetries(-1)}},
		"no sleep":                      {"k", []segmentflow.Option{segmentflow.WithSleep(nil)}},
		"no source of keys":             {"k", []segmentflow.Option{segmentflow.WithKeySource(nil)}},
		"no backoff":                    {"k", []segmentflow.Option{segmentflow.WithBackoff(nil)}},
		"a negative time limit":         {"k", []segmentflow.Option{segmentflow.WithTimeout(-1)}},
		"a broken user agent":           {"k", []segmentflow.Option{segmentflow.WithUserAgent("a\r\nb: c")}},
		"two limits of an attempt": {"k", []segmentflow.Option{segmentflow.WithTimeout(time.Second),
			segmentflow.WithHTTPClient(&http.Client{Timeout: time.Minute})}},
	} {
		t.Run(name, func(t *testing.T) {
			client, err := segmentflow.New(c.key, c.opts...)
			require.Error(t, err)
			assert.Nil(t, client)
			assert.NotContains(t, err.Error(), "p4ss")
		})
	}
}

func TestPlainHTTPNeedsLoopbackOrPermission(t *testing.T) {
	for _, base := range []string{
		"http://localhost:1",
		"http://127.0.0.1:1",
		"http://127.9.9.9",
		"http://[::1]:1",
		"http://[::ffff:127.0.0.1]",
		"http://LocalHost",
	} {
		_, err := segmentflow.New("k", segmentflow.WithBaseURL(base))
		require.NoError(t, err, base)
	}
	for _, base := range []string{
		"http://127.0.0.1.example",
		"http://localhost.example",
		"http://10.0.0.1",
		"http://0.0.0.0",
	} {
		_, err := segmentflow.New("k", segmentflow.WithBaseURL(base))
		require.Error(t, err, base)
	}
	_, err := segmentflow.New("k", segmentflow.WithBaseURL("http://emulator:4010"), segmentflow.WithInsecureHTTP())
	require.NoError(t, err)
	t.Setenv("SEGMENTFLOW_INSECURE_HTTP", "1")
	_, err = segmentflow.New("k", segmentflow.WithBaseURL("http://emulator:4010"))
	require.NoError(t, err)
}

func TestTheEnvironmentConfiguresAClient(t *testing.T) {
	t.Setenv("SEGMENTFLOW_API_KEY", "")
	_, err := segmentflow.NewFromEnv()
	require.ErrorContains(t, err, "SEGMENTFLOW_API_KEY")

	t.Setenv("SEGMENTFLOW_API_KEY", apiKey)
	t.Setenv("SEGMENTFLOW_BASE_URL", "https://emulator.test/prefix/")
	w := &wire{replies: []reply{ok}}
	client, err := segmentflow.NewFromEnv(segmentflow.WithHTTPClient(&http.Client{Transport: w}))
	require.NoError(t, err)
	_, err = client.Emails.Retrieve(t.Context(), sendID)
	require.NoError(t, err)
	assert.Equal(t, "https://emulator.test/prefix/api/v1/emails/"+sendID, w.requests[0].URL.String())
	assert.Equal(t, apiKey, w.requests[0].Header.Get("x-api-key"))

	t.Setenv("SEGMENTFLOW_BASE_URL", "nonsense")
	_, err = segmentflow.NewFromEnv()
	require.Error(t, err)
}

func TestARequestHasItsHeaders(t *testing.T) {
	w := &wire{replies: []reply{ok}}
	client := dial(t, w, segmentflow.WithUserAgent("acme-shop/1.2"))
	_, err := client.Emails.Send(t.Context(), receipt(), segmentflow.WithHeader("X-Trace", "t1"), nil)
	require.NoError(t, err)
	_, err = client.Emails.Retrieve(t.Context(), sendID, segmentflow.WithIdempotencyKey("unused"))
	require.NoError(t, err)
	write, read := w.requests[0], w.requests[1]
	assert.Equal(t, "https://api.segmentflow.ai/api/v1/emails", write.URL.String())
	assert.Equal(t, "application/json", write.Header.Get("Content-Type"))
	assert.Equal(t, "t1", write.Header.Get("X-Trace"))
	assert.Regexp(t, `^acme-shop/1\.2 segmentflow-go/`, write.Header.Get("User-Agent"))
	assert.NotContains(t, read.Header, "Content-Type")
	assert.NotContains(t, read.Header, "Idempotency-Key", "a read sends no key")
}

func TestARedirectIsNotFollowed(t *testing.T) {
	for _, status := range []int{301, 302, 303, 307, 308} {
		elsewhere := listen(t, func(http.ResponseWriter, *http.Request) { t.Error("the redirect was followed") })
		home := listen(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, elsewhere+"/x", status) })
		follow := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return nil }}
		client, err := segmentflow.New(apiKey, segmentflow.WithBaseURL(home), segmentflow.WithHTTPClient(follow))
		require.NoError(t, err)
		_, err = client.Emails.Send(t.Context(), receipt())
		assert.Equal(t, status, refused(t, err).Status)
		_, err = client.Emails.Retrieve(t.Context(), sendID)
		assert.Equal(t, status, refused(t, err).Status)
	}
}

// closeCounter counts the calls of CloseIdleConnections.
type closeCounter struct {
	*wire
	closed int
}

func (counter *closeCounter) CloseIdleConnections() { counter.closed++ }

func TestConnectionsOfTheCallersClientStayOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		transport := &closeCounter{wire: &wire{replies: []reply{lost}}}
		_, err := dial(t, transport).Emails.Send(t.Context(), receipt())
		require.Error(t, err)
		assert.Zero(t, transport.closed)
	})
}

func TestMiddlewareSeesEveryAttemptFromTheOutsideIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var order []string
		layer := func(name string) func(http.RoundTripper) http.RoundTripper {
			return func(next http.RoundTripper) http.RoundTripper {
				return roundTripper(func(req *http.Request) (*http.Response, error) {
					order = append(order, name)
					req.Header.Add("X-Layer", name)
					req.URL.Path += "/" + name
					return next.RoundTrip(req)
				})
			}
		}
		w := &wire{replies: []reply{problem(503, "unavailable"), ok}}
		client := dial(t, w, segmentflow.WithMiddleware(layer("a"), layer("b")), segmentflow.WithMiddleware(layer("c")))
		_, err := client.Emails.Send(t.Context(), receipt())
		require.NoError(t, err)
		assert.Equal(t, []string{"a", "b", "c", "a", "b", "c"}, order)
		assert.Equal(t, []string{"a", "b", "c"}, w.requests[1].Header.Values("X-Layer"),
			"attempts do not share a header")
		assert.Equal(t, "/api/v1/emails/a/b/c", w.requests[1].URL.Path)
	})
}

func TestACookieJarSendsItsCookiesOnce(t *testing.T) {
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	w := &wire{replies: []reply{problem(503, "unavailable", "Set-Cookie: route=a"), problem(503, "unavailable"), ok}}
	client, err := segmentflow.New(apiKey, segmentflow.WithSleep(noSleep),
		segmentflow.WithHTTPClient(&http.Client{Transport: w, Jar: jar}))
	require.NoError(t, err)
	_, err = client.Emails.Retrieve(t.Context(), sendID, segmentflow.WithHeader("Cookie", "mine=b"))
	require.NoError(t, err)
	var cookies []string
	for _, sent := range w.requests {
		cookies = append(cookies, strings.Join(sent.Header["Cookie"], " and "))
	}
	assert.Equal(t, []string{"mine=b", "mine=b; route=a", "mine=b; route=a"}, cookies)
}

func TestARedirectToAnInvalidURLIsAnAnswer(t *testing.T) {
	client, w := answering(t, reply{status: 307, headers: []string{"Location: http://a b/%zz"}})
	_, err := client.Emails.Retrieve(t.Context(), sendID)
	assert.Equal(t, 307, refused(t, err).Status)
	assert.Equal(t, 1, w.count())
	assert.NotContains(t, err.Error(), "zz")
}

func TestTheLogContainsNothingOfTheRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		logger := slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
		w := &wire{
			replies: []reply{problem(503, "unavailable", "X-Request-Id: req_1"), lost, problem(404, "not_found")},
		}
		client := dial(t, w, segmentflow.WithLogger(logger))
		_, err := client.Emails.Retrieve(t.Context(), "secret-id", segmentflow.WithHeader("X-Trace", "secret-header"))
		require.ErrorIs(t, err, segmentflow.ErrNotFound)

		logger.Debug("a client", "client", client, "text", fmt.Sprintf("%v %+v %#v", client, *client, client))
		log := out.String()
		assert.Contains(t, log, `"method":"GET","route":"/api/v1/emails/{id}",`+
			`"status":503,"attempt":1,"duration":0,"request_id":"req_1"}`)
		assert.Contains(t, log, `"status":0,"attempt":2,"duration":0,"request_id":""}`)
		assert.Contains(t, log, `"status":404,"attempt":3`)
		assert.NotContains(t, log, "secret")
		assert.NotContains(t, log, apiKey)
		assert.NotContains(t, log, "api.segmentflow.ai/")
	})
}

func TestPathSegmentsStayOneSegment(t *testing.T) {
	var got string
	base := listen(t, func(w http.ResponseWriter, r *http.Request) {
		got = r.RequestURI
		_, _ = io.WriteString(w, sendOne)
	})
	client, err := segmentflow.New(apiKey, segmentflow.WithBaseURL(base))
	require.NoError(t, err)
	for id, want := range map[string]string{
		".":     "%2E",
		"..":    "%2E%2E",
		"...":   "...",
		"a/b":   "a%2Fb",
		"a?b#c": "a%3Fb%23c",
		"%2e":   "%252e",
		"ä b":   "%C3%A4%20b",
		"../x":  "..%2Fx",
		"{id}":  "%7Bid%7D",
	} {
		_, err := client.Emails.Retrieve(t.Context(), id)
		require.NoError(t, err)
		assert.Equal(t, "/api/v1/emails/"+want, got)
	}
}
