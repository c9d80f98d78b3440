package mail_test

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"mime"
	stdmail "net/mail"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	gomail "github.com/emersion/go-message/mail"
	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator/internal/mail"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// receipt returns an ordinary message.
func receipt() mail.Message {
	return mail.Message{
		From:      mail.Address{Name: "Acme", Email: "hello@example.com"},
		To:        []mail.Address{{Email: "alex@example.com"}},
		Subject:   "Your order ord_9421",
		MessageID: "0c7a1f9e-5a55-4a7e-9a9a-6f3f0a4f2f11@example.com",
		Date:      time.Date(2026, 3, 2, 10, 30, 0, 0, time.FixedZone("CET", 3600)),
		Text:      "Thank you, Alex.\n",
		HTML:      "<p>Thank you, Alex.</p>\n",
	}
}

// parsed is a message as an email client reads it.
type parsed struct {
	raw        string
	header     gomail.Header
	from       mail.Address
	mediaTypes []string
	bodies     []string
}

// parse builds m, checks the rules for every message, and reads the message back.
func parse(t *testing.T, m mail.Message) parsed {
	t.Helper()
	raw, err := mail.Build(m)
	require.NoError(t, err)
	requireWellFormed(t, raw)

	reader, err := gomail.CreateReader(bytes.NewReader(raw))
	require.NoError(t, err)
	p := parsed{raw: string(raw), header: reader.Header}
	for {
		part, err := reader.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		mediaType, params, err := part.Header.(*gomail.InlineHeader).ContentType()
		require.NoError(t, err)
		require.Equal(t, "utf-8", params["charset"])
		body, err := io.ReadAll(part.Body)
		require.NoError(t, err)
		p.mediaTypes = append(p.mediaTypes, mediaType)
		p.bodies = append(p.bodies, string(body))
	}
	std, err := stdmail.ReadMessage(bytes.NewReader(raw))
	require.NoError(t, err)
	from, err := std.Header.AddressList("From")
	require.NoError(t, err)
	require.Len(t, from, 1)
	p.from = ours(from)[0]
	return p
}

func ours(list []*stdmail.Address) []mail.Address {
	addresses := make([]mail.Address, len(list))
	for i, a := range list {
		addresses[i] = mail.Address{Name: a.Name, Email: a.Address}
	}
	return addresses
}

func unfoldable(word string) bool { return len(word) > 44 }

func requireWellFormed(t *testing.T, raw []byte) {
	t.Helper()
	require.NotContains(t, strings.ReplaceAll(string(raw), "\r\n", ""), "\n", "every line ends with CRLF")
	require.NotContains(t, strings.ReplaceAll(string(raw), "\r\n", ""), "\r", "every line ends with CRLF")
	for line := range strings.SplitSeq(string(raw), "\r\n") {
		require.LessOrEqual(t, len(line), 998)
		if strings.Contains(line, "=?utf-8?q?") && !slices.ContainsFunc(strings.Fields(line), unfoldable) {
			require.LessOrEqual(t, len(line), 76, "a line with an encoded word: %s", line)
		}
		for _, b := range []byte(line) {
			require.True(t, b == '\t' || b >= ' ' && b <= '~', "byte %#x in %q", b, line)
		}
	}
}

func (p parsed) subject(t *testing.T) string {
	t.Helper()
	subject, err := p.header.Subject()
	require.NoError(t, err)
	std, err := stdmail.ReadMessage(strings.NewReader(p.raw))
	require.NoError(t, err)
	again, err := new(mime.WordDecoder).DecodeHeader(std.Header.Get("Subject"))
	require.NoError(t, err)
	require.Equal(t, subject, again, "net/mail and go-message agree")
	return subject
}

func TestAMessageReadsBackAsItWasWritten(t *testing.T) {
	m := receipt()
	m.ReplyTo = &mail.Address{Name: "Søren, Support", Email: "support@example.com"}
	m.Cc = []mail.Address{{Name: `The "Shop"`, Email: "shop@example.com"}, {Email: "Accounting@Example.com"}}
	m.Bcc = []mail.Address{{Email: "archive@example.com"}}
	m.Text = "Grüße,\nAlex 👋\n.\nFrom here on\n" + strings.Repeat("long ", 400)
	m.HTML = "<p>Grüße, <b>Alex</b> 👋 = fine</p>\r\n"

	p := parse(t, m)
	require.Equal(t, []string{"text/plain", "text/html"}, p.mediaTypes)
	require.Equal(t, []string{strings.ReplaceAll(m.Text, "\n", "\r\n"), m.HTML}, p.bodies)
	require.Equal(t, m.Subject, p.subject(t))
	require.NotContains(t, p.raw, "archive")
	require.False(t, p.header.Has("Bcc"))
	require.Equal(t, "Mon, 02 Mar 2026 09:30:00 +0000", p.header.Get("Date"))
	id, err := p.header.MessageID()
	require.NoError(t, err)
	require.Equal(t, m.MessageID, id)
	lists := map[string][]mail.Address{"From": {m.From}, "Reply-To": {*m.ReplyTo}, "To": m.To, "Cc": m.Cc}
	for key, want := range lists {
		list, err := p.header.AddressList(key)
		require.NoError(t, err)
		require.Equal(t, want, ours(list), key)
	}
}

func TestTheSameMessageIsTheSameBytes(t *testing.T) {
	first, err := mail.Build(receipt())
	require.NoError(t, err)
	second, err := mail.Build(receipt())
	require.NoError(t, err)
	require.Equal(t, first, second)

	other := receipt()
	other.MessageID = "other@example.com"
	third, err := mail.Build(other)
	require.NoError(t, err)
	p := parse(t, receipt())
	_, params, err := p.header.ContentType()
	require.NoError(t, err)
	require.NotEmpty(t, params["boundary"])
	require.NotContains(t, string(third), params["boundary"])
}

func TestAMessageMatchesTheGoldenFile(t *testing.T) {
	m := receipt()
	m.From.Name = "Zoë from Acme, Inc."
	m.ReplyTo = &mail.Address{Name: "Acme Support", Email: "support@example.com"}
	m.Cc = []mail.Address{{Name: `The "Shop"`, Email: "shop@example.com"}}
	m.Bcc = []mail.Address{{Email: "archive@example.com"}}
	m.Subject = "Alex, your order ord_9421 is on its way 🎉 and should be with you before Tuesday"
	m.Headers = [][2]string{
		{"List-Unsubscribe", "<https://emulator.test/u/" + strings.Repeat("Zm9v", 30) + ">"},
		{"List-Unsubscribe-Post", "List-Unsubscribe=One-Click"},
		{"List-Id", "Neues für Kunden <product-updates.example.com>"},
	}
	m.Text = "Thank you, Alex.\n\n" +
		"Track it: https://example.com/track?order=ord_9421&token=" + strings.Repeat("x", 40) + "\n"
	m.HTML = "<p>Thank you, Alex.</p>\n" +
		"<p><a href=\"https://example.com/track?order=ord_9421\">Track it</a> – Grüße</p>\n"

	raw, err := mail.Build(m)
	require.NoError(t, err)
	requireWellFormed(t, raw)
	const file = "testdata/receipt.eml"
	if *update {
		require.NoError(t, os.WriteFile(file, raw, 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, string(want), string(raw))
}

func TestOnePartIsNotMultipart(t *testing.T) {
	text := receipt()
	text.HTML = ""
	html := receipt()
	html.Text = ""
	empty := receipt()
	empty.HTML, empty.Text = "", ""
	for _, c := range []struct {
		m         mail.Message
		mediaType string
		body      string
	}{
		{text, "text/plain", "Thank you, Alex.\r\n"},
		{html, "text/html", "<p>Thank you, Alex.</p>\r\n"},
		{empty, "text/plain", ""},
	} {
		p := parse(t, c.m)
		require.Equal(t, []string{c.mediaType}, p.mediaTypes)
		require.Equal(t, []string{c.body}, p.bodies)
		require.True(t, strings.HasPrefix(p.header.Get("Content-Type"), c.mediaType))
	}
}

func TestASubjectRoundTrips(t *testing.T) {
	for _, subject := range []string{
		"",
		" ",
		"Hello",
		"Grüße aus Köln",
		"Hello Zoë, 你好, Привет and goodbye",
		"two  spaces and a trailing one ",
		"  leading",
		"an =?utf-8?q?encoded?= word, taken literally",
		strings.Repeat("🎉", 83),
		strings.Repeat("👩‍👩‍👧‍👦 family ", 40),
		strings.Repeat("word ", 190) + "end",
		strings.Repeat("x", 998),
		"https://example.com/" + strings.Repeat("path/", 190),
	} {
		t.Run(subject, func(t *testing.T) {
			m := receipt()
			m.Subject = subject
			require.Equal(t, subject, parse(t, m).subject(t))
		})
	}
}

func TestOnlyTheWordsThatNeedItAreEncoded(t *testing.T) {
	m := receipt()
	m.Subject = "Order for Zoë is on its way"
	require.Contains(t, parse(t, m).raw, "Subject: Order for =?utf-8?q?Zo=C3=AB?= is on its way\r\n")
}

func TestNothingStartsAnotherHeader(t *testing.T) {
	m := receipt()
	m.Subject = "Hi\r\nBcc: spy@example.com"
	m.From.Name = "Acme\nBcc: spy@example.com"
	p := parse(t, m)
	require.False(t, p.header.Has("Bcc"))
	require.Equal(t, "Hi  Bcc: spy@example.com", p.subject(t))
	require.Equal(t, "Acme Bcc: spy@example.com", p.from.Name)
}

func TestExtraHeadersKeepTheirOrderAndAURLItsLine(t *testing.T) {
	url := "<https://emulator.test/u/" + strings.Repeat("a", 900) + ">"
	m := receipt()
	m.Headers = [][2]string{
		{"X-Second", "b"},
		{"List-Unsubscribe", url},
		{"List-Unsubscribe-Post", "List-Unsubscribe=One-Click"},
		{"List-Id", "Ünïcode " + strings.Repeat("words ", 20) + "<news.example.com>"},
		{"X-First", "a"},
	}
	p := parse(t, m)
	require.Contains(t, p.raw, "List-Unsubscribe: "+url+"\r\n")
	require.Contains(t, p.raw, "<news.example.com>\r\n")

	names := []string{
		"X-Second:", "List-Unsubscribe:", "List-Unsubscribe-Post:", "List-Id:", "X-First:", "Mime-Version:",
	}
	positions := make([]int, len(names))
	for i, name := range names {
		positions[i] = strings.Index(p.raw, "\r\n"+name)
	}
	require.NotContains(t, positions, -1)
	require.True(t, slices.IsSorted(positions), "%v", positions)
}

func TestAnInvalidMessageIsAnError(t *testing.T) {
	for _, c := range []struct {
		name, reason string
		change       func(*mail.Message)
	}{
		{"no recipient", "recipient in To", func(m *mail.Message) { m.To = nil }},
		{"a broken sender", "not an email address", func(m *mail.Message) { m.From.Email = "hello" }},
		{"a recipient with a line break", "not an email address",
			func(m *mail.Message) { m.To[0].Email += "\r\nBcc: spy@example.com" }},
		{"a broken reply address", "not an email address", func(m *mail.Message) { m.ReplyTo = &mail.Address{} }},
		{"a broken copy", "not an email address", func(m *mail.Message) { m.Cc = []mail.Address{{Email: "<a@b.co>"}} }},
		{"an address longer than a line", "not an email address",
			func(m *mail.Message) { m.To[0].Email = strings.Repeat("a", 1000) + "@b.co" }},
		{"no Message-ID", "not a Message-ID", func(m *mail.Message) { m.MessageID = "" }},
		{"a Message-ID in brackets", "not a Message-ID", func(m *mail.Message) { m.MessageID = "<a@b>" }},
		{"a header with a line break", "control characters",
			func(m *mail.Message) { m.Headers = [][2]string{{"X-A", "a\r\nBcc: b"}} }},
		{"a header name with a colon", "header name", func(m *mail.Message) { m.Headers = [][2]string{{"X:A", "a"}} }},
		{"an endless header name", "header name",
			func(m *mail.Message) { m.Headers = [][2]string{{strings.Repeat("X", 80), "a"}} }},
		{"a header without a name", "header name", func(m *mail.Message) { m.Headers = [][2]string{{"", "a"}} }},
		{"a URL longer than a line", "fit in a line", func(m *mail.Message) {
			m.Headers = [][2]string{{"List-Unsubscribe", "<https://emulator.test/u/" + strings.Repeat("a", 1000) + ">"}}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := receipt()
			c.change(&m)
			_, err := mail.Build(m)
			require.ErrorContains(t, err, c.reason)
		})
	}
}

func FuzzAMessageIsWellFormed(f *testing.F) {
	f.Add("Hello Zoë", "Acme", "List-Id", "News <news.example.com>", "text", "<p>html</p>")
	f.Add("=?utf-8?q?a?=", "Ü", "List-Id", "ü <"+strings.Repeat("a", 100)+">", "=?", "=\n?")
	f.Add("  ", "=?", "X-A", "ü  ü", ".\n..\n", "=\r=\n")
	f.Fuzz(func(t *testing.T, subject, name, key, value, text, html string) {
		m := receipt()
		m.Subject, m.From.Name, m.Text, m.HTML = subject, name, text, html
		m.Headers = [][2]string{{key, value}}
		if raw, err := mail.Build(m); err == nil {
			requireWellFormed(t, raw)
			_, err = stdmail.ReadMessage(bytes.NewReader(raw))
			require.NoError(t, err)
		}
	})
}
