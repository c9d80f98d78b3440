package consumer_test

import (
	"reflect"
	"testing"

	sf "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
	"github.com/segmentflow/segmentflow-go/emulator/define"
)

// Apps store these values and compare them with what they have stored, so they cannot change.

var sdkValues = []any{
	map[sf.BroadcastStatus]string{
		sf.BroadcastStatusArchived:   "Archived",
		sf.BroadcastStatusFailed:     "Failed",
		sf.BroadcastStatusInProgress: "InProgress",
		sf.BroadcastStatusNotStarted: "NotStarted",
		sf.BroadcastStatusPaused:     "Paused",
		sf.BroadcastStatusSent:       "Sent",
		sf.BroadcastStatusTriggered:  "Triggered",
		sf.BroadcastStatusWarming:    "Warming",
	},
	map[sf.EmailSendStatus]string{
		sf.EmailSendStatusFailed:     "Failed",
		sf.EmailSendStatusProcessing: "Processing",
		sf.EmailSendStatusQueued:     "Queued",
		sf.EmailSendStatusSent:       "Sent",
		sf.EmailSendStatusSkipped:    "Skipped",
	},
	map[sf.JourneyRunStatus]string{
		sf.JourneyRunStatusCompleted: "completed",
		sf.JourneyRunStatusExited:    "exited",
		sf.JourneyRunStatusFailed:    "failed",
		sf.JourneyRunStatusQueued:    "queued",
		sf.JourneyRunStatusRunning:   "running",
	},
	map[sf.ProfileSource]string{
		sf.ProfileSourceAPI:            "api",
		sf.ProfileSourceCSVImport:      "csv_import",
		sf.ProfileSourceDashboard:      "dashboard",
		sf.ProfileSourceEvent:          "event",
		sf.ProfileSourceFormSubmission: "form_submission",
		sf.ProfileSourceImport:         "import",
		sf.ProfileSourceJourney:        "journey",
		sf.ProfileSourceSDK:            "sdk",
		sf.ProfileSourceSeed:           "seed",
		sf.ProfileSourceShopify:        "shopify",
		sf.ProfileSourceWooCommerce:    "woocommerce",
		sf.ProfileSourceWordPress:      "wordpress",
	},
	map[sf.SegmentType]string{
		sf.SegmentTypeDynamic: "Dynamic",
		sf.SegmentTypeManual:  "Manual",
	},
	map[sf.SubscriptionPolicy]string{
		sf.SubscriptionPolicyOptIn:  "OptIn",
		sf.SubscriptionPolicyOptOut: "OptOut",
	},
	map[sf.SubscriptionStatus]string{
		sf.SubscriptionStatusSubscribed:   "Subscribed",
		sf.SubscriptionStatusUnsubscribed: "Unsubscribed",
	},
	map[sf.SuppressionReason]string{
		sf.SuppressionReasonBounce:    "bounce",
		sf.SuppressionReasonComplaint: "complaint",
		sf.SuppressionReasonManual:    "manual",
	},
	map[sf.TemplatePurpose]string{
		sf.TemplatePurposeGeneral:            "General",
		sf.TemplatePurposeLeadMagnetDelivery: "LeadMagnetDelivery",
		sf.TemplatePurposeNewsletter:         "Newsletter",
		sf.TemplatePurposePromotional:        "Promotional",
		sf.TemplatePurposeTransactional:      "Transactional",
	},
	map[sf.TemplateStatus]string{
		sf.TemplateStatusActive:   "Active",
		sf.TemplateStatusArchived: "Archived",
	},
}

var testValues = []any{
	map[string]string{
		sf.DefaultBaseURL: "https://api.segmentflow.ai",
	},
	map[string]string{
		emulator.BounceHard:             "hard",
		emulator.BounceSoft:             "soft",
		emulator.CarrierBroadcast:       "broadcast",
		emulator.CarrierEmail:           "email",
		emulator.CarrierJourney:         "journey",
		emulator.CarrierNewsletterIssue: "newsletterIssue",
		emulator.CarrierTest:            "test",
		emulator.CoverageBranch:         "branch",
		emulator.CoverageExitRule:       "exitRule",
		emulator.CoverageNode:           "node",
		emulator.CoverageSkip:           "skip",
		emulator.DefaultAPIKey:          "sk_test_emulator",
	},
	map[string]string{
		define.AutoDirection: "auto",
		define.H1:            "h1",
		define.H2:            "h2",
		define.H3:            "h3",
		define.H4:            "h4",
		define.H5:            "h5",
		define.H6:            "h6",
		define.LTR:           "ltr",
		define.RTL:           "rtl",
	},
	map[define.MailFact]string{
		define.Bounced:    "bounced",
		define.Clicked:    "clicked",
		define.Complained: "complained",
		define.Delivered:  "delivered",
		define.Opened:     "opened",
		define.Sent:       "sent",
	},
	map[define.DelayExit]string{
		define.DelayExitAtEnd: "atEnd",
		define.DelayExitNow:   "now",
	},
	map[define.Op]string{
		define.OpAfter:      "after",
		define.OpBefore:     "before",
		define.OpContains:   "contains",
		define.OpEq:         "eq",
		define.OpExists:     "exists",
		define.OpGt:         "gt",
		define.OpGte:        "gte",
		define.OpIn:         "in",
		define.OpLt:         "lt",
		define.OpLte:        "lte",
		define.OpNeq:        "neq",
		define.OpStartsWith: "startsWith",
		define.OpWithin:     "within",
	},
	map[define.Otherwise]string{
		define.OtherwiseContinue: "continue",
		define.OtherwiseExit:     "exit",
	},
	map[define.Pause]string{
		define.PauseDrain:  "drain",
		define.PauseFreeze: "freeze",
	},
	map[define.ReentryMode]string{
		define.ReentryAfterExit: "afterExit",
		define.ReentryAlways:    "always",
		define.ReentryOnce:      "once",
	},
	map[define.SendFailure]string{
		define.SendFailureContinue: "continue",
		define.SendFailureExit:     "exit",
	},
	map[define.Since]string{
		define.SinceArrival: "arrival",
		define.SinceEntry:   "entry",
	},
	map[define.Sticky]string{
		define.StickyProfile: "profile",
		define.StickyRun:     "run",
	},
	map[define.Unsubscribed]string{
		define.UnsubscribedExit: "exit",
		define.UnsubscribedSkip: "skip",
	},
}

func TestValuesStayAsTheyAre(t *testing.T) {
	for _, values := range append(sdkValues, testValues...) {
		for each := reflect.ValueOf(values).MapRange(); each.Next(); {
			if got, want := each.Key().String(), each.Value().String(); got != want {
				t.Errorf("want %q, got %q", want, got)
			}
		}
	}
}
