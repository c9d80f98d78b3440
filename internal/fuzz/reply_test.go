package fuzz_test

import (
	"context"
	"encoding/json"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
)

// decoder is a call that decodes a reply. want makes a pointer to a value of the type of the reply.
type decoder struct {
	call func(context.Context) (any, error)
	want func() any
}

func decodes[T any](call func(context.Context) (T, error)) decoder {
	return decoder{
		call: func(ctx context.Context) (any, error) { return call(ctx) },
		want: func() any { return new(T) },
	}
}

func byID[T any](method func(context.Context, string, ...segmentflow.CallOption) (T, error)) decoder {
	return decodes(func(ctx context.Context) (T, error) { return method(ctx, "id") })
}

func with[P, T any](params P, method func(context.Context, *P, ...segmentflow.CallOption) (T, error)) decoder {
	return decodes(func(ctx context.Context) (T, error) { return method(ctx, &params) })
}

func of[P, T any](params P, method func(context.Context, string, *P, ...segmentflow.CallOption) (T, error)) decoder {
	return decodes(func(ctx context.Context) (T, error) { return method(ctx, "id", &params) })
}

// decoders has a call for each type of reply.
func decoders(c *segmentflow.Client) []decoder {
	item := segmentflow.BatchSendItem{IdempotencyKey: "k", TemplateID: "t"}
	return []decoder{
		byID(c.Emails.Retrieve),
		with(segmentflow.BatchSendParams{Items: []segmentflow.BatchSendItem{item, item}}, c.Emails.BatchSend),
		with(segmentflow.TrackEventParams{Event: "e"}, c.Events.Track),
		of(segmentflow.TriggerJourneyParams{}, c.Journeys.Trigger),
		byID(c.Journeys.RetrieveRun),
		with(segmentflow.ListProfilesParams{}, c.Profiles.List),
		byID(c.Profiles.Retrieve),
		with(segmentflow.BulkDeleteProfilesParams{ProfileIDs: []string{"p"}}, c.Profiles.BulkDelete),
		byID(c.Profiles.Subscriptions),
		with(segmentflow.ListTemplatesParams{}, c.Templates.List),
		byID(c.Templates.Retrieve),
		with(segmentflow.ListSegmentsParams{}, c.Segments.List),
		byID(c.Segments.Retrieve),
		of(segmentflow.PreviewSegmentParams{}, c.Segments.Preview),
		with(segmentflow.CreateBroadcastParams{}, c.Broadcasts.Create),
		with(segmentflow.ListBroadcastsParams{}, c.Broadcasts.List),
		byID(c.Broadcasts.Retrieve),
		of(segmentflow.PreviewCarrierParams{}, c.Broadcasts.Preview),
		byID(c.Broadcasts.Preflight),
		byID(c.Broadcasts.Results),
		byID(c.Broadcasts.CreateConfirmation),
		of(segmentflow.ScheduleCarrierParams{ScheduledIn: time.Hour}, c.NewsletterIssues.Schedule),
		of(segmentflow.ListNewsletterIssuesParams{}, c.NewsletterIssues.List),
		with(segmentflow.ListNewslettersParams{}, c.Newsletters.List),
		byID(c.Newsletters.Retrieve),
	}
}

// FuzzReply decodes successful replies of every type. A call never returns nil and nil. Its error is an *Error. What
// encoding/json decodes, the client decodes to the same value, and that survives its own JSON.
func FuzzReply(f *testing.F) {
	for _, body := range []string{
		"", "null", "{}", "[]", `{"items":[{},null,1]}`, `{"createdAt":"2026-03-02T09:30Z"}`,
	} {
		f.Add(uint8(0), uint8(0), body)
	}
	f.Fuzz(func(t *testing.T, which, status uint8, body string) {
		w := &wire{replies: []reply{{
			status: http.StatusOK + int(status)%7,
			body:   strings.ReplaceAll(body, keyMark, apiKey),
			header: http.Header{"X-Request-Id": {"req_1"}},
		}}}
		all := decoders(w.client(t, segmentflow.WithMaxRetries(0)))
		d := all[int(which)%len(all)]
		got, err := d.call(t.Context())
		value := reflect.ValueOf(got)
		if err != nil {
			e := requireError(t, err)
			require.Equal(t, w.replies[0].status, e.Status)
			require.Equal(t, 1, e.Attempts)
		} else if value.Kind() == reflect.Pointer {
			require.False(t, value.IsNil(), "neither a value nor an error")
		}
		if batch, ok := got.(*segmentflow.BatchResult); ok && batch != nil {
			requireItems(t, batch, err)
			requireRoundTrip(t, batch, d.want())
			return
		}

		want := d.want()
		if w.replies[0].status == http.StatusNoContent || json.Unmarshal([]byte(w.replies[0].body), want) != nil {
			return
		}
		if decoded := reflect.ValueOf(want).Elem(); decoded.Kind() == reflect.Pointer && !decoded.IsNil() {
			require.Equal(t, decoded.Interface(), got)
			requireRoundTrip(t, got, d.want())
		}
	})
}

// requireItems requires that each item of a batch has a send or a safe error, and that Err has those errors.
func requireItems(t *testing.T, batch *segmentflow.BatchResult, err error) {
	t.Helper()
	rejected := false
	for _, item := range batch.Items {
		if item.Err != nil {
			rejected = true
			_ = requireError(t, item.Err)
		}
		require.True(t, err != nil || (item.Send == nil) != (item.Err == nil), "either a send or an error")
	}
	require.Equal(t, rejected, batch.Err() != nil)
}

// requireRoundTrip requires that a value is the same after it was encoded and decoded.
func requireRoundTrip(t *testing.T, value, again any) {
	t.Helper()
	first, err := json.Marshal(value)
	if err != nil { // such as a year with five digits, which only an offset can reach
		return
	}
	require.NoError(t, json.Unmarshal(first, again))
	second, err := json.Marshal(again)
	require.NoError(t, err)
	require.Equal(t, string(first), string(second))
}
