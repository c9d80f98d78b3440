package product

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"net/http"
	"strconv"

	"github.com/segmentflow/segmentflow-go/emulator/internal/api"
	"github.com/segmentflow/segmentflow-go/emulator/internal/gateway"
	"github.com/segmentflow/segmentflow-go/emulator/internal/quickjson"
	"github.com/segmentflow/segmentflow-go/emulator/internal/wire"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// Ingest. Documented: what a batch and its items have, and the statuses. Decided here: each item is checked against the
// schema by itself; a single item that is not recorded because of a mistake or an error is answered with an error.

// ingestSchemas are the schemas of items by their type.
var ingestSchemas = map[string]string{
	world.IngestIdentify: "IngestIdentify",
	world.IngestTrack:    "IngestTrack",
	world.IngestPage:     "IngestPage",
}

// IngestBatch records the items of a batch in their order.
func (handlers) IngestBatch(
	ctx context.Context, _ api.IngestBatchRequestObject,
) (api.IngestBatchResponseObject, error) {
	return ingestMany(ctx)
}

// IngestIdentify records who a visitor is.
func (handlers) IngestIdentify(
	ctx context.Context, _ api.IngestIdentifyRequestObject,
) (api.IngestIdentifyResponseObject, error) {
	return ingestOne(ctx, world.IngestIdentify)
}

// IngestTrack records what a visitor has done.
func (handlers) IngestTrack(
	ctx context.Context, _ api.IngestTrackRequestObject,
) (api.IngestTrackResponseObject, error) {
	return ingestOne(ctx, world.IngestTrack)
}

func ingestMany(ctx context.Context) (reply, error) {
	call := callOf(ctx)
	body, _ := call.body.(map[string]any)
	batch, _ := body["batch"].([]any)
	items := make([]*world.Ingested, len(batch))
	for i, given := range batch {
		items[i] = ingestedOf(ctx, i, given)
	}
	return record(ctx, items, func(outcomes []world.IngestOutcome) (any, error) {
		const usual = 192 // bytes of a result
		counts := map[string]int{}
		out := append(make([]byte, 0, (len(items)+1)*usual), `{"results":[`...)
		for i, outcome := range outcomes {
			if i > 0 {
				out = append(out, ',')
			}
			members, _ := batch[i].(map[string]any)
			out = appendOutcome(out, textIn(members, "messageId"), i, outcome)
			counts[outcome.Status]++
		}
		out = append(out, `],"success":true,"summary":{`...)
		for i, status := range world.IngestStatuses() {
			if i > 0 {
				out = append(out, ',')
			}
			out = strconv.AppendInt(append(quickjson.AppendString(out, status), ':'), int64(counts[status]), 10)
		}
		return encoded(append(out, "}}"...)), nil
	})
}

// record records items, and answers with what became of them.
func record(
	ctx context.Context, items []*world.Ingested, answer func([]world.IngestOutcome) (any, error),
) (answered reply, err error) {
	call := callOf(ctx)
	body, _ := call.body.(map[string]any)
	for _, singly := range []bool{false, true} {
		answered, err = call.service.write(ctx, func(tx *world.Tx) (any, error) {
			outcomes, err := tx.Ingest(call.site, items, analyticsAllowed(body), singly)
			if err != nil {
				return nil, err
			}
			return answer(outcomes)
		})
		if !errors.Is(err, world.ErrIngestSingly) {
			break
		}
	}
	return answered, err
}

// ingestedOf returns an item of a batch, nil if it is invalid. The journal gets the reasons.
func ingestedOf(ctx context.Context, index int, given any) *world.Ingested {
	members, _ := given.(map[string]any)
	kind := textIn(members, "type")
	issues := itemIssues(kind, given)
	if len(issues) == 0 {
		return itemOf(kind, members)
	}
	grounds := groundsOf(detailsAt("/batch/", map[string]any{"issues": issues}, index))
	key := textIn(members, "messageId")
	gateway.Reject(ctx, gateway.Rejected{Index: index, Key: key, Error: world.IngestInvalid, Grounds: grounds})
	return nil
}

// itemIssues returns what is wrong with an item of a batch.
func itemIssues(kind string, given any) []wire.Issue {
	if schema := ingestSchemas[kind]; schema != "" {
		return wire.CheckSchema(schema, given)
	}
	if _, isObject := given.(map[string]any); !isObject {
		return []wire.Issue{{In: wire.InBody, Code: wire.CodeType, Message: "must be an object"}}
	}
	return []wire.Issue{{
		In: wire.InBody, Path: "/type", Code: wire.CodeEnum, Message: "must be identify, track or page",
	}}
}

// itemOf returns an item that fits its schema.
func itemOf(kind string, members map[string]any) *world.Ingested {
	item := &world.Ingested{
		Kind:       kind,
		MessageID:  textIn(members, "messageId"),
		Email:      textIn(members, "email"),
		ExternalID: textIn(members, "userId"),
		Event:      textIn(members, "event"),
		Data:       objectIn(members, "properties"),
		At:         textIn(members, "timestamp"),
		Source:     cmp.Or(textIn(members, "source"), world.SourceSDK),
	}
	switch kind {
	case world.IngestIdentify:
		item.Event, item.Data = world.EventIdentify, objectIn(members, "traits")
	case world.IngestPage:
		item.Event = world.EventPage
		if name, given := members["name"]; given {
			item.Data = maps.Clone(item.Data)
			item.Data["name"] = name
		}
	}
	return item
}

// analyticsAllowed reports whether the consent of a body allows to record events.
func analyticsAllowed(body map[string]any) bool {
	allowed, given := objectIn(body, "consent")["analytics"].(bool)
	return allowed || !given
}

// appendOutcome appends what became of an item as JSON: an api.IngestResult, or an api.IngestOutcome if index is
// negative.
func appendOutcome(to []byte, messageID string, index int, outcome world.IngestOutcome) []byte {
	duplicate := outcome.Status == world.IngestDuplicate
	to = strconv.AppendBool(append(to, `{"duplicate":`...), duplicate)
	if outcome.EventID != "" {
		to = quickjson.AppendString(append(to, `,"eventId":`...), outcome.EventID)
	}
	if index >= 0 {
		to = strconv.AppendInt(append(to, `,"index":`...), int64(index), 10)
	}
	to = appendTextOrNull(append(to, `,"messageId":`...), messageID)
	if outcome.Reason != "" {
		to = quickjson.AppendString(append(to, `,"reason":`...), outcome.Reason)
	}
	to = strconv.AppendBool(append(to, `,"retryable":`...), outcome.Retryable())
	return append(quickjson.AppendString(append(to, `,"status":`...), outcome.Status), '}')
}

// ingestOne answers with an api.IngestOutcome, or with an error if the item was rejected or has failed.
func ingestOne(ctx context.Context, kind string) (reply, error) {
	call := callOf(ctx)
	body, _ := call.body.(map[string]any)
	items := []*world.Ingested{itemOf(kind, body)}
	return record(ctx, items, func(outcomes []world.IngestOutcome) (any, error) {
		switch outcome := outcomes[0]; outcome.Status {
		case world.IngestRejected, world.IngestFailed:
			return nil, refusalOf(outcome)
		default:
			return encoded(appendOutcome(nil, textIn(body, "messageId"), -1, outcome)), nil
		}
	})
}

// refusalOf returns the error of a single item that was not recorded. Its body fits the schema.
func refusalOf(outcome world.IngestOutcome) error {
	switch outcome.Reason {
	case world.IngestInvalid:
		return gateway.Invalid(wire.Issue{
			In: wire.InBody, Path: "/timestamp", Code: wire.CodeMax,
			Message: "must be at most 24 hours in the future, and not before the year 0",
		})
	case world.IngestConflict:
		return &gateway.Problem{
			Code:    world.CodeConflict,
			Message: "userId and email belong to different Profiles.",
			Details: map[string]any{"reason": outcome.Reason},
		}
	}
	return &gateway.Problem{
		Code:    world.CodeUnavailable,
		Message: "The item could not be recorded. It can be sent again.",
		Details: map[string]any{"reason": outcome.Reason},
	}
}

// Replies of the operations.
func (r reply) VisitIngestBatchResponse(w http.ResponseWriter) error    { return r.write(w) }
func (r reply) VisitIngestIdentifyResponse(w http.ResponseWriter) error { return r.write(w) }
func (r reply) VisitIngestTrackResponse(w http.ResponseWriter) error    { return r.write(w) }
