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

// This file does what recipients of emails and their mail servers do. A fact that cannot have happened is an error, by
// the rules of package outcome.

// Bounce records that the recipient's mail server returned the message. The kind is BounceHard or BounceSoft.
func (e *Emulator) Bounce(msg *Message, kind string) error {
	return e.recordFact(msg, PlannedFact{Type: "bounced", Kind: kind})
}

// Complain records that the recipient reported the message as spam.
func (e *Emulator) Complain(msg *Message) error {
	return e.recordFact(msg, PlannedFact{Type: "complained"})
}

// Open records that the recipient opened the message.
func (e *Emulator) Open(msg *Message) error { return e.recordFact(msg, PlannedFact{Type: "opened"}) }

// Click follows a link of the message: the one with this URL, otherwise the first one whose text or URL contains the
// given string, like Message.Link. If the link was rewritten for click tracking, Click requests it in process.
// Otherwise it only records the click.
func (e *Emulator) Click(msg *Message, link string) error {
	target := ""
	for _, known := range msg.Links() {
		if known.URL == link {
			target = link
		}
	}
	if target == "" {
		target = msg.Link(link)
	}

	followable, own, original := e.world.ReadLink(target)
	switch {
	case !followable:
		return fmt.Errorf("emulator: message %s has no web link that contains %q; its links are %v",
			msg.ID, link, msg.Links())
	case own:
		return fmt.Errorf("emulator: message %s: clicks on %q are not recorded; to unsubscribe, call Unsubscribe",
			msg.ID, link)
	case original == target:
		return e.recordFact(msg, PlannedFact{Type: "clicked", URL: target})
	}
	return e.request(msg, ownLink{
		method: http.MethodGet,
		url:    target,
		path:   web.ClickPath,
		want:   http.StatusFound,
	})
}

// Unsubscribe does what a mail program does when the recipient presses its unsubscribe button: it posts to the address
// in the message's List-Unsubscribe header (RFC 8058), in process. It returns an error if the message has no such
// header or belongs to another emulator.
func (e *Emulator) Unsubscribe(msg *Message) error {
	header := msg.Headers.Get("List-Unsubscribe")
	if header == "" {
		return fmt.Errorf("emulator: message %s has no List-Unsubscribe header: "+
			"only emails to a SubscriptionGroup have one", msg.ID)
	}
	return e.request(msg, ownLink{
		method: http.MethodPost,
		url:    strings.Trim(header, "<>"),
		path:   web.UnsubscribePath,
		form:   "List-Unsubscribe=One-Click",
		want:   http.StatusOK,
	})
}

// ownLink is a link of the emulator itself and how to request it.
type ownLink struct {
	method, url string
	path        string // the emulator's path in the URL; WithPublicURL may have put another one before it
	form        string
	want        int // the expected status
}

// request requests one of the emulator's own links, in process.
func (e *Emulator) request(msg *Message, link ownLink) error {
	target, err := url.Parse(link.url)
	if err != nil {
		return fmt.Errorf("emulator: message %s: %w", msg.ID, err)
	}
	target.Path = target.Path[max(0, strings.LastIndex(target.Path, link.path)):]

	req, err := http.NewRequest(link.method, target.String(), strings.NewReader(link.form))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := e.Transport().RoundTrip(req)
	if err != nil {
		return err
	}
	defer response.Body.Close()

	if response.StatusCode != link.want {
		reason, _ := io.ReadAll(io.LimitReader(response.Body, 200))
		return fmt.Errorf("emulator: message %s: the link was answered with %s: %s",
			msg.ID, response.Status, bytes.TrimSpace(reason))
	}
	return nil
}

// recordFact records a fact of the message now.
func (e *Emulator) recordFact(msg *Message, fact PlannedFact) error {
	planned := world.PlannedFact(fact)
	err := planned.Check()
	if err == nil {
		err = e.world.Act(context.Background(), world.First, func(tx *world.Tx) error {
			_, err := tx.ApplyFact(msg.ID, planned)
			return err
		})
	}
	if err != nil {
		return fmt.Errorf("emulator: message %s: %w", msg.ID, err)
	}
	return nil
}
