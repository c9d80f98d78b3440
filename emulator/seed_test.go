package emulator_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

func sample(t testing.TB) emulator.Seed {
	t.Helper()
	raw, err := os.ReadFile("testdata/acme.yaml")
	require.NoError(t, err)
	seed, err := emulator.ParseSeed(raw)
	require.NoError(t, err)
	return seed
}

func parsed(t testing.TB, text string) emulator.Seed {
	t.Helper()
	seed, err := emulator.ParseSeed([]byte(text))
	require.NoError(t, err)
	return seed
}

// sendTo sends one email and returns the EmailSend after it was delivered or skipped.
func sendTo(
	t testing.TB, emu *emulator.Emulator, template, email string, change ...func(*segmentflow.SendEmailParams),
) *segmentflow.EmailSend {
	t.Helper()
	p := &segmentflow.SendEmailParams{
		TemplateID: emu.ID("template", template),
		To:         &segmentflow.Recipient{Email: email},
	}
	for _, c := range change {
		c(p)
	}
	send, err := emu.Client().Emails.Send(t.Context(), p)
	require.NoError(t, err)
	send, err = emu.Client().Emails.Retrieve(t.Context(), send.ID)
	require.NoError(t, err)
	return send
}

const note = `{from: Shop <shop@a.example>, subject: "%s", body: {root: h, elements: {
  h: {type: Html, props: {}, children: [b]}, b: {type: Body, props: {}, children: [t]}, ` +
	`t: {type: Text, props: {text: Hi}}}}}`

// shopSeed returns a small seed whose one Template has this subject.
func shopSeed(subject string) string {
	return fmt.Sprintf(`
domains: [{domain: a.example}]
senderProfiles: [{key: shop, email: shop@a.example, default: true}]
templates:
  - {key: note, purpose: Transactional, definition: `+note+`}
`, subject)
}

func TestTheSampleSeedLoadsUnchanged(t *testing.T) {
	s := openShop(t)
	require.Equal(t, "22586f09-2771-5ea9-bcc4-93db13a70e7c", s.receipt())
	require.Equal(t, segmentflow.EmailSendStatusSent, sendTo(t, s.emu, "order-receipt", "alex@example.com").Status)
	offers := func(p *segmentflow.SendEmailParams) { p.SubscriptionGroupID = s.emu.ID("subscriptionGroup", "offers") }
	require.Equal(t, "unsubscribed", *sendTo(t, s.emu, "order-receipt", "bruno@example.com", offers).FailureMessage)
	refused := s.sendRefused(&segmentflow.SendEmailParams{TemplateID: s.receipt(), From: "hello@new.acme.example",
		To: &segmentflow.Recipient{Email: "alex@example.com"}})
	require.Equal(t, "sender_unverified", reason(refused))
	run, err := s.client.Journeys.Trigger(t.Context(), "loyalty-upgrade", &segmentflow.TriggerJourneyParams{
		Profile: segmentflow.TriggerProfile{ExternalID: "cus_124"}, Variables: map[string]any{"newTier": "gold"}})
	require.NoError(t, err)
	require.NotEmpty(t, run.RunID)
}

func TestSeedingAgainChangesNothing(t *testing.T) {
	s := openShop(t)
	trial := &segmentflow.TrackEventParams{
		Event:   "trial.started",
		Profile: segmentflow.ProfileIdentity{Email: "alex@example.com"},
		Data:    map[string]any{"plan": "Pro", "trialId": "t1"},
	}
	first := sendTo(t, s.emu, "order-receipt", "alex@example.com")
	s.track(trial)
	for range 2 {
		require.NoError(t, s.emu.Seed(sample(t)))
	}
	again := sendTo(t, s.emu, "order-receipt", "alex@example.com")
	require.Equal(t, []string{first.TemplateSnapshotID, first.ProfileID, first.SenderProfileID},
		[]string{again.TemplateSnapshotID, again.ProfileID, again.SenderProfileID})
	trial.Data = map[string]any{"plan": "Pro", "trialId": "t2"}
	require.Len(t, s.emu.Runs("trial-onboarding").All(), 1)
	s.track(trial)
	require.Len(t, s.emu.Runs("trial-onboarding").All(), 2)
	for _, run := range s.emu.Runs("trial-onboarding").All() {
		require.Equal(t, 1, run.Version)
	}
}

func TestSeedingAProfileAgainMergesItsProperties(t *testing.T) {
	emu := emulator.Start(t, emulator.WithSeed(parsed(t, shopSeed("${/profile/a} ${/profile/b} ${/profile/c}")+`
profiles: [{email: Alex@Example.com, externalId: x1, properties: {a: 1, b: 2}}]`)))
	require.NoError(t, emu.Seed(emulator.Seed{Profiles: []emulator.SeedProfile{
		{Email: "alex@example.com", Properties: map[string]any{"b": nil, "c": 3}}}}))
	require.Equal(t, "1  3", sendTo(t, emu, "note", "", func(p *segmentflow.SendEmailParams) {
		p.To = &segmentflow.Recipient{ExternalID: "x1"}
	}).Subject)
}

func TestAChangedTemplateIsANewSnapshotAndAnArchivedOneIsRefused(t *testing.T) {
	emu := emulator.Start(t, emulator.WithSeed(parsed(t, shopSeed("One"))))
	first := sendTo(t, emu, "note", "alex@example.com")
	require.NoError(t, emu.Seed(parsed(t, shopSeed("Two"))))
	second := sendTo(t, emu, "note", "alex@example.com")
	require.Equal(t, []string{"One", "Two"}, []string{first.Subject, second.Subject})
	require.Equal(t, first.TemplateID, second.TemplateID)
	require.NotEqual(t, first.TemplateSnapshotID, second.TemplateSnapshotID)

	archived := parsed(t, shopSeed("Two"))
	archived.Templates[0].Status = "Archived"
	require.NoError(t, emu.Seed(archived))
	require.NoError(t, emu.Seed(parsed(t, shopSeed("Two"))), "without a status it keeps its status")
	_, err := emu.Client().Emails.Send(t.Context(), &segmentflow.SendEmailParams{TemplateID: emu.ID("template", "note"),
		To: &segmentflow.Recipient{Email: "alex@example.com"}})
	require.Equal(t, "template_archived", reason(refusal(t, err)))
}

func TestAChangedJourneyIsANewVersionForNewRuns(t *testing.T) {
	journey := `journeys: [{key: j, status: %s, entry: {type: event, event: go}, start: w, nodes: [
  {id: w, type: delay, for: %s, next: done}, {id: done, type: exit}]}]`
	emu := emulator.Start(t, emulator.WithSeed(parsed(t, fmt.Sprintf(journey, "Active", "P1D"))))
	track := func(email string) *segmentflow.TrackedEvent {
		ev, err := emu.Client().Events.Track(t.Context(), &segmentflow.TrackEventParams{
			Event:   "go",
			Profile: segmentflow.ProfileIdentity{Email: email},
		})
		require.NoError(t, err)
		return ev
	}
	track("a@example.com")
	require.NoError(t, emu.Seed(parsed(t, fmt.Sprintf(journey, "Active", "P2D"))))
	track("b@example.com")
	runs := emu.Runs("j").All()
	require.Equal(t, []int{1, 2}, []int{runs[0].Version, runs[1].Version})
	require.NoError(t, emu.Seed(parsed(t, fmt.Sprintf(journey, "Archived", "P2D"))))
	require.Zero(t, track("c@example.com").MatchedJourneys)
	require.Equal(t, "journey_archived", emu.Runs("j").All()[1].Reason)
}

// refusedFile starts an emulator with a seed file and returns the problems of the file.
func refusedFile(t testing.TB, name, text string) []emulator.SeedProblem {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	emu, err := emulator.New(emulator.WithSeedFile(path))
	if emu != nil {
		require.NoError(t, emu.Close())
	}
	found := problems(t, err)
	for i := range found {
		found[i].File = filepath.Base(found[i].File)
	}
	return found
}

func problems(t testing.TB, err error) []emulator.SeedProblem {
	t.Helper()
	refused, ok := errors.AsType[*emulator.SeedError](err)
	require.True(t, ok, "want a SeedError, got %v", err)
	return refused.Problems
}

func TestEachMistakeIsReportedWithItsLineAndWhatIsRight(t *testing.T) {
	for _, c := range mistakes {
		t.Run(c.name, func(t *testing.T) {
			found := refusedFile(t, "seed.yaml", c.text)
			require.Len(t, found, 1, "%v", found)
			require.Contains(t, found[0].String(), "seed.yaml:")
			require.Contains(t, found[0].String(), c.want)
		})
	}
}

func TestJSONMistakesHavePointers(t *testing.T) {
	found := refusedFile(t, "seed.json",
		"{\"users\": [{\"key\": \"u\", \"email\": \"u@a.example\",\n \"key\": \"v\", \"a/b\": 1}]}")
	require.Equal(t, []string{"seed.json:2: /users/0/key: is given twice, first on line 1",
		"seed.json:2: /users/0/a~1b: is not a field; the fields are key, id, email and name"},
		[]string{found[0].String(), found[1].String()})
	found = refusedFile(t, "seed.json", "{\"users\": [\n}")
	require.Equal(t,
		"seed.json:2: the text is not JSON: invalid character '}' looking for beginning of value",
		found[0].String())
}

func TestTenMistakesAreListedInTheOrderOfTheText(t *testing.T) {
	found := refusedFile(t, "seed.yaml", tenMistakes)
	lines := make([]int, len(found))
	for i, p := range found {
		lines[i] = p.Line
	}
	require.Equal(t, []int{2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, lines, "%v", found)
}

func TestAReferenceToABrokenThingIsNotAMistake(t *testing.T) {
	found := refusedFile(t, "seed.yaml", brokenThings)
	var paths []string
	for _, p := range found {
		paths = append(paths, p.Path)
	}
	require.Equal(t, []string{"/templates/0/purpose", "/templates/0/definition/subject", "/subscriptionGroups/0/policy",
		"/segments/0/definition/inSegment", "/domains/0/status", "/profiles/0/email"}, paths, "%v", found)
}

func TestABadSeedChangesNothing(t *testing.T) {
	emu := emulator.Start(t)
	bad := parsed(t, shopSeed("New")+"apiKeys: [{key: sk_test_new, scopes: ['*']}]\norganization: {name: New}")
	bad.Events = []emulator.SeedEvent{{Event: "e", Profile: "nobody@a.example"}}
	found := problems(t, emu.Seed(bad))
	require.Len(t, found, 1)
	require.Equal(t, "/events/0/profile", found[0].Path)
	note := emu.SeedID("template", "note")
	_, err := emu.Client().Emails.Send(t.Context(), &segmentflow.SendEmailParams{TemplateID: note,
		To: &segmentflow.Recipient{Email: "alex@example.com"}})
	require.ErrorIs(t, err, segmentflow.ErrNotFound)
	_, err = emu.ClientFor("sk_test_new").Emails.Retrieve(t.Context(), emu.SeedID("template", "note"))
	require.ErrorIs(t, err, segmentflow.ErrUnauthorized)
	require.Equal(t, "Hello", sendTo(t, emu, "hello", "alex@example.com").Subject)
	require.NoError(t, emu.Seed(parsed(t, shopSeed("New"))), "a good seed applies afterwards")
	require.Equal(t, "New", sendTo(t, emu, "note", "alex@example.com").Subject)
}

func TestRelativeTimesCountFromTheStart(t *testing.T) {
	start := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	emu := emulator.Start(t, emulator.WithStartTime(start), emulator.WithSeed(parsed(t, `
profiles: [{email: u@a.example}]
events:
  - {key: ten, event: e, profile: u@a.example, occurredAt: -P10D}
  - {key: date, event: e, profile: U@A.example, occurredAt: 2026-01-02}
  - {key: zone, event: e, profile: u@a.example, occurredAt: "2026-01-02T00:00:00+01:00"}
  - {key: ahead, event: e, profile: u@a.example, occurredAt: PT1H}
  - {key: none, event: e, profile: u@a.example}
`)))
	emu.Advance(48 * time.Hour)
	require.NoError(t, emu.Seed(emulator.Seed{
		Events: []emulator.SeedEvent{{Key: "later", Event: "e", Profile: "u@a.example", OccurredAt: "-P1D"}},
	}))
	at := func(key string) time.Time { return emu.Event(emu.ID("event", key)).OccurredAt }
	require.Equal(t, start.AddDate(0, 0, -10), at("ten"))
	require.Equal(t, time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC), at("date"))
	require.Equal(t, time.Date(2026, 1, 1, 23, 0, 0, 0, time.UTC), at("zone"))
	require.Equal(t, start.Add(time.Hour), at("ahead"))
	require.Equal(t, start, at("none"))
	require.Equal(t, start.AddDate(0, 0, -1), at("later"))
}

func TestTwoOrganizationsAreIsolated(t *testing.T) {
	const other = "7c1f8f6e-6f4d-4a59-9a77-0d0a3b1f5c11"
	text := shopSeed("First") +
		"profiles: [{email: u@a.example, suppressed: manual}]\norganizations:\n- organization: {id: " + other +
		"}\n" +
		"  apiKeys: [{key: sk_other, scopes: ['*']}]" + strings.ReplaceAll(shopSeed("Second"), "\n", "\n  ")
	emu := emulator.Start(t, emulator.WithSeed(parsed(t, text)))
	own := emu.ID("template", "note")
	to := &segmentflow.Recipient{Email: "u@a.example"}
	_, err := emu.ClientFor("sk_other").Emails.Send(t.Context(), &segmentflow.SendEmailParams{TemplateID: own, To: to})
	require.ErrorIs(t, err, segmentflow.ErrNotFound)
	require.Equal(t, "suppressed_manual", *sendTo(t, emu, "note", "u@a.example").FailureMessage)

	theirs := idIn(t, other, "template:note")
	client := emu.ClientFor("sk_other")
	send, err := client.Emails.Send(t.Context(), &segmentflow.SendEmailParams{TemplateID: theirs, To: to})
	require.NoError(t, err)
	send, err = client.Emails.Retrieve(t.Context(), send.ID)
	require.NoError(t, err)
	require.Equal(t, []any{"Second", segmentflow.EmailSendStatusSent}, []any{send.Subject, send.Status})
	_, err = emu.Client().Emails.Retrieve(t.Context(), send.ID)
	require.ErrorIs(t, err, segmentflow.ErrNotFound)

	stolen := problems(t, emu.Seed(emulator.Seed{APIKeys: []emulator.SeedAPIKey{{Key: "sk_other"}}}))
	require.Equal(t, "/apiKeys/0/key: belongs to another Organization", stolen[0].String())
}
