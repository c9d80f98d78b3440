package segmentflow_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// branded returns an emulator with a Brand Kit, and what an extraction finds on its website.
func branded() *emulator.Emulator {
	emu := acme()
	err := emu.Seed(emulator.Seed{BrandKits: []emulator.SeedBrandKit{{
		Key:        "acme",
		Name:       "Acme Outdoor",
		WebsiteURL: "https://acme.example",
		Extraction: &emulator.SeedBrandLook{
			Logo:   "https://acme.example/logo.png",
			Colors: &emulator.SeedBrandColors{Primary: "#1b4332"},
			Fonts:  []string{"Inter"},
		},
	}}})
	if err != nil {
		log.Fatal(err)
	}
	return emu
}

func ExampleBrandKitsService_Create() {
	emu := acme()
	defer emu.Close()
	client, ctx := emu.Client(), context.Background()

	kit, err := client.BrandKits.Create(ctx, &segmentflow.CreateBrandKitParams{
		Name:       "Acme Outdoor",
		WebsiteURL: "https://acme.example",
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(kit.Name, kit.IsDefault, *kit.WebsiteURL)
	// Output: Acme Outdoor true https://acme.example
}

func ExampleBrandKitsService_Update() {
	emu := branded()
	defer emu.Close()
	client, ctx := emu.Client(), context.Background()

	kit, err := client.BrandKits.Update(ctx, emu.ID("brandKit", "acme"), &segmentflow.UpdateBrandKitParams{
		Logo:   segmentflow.Null[string](),
		Colors: segmentflow.Value(segmentflow.BrandKitColors{Primary: new("#1b4332"), Accent: new("#ffb703")}),
		Fonts:  []string{"Inter", "Georgia"},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(*kit.Colors.Primary, *kit.Colors.Accent, kit.Fonts)
	// Output: #1b4332 #ffb703 [Inter Georgia]
}

func ExampleBrandKitsService_List() {
	emu := branded()
	defer emu.Close()
	client, ctx := emu.Client(), context.Background()

	page, err := client.BrandKits.List(ctx, &segmentflow.ListBrandKitsParams{Limit: 10})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(page.BrandKits), page.NextCursor == nil)

	for kit, err := range client.BrandKits.All(ctx, nil) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(kit.Name)
	}
	// Output:
	// 1 true
	// Acme Outdoor
}

func ExampleBrandKitsService_WaitExtraction() {
	emu := branded()
	defer emu.Close()
	client, ctx := emu.Client(), context.Background()
	id := emu.ID("brandKit", "acme")

	begun, err := client.BrandKits.Extract(ctx, id)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(*begun.CurrentStep)

	emu.Advance(2 * time.Second)
	progress, err := client.BrandKits.ExtractionProgress(ctx, id)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(*progress.CurrentStep, progress.CompletedSteps, "of", progress.TotalSteps)

	emu.Advance(3 * time.Second)
	if progress, err = client.BrandKits.WaitExtraction(ctx, id); err != nil {
		log.Fatal(err)
	}
	kit, err := client.BrandKits.Retrieve(ctx, id)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(progress.IsComplete, *kit.Logo)
	// Output:
	// fetching_website
	// finding_colors 2 of 5
	// true https://acme.example/logo.png
}

func ExampleBrandKitsService_SetDefault() {
	emu := branded()
	defer emu.Close()
	client, ctx := emu.Client(), context.Background()

	other, err := client.BrandKits.Create(ctx, &segmentflow.CreateBrandKitParams{Name: "Acme Kids"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(other.IsDefault)
	if other, err = client.BrandKits.SetDefault(ctx, other.ID); err != nil {
		log.Fatal(err)
	}
	fmt.Println(other.IsDefault)
	// Output:
	// false
	// true
}

func ExampleBrandKitsService_Clear() {
	emu := branded()
	defer emu.Close()
	client, ctx := emu.Client(), context.Background()
	id := emu.ID("brandKit", "acme")

	kit, err := client.BrandKits.Clear(ctx, id)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(kit.Name, kit.Logo == nil, kit.Colors == nil)

	if err := client.BrandKits.Delete(ctx, id); err != nil {
		log.Fatal(err)
	}
	_, err = client.BrandKits.Retrieve(ctx, id)
	fmt.Println(errors.Is(err, segmentflow.ErrNotFound))
	// Output:
	// Acme Outdoor true true
	// true
}
