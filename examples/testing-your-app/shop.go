package main

import (
	"encoding/json"
	"errors"
	"net/http"

	segmentflow "github.com/segmentflow/segmentflow-go"
)

// Shop is the service: it takes trials and orders over HTTP and lets Segmentflow do the mail. It holds the client itself,
// no interface of it: there is nothing to mock, since the emulator answers the real one.
type Shop struct {
	Client  *segmentflow.Client
	Receipt string // the id of the receipt's Template
}

type trial struct {
	TrialID string `json:"trialId"`
	Email   string `json:"email"`
}

type order struct {
	OrderID string  `json:"orderId"`
	TrialID string  `json:"trialId,omitempty"` // of the trial that led to it
	Email   string  `json:"email"`
	Total   float64 `json:"total"`
}

// Handler routes the shop's two calls.
func (s *Shop) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /trials", s.startTrial)
	mux.HandleFunc("POST /orders", s.checkout)
	return mux
}

// startTrial only says what happened; which mail follows, and when, is the Journey's affair.
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

// checkout sends the receipt, then tells that there is an order. Both keys name the order, so a browser that posts twice,
// or a job that is run again, changes nothing.
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

// answer tells the shop's caller whether it is worth coming back.
func answer(w http.ResponseWriter, err error) {
	switch {
	case err == nil:
		w.WriteHeader(http.StatusAccepted)
	case errors.Is(err, segmentflow.ErrInvalidRequest), errors.Is(err, segmentflow.ErrValidationFailed):
		http.Error(w, "this cannot be mailed: "+err.Error(), http.StatusUnprocessableEntity)
	default:
		http.Error(w, "try again later", http.StatusBadGateway)
	}
}
