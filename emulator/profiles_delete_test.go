package emulator_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// deleteProfile deletes a Profile and returns its id.
func (s shop) deleteProfile(email string) string {
	s.Helper()
	id := s.idOf(email)
	s.api(204, "DELETE", "/profiles/"+id, "")
	return id
}

func TestADeletedProfileIsNotFoundAnywhere(t *testing.T) {
	s := openShop(t)
	id := s.deleteProfile("alex@example.com")
	group := s.emu.ID("subscriptionGroup", "offers")
	for _, c := range [][3]string{
		{"GET", "/profiles/" + id, ""},
		{"PATCH", "/profiles/" + id, `{"phone":"1"}`},
		{"DELETE", "/profiles/" + id, ""},
		{"GET", "/profiles/" + id + "/subscriptions", ""},
		{"PUT", "/profiles/" + id + "/subscriptions/" + group, `{"status":"Subscribed"}`},
	} {
		require.Equal(t, map[string]any{"resource": "Profile", "id": id}, s.api(404, c[0], c[1], c[2])["details"], c)
	}
	require.Equal(t, "not_found",
		s.api(404, "POST", "/emails",
			`{"templateId":"`+s.receipt()+`","profileId":"`+id+`"}`, "Idempotency-Key", "k")["error"])
	require.Len(t, s.emails(""), 3)
	require.Empty(t, s.emails(`{"profileIds":["`+id+`"]}`))
	require.Empty(t, s.emails(`{"segmentFilter":["`+s.emu.ID("segment", "gold")+`"]}`))
}

func TestDeletingEndsTheRunsThatWait(t *testing.T) {
	s := openShop(t)
	s.track(trial("Pro", "t1"))
	s.deleteProfile("chiara@example.com")
	run := s.onlyRun("trial-onboarding")
	require.Equal(t, "exited", string(run.Status))
	require.Equal(t, "profile_deleted", run.Reason)
	require.Equal(t, monday, run.CompletedAt)
	require.Equal(t, []string{"welcome sent"}, steps(run), "its steps stay")
	s.emu.Advance(10 * 24 * time.Hour)
	s.emu.Outbox().Template("trial-reminder").None(t)
	require.Equal(t, run, s.onlyRun("trial-onboarding"))
}

func TestDeletingAProfileFreesItsEmailAndExternalID(t *testing.T) {
	s := openShop(t)
	old := s.deleteProfile("alex@example.com")
	s.emu.Advance(time.Hour)
	who := segmentflow.ProfileIdentity{Email: "Alex@example.com", ExternalID: "cus_123"}
	event := s.track(&segmentflow.TrackEventParams{Event: "order.created", Profile: who})
	require.NotEqual(t, old, event.ProfileID)
	p := s.api(200, "GET", "/profiles/"+event.ProfileID, "")
	require.Equal(t, "cus_123", p["externalId"])
	require.Empty(t, p["properties"])
	require.Equal(t, []any{"event"}, p["sources"])
	require.Equal(t, []string{"Bought in the last 30 days"}, segmentNames(p), "by its own event")
	for _, row := range s.api(200, "GET", "/profiles/"+event.ProfileID+"/subscriptions", "")["subscriptions"].([]any) {
		require.Equal(t, false, row.(map[string]any)["explicit"])
	}
	s.deleteProfile("alex@example.com")
	s.track(&segmentflow.TrackEventParams{Event: "came", Profile: who})
	require.Len(t, s.emails(""), 4, "a second deletion is no error")
}

func TestASeedDoesNotBringADeletedProfileBack(t *testing.T) {
	s := openShop(t)
	old := s.deleteProfile("alex@example.com")
	require.NoError(t, s.emu.Seed(emulator.Seed{Profiles: []emulator.SeedProfile{{Email: "alex@example.com"}}}))
	fresh := s.emu.ID("profile", "alex@example.com")
	require.NotEqual(t, old, fresh)
	require.Empty(t, s.api(200, "GET", "/profiles/"+fresh, "")["properties"])
	err := s.emu.Seed(emulator.Seed{Profiles: []emulator.SeedProfile{{ID: old, Email: "other@example.com"}}})
	require.ErrorContains(t, err, "the id "+old+" belongs to another profile")
	err = s.emu.Seed(emulator.Seed{Events: []emulator.SeedEvent{{Event: "came", Profile: old}}})
	require.ErrorContains(t, err, "there is no profile")
}

func TestWhatRemainsOfADeletedProfileDoesNotIdentifyIt(t *testing.T) {
	s := openShop(t)
	const secret = "s3cr3t"
	key := segmentflow.WithIdempotencyKey("receipt")
	params := receipt(s.receipt(), 1)
	params.Data.(map[string]any)["orderId"] = secret
	params.CC = []string{secret + "@copy.example"}
	send := s.send(params, key)
	require.Contains(t, send.Subject, secret)
	event := s.track(&segmentflow.TrackEventParams{Event: "trial.started", Profile: alex, ReferenceID: secret,
		Data: map[string]any{"plan": "Pro", "trialId": secret}})
	s.emu.Advance(2 * time.Second)
	id := s.deleteProfile("alex@example.com")

	left := s.retrieve(send)
	require.Equal(t, segmentflow.EmailSendStatusSent, left.Status)
	require.Equal(t, id, left.ProfileID)
	require.NotNil(t, left.MessageID)
	require.Empty(t, left.To.Email)
	require.Empty(t, left.Subject)
	require.Empty(t, left.CC)
	stored := s.emu.Event(event.EventID)
	require.Equal(t, "trial.started", stored.Event)
	require.Equal(t, id, stored.ProfileID)
	require.Empty(t, stored.Data)
	require.Empty(t, stored.ReferenceID)
	require.Equal(t, "enrolled", stored.Outcomes[0].Outcome)
	require.Zero(t, s.emu.Outbox().Count(), "a message is data of its recipient")
	require.Equal(t, 404, call(t, s.emu, "GET", "/_emulator/messages/"+*left.MessageID, "").status)

	var again segmentflow.Response
	replayed := s.send(params, key, segmentflow.WithResponse(&again))
	require.True(t, again.Replayed, "a repeated call sends nothing twice")
	require.Equal(t, send.ID, replayed.ID)
	require.Empty(t, replayed.To.Email)
	require.Empty(t, replayed.Subject)
	require.Empty(t, replayed.CC)
	require.Len(t, s.emails(""), 3, "nor does it create the Profile again")
}

func TestASuppressionSurvivesItsProfile(t *testing.T) {
	s := openShop(t)
	to := &segmentflow.Recipient{Email: "bounced@simulator.test"}
	s.send(&segmentflow.SendEmailParams{TemplateID: s.receipt(), To: to})
	s.emu.Advance(time.Second)
	s.deleteProfile(to.Email)
	second := s.send(&segmentflow.SendEmailParams{TemplateID: s.receipt(), To: to})
	require.Equal(t, "suppressed_bounce", *s.retrieve(second).FailureMessage)
	suppression := s.api(200, "GET", "/profiles/"+second.ProfileID, "")["deliverySuppression"].(map[string]any)
	require.Equal(t, true, suppression["suppressed"])
	require.Equal(t, "hard", suppression["latestBounceReason"])
}

func TestFactsForADeletedProfileChangeNoOtherProfile(t *testing.T) {
	s := openShop(t)
	offers := s.emu.ID("subscriptionGroup", "offers")
	var ids []string
	for _, local := range []string{"bounced", "soft-bounced", "complained", "unsubscribed", "clicked"} {
		send := s.send(&segmentflow.SendEmailParams{TemplateID: s.receipt(), SubscriptionGroupID: offers,
			To:   &segmentflow.Recipient{Email: local + "@simulator.test"},
			Data: map[string]any{"trackingUrl": "https://example.com/t/1"}})
		ids = append(ids, send.ProfileID)
	}
	s.emu.Advance(1500 * time.Millisecond)
	body := fmt.Sprintf(`{"profileIds":["%s"]}`, strings.Join(ids, `","`))
	require.InDelta(t, 5, s.api(200, "POST", "/profiles/bulk-delete", body)["deleted"], 0)
	s.emu.Advance(time.Hour)
	for _, local := range []string{"complained", "unsubscribed"} {
		send := s.send(&segmentflow.SendEmailParams{TemplateID: s.receipt(), SubscriptionGroupID: offers,
			To: &segmentflow.Recipient{Email: local + "@simulator.test"}})
		require.Equal(t, segmentflow.EmailSendStatusSent,
			s.retrieve(send).Status,
			"a fact of the deleted Profile does not affect the new one: "+local)
	}
	require.Empty(t, s.emails(`{"deliverySuppressionReasonFilter":["complaint"]}`))
}

func TestTheUnsubscribeLinkOfADeletedProfileChangesNothing(t *testing.T) {
	s := openShop(t)
	s.track(trial("Pro", "t1"))
	header := s.emu.Outbox().To("chiara@example.com").Only(t).Headers.Get("List-Unsubscribe")
	link, err := url.Parse(strings.Trim(header, "<>"))
	require.NoError(t, err)
	s.deleteProfile("chiara@example.com")
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		require.Equal(t, 404, call(t, s.emu, method, link.Path, "").status)
	}
}

func TestProfilesAreDeletedOnceByIDsOrByFilter(t *testing.T) {
	s := openShop(t)
	bruno := s.person("bruno@example.com")
	ids := `{"profileIds":["` + strings.ToUpper(bruno) + `","` + bruno + `","` + unknownID + `"]}`
	first := call(t, s.emu, "POST", "/api/v1/profiles/bulk-delete", ids, "Idempotency-Key", "clean")
	require.JSONEq(t, `{"deleted":1}`, first.body)
	again := call(t, s.emu, "POST", "/api/v1/profiles/bulk-delete", ids, "Idempotency-Key", "clean")
	require.Equal(t, first.body, again.body)
	require.Equal(t, "true", again.header.Get("idempotent-replayed"))
	require.JSONEq(t, `{"deleted":0}`,
		call(t, s.emu, "POST", "/api/v1/profiles/bulk-delete", ids).body, "without the key it is a new call")
	reused := s.api(409, "POST", "/profiles/bulk-delete", `{"filter":{"search":"alex"}}`, "Idempotency-Key", "clean")
	require.Equal(t, "idempotency_key_reuse", reused["error"])

	gold := s.emu.ID("segment", "gold")
	require.InDelta(t, 1,
		s.api(200, "POST", "/profiles/bulk-delete", `{"filter":{"segmentFilter":["`+gold+`"]}}`)["deleted"], 0)
	require.ElementsMatch(t, []string{"chiara@example.com", "bounced@simulator.test"}, s.emails(""))
	for body, issue := range map[string]string{
		`{}`:                "body  required",
		`{"filter":{}}`:     "body /filter too_few",
		`{"profileIds":[]}`: "body /profileIds too_few",
	} {
		require.Equal(t, []string{issue}, call(t, s.emu, "POST", "/api/v1/profiles/bulk-delete", body).issues(t), body)
	}
}
