package web_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator"
)

func TestTheOverviewIsTheFirstPage(t *testing.T) {
	b := open(t, emulator.WithSeedFile(acme))
	require.Contains(t, text(b.page("/dashboard")), "Acme Outdoor")
}
