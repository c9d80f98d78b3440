package mail_test

import (
	netmail "net/mail"
	"strings"
	"testing"

	"github.com/dlclark/regexp2"
	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator/internal/mail"
)

func TestAnAddressIsBareOrNamed(t *testing.T) {
	long := strings.Repeat("Ludwig ", 100)
	for _, c := range []struct{ in, name, email string }{
		{"hello@example.com", "", "hello@example.com"},
		{"  hello@example.com ", "", "hello@example.com"},
		{"<hello@example.com>", "", "hello@example.com"},
		{"Acme <hello@example.com>", "Acme", "hello@example.com"},
		{"Acme<hello@example.com>", "Acme", "hello@example.com"},
		{"Acme Support  <Hello@Example.COM>", "Acme Support", "Hello@Example.COM"},
		{"John Q. Public <john@example.com>", "John Q. Public", "john@example.com"},
		{"O'Hara & Söhne 🍏 <ohara@example.com>", "O'Hara & Söhne 🍏", "ohara@example.com"},
		{`"Acme, Inc." <hello@example.com>`, "Acme, Inc.", "hello@example.com"},
		{`"Acme (EU) <3" <hello@example.com>`, "Acme (EU) <3", "hello@example.com"},
		{`"The \"Shop\" \\ more" <hello@example.com>`, `The "Shop" \ more`, "hello@example.com"},
		{`"" <hello@example.com>`, "", "hello@example.com"},
		{"=?utf-8?q?Acme?= <hello@example.com>", "=?utf-8?q?Acme?=", "hello@example.com"},
		{long + "<hello@example.com>", strings.TrimSpace(long), "hello@example.com"},
	} {
		t.Run(c.in, func(t *testing.T) {
			got, err := mail.ParseAddress(c.in)
			require.NoError(t, err)
			require.Equal(t, mail.Address{Name: c.name, Email: c.email}, got)
		})
	}
}

func TestAnInvalidAddressIsRefusedWithAReason(t *testing.T) {
	for _, c := range []struct{ in, reason string }{
		{"", "plain email address"},
		{"hello", "plain email address"},
		{"hello@localhost", "plain email address"},
		{`"a b"@example.com`, "bare address or Name <address>"},
		{"a@b.com, c@d.com", "plain email address"},
		{"hello@example.com (Acme)", "plain email address"},
		{"Acme <>", "plain email address"},
		{"Acme < hello@example.com>", "plain email address"},
		{"Acme <hello@example.com", "bare address or Name <address>"},
		{"Acme hello@example.com>", "bare address or Name <address>"},
		{"<Acme> <hello@example.com>", "double quotes"},
		{"Acme (EU) <hello@example.com>", "comments"},
		{"Friends: a@b.com;", "plain email address"},
		{"Friends: A <a@b.com>", "groups"},
		{"a@b.com <c@d.com>", "double quotes"},
		{"Doe, John <john@example.com>", "double quotes"},
		{`Acme "EU" <hello@example.com>`, "double quotes"},
		{`"Acme <hello@example.com>`, "close the quoted name"},
		{`"Acme" EU <hello@example.com>`, "close the quoted name"},
		{`"Acme\" <hello@example.com>`, "close the quoted name"},
		{"Acme\r\nBcc: spy@example.com <hello@example.com>", "line breaks"},
		{"hello@example.com\n", "line breaks"},
		{"Ac\x00me <hello@example.com>", "control characters"},
		{"Ac\u0085me <hello@example.com>", "control characters"},
		{"Ac\xffme <hello@example.com>", "UTF-8"},
		{strings.Repeat("a", 65) + "@example.com", "at most 64 of them before the @"},
		{"Acme <a@" + strings.Repeat("b.", 200) + "com>", "at most 320 characters"},
	} {
		t.Run(c.in, func(t *testing.T) {
			_, err := mail.ParseAddress(c.in)
			require.ErrorContains(t, err, c.reason)
			require.NotContains(t, err.Error(), "@b.com")
		})
	}
}

func TestTheDomainIsLowerCase(t *testing.T) {
	require.Equal(t, "mail.example.com", mail.Domain("Hello@Mail.Example.COM"))
	require.Empty(t, mail.Domain("hello@"))
	require.Equal(t, "hello", mail.Domain("hello"))
}

// documented is the pattern of the public documentation, letter for letter. In ECMAScript, $ matches only at the very
// end.
const documented = `^(?!\.)(?!.*\.\.)([A-Za-z0-9_'+\-\.]*)[A-Za-z0-9_+-]@([A-Za-z0-9][A-Za-z0-9\-]*\.)+[A-Za-z]{2,}$`

var emails = []string{
	"a@b.co", "a.b@c.de", "o'hara@example.com", "a+b@example.com", "_@x.yz", "-@x.yz", "a-@x.yz", "UPPER@EXAMPLE.COM",
	"a@1.2.museum", "a@b-.com", "a@b--c.com", "a@sub.sub.example.com", strings.Repeat("a", 300) + "@example.com",
	strings.Repeat("a", 64) + "@example.com", strings.Repeat("a", 65) + "@example.com",
	strings.Repeat("a", 64) + "@" + strings.Repeat("b", 251) + ".com", "a@" + strings.Repeat("b.", 158) + "com",
	strings.Repeat("a", 64) + "@" + strings.Repeat("b", 252) + ".com",
	"", "@", "a", "a@", "@b.co", "a@b", ".a@b.co", "a.@b.co", "a'@b.co", "a..b@c.de", "a@b..co", "a@.b.co", "a@-b.co",
	"a@b.c", "a@b.c0", "a@b.co.", "a@b.co-m", "a@b@c.de", "a b@c.de", " a@b.co", "a@b.co ", "a@b.co\n", "a@b.co\r\n",
	"a\n@b.co", "a@[127.0.0.1]", `"a"@b.co`, "<a@b.co>", "a@b_c.co", "a,b@c.de",
	"ä@b.co", "a@ä.co", "a@b.cö", "\u017F@b.co", "\u212A@b.co", "a@b.\u212Ao",
}

func tooLong(email string) bool { return len(email) > 320 || strings.Index(email, "@") > 64 }

func TestValidEmailMatchesTheDocumentedPattern(t *testing.T) {
	pattern := regexp2.MustCompile(documented, regexp2.ECMAScript)
	valid := 0
	for _, s := range emails {
		want, err := pattern.MatchString(s)
		require.NoError(t, err)
		require.Equal(t, want && !tooLong(s), mail.ValidEmail(s), "%q", s)
		if want {
			valid++
		}
	}
	require.Equal(t, 18, valid)
}

func FuzzValidEmailMatchesTheDocumentedPattern(f *testing.F) {
	pattern := regexp2.MustCompile(documented, regexp2.ECMAScript)
	for _, s := range emails {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		want, err := pattern.MatchString(s)
		require.NoError(t, err)
		require.Equal(t, want && !tooLong(s), mail.ValidEmail(s))
	})
}

func FuzzAnAcceptedAddressRoundTrips(f *testing.F) {
	f.Add(`"The \"Shop\" \\ more" <hello@example.com>`)
	f.Add("  O'Hara & Söhne 🍏   GmbH <ohara@example.com>")
	f.Add("=?utf-8?q?Acme?= <hello@example.com>")
	f.Fuzz(func(t *testing.T, s string) {
		address, err := mail.ParseAddress(s)
		if err != nil {
			return
		}
		require.True(t, mail.ValidEmail(address.Email))
		m := receipt()
		m.From = address
		if _, err := mail.Build(m); err != nil {
			require.ErrorContains(t, err, "fit in a line")
			return
		}
		require.Equal(t, address, parse(t, m).from)
	})
}

// FuzzAddress compares addresses with package net/mail, which reads more forms, and reads back what it has written.
func FuzzAddress(f *testing.F) {
	for _, s := range []string{
		"hello@example.com", "Acme <hello@example.com>", `"Acme, Inc." <hello@example.com>`, "a@b@example.com",
		"John Q. Public <john@example.com>", "hello@example.com (comment)", "Group: hello@example.com;",
		`"a b"@example.com`, "hello@[127.0.0.1]", "<@x:a@b.example>", "a@example.com, b@example.com",
		"=?utf-8?q?Acme?= <a@b.example>",
		"O'Hara & S\u00f6hne <ohara@example.com>", "A <a@b.example>\r\nBcc: c@d.example", ".a@b.example",
		"a.@b.example",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := mail.ParseAddress(s)
		if err != nil {
			require.NotContains(t, err.Error(), "\n")
			return
		}
		again, err := mail.ParseAddress(got.String())
		require.NoError(t, err)
		require.Equal(t, got, again)
		require.True(t, mail.ValidEmail(got.Email))

		bare, err := netmail.ParseAddress(got.Email)
		require.NoError(t, err, got.Email)
		require.Equal(t, got.Email, bare.Address)
		if strings.Contains(got.Name, "=?") { // net/mail decodes it
			return
		}
		named, err := netmail.ParseAddress((&netmail.Address{Name: got.Name, Address: got.Email}).String())
		require.NoError(t, err)
		require.Equal(t, netmail.Address{Name: got.Name, Address: got.Email}, *named)
	})
}
