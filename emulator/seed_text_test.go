package emulator_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// idIn computes an id, as a client in any language can.
func idIn(t testing.TB, organization, name string) string {
	t.Helper()
	namespace, err := uuid.Parse(organization)
	require.NoError(t, err)
	return uuid.NewSHA1(namespace, []byte(name)).String()
}

func TestYAMLJSONAndGoMakeTheSameIDs(t *testing.T) {
	fromYAML := parsed(t, shopSeed("S")+"profiles: [{email: U@a.example}]")
	raw, err := json.Marshal(fromYAML)
	require.NoError(t, err)
	fromGo := emulator.Seed{
		Domains:        []emulator.SeedDomain{{Domain: "a.example"}},
		SenderProfiles: []emulator.SeedSenderProfile{{Key: "shop", Email: "shop@a.example", Default: true}},
		Templates: []emulator.SeedTemplate{{
			Key:     "note",
			Purpose: "Transactional",
			Definition: map[string]any{
				"subject": "S",
				"body": map[string]any{
					"root":     "h",
					"elements": map[string]any{"h": map[string]any{"type": "Html", "props": map[string]any{}}},
				},
			},
		}},
		Profiles: []emulator.SeedProfile{{Email: "u@A.example"}},
	}
	for _, seed := range []emulator.Seed{fromYAML, parsed(t, string(raw)), fromGo} {
		emu := emulator.Start(t, emulator.WithSeed(seed))
		send := sendTo(t, emu, "note", "u@a.example")
		const org = "5e6d0000-0000-4000-8000-000000000001"
		require.Equal(t,
			[]string{
				idIn(t, org, "template:note"),
				idIn(t, org, "profile:u@a.example"),
				idIn(t, org, "senderProfile:shop"),
			},
			[]string{send.TemplateID, send.ProfileID, send.SenderProfileID})
	}
}

func TestEachThingKeepsItsID(t *testing.T) {
	const own, other = "0b6c1c2e-5a0f-4d53-9d52-7c8f7f3f2a10", "7c1f8f6e-6f4d-4a59-9a77-0d0a3b1f5c11"
	withID := func(id string) emulator.Seed {
		seed := parsed(t, shopSeed("S"))
		seed.Templates[0].ID = id
		return seed
	}
	emu := emulator.Start(t, emulator.WithSeed(withID(strings.ToUpper(own))))
	require.Equal(t, own, emu.ID("template", "note"))
	require.NoError(t, emu.Seed(withID("")))
	require.Equal(t, own, emu.ID("template", "note"))
	found := problems(t, emu.Seed(withID(other)))
	require.Contains(t, found[0].String(), `: /templates/0/id: the template "note" already has the id `+own)
	taken := withID(own)
	taken.Templates[0].Key = "second"
	found = problems(t, emu.Seed(taken))
	require.Contains(t, found[0].String(), "/templates/0/id: the id "+own+" belongs to another template")
	require.NoError(t,
		emu.Seed(emulator.Seed{
			Newsletters: []emulator.SeedNewsletter{{
				Key:               "n",
				Template:          own,
				SenderProfile:     "shop",
				SubscriptionGroup: "g",
			}},
			SubscriptionGroups: []emulator.SeedSubscriptionGroup{{Key: "g", Policy: "OptIn"}},
		}),
		"an id is a reference")
}

func TestYAMLIsReadAsJSONHasValues(t *testing.T) {
	seed := parsed(t, `
profiles:
  - &alex
    email: alex@a.example
    phone: +4930123
    externalId: 00123
    properties: {a: yes, b: 010, c: 2026-01-01, d: -P10D, e: 24px, f: 1_000, g: 0x1F, h: .5, i: !!str 7, j: "7",
      k: ~, 1: one, on: off}
  - {email: beate@a.example, properties: {n: 12345678901234567890.10, e: 1e3, z: -0, t: true, l: [1, null]}}
  - {<<: *alex, email: carl@a.example}
`)
	require.Equal(t,
		map[string]any{
			"a": "yes", "b": "010", "c": "2026-01-01", "d": "-P10D", "e": "24px", "f": "1_000", "g": "0x1F",
			"h": ".5", "i": "7", "j": "7", "k": nil, "1": "one", "on": "off",
		},
		seed.Profiles[0].Properties)
	require.Equal(t,
		map[string]any{
			"n": json.Number("12345678901234567890.10"),
			"e": json.Number("1e3"),
			"z": json.Number("-0"),
			"t": true,
			"l": []any{json.Number("1"), nil},
		},
		seed.Profiles[1].Properties)
	require.Equal(t,
		[]string{"+4930123", "00123", "carl@a.example"},
		[]string{seed.Profiles[2].Phone, seed.Profiles[2].ExternalID, seed.Profiles[2].Email})
	require.Equal(t, seed.Profiles[0].Properties, seed.Profiles[2].Properties)
}

func TestAliasesDoNotGrowWithoutBounds(t *testing.T) {
	text := "profiles:\n- email: u@a.example\n  properties:\n    a0: &a0 [1, 2, 3, 4, 5, 6, 7, 8, 9, 0]\n"
	for i := range 12 {
		text += fmt.Sprintf("    a%d: &a%d [%s]\n", i+1, i+1,
			strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i), 10), ", "))
	}
	_, err := emulator.ParseSeed([]byte(text))
	require.ErrorContains(t, err, "the aliases of the document expand to more than 100000 values")
	_, err = emulator.ParseSeed([]byte("profiles: [{properties: &p {a: *p}}]"))
	require.ErrorContains(t, err, "/profiles/0/properties/a/a: the alias *p contains itself")
}

func TestAnEmptyTextIsAnEmptySeed(t *testing.T) {
	for _, text := range []string{"", "# nothing yet\n", "{}", "\ufeff{}", "null"} {
		require.Empty(t, parsed(t, text).Templates)
	}
	for _, text := range []string{"[]", "7", "text"} {
		_, err := emulator.ParseSeed([]byte(text))
		require.ErrorContains(t, err, "must be an object with the fields organization, users", text)
	}
}

func TestTheDefaultWorldNeedsNoSetup(t *testing.T) {
	emu := emulator.Start(t)
	send := sendTo(t, emu, "hello", "alex@example.com")
	require.Equal(t,
		[]any{segmentflow.EmailSendStatusSent, "Hello", "hello@example.com"},
		[]any{send.Status, send.Subject, send.From.Email})
	msg := emu.Outbox().Only(t)
	require.Empty(t, msg.Missing)
	require.Contains(t, msg.Text, "alex@example.com")
	_, err := emu.Client().Events.Track(t.Context(), &segmentflow.TrackEventParams{
		Event: "e",
		Profile: segmentflow.ProfileIdentity{
			Email: "alex@example.com", Properties: map[string]any{"firstName": "Alex"}},
	})
	require.NoError(t, err)
	require.Equal(t, "Hello Alex", sendTo(t, emu, "hello", "alex@example.com").Subject)
}

func TestAWorldInAFileKeepsItsSeed(t *testing.T) {
	file := filepath.Join(t.TempDir(), "world.db")
	open := func(opts ...emulator.Option) *emulator.Emulator {
		emu, err := emulator.New(append(opts, emulator.WithDatabase(file))...)
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, emu.Close()) })
		return emu
	}
	emu := open(emulator.WithSeedFile("testdata/acme.yaml"))
	first := sendTo(t, emu, "order-receipt", "alex@example.com")
	require.NoError(t, emu.Close())
	emu = open()
	again := sendTo(t, emu, "order-receipt", "alex@example.com")
	require.Equal(t, first.TemplateSnapshotID, again.TemplateSnapshotID)
	_, err := emu.Client().Emails.Send(t.Context(), &segmentflow.SendEmailParams{
		TemplateID: emu.SeedID("template", "hello"),
		To:         &segmentflow.Recipient{Email: "alex@example.com"},
	})
	require.ErrorIs(t, err, segmentflow.ErrNotFound)
	require.NoError(t, emu.Close())
	emu = open(emulator.WithSeedFile("testdata/acme.yaml"))
	require.Equal(t, first.TemplateSnapshotID, sendTo(t, emu, "order-receipt", "alex@example.com").TemplateSnapshotID)
}

func TestSeveralSeedsAreAppliedInOrder(t *testing.T) {
	second := emulator.Seed{Templates: parsed(t, shopSeed("Second")).Templates}
	emu := emulator.Start(t, emulator.WithSeed(parsed(t, shopSeed("First"))), emulator.WithSeed(second))
	require.Equal(t, "Second", sendTo(t, emu, "note", "alex@example.com").Subject)
	events := parsed(t, "profiles: [{email: u@a.example}]\nevents: [{event: e, profile: u@a.example}]")
	_, err := emulator.New(emulator.WithSeed(events), emulator.WithSeed(events))
	require.Equal(t,
		"line 2: /events/0/key: is required, because another seed has an event without a key in the same place",
		problems(t, err)[0].String())
	_, err = emulator.New(emulator.WithSeedFile("testdata/nowhere.yaml"))
	require.ErrorIs(t, err, os.ErrNotExist)
}

func FuzzParseSeed(f *testing.F) {
	raw, err := os.ReadFile("testdata/acme.yaml")
	require.NoError(f, err)
	for _, text := range []string{
		string(raw),
		`{"users": [{"key": "u", "id": null}]}`,
		"a: &a [*a]\n<<: *a",
		"? [x]\n: y",
		"- !x {<<: [{a: 1}, b]}",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		seed, err := emulator.ParseSeed(raw)
		if err != nil {
			return
		}
		again, err := json.Marshal(seed)
		require.NoError(t, err)
		_, err = emulator.ParseSeed(again)
		require.NoError(t, err, "a seed that was parsed must parse again: %s", again)
	})
}
