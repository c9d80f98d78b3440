package relay_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator/internal/relay"
)

func TestServersAreHostsOrURLs(t *testing.T) {
	for _, text := range []string{
		"localhost:25", "mail.example.com:1025", "[::1]:25", "127.0.0.1:65535",
		"smtp://localhost:25", "smtp://mail.example.com:587/?starttls=required", "SMTP://localhost:25",
		"smtp://user:s3cret@localhost:1025", "smtp://user:s3cret@127.0.0.9:1025", "smtp://user:s3cret@[::1]:1025",
		"smtp://user%40example.com:s%2F3cret@mail.example.com:587?starttls=required",
	} {
		_, err := relay.Parse(text)
		require.NoError(t, err, text)
	}
}

func TestAServerThatCannotBeIsRefusedWithoutItsPassword(t *testing.T) {
	for text, want := range map[string]string{
		"":                                             "no port",
		"localhost":                                    "no port",
		":25":                                          "host",
		"::1:25":                                       "IPv6",
		"localhost:0":                                  "from 1 to 65535",
		"localhost:smtp":                               "from 1 to 65535",
		"localhost:70000":                              "from 1 to 65535",
		"localhost:25/":                                "from 1 to 65535",
		"user:s3cret@localhost:25":                     "smtp://",
		"smtp://localhost":                             "no port",
		"smtps://user:s3cret@localhost:465":            "scheme must be smtp",
		"http://localhost:25":                          "scheme must be smtp",
		"smtp://localhost:25/path":                     "may follow the port",
		"smtp://localhost:25#s3cret":                   "may follow the port",
		"smtp://localhost:25?tls=1":                    "only parameter is starttls",
		"smtp://localhost:25?starttls=yes":             "can only be required",
		"smtp://localhost:25?starttls":                 "can only be required",
		"smtp://user@localhost:25":                     "a user and a password",
		"smtp://:s3cret@localhost:25":                  "a user and a password",
		"smtp://user:s3%ret@localhost:25":              "as %XX",
		"smtp://user:s3/cret@localhost:25":             "as %XX",
		"smtp://user:s3cret@mail.example:587":          "add ?starttls=required",
		"smtp://user:s3cret@10.0.0.1:587":              "add ?starttls=required",
		"smtp://user:s3cret@localhost.example.com:587": "add ?starttls=required",
	} {
		_, err := relay.Parse(text)
		require.ErrorIs(t, err, relay.ErrServer, text)
		require.ErrorContains(t, err, want, text)
		require.NotContains(t, err.Error(), "s3", text)
	}
}
