package emulator

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/links"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// This file does what recipients of emails and their mail servers do. A fact that cannot have happened is an error, by
// the rules of package outcome.

// Bounce records that the recipient's mail server returned the message. The kind is BounceHard or BounceSoft.
func (e *Emulator) Bounce(msg *Message, kind string) error {
	return e.recordFact("Bounce", msg, PlannedFact{Type: FactBounced, Kind: kind})
}

// Complain records that the recipient reported the message as spam.
func (e *Emulator) Complain(msg *Message) error {
	return e.recordFact("Complain", msg, PlannedFact{Type: FactComplained})
}

// Open records that the recipient opened the message.
func (e *Emulator) Open(msg *Message) error {
	return e.recordFact("Open", msg, PlannedFact{Type: FactOpened})
}

// Click follows a link of the message: the one with this URL, otherwise the first one whose text or URL contains the
// given string, like Message.Link. If the link was rewritten for click tracking, Click requests it in process.
// Otherwise it only records the click.
func (e *Emulator) Click(msg *Message, link string) error {
	if msg == nil {
		return errNoMessage("Click")
	}
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
		return msg.failed("Click", fmt.Errorf("it has no web link that contains %q%s", link, e.listLinks(msg)))
	case own:
		return msg.failed("Click",
			fmt.Errorf("clicks on the link %q are not recorded; to unsubscribe, call Unsubscribe", link))
	case original == target:
		return e.recordFact("Click", msg, PlannedFact{Type: FactClicked, URL: target})
	}
	return e.request("Click", msg, ownLink{
		method: http.MethodGet,
		url:    target,
		path:   links.ClickPath,
		want:   http.StatusFound,
	})
}

// Unsubscribe does what a mail program does when the recipient presses its unsubscribe button: it posts to the address
// in the message's List-Unsubscribe header (RFC 8058), in process. It returns an error if the message has no such
// header or belongs to another emulator.
func (e *Emulator) Unsubscribe(msg *Message) error {
	if msg == nil {
		return errNoMessage("Unsubscribe")
	}
	header := msg.Headers.Get("List-Unsubscribe")
	if header == "" {
		return msg.failed("Unsubscribe",
			errors.New("it has no List-Unsubscribe header: only emails to a SubscriptionGroup have one"))
	}
	return e.request("Unsubscribe", msg, ownLink{
		method: http.MethodPost,
		url:    strings.Trim(header, "<>"),
		path:   links.UnsubscribePath,
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
func (e *Emulator) request(verb string, msg *Message, link ownLink) error {
	target, err := url.Parse(link.url)
	if err != nil {
		return msg.failed(verb, err)
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

	if response.StatusCode == link.want {
		return nil
	}
	if response.StatusCode == http.StatusNotFound {
		return msg.failed(verb, errors.New("the link was answered with 404: this emulator did not send the message"))
	}
	reason, _ := io.ReadAll(io.LimitReader(response.Body, 200))
	return msg.failed(verb, fmt.Errorf("the link was answered with %s: %s", response.Status, bytes.TrimSpace(reason)))
}

// recordFact records a fact of the message now.
func (e *Emulator) recordFact(verb string, msg *Message, fact PlannedFact) error {
	if msg == nil {
		return errNoMessage(verb)
	}
	planned := world.PlannedFact(fact)
	err := planned.Check()
	if err == nil {
		err = e.inFirst(func(tx *world.Tx) error {
			_, err := tx.ApplyFact(msg.ID, planned)
			return err
		})
	}
	if err != nil {
		return msg.failed(verb, err)
	}
	return nil
}

// errNoMessage is the error of a verb whose message is nil.
func errNoMessage(verb string) error {
	return fmt.Errorf("emulator: %s: the message is nil; Outbox.Last returns nil if no message matches", verb)
}

// failed returns the error of a verb on the message. The subject in it leaves out sensitive values.
func (m *Message) failed(verb string, err error) error {
	to, subject := "nobody", m.Subject
	if len(m.To) > 0 {
		to = m.To[0].Email
	}
	if m.stored != nil {
		subject = m.stored.Send.Subject
	}
	return fmt.Errorf("emulator: %s: message %s, %q to %s: %w", verb, m.ID, subject, to, err)
}

// listLinks lists the links of a message, as the end of a sentence. If its Template marks values as sensitive, any link
// may contain them, and listLinks only counts.
func (e *Emulator) listLinks(msg *Message) string {
	links := msg.Links()
	if len(links) == 0 {
		return "; it has no links"
	}
	if msg.stored != nil {
		sensitive := false
		err := e.world.Look(context.Background(), func(tx *world.Tx) (err error) {
			sensitive, err = tx.MayBeSensitive(&msg.stored.Send)
			return err
		})
		switch {
		case err != nil: // closed, or the message of another emulator
			return ""
		case sensitive:
			return fmt.Sprintf("; msg.Links() has its links (%d), and they may contain sensitive values", len(links))
		}
	}
	lines := make([]string, len(links))
	for i, link := range links {
		lines[i] = fmt.Sprintf("\n  %q %s", link.Text, link.URL)
	}
	return "; its links are:" + strings.Join(lines, "")
}
