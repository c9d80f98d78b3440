package journey_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/journey"
)

func TestDecisionsExplainThemselves(t *testing.T) {
	d := parse(t, doc(`"entry": {"type": "event", "event": "e", "filter": {"$state": "/event/ok"}, "key": "/event/id"},
		"audience": {"$state": "/profile/ok"}, "reentry": {"mode": "once"},
		"exitOn": [
			{"id": "sold", "event": "sold", "filter": {"$state": "/event/n", "gt": 1}},
			{"id": "gone", "condition": {"$state": "/profile/gone"}},
			{"id": "plain", "event": "plain"}]`,
		`{"id": "a", "type": "branch", "paths": [{"id": "x", "when": {"$state": "/profile/x"}, "next": "w"}],
			"default": "c"}`,
		`{"id": "c", "type": "randomCohort", "arms": [{"id": "all", "percent": 100, "next": "w"}]}`,
		`{"id": "w", "type": "waitFor", "timeout": "P1D", "timeoutNext": "end",
			"branches": [
				{"id": "got", "event": "got", "next": "end"},
				{"id": "vip", "condition": {"$state": "/profile/vip"}, "next": "end"}]}`, end))
	admitted := func(document string, h journey.History) string {
		a, err := d.Admit(input(t, document).Env, func(string) (journey.History, error) { return h, nil })
		require.NoError(t, err)
		return a.Why
	}
	require.Equal(t, `filter: /event/ok (missing) truthy → false`, admitted(`{"event": {}}`, journey.History{}))
	require.Equal(t, `filter: /event/ok (true) truthy → true; there is no value that can be a key at /event/id`,
		admitted(`{"event": {"ok": true}}`, journey.History{}))
	in := `{"event": {"ok": true, "id": 1}, "profile": {"ok": true}}`
	require.Equal(t, `filter: /event/ok (true) truthy → true; audience: /profile/ok (true) truthy → true`,
		admitted(in, journey.History{}))
	require.Contains(t, admitted(in, journey.History{Entered: true, LastEntered: noon}),
		"reentry is once, cooldown 0s; the Profile last entered at "+noon.Format("2006-01-02"))

	why := func(effect journey.Effect, err error) string {
		require.NoError(t, err)
		return effect.Why
	}
	vip := input(t, `{"profile": {"vip": 1, "gone": "yes"}}`)
	require.Equal(t, `x: /profile/x (missing) truthy → false`, why(d.Arrive("a", vip)))
	require.Regexp(t, `^profile-1 is in bucket \d+ of 10000$`, why(d.Arrive("c", vip)))
	require.Equal(t, `/profile/vip (1) truthy → true`, why(d.Arrive("w", vip)))
	got, _, err := d.OfferEvent("w", cond.Event{Name: "got"}, input(t, `{}`))
	require.Equal(t, "an event got", why(got, err))

	for rule, want := range map[string]string{
		"sold":  `an event sold; filter: /event/n (2) gt 1 → true`,
		"gone":  `/profile/gone ("yes") truthy → true`,
		"plain": "an event plain",
		"none":  "",
	} {
		text, err := d.WhyExit(rule, event(t, `{"n": 2}`), vip.Env)
		require.NoError(t, err)
		require.Equal(t, want, text)
	}
}
