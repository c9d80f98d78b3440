package mail

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/emersion/go-message"
)

// Message is one email. Bcc belongs to the envelope only and is never written. MessageID has no angle brackets.
// Headers are plain text and follow the usual ones in their order.
type Message struct {
	From      Address
	ReplyTo   *Address
	To        []Address
	Cc        []Address
	Bcc       []Address
	Subject   string
	MessageID string
	Date      time.Time
	Headers   [][2]string
	HTML      string
	Text      string
}

// Build returns the message in the form of RFC 5322: only ASCII, CRLF, no line longer than 998, and
// multipart/alternative if there are both text and HTML. Equal messages make equal bytes. A control character in the
// subject or in a name becomes a space. Build returns an error for an invalid address or Message-ID, and for a header
// that does not fit in a line.
func Build(m Message) ([]byte, error) {
	fields := m.fields()
	if err := m.check(fields); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := write(&out, fields, m.parts(), boundary(m.MessageID)); err != nil {
		return nil, fmt.Errorf("mail: write message: %w", err)
	}
	return out.Bytes(), nil
}

func (m *Message) check(fields [][2]string) error {
	if len(m.To) == 0 {
		return errors.New("mail: a message needs a recipient in To")
	}
	for _, a := range slices.Concat([]Address{m.From}, m.replyTo(), m.To, m.Cc) {
		if !ValidEmail(a.Email) {
			return fmt.Errorf("mail: %q is not an email address", a.Email)
		}
	}
	left, right, _ := strings.Cut(m.MessageID, "@")
	if left == "" || right == "" || !printable(m.MessageID) || strings.ContainsAny(m.MessageID, " <>") {
		return fmt.Errorf("mail: %q is not a Message-ID such as id@example.com, without angle brackets", m.MessageID)
	}
	for _, f := range m.Headers {
		if strings.ContainsFunc(f[1], unicode.IsControl) {
			return fmt.Errorf("mail: header %q must not have control characters", f[0])
		}
	}
	for _, f := range fields {
		if err := checkField(f[0], f[1]); err != nil {
			return err
		}
	}
	return nil
}

func (m *Message) replyTo() []Address {
	if m.ReplyTo == nil {
		return nil
	}
	return []Address{*m.ReplyTo}
}

// fields returns all headers except those that describe the content.
func (m *Message) fields() [][2]string {
	fields := [][2]string{
		{"Date", m.Date.UTC().Format(time.RFC1123Z)},
		{"From", mailbox(m.From)},
		{"Reply-To", Mailboxes(m.replyTo())},
		{"To", Mailboxes(m.To)},
		{"Cc", Mailboxes(m.Cc)},
		{"Subject", encodeText(oneLine(m.Subject), wordLimit)},
		{"Message-Id", "<" + m.MessageID + ">"},
	}
	fields = slices.DeleteFunc(fields, func(f [2]string) bool { return f[1] == "" && f[0] != "Subject" })
	for _, f := range m.Headers {
		value := f[1]
		if !printable(value) {
			value = encodeText(value, lineLimit)
		}
		fields = append(fields, [2]string{f[0], value})
	}
	return fields
}

type part struct{ mediaType, content string }

// parts returns the alternatives in the order of RFC 2046, the richest last.
func (m *Message) parts() []part {
	text, html := part{"text/plain", m.Text}, part{"text/html", m.HTML}
	switch {
	case m.HTML == "":
		return []part{text}
	case m.Text == "":
		return []part{html}
	}
	return []part{text, html}
}

func (p part) describe(header *message.Header) {
	header.Set("Content-Transfer-Encoding", "quoted-printable")
	header.SetContentType(p.mediaType, map[string]string{"charset": "utf-8"})
}

func write(out io.Writer, fields [][2]string, parts []part, boundary string) error {
	var header message.Header
	if len(parts) == 1 {
		parts[0].describe(&header)
	} else {
		header.SetContentType("multipart/alternative", map[string]string{"boundary": boundary})
	}
	header.Add("Mime-Version", "1.0")
	for _, f := range slices.Backward(fields) { // Add inserts a field before the existing ones
		header.Add(f[0], f[1])
	}

	w, err := message.CreateWriter(out, header)
	if err != nil {
		return err
	}
	if len(parts) == 1 {
		return finish(w, parts[0].content)
	}
	for _, p := range parts {
		if err := writePart(w, p); err != nil {
			return err
		}
	}
	return w.Close()
}

func writePart(w *message.Writer, p part) error {
	var header message.Header
	p.describe(&header)
	pw, err := w.CreatePart(header)
	if err != nil {
		return err
	}
	return finish(pw, p.content)
}

func finish(w *message.Writer, content string) error {
	if _, err := io.WriteString(w, content); err != nil {
		return err
	}
	return w.Close()
}

// boundary depends on the message alone. Quoted-printable content never has "=_", so no line of the content is taken
// for a boundary.
func boundary(messageID string) string {
	return fmt.Sprintf("=_%x", sha256.Sum256([]byte(messageID)))[:34]
}
