package emulator_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

func TestAWriteKeyInAnItemIsNotInTheJournalEither(t *testing.T) {
	s := openVisits(t, emulator.WithJournalBodies())
	require.Equal(t, []string{"rejected invalid_input", "rejected invalid_input"},
		s.batch(`{"writeKey":"wk_shop","type":"track","messageId":"1","event":"e","userId":"cus_1"}`, `7`))
	require.JSONEq(t, `{"writeKey":"[redacted]","batch":[
		{"writeKey":"[redacted]","type":"track","messageId":"1","event":"e","userId":"cus_1"},7]}`,
		s.emu.Requests().Last().Body)
}

func TestResetStartsTheMessageIDsOfAnIngestAgain(t *testing.T) {
	s := openVisits(t)
	visit := func() string {
		ingest := s.emu.Ingest("wk_client_1")
		_, err := ingest.Track(t.Context(), &segmentflow.IngestTrack{MessageID: "own", Event: "e", UserID: "cus_1"})
		require.NoError(t, err)
		s.emu.Fail(emulator.Fault{Operation: "ingestTrack", Status: 503, Times: 1})
		outcome, err := ingest.Track(t.Context(), &segmentflow.IngestTrack{Event: "e", UserID: "cus_1"})
		require.NoError(t, err)
		require.Equal(t, segmentflow.IngestStatusAccepted, outcome.Status)
		return outcome.MessageID
	}
	before := visit()
	s.emu.Reset()
	require.Equal(t, before, visit())
}

func TestEachWebsiteHasItsRateLimit(t *testing.T) {
	s := openVisits(t)
	s.emu.RateLimit("ingestTrack", 1, time.Minute)
	track := func(key string) string {
		return `{"writeKey":"` + key + `","messageId":"1","event":"e","userId":"cus_1"}`
	}
	s.ingest(200, "track", track("wk_shop"))
	s.ingest(200, "track", track("wk_blog"))
	s.ingest(429, "track", track("wk_shop"), "x-api-key", "another")
}

func TestAFaultStrikesWhatAPluginReportsOfAVisitor(t *testing.T) {
	s := openVisits(t)
	s.emu.Fail(emulator.Fault{To: "alex@example.com", Status: 503})
	s.emu.Fail(emulator.Fault{To: "cus_2", Status: 502})
	item := `{"type":"track","messageId":"1","event":"e",`
	s.ingest(503, "batch", `{"writeKey":"wk_shop","batch":[`+item+`"email":"alex@example.com"}]}`)
	s.ingest(502, "track", `{"writeKey":"wk_shop",`+item[1:]+`"userId":"cus_2"}`)
	require.Equal(t, []string{"accepted"}, s.batch(item+`"userId":"cus_1"}`))
}
