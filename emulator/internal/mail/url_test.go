package mail_test

import (
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator/internal/mail"
)

func TestURLsThatWorkInEmail(t *testing.T) {
	for given, want := range map[string]string{
		"https://x.example":                        "https://x.example",
		"HTTPS://X.Y/a b":                          "HTTPS://X.Y/a%20b",
		" \n\thttps://x.example/ \n":               "https://x.example/",
		"https://x.example/100%/?a=1&region=2#c":   "https://x.example/100%/?a=1&region=2#c",
		`https://x.example/"<>\^{|}` + "`":         "https://x.example/%22%3C%3E%5C%5E%7B%7C%7D%60",
		"https://münchen.example/ü":                "https://münchen.example/ü",
		"https://m%C3%BCnchen.example.":            "https://m%C3%BCnchen.example.",
		"http://127.0.0.1:8080":                    "http://127.0.0.1:8080",
		"http://[::1]:8080/a":                      "http://[::1]:8080/a",
		"https://user:secret%40@x.example:/":       "https://user:secret%40@x.example:/",
		"https://en.wikipedia.org/wiki/Go_(game)":  "https://en.wikipedia.org/wiki/Go_(game)",
		"https://x.example/a/https://y.example/?@": "https://x.example/a/https://y.example/?@",
	} {
		got, ok := mail.WebURL(given)
		require.True(t, ok, given)
		require.Equal(t, want, got)
		got, ok = mail.LinkURL(given)
		require.True(t, ok, given)
		require.Equal(t, want, got)
		require.True(t, mail.Followable(given))
	}
	for given, want := range map[string]string{
		"mailto:a@x.example":              "mailto:a@x.example",
		"MailTo:a@x.example?subject=a b":  "MailTo:a@x.example?subject=a%20b",
		"mailto:?subject=x":               "mailto:?subject=x",
		"mailto:a+b%40x.example,c@y.test": "mailto:a+b@x.example,c@y.test",
		"mailto:a%40b@x.example?cc=c%40d": "mailto:a%40b@x.example?cc=c%40d",
		"tel:+49 30 1234":                 "tel:+49%2030%201234",
		"TEL:911":                         "TEL:911",
		"sms:+4930?body=Hi":               "sms:+4930?body=Hi",
		"#top":                            "#top",
		"#a b":                            "#a%20b",
	} {
		got, ok := mail.LinkURL(given)
		require.True(t, ok, given)
		require.Equal(t, want, got)
		_, ok = mail.WebURL(given)
		require.False(t, ok, given)
	}
}

func TestURLsThatDoNotWorkInEmail(t *testing.T) {
	for _, given := range []string{
		"", " ", "#", "www.x.example", "x.example/a", "/a", "a", "./a", "?a=1", "//x.example/a", "https", "https:",
		"https:/",
		"https://", "https:///a", "https://?a", "https://#a", "https://:80/", "https://a@/", "https://@",
		"https:x.example",
		"http:/x.example", "http:\\\\x.example", "https://x.example\\a", "https://x .example", "https://.x.example",
		"https://x..example", "https://x%40y.example", "https://x%2Ey/", "https://x.example:80a",
		"https://x.example:65536", "https://x.example:12345678901/",
		"https://x.example:80%40y",
		"https://a,b", "https://[::1", "https://[x]", "ftp://x.example", "javascript:alert(1)", "java\nscript:alert(1)",
		"JavaScript:alert(1)", "\x01https://x.example", "https://x.example/a\tb", "https://x.example/a\nb",
		"htt\nps://x.example",
		"https://x.example/\u0085b", "mailto:", "mailto: ", "mailto:?", "mailto:a@b\r\nBcc: c", "tel:", "tel:none",
		"sms:", "sms:?",
		"data:text/html,x", "cid:logo", "file:///etc", "vbscript:x", "blob:x", "about:blank", "://x.example",
		"1http://x",
		"{{url}}", "%%unsubscribe%%", "https ://x.example",
	} {
		_, ok := mail.LinkURL(given)
		require.False(t, ok, given)
		_, ok = mail.WebURL(given)
		require.False(t, ok, given)
	}
}

func TestAValueIsEncodedForItsPlaceInAURL(t *testing.T) {
	const value = "a b/c?d=e&f+g#h@i:j%20k\"<é"
	const encoded = "a%20b%2Fc%3Fd%3De%26f%2Bg%23h%40i%3Aj%2520k%22%3C%C3%A9"
	for _, before := range []string{
		"https://x.example/", "https://x.example/a/", "https://x.example/?q=", "https://x.example/?a=1&",
		"https://x.example#",
		"https://", "https://u:", "https://x.example:", "https", "https:", "https:/", "//", "/a/", "#", "?",
		"mailto:a@b.c?subject=",
		"sms:1?body=", "HTTPS://X.Y?",
	} {
		require.Equal(t, encoded, mail.EncodeIn(before, value), before)
	}
	for _, before := range []string{"", " ", "\n\t"} {
		require.Equal(t, value, mail.EncodeIn(before, value))
	}
	require.Equal(t, "a-b._~1", mail.EncodeIn("https://x.example/", "a-b._~1"))
	require.Equal(t, "a+b%40x.example%3Fcc%3Dd%2Ce", mail.EncodeIn("mailto:", "a+b@x.example?cc=d,e"))
	require.Equal(t, "+49%20(30)-1", mail.EncodeIn("tel:", "+49 (30)-1"))
}

func TestAValueCannotChangeTheHost(t *testing.T) {
	for _, before := range []string{"https://x.example", "https://x.example:", "https://x.example:80",
		"https://u@x.example",
		"https://", "https://api.", "https://u@", "https:", "https:/"} {
		for _, value := range []string{"@evil.example", "@evil.example/", ".evil.example", "/@evil.example",
			":80@evil.example",
			"//evil.example", "\\@evil.example", "?@evil.example", "#@evil.example", "evil.example/",
			"evil.example:80", "．evil．example", "。evil。example", "｡evil｡example"} {
			link, ok := mail.LinkURL(before + mail.EncodeIn(before, value) + "/a")
			require.False(t, ok, "%s with %s is %s", before, value, link)
		}
	}
	for _, value := range []string{"shop", "shop.acme.example", "münchen.example"} {
		_, ok := mail.LinkURL("https://" + mail.EncodeIn("https://", value) + "/a")
		require.True(t, ok, value)
	}
	_, ok := mail.LinkURL("https://api." + mail.EncodeIn("https://api.", "acme.example") + "/a")
	require.True(t, ok)
}

func TestALocationIsAURI(t *testing.T) {
	for given, want := range map[string]string{
		"https://x/100%/":              "https://x/100%25/",
		"https://x/%zz%4%41?a=%":       "https://x/%25zz%254%41?a=%25",
		"https://x/a?a=1&region=2&b=+": "https://x/a?a=1&region=2&b=+",
		"https://x/ü ö\t\"<>\\^`{|}":   "https://x/%C3%BC%20%C3%B6%09%22%3C%3E%5C%5E%60%7B%7C%7D",
		"https://münchen.example/":     "https://m%C3%BCnchen.example/",
		"http://[::1]:80/a[0]?b[]=1":   "http://[::1]:80/a%5B0%5D?b%5B%5D=1",
		"https://x#a#b":                "https://x#a%23b",
		"https://x/\xff\r\nX: y":       "https://x/%FF%0D%0AX:%20y",
		"HTTPS://u:p@x:80/a;b,c!$'()*": "HTTPS://u:p@x:80/a;b,c!$'()*",
		"":                             "",
	} {
		got := mail.Location(given)
		require.Equal(t, want, got)
		require.Equal(t, want, mail.Location(want), "it is a URI already")
		_, err := url.Parse(got)
		require.NoError(t, err)
	}
}

func TestPortsEndWith65535(t *testing.T) {
	for port := range 100_000 {
		require.Equal(t, port < 1<<16, mail.Followable("https://x.example:"+strconv.Itoa(port)+"/"), port)
	}
}

func TestURLsInText(t *testing.T) {
	for text, want := range map[string]string{
		"no link at www.x.y or mailto:a@b.c":                 "",
		"https://en.wikipedia.org/wiki/Go_(game)":            "https://en.wikipedia.org/wiki/Go_(game)",
		"(https://en.wikipedia.org/wiki/Go_(game))":          "https://en.wikipedia.org/wiki/Go_(game)",
		"(see https://x.y/a)":                                "https://x.y/a",
		"(see https://x.y/a).":                               "https://x.y/a",
		"see (https://x.y/a), (https://x.y/b)":               "https://x.y/a https://x.y/b",
		"label (https://x.y/a)(https://x.y/b)next":           "https://x.y/a https://x.y/b",
		"[https://x.y/a] {https://x.y/b} <https://x.y/c>":    "https://x.y/a https://x.y/b https://x.y/c",
		"https://x.y/?a[]=1&b={c}. And https://x.y/a_(b_(c)": "https://x.y/?a[]=1&b={c} https://x.y/a_(b_(c)",
		"HTTPS://X.Y and Http://x.y/A":                       "HTTPS://X.Y Http://x.y/A",
		"https://x.y/a... https://x.y/b!? 'https://x.y/c',":  "https://x.y/a https://x.y/b https://x.y/c",
		"“https://x.y/a” （https://x.y/b）。 `https://x.y/c`":   "https://x.y/a https://x.y/b https://x.y/c",
		"**https://x.y/a** https://x.y/_b_":                  "https://x.y/a https://x.y/_b_",
		"http:// https://) https://... https://[":            "",
		"http://[::1]:80/a":                                  "http://[::1]:80/a",
		"a\nhttps://x.y/a\r\nhttps://x.y/b/\n":               "https://x.y/a https://x.y/b/",
	} {
		require.Equal(t, want, strings.Join(mail.URLs(text), " "), text)
	}
}

// BenchmarkURLs finds URLs in a short text and in one that is 100 times as long. The ratio is that of the times for one
// URL, so it is near 1.
func BenchmarkURLs(b *testing.B) {
	const few, many = 500, 50_000
	used := map[int]time.Duration{}
	find := func(n int) {
		text, begun := strings.Repeat("http://a)", n), time.Now()
		require.Len(b, mail.URLs(text), n)
		used[n] += time.Since(begun)
	}
	for b.Loop() {
		for range many / few {
			find(few)
		}
		find(many)
	}
	b.ReportMetric(float64(used[many])/float64(used[few]), "long/short")
}

func FuzzEncodedValuesKeepTheHost(f *testing.F) {
	f.Add("https://x.example", "@evil.example")
	f.Add("https://x.example/a?q=", "a&b#c")
	f.Fuzz(func(t *testing.T, before, value string) {
		want, err := url.Parse(before + "/")
		if err != nil || !strings.HasPrefix(before, "https://x.example/") {
			return
		}
		got, err := url.Parse(before + mail.EncodeIn(before, value))
		require.NoError(t, err)
		require.Equal(t, want.Host, got.Host)
	})
}
