package emulator_test

import (
	"fmt"
	"net/http"
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
)

// autumn returns a Broadcast to Alex that has no blockers.
func (s shop) autumn() *segmentflow.CreateBroadcastParams {
	return &segmentflow.CreateBroadcastParams{Name: "Autumn sale", SegmentID: s.emu.ID("segment", "gold"),
		SubscriptionGroupID: s.emu.ID("subscriptionGroup", "offers"), TemplateID: s.emu.ID("template", "autumn-sale")}
}

func (s shop) broadcast(p *segmentflow.CreateBroadcastParams) *segmentflow.Broadcast {
	s.Helper()
	made := must(s.client.Broadcasts.Create(s.Context(), p))(s)
	return must(s.client.Broadcasts.Retrieve(s.Context(), made.ID))(s)
}

func draftsBroadcasts(s shop) {
	ctx, api := s.Context(), s.client.Broadcasts
	var resp segmentflow.Response
	inline := &segmentflow.CreateBroadcastParams{
		From:    "Acme Outdoor <shop@acme.example>",
		Subject: "Hi ${/profile/firstName}",
		Text:    "Hello",
		ReplyTo: []string{"support@acme.example"},
	}
	id := must(api.Create(ctx, inline, segmentflow.WithIdempotencyKey("hi")))(s).ID
	require.Equal(s, id,
		must(api.Create(ctx, inline, segmentflow.WithIdempotencyKey("hi"), segmentflow.WithResponse(&resp)))(s).ID)
	require.True(s, resp.Replayed)
	draft := must(api.Retrieve(ctx, id))(s)
	require.Equal(s,
		[]any{"", segmentflow.BroadcastStatusNotStarted, monday},
		[]any{draft.Name, draft.Status, draft.CreatedAt})
	require.Equal(s, []string{"support@acme.example"}, draft.ReplyTo)
	require.Equal(s, "Hi ${/profile/firstName}", *draft.Subject)
	require.Nil(s, draft.SegmentID)
	require.Nil(s, draft.ScheduledAt)
	blocked := must(api.Preflight(ctx, id))(s)
	require.False(s, blocked.Ready)
	require.Equal(s, segmentflow.BlockerSegmentMissing, blocked.Blockers[0].Code)
	failed := refuses(api.Schedule(ctx, id,
		&segmentflow.ScheduleCarrierParams{ScheduledIn: time.Hour}))(s, segmentflow.ErrValidationFailed)
	require.Equal(s, "preflight_failed", reason(&failed))
	require.Equal(s, blocked.Blockers, failed.Blockers())

	editsBroadcast(s, draft)
	listsBroadcasts(s)
}

func editsBroadcast(s shop, draft *segmentflow.Broadcast) {
	ctx, api, id := s.Context(), s.client.Broadcasts, draft.ID
	changed := must(api.Update(ctx, id, &segmentflow.UpdateBroadcastParams{
		Name:      segmentflow.Value("Hi"),
		SegmentID: segmentflow.Value(s.emu.ID("segment", "gold")),
		TopicID:   segmentflow.Value(s.emu.ID("subscriptionGroup", "offers")),
		ReplyTo:   segmentflow.Null[[]string](),
	}))(s)
	require.Equal(s, "Hi", changed.Name)
	require.Empty(s, changed.ReplyTo)
	require.Equal(s, s.emu.ID("subscriptionGroup", "offers"), *changed.SubscriptionGroupID)
	require.Equal(s, draft.TemplateID, changed.TemplateID)
	cleared := must(api.Update(ctx, id, &segmentflow.UpdateBroadcastParams{
		Name:      segmentflow.Null[string](),
		SegmentID: segmentflow.Null[string](),
	}))(s)
	require.Empty(s, cleared.Name)
	require.Nil(s, cleared.SegmentID)
	renamed := must(api.Update(ctx, id, &segmentflow.UpdateBroadcastParams{Name: segmentflow.Value("Hi")}))(s)
	require.Equal(s, "Hi (copy)", must(api.Duplicate(ctx, renamed.ID))(s).Name)
	require.Equal(s, segmentflow.BroadcastStatusArchived, must(api.Archive(ctx, id))(s).Status)
	refused := refuses(api.Update(ctx, id, &segmentflow.UpdateBroadcastParams{
		Name: segmentflow.Value("No"),
	}))(s, segmentflow.ErrInvalidState)
	require.Equal(s, "Archived", refused.Details["status"])
}

func listsBroadcasts(s shop) {
	ctx, api := s.Context(), s.client.Broadcasts
	for i := range 4 {
		s.emu.Advance(time.Second)
		p := s.autumn()
		p.Name = fmt.Sprint("Sale ", i)
		s.broadcast(p)
	}

	drafts := []segmentflow.BroadcastStatus{segmentflow.BroadcastStatusNotStarted}
	first := must(api.List(ctx, &segmentflow.ListBroadcastsParams{Status: drafts, Limit: 3}))(s)
	require.Equal(s, "Sale 3", first.Broadcasts[0].Name)
	second := must(api.List(ctx, &segmentflow.ListBroadcastsParams{
		Status: drafts,
		Limit:  3,
		Cursor: *first.NextCursor,
	}))(s)
	require.Equal(s, first,
		must(api.List(ctx, &segmentflow.ListBroadcastsParams{
			Status: drafts,
			Limit:  3,
			Cursor: *second.PreviousCursor,
		}))(s))
	require.Equal(s, append(append([]segmentflow.Broadcast{}, first.Broadcasts...), second.Broadcasts...),
		every(s, api.All(ctx, &segmentflow.ListBroadcastsParams{Status: drafts, Limit: 1})))
	require.Len(s, must(api.List(ctx, nil))(s).Broadcasts, 6)
	refuses(api.Retrieve(ctx, s.person("alex@example.com")))(s, segmentflow.ErrNotFound)
	planner := s.emu.ClientFor("sk_test_acme_planner")
	refuses(planner.Broadcasts.CreateConfirmation(ctx, first.Broadcasts[0].ID))(s, segmentflow.ErrSendNotAllowed)
	lacking := refuses(planner.Newsletters.List(ctx, nil))(s, segmentflow.ErrInsufficientScope)
	require.Equal(s, []segmentflow.Scope{segmentflow.ScopeNewslettersRead}, lacking.RequiredScopes())
	refuses(s.emu.ClientFor("sk_test_nobody").Broadcasts.List(ctx, nil))(s, segmentflow.ErrUnauthorized)
}

func schedulesBroadcasts(s shop) {
	ctx, api := s.Context(), s.client.Broadcasts
	var resp segmentflow.Response
	timed := s.autumn()
	timed.ScheduledAt = monday.Add(2 * time.Hour).In(time.FixedZone("", 3600))
	scheduled := must(api.Create(ctx, timed, segmentflow.WithResponse(&resp)))(s)
	require.Equal(s, http.StatusAccepted, resp.Status)
	require.Equal(s, monday.Add(2*time.Hour), *must(api.Retrieve(ctx, scheduled.ID))(s).ScheduledAt)
	require.Nil(s, must(api.Cancel(ctx, scheduled.ID))(s).ScheduledAt)
	refuses(api.Cancel(ctx, scheduled.ID))(s, segmentflow.ErrInvalidState)
	again := must(api.Schedule(ctx, scheduled.ID, &segmentflow.ScheduleCarrierParams{ScheduledIn: 90 * time.Minute}))(s)
	require.Equal(s, monday.Add(90*time.Minute), *again.ScheduledAt)
	must(api.Cancel(ctx, scheduled.ID))(s)
	past := refuses(api.Schedule(ctx, scheduled.ID,
		&segmentflow.ScheduleCarrierParams{ScheduledAt: monday}))(s, segmentflow.ErrValidationFailed)
	require.Equal(s, "schedule_in_past", reason(&past))

	for _, span := range []time.Duration{
		time.Minute, 61 * time.Minute, time.Hour, 26 * time.Hour, 9999 * time.Minute, 9999 * time.Hour,
	} {
		timed := s.autumn()
		timed.ScheduledIn = span
		later := s.broadcast(timed)
		require.Equal(s, monday.Add(span), *later.ScheduledAt)
		must(api.Cancel(ctx, later.ID))(s)
	}
}

func previewsBroadcast(s shop, id string) {
	ctx, api := s.Context(), s.client.Broadcasts
	seen := must(api.Preview(ctx, id, &segmentflow.PreviewCarrierParams{Limit: 1}))(s)
	require.Equal(s, 1, seen.Audience.Eligible)
	require.Equal(s, 1, seen.Audience.Total)
	require.Empty(s, seen.Audience.Skipped)
	require.Equal(s,
		[]segmentflow.AudienceMember{{ProfileID: s.person("alex@example.com"), Email: "alex@example.com"}},
		seen.Recipients)
	require.Equal(s, "Autumn sale, Alex", seen.Sample.Subject)
	nameless := must(api.Preview(ctx, id, &segmentflow.PreviewCarrierParams{ProfileID: s.nameless()}))(s)
	require.Equal(s,
		[]segmentflow.MissingBinding{{Path: "/profile/firstName", Prop: "subject"}}, nameless.Sample.Missing)
	test := must(api.SendTest(ctx, id, &segmentflow.SendTestParams{Email: "chiara@example.com"}))(s)
	require.Equal(s, "chiara@example.com", test.To.Email)
	ready := must(api.Preflight(ctx, id))(s)
	require.True(s, ready.Ready, ready.Blockers)
	require.Equal(s, monday, ready.CheckedAt)
	require.Empty(s, ready.Warnings)
}

func sendsBroadcasts(s shop) {
	schedulesBroadcasts(s)
	id := s.broadcast(s.autumn()).ID
	previewsBroadcast(s, id)

	ctx, api := s.Context(), s.client.Broadcasts
	voided := must(api.CreateConfirmation(ctx, id))(s)
	must(api.Update(ctx, id, &segmentflow.UpdateBroadcastParams{
		Subject: segmentflow.Value("Sale, ${/profile/firstName}"),
	}))(s)
	require.ErrorIs(s, s.emu.Human().Approve(voided.ConfirmationID), segmentflow.ErrConfirmationExpired)
	confirmation := must(api.CreateConfirmation(ctx, id))(s)
	require.Equal(s, monday.Add(15*time.Minute), confirmation.ExpiresAt)
	require.Equal(s,
		[]any{1, "Sale, Alex", "shop@acme.example"},
		[]any{confirmation.AudienceCount, confirmation.SubjectPreview, confirmation.SenderProfile.FromEmail})
	require.Contains(s, confirmation.ConfirmationURL, confirmation.ConfirmationID)
	require.NoError(s, s.emu.Human().Approve(confirmation.ConfirmationID))
	s.emu.Advance(time.Minute)
	msg := s.emu.Outbox().Subject("Sale, Alex").Only(s)
	require.NoError(s, s.emu.Open(msg))
	require.NoError(s, s.emu.Open(msg))
	require.Equal(s,
		&segmentflow.CarrierResults{
			Status: segmentflow.BroadcastStatusSent,
			Stats:  segmentflow.CarrierStats{Sent: 1},
			Detail: segmentflow.ResultDetail{
				Audience:  1,
				Eligible:  1,
				Skipped:   map[segmentflow.SkipReason]int{},
				Sent:      1,
				Delivered: 1,
				Opened:    segmentflow.Engagement{Unique: 1, Total: 2},
			},
		},
		must(api.Results(ctx, id))(s))
	sent := must(api.Retrieve(ctx, id))(s)
	require.Equal(s, monday, *sent.StartedAt)
	require.NotNil(s, sent.CompletedAt)
	require.Nil(s, sent.CancelledAt)
	refuses(api.CreateConfirmation(ctx, id))(s, segmentflow.ErrInvalidState)
}

// nameless returns the id of a Profile that has only an email.
func (s shop) nameless() string {
	s.Helper()
	s.walkers(1)
	return s.person("walker0@example.com")
}
