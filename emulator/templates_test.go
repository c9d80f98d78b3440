package emulator_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// templateNamed returns a Transactional Template with a subject and one line of text.
func templateNamed(key, subject string) emulator.SeedTemplate {
	return emulator.SeedTemplate{Key: key, Name: key, Purpose: "Transactional", Definition: map[string]any{
		"subject": subject,
		"body": map[string]any{"root": "html", "elements": map[string]any{
			"html": map[string]any{"type": "Html", "props": map[string]any{}, "children": []string{"body"}},
			"body": map[string]any{"type": "Body", "props": map[string]any{}, "children": []string{"text"}},
			"text": map[string]any{"type": "Text", "props": map[string]any{"text": "Hello"}},
		}},
	}}
}

func archived(t emulator.SeedTemplate) emulator.SeedTemplate {
	t.Status = "Archived"
	return t
}

// noteOf returns a definition with a subject and one line of text.
func noteOf(subject string) string {
	return fmt.Sprintf(
		`{"subject":%q,"body":{"root":"t","elements":{"t":{"type":"Text","props":{"text":"Dear ${/data/name}"}}}}}`,
		subject)
}

func (s shop) newTemplate(body string, headers ...string) map[string]any {
	s.Helper()
	return s.api(200, "POST", "/templates", body, headers...)
}

// templates returns the names in a list of Templates.
func (s shop) templates(query string) []string {
	s.Helper()
	reply := call(s, s.emu, "GET", "/api/v1/templates"+query, "")
	require.Equal(s, 200, reply.status, reply.body)
	require.True(s, strings.HasPrefix(reply.body, "["), "a bare array")
	require.NotContains(s, reply.body, `"definition"`)
	names := []string{}
	for _, part := range strings.Split(reply.body, `"name":"`)[1:] {
		name, _, _ := strings.Cut(part, `"`)
		names = append(names, name)
	}
	return names
}

func TestATemplateIsCreatedWithAllItsFields(t *testing.T) {
	s := openShop(t)
	shopSender, gold := s.emu.ID("senderProfile", "shop"), s.emu.ID("segment", "gold")
	kit := s.api(200, "POST", "/brand-kit", `{"name":"Acme"}`)["id"].(string)
	made := s.newTemplate(`{"name":"Welcome","purpose":"Transactional","definition":` + noteOf("Hello") + `,
		"senderProfileId":"` + strings.ToUpper(shopSender) +
		`","brandKitId":"` + kit + `","subType":"Drip","defaultSegmentId":"` + gold + `","language":"de-AT"}`)
	id := made["id"].(string)
	require.Equal(t, map[string]any{
		"id":               id,
		"organizationId":   "0b6c1c2e-5a0f-4d53-9d52-7c8f7f3f2a10",
		"name":             "Welcome",
		"type":             "Drip",
		"status":           "Active",
		"purpose":          "Transactional",
		"senderProfileId":  shopSender,
		"brandKitId":       kit,
		"defaultSegmentId": gold,
		"source":           "api",
		"language":         "de-AT",
		"isComplete":       true, "lastGeneratedAt": nil, "lastGenerationError": nil, "websiteId": nil, "website": nil,
		"currentSnapshotId": made["currentSnapshotId"], "definition": made["definition"],
		"createdAt": "2026-03-02T09:00:00.000Z", "updatedAt": "2026-03-02T09:00:00.000Z",
	}, made)
	require.Equal(t, "Hello", made["definition"].(map[string]any)["subject"])
	require.Equal(t, made, s.api(200, "GET", "/templates/"+strings.ToUpper(id), ""))
	require.Equal(t, id, s.emu.ID("template", id))

	s.send(&segmentflow.SendEmailParams{
		TemplateID: id,
		To:         &segmentflow.Recipient{Email: "alex@example.com"},
		Data:       map[string]any{"name": "Alex"},
	})
	require.Equal(t, "Hello", s.emu.Outbox().Template(id).Only(t).Subject)
}

func TestATemplateWithoutFieldsIsGeneralAndCannotBeSent(t *testing.T) {
	s := openShop(t)
	plain := s.newTemplate(`{"name":"Later"}`)
	require.Equal(t, "General", plain["purpose"])
	require.Equal(t, "Email", plain["type"])
	require.Equal(t, false, plain["isComplete"])
	require.Empty(t, plain["definition"])
	empty := s.newTemplate(`{"name":"Later","purpose":"Transactional","senderProfileId":null}`)
	refused := s.sendRefused(&segmentflow.SendEmailParams{
		TemplateID: empty["id"].(string),
		To:         &segmentflow.Recipient{Email: "alex@example.com"},
	})
	require.Equal(t, "template_incomplete", reason(refused))
	require.Equal(t, []string{"body /name required", "body /purpose enum", "body /sender unknown_field"},
		call(t, s.emu, "POST", "/api/v1/templates", `{"purpose":"Fun","sender":1}`).issues(t))
}

func TestATemplateThatCannotBeRenderedIsRefusedWithAllProblems(t *testing.T) {
	s := openShop(t)
	broken := `{"subject":{"$computed":"x"},"body":{"root":"a","elements":{
		"a":{"type":"Body","children":["b","c"]},"b":{"type":"Blink"}}}}`
	for _, c := range [][2]string{{"POST", "/api/v1/templates"}, {"PUT", "/api/v1/templates/" + s.receipt()}} {
		refused := call(t, s.emu, c[0], c[1], `{"name":"Broken","definition":`+broken+`}`)
		require.Equal(t, 422, refused.status, refused.body)
		require.Equal(t, "template_invalid", refused.json(t)["details"].(map[string]any)["reason"])
		require.Equal(t,
			[]string{
				"body /definition/body/elements/a/children/1 malformed",
				"body /definition/body/elements/b/type malformed",
				"body /definition/subject/$computed malformed",
			},
			refused.issues(t))
	}

	require.NotContains(t, s.templates(""), "Broken")
	require.Equal(t, "Order receipt",
		s.api(200, "GET", "/templates/"+s.receipt(), "")["name"], "a refused change changes nothing")

	named := `{"name":"N","definition":` + broken + `,"%s":"` + unknownID + `"}`
	for member, resource := range map[string]string{"senderProfileId": "SenderProfile", "defaultSegmentId": "Segment"} {
		refused := s.api(404, "POST", "/templates", fmt.Sprintf(named, member))
		require.Equal(t,
			map[string]any{"resource": resource, "id": unknownID}, refused["details"],
			"not_found comes before other refusals")
	}
}

func TestAnEditMakesASnapshotAndAcceptedEmailsKeepTheirs(t *testing.T) {
	s := openShop(t)
	id := s.newTemplate(`{"name":"Letter","purpose":"Transactional","language":"en","definition":` + noteOf("One") +
		`}`)["id"].(string)
	send := func() *segmentflow.EmailSend {
		return s.send(&segmentflow.SendEmailParams{
			TemplateID: id,
			To:         &segmentflow.Recipient{Email: "alex@example.com"},
			Data:       map[string]any{"name": "A"},
		})
	}

	first := send()
	s.emu.Advance(time.Hour)
	before := s.api(200, "GET", "/templates/"+id, "")
	spaced := strings.ReplaceAll(noteOf("One"), ":", " : ")
	require.Equal(t, before,
		s.api(200, "PUT", "/templates/"+id, `{"definition":`+spaced+`}`), "equal content is no change")
	renamed := s.api(200, "PUT", "/templates/"+id, `{"name":"Epistle"}`)
	require.Equal(t, before["currentSnapshotId"], renamed["currentSnapshotId"])
	require.Equal(t, before["definition"], renamed["definition"])
	require.Equal(t, "en", renamed["language"])
	require.Equal(t, "2026-03-02T10:00:00.000Z", renamed["updatedAt"])
	edited := s.api(200, "PUT", "/templates/"+id,
		`{"definition":`+noteOf("Two")+`,"senderProfileId":"`+s.emu.ID("senderProfile", "support")+`"}`)
	require.NotEqual(t, before["currentSnapshotId"], edited["currentSnapshotId"])
	cleared := s.api(200, "PUT", "/templates/"+id, `{"senderProfileId":null}`)
	require.Nil(t, cleared["senderProfileId"])

	require.Equal(t, "Two", send().Subject)
	require.Equal(t, "One", s.retrieve(first).Subject)
	require.Equal(t, before["currentSnapshotId"], s.retrieve(first).TemplateSnapshotID)
	require.Equal(t, "not_found", s.api(404, "PUT", "/templates/"+unknownID, `{"name":"X"}`)["error"])
}

func TestTemplatesAreListedNewestFirstByStatusAndPurpose(t *testing.T) {
	s := openShop(t)
	s.emu.Advance(time.Minute)
	old := s.newTemplate(`{"name":"Old","purpose":"LeadMagnetDelivery"}`)["id"].(string)
	s.emu.Advance(time.Minute)
	s.newTemplate(`{"name":"New","purpose":"LeadMagnetDelivery"}`)
	s.api(200, "POST", "/templates/"+old+"/archive", "")
	all := s.templates("")
	require.Equal(t, []string{"New", "Old"}, all[:2])
	require.Len(t, all, 9)
	require.Equal(t, []string{"Old"}, s.templates("?status=Archived"))
	require.Equal(t, []string{"New", "Old"}, s.templates("?status=Archived&status=Active&purpose=LeadMagnetDelivery"))
	require.Equal(t, []string{"New"}, s.templates("?purpose=LeadMagnetDelivery&status=Active"))
	require.Empty(t, s.templates("?purpose=General"))
	require.Equal(t,
		[]string{"query /purpose enum", "query /status/0 enum"},
		call(t, s.emu, "GET", "/api/v1/templates?status=Gone&purpose=X", "").issues(t))
}

func TestArchivingLosesNothing(t *testing.T) {
	s := openShop(t)
	before := s.api(200, "GET", "/templates/"+s.receipt(), "")
	archived := s.api(200, "POST", "/templates/"+s.receipt()+"/archive", "")
	require.Equal(t, "Archived", archived["status"])
	require.Equal(t, archived, s.api(200, "POST", "/templates/"+s.receipt()+"/archive", ""), "it is done once")
	require.Equal(t, "template_archived", reason(s.sendRefused(receipt(s.receipt(), 1))))
	require.Equal(t, before, s.api(200, "POST", "/templates/"+s.receipt()+"/unarchive", ""))
	s.send(receipt(s.receipt(), 1))
	for _, act := range []string{"archive", "unarchive", "duplicate"} {
		require.Equal(t, "not_found", s.api(404, "POST", "/templates/"+unknownID+"/"+act, "")["error"])
	}
}

func TestADuplicateHasTheSameContentAndANewID(t *testing.T) {
	s := openShop(t)
	original := s.api(200, "POST", "/templates/"+s.receipt()+"/archive", "")
	copied := s.api(200, "POST", "/templates/"+s.receipt()+"/duplicate", "", "Idempotency-Key", "copy")
	require.Equal(t, "Order receipt (copy)", copied["name"])
	require.Equal(t, "Active", copied["status"])
	require.Equal(t, "api", copied["source"])
	for _, member := range []string{"definition", "purpose", "senderProfileId", "isComplete"} {
		require.Equal(t, original[member], copied[member], member)
	}
	require.NotEqual(t, original["currentSnapshotId"], copied["currentSnapshotId"])
	s.api(200, "PUT", "/templates/"+copied["id"].(string), `{"definition":{"subject":"Other"}}`)
	require.Equal(t, original["definition"], s.api(200, "GET", "/templates/"+s.receipt(), "")["definition"])

	again := call(t, s.emu, "POST", "/api/v1/templates/"+s.receipt()+"/duplicate", "", "Idempotency-Key", "copy")
	require.Equal(t, "true", again.header.Get("idempotent-replayed"))
	require.Equal(t, copied, again.json(t))
	other := "/templates/" + s.emu.ID("template", "autumn-sale") + "/duplicate"
	require.Equal(t, "idempotency_key_reuse",
		s.api(409, "POST", other, "", "Idempotency-Key", "copy")["error"],
		"another Template is another request")

	long := s.newTemplate(`{"name":"` + strings.Repeat("ü", 200) + `"}`)["id"].(string)
	name := s.api(200, "POST", "/templates/"+long+"/duplicate", "")["name"].(string)
	require.Equal(t, strings.Repeat("ü", 193)+" (copy)", name, "a name has at most 200 characters")
}

func TestCreatingATemplateTwiceUnderOneKeyMakesOne(t *testing.T) {
	s := openShop(t)
	first := s.newTemplate(`{"name":"Once","language":"en"}`, "Idempotency-Key", "k")
	require.Equal(t, first, s.newTemplate(`{"language":"en","name":"Once"}`, "Idempotency-Key", "k"))
	require.Equal(t, "idempotency_key_reuse",
		s.api(409, "POST", "/templates", `{"name":"Twice"}`, "Idempotency-Key", "k")["error"])
	require.NotContains(t, s.templates(""), "Twice")
	s.api(404, "POST", "/templates", `{"name":"N","senderProfileId":"`+unknownID+`"}`, "Idempotency-Key", "burnt")
	s.newTemplate(`{"name":"N"}`, "Idempotency-Key", "burnt")
}

// refusesToDelete checks that a Template cannot be deleted because something of this type uses it.
func (s shop) refusesToDelete(id, user string) {
	s.Helper()
	refused := s.api(409, "DELETE", "/templates/"+id, "")
	require.Equal(s, "invalid_state", refused["error"])
	require.Equal(s, "A "+user+" still uses the Template.", refused["message"])
	require.Equal(s, map[string]any{"status": "Active"}, refused["details"])
}

func TestATemplateIsDeletedOnceNothingUsesIt(t *testing.T) {
	s := openShop(t)
	id := s.newTemplate(`{"name":"Letter","purpose":"Transactional","definition":` + noteOf("One") + `}`)["id"].(string)
	kept := func(user string) {
		t.Helper()
		s.refusesToDelete(id, user)
	}
	journey := func(status, template string) {
		s.seedJourney(`{"key":"j","status":"` + status + `",
			"entry":{"type":"event","event":"joined"},"start":"w","nodes":[
				{"id":"w","type":"delay","for":"P1D","next":"m"},
				{"id":"m","type":"email","template":"` + template + `","next":"x"},
				{"id":"x","type":"exit"}]}`)
	}

	for _, status := range []string{"Draft", "Active", "Paused"} {
		journey(status, id)
		kept("Journey")
	}
	journey("Active", id)
	s.track(&segmentflow.TrackEventParams{Event: "joined", Profile: alex})
	journey("Active", "order-receipt")
	kept("Journey") // a run has still to reach the node
	s.emu.Advance(24 * time.Hour)
	send := s.emu.Outbox().Template(id).Only(t)

	letter := emulator.SeedNewsletter{
		Key: "n", Name: "N", SubscriptionGroup: "trail-notes", SenderProfile: "shop", Template: id,
	}
	require.NoError(t, s.emu.Seed(emulator.Seed{
		Newsletters: []emulator.SeedNewsletter{letter},
		Segments: []emulator.SeedSegment{{Key: "opened", Name: "Opened", Definition: map[string]any{
			"received": map[string]any{"event": "opened", "templateId": id}}}},
	}))
	kept("Segment")
	require.NoError(t, s.emu.Seed(emulator.Seed{
		Segments: []emulator.SeedSegment{{Key: "opened", Name: "Opened", Definition: true}},
	}))
	kept("Newsletter")
	letter.Template = ""
	require.NoError(t, s.emu.Seed(emulator.Seed{Newsletters: []emulator.SeedNewsletter{letter}}))
	draft := s.api(200, "POST", "/broadcasts", `{"templateId":"`+id+`"}`)["id"].(string)
	kept("Broadcast")
	s.api(200, "POST", "/broadcasts/"+draft+"/archive", "")
	s.api(204, "DELETE", "/templates/"+id, "")

	for _, c := range [][3]string{
		{"GET", "", ""},
		{"PUT", "", `{"name":"X"}`},
		{"DELETE", "", ""},
		{"POST", "/duplicate", ""},
	} {
		require.Equal(t, "not_found", s.api(404, c[0], "/templates/"+id+c[1], c[2])["error"])
	}
	require.NotContains(t, s.templates(""), "Letter")
	again, err := s.client.Emails.Retrieve(t.Context(), send.SendID)
	require.NoError(t, err)
	require.Equal(t, id, again.TemplateID)
	require.Equal(t, "One", s.emu.Outbox().Template(id).Only(t).Subject, "an accepted email keeps its content")
}

func TestAnArchivedJourneyUsesNoTemplate(t *testing.T) {
	s := openShop(t)
	id := s.newTemplate(`{"name":"Letter","purpose":"Transactional","definition":` + noteOf("One") + `}`)["id"].(string)
	for _, status := range []string{"Active", "Archived"} {
		s.seedJourney(`{"key":"j","status":"` + status + `",
			"entry":{"type":"event","event":"joined",
				"filter":{"received":{"event":"sent","templateId":"` + id + `"}}},
			"start":"x","nodes":[{"id":"x","type":"exit"}]}`)
		if status == "Active" {
			s.api(409, "DELETE", "/templates/"+id, "")
		}
	}
	s.api(204, "DELETE", "/templates/"+id, "")
}

func TestASeedKeepsTemplateFieldsThatOnlyTheAPIHas(t *testing.T) {
	s := openShop(t)
	kit := s.api(200, "POST", "/brand-kit", `{"name":"Acme"}`)["id"].(string)
	s.api(200, "PUT", "/templates/"+s.receipt(),
		`{"brandKitId":"`+kit+`","subType":"Receipt","name":"Other","language":"fr"}`)
	require.NoError(t, s.emu.Seed(emulator.Seed{
		Templates: []emulator.SeedTemplate{{Key: "order-receipt", Name: "Order receipt", Purpose: "Transactional",
			Definition: map[string]any{"subject": "New"}}},
	}))
	seeded := s.api(200, "GET", "/templates/"+s.receipt(), "")
	require.Equal(t, "Receipt", seeded["type"])
	require.Equal(t, kit, seeded["brandKitId"])
	require.Equal(t, "seed", seeded["source"])
	require.Equal(t, "Order receipt", seeded["name"])
	require.Nil(t, seeded["language"])
	require.Nil(t, seeded["senderProfileId"])
}

func TestTemplatesOfAnotherOrganizationAreNotFound(t *testing.T) {
	s := openTwoShops(t)
	theirs := "/templates/00000000-0000-4000-8000-0000000000f3"
	for _, c := range [][3]string{
		{"GET", theirs, ""},
		{"PUT", theirs, `{"name":"X"}`},
		{"DELETE", theirs, ""},
		{"POST", theirs + "/duplicate", ""},
		{"POST", theirs + "/archive", ""}, {"POST", theirs + "/unarchive", ""},
		{"POST", "/templates", `{"name":"X","senderProfileId":"00000000-0000-4000-8000-0000000000f1"}`},
		{"POST", "/templates", `{"name":"X","defaultSegmentId":"00000000-0000-4000-8000-0000000000f5"}`},
	} {
		require.Equal(t, "not_found", s.api(404, c[0], c[1], c[2])["error"], c)
	}
	there := call(t, s.emu, "GET", "/api/v1"+theirs, "", "x-api-key", "sk_test_elsewhere")
	require.Equal(t, 200, there.status, there.body)
	require.Len(t, s.templates(""), 7)
}
