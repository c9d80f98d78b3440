package segmentflow_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
)

// failing returns the error of a reply.
func failing(t *testing.T, status int, body string) *segmentflow.Error {
	t.Helper()
	client, _ := answering(t, reply{status: status, body: body})
	_, err := client.Broadcasts.Schedule(t.Context(), "b", &segmentflow.ScheduleCarrierParams{ScheduledAt: thursday})
	return refused(t, err)
}

func TestNumbersInDetailsKeepTheirDigits(t *testing.T) {
	const digits = `{"amount":12345678901234567890,"deep":{"n":1e400},"list":[9007199254740993],"price":0.1000}`
	want := map[string]any{
		"amount": json.Number("12345678901234567890"),
		"price":  json.Number("0.1000"),
		"list":   []any{json.Number("9007199254740993")},
		"deep":   map[string]any{"n": json.Number("1e400")},
	}
	e := failing(t, 422, `{"error":"validation_failed","message":"No.","details":`+digits+`}`)
	assert.Equal(t, want, e.Details)
	require.Contains(t, `"details":`+asJSON(t, e.Details), digits)

	finding := `{"code":"later","message":"m","details":` + digits + `}`
	e = failing(t, 422, `{"error":"validation_failed","message":"No.","details":{"blockers":[`+finding+`]}}`)
	require.Len(t, e.Blockers(), 1)
	assert.Equal(t, want, e.Blockers()[0].Details)

	client, _ := answering(t, reply{status: 200, body: `{"ready":false,"checkedAt":"2026-03-02T09:30:00.000Z",
		"blockers":[` + finding + `],"warnings":[` + finding + `]}`})
	preflight, err := client.Broadcasts.Preflight(t.Context(), "b")
	require.NoError(t, err)
	assert.Equal(t, want, preflight.Blockers[0].Details)
	assert.Equal(t, want, preflight.Warnings[0].Details)
	require.Contains(t, asJSON(t, preflight), finding)

	client, _ = answering(t, reply{status: 200, body: `{"total":1,"accepted":0,"rejected":1,"items":[{"index":0,
		"error":{"error":"validation_failed","message":"No.","details":` + digits + `}}]}`})
	batch, err := client.Emails.BatchSend(t.Context(),
		&segmentflow.BatchSendParams{Items: []segmentflow.BatchSendItem{item(0)}})
	require.NoError(t, err)
	assert.Equal(t, want, batch.Items[0].Err.Details)
}

func TestAReasonIsAConstantOrAnyOtherText(t *testing.T) {
	e := failing(t, 422, `{"error":"validation_failed","message":"No.","details":{"reason":"schedule_in_past"}}`)
	assert.Equal(t, segmentflow.ReasonScheduleInPast, e.Reason())
	assert.Empty(t, e.EnrollmentSkip())
	e = failing(t, 422, `{"error":"validation_failed","message":"No.",
		"details":{"reason":"enrollment_skipped","skip":"cooldown"}}`)
	assert.Equal(t, segmentflow.EnrollmentSkipReasonCooldown, e.EnrollmentSkip())
	e = failing(t, 422, `{"error":"validation_failed","message":"No.","details":{"reason":"new","skip":7}}`)
	assert.Equal(t, segmentflow.Reason("new"), e.Reason())
	assert.Empty(t, e.EnrollmentSkip())
	assert.Empty(t, new(segmentflow.Error).Reason())
}

func TestAMissingScopeIsNamed(t *testing.T) {
	const head = "segmentflow: POST /api/v1/broadcasts/{id}/schedule: 403 insufficient_scope"
	for required, want := range map[string]string{
		`["broadcasts:send"]`:                  " (requires broadcasts:send)",
		`["broadcasts:send","brand-kit:read"]`: " (requires broadcasts:send brand-kit:read)",
		`["later:scope","alex@example.com"]`:   " (requires later:scope)",
		`["a b:c","A:b",7,"a:b:c","secret"]`:   "",
		`"broadcasts:send"`:                    "",
		`[]`:                                   "",
	} {
		e := failing(t, 403, `{"error":"insufficient_scope","message":"No.","details":{"required":`+required+`}}`)
		require.EqualError(t, e, head+want+": No. (attempts 1)")
	}
	e := failing(t, 403, `{"error":"insufficient_scope","message":"No.","details":{"required":["broadcasts:send"]}}`)
	assert.Equal(t, []segmentflow.Scope{segmentflow.ScopeBroadcastsSend}, e.RequiredScopes())
	assert.Nil(t, new(segmentflow.Error).RequiredScopes())
}

func TestFindingsAreTyped(t *testing.T) {
	e := failing(t, 422, `{"error":"validation_failed","message":"No.","details":{"blockers":[
		{"code":"domain_unverified","message":"No.","details":{"domain":"acme.example"}},
		{"code":"no_recipients","message":"No.","details":{"audience":3}},
		{"code":"link_dead","message":"No.","details":{"count":21,"links":[
			{"line":2,"element":"a","attribute":"href","url":"/a"}]}},
		{"code":"bindings_missing","message":"No.","details":{"sampled":4,"missing":[
			{"path":"/profile/x","element":"p","prop":"text","share":0.25}]}},
		{"code":"later","message":"No.","details":{"count":"many","limit":5}},
		{"code":"test_not_sent","message":"No."}]}}`)
	blockers := e.Blockers()
	require.Len(t, blockers, 6)
	assert.Equal(t, segmentflow.BlockerDomainUnverified, blockers[0].Code)
	assert.Equal(t, segmentflow.WarningTestNotSent, blockers[5].Code)
	for i, want := range []segmentflow.PreflightDetails{
		{Domain: "acme.example"},
		{Audience: 3},
		{Count: 21, Links: []segmentflow.DeadLink{{Line: 2, Element: "a", Attribute: "href", URL: "/a"}}},
		{Sampled: 4, Missing: []segmentflow.MissingRate{{
			MissingBinding: segmentflow.MissingBinding{Path: "/profile/x", Element: "p", Prop: "text"}, Share: 0.25,
		}}},
		{Limit: 5},
		{},
	} {
		assert.Equal(t, want, blockers[i].TypedDetails(), blockers[i].Code)
	}
	for _, details := range []string{`{}`, `{"blockers":"many"}`, `null`} {
		e := failing(t, 422, `{"error":"validation_failed","message":"No.","details":`+details+`}`)
		assert.Empty(t, e.Blockers(), details)
	}
	byHand := segmentflow.PreflightFinding{Details: map[string]any{"count": 2}}
	assert.Equal(t, 2, byHand.TypedDetails().Count)
}

func TestASendSaysWhyItWasSkippedOrFailed(t *testing.T) {
	const skipped, failed = segmentflow.EmailSendStatusSkipped, segmentflow.EmailSendStatusFailed
	for _, c := range []struct {
		status  segmentflow.EmailSendStatus
		message *string
		skip    segmentflow.SkipReason
		failure segmentflow.FailureReason
	}{
		{skipped, new("suppressed_bounce"), segmentflow.SkipReasonSuppressedBounce, ""},
		{skipped, new("later"), "later", ""},
		{failed, new("relay_failed: 550"), "", segmentflow.FailureReasonRelayFailed},
		{failed, new("template_archived"), "", segmentflow.FailureReasonTemplateArchived},
		{failed, nil, "", ""},
		{segmentflow.EmailSendStatusSent, nil, "", ""},
	} {
		send := segmentflow.EmailSend{Status: c.status, FailureMessage: c.message}
		assert.Equal(t, c.skip, send.SkipReason())
		assert.Equal(t, c.failure, send.FailureReason())
	}
}
