package emulator_test

import (
	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
)

func sendsAndRuns(s shop) {
	ctx := s.Context()
	to := &segmentflow.Recipient{Email: "alex@example.com"}
	send := s.send(&segmentflow.SendEmailParams{TemplateID: s.receipt(), To: to})
	require.Equal(s, segmentflow.EmailSendStatusSent, s.retrieve(send).Status)
	batch := must(s.client.Emails.BatchSend(ctx, &segmentflow.BatchSendParams{Items: []segmentflow.BatchSendItem{
		{TemplateID: s.receipt(), To: to}, {TemplateID: s.receipt()}}}))(s)
	require.Equal(s, to.Email, batch.Items[0].Send.To.Email)
	require.ErrorIs(s, batch.Items[1].Err, segmentflow.ErrInvalidRequest)

	require.Equal(s, 1, s.track(trial("Pro", "t1")).EnrolledJourneys)
	run := must(s.client.Journeys.Trigger(ctx, "loyalty-upgrade", &segmentflow.TriggerJourneyParams{
		Profile:   segmentflow.TriggerProfile{Email: "bruno@example.com"},
		Variables: map[string]any{"newTier": "gold"}}))(s)
	done := must(s.client.Journeys.RetrieveRun(ctx, run.RunID))(s)
	require.Equal(s, segmentflow.JourneyRunStatusCompleted, done.Status)
	require.Equal(s, monday, *done.CompletedAt)
	require.Nil(s, done.Error)
	tier := must(s.client.Profiles.Retrieve(ctx, done.ProfileID))(s).Properties["tier"]
	require.Equal(s, segmentflow.ProfileSourceJourney, tier.Source)
	require.JSONEq(s, `"gold"`, string(tier.Value))
}
