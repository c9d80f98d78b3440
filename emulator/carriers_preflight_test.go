package emulator_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// inline returns inline Promotional content with everything that a preflight asks for.
func inline(changes object) object {
	body := object{"templateId": nil, "from": "shop@acme.example", "subject": "Hello",
		"html": `<p>Acme Outdoor GmbH<br>Lindenstr. 5<br>10969 Berlin ` +
			`<a href="${/system/unsubscribeUrl}">Leave</a></p>`}
	maps.Copy(body, changes)
	return body
}

// flaws are changes to a good Broadcast, or to its world, that cause one finding each.
var flaws = []struct {
	finding string
	changes object
	before  func(p press)              // runs before the draft is created
	after   func(p press, path string) // runs after it
}{
	{"segment_missing", object{"segmentId": nil}, nil, nil},
	{"template_missing", nil, nil, func(p press, path string) { p.do(200, "PATCH", path, object{"templateId": nil}) }},
	{"template_archived", nil, func(p press) { p.seedSale("Archived", "Sale") }, nil},
	{"purpose_transactional", object{"templateId": "order-receipt"}, nil, nil},
	{"subject_empty", nil, func(p press) { p.seedSale("Active", "") }, nil},
	{"body_empty", inline(nil), nil, func(p press, path string) { p.do(200, "PATCH", path, object{"html": nil}) }},
	{"sender_missing", object{"from": "nobody@acme.example"}, nil, nil},
	{"domain_unverified", object{"from": "hello@new.acme.example"}, nil, nil},
	{"subscription_group_missing", object{"subscriptionGroupId": nil}, nil, nil},
	{"unsubscribe_link_missing",
		inline(object{"html": "<p>Acme Outdoor GmbH, Lindenstr. 5, 10969 Berlin</p>"}), nil, nil},
	{"render_failed", object{"subject": "${/profile/nickname}"}, nil, nil},
	{"no_recipients", object{"subscriptionGroupId": "trail-notes"}, func(p press) {
		p.seedAlex("Unsubscribed", "")
	}, nil},
	{"all_recipients_suppressed", nil, func(p press) { p.seedAlex("", "bounce") }, nil},

	{"link_dead", inline(object{"html": inline(nil)["html"].(string) + `<a href="/a">a</a>`}), nil, nil},
	{"bindings_missing", object{"subject": "Hello ${/profile/nickname}"}, nil, nil},
	{"subject_long", object{"subject": strings.Repeat("long ", 31)}, nil, nil},
	{"html_size", inline(object{"html": inline(nil)["html"].(string) + strings.Repeat("<b></b>", 15_000)}), nil, nil},
	{"large_suppressed_share", nil, func(p press) { p.seedAlex("", "complaint") }, nil},
	{"postal_address_missing", inline(object{"html": `<a href="${/system/unsubscribeUrl}">Leave</a>`}), nil, nil},
	{"identical_recent_send", nil, nil, func(p press, _ string) {
		require.NoError(p, p.emu.Human().Approve(p.confirm(p.draft(nil))))
		p.emu.Advance(23 * time.Hour)
	}},
	{"dmarc_missing", nil, func(p press) {
		no := false
		require.NoError(p, p.emu.Seed(emulator.Seed{
			Domains: []emulator.SeedDomain{{Domain: "acme.example", Status: "verified", DMARC: &no}},
		}))
	}, nil},
	{"test_not_sent", nil, nil, func(p press, path string) {
		p.do(200, "POST", path+"/test", object{"email": "mira@acme.example"})
		p.do(200, "PATCH", path, object{"subject": "Another"})
	}},
}

func (p press) seedSale(status, subject string) {
	p.Helper()
	require.NoError(p, p.emu.Seed(emulator.Seed{
		Templates: []emulator.SeedTemplate{{
			Key:        "autumn-sale",
			Purpose:    "Promotional",
			Status:     status,
			Definition: object{"subject": subject, "html": inline(nil)["html"]},
		}},
	}))
}

func (p press) seedAlex(trailNotes, suppressed string) {
	p.Helper()
	alex := emulator.SeedProfile{Email: "alex@example.com", Suppressed: suppressed}
	if trailNotes != "" {
		alex.Subscriptions = map[string]string{"trail-notes": trailNotes}
	}
	require.NoError(p, p.emu.Seed(emulator.Seed{Profiles: []emulator.SeedProfile{alex}}))
}

// withIDs replaces keys of the seed with ids.
func (p press) withIDs(changes object) object {
	out := object{}
	for name, v := range changes {
		if key, ok := v.(string); ok && strings.HasSuffix(name, "Id") {
			v = p.emu.ID(strings.TrimSuffix(name, "Id"), key)
		}
		out[name] = v
	}
	return out
}

func TestEachFlawCausesItsOneFinding(t *testing.T) {
	for _, flaw := range flaws {
		t.Run(flaw.finding, func(t *testing.T) {
			t.Parallel()
			p := openPress(t)
			if flaw.before != nil {
				flaw.before(p)
			}
			path := p.draft(p.withIDs(flaw.changes))
			if flaw.after != nil {
				flaw.after(p, path)
			}
			got := p.do(200, "POST", path+"/preflight", nil)
			require.Contains(t, append(codes(got["blockers"]), codes(got["warnings"])...), flaw.finding)
			requireTyped(t, got["blockers"], got["warnings"])
			if len(codes(got["blockers"])) == 0 {
				require.Equal(t, true, got["ready"])
				p.do(202, "POST", path+"/schedule", object{"scheduledAt": "in 1 hour"})
				return
			}
			require.Equal(t, false, got["ready"])
			for _, act := range []struct{ path, body string }{
				{"/confirmation", ""},
				{"/schedule", `{"scheduledAt": "in 1 hour"}`},
			} {
				a := call(t, p.emu, "POST", path+act.path, act.body)
				require.Equal(t, 422, a.status)
				require.Equal(t, codes(got["blockers"]), codes(a.json(t)["details"].(object)["blockers"]))
			}
			require.Equal(t, "NotStarted", p.retrieve(path)["status"])
		})
	}
}

// requireTyped requires that the SDK's type has each member of the details of the findings.
func requireTyped(t *testing.T, lists ...any) {
	t.Helper()
	for _, list := range lists {
		for _, finding := range list.([]any) {
			raw, err := json.Marshal(finding.(object)["details"])
			require.NoError(t, err)
			decoder := json.NewDecoder(bytes.NewReader(raw))
			decoder.DisallowUnknownFields()
			require.NoError(t, decoder.Decode(new(segmentflow.PreflightDetails)))
		}
	}
}

func TestAGoodBroadcastHasNoFindings(t *testing.T) {
	p := openPress(t)
	for _, changes := range []object{nil, inline(nil)} {
		path := p.draft(changes)
		p.do(200, "POST", path+"/test", object{"email": "mira@acme.example"})
		got := p.do(200, "POST", path+"/preflight", nil)
		require.Empty(t, codes(got["blockers"]))
		require.Empty(t, codes(got["warnings"]))
	}
}

func TestTheSameContentADayLaterHasNoWarning(t *testing.T) {
	p := openPress(t)
	path := p.draft(nil)
	require.NoError(t, p.emu.Human().Approve(p.confirm(p.draft(nil))))
	p.emu.Advance(24*time.Hour + time.Second)
	require.NotContains(t, codes(p.do(200, "POST", path+"/preflight", nil)["warnings"]), "identical_recent_send")
}

func TestBlockersAtTheSendFailTheWholeCarrier(t *testing.T) {
	p := openPress(t)
	path := p.draft(nil)
	p.do(202, "POST", path+"/schedule", object{"scheduledAt": "in 1 hour"})
	p.do(200, "POST", "/api/v1/templates/"+p.emu.ID("template", "autumn-sale")+"/archive", nil)
	p.emu.Advance(2 * time.Hour)
	require.Equal(t, "Failed", p.retrieve(path)["status"])
	p.emu.Outbox().None(t)
	require.InDelta(t, 0, p.results(path)["audience"], 0)
}

func TestMissingBindingsHaveTheirShare(t *testing.T) {
	p := openPress(t)
	require.NoError(t, p.emu.Seed(emulator.Seed{
		Profiles: []emulator.SeedProfile{{Email: "nina@example.com", Properties: object{"tier": "gold"}}},
	}))
	got := p.do(200, "POST", p.draft(nil)+"/preflight", nil)
	found := got["warnings"].([]any)[0].(object)
	require.Equal(t, "bindings_missing", found["code"])
	require.Equal(t,
		[]any{object{"path": "/profile/firstName", "element": "", "prop": "subject", "share": 0.5}},
		found["details"].(object)["missing"])
}
