package segmentflow_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
)

// echo is a reply that repeats a text in everything that an error has.
func echo(text string) reply {
	raw, _ := json.Marshal(text)
	quoted := strings.Trim(string(raw), `"`)
	return reply{
		status:  418,
		headers: []string{"X-Request-Id: req " + text},
		body: strings.ReplaceAll(`{"error":"is KEY","message":"The key KEY is unknown.","details":{"reason":"no KEY",
			"required":["KEY"],"KEY":{"deep":["KEY",{"KEY":"KEY"}]},"skip":"KEY",
			"blockers":[{"code":"KEY","message":"KEY"}],
			"issues":[{"in":"KEY","path":"/KEY","code":"KEY","message":"KEY"}]}}`, "KEY", quoted),
	}
}

// texts returns everything that a program could print of an error.
func texts(t *testing.T, err error) []string {
	t.Helper()
	e := refused(t, err)
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Error("failed", "err", err)
	slog.New(slog.NewJSONHandler(&log, nil)).Error("failed", "err", err, "details", e.Details)
	shown := *e
	shown.Body = nil // as it was received
	all := []string{log.String(), asJSON(t, err), fmt.Sprintf("%+v %+v %#v", shown, e.Issues, e.Details)}
	for ; err != nil; err = errors.Unwrap(err) {
		all = append(all, err.Error(), fmt.Sprintf("%v %+v %q", err, err, err))
	}
	return append(all, fmt.Sprint(e.Reason(), e.RequiredScopes(), e.Blockers(), e.EnrollmentSkip()))
}

func TestNoPartOfAnErrorContainsTheKey(t *testing.T) {
	for _, spelled := range []string{
		apiKey,
		`"` + apiKey + `"`,
		"key=" + url.QueryEscape(apiKey) + "&x=%20",
		"sk%5flive%5F4f1c9b57",
		"%73%6B_live_4f1c9b57",
		`sk\u005Flive\u005f4f1c9b57`,
		`sk\x5flive\_4f1c9b57`,
		"sk&#95;live&#x5F;4f1c9b57",
		`sk\\u005flive\\\\x5F4f1c9b57`,
		"sk%255flive%25255F4f1c9b57",
		"sk&amp;#95;live&amp;amp;#x5F;4f1c9b57",
	} {
		client, _ := answering(t, echo(spelled))
		for name, call := range map[string]func(opts ...segmentflow.CallOption) error{
			"read": func(opts ...segmentflow.CallOption) error {
				_, err := client.Emails.Retrieve(t.Context(), sendID, opts...)
				return err
			},
			"write": func(opts ...segmentflow.CallOption) error {
				_, err := client.Broadcasts.Archive(t.Context(), "b", opts...)
				return err
			},
			"Do": func(opts ...segmentflow.CallOption) error {
				return client.Do(t.Context(), "GET", "/x", nil, nil, opts...)
			},
			"All": func(opts ...segmentflow.CallOption) (last error) {
				for _, err := range client.Profiles.All(t.Context(), nil, opts...) {
					last = err
				}
				return last
			},
			"SendAll": func(...segmentflow.CallOption) (last error) {
				items := func(yield func(segmentflow.BatchSendItem) bool) { yield(item(0)) }
				for _, err := range client.Emails.SendAll(t.Context(), items, segmentflow.SendAllOptions{}) {
					last = err
				}
				return last
			},
		} {
			var resp segmentflow.Response
			err := call(segmentflow.WithResponse(&resp))
			for _, text := range texts(t, err) {
				assertHidden(t, spelled, text, name)
			}
			assertHidden(t, spelled, resp.RequestID, name)
		}
	}
}

func assertHidden(t *testing.T, spelled, text, name string) {
	t.Helper()
	assert.NotContains(t, text, apiKey, name)
	assert.NotContains(t, text, spelled, name)
	assert.NotContains(t, text, "4f1c9b57", name)
}

func TestNoPartOfAnItemsErrorContainsTheKey(t *testing.T) {
	envelope := echo(apiKey).body
	client, _ := answering(t, reply{
		status:  200,
		headers: []string{"X-Request-Id: " + apiKey},
		body: `{"total":1,"accepted":0,"rejected":1,"items":[{"index":0,"idempotencyKey":"` + apiKey + `","error":` +
			envelope + `}]}`,
	})
	batch, err := client.Emails.BatchSend(t.Context(),
		&segmentflow.BatchSendParams{Items: []segmentflow.BatchSendItem{item(0)}})
	require.NoError(t, err)
	for _, text := range append(texts(t, batch.Items[0].Err), batch.Err().Error(), fmt.Sprintf("%+v", batch),
		asJSON(t, batch)) {
		assertHidden(t, apiKey, text, "item")
	}

	items := func(yield func(segmentflow.BatchSendItem) bool) { yield(item(0)) }
	for result, err := range client.Emails.SendAll(t.Context(), items, segmentflow.SendAllOptions{}) {
		require.NoError(t, err)
		for _, text := range texts(t, result.Err) {
			assertHidden(t, apiKey, text, "SendAll")
		}
	}
}

func TestACauseWithTheKeyIsHiddenAndStillFound(t *testing.T) {
	dropped := &net.OpError{Op: "read", Net: "tcp", Err: fmt.Errorf("after %s: %w", apiKey, io.ErrUnexpectedEOF)}
	synctest.Test(t, func(t *testing.T) {
		client, _ := answering(t, reply{err: dropped})
		_, err := client.Emails.Retrieve(t.Context(), sendID)
		for _, text := range texts(t, err) {
			assertHidden(t, apiKey, text, "cause")
		}
		require.ErrorIs(t, err, io.ErrUnexpectedEOF)
		found, ok := errors.AsType[*net.OpError](err)
		require.True(t, ok)
		assert.Same(t, dropped, found)
		require.EqualError(t, err,
			"segmentflow: GET /api/v1/emails/{id}: read tcp: after [API key]: unexpected EOF (attempts 3)")
	})
}

func TestAPointerThatRepeatsTheKeyIsHidden(t *testing.T) {
	const slashed = "sk_live/4f1c9b57"
	for _, before := range []string{"", strings.Repeat("x", 190)} { // the pointer ends after 200 bytes
		client, err := segmentflow.New(slashed, segmentflow.WithHTTPClient(&http.Client{
			Transport: roundTripper(func(*http.Request) (*http.Response, error) {
				return answer(200, `{"values":{"`+before+slashed+`":"no number"}}`), nil
			}),
		}))
		require.NoError(t, err)
		var out struct{ Values map[string]int }
		err = client.Do(t.Context(), http.MethodGet, "/x", nil, &out)
		require.ErrorContains(t, err, "is not an integer in range")
		for _, text := range texts(t, err) {
			assert.NotContains(t, text, "sk_live")
		}
	}
}

func TestAStatusLineThatRepeatsTheKeyIsHidden(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if assert.NoError(t, err) {
			_, _ = io.WriteString(conn, "HTTP/1.1 "+r.Header.Get("X-Api-Key")+" no\r\n\r\n")
			_ = conn.Close()
		}
	}))
	defer server.Close()
	client, err := segmentflow.New(apiKey, segmentflow.WithBaseURL(server.URL), segmentflow.WithMaxRetries(0))
	require.NoError(t, err)
	_, err = client.Emails.Retrieve(t.Context(), sendID)
	require.ErrorContains(t, err, "[API key]")
	for _, text := range texts(t, err) {
		assertHidden(t, apiKey, text, "status line")
	}
}

func TestAReplyThatIsNotJSONAndRepeatsTheKeyIsHidden(t *testing.T) {
	for _, body := range []string{`{"createdAt":"` + apiKey + `"}`, apiKey} {
		client, _ := answering(t, reply{status: 200, body: body, headers: []string{"X-Request-Id: " + apiKey}})
		_, err := client.Emails.Retrieve(t.Context(), sendID)
		for _, text := range texts(t, err) {
			assertHidden(t, apiKey, text, body)
		}
	}
}

func TestAWaiterDoesNotShowAKeyInTheStatus(t *testing.T) {
	client := dial(t, &wire{replies: []reply{at(apiKey)}}, segmentflow.WithSleep(
		func(context.Context, time.Duration) error { return io.ErrUnexpectedEOF }))
	_, err := client.Emails.Wait(t.Context(), sendID)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	for _, text := range texts(t, err) {
		assertHidden(t, apiKey, text, "waiter")
	}
}

func TestTheLogDoesNotContainTheKeyOfTheRequestID(t *testing.T) {
	var log bytes.Buffer
	w := &wire{replies: []reply{{status: 200, body: sendOne, headers: []string{"X-Request-Id: " + apiKey}}}}
	logger := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	_, err := dial(t, w, segmentflow.WithLogger(logger)).Emails.Retrieve(t.Context(), sendID)
	require.NoError(t, err)
	assert.Contains(t, log.String(), "[API key]")
	assertHidden(t, apiKey, log.String(), "log")
}

func TestAShortKeyIsRefusedAndNeverPrinted(t *testing.T) {
	for length := 1; length < 8; length++ {
		key := "sk_live"[:length]
		_, err := segmentflow.New(key)
		require.EqualError(t, err,
			"segmentflow: the API key has fewer than 8 characters; check that it is the whole key")
	}
	client, err := segmentflow.New("sk_live_", segmentflow.WithHTTPClient(&http.Client{
		Transport: &wire{replies: []reply{problem(404, "not_found", "X-Request-Id: sk_live_1")}},
	}))
	require.NoError(t, err)
	_, err = client.Templates.Retrieve(t.Context(), "t")
	require.EqualError(t, err, "segmentflow: GET /api/v1/templates/{id}: 404 not_found: It did not work. "+
		"(request [API key]1, attempts 1)")
	t.Setenv("SEGMENTFLOW_API_KEY", "short")
	_, err = segmentflow.NewFromEnv()
	require.ErrorContains(t, err, "fewer than 8 characters")
}
