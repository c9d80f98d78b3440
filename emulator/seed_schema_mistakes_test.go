package emulator_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// wrongSeeds are the seeds with mistakes of the other tests, by a name or by what is reported.
func wrongSeeds(t *testing.T) map[string]string {
	t.Helper()
	seeds := map[string]string{
		"ten": tenMistakes, "broken": brokenThings, "brand kits": wrongBrandKits, "assets": wrongAssets,
	}
	for _, c := range mistakes {
		seeds[c.name] = c.text
	}
	for want, built := range builtMistakes() {
		raw, err := json.Marshal(built)
		require.NoError(t, err)
		seeds[want] = string(raw)
	}
	return seeds
}

// beyondSchema has the mistakes that the schema cannot find, each as the name of its seed and its place, by the reason.
var beyondSchema = map[string][]string{
	"the text is not one YAML document": {
		"a field given twice /users/0/key",
		"a tag /users",
		"text that is not YAML ",
		"two documents ",
	},
	"no pattern knows which of these texts are right": {
		"a bad time zone /organization/timezone",
		"brand kits /brandKits/0/websiteUrl",
		"brand kits /brandKits/2/logo",
		"brand kits /brandKits/6/extraction/logo",
		"/journeys/0/nodes/1/for: must be at least a millisecond, PT0.001S /journeys/0/nodes/1/for",
		"ten /organization/timezone",
	},
	"it refers to something that does not exist, or to itself": {
		"a journey that cannot be active /journeys/0/nodes/0/template",
		"a reference to an unknown group /profiles/0/subscriptions/c",
		"a segment that names an unknown group /segments/0/definition/$or/0/subscribed",
		"a segment that refers to itself /segments/0/definition",
		"an event of an unknown Profile /events/0/profile",
		"assets /assets/11/website",
		"brand kits /brandKits/5/senderProfile",
		"brand kits /templates/0/brandKit",
		"broken /segments/0/definition/inSegment",
		"/templates/0/definition/body/elements/a/children/0: there is no element with this key " +
			"/templates/0/definition/body/elements/a/children/0",
		"ten /profiles/0/subscriptions/h",
	},
	"another item has the same, or is the default": {
		"a key given twice /users/1/key",
		"brand kits /brandKits/1/default",
		"brand kits /brandKits/8/key",
		"one external id for two Profiles /profiles/1/externalId",
		"two defaults /senderProfiles/1/default",
	},
	"the extraction has members, but nothing in them": {"brand kits /brandKits/11/extraction"},
	"the file does not exist, or its bytes are in the seed too": {
		"assets /assets/0/file", "assets /assets/1/file", "assets /assets/2/file", "assets /assets/3/file",
		"assets /assets/4/file", "assets /assets/5/file", "assets /assets/9/file", "assets /assets/10/file",
		"assets /assets/12/file", "assets /assets/13/file",
	},
}

func TestTheSchemaFindsEveryMistakeThatIsNotBeyondIt(t *testing.T) {
	schema := compiledSeedSchema(t)
	var unseen, beyond []string
	for name, text := range wrongSeeds(t) {
		var places []string
		if value, err := asEditorsRead(text); err == nil {
			places = wrongPlaces(t, schema, value)
		}
		for _, problem := range refusedFile(t, "seed.yaml", text) {
			seen := slices.ContainsFunc(places, func(place string) bool {
				return place == problem.Path || strings.HasPrefix(place, problem.Path+"/") ||
					place != "" && strings.HasPrefix(problem.Path, place+"/")
			})
			if !seen {
				unseen = append(unseen, name+" "+problem.Path)
			}
		}
	}
	for _, mistakes := range beyondSchema {
		beyond = append(beyond, mistakes...)
	}
	slices.Sort(beyond)
	slices.Sort(unseen)
	require.Equal(t, beyond, unseen, "the mistakes that the schema does not find are not those of the list")
}
