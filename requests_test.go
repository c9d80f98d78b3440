package segmentflow_test

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
)

const (
	templateID = "8a1c7b0e-52f4-4c1c-9b57-2f5a6f1f0c55"
	profileID  = "b7c9a5de-3c0b-4f52-a6c9-6b0a7c2b8b90"
	segmentID  = "2d1c0b9a-8f7e-4d6c-9b5a-4f3e2d1c0b9a"
	groupID    = "3e2d1c0b-9a8f-4e7d-8c6b-5a4f3e2d1c0b"
	senderID   = "e5d4c3b2-1a0f-4e2d-9c3b-5a4968778695"
)

var thursday = time.Date(2026, 3, 5, 9, 0, 0, 0, time.UTC)

// carrierExamples contains the params that Broadcasts and Issues share, by the name of the operation.
var carrierExamples = map[string]map[string]any{
	"preview": {"one": &segmentflow.PreviewCarrierParams{ProfileID: profileID, Limit: 1}},
	"test": {"address": &segmentflow.SendTestParams{Email: "mira@acme.example"},
		"profile": &segmentflow.SendTestParams{ProfileID: profileID}},
	"schedule": {"time": &segmentflow.ScheduleCarrierParams{ScheduledAt: thursday.In(time.FixedZone("", 3600))},
		"span": &segmentflow.ScheduleCarrierParams{ScheduledIn: 48 * time.Hour}},
}

// exampleParams contains the params that make the contract's example requests, by operation and example.
var exampleParams = map[string]map[string]any{
	"sendEmail": {
		"receipt": &segmentflow.SendEmailParams{
			TemplateID: templateID,
			To:         &segmentflow.Recipient{Email: "alex@example.com", ExternalID: "cus_123"},
			Data: json.RawMessage(
				`{"orderId":"ord_9421","total":42.5,"lines":[{"sku":"tent-2","name":"Tent","price":"42.50"}]}`,
			),
		},
		"envelope": &segmentflow.SendEmailParams{
			TemplateID: templateID,
			ProfileID:  profileID,
			From:       "Acme Outdoor <shop@acme.example>",
			ReplyTo:    "support@acme.example",
			Subject:    "Your order ord_9421",
			CC:         []string{"accounting@acme.example"},
			BCC:        []string{"archive@acme.example"},
			Tracking:   &segmentflow.Tracking{Clicks: true},
		},
	},
	"batchSendEmails": {
		"receipts": &segmentflow.BatchSendParams{Defaults: &segmentflow.BatchDefaults{TemplateID: templateID},
			Items: []segmentflow.BatchSendItem{
				{
					IdempotencyKey: "receipt:ord_9421",
					To:             &segmentflow.Recipient{Email: "alex@example.com"},
					Data:           map[string]any{"orderId": "ord_9421"},
				},
				{
					IdempotencyKey: "receipt:ord_9422",
					To:             &segmentflow.Recipient{ExternalID: "cus_124"},
					Data:           map[string]any{"orderId": "ord_9422"},
				},
			}},
	},
	"trackEvent": {"order": &segmentflow.TrackEventParams{Event: "order.created",
		Profile: segmentflow.ProfileIdentity{
			Email:      "alex@example.com",
			ExternalID: "cus_123",
			Properties: map[string]any{"tier": "gold"},
		},
		Data: map[string]any{"orderId": "ord_9421", "resetUrl": "https://acme.example/r/1"}, ReferenceID: "ord_9421",
		RedactedDataPaths: []string{"/event/resetUrl"}, OccurredAt: time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC)}},
	"triggerJourney": {"trial": &segmentflow.TriggerJourneyParams{
		Profile:   segmentflow.TriggerProfile{Email: "alex@example.com", ExternalID: "cus_123"},
		Variables: map[string]any{"plan": "Pro", "trialDays": 14}}},

	"listProfiles": {"gold": &segmentflow.ListProfilesParams{ProfileFilter: segmentflow.ProfileFilter{Search: "alex",
		ProfilePropertyFilter: []segmentflow.ProfilePropertyFilter{{ID: "tier", Values: []string{"gold"}}},
		SourceFilter:          []segmentflow.ProfileSource{segmentflow.ProfileSourceEvent}}, Limit: 20}},
	"updateProfile": {
		"tier": &segmentflow.UpdateProfileParams{
			Properties: map[string]any{"tier": "gold", "trialPlan": nil},
			Phone:      segmentflow.Null[string](),
		},
	},
	"bulkDeleteProfiles": {
		"ids": &segmentflow.BulkDeleteProfilesParams{ProfileIDs: []string{profileID}},
		"filter": &segmentflow.BulkDeleteProfilesParams{
			Filter: &segmentflow.ProfileFilter{
				SourceFilter: []segmentflow.ProfileSource{segmentflow.ProfileSourceImport},
			},
		},
	},
	"setProfileSubscription": {
		"subscribe": &segmentflow.SetSubscriptionParams{Status: segmentflow.SubscriptionStatusSubscribed},
	},

	"createTemplate": {
		"receipt": &segmentflow.CreateTemplateParams{
			Name:            "Order receipt",
			Purpose:         segmentflow.TemplatePurposeTransactional,
			SenderProfileID: senderID,
			Language:        "en",
			Definition: json.RawMessage(`{"from":"Acme Outdoor <shop@acme.example>",
				"subject":"Your order ${/data/orderId}","body":{"root":"html","elements":{
					"html":{"type":"Html","props":{"lang":"en"},"children":["body"]},
					"body":{"type":"Body","props":{},"children":["text"]},
					"text":{"type":"Text","props":{"text":{"$template":"Thank you, ${/profile/firstName}."}},
						"visible":{"$state":"/profile/tier","eq":"gold"}}}}}`),
		},
	},
	"updateTemplate": {
		"rename": &segmentflow.UpdateTemplateParams{Name: "Receipt", SenderProfileID: segmentflow.Null[string]()},
	},
	"createBrandKit": {
		"acme": &segmentflow.CreateBrandKitParams{Name: "Acme Outdoor", WebsiteURL: "https://acme.example"},
	},
	"updateBrandKit": {
		"colors": &segmentflow.UpdateBrandKitParams{
			Logo:   segmentflow.Null[string](),
			Colors: segmentflow.Value(segmentflow.BrandKitColors{Primary: new("#1b4332"), Accent: new("#ffb703")}),
			Fonts:  []string{"Inter"},
		},
	},
	"createAssetUploadURL": {
		"logo": &segmentflow.CreateAssetUploadURLParams{Filename: "logo.png", ContentType: "image/png", Size: 18234},
	},
	"createAsset": {
		"logo": &segmentflow.CreateAssetParams{
			Filename: "logo.png", S3Key: "organizations/acme/1f2e/logo.png", ContentType: "image/png", Size: 18234,
			ImageType: segmentflow.ImageTypeLogo,
		},
	},
	"updateAsset": {
		"texts": &segmentflow.UpdateAssetParams{
			Description: segmentflow.Null[string](), AltText: segmentflow.Value("Acme Outdoor"),
			Tags: []string{"brand"},
		},
	},
	"previewSegment": {"few": &segmentflow.PreviewSegmentParams{Limit: 5}},

	"createBroadcast": {
		"template": &segmentflow.CreateBroadcastParams{
			Name:                "Spring sale",
			SegmentID:           segmentID,
			SubscriptionGroupID: groupID,
			TemplateID:          templateID,
		},
		"inline": &segmentflow.CreateBroadcastParams{
			Name:        "Spring sale",
			SegmentID:   segmentID,
			TopicID:     groupID,
			From:        "Acme Outdoor <shop@acme.example>",
			Subject:     "Spring is here, ${/profile/firstName}",
			ReplyTo:     []string{"support@acme.example"},
			HTML:        "<p>Hello ${/profile/firstName}</p>",
			Text:        "Hello ${/profile/firstName}",
			ScheduledIn: time.Hour,
		},
	},
	"updateBroadcast": {
		"rename": &segmentflow.UpdateBroadcastParams{Subject: segmentflow.Value("Last days of the spring sale"),
			SegmentID: segmentflow.Null[string]()},
	},
	"previewBroadcast":  carrierExamples["preview"],
	"testBroadcast":     carrierExamples["test"],
	"scheduleBroadcast": carrierExamples["schedule"],

	"createNewsletter": {
		"trailNotes": &segmentflow.CreateNewsletterParams{Name: "Trail Notes", SubscriptionGroupID: groupID,
			SenderProfileID: senderID, Cadence: "every other Thursday"},
	},
	"updateNewsletter": {"cadence": &segmentflow.UpdateNewsletterParams{Cadence: segmentflow.Null[string]()}},
	"createNewsletterIssue": {
		"huts": &segmentflow.CreateNewsletterIssueParams{
			Title:      "Huts of the north",
			Subject:    "Trail Notes 12",
			TemplateID: templateID,
		},
		"inline": &segmentflow.CreateNewsletterIssueParams{
			Title:     "Huts of the north",
			Number:    12,
			SegmentID: segmentID,
			HTML:      "<p>Hello</p>",
		},
	},
	"updateNewsletterIssue": {
		"subject": &segmentflow.UpdateNewsletterIssueParams{Subject: segmentflow.Value("Trail Notes 12: huts"),
			SegmentID: segmentflow.Null[string]()},
	},
	"previewNewsletterIssue":  carrierExamples["preview"],
	"testNewsletterIssue":     carrierExamples["test"],
	"scheduleNewsletterIssue": carrierExamples["schedule"],
}

// spelling replaces what the client spells differently than some examples: times in UTC, spans in hours, addresses as a
// list.
var spelling = strings.NewReplacer(
	`"2026-03-02T10:30:00+01:00"`, `"2026-03-02T09:30:00Z"`,
	`"in 2 days"`, `"in 48 hours"`,
	`"cc":"accounting@acme.example"`, `"cc":["accounting@acme.example"]`,
)

func TestEachRequestOfTheContractCanBeMade(t *testing.T) {
	for id, op := range readContract(t).operations(t) {
		assert.Len(t, exampleParams[id], len(op.requests), id)
		for name, example := range op.requests {
			t.Run(id+" "+name, func(t *testing.T) {
				params := exampleParams[id][name]
				require.NotNil(t, params)
				client, w := answering(t, least(op))
				_, err := invoke(t, client, methods[id], params)
				require.NoError(t, err)
				assert.JSONEq(t, spelling.Replace(example), w.requests[0].body)
			})
		}
	}
}

// paramsType returns the type of a method's params, or nil if it takes only ids.
func paramsType(method any) reflect.Type {
	f := reflect.TypeOf(method)
	if last := f.In(f.NumIn() - 2); last.Kind() == reflect.Pointer {
		return last.Elem()
	}
	return nil
}

// wireNames returns the names that a struct's fields have in a request.
func wireNames(of reflect.Type) []string {
	var names []string
	for _, field := range reflect.VisibleFields(of) {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if name == "" {
			name = strings.ToLower(field.Name[:1]) + field.Name[1:]
		}
		if !field.Anonymous && name != "-" {
			names = append(names, name)
		}
	}
	return names
}

func TestParamsHaveTheContractsFieldsAndNoOthers(t *testing.T) {
	// TestABroadcastIsScheduledByItsTimeAlone tests the times of a carrier.
	times := func(name string) bool { return slices.Contains([]string{"send", "scheduledAt", "scheduledIn"}, name) }
	for id, op := range readContract(t).operations(t) {
		want := slices.Concat(op.fields, op.query)
		params := paramsType(methods[id])
		if len(want) == 0 {
			assert.Nil(t, params, id)
			continue
		}
		require.NotNil(t, params, id)
		assert.ElementsMatch(t, slices.DeleteFunc(want, times), slices.DeleteFunc(wireNames(params), times), id)
	}
}

func TestAProfileIsIdentifiedByTheContractsFieldsAndNoOthers(t *testing.T) {
	c := readContract(t)
	for schema, typ := range map[string]reflect.Type{
		"EventProfile":   reflect.TypeFor[segmentflow.ProfileIdentity](),
		"JourneyProfile": reflect.TypeFor[segmentflow.TriggerProfile](),
		"Recipient":      reflect.TypeFor[segmentflow.Recipient](),
	} {
		members := c.members(map[string]any(c), "components", "schemas", schema, "properties")
		assert.ElementsMatch(t, slices.Collect(maps.Keys(members)), wireNames(typ), schema)
	}
}

// least returns a reply to an operation that has what it must have, and otherwise nothing.
func least(op operation) reply {
	switch op.id {
	case "batchSendEmails":
		return accepted(2) // as many items as in the example
	case "listTemplates": // no object
		return reply{status: 200, body: "[]"}
	}
	return idOf
}

func TestListsAreNarrowedByQuery(t *testing.T) {
	for id, op := range readContract(t).operations(t) {
		if len(op.query) == 0 {
			continue
		}
		params, want := reflect.New(paramsType(methods[id])), map[string][]string{}
		for i, name := range wireNames(params.Elem().Type()) {
			switch field := params.Elem().Field(i); field.Kind() {
			case reflect.Int:
				field.SetInt(7)
				want[name] = []string{"7"}
			case reflect.String:
				field.SetString("a&b")
				want[name] = []string{"a&b"}
			default:
				field.Set(reflect.MakeSlice(field.Type(), 2, 2))
				field.Index(0).SetString("x")
				field.Index(1).SetString("y")
				want[name] = []string{"x", "y"}
			}
		}
		client, w := answering(t, least(op))
		_, err := invoke(t, client, methods[id], params.Interface())
		require.NoError(t, err)
		assert.Equal(t, want, map[string][]string(w.requests[0].URL.Query()), id)
	}
}

// enums contains the constants of each enum, by its schema in the contract.
var enums = map[string]any{
	"EmailSendStatus": []segmentflow.EmailSendStatus{
		segmentflow.EmailSendStatusQueued,
		segmentflow.EmailSendStatusProcessing,
		segmentflow.EmailSendStatusSent,
		segmentflow.EmailSendStatusFailed,
		segmentflow.EmailSendStatusSkipped,
	},
	"JourneyRunStatus": []segmentflow.JourneyRunStatus{
		segmentflow.JourneyRunStatusQueued,
		segmentflow.JourneyRunStatusRunning,
		segmentflow.JourneyRunStatusCompleted,
		segmentflow.JourneyRunStatusFailed,
		segmentflow.JourneyRunStatusExited,
	},
	"CarrierStatus": []segmentflow.BroadcastStatus{
		segmentflow.BroadcastStatusNotStarted,
		segmentflow.BroadcastStatusInProgress,
		segmentflow.BroadcastStatusTriggered,
		segmentflow.BroadcastStatusSent,
		segmentflow.BroadcastStatusFailed,
		segmentflow.BroadcastStatusArchived,
		segmentflow.BroadcastStatusWarming,
		segmentflow.BroadcastStatusPaused,
	},
	"ProfileSource": []segmentflow.ProfileSource{
		segmentflow.ProfileSourceFormSubmission,
		segmentflow.ProfileSourceCSVImport,
		segmentflow.ProfileSourceShopify,
		segmentflow.ProfileSourceAPI,
		segmentflow.ProfileSourceEvent,
		segmentflow.ProfileSourceSeed,
		segmentflow.ProfileSourceImport,
		segmentflow.ProfileSourceJourney,
		segmentflow.ProfileSourceDashboard,
		segmentflow.ProfileSourceSDK,
		segmentflow.ProfileSourceWordPress,
		segmentflow.ProfileSourceWooCommerce,
	},
	"SuppressionReason": []segmentflow.SuppressionReason{
		segmentflow.SuppressionReasonBounce,
		segmentflow.SuppressionReasonComplaint,
		segmentflow.SuppressionReasonManual,
	},
	"SubscriptionStatus": []segmentflow.SubscriptionStatus{
		segmentflow.SubscriptionStatusSubscribed,
		segmentflow.SubscriptionStatusUnsubscribed,
	},
	"SubscriptionPolicy": []segmentflow.SubscriptionPolicy{
		segmentflow.SubscriptionPolicyOptIn,
		segmentflow.SubscriptionPolicyOptOut,
	},
	"TemplateStatus": []segmentflow.TemplateStatus{
		segmentflow.TemplateStatusActive,
		segmentflow.TemplateStatusArchived,
	},
	"TemplatePurpose": []segmentflow.TemplatePurpose{
		segmentflow.TemplatePurposeGeneral,
		segmentflow.TemplatePurposeNewsletter,
		segmentflow.TemplatePurposePromotional,
		segmentflow.TemplatePurposeTransactional,
		segmentflow.TemplatePurposeLeadMagnetDelivery,
	},
	"SegmentType": []segmentflow.SegmentType{segmentflow.SegmentTypeDynamic, segmentflow.SegmentTypeManual},
}

func TestEnumsHaveTheContractsValues(t *testing.T) {
	c := readContract(t)
	for schema, constants := range enums {
		values := c.at(map[string]any(c), "components", "schemas", schema, "enum")
		if open, ok := c.at(map[string]any(c), "components", "schemas", schema, "anyOf").([]any); ok {
			values = c.at(open[0], "enum") // an open set: one of these, or any other string
		}
		assert.JSONEq(t, asJSON(t, values), asJSON(t, constants), schema)
	}
}
