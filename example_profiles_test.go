package segmentflow_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	segmentflow "github.com/segmentflow/segmentflow-go"
)

// All fetches page by page while the loop runs.
func ExampleProfilesService_All() {
	emu := acme()
	defer emu.Close()
	client, ctx := emu.Client(), context.Background()

	members := &segmentflow.ListProfilesParams{ProfileFilter: segmentflow.ProfileFilter{
		ProfilePropertyFilter: []segmentflow.ProfilePropertyFilter{{ID: "tier", Values: []string{"gold", "silver"}}},
	}}
	for profile, err := range client.Profiles.All(ctx, members) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(profile.Email, string(profile.Properties["tier"].Value))
	}
	// Unordered output:
	// alex@example.com "gold"
	// bruno@example.com "silver"
}

// List returns one page, and the cursor of the next.
func ExampleProfilesService_List() {
	emu := acme()
	defer emu.Close()
	client, ctx := emu.Client(), context.Background()

	first, err := client.Profiles.List(ctx, &segmentflow.ListProfilesParams{Limit: 3})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(first.Profiles), "of", first.ProfileCount)
	if first.NextCursor == nil {
		return
	}
	second, err := client.Profiles.List(ctx, &segmentflow.ListProfilesParams{Limit: 3, Cursor: *first.NextCursor})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(second.Profiles), "more; the last page:", second.NextCursor == nil)
	// Output:
	// 3 of 4
	// 1 more; the last page: true
}

func ExampleProfilesService_Retrieve() {
	emu := acme()
	defer emu.Close()
	client, ctx := emu.Client(), context.Background()

	profile, err := client.Profiles.Retrieve(ctx, emu.ID("profile", "alex@example.com"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(*profile.ExternalID, string(profile.Properties["tier"].Value))
	for _, segment := range profile.Segments {
		fmt.Println("in", segment.Name)
	}
	// Unordered output:
	// cus_123 "gold"
	// in Gold members
	// in Bought in the last 30 days
}

// Update changes what is set, and leaves everything else as it is.
func ExampleProfilesService_Update() {
	emu := acme()
	defer emu.Close()
	client, ctx := emu.Client(), context.Background()

	profile, err := client.Profiles.Update(ctx, emu.ID("profile", "alex@example.com"), &segmentflow.UpdateProfileParams{
		Properties: map[string]any{
			"points": 1200,
			"locale": nil, // removes the property
		},
		Phone:      segmentflow.Value("+49301234567"),
		ExternalID: segmentflow.Null[string](), // removes it
	})
	if err != nil {
		log.Fatal(err)
	}
	_, hasLocale := profile.Properties["locale"]
	fmt.Println(string(profile.Properties["points"].Value), hasLocale, *profile.Phone, profile.ExternalID)
	// Output: 1200 false +49301234567 <nil>
}

// What a Profile has subscribed to, and a choice of its own.
func ExampleProfilesService_SetSubscription() {
	emu := acme()
	defer emu.Close()
	client, ctx := emu.Client(), context.Background()
	alex, offers := emu.ID("profile", "alex@example.com"), emu.ID("subscriptionGroup", "offers")

	_, err := client.Profiles.SetSubscription(ctx, alex, offers, &segmentflow.SetSubscriptionParams{
		Status: segmentflow.SubscriptionStatusUnsubscribed,
	})
	if err != nil {
		log.Fatal(err)
	}
	subscriptions, err := client.Profiles.Subscriptions(ctx, alex)
	if err != nil {
		log.Fatal(err)
	}
	for _, s := range subscriptions {
		fmt.Println(s.Name, s.Policy, s.Status)
	}
	// Output:
	// Offers and sales OptOut Unsubscribed
	// Trail Notes newsletter OptIn Subscribed
}

// Delete deletes one Profile with its data.
func ExampleProfilesService_Delete() {
	emu := acme()
	defer emu.Close()
	client, ctx := emu.Client(), context.Background()

	if err := client.Profiles.Delete(ctx, emu.ID("profile", "chiara@example.com")); err != nil {
		log.Fatal(err)
	}
	fmt.Println(emu.Profiles().Email("chiara@example.com").Count())
	// Output: 0
}

// BulkDelete deletes by id or by filter. It refuses a filter that would match every Profile.
func ExampleProfilesService_BulkDelete() {
	emu := acme()
	defer emu.Close()
	client, ctx := emu.Client(), context.Background()

	result, err := client.Profiles.BulkDelete(ctx, &segmentflow.BulkDeleteProfilesParams{
		Filter: &segmentflow.ProfileFilter{Search: "@simulator.test"},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(result.Deleted)

	everyone := &segmentflow.ProfileFilter{}
	_, err = client.Profiles.BulkDelete(ctx, &segmentflow.BulkDeleteProfilesParams{Filter: everyone})
	fmt.Println("refused:", errors.Is(err, segmentflow.ErrInvalidRequest))
	// Output:
	// 1
	// refused: true
}
