package emulator_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// Visitors who have no run come before and after one who has, in the same batch.
func TestTheRunsOfEachVisitorReactToABatch(t *testing.T) {
	s := openVisits(t)
	require.NoError(t, s.emu.Seed(parsed(t, `
journeys:
  - key: trial
    status: Active
    entry: {type: event, event: trial.started}
    exitOn: [{id: left, event: trial.left}]
    start: wait
    nodes:
      - {id: wait, type: waitFor, timeout: P1D, timeoutNext: end, branches: [{id: paid, event: paid, next: end}]}
      - {id: end, type: exit}`)))
	items := 0
	track := func(who, event string) string {
		items++
		return fmt.Sprintf(`{"type":"track","messageId":"%d","event":%q,"email":"%s@example.com"}`, items, event, who)
	}
	statuses := func(who string) (list []string) {
		for _, run := range s.emu.Runs("trial").Profile(who + "@example.com").All() {
			list = append(list, string(run.Status)+" "+run.Reason)
		}
		return list
	}

	s.batch(track("alex", "seen"), track("kim", "seen"), track("soft", "seen"),
		track("alex", "trial.started"), track("kim", "trial.started"),
		track("alex", "trial.left"), track("soft", "seen"))
	require.Equal(t, []string{"exited exit_rule:left"}, statuses("alex"))
	require.Equal(t, []string{"running "}, statuses("kim"))

	s.batch(track("alex", "paid"), track("soft", "paid"), track("kim", "paid"))
	require.Equal(t, []string{"completed "}, statuses("kim"))
}
