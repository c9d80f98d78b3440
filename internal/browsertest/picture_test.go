package browsertest_test

import (
	"bytes"
	"image/png"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator"
)

// shown is the picture of the dashboard that the README shows. `make picture` takes it anew.
const (
	shown       = "docs/dashboard.png"
	shownWidth  = 1280
	largestShow = 200 << 10
)

func TestThePictureOfTheREADME(t *testing.T) {
	if os.Getenv("UPDATE") == "1" {
		takePicture(t)
	}
	readme, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	if !strings.Contains(string(readme), "]("+shown+")") {
		t.Errorf("the README does not show %s", shown)
	}

	content, err := os.ReadFile("../../" + shown)
	require.NoError(t, err)
	require.LessOrEqual(t, len(content), largestShow)
	config, err := png.DecodeConfig(bytes.NewReader(content))
	require.NoError(t, err)
	require.Equal(t, shownWidth, config.Width)
}

// takePicture takes the picture: the overview of a shop after some days. The clock stands still and the ids are always
// the same, so the picture is too, as long as the page and the fonts are.
func takePicture(t *testing.T) {
	t.Helper()
	b := open(t, emulator.WithSeedFile(acme))
	w := world{t, b.emu, b.emu.Client()}
	w.days()
	b.visit("/dashboard", http.StatusOK)
	require.NoError(t, os.WriteFile("../../"+shown, b.picture(), 0o600))
}
