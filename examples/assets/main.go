// Command assets uploads a logo, puts its URL into a Template, and sends an email that shows it. Then it repeats the
// upload, as after a crash, and there is still one logo.
//
// The program runs offline: it needs no account, key or network. Run it with: go run ./examples/assets
package main

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"os"
	"strings"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
	"github.com/segmentflow/segmentflow-go/emulator/define"
)

//go:embed seed.yaml
var seedFile []byte

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "assets:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	seed, err := emulator.ParseSeed(seedFile)
	if err != nil {
		return err
	}
	emu, err := emulator.New(emulator.WithSeed(seed))
	if err != nil {
		return err
	}
	defer emu.Close()
	client := emu.Client()

	logo, err := uploadLogo(ctx, client)
	if err != nil {
		return err
	}
	fmt.Printf("Uploaded %s: %s, %d x %d pixels, %q\n", logo.Filename, logo.ContentType, *logo.Width, *logo.Height,
		*logo.AltText)

	again, err := uploadLogo(ctx, client)
	if err != nil {
		return err
	}
	fmt.Printf("The same call again: the same Asset: %v\n", again.ID == logo.ID)

	if err := sendWith(ctx, client, logo); err != nil {
		return err
	}
	return show(ctx, emu, logo)
}

// uploadLogo uploads a green rectangle. The key names the logo, so a repeated call uploads nothing.
func uploadLogo(ctx context.Context, client *segmentflow.Client) (*segmentflow.Asset, error) {
	picture := image.NewPaletted(image.Rect(0, 0, 320, 120), color.Palette{color.RGBA{0x1b, 0x43, 0x32, 0xff}})
	var file bytes.Buffer
	if err := png.Encode(&file, picture); err != nil {
		return nil, err
	}
	return client.Assets.Upload(ctx, &segmentflow.UploadAssetParams{
		Filename:  "logo.png",
		Body:      bytes.NewReader(file.Bytes()), // it can be read again, so a broken connection is no problem
		ImageType: segmentflow.ImageTypeLogo,
		AltText:   "Acme Outdoor",
	}, segmentflow.WithIdempotencyKey("logo:2026"))
}

// sendWith sends an email with the picture.
func sendWith(ctx context.Context, client *segmentflow.Client, logo *segmentflow.Asset) error {
	definition := define.Content{
		Subject: "Hello from Acme",
		Body: define.Tree{Root: "page", Elements: define.Elements{
			"page": define.HTML{Children: []string{"body"}},
			"body": define.Body{Children: []string{"logo", "text"}},
			"logo": define.Image{Src: logo.URL, Alt: *logo.AltText},
			"text": define.Text{Text: "The new season is here."},
		}},
	}
	template, err := client.Templates.Create(ctx, &segmentflow.CreateTemplateParams{
		Name:       "Hello",
		Purpose:    segmentflow.TemplatePurposeTransactional,
		Definition: definition,
	})
	if err != nil {
		return err
	}
	_, err = client.Emails.Send(ctx, &segmentflow.SendEmailParams{
		TemplateID: template.ID,
		To:         &segmentflow.Recipient{Email: "alex@example.com"},
	})
	return err
}

// show prints the image in the email, and gets it as a mail program does: without a key.
func show(ctx context.Context, emu *emulator.Emulator, logo *segmentflow.Asset) error {
	msg := emu.Outbox().Last()
	_, rest, _ := strings.Cut(msg.HTML, "<img ")
	tag, _, _ := strings.Cut(rest, " style=")
	fmt.Printf("The email %q to %s has <img %s …>\n", msg.Subject, msg.To[0].Email, tag)

	request, err := http.NewRequestWithContext(ctx, http.MethodGet, logo.URL, nil)
	if err != nil {
		return err
	}
	response, err := emu.Transport().RoundTrip(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	config, format, err := image.DecodeConfig(response.Body)
	if err != nil {
		return err
	}
	fmt.Printf("Its URL answers %s: a %s of %d x %d pixels\n", response.Status, format, config.Width, config.Height)
	return nil
}
