// Package consumer is a small app that uses the SDK, as a user's would: in a module of its own, which sees only what is
// public, and with no library that the SDK does not need. What breaks it breaks users.
package consumer

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"time"

	segmentflow "github.com/segmentflow/segmentflow-go"
)

// Shop sends the email of a shop.
type Shop struct {
	client  *segmentflow.Client
	receipt string // the id of a Template
}

// Order is what a customer has bought.
type Order struct {
	ID    string  `json:"orderId"`
	Email string  `json:"-"`
	Total float64 `json:"total"`
}

// Connect returns a shop that uses an API key.
func Connect(apiKey, receipt string, opts ...segmentflow.Option) (*Shop, error) {
	opts = append([]segmentflow.Option{
		segmentflow.WithTimeout(10 * time.Second),
		segmentflow.WithMaxRetries(3),
		segmentflow.WithUserAgent("shop/1.0"),
		segmentflow.WithMiddleware(traced),
	}, opts...)
	client, err := segmentflow.New(apiKey, opts...)
	if err != nil {
		return nil, err
	}
	return &Shop{client: client, receipt: receipt}, nil
}

type traceKey struct{}

// traced adds the id of a trace to each request.
func traced(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(req *http.Request) (*http.Response, error) {
		if trace, ok := req.Context().Value(traceKey{}).(string); ok {
			req.Header.Set("Trace", trace)
		}
		return next.RoundTrip(req)
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// ErrRefused is the error of an order whose receipt can never be sent. Any other error is worth another try.
var ErrRefused = errors.New("the receipt was refused")

// Sell sends a receipt and records the order. It can be repeated.
func (s *Shop) Sell(ctx context.Context, order Order) (sendID string, err error) {
	var resp segmentflow.Response
	send, err := s.client.Emails.Send(ctx, &segmentflow.SendEmailParams{
		TemplateID: s.receipt,
		To:         &segmentflow.Recipient{Email: order.Email},
		Data:       order,
		Tracking:   &segmentflow.Tracking{Clicks: true},
	}, segmentflow.WithIdempotencyKey("receipt:"+order.ID), segmentflow.WithResponse(&resp))
	if err != nil {
		return "", verdict(err)
	}
	if resp.Replayed { // the order was recorded too
		return send.ID, nil
	}
	_, err = s.client.Events.Track(ctx, &segmentflow.TrackEventParams{
		Event:   "order.created",
		Profile: segmentflow.ProfileIdentity{Email: order.Email, Properties: map[string]any{"buyer": true}},
		Data:    order,
	}, segmentflow.WithIdempotencyKey("order.created:"+order.ID))
	return send.ID, verdict(err)
}

// verdict tells errors that a repeat cannot help from the others.
func verdict(err error) error {
	var apiErr *segmentflow.Error
	switch {
	case errors.Is(err, segmentflow.ErrRateLimited), errors.Is(err, segmentflow.ErrUnavailable):
		return err
	case errors.As(err, &apiErr) && apiErr.Status >= 400 && apiErr.Status < 500:
		return errors.Join(ErrRefused, err)
	}
	return err
}

// Resend sends the receipts of many orders again, and returns the ids of those that were rejected.
func (s *Shop) Resend(ctx context.Context, orders iter.Seq[Order]) (rejected []string, err error) {
	var ids []string
	items := func(yield func(segmentflow.BatchSendItem) bool) {
		for order := range orders {
			ids = append(ids, order.ID)
			if !yield(segmentflow.BatchSendItem{
				IdempotencyKey: "again:" + order.ID,
				To:             &segmentflow.Recipient{Email: order.Email},
				Data:           order,
			}) {
				return
			}
		}
	}
	results := s.client.Emails.SendAll(ctx, items, segmentflow.SendAllOptions{
		Defaults:    &segmentflow.BatchDefaults{TemplateID: s.receipt},
		Concurrency: 2,
	})
	for item, err := range results {
		if err != nil {
			return rejected, err
		}
		if item.Err != nil {
			rejected = append(rejected, ids[item.Index])
		}
	}
	return rejected, nil
}

// Propose prepares a campaign and returns the page on which a person approves it.
func (s *Shop) Propose(ctx context.Context, campaign *segmentflow.CreateBroadcastParams) (url string, err error) {
	made, err := s.client.Broadcasts.Create(ctx, campaign, segmentflow.WithIdempotencyKey("campaign:"+campaign.Name))
	if err != nil {
		return "", err
	}
	check, err := s.client.Broadcasts.Preflight(ctx, made.ID)
	if err != nil {
		return "", err
	}
	if !check.Ready {
		return "", errors.New(check.Blockers[0].Message)
	}
	key := segmentflow.WithIdempotencyKey("approve:" + made.ID)
	confirmation, err := s.client.Broadcasts.CreateConfirmation(ctx, made.ID, key)
	if err != nil {
		return "", err
	}
	return confirmation.ConfirmationURL, nil
}

// Forget deletes the Profiles with this email, after they were unsubscribed from everything.
func (s *Shop) Forget(ctx context.Context, email string) error {
	params := &segmentflow.ListProfilesParams{ProfileFilter: segmentflow.ProfileFilter{Search: email}, Limit: 10}
	for profile, err := range s.client.Profiles.All(ctx, params) {
		if err != nil {
			return err
		}
		groups, err := s.client.Profiles.Subscriptions(ctx, profile.ID)
		if err != nil {
			return err
		}
		for _, group := range groups {
			_, err := s.client.Profiles.SetSubscription(ctx, profile.ID, group.SubscriptionGroupID,
				&segmentflow.SetSubscriptionParams{Status: segmentflow.SubscriptionStatusUnsubscribed})
			if err != nil {
				return err
			}
		}
		if err := s.client.Profiles.Delete(ctx, profile.ID); err != nil {
			return err
		}
	}
	return nil
}
