package segmentflow

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
)

const (
	batchRoute = "/api/v1/emails/batch"
	maxBatch   = 100
)

// BatchSendParams is up to 100 emails that have nothing to do with each other.
type BatchSendParams struct {
	Items    []BatchSendItem
	Defaults *BatchDefaults
}

// BatchDefaults holds what items without it take over.
type BatchDefaults struct {
	TemplateID          string    `json:"templateId,omitzero"`
	SenderProfileID     string    `json:"senderProfileId,omitzero"`
	From                string    `json:"from,omitzero"`
	ReplyTo             string    `json:"replyTo,omitzero"`
	Subject             string    `json:"subject,omitzero"`
	SubscriptionGroupID string    `json:"subscriptionGroupId,omitzero"`
	Tracking            *Tracking `json:"tracking,omitzero"`
}

// BatchSendItem is one email of a batch: the fields of [SendEmailParams] and its own idempotency key.
type BatchSendItem struct {
	IdempotencyKey      string     `json:"idempotencyKey"` // 1 to 255 characters; a random one when empty
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

// BatchResult says what became of a batch: Total is Accepted and Rejected together.
type BatchResult struct {
	Total    int               `json:"total"`
	Accepted int               `json:"accepted"` // sends created or replayed
	Rejected int               `json:"rejected"`
	Items    []BatchResultItem `json:"items"` // one per item
}

// BatchResultItem is what became of one item: either Send or Err is set.
type BatchResultItem struct {
	Index          int        // the item's place, from 0
	IdempotencyKey string     // the one sent
	Send           *EmailSend // nil when the item was rejected
	Err            *Error     // nil when it was accepted; its Status is 0
}

// UnmarshalJSON reads the API's form. It goes by the presence of a send, for the discriminator's name is not documented.
func (i *BatchResultItem) UnmarshalJSON(data []byte) error {
	var item struct {
		Index          int             `json:"index"`
		IdempotencyKey string          `json:"idempotencyKey"`
		Send           *EmailSend      `json:"send"`
		Error          json.RawMessage `json:"error"`
	}
	if err := json.Unmarshal(data, &item); err != nil {
		return err
	}
	*i = BatchResultItem{Index: item.Index, IdempotencyKey: item.IdempotencyKey, Send: item.Send}
	if i.Send == nil {
		i.Err = &Error{Message: "the item was rejected without a reason"}
		i.Err.decode(item.Error)
	}
	return nil
}

// Err is nil when every item was accepted, else the errors of the rejected ones, joined.
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

// encode gives the item for the wire, with a key.
func (i BatchSendItem) encode(at string, is *issues) json.RawMessage {
	if i.IdempotencyKey == "" {
		i.IdempotencyKey = newKey()
	}
	i.Data = is.object(at+"/data", i.Data)
	raw, _ := json.Marshal(i) // cannot fail: what could is the data, and that is JSON by now
	return raw
}

// BatchSend creates up to 100 EmailSends (documented, scope emails:write). One item that is rejected does not touch the
// others: the error is nil then, and the item's Err, or [BatchResult.Err], says why. Repeating a batch replays the items
// whose keys are known. Over 100 items, and an item whose Data is no JSON object, are ErrInvalidRequest, and nothing is
// sent.
func (s *EmailsService) BatchSend(ctx context.Context, params *BatchSendParams, opts ...CallOption) (*BatchResult, error) {
	if params == nil {
		return s.batch(ctx, nil, issues{}, opts)
	}
	var is issues
	if len(params.Items) > maxBatch {
		is.add("body", "/items", "too_many", "must have at most 100 items; SendAll takes any number")
		return s.batch(ctx, &batchBody{}, is, opts)
	}
	body := &batchBody{Items: make([]json.RawMessage, len(params.Items)), Defaults: params.Defaults}
	for i, item := range params.Items {
		body.Items[i] = item.encode(fmt.Sprintf("/items/%d", i), &is)
	}
	return s.batch(ctx, body, is, opts)
}

func (s *EmailsService) batch(ctx context.Context, body *batchBody, is issues, opts []CallOption) (*BatchResult, error) {
	// The header's key is not looked at; those of the items make it safe to repeat the call.
	r := request{method: http.MethodPost, route: batchRoute, body: body, keyed: true, issues: is}
	result := new(BatchResult)
	resp, err := s.client.do(ctx, r, result, opts)
	if err != nil {
		return nil, err
	}
	for _, item := range result.Items {
		if item.Err != nil {
			item.Err.RequestID, item.Err.Attempts, item.Err.IdempotencyKey = resp.RequestID, resp.Attempts, item.IdempotencyKey
			item.Err.route = itemLabel(item.Index)
		}
	}
	return result, nil
}

func itemLabel(index int) string {
	return fmt.Sprintf("%s %s item %d", http.MethodPost, batchRoute, index)
}
