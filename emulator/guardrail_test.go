package emulator_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator"
	"github.com/segmentflow/segmentflow-go/emulator/internal/wire"
)

// bodies returns request bodies that a client might try in order to send to an audience at once.
func (p press) bodies() []string {
	sale := func(members string) string {
		return fmt.Sprintf(
			`{"name": "Sale", "segmentId": %q, "subscriptionGroupId": %q, "templateId": %q%s}`,
			p.emu.ID("segment", "gold"),
			p.emu.ID("subscriptionGroup", "offers"), p.emu.SeedID("template", "autumn-sale"), members)
	}

	html := `"from": "shop@acme.example", "subject": "Now", "html": "<a href='${/system/unsubscribeUrl}'>Leave</a>"`
	bodies := []string{
		"",
		"{}",
		sale(""),
		sale(`, "send": false`),
		`{"title": "Now"}`,
		`{"title": "Now", "send": true}`,
		`{"status": "Triggered"}`,
		`{"subject": "Now"}`,
		`{"html": "<b>Now</b>"}`,
		`{"email": "alex@example.com"}`,
		`{"limit": 1}`,
		`{"force": true}`,
		`{"segmentId": "` + p.emu.ID("segment", "gold") + `", "subscriptionGroupId": "` +
			p.emu.ID("subscriptionGroup", "offers") + `", "send": true, ` + html + `}`,
		`{"templateId": "` + p.emu.SeedID("template", "autumn-sale") + `", "to": {"email": "alex@example.com"}}`,
	}
	for _, when := range []string{
		"", "in 0 minutes", "in 1 minute", "2026-03-02T09:00:00Z", "2026-03-02T09:00:59.999Z",
		"2026-01-01T00:00:00Z", "now",
	} {
		bodies = append(bodies,
			fmt.Sprintf(`{"scheduledAt": %q}`, when),
			sale(fmt.Sprintf(`, "send": true, "scheduledAt": %q`, when)),
			sale(fmt.Sprintf(`, "scheduledAt": %q`, when)))
	}

	return append(bodies, sale(`, "send": true`), sale(`, "send": true, "scheduledAt": null`))
}

// target returns the path of the operation for a carrier that is ready to be sent.
func (p press) target(op *wire.Operation) string {
	path := op.Path
	switch {
	case strings.Contains(path, "/broadcasts/{id}"):
		path = strings.Replace(path, "/api/v1/broadcasts/{id}", p.draft(nil), 1)
		path = strings.Replace(path, "/api/v1/public/broadcasts/{id}",
			strings.Replace(p.draft(nil), "v1", "v1/public", 1), 1)
	case strings.Contains(path, "/newsletter-issues/{id}"):
		path = strings.Replace(path, "/api/v1/newsletter-issues/{id}", p.issue(object{"title": "Now"}), 1)
	case strings.Contains(path, "/newsletters/{id}"):
		path = strings.Replace(path, "{id}", p.emu.ID("newsletter", "trail-notes"), 1)
	case strings.Contains(path, "/segments/"):
		path = strings.Replace(path, "{id}", p.emu.ID("segment", "gold"), 1)
	case strings.Contains(path, "/templates/"):
		path = strings.Replace(path, "{id}", p.emu.SeedID("template", "autumn-sale"), 1)
	}
	for name, id := range map[string]string{
		"{journeyKey}":          "trial-onboarding",
		"{profileId}":           p.emu.SeedID("profile", "alex@example.com"),
		"{subscriptionGroupId}": p.emu.ID("subscriptionGroup", "offers"),
	} {
		path = strings.ReplaceAll(path, name, id)
	}

	return path
}

func TestNoCallSendsToAnAudienceAtOnce(t *testing.T) {
	for _, op := range wire.Operations() {
		t.Run(op.ID, func(t *testing.T) {
			t.Parallel()
			p := openPress(t)
			for i, body := range p.bodies() {
				path := p.target(&op)
				for range 2 {
					call(t, p.emu, op.Method, path, body, "Idempotency-Key", fmt.Sprint("try ", i))
				}
				if op.Method == "GET" && i > 0 {
					break
				}
			}
			p.emu.Advance(59 * time.Second)
			p.emu.Outbox().Carrier(emulator.CarrierBroadcast).None(t)
			p.emu.Outbox().Carrier(emulator.CarrierNewsletterIssue).None(t)
			if op.ID == "scheduleBroadcast" || op.ID == "scheduleNewsletterIssue" || op.ID == "createBroadcast" {
				p.emu.Advance(time.Minute)
				require.NotZero(t, p.emu.Outbox().Count(), "the carriers could have been sent")
			}
		})
	}
}

func TestSendWithoutATimeCreatesNothing(t *testing.T) {
	p := openPress(t)
	for _, key := range []string{"sk_test_acme_full", "sk_test_acme_planner"} {
		got := p.do(403, "POST", "/api/v1/broadcasts", p.sale(object{"send": true}), "x-api-key", key)
		require.Equal(t, "send_not_allowed", got["error"])
		require.Equal(t, "dashboard_confirmation_required", got["details"].(object)["reason"])
	}
	require.Empty(t, p.do(200, "GET", "/api/v1/broadcasts", nil)["broadcasts"])
}

func TestAKeyWithoutAllowSendsCannotScheduleOrAskForConfirmation(t *testing.T) {
	p := openPress(t)
	planner := []string{"x-api-key", "sk_test_acme_planner"}
	path := p.draft(nil)
	soon := object{"scheduledAt": "in 1 hour"}
	require.Equal(t, "send_not_allowed", p.refused(403, "POST", path+"/schedule", soon, planner...))
	require.Equal(t, "send_not_allowed", p.refused(403, "POST", path+"/confirmation", nil, planner...))
	require.Equal(t, "send_not_allowed",
		p.refused(403, "POST", "/api/v1/broadcasts",
			p.sale(object{"send": true, "scheduledAt": "in 1 hour"}), planner...))
	p.do(200, "POST", path+"/preflight", nil, planner...)

	editor := []string{
		"x-api-key",
		p.emu.NewAPIKey(emulator.APIKeySpec{Scopes: []string{"broadcasts:create"}, AllowSends: true}),
	}
	got := p.do(403, "POST", "/api/v1/broadcasts", p.sale(object{"send": true, "scheduledAt": "in 1 hour"}), editor...)
	require.Equal(t, []any{"broadcasts:send"}, got["details"].(object)["required"])
	require.Len(t, p.do(200, "GET", "/api/v1/broadcasts", nil)["broadcasts"], 1)

	letter := p.issue(object{"title": "Short days"})
	writer := []string{
		"x-api-key",
		p.emu.NewAPIKey(emulator.APIKeySpec{Scopes: []string{"newsletters:prepare", "newsletters:send"}}),
	}
	require.Equal(t, "send_not_allowed", p.refused(403, "POST", letter+"/schedule", soon, writer...))
	require.Equal(t, "send_not_allowed", p.refused(403, "POST", letter+"/confirmation", nil, writer...))

	preparer := []string{
		"x-api-key",
		p.emu.NewAPIKey(emulator.APIKeySpec{Scopes: []string{"newsletters:prepare"}, AllowSends: true}),
	}
	got = p.do(403, "POST", letter+"/schedule", soon, preparer...)
	require.Equal(t, "insufficient_scope", got["error"])
	require.Equal(t, []any{"newsletters:send"}, got["details"].(object)["required"])
	p.do(200, "POST", letter+"/confirmation", nil, preparer...)
}
