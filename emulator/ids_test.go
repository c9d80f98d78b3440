package emulator_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// ownID is an id that a seed gives.
const ownID = "7d7a1c70-1111-4222-8333-444455556666"

// watched starts an emulator whose failures are recorded.
func watched(t *testing.T, opts ...emulator.Option) (*emulator.Emulator, *recorder) {
	t.Helper()
	w := &recorder{}
	emu := emulator.Start(w, opts...)
	t.Cleanup(func() { require.NoError(t, emu.Close()) })
	return emu, w
}

// failureIn returns the text with which a method of the emulator fails the test.
func failureIn(t *testing.T, emu *emulator.Emulator, ask func(emu *emulator.Emulator)) string {
	t.Helper()
	return failureOf(t, func(w emulator.TB) { ask(emu.For(w)) })
}

func TestAnIDThatDoesNotExistFailsAndNamesTheNearest(t *testing.T) {
	emu := acme(t)
	for _, c := range []struct{ kind, key, want string }{
		{"tamplate", "x", `there is no kind "tamplate"; did you mean "template"? the kinds are user, domain, ` +
			`senderProfile, subscriptionGroup, website, brandKit, asset, template, segment, journey, newsletter, ` +
			`profile and event`},
		{"templates", "order-receipt", `there is no kind "templates"; did you mean "template"? the kinds are user, ` +
			`domain, senderProfile, subscriptionGroup, website, brandKit, asset, template, segment, journey, ` +
			`newsletter, profile and event`},
		{"", "order-receipt", `there is no kind ""; the kinds are user, domain, senderProfile, ` +
			`subscriptionGroup, website, brandKit, asset, template, segment, journey, newsletter, profile and event`},
		{"template", "order-recept", `no template has the key "order-recept"; ` +
			`the nearest keys are order-receipt, password-reset and trial-welcome`},
		{"template", "order", `no template has the key "order"; ` +
			`the nearest keys are order-receipt, password-reset and trial-reminder`},
		{"template", "Order-Receipt", `no template has the key "Order-Receipt"; ` +
			`the nearest keys are order-receipt, password-reset and trial-reminder`},
		{"journey", "gold", `no journey has the key "gold"; the nearest keys are ` +
			`loyalty-upgrade, password-reset and trial-onboarding; ` +
			`a segment has this key`},
		{"segment", "", `no segment has the key ""; the nearest keys are gold, lapsed and recent-buyers`},
		{"segment", emu.ID("segment", "gold"), `no segment has the key "` + emu.ID("segment", "gold") +
			`"; the nearest keys are recent-buyers, lapsed and gold; it is the id of the segment gold`},
		{"profile", "alx@example.com", `no profile has the key "alx@example.com"; ` +
			`the nearest keys are alex@example.com, bruno@example.com and chiara@example.com`},
		{"domain", "acme.com", `no domain has the key "acme.com"; the nearest keys are acme.example and ` +
			`new.acme.example`},
		{"event", "no-such", `no seed has an event with the key "no-such"`},
	} {
		got := failureIn(t, emu, func(emu *emulator.Emulator) { emu.ID(c.kind, c.key) })
		require.Equal(t, fmt.Sprintf("emulator: ID(%q, %q): %s", c.kind, c.key, c.want), got)
	}

	bare, err := emulator.New()
	require.NoError(t, err)
	defer bare.Close()
	require.PanicsWithValue(t,
		`emulator: ID("journey", "x"): no journey has the key "x"; there is no journey`,
		func() { bare.ID("journey", "x") })
}

func TestIDFindsWhatHasTheKey(t *testing.T) {
	emu := acme(t, emulator.WithSeed(emulator.Seed{
		Templates: []emulator.SeedTemplate{withID(templateNamed("own", "Own"), ownID)},
		Events:    []emulator.SeedEvent{{Key: "e1", Event: "came", Profile: "alex@example.com"}},
	}))
	require.Equal(t, ownID, emu.ID("template", "own"), "the seed names it")
	require.NotEqual(t, ownID, emu.SeedID("template", "own"), "SeedID does not look")
	require.Equal(t, emu.Profile("alex@example.com").ID, emu.ID("profile", "Alex@Example.com"))
	require.Equal(t, emu.ID("domain", "acme.example"), emu.ID("domain", "ACME.example"))
	require.Equal(t, "came", emu.Event(emu.ID("event", "e1")).Event)
	for _, c := range [][2]string{
		{"template", "order-receipt"}, {"segment", "gold"}, {"journey", "trial-onboarding"},
		{"newsletter", "trail-notes"}, {"senderProfile", "shop"}, {"subscriptionGroup", "offers"},
		{"profile", "alex@example.com"}, {"domain", "acme.example"}, {"event", "e1"},
	} {
		require.Equal(t, emu.SeedID(c[0], c[1]), emu.ID(c[0], c[1]), c)
	}

	_, err := emu.Client().Events.Track(t.Context(), &segmentflow.TrackEventParams{
		Event:   "came",
		Profile: segmentflow.ProfileIdentity{Email: "new@example.com"},
	})
	require.NoError(t, err)
	require.Equal(t, emu.Profile("new@example.com").ID, emu.ID("profile", "new@example.com"), "no seed made it")

	require.Equal(t,
		`emulator: SeedID("tamplate", "x"): there is no kind "tamplate"; did you mean "template"? the kinds are user, `+
			`domain, senderProfile, subscriptionGroup, website, brandKit, asset, template, segment, journey, `+
			`newsletter, profile and event`,
		failureIn(t, emu, func(emu *emulator.Emulator) { emu.SeedID("tamplate", "x") }))
}

func withID(template emulator.SeedTemplate, id string) emulator.SeedTemplate {
	template.ID = id
	return template
}

func TestIDAnswersAfterClose(t *testing.T) {
	file := emulator.WithDatabase(t.TempDir() + "/world.db")
	seed := emulator.WithSeed(emulator.Seed{
		Templates: []emulator.SeedTemplate{withID(templateNamed("own", "Own"), ownID)},
		Profiles:  []emulator.SeedProfile{{Email: "sam@example.com"}},
	})
	for _, opts := range [][]emulator.Option{{seed}, {seed, file}} {
		emu := acme(t, opts...)
		require.NoError(t, emu.Client().Profiles.Delete(t.Context(), emu.ID("profile", "bruno@example.com")))
		receipt, alex := emu.ID("template", "order-receipt"), emu.ID("profile", "alex@example.com")
		require.NoError(t, emu.Close())
		require.NoError(t, emu.Close())

		require.Equal(t, receipt, emu.ID("template", "order-receipt"))
		require.Equal(t, receipt, emu.SeedID("template", "order-receipt"))
		require.Equal(t, alex, emu.For(t).ID("profile", "ALEX@example.com"))
		require.Equal(t, ownID, emu.ID("template", "own"))
		require.Equal(t,
			`emulator: ID("profile", "bruno@example.com"): no profile has the key "bruno@example.com"; `+
				`the nearest keys are alex@example.com, sam@example.com and chiara@example.com`,
			failureIn(t, emu, func(emu *emulator.Emulator) { emu.ID("profile", "bruno@example.com") }))
	}
}

func TestIDAnswersInACleanupThatRunsAfterClose(t *testing.T) {
	var emu *emulator.Emulator
	want, got := "", ""
	t.Run("a test", func(t *testing.T) {
		t.Cleanup(func() { got = emu.ID("template", "hello") })
		emu = emulator.Start(t)
		want = emu.ID("template", "hello")
	})
	require.Equal(t, want, got)
	require.NotEmpty(t, got)
}

func TestForReportsToItsOwnTest(t *testing.T) {
	emu, outer := watched(t)
	inner, innermost := &recorder{}, &recorder{}
	sub := emu.For(inner)
	sub.Advance(-1)
	sub.Profile("nobody@example.com")
	sub.Outbox().Template("no-such").Count()
	sub.For(innermost).Run("no-such")
	emu.Event("no-such")
	require.Len(t, inner.failures, 3)
	require.Len(t, innermost.failures, 1)
	require.Len(t, outer.failures, 1)

	sendTo(t, sub, "hello", "alex@example.com")
	sub.Advance(5)
	require.Equal(t, 1, emu.Outbox().Count(), "all else is shared")
	require.Equal(t, emu.Now(), sub.Now())
	require.Equal(t, emu.URL(), sub.URL())

	require.EqualError(t, sub.Close(), "emulator: For made this handle; close the emulator where it was started")
	require.Equal(t, 1, emu.Outbox().Count())
}

func TestForGivesATestToAnEmulatorMadeWithNew(t *testing.T) {
	emu, err := emulator.New()
	require.NoError(t, err)
	defer emu.Close()
	w := &recorder{}
	emu.For(w).Profile("nobody@example.com")
	require.Len(t, w.failures, 1)
	require.Panics(t, func() { emu.Profile("nobody@example.com") })
}

func TestParallelSubtestsShareAnEmulator(t *testing.T) {
	emu := acme(t)
	t.Run("all", func(t *testing.T) {
		for n := range 8 {
			t.Run(fmt.Sprint(n), func(t *testing.T) {
				t.Parallel()
				w := &recorder{}
				emu := emu.For(w)
				to := fmt.Sprintf("somebody%d@example.com", n)
				sendTo(t, emu, "order-receipt", to)
				emu.Outbox().To(to).Only(t)
				emu.Profile(fmt.Sprintf("nobody%d@example.com", n))
				require.Len(t, w.failures, 1)
				require.True(t, strings.HasPrefix(w.failures[0], fmt.Sprintf(`emulator: Profile("nobody%d@`, n)),
					w.failures[0])
			})
		}
	})
}

func TestAMissingTestIsReportedPlainly(t *testing.T) {
	var none *testing.T
	emu := acme(t)
	for name, start := range map[string]func(){
		"Start": func() { emulator.Start(nil) },
		"For":   func() { emu.For(none) },
	} {
		require.PanicsWithValue(t,
			"emulator: "+name+" needs the test's t, and it is nil; outside of a test, use New", start)
	}
}
