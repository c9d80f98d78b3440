package emulator_test

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator"
)

// calendarSeed is what the calendar adds to Acme Outdoor. No operation changes the Profile of the probe, so that its
// emails show only what belongs to the carriers.
const calendarSeed = `
domains: [{domain: reply.example}]
senderProfiles: [{key: zine, name: The Zine, email: shop@acme.example}]
profiles:
  - {email: probe@example.com, properties: {firstName: Pro, tier: gold}, subscriptions: {trail-notes: Subscribed}}
segments:
  - {key: everyone, definition: true}
  - {key: insiders, definition: {$and: [{$state: /profile/tier, eq: gold}, {subscribed: offers}]}}
  - {key: referring, definition: {$and: [{inSegment: gold}, {subscribed: trail-notes}]}}
  - {key: chosen, members: [probe@example.com, alex@example.com]}
templates:
  - key: members
    purpose: Promotional
    definition:
      from: Acme Support <support@acme.example>
      replyTo: answers@reply.example
      subject: "News from ${/system/organization/name}"
      body:
        root: html
        elements:
          html: {type: Html, props: {lang: en}, children: [body]}
          body: {type: Body, props: {}, children: [text, unsubscribe]}
          text: {type: Text, visible: {inSegment: insiders}, props: {text: For insiders}}
          unsubscribe: {type: Link, props: {text: Unsubscribe, href: {$state: /system/unsubscribeUrl}}}
newsletters:
  - {key: zine, name: The Zine, subscriptionGroup: trail-notes, senderProfile: zine, template: trail-notes-issue}
`

// bound is a scheduled carrier: the email that the probe would get, and the audience.
type bound struct {
	path, id, template string
	mail               string
	audience           []string
}

// calendar is Acme Outdoor with a scheduled carrier of every kind. The editor's key may do everything except send.
type calendar struct {
	press
	editor   string
	carriers map[string]*bound
}

func openCalendar(t *testing.T, opts ...emulator.Option) *calendar {
	t.Helper()
	s := &calendar{press: openPress(t, opts...), carriers: map[string]*bound{}}
	s.seed(calendarSeed)
	s.editor = s.emu.NewAPIKey(emulator.APIKeySpec{Scopes: []string{"*"}})
	s.schedule("template", s.draft(nil))
	s.schedule("subject", s.draft(object{
		"subject": "My own, ${/profile/firstName}", "from": "Sale <support@acme.example>",
		"replyTo": []string{"shop@acme.example", "answers@reply.example"}}))
	s.schedule("inline", s.draft(s.withIDs(inline(object{"segmentId": "everyone"}))))
	s.schedule("copied", "/api/v1/broadcasts/"+s.do(200, "POST", s.draft(inline(nil))+"/duplicate", nil)["id"].(string))
	s.schedule("conditions", s.draft(s.withIDs(object{"templateId": "members"})))
	s.schedule("referring", s.draft(s.withIDs(object{"segmentId": "referring"})))
	s.schedule("manual", s.draft(s.withIDs(object{"segmentId": "chosen"})))
	s.schedule("issue", s.issue(object{"title": "Short days"}))
	s.schedule("issueInline", s.issue(object{"title": "Long days", "subject": "Hello", "html": inline(nil)["html"]}))
	s.schedule("issueNarrowed", s.issue(object{"title": "Gold days", "segmentId": s.emu.ID("segment", "gold")}))
	zine := s.do(200, "POST", "/api/v1/newsletters/"+s.emu.ID("newsletter", "zine")+"/issues", object{"title": "Zine"})
	s.schedule("zine", "/api/v1/newsletter-issues/"+zine["id"].(string))

	body := s.sale(object{"send": true, "scheduledAt": "in 2 hours"})
	path := "/api/v1/broadcasts/" + s.do(202, "POST", "/api/v1/broadcasts", body)["id"].(string)
	s.remember("created", path)
	return s
}

// calendars opens the same calendar many times, with the same ids: it copies a database that was filled once.
type calendars struct {
	filled []byte
	first  calendar
}

func fillCalendar(t *testing.T) *calendars {
	t.Helper()
	file := filepath.Join(t.TempDir(), "world.db")
	s := openCalendar(t, emulator.WithDatabase(file))
	s.issue(object{"title": "A draft"})
	require.NoError(t, s.emu.Close())
	filled, err := os.ReadFile(file)
	require.NoError(t, err)
	return &calendars{filled, *s}
}

func (c *calendars) open(t *testing.T) *calendar {
	t.Helper()
	file := filepath.Join(t.TempDir(), "world.db")
	require.NoError(t, os.WriteFile(file, c.filled, 0o600))
	s := c.first
	s.press = press{t, emulator.Start(t, emulator.WithDatabase(file), emulator.WithStartTime(monday))}
	return &s
}

func (s *calendar) seed(text string) {
	s.Helper()
	require.NoError(s, s.emu.Seed(parsed(s, text)))
}

func (s *calendar) schedule(name, path string) {
	s.Helper()
	s.do(202, "POST", path+"/schedule", object{"scheduledAt": "in 2 hours"})
	s.remember(name, path)
}

// remember records what a scheduled carrier would send: a test send shows the email, a preview shows the audience.
func (s *calendar) remember(name, path string) {
	s.Helper()
	b := &bound{path: path, id: path[len(path)-36:], template: s.retrieve(path)["templateId"].(string)}
	s.do(200, "POST", path+"/test", object{"email": "probe@example.com"})
	b.mail = asSent(s.emu.Outbox().Carrier(emulator.CarrierTest).Last())
	for _, r := range s.do(200, "POST", path+"/preview", object{"limit": 100})["recipients"].([]any) {
		b.audience = append(b.audience, r.(object)["email"].(string))
	}
	require.Contains(s, b.audience, "probe@example.com", name)
	slices.Sort(b.audience)
	s.carriers[name] = b
}

var token = regexp.MustCompile(`/([up])/[A-Za-z0-9_.-]+`)

// asSent returns the whole email except what differs per message: the tokens of its links.
func asSent(m *emulator.Message) string {
	from := m.From.Name + " <" + m.From.Email + ">"
	replyTo := strings.Join(m.Headers["Reply-To"], "|")
	content := strings.Join([]string{from, replyTo, m.Headers.Get("List-Id"), m.Subject, m.HTML, m.Text}, "\n")
	return token.ReplaceAllString(content, "/$1/token")
}

// unscheduled returns the names of the carriers that are drafts again.
func (s *calendar) unscheduled() []string {
	s.Helper()
	waiting := map[string]bool{}
	for path, member := range map[string]string{"/api/v1/broadcasts": "broadcasts", s.letters(): "issues",
		"/api/v1/newsletters/" + s.emu.ID("newsletter", "zine") + "/issues": "issues"} {
		for _, each := range s.do(200, "GET", path+"?status=NotStarted&limit=100", nil)[member].([]any) {
			if c := each.(object); c["scheduledAt"] != nil {
				waiting[c["id"].(string)] = true
			}
		}
	}
	drafts := []string{}
	for name, b := range s.carriers {
		if !waiting[b.id] {
			drafts = append(drafts, name)
		}
	}
	slices.Sort(drafts)
	return drafts
}

// sendAll advances the clock past the time of all carriers. Each must have sent what was scheduled, or nothing. It
// returns those that sent nothing. If the operation cannot have changed the audience, it must be the scheduled one.
func (s *calendar) sendAll(people bool, what string) (kept []string) {
	s.Helper()
	drafts := s.unscheduled()
	s.emu.Advance(3 * time.Hour)
	for _, name := range slices.Sorted(maps.Keys(s.carriers)) {
		b := s.carriers[name]
		sent := []string{}
		for _, typ := range []string{emulator.CarrierBroadcast, emulator.CarrierNewsletterIssue} {
			for _, m := range s.emu.Outbox().Carrier(typ, b.id).All() {
				sent = append(sent, m.To[0].Email)
				if m.To[0].Email == "probe@example.com" {
					require.Equal(s, b.mail, asSent(m), "%s: %s", what, name)
				}
			}
		}
		slices.Sort(sent)
		now := s.retrieve(b.path)
		switch {
		case len(sent) > 0:
			require.Equal(s, "Sent", now["status"], "%s: %s", what, name)
			require.NotContains(s, drafts, name, "%s: %s was sent without a schedule", what, name)
			if !people {
				require.Equal(s, b.audience, sent, "%s: %s", what, name)
			}
		case now["status"] == "NotStarted":
			require.Nil(s, now["scheduledAt"], "%s: %s", what, name)
			require.Contains(s, drafts, name, "%s: %s missed its time", what, name)
			kept = append(kept, name)
		default:
			require.Contains(s, []string{"Failed", "Archived"}, now["status"], "%s: %s", what, name)
			kept = append(kept, name)
		}
	}
	return kept
}

// edit calls an operation with the editor's key, which may do everything except send.
func (s *calendar) edit(method, path, body string) answer {
	s.Helper()
	return call(s, s.emu, method, path, body, "x-api-key", s.editor, "Idempotency-Key", method+path+body)
}

func TestWithoutAnEditEveryCarrierIsSentAsScheduled(t *testing.T) {
	require.Empty(t, openCalendar(t).sendAll(false, "nothing"))
}

func TestAnEditNeedsOnlyItsOwnScope(t *testing.T) {
	s := openCalendar(t)
	key := s.emu.NewAPIKey(emulator.APIKeySpec{Scopes: []string{"templates:write", "newsletters:write"}})
	s.do(200, "PUT", "/api/v1/templates/"+s.emu.ID("template", "autumn-sale"),
		object{"definition": object{"subject": "New"}}, "x-api-key", key)
	s.do(200, "PATCH", "/api/v1/newsletters/"+s.emu.ID("newsletter", "trail-notes"),
		object{"senderProfileId": s.emu.ID("senderProfile", "support")}, "x-api-key", key)
	want := []string{"created", "issue", "issueInline", "issueNarrowed", "manual", "referring", "subject", "template"}
	require.Equal(t, want, s.sendAll(false, "two edits"))
}
