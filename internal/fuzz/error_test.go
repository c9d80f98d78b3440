package fuzz_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
)

// FuzzErrorReply decodes replies that are not a success. The error has the status, the body and the code of the
// envelope, and no text has the API key, which the reply may repeat.
func FuzzErrorReply(f *testing.F) {
	for _, body := range []string{
		"", "null", "<html>502 Bad Gateway</html>", `{"error":"not_found","message":"There is no such Template."}`,
		`{"error":"validation_failed","message":"m","details":{"reason":"no_recipient"}}`,
		`{"error":"invalid_request","details":{"issues":[{"in":"body","path":"/to","code":"type"},null,1]}}`,
		`{"error":1,"message":[],"details":"text"}`, `{"error":"a","details":{"issues":{}}}`,
		`{"error":"unauthorized","message":"$KEY","details":{"reason":"$KEY","issues":[{"path":"/$KEY"}]}}`,
		`{"error":"$KEY","details":{"issues":[{"in":"$KEY","code":"$KEY"}]}}`,
		`{"error":"insufficient_scope","details":{"required":["$KEY"],"reason":["$KEY"]}}`,
		`{"error":"rate_limited","details":{"n":12345678901234567890}}`,
	} {
		f.Add(uint16(422), body)
		f.Add(uint16(409), body)
	}
	f.Fuzz(func(t *testing.T, number uint16, body string) {
		status := 300 + int(number)%300
		w := &wire{replies: []reply{{status: status, body: strings.ReplaceAll(body, keyMark, apiKey)}}}
		client := w.client(t, segmentflow.WithMaxRetries(0))
		got, err := client.Emails.Retrieve(t.Context(), "id")
		require.Nil(t, got)
		e := requireError(t, err)
		require.Equal(t, status, e.Status)
		require.Equal(t, w.replies[0].body, string(e.Body))
		require.Contains(t, e.Error(), fmt.Sprint(status))
		require.NotContains(t, fmt.Sprintf("%v %+v %s", err, err, err), apiKey)

		var envelope struct {
			Error string `json:"error"`
		}
		if json.Unmarshal(e.Body, &envelope) == nil && !strings.Contains(envelope.Error, apiKey) {
			require.Equal(t, envelope.Error == "not_found", isOnly(e, segmentflow.ErrNotFound), e.Code)
		}
		if e.Code != "" {
			require.Contains(t, e.Error(), strings.ReplaceAll(e.Code, apiKey, "[API key]"))
		}
		if status == http.StatusTooManyRequests && e.Code == "" {
			require.ErrorIs(t, e, segmentflow.ErrRateLimited)
		}
	})
}

// isOnly reports whether e is want and none of the other sentinels.
func isOnly(e *segmentflow.Error, want error) bool {
	for _, other := range []error{
		segmentflow.ErrInvalidRequest, segmentflow.ErrUnauthorized, segmentflow.ErrInsufficientScope,
		segmentflow.ErrNotFound, segmentflow.ErrValidationFailed, segmentflow.ErrRateLimited,
		segmentflow.ErrUnavailable,
	} {
		if e.Is(other) != errors.Is(other, want) {
			return false
		}
	}
	return true
}
