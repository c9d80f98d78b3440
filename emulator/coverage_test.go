package emulator_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

const coverageVariable = "SEGMENTFLOW_JOURNEY_COVERAGE"

// covering sets the variable to a new directory, for the emulators that the test starts from then on.
func covering(t *testing.T) (dir string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "coverage")
	t.Setenv(coverageVariable, dir)
	return dir
}

func readCoverage(t *testing.T, dir string) emulator.Coverage {
	t.Helper()
	read, err := emulator.ReadCoverage(dir)
	require.NoError(t, err)
	return read
}

// covered returns what was reached in the one version of a Journey, as "kind node name count" without what is empty.
func covered(t *testing.T, dir, key string) string {
	t.Helper()
	var found []string
	versions := 0
	for _, j := range readCoverage(t, dir).Journeys {
		if j.Key != key {
			continue
		}
		versions++
		for _, part := range j.Parts {
			if part.Count > 0 {
				words := strings.Fields(strings.Join([]string{part.Kind, part.Node, part.Name}, " "))
				found = append(found, strings.Join(words, " ")+strings.Repeat("+", part.Count-1))
			}
		}
	}
	require.Equal(t, 1, versions)
	return strings.Join(found, ", ")
}

// club is a Journey with most of what can be reached. Its default world has the Template hello.
const club = `
subscriptionGroups: [{key: offers, name: Offers, policy: OptIn}]
journeys:
  - key: club
    status: Active
    entry: {type: event, event: club.joined, filter: {$state: /event/plan, eq: pro}, key: /event/id}
    audience: {$not: {$state: /profile/banned}}
    reentry: {mode: afterExit, cooldown: P30D}
    exitOn: [{id: left, event: club.left}, {id: banned, condition: {$state: /profile/banned}}]
    settings: {onUnsubscribed: skip}
    start: mail
    nodes:
      - {id: mail, type: email, template: hello, subscriptionGroup: offers, next: wait}
      - {id: wait, type: waitFor, timeout: P1D, timeoutNext: pause,
         branches: [{id: clicked, event: clicked, next: pause}]}
      - {id: pause, type: delay, for: P1D, next: done}
      - {id: done, type: exit}
`

// openClub starts an emulator with the Journey club.
func openClub(t *testing.T, opts ...emulator.Option) shop {
	t.Helper()
	emu := emulator.Start(t, append([]emulator.Option{emulator.WithStartTime(monday)}, opts...)...)
	require.NoError(t, emu.Seed(parsed(t, club)))
	return shop{T: t, emu: emu, client: emu.Client()}
}

func (s shop) join(email string, data, properties map[string]any) {
	s.Helper()
	s.track(&segmentflow.TrackEventParams{
		Event:   "club.joined",
		Profile: segmentflow.ProfileIdentity{Email: email, Properties: properties},
		Data:    data,
	})
}

func (s shop) happen(event, email string, properties map[string]any) {
	s.Helper()
	s.track(&segmentflow.TrackEventParams{
		Event:   event,
		Profile: segmentflow.ProfileIdentity{Email: email, Properties: properties},
	})
}

var pro = map[string]any{"plan": "pro", "id": 1}

func TestCoverageHasWhatARunReaches(t *testing.T) {
	dir := covering(t)
	s := openClub(t)
	s.join("a@example.com", pro, nil)
	s.happen("clicked", "a@example.com", nil)
	s.emu.Advance(72 * time.Hour)
	require.NoError(t, s.emu.Close())
	require.NoError(t, s.emu.Close())

	require.Equal(t, "node mail email, skip mail unsubscribed, node wait waitFor, branch wait clicked, "+
		"node pause delay, branch pause elapsed, node done exit", covered(t, dir, "club"))
	j := readCoverage(t, dir).Journeys[0]
	require.Equal(t, 1, j.Runs)
	require.Equal(t, map[string]int{"not_opted_in": 1}, j.Parts[2].Reasons)
	require.InDelta(t, 38.8, j.Percent(), 0, "7 of 18")
	require.Len(t, j.Missed(), 11)
	require.Equal(t, "event club.joined", j.Entry)
	require.Equal(t, "mail", j.Start)
}

func TestCoverageHasEverySkipReasonOfAnEntry(t *testing.T) {
	dir := covering(t)
	s := openClub(t)
	s.join("a@example.com", map[string]any{"plan": "free", "id": 1}, nil)
	s.join("a@example.com", map[string]any{"plan": "pro"}, nil)
	s.join("banned@example.com", pro, map[string]any{"banned": true})
	s.join("suppressed@simulator.test", pro, nil)
	s.join("b@example.com", pro, nil)
	s.join("b@example.com", pro, nil)
	s.emu.Advance(72 * time.Hour)
	s.join("b@example.com", pro, nil)
	require.NoError(t, s.emu.Close())
	require.Contains(t, covered(t, dir, "club"), "skip filter_mismatch, skip missing_key, skip audience_mismatch, "+
		"skip already_active, skip cooldown, skip suppressed")
}

func TestCoverageHasExitRules(t *testing.T) {
	dir := covering(t)
	s := openClub(t)
	s.join("a@example.com", pro, nil)
	s.happen("club.left", "a@example.com", nil)
	s.join("b@example.com", pro, nil)
	s.happen("any", "b@example.com", map[string]any{"banned": true})
	require.NoError(t, s.emu.Close())
	require.Equal(t, "node mail email+, skip mail unsubscribed+, node wait waitFor+, exitRule left, exitRule banned",
		covered(t, dir, "club"))
}

func TestARunThatEndsAtTheEndOfADelayHasNotPassedIt(t *testing.T) {
	dir := covering(t)
	s := openClub(t)
	require.NoError(t, s.emu.Seed(parsed(t, `journeys: [{key: j, status: Active, entry: {type: event, event: go},
  settings: {exitDuringDelay: atEnd}, exitOn: [{id: stop, event: stop}], start: a,
  nodes: [{id: a, type: delay, for: P1D, next: b}, {id: b, type: exit}]}]`)))
	s.happen("go", "a@example.com", nil)
	s.happen("stop", "a@example.com", nil)
	s.emu.Advance(48 * time.Hour)
	require.NoError(t, s.emu.Close())
	require.Equal(t, "node a delay, exitRule stop", covered(t, dir, "j"))
}

func TestARefusedTriggerIsASkip(t *testing.T) {
	dir := covering(t)
	s := openShop(t)
	require.NoError(t, s.emu.Seed(parsed(t, `journeys: [{key: j, status: Active, start: a,
  entry: {type: api, filter: {$state: /data/ok}}, nodes: [{id: a, type: exit}]}]`)))
	trigger := func(ok bool) error {
		_, err := s.client.Journeys.Trigger(t.Context(), "j", &segmentflow.TriggerJourneyParams{
			Profile:   segmentflow.TriggerProfile{Email: "a@example.com"},
			Variables: map[string]any{"ok": ok},
		})
		return err
	}
	require.NoError(t, trigger(true))
	require.Equal(t, "enrollment_skipped", reason(refusal(t, trigger(false))))
	require.NoError(t, s.emu.Close())
	require.Equal(t, "node a exit, skip filter_mismatch", covered(t, dir, "j"))
}

func TestWhatIsRolledBackDoesNotCount(t *testing.T) {
	dir := covering(t)
	s := openClub(t)
	s.join("a@example.com", pro, nil)
	// The seed ends the run and is refused as a whole. Its Journey does not come into being either.
	require.Error(t, s.emu.Seed(parsed(t, `
journeys: [{key: other, status: Active, entry: {type: api}, start: a, nodes: [{id: a, type: exit}]}]
profiles:
- {email: a@example.com, properties: {banned: true}}
- {email: b@example.com, subscriptions: {none: Subscribed}}
`)))
	require.Equal(t, segmentflow.JourneyRunStatusRunning, s.emu.Runs("club").All()[0].Status)
	require.NoError(t, s.emu.Close())
	require.Equal(t, "node mail email, skip mail unsubscribed, node wait waitFor", covered(t, dir, "club"))
	require.Len(t, readCoverage(t, dir).Journeys, 1)
}

func TestARejectedItemOfABatchDoesNotCount(t *testing.T) {
	dir := covering(t)
	s := openClub(t)
	require.NoError(t, s.emu.Seed(parsed(t, `
segments: [{key: all, name: All, definition: {$state: /profile/email, exists: true}}]
journeys: [{key: j, status: Active, entry: {type: segment, segment: all}, start: a, nodes: [{id: a, type: exit}]}]`)))
	item := segmentflow.BatchSendItem{TemplateID: s.emu.ID("template", "hello")}
	item.To = &segmentflow.Recipient{Email: "a@example.com"}
	refused := item
	refused.To, refused.ReplyTo = &segmentflow.Recipient{Email: "b@example.com"}, "b@elsewhere.test"
	batch, err := s.client.Emails.BatchSend(t.Context(), &segmentflow.BatchSendParams{
		Items: []segmentflow.BatchSendItem{item, refused},
	})
	require.NoError(t, err)
	require.Error(t, batch.Items[1].Err)
	require.NoError(t, s.emu.Close())
	require.Equal(t, "node a exit", covered(t, dir, "j"))
	require.Equal(t, 1, readCoverage(t, dir).Journeys[1].Runs)
}

func TestResetAndDeletionLoseNothing(t *testing.T) {
	dir := covering(t)
	s := openClub(t)
	s.join("a@example.com", pro, nil)
	require.NoError(t, s.client.Profiles.Delete(t.Context(), s.emu.Profile("a@example.com").ID))
	s.emu.Reset()
	require.NoError(t, s.emu.Seed(parsed(t, club)))
	s.join("a@example.com", pro, nil)
	require.NoError(t, s.emu.Close())
	require.Equal(t, "node mail email+, skip mail unsubscribed+, node wait waitFor+", covered(t, dir, "club"))
	require.Equal(t, 2, readCoverage(t, dir).Journeys[0].Runs)
}

func TestForksAndRestoredWorldsLoseNothingAndCountNothingTwice(t *testing.T) {
	dir := covering(t)
	s := openClub(t)
	s.join("a@example.com", pro, nil) // one run, which two worlds continue
	image, err := s.emu.Snapshot()
	require.NoError(t, err)
	fork, err := s.emu.TryFork()
	require.NoError(t, err)
	fork.Advance(24 * time.Hour)
	require.NoError(t, fork.Close())

	s.happen("clicked", "a@example.com", nil)
	require.NoError(t, s.emu.Restore(image))
	s.happen("club.left", "a@example.com", nil)
	require.NoError(t, s.emu.Close())
	require.Equal(t, "node mail email, skip mail unsubscribed, node wait waitFor, branch wait clicked, "+
		"branch wait timeout, node pause delay+, exitRule left", covered(t, dir, "club"))
	require.Equal(t, 1, readCoverage(t, dir).Journeys[0].Runs)
}

func TestCoverageHasTheJourneysOfAnImage(t *testing.T) {
	s := openClub(t)
	image, err := s.emu.Snapshot()
	require.NoError(t, err)
	dir := covering(t)
	require.NoError(t, emulator.Start(t, emulator.WithImage(image)).Close())
	require.Equal(t, "club", readCoverage(t, dir).Journeys[0].Key)
}

func TestCoverageAddsUpOverEmulators(t *testing.T) {
	dir := covering(t)
	for range 3 {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			s := openClub(t)
			s.join("a@example.com", pro, nil)
		})
	}
	t.Cleanup(func() { require.Equal(t, 3, readCoverage(t, dir).Journeys[0].Runs) })
}

func TestCoverageShowsJourneysThatNoTestRan(t *testing.T) {
	dir := covering(t)
	emu := acme(t)
	require.NoError(t, emu.Seed(parsed(t, `journeys:
- {key: draft, entry: {type: api}, start: a, nodes: [{id: a, type: exit}]}
- {key: old, status: Archived, entry: {type: api}, start: a, nodes: [{id: a, type: exit}]}
- {key: paused, status: Paused, entry: {type: api}, start: a, nodes: [{id: a, type: exit}]}`)))
	require.NoError(t, emu.Close())
	read := readCoverage(t, dir)
	keys := []string{}
	for _, j := range read.Journeys {
		keys = append(keys, j.Key)
		require.Zero(t, j.Percent())
	}
	require.Equal(t, []string{"loyalty-upgrade", "password-reset", "paused", "trial-onboarding"}, keys)
	require.Zero(t, read.Percent())
}

func TestEachVersionOfAJourneyHasItsOwnCoverage(t *testing.T) {
	dir := covering(t)
	s := openClub(t)
	s.join("a@example.com", pro, nil)
	require.NoError(t, s.emu.Seed(parsed(t, strings.ReplaceAll(club, "P30D", "P31D"))))
	require.NoError(t, s.emu.Seed(parsed(t, strings.ReplaceAll(club, "status: Active", "status: Paused"))))
	require.NoError(t, s.emu.Close())
	read := readCoverage(t, dir)
	require.Len(t, read.Journeys, 2)
	require.Equal(t, 1, read.Journeys[0].Version)
	require.Equal(t, 1, read.Journeys[0].Runs)
	require.Equal(t, 2, read.Journeys[1].Version)
	require.Zero(t, read.Journeys[1].Runs)
	require.NotEqual(t, read.Journeys[0].Digest, read.Journeys[1].Digest)
}

func TestCoverageHasTheJourneysOfAFile(t *testing.T) {
	file := emulator.WithDatabase(filepath.Join(t.TempDir(), "world.db"))
	require.NoError(t, openClub(t, file).emu.Close())
	dir := covering(t)
	require.NoError(t, emulator.Start(t, file).Close())
	require.Equal(t, "club", readCoverage(t, dir).Journeys[0].Key)
}

func TestCoverageOfALiveClockInABubble(t *testing.T) {
	dir := covering(t)
	synctest.Test(t, func(t *testing.T) {
		s := openClub(t, emulator.WithLiveClock())
		s.join("a@example.com", pro, nil)
		time.Sleep(72 * time.Hour)
		synctest.Wait()
	})
	require.Contains(t, covered(t, dir, "club"),
		"branch wait timeout, node pause delay, branch pause elapsed, node done exit")
}

func TestWithoutTheVariableNothingIsWritten(t *testing.T) {
	dir := covering(t)
	t.Setenv(coverageVariable, "")
	require.NoError(t, openClub(t).emu.Close())
	require.NoDirExists(t, dir)
}

func TestADirectoryThatCannotBeWrittenFailsTheStart(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	t.Setenv(coverageVariable, file)
	_, err := emulator.New()
	require.EqualError(t, err, "SEGMENTFLOW_JOURNEY_COVERAGE: Journey coverage cannot be written, "+
		"set it to a directory that can be: mkdir "+file+": not a directory")
}
