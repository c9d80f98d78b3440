package define_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
	"github.com/segmentflow/segmentflow-go/emulator/define"
)

// mail returns a tree of a Container with these elements, and what is around it.
func mail(children []string, elements define.Elements) define.Tree {
	elements["html"] = define.HTML{Lang: "en", Children: []string{"body"}}
	elements["body"] = define.Body{Children: []string{"box"}}
	elements["box"] = define.Container{Children: children}
	return define.Tree{Root: "html", Elements: elements}
}

var (
	unsubscribe = define.Link{Text: "Unsubscribe", Href: define.State("/system/unsubscribeUrl")}
	address     = define.Text{Text: "Acme Outdoor GmbH, Lindenstr. 5, 10969 Berlin"}
)

const (
	shop    = "Acme Outdoor <shop@acme.example>"
	support = "Acme Support <support@acme.example>"
)

// acmeTemplates are the definitions of the Templates in the sample seed.
func acmeTemplates() map[string]any {
	return map[string]any{
		"order-receipt":  orderReceipt(),
		"password-reset": passwordReset(),
		"password-reset-by-event": define.Content{
			From:    support,
			Subject: "Reset your password",
			Body: mail([]string{"title", "text"}, define.Elements{
				"title": define.Heading{Text: "Reset your password"},
				"text":  define.Text{Text: define.Template("Your request ${/event/resetRequestId} is ready.")},
			}),
		},
		"trial-welcome": define.Content{
			From:    shop,
			Subject: "Welcome to the ${/event/plan} trial, ${/profile/firstName}",
			Body: mail([]string{"title", "unsubscribe"}, define.Elements{
				"title":       define.Heading{Text: define.Template("Your ${/event/plan} trial has begun")},
				"unsubscribe": unsubscribe,
			}),
		},
		"trial-reminder": define.Content{
			From:    shop,
			Subject: "${/profile/firstName}, your trial ends soon",
			Body: mail([]string{"title", "unsubscribe"}, define.Elements{
				"title":       define.Heading{Text: define.Template("Trial ${/event/trialId} ends in four days")},
				"unsubscribe": unsubscribe,
			}),
		},
		"autumn-sale": define.Content{
			From:    shop,
			Subject: "Autumn sale, ${/profile/firstName}",
			Body: mail([]string{"title", "text", "address", "unsubscribe"}, define.Elements{
				"title": define.Heading{Text: "Autumn sale"},
				"text": define.Text{Text: define.If{
					Cond: define.State("/profile/tier").Eq("gold"),
					Then: "30 % off for gold members",
					Else: "20 % off everything",
				}},
				"address":     address,
				"unsubscribe": unsubscribe,
			}),
		},
		"trail-notes-issue": define.Content{
			From:    "Trail Notes <shop@acme.example>",
			Subject: "Trail Notes",
			Body: mail([]string{"title", "text", "address", "unsubscribe"}, define.Elements{
				"title":       define.Heading{Text: "Trail Notes"},
				"text":        define.Markdown{Content: "Three walks for **short days**."},
				"address":     address,
				"unsubscribe": unsubscribe,
			}),
		},
	}
}

func passwordReset() define.Content {
	return define.Content{
		From:      support,
		Subject:   "Reset your password",
		Sensitive: []string{"/data/resetUrl"},
		Body: mail([]string{"title", "text", "button"}, define.Elements{
			"title":  define.Heading{Text: "Reset your password"},
			"text":   define.Text{Text: "This link works for 30 minutes."},
			"button": define.Button{Text: "Choose a new password", Href: define.State("/data/resetUrl")},
		}),
	}
}

func orderReceipt() define.Content {
	return define.Content{
		From:      shop,
		Subject:   "Your order ${/data/orderId}",
		Preheader: "Thank you, ${/profile/firstName}.",
		Sensitive: []string{"/data/paymentReference"},
		Body: define.Tree{Root: "html", Elements: define.Elements{
			"html":    define.HTML{Lang: "en", Children: []string{"head", "preview", "body"}},
			"head":    define.Head{},
			"preview": define.Preview{Text: define.Template("Order ${/data/orderId} is confirmed")},
			"body": define.Body{
				Style:    define.CSS{"backgroundColor": "#f6f6f4", "fontFamily": "Helvetica, Arial, sans-serif"},
				Children: []string{"box"},
			},
			"box": define.Container{
				Style:    define.CSS{"padding": "24px", "backgroundColor": "#ffffff"},
				Children: []string{"hello", "intro", "line", "rule", "total", "vip", "track", "foot"},
			},
			"hello": define.Heading{As: define.H1, Text: define.Template("Thank you, ${/profile/firstName}")},
			"intro": define.Text{Text: define.Template("We have received order ${/data/orderId}.")},
			"line": define.Row{
				Repeat:   define.Repeat{StatePath: "/data/lines", Key: "sku"},
				Children: []string{"lineName", "linePrice"},
			},
			"lineName":     define.Column{Children: []string{"lineNameText"}},
			"lineNameText": define.Text{Text: define.Item("name")},
			"linePrice": define.Column{
				Style:    define.CSS{"textAlign": "right"},
				Children: []string{"linePriceText"},
			},
			"linePriceText": define.Text{Text: define.Item("price")},
			"rule":          define.Hr{},
			"total":         define.Text{Text: define.Template("Total: ${/data/total} ${/data/currency}")},
			"vip": define.Text{
				Visible: define.State("/profile/tier").Eq("gold"),
				Text:    "As a gold member you ship for free.",
			},
			"track": define.Button{Text: "Track your parcel", Href: define.State("/data/trackingUrl")},
			"foot":  define.Markdown{Content: "Questions? Write to [support](mailto:support@acme.example)."},
		}},
	}
}

// acmeSegments are the definitions of the Segments in the sample seed.
func acmeSegments() map[string]any {
	return map[string]any{
		"gold":          define.State("/profile/tier").Eq("gold"),
		"recent-buyers": define.Performed{Event: "order.created", Within: 30 * define.Day},
		"lapsed": define.And{
			define.State("/profile/firstName").Exists(),
			define.Performed{Event: "order.created", Within: 90 * define.Day, Count: define.FewerThan(1)},
		},
	}
}

// acmeJourneys are the Journeys of the sample seed.
func acmeJourneys() []emulator.SeedJourney {
	return []emulator.SeedJourney{
		{
			Key:    "trial-onboarding",
			Name:   "Trial onboarding",
			Status: "Active",
			Entry: define.OnEvent{
				Event:  "trial.started",
				Filter: define.State("/event/plan").In("Pro", "Team"),
				Key:    "/event/trialId",
			},
			ExitOn: define.ExitRules{{
				ID:       "converted",
				Event:    "plan.purchased",
				Filter:   define.State("/event/trialId").Exists(),
				MatchKey: true,
			}},
			Settings: define.Settings{OnUnsubscribed: define.UnsubscribedSkip},
			Start:    "welcome",
			Nodes: define.Nodes{
				define.Email{ID: "welcome", Template: "trial-welcome", SubscriptionGroup: "offers", Next: "wait"},
				define.Delay{ID: "wait", For: 3 * define.Day, Next: "tier"},
				define.Branch{
					ID:      "tier",
					Paths:   []define.Path{{ID: "gold", When: define.State("/profile/tier").Eq("gold"), Next: "done"}},
					Default: "reminder",
				},
				define.Email{ID: "reminder", Template: "trial-reminder", SubscriptionGroup: "offers", Next: "done"},
				define.Exit{ID: "done"},
			},
		},
		{
			Key:    "password-reset",
			Name:   "Password reset",
			Status: "Active",
			Entry:  define.OnEvent{Event: "password_reset.requested"},
			Start:  "mail",
			Nodes: define.Nodes{
				define.Email{ID: "mail", Template: "password-reset-by-event", Next: "done"},
				define.Exit{ID: "done"},
			},
		},
		{
			Key:    "loyalty-upgrade",
			Name:   "Loyalty upgrade",
			Status: "Active",
			Entry:  define.OnAPI{},
			Start:  "mark",
			Nodes: define.Nodes{
				define.SetProperty{
					ID:   "mark",
					Set:  map[string]any{"tier": define.State("/data/newTier")},
					Next: "done",
				},
				define.Exit{ID: "done"},
			},
		},
	}
}

func jsonOf(t testing.TB, v any) string {
	t.Helper()
	raw, err := json.Marshal(v)
	require.NoError(t, err)
	return string(raw)
}

func sample(t testing.TB) emulator.Seed {
	t.Helper()
	raw, err := os.ReadFile("../testdata/acme.yaml")
	require.NoError(t, err)
	seed, err := emulator.ParseSeed(raw)
	require.NoError(t, err)
	return seed
}

// built is the sample seed with everything that this package defines.
func built(t testing.TB) emulator.Seed {
	t.Helper()
	seed := sample(t)
	templates, segments := acmeTemplates(), acmeSegments()
	require.Len(t, templates, len(seed.Templates))
	require.Len(t, segments, len(seed.Segments))
	for i := range seed.Templates {
		seed.Templates[i].Definition = templates[seed.Templates[i].Key]
	}
	for i := range seed.Segments {
		seed.Segments[i].Definition = segments[seed.Segments[i].Key]
	}
	seed.Journeys = acmeJourneys()
	return seed
}

func TestTheSampleSeedCanBeBuilt(t *testing.T) {
	want, got := sample(t), built(t)
	for i := range want.Templates {
		require.JSONEq(t, jsonOf(t, want.Templates[i]), jsonOf(t, got.Templates[i]))
	}
	for i := range want.Segments {
		require.JSONEq(t, jsonOf(t, want.Segments[i]), jsonOf(t, got.Segments[i]))
	}
	require.Len(t, got.Journeys, len(want.Journeys))
	for i := range want.Journeys {
		require.JSONEq(t, jsonOf(t, want.Journeys[i]), jsonOf(t, got.Journeys[i]))
	}
}

func TestABuiltSeedIsASeedFile(t *testing.T) {
	read, err := emulator.ParseSeed([]byte(jsonOf(t, built(t))))
	require.NoError(t, err)
	require.JSONEq(t, jsonOf(t, sample(t)), jsonOf(t, read))
}

// TestABuiltSeedChangesNothingInAFile starts a file with the text, and again with the Go values: what was written in
// between must stay.
func TestABuiltSeedChangesNothingInAFile(t *testing.T) {
	file := emulator.WithDatabase(filepath.Join(t.TempDir(), "world.db"))
	emu := emulator.Start(t, file, emulator.WithSeed(sample(t)))
	emu.Pause("loyalty-upgrade")
	require.NoError(t, emu.Close())
	emu = emulator.Start(t, file, emulator.WithSeed(built(t)))
	_, err := emu.Client().Journeys.Trigger(t.Context(), "loyalty-upgrade", &segmentflow.TriggerJourneyParams{
		Profile: segmentflow.TriggerProfile{ExternalID: "cus_124"},
	})
	require.ErrorIs(t, err, segmentflow.ErrInvalidState)
}

// TestTheBuiltSampleIsTheStoredOne seeds the text and then the Go values: nothing may become a new version.
func TestTheBuiltSampleIsTheStoredOne(t *testing.T) {
	emu := emulator.Start(t, emulator.WithSeed(sample(t)))
	before, err := emu.Client().Templates.Retrieve(t.Context(), emu.ID("template", "order-receipt"))
	require.NoError(t, err)
	require.NoError(t, emu.Seed(built(t)))
	after, err := emu.Client().Templates.Retrieve(t.Context(), emu.ID("template", "order-receipt"))
	require.NoError(t, err)
	require.Equal(t, before.CurrentSnapshotID, after.CurrentSnapshotID)
}
