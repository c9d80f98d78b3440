package browsertest_test

import (
	"bytes"
	"image"
	"image/png"
	"net/http"
	"slices"
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// state is a page in one of its states. What prepares the state returns the path below /dashboard.
type state struct {
	page    string // the path below /dashboard up to what differs
	name    string
	status  int
	options []emulator.Option // besides the seed acme
	prepare func(world) string
}

// at returns a preparation that leads to a path.
func at(path string, prepare ...func(world)) func(world) string {
	return func(w world) string {
		for _, p := range prepare {
			p(w)
		}
		return path
	}
}

// states are all pages in all states.
func states() []state {
	const ok, missing, wrong = http.StatusOK, http.StatusNotFound, http.StatusBadRequest
	const none = "00000000-0000-4000-8000-000000000000"
	live := []emulator.Option{emulator.WithLiveClock()}
	days, many := world.days, world.many
	all := []state{
		{"", "a new world", ok, nil, at("")},
		{"", "days of life", ok, nil, at("", days)},
		{"", "a live clock", ok, live, at("", days)},
		{"/nothing", "no such page", missing, nil, at("/nothing")},
		{"/find", "nothing found", missing, nil, at("/find?q=nobody%40example.com")},

		{"/mail", "no mail", ok, nil, at("/mail")},
		{"/mail", "mail", ok, nil, at("/mail", days)},
		{"/mail", "more than a page", ok, nil, at("/mail", many)},
		{"/mail", "nothing found", ok, nil, at("/mail?to=nobody", days)},
		{"/mail", "an unknown place", wrong, nil, at("/mail?before=nowhere")},
		{"/mail", "no such mail", missing, nil, at("/mail/" + none)},
		{"/people", "people", ok, nil, at("/people", days)},
		{"/people", "more than a page", ok, nil, at("/people", many)},
		{"/people", "nobody found", ok, nil, at("/people?q=nobody")},
		{"/people", "no such Profile", missing, nil, at("/people/" + none)},
		{"/events", "events", ok, nil, at("/events", days)},
		{"/events", "no such event", missing, nil, at("/events/" + none)},

		{"/journeys", "Journeys", ok, nil, at("/journeys", days)},
		{"/journeys", "no such Journey", missing, nil, at("/journeys/" + none)},
		{"/runs", "no such run", missing, nil, at("/runs/" + none)},
		{"/segments", "Segments", ok, nil, at("/segments", days)},
		{"/segments", "no such Segment", missing, nil, at("/segments/" + none)},
		{"/broadcasts", "no Broadcast", ok, nil, at("/broadcasts")},
		{"/broadcasts", "Broadcasts", ok, nil, at("/broadcasts", days)},
		{"/broadcasts", "no such Broadcast", missing, nil, at("/broadcasts/" + none)},
		{"/newsletters", "Newsletters", ok, nil, at("/newsletters", days)},
		{"/newsletters", "no such Newsletter", missing, nil, at("/newsletters/" + none)},
		{"/issues", "no such NewsletterIssue", missing, nil, at("/issues/" + none)},
		{"/confirmations", "no such confirmation", missing, nil, at("/confirmations/" + none)},

		{"/templates", "Templates", ok, nil, at("/templates")},
		{"/templates", "no such Template", missing, nil, at("/templates/" + none)},
		{"/requests", "no request", ok, nil, at("/requests")},
		{"/requests", "requests", ok, nil, at("/requests", days)},
		{"/requests", "no such request", missing, nil, at("/requests/" + none)},
		{"/faults", "no fault", ok, nil, at("/faults")},
		{"/faults", "faults and limits", ok, nil, at("/faults", days, func(w world) {
			w.emu.RateLimit("sendEmail", 10, time.Second)
		})},
		{"/webhooks", "no receiver", ok, nil, at("/webhooks", days)},
		{"/webhooks", "no such webhook", missing, nil, at("/webhooks/" + none)},
		{"/world", "the world", ok, nil, at("/world", days)},
	}
	return slices.Concat(all, mails(), people(), journeys(), carriers(), confirmations(), brandKits(), assets(),
		webhooks())
}

// webhooks are the states of the log of webhooks, and of the page of one.
func webhooks() []state {
	const ok = http.StatusOK
	to := func(status int) []emulator.Option {
		handler := func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(status) }
		return []emulator.Option{emulator.WithWebhook(emulator.Webhook{Handler: http.HandlerFunc(handler)})}
	}
	taken, refused := to(http.StatusOK), to(http.StatusBadGateway)
	first := func(after time.Duration) func(w world) string {
		return func(w world) string {
			w.order(alex, "ord_1")
			w.emu.Advance(after)
			return "/webhooks/" + w.emu.Webhooks()[0].ID
		}
	}
	return []state{
		{"/webhooks", "none yet", ok, taken, at("/webhooks")},
		{"/webhooks", "more than a page", ok, taken, at("/webhooks", world.many)},
		{"/webhooks", "waiting and pending", ok, refused, at("/webhooks", world.days)},
		{"/webhooks", "delivered", ok, taken, first(time.Minute)},
		{"/webhooks", "waiting for its next try", ok, refused, first(time.Second)},
		{"/webhooks", "parked", ok, refused, first(time.Hour)},
		{"/webhooks", "of a deleted Profile", ok, refused, func(w world) string {
			path := first(time.Second)(w)
			require.NoError(w, w.client.Profiles.Delete(w.Context(), w.emu.ID("profile", alex)))
			return path
		}},
	}
}

const alex = "alex@example.com"

// mails are the states of the page of one mail.
func mails() []state {
	const ok = http.StatusOK
	return []state{
		{"/mail", "a receipt", ok, nil, func(w world) string { return "/mail/" + w.order(alex, "ord_1") }},
		{"/mail", "of a Journey, opened and clicked", ok, nil, func(w world) string {
			w.trial(alex, "t_1")
			w.emu.Advance(time.Minute)
			msg := w.emu.Outbox().Last()
			require.NoError(w, w.emu.Open(msg))
			return "/mail/" + msg.SendID
		}},
		{"/mail", "with missing values", ok, nil, func(w world) string {
			send, err := w.client.Emails.Send(w.Context(), &segmentflow.SendEmailParams{
				TemplateID: w.emu.ID("template", "order-receipt"), To: &segmentflow.Recipient{Email: alex},
			})
			require.NoError(w, err)
			return "/mail/" + send.ID
		}},
		{"/mail", "skipped", ok, nil, func(w world) string {
			w.trial("bruno@example.com", "t_1")
			return "/mail/" + w.emu.Sends().Last().ID
		}},
		{"/mail", "bounced", ok, nil, func(w world) string {
			id := w.order("bounced@simulator.test", "ord_1")
			w.emu.Advance(time.Hour)
			return "/mail/" + id
		}},
	}
}

// people are the states of the pages of one Profile and one event.
func people() []state {
	const ok = http.StatusOK
	return []state{
		{"/people", "somebody with a past", ok, nil, func(w world) string {
			w.days()
			return "/people/" + w.emu.ID("profile", alex)
		}},
		{"/people", "somebody without one", ok, nil, func(w world) string {
			return "/people/" + w.emu.ID("profile", "chiara@example.com")
		}},
		{"/people", "a suppressed address", ok, nil, func(w world) string {
			w.days()
			return "/people/" + w.emu.ID("profile", "bounced@simulator.test")
		}},
		{"/events", "with outcomes", ok, nil, func(w world) string {
			return "/events/" + w.track("trial.started", alex, map[string]any{"trialId": "t_1", "plan": "Pro"})
		}},
		{"/events", "that starts nothing", ok, nil, func(w world) string {
			return "/events/" + w.track("page.viewed", alex, nil)
		}},
	}
}

// journeys are the states of the pages of one Journey, run, Segment, Template and request.
func journeys() []state {
	const ok = http.StatusOK
	return []state{
		{"/journeys", "with runs", ok, nil, func(w world) string {
			w.days()
			return "/journeys/" + w.emu.ID("journey", "trial-onboarding")
		}},
		{"/journeys", "paused, without runs", ok, nil, func(w world) string {
			w.emu.Pause("password-reset")
			return "/journeys/" + w.emu.ID("journey", "password-reset")
		}},
		{"/runs", "that waits", ok, nil, func(w world) string { return "/runs/" + w.trial(alex, "t_1") }},
		{"/runs", "that has ended", ok, nil, func(w world) string {
			id := w.trial("chiara@example.com", "t_1")
			w.emu.Advance(72 * time.Hour)
			return "/runs/" + id
		}},
		{"/segments", "with members", ok, nil, func(w world) string {
			return "/segments/" + w.emu.ID("segment", "recent-buyers")
		}},
		{"/templates", "with bindings", ok, nil, func(w world) string {
			return "/templates/" + w.emu.ID("template", "order-receipt")
		}},
		{"/requests", "that was refused", ok, nil, func(w world) string {
			w.refused()
			return "/requests/" + w.emu.Requests().Last().ID
		}},
		{"/requests", "that was repeated", ok, nil, func(w world) string {
			w.order(alex, "ord_1")
			w.order(alex, "ord_1")
			return "/requests/" + w.emu.Requests().Last().ID
		}},
	}
}

// carriers are the states of the pages of one Broadcast, Newsletter and NewsletterIssue.
func carriers() []state {
	const ok = http.StatusOK
	in := func(d time.Duration) *segmentflow.ScheduleCarrierParams {
		return &segmentflow.ScheduleCarrierParams{ScheduledIn: d}
	}
	return []state{
		{"/broadcasts", "a draft", ok, nil, func(w world) string {
			return "/broadcasts/" + w.broadcast("Winter sale")
		}},
		{"/broadcasts", "an incomplete draft", ok, nil, func(w world) string {
			made, err := w.client.Broadcasts.Create(w.Context(), &segmentflow.CreateBroadcastParams{
				TemplateID: w.emu.ID("template", "autumn-sale"),
			})
			require.NoError(w, err)
			return "/broadcasts/" + made.ID
		}},
		{"/broadcasts", "waiting for a person", ok, nil, func(w world) string {
			id := w.broadcast("Winter sale")
			w.ask(id)
			return "/broadcasts/" + id
		}},
		{"/broadcasts", "scheduled", ok, nil, func(w world) string {
			id := w.broadcast("Winter sale")
			_, err := w.client.Broadcasts.Schedule(w.Context(), id, in(48*time.Hour))
			require.NoError(w, err)
			return "/broadcasts/" + id
		}},
		{"/broadcasts", "sent", ok, nil, func(w world) string { return "/broadcasts/" + w.sent("Winter sale") }},
		{"/newsletters", "with Issues", ok, nil, func(w world) string {
			w.issue()
			return "/newsletters/" + w.emu.ID("newsletter", "trail-notes")
		}},
		{"/issues", "a draft", ok, nil, func(w world) string { return "/issues/" + w.issue() }},
		{"/issues", "sent", ok, nil, func(w world) string {
			id := w.issue()
			_, err := w.client.NewsletterIssues.Schedule(w.Context(), id, in(time.Hour))
			require.NoError(w, err)
			w.emu.Advance(2 * time.Hour)
			return "/issues/" + id
		}},
	}
}

// confirmations are the states of the page of one confirmation.
func confirmations() []state {
	const ok = http.StatusOK
	asked := func(w world) string { return "/confirmations/" + w.ask(w.broadcast("Winter sale")) }
	return []state{
		{"/confirmations", "open, and time stands still", ok, nil, asked},
		{"/confirmations", "open, and time passes", ok, []emulator.Option{emulator.WithLiveClock()}, asked},
		{"/confirmations", "approved", ok, nil, func(w world) string {
			id := w.ask(w.broadcast("Winter sale"))
			require.NoError(w, w.emu.Human().Approve(id))
			return "/confirmations/" + id
		}},
		{"/confirmations", "rejected", ok, nil, func(w world) string {
			id := w.ask(w.broadcast("Winter sale"))
			require.NoError(w, w.emu.Human().Reject(id))
			return "/confirmations/" + id
		}},
		{"/confirmations", "expired", ok, nil, func(w world) string {
			path := asked(w)
			w.emu.Advance(time.Hour)
			return path
		}},
		{"/confirmations", "no longer valid", ok, nil, func(w world) string {
			broadcast := w.broadcast("Winter sale")
			id := w.ask(broadcast)
			_, err := w.client.Broadcasts.Update(w.Context(), broadcast, &segmentflow.UpdateBroadcastParams{
				Subject: segmentflow.Value("Spring sale"),
			})
			require.NoError(w, err)
			return "/confirmations/" + id
		}},
	}
}

// brandKits are the states of the pages of Brand Kits.
func brandKits() []state {
	const ok, missing = http.StatusOK, http.StatusNotFound
	return []state{
		{"/brand-kits", "no Brand Kit", ok, nil, at("/brand-kits")},
		{"/brand-kits", "no such Brand Kit", missing, nil, at("/brand-kits/none")},
		{"/brand-kits", "Brand Kits", ok, nil, at("/brand-kits", brand)},
		{"/brand-kits", "without a look", ok, nil, at("/brand-kits/bare", brand)},
		{"/brand-kits", "being extracted", ok, nil, func(w world) string {
			brand(w)
			id := w.emu.ID("brandKit", "acme")
			_, err := w.client.BrandKits.Extract(w.Context(), id)
			require.NoError(w, err)
			w.emu.Advance(2 * time.Second)
			return "/brand-kits/" + id
		}},
		{"/brand-kits", "a failed extraction", ok, nil, func(w world) string {
			brand(w)
			id := w.emu.ID("brandKit", "acme")
			_, err := w.client.BrandKits.Extract(w.Context(), id)
			require.NoError(w, err)
			w.emu.Advance(time.Minute)
			return "/brand-kits/" + id
		}},
	}
}

// assets are the states of the pages of Assets.
func assets() []state {
	const ok, missing = http.StatusOK, http.StatusNotFound
	return []state{
		{"/assets", "no Asset", ok, nil, at("/assets")},
		{"/assets", "no such Asset", missing, nil, at("/assets/none")},
		{"/assets", "Assets", ok, nil, at("/assets", uploaded)},
		{"/assets", "none that fits", ok, nil, at("/assets?image=hero", uploaded)},
		{"/assets", "an image", ok, nil, at("/assets/logo", uploaded)},
		{"/assets", "a list", ok, nil, at("/assets/prices", uploaded)},
	}
}

// uploaded seeds an image and a list.
func uploaded(w world) {
	var logo bytes.Buffer
	require.NoError(w, png.Encode(&logo, image.NewGray(image.Rect(0, 0, 320, 120))))
	require.NoError(w, w.emu.Seed(emulator.Seed{Assets: []emulator.SeedAsset{
		{
			Key: "logo", Filename: "logo.png", ContentType: "image/png", Content: logo.Bytes(), ImageType: "logo",
			AltText: "Acme Outdoor", Tags: []string{"brand"},
		},
		{Key: "prices", ContentType: "text/csv", Content: []byte("boots,120")},
	}}))
}

// brand seeds two Brand Kits.
func brand(w world) {
	require.NoError(w, w.emu.Seed(emulator.Seed{BrandKits: []emulator.SeedBrandKit{
		{
			Key: "acme", Name: "Acme Outdoor", WebsiteURL: "https://acme.example", SenderProfile: "shop",
			Logo: "https://acme.example/logo.png", Fonts: []string{"Inter", "Georgia"},
			Colors: &emulator.SeedBrandColors{Primary: "#1b4332", Accent: "#ffb703", Background: "#ffffff"},
		},
		{Key: "bare"},
	}}))
}
