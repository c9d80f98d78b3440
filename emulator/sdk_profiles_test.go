package emulator_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

func (s shop) walkers(n int) {
	s.Helper()
	seed := emulator.Seed{}
	for i := range n {
		seed.Profiles = append(seed.Profiles, emulator.SeedProfile{Email: fmt.Sprintf("walker%d@example.com", i)})
	}
	require.NoError(s, s.emu.Seed(seed))
}

func profileEmails(profiles []segmentflow.Profile) []string {
	found := []string{}
	for _, p := range profiles {
		found = append(found, p.Email)
	}
	return found
}

func listsProfiles(s shop) {
	s.emu.Advance(time.Minute)
	s.walkers(5)
	list := func(p segmentflow.ListProfilesParams) *segmentflow.ProfilePage {
		s.Helper()
		return must(s.client.Profiles.List(s.Context(), &p))(s)
	}
	whole := must(s.client.Profiles.List(s.Context(), nil))(s)
	require.Equal(s, 9, whole.ProfileCount)
	require.Len(s, whole.Profiles, 9)
	require.Nil(s, whole.NextCursor)
	require.Nil(s, whole.PreviousCursor)

	first := list(segmentflow.ListProfilesParams{Limit: 4})
	require.Nil(s, first.PreviousCursor)
	second := list(segmentflow.ListProfilesParams{Limit: 4, Cursor: *first.NextCursor})
	third := list(segmentflow.ListProfilesParams{Limit: 4, Cursor: *second.NextCursor})
	require.Equal(s, 9, third.ProfileCount)
	require.Nil(s, third.NextCursor)
	require.Equal(s,
		profileEmails(whole.Profiles),
		append(append(profileEmails(first.Profiles), profileEmails(second.Profiles)...),
			profileEmails(third.Profiles)...))
	back := list(segmentflow.ListProfilesParams{Limit: 4, Cursor: *third.PreviousCursor})
	require.Equal(s, second.Profiles, back.Profiles)
	require.Equal(s, first.Profiles,
		list(segmentflow.ListProfilesParams{Limit: 4, Cursor: *back.PreviousCursor}).Profiles)
	require.Equal(s, whole.Profiles,
		every(s, s.client.Profiles.All(s.Context(), &segmentflow.ListProfilesParams{Limit: 2})))

	filtersProfiles(s)
}

func filtersProfiles(s shop) {
	list := func(filter segmentflow.ProfileFilter) []string {
		s.Helper()
		page := must(s.client.Profiles.List(s.Context(), &segmentflow.ListProfilesParams{ProfileFilter: filter}))(s)
		return profileEmails(page.Profiles)
	}
	sendTo(s, s.emu, "order-receipt", "bounced@simulator.test")
	s.emu.Advance(time.Minute)
	for want, filter := range map[string]segmentflow.ProfileFilter{
		"bruno@example.com": {Search: "CUS_124"},
		"alex@example.com":  {SegmentFilter: []string{s.emu.ID("segment", "gold")}},
		"chiara@example.com": {
			ProfileIDs:   []string{s.person("chiara@example.com")},
			SourceFilter: []segmentflow.ProfileSource{segmentflow.ProfileSourceSeed},
		},
		"bounced@simulator.test": {
			DeliverySuppressionReasonFilter: []segmentflow.SuppressionReason{segmentflow.SuppressionReasonBounce},
		},
	} {
		require.Equal(s, []string{want}, list(filter))
		require.Equal(s,
			[]string{want},
			profileEmails(every(s,
				s.client.Profiles.All(s.Context(), &segmentflow.ListProfilesParams{ProfileFilter: filter}))))
	}

	tiers := segmentflow.ProfileFilter{
		ProfilePropertyFilter: []segmentflow.ProfilePropertyFilter{{ID: "tier", Values: []string{"gold", "silver"}}},
	}
	require.ElementsMatch(s, []string{"alex@example.com", "bruno@example.com"}, list(tiers))

	bounced := must(s.client.Profiles.Retrieve(s.Context(), s.person("bounced@simulator.test")))(s)
	suppressed := bounced.DeliverySuppression
	require.True(s, suppressed.Suppressed)
	require.Equal(s, "bounced@simulator.test", *suppressed.Email)
	require.Equal(s, "hard", *suppressed.LatestBounceReason)
	require.NotEmpty(s, *suppressed.LatestBounceDiagnosticCode)
	require.True(s, suppressed.SuppressedAt.After(monday))

	strangers := segmentflow.ProfileFilter{SegmentFilter: []string{s.emu.SeedID("segment", "nobody")}}
	unknown := refuses(s.client.Profiles.List(s.Context(),
		&segmentflow.ListProfilesParams{ProfileFilter: strangers}))(s, segmentflow.ErrNotFound)
	require.Equal(s, "Segment", unknown.Details["resource"])
	refuses(s.client.Profiles.BulkDelete(s.Context(),
		&segmentflow.BulkDeleteProfilesParams{Filter: &strangers}))(s, segmentflow.ErrNotFound)
	refused := refuses(s.client.Profiles.List(s.Context(),
		&segmentflow.ListProfilesParams{Cursor: "?", Limit: 101}))(s, segmentflow.ErrInvalidRequest)
	require.Equal(s, "/limit", refused.Issues[0].Path)
}

func updatesProfiles(s shop) {
	ctx, alex := s.Context(), s.person("alex@example.com")
	profile := must(s.client.Profiles.Retrieve(ctx, alex))(s)
	require.Equal(s, "cus_123", *profile.ExternalID)
	require.Nil(s, profile.Phone)
	require.Equal(s, monday, profile.CreatedAt)
	require.Equal(s,
		segmentflow.ProfileProperty{
			Value:     json.RawMessage(`"gold"`),
			Source:    segmentflow.ProfileSourceSeed,
			UpdatedAt: monday,
		},
		profile.Properties["tier"])
	require.Contains(s, profile.Segments, segmentflow.ProfileSegment{
		ID:   s.emu.ID("segment", "gold"),
		Name: "Gold members",
		Type: segmentflow.SegmentTypeDynamic,
	})

	s.emu.Advance(time.Hour)
	changed := must(s.client.Profiles.Update(ctx, alex, &segmentflow.UpdateProfileParams{
		Properties: map[string]any{
			"account": json.RawMessage("9007199254740993"),
			"share":   json.RawMessage("0.12345678901234567890123"),
			"tier":    nil,
		},
		Phone:      segmentflow.Value("+49 30 1234567"),
		ExternalID: segmentflow.Null[string](),
	}))(s)
	require.Equal(s, "9007199254740993", string(changed.Properties["account"].Value))
	require.Equal(s, "0.12345678901234567890123", string(changed.Properties["share"].Value))
	require.Equal(s, segmentflow.ProfileSourceAPI, changed.Properties["account"].Source)
	require.NotContains(s, changed.Properties, "tier")
	require.Contains(s, changed.Properties, "firstName")
	require.Equal(s, "+49 30 1234567", *changed.Phone)
	require.Nil(s, changed.ExternalID)
	require.Equal(s, monday.Add(time.Hour), changed.UpdatedAt)
	require.Equal(s, changed, must(s.client.Profiles.Retrieve(ctx, alex))(s))
	cleared := must(s.client.Profiles.Update(ctx, alex, &segmentflow.UpdateProfileParams{
		Phone: segmentflow.Null[string](),
	}))(s)
	require.Nil(s, cleared.Phone)

	refuses(s.client.Profiles.Update(ctx, alex, &segmentflow.UpdateProfileParams{
		ExternalID: segmentflow.Value("cus_124"),
	}))(s, segmentflow.ErrIdentityConflict)
	unknown := s.emu.SeedID("profile", "nobody@example.com")
	require.Equal(s,
		map[string]any{"resource": "Profile", "id": unknown},
		refuses(s.client.Profiles.Retrieve(ctx, unknown))(s, segmentflow.ErrNotFound).Details)

	setsSubscription(s, alex, unknown)
}

func setsSubscription(s shop, alex, unknown string) {
	ctx := s.Context()
	list := must(s.client.Profiles.Subscriptions(ctx, alex))(s)
	require.Equal(s, []segmentflow.Subscription{
		{
			SubscriptionGroupID: s.emu.ID("subscriptionGroup", "offers"),
			Name:                "Offers and sales",
			Policy:              segmentflow.SubscriptionPolicyOptOut,
			Status:              segmentflow.SubscriptionStatusSubscribed,
		},
		{
			SubscriptionGroupID: s.emu.ID("subscriptionGroup", "trail-notes"),
			Name:                "Trail Notes newsletter",
			Policy:              segmentflow.SubscriptionPolicyOptIn,
			Status:              segmentflow.SubscriptionStatusSubscribed,
			Explicit:            true,
			UpdatedAt:           &monday,
		},
	}, list)
	row := must(s.client.Profiles.SetSubscription(ctx, alex, list[0].SubscriptionGroupID,
		&segmentflow.SetSubscriptionParams{Status: segmentflow.SubscriptionStatusUnsubscribed}))(s)
	require.Equal(s, segmentflow.SubscriptionStatusUnsubscribed, row.Status)
	require.True(s, row.Explicit)
	require.Equal(s, monday.Add(time.Hour), *row.UpdatedAt)
	require.Equal(s, *row, must(s.client.Profiles.Subscriptions(ctx, alex))(s)[0])
	refuses(s.client.Profiles.SetSubscription(ctx, alex, unknown, &segmentflow.SetSubscriptionParams{
		Status: segmentflow.SubscriptionStatusSubscribed,
	}))(s, segmentflow.ErrNotFound)
	refuses(s.client.Profiles.SetSubscription(ctx, alex, unknown,
		&segmentflow.SetSubscriptionParams{Status: "Maybe"}))(s, segmentflow.ErrInvalidRequest)
}

func deletesProfiles(s shop) {
	ctx := s.Context()
	s.walkers(3)
	var resp segmentflow.Response
	require.NoError(s, s.client.Profiles.Delete(ctx, s.person("alex@example.com"), segmentflow.WithResponse(&resp)))
	require.Equal(s, http.StatusNoContent, resp.Status)
	refuses(s.client.Profiles.Retrieve(ctx, s.person("alex@example.com")))(s, segmentflow.ErrNotFound)
	require.ErrorIs(s, s.client.Profiles.Delete(ctx, s.person("alex@example.com")), segmentflow.ErrNotFound)

	gone := &segmentflow.BulkDeleteProfilesParams{
		ProfileIDs: []string{s.person("bruno@example.com"), s.person("nobody@example.com")},
	}
	for _, replayed := range []bool{false, true} {
		require.Equal(s, 1,
			must(s.client.Profiles.BulkDelete(ctx, gone,
				segmentflow.WithIdempotencyKey("gone"),
				segmentflow.WithResponse(&resp)))(s).Deleted)
		require.Equal(s, replayed, resp.Replayed)
	}

	walkers := &segmentflow.BulkDeleteProfilesParams{Filter: &segmentflow.ProfileFilter{Search: "WALKER"}}
	refuses(s.client.Profiles.BulkDelete(ctx, walkers,
		segmentflow.WithIdempotencyKey("gone")))(s, segmentflow.ErrIdempotencyKeyReuse)
	require.Equal(s, 3, must(s.client.Profiles.BulkDelete(ctx, walkers))(s).Deleted)
	require.Equal(s, 2, must(s.client.Profiles.List(ctx, nil))(s).ProfileCount)
}
