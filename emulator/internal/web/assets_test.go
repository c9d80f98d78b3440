package web_test

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/png"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

func pictureOf(t *testing.T, width, height int) []byte {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, png.Encode(&out, image.NewGray(image.Rect(0, 0, width, height))))
	return out.Bytes()
}

func TestAssetsAreListedWithTheirPictures(t *testing.T) {
	b := open(t)
	empty := text(b.page("/dashboard/assets"))
	require.Contains(t, empty, "There is no Asset here.")
	require.NoError(t, b.emu.Seed(emulator.Seed{
		Websites: []emulator.SeedWebsite{{Key: "shop", Name: "Acme shop", WriteKey: "wk_1"}},
		Assets: []emulator.SeedAsset{
			{Key: "logo", Filename: "Acme logo.png", ContentType: "image/png", Content: pictureOf(t, 32, 12),
				ImageType: "logo", AltText: "Acme", Description: "Green", Tags: []string{"a", "b"}, Website: "shop"},
			{Key: "prices", ContentType: "text/csv", Content: []byte("boots,120"), AssetType: "content-document"},
		},
	}))
	id := b.emu.ID("asset", "logo")
	src := "/files/" + id + "/Acme-logo.png"
	page := b.page("/dashboard/assets")
	require.Contains(t, page, `<img class="thumbnail" src="`+src+`"`)
	require.Contains(t, text(page), "content-image, logo")
	require.Contains(t, text(page), "32 × 12")
	require.Contains(t, text(page), "prices text/csv content-document 9 bytes")
	require.Equal(t, 1, strings.Count(page, "<img"), "a list is no picture")

	require.NotContains(t, b.page("/dashboard/assets?image=logo"), "prices")
	require.NotContains(t, b.page("/dashboard/assets?type=content-document"), "Acme logo")
	require.Contains(t, text(b.page("/dashboard/assets?image=hero")), "No Asset fits.")
	status, _ := b.get("/dashboard/assets?before=x")
	require.Equal(t, 400, status)
	status, _ = b.get("/dashboard/assets/none")
	require.Equal(t, 404, status)

	page = b.page("/dashboard/assets/logo")
	require.Contains(t, page, `<img class="picture" src="`+src+`" alt="Acme">`)
	for _, part := range []string{
		"https://emulator.test" + src, "image/png", "32 × 12", "Green", "a, b", "Acme shop", "S3 key organizations/",
	} {
		require.Contains(t, text(page), part)
	}
	require.Equal(t, page, b.page("/dashboard/assets/"+strings.ToUpper(id)))
	require.Contains(t, text(b.page("/dashboard/assets/prices")), "Pixels not known")
	require.Contains(t, b.page("/dashboard/find?q=logo"), "Acme logo.png")
	require.Equal(t, 200, b.ask("GET", src, nil).status)
}

func TestAnUploadThatBecomesNoAssetIsDue(t *testing.T) {
	b := open(t)
	_, err := b.emu.Client().Assets.CreateUploadURL(context.Background(), &segmentflow.CreateAssetUploadURLParams{
		Filename: "a.csv", ContentType: "text/csv", Size: 1,
	})
	require.NoError(t, err)
	require.Contains(t, text(b.page("/dashboard")), "An upload that became no Asset is deleted")
}

func TestTheCallsOfUploadsHaveOneNameAndNoCommand(t *testing.T) {
	b := open(t)
	for _, name := range []string{"a.csv", "b.csv"} {
		_, err := b.emu.Client().Assets.Upload(context.Background(), &segmentflow.UploadAssetParams{
			Filename: name, Body: strings.NewReader("a"),
		})
		require.NoError(t, err)
	}
	list := b.page("/dashboard/requests")
	require.Equal(t, 1, strings.Count(list, "<option>PUT (upload URL)</option>"))
	_, rest, found := strings.Cut(list, `<a href="/dashboard/requests/`)
	for found && !strings.HasPrefix(rest[strings.Index(rest, ">"):], ">PUT (upload URL)<") {
		_, rest, found = strings.Cut(rest, `<a href="/dashboard/requests/`)
	}
	require.True(t, found)
	id, _, _ := strings.Cut(rest, `"`)
	page := b.page("/dashboard/requests/" + id)
	require.Contains(t, text(page), "none: this is an upload URL, which takes the bytes of a file")
	require.NotContains(t, page, "curl ")
}

func TestManyAssetsHavePages(t *testing.T) {
	b := open(t)
	var seed emulator.Seed
	for i := range 51 {
		seed.Assets = append(seed.Assets, emulator.SeedAsset{
			Key: fmt.Sprintf("list-%02d", i), ContentType: "text/csv", Content: []byte("a"),
		})
	}
	require.NoError(t, b.emu.Seed(seed))
	first := b.page("/dashboard/assets")
	require.Equal(t, 50, strings.Count(first, "list-"))
	_, rest, found := strings.Cut(first, `href="/dashboard/assets?before=`)
	require.True(t, found)
	before, _, _ := strings.Cut(rest, `"`)
	require.Equal(t, 1, strings.Count(b.page("/dashboard/assets?before="+before), "list-"))
}

func TestHostileNamesOfFilesAreTexts(t *testing.T) {
	b := open(t)
	const evil = `"><script>alert(1)</script>/../`
	require.NoError(t, b.emu.Seed(emulator.Seed{Assets: []emulator.SeedAsset{{
		Key: "evil", Filename: evil, ContentType: "image/png", Content: []byte("x"), AltText: evil, Description: evil,
		Tags: []string{evil},
	}}}))
	for _, path := range []string{"/dashboard/assets", "/dashboard/assets/evil"} {
		require.NotContains(t, b.page(path), "<script>alert")
		require.Contains(t, b.page(path), "&lt;script&gt;alert(1)")
	}
}

func TestAnEmailShowsAnAssetWithoutAsking(t *testing.T) {
	b := open(t)
	b.emu.URL()
	asset, err := b.emu.Client().Assets.Upload(context.Background(), &segmentflow.UploadAssetParams{
		Filename: "logo.png", Body: bytes.NewReader(pictureOf(t, 2, 2)),
	})
	require.NoError(t, err)
	require.NoError(t, b.emu.Seed(emulator.Seed{Templates: []emulator.SeedTemplate{{
		Key: "letter", Purpose: "Transactional", Definition: map[string]any{
			"subject": "Hi",
			"body": map[string]any{"root": "logo", "elements": map[string]any{"logo": map[string]any{
				"type": "Image", "props": map[string]any{"src": asset.URL, "alt": "Acme"},
			}}},
		},
	}}}))
	send, err := b.emu.Client().Emails.Send(context.Background(), &segmentflow.SendEmailParams{
		TemplateID: b.emu.ID("template", "letter"), To: &segmentflow.Recipient{Email: "alex@example.com"},
	})
	require.NoError(t, err)
	page := b.page("/dashboard/mail/" + send.ID)
	_, header, html := b.whole("/dashboard/mail/" + send.ID + "/html")
	require.Contains(t, html, `src="`+asset.URL+`"`)
	base, _, _ := strings.Cut(asset.URL, "/files/")
	require.Contains(t, header.Get("Content-Security-Policy"), " "+base+"/ ")
	require.NotContains(t, page, "images=1", "no image is left out")
}
