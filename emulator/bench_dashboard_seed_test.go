package emulator_test

import (
	"fmt"
	"testing"

	"github.com/segmentflow/segmentflow-go/emulator"
)

// manyThings is a seed with many of everything that a project defines by hand: 300 Segments, 60 Journeys, Templates and
// Newsletters, 50 of each setting.
func manyThings(b *testing.B) emulator.Seed {
	seed := emulator.Seed{
		Segments:  manySegments(b),
		Profiles:  []emulator.SeedProfile{{Email: "left@example.com", Suppressed: "complaint"}},
		Templates: []emulator.SeedTemplate{catalogTemplate()},
	}
	for i := range 60 {
		name := fmt.Sprint("thing", i)
		seed.Templates = append(seed.Templates, emulator.SeedTemplate{Key: name, Name: "A Template " + name,
			Purpose: "Transactional", Definition: map[string]any{"subject": "Hello", "text": "All is well."}})
		seed.Newsletters = append(seed.Newsletters, emulator.SeedNewsletter{Key: name, Name: "A Newsletter " + name,
			SubscriptionGroup: "trail-notes", SenderProfile: "shop", Template: "trail-notes-issue"})
		seed.BrandKits = append(seed.BrandKits, emulator.SeedBrandKit{Key: name, Name: "A Brand Kit " + name,
			Colors: &emulator.SeedBrandColors{Primary: "#1b4332"}, Fonts: []string{"Inter"}})
		seed.Assets = append(seed.Assets, emulator.SeedAsset{Key: name, Filename: name + ".csv",
			ContentType: "text/csv", Content: []byte("item,price\n")})
		seed.Journeys = append(seed.Journeys, journeyDocument(b, fmt.Sprintf(`{"key": %q, "name": "A Journey",
			"status": "Active", "entry": {"type": "event", "event": "thing.%d"}, "start": "wait", "nodes": [
			{"id": "wait", "type": "delay", "for": "P3D", "next": "done"}, {"id": "done", "type": "exit"}]}`, name, i)))
	}
	for i := range 50 {
		name := fmt.Sprint("setting", i)
		seed.SubscriptionGroups = append(seed.SubscriptionGroups,
			emulator.SeedSubscriptionGroup{Key: name, Name: "A group " + name, Policy: "OptOut"})
		seed.SenderProfiles = append(seed.SenderProfiles,
			emulator.SeedSenderProfile{Key: name, Name: "A sender", Email: name + "@acme.example"})
		seed.Domains = append(seed.Domains, emulator.SeedDomain{Domain: name + ".example"})
		seed.Users = append(seed.Users, emulator.SeedUser{Key: name, Email: name + "@acme.example"})
		seed.APIKeys = append(seed.APIKeys,
			emulator.SeedAPIKey{Key: "sk_test_" + name, Label: name, Scopes: []string{"emails:write"}})
	}
	return seed
}

// manySegments are 300 Segments of all kinds. Those with names are measured.
func manySegments(b *testing.B) []emulator.SeedSegment {
	segments := []emulator.SeedSegment{
		{Key: "everyone", Name: "Everyone", Definition: true},
		{Key: "static", Name: "A long list", Members: []string{"alex@example.com"}},
		{Key: "few", Name: "A short list", Members: []string{"alex@example.com", "bruno@example.com"}},
	}
	add := func(key, definition string) {
		segments = append(segments,
			emulator.SeedSegment{Key: key, Name: "Segment " + key, Definition: objectOf(b, definition)})
	}
	add("buyers", `{"performed": {"event": "order.created", "within": "P90D"}}`)
	add("often", `{"performed": {"event": "app.*", "within": "P90D", "count": {"gte": 2}}}`)
	add("filtered", `{"performed": {"event": "order.created", "filter": {"$state": "/event/total", "gt": 200}}}`)
	add("mixed", `{"$and": [{"inSegment": "gold"}, {"inSegment": "buyers"},
		{"$or": [{"$state": "/profile/n", "gt": 100}, {"$state": "/profile/firstName", "startsWith": "A"}]},
		{"performed": {"event": "plan.purchased", "count": {"lt": 1}}}]}`)
	for i := len(segments); i < 300; i++ {
		add(fmt.Sprintf("s%03d", i), []string{
			fmt.Sprintf(`{"$state": "/profile/n", "gt": %d}`, i*100),
			fmt.Sprintf(`{"performed": {"event": "app.event%d", "within": "P30D"}}`, i%50),
			fmt.Sprintf(`{"performed": {"event": "order.created", "count": {"gte": %d}}}`, 2+i%10),
			fmt.Sprintf(`{"$and": [{"inSegment": "static"}, {"$state": "/profile/n", "lt": %d}]}`, i*100),
			`{"received": {"event": "opened", "within": "P30D"}}`,
			fmt.Sprintf(`{"$or": [{"$state": "/profile/tier", "in": ["silver", "gold"]},
				{"$state": "/profile/firstName", "startsWith": "P%d"}]}`, i%10),
		}[i%6])
	}
	return segments
}

// catalogTemplate is a Template of 120 products. Its email has about 100 KB of HTML.
func catalogTemplate() emulator.SeedTemplate {
	elements, children := map[string]any{}, []string{}
	add := func(id, kind string, props map[string]any, below ...string) {
		elements[id] = map[string]any{"type": kind, "props": props, "children": below}
	}
	for i := range 120 {
		name := fmt.Sprint("product", i)
		add(name, "Row", map[string]any{}, name+"c")
		add(name+"c", "Column", map[string]any{}, name+"i", name+"h", name+"t", name+"l")
		add(name+"i", "Image", map[string]any{"src": "https://cdn.acme.example/" + name + ".png", "alt": "A tent"})
		add(name+"h", "Heading", map[string]any{"text": "Tent " + name})
		add(name+"t", "Text", map[string]any{"text": map[string]any{
			"$template": "A tent for one, ${/profile/firstName}, which is light enough for every rucksack."}})
		add(name+"l", "Link", map[string]any{"text": "See it", "href": "https://acme.example/shop/" + name})
		children = append(children, name)
	}
	add("html", "Html", map[string]any{}, "body")
	add("body", "Body", map[string]any{}, "box")
	add("box", "Container", map[string]any{}, children...)
	return emulator.SeedTemplate{Key: "catalog", Name: "Catalog", Purpose: "Transactional", SenderProfile: "shop",
		Definition: map[string]any{"subject": "The catalog",
			"body": map[string]any{"root": "html", "elements": elements}}}
}
