package emulator_test

import (
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator"
)

func TestAnExtractionGoesThroughItsSteps(t *testing.T) {
	s := openBrands(t)
	none := map[string]any{
		"currentStep": nil, "completedSteps": 0.0, "totalSteps": 5.0, "isComplete": false, "isFailed": false,
	}
	require.Equal(t, none, s.progress("acme"), "there was none yet")
	before := s.brandKit("acme")
	begun := s.api(202, "POST", "/brand-kit/"+s.kit("acme")+"/extract", "")
	require.Equal(t, begun, s.progress("acme"))
	steps := []string{"fetching_website", "finding_logo", "finding_colors", "finding_fonts", "saving"}
	for done, step := range steps {
		require.Equal(t, map[string]any{
			"currentStep": step, "completedSteps": float64(done), "totalSteps": 5.0,
			"isComplete": false, "isFailed": false,
		}, s.progress("acme"))
		require.Equal(t, before, s.brandKit("acme"), "nothing changes before the end")
		s.emu.Advance(time.Second)
	}
	require.Equal(t, map[string]any{
		"currentStep": nil, "completedSteps": 5.0, "totalSteps": 5.0, "isComplete": true, "isFailed": false,
	}, s.progress("acme"))
	after := s.brandKit("acme")
	require.Equal(t, "https://acme.example/logo.png", after["logo"])
	require.Equal(t, map[string]any{
		"primary": "#1b4332", "secondary": nil, "accent": "#FFB703", "background": nil, "text": nil,
	}, after["colors"])
	require.Equal(t, []any{"Inter", "Georgia"}, after["fonts"])
	require.Equal(t, "2026-03-02T09:00:05.000Z", after["updatedAt"])
	_, due := s.emu.NextDue()
	require.False(t, due)

	require.Equal(t, begun, s.api(202, "POST", "/brand-kit/"+s.kit("acme")+"/extract", ""), "it can begin again")
}

func TestAnExtractionThatNoSeedKnowsFails(t *testing.T) {
	s := openBrands(t)
	before := s.brandKit("plain")
	s.api(202, "POST", "/brand-kit/"+s.kit("plain")+"/extract", "")
	s.emu.Advance(time.Minute)
	require.Equal(t, map[string]any{
		"currentStep": "saving", "completedSteps": 4.0, "totalSteps": 5.0, "isComplete": false, "isFailed": true,
		"error": "extraction_not_seeded",
	}, s.progress("plain"))
	require.Equal(t, before, s.brandKit("plain"))
	s.api(202, "POST", "/brand-kit/"+s.kit("plain")+"/extract", "")
	require.Equal(t, false, s.progress("plain")["isFailed"])
}

func TestASeededExtractionNeedsNoWebsite(t *testing.T) {
	s := openBrands(t)
	path := "/brand-kit/" + s.kit("acme")
	s.api(200, "PATCH", path, `{"websiteUrl":null}`)
	s.api(202, "POST", path+"/extract", "")
	s.emu.Advance(time.Minute)
	require.Equal(t, true, s.progress("acme")["isComplete"])
	require.Equal(t, []any{"Inter", "Georgia"}, s.brandKit("acme")["fonts"])
}

func TestAnExtractionIsRefused(t *testing.T) {
	s := openBrands(t)
	path := "/brand-kit/" + s.kit("acme")
	s.api(202, "POST", path+"/extract", "")
	refused := s.api(409, "POST", path+"/extract", "")
	require.Equal(t, "invalid_state", refused["error"])
	require.Equal(t, map[string]any{"status": "extracting"}, refused["details"])

	path = "/brand-kit/" + s.kit("plain")
	s.api(200, "PATCH", path, `{"websiteUrl":null}`)
	refused = s.api(422, "POST", path+"/extract", "")
	require.Equal(t, "validation_failed", refused["error"])
	require.Equal(t, map[string]any{"reason": "website_url_required"}, refused["details"])
}

func TestChangesDuringAnExtraction(t *testing.T) {
	for name, c := range map[string]struct {
		method, path, body string
		status             int
		running            bool
	}{
		"another name":         {"PATCH", "", `{"name":"Other","logo":null}`, 200, true},
		"the same website":     {"PATCH", "", `{"websiteUrl":"https://acme.example"}`, 200, true},
		"another website":      {"PATCH", "", `{"websiteUrl":"https://other.example"}`, 200, false},
		"no website":           {"PATCH", "", `{"websiteUrl":null}`, 200, false},
		"clearing it":          {"POST", "/clear", "", 200, false},
		"making it no default": {"POST", "/set-default", "", 200, true},
	} {
		t.Run(name, func(t *testing.T) {
			s := openBrands(t)
			path := "/brand-kit/" + s.kit("acme")
			s.api(202, "POST", path+"/extract", "")
			s.emu.Advance(1500 * time.Millisecond)
			changed := s.api(c.status, c.method, path+c.path, c.body)
			require.Equal(t, c.running, s.progress("acme")["currentStep"] != nil)
			_, due := s.emu.NextDue()
			require.Equal(t, c.running, due)
			s.emu.Advance(time.Minute)
			require.Equal(t, c.running, s.progress("acme")["isComplete"])
			if c.running {
				require.Equal(t, "https://acme.example/logo.png", s.brandKit("acme")["logo"])
			} else {
				require.Equal(t, changed, s.brandKit("acme"))
			}
		})
	}

	s := openBrands(t)
	s.api(202, "POST", "/brand-kit/"+s.kit("plain")+"/extract", "")
	s.api(204, "DELETE", "/brand-kit/"+s.kit("plain"), "")
	_, due := s.emu.NextDue()
	require.False(t, due, "a deleted one has no task")
}

func TestClearingKeepsTheNameTheWebsiteAndTheDefault(t *testing.T) {
	s := openBrands(t)
	s.api(202, "POST", "/brand-kit/"+s.kit("acme")+"/extract", "")
	s.emu.Advance(time.Minute)
	kit := s.brandKit("acme")
	kit["logo"], kit["colors"], kit["fonts"] = nil, nil, []any{}
	kit["updatedAt"] = "2026-03-02T09:01:00.000Z"
	require.Equal(t, kit, s.api(200, "POST", "/brand-kit/"+s.kit("acme")+"/clear", ""))
	require.Equal(t, false, s.progress("acme")["isComplete"])
	require.Zero(t, s.progress("acme")["completedSteps"])
}

func TestAnExtractionOutlivesItsProcessAndIsCopied(t *testing.T) {
	file := emulator.WithDatabase(filepath.Join(t.TempDir(), "world.db"))
	s := openBrands(t, file)
	s.api(202, "POST", "/brand-kit/"+s.kit("acme")+"/extract", "")
	s.emu.Advance(2 * time.Second)
	half := s.progress("acme")
	require.Equal(t, "finding_colors", half["currentStep"])
	require.NoError(t, s.emu.Close())

	emu := emulator.Start(t, file, emulator.WithManualClock(), emulator.WithSeed(parsed(t, brands)))
	s = shop{T: t, emu: emu, client: emu.Client()}
	require.Equal(t, half, s.progress("acme"))
	fork := emu.Fork(t)
	twin := shop{T: t, emu: fork, client: fork.Client()}
	s.emu.Advance(3 * time.Second)
	require.Equal(t, true, s.progress("acme")["isComplete"])
	require.Equal(t, half, twin.progress("acme"), "the copy goes on by itself")
	fork.Advance(3 * time.Second)
	require.Equal(t, s.brandKit("acme"), twin.brandKit("acme"))
}

func TestAnExtractionRunsOnALiveClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		emu := emulator.Start(t, emulator.WithLiveClock(), emulator.WithSeed(parsed(t, brands)))
		client, ctx := emu.Client(), t.Context()
		id := emu.ID("brandKit", "acme")
		_, err := client.BrandKits.Extract(ctx, id)
		require.NoError(t, err)
		done, err := client.BrandKits.WaitExtraction(ctx, id)
		require.NoError(t, err)
		require.True(t, done.IsComplete)
	})
}

func TestWaitingForAnExtractionEndsWithItsFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openBrands(t)
		id := s.kit("plain")
		must(s.client.BrandKits.Extract(t.Context(), id))(t)
		go func() {
			time.Sleep(10 * time.Second)
			s.emu.Advance(time.Minute)
		}()
		done := must(s.client.BrandKits.WaitExtraction(t.Context(), id))(t)
		require.True(t, done.IsFailed)
		require.Equal(t, "extraction_not_seeded", done.Error)
	})
}
