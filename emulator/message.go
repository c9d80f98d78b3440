package emulator

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/textproto"
	"regexp"
	"strings"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/gateway"
	"github.com/segmentflow/segmentflow-go/emulator/internal/lazy"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// Message is one email that was sent. A Message does not change: what happens to the email later is in the Message that
// a later call to the Outbox returns.
type Message struct {
	ID        string    `json:"id"`
	SendID    string    `json:"sendId"` // the id of its EmailSend
	ProfileID string    `json:"profileId"`
	Template  string    `json:"template"` // its key
	Carrier   Carrier   `json:"carrier"`  // what it was sent for
	From      Address   `json:"from"`
	To        []Address `json:"to"`
	CC        []Address `json:"cc"`
	BCC       []Address `json:"bcc"` // only in the envelope, in no header
	Subject   string    `json:"subject"`
	At        time.Time `json:"at"` // when it was sent
	// Dropped lists the copies that were not sent. A copy to a suppressed address is left out before the email is made,
	// so CC and BCC do not have it. A copy that the SMTP server of WithSMTP refused is in CC or BCC too.
	Dropped []DroppedCopy `json:"dropped"`
	// Missing lists the places in the Template whose binding had nothing to print.
	Missing []Missing `json:"missing"`
	// Facts lists what has happened to the email so far, in order.
	Facts []Fact `json:"facts"`
	// Headers are the headers of the raw message, unfolded. Encoded words are not decoded.
	Headers textproto.MIMEHeader `json:"headers,omitempty"`
	HTML    string               `json:"-"` // "" if the email has only text
	Text    string               `json:"-"`

	stored *world.Mail
}

// Address is a mailbox. Name is "" if there is none.
type Address struct {
	Email string `json:"email"`
	Name  string `json:"name"`
}

// DroppedCopy is an address of cc or bcc that did not get the email. Reason is what an EmailSend to this address would
// have been skipped or have failed with, such as suppressed_bounce or "relay_failed: 550".
type DroppedCopy struct {
	Email  string `json:"email"`
	Reason string `json:"reason"`
}

// Carrier is what an email was sent for. ID is the EmailSend's for CarrierEmail, and the run's for CarrierJourney.
type Carrier struct {
	Type string `json:"type"`
	ID   string `json:"id"`
}

// Missing is a place in a Template whose binding had nothing to print. Element is "" for the subject and the preheader.
type Missing struct {
	Path    string `json:"path"`
	Element string `json:"element"`
	Prop    string `json:"prop"`
}

// Fact is something that happened to an email. Fields for other types are empty.
type Fact struct {
	Type   string    `json:"type"` // one of the Fact constants
	At     time.Time `json:"at"`
	Kind   string    `json:"kind,omitempty"`   // for bounced: hard or soft
	Code   string    `json:"code,omitempty"`   // for bounced: such as 5.1.1
	URL    string    `json:"url,omitempty"`    // for clicked
	Source string    `json:"source,omitempty"` // for unsubscribed: one_click or link
}

// Link is a link in an email: its URL and its text.
type Link struct {
	Text string `json:"text"`
	URL  string `json:"url"`
}

// Raw returns the message in the format of RFC 5322, as an SMTP server receives it.
func (m *Message) Raw() []byte {
	raw, err := world.Raw(m.stored)
	if err != nil {
		// This cannot happen: the headers were built when the message was read.
		panic("emulator: message " + m.ID + ": " + err.Error())
	}
	return raw
}

// Links returns the links of the HTML in document order. If the email has only text, it returns the URLs in it.
func (m *Message) Links() []Link {
	var links []Link
	for _, found := range world.Links(m.HTML, m.Text) {
		links = append(links, Link(found))
	}
	return links
}

// Link returns the URL of the first link whose text or URL contains the given string. Case matters. If there is none,
// it returns "".
func (m *Message) Link(contains string) string {
	for _, link := range m.Links() {
		if strings.Contains(link.Text, contains) || strings.Contains(link.URL, contains) {
			return link.URL
		}
	}
	return ""
}

var (
	codeLine = lazy.Regexp(`(?m)^[ \t]*([0-9]{4,8})[ \t\r]*$`)
	codeWord = lazy.Regexp(`(?m)(?:^|[\s:("'\[*])([0-9]{4,8})[.,;:!?)"'\]*]*(?:\s|$)`)
)

// Code returns the one-time code in the text: 4 to 8 digits that are not part of a word, a price, a date or a URL. A
// code alone on its line wins; otherwise the first one does. If there is none, Code returns "".
func (m *Message) Code() string {
	for _, rule := range []func() *regexp.Regexp{codeLine, codeWord} {
		if found := rule().FindStringSubmatch(m.Text); found != nil {
			return found[1]
		}
	}
	return ""
}

// MarshalJSON encodes the message as the control plane shows it, with its links and its code.
func (m Message) MarshalJSON() ([]byte, error) {
	type plain Message
	return json.Marshal(struct {
		plain
		At    string `json:"at"`
		Links []Link `json:"links"`
		Code  any    `json:"code"`
	}{plain(m), gateway.Stamp(m.At), append([]Link{}, m.Links()...), gateway.OrNull(m.Code())})
}

// MarshalJSON encodes the fact as the control plane shows it.
func (f Fact) MarshalJSON() ([]byte, error) {
	type plain Fact
	return json.Marshal(struct {
		plain
		At string `json:"at"`
	}{plain(f), gateway.Stamp(f.At)})
}

// messageOf converts a stored email to the public type.
func messageOf(tx *world.Tx, stored *world.Mail) (*Message, error) {
	facts, err := tx.Facts(&stored.Send)
	if err != nil {
		return nil, err
	}
	return messageWith(tx, stored, facts)
}

// messagesOf converts stored emails. It reads their facts at once.
func messagesOf(tx *world.Tx, stored []world.Mail) ([]*Message, error) {
	sends := make([]int, len(stored))
	for i := range stored {
		sends[i] = stored[i].Send.Seq
	}
	facts, err := tx.FactsOf(sends)
	if err != nil {
		return nil, err
	}
	messages := make([]*Message, len(stored))
	for i := range stored {
		if messages[i], err = messageWith(tx, &stored[i], facts[sends[i]]); err != nil {
			return nil, err
		}
	}
	return messages, nil
}

func messageWith(tx *world.Tx, stored *world.Mail, facts []world.Fact) (*Message, error) {
	msg, err := summaryWith(tx, stored, facts)
	if err != nil {
		return nil, err
	}
	msg.stored = stored
	msg.Headers, err = world.Headers(stored)
	return msg, err
}

// summaryOf is messageOf without headers.
func summaryOf(tx *world.Tx, stored *world.Mail) (*Message, error) {
	facts, err := tx.Facts(&stored.Send)
	if err != nil {
		return nil, err
	}
	return summaryWith(tx, stored, facts)
}

func summaryWith(tx *world.Tx, stored *world.Mail, facts []world.Fact) (*Message, error) {
	template, err := tx.TemplateKey(stored.Send.TemplateID)
	if err != nil {
		return nil, err
	}

	send := &stored.Send
	msg := &Message{
		ID:        stored.ID,
		SendID:    stored.SendID,
		ProfileID: send.ProfileID,
		Template:  template,
		Carrier:   Carrier{send.CarrierType, cmp.Or(send.CarrierID, stored.SendID)}, // an EmailSend is its own carrier
		From:      address(send.From),
		To:        []Address{{Email: send.To}},
		CC:        addresses(world.Copies(stored, send.CC)),
		BCC:       addresses(world.Copies(stored, send.BCC)),
		Subject:   stored.Subject,
		At:        stored.SentAt,
		Dropped:   make([]DroppedCopy, len(stored.Dropped)),
		Missing:   []Missing{},
		Facts:     []Fact{},
		HTML:      stored.HTML,
		Text:      stored.Text,
	}
	for i, dropped := range stored.Dropped {
		msg.Dropped[i] = DroppedCopy(dropped)
	}
	if len(stored.Missing) > 0 && string(stored.Missing) != "[]" {
		if err := json.Unmarshal(stored.Missing, &msg.Missing); err != nil {
			return nil, fmt.Errorf("message %s: missing: %w", stored.ID, err)
		}
	}
	for _, recorded := range facts {
		fact, err := factOf(recorded)
		if err != nil {
			return nil, fmt.Errorf("message %s: fact: %w", stored.ID, err)
		}
		msg.Facts = append(msg.Facts, fact)
	}
	return msg, nil
}

func factOf(stored world.Fact) (fact Fact, err error) {
	if len(stored.Detail) > 0 && string(stored.Detail) != "{}" {
		err = json.Unmarshal(stored.Detail, &fact)
	}
	fact.Type, fact.At = stored.Type, stored.At
	return fact, err
}

func address(box world.Mailbox) Address { return Address{Email: box.Email, Name: box.Name} }

func addresses(boxes []world.Mailbox) []Address {
	list := make([]Address, len(boxes))
	for i, box := range boxes {
		list[i] = address(box)
	}
	return list
}
