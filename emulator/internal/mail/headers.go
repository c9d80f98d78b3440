package mail

import (
	"bytes"
	netmail "net/mail"
	"net/textproto"
)

// Headers returns the headers of a message, unfolded, with encoded words as they are. They do not depend on the
// contents of the message's parts, only on which parts there are, so that long parts cost nothing.
func Headers(m Message) (textproto.MIMEHeader, error) {
	m.HTML, m.Text = m.HTML[:min(1, len(m.HTML))], m.Text[:min(1, len(m.Text))]
	raw, err := Build(m)
	if err != nil {
		return nil, err
	}
	read, err := netmail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return nil, err
	}
	return textproto.MIMEHeader(read.Header), nil
}
