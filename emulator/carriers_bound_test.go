package emulator_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
	"github.com/segmentflow/segmentflow-go/emulator/internal/wire"
)

// edits are request bodies, one per line. Each changes something if the operation accepts it. Ids and HTML replace the
// words in <>.
const edits = `
{}
{"name": "Edited"}
{"title": "Edited"}
{"number": 99}
{"subject": "Edited"}
{"subject": null}
{"html": "<html>"}
{"text": "Edited ${/system/unsubscribeUrl}"}
{"html": "<html>", "subject": "Edited"}
{"from": "support@acme.example"}
{"from": "support@acme.example", "html": "<html>"}
{"replyTo": "support@acme.example"}
{"replyTo": null}
{"segmentId": "<segment everyone>"}
{"segmentId": null}
{"subscriptionGroupId": "<subscriptionGroup offers>"}
{"subscriptionGroupId": "<subscriptionGroup trail-notes>"}
{"topicId": "<subscriptionGroup offers>"}
{"topicId": "<subscriptionGroup trail-notes>"}
{"templateId": "<template members>"}
{"templateId": null}
{"senderProfileId": "<senderProfile support>"}
{"senderProfileId": "<senderProfile beta>"}
{"senderProfileId": "<senderProfile zine>"}
{"senderProfileId": null}
{"cadence": "weekly"}
{"language": "de", "subType": "Campaign", "defaultSegmentId": "<segment everyone>"}
{"definition": {}}
{"definition": {"subject": "Edited", "html": "<html>"}}
{"definition": {"subject": "Edited", "html": "<html>", "from": "S <support@acme.example>", "replyTo": "a@acme.example"}}
{"name": "Edited", "definition": {"subject": "Edited", "html": "<html>"}}
{"name": "Edited", "definition": {"subject": "Edited", "html": "<html>"}, "purpose": "Promotional"}
{"name": "Edited", "subscriptionGroupId": "<subscriptionGroup offers>", "send": true, "scheduledAt": "in 1 hour"}
{"scheduledAt": "in 1 hour"}
{"status": "Unsubscribed"}
{"properties": {"firstName": "Edited", "tier": "silver"}}
{"email": "alex@example.com"}
{"profileId": "<profile alex@example.com>"}
{"profileIds": ["<profile alex@example.com>"]}
{"filter": {"search": "alex"}}
{"event": "trial.started", "profile": {"email": "alex@example.com", "properties": {"tier": "silver"}}}
{"profile": {"email": "alex@example.com"}, "variables": {"newTier": "silver"}}
{"templateId": "<template order-receipt>", "to": {"email": "alex@example.com"}}
{"items": [{"templateId": "<template order-receipt>", "to": {"email": "alex@example.com"}, "idempotencyKey": "k"}]}`

var namedID = regexp.MustCompile(`<(\w+) ([\w.@-]+)>`)

func (s *calendar) edits() []string {
	html, err := json.Marshal(inline(nil)["html"].(string) + "<p>Edited</p>")
	require.NoError(s, err)
	text := strings.ReplaceAll(edits, `"<html>"`, string(html))
	return strings.Split(namedID.ReplaceAllStringFunc(text, func(word string) string {
		found := namedID.FindStringSubmatch(word)
		return s.emu.ID(found[1], found[2])
	}), "\n")
}

// targets returns the paths of an operation, one for each object that a scheduled carrier uses, and one for each draft.
func (s *calendar) targets(op *wire.Operation) []string {
	path := op.Path
	path = strings.NewReplacer("{journeyKey}", "loyalty-upgrade",
		"{profileId}", s.emu.ID("profile", "alex@example.com"),
		"{subscriptionGroupId}", s.emu.ID("subscriptionGroup", "offers")).Replace(path)
	ids := map[string]bool{}
	add := func(found ...string) {
		for _, id := range found {
			ids[id] = true
		}
	}
	broadcasts := strings.Contains(path, "/broadcasts/{id}")
	switch {
	case broadcasts, strings.Contains(path, "/newsletter-issues/{id}"):
		for _, b := range s.carriers {
			if strings.Contains(b.path, "/broadcasts/") == broadcasts {
				add(b.id)
			}
		}
		add(s.drafts(broadcasts)...)
	case strings.Contains(path, "/templates/{id}"):
		for _, b := range s.carriers {
			add(b.template)
		}
	case strings.Contains(path, "/newsletters/{id}"):
		add(s.emu.ID("newsletter", "trail-notes"), s.emu.ID("newsletter", "zine"))
	case strings.Contains(path, "/segments/{id}"):
		add(s.emu.ID("segment", "gold"), s.emu.ID("segment", "chosen"))
	default:
		return []string{path}
	}
	targets := []string{}
	for _, id := range slices.Sorted(maps.Keys(ids)) {
		targets = append(targets, strings.Replace(path, "{id}", id, 1))
	}
	return targets
}

// drafts returns the ids of the carriers that are not scheduled. One of them shares its Template with a scheduled one.
func (s *calendar) drafts(broadcasts bool) (ids []string) {
	path, member := "/api/v1/broadcasts", "broadcasts"
	if !broadcasts {
		path, member = s.letters(), "issues"
	}
	for _, each := range s.do(200, "GET", path+"?status=NotStarted", nil)[member].([]any) {
		if c := each.(object); c["scheduledAt"] == nil {
			ids = append(ids, c["id"].(string))
		}
	}
	return ids
}

// audienceTags are the tags of the operations that may change the Profiles of an audience.
var audienceTags = []string{"profiles", "events", "journeys", "emails"}

func TestAKeyWithoutAllowSendsCannotChangeWhatAScheduledCarrierSends(t *testing.T) {
	skipIfRacing(t)
	t.Parallel()
	shops := fillCalendar(t)
	edited := make(chan string, len(wire.Operations())) // the operations that returned a carrier to draft
	t.Run("operations", func(t *testing.T) {
		for _, op := range wire.Operations() {
			t.Run(op.ID, func(t *testing.T) {
				t.Parallel()
				if callAll(t, shops, &op) {
					edited <- op.ID
				}
			})
		}
	})
	close(edited)
	reached := []string{}
	for id := range edited {
		reached = append(reached, id)
	}
	slices.Sort(reached)
	require.Equal(t, []string{"archiveTemplate", "cancelBroadcast", "cancelNewsletterIssue", "updateBroadcast",
		"updateNewsletter", "updateTemplate"}, reached, "the operations that keep a scheduled carrier from being sent")
}

// callAll calls an operation with every body on every target, and reports whether a call kept a carrier from being
// sent. After a call that returned a carrier to draft, and at the end, the clock moves past the time of all carriers.
// The next call then gets a fresh shop with the same ids.
func callAll(t *testing.T, shops *calendars, op *wire.Operation) (reached bool) {
	s := shops.open(t)
	touched := slices.Contains(audienceTags, op.Tag)
	bodies, targets := s.edits(), s.targets(op)
	if !op.HasBody {
		bodies = bodies[:1]
	}
	tried := []string{}
	for _, target := range targets {
		for _, body := range bodies {
			got := s.edit(op.Method, target, body)
			require.Less(t, got.status, 500, got.body)
			if got.status < 300 && op.Method != http.MethodGet {
				tried = append(tried, fmt.Sprintf("%s %s", target, body))
			}
			if got.status >= 300 || op.Method == http.MethodGet || len(s.unscheduled()) == 0 {
				continue
			}
			reached = true
			require.NotEmpty(t, s.sendAll(touched, strings.Join(tried, "\n")))
			require.NoError(t, s.emu.Close())
			s, tried = shops.open(t), nil
		}
	}

	kept := s.sendAll(touched, strings.Join(tried, "\n"))
	return reached || len(kept) > 0
}

// seedEdits are seeds, the carriers that are drafts afterwards, and the seed that undoes the edit, by default
// calendarSeed.
var seedEdits = []struct{ name, drafts, seed, undo string }{
	{"the Template's definition", "conditions",
		`templates: [{key: members, purpose: Promotional, definition: {subject: Edited}}]`, ""},
	{"the Template's sender", "conditions",
		`templates: [{key: members, purpose: Promotional, senderProfile: shop, definition: {subject: Edited}}]`, ""},
	{"the sender's name", "zine", `senderProfiles: [{key: zine, name: Edited, email: shop@acme.example}]`, ""},
	{"the sender's address", "zine", `senderProfiles: [{key: zine, name: The Zine, email: a@reply.example}]`, ""},
	{"the sender's domain", "all", `domains: [{domain: acme.example, status: pending}]
journeys: [{key: trial-onboarding, status: Archived, entry: {type: api}, start: x, nodes: [{id: x, type: exit}]},
  {key: password-reset, status: Archived, entry: {type: api}, start: x, nodes: [{id: x, type: exit}]}]`,
		`domains: [{domain: acme.example}]`},
	{"the domain of the reply address", "conditions", `domains: [{domain: reply.example, status: failed}]`, ""},
	{"a default sender that no carrier uses", "",
		`senderProfiles: [{key: support, name: Acme Support, email: support@acme.example, default: true}]`, ""},
	{"the group's policy", "issue issueInline issueNarrowed referring zine",
		`subscriptionGroups: [{key: trail-notes, policy: OptOut}]`,
		`subscriptionGroups: [{key: trail-notes, policy: OptIn}]`},
	{"the policy of offers", "conditions copied created inline manual referring subject template",
		`subscriptionGroups: [{key: offers, policy: OptIn}]`, `subscriptionGroups: [{key: offers, policy: OptOut}]`},
	{"the Segment", "inline", `segments: [{key: everyone, definition: {$state: /profile/tier, eq: gold}}]`, ""},
	{"a Segment that others refer to", "conditions copied created issueNarrowed referring subject template",
		`segments: [{key: gold, definition: {$state: /profile/tier, exists: true}}]`,
		`segments: [{key: gold, definition: {$state: /profile/tier, eq: gold}}]`},
	{"the Segment of a condition", "conditions", `segments: [{key: insiders, definition: false}]`, ""},
	{"a Manual Segment that becomes Dynamic", "manual", `segments: [{key: chosen, definition: true}]`, ""},
	{"the Newsletter's group", "zine",
		`newsletters: [{key: zine, subscriptionGroup: offers, senderProfile: zine}]`, ""},
	{"the Newsletter's sender", "zine",
		`newsletters: [{key: zine, subscriptionGroup: trail-notes, senderProfile: shop}]`, ""},
	{"the Organization's name", "conditions", `organization: {name: Edited}`, `organization: {name: Acme Outdoor}`},

	{"names", "", `subscriptionGroups: [{key: offers, name: Edited, policy: OptOut}]
newsletters: [{key: zine, name: Edited, cadence: daily, subscriptionGroup: trail-notes, senderProfile: zine}]
segments: [{key: everyone, name: Edited, definition: true}]`, ""},
	{"the Organization's zone and address", "", `organization: {timezone: UTC, postalAddress: Elsewhere}`, ""},
	{"DMARC", "", `domains: [{domain: acme.example, dmarc: false}]`, ""},
}

func TestASeedThatChangesAScheduledCarrierReturnsItToDraft(t *testing.T) {
	skipIfRacing(t)
	t.Parallel()
	shops := fillCalendar(t)
	for _, edit := range seedEdits {
		t.Run(edit.name, func(t *testing.T) {
			t.Parallel()
			want := append([]string{}, strings.Fields(edit.drafts)...)
			if edit.drafts == "all" {
				want = slices.Sorted(maps.Keys(shops.first.carriers))
			}
			undone := shops.open(t)
			undone.seed(edit.seed)
			undone.seed(cmp.Or(edit.undo, calendarSeed))
			require.Equal(t, want, undone.unscheduled())
			s := shops.open(t)
			s.seed(edit.seed)
			require.Equal(t, want, s.unscheduled())
			require.Equal(t, want, append([]string{}, s.sendAll(false, edit.name)...))
		})
	}
}

func TestTheAudienceOfAScheduledCarrierMayChange(t *testing.T) {
	t.Parallel()
	s := openCalendar(t)
	s.seed(`
profiles:
  - {email: late@example.com, properties: {tier: gold}, subscriptions: {trail-notes: Subscribed}}
  - {email: probe@example.com, phone: "+49"}
segments: [{key: chosen, members: [late@example.com, probe@example.com]}]`)
	require.Equal(t, 204, s.edit("DELETE", "/api/v1/profiles/"+s.emu.ID("profile", "alex@example.com"), "").status)
	require.Empty(t, s.sendAll(true, "another audience"))
	require.Equal(t,
		len(s.carriers),
		s.emu.Outbox().To("late@example.com").Count(),
		"a Profile that joins in time is in the audience")
}

func TestNewMembersOfAManualSegmentDoNotVoidAConfirmation(t *testing.T) {
	p := openPress(t)
	require.NoError(t, p.emu.Seed(parsed(t, `segments: [{key: chosen, members: [alex@example.com]}]`)))
	id := p.confirm(p.draft(p.withIDs(object{"segmentId": "chosen"})))
	require.NoError(t, p.emu.Seed(parsed(t, `segments: [{key: chosen, members: [chiara@example.com]}]`)))
	require.NoError(t, p.emu.Human().Approve(id))
	p.emu.Outbox().To("chiara@example.com").Only(t)
}

func TestAChangedSeedFileReturnsCarriersToDraftBeforeTheyAreSent(t *testing.T) {
	file := emulator.WithDatabase(filepath.Join(t.TempDir(), "world.db"))
	p := openPress(t, file)
	sale, other := p.draft(nil), p.draft(inline(nil))
	p.do(202, "POST", sale+"/schedule", object{"scheduledAt": "in 1 hour"})
	p.do(202, "POST", other+"/schedule", object{"scheduledAt": "in 1 hour"})
	require.NoError(t, p.emu.Close())

	changed := parsed(t, `templates: [{key: autumn-sale, purpose: Promotional, definition: {subject: Edited}}]`)
	p.emu = emulator.Start(t, file, emulator.WithSeed(changed), emulator.WithStartTime(monday.Add(2*time.Hour)))
	require.Equal(t, "NotStarted", p.retrieve(sale)["status"])
	require.Nil(t, p.retrieve(sale)["scheduledAt"])
	require.Equal(t, "Sent", p.retrieve(other)["status"])
}

func TestACarriersHistoryIsExplained(t *testing.T) {
	p := openPress(t)
	path := p.draft(nil)
	id := path[len(path)-36:]
	p.do(200, "PATCH", path, object{"name": "Winter sale", "subject": "Now"})
	p.emu.Advance(time.Minute)
	p.do(202, "POST", path+"/schedule", object{"scheduledAt": "in 1 hour"})
	p.do(200, "PUT", "/api/v1/templates/"+p.emu.ID("template", "autumn-sale"),
		object{"definition": object{"subject": "x", "html": inline(nil)["html"]}})
	p.do(202, "POST", path+"/schedule", object{"scheduledAt": "in 1 hour"})
	p.do(200, "POST", path+"/cancel", nil)
	rejected := p.confirm(path)
	require.NoError(t, p.emu.Human().Reject(rejected))
	confirmation := p.confirm(path)
	require.NoError(t, p.emu.Human().Approve(confirmation))
	want := `2026-03-02T09:00:00.000Z Broadcast "Winter sale", ` + id + `
  2026-03-02T09:00:00.000Z created
  2026-03-02T09:00:00.000Z edited: name, subject
  2026-03-02T09:01:00.000Z scheduled for 2026-03-02T10:01:00.000Z
  2026-03-02T09:01:00.000Z returned to draft: the content of the Template has changed
  2026-03-02T09:01:00.000Z scheduled for 2026-03-02T10:01:00.000Z
  2026-03-02T09:01:00.000Z cancelled; it is a draft again
  2026-03-02T09:01:00.000Z confirmation ` + rejected + ` was made; it expires at 2026-03-02T09:16:00.000Z
  2026-03-02T09:01:00.000Z confirmation ` + rejected + ` was rejected
  2026-03-02T09:01:00.000Z confirmation ` + confirmation + ` was made; it expires at 2026-03-02T09:16:00.000Z
  2026-03-02T09:01:00.000Z confirmation ` + confirmation + ` was approved
  2026-03-02T09:01:00.000Z started
  2026-03-02T09:01:00.000Z the audience was stored: 1 of 1 are eligible
  2026-03-02T09:01:00.000Z sent
  now Sent
`
	require.Equal(t, want, p.emu.Explain(id))
	require.Equal(t, want, call(t, p.emu, "GET", "/_emulator/explain/"+id, "", "Host", "localhost").body)

	issue := p.issue(object{"title": "Short days"})
	p.do(202, "POST", issue+"/schedule", object{"scheduledAt": "in 1 hour"})
	p.do(200, "POST", "/api/v1/templates/"+p.emu.ID("template", "trail-notes-issue")+"/archive", nil)
	p.emu.Advance(time.Hour)
	require.Contains(t, p.emu.Explain(issue[len(issue)-36:]), "failed: template_archived\n  now Failed\n")
}

func TestAnEditRepliesWithWhatItEdited(t *testing.T) {
	p := openPress(t)
	client := p.emu.Client()
	path := p.issue(object{"title": "Short days"})
	p.do(202, "POST", path+"/schedule", object{"scheduledAt": "in 1 hour"})
	support := p.emu.ID("senderProfile", "support")
	letter, err := client.Newsletters.Update(t.Context(), p.emu.ID("newsletter", "trail-notes"),
		&segmentflow.UpdateNewsletterParams{SenderProfileID: support})
	require.NoError(t, err)
	require.Equal(t, support, letter.SenderProfileID)
	require.Nil(t, p.retrieve(path)["scheduledAt"])
}
