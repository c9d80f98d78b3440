package mail

import (
	"bytes"
	"mime"
	netmail "net/mail"
	"net/textproto"
	"strings"
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

// HeadersOf returns the headers of an encoded message in their order, unfolded and decoded.
func HeadersOf(raw string) (headers [][2]string) {
	head, _, _ := strings.Cut(raw, "\r\n\r\n")
	for line := range strings.SplitSeq(head, "\r\n") {
		if last := len(headers) - 1; last >= 0 && strings.HasPrefix(line, " ") {
			headers[last][1] += line
			continue
		}
		name, value, _ := strings.Cut(line, ":")
		headers = append(headers, [2]string{name, strings.TrimSpace(value)})
	}
	words := mime.WordDecoder{}
	for i := range headers {
		if decoded, err := words.DecodeHeader(headers[i][1]); err == nil {
			headers[i][1] = decoded
		}
	}
	return headers
}
