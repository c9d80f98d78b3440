package store_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// kept stores an email as changes to a base and reads it back.
func kept(t *testing.T, base, mail string) (read string) {
	t.Helper()
	db, err := store.Open(":memory:")
	require.NoError(t, err)
	defer db.Close()
	tx, err := db.Begin(time.UnixMilli(0), "org", func() string { return "id" })
	require.NoError(t, err)
	common := &store.MessageBase{Owner: "1", HTML: base, Text: base}
	require.NoError(t, tx.AddBase(common))
	send := &store.EmailSend{ID: "send", MessageID: "message"}
	require.NoError(t, tx.AddSend(send, &store.Message{
		HTML:    mail,
		Text:    mail,
		Missing: []byte("[]"),
		Seq:     1,
		SentAt:  tx.Now,
		Base:    common,
	}))
	m, err := tx.Mail("message")
	require.NoError(t, err)
	require.Equal(t, m.HTML, m.Text)
	require.NoError(t, tx.Commit())
	return m.HTML
}

func TestACompactedEmailIsRestoredUnchanged(t *testing.T) {
	page := "<html><body><h1>Hello </h1>\n<p>Twenty percent off everything</p>" +
		"<a href=\"https://emulator.test/u/test\">Leave</a></body></html>"
	for _, mail := range []string{
		"", page, page + page, page[:40], page[40:],
		"no tag: at all 1 2 3:",
		strings.Replace(page, "Hello ", "Hello Ända 12 7:9", 1),
		strings.Replace(page, "<p>Twenty percent off everything</p>", "", 1),
		strings.Repeat("<p>Twenty percent off everything</p>", 9),
		strings.NewReplacer("Hello ", "Hello Alex", "/u/test", "/u/"+strings.Repeat("x", 90)).Replace(page),
	} {
		require.Equal(t, mail, kept(t, page, mail))
		require.Equal(t, mail, kept(t, "", mail))
	}
}
