package product

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"

	"github.com/segmentflow/segmentflow-go/emulator/internal/api"
	"github.com/segmentflow/segmentflow-go/emulator/internal/gateway"
	"github.com/segmentflow/segmentflow-go/emulator/internal/wire"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// Batches. Documented: up to 100 independent sends, each with its own key and result. Decided here: each item is
// checked against the schema by itself, with the defaults applied. So a broken item is rejected and the others are not.
// Keys share the scope of emails.send.

// BatchSendEmails accepts the items of a batch in their order.
func (handlers) BatchSendEmails(
	ctx context.Context, _ api.BatchSendEmailsRequestObject,
) (api.BatchSendEmailsResponseObject, error) {
	return sendMany(ctx)
}

func sendMany(ctx context.Context) (reply, error) {
	s := callOf(ctx).service
	body, _ := callOf(ctx).body.(map[string]any)
	return s.write(ctx, func(tx *world.Tx) (any, error) { return s.sendBatch(ctx, tx, body) })
}

// sendBatch returns an api.BatchSendResult.
func (s service) sendBatch(ctx context.Context, tx *world.Tx, body map[string]any) (any, error) {
	items, _ := body["items"].([]any)
	defaults, _ := body["defaults"].(map[string]any)
	results := make([]byte, 0, len(items)*1024)
	accepted := 0
	for i, item := range items {
		if i > 0 {
			results = append(results, ',')
		}
		result, ok, err := s.sendItem(ctx, tx, i, item, defaults)
		if err != nil {
			return nil, err
		}
		if ok {
			accepted++
		}
		results = append(results, result...)
	}
	counts := `],"rejected":` + strconv.Itoa(len(items)-accepted) + `,"total":` + strconv.Itoa(len(items)) + `}`
	start := `{"accepted":` + strconv.Itoa(accepted) + `,"items":[`
	return encoded(slices.Concat([]byte(start), results, []byte(counts))), nil
}

// sendItem accepts or rejects one item. It returns its result, an api.BatchItemResult, and whether it was accepted. It
// returns an error only for a fault of the emulator itself.
func (s service) sendItem(
	ctx context.Context, tx *world.Tx, index int, item any, defaults map[string]any,
) (result []byte, accepted bool, err error) {
	members, isObject := item.(map[string]any)
	key := textIn(members, "idempotencyKey")
	gateway.SawKey(ctx, key)
	if isObject {
		item = withDefaults(members, defaults)
	}

	var answered reply
	err = tx.Nested(func() (err error) {
		answered, err = s.keyedItem(tx, key, item)
		return err
	})
	if err == nil {
		return acceptedItem(index, key, answered.body), true, nil
	}

	problem := problemOf(err)
	if gateway.StatusOf(problem.Code) >= 500 {
		return nil, false, err
	}
	grounds := groundsOf(problem.Details)
	grounds.Advice = s.adviceOn(tx, err)
	gateway.Reject(ctx, gateway.Rejected{Index: index, Key: key, Error: problem.Code, Grounds: grounds})
	result, err = json.Marshal(api.RejectedBatchItem{
		Index:          int64(index),
		IdempotencyKey: nullIfEmpty(key),
		Status:         api.RejectedBatchItemStatusRejected,
		Error: api.Error{
			Error:   api.ErrorCode(problem.Code),
			Message: problem.Message,
			Details: detailsAtItem(problem.Details, index),
		},
	})
	return result, false, err
}

// acceptedItem returns an api.AcceptedBatchItem as JSON.
func acceptedItem(index int, key string, send []byte) []byte {
	result := make([]byte, 0, len(send)+len(key)+100)
	result = appendText(append(result, `{"idempotencyKey":`...), key)
	result = strconv.AppendInt(append(result, `,"index":`...), int64(index), 10)
	result = append(append(result, `,"send":`...), send...)
	return append(result, `,"status":"accepted"}`...)
}

// endKeys notes that a batch has ended, and with it the use of its items' keys.
func (s service) endKeys(body any) {
	members, _ := body.(map[string]any)
	items, _ := members["items"].([]any)
	for _, item := range items {
		members, _ := item.(map[string]any)
		key, _ := members["idempotencyKey"].(string)
		s.World.MadeKeys().End(key)
	}
}

// withDefaults returns an item's members, and the default of each member that the item does not have. Do not change it.
func withDefaults(members, defaults map[string]any) map[string]any {
	if len(defaults) == 0 {
		return members
	}
	merged := maps.Clone(defaults)
	maps.Copy(merged, members)
	return merged
}

func (s service) keyedItem(tx *world.Tx, key string, item any) (reply, error) {
	if issues := wire.CheckSchema("BatchItem", item); len(issues) > 0 {
		return reply{}, gateway.Invalid(issues...)
	}
	request, _ := item.(map[string]any)
	same := fixed(without{"idempotencyKey", request})
	return s.keyed(tx, operationSendEmail, key, same, http.StatusOK, func(tx *world.Tx) (any, error) {
		return sendEmail(tx, request)
	})
}

// detailsAtItem returns the details of an item's refusal, with the paths of its issues starting at the batch.
func detailsAtItem(details map[string]any, index int) map[string]any {
	issues, ok := details["issues"].([]wire.Issue)
	if !ok {
		return details
	}
	moved := make([]wire.Issue, len(issues))
	for i, issue := range issues {
		issue.Path = "/items/" + strconv.Itoa(index) + issue.Path
		moved[i] = issue
	}
	return map[string]any{"issues": moved}
}
