package mail

import (
	"bytes"
	"mime"
	netmail "net/mail"
	"net/textproto"
	"strings"
)

// Headers returns the headers of a message as a reader of the built message sees them, unfolded, with encoded words as
// they are.
func Headers(m Message) (textproto.MIMEHeader, error) {
	fields := m.fields()
	if err := m.check(fields); err != nil {
		return nil, err
	}
	fields = append(fields, contentFields(&m)...)
	read := make(textproto.MIMEHeader, len(fields))
	for _, f := range fields {
		if !foldsBack(f[0], f[1]) {
			return builtHeaders(m)
		}
		key := textproto.CanonicalMIMEHeaderKey(f[0])
		read[key] = append(read[key], strings.Trim(f[1], " "))
	}
	return read, nil
}

// contentFields returns the headers that describe the content.
func contentFields(m *Message) [][2]string {
	fields := [][2]string{{"Mime-Version", "1.0"}}
	parts := m.parts()
	if len(parts) > 1 {
		return append(fields, [2]string{
			"Content-Type", `multipart/alternative; boundary="` + boundary(m.MessageID) + `"`})
	}
	return append(fields, [2]string{"Content-Type", parts[0].mediaType + "; charset=utf-8"},
		[2]string{"Content-Transfer-Encoding", "quoted-printable"})
}

// foldsBack reports whether a value is the same after it was folded and unfolded. A line of the legal length is folded
// at spaces only, and a reader puts one space there.
func foldsBack(name, value string) bool {
	return len(name)+len(": ")+len(value) <= lineLimit && !strings.ContainsAny(value, "\t\r\n") &&
		!strings.Contains(value, "  ")
}

// builtHeaders is Headers for any value: it builds the message and reads it.
func builtHeaders(m Message) (textproto.MIMEHeader, error) {
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
