package emulator_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

func TestAFaultHidesNoRefusalThatIsNotItsOwn(t *testing.T) {
	for name, c := range map[string]struct {
		fault emulator.Fault
		finds bool
	}{
		"slow":        {emulator.Fault{Delay: time.Millisecond}, true},
		"cut":         {emulator.Fault{Truncate: true}, true},
		"replaced":    {emulator.Fault{Status: http.StatusTeapot}, false},
		"after work":  {emulator.Fault{Status: http.StatusTeapot, AfterCommit: true}, false},
		"proxy":       {emulator.Fault{Body: "<p>no"}, false},
		"reply lost":  {emulator.Fault{Drop: true, AfterCommit: true}, false},
		"no reply":    {emulator.Fault{Drop: true}, false},
		"proxy after": {emulator.Fault{Body: "<p>no", AfterCommit: true}, false},
	} {
		reports := guarded(t, emulator.GuardErrors, func(s shop) {
			s.emu.Fail(c.fault)
			_, err := s.once().Emails.Send(s.Context(), s.badMail(), own)
			require.Error(s, err, name)
		})
		require.Equal(t, c.finds, len(reports) == 1, "%s: %v", name, reports)
	}
}

func TestGuardsSeeWhatWasDoneAlthoughTheReplyWasLost(t *testing.T) {
	for name, fault := range map[string]emulator.Fault{
		"status": {Status: http.StatusServiceUnavailable, AfterCommit: true},
		"proxy":  {Body: "<p>no", AfterCommit: true},
		"lost":   {Drop: true, AfterCommit: true},
		"cut":    {Truncate: true},
	} {
		reports := guarded(t, emulator.GuardKeys|emulator.GuardShapes, func(s shop) {
			s.typed("order.paid", object{"total": 12})
			s.emu.Fail(fault)
			_, err := s.once().Events.Track(s.Context(), &segmentflow.TrackEventParams{
				Event:   "order.paid",
				Profile: segmentflow.ProfileIdentity{Email: "alex@example.com"},
				Data:    object{"total": "12"},
			})
			require.Error(s, err, name)
		})
		require.Len(t, reports, 2, name)
		require.Contains(t, reports[0], `Property "/total" was a number`, name)
		require.Contains(t, reports[1], "called at guards_faults_test.go", name)
	}
	require.Empty(t, guarded(t, emulator.GuardKeys, func(s shop) {
		s.emu.Fail(emulator.Fault{Drop: true})
		_, err := s.once().Emails.Send(s.Context(), receipt(s.receipt(), 1))
		require.Error(s, err, "nothing was done")
	}))
}

func TestKeysThatComeAgainAfterAResetAreOtherWrites(t *testing.T) {
	reports := guarded(t, emulator.GuardKeys, func(s shop) {
		s.send(receipt(s.receipt(), 1))
		s.emu.Reset()
		_, err := s.client.Emails.Send(s.Context(), receipt(s.receipt(), 1))
		require.NoError(s, err)
	})
	require.Len(t, reports, 1)
	require.Contains(t, reports[0], "called at helpers_test.go:")
	require.Contains(t, reports[0], "called at guards_faults_test.go:")
}

func TestGuardsNameThePlaceInAHandlerOfTheApp(t *testing.T) {
	reports := guarded(t, emulator.GuardErrors, func(s shop) {
		app := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			_, _ = s.client.Emails.Send(r.Context(), s.badMail(), own)
		}))
		defer app.Close()
		response, err := app.Client().Get(app.URL) //nolint:noctx // the server ends with the test
		require.NoError(s, err)
		require.NoError(s, response.Body.Close())
	})
	require.Len(t, reports, 1)
	require.Contains(t, reports[0], "called at guards_faults_test.go:")

	items := []segmentflow.BatchSendItem{{TemplateID: "x", To: &segmentflow.Recipient{Email: "no address"}}}
	reports = guarded(t, emulator.GuardErrors, func(s shop) {
		for _, err := range s.client.Emails.SendAll(s.Context(), slices.Values(items), segmentflow.SendAllOptions{}) {
			require.NoError(s, err)
		}
	})
	require.Len(t, reports, 1)
	require.NotContains(t, reports[0], "called at", "goroutines of SendAll have no place in the app")
}
