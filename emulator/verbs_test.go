package emulator_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
	"github.com/segmentflow/segmentflow-go/emulator/define"
)

// slowJourney waits for a day between its two emails.
func slowJourney(change ...func(*emulator.SeedJourney)) emulator.Seed {
	j := emulator.SeedJourney{
		Key:    "slow",
		Status: "Active",
		Entry:  define.OnEvent{Event: "slow.began"},
		ExitOn: define.ExitRules{{ID: "over", Event: "slow.ended"}},
		Start:  "first",
		Nodes: define.Nodes{
			define.Email{ID: "first", Template: "password-reset-by-event", Next: "wait"},
			define.Delay{ID: "wait", For: define.Day, Next: "second"},
			define.Email{ID: "second", Template: "password-reset-by-event", Next: "done"},
			define.Exit{ID: "done"},
		},
	}
	for _, c := range change {
		c(&j)
	}
	return emulator.Seed{Journeys: []emulator.SeedJourney{j}}
}

func openSlow(t *testing.T, change ...func(*emulator.SeedJourney)) shop {
	t.Helper()
	s := openShop(t)
	require.NoError(t, s.emu.Seed(slowJourney(change...)))
	return s
}

func (s shop) begin(email string) string {
	s.Helper()
	event := s.track(&segmentflow.TrackEventParams{
		Event:   "slow.began",
		Profile: segmentflow.ProfileIdentity{Email: email},
	})
	for _, outcome := range s.emu.Event(event.EventID).Outcomes {
		return outcome.RunID
	}
	return ""
}

func TestAPausedJourneyHoldsItsRunsAndNobodyEnters(t *testing.T) {
	s := openSlow(t)
	first := s.begin("alex@example.com")
	s.emu.Advance(time.Hour)
	second := s.begin("chiara@example.com")
	s.emu.Pause("slow")
	require.Empty(t, s.begin("bruno@example.com"), "nobody enters a paused Journey")

	s.emu.Advance(48 * time.Hour)
	require.Equal(t, []string{"first sent"}, steps(s.emu.Run(first)))
	require.Equal(t, "running", string(s.emu.Run(second).Status))
	require.Equal(t, 2, s.emu.Outbox().Template("password-reset-by-event").Count())

	s.emu.Pause(s.emu.ID("journey", "slow")) // nothing changes
	s.emu.Activate("slow")
	sent := s.emu.Outbox().Template("password-reset-by-event").All()
	require.Len(t, sent, 4)
	require.Equal(t, "alex@example.com", sent[2].To[0].Email, "what became due comes in its order")
	require.Equal(t, s.emu.Now(), sent[3].At)
	require.Equal(t, "completed", string(s.emu.Run(first).Status))
	require.Equal(t, 1, s.emu.Run(s.begin("bruno@example.com")).Version, "a status is no new version")
}

func TestADrainingJourneyGoesOnToTheNextEmail(t *testing.T) {
	s := openSlow(t, func(j *emulator.SeedJourney) { j.Settings = define.Settings{OnPause: define.PauseDrain} })
	run := s.begin("alex@example.com")
	s.emu.Pause("slow")
	s.emu.Advance(48 * time.Hour)
	require.Equal(t, []string{"first sent", "wait elapsed"}, steps(s.emu.Run(run)))
	s.emu.Activate("slow")
	require.Equal(t, []string{"first sent", "wait elapsed", "second sent", "done exit"}, steps(s.emu.Run(run)))
}

func TestAnExitRuleEndsARunOfAPausedJourney(t *testing.T) {
	s := openSlow(t)
	run := s.begin("alex@example.com")
	s.emu.Pause("slow")
	s.event("slow.ended", "alex@example.com")
	require.Equal(t, "exit_rule:over", s.emu.Run(run).Reason)
	s.emu.Activate("slow")
	s.emu.Advance(48 * time.Hour)
	s.emu.Outbox().To("alex@example.com").Only(t)
}

func TestArchivingEndsTheRuns(t *testing.T) {
	for name, before := range map[string]func(emu *emulator.Emulator){
		"Active": func(*emulator.Emulator) {},
		"Paused": func(emu *emulator.Emulator) { emu.Pause("slow") },
	} {
		t.Run(name, func(t *testing.T) {
			s := openSlow(t)
			run := s.begin("alex@example.com")
			emu := s.emu.For(t)
			before(emu)
			emu.Archive("slow")
			emu.Archive("slow") // nothing changes
			require.Equal(t, "exited journey_archived", string(emu.Run(run).Status)+" "+emu.Run(run).Reason)
			require.Empty(t, s.begin("bruno@example.com"))
			emu.Advance(48 * time.Hour)
			require.Equal(t, 1, emu.Outbox().Count())
		})
	}
}

func TestADraftIsActivatedOrArchived(t *testing.T) {
	draft := func(j *emulator.SeedJourney) { j.Status = "" }
	s := openSlow(t, draft)
	require.Empty(t, s.begin("alex@example.com"))
	s.emu.Activate("slow")
	require.NotEmpty(t, s.begin("alex@example.com"))

	s = openSlow(t, draft)
	s.emu.Archive("slow")
	require.Empty(t, s.begin("alex@example.com"))
}

func TestActivatingADraftEnrolsTheMembersOfItsSegment(t *testing.T) {
	s := openSlow(t, func(j *emulator.SeedJourney) {
		j.Status = "Draft"
		j.Entry = define.OnSegment{Segment: "gold", EnrollExisting: true}
	})
	require.Empty(t, s.emu.Outbox().All())
	s.emu.Activate("slow")
	s.emu.Outbox().To("alex@example.com").Only(t)
	s.emu.Pause("slow")
	s.emu.Activate("slow")
	require.Equal(t, 1, s.emu.Outbox().Count(), "resuming enrols nobody")
}

func TestATriggerOfAPausedJourneyIsRefused(t *testing.T) {
	s := openShop(t)
	trigger := func() error {
		_, err := s.client.Journeys.Trigger(t.Context(), "loyalty-upgrade", &segmentflow.TriggerJourneyParams{
			Profile: segmentflow.TriggerProfile{ExternalID: "cus_124"}, Variables: map[string]any{"newTier": "gold"}})
		return err
	}
	s.emu.Pause("loyalty-upgrade")
	refused := refusal(t, trigger())
	require.ErrorIs(t, refused, segmentflow.ErrInvalidState)
	require.Equal(t, "Paused", refused.Details["status"])
	s.emu.Activate("loyalty-upgrade")
	require.NoError(t, trigger())
}

// TestAPauseOutlivesTheProcess starts again with the seed in which the Journey is Active: the pause is newer.
func TestAPauseOutlivesTheProcess(t *testing.T) {
	file := emulator.WithDatabase(filepath.Join(t.TempDir(), "world.db"))
	seeds := []emulator.Option{file, emulator.WithSeed(sample(t)), emulator.WithSeed(slowJourney())}
	emu := emulator.Start(t, append(seeds, emulator.WithStartTime(monday))...)
	s := shop{T: t, emu: emu, client: emu.Client()}
	run := s.begin("alex@example.com")
	emu.Pause("slow")
	require.NoError(t, emu.Close())

	emu = emulator.Start(t, append(seeds, emulator.WithStartTime(monday.Add(48*time.Hour)))...)
	s = shop{T: t, emu: emu, client: emu.Client()}
	require.Equal(t, []string{"first sent"}, steps(emu.Run(run)))
	require.Empty(t, s.begin("bruno@example.com"))
	emu.Activate("slow")
	require.Equal(t, "completed", string(emu.Run(run).Status))
}

func TestAJourneyIsPausedInABubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		seeds := []emulator.Seed{sample(t), slowJourney()}
		emu := emulator.Start(t, emulator.WithLiveClock(), emulator.WithSeed(seeds[0]), emulator.WithSeed(seeds[1]))
		s := shop{T: t, emu: emu, client: emu.Client()}
		run := s.begin("alex@example.com")
		emu.Pause("slow")
		time.Sleep(48 * time.Hour)
		synctest.Wait()
		require.Equal(t, "running", string(emu.Run(run).Status))
		require.Empty(t, s.begin("bruno@example.com"))
		emu.Activate("slow")
		require.Equal(t, "completed", string(emu.Run(run).Status))
		require.Equal(t, 2, emu.Outbox().Count())
	})
}

func TestJourneysAreChangedWhileOthersCall(t *testing.T) {
	s := openSlow(t)
	require.NotEmpty(t, s.begin("alex@example.com"))
	var group sync.WaitGroup
	for i := range 4 {
		group.Go(func() {
			for n := range 10 {
				s.event("slow.began", fmt.Sprintf("p%d-%d@example.com", i, n))
			}
		})
		group.Go(func() {
			for range 10 {
				s.emu.Pause("slow")
				s.emu.Activate("slow")
			}
		})
	}
	group.Wait()
	s.emu.Advance(48 * time.Hour)
	for _, run := range s.emu.Runs("slow").All() {
		require.Equal(t, "completed", string(run.Status))
	}
}

// verbCases are calls that fail the test.
var verbCases = []struct {
	name string
	ask  func(emu *emulator.Emulator)
}{
	{"activating a Journey that is misspelt", func(emu *emulator.Emulator) { emu.Activate("password-rest") }},
	{"pausing the key of something else", func(emu *emulator.Emulator) { emu.Pause("gold") }},
	{"activating an archived Journey", func(emu *emulator.Emulator) { emu.Activate("past") }},
	{"pausing an archived Journey", func(emu *emulator.Emulator) { emu.Pause("past") }},
	{"pausing a draft", func(emu *emulator.Emulator) { emu.Pause("draft") }},
	{"activating a draft with faults", func(emu *emulator.Emulator) { emu.Activate("faulty") }},
	{"archiving nothing", func(emu *emulator.Emulator) { emu.Archive("") }},
}

// verbSeed has the Journeys of verbCases.
const verbSeed = `
journeys:
  - {key: past, status: Archived, entry: {type: api}, start: a, nodes: [{id: a, type: exit}]}
  - {key: draft, entry: {type: api}, start: a, nodes: [{id: a, type: exit}]}
  - {key: faulty, entry: {type: segment, segment: nowhere}, start: a,
      nodes: [{id: a, type: email, template: nothing, next: b}]}
`

// verbReports returns the texts with which verbs fail.
func verbReports(t *testing.T) string {
	var all strings.Builder
	s := openShop(t)
	s.seedText(verbSeed)
	for _, c := range verbCases {
		fmt.Fprintf(&all, "== %s\n%s\n\n", c.name, plain(failureIn(t, s.emu, c.ask)))
	}
	return all.String()
}

func TestAFailedVerbChangesNothing(t *testing.T) {
	s := openShop(t)
	s.seedText(verbSeed)
	for _, c := range verbCases {
		failureIn(t, s.emu, c.ask)
	}
	for key, status := range map[string]string{"draft": "Draft", "past": "Archived", "faulty": "Draft"} {
		_, err := s.client.Journeys.Trigger(t.Context(), key, &segmentflow.TriggerJourneyParams{
			Profile: segmentflow.TriggerProfile{Email: alex.Email},
		})
		require.Equal(t, status, refusal(t, err).Details["status"])
	}
	s.emu.Activate("draft")
	emu, err := emulator.New()
	require.NoError(t, err)
	require.PanicsWithValue(t, `emulator: Pause("x"): There is no such Journey. There are no Journeys.`,
		func() { emu.Pause("x") })
	require.NoError(t, emu.Close())
	require.Contains(t, failureIn(t, emu, func(emu *emulator.Emulator) { emu.Pause("x") }), `emulator: Pause("x"): `)
}
