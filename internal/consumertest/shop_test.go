package consumer_test

import (
	"errors"
	"fmt"
	"iter"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
	"github.com/segmentflow/segmentflow-go/emulator/define"

	consumer "example.com/consumer"
)

// seed is the world of the tests. Two days after an order comes a question, unless the customer returns it.
func seed() emulator.Seed {
	return emulator.Seed{
		Domains:            []emulator.SeedDomain{{Domain: "acme.example", Status: "verified"}},
		SenderProfiles:     []emulator.SeedSenderProfile{{Key: "shop", Email: "shop@acme.example", Default: true}},
		SubscriptionGroups: []emulator.SeedSubscriptionGroup{{Key: "offers", Name: "Offers", Policy: "OptOut"}},
		Segments: []emulator.SeedSegment{
			{Key: "buyers", Name: "Buyers", Definition: define.State("/profile/buyer").Eq(true)},
		},
		Templates: []emulator.SeedTemplate{
			{Key: "receipt", Purpose: "Transactional", Definition: define.Content{
				Subject: "Order ${/data/orderId}",
				Body: define.Tree{Root: "body", Elements: define.Elements{
					"body":  define.Body{Children: []string{"total"}, Style: define.CSS{"padding": "8px"}},
					"total": define.Text{Text: define.Template("You have paid ${/data/total}.")},
				}},
			}},
			{Key: "question", Purpose: "Transactional", Definition: define.Content{Subject: "Happy?", Text: "Well?"}},
			{Key: "sale", Purpose: "Promotional", Definition: define.Content{
				Subject: "Sale", HTML: `<a href="${/system/unsubscribeUrl}">Stop</a>`,
			}},
		},
		Journeys: []emulator.SeedJourney{{
			Key:     "ask",
			Status:  "Active",
			Entry:   define.OnEvent{Event: "order.created", Filter: define.State("/event/total").Gt(10)},
			Reentry: define.Reentry{Mode: define.ReentryAlways},
			ExitOn:  define.ExitRules{{ID: "returned", Event: "order.returned"}},
			Start:   "wait",
			Nodes: define.Nodes{
				define.Delay{ID: "wait", For: 2 * define.Day, Next: "ask"},
				define.Email{ID: "ask", Template: "question", Next: "done"},
				define.Exit{ID: "done"},
			},
		}},
	}
}

var world = emulator.World(func(*emulator.Emulator) error { return nil }, emulator.WithSeed(seed()),
	emulator.WithStartTime(time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)))

func open(t *testing.T) (*emulator.Emulator, *consumer.Shop) {
	t.Helper()
	emu := world.Start(t, emulator.WithGuards(emulator.GuardAll&^emulator.GuardWaiting))
	shop, err := consumer.Connect(emu.APIKey(), emu.ID("template", "receipt"), emu.ClientOptions()...)
	if err != nil {
		t.Fatal(err)
	}
	return emu, shop
}

func order(n int) consumer.Order {
	return consumer.Order{ID: fmt.Sprint("ord_", n), Email: fmt.Sprintf("p%d@example.com", n), Total: 42.5}
}

func TestAnOrderHasOneReceiptAndAQuestionLater(t *testing.T) {
	emu, shop := open(t)
	first, err := shop.Sell(t.Context(), order(1))
	if err != nil {
		t.Fatal(err)
	}
	second, err := shop.Sell(t.Context(), order(1))
	if err != nil || first != second {
		t.Fatal(first, second, err)
	}
	receipt := emu.Outbox().To("p1@example.com").Only(t)
	if receipt.Subject != "Order ord_1" || !strings.Contains(receipt.Text, "paid 42.5.") {
		t.Errorf("%s\n%s", receipt.Subject, receipt.Text)
	}

	emu.Advance(2 * define.Day)
	if asked := emu.Outbox().Template("question").Only(t); asked.At != emu.Now() {
		t.Error(asked.At)
	}
	run := emu.Runs("ask").Profile("p1@example.com").Only(t)
	if run.Status != segmentflow.JourneyRunStatusCompleted {
		t.Error(run.Status)
	}
}

func TestARefusedReceiptIsNotTriedAgain(t *testing.T) {
	emu, shop := open(t)
	emu.Expect("not_found")
	fault := emu.Fail(emulator.Fault{Operation: "sendEmail", Status: http.StatusServiceUnavailable, Times: 2})
	if _, err := shop.Sell(t.Context(), order(1)); err != nil {
		t.Fatal("two failures are fewer than the shop's retries:", err)
	}
	if fault.Hits() != 2 {
		t.Error(fault.Hits())
	}

	closed, err := consumer.Connect(emu.APIKey(), emu.SeedID("template", "none"), emu.ClientOptions()...)
	if err != nil {
		t.Fatal(err)
	}
	_, err = closed.Sell(t.Context(), order(2))
	if !errors.Is(err, consumer.ErrRefused) || !errors.Is(err, segmentflow.ErrNotFound) {
		t.Error(err)
	}
}

func TestReceiptsAreSentAgain(t *testing.T) {
	emu, shop := open(t)
	emu.Expect("invalid_request")
	var orders iter.Seq[consumer.Order] = func(yield func(consumer.Order) bool) {
		for n := range 250 {
			next := order(n)
			if n == 120 {
				next.Email = "nobody"
			}
			if !yield(next) {
				return
			}
		}
	}
	rejected, err := shop.Resend(t.Context(), orders)
	if err != nil || !slices.Equal(rejected, []string{"ord_120"}) {
		t.Fatal(rejected, err)
	}
	if sent := emu.Outbox().Template("receipt").Count(); sent != 249 {
		t.Error(sent)
	}
}

func TestACampaignNeedsAPerson(t *testing.T) {
	emu, shop := open(t)
	if _, err := shop.Sell(t.Context(), order(1)); err != nil {
		t.Fatal(err)
	}
	campaign := &segmentflow.CreateBroadcastParams{
		Name:                "Sale",
		SegmentID:           emu.ID("segment", "buyers"),
		SubscriptionGroupID: emu.ID("subscriptionGroup", "offers"),
		TemplateID:          emu.ID("template", "sale"),
	}
	url, err := shop.Propose(t.Context(), campaign)
	if err != nil {
		t.Fatal(err)
	}
	emu.Outbox().Carrier(emulator.CarrierBroadcast).None(t)
	if err := emu.Human().Approve(url[strings.LastIndex(url, "/")+1:]); err != nil {
		t.Fatal(url, err)
	}
	emu.Outbox().Carrier(emulator.CarrierBroadcast).To("p1@example.com").Only(t)

	if err := shop.Forget(t.Context(), "p1@example.com"); err != nil {
		t.Fatal(err)
	}
	emu.Profiles().None(t)
}
