package define_test

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
	"github.com/segmentflow/segmentflow-go/emulator/define"
)

func show(v any) {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	fmt.Println(string(raw))
}

func ExampleCondition() {
	show(define.State("/profile/tier").Eq("gold"))
	show(define.And{define.Subscribed("offers"), define.Not(define.InSegment("lapsed"))})
	show(define.Comparison{State: "/event/total", Op: define.OpGt, Value: define.State("/profile/budget"), Not: true})
	// Output:
	// {"$state":"/profile/tier","eq":"gold"}
	// {"$and":[{"subscribed":"offers"},{"$not":{"inSegment":"lapsed"}}]}
	// {"$state":"/event/total","gt":{"$state":"/profile/budget"},"not":true}
}

// Profiles that have bought something this month, and those that have not.
func ExamplePerformed() {
	show(define.Performed{Event: "order.created", Within: 30 * define.Day})
	show(define.Performed{Event: "order.created", Within: 30 * define.Day, Count: define.FewerThan(1)})
	// Output:
	// {"performed":{"event":"order.created","within":"P30D"}}
	// {"performed":{"event":"order.created","within":"P30D","count":{"lt":1}}}
}

func ExampleDuration() {
	show(define.Delay{ID: "wait", For: 90 * time.Minute})
	show(define.Delay{ID: "wait", For: 3 * define.Day})
	show(define.Delay{ID: "wait", For: define.ISO("P2W")})
	// Output:
	// {"type":"delay","id":"wait","for":"PT1H30M"}
	// {"type":"delay","id":"wait","for":"P3D"}
	// {"type":"delay","id":"wait","for":"P2W"}
}

// The next weekday at 9:00 on the clock of the Profile, and a week before a date of the Profile.
func ExampleDelay() {
	show(define.Delay{ID: "morning", Until: define.UntilLocal{Hour: 9, Days: []time.Weekday{time.Monday, time.Friday}}})
	show(define.Delay{ID: "renewal", Until: define.UntilProperty{Path: "/profile/renewsAt", Offset: -define.Week}})
	// Output:
	// {"type":"delay","id":"morning","untilLocal":{"hour":9,"minute":0,"days":[1,5]}}
	// {"type":"delay","id":"renewal","untilProperty":{"path":"/profile/renewsAt","offset":"-P7D"}}
}

func ExampleEntry() {
	show(define.OnEvent{Event: "cart.filled", Key: "/event/cartId"})
	show(define.OnAPI{})
	show(define.OnSegment{Segment: "gold", EnrollExisting: true})
	// Output:
	// {"type":"event","event":"cart.filled","key":"/event/cartId"}
	// {"type":"api"}
	// {"type":"segment","segment":"gold","enrollExisting":true}
}

// cart is a Journey for those who leave a full cart behind.
func cart() emulator.SeedJourney {
	return emulator.SeedJourney{
		Key:    "cart",
		Status: "Active",
		Entry:  define.OnEvent{Event: "cart.filled", Key: "/event/cartId"},
		ExitOn: define.ExitRules{{ID: "emptied", Event: "cart.emptied", MatchKey: true}},
		Start:  "wait",
		Nodes: define.Nodes{
			define.WaitFor{
				ID:          "wait",
				Branches:    []define.WaitBranch{{ID: "bought", Event: "order.created", Next: "mark"}},
				Timeout:     2 * define.Day,
				TimeoutNext: "test",
			},
			define.RandomCohort{ID: "test", Arms: []define.Arm{
				{ID: "mail", Percent: 50, Next: "reminder"},
				{ID: "control", Percent: 50, Next: "done"},
			}},
			define.Email{ID: "reminder", Template: "hello", Next: "done"},
			define.SetProperty{
				ID:   "mark",
				Set:  map[string]any{"lastOrder": define.State("/steps/wait/event/orderId")},
				Next: "tell",
			},
			define.EmitEvent{
				ID:    "tell",
				Event: "cart.bought",
				Data:  map[string]any{"cartId": define.State("/event/cartId")},
				Next:  "done",
			},
			define.Exit{ID: "done"},
		},
	}
}

func ExampleNodes() {
	emu, err := emulator.New()
	if err != nil {
		panic(err)
	}
	defer emu.Close()
	if err := emu.Seed(emulator.Seed{Journeys: []emulator.SeedJourney{cart()}}); err != nil {
		panic(err)
	}

	var run string
	for _, track := range []segmentflow.TrackEventParams{
		{Event: "cart.filled", Data: map[string]any{"cartId": "c1"}},
		{Event: "order.created", Data: map[string]any{"orderId": "ord_1"}},
	} {
		track.Profile.Email = "alex@example.com"
		event, err := emu.Client().Events.Track(context.Background(), &track)
		if err != nil {
			panic(err)
		}
		for _, outcome := range emu.Event(event.EventID).Outcomes {
			run = outcome.RunID
		}
	}
	for _, step := range emu.Run(run).Path {
		fmt.Println(step.Node, step.Outcome)
	}
	fmt.Println(emu.Profile("alex@example.com").Properties["lastOrder"].Value)
	// Output:
	// wait bought
	// mark set
	// tell emitted
	// done exit
	// ord_1
}

// receipt has a row for each line of the order.
var receipt = define.Content{
	Subject:   "Your order ${/data/orderId}",
	Sensitive: []string{"/data/paymentReference"},
	Body: define.Tree{Root: "html", Elements: define.Elements{
		"html":  define.HTML{Lang: "en", Children: []string{"body"}},
		"body":  define.Body{Children: []string{"title", "line", "vip", "track"}},
		"title": define.Heading{As: define.H1, Text: define.Template("Order ${/data/orderId}")},
		"line": define.Row{
			Repeat:   define.Repeat{StatePath: "/data/lines", Key: "sku"},
			Children: []string{"name"},
		},
		"name":  define.Column{Children: []string{"text"}},
		"text":  define.Text{Text: define.Item("name"), Style: define.CSS{"color": "#333333"}},
		"vip":   define.Text{Visible: define.State("/profile/vip"), Text: "You ship for free."},
		"track": define.Button{Text: "Track your parcel", Href: define.State("/data/trackingUrl")},
	}},
}

func ExampleContent() {
	emu, err := emulator.New()
	if err != nil {
		panic(err)
	}
	defer emu.Close()
	if err := emu.Seed(emulator.Seed{Templates: []emulator.SeedTemplate{
		{Key: "receipt", Purpose: "Transactional", Definition: receipt},
	}}); err != nil {
		panic(err)
	}

	if _, err := emu.Client().Emails.Send(context.Background(), &segmentflow.SendEmailParams{
		TemplateID: emu.ID("template", "receipt"),
		To:         &segmentflow.Recipient{Email: "alex@example.com"},
		Data: map[string]any{
			"orderId":     "ord_1",
			"lines":       []map[string]string{{"sku": "t1", "name": "Tent"}, {"sku": "m2", "name": "Map"}},
			"trackingUrl": "https://post.example/1",
		},
	}); err != nil {
		panic(err)
	}
	msg := emu.Outbox().Last()
	fmt.Println(msg.Subject)
	fmt.Println(msg.Text)
	// Output:
	// Your order ord_1
	// Order ord_1
	//
	// Tent
	// Map
	//
	// Track your parcel (https://post.example/1)
}

func ExampleIf() {
	show(define.Text{Text: define.If{Cond: define.State("/profile/vip"), Then: "30 % off", Else: "20 % off"}})
	// Output:
	// {"type":"Text","props":{"text":{"$cond":{"$state":"/profile/vip"},"$else":"20 % off","$then":"30 % off"}}}
}
