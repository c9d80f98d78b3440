package emulator_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
	"pgregory.net/rapid"

	"github.com/segmentflow/segmentflow-go/emulator"
	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/seedschema"
)

const publishedSchema = "../seed.schema.json"

func compiledSeedSchema(t testing.TB) *jsonschema.Schema {
	t.Helper()
	const url = "https://schema.test/seed.json"
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(seedschema.Schema()))
	require.NoError(t, err)
	compiler := jsonschema.NewCompiler()
	require.NoError(t, compiler.AddResource(url, document))
	schema, err := compiler.Compile(url)
	require.NoError(t, err)
	return schema
}

// asEditorsRead reads YAML as an editor does, which knows nothing of seeds.
func asEditorsRead(text string) (any, error) {
	var value any
	if err := yaml.Unmarshal([]byte(text), &value); err != nil {
		return nil, err
	}
	return withoutTimes(value), nil
}

// withoutTimes returns a value with texts for times: only YAML 1.1 has those.
func withoutTimes(value any) any {
	switch value := value.(type) {
	case map[string]any:
		for name, member := range value {
			value[name] = withoutTimes(member)
		}
	case []any:
		for i, item := range value {
			value[i] = withoutTimes(item)
		}
	case time.Time:
		return value.Format(time.RFC3339)
	}
	return value
}

// wrongPlaces returns the JSON pointers to what a schema refuses.
func wrongPlaces(t testing.TB, schema *jsonschema.Schema, value any) (places []string) {
	t.Helper()
	raw, err := json.Marshal(value)
	require.NoError(t, err)
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	require.NoError(t, err)
	fault, _ := errors.AsType[*jsonschema.ValidationError](schema.Validate(document))
	var visit func(fault *jsonschema.ValidationError)
	visit = func(fault *jsonschema.ValidationError) {
		at, names := "", []string{}
		for _, step := range fault.InstanceLocation {
			at = cond.Below(at, step)
		}
		switch about := fault.ErrorKind.(type) {
		case *kind.Required:
			names = about.Missing
		case *kind.AdditionalProperties:
			names = about.Properties
		}
		for _, name := range names {
			places = append(places, cond.Below(at, name))
		}
		if len(names) == 0 && len(fault.Causes) == 0 {
			places = append(places, at)
		}
		for _, cause := range fault.Causes {
			visit(cause)
		}
	}
	if fault != nil {
		visit(fault)
	}
	return places
}

var modeline = regexp.MustCompile(`\A# yaml-language-server: \$schema=(\S+)\n`)

func TestEverySeedOfTheRepositoryNamesItsSchemaAndFitsIt(t *testing.T) {
	schema := compiledSeedSchema(t)
	published, err := os.ReadFile(publishedSchema)
	require.NoError(t, err)
	var id struct {
		URL string `json:"$id"`
	}
	require.NoError(t, json.Unmarshal(published, &id))
	files := []string{"testdata/acme.yaml", "testdata/scenarios/world.yaml"}
	examples, err := filepath.Glob("../examples/*/seed.yaml")
	require.NoError(t, err)
	require.Greater(t, len(examples), 15)
	for _, file := range append(files, examples...) {
		raw, err := os.ReadFile(file)
		require.NoError(t, err)
		name := modeline.FindSubmatch(raw)
		require.NotNil(t, name, "%s must begin with # yaml-language-server: $schema=…", file)
		require.Equal(t, id.URL, string(name[1]), "%s may be copied, so it names the schema by its URL", file)

		value, err := asEditorsRead(string(raw))
		require.NoError(t, err, file)
		require.Empty(t, wrongPlaces(t, schema, value), file)
	}
}

func TestEverySeedOfTheDocumentationFitsTheSchema(t *testing.T) {
	schema := compiledSeedSchema(t)
	documents, err := filepath.Glob("../docs/*.md")
	require.NoError(t, err)
	seeds := 0
	for _, path := range append(documents, "../README.md") {
		raw, err := os.ReadFile(path)
		require.NoError(t, err)
		for _, block := range regexp.MustCompile("(?ms)^```yaml\n(.*?)^```$").FindAllStringSubmatch(string(raw), -1) {
			if _, err := emulator.ParseSeed([]byte(block[1])); err != nil {
				continue // it is another file
			}
			value, err := asEditorsRead(block[1])
			require.NoError(t, err, path)
			require.Empty(t, wrongPlaces(t, schema, value), path)
			require.Contains(t, block[1], "yaml-language-server: $schema=https://", path)
			seeds++
		}
	}
	require.Equal(t, 3, seeds)
}

func TestThePublishedSchemaIsTheServedOne(t *testing.T) {
	raw, err := os.ReadFile(publishedSchema)
	require.NoError(t, err)
	var compact bytes.Buffer
	require.NoError(t, json.Compact(&compact, raw))
	require.Equal(t, compact.String()+"\n", string(seedschema.Schema()))
}

// everyKind is a seed with every kind of object and every member that a file can have.
const everyKind = `
organization: {id: 5e6d0000-0000-4000-8000-000000000001, name: A, timezone: Europe/Berlin, postalAddress: Street 5}
users: [{key: u, id: 0b6c1c2e-5a0f-4d53-9d52-7c8f7f3f2a11, email: u@a.example, name: U}]
apiKeys: [{key: sk_1, label: l, scopes: ["*"], allowSends: true}]
domains: [{domain: a.example, status: verified, dmarc: false}]
senderProfiles: [{key: shop, name: Shop, email: shop@a.example, default: true}]
subscriptionGroups: [{key: g, name: G, policy: OptIn}]
websites: [{key: w, name: W, url: "https://a.example", writeKey: wk}]
brandKits:
  - {key: b, name: B, default: true, websiteUrl: "https://a.example", logo: "https://a.example/a.png",
     colors: {primary: "#123456"}, fonts: [Lora], senderProfile: shop, extraction: {fonts: [Lora]}}
assets: [{key: a, filename: a.csv, contentType: text/csv, base64: YSxi, assetType: lead-magnet, imageType: logo,
  description: D, altText: A, tags: [t], website: w}]
templates: [{key: t, name: T, purpose: General, status: Active, language: en, senderProfile: shop, brandKit: b,
  definition: {subject: S, text: T}}]
segments: [{key: s, name: S, definition: true}, {key: m, members: [u@a.example]}]
journeys: [{key: j, name: J, status: Draft, entry: {type: api}, audience: true, reentry: {mode: once}, exitOn: [],
  settings: {onPause: drain}, start: x, nodes: [{id: x, type: exit}]}]
newsletters: [{key: n, name: N, subscriptionGroup: g, senderProfile: shop, template: t, cadence: weekly}]
profiles: [{email: u@a.example, externalId: x, phone: "+49", properties: {a: 1}, subscriptions: {g: Subscribed},
  suppressed: manual}]
events: [{key: e, event: e, profile: u@a.example, data: {a: 1}, occurredAt: -P1D}]
organizations: [{organization: {id: 7c1f8f6e-6f4d-4a59-9a77-0d0a3b1f5c11, name: B}}]
`

// seedJunk are values that stand in most places by mistake, or that the reader takes as nothing.
var seedJunk = []any{
	nil, true, 1, "", "x", "-P1D", "2026-06-05T12:00Z", "0b6c1c2e-5a0f-4d53-9d52-7c8f7f3f2a10", list{}, list{"x"},
	list{nil}, list{""}, object{}, object{"x": "y"}, object{"x": nil},
}

// changedSeeds calls check with a seed after each small change: a value replaced by junk, a member left out, and an
// unknown member, whose pointer is then given.
func changedSeeds(value any, at string, set func(any), check func(extra string)) {
	for _, other := range seedJunk {
		set(other)
		check("")
	}
	set(value)
	switch value := value.(type) {
	case object:
		value["nonsense"] = 1
		check(cond.Below(at, "nonsense"))
		delete(value, "nonsense")
		for _, name := range slices.Sorted(maps.Keys(value)) {
			member := value[name]
			delete(value, name)
			check("")
			value[name] = member
			changedSeeds(member, cond.Below(at, name), func(v any) { value[name] = v }, check)
		}
	case list:
		for i := range value {
			changedSeeds(value[i], cond.Nth(at, i), func(v any) { value[i] = v }, check)
		}
	}
}

func TestTheSchemaIsNeverStricterThanTheReader(t *testing.T) {
	skipIfRacing(t)
	schema, emu := compiledSeedSchema(t), emulator.Start(t)
	value, err := asEditorsRead(everyKind)
	require.NoError(t, err)
	require.Empty(t, wrongPlaces(t, schema, value))
	image, err := emu.Snapshot()
	require.NoError(t, err)
	require.NoError(t, emu.Seed(parsed(t, everyKind)))

	accepted := 0
	changedSeeds(value, "", func(v any) { value = v }, func(extra string) {
		raw, err := json.Marshal(value)
		require.NoError(t, err)
		seed, err := emulator.ParseSeed(raw)
		if err == nil {
			require.NoError(t, emu.Restore(image))
			err = emu.Seed(seed)
		}
		wrong := wrongPlaces(t, schema, value)
		if err == nil {
			accepted++
			require.Empty(t, wrong, "the reader accepts %s", raw)
		}
		if refused, ok := errors.AsType[*emulator.SeedError](err); ok && extra != "" {
			isExtra := func(problem emulator.SeedProblem) bool { return problem.Path == extra }
			unknown := slices.ContainsFunc(refused.Problems, isExtra)
			require.Equal(t, unknown, slices.Contains(wrong, extra), "%s in %s", extra, raw)
		}
	})
	require.Greater(t, accepted, 100)
}

func TestTheSchemaAcceptsWhatTheModelCheckDraws(t *testing.T) {
	schema := compiledSeedSchema(t)
	rapid.Check(t, func(rt *rapid.T) {
		seed := modelSeed("UTC")
		for _, act := range newModelCase(rt).setUp() {
			if act.Do == "journey" {
				seed.Journeys = append(seed.Journeys, act.Doc.seed())
			}
		}
		require.Empty(t, wrongPlaces(t, schema, seed), "%s", modelJSON(seed))
	})
}
