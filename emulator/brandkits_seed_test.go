package emulator_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

func TestABrandKitHasAllTheFieldsOfItsSeed(t *testing.T) {
	s := openBrands(t)
	require.Equal(t, map[string]any{
		"id":         s.emu.SeedID("brandKit", "acme"),
		"name":       "Acme Outdoor",
		"isDefault":  true,
		"websiteUrl": "https://acme.example",
		"logo":       "https://acme.example/old.png",
		"colors": map[string]any{
			"primary": "#000000", "secondary": nil, "accent": nil, "background": nil, "text": "#111111",
		},
		"fonts":           []any{"Arial"},
		"senderProfileId": s.emu.ID("senderProfile", "shop"),
		"createdAt":       "2026-03-02T09:00:00.000Z",
		"updatedAt":       "2026-03-02T09:00:00.000Z",
	}, s.brandKit("acme"))
	require.Equal(t, map[string]any{
		"id":         s.emu.SeedID("brandKit", "plain"),
		"name":       "plain",
		"isDefault":  false,
		"websiteUrl": "https://plain.example",
		"logo":       nil, "colors": nil, "fonts": []any{}, "senderProfileId": nil,
		"createdAt": "2026-03-02T09:00:00.000Z",
		"updatedAt": "2026-03-02T09:00:00.000Z",
	}, s.brandKit("plain"))
}

const wrongBrandKits = `
brandKits:
  - {key: a, default: true, websiteUrl: acme.example}
  - {key: b, default: true}
  - {key: c, logo: "javascript:alert(1)"}
  - {key: d, colors: {primary: red}}
  - {key: e, fonts: [""]}
  - {key: f, senderProfile: nobody}
  - {key: g, extraction: {logo: x}}
  - {key: h, extraction: {colors: {text: "#12"}}}
  - {key: a}
  - {key: i, colors: {border: "#123456"}}
  - {name: j}
  - {key: l, extraction: {colors: {}, fonts: []}}
templates: [{key: t, purpose: General, brandKit: z, definition: {}}]
`

func TestASeedThatIsWrongAboutBrandKitsIsRefused(t *testing.T) {
	found := refusedFile(t, "seed.yaml", wrongBrandKits)
	var paths []string
	for _, problem := range found {
		paths = append(paths, problem.Path)
	}
	require.ElementsMatch(t, []string{
		"/brandKits/0/websiteUrl", "/brandKits/1/default", "/brandKits/2/logo", "/brandKits/3/colors/primary",
		"/brandKits/4/fonts/0", "/brandKits/5/senderProfile", "/brandKits/6/extraction/logo",
		"/brandKits/7/extraction/colors/text", "/brandKits/8/key", "/brandKits/9/colors/border", "/brandKits/10/key",
		"/brandKits/11/extraction", "/templates/0/brandKit",
	}, paths, "%v", found)
}

func TestASeedMovesTheDefaultAndEndsAnExtractionOfAnotherWebsite(t *testing.T) {
	s := openBrands(t)
	s.api(202, "POST", "/brand-kit/"+s.kit("plain")+"/extract", "")
	s.api(202, "POST", "/brand-kit/"+s.kit("acme")+"/extract", "")
	s.seedText(`brandKits: [{key: plain, default: true, websiteUrl: "https://other.example"}]`)
	require.Equal(t, []string{"plain"}, s.defaults())
	require.Nil(t, s.progress("plain")["currentStep"])
	require.NotNil(t, s.progress("acme")["currentStep"])

	s.seedText(`brandKits: [{key: plain, websiteUrl: "https://other.example", extraction: {fonts: [Lora]}}]`)
	require.Equal(t, []string{"plain"}, s.defaults(), "there is always one")
	s.api(200, "PATCH", "/brand-kit/"+s.kit("plain"), `{"logo":"https://other.example/a.png"}`)
	s.api(202, "POST", "/brand-kit/"+s.kit("plain")+"/extract", "")
	s.emu.Advance(time.Minute)
	kit := must(s.client.BrandKits.Retrieve(t.Context(), s.kit("plain")))(t)
	require.Equal(t, []string{"Lora"}, kit.Fonts)
	require.Equal(t, "https://other.example/a.png", *kit.Logo, "what was not found stays")
}

func TestTheGoValueOfASeedHasTheFieldsOfTheFile(t *testing.T) {
	colors := func(primary string) *emulator.SeedBrandColors { return &emulator.SeedBrandColors{Primary: primary} }
	kits := []emulator.SeedBrandKit{{
		Key: "k", ID: unknownID, Name: "K", Default: true, WebsiteURL: "https://k.example",
		Logo: "https://k.example/a.png", Colors: colors("#000000"), Fonts: []string{"A"}, SenderProfile: "shop",
		Extraction: &emulator.SeedBrandLook{
			Logo: "https://k.example/b.png", Colors: colors("#ffffff"), Fonts: []string{"B"},
		},
	}}
	text := `{"brandKits":[{"key":"k","id":"` + unknownID + `","name":"K","default":true,
		"websiteUrl":"https://k.example","logo":"https://k.example/a.png","colors":{"primary":"#000000"},"fonts":["A"],
		"senderProfile":"shop",
		"extraction":{"logo":"https://k.example/b.png","colors":{"primary":"#ffffff"},"fonts":["B"]}}]}`
	require.Equal(t, kits, parsed(t, text).BrandKits)

	s := openBrands(t)
	require.NoError(t, s.emu.Seed(emulator.Seed{BrandKits: kits}))
	id := s.kit("k")
	must(s.client.BrandKits.Extract(t.Context(), id))(t)
	s.emu.Advance(5 * time.Second)
	kit := must(s.client.BrandKits.Retrieve(t.Context(), id))(t)
	require.True(t, kit.IsDefault)
	require.Equal(t, "https://k.example/b.png", *kit.Logo)
	require.Equal(t, "#ffffff", *kit.Colors.Primary)
	require.Equal(t, []string{"B"}, kit.Fonts)
	require.Equal(t, s.emu.ID("senderProfile", "shop"), *kit.SenderProfileID)
	var none segmentflow.BrandKitColors
	none.Primary = kit.Colors.Primary
	require.Equal(t, &none, kit.Colors)
}
