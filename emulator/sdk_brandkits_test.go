package emulator_test

import (
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
)

func editsBrandKits(s shop) {
	ctx, kits := s.Context(), s.client.BrandKits
	var resp segmentflow.Response
	params := &segmentflow.CreateBrandKitParams{Name: "Acme", WebsiteURL: "https://acme.example"}
	made := must(kits.Create(ctx, params, segmentflow.WithIdempotencyKey("acme")))(s)
	require.Equal(s, made, must(kits.Create(ctx, params, segmentflow.WithIdempotencyKey("acme"),
		segmentflow.WithResponse(&resp)))(s))
	require.True(s, resp.Replayed)
	require.True(s, made.IsDefault)
	require.Equal(s, "https://acme.example", *made.WebsiteURL)
	require.Nil(s, made.Colors)
	require.Empty(s, made.Fonts)
	require.Equal(s, made, must(kits.Retrieve(ctx, made.ID))(s))

	changed := must(kits.Update(ctx, made.ID, &segmentflow.UpdateBrandKitParams{
		Name:            "Acme Outdoor",
		Logo:            segmentflow.Value("https://acme.example/logo.png"),
		Colors:          segmentflow.Value(segmentflow.BrandKitColors{Primary: new("#1b4332")}),
		Fonts:           []string{"Inter"},
		SenderProfileID: segmentflow.Value(s.emu.ID("senderProfile", "shop")),
	}))(s)
	require.Equal(s, "#1b4332", *changed.Colors.Primary)
	require.Nil(s, changed.Colors.Text)
	require.Equal(s, []string{"Inter"}, changed.Fonts)

	other := must(kits.Create(ctx, &segmentflow.CreateBrandKitParams{Name: "Other"}))(s)
	require.True(s, must(kits.SetDefault(ctx, other.ID))(s).IsDefault)
	page := must(kits.List(ctx, &segmentflow.ListBrandKitsParams{Limit: 1}))(s)
	require.Len(s, page.BrandKits, 1)
	require.NotNil(s, page.NextCursor)
	require.Len(s, every(s, kits.All(ctx, &segmentflow.ListBrandKitsParams{Limit: 1})), 2)
	extractsBrandKits(s, made, other)
}

func extractsBrandKits(s shop, made, other *segmentflow.BrandKit) {
	ctx, kits := s.Context(), s.client.BrandKits
	refused := refuses(kits.Extract(ctx, other.ID))(s, segmentflow.ErrValidationFailed)
	require.Equal(s, segmentflow.ReasonWebsiteURLRequired, refused.Reason())
	begun := must(kits.Extract(ctx, made.ID))(s)
	require.Equal(s, "fetching_website", *begun.CurrentStep)
	refuses(kits.Extract(ctx, made.ID))(s, segmentflow.ErrInvalidState)
	s.emu.Advance(time.Minute)
	failed := must(kits.WaitExtraction(ctx, made.ID))(s)
	require.Equal(s, failed, must(kits.ExtractionProgress(ctx, made.ID))(s))
	require.Equal(s, "extraction_not_seeded", failed.Error)
	require.Nil(s, must(kits.Clear(ctx, made.ID))(s).Logo)
	require.Zero(s, must(kits.ExtractionProgress(ctx, made.ID))(s).CompletedSteps)

	require.NoError(s, kits.Delete(ctx, other.ID))
	refuses(kits.Retrieve(ctx, other.ID))(s, segmentflow.ErrNotFound)
	require.True(s, must(kits.Retrieve(ctx, made.ID))(s).IsDefault)
}
