package main

import (
	"context"
	"crypto/rand"
	_ "embed"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"sync"

	segmentflow "github.com/segmentflow/segmentflow-go"
)

// Shop is a small web shop. It sends its email through Segmentflow, with one client for all requests.
type Shop struct {
	Client  *segmentflow.Client
	Receipt string // id of the Template of receipts
	Shipped string // id of the Template that says an order is on its way
	Readers string // id of the SubscriptionGroup of the newsletter

	mu     sync.Mutex
	orders []Order
}

// Order is what a customer has bought.
type Order struct {
	ID      string  `json:"orderId"`
	Email   string  `json:"-"`
	Item    string  `json:"item"`
	Price   float64 `json:"price"`
	Shipped bool    `json:"-"`
}

// Parcel is what the email about a shipped order says.
type Parcel struct {
	Order
	TrackingURL string `json:"trackingUrl"`
}

// prices are what the shop sells.
func prices() map[string]float64 { return map[string]float64{"Trail shoe": 89.5, "Wool socks": 12} }

//go:embed shop.html
var page string

var shopPage = template.Must(template.New("shop").Parse(page))

// errInput is an error of the customer, with what they can do about it.
var errInput = errors.New("please check the form")

// Handler serves the shop. A form that another site sends is refused.
func (s *Shop) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.show)
	mux.HandleFunc("POST /sign-up", form(s.signUp))
	mux.HandleFunc("POST /order", form(s.order))
	mux.HandleFunc("POST /ship", form(s.ship))
	mux.HandleFunc("POST /newsletter", form(s.subscribe))
	return http.NewCrossOriginProtection().Handler(mux)
}

func (s *Shop) show(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	orders := slices.Clone(s.orders)
	s.mu.Unlock()
	err := shopPage.Execute(w, map[string]any{
		"Done": r.URL.Query().Get("done"), "Orders": orders, "Prices": prices(), "NewID": rand.Text(),
	})
	if err != nil {
		slog.Error("show the shop", "error", err)
	}
}

// form serves a form. What the customer did wrong is 422, and what may work later is 502. Otherwise the shop says what
// was done.
func form(do func(r *http.Request) (done string, err error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		done, err := do(r)
		switch {
		case err == nil:
			http.Redirect(w, r, "/?done="+url.QueryEscape(done), http.StatusSeeOther)
		case errors.Is(err, errInput), errors.Is(err, segmentflow.ErrInvalidRequest):
			http.Error(w, err.Error(), http.StatusUnprocessableEntity)
		default:
			slog.Error("a form failed", "path", r.URL.Path, "error", err)
			http.Error(w, "This did not work. Please try again.", http.StatusBadGateway)
		}
	}
}

// signUp only reports the event. The Journey decides which email follows, and when.
func (s *Shop) signUp(r *http.Request) (string, error) {
	name, email := r.PostFormValue("name"), r.PostFormValue("email")
	_, err := s.Client.Events.Track(r.Context(), &segmentflow.TrackEventParams{
		Event: "customer.signed_up",
		Profile: segmentflow.ProfileIdentity{
			Email: email, Properties: map[string]any{"firstName": name},
		},
	}, segmentflow.WithIdempotencyKey("customer.signed_up:"+r.PostFormValue("id")))
	return "Welcome, " + name + ". We have sent you an email.", err
}

// order takes an order and sends its receipt. The form brings the id of the order, so a form that is sent twice is one
// order with one receipt.
func (s *Shop) order(r *http.Request) (string, error) {
	item := r.PostFormValue("item")
	price, ok := prices()[item]
	o := Order{ID: r.PostFormValue("id"), Email: r.PostFormValue("email"), Item: item, Price: price}
	if !ok || o.ID == "" {
		return "", fmt.Errorf("%w: there is no item %q", errInput, item)
	}
	if err := s.send(r.Context(), s.Receipt, "receipt:", o, o); err != nil {
		return "", err
	}

	s.mu.Lock()
	defer s.mu.Unlock()
	if s.find(o.ID) < 0 {
		s.orders = append(s.orders, o)
	}
	return "Thank you. The receipt is in your mailbox.", nil
}

// ship says that an order is on its way. The email is sent once, however often somebody presses the button.
func (s *Shop) ship(r *http.Request) (string, error) {
	s.mu.Lock()
	i := s.find(r.PostFormValue("id"))
	if i < 0 {
		s.mu.Unlock()
		return "", fmt.Errorf("%w: there is no such order", errInput)
	}
	o := s.orders[i]
	s.mu.Unlock() // other customers do not wait for the API

	parcel := Parcel{o, "https://acme.example/track/" + o.ID}
	if err := s.send(r.Context(), s.Shipped, "shipped:", o, parcel); err != nil {
		return "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.orders[i].Shipped = true // orders are never removed
	return "The order is on its way.", nil
}

// find returns the place of the order with an id, or -1 if there is none. The lock must be held.
func (s *Shop) find(id string) int {
	return slices.IndexFunc(s.orders, func(o Order) bool { return o.ID == id })
}

// send sends an email about an order, at most once for each reason.
func (s *Shop) send(ctx context.Context, templateID, reason string, o Order, data any) error {
	_, err := s.Client.Emails.Send(ctx, &segmentflow.SendEmailParams{
		TemplateID: templateID,
		To:         &segmentflow.Recipient{Email: o.Email},
		Data:       data,
	}, segmentflow.WithIdempotencyKey(reason+o.ID))
	return err
}

// subscribe records that somebody wants the newsletter. The event makes a Profile of a reader who is not a customer.
func (s *Shop) subscribe(r *http.Request) (string, error) {
	event, err := s.Client.Events.Track(r.Context(), &segmentflow.TrackEventParams{
		Event:   "newsletter.requested",
		Profile: segmentflow.ProfileIdentity{Email: r.PostFormValue("email")},
	})
	if err != nil {
		return "", err
	}
	_, err = s.Client.Profiles.SetSubscription(r.Context(), event.ProfileID, s.Readers,
		&segmentflow.SetSubscriptionParams{Status: segmentflow.SubscriptionStatusSubscribed})
	return "You get the next issue of Trail Notes.", err
}
