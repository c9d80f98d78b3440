package gateway_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator/internal/gateway"
)

// FuzzCursor reads texts as cursors, as callers can send any, and reads cursors back. A cursor belongs to one list.
func FuzzCursor(f *testing.F) {
	f.Add("profiles", gateway.Cursor("profiles", "next", "1772443800000", "id"))
	f.Add("profiles", gateway.Cursor("templates", "next", "1772443800000", "id"))
	f.Add("", "")
	f.Add("a", "YQ==")
	f.Add("a", "YR")
	f.Add("a", "Y\nQ")
	f.Fuzz(func(t *testing.T, list, text string) {
		if strings.Contains(list, " ") {
			return
		}
		if place, ok := gateway.PlaceOf(list, text); ok {
			again, ok := gateway.PlaceOf(list, gateway.Cursor(list, place...))
			require.True(t, ok)
			require.True(t, slices.Equal(place, again))
			_, ok = gateway.PlaceOf(list+"s", text)
			require.False(t, ok, "it is of another list")
		}

		place := strings.Split(text, " ")
		got, ok := gateway.PlaceOf(list, gateway.Cursor(list, place...))
		require.True(t, ok)
		require.Equal(t, place, got)
	})
}
