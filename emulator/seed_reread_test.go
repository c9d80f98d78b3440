package emulator_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// editedSeed is a seed file that a test edits while the emulator runs.
type editedSeed struct {
	*testing.T
	path, text string
}

func newEditedSeed(t *testing.T) *editedSeed {
	t.Helper()
	raw, err := os.ReadFile("testdata/acme.yaml")
	require.NoError(t, err)
	file := &editedSeed{t, filepath.Join(t.TempDir(), "acme.yaml"), string(raw)}
	file.write(file.text)
	return file
}

func (file *editedSeed) write(text string) {
	file.Helper()
	require.NoError(file, os.WriteFile(file.path, []byte(text), 0o600))
}

// edit replaces texts that the file has.
func (file *editedSeed) edit(oldAndNew ...string) {
	file.Helper()
	for i := 0; i < len(oldAndNew); i += 2 {
		require.Contains(file, file.text, oldAndNew[i])
		file.text = strings.Replace(file.text, oldAndNew[i], oldAndNew[i+1], 1)
	}
	file.write(file.text)
}

// inMemoryAndInAFile runs a test of an emulator of acme in both kinds of database.
func inMemoryAndInAFile(t *testing.T, test func(t *testing.T, emu *emulator.Emulator, file *editedSeed)) {
	t.Helper()
	for name, options := range map[string][]emulator.Option{
		"in memory": nil,
		"in a file": {emulator.WithDatabase(filepath.Join(t.TempDir(), "world.db"))},
	} {
		t.Run(name, func(t *testing.T) {
			file := newEditedSeed(t)
			options = append(options, emulator.WithSeedFile(file.path), emulator.WithStartTime(monday))
			test(t, emulator.Start(t, options...), file)
		})
	}
}

func TestRereadingAppliesDifferencesAndKeepsWhatWasWritten(t *testing.T) {
	inMemoryAndInAFile(t, func(t *testing.T, emu *emulator.Emulator, file *editedSeed) {
		client, ctx := emu.Client(), t.Context()
		alex := emu.ID("profile", "alex@example.com")
		_, err := client.Profiles.Update(ctx, alex, &segmentflow.UpdateProfileParams{
			Properties: map[string]any{"firstName": "Sasha"}})
		require.NoError(t, err)
		_, err = client.Templates.Archive(ctx, emu.ID("template", "password-reset"))
		require.NoError(t, err)
		_, err = client.Profiles.SetSubscription(ctx, alex, emu.ID("subscriptionGroup", "trail-notes"),
			&segmentflow.SetSubscriptionParams{Status: segmentflow.SubscriptionStatusUnsubscribed})
		require.NoError(t, err)

		for _, subject := range []string{"Thanks for ${/data/orderId}", "Order ${/data/orderId} is here"} {
			file.edit(`subject: "`+subjectIn(file.text), `subject: "`+subject)
			require.NoError(t, emu.RereadSeeds())
			_, err = client.Emails.Send(ctx, &segmentflow.SendEmailParams{
				TemplateID: emu.ID("template", "order-receipt"),
				To:         &segmentflow.Recipient{Email: "alex@example.com"},
				Data:       map[string]any{"orderId": "o1"},
			})
			require.NoError(t, err)
			require.Equal(t, strings.ReplaceAll(subject, "${/data/orderId}", "o1"), emu.Outbox().Last().Subject)
		}
		require.Equal(t, "Sasha", emu.Profile("alex@example.com").Properties["firstName"].Value)
		require.Equal(t, "Unsubscribed", emu.Profile("alex@example.com").Subscriptions["trail-notes"])
		reset, err := client.Templates.Retrieve(ctx, emu.ID("template", "password-reset"))
		require.NoError(t, err)
		require.Equal(t, segmentflow.TemplateStatusArchived, reset.Status)
	})
}

// subjectIn returns the subject of the first Template in a seed.
func subjectIn(text string) string {
	_, text, _ = strings.Cut(text, `subject: "`)
	text, _, _ = strings.Cut(text, `"`)
	return text
}

func TestAMistakeIsRefusedWithItsLineAndTheWorldStays(t *testing.T) {
	inMemoryAndInAFile(t, func(t *testing.T, emu *emulator.Emulator, file *editedSeed) {
		good := file.text
		for mistake, want := range map[[2]string]string{
			{"name: Order receipt", "title: Order receipt"}: file.path + `:57: /templates/0/title: is not a field; `,
			{"senderProfile: shop", "senderProfile: shp"}:   `/senderProfile: there is no senderProfile "shp"`,
			{"policy: OptOut", "policy: OptOut\n  - ["}:     `the text is not YAML`,
		} {
			file.text = good
			file.edit("Total: ", "Sum: ", mistake[0], mistake[1])
			_, ok := errors.AsType[*emulator.SeedError](emu.RereadSeeds())
			require.True(t, ok)
			require.ErrorContains(t, emu.RereadSeeds(), want)
			require.ErrorContains(t, emu.RereadSeeds(), file.path)
		}
		receipt, err := emu.Client().Templates.Retrieve(t.Context(), emu.ID("template", "order-receipt"))
		require.NoError(t, err)
		require.Contains(t, string(receipt.Definition), "Total: ", "nothing of a seed with a mistake is applied")

		require.NoError(t, os.Remove(file.path))
		require.ErrorContains(t, emu.RereadSeeds(), "seed file: open "+file.path)
	})
}

func TestWhatIsRemovedFromTheFileStaysInTheWorld(t *testing.T) {
	inMemoryAndInAFile(t, func(t *testing.T, emu *emulator.Emulator, file *editedSeed) {
		before := file.text
		file.write("organization: {id: 0b6c1c2e-5a0f-4d53-9d52-7c8f7f3f2a10, name: Acme}\n")
		require.NoError(t, emu.RereadSeeds())
		require.Equal(t, "cus_123", emu.Profile("alex@example.com").ExternalID)
		require.NotEmpty(t, emu.ID("template", "order-receipt"))

		client, ctx := emu.Client(), t.Context()
		_, err := client.Profiles.Update(ctx, emu.ID("profile", "alex@example.com"),
			&segmentflow.UpdateProfileParams{ExternalID: segmentflow.Value("cus_moved")})
		require.NoError(t, err)
		file.write(before)
		require.NoError(t, emu.RereadSeeds())
		require.Equal(t, "cus_123", emu.Profile("alex@example.com").ExternalID, "what comes back is applied again")
	})
}

func TestResetAppliesTheFilesAsTheyAre(t *testing.T) {
	inMemoryAndInAFile(t, func(t *testing.T, emu *emulator.Emulator, file *editedSeed) {
		file.edit("firstName: Alex", "firstName: Axel")
		require.NoError(t, emu.RereadSeeds())
		file.edit("firstName: Axel", "firstName: Alexa")
		emu.Reset()
		require.Equal(t, "Alexa", emu.Profile("alex@example.com").Properties["firstName"].Value)

		_, err := emu.Client().Profiles.Update(t.Context(), emu.ID("profile", "alex@example.com"),
			&segmentflow.UpdateProfileParams{Properties: map[string]any{"firstName": "Sasha"}})
		require.NoError(t, err)
		require.NoError(t, emu.RereadSeeds())
		require.Equal(t, "Sasha", emu.Profile("alex@example.com").Properties["firstName"].Value,
			"the file is as Reset has applied it")
	})
}

func TestRereadingWithoutASeedFileIsAnError(t *testing.T) {
	emu := emulator.Start(t, emulator.WithSeed(emulator.Seed{}))
	require.EqualError(t, emu.RereadSeeds(), "emulator: RereadSeeds: there is no seed file; pass WithSeedFile")
}
