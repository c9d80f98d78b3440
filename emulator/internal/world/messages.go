package world

import (
	"bytes"
	netmail "net/mail"
	"net/textproto"
	"slices"

	"github.com/segmentflow/segmentflow-go/emulator/internal/mail"
	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// Messages as RFC 5322 has them.

// Raw is a message as an SMTP server gets it.
func Raw(m *store.Mail) ([]byte, error) { return mail.Build(asMail(m)) }

// Headers are those of a message, unfolded, encoded words as they stand. They do not depend on what the message's parts say,
// only on which there are.
func Headers(m *store.Mail) (textproto.MIMEHeader, error) {
	short := asMail(m)
	short.HTML, short.Text = m.HTML[:min(1, len(m.HTML))], m.Text[:min(1, len(m.Text))]
	raw, err := mail.Build(short)
	if err != nil {
		return nil, err
	}
	read, err := netmail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return nil, err
	}
	return textproto.MIMEHeader(read.Header), nil
}

// Links are those of a mail's HTML, in document order.
func Links(html string) []mail.Link { return mail.Links(html) }

// asMail is a message as RFC 5322 has it. Its id and date are the emulator's, so equal worlds give equal bytes.
func asMail(m *store.Mail) mail.Message {
	out := mail.Message{From: flip(m.Send.From), To: []mail.Address{{Email: m.Send.To}}, Cc: addresses(m.Send.CC),
		Bcc: addresses(m.Send.BCC), Subject: m.Subject, MessageID: m.ID + "@" + mail.Domain(m.Send.From.Email), Date: m.SentAt,
		Headers: m.Headers, HTML: m.HTML, Text: m.Text}
	several := slices.ContainsFunc(m.Headers, func(h [2]string) bool { return h[0] == "Reply-To" })
	if m.Send.ReplyTo != nil && !several {
		replyTo := flip(*m.Send.ReplyTo)
		out.ReplyTo = &replyTo
	}
	return out
}

func flip(m store.Mailbox) mail.Address { return mail.Address{Name: m.Name, Email: m.Email} }

func addresses(boxes []store.Mailbox) []mail.Address {
	var out []mail.Address
	for _, b := range boxes {
		out = append(out, flip(b))
	}
	return out
}
