package timeline_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator/internal/gateway"
	"github.com/segmentflow/segmentflow-go/emulator/internal/timeline"
)

func TestACursorHasAPlaceForEachList(t *testing.T) {
	marks := strings.Split(strings.Repeat("0.7 ", 8)+"1500.3", " ")
	from, ok := timeline.PlaceOf(gateway.Cursor("timeline", marks...))
	require.True(t, ok)
	require.Len(t, from, 9)
	require.Equal(t, 7, from[0].Seq)
	require.Equal(t, 3, from[8].Seq)
	require.EqualValues(t, 1500, from[8].At.UnixMilli())

	from, ok = timeline.PlaceOf("")
	require.True(t, ok)
	require.Empty(t, from)
}

func TestAnotherCursorIsRefused(t *testing.T) {
	marks := func(last string) []string { return append(strings.Fields(strings.Repeat("0.7 ", 8)), last) }
	for _, cursor := range []string{
		"none",
		gateway.Cursor("people", marks("0.1")...),
		gateway.Cursor("timeline", "0.1"),
		gateway.Cursor("timeline", marks("x.1")...),
		gateway.Cursor("timeline", marks("1")...),
		gateway.Cursor("timeline", marks("1.-1")...),
	} {
		_, ok := timeline.PlaceOf(cursor)
		require.False(t, ok, cursor)
	}
}
