package brand_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator/internal/brand"
)

func TestALookIsChecked(t *testing.T) {
	fonts := func(n int) []string { return strings.Split(strings.Repeat("a,", n-1)+"a", ",") }
	for _, c := range []struct {
		look brand.Look
		want []string
	}{
		{brand.Look{}, nil},
		{brand.Look{Logo: "https://a.example/l.png?x#y", Fonts: fonts(20)}, nil},
		{brand.Look{Colors: &brand.Colors{Text: "#aAbB09"}}, nil},
		{brand.Look{Logo: "http://" + strings.Repeat("ä", 2041)}, nil},
		{brand.Look{Logo: "http://" + strings.Repeat("ä", 2042)}, []string{"/logo must have at most 2048 characters"}},
		{brand.Look{Fonts: fonts(21)}, []string{"/fonts must have at most 20 names"}},
		{brand.Look{Fonts: []string{"a", "", strings.Repeat("ä", 101)}}, []string{
			"/fonts/1 must have 1 to 100 characters", "/fonts/2 must have 1 to 100 characters"}},
		{brand.Look{Colors: &brand.Colors{Primary: "red", Accent: "#12345", Background: "#1234567"}}, []string{
			"/colors/primary must be a color such as #1b4332", "/colors/accent must be a color such as #1b4332",
			"/colors/background must be a color such as #1b4332"}},
	} {
		var got []string
		c.look.Check(func(path, message string) { got = append(got, path+" "+message) })
		require.Equal(t, c.want, got, "%v", c.look)
	}
	for _, bad := range []string{"javascript:alert(1)", "a.example", "https://", "https:///a", "https://a b"} {
		require.Equal(t, "must be a URL that begins with http:// or https://", brand.CheckURL(bad), bad)
	}
}

func TestNoColorsAreNone(t *testing.T) {
	require.Nil(t, brand.Colors{}.OrNil())
	require.Equal(t, &brand.Colors{Accent: "#000000"}, brand.Colors{Accent: "#000000"}.OrNil())
	require.Equal(t,
		[]brand.Color{{"primary", "1"}, {"secondary", "2"}, {"accent", "3"}, {"background", "4"}, {"text", "5"}},
		brand.Colors{Primary: "1", Secondary: "2", Accent: "3", Background: "4", Text: "5"}.All())
}

func TestAnExtractionEndsAfterItsSteps(t *testing.T) {
	require.Empty(t, brand.Extraction{}.Step())
	for _, found := range []bool{true, false} {
		var steps []string
		e := brand.Begin()
		for e.IsRunning() {
			require.Equal(t, len(steps), e.Completed)
			steps = append(steps, e.Step())
			e = e.Next(found)
		}
		require.Equal(t,
			[]string{"fetching_website", "finding_logo", "finding_colors", "finding_fonts", "saving"}, steps)
		require.Len(t, steps, e.TotalSteps())
		require.Equal(t, found, e.IsComplete())
		require.Equal(t, !found, e.IsFailed())
		if found {
			require.Equal(t, 5, e.Completed)
			require.Empty(t, e.Step()+e.Error)
		} else {
			require.Equal(t, 4, e.Completed)
			require.Equal(t, "saving extraction_not_seeded", e.Step()+" "+e.Error)
		}
	}
}
