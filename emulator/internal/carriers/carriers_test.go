package carriers_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator/internal/carriers"
)

func binding(t *testing.T, version int, snapshot string, described map[string]any) string {
	t.Helper()
	parts, err := carriers.NewParts(described)
	require.NoError(t, err)
	bound, err := parts.Binding(version, snapshot)
	require.NoError(t, err)
	return bound
}

func TestChangesNameTheParts(t *testing.T) {
	before := binding(t, 1, "s1", map[string]any{carriers.PartMail: "a", carriers.PartSender: "b"})
	for _, c := range []struct{ now, want string }{
		{before, ""},
		{binding(t, 2, "s1", map[string]any{carriers.PartMail: "a", carriers.PartSender: "b"}), "the draft was edited"},
		{
			binding(t, 1, "s2", map[string]any{carriers.PartMail: "a", carriers.PartSender: "c"}),
			"the content of the Template has changed; the sender has changed",
		},
	} {
		changes, err := carriers.Changes(before, c.now)
		require.NoError(t, err)
		require.Equal(t, c.want, changes)
	}
}

func TestScheduledAtReadsTimesAndSpans(t *testing.T) {
	now := time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC)
	for _, c := range []struct {
		text string
		want time.Time
		ok   bool
	}{
		{"in 1 minute", now.Add(time.Minute), true},
		{"in 2 weeks", now.Add(14 * 24 * time.Hour), true},
		{"2026-03-02T09:31:00Z", now.Add(time.Minute), true},
		{"2026-03-02T09:30:59Z", now.Add(59 * time.Second), false},
		{"in 0 days", now, false},
	} {
		at, ok, err := carriers.ScheduledAt(now, c.text)
		require.NoError(t, err)
		require.Equal(t, c.ok, ok, c.text)
		require.Equal(t, c.want, at, c.text)
	}
}

func TestAnEmptyMailingHasABlockerForEachMissingPart(t *testing.T) {
	findings := carriers.Check(&carriers.Mailing{SegmentMissing: true, GroupMissing: true, Tested: true})
	require.False(t, findings.Ready())
	missing := []string{"segment_missing", "subscription_group_missing", "template_missing", "sender_missing"}
	require.Equal(t, missing, findings.Codes())
	require.Empty(t, findings.Warnings)
}
