package world

import (
	"net/textproto"
	"slices"

	"github.com/segmentflow/segmentflow-go/emulator/internal/mail"
	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// Messages in the form of RFC 5322.

// Raw returns a message as an SMTP server gets it.
func Raw(m *store.Mail) ([]byte, error) { return mail.Build(rfc5322(m)) }

// Headers returns the headers of a message, unfolded, with encoded words as they are.
func Headers(m *store.Mail) (textproto.MIMEHeader, error) { return mail.Headers(rfc5322(m)) }

// Links returns the links of an email, in document order.
func Links(html, text string) []mail.Link { return mail.LinksIn(html, text) }

// MayBeSensitive reports whether the email of an EmailSend can contain values that its Template marks as sensitive.
func (tx *Tx) MayBeSensitive(send *store.EmailSend) (bool, error) {
	template, err := tx.snapshot(send.SnapshotID)
	if err != nil {
		return true, err
	}
	return template.PrintsSensitive(), nil
}

// rfc5322 returns a message in the form of RFC 5322. Its id and date are the emulator's, so equal worlds make equal
// bytes.
func rfc5322(m *store.Mail) mail.Message {
	out := mail.Message{
		From:      mailAddress(m.Send.From),
		To:        []mail.Address{{Email: m.Send.To}},
		Cc:        mailAddresses(Copies(m, m.Send.CC)),
		Bcc:       mailAddresses(Copies(m, m.Send.BCC)),
		Subject:   m.Subject,
		MessageID: m.ID + "@" + mail.Domain(m.Send.From.Email),
		Date:      m.SentAt,
		Headers:   m.Headers,
		HTML:      m.HTML,
		Text:      m.Text,
	}
	several := slices.ContainsFunc(m.Headers, func(header [2]string) bool { return header[0] == "Reply-To" })
	if m.Send.ReplyTo != nil && !several {
		replyTo := mailAddress(*m.Send.ReplyTo)
		out.ReplyTo = &replyTo
	}
	return out
}

// Copies returns those of an email's cc or bcc that it was sent to. The envelope of its EmailSend has all of them.
func Copies(m *store.Mail, boxes []store.Mailbox) []store.Mailbox { return m.WithoutSuppressed(boxes) }

func mailAddress(box store.Mailbox) mail.Address {
	return mail.Address{Name: box.Name, Email: box.Email}
}

func mailAddresses(boxes []store.Mailbox) []mail.Address {
	var out []mail.Address
	for _, box := range boxes {
		out = append(out, mailAddress(box))
	}
	return out
}
