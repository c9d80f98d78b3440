package web_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator"
)

// branded is a browser in a world with two Brand Kits.
func branded(t *testing.T) browser {
	t.Helper()
	return open(t, emulator.WithSeed(emulator.Seed{
		Domains:        []emulator.SeedDomain{{Domain: "acme.example"}},
		SenderProfiles: []emulator.SeedSenderProfile{{Key: "shop", Name: "Acme", Email: "shop@acme.example"}},
		BrandKits: []emulator.SeedBrandKit{
			{
				Key: "acme", Name: "Acme Outdoor", WebsiteURL: "https://acme.example", SenderProfile: "shop",
				Logo: "https://acme.example/logo.png", Colors: &emulator.SeedBrandColors{Primary: "#1b4332"},
				Fonts:      []string{"Inter", "Georgia"},
				Extraction: &emulator.SeedBrandLook{Colors: &emulator.SeedBrandColors{Accent: "#ffb703"}},
			},
			{Key: "bare"},
		},
		Templates: []emulator.SeedTemplate{
			{Key: "letter", Name: "Letter", Purpose: "General", BrandKit: "acme", Definition: map[string]any{}},
		},
	}))
}

func TestABrandKitHasItsLookAndItsUses(t *testing.T) {
	b := branded(t)
	id := b.emu.ID("brandKit", "acme")
	page := b.page("/dashboard/brand-kits")
	require.Contains(t, page, `href="/dashboard/brand-kits/`+id+`"`)
	require.Contains(t, text(page), "Acme Outdoor default https://acme.example")
	require.Contains(t, page, `<rect width="24" height="24" fill="#1b4332"/>`)

	page = b.page("/dashboard/brand-kits/acme")
	for _, part := range []string{
		"yes, the Organization's", "https://acme.example/logo.png", "Inter, Georgia", "Acme <shop@acme.example>",
		"primary #1b4332", "accent none", "There was none.", "Template Letter",
	} {
		require.Contains(t, strings.NewReplacer("&#39;", "'", "&lt;", "<", "&gt;", ">").Replace(text(page)), part)
	}
	require.NotContains(t, contentOf(page), "<img", "nothing of the website is loaded")
	require.NotContains(t, contentOf(page), "style=")
	require.Equal(t, page, b.page("/dashboard/brand-kits/"+strings.ToUpper(id)))
	require.Contains(t, b.page("/dashboard/find?q=acme"), "Acme Outdoor")

	bare := text(b.page("/dashboard/brand-kits/bare"))
	require.Contains(t, bare, "It has no colors.")
	require.Contains(t, bare, "No Template uses it.")
}

func TestAnExtractionIsStartedAndFollowed(t *testing.T) {
	b := branded(t)
	path := "/dashboard/brand-kits/" + b.emu.ID("brandKit", "acme")
	do := func(path, what string) string {
		t.Helper()
		status, page := b.post(path, url.Values{"do": {what}})
		require.Equal(t, 200, status)
		return text(page)
	}
	require.Contains(t, do(path, "extract"), "The extraction has begun.")
	require.Contains(t, do(path, "extract"), "An extraction of the Brand Kit is running.")
	require.Contains(t, text(b.page("/dashboard")), "A step of an extraction ends")
	b.emu.Advance(2 * time.Second)
	require.Contains(t, text(b.page(path)), "It is running: finding_colors .")
	require.Contains(t, b.page(path), `<progress max="5" value="2"`)
	b.emu.Advance(3 * time.Second)
	require.Contains(t, text(b.page(path)), "It is complete: all 5 steps are done.")
	require.Contains(t, text(b.page(path)), "accent #ffb703")

	require.Contains(t, do(path, "clear"), "Its logo, colors and fonts are removed.")
	require.Contains(t, text(b.page(path)), "There was none.")
	require.Contains(t, do(path, "sing"), "The form must say what to do with the Brand Kit.")

	bare := "/dashboard/brand-kits/" + b.emu.ID("brandKit", "bare")
	require.Contains(t, do(bare, "extract"), "The Brand Kit has no websiteUrl.")
	require.Contains(t, do(bare, "default"), "It is the default now.")
	require.NotContains(t, b.page(bare), `value="default"`)
	require.Contains(t, b.page(path), `value="default"`)
	require.NoError(t, b.emu.Seed(emulator.Seed{
		BrandKits: []emulator.SeedBrandKit{{Key: "bare", WebsiteURL: "https://bare.example"}}}))
	do(bare, "extract")
	b.emu.Advance(time.Minute)
	require.Contains(t, text(b.page(bare)), "It has failed in the step saving : extraction_not_seeded")
}

func TestBrandKitsThatAreMissingOrHostile(t *testing.T) {
	b := open(t)
	require.Contains(t, text(b.page("/dashboard/brand-kits")), "There is no Brand Kit here.")
	status, _ := b.get("/dashboard/brand-kits?before=x")
	require.Equal(t, 400, status)
	status, _ = b.get("/dashboard/brand-kits/none")
	require.Equal(t, 404, status)
	status, _ = b.post("/dashboard/brand-kits/none", url.Values{"do": {"clear"}})
	require.Equal(t, 404, status)

	const evil = `"><script>alert(1)</script>`
	require.NoError(t, b.emu.Seed(emulator.Seed{BrandKits: []emulator.SeedBrandKit{{
		Key: "evil", Name: evil, WebsiteURL: "https://a/" + evil, Logo: "https://a/" + evil, Fonts: []string{evil},
	}}}))
	for _, path := range []string{"/dashboard/brand-kits", "/dashboard/brand-kits/evil"} {
		require.NotContains(t, b.page(path), "<script>alert")
		require.Contains(t, b.page(path), "&lt;script&gt;alert(1)")
	}
}
