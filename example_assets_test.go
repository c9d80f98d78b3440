package segmentflow_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"log"
	"net/http"
	"strings"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

func ExampleAssetsService_Upload() {
	emu, err := emulator.New()
	if err != nil {
		log.Fatal(err)
	}
	defer emu.Close()
	var logo bytes.Buffer
	if err := png.Encode(&logo, image.NewGray(image.Rect(0, 0, 320, 120))); err != nil {
		log.Fatal(err)
	}

	asset, err := emu.Client().Assets.Upload(context.Background(), &segmentflow.UploadAssetParams{
		Filename:  "logo.png",
		Body:      bytes.NewReader(logo.Bytes()),
		ImageType: segmentflow.ImageTypeLogo,
		AltText:   "Acme Outdoor",
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(asset.ContentType, *asset.Width, *asset.Height, *asset.AltText)
	fmt.Println(strings.HasSuffix(asset.URL, "/logo.png"))
	// Output:
	// image/png 320 120 Acme Outdoor
	// true
}

func ExampleAssetsService_CreateUploadURL() {
	emu, err := emulator.New()
	if err != nil {
		log.Fatal(err)
	}
	defer emu.Close()
	client, ctx := emu.Client(), context.Background()

	const prices = "item,price\nboots,120\n"
	to, err := client.Assets.CreateUploadURL(ctx, &segmentflow.CreateAssetUploadURLParams{
		Filename: "prices.csv", ContentType: "text/csv", Size: int64(len(prices)),
	})
	if err != nil {
		log.Fatal(err)
	}

	// A browser can do this without an API key.
	request, err := http.NewRequestWithContext(ctx, http.MethodPut, to.UploadURL, strings.NewReader(prices))
	if err != nil {
		log.Fatal(err)
	}
	request.Header.Set("Content-Type", "text/csv")
	response, err := emu.Transport().RoundTrip(request)
	if err != nil {
		log.Fatal(err)
	}
	defer response.Body.Close()
	fmt.Println(response.Status)

	asset, err := client.Assets.Create(ctx, &segmentflow.CreateAssetParams{
		Filename: "prices.csv", S3Key: to.Key, ContentType: "text/csv", Size: int64(len(prices)),
		AssetType: segmentflow.AssetTypeContentDocument,
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(asset.AssetType, asset.Size)
	// Output:
	// 200 OK
	// content-document 21
}

func ExampleAssetsService_Update() {
	emu, err := emulator.New(emulator.WithSeed(emulator.Seed{
		Assets: []emulator.SeedAsset{{Key: "prices.csv", ContentType: "text/csv", Content: []byte("boots,120")}},
	}))
	if err != nil {
		log.Fatal(err)
	}
	defer emu.Close()
	client, ctx := emu.Client(), context.Background()

	page, err := client.Assets.List(ctx, &segmentflow.ListAssetsParams{Limit: 10})
	if err != nil {
		log.Fatal(err)
	}
	asset, err := client.Assets.Update(ctx, page.Assets[0].ID, &segmentflow.UpdateAssetParams{
		Description: segmentflow.Value("Prices of spring"), Tags: []string{"prices"},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(asset.Filename, *asset.Description, asset.Tags)

	for asset, err := range client.Assets.All(ctx, nil) {
		if err != nil {
			log.Fatal(err)
		}
		if err := client.Assets.Delete(ctx, asset.ID); err != nil {
			log.Fatal(err)
		}
	}
	fmt.Println(errors.Is(client.Assets.Delete(ctx, asset.ID), segmentflow.ErrNotFound))
	// Output:
	// prices.csv Prices of spring [prices]
	// true
}
