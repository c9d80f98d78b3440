package main

import (
	"encoding/json"
	"errors"
	"net/http"

	segmentflow "github.com/segmentflow/segmentflow-go"
)

// Shop is the service. It accepts trials and orders over HTTP and sends its email through Segmentflow. It uses the
// client directly, not through an interface: the emulator answers the real client, so there is nothing to mock.
type Shop struct {
	Client  *segmentflow.Client
	Receipt string // id of the Template of receipts
}

type trial struct {
	TrialID string `json:"trialId"`
	Email   string `json:"email"`
}

type order struct {
	OrderID string  `json:"orderId"`
	TrialID string  `json:"trialId,omitempty"` // the trial before the order, if any
	Email   string  `json:"email"`
	Total   float64 `json:"total"`
}

// Handler routes the two calls of the shop.
func (s *Shop) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /trials", s.startTrial)
	mux.HandleFunc("POST /orders", s.checkout)
	return mux
}

// startTrial only records the event. The Journey decides which emails follow, and when.
func (s *Shop) startTrial(w http.ResponseWriter, r *http.Request) {
	var t trial
	if err := json.NewDecoder(r.Body).Decode(&t); err != nil {
		http.Error(w, "the trial is not JSON", http.StatusBadRequest)
		return
	}
	_, err := s.Client.Events.Track(r.Context(), &segmentflow.TrackEventParams{
		Event:   "trial.started",
		Profile: segmentflow.ProfileIdentity{Email: t.Email},
		Data:    t,
	}, segmentflow.WithIdempotencyKey("trial.started:"+t.TrialID))
	answer(w, err)
}

// checkout sends the receipt and then records the order. Both idempotency keys contain the order id. So nothing changes
// when a browser posts twice, or when a job runs again.
func (s *Shop) checkout(w http.ResponseWriter, r *http.Request) {
	var o order
	if err := json.NewDecoder(r.Body).Decode(&o); err != nil {
		http.Error(w, "the order is not JSON", http.StatusBadRequest)
		return
	}
	_, err := s.Client.Emails.Send(r.Context(), &segmentflow.SendEmailParams{
		TemplateID: s.Receipt,
		To:         &segmentflow.Recipient{Email: o.Email},
		Data:       o,
	}, segmentflow.WithIdempotencyKey("receipt:"+o.OrderID))
	if err == nil {
		_, err = s.Client.Events.Track(r.Context(), &segmentflow.TrackEventParams{
			Event:   "order.created",
			Profile: segmentflow.ProfileIdentity{Email: o.Email},
			Data:    o,
		}, segmentflow.WithIdempotencyKey("order.created:"+o.OrderID))
	}
	answer(w, err)
}

// answer tells the caller of the shop whether a retry makes sense.
func answer(w http.ResponseWriter, err error) {
	switch {
	case err == nil:
		w.WriteHeader(http.StatusAccepted)
	case errors.Is(err, segmentflow.ErrInvalidRequest), errors.Is(err, segmentflow.ErrValidationFailed):
		http.Error(w, "the email cannot be sent: "+err.Error(), http.StatusUnprocessableEntity)
	default:
		http.Error(w, "try again later", http.StatusBadGateway)
	}
}
