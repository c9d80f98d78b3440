package emulator_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// These benchmarks report how the cost of a call grows with the world: the processor time of a call in a world that has
// ten times as much, divided by that in the smaller one. The unit is x-tenfold. 1 is a cost that does not grow.

// growing reports x-tenfold. world returns the call to measure, in a world of a size.
func growing(b *testing.B, size int, world func(b *testing.B, size int) func()) {
	b.Helper()
	if testing.Short() {
		size /= 10
	}
	small, large := world(b, size), world(b, 10*size)
	small()
	large()
	for b.Loop() {
		large()
	}

	rounds, enough := 15, 20*time.Millisecond
	if testing.Short() {
		rounds, enough = 3, time.Millisecond
	}
	ratios, costs := make([]float64, rounds), make([]float64, rounds)
	for i := range ratios {
		costs[i] = processorTime(large, enough)
		ratios[i] = costs[i] / processorTime(small, enough)
	}
	slices.Sort(ratios)
	slices.Sort(costs)
	b.ReportMetric(ratios[rounds/2], "x-tenfold")
	b.ReportMetric(costs[rounds/2], "cpu-ns/op")
}

// processorTime returns the processor time of a call. It repeats the call until they take long enough.
func processorTime(call func(), enough time.Duration) float64 {
	calls := 0
	start := cpuTime()
	for cpuTime()-start < enough {
		call()
		calls++
	}
	return float64(cpuTime()-start) / float64(calls)
}

// BenchmarkGrowthOfEvents tracks an event of a person with many earlier ones. Journeys listen to Segments that count
// them.
func BenchmarkGrowthOfEvents(b *testing.B) {
	large := `{"performed": {"event": "order", "filter": {"$state": "/event/amount", "gt": 90000},
		"within": "P30D", "count": {%s}}}`
	for name, definition := range map[string]string{
		"gte": fmt.Sprintf(large, `"gte": 1`),
		"lte": fmt.Sprintf(large, `"lte": 2`),
		"eq":  fmt.Sprintf(large, `"eq": 3`),
		"gt":  fmt.Sprintf(large, `"gt": 5000`),
		"prefix": `{"performed": {"event": "ord*",
			"filter": {"$state": "/event/amount", "gt": {"$state": "/profile/limit"}}}}`,
		"nested": `[{"$not": {"inSegment": "other"}}, {"$or": [{"$state": "/profile/vip"}, ` +
			fmt.Sprintf(large, `"lt": 1`) + `]}]`,
		"unfiltered": `{"performed": {"event": "order", "count": {"gte": 20000}}}`,
	} {
		b.Run(name, func(b *testing.B) {
			growing(b, 1000, func(b *testing.B, events int) func() {
				return tracking(b, definition, events)
			})
		})
	}
}

func tracking(b *testing.B, definition string, events int) func() {
	seed := emulator.Seed{
		Profiles: []emulator.SeedProfile{{Email: "alex@example.com", Properties: map[string]any{"limit": 1e9}}},
		Segments: []emulator.SeedSegment{
			{Key: "s", Definition: decoded(b, definition)},
			{Key: "other", Definition: decoded(b, `{"performed": {"event": "order",
				"filter": {"$state": "/event/amount", "eq": -1}, "count": {"gte": 7}}}`)},
		},
		Journeys: []emulator.SeedJourney{journeyDocument(b, `{"key": "j", "status": "Active",
			"entry": {"type": "segment", "segment": "s"}, "start": "x", "nodes": [{"id": "x", "type": "exit"}]}`)},
	}
	for i := range events {
		seed.Events = append(seed.Events, emulator.SeedEvent{
			Key: fmt.Sprint(i), Event: "order", Profile: "alex@example.com", Data: map[string]any{"amount": i},
		})
	}
	emu := emulator.Start(b, emulator.WithSeed(seed))
	client, n := emu.Client(), 0
	return func() {
		n++
		_, err := client.Events.Track(b.Context(), &segmentflow.TrackEventParams{
			Event:   "order",
			Profile: segmentflow.ProfileIdentity{Email: "alex@example.com"},
			Data:    map[string]any{"amount": n % 100},
		})
		require.NoError(b, err)
	}
}

func decoded(b *testing.B, raw string) (v any) {
	require.NoError(b, json.Unmarshal([]byte(raw), &v))
	return v
}

// manyOf returns a seed of many objects of each kind that a send, an event or a change could look through.
func manyOf(b *testing.B, n int) emulator.Seed {
	seed := emulator.Seed{
		Domains:        []emulator.SeedDomain{{Domain: "example.com"}},
		SenderProfiles: []emulator.SeedSenderProfile{{Key: "us", Email: "us@example.com", Default: true}},
	}
	for i := range n {
		key := fmt.Sprintf("k%05d", i)
		seed.Templates = append(seed.Templates, simpleTemplate(key))
		seed.SenderProfiles = append(seed.SenderProfiles,
			emulator.SeedSenderProfile{Key: key, Email: key + "@example.com"})
		seed.SubscriptionGroups = append(seed.SubscriptionGroups,
			emulator.SeedSubscriptionGroup{Key: key, Policy: "OptIn"})
		seed.Segments = append(seed.Segments, emulator.SeedSegment{
			Key: key,
			Definition: decoded(b,
				fmt.Sprintf(`[{"performed": {"event": "segment.%d"}}, {"$state": "/profile/p%d"}]`, i, i)),
		})
		seed.Journeys = append(seed.Journeys,
			simpleJourney(b, "e"+key, fmt.Sprintf(`{"type": "event", "event": "event.%d"}`, i)),
			simpleJourney(b, "s"+key, fmt.Sprintf(`{"type": "segment", "segment": %q}`, key)))
		seed.Newsletters = append(seed.Newsletters, emulator.SeedNewsletter{
			Key: key, SubscriptionGroup: key, SenderProfile: "us", Template: key,
		})
	}
	return seed
}

func simpleTemplate(key string) emulator.SeedTemplate {
	return emulator.SeedTemplate{Key: key, Purpose: "Transactional", Definition: map[string]any{
		"subject": "Hello",
		"body": map[string]any{"root": "html", "elements": map[string]any{
			"html": map[string]any{"type": "Html", "props": map[string]any{}, "children": []string{}},
		}},
	}}
}

func simpleJourney(b *testing.B, key, entry string) emulator.SeedJourney {
	return journeyDocument(b, fmt.Sprintf(`{"key": %q, "status": "Active", "entry": %s, "start": "wait",
		"nodes": [{"id": "wait", "type": "delay", "for": "P3D", "next": "done"}, {"id": "done", "type": "exit"}]}`,
		key, entry))
}

// BenchmarkGrowthOfSeeds applies a seed of many objects of a kind to a world. The cost is that of one object.
func BenchmarkGrowthOfSeeds(b *testing.B) {
	for kind, only := range map[string]func(to *emulator.Seed, all emulator.Seed){
		"template": func(to *emulator.Seed, all emulator.Seed) { to.Templates = all.Templates },
		"sender":   func(to *emulator.Seed, all emulator.Seed) { to.SenderProfiles = all.SenderProfiles },
		"group":    func(to *emulator.Seed, all emulator.Seed) { to.SubscriptionGroups = all.SubscriptionGroups },
		"segment":  func(to *emulator.Seed, all emulator.Seed) { to.Segments = all.Segments },
		"journey": func(to *emulator.Seed, all emulator.Seed) {
			to.Segments, to.Journeys = all.Segments, all.Journeys
		},
		"anything": func(to *emulator.Seed, all emulator.Seed) { *to = all },
	} {
		b.Run(kind, func(b *testing.B) {
			growing(b, 100, func(b *testing.B, n int) func() {
				var seed emulator.Seed
				only(&seed, manyOf(b, n))
				return func() {
					emu, err := emulator.New(emulator.WithSeed(seed))
					require.NoError(b, err)
					require.NoError(b, emu.Close())
				}
			})
		})
	}
}

// BenchmarkGrowthOfChanges changes one object of a world with many, and does something that reads it.
func BenchmarkGrowthOfChanges(b *testing.B) {
	ctx := b.Context()
	for name, change := range map[string]func(b *testing.B, emu *emulator.Emulator, client *segmentflow.Client, n int){
		"template": func(b *testing.B, emu *emulator.Emulator, client *segmentflow.Client, n int) {
			name := fmt.Sprint(n)
			_, err := client.Templates.Update(ctx, emu.ID("template", "k00001"),
				&segmentflow.UpdateTemplateParams{Name: name})
			require.NoError(b, err)
		},
		"none": func(b *testing.B, emu *emulator.Emulator, client *segmentflow.Client, n int) {},
		"segment": func(b *testing.B, emu *emulator.Emulator, client *segmentflow.Client, n int) {
			require.NoError(b, emu.Seed(emulator.Seed{Segments: []emulator.SeedSegment{
				{Key: "k00001", Definition: decoded(b, fmt.Sprintf(`{"$state": "/profile/p1", "eq": %d}`, n))}}}))
		},
		"journey": func(b *testing.B, emu *emulator.Emulator, client *segmentflow.Client, n int) {
			require.NoError(b, emu.Seed(emulator.Seed{Journeys: []emulator.SeedJourney{
				simpleJourney(b, "ek00001", fmt.Sprintf(`{"type": "event", "event": "event.%d"}`, n))}}))
		},
		"seeded template": func(b *testing.B, emu *emulator.Emulator, client *segmentflow.Client, n int) {
			template := simpleTemplate("k00001")
			template.Name = fmt.Sprint(n)
			require.NoError(b, emu.Seed(emulator.Seed{Templates: []emulator.SeedTemplate{template}}))
		},
		"new template": func(b *testing.B, emu *emulator.Emulator, client *segmentflow.Client, n int) {
			_, err := client.Templates.Create(ctx, &segmentflow.CreateTemplateParams{Name: "A"})
			require.NoError(b, err)
		},
	} {
		b.Run(name, func(b *testing.B) {
			growing(b, 100, func(b *testing.B, size int) func() {
				emu := emulator.Start(b, emulator.WithSeed(manyOf(b, size)))
				client, n, id := emu.Client(), 0, emu.ID("template", "k00000")
				return func() {
					n++
					change(b, emu, client, n)
					_, err := client.Emails.Send(ctx, &segmentflow.SendEmailParams{
						TemplateID: id, To: &segmentflow.Recipient{Email: "alex@example.com"}})
					require.NoError(b, err)
					_, err = client.Events.Track(ctx, &segmentflow.TrackEventParams{
						Event: "unheard", Profile: segmentflow.ProfileIdentity{
							Email: "alex@example.com", Properties: map[string]any{"unread": n}}})
					require.NoError(b, err)
				}
			})
		})
	}
}

// sentMails returns an emulator that has sent many emails, ten of them to alex@example.com.
func sentMails(b *testing.B, mails int) *emulator.Emulator {
	emu := acme(b)
	client, template := emu.Client(), emu.ID("template", "order-receipt")
	for i := range mails {
		params := receipt(template, i)
		if i%(mails/10) != 0 {
			params.To = &segmentflow.Recipient{Email: fmt.Sprintf("p%d@example.com", i)}
		}
		_, err := client.Emails.Send(b.Context(), params)
		require.NoError(b, err)
	}
	emu.Advance(time.Minute)
	return emu
}

func BenchmarkGrowthOfMail(b *testing.B) {
	for name, ask := range map[string]func(emu *emulator.Emulator){
		"To Count": func(emu *emulator.Emulator) {
			require.Equal(b, 10, emu.Outbox().To("alex@example.com").Count())
		},
		"To Last":    func(emu *emulator.Emulator) { require.NotNil(b, emu.Outbox().To("alex@example.com").Last()) },
		"To All":     func(emu *emulator.Emulator) { require.Len(b, emu.Outbox().To("alex@example.com").All(), 10) },
		"To Only":    func(emu *emulator.Emulator) { emu.Outbox().To("p1@example.com").Only(b) },
		"To None":    func(emu *emulator.Emulator) { emu.Outbox().To("nobody@example.com").None(b) },
		"Last":       func(emu *emulator.Emulator) { require.NotNil(b, emu.Outbox().Last()) },
		"Count":      func(emu *emulator.Emulator) { emu.Outbox().Count() },
		"All":        func(emu *emulator.Emulator) { emu.Outbox().All() },
		"Sends Last": func(emu *emulator.Emulator) { require.NotNil(b, emu.Sends().To("alex@example.com").Last()) },
		"Sends All":  func(emu *emulator.Emulator) { require.Len(b, emu.Sends().To("alex@example.com").All(), 10) },
		"Sends Only": func(emu *emulator.Emulator) { emu.Sends().To("p1@example.com").Only(b) },
	} {
		b.Run(name, func(b *testing.B) {
			growing(b, 200, func(b *testing.B, mails int) func() {
				emu := sentMails(b, mails)
				return func() { ask(emu) }
			})
		})
	}
}
