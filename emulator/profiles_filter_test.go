package emulator_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// filterSeed returns Profiles and a Segment for the filters to select, in addition to those of the shop.
func filterSeed() emulator.Seed {
	return emulator.Seed{
		Profiles: []emulator.SeedProfile{
			{
				Email:      "emma@example.com",
				ExternalID: "Ärger*[1]^-",
				Phone:      "+49 30 5550",
				Suppressed: "manual",
				Properties: map[string]any{
					"tier":    "silver",
					"seats":   3,
					"trial":   true,
					"tags":    []string{"a"},
					`a"b<é.c`: "odd",
					"list":    nil,
				},
			},
			{
				Email:      "finn@example.com",
				Suppressed: "complaint",
				Properties: map[string]any{"seats": json.RawMessage("3.50"), "trial": false},
			},
		},
		Segments: []emulator.SeedSegment{{
			Key:     "friends",
			Name:    "Friends",
			Members: []string{"bruno@example.com", "finn@example.com"},
		}},
	}
}

func TestProfilesAreFoundByEveryFilter(t *testing.T) {
	s := openShop(t, emulator.WithSeed(filterSeed()))
	who := segmentflow.ProfileIdentity{Email: "grace@example.com"}
	s.track(&segmentflow.TrackEventParams{Event: "came", Profile: who})
	gold, friends := s.emu.ID("segment", "gold"), s.emu.ID("segment", "friends")
	for name, c := range map[string]struct {
		body string
		want string
	}{
		"email":                     {`{"search":"EMMA@"}`, "emma"},
		"phone":                     {`{"search":"30 55"}`, "emma"},
		"external id in any script": {`{"search":"äRGER"}`, "emma"},
		"signs are not wildcards":   {`{"search":"*[1]^-"}`, "emma"},
		"nothing":                   {`{"search":"e?ma"}`, ""},
		"part of several ids": {
			`{"search":"cus_12","limit":2,"sourceFilter":["seed"],"profileIds":["` +
				s.person("alex@example.com") + `"]}`,
			"alex",
		},
		"text":                {`{"profilePropertyFilter":[{"id":"tier","values":["silver","lead"]}]}`, "bruno emma"},
		"number":              {`{"profilePropertyFilter":[{"id":"seats","values":["3"]}]}`, "emma"},
		"number as written":   {`{"profilePropertyFilter":[{"id":"seats","values":["3.50"]}]}`, "finn"},
		"boolean":             {`{"profilePropertyFilter":[{"id":"trial","values":["false"]}]}`, "finn"},
		"a list has no text":  {`{"profilePropertyFilter":[{"id":"tags","values":["a","[\"a\"]"]}]}`, ""},
		"null is no property": {`{"profilePropertyFilter":[{"id":"list","values":["null"]}]}`, ""},
		"any name":            {`{"profilePropertyFilter":[{"id":"a\"b<é.c","values":["odd"]}]}`, "emma"},
		"properties narrow each other": {
			`{"profilePropertyFilter":[{"id":"tier","values":["silver"]},{"id":"trial","values":["true"]}]}`,
			"emma",
		},
		"source":                        {`{"sourceFilter":["event","import"]}`, "grace"},
		"suppression":                   {`{"deliverySuppressionReasonFilter":["manual","bounce"]}`, "emma"},
		"suppressions widen each other": {`{"deliverySuppressionReasonFilter":["manual","complaint"]}`, "emma finn"},
		"a Dynamic Segment":             {`{"segmentFilter":["` + gold + `"]}`, "alex"},
		"Segments widen each other": {
			`{"segmentFilter":["` + gold + `","` + strings.ToUpper(friends) + `"]}`,
			"alex bruno finn",
		},
		"filters narrow each other": {`{"segmentFilter":["` + friends + `"],"search":"finn"}`, "finn"},
		"ids": {
			`{"profileIds":["` + strings.ToUpper(s.person("finn@example.com")) + `","` + unknownID + `"]}`,
			"finn",
		},
	} {
		found, page := s.profilePage(c.body)
		want := []string{}
		for name := range strings.FieldsSeq(c.want) {
			want = append(want, name+"@example.com")
		}
		require.ElementsMatch(t, want, found, name)
		require.InDelta(t, len(want), page["profileCount"], 0, name)
	}

	require.Len(t, s.emails(""), 7, "no filter returns every Profile")
	require.Equal(t, "Segment",
		s.api(404, "POST", "/profiles", `{"segmentFilter":["`+unknownID+`"]}`)["details"].(map[string]any)["resource"])
}

func TestAnIDThatIsNoUUIDIsUnknown(t *testing.T) {
	s := openShop(t, emulator.WithSeed(filterSeed()))
	alex := s.person("alex@example.com")
	for _, id := range []string{"42", "not-a-uuid", "a%2Fb", "%2e%2e", "alex@example.com", "cus_123", alex + "0"} {
		for _, c := range []struct{ method, path, body string }{
			{"GET", "", ""},
			{"PATCH", "", `{"phone":"1"}`},
			{"DELETE", "", ""},
			{"GET", "/subscriptions", ""},
			{"PUT", "/subscriptions/" + s.emu.ID("subscriptionGroup", "offers"), `{"status":"Subscribed"}`},
		} {
			problem := s.api(404, c.method, "/profiles/"+id+c.path, c.body)
			require.Equal(t, "not_found", problem["error"], c)
			require.Equal(t, "Profile", problem["details"].(map[string]any)["resource"], c)
		}
	}

	group := s.api(404, "PUT", "/profiles/"+alex+"/subscriptions/offers", `{"status":"Subscribed"}`)
	require.Equal(t, "SubscriptionGroup", group["details"].(map[string]any)["resource"], "a key is no id")
	for _, segment := range []string{"42", "friends"} {
		problem := s.api(404, "POST", "/profiles", `{"segmentFilter":["`+segment+`"]}`)
		require.Equal(t, map[string]any{"resource": "Segment", "id": segment}, problem["details"], "a key is no id")
	}
	require.Equal(t, []string{"alex@example.com"}, s.emails(`{"profileIds":["42","`+alex+`",""]}`))
	require.Empty(t, s.emails(`{"profileIds":["42"]}`))
	require.InDelta(t, 0, s.api(200, "POST", "/profiles/bulk-delete", `{"profileIds":["42"]}`)["deleted"], 0)

	invalid := call(t, s.emu, "PATCH", "/api/v1/profiles/42", `{"phone":1}`)
	require.Equal(t, []string{"body /phone type"}, invalid.issues(t), "the schema is checked first")
	refused := call(t, s.emu, "GET", "/api/v1/profiles/42", "", "x-api-key", "unknown")
	require.Equal(t, 401, refused.status, "and the key before it")
}

func TestTheSourcesOfAFilterAreAnOpenSet(t *testing.T) {
	s := openShop(t)
	for _, source := range []string{
		"form_submission", "csv_import", "shopify", "sdk", "wordpress", "woocommerce", "import", "dashboard",
		"of_tomorrow", "",
	} {
		require.Empty(t, s.emails(`{"sourceFilter":["`+source+`"]}`), source)
	}
	require.Len(t, s.emails(`{"sourceFilter":["of_tomorrow","seed"]}`), len(s.emails("")))
	require.Empty(t, s.emails(`{"sourceFilter":["SEED"]}`), "case matters, as in a reply")
	deleted := s.api(200, "POST", "/profiles/bulk-delete", `{"filter":{"sourceFilter":["shopify"]}}`)
	require.InDelta(t, 0, deleted["deleted"], 0)

	number := call(t, s.emu, "POST", "/api/v1/profiles", `{"sourceFilter":[1]}`)
	require.Equal(t, []string{"body /sourceFilter/0 type"}, number.issues(t))
}
