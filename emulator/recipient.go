package emulator

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/web"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// What a mail's reader and their server do: for Go, and for the control plane. What cannot have happened is an error, with
// the rules of outcomes.go.

// Bounce lets the recipient's server return a message: BounceHard or BounceSoft.
func (e *Emulator) Bounce(msg *Message, kind string) error {
	return e.befall(msg, PlannedFact{Type: "bounced", Kind: kind})
}

// Complain lets the reader call a message spam.
func (e *Emulator) Complain(msg *Message) error {
	return e.befall(msg, PlannedFact{Type: "complained"})
}

// Open lets the reader open a message.
func (e *Emulator) Open(msg *Message) error { return e.befall(msg, PlannedFact{Type: "opened"}) }

// Click lets the reader follow a link of a message: the one with this URL, else the first whose text or URL contains the
// given text, as Message.Link. A link that was rewritten is followed for real, in process; where nothing was rewritten the
// click is recorded all the same.
func (e *Emulator) Click(msg *Message, link string) error {
	target := ""
	for _, l := range msg.Links() {
		if l.URL == link {
			target = link
		}
	}
	if target == "" {
		target = msg.Link(link)
	}
	followable, own, original := e.w.ReadLink(target)
	switch {
	case !followable:
		return fmt.Errorf("emulator: message %s has no link to the web with %q; there are %v", msg.ID, link, msg.Links())
	case own:
		return fmt.Errorf("emulator: message %s: nobody counts clicks on %q; Unsubscribe does what a mail program does", msg.ID, link)
	case original == target:
		return e.befall(msg, PlannedFact{Type: "clicked", URL: target})
	}
	return e.visit(msg, http.MethodGet, target, web.ClickPath, "", http.StatusFound)
}

// Unsubscribe does what a mail program does at a press of its unsubscribe button: it posts to the address in the
// message's List-Unsubscribe header (RFC 8058), in process. A message without that header, or of another emulator, is an
// error.
func (e *Emulator) Unsubscribe(msg *Message) error {
	header := msg.Headers.Get("List-Unsubscribe")
	if header == "" {
		return fmt.Errorf("emulator: message %s has no List-Unsubscribe header: only mail to a SubscriptionGroup has one", msg.ID)
	}
	return e.visit(msg, http.MethodPost, strings.Trim(header, "<>"), web.UnsubscribePath, "List-Unsubscribe=One-Click", http.StatusOK)
}

// visit requests one of the emulator's own links, which may stand behind a path that WithPublicURL put there.
func (e *Emulator) visit(msg *Message, method, link, path, form string, want int) error {
	target, err := url.Parse(link)
	if err != nil {
		return fmt.Errorf("emulator: message %s: %w", msg.ID, err)
	}
	target.Path = target.Path[max(0, strings.LastIndex(target.Path, path)):]
	request, err := http.NewRequest(method, target.String(), strings.NewReader(form))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := e.Transport().RoundTrip(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != want {
		reason, _ := io.ReadAll(io.LimitReader(response.Body, 200))
		return fmt.Errorf("emulator: message %s: the link answered %s: %s", msg.ID, response.Status, bytes.TrimSpace(reason))
	}
	return nil
}

func (e *Emulator) befall(msg *Message, f PlannedFact) error {
	planned := world.PlannedFact(f)
	err := planned.Check()
	if err == nil {
		err = e.w.Act(context.Background(), world.First, func(tx *world.Tx) error {
			_, err := tx.ApplyFact(msg.ID, planned)
			return err
		})
	}
	if err != nil {
		return fmt.Errorf("emulator: message %s: %w", msg.ID, err)
	}
	return nil
}
