package segmentflow_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"

	segmentflow "github.com/segmentflow/segmentflow-go"
)

func ExampleTemplatesService_List() {
	emu := acme()
	defer emu.Close()
	client, ctx := emu.Client(), context.Background()

	templates, err := client.Templates.List(ctx, &segmentflow.ListTemplatesParams{
		Status:  []segmentflow.TemplateStatus{segmentflow.TemplateStatusActive},
		Purpose: segmentflow.TemplatePurposeTransactional,
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, template := range templates {
		fmt.Println(template.Name)
	}
	// Unordered output:
	// Order receipt
	// Password reset
	// Password reset, started by an event
}

func ExampleTemplatesService_Create() {
	emu := acme()
	defer emu.Close()
	client, ctx := emu.Client(), context.Background()

	template, err := client.Templates.Create(ctx, &segmentflow.CreateTemplateParams{
		Name:    "Shipped",
		Purpose: segmentflow.TemplatePurposeTransactional,
		Definition: map[string]any{ // or a struct, or the json.RawMessage of a file
			"subject": "Order ${/data/orderId} is on its way",
			"body": map[string]any{
				"root": "html",
				"elements": map[string]any{
					"html": map[string]any{"type": "Html", "props": map[string]any{}, "children": []string{"body"}},
					"body": map[string]any{"type": "Body", "props": map[string]any{}, "children": []string{"text"}},
					"text": map[string]any{"type": "Text", "props": map[string]any{"text": "It arrives tomorrow."}},
				},
			},
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(template.Name, template.Status, template.IsComplete)
	// Output: Shipped Active true
}

// Update replaces the definition. Emails that were accepted earlier keep the old one.
func ExampleTemplatesService_Update() {
	emu := acme()
	defer emu.Close()
	client, ctx := emu.Client(), context.Background()

	template, err := client.Templates.Retrieve(ctx, emu.ID("template", "password-reset"))
	if err != nil {
		log.Fatal(err)
	}
	var definition map[string]any
	if err := json.Unmarshal(template.Definition, &definition); err != nil {
		log.Fatal(err)
	}
	definition["subject"] = "Choose a new password"

	updated, err := client.Templates.Update(ctx, template.ID, &segmentflow.UpdateTemplateParams{
		Definition:      definition,
		SenderProfileID: segmentflow.Null[string](), // the sender is the one of the definition
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("a new version:", *updated.CurrentSnapshotID != *template.CurrentSnapshotID)
	// Output: a new version: true
}

// A Template in use cannot be deleted. Archive takes it out of use and loses nothing.
func ExampleTemplatesService_Archive() {
	emu := acme()
	defer emu.Close()
	client, ctx := emu.Client(), context.Background()

	draft, err := client.Templates.Duplicate(ctx, emu.ID("template", "order-receipt"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(draft.Name)

	archived, err := client.Templates.Archive(ctx, draft.ID)
	if err != nil {
		log.Fatal(err)
	}
	active, err := client.Templates.Unarchive(ctx, draft.ID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(archived.Status, active.Status)
	// Output:
	// Order receipt (copy)
	// Archived Active
}

func ExampleTemplatesService_Delete() {
	emu := acme()
	defer emu.Close()
	client, ctx := emu.Client(), context.Background()

	err := client.Templates.Delete(ctx, emu.ID("template", "trial-welcome"))
	if errors.Is(err, segmentflow.ErrInvalidState) {
		fmt.Println("a Journey uses this Template")
	}
	// Output: a Journey uses this Template
}

func ExampleSegmentsService_All() {
	emu := acme()
	defer emu.Close()
	client, ctx := emu.Client(), context.Background()

	for segment, err := range client.Segments.All(ctx, nil) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(segment.Name, segment.Type)
	}
	// Unordered output:
	// Gold members Dynamic
	// Bought in the last 30 days Dynamic
	// Has an account, bought nothing for 90 days Dynamic
}

func ExampleSegmentsService_List() {
	emu := acme()
	defer emu.Close()
	client, ctx := emu.Client(), context.Background()

	page, err := client.Segments.List(ctx, &segmentflow.ListSegmentsParams{Limit: 2})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(page.Segments), "on this page; more:", page.NextCursor != nil)
	// Output: 2 on this page; more: true
}

func ExampleSegmentsService_Retrieve() {
	emu := acme()
	defer emu.Close()
	client, ctx := emu.Client(), context.Background()

	segment, err := client.Segments.Retrieve(ctx, emu.ID("segment", "gold"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(*segment.Definition))
	// Output: {"$state":"/profile/tier","eq":"gold"}
}

// Preview counts and lists who is in a Segment now.
func ExampleSegmentsService_Preview() {
	emu := acme()
	defer emu.Close()
	client, ctx := emu.Client(), context.Background()

	preview, err := client.Segments.Preview(ctx, emu.ID("segment", "recent-buyers"), nil)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(preview.Count, preview.Profiles[0].Email)
	// Output: 1 alex@example.com
}
