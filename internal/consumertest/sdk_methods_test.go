package consumer_test

import (
	"context"
	"iter"

	sf "github.com/segmentflow/segmentflow-go"
)

// Apps declare the methods that they need as interfaces, such as for a fake. They compile as long as no method changes.

var _ interface {
	Err() error
} = (*sf.BatchResult)(nil)

var _ interface {
	UnmarshalJSON([]byte) error
} = (*sf.BatchResultItem)(nil)

var _ interface {
	All(context.Context, *sf.ListBroadcastsParams, ...sf.CallOption) iter.Seq2[sf.Broadcast, error]
	Archive(context.Context, string, ...sf.CallOption) (*sf.Broadcast, error)
	Cancel(context.Context, string, ...sf.CallOption) (*sf.Broadcast, error)
	Create(context.Context, *sf.CreateBroadcastParams, ...sf.CallOption) (*sf.CreatedBroadcast, error)
	CreateConfirmation(context.Context, string, ...sf.CallOption) (*sf.Confirmation, error)
	Duplicate(context.Context, string, ...sf.CallOption) (*sf.Broadcast, error)
	List(context.Context, *sf.ListBroadcastsParams, ...sf.CallOption) (*sf.BroadcastPage, error)
	Preflight(context.Context, string, ...sf.CallOption) (*sf.Preflight, error)
	Preview(context.Context, string, *sf.PreviewCarrierParams, ...sf.CallOption) (*sf.CarrierPreview, error)
	Results(context.Context, string, ...sf.CallOption) (*sf.CarrierResults, error)
	Retrieve(context.Context, string, ...sf.CallOption) (*sf.Broadcast, error)
	Schedule(context.Context, string, *sf.ScheduleCarrierParams, ...sf.CallOption) (*sf.Broadcast, error)
	SendTest(context.Context, string, *sf.SendTestParams, ...sf.CallOption) (*sf.EmailSend, error)
	Update(context.Context, string, *sf.UpdateBroadcastParams, ...sf.CallOption) (*sf.Broadcast, error)
} = (*sf.BroadcastsService)(nil)

var _ interface {
	Do(context.Context, string, string, any, any, ...sf.CallOption) error
} = (*sf.Client)(nil)

var _ interface {
	BatchSend(context.Context, *sf.BatchSendParams, ...sf.CallOption) (*sf.BatchResult, error)
	Retrieve(context.Context, string, ...sf.CallOption) (*sf.EmailSend, error)
	Send(context.Context, *sf.SendEmailParams, ...sf.CallOption) (*sf.EmailSend, error)
	SendAll(context.Context, iter.Seq[sf.BatchSendItem], sf.SendAllOptions) iter.Seq2[sf.BatchResultItem, error]
} = (*sf.EmailsService)(nil)

var _ interface {
	Error() string
	Is(error) bool
	Unwrap() error
} = (*sf.Error)(nil)

var _ interface {
	Track(context.Context, *sf.TrackEventParams, ...sf.CallOption) (*sf.TrackedEvent, error)
} = (*sf.EventsService)(nil)

var _ interface {
	RetrieveRun(context.Context, string, ...sf.CallOption) (*sf.JourneyRun, error)
	Trigger(context.Context, string, *sf.TriggerJourneyParams, ...sf.CallOption) (*sf.TriggeredJourney, error)
} = (*sf.JourneysService)(nil)

var _ interface {
	All(
		context.Context, string, *sf.ListNewsletterIssuesParams, ...sf.CallOption) iter.Seq2[sf.NewsletterIssue, error]
	Archive(context.Context, string, ...sf.CallOption) (*sf.NewsletterIssue, error)
	Cancel(context.Context, string, ...sf.CallOption) (*sf.NewsletterIssue, error)
	Create(context.Context, string, *sf.CreateNewsletterIssueParams, ...sf.CallOption) (*sf.NewsletterIssue, error)
	CreateConfirmation(context.Context, string, ...sf.CallOption) (*sf.Confirmation, error)
	Duplicate(context.Context, string, ...sf.CallOption) (*sf.NewsletterIssue, error)
	List(context.Context, string, *sf.ListNewsletterIssuesParams, ...sf.CallOption) (*sf.NewsletterIssuePage, error)
	Preflight(context.Context, string, ...sf.CallOption) (*sf.Preflight, error)
	Preview(context.Context, string, *sf.PreviewCarrierParams, ...sf.CallOption) (*sf.CarrierPreview, error)
	Results(context.Context, string, ...sf.CallOption) (*sf.CarrierResults, error)
	Retrieve(context.Context, string, ...sf.CallOption) (*sf.NewsletterIssue, error)
	Schedule(context.Context, string, *sf.ScheduleCarrierParams, ...sf.CallOption) (*sf.NewsletterIssue, error)
	SendTest(context.Context, string, *sf.SendTestParams, ...sf.CallOption) (*sf.EmailSend, error)
	Update(context.Context, string, *sf.UpdateNewsletterIssueParams, ...sf.CallOption) (*sf.NewsletterIssue, error)
} = (*sf.NewsletterIssuesService)(nil)

var _ interface {
	All(context.Context, *sf.ListNewslettersParams, ...sf.CallOption) iter.Seq2[sf.Newsletter, error]
	Create(context.Context, *sf.CreateNewsletterParams, ...sf.CallOption) (*sf.Newsletter, error)
	List(context.Context, *sf.ListNewslettersParams, ...sf.CallOption) (*sf.NewsletterPage, error)
	Retrieve(context.Context, string, ...sf.CallOption) (*sf.Newsletter, error)
	Update(context.Context, string, *sf.UpdateNewsletterParams, ...sf.CallOption) (*sf.Newsletter, error)
} = (*sf.NewslettersService)(nil)

var _ interface {
	All(context.Context, *sf.ListProfilesParams, ...sf.CallOption) iter.Seq2[sf.Profile, error]
	BulkDelete(context.Context, *sf.BulkDeleteProfilesParams, ...sf.CallOption) (*sf.BulkDeleteResult, error)
	Delete(context.Context, string, ...sf.CallOption) error
	List(context.Context, *sf.ListProfilesParams, ...sf.CallOption) (*sf.ProfilePage, error)
	Retrieve(context.Context, string, ...sf.CallOption) (*sf.Profile, error)
	SetSubscription(
		context.Context, string, string, *sf.SetSubscriptionParams, ...sf.CallOption,
	) (*sf.Subscription, error)
	Subscriptions(context.Context, string, ...sf.CallOption) ([]sf.Subscription, error)
	Update(context.Context, string, *sf.UpdateProfileParams, ...sf.CallOption) (*sf.Profile, error)
} = (*sf.ProfilesService)(nil)

var _ interface {
	All(context.Context, *sf.ListSegmentsParams, ...sf.CallOption) iter.Seq2[sf.Segment, error]
	List(context.Context, *sf.ListSegmentsParams, ...sf.CallOption) (*sf.SegmentPage, error)
	Preview(context.Context, string, *sf.PreviewSegmentParams, ...sf.CallOption) (*sf.SegmentPreview, error)
	Retrieve(context.Context, string, ...sf.CallOption) (*sf.Segment, error)
} = (*sf.SegmentsService)(nil)

var _ interface {
	Archive(context.Context, string, ...sf.CallOption) (*sf.Template, error)
	Create(context.Context, *sf.CreateTemplateParams, ...sf.CallOption) (*sf.Template, error)
	Delete(context.Context, string, ...sf.CallOption) error
	Duplicate(context.Context, string, ...sf.CallOption) (*sf.Template, error)
	List(context.Context, *sf.ListTemplatesParams, ...sf.CallOption) ([]sf.Template, error)
	Retrieve(context.Context, string, ...sf.CallOption) (*sf.Template, error)
	Unarchive(context.Context, string, ...sf.CallOption) (*sf.Template, error)
	Update(context.Context, string, *sf.UpdateTemplateParams, ...sf.CallOption) (*sf.Template, error)
} = (*sf.TemplatesService)(nil)
