package emulator_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

func editsAssets(s shop) {
	ctx, assets := s.Context(), s.client.Assets
	params := &segmentflow.CreateAssetUploadURLParams{Filename: "a.csv", ContentType: "text/csv", Size: 3}
	to := must(assets.CreateUploadURL(ctx, params))(s)
	require.EqualValues(s, 900, to.ExpiresIn)
	create := &segmentflow.CreateAssetParams{Filename: "a.csv", S3Key: to.Key, ContentType: "text/csv", Size: 3}
	early := refuses(assets.Create(ctx, create))(s, segmentflow.ErrValidationFailed)
	require.Equal(s, segmentflow.ReasonAssetNotUploaded, early.Reason())

	request := must(http.NewRequestWithContext(ctx, http.MethodPut, to.UploadURL, strings.NewReader("a,b")))(s)
	request.Header.Set("Content-Type", "text/csv")
	put, err := s.emu.Transport().RoundTrip(request)
	require.NoError(s, err)
	require.NoError(s, put.Body.Close())
	require.Equal(s, 200, put.StatusCode)
	list := must(assets.Create(ctx, create))(s)
	require.EqualValues(s, 3, list.Size)
	refuses(assets.Create(ctx, create))(s, segmentflow.ErrInvalidState)

	changed := must(assets.Update(ctx, list.ID, &segmentflow.UpdateAssetParams{
		Description: segmentflow.Value("Prices"), Tags: []string{"list"},
	}))(s)
	require.Equal(s, "Prices", *changed.Description)
	require.Equal(s, []string{"list"}, changed.Tags)
	require.Nil(s, must(assets.Update(ctx, list.ID, &segmentflow.UpdateAssetParams{
		Description: segmentflow.Null[string](),
	}))(s).Description)

	logo := must(assets.Upload(ctx, &segmentflow.UploadAssetParams{
		Filename: "logo.png", Body: bytes.NewReader(picture(s.T, 4, 2)), ImageType: segmentflow.ImageTypeLogo,
		AltText: "Acme", Tags: []string{"brand"},
	}))(s)
	require.EqualValues(s, 4, *logo.Width)
	require.Equal(s, "Acme", *logo.AltText)
	require.Equal(s, segmentflow.ImageTypeLogo, *logo.ImageType)

	require.Len(s, must(assets.List(ctx, &segmentflow.ListAssetsParams{Limit: 1}))(s).Assets, 1)
	require.Len(s, every(s, assets.All(ctx, &segmentflow.ListAssetsParams{Limit: 1})), 2)
	logos := &segmentflow.ListAssetsParams{
		AssetType: segmentflow.AssetTypeContentImage, ImageType: segmentflow.ImageTypeLogo,
	}
	require.Equal(s, []segmentflow.Asset{*logo}, every(s, assets.All(ctx, logos)))
	require.NoError(s, assets.Delete(ctx, list.ID))
	require.ErrorIs(s, assets.Delete(ctx, list.ID), segmentflow.ErrNotFound)
}

func TestAnUploadThatIsRepeatedWithItsKeyMakesOneAsset(t *testing.T) {
	emu := emulator.Start(t)
	client := emu.Client()
	upload := func() *segmentflow.Asset {
		return must(client.Assets.Upload(t.Context(), &segmentflow.UploadAssetParams{
			Filename: "logo.png", Body: bytes.NewReader(picture(t, 4, 2)), AltText: "Acme",
		}, segmentflow.WithIdempotencyKey("logo")))(t)
	}
	first := upload()
	require.Equal(t, first.ID, upload().ID)
	require.Len(t, every(t, client.Assets.All(t.Context(), nil)), 1)
}

func TestAnUploadThatBrokeOffGoesOnWithItsKey(t *testing.T) {
	for broken := range 4 {
		emu := emulator.Start(t)
		calls := 0
		client := emu.Client(segmentflow.WithMaxRetries(0), segmentflow.WithHTTPClient(&http.Client{
			Transport: roundTripper(func(req *http.Request) (*http.Response, error) {
				reply, err := emu.Transport().RoundTrip(req)
				if calls++; calls-1 == broken {
					return nil, io.ErrUnexpectedEOF // the work is done, and its reply is lost
				}
				return reply, err
			}),
		}))
		params := func() *segmentflow.UploadAssetParams {
			return &segmentflow.UploadAssetParams{
				Filename: "logo.png", Body: bytes.NewReader(picture(t, 4, 2)), AltText: "Acme",
			}
		}
		_, err := client.Assets.Upload(t.Context(), params())
		require.ErrorIs(t, err, io.ErrUnexpectedEOF)
		key := refusal(t, err).IdempotencyKey
		asset := must(client.Assets.Upload(t.Context(), params(), segmentflow.WithIdempotencyKey(key)))(t)
		require.Equal(t, "Acme", *asset.AltText)
		require.Len(t, every(t, client.Assets.All(t.Context(), nil)), 1)
	}
}

func TestAnUploadGoesOverASocket(t *testing.T) {
	emu := emulator.Start(t)
	client := must(segmentflow.New(emu.APIKey(), segmentflow.WithBaseURL(emu.URL())))(t)
	asset := must(client.Assets.Upload(context.Background(), &segmentflow.UploadAssetParams{
		Filename: "list.csv", Body: strings.NewReader(strings.Repeat("a,b\n", 100_000)),
	}))(t)
	reply, err := http.Get(asset.URL)
	require.NoError(t, err)
	defer reply.Body.Close()
	require.Equal(t, strings.Repeat("a,b\n", 100_000), string(must(io.ReadAll(reply.Body))(t)))
}

func TestAnUploadFollowsAPublicURL(t *testing.T) {
	for _, address := range []string{
		"http://192.0.2.7:8080", "https://mail.acme.example/emulator", "https://acme.example/files",
	} {
		emu := emulator.Start(t, emulator.WithPublicURL(address))
		asset, err := emu.Client().Assets.Upload(t.Context(), &segmentflow.UploadAssetParams{
			Filename: "prices.csv",
			Body:     strings.NewReader("a,b"),
		})
		require.NoError(t, err, address)
		require.Equal(t, address+"/files/"+asset.ID+"/prices.csv", asset.URL)
		s := library{t, emu}
		require.Equal(t, "a,b", s.send(http.MethodGet, asset.URL, "", nil).body)
		require.Equal(t, 404, s.send(http.MethodGet, address+"/other/files/"+asset.ID, "", nil).status)
	}
}
