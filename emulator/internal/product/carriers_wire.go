package product

import (
	"github.com/segmentflow/segmentflow-go/emulator/internal/api"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// Carriers as the API shows them.

// wireStats are what stats shows: queued is who is still to get the mail.
func wireStats(r world.Results) api.CarrierStats {
	return api.CarrierStats{Queued: int64(r.Queued), Sent: int64(r.Sent), Failed: int64(r.Failed)}
}

func wireBroadcast(tx *world.Tx, c *world.Carrier) (api.Broadcast, error) {
	counts, err := tx.CarrierSends(c)
	return api.Broadcast{
		Id: c.ID, Name: c.Name, Status: api.CarrierStatus(c.Status), SegmentId: opted(c.SegmentID), TemplateId: opted(c.TemplateID),
		SubscriptionGroupId: opted(c.SubscriptionGroupID), Subject: opted(c.Subject), From: opted(c.From), ReplyTo: append([]string{}, c.ReplyTo...),
		ScheduledAt: optedTime(c.ScheduledAt), StartedAt: optedTime(c.StartedAt), CompletedAt: optedTime(c.CompletedAt),
		CancelledAt: optedTime(c.CancelledAt), Stats: wireStats(counts), CreatedAt: world.Stamp(c.CreatedAt), UpdatedAt: world.Stamp(c.UpdatedAt),
	}, err
}

// wireIssue is the Broadcast's fields and the Issue's own.
func wireIssue(tx *world.Tx, c *world.Carrier) (api.NewsletterIssue, error) {
	b, err := wireBroadcast(tx, c)
	return api.NewsletterIssue{
		Id: b.Id, NewsletterId: c.NewsletterID, Number: int64(c.Number), Title: b.Name, Name: b.Name, Status: b.Status, SegmentId: b.SegmentId,
		TemplateId: b.TemplateId, SubscriptionGroupId: b.SubscriptionGroupId, Subject: b.Subject, From: b.From, ReplyTo: b.ReplyTo,
		ScheduledAt: b.ScheduledAt, StartedAt: b.StartedAt, CompletedAt: b.CompletedAt, CancelledAt: b.CancelledAt, Stats: b.Stats,
		CreatedAt: b.CreatedAt, UpdatedAt: b.UpdatedAt,
	}, err
}

// wireCarrier is the carrier as the API shows one of its type.
func wireCarrier(tx *world.Tx, c *world.Carrier) (any, error) {
	if c.Type == world.CarrierNewsletterIssue {
		return wireIssue(tx, c)
	}
	return wireBroadcast(tx, c)
}

// wireResults are all that results show, in the API's words.
func wireResults(r world.Results) api.ResultDetail {
	unique := func(fact string) int64 { return int64(r.Facts[fact].Unique) }
	engaged := func(fact string) api.Engagement {
		return api.Engagement{Unique: unique(fact), Total: int64(r.Facts[fact].Total)}
	}
	audience := wireAudience(world.Audience{Total: r.Audience, Eligible: r.Eligible, Skipped: r.Skipped})
	return api.ResultDetail{Audience: audience.Total, Eligible: audience.Eligible, Skipped: audience.Skipped, Queued: int64(r.Queued),
		Processing: int64(r.Processing), Sent: int64(r.Sent), Failed: int64(r.Failed), SkippedAtSend: int64(r.SkippedAtSend),
		Cancelled: int64(r.Cancelled), Delivered: unique(world.FactDelivered), Bounced: unique(world.FactBounced),
		Complained: unique(world.FactComplained), Unsubscribed: unique(world.FactUnsubscribed),
		Opened: engaged(world.FactOpened), Clicked: engaged(world.FactClicked)}
}

func wireFindings(found []world.PreflightFinding) []api.PreflightFinding {
	shown := make([]api.PreflightFinding, len(found))
	for i, f := range found {
		shown[i] = api.PreflightFinding{Code: f.Code, Message: f.Message, Details: f.Details}
	}
	return shown
}

func wirePreview(tx *world.Tx, p *world.Preview) api.Preview {
	shown := api.Preview{AsOf: world.Stamp(tx.Now), Audience: wireAudience(p.Audience), Recipients: wireMembers(p.Recipients)}
	shown.Sample.SetNull()
	if p.Sample != nil {
		shown.Sample.Set(wireSample(*p.Sample))
	}
	return shown
}

func wireSample(s world.Sample) api.PreviewSample {
	out := api.PreviewSample{ProfileId: s.Profile.ID, Email: s.Profile.Email, Subject: s.Out.Subject, Html: s.Out.HTML, Text: s.Out.Text,
		Missing: make([]api.MissingBinding, len(s.Out.Missing))}
	for i, m := range s.Out.Missing {
		out.Missing[i] = api.MissingBinding{Path: m.Path, Element: m.Element, Prop: m.Prop}
	}
	return out
}

func wireAudience(a world.Audience) api.Audience {
	out := api.Audience{Total: int64(a.Total), Eligible: int64(a.Eligible), Skipped: api.SkipCounts{}}
	for reason, n := range a.Skipped {
		out.Skipped[reason] = int64(n)
	}
	return out
}
