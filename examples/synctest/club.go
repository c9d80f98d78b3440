package main

import (
	"context"
	"net/http"
	"sync"
	"time"

	segmentflow "github.com/segmentflow/segmentflow-go"
)

// Club is the service. Its handler answers at once. A goroutine of its own reports the member and sends the welcome.
type Club struct {
	Client  *segmentflow.Client
	Welcome string        // id of the Template of the welcome
	Grace   time.Duration // how long it waits before it writes to a new member

	work sync.WaitGroup
}

// ServeHTTP accepts a new member.
func (c *Club) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	email, name := r.FormValue("email"), r.FormValue("name")
	ctx := context.WithoutCancel(r.Context()) // the work goes on after the answer
	c.work.Go(func() { c.greet(ctx, email, name) })
	w.WriteHeader(http.StatusAccepted)
}

func (c *Club) greet(ctx context.Context, email, name string) {
	_, err := c.Client.Events.Track(ctx, &segmentflow.TrackEventParams{
		Event:   "member.joined",
		Profile: segmentflow.ProfileIdentity{Email: email},
	}, segmentflow.WithIdempotencyKey("joined:"+email))
	if err != nil {
		return // a real service would log it and try again
	}
	time.Sleep(c.Grace)
	_, _ = c.Client.Emails.Send(ctx, &segmentflow.SendEmailParams{
		TemplateID: c.Welcome,
		To:         &segmentflow.Recipient{Email: email},
		Data:       map[string]any{"name": name},
	}, segmentflow.WithIdempotencyKey("welcome:"+email))
}

// Close waits for the work that has begun.
func (c *Club) Close() { c.work.Wait() }
