package product

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"strconv"

	"github.com/segmentflow/segmentflow-go/emulator/internal/api"
	"github.com/segmentflow/segmentflow-go/emulator/internal/gateway"
	"github.com/segmentflow/segmentflow-go/emulator/internal/quickjson"
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
func (s *service) sendBatch(ctx context.Context, tx *world.Tx, request map[string]any) (any, error) {
	items, _ := request["items"].([]any)
	defaults, _ := request["defaults"].(map[string]any)
	const room, usual = 64, 1024 // bytes of the start, and of an item
	body, accepted := make([]byte, room, room*2+len(items)*usual), 0
	for i, item := range items {
		if i > 0 {
			body = append(body, ',')
		}
		with, ok, err := s.sendItem(ctx, tx, i, item, defaults, body)
		if err != nil {
			return nil, err
		}
		if ok {
			accepted++
		}
		body = with
	}
	start := `{"accepted":` + strconv.Itoa(accepted) + `,"items":[`
	body = body[room-len(start):]
	copy(body, start)
	counts := `],"rejected":` + strconv.Itoa(len(items)-accepted) + `,"total":` + strconv.Itoa(len(items)) + `}`
	return encoded(append(body, counts...)), nil
}

// sendItem accepts or rejects one item. It appends its result, an api.BatchItemResult, and returns whether it was
// accepted. It returns an error only for a fault of the emulator itself.
func (s *service) sendItem(
	ctx context.Context, tx *world.Tx, index int, item any, defaults map[string]any, to []byte,
) (with []byte, accepted bool, err error) {
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
		return appendAccepted(to, index, key, answered), true, nil
	}

	problem := problemOf(err)
	if gateway.StatusOf(problem.Code) >= 500 {
		return nil, false, err
	}
	grounds := groundsOf(problem.Details)
	grounds.Advice = s.adviceOn(tx, err)
	gateway.Reject(ctx, gateway.Rejected{Index: index, Key: key, Error: problem.Code, Grounds: grounds})
	result, err := json.Marshal(api.RejectedBatchItem{
		Index:          int64(index),
		IdempotencyKey: nullIfEmpty(key),
		Status:         api.RejectedBatchItemStatusRejected,
		Error: api.Error{
			Error:   api.ErrorCode(problem.Code),
			Message: problem.Message,
			Details: detailsAt("/items/", problem.Details, index),
		},
	})
	return append(to, result...), false, err
}

// appendAccepted appends an api.AcceptedBatchItem as JSON.
func appendAccepted(to []byte, index int, key string, send reply) []byte {
	to = quickjson.AppendString(append(to, `{"idempotencyKey":`...), key)
	to = strconv.AppendInt(append(to, `,"index":`...), int64(index), 10)
	to = send.appendTo(append(to, `,"send":`...))
	return append(to, `,"status":"accepted"}`...)
}

// endKeys notes that a batch has ended, and with it the use of its items' keys.
func (s *service) endKeys(body any) {
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

func (s *service) keyedItem(tx *world.Tx, key string, item any) (reply, error) {
	if issues := wire.CheckSchema("BatchItem", item); len(issues) > 0 {
		return reply{}, gateway.Invalid(issues...)
	}
	request, _ := item.(map[string]any)
	same := fixed(without{"idempotencyKey", request})
	return s.keyed(tx, operationSendEmail, key, same, http.StatusOK, func(tx *world.Tx) (any, error) {
		return sendEmail(tx, request)
	})
}

// detailsAt returns the details of an item's refusal, with the paths of its issues starting at the batch.
func detailsAt(list string, details map[string]any, index int) map[string]any {
	issues, ok := details["issues"].([]wire.Issue)
	if !ok {
		return details
	}
	moved := make([]wire.Issue, len(issues))
	for i, issue := range issues {
		issue.Path = list + strconv.Itoa(index) + issue.Path
		moved[i] = issue
	}
	return map[string]any{"issues": moved}
}
