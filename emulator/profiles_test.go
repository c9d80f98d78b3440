package emulator_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

const unknownID = "00000000-0000-4000-8000-00000000dead"

// api makes a call that must be answered with this status. Headers are pairs.
func (s shop) api(status int, method, path, body string, headers ...string) map[string]any {
	s.Helper()
	reply := call(s, s.emu, method, "/api/v1"+path, body, headers...)
	require.Equal(s, status, reply.status, reply.body)
	if status == 204 {
		require.Empty(s, reply.body)
		return nil
	}
	return reply.json(s)
}

func (s shop) person(email string) string { return s.emu.SeedID("profile", email) }

// profile retrieves a Profile from the API by its email.
func (s shop) profile(email string) map[string]any {
	s.Helper()
	return s.api(200, "GET", "/profiles/"+s.person(email), "")
}

// emails returns the emails of the Profiles that a list with this body returns.
func (s shop) emails(body string) []string {
	s.Helper()
	emails, _ := s.profilePage(body)
	return emails
}

func (s shop) profilePage(body string) (emails []string, page map[string]any) {
	s.Helper()
	page = s.api(200, "POST", "/profiles", body)
	emails = []string{}
	for _, p := range page["profiles"].([]any) {
		emails = append(emails, p.(map[string]any)["email"].(string))
	}
	return emails, page
}

// foreign is another Organization. It has one of each object that the API can name by id.
const foreign = "0b6c1c2e-5a0f-4d53-9d52-00000000f0f0"

func openTwoShops(t *testing.T) shop {
	t.Helper()
	body := json.RawMessage(`{"subject":"Hello"}`)
	return openShop(t, emulator.WithSeed(emulator.Seed{Organizations: []emulator.Seed{{
		Organization: emulator.SeedOrganization{ID: foreign, Name: "Elsewhere"},
		APIKeys:      []emulator.SeedAPIKey{{Key: "sk_test_elsewhere", Scopes: []string{"*"}}},
		Domains:      []emulator.SeedDomain{{Domain: "elsewhere.example", Status: "verified"}},
		SenderProfiles: []emulator.SeedSenderProfile{{
			ID:    "00000000-0000-4000-8000-0000000000f1",
			Key:   "shop",
			Name:  "Shop",
			Email: "shop@elsewhere.example",
		}},
		SubscriptionGroups: []emulator.SeedSubscriptionGroup{{
			ID:     "00000000-0000-4000-8000-0000000000f2",
			Key:    "news",
			Name:   "News",
			Policy: "OptIn",
		}},
		Templates: []emulator.SeedTemplate{{
			ID:         "00000000-0000-4000-8000-0000000000f3",
			Key:        "hello",
			Purpose:    "General",
			Definition: body,
		}},
		Profiles: []emulator.SeedProfile{{
			ID:         "00000000-0000-4000-8000-0000000000f4",
			Email:      "alex@example.com",
			ExternalID: "cus_123",
		}},
		Segments: []emulator.SeedSegment{{
			ID:         "00000000-0000-4000-8000-0000000000f5",
			Key:        "all",
			Definition: json.RawMessage("true"),
		}},
	}}}))
}

func TestAProfileShowsTheSourcesOfItsPropertiesAndItsSegments(t *testing.T) {
	s := openShop(t)
	who := alex
	who.Properties = map[string]any{"tier": "gold", "points": json.RawMessage("12345678901234567890")}
	s.emu.Advance(time.Hour)
	s.track(&segmentflow.TrackEventParams{Event: "points.counted", Profile: who})
	p := s.profile("alex@example.com")
	require.Equal(t, "alex@example.com", p["email"])
	require.Equal(t, "cus_123", p["externalId"])
	require.Nil(t, p["phone"])
	require.Equal(t, []any{"event", "seed"}, p["sources"])
	raw := call(t, s.emu, "GET", "/api/v1/profiles/"+s.person("alex@example.com"), "").body
	require.Contains(t, raw,
		`"points":{"source":"event","updatedAt":"2026-03-02T10:00:00.000Z","value":12345678901234567890}`)
	require.Contains(t, raw,
		`"tier":{"source":"seed","updatedAt":"2026-03-02T09:00:00.000Z","value":"gold"}`,
		"an unchanged property keeps its lineage")
	require.Equal(t, []string{"Bought in the last 30 days", "Gold members"}, segmentNames(p))
	require.Equal(t,
		map[string]any{
			"suppressed":                 false,
			"email":                      nil,
			"suppressedAt":               nil,
			"latestBounceReason":         nil,
			"latestBounceDiagnosticCode": nil,
		},
		p["deliverySuppression"])

	s.emu.Advance(21 * 24 * time.Hour)
	require.Equal(t, []string{"Gold members"}, segmentNames(s.profile("alex@example.com")), "the window is over")
}

func segmentNames(p map[string]any) []string {
	names := []string{}
	for _, s := range p["segments"].([]any) {
		names = append(names, s.(map[string]any)["name"].(string))
	}
	return names
}

func TestASuppressedProfileShowsTheReasonAndTheTime(t *testing.T) {
	s := openShop(t)
	s.send(&segmentflow.SendEmailParams{
		TemplateID: s.receipt(),
		To:         &segmentflow.Recipient{Email: "bounced@simulator.test"},
	})
	s.emu.Advance(time.Second)
	require.Equal(t,
		map[string]any{
			"suppressed":                 true,
			"email":                      "bounced@simulator.test",
			"suppressedAt":               "2026-03-02T09:00:01.000Z",
			"latestBounceReason":         "hard",
			"latestBounceDiagnosticCode": "5.1.1",
		},
		s.profile("bounced@simulator.test")["deliverySuppression"])

	s.send(&segmentflow.SendEmailParams{
		TemplateID: s.receipt(),
		To:         &segmentflow.Recipient{Email: "soft-bounced@simulator.test"},
	})
	s.emu.Advance(time.Second)
	_, page := s.profilePage(`{"search":"soft-bounced"}`)
	require.Equal(t,
		map[string]any{
			"suppressed":                 false,
			"email":                      nil,
			"suppressedAt":               nil,
			"latestBounceReason":         "soft",
			"latestBounceDiagnosticCode": "4.2.2",
		},
		page["profiles"].([]any)[0].(map[string]any)["deliverySuppression"])
}

func TestProfilesArePagedNewestFirstInBothDirectionsWhileNewOnesAreAdded(t *testing.T) {
	s := openShop(t)
	for i := range 5 {
		s.emu.Advance(time.Minute)
		s.track(&segmentflow.TrackEventParams{
			Event:   "came",
			Profile: segmentflow.ProfileIdentity{Email: fmt.Sprintf("p%d@page.example", i)},
		})
	}

	at := func(cursor any) string {
		return fmt.Sprintf(`{"search":"@page.example","limit":2,"cursor":%q}`, cursor)
	}
	first, page := s.profilePage(`{"search":"@page.example","limit":2}`)
	require.Equal(t, []string{"p4@page.example", "p3@page.example"}, first)
	require.InDelta(t, 5, page["profileCount"], 0)
	require.Nil(t, page["previousCursor"])

	s.track(&segmentflow.TrackEventParams{
		Event:   "came",
		Profile: segmentflow.ProfileIdentity{Email: "p5@page.example"},
	})
	s.api(200, "PATCH", "/profiles/"+s.idOf("p0@page.example"), `{"phone":"1"}`)
	second, page := s.profilePage(at(page["nextCursor"]))
	require.Equal(t,
		[]string{"p2@page.example", "p1@page.example"}, second,
		"a new or changed Profile does not move the pages")
	back := page["previousCursor"]
	last, page := s.profilePage(at(page["nextCursor"]))
	require.Equal(t, []string{"p0@page.example"}, last)
	require.Nil(t, page["nextCursor"])
	again, _ := s.profilePage(at(page["previousCursor"]))
	require.Equal(t, second, again)
	before, page := s.profilePage(at(back))
	require.Equal(t, first, before)
	newest, page := s.profilePage(at(page["previousCursor"]))
	require.Equal(t, []string{"p5@page.example"}, newest)
	require.Nil(t, page["previousCursor"])

	for _, cursor := range []string{"nonsense", "c2VnbWVudHMgbmV4dCAxIGE"} { // the second is a cursor of Segments
		reply := call(t, s.emu, "POST", "/api/v1/profiles", fmt.Sprintf(`{"cursor":%q}`, cursor))
		require.Equal(t, []string{"body /cursor format"}, reply.issues(t))
	}
	require.Equal(t, []string{"body /limit max"}, call(t, s.emu, "POST", "/api/v1/profiles", `{"limit":101}`).issues(t))
}

// idOf returns the id of a Profile that is in no seed.
func (s shop) idOf(email string) string {
	s.Helper()
	return s.emu.Profile(email).ID
}

func TestAProfileIsUpdatedMergedAndCleared(t *testing.T) {
	s := openShop(t)
	s.emu.Advance(time.Hour)
	path := "/profiles/" + s.person("alex@example.com")
	same := s.profile("alex@example.com")
	require.Equal(t, same, s.api(200, "PATCH", path, `{}`))
	require.Equal(t, same,
		s.api(200, "PATCH", path, `{"properties":{"tier":"gold"},"externalId":"cus_123"}`),
		"an equal value is no change")
	changed := s.api(200, "PATCH", path,
		`{"properties":{"tier":null,"size":42},"phone":"+49 1","externalId":"cus_new"}`)
	require.Equal(t, s.profile("alex@example.com"), changed)
	require.Equal(t, "+49 1", changed["phone"])
	require.Equal(t, "cus_new", changed["externalId"])
	require.Equal(t, []any{"api", "seed"}, changed["sources"])
	require.Equal(t, "2026-03-02T10:00:00.000Z", changed["updatedAt"])
	properties := changed["properties"].(map[string]any)
	require.Equal(t,
		map[string]any{"value": 42.0, "source": "api", "updatedAt": "2026-03-02T10:00:00.000Z"},
		properties["size"])
	require.NotContains(t, properties, "tier")
	require.NotContains(t, segmentNames(changed), "Gold members", "it is not a member any more")

	cleared := s.api(200, "PATCH", path, `{"phone":null,"externalId":null}`)
	require.Nil(t, cleared["phone"])
	require.Nil(t, cleared["externalId"])
	require.Equal(t, "identity_conflict", s.api(409, "PATCH", path, `{"externalId":"cus_124"}`)["error"])
	require.Equal(t, "not_found", s.api(404, "PATCH", "/profiles/"+unknownID, `{"phone":null}`)["error"])
	require.Equal(t, []string{"body /email unknown_field", "body /phone too_short"},
		call(t, s.emu, "PATCH", "/api/v1"+path, `{"phone":"","email":"a@b.example"}`).issues(t))
}

func TestRunsReactToAnUpdate(t *testing.T) {
	s := openShop(t)
	s.seedJourney(`{"key":"silver","status":"Active","entry":{"type":"event","event":"joined"},"start":"w",
		"exitOn":[{"id":"gone","condition":{"$state":"/profile/phone","exists":true}}],
		"nodes":[{"id":"w","type":"delay","for":"P1D","next":"x"},{"id":"x","type":"exit"}]}`)
	s.track(&segmentflow.TrackEventParams{Event: "joined", Profile: alex})
	s.api(200, "PATCH", "/profiles/"+s.person("alex@example.com"), `{"phone":"1"}`)
	require.Equal(t, "exit_rule:gone", s.onlyRun("silver").Reason)
}

func TestSubscriptionsAreTheProfilesChoicesOrElseThePolicy(t *testing.T) {
	s := openShop(t)
	offers, notes := s.emu.ID("subscriptionGroup", "offers"), s.emu.ID("subscriptionGroup", "trail-notes")
	chiara := "/profiles/" + s.person("chiara@example.com") + "/subscriptions"
	row := func(group, name, policy, status string, explicit bool, at any) any {
		return map[string]any{
			"subscriptionGroupId": group, "name": name, "policy": policy, "status": status,
			"explicit": explicit, "updatedAt": at,
		}
	}

	require.Equal(t, map[string]any{"subscriptions": []any{
		row(offers, "Offers and sales", "OptOut", "Subscribed", false, nil),
		row(notes, "Trail Notes newsletter", "OptIn", "Unsubscribed", false, nil),
	}}, s.api(200, "GET", chiara, ""))
	s.emu.Advance(time.Hour)
	want := row(notes, "Trail Notes newsletter", "OptIn", "Subscribed", true, "2026-03-02T10:00:00.000Z")
	require.Equal(t, want, s.api(200, "PUT", chiara+"/"+strings.ToUpper(notes), `{"status":"Subscribed"}`))
	s.emu.Advance(time.Hour)
	require.Equal(t, want,
		s.api(200, "PUT", chiara+"/"+notes, `{"status":"Subscribed"}`), "the same choice again changes nothing")
	require.Equal(t, row(offers, "Offers and sales", "OptOut", "Subscribed", true, "2026-03-02T11:00:00.000Z"),
		any(s.api(200, "PUT", chiara+"/"+offers, `{"status":"Subscribed"}`)),
		"a choice that equals the policy is explicit")
	require.Equal(t, "Unsubscribed", s.api(200, "PUT", chiara+"/"+offers, `{"status":"Unsubscribed"}`)["status"])

	require.Equal(t, "Profile",
		s.api(404, "GET", "/profiles/"+unknownID+"/subscriptions", "")["details"].(map[string]any)["resource"])
	require.Equal(t, "SubscriptionGroup",
		s.api(404, "PUT", chiara+"/"+unknownID, `{"status":"Subscribed"}`)["details"].(map[string]any)["resource"])
	require.Equal(t,
		[]string{"body /status enum"},
		call(t, s.emu, "PUT", "/api/v1"+chiara+"/"+offers, `{"status":"Maybe"}`).issues(t))
}

func TestProfilesOfAnotherOrganizationAreNotFound(t *testing.T) {
	s := openTwoShops(t)
	theirs := "00000000-0000-4000-8000-0000000000f4"
	for _, c := range [][3]string{
		{"GET", "/profiles/" + theirs, ""},
		{"PATCH", "/profiles/" + theirs, `{"phone":"1"}`},
		{"DELETE", "/profiles/" + theirs, ""},
		{"GET", "/profiles/" + theirs + "/subscriptions", ""},
		{"PUT",
			"/profiles/" + theirs + "/subscriptions/" + s.emu.ID("subscriptionGroup", "offers"),
			`{"status":"Subscribed"}`},
		{"PUT",
			"/profiles/" + s.person("alex@example.com") + "/subscriptions/00000000-0000-4000-8000-0000000000f2",
			`{"status":"Subscribed"}`},
		{"POST", "/profiles", `{"segmentFilter":["00000000-0000-4000-8000-0000000000f5"]}`},
		{"POST", "/profiles/bulk-delete", `{"filter":{"segmentFilter":["00000000-0000-4000-8000-0000000000f5"]}}`},
	} {
		require.Equal(t, "not_found", s.api(404, c[0], c[1], c[2])["error"], c)
	}

	require.Empty(t, s.emails(`{"profileIds":["`+theirs+`"]}`))
	require.InDelta(t, 0, s.api(200, "POST", "/profiles/bulk-delete", `{"profileIds":["`+theirs+`"]}`)["deleted"], 0)
	there := call(t, s.emu, "GET", "/api/v1/profiles/"+theirs, "", "x-api-key", "sk_test_elsewhere")
	require.Equal(t, 200, there.status, there.body)
}
