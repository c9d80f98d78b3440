package emulator_test

import (
	"bytes"
	"database/sql"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// fileWorld is a world in a file that is started many times.
type fileWorld struct {
	*testing.T
	file   string
	emu    *emulator.Emulator
	client *segmentflow.Client
	log    bytes.Buffer
}

func newFile(t *testing.T) *fileWorld {
	t.Helper()
	return &fileWorld{T: t, file: filepath.Join(t.TempDir(), "world.db")}
}

func (f *fileWorld) options(opts []emulator.Option) []emulator.Option {
	f.log.Reset()
	log := slog.New(slog.NewTextHandler(&f.log, nil))
	return append(opts, emulator.WithDatabase(f.file), emulator.WithStartTime(monday), emulator.WithLogger(log))
}

// start closes the world, if it is open, and starts it with these options.
func (f *fileWorld) start(opts ...emulator.Option) {
	f.Helper()
	f.close()
	emu, err := emulator.New(f.options(opts)...)
	require.NoError(f, err)
	f.Cleanup(func() { require.NoError(f, emu.Close()) })
	f.emu, f.client = emu, emu.Client()
}

// refused starts the world with options that must be refused, and returns the problems.
func (f *fileWorld) refused(opts ...emulator.Option) []emulator.SeedProblem {
	f.Helper()
	f.close()
	_, err := emulator.New(f.options(opts)...)
	return problems(f, err)
}

func (f *fileWorld) close() {
	f.Helper()
	if f.emu != nil {
		require.NoError(f, f.emu.Close())
	}
}

// startWith starts the world with the sample seed and then these texts.
func (f *fileWorld) startWith(texts ...string) {
	f.Helper()
	f.start(f.sampleThen(texts...)...)
}

func (f *fileWorld) sampleThen(texts ...string) []emulator.Option {
	f.Helper()
	opts := []emulator.Option{emulator.WithSeedFile("testdata/acme.yaml")}
	for _, text := range texts {
		opts = append(opts, emulator.WithSeed(parsed(f, text)))
	}
	return opts
}

func (f *fileWorld) profile(email string) *segmentflow.Profile {
	f.Helper()
	p, err := f.client.Profiles.Retrieve(f.Context(), f.emu.ID("profile", email))
	require.NoError(f, err)
	return p
}

func (f *fileWorld) patch(email string, params segmentflow.UpdateProfileParams) {
	f.Helper()
	_, err := f.client.Profiles.Update(f.Context(), f.emu.ID("profile", email), &params)
	require.NoError(f, err)
}

// setExternalID sets the external id of a Profile.
func (f *fileWorld) setExternalID(email, externalID string) {
	f.Helper()
	f.patch(email, segmentflow.UpdateProfileParams{ExternalID: segmentflow.Value(externalID)})
}

func (f *fileWorld) renameTemplate(template, name string) {
	f.Helper()
	_, err := f.client.Templates.Update(f.Context(), f.emu.ID("template", template),
		&segmentflow.UpdateTemplateParams{Name: name})
	require.NoError(f, err)
}

func (f *fileWorld) deleteProfile(email string) {
	f.Helper()
	require.NoError(f, f.client.Profiles.Delete(f.Context(), f.emu.ID("profile", email)))
}

func (f *fileWorld) requireGone(email string) {
	f.Helper()
	_, err := f.client.Profiles.Retrieve(f.Context(), f.emu.SeedID("profile", email))
	require.ErrorIs(f, err, segmentflow.ErrNotFound)
}

func (f *fileWorld) template(key string) *segmentflow.Template {
	f.Helper()
	found, err := f.client.Templates.Retrieve(f.Context(), f.emu.ID("template", key))
	require.NoError(f, err)
	return found
}

// rows returns all rows of the world except the clock's.
func (f *fileWorld) rows() []string {
	f.Helper()
	f.close()
	db, err := sql.Open("sqlite", f.file)
	require.NoError(f, err)
	defer db.Close()
	var found []string
	for _, table := range f.rowsOf(db, "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name") {
		query := "SELECT '" + table + "', * FROM " + table + " WHERE '" + table + "' <> 'meta' ORDER BY 2, 3"
		found = append(found, f.rowsOf(db, query)...)
	}
	return found
}

func (f *fileWorld) rowsOf(db *sql.DB, query string) (found []string) {
	f.Helper()
	rows, err := db.QueryContext(f.Context(), query)
	require.NoError(f, err)
	defer rows.Close()
	columns, err := rows.Columns()
	require.NoError(f, err)
	values, into := make([]sql.NullString, len(columns)), make([]any, len(columns))
	for rows.Next() {
		for i := range values {
			into[i] = &values[i]
		}
		require.NoError(f, rows.Scan(into...))
		line := values[0].String
		for _, v := range values[1:] {
			line += fmt.Sprintf(" | %t %s", v.Valid, v.String)
		}
		found = append(found, line)
	}
	require.NoError(f, rows.Err())
	return found
}

func (f *fileWorld) property(email, name string) string {
	f.Helper()
	return string(f.profile(email).Properties[name].Value)
}

const extra = `
subscriptionGroups: [{key: club, policy: OptOut}]
templates:
  - {key: spare, purpose: General, definition: ` + note + `}
  - {key: edited, purpose: General, definition: ` + note + `}
  - {key: shelved, purpose: General, definition: ` + note + `}
newsletters: [{key: club, subscriptionGroup: club, senderProfile: shop, cadence: weekly}]
profiles:
  - {email: sam@example.com, externalId: cus_900, properties: {tier: gold, size: 1}, subscriptions: {club: Subscribed}}
  - {email: kim@example.com, properties: {tier: silver}}
`

func TestAStartWithAnEqualSeedUndoesNothing(t *testing.T) {
	f := newFile(t)
	f.startWith(extra)
	ctx := t.Context()
	id := f.emu.ID
	_, err := f.client.Profiles.SetSubscription(ctx, id("profile", "sam@example.com"), id("subscriptionGroup", "club"),
		&segmentflow.SetSubscriptionParams{Status: segmentflow.SubscriptionStatusUnsubscribed})
	require.NoError(t, err)
	sendTo(t, f.emu, "order-receipt", "alex@example.com", func(p *segmentflow.SendEmailParams) {
		p.SubscriptionGroupID = id("subscriptionGroup", "trail-notes")
	})
	require.NoError(t, f.emu.Unsubscribe(f.emu.Outbox().To("alex@example.com").Last()))
	f.deleteProfile("bruno@example.com")
	f.patch("alex@example.com", segmentflow.UpdateProfileParams{
		Properties: map[string]any{"tier": "bronze", "firstName": nil}})
	f.setExternalID("alex@example.com", "cus_moved")
	f.setExternalID("kim@example.com", "cus_123")
	f.renameTemplate("edited", "By hand")
	_, err = f.client.Templates.Archive(ctx, id("template", "shelved"))
	require.NoError(t, err)
	require.NoError(t, f.client.Templates.Delete(ctx, id("template", "spare")))
	_, err = f.client.Newsletters.Update(ctx, id("newsletter", "club"),
		&segmentflow.UpdateNewsletterParams{Cadence: segmentflow.Value("daily")})
	require.NoError(t, err)
	sendTo(t, f.emu, "order-receipt", "complained@simulator.test")
	f.emu.Advance(time.Minute)
	before := f.rows()
	require.Greater(t, len(before), 100)

	for range 2 {
		f.startWith(extra)
		require.Equal(t, "By hand", f.template("edited").Name)
		require.Equal(t, segmentflow.TemplateStatusArchived, f.template("shelved").Status)
		require.Equal(t, `"bronze"`, f.property("alex@example.com", "tier"))
		f.requireGone("bruno@example.com")
		require.Equal(t, before, f.rows(), "no row has changed")
		require.Empty(t, f.log.String())
	}

	f.start()
	require.Equal(t, before, f.rows(), "also not without the seed")
	f.startWith(extra)
	require.Equal(t, before, f.rows(), "the seed is remembered")
}

func TestAChangedSeedWritesOnlyItsChanges(t *testing.T) {
	f := newFile(t)
	f.startWith(extra)
	f.patch("sam@example.com", segmentflow.UpdateProfileParams{Phone: segmentflow.Value("+49301"),
		Properties: map[string]any{"tier": "bronze", "size": 7}})
	f.deleteProfile("kim@example.com")
	f.renameTemplate("edited", "By hand")
	f.renameTemplate("shelved", "By hand too")

	changed := strings.NewReplacer("size: 1", "size: 2, new: yes", "key: edited,", "key: edited, name: By seed,",
		"templates:\n", "templates:\n  - {key: fresh, purpose: General, definition: "+note+"}\n").Replace(extra) +
		"  - {email: ola@example.com, externalId: cus_901}\n" +
		"events: [{key: e, event: visited, profile: ola@example.com, occurredAt: -P1D}]"
	f.startWith(changed)
	sam := f.profile("sam@example.com")
	require.Equal(t, "+49301", *sam.Phone)
	require.Equal(t, segmentflow.ProfileSourceAPI, sam.Properties["tier"].Source)
	require.Equal(t, `"bronze"`, f.property("sam@example.com", "tier"), "the other property stays")
	require.Equal(t, "2", f.property("sam@example.com", "size"))
	require.Equal(t, `"yes"`, f.property("sam@example.com", "new"))
	require.Equal(t, "cus_901", *f.profile("ola@example.com").ExternalID)
	require.Equal(t, "visited", f.emu.Event(f.emu.ID("event", "e")).Event)
	require.Equal(t, "Active", string(f.template("fresh").Status))
	require.Equal(t, "By seed", f.template("edited").Name)
	require.Equal(t, "By hand too", f.template("shelved").Name)
	f.requireGone("kim@example.com")
	require.Empty(t, f.log.String(), "the seed of Kim did not change")

	f.deleteProfile("ola@example.com")
	f.startWith(extra)
	f.requireGone("ola@example.com")
	require.Equal(t, []string{"1", `"yes"`}, []string{f.property("sam@example.com", "size"),
		f.property("sam@example.com", "new")}, "a property that the seed no longer has stays")
	f.startWith(changed)
	require.Equal(t, "cus_901",
		*f.profile("ola@example.com").ExternalID,
		"it is new in the seed again, so it is created again")
}

func TestRelativeTimesAreEqualWhateverTheStart(t *testing.T) {
	f := newFile(t)
	f.startWith()
	f.emu.Advance(72 * time.Hour)
	before := f.rows()
	f.startWith()
	require.Equal(t, before, f.rows())
	f.startWith("profiles: [{email: alex@example.com}]\n" +
		"events: [{key: e, event: visited, profile: alex@example.com, occurredAt: -P10D}]")
	event := f.emu.Event(f.emu.ID("event", "e"))
	require.Equal(t, monday.AddDate(0, 0, -10), event.OccurredAt, "a relative time counts from the start of the world")
}

func TestReseedingUpsertsEverythingAgain(t *testing.T) {
	f := newFile(t)
	f.startWith(extra)
	f.patch("sam@example.com", segmentflow.UpdateProfileParams{Properties: map[string]any{"tier": "bronze"}})
	f.deleteProfile("kim@example.com")
	f.start(append(f.sampleThen(extra), emulator.WithReseed())...)
	require.Equal(t, `"gold"`, f.property("sam@example.com", "tier"))
	require.Equal(t, `"silver"`, f.property("kim@example.com", "tier"))
	f.setExternalID("sam@example.com", "cus_moved")
	f.setExternalID("kim@example.com", "cus_900")
	found := f.refused(append(f.sampleThen(extra), emulator.WithReseed())...)
	require.Equal(t, "/profiles/0/externalId", found[0].Path)
	f.startWith(extra)
	require.Equal(t, "cus_moved", *f.profile("sam@example.com").ExternalID)
}

func TestSeedDoesNotReplaceTheSeedOfTheStart(t *testing.T) {
	f := newFile(t)
	f.startWith(extra)
	require.NoError(t, f.emu.Seed(parsed(t, "profiles: [{email: sam@example.com, properties: {size: 5}}]")))
	f.startWith(extra)
	require.Equal(t, "5", f.property("sam@example.com", "size"), "the seed of the start has not changed")
	require.NoError(t, f.emu.Seed(parsed(t, extra)))
	require.Equal(t, "1", f.property("sam@example.com", "size"), "Seed upserts everything")
	f.patch("sam@example.com", segmentflow.UpdateProfileParams{Properties: map[string]any{"size": 6}})
	f.emu.Reset()
	require.Equal(t, "1", f.property("sam@example.com", "size"))
	f.patch("sam@example.com", segmentflow.UpdateProfileParams{Properties: map[string]any{"size": 6}})
	f.startWith(extra)
	require.Equal(t, "6", f.property("sam@example.com", "size"), "Reset remembers what it applied")
}

func TestProfilesMayExchangeExternalIDsInAnyOrder(t *testing.T) {
	f := newFile(t)
	people := "profiles: [{email: a@example.com, externalId: x%d}, {email: b@example.com, externalId: x%d}, " +
		"{email: c@example.com, externalId: x%d}]"
	with := func(ids ...any) { f.start(emulator.WithSeed(parsed(t, fmt.Sprintf(people, ids...)))) }
	ids := func() (found []string) {
		for _, name := range []string{"a", "b", "c"} {
			found = append(found, *f.profile(name + "@example.com").ExternalID)
		}
		return found
	}
	with(1, 2, 3)
	with(2, 3, 1)
	require.Equal(t, []string{"x2", "x3", "x1"}, ids())
	f.setExternalID("a@example.com", "x9")
	with(2, 9, 3)
	require.Equal(t,
		[]string{"x9", "x3", "x1"},
		ids(),
		"b cannot have the id that a got by the API, so c cannot have the id that b keeps")
	require.Equal(t, 2, strings.Count(f.log.String(), "left out of the seed"))
}

func TestOfSeveralSeedsTheLastValueIsCompared(t *testing.T) {
	const other = "7c1f8f6e-6f4d-4a59-9a77-0d0a3b1f5c11"
	base := "templates: [{key: note, name: First, status: Archived, purpose: General, definition: " + note + "}]\n" +
		"profiles: [{email: u@a.example, properties: {a: 1, b: 1}}]\n" +
		"organizations: [{organization: {id: " + other + "}, profiles: [{email: u@a.example, properties: {a: 1}}]}]\n"
	over := "organization: {name: Shop}\nprofiles: [{email: U@a.example, properties: {b: 2}}]\n" +
		"templates: [{key: note, name: Second, purpose: General, definition: " + note + "}]\n"
	f := newFile(t)
	with := func(texts ...string) {
		var opts []emulator.Option
		for _, text := range texts {
			opts = append(opts, emulator.WithSeed(parsed(t, text)))
		}
		f.start(opts...)
	}

	with(base, over)
	f.renameTemplate("note", "By hand")
	f.patch("u@a.example", segmentflow.UpdateProfileParams{Properties: map[string]any{"a": 7, "b": 7}})
	before := f.rows()
	with(base, over)
	require.Equal(t, before, f.rows())
	with(strings.Replace(base, "b: 1", "b: 5", 1), over)
	require.Equal(t, "7", f.property("u@a.example", "b"), "the second seed has not changed")

	with(strings.Replace(base, "a: 1", "a: 3", 2), strings.Replace(over, "Second", "Third", 1))
	require.Equal(t, []string{"3", "7"}, []string{f.property("u@a.example", "a"), f.property("u@a.example", "b")})
	require.Equal(t, "Third", f.template("note").Name)
	require.Equal(t, segmentflow.TemplateStatusArchived, f.template("note").Status)
	require.Contains(t, strings.Join(f.rows(), "\n"), `{"a":3}`, "also in the other Organization")
	require.Empty(t, f.log.String())
}

func TestTheAppliedSeedKeepsNothingOfADeletedProfile(t *testing.T) {
	f := newFile(t)
	f.start(emulator.WithSeed(parsed(t,
		"profiles: [{email: u@a.example, phone: '+4930', properties: {word: swordfish}}]")))
	f.deleteProfile("u@a.example")
	rows := strings.Join(f.rows(), "\n")
	for _, word := range []string{"u@a.example", "+4930", "swordfish"} {
		require.NotContains(t, rows, word)
	}
}
