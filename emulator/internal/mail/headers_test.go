package mail_test

import (
	"bytes"
	stdmail "net/mail"
	"net/textproto"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/segmentflow/segmentflow-go/emulator/internal/mail"
)

// words are parts of headers, short and long, plain and not.
var words = rapid.OneOf(
	rapid.StringMatching(`[ -~]{0,12}`),
	rapid.SampledFrom([]string{"", " ", "  ", "=?x", "Grüße", strings.Repeat("a", 60), strings.Repeat("b ", 60)}),
	rapid.SampledFrom([]string{strings.Repeat("c", 500), strings.Repeat("d d", 200), strings.Repeat("ü", 300)}),
)

func TestHeadersAreThoseOfTheBuiltMessage(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := func(name string) string {
			return strings.Join(rapid.SliceOfN(words, 0, 6).Draw(t, name), " ")
		}
		m := receipt()
		m.Subject, m.From.Name = text("subject"), text("name")
		m.HTML, m.Text = rapid.SampledFrom([]string{"", "<p>x</p>"}).Draw(t, "html"), "x"
		for range rapid.IntRange(0, 9).Draw(t, "copies") {
			m.Cc = append(m.Cc, mail.Address{Name: text("copy"), Email: "cc@example.com"})
		}
		m.Headers = [][2]string{{"X-One", text("one")}, {"List-Unsubscribe", text("two")}, {"X-One", "three"}}
		raw, err := mail.Build(m)
		headers, failed := mail.Headers(m)
		require.Equal(t, err == nil, failed == nil)
		if err != nil {
			return
		}
		read, err := stdmail.ReadMessage(bytes.NewReader(raw))
		require.NoError(t, err)
		require.Equal(t, textproto.MIMEHeader(read.Header), headers)
	})
}
