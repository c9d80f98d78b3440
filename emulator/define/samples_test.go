package define_test

import (
	"time"

	"github.com/segmentflow/segmentflow-go/emulator"
	"github.com/segmentflow/segmentflow-go/emulator/define"
)

// The samples have every type of the package with every field.

var sampleConditions = []define.Condition{
	define.Always,
	define.Never,
	define.And{define.Always},
	define.Or{define.Never, define.State("/profile/vip")},
	define.Conditions{define.Always},
	define.Not(define.Never),
	define.Comparison{State: "/profile/vip", Not: true},
	define.State("/profile/tier").Eq(nil),
	define.State("/profile/tier").Neq(define.State("/event/tier")),
	define.State("/profile/age").Gt(17.5),
	define.State("/profile/age").Gte("18"),
	define.State("/profile/age").Lt(18),
	define.State("/profile/age").Lte(18),
	define.State("/profile/tier").In("gold", 1, nil),
	define.Comparison{State: "/profile/tier", Op: define.OpIn, Value: define.State("/event/tiers"), Not: true},
	define.State("/profile/tags").Contains("x"),
	define.State("/profile/a~1b").Exists(),
	define.State("/profile/name").Missing(),
	define.State("/profile/name").StartsWith("A"),
	define.State("/profile/at").Before(time.Date(2026, 6, 5, 12, 0, 0, 0, time.UTC)),
	define.State("/profile/at").After("2026-06-05"),
	define.State("/profile/at").Within(30 * define.Day),
	define.State("/profile/at").Within(define.ISO("P1W")),
	define.Performed{
		Event:  "order.*",
		Filter: define.State("/event/total").Gt(10),
		Within: define.Week,
		Count:  define.AtLeast(2),
	},
	define.Performed{Event: "e", Count: define.AtMost(2)},
	define.Performed{Event: "e", Count: define.Exactly(2)},
	define.Performed{Event: "e", Count: define.FewerThan(2)},
	define.Performed{Event: "e", Count: define.MoreThan(0)},
	define.Received{Event: define.Sent, Template: "welcome", Within: time.Hour},
	define.Received{Event: define.Delivered},
	define.Received{Event: define.Opened},
	define.Received{Event: define.Clicked},
	define.Received{Event: define.Bounced},
	define.Received{Event: define.Complained},
	define.Subscribed("offers"),
	define.InSegment("gold"),
	define.Bucket{Percent: 12.5, Salt: "s"},
}

var sampleNodes = define.Nodes{
	define.Email{
		ID:                "mail",
		Template:          "welcome",
		SubscriptionGroup: "offers",
		SenderProfile:     "shop",
		Subject:           define.If{Cond: define.Always, Then: "Hi ${/event/name}", Else: define.Template("Hi")},
		OnUnsubscribed:    define.UnsubscribedSkip,
		OnFailure:         define.SendFailureContinue,
		Next:              "done",
	},
	define.Delay{ID: "hour", For: time.Hour, Next: "done"},
	define.Delay{
		ID: "morning",
		Until: define.UntilLocal{
			Hour:     9,
			Minute:   30,
			Days:     []time.Weekday{time.Sunday, time.Monday},
			Timezone: "Europe/Berlin",
		},
		Next: "done",
	},
	define.Delay{
		ID: "renewal",
		Until: define.UntilProperty{
			Path:         "/profile/renewsAt",
			Offset:       -7 * define.Day,
			IfMissing:    define.OtherwiseExit,
			IfPast:       define.OtherwiseExit,
			IfUnreadable: define.OtherwiseContinue,
		},
		Next: "done",
	},
	define.WaitFor{
		ID: "wait",
		Branches: []define.WaitBranch{
			{ID: "bought", Event: "order.*", Filter: define.State("/event/total").Gt(10), Next: "done"},
			{ID: "vip", Condition: define.State("/profile/vip"), Next: "done"},
		},
		Timeout:     2 * define.Day,
		TimeoutNext: "done",
		Since:       define.SinceEntry,
		MatchKey:    true,
	},
	define.Branch{
		ID:      "tier",
		Paths:   []define.Path{{ID: "gold", When: define.State("/profile/tier").Eq("gold"), Next: "done"}},
		Default: "done",
	},
	define.RandomCohort{
		ID:     "test",
		Arms:   []define.Arm{{ID: "a", Percent: 33.33, Next: "done"}, {ID: "b", Percent: 66.67, Next: "done"}},
		Sticky: define.StickyRun,
	},
	define.SetProperty{
		ID: "mark",
		Set: map[string]any{
			"tier": define.If{Cond: define.Always, Then: define.State("/event/tier"), Else: define.Null{}},
			"old":  nil,
		},
		Next: "done",
	},
	define.EmitEvent{
		ID:    "tell",
		Event: "told",
		Data:  map[string]any{"list": []any{define.State("/profile/tier")}},
		Next:  "done",
	},
	define.Exit{ID: "done", Reason: "finished"},
}

// sampleJourneys have all nodes, with each kind of entry.
func sampleJourneys() []emulator.SeedJourney {
	entries := []define.Entry{
		define.OnEvent{Event: "trial.started", Filter: define.Always, Key: "/event/trialId"},
		define.OnAPI{Filter: define.Always, Key: "/data/orderId"},
		define.OnSegment{Segment: "gold", EnrollExisting: true},
	}
	journeys := make([]emulator.SeedJourney, len(entries))
	for i, entry := range entries {
		journeys[i] = emulator.SeedJourney{
			ID:       "1f0e2d3c-4b5a-4968-8776-655443322110",
			Key:      "everything",
			Name:     "Everything",
			Status:   "Draft",
			Entry:    entry,
			Audience: define.And(sampleConditions),
			Reentry:  define.Reentry{Mode: define.ReentryAfterExit, Cooldown: 30 * define.Day},
			ExitOn: define.ExitRules{
				{ID: "bought", Event: "order.*", Filter: define.Always, MatchKey: true},
				{ID: "left", Condition: define.State("/profile/left")},
			},
			Settings: define.Settings{
				OnUnsubscribed:  define.UnsubscribedSkip,
				OnSendFailure:   define.SendFailureContinue,
				OnPause:         define.PauseDrain,
				ExitDuringDelay: define.DelayExitAtEnd,
			},
			Start: "mail",
			Nodes: sampleNodes,
		}
	}
	return journeys
}

// sampleElements are the elements by their keys, without a place in the tree.
func sampleElements() define.Elements {
	style, visible := define.CSS{"padding": "24px", "color": define.State("/profile/color")}, define.Always
	repeat := define.Repeat{StatePath: "/data/lines", Key: "sku"}
	choice := define.If{Cond: define.Always, Then: define.CSS{"color": "red"}, Else: define.CSS{}}
	nested := []string{"child"}
	return define.Elements{
		"html": define.HTML{
			Lang:     "en",
			Dir:      define.RTL,
			Children: nested,
			Style:    style,
			Visible:  visible,
			Repeat:   repeat,
		},
		"head": define.Head{Children: nested, Style: style, Visible: visible, Repeat: repeat},
		"preview": define.Preview{
			Text:  define.Template("Hi ${/data/name}"),
			Style: style, Visible: visible, Repeat: repeat,
		},
		"body": define.Body{Children: nested, Style: style, Visible: visible, Repeat: repeat},
		"container": define.Container{
			Children: nested,
			Style:    define.State("/data/style"), Visible: visible, Repeat: repeat,
		},
		"section": define.Section{Children: nested, Style: choice, Visible: visible, Repeat: repeat},
		"row":     define.Row{Children: nested, Style: define.Item("style"), Visible: visible, Repeat: repeat},
		"column":  define.Column{Children: nested, Style: style, Visible: visible, Repeat: repeat},
		"heading": define.Heading{
			Text: define.Item("name"), As: define.H2,
			Style: style, Visible: visible, Repeat: repeat,
		},
		"text": define.Text{Text: define.Index{}, Style: style, Visible: visible, Repeat: repeat},
		"link": define.Link{Text: 12.5, Href: "https://a.example", Style: style, Visible: visible, Repeat: repeat},
		"button": define.Button{
			Text: true, Href: define.State("/data/url"),
			Style: style, Visible: visible, Repeat: repeat,
		},
		"image": define.Image{
			Src:     "https://a.example/a.png",
			Alt:     "A",
			Width:   100,
			Height:  "50%",
			Style:   style,
			Visible: visible,
			Repeat:  repeat,
		},
		"hr": define.Hr{Style: style, Visible: visible, Repeat: repeat},
		"markdown": define.Markdown{
			Content: define.If{Cond: define.Always,
				Then: "*Hi*"},
			Style:   style,
			Visible: visible,
			Repeat:  repeat,
		},
	}
}

var sampleContents = []define.Content{
	{
		From:            "Shop <shop@a.example>",
		ReplyTo:         "help@a.example",
		Subject:         "Order ${/data/id}",
		Preheader:       define.State("/data/preheader"),
		Body:            define.Tree{Root: "text", Elements: define.Elements{"text": define.Text{Text: "Hi"}}},
		RenderVariables: map[string]any{"id": "ord_1"},
		Sensitive:       []string{"/data/url"},
	},
	{Subject: "Hi", HTML: "<p>Hi ${/profile/firstName}</p>", Text: "Hi"},
}
