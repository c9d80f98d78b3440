package journey_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator/internal/journey"
)

// repeated returns a list of n items. Each # in an item is replaced with its number.
func repeated(n int, item string) string {
	items := make([]string, n)
	for i := range items {
		items[i] = strings.ReplaceAll(item, "#", fmt.Sprint(i))
	}
	return strings.Join(items, ", ")
}

func TestADefinitionHasLimits(t *testing.T) {
	row := func(n int) string {
		return doc(keyed+`, "start": "n0"`,
			repeated(n-1, `{"id": "n#", "type": "setProperty", "set": {"a": 1}, "next": "end"}`), end)
	}
	branch := func(n int) string {
		paths := repeated(n, `{"id": "p#", "when": true, "next": "end"}`)
		return nodes(`{"id": "a", "type": "branch", "default": "end", "paths": [` + paths + `]}`)
	}
	cohort := func(n int) string {
		arms := repeated(n, `{"id": "p#", "percent": 1, "next": "end"}`)
		return nodes(`{"id": "a", "type": "randomCohort", "arms": [` + arms + `]}`)
	}
	wait := func(n int) string {
		return nodes(`{"id": "a", "type": "waitFor", "timeout": "P1D", "timeoutNext": "end", "branches": [` +
			repeated(n, `{"id": "p#", "event": "e", "next": "end"}`) + `]}`)
	}
	exits := func(n int) string { return head(`"exitOn": [` + repeated(n, `{"id": "x#", "event": "e"}`) + `]`) }
	for name, c := range map[string]struct {
		document func(n int) string
		most     int
		path     string
	}{
		"nodes":      {row, 500, "/nodes"},
		"paths":      {branch, 100, "/nodes/0/paths"},
		"arms":       {cohort, 100, "/nodes/0/arms"},
		"branches":   {wait, 100, "/nodes/0/branches"},
		"exit rules": {exits, 100, "/exitOn"},
	} {
		t.Run(name, func(t *testing.T) {
			parse(t, c.document(c.most))
			for _, n := range []int{c.most + 1, 20 * c.most} {
				_, findings := journey.Parse([]byte(c.document(n)))
				require.Len(t, findings, 1)
				require.Equal(t, c.path, findings[0].Path)
				require.Contains(t, findings[0].Message,
					fmt.Sprintf("has %d %s; at most %d are allowed", n, name, c.most))
			}
		})
	}
}

func TestADurationIsAtLeastAMillisecond(t *testing.T) {
	delay := func(d string) string { return nodes(`{"id": "a", "type": "delay", "for": "` + d + `", "next": "end"}`) }
	wait := func(d string) string {
		return nodes(`{"id": "a", "type": "waitFor",
			"timeout": "` + d + `", "timeoutNext": "end", "branches": [{"id": "b", "event": "e", "next": "end"}]}`)
	}
	offset := func(d string) string {
		return nodes(`{"id": "a", "type": "delay",
			"untilProperty": {"path": "/profile/at", "offset": "` + d + `"}, "next": "end"}`)
	}
	cooldown := func(d string) string { return head(`"reentry": {"mode": "always", "cooldown": "` + d + `"}`) }
	for _, c := range []struct {
		document func(string) string
		path     string
		good     []string
		bad      []string
	}{
		{
			delay,
			"/nodes/0/for",
			[]string{"PT0.001S", "PT0.0015S", "P1D"},
			[]string{"PT0S", "P0D", "PT0.0009S", "PT0.000001S"},
		},
		{wait, "/nodes/0/timeout", []string{"PT0.001S", "P1D"}, []string{"PT0S", "P0D", "PT0.0009S"}},
		{
			offset,
			"/nodes/0/untilProperty/offset",
			[]string{"PT0S", "PT0.001S", "-PT0.001S", "-P1D"},
			[]string{"PT0.0009S", "-PT0.0009S"},
		},
		{cooldown, "/reentry/cooldown", []string{"PT0S", "PT0.001S"}, []string{"PT0.0009S"}},
	} {
		for _, d := range c.good {
			parse(t, c.document(d))
		}
		for _, d := range c.bad {
			_, findings := journey.Parse([]byte(c.document(d)))
			require.Len(t, findings, 1, d)
			require.Equal(t, c.path, findings[0].Path, d)
			require.Contains(t, findings[0].Message, "at least a millisecond", d)
		}
	}
}

func TestCheckCountsTheSizeOfSegments(t *testing.T) {
	requireFindings(t, head(`"audience": {"inSegment": "large"}`))
	requireFindings(t, head(`"audience": [{"inSegment": "large"}, {"$not": {"inSegment": "large"}}]`), "/audience")
	requireFindings(t, head(`"audience": {"$not": {"$not": {"inSegment": "large"}}}`), "/audience")
}

func TestASavedDefinitionStaysReadable(t *testing.T) {
	d := journey.Load([]byte(nodes(`{"id": "a", "type": "delay", "for": "PT0S", "next": "end"}`)))
	require.NotNil(t, d)
	require.NotNil(t, d.Node("a").Delay)
	require.Nil(t, journey.Load([]byte(`[]`)))
}
