package segmentflow

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Documented: the items of a website's plug-in, the statuses and the reasons. Decided here: the paths of single items.

// Ingest reports what the visitors of a website do. It has the website's write key in place of an API key. Make one
// with [NewIngest]. An Ingest is immutable and safe for concurrent use.
//
// The message id of an item identifies it: an item with an id that the API has seen is a duplicate, which is not
// recorded again. So every call is retried like a write with a documented idempotency key. An item without a message id
// gets the key of the call (see [WithIdempotencyKey]), "/" and its index, as for [EmailsService.BatchSend].
type Ingest struct {
	client   *Client
	writeKey string
}

// NewIngest returns an Ingest for the website with this write key. It takes the options of [New], and returns the same
// errors.
func NewIngest(writeKey string, opts ...Option) (*Ingest, error) {
	switch {
	case writeKey == "":
		return nil, errors.New("segmentflow: the write key is empty")
	case strings.ContainsFunc(writeKey, control):
		return nil, errors.New("segmentflow: the write key contains control characters")
	}
	client, err := build(&writeKey, defaults(), opts)
	if err != nil {
		return nil, err
	}
	client.keyInBody = true
	return &Ingest{client, writeKey}, nil
}

// IngestItem is an item of a batch: an [*IngestIdentify], an [*IngestTrack] or an [*IngestPage].
type IngestItem interface {
	// item returns the item in its form on the wire, and what is wrong with it.
	item() (ingestItem, issues)
}

// IngestIdentify says who a visitor is. It finds or makes a Profile.
type IngestIdentify struct {
	MessageID string `json:"messageId,omitzero"` // made up if it is empty
	Email     string `json:"email,omitzero"`     // required
	UserID    string `json:"userId,omitzero"`    // the visitor's id on the website: the Profile's externalId

	// Traits is a map or struct. It is merged into the Profile's properties. A null removes a property.
	Traits any `json:"traits,omitzero"`

	Timestamp time.Time    `json:"timestamp,omitzero"` // the time of receipt by default
	Source    IngestSource `json:"source,omitzero"`    // "sdk" by default
}

// IngestTrack says what a visitor has done. At least one of Email and UserID is needed. It makes no Profile.
type IngestTrack struct {
	MessageID string `json:"messageId,omitzero"` // made up if it is empty
	Event     string `json:"event,omitzero"`     // required
	Email     string `json:"email,omitzero"`
	UserID    string `json:"userId,omitzero"`

	// Properties is a map or struct that belongs to this event only. A Journey's email reads it as /event/*. An email
	// in it finds nobody.
	Properties any `json:"properties,omitzero"`

	Timestamp time.Time    `json:"timestamp,omitzero"` // the time of receipt by default
	Source    IngestSource `json:"source,omitzero"`    // "sdk" by default
}

// IngestPage says that a visitor has seen a page. It is recorded as the event page_viewed. At least one of Email and
// UserID is needed. It makes no Profile.
type IngestPage struct {
	MessageID string `json:"messageId,omitzero"` // made up if it is empty
	Name      string `json:"name,omitzero"`      // of the page
	Email     string `json:"email,omitzero"`
	UserID    string `json:"userId,omitzero"`

	Properties any `json:"properties,omitzero"` // a map or struct that belongs to this event only

	Timestamp time.Time    `json:"timestamp,omitzero"` // the time of receipt by default
	Source    IngestSource `json:"source,omitzero"`    // "sdk" by default
}

// IngestSource is what has seen a visitor. The set is open.
type IngestSource string

// The known sources.
const (
	IngestSourceSDK         IngestSource = "sdk"
	IngestSourceWordPress   IngestSource = "wordpress"
	IngestSourceWooCommerce IngestSource = "woocommerce"
	IngestSourceShopify     IngestSource = "shopify"
)

// IngestBatchParams contains up to 100 independent items.
type IngestBatchParams struct {
	Items   []IngestItem
	Consent *IngestConsent // nil if the visitors have agreed
}

// IngestConsent is what the visitors have agreed to. Without Analytics, tracks and pages are dropped.
type IngestConsent struct {
	Analytics bool `json:"analytics"`
	Marketing bool `json:"marketing"`
}

// IngestBatchResult is the outcome of a batch.
type IngestBatchResult struct {
	Results []IngestResult `json:"results"` // one per item, in their order
	Summary IngestSummary  `json:"summary"`

	sent []string // the message ids of the items
}

// IngestResult is the outcome of one item of a batch.
type IngestResult struct {
	Index int `json:"index"` // the position of the item, from 0
	IngestOutcome
}

// IngestOutcome is what became of an item.
type IngestOutcome struct {
	MessageID string       `json:"messageId"`
	Status    IngestStatus `json:"status"`
	Duplicate bool         `json:"duplicate"` // an item with this message id was recorded before
	Retryable bool         `json:"retryable"` // the same item may succeed later
	Reason    IngestReason `json:"reason"`    // empty for an accepted item
	EventID   string       `json:"eventId"`   // of the recorded event, or of the first one of a duplicate
}

// IngestSummary is how many items of a batch have each status.
type IngestSummary struct {
	Accepted  int `json:"accepted"`
	Duplicate int `json:"duplicate"`
	Dropped   int `json:"dropped"`
	Rejected  int `json:"rejected"`
	Failed    int `json:"failed"`
}

// IngestStatus is the status of an item.
type IngestStatus string

// The statuses of items.
const (
	IngestStatusAccepted  IngestStatus = "accepted"  // recorded
	IngestStatusDuplicate IngestStatus = "duplicate" // recorded before
	IngestStatusDropped   IngestStatus = "dropped"   // not to be recorded
	IngestStatusRejected  IngestStatus = "rejected"  // cannot be recorded
	IngestStatusFailed    IngestStatus = "failed"    // may be recorded later
)

// IngestReason says why an item was not accepted.
type IngestReason string

// The reasons.
const (
	IngestReasonDuplicateOccurrence     IngestReason = "duplicate_occurrence"
	IngestReasonProfileNotFound         IngestReason = "profile_not_found"
	IngestReasonAnalyticsConsentRevoked IngestReason = "analytics_consent_revoked"
	IngestReasonIdentitySuppressed      IngestReason = "identity_suppressed"
	IngestReasonIdentityConflict        IngestReason = "identity_conflict"
	IngestReasonInvalidInput            IngestReason = "invalid_input"
	IngestReasonEventWriteFailed        IngestReason = "event_write_failed"
	IngestReasonEnrollmentFailed        IngestReason = "journey_enrollment_failed"
)

// Err returns the errors of all items that were rejected or have failed, joined. It returns nil if there are none.
func (r *IngestBatchResult) Err() error {
	var failed []error
	for i := range r.Results {
		if err := r.Results[i].err(fmt.Sprintf("%s item %d", ingestBatch.label(), r.Results[i].Index)); err != nil {
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}

// err returns the error of an item that was rejected or has failed.
func (o *IngestOutcome) err(route string) error {
	if o.Status != IngestStatusRejected && o.Status != IngestStatusFailed {
		return nil
	}
	message := "the item was rejected"
	if o.Status == IngestStatusFailed {
		message = "the item has failed; it can be sent again"
	}
	return &Error{Code: string(o.Reason), Message: message, route: route}
}

// Identify says who a visitor is (documented, write key; the path is decided here). To give the consent of the visitor,
// use Batch.
//
// Besides the usual errors: ErrIdentityConflict.
func (in *Ingest) Identify(ctx context.Context, visitor *IngestIdentify, opts ...CallOption) (*IngestOutcome, error) {
	return in.single(ctx, ingestIdentify, visitor, opts)
}

// Track says what a visitor has done (documented, write key; the path is decided here). To give the consent of the
// visitor, use Batch.
//
// Besides the usual errors: ErrIdentityConflict.
func (in *Ingest) Track(ctx context.Context, event *IngestTrack, opts ...CallOption) (*IngestOutcome, error) {
	return in.single(ctx, ingestTrack, event, opts)
}

// Page says that a visitor has seen a page (documented, write key). It is a batch with one item. An item that is
// rejected or fails is an error.
func (in *Ingest) Page(ctx context.Context, page *IngestPage, opts ...CallOption) (*IngestOutcome, error) {
	batch, err := in.Batch(ctx, &IngestBatchParams{Items: []IngestItem{page}}, opts...)
	if err != nil {
		return nil, err
	}
	outcome := &batch.Results[0].IngestOutcome
	if err := outcome.err(ingestBatch.label()); err != nil {
		return nil, err
	}
	return outcome, nil
}

// Batch records up to 100 items (documented, write key). An item that is not recorded does not affect the others: Batch
// then returns no error, and the item's result and [IngestBatchResult.Err] have the reason.
//
// If the reply does not have exactly one result for each item, in their order, Batch returns both: an error that says
// what is wrong, and the result as far as it was read.
func (in *Ingest) Batch(
	ctx context.Context, params *IngestBatchParams, opts ...CallOption,
) (*IngestBatchResult, error) {
	req := request{op: ingestBatch, keyed: true}
	if params == nil {
		req.body = params
		return call[IngestBatchResult](ctx, in.client, req, opts)
	}
	if len(params.Items) > maxBatch {
		req.issues.add("body", "/batch", "too_many", "must have at most 100 items")
	}
	items := make([]ingestItem, len(params.Items))
	for i, given := range params.Items {
		var found issues
		items[i], found = encodeIngest(given)
		req.issues.at("/batch/"+strconv.Itoa(i), found)
	}
	result := &IngestBatchResult{sent: make([]string, len(items))}
	req.bodyFor = func(key string) []byte {
		for i := range items {
			items[i].name(key, i)
			result.sent[i] = items[i].MessageID
		}
		return encodeIngestBatch(in.writeKey, items, params.Consent)
	}
	_, err := in.client.do(ctx, req, result, opts)
	if err != nil && !partial(err) {
		return nil, err
	}
	return result, err
}

// single records one item on a route of its own.
func (in *Ingest) single(
	ctx context.Context, op operation, given IngestItem, opts []CallOption,
) (*IngestOutcome, error) {
	req := request{op: op, keyed: true}
	var item ingestItem
	item, req.issues = encodeIngest(given)
	reply := &ingestReply{}
	req.bodyFor = func(key string) []byte {
		item.name(key, 0)
		reply.sent = item.MessageID
		w := quickWriter{[]byte{'{'}}
		w.member("writeKey", in.writeKey)
		w.ingest(&item)
		return append(w.out, '}')
	}
	_, err := in.client.do(ctx, req, reply, opts)
	if err != nil && !partial(err) {
		return nil, err
	}
	return &reply.IngestOutcome, err
}

// ingestReply is the reply to a single item.
type ingestReply struct {
	IngestOutcome
	sent string // its message id
}

// wrong returns what is missing or wrong in the reply, or "".
func (r *ingestReply) wrong() string {
	switch {
	case r.Status == "":
		return "the reply has no /status"
	case r.MessageID != r.sent:
		return "the reply has another messageId"
	}
	return ""
}

// wrong returns what is missing or wrong in the reply, or "". Nobody would know which item a result belongs to.
func (r *IngestBatchResult) wrong() string {
	if len(r.Results) != len(r.sent) {
		return fmt.Sprintf("the reply has %d results instead of %d", len(r.Results), len(r.sent))
	}
	for i := range r.Results {
		switch result := &r.Results[i]; {
		case result.Index != i:
			return fmt.Sprintf("the reply has the result of item %d in place of item %d", result.Index, i)
		case result.MessageID != r.sent[i]:
			return fmt.Sprintf("the reply has another messageId for item %d", i)
		case result.Status == "":
			return fmt.Sprintf("the reply has no status for item %d", i)
		}
	}
	return ""
}

// encodeIngest returns an item in its form on the wire, and what is wrong with it.
func encodeIngest(given IngestItem) (item ingestItem, found issues) {
	if given == nil || reflect.ValueOf(given).IsNil() {
		found.add("body", "", "required", "must not be nil")
		return item, found
	}
	item, found = given.item()
	if !utf8.ValidString(item.MessageID) {
		found.add("body", "/messageId", "malformed", "must be valid UTF-8") // two ids could become one
	}
	return item, found
}

// ingestItem is an item on the wire.
type ingestItem struct {
	Type, MessageID, Event, Name, Email, UserID string
	Traits, Properties                          []byte // JSON; nil for none
	Timestamp                                   time.Time
	Source                                      IngestSource
}

// name gives an item without a message id one that follows from the key of the call.
func (item *ingestItem) name(key string, index int) {
	if item.MessageID == "" {
		item.MessageID = itemKey(key, index)
	}
}

func (v *IngestIdentify) item() (item ingestItem, found issues) {
	item = ingestItem{Type: "identify", MessageID: v.MessageID, Email: v.Email, UserID: v.UserID, Source: v.Source}
	item.Traits, item.Timestamp = found.raw("/traits", v.Traits), v.Timestamp
	return item, found
}

func (e *IngestTrack) item() (item ingestItem, found issues) {
	item = ingestItem{
		Type: "track", MessageID: e.MessageID, Event: e.Event, Email: e.Email, UserID: e.UserID, Source: e.Source,
	}
	item.Properties, item.Timestamp = found.raw("/properties", e.Properties), e.Timestamp
	return item, found
}

func (p *IngestPage) item() (item ingestItem, found issues) {
	item = ingestItem{
		Type: "page", MessageID: p.MessageID, Name: p.Name, Email: p.Email, UserID: p.UserID, Source: p.Source,
	}
	item.Properties, item.Timestamp = found.raw("/properties", p.Properties), p.Timestamp
	return item, found
}
