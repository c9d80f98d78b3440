package segmentflow

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
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
	IdempotencyKey      string     `json:"idempotencyKey"` // 1 to 255 characters; if empty, "auto_" and a random UUID
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

type batchBody struct {
	Items    []json.RawMessage `json:"items"`
	Defaults *BatchDefaults    `json:"defaults,omitzero"`
}

// encode returns the item as JSON. Its Data is JSON already. If the item has no idempotency key, encode adds one. In
// issues, the JSON pointer to the item is at.
func (item BatchSendItem) encode(c *Client, at string, is *issues) json.RawMessage {
	if item.IdempotencyKey == "" {
		item.IdempotencyKey = c.keySource()
		is.madeKey("body", at+"/idempotencyKey", item.IdempotencyKey)
	}
	raw, _ := json.Marshal(item) // cannot fail: only the data could, and it is JSON already
	return raw
}

// BatchSend creates up to 100 EmailSends (documented, scope emails:write). A rejected item does not affect the others:
// BatchSend then returns no error, and the item's Err and [BatchResult.Err] contain the reason. If you repeat a batch,
// items with a known idempotency key return their first result again.
//
// BatchSend sends nothing and returns ErrInvalidRequest if there are more than 100 items, or if the Data of an item is
// not a JSON object.
func (s *EmailsService) BatchSend(
	ctx context.Context, params *BatchSendParams, opts ...CallOption,
) (*BatchResult, error) {
	if params == nil {
		return s.batch(ctx, request{body: (*batchBody)(nil)}, opts)
	}

	var is issues
	if len(params.Items) > maxBatch {
		is.add("body", "/items", "too_many", "must have at most 100 items; SendAll accepts any number")
		return s.batch(ctx, request{body: &batchBody{}, issues: is}, opts)
	}

	body := &batchBody{Items: make([]json.RawMessage, len(params.Items)), Defaults: params.Defaults}
	items := slices.Clone(params.Items)
	for index := range items {
		items[index].Data = is.object(fmt.Sprintf("/items/%d/data", index), items[index].Data)
	}
	if len(is.list) > 0 {
		return s.batch(ctx, request{body: body, issues: is}, opts)
	}
	for index, item := range items {
		body.Items[index] = item.encode(s.client, fmt.Sprintf("/items/%d", index), &is)
	}
	return s.batch(ctx, request{body: body, issues: is}, opts)
}

func (s *EmailsService) batch(ctx context.Context, req request, opts []CallOption) (*BatchResult, error) {
	// The API ignores the key in the header. The keys of the items make it safe to repeat the call.
	req.op, req.keyed = batchSendEmails, true
	result := new(BatchResult)
	resp, err := s.client.do(ctx, req, result, opts)
	if err != nil && !partial(err) {
		return nil, err
	}

	for n := range result.Items {
		item := &result.Items[n]
		item.settle(&resp)
		if item.Err != nil {
			item.Err.hide(*s.client.apiKey)
		}
	}
	return result, err
}

// settle decides about an item of a reply: it was accepted if it has a send, and rejected otherwise. The field with
// this outcome is not used, because its name is not documented.
func (i *BatchResultItem) settle(resp *Response) {
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
	if rejected.Code == "" {
		rejected.Message = "the item was rejected without a reason"
	}
	i.Err = rejected
}

func itemLabel(index int) string {
	return fmt.Sprintf("%s item %d", batchSendEmails.label(), index)
}
