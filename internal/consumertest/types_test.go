package consumer_test

import (
	"io"
	"time"

	sf "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
	"github.com/segmentflow/segmentflow-go/emulator/define"
)

// These types are in the signatures of apps and in the fakes of their tests.

var _ = []any{
	sf.Client{}, sf.EmailsService{}, sf.EventsService{}, sf.JourneysService{}, sf.ProfilesService{},
	sf.TemplatesService{}, sf.SegmentsService{}, sf.BroadcastsService{}, sf.NewslettersService{},
	sf.NewsletterIssuesService{}, sf.Option(nil), sf.CallOption(nil), sf.Response{}, sf.Error{}, sf.Issue{},
	sf.SendEmailParams{Tracking: &sf.Tracking{}, To: &sf.Recipient{}},
	sf.EmailSend{ID: "s", From: sf.Mailbox{Email: "a"}, To: sf.RecipientAddress{Email: "b"}},
	sf.BatchSendParams{Items: []sf.BatchSendItem{{IdempotencyKey: "k"}}, Defaults: &sf.BatchDefaults{From: "a"}},
	sf.BatchResult{Total: 1, Items: []sf.BatchResultItem{{Index: 0, Send: new(sf.EmailSend), Err: new(sf.Error)}}},
	sf.SendAllOptions{Progress: func(p sf.SendAllProgress) { _ = p.Done + p.Accepted + p.Rejected }},
	sf.TrackEventParams{Event: "e", Profile: sf.ProfileIdentity{ExternalID: "c"}, OccurredAt: time.Time{}},
	sf.TrackedEvent{}, sf.TriggerJourneyParams{Variables: map[string]any{}}, sf.TriggeredJourney{},
	sf.JourneyRun{Status: sf.JourneyRunStatusRunning},
	sf.ListProfilesParams{ProfileFilter: sf.ProfileFilter{
		ProfilePropertyFilter:           []sf.ProfilePropertyFilter{{ID: "p", Values: []string{"v"}}},
		SourceFilter:                    []sf.ProfileSource{sf.ProfileSourceAPI},
		DeliverySuppressionReasonFilter: []sf.SuppressionReason{sf.SuppressionReasonBounce},
	}},
	sf.ProfilePage{Profiles: []sf.Profile{{
		Properties:          map[string]sf.ProfileProperty{"p": {Value: []byte("1")}},
		Segments:            []sf.ProfileSegment{{Type: sf.SegmentTypeDynamic}},
		DeliverySuppression: sf.DeliverySuppression{Suppressed: true},
	}}},
	sf.UpdateProfileParams{Phone: sf.Null[string](), ExternalID: sf.Value("c")}, sf.Nullable[[]string]{},
	sf.BulkDeleteProfilesParams{ProfileIDs: []string{"p"}}, sf.BulkDeleteResult{},
	sf.SetSubscriptionParams{Status: sf.SubscriptionStatusSubscribed},
	sf.Subscription{Policy: sf.SubscriptionPolicyOptIn, Status: sf.SubscriptionStatus("new")},
	sf.ListTemplatesParams{Status: []sf.TemplateStatus{"Active"}, Purpose: sf.TemplatePurposeNewsletter},
	sf.CreateTemplateParams{Name: "n", Definition: map[string]any{}}, sf.UpdateTemplateParams{Name: "n"}, sf.Template{},
	sf.ListSegmentsParams{Limit: 1}, sf.SegmentPage{Segments: []sf.Segment{{}}}, sf.PreviewSegmentParams{Limit: 1},
	sf.SegmentPreview{Profiles: []sf.AudienceMember{{Email: "a"}}},
}

var _ = []any{
	sf.CreateBroadcastParams{ScheduledAt: time.Time{}, ScheduledIn: time.Hour}, sf.CreatedBroadcast{ID: "b"},
	sf.UpdateBroadcastParams{ReplyTo: sf.Value([]string{"a"})},
	sf.ListBroadcastsParams{Status: []sf.BroadcastStatus{sf.BroadcastStatusSent}, Cursor: "c", Limit: 1},
	sf.BroadcastPage{Broadcasts: []sf.Broadcast{{Carrier: sf.Carrier{ID: "b", Stats: sf.CarrierStats{Sent: 1}}}}},
	sf.PreviewCarrierParams{Limit: 1},
	sf.CarrierPreview{Audience: sf.Audience{Skipped: map[sf.SkipReason]int{}}, Sample: &sf.PreviewSample{
		Missing: []sf.MissingBinding{{Path: "/data/a"}},
	}},
	sf.Preflight{Blockers: []sf.PreflightFinding{{Code: "c", Message: "m"}}}, sf.SendTestParams{Email: "a"},
	sf.ScheduleCarrierParams{ScheduledIn: time.Hour}, sf.Confirmation{SenderProfile: sf.ConfirmationSender{Name: "n"}},
	sf.CarrierResults{Detail: sf.ResultDetail{}}, sf.Engagement{},
	sf.CreateNewsletterParams{Name: "n"}, sf.UpdateNewsletterParams{Cadence: sf.Value("weekly")},
	sf.ListNewslettersParams{Limit: 1}, sf.NewsletterPage{Newsletters: []sf.Newsletter{{ID: "n"}}},
	sf.CreateNewsletterIssueParams{Title: "t"}, sf.UpdateNewsletterIssueParams{Title: "t"},
	sf.ListNewsletterIssuesParams{Limit: 1},
	sf.NewsletterIssuePage{Issues: []sf.NewsletterIssue{{Carrier: sf.Carrier{ID: "i"}}}},
}

var _ = []any{
	emulator.APIKeySpec{Scopes: []string{"*"}, AllowSends: true}, emulator.DefaultAPIKey, emulator.JournalSize,
	emulator.Message{From: emulator.Address{Email: "a"}, Carrier: emulator.Carrier{Type: emulator.CarrierEmail}},
	emulator.Link{URL: "u"}, emulator.Missing{Path: "p"}, emulator.DroppedCopy{}, emulator.Fact{Type: "opened"},
	emulator.Send{}, emulator.Event{Outcomes: []emulator.Outcome{{}}}, emulator.Profile{}, emulator.Property{},
	emulator.Request{Issues: []emulator.Issue{{}}, Rejected: []emulator.RejectedItem{{}}},
	emulator.Run{Path: []emulator.Step{{}}, Waiting: &emulator.Waiting{}}, emulator.SubscriptionChange{},
	emulator.PlannedFact{}, emulator.ErrSMTP, emulator.Fixture{}, emulator.FaultHandle{}, emulator.Human{},
	emulator.Coverage{Journeys: []emulator.JourneyCoverage{{Parts: []emulator.CoveragePart{{}}}}},
	emulator.Outbox{}, emulator.Sends{}, emulator.Requests{}, emulator.Events{}, emulator.Profiles{}, emulator.Runs{},
	emulator.Seed{
		Organization: emulator.SeedOrganization{Timezone: "Europe/Berlin"},
		Users:        []emulator.SeedUser{{}}, APIKeys: []emulator.SeedAPIKey{{}}, Events: []emulator.SeedEvent{{}},
		Newsletters: []emulator.SeedNewsletter{{}}, Profiles: []emulator.SeedProfile{{}},
	},
	&emulator.SeedError{Problems: []emulator.SeedProblem{{Path: "/a", Message: "m"}}},
	emulator.Guard(0) | emulator.GuardMissing | emulator.GuardConsent | emulator.GuardShapes | emulator.GuardKeys,
	emulator.ParseSeed, emulator.ReadCoverage, emulator.ReadImage, emulator.Image.WriteTo,
	func(c emulator.Coverage, w io.Writer) error { return c.WriteHTML(w) },
}

var (
	_ = []define.Condition{
		define.Always, define.Never, define.And{}, define.Or{}, define.Conditions{}, define.Not(define.Never),
		define.Comparison{Op: define.OpIn}, define.State("/profile/vip"), define.Subscribed("g"), define.InSegment("s"),
		define.Bucket{Percent: 12.5}, define.Received{Event: define.Opened, Within: define.ISO("P1W")},
		define.Performed{Event: "e", Within: define.Week, Count: define.AtLeast(1)}, define.Constant(true),
	}
	_ = []define.Count{define.AtMost(1), define.Exactly(1), define.FewerThan(1), define.MoreThan(1)}
	_ = []define.Comparison{
		define.State("/a").Neq(1), define.State("/a").Gte(1), define.State("/a").Lt(1), define.State("/a").Lte(1),
		define.State("/a").In(1, 2), define.State("/a").Contains("x"), define.State("/a").Exists(),
		define.State("/a").Missing(), define.State("/a").StartsWith("x"), define.State("/a").Before("2026-03-02"),
		define.State("/a").After(time.Time{}), define.State("/a").Within(30 * define.Day),
	}
	_ = []define.Node{
		define.Email{}, define.Delay{}, define.WaitFor{Branches: []define.WaitBranch{{}}}, define.SetProperty{},
		define.Branch{Paths: []define.Path{{}}}, define.RandomCohort{Arms: []define.Arm{{}}}, define.EmitEvent{},
		define.Exit{},
	}
	_ = []define.Until{define.UntilLocal{Hour: 9}, define.UntilProperty{Path: "/profile/at", Offset: -define.Day}}
	_ = []define.Entry{define.OnEvent{}, define.OnAPI{}, define.OnSegment{}}
	_ = []define.Element{
		define.HTML{}, define.Head{}, define.Preview{}, define.Body{}, define.Container{}, define.Section{},
		define.Row{}, define.Column{}, define.Heading{As: define.H1}, define.Text{}, define.Link{}, define.Button{},
		define.Image{}, define.Hr{}, define.Markdown{Repeat: define.Repeat{StatePath: "/data/lines"}},
	}
	_ = []define.Style{define.CSS{}, define.State("/data/style"), define.If{}, define.Item("style")}
	_ = []any{define.Template("${/data/a}"), define.Index{}, define.Null{}, define.Settings{}, define.ExitRule{}}
	_ = []define.Duration{time.Hour, define.ISO("P3D")}
)
