package product

import (
	"context"
	"encoding/json"
	"maps"
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
func (s service) BatchSendEmails(
	ctx context.Context, _ api.BatchSendEmailsRequestObject,
) (api.BatchSendEmailsResponseObject, error) {
	body, _ := callOf(ctx).body.(map[string]any)
	return s.write(ctx, func(tx *world.Tx) (any, error) { return s.sendBatch(ctx, tx, body) })
}

func (s service) sendBatch(ctx context.Context, tx *world.Tx, body map[string]any) (any, error) {
	items, _ := body["items"].([]any)
	defaults, _ := body["defaults"].(map[string]any)
	result := api.BatchSendResult{Total: int64(len(items)), Items: make([]api.BatchItemResult, len(items))}
	for i, item := range items {
		one, err := s.sendItem(ctx, tx, i, item, defaults)
		if err != nil {
			return nil, err
		}
		result.Items[i] = one
		if _, rejected := one.(api.RejectedBatchItem); rejected {
			result.Rejected++
		} else {
			result.Accepted++
		}
	}
	return result, nil
}

// sendItem accepts or rejects one item. It returns an error only for a fault of the emulator itself.
func (s service) sendItem(
	ctx context.Context, tx *world.Tx, index int, item any, defaults map[string]any,
) (api.BatchItemResult, error) {
	members, isObject := item.(map[string]any)
	key, _ := members["idempotencyKey"].(string)
	gateway.SawKey(ctx, key)
	if isObject {
		item = withDefaults(members, defaults)
	}

	var answered reply
	err := tx.Nested(func() (err error) {
		answered, err = s.keyedItem(tx, key, item)
		return err
	})
	if err == nil {
		accepted := api.AcceptedBatchItem{
			Index:          int64(index),
			IdempotencyKey: key,
			Status:         api.AcceptedBatchItemStatusAccepted,
		}
		err = json.Unmarshal(answered.body, &accepted.Send)
		return accepted, err
	}

	problem := problemOf(err)
	if gateway.StatusOf(problem.Code) >= 500 {
		return nil, err
	}
	grounds := groundsOf(problem.Details)
	grounds.Advice = s.adviceOn(tx, err)
	gateway.Reject(ctx, gateway.Rejected{Index: index, Key: key, Error: problem.Code, Grounds: grounds})
	return api.RejectedBatchItem{
		Index:          int64(index),
		IdempotencyKey: nullIfEmpty(key),
		Status:         api.RejectedBatchItemStatusRejected,
		Error: api.Error{
			Error:   api.ErrorCode(problem.Code),
			Message: problem.Message,
			Details: detailsAtItem(problem.Details, index),
		},
	}, nil
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

// withDefaults returns an item's members, and the default of each member that the item does not have.
func withDefaults(members, defaults map[string]any) map[string]any {
	merged := maps.Clone(defaults)
	if merged == nil {
		merged = map[string]any{}
	}
	maps.Copy(merged, members)
	return merged
}

func (s service) keyedItem(tx *world.Tx, key string, item any) (reply, error) {
	if issues := wire.CheckSchema("BatchItem", item); len(issues) > 0 {
		return reply{}, gateway.Invalid(issues...)
	}

	same := maps.Clone(item.(map[string]any))
	delete(same, "idempotencyKey")
	raw, err := json.Marshal(same)
	if err != nil {
		return reply{}, err
	}
	var request api.SendEmailRequest
	if err := json.Unmarshal(raw, &request); err != nil {
		return reply{}, gateway.Invalid(wire.DecodeIssue(err))
	}

	return s.keyed(tx, "sendEmail", key, fixed(same), 200, func(tx *world.Tx) (any, error) {
		return sendEmail(tx, request, objectIn(same, "data"))
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
