package product

import (
	"github.com/segmentflow/segmentflow-go/emulator/internal/api"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// Carriers as the API shows them.

// wireCarriers returns the carriers of a page as convert shows them.
func wireCarriers[T any](
	tx *world.Tx, found []*world.Carrier, convert func(*world.Tx, *world.Carrier) (T, error),
) ([]T, error) {
	out := make([]T, len(found))
	for i, c := range found {
		var err error
		if out[i], err = convert(tx, c); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// wireCarrier returns a Broadcast or an Issue.
func wireCarrier(tx *world.Tx, c *world.Carrier) (any, error) {
	if c.Type == world.CarrierNewsletterIssue {
		return wireIssue(tx, c)
	}
	return wireBroadcast(tx, c)
}

func wireBroadcast(tx *world.Tx, c *world.Carrier) (api.Broadcast, error) {
	counts, err := tx.CarrierSends(c)
	return api.Broadcast{
		Id:                  c.ID,
		Name:                c.Name,
		Status:              api.CarrierStatus(c.Status),
		SegmentId:           nullIfEmpty(c.SegmentID),
		TemplateId:          nullIfEmpty(c.TemplateID),
		SubscriptionGroupId: nullIfEmpty(c.SubscriptionGroupID),
		Subject:             nullIfEmpty(c.Subject),
		From:                nullIfEmpty(c.From),
		ReplyTo:             append([]string{}, c.ReplyTo...),
		ScheduledAt:         nullIfZero(c.ScheduledAt),
		StartedAt:           nullIfZero(c.StartedAt),
		CompletedAt:         nullIfZero(c.CompletedAt),
		CancelledAt:         nullIfZero(c.CancelledAt),
		Stats:               wireStats(counts),
		CreatedAt:           world.Stamp(c.CreatedAt),
		UpdatedAt:           world.Stamp(c.UpdatedAt),
	}, err
}

// wireIssue returns an Issue, which has the fields of a Broadcast and some of its own.
func wireIssue(tx *world.Tx, c *world.Carrier) (api.NewsletterIssue, error) {
	broadcast, err := wireBroadcast(tx, c)
	return api.NewsletterIssue{
		Id:                  broadcast.Id,
		NewsletterId:        c.NewsletterID,
		Number:              int64(c.Number),
		Title:               broadcast.Name,
		Name:                broadcast.Name,
		Status:              broadcast.Status,
		SegmentId:           broadcast.SegmentId,
		TemplateId:          broadcast.TemplateId,
		SubscriptionGroupId: broadcast.SubscriptionGroupId,
		Subject:             broadcast.Subject,
		From:                broadcast.From,
		ReplyTo:             broadcast.ReplyTo,
		ScheduledAt:         broadcast.ScheduledAt,
		StartedAt:           broadcast.StartedAt,
		CompletedAt:         broadcast.CompletedAt,
		CancelledAt:         broadcast.CancelledAt,
		Stats:               broadcast.Stats,
		CreatedAt:           broadcast.CreatedAt,
		UpdatedAt:           broadcast.UpdatedAt,
	}, err
}

// wireStats returns a carrier's stats. Queued counts the recipients whose email is still to be sent.
func wireStats(results world.Results) api.CarrierStats {
	return api.CarrierStats{
		Queued: int64(results.Queued),
		Sent:   int64(results.Sent),
		Failed: int64(results.Failed),
	}
}

// wireResults returns all that the results of a carrier show.
func wireResults(results world.Results) api.ResultDetail {
	unique := func(fact string) int64 { return int64(results.Facts[fact].Unique) }
	engaged := func(fact string) api.Engagement {
		return api.Engagement{Unique: unique(fact), Total: int64(results.Facts[fact].Total)}
	}
	audience := wireAudience(world.Audience{
		Total:    results.Audience,
		Eligible: results.Eligible,
		Skipped:  results.Skipped,
	})
	return api.ResultDetail{
		Audience:      audience.Total,
		Eligible:      audience.Eligible,
		Skipped:       audience.Skipped,
		Queued:        int64(results.Queued),
		Processing:    int64(results.Processing),
		Sent:          int64(results.Sent),
		Failed:        int64(results.Failed),
		SkippedAtSend: int64(results.SkippedAtSend),
		Cancelled:     int64(results.Cancelled),
		Delivered:     unique(world.FactDelivered),
		Bounced:       unique(world.FactBounced),
		Complained:    unique(world.FactComplained),
		Unsubscribed:  unique(world.FactUnsubscribed),
		Opened:        engaged(world.FactOpened),
		Clicked:       engaged(world.FactClicked),
	}
}

func wireFindings(found []world.PreflightFinding) []api.PreflightFinding {
	shown := make([]api.PreflightFinding, len(found))
	for i, finding := range found {
		shown[i] = api.PreflightFinding{Code: finding.Code, Message: finding.Message, Details: finding.Details}
	}
	return shown
}

func wirePreview(tx *world.Tx, preview *world.Preview) api.Preview {
	shown := api.Preview{
		AsOf:       world.Stamp(tx.Now),
		Audience:   wireAudience(preview.Audience),
		Recipients: wireMembers(preview.Recipients),
	}
	shown.Sample.SetNull()
	if preview.Sample != nil {
		shown.Sample.Set(wireSample(*preview.Sample))
	}
	return shown
}

func wireSample(sample world.Sample) api.PreviewSample {
	shown := api.PreviewSample{
		ProfileId: sample.Profile.ID,
		Email:     sample.Profile.Email,
		Subject:   sample.Out.Subject,
		Html:      sample.Out.HTML,
		Text:      sample.Out.Text,
		Missing:   make([]api.MissingBinding, len(sample.Out.Missing)),
	}
	for i, missing := range sample.Out.Missing {
		shown.Missing[i] = api.MissingBinding{Path: missing.Path, Element: missing.Element, Prop: missing.Prop}
	}
	return shown
}

func wireAudience(audience world.Audience) api.Audience {
	shown := api.Audience{
		Total:    int64(audience.Total),
		Eligible: int64(audience.Eligible),
		Skipped:  api.SkipCounts{},
	}
	for reason, count := range audience.Skipped {
		shown.Skipped[reason] = int64(count)
	}
	return shown
}
