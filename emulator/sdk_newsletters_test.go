package emulator_test

import (
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

func editsNewsletters(s shop) {
	ctx, api := s.Context(), s.client.Newsletters
	var resp segmentflow.Response
	params := &segmentflow.CreateNewsletterParams{
		Name:                "Peaks",
		SubscriptionGroupID: s.emu.ID("subscriptionGroup", "offers"),
		TemplateID:          s.emu.ID("template", "trail-notes-issue"),
		Cadence:             "monthly",
	}
	made := must(api.Create(ctx, params, segmentflow.WithIdempotencyKey("peaks")))(s)
	require.Equal(s, made,
		must(api.Create(ctx, params, segmentflow.WithIdempotencyKey("peaks"), segmentflow.WithResponse(&resp)))(s))
	require.True(s, resp.Replayed)
	require.Equal(s, s.emu.ID("senderProfile", "shop"), made.SenderProfileID)
	require.Equal(s,
		[]any{"Peaks", "monthly", params.TemplateID, monday},
		[]any{made.Name, *made.Cadence, *made.TemplateID, made.CreatedAt})
	require.Equal(s, made, must(api.Retrieve(ctx, made.ID))(s))
	s.emu.Advance(time.Minute)
	changed := must(api.Update(ctx, made.ID, &segmentflow.UpdateNewsletterParams{
		Name:            "Summits",
		SenderProfileID: s.emu.ID("senderProfile", "support"),
		TemplateID:      segmentflow.Null[string](),
		Cadence:         segmentflow.Null[string](),
	}))(s)
	require.Equal(s,
		[]any{"Summits", s.emu.ID("senderProfile", "support"), made.SubscriptionGroupID},
		[]any{changed.Name, changed.SenderProfileID, changed.SubscriptionGroupID})
	require.Nil(s, changed.TemplateID)
	require.Nil(s, changed.Cadence)
	require.Equal(s, monday.Add(time.Minute), changed.UpdatedAt)
	refuses(api.Update(ctx, made.ID,
		&segmentflow.UpdateNewsletterParams{SenderProfileID: made.ID}))(s, segmentflow.ErrNotFound)
	refuses(api.Create(ctx, &segmentflow.CreateNewsletterParams{}))(s, segmentflow.ErrInvalidRequest)

	for _, name := range []string{"One", "Two", "Three"} {
		must(api.Create(ctx, &segmentflow.CreateNewsletterParams{
			Name:                name,
			SubscriptionGroupID: params.SubscriptionGroupID,
		}))(s)
	}
	first := must(api.List(ctx, &segmentflow.ListNewslettersParams{Limit: 3}))(s)
	second := must(api.List(ctx, &segmentflow.ListNewslettersParams{Limit: 3, Cursor: *first.NextCursor}))(s)
	require.Len(s, second.Newsletters, 2)
	require.Equal(s, first,
		must(api.List(ctx, &segmentflow.ListNewslettersParams{Limit: 3, Cursor: *second.PreviousCursor}))(s))
	require.Equal(s, append(append([]segmentflow.Newsletter{}, first.Newsletters...), second.Newsletters...),
		every(s, api.All(ctx, &segmentflow.ListNewslettersParams{Limit: 2})))
	require.Len(s, must(api.List(ctx, nil))(s).Newsletters, 5)
}

func draftsIssues(s shop) {
	ctx, api, notes := s.Context(), s.client.NewsletterIssues, s.emu.ID("newsletter", "trail-notes")
	var resp segmentflow.Response
	params := &segmentflow.CreateNewsletterIssueParams{
		Title:     "Short days",
		Number:    5,
		Subject:   "Notes",
		SegmentID: s.emu.ID("segment", "gold"),
		Text:      "Three walks.",
	}
	made := must(api.Create(ctx, notes, params, segmentflow.WithIdempotencyKey("five")))(s)
	require.Equal(s, made,
		must(api.Create(ctx, notes, params,
			segmentflow.WithIdempotencyKey("five"),
			segmentflow.WithResponse(&resp)))(s))
	require.True(s, resp.Replayed)
	require.Equal(s,
		[]any{"Short days", "Short days", 5, notes, "Notes"},
		[]any{made.Title, made.Name, made.Number, made.NewsletterID, *made.Subject})
	require.Equal(s, s.emu.ID("subscriptionGroup", "trail-notes"), *made.SubscriptionGroupID)
	require.Equal(s, made, must(api.Retrieve(ctx, made.ID))(s))
	taken := refuses(api.Create(ctx, notes, params))(s, segmentflow.ErrValidationFailed)
	require.Equal(s, "issue_number_taken", reason(&taken))
	refuses(api.Create(ctx, made.ID, params))(s, segmentflow.ErrNotFound)

	changed := must(api.Update(ctx, made.ID, &segmentflow.UpdateNewsletterIssueParams{
		Title:      "Long nights",
		Number:     6,
		SegmentID:  segmentflow.Null[string](),
		Subject:    segmentflow.Null[string](),
		TemplateID: segmentflow.Value(s.emu.ID("template", "trail-notes-issue")),
	}))(s)
	require.Equal(s,
		[]any{"Long nights", 6, s.emu.ID("template", "trail-notes-issue")},
		[]any{changed.Title, changed.Number, *changed.TemplateID})
	require.Nil(s, changed.SegmentID)
	twin := must(api.Duplicate(ctx, made.ID))(s)
	require.Equal(s, []any{"Long nights (copy)", 7}, []any{twin.Title, twin.Number})
	require.Equal(s, segmentflow.BroadcastStatusArchived, must(api.Archive(ctx, twin.ID))(s).Status)
	refused := refuses(api.Update(ctx, twin.ID,
		&segmentflow.UpdateNewsletterIssueParams{Title: "No"}))(s, segmentflow.ErrInvalidState)
	require.Equal(s, "Archived", refused.Details["status"])

	listsIssues(s, notes)
}

func listsIssues(s shop, notes string) {
	ctx, api := s.Context(), s.client.NewsletterIssues
	for range 4 {
		s.emu.Advance(time.Second)
		must(api.Create(ctx, notes, &segmentflow.CreateNewsletterIssueParams{Title: "More"}))(s)
	}
	drafts := []segmentflow.BroadcastStatus{segmentflow.BroadcastStatusNotStarted}
	first := must(api.List(ctx, notes, &segmentflow.ListNewsletterIssuesParams{Status: drafts, Limit: 3}))(s)
	require.Equal(s, 11, first.Issues[0].Number)
	second := must(api.List(ctx, notes, &segmentflow.ListNewsletterIssuesParams{
		Status: drafts,
		Limit:  3,
		Cursor: *first.NextCursor,
	}))(s)
	require.Equal(s, first,
		must(api.List(ctx, notes, &segmentflow.ListNewsletterIssuesParams{
			Status: drafts,
			Limit:  3,
			Cursor: *second.PreviousCursor,
		}))(s))
	require.Equal(s, append(append([]segmentflow.NewsletterIssue{}, first.Issues...), second.Issues...),
		every(s, api.All(ctx, notes, &segmentflow.ListNewsletterIssuesParams{Status: drafts, Limit: 2})))
	require.Len(s, must(api.List(ctx, notes, nil))(s).Issues, 6)
}

func sendsIssues(s shop) {
	ctx, api, notes := s.Context(), s.client.NewsletterIssues, s.emu.ID("newsletter", "trail-notes")
	id := must(api.Create(ctx, notes, &segmentflow.CreateNewsletterIssueParams{Title: "Short days"}))(s).ID
	seen := must(api.Preview(ctx, id, nil))(s)
	require.Equal(s, 1, seen.Audience.Eligible)
	require.Equal(s, "Trail Notes", seen.Sample.Subject)
	require.Empty(s, seen.Sample.Missing)
	test := must(api.SendTest(ctx, id, &segmentflow.SendTestParams{ProfileID: s.person("chiara@example.com")}))(s)
	require.Equal(s, s.person("chiara@example.com"), test.ProfileID)
	require.True(s, must(api.Preflight(ctx, id))(s).Ready)
	scheduled := must(api.Schedule(ctx, id, &segmentflow.ScheduleCarrierParams{ScheduledAt: monday.Add(time.Hour)}))(s)
	require.Equal(s, monday.Add(time.Hour), *scheduled.ScheduledAt)
	refuses(api.Archive(ctx, id))(s, segmentflow.ErrInvalidState)
	require.Nil(s, must(api.Cancel(ctx, id))(s).ScheduledAt)

	expired := must(api.CreateConfirmation(ctx, id))(s)
	s.emu.Advance(16 * time.Minute)
	require.ErrorIs(s, s.emu.Human().Approve(expired.ConfirmationID), segmentflow.ErrConfirmationExpired)
	confirmation := must(api.CreateConfirmation(ctx, id))(s)
	require.Equal(s, 1, confirmation.AudienceCount)
	require.NoError(s, s.emu.Human().Approve(confirmation.ConfirmationID))
	s.emu.Advance(time.Minute)
	require.NoError(s,
		s.emu.Unsubscribe(s.emu.Outbox().To("alex@example.com").Carrier(emulator.CarrierNewsletterIssue, id).Only(s)))
	results := must(api.Results(ctx, id))(s)
	require.Equal(s, segmentflow.CarrierStats{Sent: 1}, results.Stats)
	require.Equal(s,
		[]int{1, 1, 1},
		[]int{results.Detail.Audience, results.Detail.Delivered, results.Detail.Unsubscribed})
	require.NotNil(s, must(api.Retrieve(ctx, id))(s).CompletedAt)
	require.False(s,
		must(api.Preflight(ctx, must(api.Duplicate(ctx, id))(s).ID))(s).Ready, "no Profile is subscribed any more")
}
