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
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// Message is one mail that has left. It does not change; what happens to the mail later is on the Message that a later
// question to the outbox gives.
type Message struct {
	ID        string    `json:"id"`
	SendID    string    `json:"sendId"` // the EmailSend's
	ProfileID string    `json:"profileId"`
	Template  string    `json:"template"` // its key
	Carrier   Carrier   `json:"carrier"`  // what it was sent for
	From      Address   `json:"from"`
	To        []Address `json:"to"`
	Cc        []Address `json:"cc"`
	Bcc       []Address `json:"bcc"` // of the envelope alone: no header has them
	Subject   string    `json:"subject"`
	At        time.Time `json:"at"` // when it left
	// Missing are the places of the Template whose binding had nothing to print.
	Missing []Missing `json:"missing"`
	// Facts are what happened to the mail up to now, in order.
	Facts []Fact `json:"facts"`
	// Headers are those of the raw message, unfolded, encoded words as they stand.
	Headers textproto.MIMEHeader `json:"headers,omitempty"`
	HTML    string               `json:"-"` // "" for mail of text alone
	Text    string               `json:"-"`

	stored *world.Mail
}

// Address is a mailbox; Name is "" for none.
type Address struct {
	Email string `json:"email"`
	Name  string `json:"name"`
}

// Carrier says what a mail was sent for. ID is the EmailSend's for CarrierEmail, the run's for CarrierJourney.
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

// Fact is something that happened to a mail. Type is accepted, delayed, delivered, bounced, complained, opened, clicked or
// unsubscribed; of the rest only what belongs to the type is set.
type Fact struct {
	Type   string    `json:"type"`
	At     time.Time `json:"at"`
	Kind   string    `json:"kind,omitempty"`   // of bounced: hard or soft
	Code   string    `json:"code,omitempty"`   // of bounced: such as 5.1.1
	URL    string    `json:"url,omitempty"`    // of clicked
	Source string    `json:"source,omitempty"` // of unsubscribed: one_click or link
}

// Link is what a reader can follow: a URL and the text it stands on.
type Link struct {
	Text string
	URL  string
}

// Raw is the message as RFC 5322 has it, as an SMTP server would get it.
func (m *Message) Raw() []byte {
	raw, err := world.Raw(m.stored)
	if err != nil {
		panic("emulator: message " + m.ID + ": " + err.Error()) // its headers were built when it was read
	}
	return raw
}

var bareURL = regexp.MustCompile(`https?://[^\s<>"]+`)

// Links are the links of the HTML in document order; of mail of text alone, the URLs in it.
func (m *Message) Links() []Link {
	var links []Link
	if m.HTML == "" {
		for _, found := range bareURL.FindAllString(m.Text, -1) {
			found = strings.TrimRight(found, ".,;:!?)'")
			links = append(links, Link{Text: found, URL: found})
		}
		return links
	}
	for _, found := range world.Links(m.HTML) {
		links = append(links, Link(found))
	}
	return links
}

// Link is the URL of the first link whose text or URL contains the given text, as spelt; "" when there is none.
func (m *Message) Link(contains string) string {
	for _, link := range m.Links() {
		if strings.Contains(link.Text, contains) || strings.Contains(link.URL, contains) {
			return link.URL
		}
	}
	return ""
}

var (
	codeLine = regexp.MustCompile(`(?m)^[ \t]*([0-9]{4,8})[ \t\r]*$`)
	codeWord = regexp.MustCompile(`(?m)(?:^|[\s:("'\[*])([0-9]{4,8})[.,;:!?)"'\]*]*(?:\s|$)`)
)

// Code is the one-time code in the text: 4 to 8 digits that stand by themselves, so no part of a word, a price, a date
// or a URL. One alone on its line comes first, else the first one counts. It is "" when there is none.
func (m *Message) Code() string {
	for _, rule := range []*regexp.Regexp{codeLine, codeWord} {
		if found := rule.FindStringSubmatch(m.Text); found != nil {
			return found[1]
		}
	}
	return ""
}

// MarshalJSON gives the message as the control plane shows it.
func (m Message) MarshalJSON() ([]byte, error) {
	type plain Message
	return json.Marshal(struct {
		plain
		At string `json:"at"`
	}{plain(m), gateway.Stamp(m.At)})
}

// MarshalJSON gives the fact as the control plane shows it.
func (f Fact) MarshalJSON() ([]byte, error) {
	type plain Fact
	return json.Marshal(struct {
		plain
		At string `json:"at"`
	}{plain(f), gateway.Stamp(f.At)})
}

// messageOf is a stored mail as users see it.
func messageOf(tx *world.Tx, m *world.Mail) (*Message, error) {
	out, err := summaryOf(tx, m)
	if err != nil {
		return nil, err
	}
	out.HTML, out.Text, out.stored = m.HTML, m.Text, m
	out.Headers, err = world.Headers(m)
	return out, err
}

// summaryOf is messageOf without content and headers.
func summaryOf(tx *world.Tx, m *world.Mail) (*Message, error) {
	template, err := tx.TemplateKey(m.Send.TemplateID)
	if err != nil {
		return nil, err
	}
	out := &Message{ID: m.ID, SendID: m.SendID, ProfileID: m.Send.ProfileID, Template: template, From: address(m.Send.From),
		To: []Address{{Email: m.Send.To}}, Cc: mailboxes(m.Send.CC), Bcc: mailboxes(m.Send.BCC), Subject: m.Subject, At: m.SentAt,
		Carrier: Carrier{m.Send.CarrierType, cmp.Or(m.Send.CarrierID, m.SendID)}, // an email is its own carrier
		Missing: []Missing{}, Facts: []Fact{}}
	if len(m.Missing) > 0 {
		if err := json.Unmarshal(m.Missing, &out.Missing); err != nil {
			return nil, fmt.Errorf("message %s: missing: %w", m.ID, err)
		}
	}
	facts, err := tx.Facts(&m.Send)
	if err != nil {
		return nil, err
	}
	for _, stored := range facts {
		fact, err := factOf(stored)
		if err != nil {
			return nil, fmt.Errorf("message %s: fact: %w", m.ID, err)
		}
		out.Facts = append(out.Facts, fact)
	}
	return out, nil
}

func factOf(stored world.Fact) (fact Fact, err error) {
	if len(stored.Detail) > 0 {
		err = json.Unmarshal(stored.Detail, &fact)
	}
	fact.Type, fact.At = stored.Type, stored.At
	return fact, err
}

func address(m world.Mailbox) Address { return Address{Email: m.Email, Name: m.Name} }

func mailboxes(boxes []world.Mailbox) []Address {
	out := make([]Address, len(boxes))
	for i, m := range boxes {
		out[i] = address(m)
	}
	return out
}
