package emulator_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// story lets things happen in a world and returns its image.
func story(t *testing.T, emu *emulator.Emulator) emulator.Image {
	t.Helper()
	client, template := emu.Client(), emu.ID("template", "order-receipt")
	for i := range 3 {
		_, err := client.Emails.Send(t.Context(), receipt(template, i))
		require.NoError(t, err)
	}
	emu.Advance(48 * time.Hour)
	image, err := emu.Snapshot()
	require.NoError(t, err)
	return image
}

// Worlds with the same seeds are equal byte for byte, whether they apply the seeds or are copies of one that did, and
// whatever happened in that one.
func TestACopiedStartIsLikeTheFirst(t *testing.T) {
	start := emulator.WithStartTime(time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC))
	options := []emulator.Option{emulator.WithSeedFile("testdata/acme.yaml"), start}
	first := emulator.Start(t, options...)
	want := story(t, first)
	for range 3 {
		emu := emulator.Start(t, options...)
		require.Equal(t, want, story(t, emu))
		emu.Reset()
		require.Equal(t, want, story(t, emu))
	}
	other := emulator.Start(t, append(options, emulator.WithSeedNumber(2))...)
	require.NotEqual(t, want, story(t, other))
}

// A seed that was changed in place is another seed.
func TestAChangedSeedIsApplied(t *testing.T) {
	definition := map[string]any{"subject": "Hello", "text": "Good day."}
	seed := emulator.Seed{
		Domains:        []emulator.SeedDomain{{Domain: "example.com"}},
		SenderProfiles: []emulator.SeedSenderProfile{{Key: "shop", Email: "shop@example.com", Default: true}},
		Templates: []emulator.SeedTemplate{
			{Key: "greeting", Name: "Greeting", Purpose: "Transactional", Definition: definition},
		},
	}
	subject := func() string {
		emu := emulator.Start(t, emulator.WithSeed(seed))
		_, err := emu.Client().Emails.Send(t.Context(), &segmentflow.SendEmailParams{
			TemplateID: emu.ID("template", "greeting"), To: &segmentflow.Recipient{Email: "alex@example.com"}})
		require.NoError(t, err)
		return emu.Outbox().Only(t).Subject
	}
	require.Equal(t, "Hello", subject())
	require.Equal(t, "Hello", subject())
	definition["subject"] = "Good morning"
	require.Equal(t, "Good morning", subject())
	require.Equal(t, "Good morning", subject())
}

// The objects of a seed have the time of the start if the test knows the time.
func TestTheObjectsOfASeedHaveTheTimeOfTheStart(t *testing.T) {
	options := []emulator.Option{emulator.WithSeedFile("testdata/acme.yaml")}
	created := func(t *testing.T, opts ...emulator.Option) (at, now time.Time) {
		emu := emulator.Start(t, append(options, opts...)...)
		profile, err := emu.Client().Profiles.Retrieve(t.Context(), emu.ID("profile", "alex@example.com"))
		require.NoError(t, err)
		return profile.CreatedAt, emu.Now()
	}
	for i := range 3 {
		start := time.Date(2026, 3, 2, 9, 0, i/2, 0, time.UTC)
		at, _ := created(t, emulator.WithStartTime(start))
		require.Equal(t, start, at)

		begun := time.Now()
		at, now := created(t)
		require.Less(t, now.Sub(at), 11*time.Second)
		require.False(t, at.After(now))
		require.False(t, now.Before(begun.Truncate(time.Millisecond)))

		synctest.Test(t, func(t *testing.T) {
			time.Sleep(time.Duration(i) * time.Second)
			at, now := created(t)
			require.Equal(t, now, at)
		})
	}
}
