package segmentflow_test

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
)

func item(n int) segmentflow.BatchSendItem {
	return segmentflow.BatchSendItem{
		IdempotencyKey: fmt.Sprintf("receipt:%d", n),
		TemplateID:     "t",
		To:             &segmentflow.Recipient{Email: "a@b.example"},
		Data:           map[string]int{"n": n},
	}
}

const mixed = `{"total":4,"accepted":1,"rejected":3,"items":[
	{"index":0,"idempotencyKey":"a","status":"accepted","send":` + sendOne + `},
	{"index":1,"idempotencyKey":null,"status":"rejected",
		"error":{"error":"validation_failed","message":"No.","details":{"reason":"template_archived"}}},
	{"index":2,"idempotencyKey":"c","error":{}},
	{"index":3,"idempotencyKey":"d","status":"rejected",
		"error":{"error":"invalid_request","message":"The item has 2 issues.","details":{"issues":[
			{"in":"body","path":"/items/3/to/email","code":"format","message":"no address"},
			{"in":"body","path":"/items/3/subject","code":"too_long","message":"long"}]}}}]}`

func TestABatchReturnsTheOutcomeOfEachItem(t *testing.T) {
	client, w := answering(t, reply{status: 200, body: mixed, headers: []string{"X-Request-Id: req_1"}})
	batch, err := client.Emails.BatchSend(t.Context(), &segmentflow.BatchSendParams{
		Items:    []segmentflow.BatchSendItem{item(0), item(1), item(2), item(3)},
		Defaults: &segmentflow.BatchDefaults{TemplateID: "d", Tracking: &segmentflow.Tracking{Clicks: true}},
	})
	require.NoError(t, err)
	assert.Equal(t, "/api/v1/emails/batch", w.requests[0].URL.Path)
	assert.Equal(t, []int{4, 1, 3}, []int{batch.Total, batch.Accepted, batch.Rejected})
	assert.Equal(t, sendID, batch.Items[0].Send.ID)
	assert.Nil(t, batch.Items[0].Err)
	assert.Equal(t, "a", batch.Items[0].IdempotencyKey)
	assert.Nil(t, batch.Items[1].Send)
	assert.Equal(t, "receipt:1", batch.Items[1].IdempotencyKey, "the key that was sent")
	assert.Equal(t, 1, batch.Items[1].Index)
	assert.Zero(t, batch.Items[1].Err.Status)
	require.ErrorIs(t, batch.Items[1].Err, segmentflow.ErrValidationFailed)
	require.Error(t, batch.Items[2].Err, "no send means rejected")
	require.EqualError(t, batch.Err(),
		"segmentflow: POST /api/v1/emails/batch item 1: validation_failed (template_archived): "+
			"No. (request req_1, attempts 1)\n"+
			"segmentflow: POST /api/v1/emails/batch item 2: "+
			"the item was rejected without a reason (request req_1, attempts 1)\n"+
			"segmentflow: POST /api/v1/emails/batch item 3: invalid_request: /items/3/to/email format; "+
			"/items/3/subject too_long: The item has 2 issues. (request req_1, attempts 1)",
	)
	require.ErrorIs(t, batch.Err(), segmentflow.ErrValidationFailed)
}

func TestABatchWithoutRejectionHasNoError(t *testing.T) {
	client, _ := answering(t, reply{
		status: 200,
		body: `{"total":1,"accepted":1,"rejected":0,
			"items":[{"index":0,"idempotencyKey":"a","send":` + sendOne + `}]}`,
	})
	batch, err := client.Emails.BatchSend(t.Context(), &segmentflow.BatchSendParams{
		Items: []segmentflow.BatchSendItem{item(0)},
	})
	require.NoError(t, err)
	if err := batch.Err(); err != nil {
		t.Fatalf("want no error, got %#v", err)
	}
}

func TestItemsWithoutKeysGetOneForAllAttempts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, w := answering(t, lost, accepted(3))
		items := []segmentflow.BatchSendItem{item(0), item(1), item(2)}
		items[1].IdempotencyKey, items[2].IdempotencyKey = "", ""
		before := slices.Clone(items)
		_, err := client.Emails.BatchSend(t.Context(), &segmentflow.BatchSendParams{Items: items})
		require.NoError(t, err)
		assert.Equal(t, before, items, "the caller's items are not changed")
		require.Len(t, w.requests, 2, "their keys make it safe to repeat the batch")
		assert.Equal(t, w.requests[0].body, w.requests[1].body)
		var body struct {
			Items []struct{ IdempotencyKey string }
		}
		require.NoError(t, json.Unmarshal([]byte(w.requests[0].body), &body))
		assert.Equal(t, "receipt:0", body.Items[0].IdempotencyKey)
		key := w.requests[1].Header.Get("Idempotency-Key")
		assert.Regexp(t, "^auto_[-0-9a-f]{36}$", key)
		assert.Equal(t, key+"/1", body.Items[1].IdempotencyKey)
		assert.Equal(t, key+"/2", body.Items[2].IdempotencyKey)
	})
}

func TestAnInvalidBatchIsNotSent(t *testing.T) {
	client, w := answering(t, accepted(100), accepted(0))
	send := func(items []segmentflow.BatchSendItem) error {
		_, err := client.Emails.BatchSend(t.Context(), &segmentflow.BatchSendParams{Items: items})
		return err
	}

	err := send(make([]segmentflow.BatchSendItem, 101))
	require.ErrorIs(t, err, segmentflow.ErrInvalidRequest)
	assert.Equal(t, "/items", refused(t, err).Issues[0].Path)

	items := []segmentflow.BatchSendItem{item(0), item(1), item(2)}
	items[0].Data, items[2].Data = math.NaN(), "x"
	err = send(items)
	require.ErrorIs(t, err, segmentflow.ErrInvalidRequest)
	require.Len(t, refused(t, err).Issues, 2)
	assert.Equal(t, "/items/2/data", refused(t, err).Issues[1].Path)
	assert.Zero(t, w.count())

	require.NoError(t, send(make([]segmentflow.BatchSendItem, 100)))
	require.NoError(t, send(nil))
	assert.JSONEq(t, `{"items":[]}`, w.requests[1].body)
}

func TestABatchThatFailsAsAWholeIsAnError(t *testing.T) {
	client, _ := answering(t, problem(403, "insufficient_scope"))
	batch, err := client.Emails.BatchSend(t.Context(), &segmentflow.BatchSendParams{
		Items: []segmentflow.BatchSendItem{item(0)},
	})
	assert.Nil(t, batch)
	require.ErrorIs(t, err, segmentflow.ErrInsufficientScope)
}
