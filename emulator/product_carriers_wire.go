package emulator

import (
	"github.com/segmentflow/segmentflow-go/emulator/internal/api"
	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// Carriers as the API shows them.

// wireStats are what stats shows: queued is who is still to get the mail.
func wireStats(r results) api.CarrierStats {
	return api.CarrierStats{Queued: int64(r.queued), Sent: int64(r.sent), Failed: int64(r.failed)}
}

func wireBroadcast(tx *Tx, c *carrier) (api.Broadcast, error) {
	counts, err := tx.sendCounts(c)
	return api.Broadcast{
		Id: c.ID, Name: c.Name, Status: api.CarrierStatus(c.Status), SegmentId: opted(c.SegmentID), TemplateId: opted(c.TemplateID),
		SubscriptionGroupId: opted(c.SubscriptionGroupID), Subject: opted(c.Subject), From: opted(c.From), ReplyTo: append([]string{}, c.ReplyTo...),
		ScheduledAt: optedTime(c.ScheduledAt), StartedAt: optedTime(c.StartedAt), CompletedAt: optedTime(c.CompletedAt),
		CancelledAt: optedTime(c.CancelledAt), Stats: wireStats(counts), CreatedAt: stamp(c.CreatedAt), UpdatedAt: stamp(c.UpdatedAt),
	}, err
}

// wireIssue is the Broadcast's fields and the Issue's own.
func wireIssue(tx *Tx, c *carrier) (api.NewsletterIssue, error) {
	b, err := wireBroadcast(tx, c)
	return api.NewsletterIssue{
		Id: b.Id, NewsletterId: c.NewsletterID, Number: int64(c.Number), Title: b.Name, Name: b.Name, Status: b.Status, SegmentId: b.SegmentId,
		TemplateId: b.TemplateId, SubscriptionGroupId: b.SubscriptionGroupId, Subject: b.Subject, From: b.From, ReplyTo: b.ReplyTo,
		ScheduledAt: b.ScheduledAt, StartedAt: b.StartedAt, CompletedAt: b.CompletedAt, CancelledAt: b.CancelledAt, Stats: b.Stats,
		CreatedAt: b.CreatedAt, UpdatedAt: b.UpdatedAt,
	}, err
}

// wireCarrier is the carrier as the API shows one of its type.
func wireCarrier(tx *Tx, c *carrier) (any, error) {
	if c.Type == store.CarrierNewsletterIssue {
		return wireIssue(tx, c)
	}
	return wireBroadcast(tx, c)
}

// wireResults are all that results show, in the API's words.
func wireResults(r results) api.ResultDetail {
	unique := func(fact string) int64 { return int64(r.facts[fact].Unique) }
	engaged := func(fact string) api.Engagement {
		return api.Engagement{Unique: unique(fact), Total: int64(r.facts[fact].Total)}
	}
	audience := wireAudience(store.Audience{Total: r.audience, Eligible: r.eligible, Skipped: r.skipped})
	return api.ResultDetail{Audience: audience.Total, Eligible: audience.Eligible, Skipped: audience.Skipped, Queued: int64(r.queued),
		Processing: int64(r.processing), Sent: int64(r.sent), Failed: int64(r.failed), SkippedAtSend: int64(r.skippedAtSend),
		Cancelled: int64(r.cancelled), Delivered: unique(store.FactDelivered), Bounced: unique(store.FactBounced),
		Complained: unique(store.FactComplained), Unsubscribed: unique(store.FactUnsubscribed),
		Opened: engaged(store.FactOpened), Clicked: engaged(store.FactClicked)}
}

func wireFindings(found []preflightFinding) []api.PreflightFinding {
	shown := make([]api.PreflightFinding, len(found))
	for i, f := range found {
		shown[i] = api.PreflightFinding{Code: f.Code, Message: f.Message, Details: f.Details}
	}
	return shown
}

func wirePreview(tx *Tx, p *preview) api.Preview {
	shown := api.Preview{AsOf: stamp(tx.Now), Audience: wireAudience(p.audience), Recipients: wireMembers(p.recipients)}
	shown.Sample.SetNull()
	if p.sample != nil {
		shown.Sample.Set(wireSample(*p.sample))
	}
	return shown
}

func wireSample(s sample) api.PreviewSample {
	out := api.PreviewSample{ProfileId: s.profile.ID, Email: s.profile.Email, Subject: s.out.Subject, Html: s.out.HTML, Text: s.out.Text,
		Missing: make([]api.MissingBinding, len(s.out.Missing))}
	for i, m := range s.out.Missing {
		out.Missing[i] = api.MissingBinding{Path: m.Path, Element: m.Element, Prop: m.Prop}
	}
	return out
}

func wireAudience(a store.Audience) api.Audience {
	out := api.Audience{Total: int64(a.Total), Eligible: int64(a.Eligible), Skipped: api.SkipCounts{}}
	for reason, n := range a.Skipped {
		out.Skipped[reason] = int64(n)
	}
	return out
}
