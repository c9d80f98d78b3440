package emulator_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// This file tests that a failure names the fix.

func TestAnOperationMayBeCalledAsTheClientCallsIt(t *testing.T) {
	emu := emulator.Start(t)
	for method, operation := range map[string]string{
		"Emails.Send":              "sendEmail",
		"Emails.BatchSend":         "batchSendEmails",
		"client.Events.Track":      "trackEvent",
		"Journeys.Trigger":         "triggerJourney",
		"Journeys.RetrieveRun":     "retrieveJourneyRun",
		"Broadcasts.Results":       "retrieveBroadcastResults",
		"NewsletterIssues.Archive": "archiveNewsletterIssue",
		"Profiles.SetSubscription": "setProfileSubscription",
		"Templates.List":           "listTemplates",
	} {
		text := failureIn(t, emu, func(emu *emulator.Emulator) {
			emu.Fail(emulator.Fault{Operation: method, Status: 503})
		})
		require.Contains(t, text, "; the nearest are "+operation+", ")
		require.Contains(t, failureOf(t, emu.Requests().Operation(method).None), "; there are "+operation+", ")
	}
}

func TestAReasonIsNoErrorCode(t *testing.T) {
	emu := emulator.Start(t)
	const fix = "; a reason such as template_archived is no code: it comes with validation_failed"
	expect := func(code string) string {
		return failureIn(t, emu, func(emu *emulator.Emulator) { emu.Expect(code) })
	}
	require.Contains(t, expect("template_archived"), fix)
	require.NotContains(t, expect("invalid_requests"), fix)
	require.Contains(t, failureOf(t, emu.Requests().Code("template_archived").None), fix)
}

func TestAPropertyWithASimilarNameIsNamed(t *testing.T) {
	emu := emulator.Start(t)
	track := func(email string, properties map[string]any) {
		_, err := emu.Client().Events.Track(t.Context(), &segmentflow.TrackEventParams{
			Event:   "account.opened",
			Profile: segmentflow.ProfileIdentity{Email: email, Properties: properties},
		})
		require.NoError(t, err)
	}
	track("alex@example.com", map[string]any{"firstName": "Alex"})
	for _, other := range []string{"b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"} {
		track(other+"@example.com", nil)
	}

	missing := failureOf(t, func(w emulator.TB) { emu.Profiles().Property("firstname", "Alex").Only(w) })
	require.Contains(t, missing, "it has no property firstname, but firstName")
	other := failureOf(t, func(w emulator.TB) { emu.Profiles().Property("firstName", "Bruno").Only(w) })
	require.NotContains(t, other, "it has no property")
}

func TestAnAdviceIsNotMorePreciseThanASecond(t *testing.T) {
	emu := emulator.Start(t, emulator.WithSeedFile("testdata/acme.yaml"), emulator.WithStartTime(monday))
	_, err := emu.Client().Events.Track(t.Context(), &segmentflow.TrackEventParams{
		Event:   "trial.started",
		Profile: segmentflow.ProfileIdentity{Email: "chiara@example.com"},
		Data:    map[string]any{"trialId": "t_1", "plan": "Pro"},
	})
	require.NoError(t, err)
	emu.Advance(2 * time.Millisecond)
	text := failureOf(t, func(w emulator.TB) { emu.Outbox().Template("trial-reminder").Only(w) })
	require.Contains(t, text, "; Advance(72h)")
	require.Contains(t, text, "try: emu.Advance(72 * time.Hour)")
}

func TestExplainOfAJourneySaysWhatToPass(t *testing.T) {
	emu := emulator.Start(t, emulator.WithSeedFile("testdata/acme.yaml"))
	text := failureIn(t, emu, func(emu *emulator.Emulator) { emu.Explain("trial-onboarding") })
	require.Contains(t, text, "That is a Journey. Pass the id of one of its runs, or the email of a Profile.")
}

func TestScriptTellsAMessageFromItsSend(t *testing.T) {
	s := openShop(t)
	s.send(receipt(s.receipt(), 1))
	id := s.emu.Outbox().Only(t).ID
	text := failureIn(t, s.emu, func(emu *emulator.Emulator) { emu.Script(id) })
	require.Contains(t, text, "that of a Message is its SendID")
}

func TestAFailureOfClientForNamesIt(t *testing.T) {
	text := failureIn(t, emulator.Start(t), func(emu *emulator.Emulator) { emu.ClientFor("") })
	require.Equal(t, "emulator: ClientFor: segmentflow: the API key is empty", text)
}

func TestABadFileSaysWhatToDo(t *testing.T) {
	img, err := emulator.Start(t).Snapshot()
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "world.db")
	require.NoError(t, os.WriteFile(path, bytes.Clone(img[:len(img)/2]), 0o600))
	_, err = emulator.New(emulator.WithDatabase(path))
	require.ErrorContains(t, err, "is damaged; remove it to start a new world, or name another file")
	_, err = emulator.ReadImage(path + "2")
	require.ErrorContains(t, err, "the file does not exist; Image.WriteTo writes one")
	_, err = emulator.ReadImage("")
	require.ErrorContains(t, err, "the file name is empty; name a file, such as world.db")
	require.ErrorContains(t, img.WriteTo(""), "the file name is empty; name a file, such as world.db")
	_, err = emulator.ReadCoverage("")
	require.ErrorContains(t, err, "pass the one that SEGMENTFLOW_JOURNEY_COVERAGE named")
}
