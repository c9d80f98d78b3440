package segmentflow

import (
	"context"
	"encoding/json"
	"iter"
)

// All is the iterator that every list operation uses.
func All[T any](
	ctx context.Context,
	fetch func(ctx context.Context, cursor string) ([]T, *string, error),
) iter.Seq2[T, error] {
	page := func(ctx context.Context, cursor string, _ []CallOption) ([]T, *string, error) {
		return fetch(ctx, cursor)
	}
	return all(ctx, listProfiles, "", nil, page)
}

// DecodeSend decodes a send as encoding/json does. quick reports whether the quick way was enough.
func DecodeSend(data []byte) (send EmailSend, quick bool) {
	quick = quickly(data, &send)
	return send, quick
}

// DecodeBatch decodes the reply to a batch. quick reports whether the quick way was enough.
func DecodeBatch(data []byte) (reply any, quick bool) {
	var batch batchReply
	quick = quickly(data, &batch)
	return batch, quick
}

// DecodeBatchSlowly decodes the reply to a batch with encoding/json.
func DecodeBatchSlowly(data []byte) (any, error) {
	var batch batchReply
	err := json.Unmarshal(data, &batch)
	return batch, err
}

// EncodeQuickly returns the JSON of an item. quick reports whether the quick way was enough.
func EncodeQuickly(item BatchSendItem) (raw []byte, quick bool) { return quickJSON(&item) }
