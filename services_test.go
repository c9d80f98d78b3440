package segmentflow_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
)

func TestAnEmailIsSentWithAllItsFields(t *testing.T) {
	client, w := answering(t,
		reply{status: 200, body: sendOne, headers: []string{"X-Request-Id: req_1", "Idempotent-Replayed: true"}},
	)
	var resp segmentflow.Response
	send, err := client.Emails.Send(t.Context(), &segmentflow.SendEmailParams{
		TemplateID:          "t",
		To:                  &segmentflow.Recipient{Email: "alex@example.com", ExternalID: "cus_123"},
		ProfileID:           "p",
		SenderProfileID:     "s",
		From:                "Acme <shop@acme.example>",
		ReplyTo:             "help@acme.example",
		Subject:             "Hi",
		SubscriptionGroupID: "g",
		CC:                  []string{"a@acme.example"},
		BCC:                 []string{"b@acme.example"},
		Data: struct {
			OrderID string `json:"orderId"`
			Total   json.Number
		}{"ord_9421", "12345678901234567890.5"},
		Tracking: &segmentflow.Tracking{},
	}, segmentflow.WithIdempotencyKey("receipt:ord_9421"), segmentflow.WithResponse(&resp))
	require.NoError(t, err)
	assert.Equal(t, "POST", w.requests[0].Method)
	assert.Equal(t, "receipt:ord_9421", w.requests[0].Header.Get("Idempotency-Key"))
	assert.JSONEq(t,
		`{"templateId":"t","to":{"email":"alex@example.com","externalId":"cus_123"},"profileId":"p",`+
			`"senderProfileId":"s","from":"Acme \u003cshop@acme.example\u003e","replyTo":"help@acme.example",`+
			`"subject":"Hi","subscriptionGroupId":"g","cc":["a@acme.example"],"bcc":["b@acme.example"],`+
			`"data":{"orderId":"ord_9421","Total":12345678901234567890.5},"tracking":{"clicks":false}}`,
		w.requests[0].body,
	)

	assert.Contains(t, w.requests[0].body, "12345678901234567890.5", "numbers keep their digits")

	assert.Equal(t, segmentflow.EmailSendStatusQueued, send.Status)
	assert.Equal(t, "Acme Outdoor", *send.From.Name)
	assert.Nil(t, send.ReplyTo)
	assert.Nil(t, send.CC[0].Name)
	assert.Nil(t, send.FailureMessage)
	assert.Equal(t, time.Date(2026, 3, 2, 9, 30, 0, 250_000_000, time.UTC), send.CreatedAt)
	assert.True(t, resp.Replayed)
	assert.Equal(t, "req_1", resp.RequestID)
}

func TestUnsetFieldsAreNotSent(t *testing.T) {
	client, w := answering(t, idOf)
	var none map[string]any
	_, err := client.Emails.Send(t.Context(), &segmentflow.SendEmailParams{TemplateID: "t", CC: []string{}, Data: none})
	require.NoError(t, err)
	_, err = client.Events.Track(t.Context(), &segmentflow.TrackEventParams{
		Event:   "e",
		Profile: segmentflow.ProfileIdentity{Email: "a@b.example"},
	})
	require.NoError(t, err)
	_, err = client.Journeys.Trigger(t.Context(), "k", &segmentflow.TriggerJourneyParams{})
	require.NoError(t, err)
	assert.JSONEq(t, `{"templateId":"t"}`, w.requests[0].body)
	assert.JSONEq(t, `{"event":"e","profile":{"email":"a@b.example"}}`, w.requests[1].body)
	assert.JSONEq(t, `{"profile":{}}`, w.requests[2].body)
}

func TestAnEventIsTrackedInUTC(t *testing.T) {
	client, w := answering(t, reply{
		status: 200,
		body:   `{"eventId":"e1","profileId":"p1","matchedJourneys":3,"enrolledJourneys":2,"skippedJourneys":1}`,
	})
	params := segmentflow.TrackEventParams{Event: "order.created",
		Profile:     segmentflow.ProfileIdentity{ExternalID: "cus_123", Properties: map[string]any{"tier": nil}},
		Data:        json.RawMessage(`{"orderId": 9007199254740993}`),
		ReferenceID: "ord_9421", RedactedDataPaths: []string{"/event/resetUrl"},
		OccurredAt: time.Date(2026, 3, 2, 10, 30, 0, 0, time.FixedZone("", 3600))}
	before := params
	event, err := client.Events.Track(t.Context(), &params)
	require.NoError(t, err)
	assert.Equal(t, "/api/v1/events", w.requests[0].URL.Path)
	assert.JSONEq(t,
		`{"event":"order.created","profile":{"externalId":"cus_123","properties":{"tier":null}},`+
			`"data":{"orderId":9007199254740993},"referenceId":"ord_9421",`+
			`"redactedDataPaths":["/event/resetUrl"],"occurredAt":"2026-03-02T09:30:00Z"}`,
		w.requests[0].body,
	)
	assert.Equal(t,
		&segmentflow.TrackedEvent{
			EventID:          "e1",
			ProfileID:        "p1",
			MatchedJourneys:  3,
			EnrolledJourneys: 2,
			SkippedJourneys:  1,
		},
		event,
	)
	assert.Contains(t, w.requests[0].body, "9007199254740993", "numbers keep their digits")
	assert.Equal(t, before, params, "the caller's params are not changed")
}

func TestAJourneyIsTriggeredAndItsRunRetrieved(t *testing.T) {
	client, w := answering(t,
		reply{status: 202, body: `{"runId":"r1","status":"queued"}`},
		reply{
			status: 200,
			body: `{"runId":"r1","journeyId":"j","profileId":"p","status":"paused",` +
				`"triggeredAt":"2026-03-02T09:30:00.000Z","completedAt":null,"error":null}`,
		},
	)
	started, err := client.Journeys.Trigger(t.Context(), "trial-onboarding", &segmentflow.TriggerJourneyParams{
		Profile: segmentflow.ProfileIdentity{
			Email:       "a@b.example",
			UserID:      "u",
			AnonymousID: "n",
			Properties:  map[string]any{"tier": "gold"},
		},
		Variables: map[string]any{"plan": "Pro"}})
	require.NoError(t, err)
	assert.Equal(t, &segmentflow.TriggeredJourney{RunID: "r1", Status: segmentflow.JourneyRunStatusQueued}, started)
	assert.Equal(t, "/api/v1/journeys/trial-onboarding/trigger", w.requests[0].URL.Path)
	assert.JSONEq(t,
		`{"profile":{"email":"a@b.example","userId":"u","anonymousId":"n","properties":{"tier":"gold"}},`+
			`"variables":{"plan":"Pro"}}`,
		w.requests[0].body,
	)

	run, err := client.Journeys.RetrieveRun(t.Context(), started.RunID)
	require.NoError(t, err)
	assert.Equal(t, segmentflow.JourneyRunStatus("paused"), run.Status, "unknown values pass")
	assert.Nil(t, run.CompletedAt)
	assert.Equal(t, "/api/v1/public/journeys/runs/r1", w.requests[1].URL.Path)
}

// invalidCall is a call with an invalid request, and the issues that it must return.
type invalidCall struct {
	call func() error
	want []segmentflow.Issue
}

func invalidCalls(ctx context.Context, client *segmentflow.Client) map[string]invalidCall {
	emails, events, journeys := client.Emails, client.Events, client.Journeys
	type issue = segmentflow.Issue
	profile := segmentflow.ProfileIdentity{Email: "a@b.example", Properties: "secret"}
	return map[string]invalidCall{
		"no id": {
			func() error { _, err := emails.Retrieve(ctx, ""); return err },
			[]issue{{In: "path", Path: "/id", Code: "required"}},
		},
		"no run id": {
			func() error { _, err := journeys.RetrieveRun(ctx, ""); return err },
			[]issue{{In: "path", Path: "/runId", Code: "required"}},
		},
		"nil email": {
			func() error { _, err := emails.Send(ctx, nil); return err },
			[]issue{{In: "body", Code: "required"}},
		},
		"nil batch": {
			func() error { _, err := emails.BatchSend(ctx, nil); return err },
			[]issue{{In: "body", Code: "required"}},
		},
		"nil event": {
			func() error { _, err := events.Track(ctx, nil); return err },
			[]issue{{In: "body", Code: "required"}},
		},
		"nil everything": {
			func() error { _, err := journeys.Trigger(ctx, "", nil); return err },
			[]issue{{In: "path", Path: "/journeyKey", Code: "required"}, {In: "body", Code: "required"}},
		},
		"two payloads": {func() error {
			_, err := events.Track(ctx, &segmentflow.TrackEventParams{Event: "e", Profile: profile, Data: []int{1}})
			return err
		}, []issue{{In: "body", Path: "/data", Code: "type"}, {In: "body", Path: "/profile/properties", Code: "type"}}},
		"variables": {func() error {
			_, err := journeys.Trigger(ctx, "k", &segmentflow.TriggerJourneyParams{Variables: 7})
			return err
		}, []issue{{In: "body", Path: "/variables", Code: "type"}}},
		"the year 10000": {func() error {
			_, err := events.Track(ctx, &segmentflow.TrackEventParams{
				OccurredAt: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC),
			})
			return err
		}, []issue{{In: "body", Code: "malformed"}}},
		"a body of Do": {
			func() error { return client.Do(ctx, "POST", "/x", make(chan int), nil) },
			[]issue{{In: "body", Code: "malformed"}},
		},
	}
}

func TestAnInvalidRequestIsNotSent(t *testing.T) {
	client, w := answering(t, ok)
	for name, c := range invalidCalls(t.Context(), client) {
		t.Run(name, func(t *testing.T) {
			err := c.call()
			require.ErrorIs(t, err, segmentflow.ErrInvalidRequest)

			e := refused(t, err)
			for i := range e.Issues {
				assert.Contains(t, err.Error(), e.Issues[i].Message)
				e.Issues[i].Message = ""
			}
			assert.Equal(t, c.want, e.Issues)
			assert.Zero(t, e.Status)
			assert.NotContains(t, err.Error(), "secret")
		})
	}
	assert.Zero(t, w.count())
}

func TestHeadersAndKeysAreChecked(t *testing.T) {
	client, w := answering(t, ok)
	for name, opt := range map[string]segmentflow.CallOption{
		"an empty key":       segmentflow.WithIdempotencyKey(""),
		"a long key":         segmentflow.WithIdempotencyKey(strings.Repeat("ä", 256)),
		"a key of two lines": segmentflow.WithIdempotencyKey("a\nb"),
		"another API key":    segmentflow.WithHeader("X-API-Key", "k"),
		"the key as header":  segmentflow.WithHeader("idempotency-key", "k"),
		"no header name":     segmentflow.WithHeader("a b", "c"),
		"a header injection": segmentflow.WithHeader("X-A", "b\r\nX-C: d"),
	} {
		_, err := client.Emails.Send(t.Context(), receipt(), opt)
		require.ErrorIs(t, err, segmentflow.ErrInvalidRequest, name)
		assert.Equal(t, "header", refused(t, err).Issues[0].In)
	}
	assert.Zero(t, w.count())
	_, err := client.Emails.Send(t.Context(), receipt(), segmentflow.WithIdempotencyKey(strings.Repeat("ä", 255)))
	require.NoError(t, err)
}

func TestUnsetNullAndAValueDiffer(t *testing.T) {
	type patch struct {
		Name    segmentflow.Nullable[string] `json:"name,omitzero"`
		Phone   segmentflow.Nullable[string] `json:"phone,omitzero"`
		Segment segmentflow.Nullable[string] `json:"segment,omitzero"`
	}
	out, err := json.Marshal(patch{Phone: segmentflow.Null[string](), Segment: segmentflow.Value("")})
	require.NoError(t, err)
	assert.JSONEq(t, `{"phone":null,"segment":""}`, string(out))
}
