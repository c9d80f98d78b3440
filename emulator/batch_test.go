package emulator_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
)

func items(s shop, keys ...string) []segmentflow.BatchSendItem {
	list := make([]segmentflow.BatchSendItem, len(keys))
	for i, key := range keys {
		one := receipt(s.receipt(), i)
		list[i] = segmentflow.BatchSendItem{IdempotencyKey: key, TemplateID: one.TemplateID, To: one.To, Data: one.Data}
	}
	return list
}

func TestOneBadItemDoesNotTouchItsNeighbours(t *testing.T) {
	s := openShop(t)
	list := items(s, "a", "b", "c")
	list[1].TemplateID = s.emu.ID("template", "autumn-sale")
	batch, err := s.client.Emails.BatchSend(t.Context(), &segmentflow.BatchSendParams{Items: list})
	require.NoError(t, err)
	require.Equal(t, []int{3, 2, 1}, []int{batch.Total, batch.Accepted, batch.Rejected})
	require.Equal(t, "template_purpose", reason(batch.Items[1].Err))
	require.Nil(t, batch.Items[1].Send)
	require.ErrorIs(t, batch.Err(), segmentflow.ErrValidationFailed)
	require.Equal(t, 2, s.emu.Outbox().Count())
}

func TestAnItemThatViolatesTheSchemaIsRejectedWithAllItsIssues(t *testing.T) {
	s := openShop(t)
	good := fmt.Sprintf(`{"idempotencyKey": "k", "templateId": %q, "to": {"email": "alex@example.com"}}`, s.receipt())
	body := fmt.Sprintf(
		`{"items": [%s, 7,
			{"idempotencyKey": "x", "templateId": "nope", "to": {"email": "nobody"}, "slug": 1}, {}, %s]}`,
		good, strings.Replace(good, `"k"`, `"l"`, 1))
	got := call(t, s.emu, "POST", "/api/v1/emails/batch", body)
	require.Equal(t, 200, got.status, got.body)
	results := got.json(t)["items"].([]any)
	require.Equal(t, "accepted", results[0].(map[string]any)["status"])
	require.Equal(t, "accepted", results[4].(map[string]any)["status"])
	require.Equal(t, []string{"/items/1 type"}, itemIssues(results[1]))
	require.Equal(t,
		[]string{"/items/2/slug unknown_field", "/items/2/templateId format", "/items/2/to/email format"},
		itemIssues(results[2]))
	require.Equal(t,
		[]string{"/items/3/idempotencyKey required", "/items/3/templateId required", "/items/3/to required"},
		itemIssues(results[3]))
	require.Nil(t, results[3].(map[string]any)["idempotencyKey"])
	require.Equal(t, 2, s.emu.Outbox().Count())
}

func itemIssues(item any) []string {
	failure := item.(map[string]any)["error"].(map[string]any)
	var found []string
	for _, issue := range failure["details"].(map[string]any)["issues"].([]any) {
		i := issue.(map[string]any)
		found = append(found, fmt.Sprint(i["path"], " ", i["code"]))
	}
	return found
}

func TestAnInvalidEnvelopeOfABatchIsA400(t *testing.T) {
	s := openShop(t)
	for body, issue := range map[string]string{
		`{}`:                        "body /items required",
		`{"items": []}`:             "body /items too_few",
		`{"items": [1], "more": 1}`: "body /more unknown_field",
		`{"items": [1], "defaults": {"data":{}}}`:         "body /defaults/data unknown_field",
		`{"items": [` + strings.Repeat("1,", 100) + `1]}`: "body /items too_many",
	} {
		got := call(t, s.emu, "POST", "/api/v1/emails/batch", body)
		require.Equal(t, 400, got.status, body)
		require.Equal(t, []string{issue}, got.issues(t), body)
	}
}

func TestDefaultsAreAppliedBeforeAnItemIsChecked(t *testing.T) {
	s := openShop(t)
	list := items(s, "a", "b")
	list[0].TemplateID, list[1].Subject = "", "Own subject"
	batch, err := s.client.Emails.BatchSend(t.Context(), &segmentflow.BatchSendParams{
		Items: list,
		Defaults: &segmentflow.BatchDefaults{
			TemplateID: s.receipt(),
			Subject:    "Shared subject",
			From:       "support@acme.example",
		},
	})
	require.NoError(t, err)
	require.NoError(t, batch.Err())
	require.Equal(t, "Shared subject", batch.Items[0].Send.Subject)
	require.Equal(t, "Own subject", batch.Items[1].Send.Subject)
	require.Equal(t, "support@acme.example", batch.Items[1].Send.From.Email)
}

func TestItemKeysShareTheScopeOfSingleSends(t *testing.T) {
	s := openShop(t)
	single := s.send(receipt(s.receipt(), 0), segmentflow.WithIdempotencyKey("a"))
	list := items(s, "a", "a", "a", "b")
	list[1], list[2].Data = list[0], map[string]any{"orderId": "other"}
	batch, err := s.client.Emails.BatchSend(t.Context(), &segmentflow.BatchSendParams{Items: list})
	require.NoError(t, err)
	require.Equal(t, single.ID, batch.Items[0].Send.ID, "an item replays a single send")
	require.Equal(t, single.ID, batch.Items[1].Send.ID, "the second of two equal items replays the first")
	require.ErrorIs(t, batch.Items[2].Err, segmentflow.ErrIdempotencyKeyReuse)
	require.Equal(t, 3, batch.Accepted)
	require.Equal(t, 2, s.emu.Outbox().Count())
}
