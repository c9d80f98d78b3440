package web

import (
	"cmp"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/format"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// This file has the log of webhooks: the list, and the page of one.

const webhooksPath = "/dashboard/webhooks"

func webhookPages() map[string]page {
	return map[string]page{
		"GET /dashboard/webhooks":              listWebhooks,
		"GET /dashboard/webhooks/{id}":         showWebhook,
		"POST /dashboard/webhooks/{id}/resend": resendWebhook,
	}
}

// webhookView is a webhook as its pages show it.
type webhookView struct {
	world.Webhook
	Profile reference
	Last    string // what the receiver answered last, "" if it was not tried
	Answers []webhookAnswer
	Sent    string // the payload, "" if the Profile was deleted
	Parked  bool
	Good    bool
}

// webhookAnswer is what came of a try.
type webhookAnswer struct {
	N    int // of the try
	At   time.Time
	Text string
}

// webhooksView is the list.
type webhooksView struct {
	Rows  []webhookView
	On    bool // there is a receiver
	Pager pager
}

func listWebhooks(v *visit) error {
	before, ok := numberIn(v.r.URL.Query(), "before")
	if !ok {
		return v.badQuery(noSuchPlace)
	}
	var view webhooksView
	err := v.act(func(tx *world.Tx) error {
		view.On = tx.HasReceiver()
		found, err := tx.Webhooks(before, rowsOnPage+1)
		next := 0
		if len(found) > rowsOnPage {
			found = found[:rowsOnPage]
			next = found[rowsOnPage-1].Seq
		}
		view.Pager = pagesOf(v, numbered(next))
		for i := range found {
			row, failed := webhookOf(tx, &found[i])
			if failed != nil {
				return failed
			}
			view.Rows = append(view.Rows, row)
		}
		return err
	})
	if err != nil {
		return err
	}
	return v.show(http.StatusOK, "webhooks.html", "Webhooks", &view)
}

func webhookOf(tx *world.Tx, hook *world.Webhook) (view webhookView, err error) {
	view = webhookView{
		Webhook: *hook,
		Parked:  hook.State == world.WebhookParked,
		Good:    hook.State == world.WebhookDelivered,
	}
	for i, try := range hook.Tries {
		view.Last = cmp.Or(try.Error, "no answer") // what was said about a deleted Profile is gone
		if try.Status != 0 {
			view.Last = strings.TrimSpace(strconv.Itoa(try.Status) + " " + http.StatusText(try.Status))
		}
		view.Answers = append(view.Answers, webhookAnswer{i + 1, try.At, view.Last})
	}
	if len(hook.Payload) > 0 {
		view.Sent = format.JSON(hook.Payload, "  ")
	}
	view.Profile, err = profileRef(tx, hook.ProfileID)
	return view, err
}

func showWebhook(v *visit) error {
	var view webhookView
	err := v.act(func(tx *world.Tx) error {
		id := strings.ToLower(v.r.PathValue("id"))
		hook, err := tx.Webhook(id)
		if err != nil {
			return err
		}
		if hook == nil {
			return world.NotFound("Webhook", id)
		}
		view, err = webhookOf(tx, hook)
		return err
	})
	if err != nil {
		return err
	}
	return v.show(http.StatusOK, "webhook.html", "Webhook "+view.Type, &view)
}

// resendWebhook sends a parked webhook again.
func resendWebhook(v *visit) error {
	id := strings.ToLower(v.r.PathValue("id"))
	err := v.act(func(tx *world.Tx) error { return tx.ResendWebhook(id) })
	if message, other := refusal(err); message != "" || other != nil {
		if other != nil {
			return other
		}
		return v.refuse(webhooksPath, message)
	}
	return v.done(webhooksPath+"/"+id, "The webhook is sent again.")
}
