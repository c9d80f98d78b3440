package segmentflow_test

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
)

func TestEachCodeHasASentinel(t *testing.T) {
	for code, sentinel := range map[string]error{
		"invalid_request":         segmentflow.ErrInvalidRequest,
		"unauthorized":            segmentflow.ErrUnauthorized,
		"insufficient_scope":      segmentflow.ErrInsufficientScope,
		"send_not_allowed":        segmentflow.ErrSendNotAllowed,
		"not_found":               segmentflow.ErrNotFound,
		"idempotency_key_reuse":   segmentflow.ErrIdempotencyKeyReuse,
		"idempotency_in_progress": segmentflow.ErrIdempotencyInProgress,
		"concurrent_redeem":       segmentflow.ErrConcurrentRedeem,
		"identity_conflict":       segmentflow.ErrIdentityConflict,
		"invalid_state":           segmentflow.ErrInvalidState,
		"prepared_send_expired":   segmentflow.ErrConfirmationExpired,
		"validation_failed":       segmentflow.ErrValidationFailed,
		"rate_limited":            segmentflow.ErrRateLimited,
		"unavailable":             segmentflow.ErrUnavailable,
	} {
		client, _ := answering(t, problem(418, code))
		_, err := client.Emails.Retrieve(t.Context(), sendID)
		wrapped := fmt.Errorf("the receipt: %w", err)
		require.ErrorIs(t, wrapped, sentinel)
		require.NotErrorIs(t, err, errors.New(code))

		if code != "not_found" {
			require.NotErrorIs(t, err, segmentflow.ErrNotFound)
		}
		assert.Contains(t, sentinel.Error(), code)
	}
}

func TestAnErrorContainsTheWholeResponse(t *testing.T) {
	client, _ := answering(t,
		reply{
			status:  400,
			headers: []string{"X-Request-Id: req_1"},
			body: `{"error":"invalid_request","message":"The request has 1 issue.","details":{"issues":[
				{"in":"body","path":"/to/email","code":"format","message":"no address"}]}}`,
		},
	)
	var resp segmentflow.Response
	_, err := client.Emails.Send(t.Context(), receipt(),
		segmentflow.WithIdempotencyKey("k"), segmentflow.WithResponse(&resp))
	e := refused(t, err)
	assert.Equal(t, 400, e.Status)
	assert.Equal(t, "invalid_request", e.Code)
	assert.Equal(t,
		[]segmentflow.Issue{{In: "body", Path: "/to/email", Code: "format", Message: "no address"}},
		e.Issues,
	)
	assert.Equal(t, "req_1", e.RequestID)
	assert.Equal(t, "k", e.IdempotencyKey)
	assert.Equal(t,
		"segmentflow: POST /api/v1/emails: 400 invalid_request: /to/email format: The request has 1 issue. "+
			"(request req_1, attempts 1)",
		err.Error(),
	)
	assert.Equal(t,
		segmentflow.Response{
			Status:         400,
			Header:         http.Header{"X-Request-Id": {"req_1"}},
			RequestID:      "req_1",
			IdempotencyKey: "k",
			Attempts:       1,
		},
		resp,
	)
}

func TestTheTextContainsTheReason(t *testing.T) {
	client, _ := answering(t, reply{
		status: 422,
		body:   `{"error":"validation_failed","message":"No.","details":{"reason":"template_archived"}}`,
	})
	_, err := client.Emails.Send(t.Context(), receipt())
	require.EqualError(t, err,
		"segmentflow: POST /api/v1/emails: 422 validation_failed (template_archived): No. (attempts 1)")
}

func TestTheTextContainsFiveIssuesAndACount(t *testing.T) {
	places := []string{"/to/email format", "/subject too_long", "header required", "/cc/0 format", "/cc/1 format"}
	list := `{"in":"body","path":"/to/email","code":"format","message":"no address"},
		{"in":"body","path":"/subject","code":"too_long"}, {"in":"header","path":"","code":"required"},
		{"in":"body","path":"/cc/0","code":"format"}, {"in":"body","path":"/cc/1","code":"format"}`
	const one = `, {"in":"query","path":"/a","code":"type"}`
	for more, end := range map[string]string{
		"":                      "",
		one:                     "; and 1 more",
		strings.Repeat(one, 2):  "; and 2 more",
		strings.Repeat(one, 40): "; and 40 more",
	} {
		body := `{"error":"invalid_request","message":"No.","details":{"reason":"r","issues":[` + list + more + `]}}`
		client, _ := answering(t, reply{status: 400, body: body})
		_, err := client.Emails.Send(t.Context(), receipt())
		require.EqualError(t, err, "segmentflow: POST /api/v1/emails: 400 invalid_request (r): "+
			strings.Join(places, "; ")+end+": No. (attempts 1)")
	}
}

func TestTheTextOfARequestThatWasNotSentContainsItsPlaces(t *testing.T) {
	client, _ := answering(t)
	params := receipt()
	params.Data = "s3cr3t"
	_, err := client.Emails.Send(t.Context(), params)
	require.EqualError(t, err, "segmentflow: POST /api/v1/emails: invalid_request: /data type: not sent: "+
		"must be a map or a struct that marshals to a JSON object")

	items := make([]segmentflow.BatchSendItem, 7)
	for i := range items {
		items[i].Data = "s3cr3t"
	}
	_, err = client.Emails.BatchSend(t.Context(), &segmentflow.BatchSendParams{Items: items})
	require.EqualError(t, err, "segmentflow: POST /api/v1/emails/batch: invalid_request: /items/0/data type; "+
		"/items/1/data type; /items/2/data type; /items/3/data type; /items/4/data type; and 2 more: "+
		"not sent: must be a map or a struct that marshals to a JSON object")
}

func TestDetailsOfAnotherShapeDoNotHideTheError(t *testing.T) {
	for _, details := range []string{`null`, `[]`, `"x"`, `{"issues":"many"}`, `{"reason":7}`} {
		client, _ := answering(t,
			reply{status: 404, body: `{"error":"not_found","message":"No.","details":` + details + `}`},
		)
		_, err := client.Emails.Retrieve(t.Context(), sendID)
		require.ErrorIs(t, err, segmentflow.ErrNotFound)
	}
}

func TestAForeignResponseIsAnErrorToo(t *testing.T) {
	for _, body := range []string{
		"",
		"<html>secret</html>",
		`"secret"`,
		`{"error":{"secret":1}}`,
		`{"detail":"secret"}`,
		`{"error":""}`,
	} {
		for status, sentinel := range map[int]error{
			401: segmentflow.ErrUnauthorized,
			404: nil,
			429: segmentflow.ErrRateLimited,
			503: segmentflow.ErrUnavailable,
			520: nil,
		} {
			synctest.Test(t, func(t *testing.T) {
				client, _ := answering(t, reply{status: status, body: body})
				_, err := client.Emails.Retrieve(t.Context(), sendID)
				e := refused(t, err)
				assert.Equal(t, status, e.Status)
				assert.Empty(t, e.Code)
				assert.Equal(t, body, string(e.Body))
				assert.NotContains(t, err.Error(), "secret")
				assert.Contains(t, err.Error(), fmt.Sprint(status))
				require.NotErrorIs(t, err, segmentflow.ErrNotFound, "a 404 of a proxy says nothing about the resource")

				if sentinel != nil {
					require.ErrorIs(t, err, sentinel)
				}
			})
		}
	}
}

func TestASuccessWithoutJSONIsAnErrorAndIsNotRetried(t *testing.T) {
	for _, body := range []string{"", "<html>secret</html>", `{"id":`, `"secret"`, `["secret"]`} {
		client, w := answering(t, reply{status: 200, body: body})
		send, err := client.Emails.Send(t.Context(), receipt())
		assert.Nil(t, send)
		assert.Equal(t, 200, refused(t, err).Status)
		require.Error(t, errors.Unwrap(err))
		assert.NotContains(t, err.Error(), "secret")
		assert.Equal(t, 1, w.count())
	}
}

func TestATransportFailureWrapsItsCauseAndHidesTheURL(t *testing.T) {
	refusedConn := &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	inner := &url.Error{Op: "Post", URL: "https://proxy.example/secret", Err: refusedConn}
	for _, cause := range []error{refusedConn, inner, fmt.Errorf("a middleware's: %w", inner)} {
		synctest.Test(t, func(t *testing.T) {
			client, _ := answering(t, reply{err: cause})
			var resp segmentflow.Response
			_, err := client.Journeys.RetrieveRun(t.Context(), "secret", segmentflow.WithResponse(&resp))
			e := refused(t, err)
			assert.Zero(t, e.Status)
			assert.Equal(t, 3, resp.Attempts)
			require.ErrorIs(t, err, syscall.ECONNREFUSED)

			_, isURL := errors.AsType[*url.Error](err)
			assert.False(t, isURL)
			assert.Equal(t,
				"segmentflow: GET /api/v1/public/journeys/runs/{runId}: dial tcp: connection refused (attempts 3)",
				err.Error(),
			)
		})
	}
}

func TestNoTextContainsTheKey(t *testing.T) {
	client, _ := answering(t,
		reply{status: 401, body: `{"error":"unauthorized","message":"The key ` + apiKey + ` is unknown."}`},
	)
	_, err := client.Emails.Retrieve(t.Context(), sendID)
	assert.Equal(t,
		"segmentflow: GET /api/v1/emails/{id}: 401 unauthorized: The key [API key] is unknown. (attempts 1)",
		err.Error(),
	)

	issue := `{"in":"body","path":"/` + apiKey + `","code":"unknown_field","message":"m"}`
	client, _ = answering(t, reply{status: 200, body: `{"total":1,"accepted":0,"rejected":1,"items":[{"index":0,
		"error":{"error":"invalid_request","message":"Not ` + apiKey + `","details":{"issues":[` + issue + `]}}}]}`})
	batch, err := client.Emails.BatchSend(t.Context(),
		&segmentflow.BatchSendParams{Items: []segmentflow.BatchSendItem{item(0)}})
	require.NoError(t, err)
	assert.Equal(t, "segmentflow: POST /api/v1/emails/batch item 0: invalid_request: /[API key] unknown_field: "+
		"Not [API key] (attempts 1)", batch.Err().Error())
}

func TestAReplyThatNeverEndsIsCutOff(t *testing.T) {
	attempts := 0
	client := dial(t, roundTripper(func(*http.Request) (*http.Response, error) {
		attempts++
		return &http.Response{StatusCode: 200, Body: brokenBody(strings.Repeat("x", 33<<20))}, nil
	}))
	_, err := client.Emails.Send(t.Context(), receipt())
	require.ErrorContains(t, err, "longer than 32 MiB")
	assert.Equal(t, 1, attempts)
}

func TestATransportWithoutResponseAndErrorIsAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := dial(t, roundTripper(func(*http.Request) (*http.Response, error) {
			return nil, nil //nolint:nilnil // what is tested
		}))
		_, err := client.Emails.Send(t.Context(), receipt())
		require.ErrorContains(t, err, "neither a response nor an error")

		client = dial(t, roundTripper(func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 418}, nil
		}))
		_, err = client.Emails.Send(t.Context(), receipt())
		assert.Equal(t, 418, refused(t, err).Status)
	})
}
