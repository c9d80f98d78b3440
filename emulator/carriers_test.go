package emulator_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator"
)

// press is Acme Outdoor, with helpers that call Broadcasts and Issues over plain HTTP.
type press struct {
	*testing.T
	emu *emulator.Emulator
}

func openPress(t *testing.T, opts ...emulator.Option) press {
	t.Helper()
	return press{t, acme(t, opts...)}
}

type object = map[string]any

// do calls the API, requires a status, and returns the JSON of the reply.
func (p press) do(status int, method, path string, body any, headers ...string) object {
	p.Helper()
	raw := ""
	if body != nil {
		encoded, err := json.Marshal(body)
		require.NoError(p, err)
		raw = string(encoded)
	}
	a := call(p, p.emu, method, path, raw, headers...)
	require.Equal(p, status, a.status, a.body)
	return a.json(p)
}

// sale returns the body of a Broadcast without blockers. Its audience is Alex, the one Gold member, who consents to
// offers.
func (p press) sale(changes object) object {
	body := object{
		"name":                "Autumn sale",
		"segmentId":           p.emu.ID("segment", "gold"),
		"subscriptionGroupId": p.emu.ID("subscriptionGroup", "offers"),
		"templateId":          p.emu.ID("template", "autumn-sale"),
	}
	for name, v := range changes {
		body[name] = v
		if v == nil {
			delete(body, name)
		}
	}
	return body
}

// draft creates a sale and returns its path.
func (p press) draft(changes object) string {
	p.Helper()
	return "/api/v1/broadcasts/" + p.do(200, "POST", "/api/v1/broadcasts", p.sale(changes))["id"].(string)
}

// issue creates an Issue of Trail Notes and returns its path.
func (p press) issue(members object) string {
	p.Helper()
	return "/api/v1/newsletter-issues/" + p.do(200, "POST", p.letters(), members)["id"].(string)
}

func (p press) letters() string {
	return "/api/v1/newsletters/" + p.emu.ID("newsletter", "trail-notes") + "/issues"
}

// retrieve retrieves a carrier.
func (p press) retrieve(path string) object {
	p.Helper()
	return p.do(200, "GET", strings.Replace(path, "/v1/broadcasts", "/v1/public/broadcasts", 1), nil)
}

// results returns a carrier's results and checks their two equations.
func (p press) results(path string) object {
	p.Helper()
	got := p.do(200, "GET", path+"/results", nil)
	d := got["detail"].(object)
	n := func(name string) float64 { return d[name].(float64) }
	skipped := 0.0
	for _, count := range d["skipped"].(object) {
		skipped += count.(float64)
	}
	require.InDelta(p, n("audience"), n("eligible")+skipped, 0, "%v", d)
	require.InDelta(p,
		n("eligible"),
		n("queued")+n("processing")+n("sent")+n("failed")+n("skippedAtSend")+n("cancelled"), 0, "%v", d)
	stats := got["stats"].(object)
	require.Equal(p, []any{d["queued"], d["sent"], d["failed"]}, []any{stats["queued"], stats["sent"], stats["failed"]})
	return d
}

// refused requires a 4xx and returns its code, or the reason of a 422 or 403, if it has one.
func (p press) refused(status int, method, path string, body any, headers ...string) string {
	p.Helper()
	got := p.do(status, method, path, body, headers...)
	if details, _ := got["details"].(object); details["reason"] != nil {
		return details["reason"].(string)
	}
	return got["error"].(string)
}

// codes returns the codes of the findings of a preflight.
func codes(findings any) []string {
	found := []string{}
	for _, f := range findings.([]any) {
		found = append(found, f.(object)["code"].(string))
	}
	return found
}

func (p press) confirm(path string) string {
	p.Helper()
	return p.do(200, "POST", path+"/confirmation", nil)["confirmationId"].(string)
}

// shoppers seeds n more Profiles, shopper0@example.com and on, all of them gold.
func (p press) shoppers(n int) {
	p.Helper()
	seed := emulator.Seed{}
	for i := range n {
		seed.Profiles = append(seed.Profiles, emulator.SeedProfile{Email: fmt.Sprintf("shopper%d@example.com", i),
			Properties: object{"tier": "gold", "firstName": fmt.Sprint("Shopper ", i)}})
	}
	require.NoError(p, p.emu.Seed(seed))
}

func TestABroadcastGoesFromDraftToSent(t *testing.T) {
	p := openPress(t)
	path := p.draft(nil)
	require.Equal(t, "NotStarted", p.retrieve(path)["status"])

	preview := p.do(200, "POST", path+"/preview", nil)
	require.Equal(t, object{"total": 1.0, "eligible": 1.0, "skipped": object{}}, preview["audience"])
	require.Equal(t, "Autumn sale, Alex", preview["sample"].(object)["subject"])

	preflight := p.do(200, "POST", path+"/preflight", nil)
	require.Equal(t, true, preflight["ready"], preflight)
	require.Equal(t, []string{"test_not_sent"}, codes(preflight["warnings"]))

	scheduled := p.do(202, "POST", path+"/schedule", object{"scheduledAt": "in 2 hours"})
	require.Equal(t, "2026-03-02T11:00:00.000Z", scheduled["scheduledAt"])
	p.emu.Advance(2*time.Hour - time.Millisecond)
	p.emu.Outbox().None(t)
	p.emu.Advance(time.Millisecond)

	msg := p.emu.Outbox().Carrier(emulator.CarrierBroadcast).Only(t)
	require.Equal(t, "Autumn sale, Alex", msg.Subject)
	require.Contains(t, msg.HTML, "30 % off for gold members")
	require.NotEmpty(t, msg.Headers.Get("List-Unsubscribe"))
	got := p.retrieve(path)
	require.Equal(t, "Sent", got["status"])
	require.Equal(t, "2026-03-02T11:00:00.000Z", got["startedAt"])
	p.emu.Advance(time.Second)
	require.InDelta(t, 1, p.results(path)["delivered"], 0)
}

func TestAHumanApproves(t *testing.T) {
	p := openPress(t)
	path := p.draft(nil)
	confirmation := p.do(200, "POST", path+"/confirmation", nil)
	id := confirmation["confirmationId"].(string)
	require.Equal(t, "https://emulator.test/dashboard/confirmations/"+id, confirmation["confirmationUrl"])
	require.NoError(t, p.emu.Human().Approve(id))
	p.emu.Outbox().To("alex@example.com").Only(t)
	require.Equal(t, "Sent", p.retrieve(path)["status"])
}

func TestAnIssueIsSentToItsSubscribers(t *testing.T) {
	p := openPress(t)
	path := p.issue(object{"title": "Short days"})
	require.InDelta(t, 1, p.retrieve(path)["number"], 0)
	require.NoError(t, p.emu.Human().Approve(p.confirm(path)))
	require.Equal(t, "Trail Notes", p.emu.Outbox().Carrier(emulator.CarrierNewsletterIssue).Only(t).From.Name)
}
