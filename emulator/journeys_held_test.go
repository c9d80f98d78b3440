package emulator_test

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// heldSeed has Journeys that are Active, Paused, Draft and Archived. Their emails take the sender from each place where
// one may be given.
const heldSeed = `
organization: {name: Acme}
domains: [{domain: acme.example}, {domain: good.example}, {domain: new.example, status: pending}]
senderProfiles:
  - {key: shop, email: shop@acme.example, default: true}
  - {key: good, email: hi@good.example}
  - {key: beta, email: beta@new.example}
subscriptionGroups: [{key: offers, policy: OptOut}]
templates:
  - {key: plain, purpose: Transactional, definition: &d {subject: Hi, html: "<p>Hi</p>"}}
  - {key: named, purpose: Transactional, senderProfile: good, definition: *d}
  - {key: written, purpose: Transactional, definition: {from: Good <hi@good.example>, subject: Hi, html: "<p>Hi</p>"}}
  - {key: unused, purpose: Transactional, definition: *d}
journeys:
  - {key: first, status: Active, entry: {type: api}, start: a, nodes: [{id: a, type: email, template: plain, next: b},
      {id: b, type: email, template: named, next: x}, {id: x, type: exit}]}
  - {key: second, status: Paused, entry: {type: api}, start: a, nodes: [{id: a, type: email, template: named, next: b},
      {id: b, type: email, template: written, next: x}, {id: x, type: exit}]}
  - {key: third, status: Active, entry: {type: api}, start: a, nodes: [{id: a, type: email, template: unused,
      senderProfile: good, subscriptionGroup: offers, next: x}, {id: x, type: exit}]}
  - {key: draft, entry: {type: api}, start: a,
      nodes: [{id: a, type: email, template: named, next: x}, {id: x, type: exit}]}
  - {key: past, status: Archived, entry: {type: api}, start: a,
      nodes: [{id: a, type: email, template: named, next: x}, {id: x, type: exit}]}
`

func openHeld(t *testing.T, opts ...emulator.Option) press {
	t.Helper()
	opts = append(opts, emulator.WithSeed(parsed(t, heldSeed)), emulator.WithStartTime(monday))
	return press{t, emulator.Start(t, opts...)}
}

// findings returns "journey path" for each finding of a refused call.
func (p press) brokenJourneys(method, path string, body any) []string {
	p.Helper()
	got := p.do(409, method, path, body)
	require.Equal(p, "invalid_state", got["error"])
	details := got["details"].(object)
	require.Equal(p, "Active", details["status"])
	found := []string{}
	for _, each := range details["findings"].([]any) {
		f := each.(object)
		require.NotEmpty(p, f["message"])
		require.Contains(p, got["message"], f["journey"])
		found = append(found, fmt.Sprint(f["journey"], " ", f["path"]))
	}
	return found
}

func TestACallDoesNotBreakAJourney(t *testing.T) {
	p := openHeld(t)
	template := func(key string) string { return "/api/v1/templates/" + p.emu.ID("template", key) }
	beta := p.emu.ID("senderProfile", "beta")
	named := p.do(200, "GET", template("named"), nil)
	both, ofBeta := []string{"first /nodes/1/template", "second /nodes/0/template"}, object{"senderProfileId": beta}
	require.Equal(t, both, p.brokenJourneys("POST", template("named")+"/archive", nil))
	require.Equal(t, both, p.brokenJourneys("PUT", template("named"), object{"name": "Other", "senderProfileId": beta}))
	require.Equal(t, []string{"first /nodes/0/template"}, p.brokenJourneys("PUT", template("plain"), ofBeta))
	require.Equal(t, []string{"second /nodes/1/template"},
		p.brokenJourneys("PUT",
			template("written"),
			object{"definition": object{"from": "beta@new.example", "html": "Hi"}}))
	require.Equal(t, []string{"third /nodes/0/template"}, p.brokenJourneys("POST", template("unused")+"/archive", nil))
	require.Equal(t, named, p.do(200, "GET", template("named"), nil), "nothing was written")

	p.do(200, "PUT", template("unused"), ofBeta) // the node names another sender
	p.do(200, "PUT", template("named"),
		object{"senderProfileId": nil, "definition": object{"subject": "Other", "html": "Hi"}})
	p.do(200, "POST", template("named")+"/duplicate", nil)
	require.NoError(t, p.emu.Seed(parsed(t, `
journeys: [{key: third, status: Archived, entry: {type: api}, start: x, nodes: [{id: x, type: exit}]}]`)))
	p.do(200, "POST", template("unused")+"/archive", nil)
	p.do(200, "POST", template("unused")+"/unarchive", nil)

	_, err := p.emu.Client().Templates.Archive(t.Context(), p.emu.ID("template", "plain"))
	require.ErrorIs(t, err, segmentflow.ErrInvalidState)
}

func TestADraftBroadcastDoesNotBreakAJourneyByItsInlineContent(t *testing.T) {
	p := openHeld(t)
	content := object{"from": "shop@acme.example", "subject": "Hi", "html": "Hi"}
	path := "/api/v1/broadcasts/" + p.do(200, "POST", "/api/v1/broadcasts", content)["id"].(string)
	own := p.retrieve(path)["templateId"].(string)
	require.NoError(t, p.emu.Seed(parsed(t, `journeys: [{key: fourth, status: Active, entry: {type: api}, start: a,
		nodes: [{id: a, type: email, template: `+own+`, subscriptionGroup: offers, next: x}, {id: x, type: exit}]}]`)))
	content = object{"from": "beta@new.example", "html": "Hi"}
	require.Equal(t, []string{"fourth /nodes/0/template"}, p.brokenJourneys("PATCH", path, content))
	p.do(200, "PATCH", path, object{"from": "hi@good.example", "html": "Hi"})
}

// breakingSeeds are seeds that would break Journeys, and their problems as "path journey pointer".
var breakingSeeds = []struct {
	name, seed string
	want       []string
}{
	{"another purpose", `templates: [{key: unused, purpose: Newsletter, definition: {}},
		{key: plain, purpose: Promotional, definition: {}}, {key: named, purpose: General, definition: {}}]`,
		[]string{"/templates/1 first /nodes/0/subscriptionGroup", "/templates/2 first /nodes/1/subscriptionGroup",
			"/templates/2 second /nodes/0/subscriptionGroup"}},
	{"an archived Template", `templates: [{key: named, purpose: Transactional, status: Archived, definition: {}}]`,
		[]string{"/templates/0 first /nodes/1/template", "/templates/0 second /nodes/0/template"}},
	{"another sender", `templates: [{key: plain, purpose: Transactional, senderProfile: beta, definition: {}}]`,
		[]string{"/templates/0 first /nodes/0/template"}},
	{"another From address",
		`templates: [{key: written, purpose: Transactional, definition: {from: beta@new.example}}]`,
		[]string{"/templates/0 second /nodes/1/template"}},
	{"a domain", `domains: [{domain: new.example, status: pending}, {domain: good.example, status: failed}]`,
		[]string{"/domains/1 first /nodes/1/template", "/domains/1 second /nodes/0/template",
			"/domains/1 second /nodes/1/template", "/domains/1 third /nodes/0/senderProfile"}},
	{"an address", `senderProfiles: [{key: good, email: hi@new.example}]`,
		[]string{"/senderProfiles/0 first /nodes/1/template", "/senderProfiles/0 second /nodes/0/template",
			"/senderProfiles/0 third /nodes/0/senderProfile"}},
	{"the default", `senderProfiles: [{key: beta, email: beta@new.example, default: true}]`,
		[]string{"/senderProfiles/0 first /nodes/0/template"}},
	{"a whole seed with another domain",
		strings.Replace(heldSeed, "{domain: acme.example}", "{domain: acme.example, status: pending}", 1),
		[]string{"/journeys/0/nodes/0/template"}},
	{"a Journey that its own seed breaks", `templates: [{key: plain, purpose: General, definition: {}}]
journeys: [{key: first, status: Active, entry: {type: api}, start: a,
  nodes: [{id: a, type: email, template: plain, next: x}, {id: x, type: exit}]}]`,
		[]string{"/journeys/0/nodes/0/subscriptionGroup"}},
	{"a mistake is the only problem", `senderProfiles: [{key: good, email: nonsense}]`,
		[]string{"/senderProfiles/0/email"}},
}

// problemsOf returns the problems of a refused seed. If a Journey would break, it adds the Journey and the place in it.
func problemsOf(t *testing.T, err error) []string {
	t.Helper()
	refused, ok := errors.AsType[*emulator.SeedError](err)
	require.True(t, ok, "want a SeedError, got %v", err)
	found := []string{}
	for _, problem := range refused.Problems {
		line := problem.Path
		if words := strings.Fields(problem.Message); words[0] == "breaks" {
			line += " " + strings.Trim(words[4], `"`) + " " + strings.TrimSuffix(words[6], ":")
		}
		found = append(found, line)
	}
	return found
}

func TestASeedDoesNotBreakAJourney(t *testing.T) {
	for _, c := range breakingSeeds {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := openHeld(t)
			before := call(t, p.emu, "GET", "/api/v1/templates", "").body
			require.Equal(t, c.want, problemsOf(t, p.emu.Seed(parsed(t, c.seed))))
			require.Equal(t, before, call(t, p.emu, "GET", "/api/v1/templates", "").body, "nothing was applied")
			require.NoError(t, p.emu.Seed(parsed(t, heldSeed)))
		})
	}
}

func TestASeedMayChangeTemplatesAndTheirJourneysTogether(t *testing.T) {
	p := openHeld(t)
	require.NoError(t, p.emu.Seed(parsed(t, `
journeys:
  - {key: first, status: Active, entry: {type: api}, start: a,
      nodes: [{id: a, type: email, template: plain, subscriptionGroup: offers, next: x}, {id: x, type: exit}]}
templates: [{key: plain, purpose: Promotional, definition: {subject: Hi, html: Hi}}]`)))
	require.NoError(t, p.emu.Seed(parsed(t, `
journeys: [{key: first, status: Archived, entry: {type: api}, start: x, nodes: [{id: x, type: exit}]}]
templates: [{key: plain, purpose: General, status: Archived, definition: {}}]`)))
}

func TestALaterSeedDoesNotBreakAnEarlierOnesJourney(t *testing.T) {
	later := parsed(t, `templates: [{key: plain, purpose: Promotional, definition: {}}]`)
	_, err := emulator.New(emulator.WithSeed(parsed(t, heldSeed)), emulator.WithSeed(later))
	require.Equal(t, []string{"/templates/0 first /nodes/0/subscriptionGroup"}, problemsOf(t, err))

	further := strings.ReplaceAll(strings.TrimPrefix(heldSeed, "\norganization: {name: Acme}"), "\n", "\n    ")
	world := parsed(t, "organizations:\n  - organization: {id: 5e6d0000-0000-4000-8000-000000000002}"+further)
	p := press{t, emulator.Start(t, emulator.WithSeed(world))}
	err = p.emu.Seed(parsed(t, `organizations: [{organization: {id: 5e6d0000-0000-4000-8000-000000000002},
		templates: [{key: plain, purpose: Promotional, definition: {}}]}]`))
	require.Equal(t, []string{"/organizations/0/templates/0 first /nodes/0/subscriptionGroup"}, problemsOf(t, err))
}

func TestABrokenJourneyIsReportedWithFileAndLine(t *testing.T) {
	first, second := filepath.Join(t.TempDir(), "first.yaml"), filepath.Join(t.TempDir(), "second.yaml")
	require.NoError(t, os.WriteFile(first, []byte(heldSeed), 0o600))
	text := "templates:\n  - {key: unused, purpose: Transactional, definition: {}}\n" +
		"  - {key: plain, purpose: General, definition: {}}\n"
	require.NoError(t, os.WriteFile(second, []byte(text), 0o600))
	_, err := emulator.New(emulator.WithSeedFile(first), emulator.WithSeedFile(second))
	require.EqualError(t, err, "the seed has a problem:\n\t"+second+`:3: /templates/1: `+
		`breaks the Active Journey "first" at /nodes/0/subscriptionGroup: must be given: `+
		`the template "plain" is General, and only Transactional mail goes without`)
}

func TestAChangedSeedThatBreaksItsOwnJourneyFailsTheStart(t *testing.T) {
	file := emulator.WithDatabase(filepath.Join(t.TempDir(), "world.db"))
	require.NoError(t, openHeld(t, file).emu.Close())
	changed := strings.Replace(heldSeed, "key: plain, purpose: Transactional", "key: plain, purpose: General", 1)
	_, err := emulator.New(file, emulator.WithSeed(parsed(t, changed)))
	require.Equal(t, []string{"/templates/0 first /nodes/0/subscriptionGroup"}, problemsOf(t, err))
	openHeld(t, file)
}

func TestAChangedSeedLeavesOutWhatBreaksAnAPIChange(t *testing.T) {
	const seed = `
domains: [{domain: acme.example}, {domain: good.example}]
senderProfiles: [{key: shop, email: shop@acme.example, default: true}, {key: good, email: hi@good.example}]
templates: [{key: plain, purpose: Transactional, definition: {subject: Hi, html: Hi}}]
journeys: [{key: first, status: Active, entry: {type: api}, start: a,
  nodes: [{id: a, type: email, template: plain, next: x}, {id: x, type: exit}]}]`
	file := emulator.WithDatabase(filepath.Join(t.TempDir(), "world.db"))
	p := press{t, emulator.Start(t, file, emulator.WithSeed(parsed(t, seed)))}
	p.do(200, "PUT", "/api/v1/templates/"+p.emu.ID("template", "plain"),
		object{"senderProfileId": p.emu.ID("senderProfile", "good")})
	require.NoError(t, p.emu.Close())

	changed := strings.Replace(seed, "{domain: good.example}", "{domain: good.example, status: failed}", 1)
	p.emu = emulator.Start(t, file, emulator.WithSeed(parsed(t, changed)))
	p.do(202, "POST", "/api/v1/journeys/first/trigger", object{"profile": object{"email": "alex@example.com"}},
		"Idempotency-Key", "k")
	require.Equal(t, "hi@good.example", p.emu.Outbox().Only(t).From.Email)
}

func TestAJourneyThatWasBrokenBeforeBlocksNoEdit(t *testing.T) {
	file := filepath.Join(t.TempDir(), "world.db")
	p := openHeld(t, emulator.WithDatabase(file))
	plain := "/api/v1/templates/" + p.emu.ID("template", "plain")
	named := "/api/v1/templates/" + p.emu.ID("template", "named")
	require.NoError(t, p.emu.Close())
	db, err := sql.Open("sqlite", file)
	require.NoError(t, err)
	_, err = db.ExecContext(t.Context(), "UPDATE templates SET status = 'Archived' WHERE key = 'plain'")
	require.NoError(t, errors.Join(err, db.Close()))

	p = press{t, emulator.Start(t, emulator.WithDatabase(file), emulator.WithStartTime(monday))}
	p.do(200, "PUT", plain, object{"name": "Other", "definition": object{"subject": "Other", "html": "Hi"}})
	p.do(200, "PUT", named, object{"senderProfileId": nil})
	require.NoError(t, p.emu.Seed(parsed(t, `templates: [{key: plain, purpose: Transactional, definition: {}}]`)))
	require.Equal(t, []string{"/templates/0 first /nodes/0/subscriptionGroup"},
		problemsOf(t, p.emu.Seed(parsed(t, `templates: [{key: plain, purpose: General, definition: {}}]`))))
	both := []string{"first /nodes/1/template", "second /nodes/0/template"}
	require.Equal(t, both, p.brokenJourneys("POST", named+"/archive", nil))
	p.do(200, "POST", plain+"/unarchive", nil)
	require.Equal(t, []string{"first /nodes/0/template"}, p.brokenJourneys("POST", plain+"/archive", nil))
}
