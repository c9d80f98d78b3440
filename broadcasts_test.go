package segmentflow_test

import (
	"context"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
)

// schedulers contains the calls that take a time.
var schedulers = map[string]func(context.Context, *segmentflow.Client, time.Time, time.Duration) error{
	"create": func(ctx context.Context, c *segmentflow.Client, at time.Time, in time.Duration) error {
		_, err := c.Broadcasts.Create(ctx, &segmentflow.CreateBroadcastParams{ScheduledAt: at, ScheduledIn: in})
		return err
	},
	"schedule": func(ctx context.Context, c *segmentflow.Client, at time.Time, in time.Duration) error {
		_, err := c.Broadcasts.Schedule(ctx, "b", &segmentflow.ScheduleCarrierParams{ScheduledAt: at, ScheduledIn: in})
		return err
	},
	"schedule an issue": func(ctx context.Context, c *segmentflow.Client, at time.Time, in time.Duration) error {
		_, err := c.NewsletterIssues.Schedule(ctx, "i", &segmentflow.ScheduleCarrierParams{
			ScheduledAt: at,
			ScheduledIn: in,
		})
		return err
	},
}

func TestABroadcastIsScheduledByItsTimeAlone(t *testing.T) {
	vienna := time.Date(2026, 3, 5, 10, 0, 0, 250_000_000, time.FixedZone("", 3600))
	for _, c := range []struct {
		at   time.Time
		in   time.Duration
		want string
	}{
		{vienna, 0, "2026-03-05T09:00:00.25Z"},
		{time.Time{}, time.Minute, "in 1 minutes"},
		{time.Time{}, 90 * time.Minute, "in 90 minutes"},
		{time.Time{}, 9999 * time.Minute, "in 9999 minutes"},
		{time.Time{}, time.Hour, "in 1 hour"},
		{time.Time{}, 14 * 24 * time.Hour, "in 336 hours"},
		{time.Time{}, 9999 * time.Hour, "in 9999 hours"},
	} {
		for name, schedule := range schedulers {
			client, w := answering(t, idOf)
			require.NoError(t, schedule(t.Context(), client, c.at, c.in), name)
			want := `{"scheduledAt":"` + c.want + `"}`
			if name == "create" {
				want = `{"send":true,"scheduledAt":"` + c.want + `"}`
			}
			assert.JSONEq(t, want, w.requests[0].body, name)
		}
	}
	client, w := answering(t, idOf)
	require.NoError(t, schedulers["create"](t.Context(), client, time.Time{}, 0))
	assert.JSONEq(t, "{}", w.requests[0].body, "a draft")
}

func TestAnInvalidTimeIsNotSent(t *testing.T) {
	for name, schedule := range schedulers {
		for _, c := range []struct {
			at   time.Time
			in   time.Duration
			code string
		}{
			{thursday, time.Hour, "conflict"},
			{time.Time{}, -time.Hour, "min"},
			{time.Time{}, time.Minute - 1, "min"},
			{time.Time{}, time.Hour + time.Second, "min"},
			{time.Time{}, 10_001 * time.Minute, "max"},
			{time.Time{}, 10_000 * time.Hour, "max"},
			{time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC), 0, "malformed"},
		} {
			client, w := answering(t, idOf)
			err := schedule(t.Context(), client, c.at, c.in)
			require.ErrorIs(t, err, segmentflow.ErrInvalidRequest, "%s %v %v", name, c.at, c.in)
			require.Len(t, refused(t, err).Issues, 1)
			assert.Equal(t, c.code, refused(t, err).Issues[0].Code, "%s %v %v", name, c.at, c.in)
			assert.Zero(t, w.count())
		}
	}
}

func TestAScheduleWithoutATimeIsNotSent(t *testing.T) {
	client, w := answering(t, idOf)
	for _, name := range []string{"schedule", "schedule an issue"} {
		err := schedulers[name](t.Context(), client, time.Time{}, 0)
		require.ErrorIs(t, err, segmentflow.ErrInvalidRequest)
		assert.Equal(t,
			[]segmentflow.Issue{{In: "body", Path: "/scheduledAt", Code: "required", Message: "must not be empty"}},
			refused(t, err).Issues,
		)
	}
	assert.Zero(t, w.count())
}

// TestNothingSendsToAnAudienceImmediately looks for any field with which a caller could set "send" in a request.
func TestNothingSendsToAnAudienceImmediately(t *testing.T) {
	for id, method := range methods {
		params := paramsType(method)
		if params == nil {
			continue
		}
		assert.NotContains(t, wireNames(params), "send", id)
		for _, field := range reflect.VisibleFields(params) {
			assert.NotEqual(t, "send", strings.ToLower(field.Name), id)
		}
	}
	client, w := answering(t, idOf)
	_, err := client.Broadcasts.Create(t.Context(), &segmentflow.CreateBroadcastParams{
		Name:                "n",
		SegmentID:           "s",
		SubscriptionGroupID: "g",
		TopicID:             "g",
		TemplateID:          "t",
		From:                "f",
		ReplyTo:             []string{"r"},
		Subject:             "s",
		HTML:                "h",
		Text:                "t",
	})
	require.NoError(t, err)
	assert.NotContains(t, w.requests[0].body, `"send"`, "whatever else is set")
}

func TestNullClearsWhatADraftHas(t *testing.T) {
	client, w := answering(t, idOf)
	null := segmentflow.Null[string]()
	_, err := client.Broadcasts.Update(t.Context(), "b", &segmentflow.UpdateBroadcastParams{
		Name:                null,
		SegmentID:           null,
		SubscriptionGroupID: null,
		TopicID:             null,
		TemplateID:          null,
		From:                null,
		ReplyTo:             segmentflow.Null[[]string](),
		Subject:             null,
		HTML:                null,
		Text:                null,
	})
	require.NoError(t, err)
	_, err = client.Broadcasts.Update(t.Context(), "b", &segmentflow.UpdateBroadcastParams{
		ReplyTo: segmentflow.Value([]string{"a@b.example"}),
	})
	require.NoError(t, err)
	_, err = client.NewsletterIssues.Update(t.Context(), "i", &segmentflow.UpdateNewsletterIssueParams{
		Title:      "t",
		Number:     3,
		Subject:    null,
		SegmentID:  null,
		TemplateID: null,
		HTML:       null,
		Text:       segmentflow.Value(""),
	})
	require.NoError(t, err)
	_, err = client.Newsletters.Update(t.Context(), "n", &segmentflow.UpdateNewsletterParams{
		Name:       "n",
		TemplateID: null,
		Cadence:    null,
	})
	require.NoError(t, err)

	assert.JSONEq(t,
		`{"name":null,"segmentId":null,"subscriptionGroupId":null,"topicId":null,"templateId":null,"from":null,`+
			`"replyTo":null,"subject":null,"html":null,"text":null}`,
		w.requests[0].body,
	)
	assert.JSONEq(t, `{"replyTo":["a@b.example"]}`, w.requests[1].body)
	assert.JSONEq(t,
		`{"title":"t","number":3,"subject":null,"segmentId":null,"templateId":null,"html":null,"text":""}`,
		w.requests[2].body,
	)
	assert.JSONEq(t, `{"name":"n","templateId":null,"cadence":null}`, w.requests[3].body)
}

func TestARefusedConfirmationReturnsItsBlockers(t *testing.T) {
	client, _ := answering(t,
		reply{
			status: 422,
			body: `{"error":"validation_failed","message":"No.","details":{"reason":"preflight_failed",
				"blockers":[{"code":"no_recipients","message":"Nobody would get it."}]}}`,
		},
		problem(403, "send_not_allowed"),
	)
	_, err := client.Broadcasts.CreateConfirmation(t.Context(), "b")
	require.ErrorIs(t, err, segmentflow.ErrValidationFailed)
	blockers := []any{map[string]any{"code": "no_recipients", "message": "Nobody would get it."}}
	assert.Equal(t, blockers, refused(t, err).Details["blockers"])
	_, err = client.NewsletterIssues.CreateConfirmation(t.Context(), "i")
	require.ErrorIs(t, err, segmentflow.ErrSendNotAllowed)
}
