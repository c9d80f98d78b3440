package emulator_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// clubJourney returns a seed with one Journey.
func clubJourney(status, template string) string {
	return `
journeys: [{key: club, status: ` + status + `, entry: {type: event, event: joined}, start: m, nodes: [
  {id: m, type: email, template: ` + template + `, subscriptionGroup: club, next: done}, {id: done, type: exit}]}]
`
}

// seedFile returns the option for a seed file with this text.
func seedFile(t *testing.T, text string) emulator.Option {
	t.Helper()
	path := filepath.Join(t.TempDir(), "changed.yaml")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return emulator.WithSeedFile(path)
}

// leftOut is a change of the seed that a change of the world has made impossible.
type leftOut struct {
	name           string
	meanwhile      func(f *fileWorld)
	old, new, more string   // old is replaced by new, and more is added to the seed
	left           []string // as ":line: pointer: problem"
	check          func(f *fileWorld)
}

func leftOutProfiles() []leftOut {
	return []leftOut{
		{name: "an external id of another Profile", old: "properties: {tier: silver}",
			new:       "externalId: cus_5, properties: {tier: blue}",
			meanwhile: func(f *fileWorld) { f.setExternalID("alex@example.com", "cus_5") },
			left:      []string{`:13: /profiles/1/externalId: belongs to the profile \"alex@example.com\"`},
			check: func(f *fileWorld) {
				require.Nil(f, f.profile("kim@example.com").ExternalID)
				require.Equal(f, `"blue"`, f.property("kim@example.com", "tier"), "the rest of the Profile is applied")
			}},
		{name: "a Profile that was deleted", old: "size: 1", new: "size: 2",
			meanwhile: func(f *fileWorld) { f.deleteProfile("sam@example.com") },
			left:      []string{`:12: /profiles/0: there is no profile \"sam@example.com\" any more`},
			check:     func(f *fileWorld) { f.requireGone("sam@example.com") }},
		{name: "an id of a deleted Profile", more: "  - {email: ola@example.com, id: %s, properties: {a: 1}}\n",
			meanwhile: func(f *fileWorld) {
				require.NoError(f, f.client.Profiles.Delete(f.Context(), unknownProfile(f)))
			},
			left:  []string{`:14: /profiles/2/id: the id `},
			check: func(f *fileWorld) { f.requireGone("ola@example.com") }},
		{name: "a deleted member, and the segment that refers to the one that lists her",
			more: "segments: [{key: few, members: [sam@example.com, kim@example.com]},\n" +
				"  {key: fewer, definition: {inSegment: few}}]\n",
			meanwhile: func(f *fileWorld) { f.deleteProfile("sam@example.com") },
			left: []string{`:14: /segments/0/members/0: there is no profile \"sam@example.com\"`,
				`:15: /segments/1/definition/inSegment: there is no Segment \"few\"`},
			check: func(f *fileWorld) {
				_, err := f.client.Segments.Retrieve(f.Context(), f.emu.SeedID("segment", "few"))
				require.ErrorIs(f, err, segmentflow.ErrNotFound)
			}},
		{name: "an event of a deleted Profile",
			more:      "events: [{key: e, event: visited, profile: sam@example.com}]\n",
			meanwhile: func(f *fileWorld) { f.deleteProfile("sam@example.com") },
			left:      []string{`:14: /events/0/profile: there is no profile \"sam@example.com\"`},
			check:     func(f *fileWorld) { f.requireGone("sam@example.com") }},
	}
}

func leftOutContent() []leftOut {
	return []leftOut{
		{name: "a template that was archived and the journey that names it", more: clubJourney("Active", "shelved"),
			meanwhile: func(f *fileWorld) { f.archiveTemplate("shelved") },
			left:      []string{`:16: /journeys/0/nodes/0/template: `},
			check:     func(f *fileWorld) { require.Zero(f, f.enrolledByKim()) }},
		{name: "a template that was deleted and the journey that names it", more: clubJourney("Active", "spare"),
			meanwhile: func(f *fileWorld) { f.deleteTemplate("spare") },
			left:      []string{`:16: /journeys/0/nodes/0/template: `},
			check:     func(f *fileWorld) { require.Zero(f, f.enrolledByKim()) }},
		{name: "a template that was deleted and the newsletter that names it", old: "cadence: weekly",
			new:       "cadence: daily, template: spare",
			meanwhile: func(f *fileWorld) { f.deleteTemplate("spare") },
			left:      []string{`:10: /newsletters/0/template: there is no template \"spare\"`},
			check: func(f *fileWorld) {
				n, err := f.client.Newsletters.Retrieve(f.Context(), f.emu.ID("newsletter", "club"))
				require.NoError(f, err)
				require.Equal(f, "weekly", *n.Cadence, "the whole Newsletter is left out")
			}},
		{name: "a journey that would become a draft again", more: clubJourney("Draft", "spare"),
			meanwhile: func(f *fileWorld) { require.NoError(f, f.emu.Seed(parsed(f, clubJourney("Active", "spare")))) },
			left:      []string{`:15: /journeys/0/status: the Journey is Active and cannot be a Draft again`},
			check:     func(f *fileWorld) { require.Equal(f, 1, f.enrolledByKim()) }},
	}
}

func TestSeedChangesThatTheWorldNoLongerAllowsAreLeftOutAndReported(t *testing.T) {
	for _, c := range append(leftOutProfiles(), leftOutContent()...) {
		t.Run(c.name, func(t *testing.T) {
			f := newFile(t)
			sample := emulator.WithSeedFile("testdata/acme.yaml")
			f.start(sample, seedFile(t, extra))
			other := unknownProfile(f)
			c.meanwhile(f)
			changed := extra + strings.Replace(c.more, "%s", other, 1)
			if c.old != "" {
				require.Contains(t, changed, c.old)
				changed = strings.Replace(changed, c.old, c.new, 1)
			}
			changed += "users: [{key: late, email: late@example.com}]\n"
			seed := seedFile(t, changed)
			f.start(sample, seed)
			logged := strings.Split(strings.TrimSpace(f.log.String()), "\n")
			require.Len(t, logged, len(c.left), f.log.String())
			for i, want := range c.left {
				require.Contains(t, logged[i], "level=WARN")
				require.Contains(t, logged[i], "changed.yaml"+want)
			}
			c.check(f)
			require.Contains(t, strings.Join(f.rows(), "\n"), "late@example.com", "the rest is applied")
			f.start(sample, seed)
			require.Empty(t, f.log.String(), "what was left out counts as applied")
			require.NoError(t, f.emu.Close())
		})
	}
}

func (f *fileWorld) archiveTemplate(template string) {
	f.Helper()
	_, err := f.client.Templates.Archive(f.Context(), f.emu.ID("template", template))
	require.NoError(f, err)
}

func (f *fileWorld) deleteTemplate(template string) {
	f.Helper()
	require.NoError(f, f.client.Templates.Delete(f.Context(), f.emu.ID("template", template)))
}

// unknownProfile returns the id of a Profile that is in no seed.
func unknownProfile(f *fileWorld) string {
	return f.track("e", "stranger@example.com").ProfileID
}

// enrolledByKim tracks an event of Kim and returns how many Journeys it enters.
func (f *fileWorld) enrolledByKim() int {
	f.Helper()
	return f.track("joined", "kim@example.com").EnrolledJourneys
}

func (f *fileWorld) track(event, email string) *segmentflow.TrackedEvent {
	f.Helper()
	tracked, err := f.client.Events.Track(f.Context(), &segmentflow.TrackEventParams{Event: event,
		Profile: segmentflow.ProfileIdentity{Email: email}})
	require.NoError(f, err)
	return tracked
}

func TestAMistakeInAChangedSeedFailsTheStart(t *testing.T) {
	for _, c := range []struct{ name, old, new, more, want string }{
		{"an unknown field", "size: 1}", "size: 1}, colour: red", "", "/profiles/0/colour: is not a field"},
		{"a wrong type", "cadence: weekly", "cadence: 7", "", "/newsletters/0/cadence: must be text"},
		{"text that is not YAML", "", "", "\t- x", "is not YAML"},
		{"a bad value", "OptOut", "Sometimes", "", "/subscriptionGroups/0/policy: must be one of"},
		{"a Profile given twice", "", "", "  - {email: SAM@example.com}\n",
			`/profiles/2/email: "sam@example.com" is given twice`},
		{"a template given twice", "templates:\n",
			"templates:\n  - {key: spare, purpose: General, definition: " + note + "}\n", "",
			`/templates/1/key: "spare" is given twice`},
		{"a reference to an unknown segment", "", "", "segments: [{key: s, definition: {inSegment: nowhere}}]",
			`there is no Segment "nowhere"`},
		{"a newsletter without a sender", "senderProfile: shop", "senderProfile: nobody", "",
			`/newsletters/0/senderProfile: there is no senderProfile "nobody"`},
		{"a newsletter without a group", "subscriptionGroup: club,", "", "",
			`/newsletters/0/subscriptionGroup: is required`},
		{"a newsletter with an unknown template", "cadence: weekly", "template: nowhere", "",
			`/newsletters/0/template: there is no template "nowhere"`},
		{"one external id for two Profiles", "properties: {tier: silver}", "externalId: cus_900", "",
			`/profiles/1/externalId: belongs to the profile "sam@example.com"`},
		{"a second default", "", "", "senderProfiles: [{key: a, email: a@acme.example, default: true}, " +
			"{key: b, email: b@acme.example, default: true}]",
			"/senderProfiles/1/default: only one SenderProfile can be the default"},
		{"a template that cannot be rendered", "type: Text", "type: Txt", "",
			"/templates/0/definition/body/elements/t/type: "},
		{"a mistake next to a change", "size: 1}", "size: 2}, suppressed: perhaps", "",
			"/profiles/0/suppressed: must be one of"},
		{"an event of an unknown Profile", "", "", "events: [{key: e, event: e, profile: nobody@example.com}]",
			`/events/0/profile: there is no profile "nobody@example.com"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFile(t)
			sample := emulator.WithSeedFile("testdata/acme.yaml")
			f.start(sample, seedFile(t, extra))
			_, err := f.client.Templates.Create(t.Context(), &segmentflow.CreateTemplateParams{Name: "Another"})
			require.NoError(t, err)
			before := f.rows()
			changed := strings.Replace(extra, c.old, c.new, 1) + c.more
			require.NotEqual(t, extra, changed)
			changed = "users: [{key: late, email: late@example.com}]\n" + changed
			found := f.refused(sample, seedFile(t, changed))
			require.Len(t, found, 1, "%v", found)
			require.Contains(t, found[0].String(), c.want)
			require.Contains(t, found[0].File, "changed.yaml")
			require.Equal(t, before, f.rows(), "nothing was changed")
			require.Empty(t, f.log.String())
		})
	}
}

func TestASeedMayReferToWhatTheFileHas(t *testing.T) {
	f := newFile(t)
	f.start()
	builds := "newsletters: [{key: n, subscriptionGroup: g, senderProfile: hello, template: hello}]\n" +
		"subscriptionGroups: [{key: g, policy: OptIn}]\n"
	f.start(emulator.WithSeed(parsed(t, builds)))
	require.Empty(t, f.log.String())
	later := "journeys: [{key: j, status: Draft, entry: {type: api}, start: m, nodes: [" +
		"{id: m, type: email, template: hello, next: d}, {id: d, type: exit}]}]\n"
	f.start(emulator.WithSeed(parsed(t, builds+later)))
	require.Empty(t, f.log.String())
	_, err := f.client.Templates.Archive(t.Context(), f.emu.ID("template", "hello"))
	require.NoError(t, err)
	f.start(emulator.WithSeed(parsed(t, builds+strings.Replace(later, "Draft", "Active", 1))))
	require.Contains(t, f.log.String(), "line 3: /journeys/0/nodes/0/template: ", "the world has changed, not the seed")
}

func TestAFirstSeedOfAWorldThatTheAPIFilled(t *testing.T) {
	f := newFile(t)
	f.start()
	_, err := f.client.Events.Track(t.Context(), &segmentflow.TrackEventParams{Event: "e",
		Profile: segmentflow.ProfileIdentity{Email: "zoe@example.com", ExternalID: "cus_900"}})
	require.NoError(t, err)
	f.start(emulator.WithSeed(parsed(t,
		`profiles: [{email: sam@example.com, externalId: cus_900, properties: {tier: gold}}]`)))
	require.Equal(t, `"gold"`, f.property("sam@example.com", "tier"))
	require.Nil(t, f.profile("sam@example.com").ExternalID)
	require.Contains(t, f.log.String(), `/profiles/0/externalId: belongs to the profile \"zoe@example.com\"`)
}

func TestAJourneyNeverBecomesADraftAgain(t *testing.T) {
	document := func(status string) emulator.Seed {
		return parsed(t, "journeys: [{key: j, status: "+status+
			", entry: {type: api}, start: d, nodes: [{id: d, type: exit}]}]")
	}
	for _, status := range []string{"Active", "Paused", "Archived"} {
		emu := emulator.Start(t, emulator.WithSeed(document("Draft")))
		require.NoError(t, emu.Seed(document("Draft")))
		require.NoError(t, emu.Seed(document(status)))
		found := problems(t, emu.Seed(document("Draft")))
		require.Equal(t, "line 1: /journeys/0/status: the Journey is "+status+
			" and cannot be a Draft again; to stop it, set its status to Paused or Archived", found[0].String())
		require.NoError(t, emu.Seed(document(status)), "the status is the same")
	}
	emu := emulator.Start(t, emulator.WithSeed(document("Archived")))
	require.NoError(t, emu.Seed(document("Active")))
}
