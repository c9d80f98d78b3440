package segmentflow

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"unicode/utf8"
)

const maxBatch = 100

// BatchSendParams contains up to 100 independent emails.
type BatchSendParams struct {
	Items    []BatchSendItem `json:"items"`
	Defaults *BatchDefaults  `json:"defaults,omitzero"`
}

// BatchDefaults contains values for the items that leave a field empty.
type BatchDefaults struct {
	TemplateID          string    `json:"templateId,omitzero"`
	SenderProfileID     string    `json:"senderProfileId,omitzero"`
	From                string    `json:"from,omitzero"`
	ReplyTo             string    `json:"replyTo,omitzero"`
	Subject             string    `json:"subject,omitzero"`
	SubscriptionGroupID string    `json:"subscriptionGroupId,omitzero"`
	Tracking            *Tracking `json:"tracking,omitzero"`
}

// BatchSendItem is one email of a batch: the fields of [SendEmailParams] and an idempotency key of its own.
type BatchSendItem struct {
	// IdempotencyKey has 1 to 255 characters. An empty one is replaced; see [EmailsService.BatchSend].
	IdempotencyKey      string     `json:"idempotencyKey,omitzero"`
	TemplateID          string     `json:"templateId,omitzero"`
	To                  *Recipient `json:"to,omitzero"`
	ProfileID           string     `json:"profileId,omitzero"`
	SenderProfileID     string     `json:"senderProfileId,omitzero"`
	From                string     `json:"from,omitzero"`
	ReplyTo             string     `json:"replyTo,omitzero"`
	Subject             string     `json:"subject,omitzero"`
	SubscriptionGroupID string     `json:"subscriptionGroupId,omitzero"`
	CC                  []string   `json:"cc,omitempty"`
	BCC                 []string   `json:"bcc,omitempty"`
	Data                any        `json:"data,omitzero"`
	Tracking            *Tracking  `json:"tracking,omitzero"`
}

// BatchResult is the outcome of a batch. Total is the sum of Accepted and Rejected.
type BatchResult struct {
	Total    int               `json:"total"`
	Accepted int               `json:"accepted"` // sends created or replayed
	Rejected int               `json:"rejected"`
	Items    []BatchResultItem `json:"items"` // one per item
}

// BatchResultItem is the outcome of one item. Either Send or Err is set.
type BatchResultItem struct {
	Index          int        // the position of the item, from 0
	IdempotencyKey string     // the key that was sent
	Send           *EmailSend // nil if the item was rejected
	Err            *Error     // nil if the item was accepted; its Status is 0
}

// Err returns the errors of all rejected items, joined. It returns nil if every item was accepted.
func (r *BatchResult) Err() error {
	var rejected []error
	for _, item := range r.Items {
		if item.Err != nil {
			rejected = append(rejected, item.Err)
		}
	}
	return errors.Join(rejected...)
}

// encodedItem is an item of a batch as JSON. If the item has no idempotency key, key is empty until encodeBatch makes
// one, and the JSON has none.
type encodedItem struct {
	index int // for that key
	key   string
	json  []byte
}

func (item BatchSendItem) encode(index int, is *issues) encodedItem {
	if !utf8.ValidString(item.IdempotencyKey) {
		is.add("body", "/idempotencyKey", "malformed", "must be valid UTF-8")
	}
	data, ok, err := asObject(item.Data)
	if !ok {
		is.notObject("/data", err)
		return encodedItem{}
	}

	item.Data = data
	raw, ok := quickJSON(&item)
	if !ok { // only the data can cause it
		if raw, err = json.Marshal(item); err != nil {
			is.notObject("/data", err)
		}
	}
	return encodedItem{index: index, key: item.IdempotencyKey, json: raw}
}

// itemKey returns the idempotency key of the item with this index, which has none of its own. It follows from the key
// of the call, so that a repeated call repeats no item.
func itemKey(callKey string, index int) string {
	key := callKey + "/" + strconv.Itoa(index)
	if utf8.RuneCountInString(key) <= maxKey {
		return key
	}
	return fmt.Sprintf("sha256:%x/%d", sha256.Sum256([]byte(callKey)), index)
}

// encodeBatch returns the body of a batch. It makes the keys of the items that have none.
func encodeBatch(items []encodedItem, callKey string, defaults *BatchDefaults) []byte {
	size := 1024 // room for the defaults
	for n := range items {
		const member = 24 // bytes of a key without the key itself
		size += len(items[n].json) + len(callKey) + member
	}
	body := append(make([]byte, 0, size), `{"items":[`...)
	for n := range items {
		item := &items[n]
		if n > 0 {
			body = append(body, ',')
		}
		if item.key != "" {
			body = append(body, item.json...)
			continue
		}

		item.key = itemKey(callKey, item.index)
		quoted, _ := json.Marshal(item.key) // a string always marshals
		body = append(append(body, `{"idempotencyKey":`...), quoted...)
		if item.json[1] != '}' {
			body = append(body, ',')
		}
		body = append(body, item.json[1:]...)
	}
	body = append(body, ']')

	if defaults != nil {
		raw, _ := json.Marshal(defaults) // contains nothing that does not marshal
		body = append(append(body, `,"defaults":`...), raw...)
	}
	return append(body, '}')
}

// BatchSend creates up to 100 EmailSends (documented, scope emails:write). A rejected item does not affect the others:
// BatchSend then returns no error, and the item's Err and [BatchResult.Err] contain the reason.
//
// If you repeat a batch, items with a known idempotency key return their first result again. An item without a key of
// its own gets the key of the call (see [WithIdempotencyKey]), "/" and its index, such as "receipts:2026-03/0". If that
// has more than 255 characters, it is "sha256:", the hexadecimal SHA-256 of the call's key, "/" and the index. So after
// an error you can repeat the same items with the IdempotencyKey of the [Error]: no email is sent twice, even if the
// API has sent them all and only its reply was lost.
//
// If the reply does not have exactly one result for each item, or a send has no id, BatchSend returns both: an error
// that says what is missing, and the result as far as it was read.
//
// BatchSend sends nothing and returns ErrInvalidRequest if there are more than 100 items, or if the Data of an item is
// not a JSON object.
func (s *EmailsService) BatchSend(
	ctx context.Context, params *BatchSendParams, opts ...CallOption,
) (*BatchResult, error) {
	if params == nil {
		return s.batch(ctx, request{body: params}, nil, nil, opts)
	}

	var req request
	if len(params.Items) > maxBatch {
		req.issues.add("body", "/items", "too_many", "must have at most 100 items; SendAll accepts any number")
		return s.batch(ctx, req, nil, nil, opts)
	}
	items := make([]encodedItem, len(params.Items))
	for index, item := range params.Items {
		var found issues
		items[index] = item.encode(index, &found)
		req.issues.at("/items/"+strconv.Itoa(index), found)
	}
	return s.batch(ctx, req, items, params.Defaults, opts)
}

func (s *EmailsService) batch(
	ctx context.Context, req request, items []encodedItem, defaults *BatchDefaults, opts []CallOption,
) (*BatchResult, error) {
	// The API ignores the key in the header. The keys of the items make it safe to repeat the call.
	req.op, req.keyed = batchSendEmails, true
	req.bodyFor = func(key string) []byte { return encodeBatch(items, key, defaults) }

	reply := batchReply{sent: items}
	resp, err := s.client.do(ctx, req, &reply, opts)
	if err != nil && !partial(err) {
		return nil, err
	}

	result := reply.result()
	for n := range result.Items {
		item := &result.Items[n]
		item.IdempotencyKey = hideKey(item.IdempotencyKey, *s.client.apiKey)
		if item.IdempotencyKey == "" && item.Index >= 0 && item.Index < len(items) {
			item.IdempotencyKey = items[item.Index].key
		}
		item.setOutcome(&resp)
		if item.Err != nil {
			item.Err.hide(*s.client.apiKey)
		}
	}
	return result, err
}

// setOutcome sets the outcome of an item of a reply: it was accepted if it has a send, and rejected otherwise. The
// field with this outcome is not used, because its name is not documented.
func (i *BatchResultItem) setOutcome(resp *Response) {
	if i.Send != nil {
		i.Err = nil
		return
	}
	rejected := &Error{
		RequestID:      resp.RequestID,
		IdempotencyKey: i.IdempotencyKey,
		Attempts:       resp.Attempts,
		route:          itemLabel(i.Index),
	}
	if i.Err != nil {
		rejected.Code, rejected.Message = i.Err.Code, i.Err.Message
		rejected.Details, rejected.Issues = i.Err.Details, i.Err.Issues
	}
	if rejected.Code == "" && rejected.Message == "" {
		rejected.Message = "the item was rejected without a reason"
	}
	i.Err = rejected
}

func itemLabel(index int) string {
	return fmt.Sprintf("%s item %d", batchSendEmails.label(), index)
}
